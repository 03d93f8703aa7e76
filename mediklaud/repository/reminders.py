"""Reminders: queued some hours before an appointment, once, for those who asked for them."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import and_, exists
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from mediklaud import clock, letters
from mediklaud.envelope import domain_of
from mediklaud.models import (
    Appointment,
    AppointmentStatus,
    Doctor,
    Hospital,
    Message,
    MessageStatus,
    Patient,
)
from mediklaud.repository.confirmations import first_of, head
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.outbox import REMINDER, queue_letter, withdraw
from mediklaud.repository.relocations import without_their_time

_LOST = "the time can no longer be kept"
_TAKEN_BACK = and_(
    col(Message.status) == MessageStatus.WITHDRAWN,
    col(Message.attempts) == 0,
    col(Message.outcome) == _LOST,
)


def any_reminder_due(db: Session) -> bool:
    """Whether there is work on reminders; a look that never waits for a writer."""
    return bool(_due(db) or _of_lost_times(db))


def queue_reminders(db: Session) -> int:
    """Queue the reminders that are due; returns how many.

    Two mailrooms that meet queue each once (one_letter_per_event). Nobody is reminded who
    was promised the time later than that, of what is cancelled, was moved or can no longer
    be kept, or without having asked for it. A reminder that waits is taken back for the same,
    and put there again once its time can be kept after all.
    """
    _take_back(db, _of_lost_times(db))
    queued = 0
    for appointment_id in _due(db):
        with suppress(IntegrityError), db.begin_nested():
            if not _put_there_again(db, appointment_id):
                _queue(db, the_hospital(db), db.get_one(Appointment, appointment_id))
            queued += 1
    return queued


def _due(db: Session) -> list[int]:
    hospital, now = db.get(Hospital, 1), clock.now()
    if hospital is None or not hospital.reminder_hours:
        return []
    before = timedelta(hours=hospital.reminder_hours)
    reminded = exists().where(
        col(Message.appointment_id) == col(Appointment.id),
        col(Message.kind) == REMINDER,
        ~_TAKEN_BACK,
    )
    rows = (
        select(Appointment.id, Appointment.promised_at, Appointment.starts_at)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(
            Appointment.status == AppointmentStatus.BOOKED,
            Appointment.starts_at > now,
            Appointment.starts_at <= now + before,
            col(Patient.mail_for_care),
            col(Patient.mail_for_reminders),
            col(Patient.email).is_not(None),
            ~reminded,
        )
    )
    found = db.exec(rows).all()
    due = [pk for pk, promised_at, starts_at in found if pk and promised_at <= starts_at - before]
    gone = without_their_time(db, due)
    return [pk for pk in due if pk not in gone]


def _of_lost_times(db: Session) -> list[int]:
    """The appointments whose reminder waits though their time can no longer be kept."""
    waits = (Message.kind == REMINDER, Message.status == MessageStatus.QUEUED)
    waiting = [pk for pk in db.exec(select(Message.appointment_id).where(*waits)) if pk]
    return sorted(without_their_time(db, waiting))


def _take_back(db: Session, appointment_ids: list[int]) -> None:
    rows = select(Message).where(
        Message.kind == REMINDER,
        Message.status == MessageStatus.QUEUED,
        col(Message.appointment_id).in_(appointment_ids),
    )
    for letter in db.exec(rows.with_for_update(skip_locked=True)):
        withdraw(letter, why=_LOST)
    db.flush()


def _put_there_again(db: Session, appointment_id: int) -> bool:
    """Let a reminder wait again that was taken back before any server was asked."""
    rows = select(Message).where(
        Message.appointment_id == appointment_id, Message.kind == REMINDER, _TAKEN_BACK
    )
    letter = db.exec(rows.with_for_update()).first()
    if letter is None:
        return False
    letter.status, letter.outcome = MessageStatus.QUEUED, ""
    letter.next_attempt_at = clock.now()
    db.flush()
    return True


def _queue(db: Session, hospital: Hospital, appointment: Appointment) -> None:
    patient = db.get_one(Patient, appointment.patient_id)
    doctor = db.get_one(Doctor, appointment.doctor_id)
    told = letters.Booking(
        tells=REMINDER,
        appointment_id=first_of(db, appointment),
        version=1 + appointment.calendar_sequence,
        **head(hospital),
        hospital_email=hospital.email,
        patient_name=patient.name,
        doctor_name=doctor.name,
        specialty=doctor.specialty,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=hospital.zone,
    )
    queue_letter(
        db,
        letters.frozen(told),
        subject=f"appointment/{appointment.id}",
        kind=REMINDER,
        appointment_id=appointment.id,
        to_address=patient.email,
        to_name=patient.name,
        domain=domain_of(hospital.email),
        language=patient.language,
    )
