"""Finance finds a bill or a receipt, by its number or its patient, and prints it again."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import bills_of, dues_of, papers_numbered, receipts_of, the_hospital
from mediklaud.ui import choose, papers
from mediklaud.ui.desk import open_desk

me = open_desk("Bills and receipts", Role.FINANCE)

by_patient, by_number = "By patient", "By number"
way = choose.few("Find a paper", [by_patient, by_number], "papers", chosen=by_patient)

if way == by_number:
    typed = choose.words("Number", "papers", placeholder="JMI/2627/000001 or JMR/2627/000001")
    if not typed.strip():
        st.stop()
    with reading() as db:
        found = papers_numbered(db, typed, by=me)
    if not found:
        st.info("No paper has this number. Copy all of it, with its prefix and year.")
    for paper in found:
        papers.paper(paper)
    st.stop()

patient = choose.patient(me)
if patient is None:
    st.stop()

with reading() as db:
    hospital = the_hospital(db)
    owed = dues_of(db, patient.id)
    bills = bills_of(db, patient.id, by=me)
    receipts = receipts_of(db, patient.id, by=me)

left, right = st.columns(2, gap="large")
with left:
    st.subheader("Bills", anchor=False)
    papers.bills(bills, owed)
with right:
    st.subheader("Receipts", anchor=False)
    papers.receipts(receipts, hospital)
