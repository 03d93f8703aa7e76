"""The letters of an appointment, queued in the transaction of its deed."""

from sqlmodel import Session, col, select

from mediklaud import letters
from mediklaud.envelope import domain_of
from mediklaud.models import (
    Account,
    AccountRole,
    Appointment,
    Doctor,
    Patient,
    Role,
)
from mediklaud.money import rupees
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.outbox import queue_letter


def write_letter(
    db: Session, kind: str, appointment: Appointment, patient: Patient, doctor: Doctor
) -> None:
    """Queue the letter that an appointment was booked, moved, cancelled or restored.

    Its facts are frozen here, with the deed; words are made of them when it is sent. A
    patient without an address gets none, and the row waits for a telephone call.
    """
    hospital = the_hospital(db)
    told = letters.Booking(
        tells=kind,
        # The calendar entry of a moved appointment moves with it, so it keeps the first id.
        appointment_id=_first_of(db, appointment),
        version=1 + appointment.calendar_sequence,
        hospital_name=hospital.name,
        hospital_address=hospital.address,
        hospital_phone=hospital.phone,
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
        kind=kind,
        appointment_id=appointment.id,
        to_address=patient.email,
        to_name=patient.name,
        domain=domain_of(hospital.email),
        version=told.version,
    )


def tell_the_cmo(
    db: Session, appointment: Appointment, patient: Patient, doctor: Doctor, by: Account
) -> None:
    """Queue a letter to every CMO that an emergency was booked, with the dues it passed."""
    hospital, reason = the_hospital(db), appointment.emergency_reason
    assert reason is not None, "an_emergency_has_a_reason"
    told = letters.Emergency(
        tells="emergency",
        hospital_name=hospital.name,
        hospital_address=hospital.address,
        hospital_phone=hospital.phone,
        patient_number=patient.number,
        doctor_name=doctor.name,
        starts_at=appointment.starts_at,
        zone=hospital.zone,
        reason=reason,
        owed=rupees(appointment.dues_then_paise),
        booked_by=by.name,
    )
    chiefs = (
        select(Account)
        .join(AccountRole, col(AccountRole.account_id) == col(Account.id))
        .where(AccountRole.role == Role.CMO, col(Account.active))
    )
    for chief in db.exec(chiefs).all():
        queue_letter(
            db,
            letters.frozen(told),
            subject=f"appointment/{appointment.id}/account/{chief.id}",
            kind="emergency",
            appointment_id=None,
            to_address=chief.email,
            to_name=chief.name,
            domain=domain_of(hospital.email),
        )


def _first_of(db: Session, appointment: Appointment) -> int:
    """The first appointment of a chain of moves."""
    first = appointment
    while first.moved_from_id is not None:
        first = db.get_one(Appointment, first.moved_from_id)
    return first.id or 0
