"""The CMO or a registrar opens and closes a doctor's weekly sessions."""

from datetime import timedelta

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    SessionForm,
    close_session,
    open_session,
    sessions_of,
    the_hospital,
)
from mediklaud.repository import doctors as registered
from mediklaud.ui import choose, doctors, show
from mediklaud.ui.desk import open_desk, record, submission_id

LENGTHS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240)
LAST = "Held for the last time on"

me = open_desk("Weekly sessions", Role.CMO, Role.REGISTRAR)

with reading() as db:
    today = clock.today(the_hospital(db).zone)
    found = registered(db)
doctor = doctors.chosen(found)
if doctor is None:
    st.stop()
with reading() as db:
    sessions = sessions_of(db, [doctor.id], on_or_after=today)

if sessions:
    show.table([doctors.session_row(session) for session in sessions], alt="Weekly sessions")
else:
    st.info("This doctor has no sessions yet, so nobody can book. Open the first one below.")

form = submission_id(f"open/{doctor.id}")
st.subheader("Open a session", anchor=False)
with st.form(form):
    left, middle, right = st.columns(3)
    with left:
        weekday = choose.one("Weekday", range(7), form, shown=doctors.weekday_words, chosen=0)
    with middle:
        begins = choose.minute("Begins", form, value=9 * 60)
    with right:
        ends = choose.minute("Ends", form, value=13 * 60)
    left, middle, right = st.columns(3)
    with left:
        length = choose.one("Minutes of a slot", LENGTHS, form, chosen=15)
    with middle:
        first_day = choose.day("First day", form, value=today, first=today)
    with right:
        last_day = choose.day("Last day", form, first=today)
    st.caption("Without a last day the session goes on every week.")
    asked = st.form_submit_button("Open the session", type="primary", icon=":material/add:")

if asked:
    with record("The session is open; its times can be booked.") as db:
        typed = SessionForm(
            weekday, begins, ends, length, choose.given(first_day, "First day"), last_day
        )
        open_session(db, doctor, typed, by=me)

if sessions:
    form = submission_id(f"close/{doctor.id}")
    yesterday = today - timedelta(days=1)
    st.subheader("Close a session", anchor=False)
    with st.form(form):
        left, right = st.columns(2)
        with left:
            closing = choose.one("Session", sessions, form, shown=doctors.session_words)
        with right:
            until = choose.day(LAST, form, value=today, first=yesterday)
        st.caption(
            "What is booked after that day stays booked. A session that would end before its "
            "first day goes away."
        )
        asked = st.form_submit_button("Close the session", icon=":material/event_busy:")
    if asked:
        with record("The session is closed.") as db:
            close_session(
                db, choose.given(closing, "Session"), last_day=choose.given(until, LAST), by=me
            )
