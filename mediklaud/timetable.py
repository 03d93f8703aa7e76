"""Pure: weekly sessions, minus leave and what is taken, cut into slots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from mediklaud.clock import moment_at
from mediklaud.models import WorkingSession


@dataclass(frozen=True, order=True)
class Slot:
    """A stretch of a doctor's time that can be promised, in UTC; the end is excluded."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Slot") -> bool:
        """Whether the two share a moment; touching ends do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


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


def slots_on(sessions: Iterable[WorkingSession], day: date, zone: str) -> list[Slot]:
    """Every whole slot of a day, taken or not. What is left of a session is no slot."""
    return [slot for session in sessions_on(sessions, day) for slot in _cut(session, day, zone)]


def _cut(session: WorkingSession, day: date, zone: str) -> Iterable[Slot]:
    length = timedelta(minutes=session.slot_minutes)
    last = session.ends_minute - session.slot_minutes
    for minute in range(session.begins_minute, last + 1, session.slot_minutes):
        starts_at = moment_at(day, minute, zone)
        # A clock change that skips a part of the slot leaves no whole one.
        if moment_at(day, minute + session.slot_minutes, zone) - starts_at >= length:
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
