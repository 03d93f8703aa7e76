"""The CMO decides who may register doctors beside the CMO."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import accounts_with_roles, designate_registrar
from mediklaud.ui import accounts, choose
from mediklaud.ui.desk import open_desk, record, submission_id
from mediklaud.ui.plain import plain

me = open_desk("Registrars", Role.CMO)
form = submission_id()

with reading() as db:
    staff = [(one, roles) for one, roles in accounts_with_roles(db, by=me) if one.active]
registrars = [one for one, roles in staff if Role.REGISTRAR in roles]
others = [one for one, roles in staff if Role.REGISTRAR not in roles]

st.write("A registrar registers and edits doctors, and plans their sessions and leave.")

with st.form(form):
    chosen = choose.one("Account", others, form, shown=accounts.account_words)
    st.caption("The administrator creates accounts; here one gets a role more, and signs in anew.")
    asked = st.form_submit_button(
        "Designate as registrar", type="primary", icon=":material/how_to_reg:"
    )
if asked:
    with record("The account may register doctors from now on.") as db:
        designate_registrar(db, choose.given(chosen, "Account"), by=me, may=True)

st.subheader("Registrars now", anchor=False)
if not registrars:
    st.info("Nobody is registrar yet: the CMO registers the doctors.", icon=":material/how_to_reg:")
for registrar in registrars:
    with st.container(
        border=True,
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        words = f"**{plain(registrar.name)}**  \n{plain(registrar.username)}"
        st.markdown(words, width="content")
        withdraw = st.button("Withdraw", key=f"{form}/{registrar.id}", icon=":material/undo:")
    if withdraw:
        with record("Withdrawn. The account is signed out and registers no more doctors.") as db:
            designate_registrar(db, registrar, by=me, may=False)
