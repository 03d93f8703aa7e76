"""Pure: weekly sessions, minus leave and what is taken, cut into slots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mediklaud.clock import day_of, moment_at
from mediklaud.models import VisitKind, WorkingSession


@dataclass(frozen=True, order=True)
class Slot:
    """A stretch of a doctor's time that can be promised, in UTC; the end is excluded."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Slot") -> bool:
        """Whether the two share a moment; touching ends do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True)
class Occurrence:
    """A session as it takes place on one day: its bounds in UTC, the end excluded."""

    session: WorkingSession
    begins_at: datetime
    ends_at: datetime


def sessions_on(sessions: Iterable[WorkingSession], day: date) -> list[WorkingSession]:
    """The sessions that take place on a day, earliest first."""
    held = [
        session
        for session in sessions
        if session.weekday == day.weekday()
        and session.valid_from <= day
        and (session.valid_to is None or day <= session.valid_to)
    ]
    return sorted(held, key=lambda session: session.begins_minute)


def occurrence_at(
    sessions: Iterable[WorkingSession], moment: datetime, zone: str
) -> Occurrence | None:
    """The session that is held at a moment; None where none is."""
    day = day_of(moment, zone)
    for session in sessions_on(sessions, day):
        begins_at = moment_at(day, session.begins_minute, zone)
        ends_at = moment_at(day, session.ends_minute, zone)
        if begins_at <= moment < ends_at:
            return Occurrence(session, begins_at, ends_at)
    return None


def slot_at(
    sessions: Iterable[WorkingSession], starts_at: datetime, zone: str, kind: VisitKind
) -> Slot | None:
    """The slot of a kind of visit that begins at a moment, taken or not."""
    slots = slots_on(sessions, day_of(starts_at, zone), zone, kind)
    return next((slot for slot in slots if slot.starts_at == starts_at), None)


def slots_on(
    sessions: Iterable[WorkingSession], day: date, zone: str, kind: VisitKind = VisitKind.FIRST
) -> list[Slot]:
    """Every whole slot of a day for a kind of visit, taken or not; a rest too short is none."""
    return [
        slot for session in sessions_on(sessions, day) for slot in _cut(session, day, zone, kind)
    ]


def _cut(session: WorkingSession, day: date, zone: str, kind: VisitKind) -> Iterable[Slot]:
    minutes = session.minutes_of(kind)
    if minutes is None:
        return
    length = timedelta(minutes=minutes)
    last = session.ends_minute - minutes
    for minute in range(session.begins_minute, last + 1, session.slot_minutes):
        starts_at = moment_at(day, minute, zone)
        # A clock change that skips a part of the slot leaves no whole one.
        if moment_at(day, minute + minutes, zone) - starts_at >= length:
            yield Slot(starts_at, starts_at + length)


def free(slots: Iterable[Slot], taken: Sequence[Slot], *, after: datetime) -> list[Slot]:
    """The slots that start after a moment and overlap nothing that is taken."""
    return [
        slot
        for slot in slots
        if slot.starts_at > after and not any(slot.overlaps(other) for other in taken)
    ]


def days(first: date, count: int) -> list[date]:
    """So many days in a row."""
    return [first + timedelta(days=ahead) for ahead in range(count)]
