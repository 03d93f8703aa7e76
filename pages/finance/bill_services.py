"""Finance bills services to a patient, under the doctor who cared for them."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.money import rupees
from mediklaud.repository import bill_services, doctors, priced_services, the_hospital
from mediklaud.ui import choose, papers, tariff
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id

me = open_desk("Bill services", Role.FINANCE)

patient = choose.patient(me)
if patient is None:
    st.caption("Find the patient: the services and their bill follow.")
    st.stop()

form = submission_id(patient.number)
papers.issued(form)
with reading() as db:
    today = clock.today(the_hospital(db).zone)
    offered = [one for one in priced_services(db, today) if one.price_paise is not None]
    working = doctors(db)

if not offered:
    st.info("No service has a price yet. Keep them on the page of services and prices.")
    st.stop()

with st.container(border=True, width=620):
    items, shown_paise = tariff.items(form, offered)
    doctor = choose.doctor("Doctor", working, form)
    asked = st.button(
        "Issue the bill", key=f"{form}/issue", type="primary", icon=":material/receipt_long:"
    )

if asked:
    with record() as db:
        under = choose.given(doctor, "Doctor")
        told = {"form": form, "by": me, "expected_paise": shown_paise}
        bill = bill_services(db, patient, under, items, **told)
        say(db, f"Bill {bill.number} of {rupees(bill.total_paise)} is issued to {bill.payer_name}.")
        carry(db, **papers.just_issued(bill))

if st.button("Take the payment", icon=":material/payments:"):
    st.switch_page("pages/finance/payment.py")
