"""The front desk keeps the waitlist: who waits, whom a freed time suits, and booking it."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    FREED_HOURS,
    doctors,
    enroll_patient,
    just_freed,
    no_shows_of,
    openings_for,
    owed_by,
    put_on_waitlist,
    ran_out,
    the_hospital,
    waiting,
    waits_of,
    withdraw_wait,
)
from mediklaud.ui import choose, patients, show, waitlist
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id

me = open_desk("Waitlist", Role.FRONT_DESK)
waitlist.place_for_refusal()
form, newcomer = submission_id(), submission_id("enroll")

asking, waits = st.columns([2, 3], gap="large")

with asking:
    st.subheader("Put on the list", anchor=False)
    with reading() as db:
        hospital, offered = the_hospital(db), doctors(db)
    patient = choose.patient(me)
    known = None if patient else patients.enrolling(me, hospital, newcomer)
    if known:
        with record(ends="enroll") as db:
            new = enroll_patient(db, known, form=newcomer, by=me)
            say(db, f"{new.name} is enrolled as {new.number}. Now say what fits.")
            carry(db, **{choose.PATIENT: new.id})
    if patient:
        with reading() as db:
            owed = owed_by(db, patient.id, by=me)
            already = waits_of(db, patient.id, by=me)
            missed = no_shows_of(db, patient.id, by=me)
        with st.container(border=True):
            patients.card(patient, hospital, missed)
            show.dues(owed, brief=True)
            waitlist.may_wait(owed.on_hold)
            waitlist.own(already)
        with st.form(f"{form}/{patient.id}"):
            typed = waitlist.fields(f"{form}/{patient.id}", offered, hospital)
            asked = st.form_submit_button("Put on the waitlist", type="primary")
        if asked:
            with record() as db:
                put_on_waitlist(db, patient, typed, form=form, by=me)
                say(db, f"{patient.name} is on the waitlist.")
                carry(db, **{choose.PATIENT: None})

with waits:
    with reading() as db:
        freed = just_freed(db, by=me)
    st.subheader("Just freed", anchor=False)
    if not freed:
        st.caption(f"No time freed in the last {FREED_HOURS} hours suits anybody who waits.")
    waitlist.just_freed(freed, hospital, form)

    st.subheader("Waiting", anchor=False)
    page = waitlist.page_number()
    with reading() as db:
        found = waiting(db, by=me, page=page)
        earliest = openings_for(db, [wait.entry for wait in found.waits], by=me)
        over = ran_out(db, by=me)
    waitlist.head(found)
    leaving = waitlist.listed(found.waits, earliest, hospital, form)
    waitlist.turn(found)
    gone = waitlist.in_vain(over, found.ran_out, form) if over else None

if leaving or gone:
    with record() as db:
        entry = (leaving or gone).entry
        withdraw_wait(db, entry, by=me)
        say(db, f"{(leaving or gone).patient.name} does not wait any more.")
waitlist.book_chosen(me, form, hospital)
show.mail_state()
