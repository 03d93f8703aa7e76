"""Free times of doctors: sessions, minus leave, holidays, and what is promised or held.

They are asked for while a caller waits: statements are built once, and rows stay rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Select, String, bindparam, cast, func, literal_column, or_, union_all
from sqlalchemy import select as rows_of
from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.hot import Hot, among
from mediklaud.models import (
    TAKES_TIME_SQL,
    Account,
    Appointment,
    Doctor,
    Hold,
    Holiday,
    Leave,
    Tariff,
    VisitKind,
    WorkingSession,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital
from mediklaud.timetable import Hours, Slot, Stretch, days, free_starts, gaps, is_held

FURTHEST_DAYS = 180
# Appointments are read for one day first, where most callers find a time, then for more.
_MOST_DAYS_AT_ONCE = 8


@dataclass(frozen=True)
class Wishes:
    """Which times suit the caller: weekdays (Monday is 0) and hours, in minutes after midnight."""

    weekdays: frozenset[int] = frozenset(range(7))
    begins_minute: int = 0
    ends_minute: int = clock.MINUTES_A_DAY

    def fit(self, slot: Slot, zone: str) -> bool:
        """Whether a slot begins on a day and at an hour that suit."""
        at = clock.local(slot.starts_at, zone)
        minute = 60 * at.hour + at.minute
        return at.weekday() in self.weekdays and self.begins_minute <= minute < self.ends_minute

    def touch(self, hours: Hours) -> bool:
        """Whether a session has hours that suit."""
        shared = hours.begins_minute < self.ends_minute and self.begins_minute < hours.ends_minute
        return shared and hours.weekday in self.weekdays

    def hold(self, hours: Hours) -> bool:
        """Whether all of a session's hours suit."""
        return self.begins_minute <= hours.begins_minute and hours.ends_minute <= self.ends_minute


class FreeTime(NamedTuple):
    """A slot that can be promised, and whose it is; in UTC, the end excluded."""

    starts_at: datetime
    ends_at: datetime
    doctor_id: int


@dataclass(frozen=True)
class HeldTime:
    """A time that another clerk holds while a caller decides."""

    slot: Slot
    doctor_id: int
    clerk: str
    expires_at: datetime


def free_slots(
    db: Session,
    doctors: Sequence[Doctor],
    first_day: date,
    count: int,
    kind: VisitKind = VisitKind.FIRST,
    *,
    clerk: Account | None = None,
) -> dict[int, list[Slot]]:
    """The free times of doctors over so many days from the first, by doctor's id.

    Free times are sessions, minus leave, minus holidays, minus live appointments, minus what
    other clerks than `clerk` hold, after this moment. Days past the booking horizon or the
    doctor's council registration have none, nor have days before there is a price.
    """
    found: dict[int, list[Slot]] = {doctor.id or 0: [] for doctor in doctors}
    for of_day in _free_by_day(db, doctors, days(first_day, count), kind, Wishes(), clerk):
        for one in of_day:
            found[one.doctor_id].append(Slot(one.starts_at, one.ends_at))
    return found


def first_free(
    db: Session,
    doctors: Sequence[Doctor],
    kind: VisitKind,
    *,
    first_day: date,
    wishes: Wishes | None = None,
    at_least: int = 1,
    clerk: Account | None = None,
) -> list[FreeTime]:
    """The earliest free times of these doctors together that suit the caller, in order.

    Whole days, until there are `at_least` or the booking horizon is reached.
    """
    ahead = days(first_day, FURTHEST_DAYS + 1)
    found: list[FreeTime] = []
    for of_day in _free_by_day(db, doctors, ahead, kind, wishes or Wishes(), clerk):
        found += of_day
        if len(found) >= at_least:
            break
    return found


def held_times(db: Session, doctor_ids: Sequence[int | None], *, by: Account) -> list[HeldTime]:
    """What other clerks hold of these doctors' time now, by start."""
    permit(db, by, Deed.BOOK)
    rows = (
        select(Hold, Account.name)
        .join(Account, col(Account.id) == col(Hold.account_id))
        .where(
            col(Hold.doctor_id).in_(doctor_ids),
            Hold.account_id != by.id,
            Hold.expires_at > clock.now(),
        )
        .order_by(col(Hold.starts_at))
    )
    return [
        HeldTime(Slot(hold.starts_at, hold.ends_at), hold.doctor_id, name, hold.expires_at)
        for hold, name in db.exec(rows)
    ]


def next_free(
    db: Session,
    doctor: Doctor,
    starts_at: datetime,
    kind: VisitKind = VisitKind.FIRST,
    *,
    clerk: Account | None = None,
) -> str:
    """A doctor's next free time after one that was taken, as the refusal says it."""
    zone = the_hospital(db).zone
    four_weeks = days(clock.day_of(starts_at, zone), 28)
    found = chain.from_iterable(_free_by_day(db, [doctor], four_weeks, kind, Wishes(), clerk))
    earlier = []
    for begins_at, _, _ in found:
        if begins_at > starts_at:
            return f"The next free time is {clock.moment_words(begins_at, zone)}."
        earlier.append(begins_at)
    if not earlier:
        return f"{doctor.name} has no free time within four weeks; choose another doctor."
    return f"The next free time is {clock.moment_words(earlier[0], zone)}."


def _free_by_day(
    db: Session,
    doctors: Sequence[Doctor],
    wanted: Sequence[date],
    kind: VisitKind,
    wishes: Wishes,
    clerk: Account | None,
) -> Iterator[list[FreeTime]]:
    """The free times of each open day, in order; no more is read than whoever asks goes on to."""
    zone = the_hospital(db).zone
    now = clock.now()
    today = clock.day_of(now, zone)
    weekly = _hours(db, doctors, kind, wishes, today)
    doctor_ids = sorted({one.doctor_id for of_weekday in weekly.values() for one in of_weekday})
    taken = _away(db, doctor_ids, now, clerk)
    read_to = None
    for some in _growing(_open_days(db, wanted, weekly, now, zone)):
        since = read_to or clock.day_bounds(some[0], zone)[0]
        read_to = clock.day_bounds(some[-1], zone)[1]
        for doctor_id, stretches in _promised(db, doctor_ids, since, read_to):
            taken[doctor_id] += stretches
        # What begins at this very moment is past.
        left = {one: gaps(taken[one], now + datetime.resolution, read_to) for one in doctor_ids}
        for day in some:
            held = [one for one in weekly[day.weekday()] if is_held(one, day)]
            yield sorted(chain.from_iterable(_cut(one, day, zone, left, wishes) for one in held))


def _cut(
    hours: Hours, day: date, zone: str, left: dict[int, list[Stretch]], wishes: Wishes
) -> list[FreeTime]:
    starts = free_starts(hours, day, zone, left[hours.doctor_id])
    if not starts:
        return []
    length = timedelta(minutes=hours.visit_minutes)
    times = [FreeTime(at, at + length, hours.doctor_id) for at in starts]
    if wishes.hold(hours):
        return times
    return [one for one in times if wishes.fit(Slot(one.starts_at, one.ends_at), zone)]


def _growing(open_days: list[date]) -> Iterator[list[date]]:
    size = 1
    while open_days:
        yield open_days[:size]
        open_days = open_days[size:]
        size = min(2 * size, _MOST_DAYS_AT_ONCE)


def _open_days(
    db: Session, wanted: Sequence[date], weekly: dict[int, list[Hours]], now: datetime, zone: str
) -> list[date]:
    """Those of the days that can be booked, are no holiday, and have a session's weekday.

    Today is none of them once its sessions are over.
    """
    today = clock.day_of(now, zone)
    furthest = today + timedelta(days=FURTHEST_DAYS)
    closed = {day for (day,) in _HOLIDAYS.rows(db, {"first_day": today, "last_day": furthest})}
    latest = max((one.ends_minute for one in weekly[today.weekday()]), default=0)
    first_day = today if clock.moment_at(today, latest, zone) > now else today + timedelta(days=1)
    return [
        day
        for day in wanted
        if first_day <= day <= furthest and day not in closed and weekly[day.weekday()]
    ]


def _of_doctors(column: Any) -> among:
    return among(column, "doctors")


_HOLIDAYS = Hot(
    rows_of(col(Holiday.day)).where(
        col(Holiday.day).between(bindparam("first_day"), bindparam("last_day"))
    )
)
_PRICED = Hot(
    rows_of(col(Tariff.doctor_id), func.min(col(Tariff.effective_from)))
    .where(_of_doctors(Tariff.doctor_id), col(Tariff.kind) == bindparam("kind"))
    .group_by(col(Tariff.doctor_id))
)


def hours_for(kind: VisitKind) -> Select[Any]:
    """The weekly sessions as a kind of visit sees them: rows that make timetable.Hours.

    `visit_minutes` is null in those where the kind is not seen.
    """
    return rows_of(
        col(WorkingSession.doctor_id),
        col(WorkingSession.weekday),
        col(WorkingSession.begins_minute),
        col(WorkingSession.ends_minute),
        col(WorkingSession.slot_minutes),
        _minutes_for(kind).label("visit_minutes"),
        col(WorkingSession.valid_from),
        col(WorkingSession.valid_to),
    )


def _minutes_for(kind: VisitKind) -> Any:
    return col(getattr(WorkingSession, f"{kind.value}_minutes"))


def _sessions_for(kind: VisitKind) -> Select[Any]:
    last_day = col(WorkingSession.valid_to)
    return hours_for(kind).where(
        _of_doctors(WorkingSession.doctor_id),
        _minutes_for(kind).is_not(None),
        or_(last_day.is_(None), last_day >= bindparam("today")),
    )


_SESSIONS = {kind: Hot(_sessions_for(kind)) for kind in VisitKind}


def _hours(
    db: Session, doctors: Sequence[Doctor], kind: VisitKind, wishes: Wishes, today: date
) -> dict[int, list[Hours]]:
    """The sessions of active doctors that suit, while registered and priced, by weekday."""
    expiry = {one.id: one.registration_expires_on or date.max for one in doctors if one.active}
    ids = list(expiry)
    priced = dict(_PRICED.rows(db, {"doctors": ids, "kind": kind}))
    weekly: dict[int, list[Hours]] = {weekday: [] for weekday in range(7)}
    for row in _SESSIONS[kind].rows(db, {"doctors": ids, "today": today}):
        kept = Hours._make(row)
        first_day = max(kept.valid_from, priced.get(kept.doctor_id, date.max))
        last_day = min(kept.valid_to or date.max, expiry[kept.doctor_id])
        hours = Hours(*kept[:6], first_day, last_day)
        if wishes.touch(hours):
            weekly[hours.weekday].append(hours)
    return weekly


_AWAY = Hot(
    union_all(
        rows_of(col(Leave.doctor_id), col(Leave.begins_at), col(Leave.ends_at)).where(
            _of_doctors(Leave.doctor_id),
            col(Leave.withdrawn_at).is_(None),
            col(Leave.ends_at) > bindparam("now"),
        ),
        rows_of(col(Hold.doctor_id), col(Hold.starts_at), col(Hold.ends_at)).where(
            _of_doctors(Hold.doctor_id),
            col(Hold.expires_at) > bindparam("now"),
            col(Hold.account_id) != bindparam("own"),
        ),
    )
)


def _away(
    db: Session, doctor_ids: Sequence[int], now: datetime, clerk: Account | None
) -> dict[int, list[Stretch]]:
    """Leave to come, and what other clerks than this one hold, by doctor."""
    found: dict[int, list[Stretch]] = {doctor_id: [] for doctor_id in doctor_ids}
    own = clerk.id if clerk is not None else None
    asked = {"doctors": doctor_ids, "now": now, "own": own or 0}
    for doctor_id, begins_at, ends_at in _AWAY.rows(db, asked):
        found[doctor_id].append((begins_at, ends_at))
    return found


_COMMA: Any = literal_column("','")
# One row a doctor: thousands of moments cross from the database as two strings.
_PROMISED = Hot(
    rows_of(
        col(Appointment.doctor_id),
        func.aggregate_strings(cast(col(Appointment.starts_at), String), _COMMA),
        func.aggregate_strings(cast(col(Appointment.ends_at), String), _COMMA),
    )
    .where(
        _of_doctors(Appointment.doctor_id),
        sql(TAKES_TIME_SQL),
        # No visit is longer than a day, so of those that began earlier none reaches in.
        col(Appointment.starts_at) >= bindparam("earliest"),
        col(Appointment.starts_at) < bindparam("before"),
        col(Appointment.ends_at) > bindparam("since"),
    )
    .group_by(col(Appointment.doctor_id))
)


def _promised(
    db: Session, doctor_ids: Sequence[int], since: datetime, before: datetime
) -> Iterator[tuple[int, list[Stretch]]]:
    """The stretches that live appointments take without a gap, by doctor."""
    earliest = since - timedelta(days=1)
    asked = {"doctors": doctor_ids, "earliest": earliest, "since": since, "before": before}
    for doctor_id, starts, ends in _PROMISED.rows(db, asked):
        begun, over = starts.split(","), ends.split(",")
        # Where one visit ends as the next begins, there is neither an end nor a beginning.
        opened, closed = sorted({*begun} - {*over}), sorted({*over} - {*begun})
        # Only visits that overlap against the rule leave edges without their other half.
        whole = len(opened) == len(closed)
        edges = zip(opened, closed, strict=True) if whole else sorted(zip(begun, over, strict=True))
        yield doctor_id, [(_moment(begins), _moment(ends)) for begins, ends in edges]


# Forty doctors begin and end at the same hours.
@lru_cache(maxsize=8192)
def _moment(words: str) -> datetime:
    # As the engines write a UTC moment; only PostgreSQL names the zone.
    return datetime.fromisoformat(words).replace(tzinfo=UTC)
