"""The front desk keeps the day: who came, who did not, what is moved, cancelled or undone."""

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
    move_appointment,
    note_no_show,
    restore_appointment,
    the_hospital,
    undo_arrival,
    undo_no_show,
)
from mediklaud.ui import booking, choose, day_list, holding, letters, show, waitlist
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id

me = open_desk("The day's appointments", Role.FRONT_DESK)
waitlist.offer_freed(me)

with reading() as db:
    hospital, offered = the_hospital(db), doctors(db)
day, doctor_id = day_list.filters(offered, hospital)
with reading() as db:
    pages = day_pages(db, day, by=me, doctor_id=doctor_id)
page = day_list.page(pages, day, doctor_id)
with reading() as db:
    visits = day_visits(db, day, by=me, doctor_id=doctor_id, page=page)

visit = day_list.pick(visits, hospital, submission_id())

if visit:
    form = f"{submission_id()}/{visit.appointment.id}"
    patient = choose.opened(visit.patient.id, me)
    with st.container(border=True):
        asked = day_list.actions(visit, form, hospital)
        if asked.deed == day_list.ARRIVED:
            with record() as db:
                came = arrive(db, visit.appointment, by=me)
                say(db, f"{patient.name} has arrived: token {came.token}.")
        if asked.deed == day_list.MISSED:
            with record(f"{patient.name} did not come: that is noted.") as db:
                note_no_show(db, visit.appointment, by=me)
        if asked.deed == day_list.NOT_ARRIVED:
            with record(f"{patient.name} is expected again.") as db:
                undo_arrival(db, visit.appointment, by=me)
        if asked.deed == day_list.CAME:
            with record(f"{patient.name} is expected again.") as db:
                undo_no_show(db, visit.appointment, by=me, emergency=asked.emergency)
        if asked.deed == day_list.RESTORED:
            with record() as db:
                restore_appointment(db, visit.appointment, by=me, emergency=asked.emergency)
                told = booking.letter_words(patient, "A letter about it", "call")
                say(db, f"The appointment of {patient.name} stands again. {told}")
        if asked.change == day_list.CANCEL:
            reason = day_list.cancel(form)
            if reason is not None:
                with record() as db:
                    cancel_appointment(db, visit.appointment, reason, by=me)
                    told = booking.letter_words(patient, "A letter about it", "call")
                    say(db, f"The appointment of {patient.name} is cancelled. {told}")
                    carry(db, **waitlist.freed(visit.appointment))
        if asked.change == day_list.MOVE:
            kind, whose = visit.appointment.kind, visit.doctor.number
            wanted = booking.wanted(offered, form, hospital, whose=whose, kind=kind)
            chosen = booking.chosen_time(wanted)
            price = booking.moved_price_words(visit, chosen) if chosen else ""
            if chosen and booking.confirm("Move to", chosen, wanted, hospital, note=price):
                with record() as db:
                    doctor, at = doctor_with(db, chosen.doctor_id), chosen.starts_at
                    moved = move_appointment(
                        db, visit.appointment, doctor, at, form=form, by=me, hold=chosen.hold
                    )
                    hour = clock.moment_words(moved.starts_at, hospital.zone)
                    told = booking.letter_words(patient, "A letter about it", "call")
                    say(db, f"{patient.name} is moved: {hour}, with {doctor.name}. {told}")
                    carry(db, **{holding.HELD: None}, **waitlist.freed(visit.appointment))
            if wanted.doctors:
                booking.times(wanted, hospital)

letters.to_call(me, hospital)
show.mail_state()
