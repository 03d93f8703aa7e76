"""Anybody keeps the own account: password, second factor, and where it is signed in."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.repository import (
    change_own_password,
    has_factor,
    needs_factor,
    own_sign_ins,
    the_hospital,
)
from mediklaud.ui import choose, own_account
from mediklaud.ui.desk import open_desk, own_try, record, submission_id
from mediklaud.ui.factor import recovery_codes_shown

me = open_desk("My account")
if recovery_codes_shown():
    st.stop()

with reading() as db:
    secured, required = has_factor(db, me), needs_factor(db, me)
    live = own_sign_ins(db, me)
    zone = the_hospital(db).zone

left, right = st.columns(2, gap="large")

with left:
    st.subheader("Password", anchor=False)
    form = submission_id("password")
    with st.form(form):
        present = choose.password("Present password", form, present=True)
        new = choose.password("New password", form)
        again = choose.password("Repeat the new password", form)
        st.caption("At least 12 characters; a few words in a row make a good one.")
        asked = st.form_submit_button("Change password", type="primary")
    if asked:
        tried = own_try()
        said = "The password is changed. Other sign-ins have ended."
        with record(said, ends="password", tried=tried) as db:
            change_own_password(db, me, present, choose.same(new, again), tried=tried)

with right:
    st.subheader("Where you are signed in", anchor=False)
    with st.container(border=True):
        own_account.sign_ins(me, live, zone)

st.subheader("Second factor", anchor=False)
with st.container(border=True, width=680):
    if secured:
        own_account.factor_in_use(me, required=required)
    else:
        own_account.factor_to_set_up(me, required=required)
