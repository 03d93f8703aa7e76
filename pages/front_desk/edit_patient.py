"""The front desk edits what is known of a patient, and names who pays for a minor."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import edit_patient, the_hospital
from mediklaud.ui import choose, patients, payers
from mediklaud.ui.desk import open_desk, record, say, submission_id

me = open_desk("Edit a patient", Role.FRONT_DESK)
patient = choose.patient(me)
if patient is None:
    st.stop()

form = f"{submission_id()}/{patient.id}"
version = patients.version_shown(patient, form)

with reading() as db:
    hospital = the_hospital(db)

with st.form(form):
    typed = patients.fields(form, hospital, patient)
    asked = patients.asked(
        "Save",
        "Save anyway, it is another person",
        typed,
        form,
        me=me,
        but=patient.id,
        looks=patients.is_changed_person(typed, patient),
    )

if asked:
    doubt = patients.email_doubt(typed, hospital)
    with record() as db:
        edited = edit_patient(db, patient, typed, version=version, by=me)
        say(db, f"{edited.name}, {edited.number}, is saved. {doubt}")

payers.card(patient, me, hospital)

with st.expander("What the patient agreed to", icon=":material/fact_check:"):
    patients.consents(patient, me, hospital)
