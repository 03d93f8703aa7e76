"""Finance agrees payment plans with whoever is on hold, ends them, and notes each talk."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.money import rupees
from mediklaud.repository import agree_plan, contacts_of, dues_letters_of, plans_of, the_hospital
from mediklaud.ui import choose, plans, show, till
from mediklaud.ui.desk import open_desk, record, say, submission_id
from mediklaud.ui.plain import plain

me = open_desk("Payment plans", Role.FINANCE)

patient = choose.patient(me)
if patient is None:
    plans.lists(me)
    st.stop()

with reading() as db:
    hospital = the_hospital(db)
    today = clock.today(hospital.zone)
    owing = till.owing(db, patient, me)
    found = plans_of(db, owing.payer.id or 0, by=me)
    talked = contacts_of(db, owing.payer.id or 0, by=me)
    written = dues_letters_of(db, owing.payer.id or 0, by=me)

till.who_pays(patient, owing)
show.dues(owing.dues)
left, right = st.columns(2, gap="large")

form = submission_id(patient.number)
with left:
    if any(bill.on_kept_plan is None for bill in owing.bills):
        with st.container(border=True):
            st.subheader("Agree a plan", anchor=False)
            bills, parts = plans.fields(form, owing.bills, today)
            asked = st.button(
                "Agree the plan", key=f"{form}/agree", type="primary", icon=":material/handshake:"
            )
        if asked:
            with record() as db:
                agreed = agree_plan(db, patient, parts, form=form, by=me, bills=bills)
                say(db, f"A plan of {rupees(agreed.total_paise)} is agreed.")
    st.subheader("Plans", anchor=False)
    if not found:
        st.caption(plain(f"{owing.payer.name} has no plan yet."))
    for one in found:
        plans.plan(one)
    standing = [one for one in found if one.plan.ended_at is None]
    if standing:
        with st.container(border=True):
            st.subheader("End a plan", anchor=False)
            plans.end(standing, me)

with right:
    with st.container(border=True):
        st.subheader("Note a talk", anchor=False)
        plans.talk(owing.payer, me, today)
    plans.talks(talked, hospital, written)
