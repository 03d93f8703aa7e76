"""The front desk books an appointment: find, choose, doctor, time, confirm."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    book_appointment,
    doctor_with,
    doctors,
    dues_of,
    fees_today,
    patient_with,
    the_hospital,
    upcoming_visits,
)
from mediklaud.ui import booking, choose, patients, show
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id

me = open_desk("Book an appointment", Role.FRONT_DESK)
patient = choose.patient(me)
if patient is None:
    patients.offer_enrolling()
    show.mail_state()
    st.stop()

form = f"{submission_id()}/{patient.id}"
with reading() as db:
    hospital = the_hospital(db)
    owed = dues_of(db, patient.id)
    upcoming = upcoming_visits(db, patient.id, by=me)
    offered = doctors(db)
    fees = fees_today(db, [doctor.id for doctor in offered])

who, when = st.columns([2, 3], gap="medium")
with who, st.container(border=True):
    patients.card(patient, hospital)
    show.dues(owed, brief=True)
    emergency = booking.emergency(owed, form)
    booking.upcoming(upcoming, hospital)

with when:
    wanted = booking.wanted(offered, form, hospital)
    kind = booking.visit_kind(wanted.doctors, fees, form)
    chosen = booking.chosen_time(wanted)
    held = owed.on_hold and emergency is None
    price = booking.price_words(fees, chosen, kind)
    asked = chosen and booking.confirm("Book", chosen, wanted, hospital, note=price, held=held)
    if asked:
        with record() as db:
            doctor = doctor_with(db, chosen.doctor_id)
            booked = book_appointment(
                db, patient, doctor, chosen.starts_at, kind, form=form, by=me, emergency=emergency
            )
            hour = clock.moment_words(booked.starts_at, hospital.zone)
            told = booking.letter_words(patient_with(db, patient.id, by=me))
            say(db, f"{patient.name} is booked: {hour}, with {doctor.name}. {told}")
            carry(db, **{choose.PATIENT: None})
    # What is refused here leaves the other times in sight, as they are now.
    if wanted.doctors and (asked or not chosen):
        booking.times(wanted, hospital)
    show.mail_state()
