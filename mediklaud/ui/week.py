"""A doctor's week as a grid of days and times: real buttons, a list a day on a narrow screen."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import streamlit as st

from mediklaud import clock
from mediklaud.models import Hospital, Leave, WorkingSession
from mediklaud.repository import Visit
from mediklaud.timetable import days, sessions_on
from mediklaud.ui import chart, show
from mediklaud.ui.plain import plain

_HERE = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "mediklaud_week",
    html="<div class='week'></div>",
    css=(_HERE / "week.css").read_text("utf-8"),
    js=(_HERE / "week.js").read_text("utf-8"),
)
_PLACE = "_week_ahead"
# Shown even where nothing takes place, so that an empty week still looks like one.
_BEGINS, _ENDS = 9 * 60, 13 * 60


def choose(today: date) -> date:
    """The Monday of the week the doctor looks at; back, on, and home again."""
    ahead = st.session_state.setdefault(_PLACE, 0)
    monday = date.fromordinal(today.toordinal() - today.weekday() + 7 * ahead)
    sunday = days(monday, 7)[-1]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{monday.day} {monday:%B} – {sunday.day} {sunday:%B %Y}", anchor=False)
        st.button("Previous", on_click=_go, args=(ahead - 1,), icon=":material/chevron_left:")
        st.button("This week", on_click=_go, args=(0,), disabled=ahead == 0)
        st.button(
            "Next",
            on_click=_go,
            args=(ahead + 1,),
            icon=":material/chevron_right:",
            icon_position="right",
        )
    return monday


def _go(ahead: int) -> None:
    st.session_state[_PLACE] = ahead


def bounds(monday: date, hospital: Hospital) -> tuple[datetime, datetime]:
    """The moments between which the week lies, the last one excluded."""
    sunday = days(monday, 7)[-1]
    return clock.day_bounds(monday, hospital.zone)[0], clock.day_bounds(sunday, hospital.zone)[1]


def grid(week: dict[str, Any]) -> int | None:
    """Draw the week; the id of the appointment that was just chosen, or None."""
    return _MOUNT(key="week", data=week, on_chosen_change=lambda: None).chosen


def table(visits: Sequence[Visit], hospital: Hospital) -> None:
    """The same week as a table, for whoever reads rows better than a grid."""
    rows = []
    for visit in visits:
        day = clock.day_of(visit.appointment.starts_at, hospital.zone)
        rows.append({"Day": day, **chart.row(visit, hospital)})
    show.table(rows, alt="Appointments of the week", height="content")


@st.dialog("Appointment")
def details(visit: Visit, hospital: Hospital) -> None:
    """One appointment of the week, and the way to its patient."""
    st.caption(plain(clock.moment_words(visit.appointment.starts_at, hospital.zone)))
    chart.card(visit, hospital)
    chart.record_link(visit.patient)


def layout(
    monday: date,
    visits: Sequence[Visit],
    sessions: Sequence[WorkingSession],
    leaves: Sequence[Leave],
    hospital: Hospital,
) -> dict[str, Any]:
    """The week in minutes of the hospital's wall clock, as the grid draws it."""
    columns = [
        {
            "name": f"{day:%a}",
            "date": f"{day.day} {day:%b}",
            "words": f"{day:%A} {day.day} {day:%B}",
            "today": day == clock.today(hospital.zone),
            "open": [[one.begins_minute, one.ends_minute] for one in sessions_on(sessions, day)],
            "leave": [away for leave in leaves if (away := _away(leave, day, hospital.zone))],
            "visits": [
                _visit(visit, hospital)
                for visit in visits
                if clock.day_of(visit.appointment.starts_at, hospital.zone) == day
            ],
        }
        for day in days(monday, 7)
    ]
    return {"days": columns, **_reach(columns)}


def _visit(visit: Visit, hospital: Hospital) -> dict[str, Any]:
    row = chart.row(visit, hospital)
    begins, ends = _minutes(visit.appointment.starts_at, visit.appointment.ends_at, hospital.zone)
    until = clock.minute_words(ends)
    told = f"{row['Time']} to {until}, {row['Patient']}, {row['Number']}, {row['Age, sex']}"
    return {
        "id": visit.appointment.id,
        "begins": begins,
        "ends": ends,
        "time": row["Time"],
        "name": row["Patient"],
        "status": visit.appointment.status.value,
        "emergency": visit.appointment.emergency_reason is not None,
        "more": f"{row['Visit']} · {row['State']}",
        "words": f"{told}, {row['Visit']}, {row['State']}",
    }


def _away(leave: Leave, day: date, zone: str) -> list[Any]:
    first, last = clock.day_bounds(day, zone)
    begins_at, ends_at = max(leave.begins_at, first), min(leave.ends_at, last)
    if begins_at >= ends_at:
        return []
    return [*_minutes(begins_at, ends_at, zone), leave.reason]


def _minutes(begins_at: datetime, ends_at: datetime, zone: str) -> tuple[int, int]:
    begins, ends = clock.local(begins_at, zone), clock.local(ends_at, zone)
    until = 60 * ends.hour + ends.minute
    # What ends at midnight, or after it, reaches to the end of its day here.
    return 60 * begins.hour + begins.minute, until if ends.date() == begins.date() else 1440


def _reach(columns: Sequence[dict[str, Any]]) -> dict[str, int]:
    """From which full hour to which the grid reaches: what is open or booked, all of it."""
    spans = [tuple(span) for column in columns for span in column["open"]]
    spans += [(one["begins"], one["ends"]) for column in columns for one in column["visits"]]
    begins = min((begin for begin, _ in spans), default=_BEGINS)
    ends = max((end for _, end in spans), default=_ENDS)
    shortest = min((end - begin for begin, end in spans), default=60)
    return {"begins": begins // 60 * 60, "ends": -(-ends // 60) * 60, "shortest": shortest}
