"""Which days a summary speaks of."""

from datetime import date, timedelta

import streamlit as st

from mediklaud.ui import choose

THIS, LAST, CHOSEN = "This month", "Last month", "From – to"


def choose_period(today: date) -> tuple[date, date] | None:
    """The first and last day chosen, in order whichever was typed first; None without both."""
    chosen = choose.few("Period", [THIS, LAST, CHOSEN], "period", chosen=THIS)
    if chosen == CHOSEN:
        with st.container(horizontal=True):
            days = [
                choose.day(label, "period", value=value)
                for label, value in (("From", today.replace(day=1)), ("To", today))
            ]
        typed = [day for day in days if day is not None]
        return (min(typed), max(typed)) if len(typed) == len(days) else None
    this_month = today.replace(day=1)
    return (this_month, today) if chosen == THIS else month_of(this_month - timedelta(days=1))


def month_of(day: date) -> tuple[date, date]:
    """The first and last day of a day's month."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def period_words(first_day: date, last_day: date) -> str:
    """A period as a heading says it."""
    if first_day == last_day:
        return f"{first_day:%d %b %Y}"
    return f"{first_day:%d %b %Y} – {last_day:%d %b %Y}"
