"""The CMO or a registrar registers a doctor under the hospital's next number."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import doctors_page, fees_to_come, fees_today, register_doctor
from mediklaud.ui import doctors
from mediklaud.ui.desk import carried, carry, open_desk, record, say, submission_id
from mediklaud.ui.paging import ROWS, first_row, turn

PAGES = "doctors-page"

me = open_desk("Register a doctor", Role.CMO, Role.REGISTRAR)
form = submission_id()

with reading() as db:
    found, count = doctors_page(db, first_row(PAGES), ROWS)
    ids = [doctor.id or 0 for doctor in found]
    fees, coming = fees_today(db, ids), fees_to_come(db, ids)

if carried("registered", form):
    st.page_link(
        "pages/cmo/sessions.py",
        label="Next: plan the weekly sessions",
        icon=":material/schedule:",
    )

with st.form(form):
    typed = doctors.fields(form)
    asked = st.form_submit_button("Register the doctor", type="primary", icon=":material/badge:")

if asked:
    with record() as db:
        registered = register_doctor(db, typed.form(), by=me)
        say(db, f"{registered.number} is registered: {registered.name}.")
        doctors.keep(db, registered)
        carry(db, registered={})

st.subheader("Doctors of the hospital", anchor=False)
if found:
    doctors.listed(found, fees, coming)
    turn(PAGES, count)
else:
    st.info("No doctor is registered yet. Begin with the form above.", icon=":material/badge:")
