"""Free times for those who wait: whom a freed time suits, and what suits whom the earliest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    Leave,
    Patient,
    VisitKind,
    WaitlistEntry,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.doctors import doctor_with, fees_today
from mediklaud.repository.doctors import doctors as registered
from mediklaud.repository.free_times import FURTHEST_DAYS, FreeTime, Wishes, free_slots
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.waitlist import URGENT_THEN_OLDEST, Wait, weekdays_of, with_people
from mediklaud.timetable import Slot, days

FITS_AT_MOST = 20
# How far back "just freed" looks; how many freed times it looks at and names, the soonest first.
FREED_HOURS = 12
_FREED_AT_MOST, _SHOWN_AT_MOST = 200, 10
# Entries read at a time until enough fit; days read at a time until something is free.
_BATCH, _STRETCH = 100, 14


@dataclass(frozen=True)
class Fit:
    """Somebody whom a freed time suits, and the earliest beginning that does."""

    wait: Wait
    time: FreeTime


@dataclass(frozen=True)
class Freed:
    """A stretch of a doctor's time that came free, and those whom it suits."""

    doctor: Doctor
    slot: Slot
    fits: list[Fit]


def who_fits(
    db: Session,
    doctor: Doctor,
    slot: Slot,
    kind: VisitKind | None = None,
    *,
    by: Account,
) -> list[Fit]:
    """Those whom a doctor's freed stretch of one day suits: urgent first, then oldest, at most 20.

    Somebody fits where a visit of the wanted kind can begin so that it uses the stretch, and
    all of it is free now: sessions, leave, holidays, appointments and other clerks' holds
    are asked, with the free time around the stretch. The patient is nowhere else then.
    """
    permit(db, by, Deed.KEEP_WAITLIST, doctor)
    known(db, Doctor, doctor.id)
    zone = the_hospital(db).zone
    times: dict[VisitKind, list[FreeTime]] = {}
    found: list[tuple[WaitlistEntry, Patient, FreeTime]] = []
    for batch in _suited(db, doctor, clock.day_of(slot.starts_at, zone), kind):
        for wanted in {entry.kind for entry, _ in batch} - set(times):
            times[wanted] = _using(db, doctor, slot, wanted, by)
        busy = _promised_to(db, [patient.id for _, patient in batch])
        for entry, patient in batch:
            time = _earliest(entry, times[entry.kind], busy.get(patient.id or 0, []), zone)
            if time is not None:
                found.append((entry, patient, time))
        if len(found) >= FITS_AT_MOST:
            break
    best = found[:FITS_AT_MOST]
    waits = with_people(db, [(entry, patient) for entry, patient, _ in best])
    return [Fit(wait, time) for wait, (_, _, time) in zip(waits, best, strict=True)]


def just_freed(db: Session, *, by: Account) -> list[Freed]:
    """The times freed in the last hours that are still free and suit somebody, soonest first.

    They come of appointments cancelled or moved and of leave withdrawn.
    """
    permit(db, by, Deed.KEEP_WAITLIST)
    found = []
    for doctor_id, slot in _freed(db, clock.now() - timedelta(hours=FREED_HOURS)):
        doctor = doctor_with(db, doctor_id)
        fits = who_fits(db, doctor, slot, by=by)
        if fits:
            found.append(Freed(doctor, slot, fits))
        if len(found) == _SHOWN_AT_MOST:
            break
    return found


def openings_for(
    db: Session, entries: Sequence[WaitlistEntry], *, by: Account
) -> dict[int, FreeTime]:
    """The earliest free time that fits each entry, by its id; entries without one are left out.

    One look at the free times serves all entries, a fortnight at a time, no further than
    their last days.
    """
    permit(db, by, Deed.KEEP_WAITLIST)
    zone = the_hospital(db).zone
    whom = _doctors_of(db, entries)
    busy = _promised_to(db, [entry.patient_id for entry in entries])
    found: dict[int, FreeTime] = {}
    for first in days(clock.today(zone), FURTHEST_DAYS + 1)[::_STRETCH]:
        left = [one for one in entries if one.id not in found and one.last_day >= first]
        if not left:
            break
        begun = [one for one in left if one.first_day < first + timedelta(days=_STRETCH)]
        for kind in {entry.kind for entry in begun}:
            asking = [entry for entry in begun if entry.kind == kind]
            wanted = {doctor.id: doctor for entry in asking for doctor in whom[entry.id or 0]}
            free = free_slots(db, list(wanted.values()), first, _STRETCH, kind, clerk=by)
            times = _in_order(free)
            for entry in asking:
                own = {doctor.id for doctor in whom[entry.id or 0]}
                with_own = (time for time in times if time.doctor_id in own)
                time = _earliest(entry, with_own, busy.get(entry.patient_id, []), zone)
                if time is not None:
                    found[entry.id or 0] = time
    return found


def _in_order(free: Mapping[int, Sequence[Slot]]) -> list[FreeTime]:
    """The free times of several doctors together, the earliest first."""
    return sorted(
        FreeTime(slot.starts_at, slot.ends_at, doctor_id)
        for doctor_id, slots in free.items()
        for slot in slots
    )


def _earliest(
    entry: WaitlistEntry, times: Iterable[FreeTime], busy: Sequence[Slot], zone: str
) -> FreeTime | None:
    """The first of these times that suits an entry while its patient is nowhere else."""
    wishes = Wishes(weekdays_of(entry), entry.begins_minute, entry.ends_minute)
    for time in times:
        slot = Slot(time.starts_at, time.ends_at)
        if (
            entry.first_day <= clock.day_of(slot.starts_at, zone) <= entry.last_day
            and wishes.fit(slot, zone)
            and not any(slot.overlaps(other) for other in busy)
        ):
            return time
    return None


def _suited(
    db: Session, doctor: Doctor, day: date, kind: VisitKind | None
) -> Iterator[Sequence[tuple[WaitlistEntry, Patient]]]:
    """Open entries for a doctor that a day suits, some at a time: urgent first, then oldest."""
    rows = (
        select(WaitlistEntry, Patient)
        .join(Patient, col(Patient.id) == col(WaitlistEntry.patient_id))
        .where(
            col(WaitlistEntry.closed_at).is_(None),
            or_(
                col(WaitlistEntry.doctor_id) == doctor.id,
                col(WaitlistEntry.specialty) == doctor.specialty,
            ),
            WaitlistEntry.first_day <= day,
            WaitlistEntry.last_day >= day,
            col(WaitlistEntry.weekdays).bitwise_and(1 << day.weekday()) != 0,
        )
        .order_by(*URGENT_THEN_OLDEST)
    )
    if kind is not None:
        rows = rows.where(WaitlistEntry.kind == kind)
    skipped = 0
    while batch := db.exec(rows.offset(skipped).limit(_BATCH)).all():
        yield batch
        skipped += len(batch)


def _using(db: Session, doctor: Doctor, slot: Slot, kind: VisitKind, by: Account) -> list[FreeTime]:
    """The free times of a kind that use a part of the stretch; none where it has no price."""
    if (doctor.id, kind) not in fees_today(db, [doctor.id or 0]):
        return []
    day = clock.day_of(slot.starts_at, the_hospital(db).zone)
    free = free_slots(db, [doctor], day, 1, kind, clerk=by)
    return [one for one in _in_order(free) if Slot(one.starts_at, one.ends_at).overlaps(slot)]


def _doctors_of(db: Session, entries: Sequence[WaitlistEntry]) -> dict[int, list[Doctor]]:
    """The active doctors who may end each wait and have a price for its kind."""
    offered = registered(db)
    fees = fees_today(db, [doctor.id or 0 for doctor in offered])
    return {
        entry.id or 0: [
            doctor
            for doctor in offered
            if (doctor.id == entry.doctor_id or doctor.specialty == entry.specialty)
            and (doctor.id, entry.kind) in fees
        ]
        for entry in entries
    }


def _promised_to(db: Session, patient_ids: Sequence[int | None]) -> dict[int, list[Slot]]:
    """When these patients are somewhere else from now on."""
    rows = select(Appointment.patient_id, Appointment.starts_at, Appointment.ends_at).where(
        col(Appointment.patient_id).in_(patient_ids),
        col(Appointment.status).in_(LIVE),
        Appointment.ends_at > clock.now(),
    )
    promised: dict[int, list[Slot]] = {}
    for patient_id, starts_at, ends_at in db.exec(rows):
        promised.setdefault(patient_id, []).append(Slot(starts_at, ends_at))
    return promised


def _freed(db: Session, since: datetime) -> list[tuple[int, Slot]]:
    """What was cancelled, moved or given back since a moment and is still to come, soonest first.

    Stretches of one doctor that overlap are one.
    """
    now, zone = clock.now(), the_hospital(db).zone
    cancelled = (
        select(Appointment.doctor_id, Appointment.starts_at, Appointment.ends_at)
        .where(
            Appointment.starts_at > now,
            Appointment.status == AppointmentStatus.CANCELLED,
            col(Appointment.cancelled_at) >= since,
        )
        .order_by(col(Appointment.starts_at))
        .limit(_FREED_AT_MOST)
    )
    withdrawn = select(Leave).where(col(Leave.withdrawn_at) >= since, Leave.ends_at > now)
    found = [(doctor_id, Slot(starts, ends)) for doctor_id, starts, ends in db.exec(cancelled)]
    for leave in db.exec(withdrawn):
        found += [(leave.doctor_id, slot) for slot in _by_day(leave, zone)]
    joined = _joined(sorted(found))
    return sorted(joined, key=lambda one: one[1])[:_FREED_AT_MOST]


def _by_day(leave: Leave, zone: str) -> Iterator[Slot]:
    """The days of a leave from today on, as far as appointments are given."""
    for day in days(clock.today(zone), FURTHEST_DAYS + 1):
        begins_at, ends_at = clock.day_bounds(day, zone)
        if begins_at < leave.ends_at and leave.begins_at < ends_at:
            yield Slot(max(begins_at, leave.begins_at), min(ends_at, leave.ends_at))


def _joined(stretches: Sequence[tuple[int, Slot]]) -> list[tuple[int, Slot]]:
    joined: list[tuple[int, Slot]] = []
    for doctor_id, slot in stretches:
        last = joined[-1] if joined else None
        if last and last[0] == doctor_id and last[1].overlaps(slot):
            joined[-1] = (doctor_id, Slot(last[1].starts_at, max(last[1].ends_at, slot.ends_at)))
        else:
            joined.append((doctor_id, slot))
    return joined
