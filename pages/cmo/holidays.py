"""The CMO or a registrar declares and withdraws the hospital's holidays."""

from datetime import timedelta

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    booked_on,
    declare_holiday,
    holidays_between,
    the_hospital,
    withdraw_holiday,
)
from mediklaud.ui import choose, holidays, relocations
from mediklaud.ui.desk import open_desk, record, say, submission_id
from mediklaud.ui.plain import plain

TEN_YEARS = timedelta(days=3650)

me = open_desk("Holidays", Role.CMO, Role.REGISTRAR)
relocations.pointer(me)
form = submission_id()

with reading() as db:
    today = clock.today(the_hospital(db).zone)
    coming = [
        (holiday, booked_on(db, holiday, by=me))
        for holiday in holidays_between(db, today, today + TEN_YEARS)
    ]

st.write("Nobody is booked on a holiday, with any doctor. What is booked already stays booked.")

with st.form(form):
    left, right = st.columns(2)
    with left:
        name = choose.words("Name", form, placeholder="Republic Day")
    with right:
        day = choose.day("Day", form, first=today, last=today + TEN_YEARS)
    asked = st.form_submit_button("Declare the holiday", type="primary", icon=":material/flag:")

if asked:
    with record() as db:
        declared = declare_holiday(db, choose.given(day, "Day"), name, by=me)
        say(db, holidays.declared_words(declared, booked_on(db, declared, by=me)))

st.subheader("Coming holidays", anchor=False)
if not coming:
    st.info("No holiday is declared. Begin with the form above.", icon=":material/event_available:")
for holiday, booked in coming:
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            words = f"**{plain(holiday.name)}**  \n{plain(clock.day_words(holiday.day))}"
            st.markdown(words, width="content")
            withdraw = st.button("Withdraw", key=f"{form}/{holiday.id}", icon=":material/undo:")
        holidays.booked(booked)
    if withdraw:
        with record("The holiday is withdrawn; its day can be booked again.") as db:
            withdraw_holiday(db, holiday, by=me)
