"""Who waits for a doctor, in their turn, and the waiting room's board of tokens."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known
from mediklaud.errors import NotYourQueue
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    Encounter,
    Priority,
    Role,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit, roles_of
from mediklaud.repository.doctors import doctors
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.leaves import leaves_of, taken_by_leave
from mediklaud.repository.sessions import sessions_of
from mediklaud.repository.visits import OPEN_ENCOUNTER, Visit, visits_where
from mediklaud.timetable import Slot, sessions_on
from mediklaud.waiting import Place, working_day

# Who is here, and whether the doctor has begun with them.
_Here = list[tuple[Appointment, bool]]
# More than a waiting room holds.
_MOST = 1000


@dataclass(frozen=True)
class BoardLine:
    """What the waiting room may read of a doctor's queue: tokens, and nothing of a patient."""

    doctor_id: int
    doctor_name: str
    specialty: str
    # Which of the day's sessions, where the doctor has patients of more than one here.
    session_begins_at: datetime | None
    now: int | None
    waiting: tuple[int, ...]


def queue_of(db: Session, doctor_id: int | None = None, *, by: Account) -> list[Visit]:
    """Who waits today for a doctor, or for any where none is named: first the next to come in.

    The front desk sees every queue, a doctor the own one only (NotYourQueue). Who is with the
    doctor waits no more.
    """
    held = roles_of(db, by)
    if Role.DOCTOR in held and Role.FRONT_DESK not in held:
        permit(db, by, Deed.SEE_OWN_SCHEDULE, f"doctor/{doctor_id or 'every'}")
        if doctor_id is None or doctor_id != by.doctor_id:
            raise NotYourQueue(subject=f"doctor/{doctor_id or 'every'}")
    else:
        permit(db, by, Deed.SEE_DAY, f"doctor/{doctor_id or 'every'}")
    here = _here_today(db)
    if doctor_id is not None:
        known(db, Doctor, doctor_id)
        here.append(col(Appointment.doctor_id) == doctor_id)
    visits = visits_where(db, *here, col(Encounter.id).is_(None), at_most=_MOST)
    return sorted(visits, key=lambda visit: place_of(visit.appointment).turn)


def place_of(appointment: Appointment) -> Place:
    """What decides the turn of somebody who has arrived."""
    promised_at = appointment.starts_at
    return Place(
        emergency=appointment.priority is Priority.EMERGENCY,
        promised_at=promised_at,
        # Who arrived before tokens were given comes in as promised.
        arrived_at=appointment.arrived_at or promised_at,
        token=appointment.token or 0,
    )


def board(db: Session, *, by: Account) -> list[BoardLine]:
    """Every doctor who has a session today, or somebody waiting, with the tokens in their turn.

    Nothing of a patient leaves here but the token. Each session counts its tokens from 1, so
    a doctor with patients of two sessions has a line for each.
    """
    permit(db, by, Deed.SEE_BOARD)
    rows = select(Appointment, Encounter.id).outerjoin(Encounter, OPEN_ENCOUNTER)
    here: dict[int, dict[datetime, _Here]] = {}
    for appointment, encounter_id in db.exec(rows.where(*_here_today(db))):
        begins_at = appointment.session_begins_at or appointment.starts_at
        sessions = here.setdefault(appointment.doctor_id, {})
        sessions.setdefault(begins_at, []).append((appointment, encounter_id is not None))
    working = _working_today(db)
    return [
        line
        for doctor in doctors(db, inactive_too=True)
        if doctor.id in working or doctor.id in here
        for line in _lines(doctor, here.get(doctor.id or 0, {}))
    ]


def _lines(doctor: Doctor, sessions: dict[datetime, _Here]) -> list[BoardLine]:
    if len(sessions) < 2:
        return [_line(doctor, None, one) for one in sessions.values() or [[]]]
    return [_line(doctor, begins_at, sessions[begins_at]) for begins_at in sorted(sessions)]


def _line(doctor: Doctor, begins_at: datetime | None, here: _Here) -> BoardLine:
    inside = [appointment.token for appointment, begun in here if begun]
    waiting = sorted((place_of(one) for one, begun in here if not begun), key=lambda one: one.turn)
    return BoardLine(
        doctor_id=doctor.id or 0,
        doctor_name=doctor.name,
        specialty=doctor.specialty,
        session_begins_at=begins_at,
        now=inside[0] if inside else None,
        waiting=tuple(place.token for place in waiting if place.token),
    )


def of_the_day_at_work(db: Session) -> list[ColumnElement[bool]]:
    """Today's appointments, and of last evening's who is still here; for siblings."""
    zone = the_hospital(db).zone
    begins_at, ends_at = working_day(clock.now(), zone)
    today_begins_at, _ = clock.day_bounds(clock.today(zone), zone)
    return [
        col(Appointment.starts_at) >= begins_at,
        col(Appointment.starts_at) < ends_at,
        or_(
            col(Appointment.starts_at) >= today_begins_at,
            col(Appointment.status) == AppointmentStatus.ARRIVED,
        ),
    ]


def _here_today(db: Session) -> list[ColumnElement[bool]]:
    begins_at, ends_at = working_day(clock.now(), the_hospital(db).zone)
    return [
        col(Appointment.status) == AppointmentStatus.ARRIVED,
        col(Appointment.starts_at) >= begins_at,
        col(Appointment.starts_at) < ends_at,
    ]


def _working_today(db: Session) -> set[int]:
    """The doctors with a session today that does not lie wholly within a leave."""
    zone = the_hospital(db).zone
    day = clock.today(zone)
    begins_at, ends_at = clock.day_bounds(day, zone)
    ids = [doctor.id for doctor in doctors(db)]
    away = taken_by_leave(leaves_of(db, ids, after=begins_at, before=ends_at))
    held = [
        (
            session.doctor_id,
            Slot(
                clock.moment_at(day, session.begins_minute, zone),
                clock.moment_at(day, session.ends_minute, zone),
            ),
        )
        for session in sessions_on(sessions_of(db, ids, on_or_after=day), day)
    ]
    return {
        doctor_id
        for doctor_id, slot in held
        if not any(
            one.starts_at <= slot.starts_at and slot.ends_at <= one.ends_at
            for one in away.get(doctor_id, [])
        )
    }
