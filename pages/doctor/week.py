"""The doctor looks at the own week: who comes when, sessions, leave."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import feed_of, leaves_of, schedule_of, sessions_of, the_hospital
from mediklaud.ui import feed, week
from mediklaud.ui.desk import open_desk

me = open_desk("My week", Role.DOCTOR)

with reading() as db:
    hospital = the_hospital(db)
monday = week.choose(clock.today(hospital.zone))
with reading() as db:
    visits = schedule_of(db, monday, 7, by=me)
    sessions = sessions_of(db, [me.doctor_id], on_or_after=monday)
    first, last = week.bounds(monday, hospital)
    kept = feed_of(db, by=me)
    leaves = leaves_of(db, [me.doctor_id], after=first, before=last)

chosen = week.grid(week.layout(monday, visits, sessions, leaves, hospital))
for visit in visits:
    if visit.appointment.id == chosen:
        week.details(visit, hospital)

if visits:
    with st.expander("The same week as a table", icon=":material/table_rows:"):
        week.table(visits, hospital)
else:
    st.caption("Nobody is booked in this week.")

feed.address(kept, me, hospital)
