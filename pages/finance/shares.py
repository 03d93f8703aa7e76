"""The CMO agrees doctors' shares of money received; finance and the CMO see each month's."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import doctors, roles_of, the_hospital
from mediklaud.ui import shares
from mediklaud.ui.desk import open_desk
from mediklaud.ui.plain import plain

me = open_desk("Doctors' shares", Role.FINANCE, Role.CMO)

with reading() as db:
    today = clock.today(the_hospital(db).zone)
    found = doctors(db, inactive_too=True)
    is_chief = Role.CMO in roles_of(db, me)

month, doctor = shares.choose_statement(found, today)
if doctor is None:
    shares.overview(month, me)
    st.stop()

st.subheader(plain(f"{doctor.name} · {month:%B %Y}"), anchor=False)
shares.statement(doctor, month, me)

st.subheader("What is agreed", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    shares.agreed(doctor, me)
if is_chief:
    with right, st.container(border=True):
        shares.agree(doctor, me, today)
