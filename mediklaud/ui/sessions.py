"""What the timetable's page shows: a session's fields, its row and its line."""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from mediklaud import clock
from mediklaud.models import WorkingSession
from mediklaud.repository import SessionForm
from mediklaud.ui import choose
from mediklaud.ui.desk import beside
from mediklaud.ui.doctors import day_words

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LENGTHS = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240)


@dataclass(frozen=True)
class TypedSession:
    """A weekly session as typed; its first day may be missing yet."""

    weekday: int
    begins_minute: int
    ends_minute: int
    slot_minutes: int
    first_day: date | None
    last_day: date | None
    first_minutes: int | None
    follow_up_minutes: int | None
    procedure_minutes: int | None

    def form(self) -> SessionForm:
        """The same, to be opened; refuses a missing first day."""
        return SessionForm(
            self.weekday,
            self.begins_minute,
            self.ends_minute,
            self.slot_minutes,
            choose.given(self.first_day, "First day"),
            self.last_day,
            self.first_minutes,
            self.follow_up_minutes,
            self.procedure_minutes,
        )


def fields(form: str, today: date) -> TypedSession:
    """The fields of a new session, in rows that keep their order on a narrow screen."""
    left, middle, right = st.columns(3)
    with left:
        weekday = choose.one("Weekday", range(7), form, shown=weekday_words, chosen=0)
    with middle:
        begins = choose.minute("Begins", form, value=9 * 60)
    with right:
        ends = choose.minute("Ends", form, value=13 * 60)
    left, middle, right = st.columns(3)
    with left:
        slot = choose.one("Minutes of a slot", _LENGTHS, form, chosen=15)
    with middle:
        first_day = choose.day("First day", form, value=today, first=today)
    with right:
        last_day = choose.day("Last day", form, first=today)
    left, middle, right = st.columns(3)
    with left:
        first = _minutes_field("Minutes of a first visit", form, empty="One slot")
    with middle:
        follow_up = _minutes_field("Minutes of a follow-up", form, empty="One slot")
    with right:
        procedure = _minutes_field("Minutes of a procedure", form, empty="Not seen")
    return TypedSession(
        weekday, begins, ends, slot, first_day, last_day, first, follow_up, procedure
    )


def _minutes_field(label: str, form: str, *, empty: str) -> int | None:
    """How long a kind of visit takes; the field says what it means to leave it empty."""
    at_most = clock.MINUTES_A_DAY
    found = st.number_input(
        label, 0, at_most, None, step=5, key=f"{form}/{label}", placeholder=empty
    )
    beside(label)
    return found


def weekday_words(weekday: int) -> str:
    """The name of a weekday; Monday is 0."""
    return _WEEKDAYS[weekday]


def session_row(session: WorkingSession) -> dict[str, object]:
    """A weekly session as a row, with the length of each kind of visit seen in it."""
    return {
        "Weekday": weekday_words(session.weekday),
        "Hours": _hours(session),
        "Begins every": f"{session.slot_minutes} min",
        "First visit": _minutes(session.first_minutes),
        "Follow-up": _minutes(session.follow_up_minutes),
        "Procedure": _minutes(session.procedure_minutes),
        "First day": day_words(session.valid_from),
        "Last day": day_words(session.valid_to) or "goes on",
    }


def session_words(session: WorkingSession) -> str:
    """A weekly session in a line."""
    day = weekday_words(session.weekday)
    return f"{day} {_hours(session)}, from {day_words(session.valid_from)}"


def _minutes(length: int | None) -> str:
    return f"{length} min" if length else "not seen"


def _hours(session: WorkingSession) -> str:
    return f"{clock.minute_words(session.begins_minute)}–{clock.minute_words(session.ends_minute)}"
