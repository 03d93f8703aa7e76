"""The CMO or a registrar opens and closes a doctor's weekly sessions, and moves whom it hits."""

from datetime import timedelta

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    close_session,
    count_stranded,
    open_session,
    sessions_of,
    the_hospital,
)
from mediklaud.repository import doctors as registered
from mediklaud.ui import choose, doctors, relocations, sessions, show
from mediklaud.ui.desk import open_desk, record, say, submission_id

LAST = "Held for the last time on"

me = open_desk("Weekly sessions", Role.CMO, Role.REGISTRAR)
relocations.pointer(me)

with reading() as db:
    hospital = the_hospital(db)
    found = registered(db)
doctor = doctors.chosen(found)
if doctor is None:
    st.stop()
today = clock.today(hospital.zone)
with reading() as db:
    held = sessions_of(db, [doctor.id], on_or_after=today)

if held:
    show.table([sessions.session_row(session) for session in held], alt="Weekly sessions")
else:
    st.info("This doctor has no sessions yet, so nobody can book. Open the first one below.")

relocations.of_doctor(doctor, submission_id(f"move/{doctor.id}"), hospital, me)

form = submission_id(f"open/{doctor.id}")
st.subheader("Open a session", anchor=False)
with st.form(form):
    typed = sessions.fields(form, today)
    st.caption(
        "A visit may begin at every slot and takes the minutes of its kind. Where its minutes "
        "are empty, a first visit or a follow-up takes one slot, and procedures are not seen. "
        "Without a last day the session goes on every week."
    )
    asked = st.form_submit_button("Open the session", type="primary", icon=":material/add:")

if asked:
    with record("The session is open; its times can be booked.") as db:
        open_session(db, doctor, typed.form(), by=me)

if held:
    form = submission_id(f"close/{doctor.id}")
    yesterday = today - timedelta(days=1)
    st.subheader("Close a session", anchor=False)
    with st.form(form):
        left, right = st.columns(2)
        with left:
            closing = choose.one("Session", held, form, shown=sessions.session_words)
        with right:
            until = choose.day(LAST, form, value=today, first=yesterday)
        st.caption(
            "What is booked after that day stays booked, and its patients stand here until they "
            "are moved. A session that would end before its first day goes away."
        )
        asked = st.form_submit_button("Close the session", icon=":material/event_busy:")
    if asked:
        with record() as db:
            close_session(
                db, choose.given(closing, "Session"), last_day=choose.given(until, LAST), by=me
            )
            todo = relocations.count_words(count_stranded(db, doctor=doctor, by=me))
            say(db, f"The session is closed. {todo}")
