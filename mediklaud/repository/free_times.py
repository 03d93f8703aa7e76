"""Free times of doctors: sessions, minus leave, minus live appointments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    Doctor,
    Hold,
    VisitKind,
)
from mediklaud.repository.holidays import holidays_between
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.leaves import leaves_of, taken_by_leave
from mediklaud.repository.sessions import sessions_of
from mediklaud.timetable import Slot, days, free, slots_on

FURTHEST_DAYS = 180
# Days read at a time where the first free ones are looked for.
_STRETCH = 7


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


@dataclass(frozen=True, order=True)
class FreeTime:
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
    doctor's council registration have none.
    """
    hospital = the_hospital(db)
    ids = [doctor.id for doctor in doctors]
    furthest = clock.today(hospital.zone) + timedelta(days=FURTHEST_DAYS)
    wanted = [day for day in days(first_day, count) if day <= furthest]
    if not wanted:
        return {doctor_id: [] for doctor_id in ids if doctor_id}
    after = clock.day_bounds(wanted[0], hospital.zone)[0]
    before = clock.day_bounds(wanted[-1], hospital.zone)[1]
    sessions = sessions_of(db, ids, on_or_after=wanted[0])
    taken = taken_by_leave(leaves_of(db, ids, after=after, before=before))
    for doctor_id, slot in _promised(db, ids, after, before):
        taken.setdefault(doctor_id, []).append(slot)
    for doctor_id, slot in _held(db, ids, clerk):
        taken.setdefault(doctor_id, []).append(slot)
    closed = {holiday.day for holiday in holidays_between(db, wanted[0], wanted[-1])}
    found = {}
    for doctor in doctors:
        own = [session for session in sessions if session.doctor_id == doctor.id]
        expires_on = doctor.registration_expires_on or furthest
        open_days = [day for day in wanted if day <= expires_on and day not in closed]
        cut = (slots_on(own, day, hospital.zone, kind) for day in open_days)
        slots = [slot for of_day in cut for slot in of_day] if doctor.active else []
        found[doctor.id or 0] = free(slots, taken.get(doctor.id or 0, []), after=clock.now())
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
    zone = the_hospital(db).zone
    suit = wishes or Wishes()
    found: list[FreeTime] = []
    for ahead in range(0, FURTHEST_DAYS + 1, _STRETCH):
        slots = free_slots(
            db, doctors, first_day + timedelta(days=ahead), _STRETCH, kind, clerk=clerk
        )
        found += sorted(
            FreeTime(slot.starts_at, slot.ends_at, doctor_id)
            for doctor_id, of_doctor in slots.items()
            for slot in of_doctor
            if suit.fit(slot, zone)
        )
        if len(found) >= at_least:
            break
    return found


def held_times(db: Session, doctor_ids: Sequence[int | None], *, clerk: Account) -> list[HeldTime]:
    """What other clerks than `clerk` hold of these doctors' time now, by start."""
    rows = (
        select(Hold, Account.name)
        .join(Account, col(Account.id) == col(Hold.account_id))
        .where(
            col(Hold.doctor_id).in_(doctor_ids),
            Hold.account_id != clerk.id,
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
    found = free_slots(db, [doctor], clock.day_of(starts_at, zone), 28, kind, clerk=clerk)[
        doctor.id or 0
    ]
    later = [slot for slot in found if slot.starts_at > starts_at] or found
    if not later:
        return f"{doctor.name} has no free time within four weeks; choose another doctor."
    return f"The next free time is {clock.moment_words(later[0].starts_at, zone)}."


def _promised(
    db: Session, doctor_ids: Sequence[int | None], after: datetime, before: datetime
) -> list[tuple[int, Slot]]:
    rows = select(Appointment.doctor_id, Appointment.starts_at, Appointment.ends_at).where(
        col(Appointment.doctor_id).in_(doctor_ids),
        col(Appointment.status).in_(LIVE),
        col(Appointment.overbook_number).is_(None),
        # No visit is longer than a day, so none from before that reaches in.
        Appointment.starts_at > after - timedelta(days=1),
        Appointment.starts_at < before,
    )
    return [(doctor_id, Slot(starts, ends)) for doctor_id, starts, ends in db.exec(rows)]


def _held(
    db: Session, doctor_ids: Sequence[int | None], clerk: Account | None
) -> list[tuple[int, Slot]]:
    rows = select(Hold.doctor_id, Hold.starts_at, Hold.ends_at).where(
        col(Hold.doctor_id).in_(doctor_ids), Hold.expires_at > clock.now()
    )
    if clerk is not None:
        rows = rows.where(Hold.account_id != clerk.id)
    return [(doctor_id, Slot(starts, ends)) for doctor_id, starts, ends in db.exec(rows)]
