"""The hospital's holidays: calendar days on which nobody is seen by appointment."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import expecting, known
from mediklaud.errors import HolidayStands, NotFound
from mediklaud.models import Account, Appointment, AppointmentStatus, Doctor, Holiday
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.hospital import the_hospital


def declare_holiday(db: Session, day: date, name: str, *, by: Account) -> Holiday:
    """Declare a day of the hospital a holiday: nobody is booked on it from now on.

    Every doctor's row is locked, so that no booking slips in. What is booked already stays,
    and stands on the list of patients to move. Refuses a day that is one (HolidayStands:
    one_holiday_a_day).
    """
    permit(db, by, Deed.PLAN_SESSIONS)
    _lock_doctors(db)
    begins_at, ends_at = clock.day_bounds(day, the_hospital(db).zone)
    wanted = text.needed(name, field="Name", at_most=60)
    holiday = Holiday(
        day=day, name=wanted, begins_at=begins_at, ends_at=ends_at, declared_at=clock.now()
    )
    with expecting(db, one_holiday_a_day=HolidayStands(day=day)):
        db.add(holiday)
    note_deed(db, by, "holiday declared", f"holiday/{holiday.id}", day=str(day), name=wanted)
    return holiday


def withdraw_holiday(db: Session, holiday: Holiday, *, by: Account) -> None:
    """Make a holiday a working day again; its times can be booked at once."""
    permit(db, by, Deed.PLAN_SESSIONS, holiday)
    _lock_doctors(db)
    kept = db.get(Holiday, holiday.id, populate_existing=True)
    if kept is None:
        raise NotFound(what="holiday", subject=f"holiday/{holiday.id}")
    db.delete(kept)
    db.flush()
    note_deed(db, by, "holiday withdrawn", f"holiday/{kept.id}", day=str(kept.day))


def holidays_between(db: Session, first_day: date, last_day: date) -> Sequence[Holiday]:
    """The holidays from one day to another, both counted, by day; open to every desk."""
    rows = select(Holiday).where(Holiday.day >= first_day, Holiday.day <= last_day)
    return db.exec(rows.order_by(col(Holiday.day))).all()


def booked_on(db: Session, holiday: Holiday, *, by: Account) -> int:
    """How many appointments are still booked on a holiday and have to be moved."""
    permit(db, by, Deed.PLAN_SESSIONS, holiday)
    known(db, Holiday, holiday.id)
    booked = select(func.count()).where(
        Appointment.status == AppointmentStatus.BOOKED,
        # No visit is longer than a day, so none from before that reaches in.
        Appointment.starts_at > holiday.begins_at - timedelta(days=1),
        Appointment.starts_at < holiday.ends_at,
        Appointment.ends_at > holiday.begins_at,
    )
    return db.exec(booked).one()


def _lock_doctors(db: Session) -> None:
    db.exec(select(Doctor.id).order_by(col(Doctor.id)).with_for_update()).all()
