"""What each role finds on its home page: a few numbers, counted by an index each."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import total
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    Invoice,
    Patient,
    Payment,
    Priority,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.outbox import OutboxState, outbox_state
from mediklaud.repository.owing import owed_in_all
from mediklaud.repository.queue import of_the_day_at_work
from mediklaud.repository.visits import Visit, visits_where


@dataclass(frozen=True)
class DayNumbers:
    """How a day's appointments stand."""

    booked: int
    arrived: int
    fulfilled: int
    cancelled: int
    missed: int


@dataclass(frozen=True)
class TillNumbers:
    """What finance looks at first. Sums in paise."""

    received_today_paise: int
    billed_today_paise: int
    owed_paise: int
    patients_owing: int


@dataclass(frozen=True)
class AccountNumbers:
    """What the administrator looks at first."""

    active: int
    disabled: int


@dataclass(frozen=True)
class StaffNumbers:
    """What the CMO looks at first."""

    doctors: int
    expiring: tuple[Doctor, ...]
    patients: int


def day_numbers(db: Session, *, by: Account) -> DayNumbers:
    """The hospital's appointments of today by state, for the front desk."""
    permit(db, by, Deed.SEE_DAY)
    begins_at, ends_at = clock.day_bounds(_today(db), the_hospital(db).zone)
    starts_at = col(Appointment.starts_at)
    return _numbers(db, starts_at >= begins_at, starts_at < ends_at)


def own_day_numbers(db: Session, *, by: Account) -> DayNumbers:
    """A doctor's own appointments of today by state, as `own_day` lists them."""
    permit(db, by, Deed.SEE_OWN_SCHEDULE)
    return _numbers(db, col(Appointment.doctor_id) == by.doctor_id, *of_the_day_at_work(db))


def till_numbers(db: Session, *, by: Account) -> TillNumbers:
    """Today's till and everything outstanding."""
    permit(db, by, Deed.SEE_DUES)
    begins_at, ends_at = clock.day_bounds(_today(db), the_hospital(db).zone)
    received = select(total(Payment.amount_paise)).where(
        Payment.received_at >= begins_at, Payment.received_at < ends_at
    )
    billed = select(total(Invoice.total_paise)).where(Invoice.issued_on == _today(db))
    owed = owed_in_all(db)
    return TillNumbers(
        received_today_paise=db.exec(received).one(),
        billed_today_paise=db.exec(billed).one(),
        owed_paise=owed.owed_paise,
        patients_owing=owed.patients,
    )


def staff_numbers(db: Session, *, by: Account) -> StaffNumbers:
    """The doctors, and those whose council registration runs out within 60 days."""
    permit(db, by, Deed.REGISTER_DOCTOR)
    soon = _today(db) + timedelta(days=60)
    active = select(func.count()).select_from(Doctor).where(col(Doctor.active))
    expiring = select(Doctor).where(col(Doctor.active), col(Doctor.registration_expires_on) <= soon)
    patients = select(func.count()).select_from(Patient)
    return StaffNumbers(
        doctors=db.exec(active).one(),
        expiring=tuple(db.exec(expiring.order_by(col(Doctor.registration_expires_on)))),
        patients=db.exec(patients).one(),
    )


def account_numbers(db: Session, *, by: Account) -> AccountNumbers:
    """How many accounts may sign in, and how many may not any more."""
    permit(db, by, Deed.KEEP_ACCOUNTS)
    count = dict(db.exec(select(Account.active, func.count()).group_by(col(Account.active))).all())
    return AccountNumbers(active=count.get(True, 0), disabled=count.get(False, 0))


def letter_numbers(db: Session, *, by: Account) -> OutboxState:
    """How the hospital's letters stand, for those who see that they arrive."""
    permit(db, by, Deed.SEE_LETTERS)
    return outbox_state(db)


def emergencies(db: Session, since: datetime, *, by: Account) -> list[Visit]:
    """Emergency bookings made since a moment, with the dues they passed; for the CMO."""
    permit(db, by, Deed.REVIEW_EMERGENCIES)
    return visits_where(
        db,
        Appointment.priority == Priority.EMERGENCY,
        col(Appointment.moved_from_id).is_(None),
        Appointment.booked_at >= since,
        at_most=100,
    )


def _numbers(db: Session, *conditions: ColumnElement[bool]) -> DayNumbers:
    rows = select(Appointment.status, func.count()).where(*conditions)
    count = dict(db.exec(rows.group_by(col(Appointment.status))).all())
    return DayNumbers(
        booked=count.get(AppointmentStatus.BOOKED, 0),
        arrived=count.get(AppointmentStatus.ARRIVED, 0),
        fulfilled=count.get(AppointmentStatus.FULFILLED, 0),
        cancelled=count.get(AppointmentStatus.CANCELLED, 0),
        missed=count.get(AppointmentStatus.NO_SHOW, 0),
    )


def _today(db: Session) -> date:
    return clock.today(the_hospital(db).zone)
