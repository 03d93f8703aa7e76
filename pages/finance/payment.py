"""Finance takes a payment; it is set against the oldest bills, and the gate lifts at once."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Method, Role
from mediklaud.money import read_rupees
from mediklaud.repository import bills_of, dues_of, receipts_of, take_payment, the_hospital
from mediklaud.ui import choose, papers, show
from mediklaud.ui.desk import open_desk, record, say, submission_id

me = open_desk("Take a payment", Role.FINANCE)

patient = choose.patient(me)
if patient is None:
    st.caption("Find who pays: what is owed and the form for it follow.")
    st.stop()

with reading() as db:
    hospital = the_hospital(db)
    owed = dues_of(db, patient.id)
    bills = bills_of(db, patient.id, by=me)
    receipts = receipts_of(db, patient.id, by=me)

show.dues(owed)
# A form for each patient: a sum typed for one is never shown to the next.
form = submission_id(patient.number)

if owed.bills:
    with st.form(form, width=560):
        received = choose.amount("Received", form, value_paise=owed.total_paise)
        method = choose.few(
            "Method",
            list(Method),
            form,
            shown=lambda one: papers.METHOD_NAMES[one],
            chosen=Method.CASH,
        )
        reference = choose.words(
            "Reference", form, placeholder="From the slip or the screen; cash has none"
        )
        asked = st.form_submit_button("Take payment", type="primary", icon=":material/payments:")

    if asked:
        with record() as db:
            receipt = take_payment(
                db,
                patient,
                read_rupees(received, field="Received"),
                method,
                form=form,
                by=me,
                reference=reference,
            )
            after = dues_of(db, patient.id)
            say(db, papers.taken_words(receipt, patient, before=owed, after=after))

left, right = st.columns(2, gap="large")
with left:
    st.subheader("Latest receipts", anchor=False)
    papers.receipts(receipts[:5], hospital)
with right:
    st.subheader("Latest bills", anchor=False)
    papers.bills(bills[:5], owed)
