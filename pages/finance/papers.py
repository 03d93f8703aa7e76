"""Finance finds any paper, prints it again, and corrects, cancels, refunds or undoes beside it."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    bills_of,
    credit_notes_of_patient,
    owed_by,
    papers_numbered,
    receipts_of,
    refunds_of,
    the_hospital,
)
from mediklaud.ui import choose, opened, papers
from mediklaud.ui.desk import open_desk, see, submission_id

me = open_desk("Bills and receipts", Role.FINANCE)

with reading() as db:
    hospital = the_hospital(db)
papers.issued(submission_id())
paper = papers.opened()
if paper is not None:
    opened.draw(*paper, me, hospital)
    st.stop()

by_patient, by_number = "By patient", "By number"
way = choose.few("Find a paper", [by_patient, by_number], "papers", chosen=by_patient)

if way == by_number:
    typed = choose.words("Number", "papers", placeholder="JMI/2627/000001, of any paper")
    if not typed.strip():
        st.stop()
    found = see(lambda db: papers_numbered(db, typed, by=me))
    if not found:
        st.info("No paper has this number. Copy all of it, with its prefix and year.")
    for one in found:
        papers.paper(one, opens=True)
    st.stop()

patient = choose.patient(me)
if patient is None:
    st.stop()

with reading() as db:
    owed = owed_by(db, patient.id, by=me)
    bills = bills_of(db, patient.id, by=me)
    receipts = receipts_of(db, patient.id, by=me)
    notes = credit_notes_of_patient(db, patient.id or 0, by=me)
    refunds = refunds_of(db, patient.id or 0, by=me)

counts = {"Bills": bills, "Receipts": receipts, "Credit notes": notes, "Refunds": refunds}
tabs = st.tabs([f"{name} ({len(rows)})" for name, rows in counts.items()])
with tabs[0]:
    papers.bills(bills, owed, opens=True)
with tabs[1]:
    papers.receipts(receipts, hospital, opens=True)
with tabs[2]:
    papers.credit_notes(notes, hospital, opens=True)
with tabs[3]:
    papers.refunds(refunds, hospital, opens=True)
st.caption("A paper bears the word DUPLICATE from its second print on.")
