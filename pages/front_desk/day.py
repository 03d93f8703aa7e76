"""The front desk keeps the day: who arrived, who did not come, what is moved or cancelled."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    arrive,
    cancel_appointment,
    day_pages,
    day_visits,
    doctor_with,
    doctors,
    letters_to_call,
    move_appointment,
    note_no_show,
    the_hospital,
)
from mediklaud.ui import booking, choose, day_list, show
from mediklaud.ui.desk import open_desk, record, say, submission_id

me = open_desk("The day's appointments", Role.FRONT_DESK)

with reading() as db:
    hospital, offered = the_hospital(db), doctors(db)
day, doctor_id = day_list.filters(offered, hospital)
with reading() as db:
    pages = day_pages(db, day, by=me, doctor_id=doctor_id)
page = day_list.page(pages, day, doctor_id)
with reading() as db:
    visits = day_visits(db, day, by=me, doctor_id=doctor_id, page=page)
    uncalled = letters_to_call(db, by=me)

visit = day_list.pick(visits, hospital, submission_id())

if visit:
    form, patient = f"{submission_id()}/{visit.appointment.id}", visit.patient
    with st.container(border=True):
        arrived, missed, change = day_list.actions(visit, form, hospital)
        if arrived:
            with record(f"{patient.name} has arrived.") as db:
                arrive(db, visit.appointment, by=me)
        if missed:
            with record(f"{patient.name} did not come: that is noted.") as db:
                note_no_show(db, visit.appointment, by=me)
        if change == day_list.CANCEL:
            with st.form(f"{form}/cancel", border=False):
                reason = choose.one("Reason", day_list.CANCEL_REASONS, form, more=True)
                asked = st.form_submit_button("Cancel the appointment", type="primary")
            if asked:
                with record() as db:
                    cancel_appointment(db, visit.appointment, reason or "", by=me)
                    told = booking.letter_words(patient, "A letter about it", "call")
                    say(db, f"The appointment of {patient.name} is cancelled. {told}")
        if change == day_list.MOVE:
            wanted = booking.wanted(offered, form, hospital, whose=visit.doctor.number)
            chosen = booking.chosen_time(wanted)
            asked = chosen and booking.confirm("Move to", chosen, wanted, hospital)
            if asked:
                with record() as db:
                    doctor = doctor_with(db, chosen.doctor_id)
                    moved = move_appointment(
                        db, visit.appointment, doctor, chosen.starts_at, form=form, by=me
                    )
                    hour = clock.moment_words(moved.starts_at, hospital.zone)
                    told = booking.letter_words(patient, "A letter about it", "call")
                    say(db, f"{patient.name} is moved: {hour}, with {doctor.name}. {told}")
            if wanted.doctors and (asked or not chosen):
                booking.times(wanted, hospital)

day_list.calls(uncalled, hospital)
show.mail_state()
