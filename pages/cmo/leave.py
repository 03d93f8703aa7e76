"""The CMO or a registrar grants and withdraws a doctor's leave, and sees who must be moved."""

from datetime import timedelta

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    appointments_in,
    grant_leave,
    leaves_of,
    the_hospital,
    withdraw_leave,
)
from mediklaud.repository import doctors as registered
from mediklaud.ui import choose, doctors
from mediklaud.ui.desk import open_desk, record, say, submission_id
from mediklaud.ui.plain import plain

TEN_YEARS = timedelta(days=3650)
WHOLE, PART = "Whole days", "Part of a day"

me = open_desk("Leave", Role.CMO, Role.REGISTRAR)

with reading() as db:
    zone = the_hospital(db).zone
    found = registered(db)
doctor = doctors.chosen(found)
if doctor is None:
    st.stop()
with reading() as db:
    now = clock.now()
    leaves = [
        (leave, appointments_in(db, doctor, leave.begins_at, leave.ends_at, by=me))
        for leave in leaves_of(db, [doctor.id], after=now, before=now + TEN_YEARS)
    ]

form = submission_id(f"leave/{doctor.id}")
today = clock.today(zone)
st.subheader("Grant leave", anchor=False)
with st.container(border=True):
    stretch = choose.few("Leave of", (WHOLE, PART), form, chosen=WHOLE)
    begins, ends = 0, clock.MINUTES_A_DAY
    with st.form(form, border=False):
        left, right = st.columns(2)
        with left:
            first_day = choose.day("First day", form, value=today, first=today)
            if stretch == PART:
                begins = choose.minute("Begins", form, value=9 * 60)
        with right:
            last_day = choose.day("Last day", form, value=today, first=today)
            if stretch == PART:
                ends = choose.minute("Ends", form, value=13 * 60)
        reason = choose.words("Reason", form, placeholder="May stay empty")
        asked = st.form_submit_button("Grant leave", type="primary", icon=":material/beach_access:")

if asked:
    with record() as db:
        leave = grant_leave(
            db,
            doctor,
            choose.given(first_day, "First day"),
            choose.given(last_day, "Last day"),
            form=form,
            by=me,
            reason=reason,
            begins_minute=begins,
            ends_minute=ends,
        )
        standing = appointments_in(db, doctor, leave.begins_at, leave.ends_at, by=me)
        say(db, doctors.granted_words(leave, len(standing), zone))

st.subheader("Current and coming leave", anchor=False)
if not leaves:
    st.info("No leave is granted.", icon=":material/event_available:")
for leave, booked in leaves:
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            words = f"**{doctors.leave_words(leave, zone)}**  \n{plain(leave.reason)}"
            st.markdown(words, width="content")
            withdraw = st.button(
                "Withdraw", key=f"{form}/withdraw/{leave.id}", icon=":material/undo:"
            )
        if booked:
            st.warning(f"Booked in it and to be moved: {len(booked)}", icon=":material/event_busy:")
            doctors.bookings(booked, zone, alt="Appointments in this leave")
        else:
            st.caption("Nobody is booked in it.")
    if withdraw:
        with record("The leave is withdrawn; its hours can be booked again.") as db:
            withdraw_leave(db, leave, by=me)
