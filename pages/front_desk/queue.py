"""The front desk keeps the queue: who waits in which order, and tokens for walk-ins."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    arrive,
    doctors,
    enroll_patient,
    the_hospital,
    walk_in,
)
from mediklaud.ui import board, choose, patients, queue
from mediklaud.ui.desk import carried, carry, open_desk, record, say, submission_id

me = open_desk("The queue", Role.FRONT_DESK)
newcomer = submission_id("enroll")

with reading() as db:
    hospital, offered = the_hospital(db), doctors(db)

desk, waiting = st.columns([1, 2], gap="medium")
with waiting:
    st.subheader("Who waits", anchor=False)
    queue.listing(offered, hospital)
with desk:
    board.last_ticket(carried(queue.TICKET, submission_id()))
with desk, st.container(border=True):
    st.subheader("Somebody comes to the desk", anchor=False)
    patient = choose.patient(me)
    typed = None if patient else patients.enrolling(me, hospital, newcomer)
    if typed:
        with record(ends="enroll") as db:
            new = enroll_patient(db, typed, form=newcomer, by=me)
            say(db, f"{new.name} is enrolled as {new.number}. Now choose the doctor.")
            carry(db, **{choose.PATIENT: new.id})
    if patient:
        form = f"{submission_id()}/{patient.id}"
        visit = queue.expected(patient, form, hospital)
        if visit:
            with record() as db:
                came = arrive(db, visit.appointment, by=me)
                say(db, f"{patient.name} has token {came.token} with {visit.doctor.name}.")
                shown = board.ticket(came, visit.doctor, hospital)
                carry(db, **{choose.PATIENT: None, queue.TICKET: shown})
        owed, urgent = queue.gate(patient, form)
        wanted = queue.wanted(offered, form, hospital)
        if wanted and queue.give_button(patient, wanted, form, hospital, held=urgent.waits(owed)):
            with record() as db:
                (doctor,) = wanted.doctors
                given = walk_in(
                    db, patient, doctor, wanted.kind, form=form, by=me, emergency=urgent.reason
                )
                say(db, f"{patient.name} has token {given.token} with {doctor.name}.")
                shown = board.ticket(given, doctor, hospital)
                carry(db, **{choose.PATIENT: None, queue.TICKET: shown})
