"""The front desk enrolls a patient, after a look at those who may be the same person."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import enroll_patient, the_hospital
from mediklaud.ui import patients
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id

me = open_desk("Enroll a patient", Role.FRONT_DESK)
form = submission_id()

with reading() as db:
    hospital = the_hospital(db)

patients.offer_booking()

with st.form(form):
    typed = patients.fields(form, hospital)
    asked = patients.asked("Enroll", "Enroll anyway, it is another person", typed, form, me=me)

if asked:
    doubt = patients.email_doubt(typed, hospital)
    with record() as db:
        patient = enroll_patient(db, typed, form=form, by=me)
        say(db, f"{patient.name} is enrolled as {patient.number}. {doubt}")
        carry(db, **patients.enrolled(patient))
