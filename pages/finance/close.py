"""A cashier counts and closes the day's till; another reopens it, or closes for who left."""

from datetime import timedelta

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    close_day,
    days_left_open,
    standing_close,
    the_hospital,
    till_of,
    unclosed_days,
)
from mediklaud.ui import closing
from mediklaud.ui.desk import open_desk, record, say, submission_id
from mediklaud.ui.plain import plain

me = open_desk("Close the day", Role.FINANCE)

with reading() as db:
    hospital = the_hospital(db)
    today = clock.today(hospital.zone)
    unclosed = unclosed_days(db, today - timedelta(days=366), by=me)
    others = [one for one in unclosed if one[0].id != me.id]
    left = days_left_open(db, others, by=me)
    closed_today = standing_close(db, me, today, by=me) is not None

mine = [day for account, day in unclosed if account.id == me.id]
day = closing.choose_day(submission_id(), mine, today, closed=closed_today)

if day is None:
    st.success(plain(f"Your till of {today:%d %b %Y} is closed."), icon=":material/lock:")
    st.caption("It takes no more money today. Another person can reopen it with a reason.")
else:
    with reading() as db:
        till = till_of(db, me, day, by=me)
    form = f"{submission_id()}/{day}"
    with st.container(border=True, width=620):
        st.subheader(plain(f"Your till of {day:%d %b %Y}"), anchor=False)
        st.caption("Count each method; what differs from the ledger needs its reason.")
        typed = closing.counts(form, till)
        asked = st.button(
            "Close the day", key=f"{form}/close", type="primary", icon=":material/lock:"
        )
    if asked:
        later = next((other for other in mine if other != day), None)
        with record() as db:
            close = close_day(db, closing.read(typed), form=form, by=me, day=day)
            say(db, closing.done_words(close, later))

closing.still_open(others)
closing.left_open(left, me)

closing.closed_days_of(me, hospital, today)
