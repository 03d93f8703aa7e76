"""Finance sees what is outstanding, how old it is, who owes it, and who is on hold for it."""

import streamlit as st

from mediklaud import clock, reports
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.permissions import Deed
from mediklaud.repository import (
    aged_sums,
    policy_words,
    the_hospital,
    whose_bills,
)
from mediklaud.ui import charts, choose, gate, owing, sums
from mediklaud.ui.desk import open_desk
from mediklaud.ui.period import choose_period
from mediklaud.ui.plain import plain

me = open_desk("Outstanding dues", Role.FINANCE)

with reading() as db:
    hospital = the_hospital(db)
    whose = whose_bills(db, by=me)

if not whose:
    st.success("Every bill is paid. Nothing is owed.", icon=":material/check_circle:")
    st.stop()

today = clock.today(hospital.zone)
where = owing.choose_where(whose)

with reading() as db:
    found, payers = owing.payers(db, where, me)
    aged = reports.aged_frame(aged_sums(db, where, by=me))

owing.numbers(found)
st.caption(plain(f"Routine booking is on hold with {policy_words(hospital)}."))
if not found.bills:
    st.info("Nothing is owed on such bills. Choose others above.", icon=":material/filter_alt:")
    st.stop()

age, doctor, specialty = st.tabs(["By age", "By doctor", "By specialty"])
ages = reports.ageing(aged)
with age:
    charts.ageing(ages, alt="What is owed by the age of the bill")
for tab, word, frame, names in (
    (age, "age", ages, owing.BY_AGE),
    (doctor, "doctor_name", reports.ageing_by_doctor(aged), owing.BY_DOCTOR),
    (specialty, "specialty", reports.ageing_by_specialty(aged), owing.BY_SPECIALTY),
):
    with tab:
        if word != "age":
            charts.bars(frame, word, "owed_paise", alt=f"What is owed by {names[word].lower()}")
        name = f"owed-by-{word.replace('_', '-')}-{today}"
        sums.listing(frame, names, name=name, deed=Deed.SEE_DUES)

st.subheader("Who owes", anchor=False)
st.caption("Choose a row for the statement, a reminder or the payment.")
picked = owing.choose_payer(payers, where, found, me, today)
if picked is None:
    st.stop()

patient_id = int(picked["patient_id"])
choose.keep_patient(patient_id)
with st.container(border=True):
    st.subheader(plain(f"{picked['patient_name']} · {picked['patient_number']}"), anchor=False)
    gate.ways_on(choose.opened(patient_id, me), me)
    period = choose_period(today)
    if period is None:
        st.info("Choose both days.")
    else:
        owing.account(patient_id, period, me)
