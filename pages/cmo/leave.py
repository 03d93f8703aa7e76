"""The CMO or a registrar grants and withdraws a doctor's leave, and moves whom it hits."""

from datetime import timedelta

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    best_times,
    grant_leave,
    leave_words,
    leaves_of,
    left_in,
    stranded,
    the_hospital,
    withdraw_leave,
)
from mediklaud.repository import doctors as registered
from mediklaud.ui import choose, doctors, relocations
from mediklaud.ui.desk import open_desk, record, say, submission_id

TEN_YEARS = timedelta(days=3650)
WHOLE, PART = "Whole days", "Part of a day"

me = open_desk("Leave", Role.CMO, Role.REGISTRAR)

with reading() as db:
    hospital = the_hospital(db)
    found = registered(db)
doctor = doctors.chosen(found)
if doctor is None:
    st.stop()
with reading() as db:
    now = clock.now()
    leaves = leaves_of(db, [doctor.id], after=now, before=now + TEN_YEARS)
    hit = {leave.id: stranded(db, leave=leave, by=me).found for leave in leaves}
    left = {leave.id: left_in(db, leave, by=me) for leave in leaves}
    best = best_times(db, relocations.together(hit.values()), by=me)

form = submission_id(f"leave/{doctor.id}")
today = clock.today(hospital.zone)
st.subheader("Grant leave", anchor=False)
with st.container(border=True):
    stretch = choose.few("Leave of", (WHOLE, PART), form, chosen=WHOLE)
    begins, ends = 0, clock.MINUTES_A_DAY
    with st.form(form, border=False):
        one, other = st.columns(2)
        with one:
            first_day = choose.day("First day", form, value=today, first=today)
            if stretch == PART:
                begins = choose.minute("Begins", form, value=9 * 60)
        with other:
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
        todo = relocations.count_words(stranded(db, leave=leave, by=me).count)
        say(db, f"Leave is granted: {leave_words(leave, hospital.zone)}. {todo}")

st.subheader("Current and coming leave", anchor=False)
if not leaves:
    st.info("No leave is granted.", icon=":material/event_available:")
for leave in leaves:
    with st.container(border=True):
        if relocations.leave_head(leave, form, hospital):
            with record("The leave is withdrawn; its hours can be booked again.") as db:
                withdraw_leave(db, leave, by=me)
        relocations.left(left[leave.id])
        move = relocations.worklist(hit[leave.id], best, form, hospital, me=me, leave=leave)
    relocations.make(move, hospital, me)
