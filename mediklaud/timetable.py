"""Pure: weekly sessions, minus leave and what is taken, cut into slots."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from mediklaud.clock import day_bounds, day_of, moment_at
from mediklaud.models import VisitKind, WorkingSession

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)

# From one moment to another, the end excluded.
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, order=True)
class Slot:
    """A stretch of a doctor's time that can be promised, in UTC; the end is excluded."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Slot") -> bool:
        """Whether the two share a moment; touching ends do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


class Hours(NamedTuple):
    """A weekly session as one kind of visit sees it, which takes `visit_minutes` there."""

    doctor_id: int
    weekday: int
    begins_minute: int
    ends_minute: int
    slot_minutes: int
    visit_minutes: int
    valid_from: date
    valid_to: date | None


Weekly = TypeVar("Weekly", WorkingSession, Hours)


@dataclass(frozen=True)
class Occurrence(Generic[Weekly]):
    """A session as it takes place on one day: its bounds in UTC, the end excluded."""

    session: Weekly
    begins_at: datetime
    ends_at: datetime


def hours_of(session: WorkingSession, kind: VisitKind) -> Hours | None:
    """A session as a kind of visit sees it; None where it is not seen there."""
    minutes = session.minutes_of(kind)
    if minutes is None:
        return None
    grid = (session.begins_minute, session.ends_minute, session.slot_minutes, minutes)
    return Hours(session.doctor_id, session.weekday, *grid, session.valid_from, session.valid_to)


def is_held(session: WorkingSession | Hours, day: date) -> bool:
    """Whether a weekly session takes place on a day."""
    return (
        session.weekday == day.weekday()
        and session.valid_from <= day
        and (session.valid_to is None or day <= session.valid_to)
    )


def sessions_on(sessions: Iterable[Weekly], day: date) -> list[Weekly]:
    """The sessions that take place on a day, earliest first."""
    held = [session for session in sessions if is_held(session, day)]
    return sorted(held, key=lambda session: session.begins_minute)


def occurrence_at(
    sessions: Iterable[Weekly], moment: datetime, zone: str
) -> Occurrence[Weekly] | None:
    """The session that is held at a moment; None where none is."""
    day = day_of(moment, zone)
    for session in sessions_on(sessions, day):
        begins_at = moment_at(day, session.begins_minute, zone)
        ends_at = moment_at(day, session.ends_minute, zone)
        if begins_at <= moment < ends_at:
            return Occurrence(session, begins_at, ends_at)
    return None


def slot_at(hours: Hours, starts_at: datetime, zone: str) -> Slot | None:
    """The slot of a session that begins at a moment of a day on which it is held, taken or not."""
    if starts_at not in _starts(hours, day_of(starts_at, zone), zone):
        return None
    return Slot(starts_at, starts_at + hours.visit_minutes * _MINUTE)


def slots_on(
    sessions: Iterable[WorkingSession], day: date, zone: str, kind: VisitKind = VisitKind.FIRST
) -> list[Slot]:
    """Every whole slot of a day for a kind of visit, taken or not; a rest too short is none."""
    return [
        Slot(starts_at, starts_at + hours.visit_minutes * _MINUTE)
        for session in sessions_on(sessions, day)
        if (hours := hours_of(session, kind))
        for starts_at in _starts(hours, day, zone)
    ]


def gaps(taken: Iterable[Stretch], begins_at: datetime, ends_at: datetime) -> list[Stretch]:
    """What nothing takes between two moments, in order."""
    left = []
    for taken_from, taken_until in sorted(taken):
        if taken_from >= ends_at:
            break
        if taken_from > begins_at:
            left.append((begins_at, taken_from))
        begins_at = max(begins_at, taken_until)
    return [*left, (begins_at, ends_at)] if begins_at < ends_at else left


def free_starts(hours: Hours, day: date, zone: str, left: Sequence[Stretch]) -> list[datetime]:
    """When visits can begin in a session held on a day, so that each lies in one of the gaps.

    The gaps stand in order, as `gaps` leaves them. A session without one costs two bisections.
    """
    begins_at, ends_at = _bounds(hours, day, zone)
    first = bisect_right(left, begins_at, key=itemgetter(1))
    if first == len(left) or left[first][0] >= ends_at:
        return []
    own = left[first : bisect_left(left, ends_at, lo=first, key=itemgetter(0))]
    starts = _starts(hours, day, zone)
    length = hours.visit_minutes * _MINUTE
    return [
        starts_at
        for begins_at, until in own
        for starts_at in starts[
            bisect_left(starts, begins_at) : bisect_right(starts, until - length)
        ]
    ]


def _starts(hours: Hours, day: date, zone: str) -> list[datetime]:
    last = hours.ends_minute - hours.visit_minutes
    minutes = range(hours.begins_minute, last + 1, hours.slot_minutes)
    midnight = _steady_midnight(day, zone)
    if midnight is not None:
        return [midnight + minute * _MINUTE for minute in minutes]
    # A clock change that skips a part of a visit leaves no whole one.
    length = hours.visit_minutes * _MINUTE
    ends = (moment_at(day, minute + hours.visit_minutes, zone) for minute in minutes)
    starts = (moment_at(day, minute, zone) for minute in minutes)
    return [start for start, end in zip(starts, ends, strict=True) if end - start >= length]


def _bounds(hours: Hours, day: date, zone: str) -> Stretch:
    midnight = _steady_midnight(day, zone)
    begins, ends = hours.begins_minute, hours.ends_minute
    if midnight is not None:
        return midnight + begins * _MINUTE, midnight + ends * _MINUTE
    return moment_at(day, begins, zone), moment_at(day, ends, zone)


@lru_cache(maxsize=1000)
def _steady_midnight(day: date, zone: str) -> datetime | None:
    """The midnight from which minutes can be counted; None where a clock changes that day."""
    midnight, next_midnight = day_bounds(day, zone)
    return midnight if next_midnight - midnight == _DAY else None


def days(first: date, count: int) -> list[date]:
    """So many days in a row."""
    return [first + timedelta(days=ahead) for ahead in range(count)]
