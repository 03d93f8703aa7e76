"""A doctor's working time: weekly sessions and leave, each change with the doctor's row locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, or_, select

from mediklaud import clock, text
from mediklaud.database import expecting
from mediklaud.errors import LeaveNotPossible, NotFound, SessionNotPossible, SessionsOverlap
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    Leave,
    Patient,
    WorkingSession,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.doctors import locked_doctor
from mediklaud.repository.hospital import the_hospital
from mediklaud.timetable import Slot


@dataclass(frozen=True)
class SessionForm:
    """A weekly session as typed: minutes after midnight at the hospital, Monday is 0."""

    weekday: int
    begins_minute: int
    ends_minute: int
    slot_minutes: int
    valid_from: date
    valid_to: date | None = None


def open_session(db: Session, doctor: Doctor, typed: SessionForm, *, by: Account) -> WorkingSession:
    """Open a weekly session for a doctor.

    Sessions of one doctor never share an hour: no_overlapping_sessions_of_a_doctor.
    """
    permit(db, by, Deed.PLAN_SESSIONS)
    locked_doctor(db, doctor.id)
    length = typed.ends_minute - typed.begins_minute
    if not 5 <= typed.slot_minutes <= min(240, length):
        raise SessionNotPossible()
    if typed.valid_to is not None and typed.valid_to < typed.valid_from:
        raise SessionNotPossible(field="Last day")
    session = WorkingSession(doctor_id=doctor.id or 0, **vars(typed))
    with expecting(db, no_overlapping_sessions_of_a_doctor=SessionsOverlap(name=doctor.name)):
        db.add(session)
    note_deed(db, by, "session opened", f"doctor/{doctor.id}", session=session.id)
    return session


def close_session(db: Session, session: WorkingSession, *, last_day: date, by: Account) -> None:
    """Hold a weekly session for the last time on a day; one that never took place goes away.

    What is booked already stays booked. Closing never makes a session last longer. Refuses
    a session that another desk has taken away (NotFound).
    """
    permit(db, by, Deed.PLAN_SESSIONS)
    locked_doctor(db, session.doctor_id)
    kept = db.get(WorkingSession, session.id, populate_existing=True)
    if kept is None:
        raise NotFound(what="session")
    if last_day < kept.valid_from:
        db.delete(kept)
    else:
        kept.valid_to = min(last_day, kept.valid_to or last_day)
        db.add(kept)
    db.flush()
    note_deed(db, by, "session closed", f"doctor/{kept.doctor_id}", session=kept.id)


def sessions_of(
    db: Session, doctor_ids: Sequence[int | None], *, on_or_after: date
) -> Sequence[WorkingSession]:
    """The weekly sessions of doctors that still take place on or after a day."""
    rows = select(WorkingSession).where(
        col(WorkingSession.doctor_id).in_(doctor_ids),
        or_(col(WorkingSession.valid_to).is_(None), col(WorkingSession.valid_to) >= on_or_after),
    )
    order = (WorkingSession.weekday, WorkingSession.begins_minute)
    return db.exec(rows.order_by(*map(col, order))).all()


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
    leave stay, and `appointments_in` lists them until nobody is left.
    """
    permit(db, by, Deed.PLAN_SESSIONS)
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
    )
    db.add(leave)
    db.flush()
    note_deed(db, by, "leave granted", f"doctor/{doctor.id}", leave=leave.id)
    return leave


def withdraw_leave(db: Session, leave: Leave, *, by: Account) -> None:
    """Take leave back; its hours can be booked again at once."""
    permit(db, by, Deed.PLAN_SESSIONS)
    locked_doctor(db, leave.doctor_id)
    kept = db.get_one(Leave, leave.id)
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
    permit(db, by, Deed.PLAN_SESSIONS)
    rows = (
        select(Appointment, Patient)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(
            Appointment.doctor_id == doctor.id,
            Appointment.status == AppointmentStatus.BOOKED,
            Appointment.starts_at < ends_at,
            Appointment.starts_at > begins_at - timedelta(hours=4),
            Appointment.ends_at > begins_at,
        )
        .order_by(col(Appointment.starts_at))
    )
    return db.exec(rows.limit(200)).all()
