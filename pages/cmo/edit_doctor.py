"""The CMO or a registrar corrects a doctor's record; the CMO deactivates and reactivates."""

from datetime import timedelta

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    FURTHEST_DAYS,
    appointments_in,
    deactivate_doctor,
    edit_doctor,
    fees_to_come,
    fees_today,
    reactivate_doctor,
    roles_of,
    the_hospital,
)
from mediklaud.repository import doctors as registered
from mediklaud.ui import doctors, relocations
from mediklaud.ui.desk import fresh_forms, open_desk, record, say, submission_id
from mediklaud.ui.plain import plain

me = open_desk("Edit a doctor", Role.CMO, Role.REGISTRAR)
relocations.pointer(me)

with reading() as db:
    found = registered(db, inactive_too=True)
doctor = doctors.chosen(found)
if doctor is None:
    st.stop()

form = submission_id(f"doctor/{doctor.id}")
version = doctors.shown_version(form, doctor)
furthest = clock.now() + timedelta(days=FURTHEST_DAYS + 1)
with reading() as db:
    zone = the_hospital(db).zone
    today = clock.today(zone)
    fees = fees_today(db, [doctor.id or 0])
    coming = fees_to_come(db, [doctor.id or 0])
    booked = appointments_in(db, doctor, clock.now(), furthest, by=me)
    is_chief = Role.CMO in roles_of(db, me)

with st.form(form):
    typed = doctors.fields(form, doctor, fees, today)
    st.caption("New fees hold from that day on. The number stays, whatever else changes.")
    if coming:
        words = f"These fees take effect later: {doctors.coming_words(coming)}."
        st.info(plain(words), icon=":material/event_upcoming:")
    with st.container(horizontal=True):
        asked = st.form_submit_button("Save the record", type="primary", icon=":material/save:")
        st.form_submit_button("Show it as it is kept", icon=":material/undo:", on_click=fresh_forms)

if asked:
    with record() as db:
        told = {"version": version, "fees_from": typed.fees_from}
        kept = edit_doctor(db, doctor, typed.form(), **told, by=me)
        doctors.keep(db, kept)
        say(db, f"The record of {kept.name} ({kept.number}) is saved.")

if is_chief and doctor.active:
    st.subheader("Deactivate", anchor=False)
    with st.container(border=True):
        st.write(
            "Nobody can book an inactive doctor. The record, the past and what is booked all "
            "stay, and the number is never given to somebody else."
        )
        if booked:
            st.warning(
                f"Booked and to be moved or cancelled: {len(booked)}", icon=":material/event_busy:"
            )
            doctors.bookings(booked, zone, alt="Booked appointments")
        else:
            st.caption("No appointment is booked with this doctor.")
        sure = st.checkbox("I have seen this and want to go on", key=f"{form}/sure")
        deactivate = st.button("Deactivate", key=f"{form}/deactivate", disabled=not sure)
    if deactivate:
        with record() as db:
            kept = deactivate_doctor(db, doctor, by=me)
            doctors.keep(db, kept)
            say(db, f"{kept.name} ({kept.number}) is inactive and can no longer be booked.")

if is_chief and not doctor.active:
    st.subheader("Reactivate", anchor=False)
    with st.container(border=True):
        st.write("The doctor can be booked again at once, under the same number.")
        reactivate = st.button("Reactivate", key=f"{form}/reactivate")
    if reactivate:
        with record() as db:
            kept = reactivate_doctor(db, doctor, by=me)
            doctors.keep(db, kept)
            say(db, f"{kept.name} ({kept.number}) is active again.")
