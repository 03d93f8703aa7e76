"""Finance takes a payment in one way or several, or an advance, and the gate lifts at once."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    bills_of,
    owed_by,
    receipts_of,
    take_advance,
    take_tenders,
    the_hospital,
    use_advance,
)
from mediklaud.ui import choose, papers, payers, show, till
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id

me = open_desk("Take a payment", Role.FINANCE)

patient = choose.patient(me)
if patient is None:
    st.caption("Find who pays: what is owed and the form for it follow.")
    st.stop()

with reading() as db:
    hospital = the_hospital(db)
    owing = till.owing(db, patient, me)
    bills = bills_of(db, patient.id, by=me)
    receipts = receipts_of(db, patient.id, by=me)

# A form for each patient: a sum typed for one is never shown to the next.
form = submission_id(patient.number)
papers.issued(form)
show.dues(owing.dues)
till.who_pays(patient, owing)
pays = till.pays_bills(form, owing)
uses = till.advance_card(form, owing)

with st.container(border=True, width=620):
    st.subheader("Payment" if pays else "Advance", anchor=False)
    if not pays:
        st.caption("Money before there is a bill. It pays later bills, or is refunded.")
    chosen = till.bills(form, owing) if pays else []
    typed = till.tenders(form, owing.payable_paise if pays else 0)
    label, icon = ("Take payment", "payments") if pays else ("Take the advance", "savings")
    asked = st.button(label, key=f"{form}/take", type="primary", icon=f":material/{icon}:")

if asked and pays:
    with record() as db:
        receipt = take_tenders(db, patient, till.read(typed), form=form, by=me, bills=chosen)
        after = owed_by(db, patient.id, by=me)
        say(db, papers.taken_words(receipt, patient, before=owing.dues, after=after))
        carry(db, **papers.just_issued(receipt))
elif asked:
    with record() as db:
        receipt = take_advance(db, patient, till.read(typed), form=form, by=me)
        say(db, papers.advance_words(receipt))
        carry(db, **papers.just_issued(receipt))
elif uses:
    with record() as db:
        used = use_advance(db, patient, by=me, bills=chosen)
        after = owed_by(db, patient.id, by=me)
        say(db, papers.used_words(used, patient, before=owing.dues, after=after))

payers.card(patient, me, hospital)

left, right = st.columns(2, gap="large")
with left:
    st.subheader("Latest receipts", anchor=False)
    papers.receipts(receipts[:5], hospital)
with right:
    st.subheader("Latest bills", anchor=False)
    papers.bills(bills[:5], owing.dues)
