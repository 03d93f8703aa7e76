"""The doctor reads an own patient's record, or breaks the glass of somebody else's."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import break_glass, count_own_patients, own_patients, the_hospital
from mediklaud.ui import chart, glass, pick
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id

PAGE = 50

me = open_desk("My patients", Role.DOCTOR)
form = submission_id()

opened = chart.opened(chart.kept(), me) if chart.kept() else None
with reading() as db:
    hospital = the_hospital(db)

if opened:
    chart.head(opened.patient)
    glass.banner(opened.glass, hospital)
    chart.record(opened, hospital)
    st.stop()

words = st.text_input(
    "Find among your patients",
    placeholder="Name, phone or number",
    icon=":material/search:",
)
asked = glass.beyond(form, me, hospital)
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

if asked:
    with record() as db:
        broken = break_glass(db, asked.patient, asked.reason, asked.words, form=form, by=me)
        carry(db, **{chart.OWN: broken.patient_id})
        say(db, glass.broken_words(broken, hospital))
