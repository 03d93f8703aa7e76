"""Reminders: queued some hours before an appointment, once, for those who asked for them."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import exists
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from mediklaud import clock, letters
from mediklaud.envelope import domain_of
from mediklaud.models import Appointment, AppointmentStatus, Doctor, Hospital, Message, Patient
from mediklaud.repository.confirmations import first_of, head
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.outbox import REMINDER, queue_letter


def any_reminder_due(db: Session) -> bool:
    """Whether somebody is to be reminded; a look that never waits for a writer."""
    return bool(_due(db))


def queue_reminders(db: Session) -> int:
    """Queue the reminders that are due; returns how many.

    Two mailrooms that meet queue each once (one_letter_per_event). Nobody is reminded who
    was promised the time later than that, of what is cancelled or was moved, or without
    having asked for it.
    """
    queued = 0
    for appointment_id in _due(db):
        with suppress(IntegrityError), db.begin_nested():
            _queue(db, the_hospital(db), db.get_one(Appointment, appointment_id))
            queued += 1
    return queued


def _due(db: Session) -> list[int]:
    hospital, now = db.get(Hospital, 1), clock.now()
    if hospital is None or not hospital.reminder_hours:
        return []
    before = timedelta(hours=hospital.reminder_hours)
    reminded = exists().where(
        col(Message.appointment_id) == col(Appointment.id), col(Message.kind) == REMINDER
    )
    rows = (
        select(Appointment.id, Appointment.promised_at, Appointment.starts_at)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(
            Appointment.status == AppointmentStatus.BOOKED,
            Appointment.starts_at > now,
            Appointment.starts_at <= now + before,
            col(Patient.mail_for_reminders),
            col(Patient.email).is_not(None),
            ~reminded,
        )
    )
    found = db.exec(rows).all()
    return [pk for pk, promised_at, starts_at in found if pk and promised_at <= starts_at - before]


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
