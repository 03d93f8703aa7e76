"""Appointments as lists show them: with patient, doctor and the newest letter."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy import select as rows_of
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    Encounter,
    Message,
    Patient,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.outbox import letters_of
from mediklaud.waiting import working_day

VISITS_A_PAGE = 200
# How an appointment is joined to the consultation that is open in the doctor's room.
OPEN_ENCOUNTER = and_(
    col(Encounter.appointment_id) == col(Appointment.id), col(Encounter.finished_at).is_(None)
)


@dataclass(frozen=True)
class Visit:
    """An appointment with the people it concerns and the state of its newest letter."""

    appointment: Appointment
    patient: Patient
    doctor: Doctor
    letter: Message | None
    # Since when the patient is with the doctor; None before that, and when it is finished.
    begun_at: datetime | None = None
    # The appointment that took this one's place when it was moved.
    moved_to_id: int | None = None


def day_visits(
    db: Session, day: date, *, by: Account, doctor_id: int | None = None, page: int = 1
) -> list[Visit]:
    """The front desk's list of a day, by time, cancelled ones too; a page of it at a time."""
    permit(db, by, Deed.SEE_DAY, f"doctor/{doctor_id or 'every'}")
    if doctor_id is not None:
        known(db, Doctor, doctor_id)
    skipped = (page - 1) * VISITS_A_PAGE
    return visits_where(db, *_of_day(db, day, doctor_id), at_most=VISITS_A_PAGE, skipped=skipped)


def day_pages(db: Session, day: date, *, by: Account, doctor_id: int | None = None) -> int:
    """How many pages the list of a day has; an empty day has one."""
    permit(db, by, Deed.SEE_DAY, f"doctor/{doctor_id or 'every'}")
    if doctor_id is not None:
        known(db, Doctor, doctor_id)
    size = select(func.count()).select_from(Appointment).where(*_of_day(db, day, doctor_id))
    return max(1, -(-db.exec(size).one() // VISITS_A_PAGE))


def _of_day(db: Session, day: date, doctor_id: int | None) -> list[ColumnElement[bool]]:
    conditions = _between(*clock.day_bounds(day, the_hospital(db).zone))
    if doctor_id is not None:
        conditions.append(col(Appointment.doctor_id) == doctor_id)
    return conditions


def _between(begins_at: datetime, ends_at: datetime) -> list[ColumnElement[bool]]:
    return [col(Appointment.starts_at) >= begins_at, col(Appointment.starts_at) < ends_at]


def upcoming_visits(db: Session, patient_id: int, *, by: Account) -> list[Visit]:
    """A patient's booked appointments that are still to come, for the front desk."""
    permit(db, by, Deed.SEE_DAY, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    return visits_where(
        db,
        Appointment.patient_id == patient_id,
        Appointment.status == AppointmentStatus.BOOKED,
        Appointment.ends_at > clock.now(),
    )


def expected_today(db: Session, patient_id: int, *, by: Account) -> list[Visit]:
    """A patient's appointments of the day at work that nobody has marked yet, late ones too."""
    permit(db, by, Deed.SEE_DAY, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    return visits_where(
        db,
        Appointment.patient_id == patient_id,
        Appointment.status == AppointmentStatus.BOOKED,
        *_between(*working_day(clock.now(), the_hospital(db).zone)),
    )


_MOVED_TO = aliased(Appointment)


def visits_where(
    db: Session, *conditions: object, at_most: int = 500, skipped: int = 0
) -> list[Visit]:
    """Appointments with patient, doctor and newest letter, by time. For siblings, not pages."""
    rows = (
        rows_of(Appointment, Patient, Doctor, col(Encounter.begun_at), col(_MOVED_TO.id))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .join(Doctor, col(Doctor.id) == col(Appointment.doctor_id))
        .outerjoin(Encounter, OPEN_ENCOUNTER)
        .outerjoin(_MOVED_TO, col(_MOVED_TO.moved_from_id) == col(Appointment.id))
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(col(Appointment.starts_at), Doctor.name, col(Appointment.id))
        .offset(skipped)
        .limit(at_most)
    )
    found = db.execute(rows).all()
    newest = letters_of(db, [appointment.id or 0 for appointment, *_ in found])
    return [
        Visit(appointment, patient, doctor, newest.get(appointment.id or 0), *more)
        for appointment, patient, doctor, *more in found
    ]
