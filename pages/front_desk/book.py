"""The front desk books an appointment on the phone: find, doctor, time, confirm."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    book_appointment,
    doctor_with,
    doctors,
    enroll_patient,
    no_shows_of,
    overbook_appointment,
    owed_by,
    patient_with,
    the_hospital,
    upcoming_visits,
)
from mediklaud.ui import booking, calls, choose, holding, overbooking, patients, show, times, wishes
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id

me = open_desk("Book an appointment", Role.FRONT_DESK)
with reading() as db:
    hospital, offered = the_hospital(db), doctors(db)
newcomer = submission_id("enroll")
owed, urgent = None, booking.Urgency()

who, when = st.columns([3, 4], gap="medium")
with who:
    patient = choose.patient(me)
    form = calls.form_of(patient)
    typed = None if patient else patients.enrolling(me, hospital, newcomer)
    if typed:
        with record(ends="enroll") as db:
            new = enroll_patient(db, typed, form=newcomer, by=me)
            say(db, f"{new.name} is enrolled as {new.number}. Now choose the time.")
            carry(db, **{choose.PATIENT: new.id})
    if patient:
        with reading() as db:
            owed, missed = owed_by(db, patient.id, by=me), no_shows_of(db, patient.id, by=me)
            upcoming = upcoming_visits(db, patient.id, by=me)
        with st.container(border=True):
            patients.card(patient, hospital, missed)
            show.dues(owed, brief=True)
            urgent = booking.ways_on(owed, f"{form}/{patient.id}", me)
            booking.upcoming(upcoming, hospital)

with when:
    wanted = wishes.of_kind(wishes.wanted(offered, form, hospital), patient)
    booking.follow_ups(wanted, patient)
    chosen = holding.chosen_time(wanted)
    missing = calls.missing(patient, owed, urgent)
    price = booking.price_words(chosen, patient, hospital)
    who_and_why = {"by": me, "emergency": urgent.reason}
    if chosen and holding.confirm("Book", chosen, wanted, hospital, note=price, missing=missing):
        with record() as db:
            doctor, known = doctor_with(db, chosen.doctor_id), patient_with(db, patient.id, by=me)
            booked = book_appointment(
                db,
                known,
                doctor,
                chosen.starts_at,
                chosen.kind,
                form=f"{form}/{known.id}",
                hold=chosen.hold,
                **who_and_why,
            )
            say(db, booking.booked_words(booked, known, doctor, hospital))
            carry(db, **{choose.PATIENT: None, holding.HELD: None})
    # What is refused here leaves the other times in sight, as they are now.
    if wanted.doctors:
        times.times(wanted, hospital)
        over = overbooking.over(wanted, f"{form}/over", hospital, missing=missing)
        if over:
            with record() as db:
                known, at = patient_with(db, patient.id, by=me), choose.given(over.at, "Time")
                booked = overbook_appointment(
                    db,
                    known,
                    over.doctor,
                    at,
                    wanted.kind,
                    over.reason,
                    form=f"{form}/{known.id}/over",
                    **who_and_why,
                )
                say(db, booking.booked_words(booked, known, over.doctor, hospital))
                carry(db, **{choose.PATIENT: None})

calls.keys(patient, wanted, held=bool(chosen), enrolling=patients.is_enrolling(newcomer))
show.mail_state()
