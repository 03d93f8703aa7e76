"""One patient more over a time that is taken: which session, which time, why, how many left."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Doctor, Hospital
from mediklaud.repository import free_slots, leaves_of, overbookings_left, runs_late, sessions_of
from mediklaud.timetable import Slot, occurrence_at, slots_on
from mediklaud.ui import choose, holding
from mediklaud.ui.desk import sitting
from mediklaud.ui.plain import plain
from mediklaud.ui.wishes import Wanted

REASONS = (
    "The doctor asked for this patient",
    "Cannot wait for the next free time",
    "A short question after a visit",
    "Came from far away",
)


@dataclass(frozen=True)
class Over:
    """A time that is taken already, and why one patient more comes then."""

    doctor: Doctor
    at: datetime | None
    reason: str


def over(asked: Wanted, form: str, hospital: Hospital, *, missing: str) -> Over | None:
    """A form kept out of the way: the time to overbook once its button was pressed."""
    drawer = st.expander("Overbook a session", key=f"{form}/over", on_change="rerun")
    with drawer:
        if not drawer.open:
            return None
        left, right = st.columns([3, 2])
        with left:
            doctor = choose.doctor("Doctor", asked.doctors, form, chosen=asked.doctors[0])
        with right:
            day = choose.day("Day", form, value=asked.first_day, first=clock.today(hospital.zone))
        if doctor is None or day is None:
            return None
        taken = _taken(doctor, day, asked, hospital)
        if not taken:
            st.caption("No time of that day is taken or runs, so nothing needs to be overbooked.")
            return None
        return _fields(doctor, taken, form, hospital, missing=missing)


def _taken(doctor: Doctor, day: date, asked: Wanted, hospital: Hospital) -> dict[datetime, int]:
    """The day's times that are promised already or run by now, and how many more they take."""
    begins, ends = clock.day_bounds(day, hospital.zone)
    with reading() as db:
        me = sitting(db)
        sessions = sessions_of(db, [doctor.id], on_or_after=day)
        free = free_slots(db, [doctor], day, 1, asked.kind, clerk=me)[doctor.id or 0]
        away = leaves_of(db, [doctor.id], after=begins, before=ends)
        found = {}
        slots = slots_on(sessions, day, hospital.zone, asked.kind)
        for slot, following in zip_longest(slots, slots[1:]):
            held = occurrence_at(sessions, slot.starts_at, hospital.zone)
            gone = any(Slot(one.begins_at, one.ends_at).overlaps(slot) for one in away)
            if held is None or slot in free or gone:
                continue
            last = following is None or following.starts_at >= held.ends_at
            late = last and runs_late(db, doctor, held.begins_at)
            if late or slot.ends_at > clock.now():
                found[slot.starts_at] = overbookings_left(db, doctor, held.begins_at)
    return found


def _fields(
    doctor: Doctor, taken: dict[datetime, int], form: str, hospital: Hospital, *, missing: str
) -> Over | None:
    def shown(moment: datetime) -> str:
        left = f"{taken[moment]} more" if taken[moment] else "full"
        return f"{holding.hour(moment, hospital)} · {left}"

    with st.form(f"{form}/overbook", border=False):
        at = choose.one("Time", list(taken), form, shown=shown)
        reason = choose.one("Reason", REASONS, form, more=True)
        st.caption(
            plain(missing) or "The time stays promised to who has it; this patient comes as well."
        )
        pressed = st.form_submit_button(
            "Overbook", icon=":material/group_add:", disabled=bool(missing)
        )
    return Over(doctor, at, reason or "") if pressed else None
