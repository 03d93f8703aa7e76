"""Finance sees what is outstanding, how old it is and who owes it."""

import streamlit as st

from mediklaud import clock, contact, reports
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository import (
    open_bills,
    patient_with,
    policy_words,
    remind_of_dues,
    the_hospital,
)
from mediklaud.ui import choose, sums
from mediklaud.ui.desk import open_desk, record
from mediklaud.ui.plain import plain

me = open_desk("Outstanding dues", Role.FINANCE)

with reading() as db:
    hospital = the_hospital(db)
    bills = reports.open_bills_frame(open_bills(db, by=me))

if bills.empty:
    st.success("Every bill is paid. Nothing is owed.", icon=":material/check_circle:")
    st.stop()

today = clock.today(hospital.zone)
ages = reports.ageing(bills, today)
owing = reports.owed_by_patient(
    bills, today, limit_paise=hospital.dues_limit_paise, grace_days=hospital.dues_grace_days
)

sums.metrics(
    {
        "Owed in all": rupees(bills["owed_paise"].sum()),
        "Open bills": f"{len(bills)}",
        "Patients who owe": f"{len(owing)}",
        "On hold": f"{owing['on_hold'].sum()}",
    }
)
st.caption(plain(f"Routine booking is on hold with {policy_words(hospital)}."))

age, doctor, specialty = st.tabs(["By age", "By doctor", "By specialty"])
for tab, word, frame, names in (
    (age, "age", ages, {"age": "Age of the bill", "patients": "Patients"}),
    (doctor, "doctor_name", reports.ageing_by_doctor(bills, today), {"doctor_name": "Doctor"}),
    (specialty, "specialty", reports.ageing_by_specialty(bills, today), {"specialty": "Specialty"}),
):
    with tab:
        sums.breakdown(
            frame,
            word,
            {**names, "bills": "Bills", "owed_paise": "Owed"},
            name=f"owed-by-{word.replace('_', '-')}-{today}",
            deed=Deed.SEE_DUES,
        )

st.subheader("Who owes", anchor=False)
WHO = {
    "patient_name": "Patient",
    "owed_paise": "Owed",
    "oldest_days": "Oldest, days",
    "booking": "Booking",
    "bills": "Bills",
    "patient_number": "Number",
    "phone": "Phone",
}
who = owing.assign(
    phone=owing["phone"].map(contact.phone_words),
    booking=owing["on_hold"].map({True: "on hold", False: "open"}),
)
above = st.container(horizontal=True, vertical_alignment="center")
picked = sums.chosen_row(sums.page_of(who, "who-owes"), WHO, by="patient_id", alt="Who owes")
with above:
    sums.file_buttons(who, WHO, name=f"who-owes-{today}", deed=Deed.SEE_DUES)
    if picked is None:
        st.caption("Choose a row to take a payment.")
    else:
        choose.keep_patient(int(picked["patient_id"]))
        label = plain(f"Take a payment from {picked['patient_name']}")
        if st.button(label, type="primary", icon=":material/payments:"):
            st.switch_page("pages/finance/payment.py")
        if st.button("Remind by letter", icon=":material/forward_to_inbox:"):
            with record("The letter is queued; a patient gets one a day at most.") as db:
                remind_of_dues(db, patient_with(db, int(picked["patient_id"]), by=me), by=me)
