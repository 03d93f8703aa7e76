"""Finance sees what is outstanding, how old it is, who owes it, and who is on hold for it."""

import streamlit as st

from mediklaud import clock, reports
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.permissions import Deed
from mediklaud.repository import (
    aged_sums,
    owed_numbers,
    patient_with,
    policy_words,
    remind_of_dues,
    the_hospital,
)
from mediklaud.ui import charts, choose, owing, sums
from mediklaud.ui.desk import open_desk, record, say
from mediklaud.ui.period import choose_period
from mediklaud.ui.plain import plain

me = open_desk("Outstanding dues", Role.FINANCE)

with reading() as db:
    hospital = the_hospital(db)
    doctors = reports.ageing_by_doctor(reports.aged_frame(aged_sums(db, "doctor_number", by=me)))
    specialties = reports.ageing_by_specialty(reports.aged_frame(aged_sums(db, "specialty", by=me)))

if doctors.empty:
    st.success("Every bill is paid. Nothing is owed.", icon=":material/check_circle:")
    st.stop()

today = clock.today(hospital.zone)
where = owing.choose_where(doctors, specialties)

with reading() as db:
    found = owed_numbers(db, where, by=me)
    cuts = {
        cut: reports.aged_frame(aged_sums(db, cut, where, by=me))
        for cut in ("age", "doctor_number", "specialty")
    }

owing.numbers(found)
st.caption(plain(f"Routine booking is on hold with {policy_words(hospital)}."))
if not found.bills:
    st.info("Nothing is owed on such bills. Choose others above.", icon=":material/filter_alt:")
    st.stop()

age, doctor, specialty = st.tabs(["By age", "By doctor", "By specialty"])
with age:
    charts.ageing(reports.ageing(cuts["age"]), alt="What is owed by the age of the bill")
for tab, word, frame, names in (
    (age, "age", reports.ageing(cuts["age"]), owing.BY_AGE),
    (doctor, "doctor_name", reports.ageing_by_doctor(cuts["doctor_number"]), owing.BY_DOCTOR),
    (specialty, "specialty", reports.ageing_by_specialty(cuts["specialty"]), owing.BY_SPECIALTY),
):
    with tab:
        if word != "age":
            charts.bars(frame, word, "owed_paise", alt=f"What is owed by {names[word].lower()}")
        name = f"owed-by-{word.replace('_', '-')}-{today}"
        sums.listing(frame, names, name=name, deed=Deed.SEE_DUES)

st.subheader("Who owes", anchor=False)
st.caption("Choose a row for the statement, a reminder or the payment.")
picked = owing.choose_payer(where, found, hospital, me, today)
if picked is None:
    st.stop()

patient_id = int(picked["patient_id"])
choose.keep_patient(patient_id)
with st.container(border=True):
    st.subheader(plain(f"{picked['patient_name']} · {picked['patient_number']}"), anchor=False)
    with st.container(horizontal=True):
        if st.button("Take a payment", type="primary", icon=":material/payments:"):
            st.switch_page("pages/finance/payment.py")
        if st.button("Remind by letter", icon=":material/forward_to_inbox:"):
            with record() as db:
                letter = remind_of_dues(db, patient_with(db, patient_id, by=me), by=me)
                say(db, owing.reminded_words(letter))
    period = choose_period(today)
    if period is None:
        st.info("Choose both days.")
    else:
        owing.account(patient_id, period, me)
