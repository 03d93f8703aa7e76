"""The doctor works through the own list of today: begins, notes, finishes."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    begin_consultation,
    finish_consultation,
    open_consultation,
    own_day,
    own_day_numbers,
    queue_of,
    the_hospital,
)
from mediklaud.ui import chart, pick
from mediklaud.ui.desk import open_desk, record, say
from mediklaud.ui.plain import plain

me = open_desk("Today's consultations", Role.DOCTOR)

with reading() as db:
    hospital = the_hospital(db)
    visits = own_day(db, by=me)
    queue = queue_of(db, me.doctor_id, by=me)
    numbers = own_day_numbers(db, by=me)
    encounter, consulting = open_consultation(db, by=me) or (None, None)
ready = chart.callable_now(queue, visits)

called_in = finished = None
if encounter and consulting:
    seen = chart.opened(consulting.patient_id, me)
    left, right = st.columns([3, 2], gap="large")
    with left.container(border=True):
        chart.in_the_room(seen.patient, encounter, consulting, hospital)
        note = chart.note(encounter)
        finished = st.button("Finish consultation", type="primary", icon=":material/task_alt:")
        st.caption("Finishing keeps the note as it stands and issues the bill.")
        place = st.container()
    with right.container(border=True):
        chart.record(seen, hospital)
else:
    place = st.container()
    chart.numbers(numbers)
    if ready:
        with st.container(border=True):
            st.caption(chart.next_words(ready[0]))
            chart.card(ready[0], hospital)
            if chart.begin_button(ready[0], "Begin consultation", primary=True):
                called_in = ready[0].appointment
    elif not visits:
        chart.nothing_today()

if visits:
    st.subheader("The list", anchor=False)
    listed = chart.in_turn(queue, visits)
    rows = [chart.day_row(visit, hospital, consulting=consulting) for visit in listed]
    ids = [visit.appointment.id for visit in listed]
    chosen = pick.row(rows, listed, ids, alt="Appointments of today")
    if chosen is None:
        st.caption(chart.LIST_HINTS[encounter is not None])
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            can_begin = chosen.appointment.id in [one.appointment.id for one in ready]
            if can_begin and encounter is None:
                words = f"Begin with {plain(chosen.patient.name)}"
                if chart.begin_button(chosen, words):
                    called_in = chosen.appointment
            chart.record_link(chosen.patient)

if called_in:
    with place, record() as db:
        begin_consultation(db, called_in, by=me)
if finished:
    with place, record() as db:
        bill = finish_consultation(db, encounter, note, by=me)
        say(db, chart.finished_words(bill))
