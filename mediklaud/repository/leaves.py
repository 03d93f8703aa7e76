"""A doctor's leave, granted and withdrawn with the doctor's row locked."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import known, there
from mediklaud.errors import LeaveNotPossible
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    Leave,
    Patient,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.doctors import locked_doctor
from mediklaud.repository.hospital import the_hospital
from mediklaud.timetable import Slot


def grant_leave(
    db: Session,
    doctor: Doctor,
    first_day: date,
    last_day: date,
    *,
    form: str,
    by: Account,
    reason: str = "",
    begins_minute: int = 0,
    ends_minute: int = clock.MINUTES_A_DAY,
) -> Leave:
    """Grant a doctor leave, from a minute of the first day to a minute of the last.

    No booking slips in between: both lock the doctor's row. Appointments that stand in the
    leave stay, and are listed among those to be moved until nobody is left.
    """
    permit(db, by, Deed.PLAN_SESSIONS, doctor)
    locked_doctor(db, doctor.id)
    granted = db.exec(select(Leave).where(Leave.form == form)).first()
    if granted is not None:
        return granted
    zone = the_hospital(db).zone
    begins_at = clock.moment_at(first_day, begins_minute, zone)
    ends_at = clock.moment_at(last_day, ends_minute, zone)
    if ends_at <= begins_at:
        raise LeaveNotPossible(field="Ends" if first_day == last_day else "Last day")
    leave = Leave(
        doctor_id=doctor.id or 0,
        begins_at=begins_at,
        ends_at=ends_at,
        reason=text.line(reason, field="Reason"),
        form=form,
        granted_at=clock.now(),
    )
    db.add(leave)
    db.flush()
    hours = {"begins_at": begins_at, "ends_at": ends_at, "reason": leave.reason}
    note_deed(db, by, "leave granted", f"doctor/{doctor.id}", leave=leave.id, **hours)
    return leave


def withdraw_leave(db: Session, leave: Leave, *, by: Account) -> None:
    """Take leave back; its hours can be booked again at once."""
    permit(db, by, Deed.PLAN_SESSIONS, leave)
    locked_doctor(db, leave.doctor_id)
    kept = there(db.get(Leave, leave.id), "leave", leave.id)
    if kept.withdrawn_at is None:
        kept.withdrawn_at = clock.now()
        db.add(kept)
        db.flush()
        note_deed(db, by, "leave withdrawn", f"doctor/{kept.doctor_id}", leave=kept.id)


def leaves_of(
    db: Session, doctor_ids: Sequence[int | None], *, after: datetime, before: datetime
) -> Sequence[Leave]:
    """The leave of doctors that lies, in part at least, between two moments."""
    rows = select(Leave).where(
        col(Leave.doctor_id).in_(doctor_ids),
        col(Leave.withdrawn_at).is_(None),
        Leave.ends_at > after,
        Leave.begins_at < before,
    )
    return db.exec(rows.order_by(col(Leave.begins_at))).all()


def leave_words(leave: Leave, zone: str) -> str:
    """When leave begins and ends; its hours where it is not of whole days."""
    begins, ends = clock.local(leave.begins_at, zone), clock.local(leave.ends_at, zone)
    if begins.hour or begins.minute or ends.hour or ends.minute:
        last = f"{ends:%H:%M}" if begins.date() == ends.date() else f"{ends:%d %b %Y, %H:%M}"
        return f"{begins:%d %b %Y, %H:%M} – {last}"
    last_day = clock.local(leave.ends_at - timedelta(minutes=1), zone).date()
    if begins.date() == last_day:
        return f"{last_day:%d %b %Y}"
    return f"{begins:%d %b %Y} – {last_day:%d %b %Y}"


def taken_by_leave(leaves: Sequence[Leave]) -> dict[int, list[Slot]]:
    """Leave as stretches of time, by doctor."""
    taken: dict[int, list[Slot]] = {}
    for leave in leaves:
        taken.setdefault(leave.doctor_id, []).append(Slot(leave.begins_at, leave.ends_at))
    return taken


def appointments_in(
    db: Session, doctor: Doctor, begins_at: datetime, ends_at: datetime, *, by: Account
) -> Sequence[tuple[Appointment, Patient]]:
    """The booked appointments of a doctor between two moments, the earliest first."""
    permit(db, by, Deed.PLAN_SESSIONS, doctor)
    known(db, Doctor, doctor.id)
    rows = (
        select(Appointment, Patient)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(
            Appointment.doctor_id == doctor.id,
            Appointment.status == AppointmentStatus.BOOKED,
            Appointment.starts_at < ends_at,
            Appointment.starts_at > begins_at - timedelta(days=1),
            Appointment.ends_at > begins_at,
        )
        .order_by(col(Appointment.starts_at))
    )
    return db.exec(rows.limit(200)).all()
