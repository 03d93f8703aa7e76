"""Patients whose time can no longer be kept: who they are, why, and the move.

Leave, a closed session, a holiday and a doctor who left never touch what is booked: the
appointments stay, and stand on this list until somebody has moved them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, false, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known, there
from mediklaud.errors import NotStranded
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    Encounter,
    Holiday,
    Leave,
    Priority,
    VisitKind,
    WorkingSession,
)
from mediklaud.permissions import Deed
from mediklaud.repository.appointments import move_booked
from mediklaud.repository.audit import permit
from mediklaud.repository.free_times import FURTHEST_DAYS
from mediklaud.repository.holidays import holidays_between
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.leaves import leave_words, leaves_of
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.sessions import sessions_of
from mediklaud.repository.visits import Visit, visits_where
from mediklaud.timetable import Slot, sessions_on

# So many stand on the list at once; the next come up as these are moved.
LISTED = 200
# No visit is longer, so none that began before that reaches in.
_LONGEST = timedelta(days=1)


@dataclass(frozen=True)
class Stranded:
    """An appointment that has not begun whose time can no longer be kept, and why."""

    visit: Visit
    why: str


@dataclass(frozen=True)
class Worklist:
    """The first of those whose time is gone, and how many they are in all."""

    found: list[Stranded]
    count: int


@dataclass(frozen=True)
class LeftInLeave:
    """How many patients of a leave are still to be moved, of how many it hit."""

    left: int
    hit: int


@dataclass(frozen=True)
class _Plans:
    """What appointments hang on: the doctors, their sessions and leave, and the holidays."""

    doctors: dict[int, Doctor]
    sessions: dict[int, list[WorkingSession]]
    leaves: dict[int, list[Leave]]
    holidays: Sequence[Holiday]
    zone: str

    def against(self, doctor_id: int, kind: VisitKind, time: Slot) -> str:
        """Why a doctor's time cannot be kept, in words; empty where it can be.

        What stands against a part of a stretch stands against the whole stretch.
        """
        doctor = self.doctors[doctor_id]
        for leave in self.leaves.get(doctor_id, []):
            if Slot(leave.begins_at, leave.ends_at).overlaps(time):
                return f"{doctor.name} is on leave: {leave_words(leave, self.zone)}"
        if not doctor.active:
            return f"{doctor.name} no longer sees patients here"
        last_day = doctor.registration_expires_on
        if last_day is not None and clock.day_of(time.starts_at, self.zone) > last_day:
            return f"{doctor.name}'s registration ends on {last_day:%d %b %Y}"
        for holiday in self.holidays:
            if Slot(holiday.begins_at, holiday.ends_at).overlaps(time):
                return f"The hospital is closed: {holiday.name}"
        if not _is_held(self.sessions.get(doctor_id, []), kind, time, self.zone):
            return f"{doctor.name} holds no session at that time any more"
        return ""


def stranded(
    db: Session, *, by: Account, doctor: Doctor | None = None, leave: Leave | None = None
) -> Worklist:
    """Every appointment not begun whose time, still to come or running, cannot be kept, and why.

    Whoever is expected and whoever waits already. In a leave that stands, on a holiday, outside
    the doctor's sessions, or with a doctor who left or whose registration has run out by that
    day; of one doctor or one leave alone where they are named. Emergencies stand first, then
    the earliest.
    """
    permit(db, by, Deed.RELOCATE, doctor)
    if doctor is not None:
        known(db, Doctor, doctor.id)
    causes = _causes(db, _to_come(db, doctor, leave))
    wanted = list(causes)[:LISTED]
    visits = visits_where(db, col(Appointment.id).in_(wanted), at_most=LISTED)
    found = {visit.appointment.id or 0: visit for visit in visits}
    return Worklist([Stranded(found[one], causes[one]) for one in wanted], len(causes))


def count_stranded(db: Session, *, by: Account, doctor: Doctor | None = None) -> int:
    """How many appointments can no longer be kept; of one doctor where one is named."""
    permit(db, by, Deed.RELOCATE, doctor)
    if doctor is not None:
        known(db, Doctor, doctor.id)
    return len(_causes(db, _to_come(db, doctor, None)))


def without_their_time(db: Session, appointment_ids: Collection[int]) -> set[int]:
    """Which of some appointments can no longer be kept; for siblings."""
    if not appointment_ids:
        return set()
    return set(_causes(db, (col(Appointment.id).in_(appointment_ids),)))


def left_in(db: Session, leave: Leave, *, by: Account) -> LeftInLeave:
    """How many patients of a leave are still to be moved, of how many it hit when granted.

    Nobody is booked into a leave, so whoever stood in it did so before it was granted.
    """
    permit(db, by, Deed.RELOCATE, leave)
    left = len(_causes(db, _to_come(db, None, leave)))
    granted = leave.granted_at
    if granted is None:
        return LeftInLeave(left, left)
    begun = exists().where(
        col(Encounter.appointment_id) == col(Appointment.id), col(Encounter.begun_at) <= granted
    )
    hit = select(func.count()).where(
        *_within(leave),
        Appointment.ends_at > granted,
        or_(col(Appointment.cancelled_at).is_(None), col(Appointment.cancelled_at) > granted),
        ~begun,
        # Nobody is missed before the time: who was by then, was so before the leave.
        or_(
            col(Appointment.status) != AppointmentStatus.NO_SHOW,
            col(Appointment.starts_at) > granted,
        ),
    )
    return LeftInLeave(left, max(left, db.exec(hit).one()))


def relocate(
    db: Session,
    appointment: Appointment,
    doctor: Doctor,
    starts_at: datetime,
    *,
    form: str,
    by: Account,
) -> Appointment:
    """Move a patient whose time is gone, and queue the letter; dues never block it.

    Refuses an appointment whose time stands (NotStranded). A second click is the same move.
    Two desks that want one time meet as bookings do: one is told the next free time.
    """
    permit(db, by, Deed.RELOCATE, appointment)
    patient = locked_patient(db, appointment.patient_id)
    clicked = db.exec(select(Appointment).where(Appointment.form == form)).first()
    if clicked is not None and clicked.moved_from_id == appointment.id:
        return clicked
    found = db.get(Appointment, appointment.id, populate_existing=True)
    old = there(found, "appointment", appointment.id)
    plans, time = _plans(db, [old.doctor_id]), Slot(old.starts_at, old.ends_at)
    why = plans.against(old.doctor_id, old.kind, time) if old.ends_at > clock.now() else ""
    if not why:
        raise NotStranded(patient=patient.name)
    return move_booked(db, old, doctor, starts_at, form=form, by=by, reason=f"Moved: {why}")


def turn_of(appointment: Appointment) -> tuple[bool, datetime, int]:
    """In which order the list is worked off: emergencies, then the earliest; for siblings."""
    routine = appointment.priority is not Priority.EMERGENCY
    return routine, appointment.starts_at, appointment.id or 0


def _within(leave: Leave) -> tuple[Any, ...]:
    return (
        Appointment.doctor_id == leave.doctor_id,
        Appointment.starts_at > leave.begins_at - _LONGEST,
        Appointment.starts_at < leave.ends_at,
        Appointment.ends_at > leave.begins_at,
    )


def _to_come(db: Session, doctor: Doctor | None, leave: Leave | None) -> list[ColumnElement[bool]]:
    now = clock.now()
    begun = exists().where(col(Encounter.appointment_id) == col(Appointment.id))
    conditions: list[Any] = [
        col(Appointment.status).in_((AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED)),
        Appointment.starts_at > now - _LONGEST,
        Appointment.ends_at > now,
        ~begun,
    ]
    if doctor is not None:
        conditions.append(Appointment.doctor_id == doctor.id)
    if leave is not None:
        kept = there(db.get(Leave, leave.id, populate_existing=True), "leave", leave.id)
        stands = kept.withdrawn_at is None
        conditions += _within(leave) if stands else (false(),)
    return conditions


def _causes(db: Session, to_come: Sequence[ColumnElement[bool]]) -> dict[int, str]:
    """Why the time of each is gone, by appointment; emergencies first, then the earliest.

    The database puts together what lies in one session, and only where something stands
    against that stretch are its appointments looked at one by one.
    """
    one_session = func.coalesce(Appointment.session_begins_at, Appointment.starts_at)
    stretches = db.execute(
        columns(
            col(Appointment.doctor_id),
            col(Appointment.kind),
            func.min(col(Appointment.starts_at)),
            func.max(col(Appointment.ends_at)),
        )
        .where(*to_come)
        .group_by(col(Appointment.doctor_id), col(Appointment.kind), one_session)
    ).all()
    plans = _plans(db, sorted({row[0] for row in stretches}))
    doubtful: dict[int, list[Slot]] = defaultdict(list)
    for doctor_id, kind, begins_at, ends_at in stretches:
        if plans.against(doctor_id, kind, Slot(begins_at, ends_at)):
            doubtful[doctor_id].append(Slot(begins_at, ends_at))
    found = [
        (turn_of(one), why)
        for doctor_id, slots in doubtful.items()
        for one in _between(db, doctor_id, slots, to_come)
        if (why := plans.against(doctor_id, one.kind, Slot(one.starts_at, one.ends_at)))
    ]
    return {turn[2]: why for turn, why in sorted(found)}


def _between(
    db: Session, doctor_id: int, slots: Sequence[Slot], to_come: Sequence[ColumnElement[bool]]
) -> Iterable[Any]:
    """A doctor's appointments from the first of these stretches to the last, as bare rows."""
    rows = columns(
        *map(
            col,
            (
                Appointment.id,
                Appointment.kind,
                Appointment.priority,
                Appointment.starts_at,
                Appointment.ends_at,
            ),
        )
    ).where(
        *to_come,
        col(Appointment.doctor_id) == doctor_id,
        col(Appointment.starts_at) >= min(slot.starts_at for slot in slots),
        col(Appointment.starts_at) < max(slot.ends_at for slot in slots),
    )
    return db.execute(rows)


def _plans(db: Session, doctor_ids: Sequence[int]) -> _Plans:
    """What stands of these doctors from now to the booking horizon."""
    zone, now = the_hospital(db).zone, clock.now()
    today, horizon = clock.today(zone), timedelta(days=FURTHEST_DAYS + 2)
    sessions, leaves = defaultdict(list), defaultdict(list)
    for session in sessions_of(db, doctor_ids, on_or_after=today):
        sessions[session.doctor_id].append(session)
    for leave in leaves_of(db, doctor_ids, after=now, before=now + horizon):
        leaves[leave.doctor_id].append(leave)
    theirs = select(Doctor).where(col(Doctor.id).in_(doctor_ids))
    by_id = {doctor.id or 0: doctor for doctor in db.exec(theirs)}
    return _Plans(by_id, sessions, leaves, holidays_between(db, today, today + horizon), zone)


def _is_held(sessions: Sequence[WorkingSession], kind: VisitKind, time: Slot, zone: str) -> bool:
    """Whether sessions in which the kind is seen cover a stretch without a gap."""
    day, reached = clock.day_of(time.starts_at, zone), time.starts_at
    for session in sessions_on(sessions, day):
        seen = session.minutes_of(kind) is not None
        if seen and clock.moment_at(day, session.begins_minute, zone) <= reached:
            reached = max(reached, clock.moment_at(day, session.ends_minute, zone))
    return reached >= time.ends_at
