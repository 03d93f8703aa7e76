"""The doctor finds an own patient and reads the record."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import count_own_patients, own_patients, the_hospital
from mediklaud.ui import chart, pick
from mediklaud.ui.desk import open_desk

PAGE = 50

me = open_desk("My patients", Role.DOCTOR)

opened = chart.opened(chart.kept(), me) if chart.kept() else None
with reading() as db:
    hospital = the_hospital(db)

if opened:
    chart.head(opened.patient)
    chart.record(opened, hospital)
    st.stop()

words = st.text_input(
    "Find among your patients",
    placeholder="Name, phone or number",
    icon=":material/search:",
)
with reading() as db:
    count = count_own_patients(db, words, by=me)
    page = chart.page(count, PAGE, key=f"own/{words}")
    found = own_patients(db, words, by=me, at_most=PAGE, after=(page - 1) * PAGE)

if found:
    rows = [chart.patient_row(patient, hospital) for patient in found]
    ids = [patient.id for patient in found]
    chosen = pick.row(rows, found, ids, alt="Your patients")
    st.caption("Select a row to open the record. The audit log keeps that you read it.")
    if chosen:
        chart.keep(chosen.id)
        st.rerun()
elif words.strip():
    st.info("Nobody among your patients is found. Try fewer letters.", icon=":material/search_off:")
else:
    st.info("Nobody has had an appointment with you yet.", icon=":material/clinical_notes:")
