"""Finance and the CMO see what was billed, credited, received and owed, by time, person, kind."""

import streamlit as st

from mediklaud import clock, reports
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.money import rupees
from mediklaud.repository import owed_on_the_eve, the_hospital
from mediklaud.ui import turnover
from mediklaud.ui.desk import open_desk
from mediklaud.ui.period import choose_period, period_words
from mediklaud.ui.plain import plain

me = open_desk("Billing summaries", Role.FINANCE, Role.CMO)

with reading() as db:
    zone = the_hospital(db).zone
period = choose_period(clock.today(zone))
if period is None:
    st.info("Choose both days.")
    st.stop()

before = reports.period_before(*period)
with reading() as db:
    told = turnover.Turnover(
        period,
        before,
        turnover.moved_in(db, period, me),
        turnover.moved_in(db, before, me),
        owed_on_the_eve(db, period[0], by=me),
    )

st.subheader(period_words(*period), anchor=False)
turnover.numbers(told)
st.caption(plain(f"Owed when the period began: {rupees(told.opening_paise)}."))
if told.moved.empty:
    st.info("Nothing was billed or received in this period. Choose another one.")
    st.stop()

turnover.CUTS[turnover.choose_cut()](told)
