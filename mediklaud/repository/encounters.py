"""The consulting room: a doctor's own schedule, own patients, and each consultation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import expecting, there
from mediklaud.errors import (
    AlreadyFinished,
    NotBookedAnyMore,
    NotFound,
    NotYourAppointment,
    OtherConsultationOpen,
)
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    BreakGlass,
    Doctor,
    Encounter,
    Invoice,
    Patient,
)
from mediklaud.permissions import Deed
from mediklaud.repository.appointments import STATUS_WORDS
from mediklaud.repository.arrivals import bill_at_arrival, note_arrival, refuse_other_day
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.break_glass import opening_of, own_visit
from mediklaud.repository.doctors import doctor_with, locked_doctor
from mediklaud.repository.entitlements import grant_follow_ups
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.invoices import bill_consultation
from mediklaud.repository.patients import locked_patient, named
from mediklaud.repository.queue import of_the_day_at_work
from mediklaud.repository.visits import Visit, visits_where


@dataclass(frozen=True)
class PastConsultation:
    """A finished consultation with its note."""

    encounter: Encounter
    appointment: Appointment
    doctor: Doctor


@dataclass(frozen=True)
class PatientRecord:
    """What a doctor sees of a patient: identity, past consultations, what is to come.

    `glass` is what opened it where it is not an own patient's.
    """

    patient: Patient
    past: tuple[PastConsultation, ...]
    upcoming: tuple[Visit, ...]
    glass: BreakGlass | None = None


def schedule_of(db: Session, first_day: date, count: int, *, by: Account) -> list[Visit]:
    """A doctor's own appointments over so many days, by time; cancelled ones left out."""
    permit(db, by, Deed.SEE_OWN_SCHEDULE)
    zone = the_hospital(db).zone
    return visits_where(
        db,
        Appointment.doctor_id == by.doctor_id,
        Appointment.status != AppointmentStatus.CANCELLED,
        Appointment.starts_at >= clock.day_bounds(first_day, zone)[0],
        Appointment.starts_at < clock.day_bounds(first_day + timedelta(days=count), zone)[0],
    )


def own_day(db: Session, *, by: Account) -> list[Visit]:
    """A doctor's own appointments of today, by time; cancelled ones left out.

    After midnight who of last evening's still waits, or is in the room, stands first.
    """
    permit(db, by, Deed.SEE_OWN_SCHEDULE)
    return visits_where(
        db,
        Appointment.doctor_id == by.doctor_id,
        Appointment.status != AppointmentStatus.CANCELLED,
        *of_the_day_at_work(db),
    )


def own_patients(
    db: Session, words: str = "", *, by: Account, at_most: int = 200, after: int = 0
) -> Sequence[Patient]:
    """The patients whose appointment with the doctor stands, or whom the doctor consulted, by name.

    With words, those whom they find: a piece of the name, the phone or the hospital number.
    """
    permit(db, by, Deed.SEE_OWN_SCHEDULE)
    rows = select(Patient).where(*_own_patients(db, words, by))
    return db.exec(rows.order_by(Patient.name, Patient.number).offset(after).limit(at_most)).all()


def count_own_patients(db: Session, words: str = "", *, by: Account) -> int:
    """How many patients `own_patients` finds in all."""
    permit(db, by, Deed.SEE_OWN_SCHEDULE)
    rows = select(func.count()).select_from(Patient)
    return db.exec(rows.where(*_own_patients(db, words, by))).one()


def open_record(db: Session, patient_id: int, *, by: Account) -> PatientRecord:
    """Open the record of an own patient, or one under a broken glass; either is written down.

    Refuses (NotYourPatient) everybody else's: own is whose appointment with the doctor
    stands, and whom the doctor consulted.
    """
    permit(db, by, Deed.OPEN_RECORD, f"patient/{patient_id}")
    glass = opening_of(db, patient_id, by=by)
    upcoming = visits_where(
        db,
        Appointment.patient_id == patient_id,
        Appointment.status == AppointmentStatus.BOOKED,
        Appointment.ends_at > clock.now(),
        at_most=50,
    )
    patient, past = db.get_one(Patient, patient_id), _past(db, patient_id)
    return PatientRecord(patient, past, tuple(upcoming), glass)


def begin_consultation(db: Session, appointment: Appointment, *, by: Account) -> Encounter:
    """Begin the consultation of an own appointment, on its day.

    Beginning twice is the same consultation (one_encounter_per_appointment). A doctor has
    one open at a time; two rooms of one doctor wait for each other at the doctor's row.
    """
    permit(db, by, Deed.CONSULT, appointment)
    patient = locked_patient(db, appointment.patient_id)
    kept = _own_appointment(db, appointment.id, by)
    begun = db.exec(select(Encounter).where(Encounter.appointment_id == kept.id)).first()
    if begun is not None:
        return begun
    if kept.status not in (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED):
        raise NotBookedAnyMore(status=STATUS_WORDS[kept.status], wanted="begun")
    refuse_other_day(db, kept)
    doctor = locked_doctor(db, kept.doctor_id)
    _refuse_second(db, by)
    encounter = Encounter(appointment_id=kept.id or 0, begun_at=clock.now())
    with expecting(db, one_encounter_per_appointment=AlreadyFinished()):
        db.add(encounter)
    if kept.status is AppointmentStatus.BOOKED:
        note_arrival(db, kept)
        bill_at_arrival(db, kept, patient, doctor, by=by)
    db.flush()
    note_deed(db, by, "consultation begun", f"encounter/{encounter.id}", patient=patient.id)
    return encounter


def finish_consultation(
    db: Session, encounter: Encounter, note: str, *, by: Account
) -> Invoice | None:
    """Finish a consultation with its note, and bill it; None where the visit is free.

    Note, fulfilment, charge and bill are one transaction. Two clicks meet at the patient's
    row: the second is refused (AlreadyFinished).
    """
    permit(db, by, Deed.CONSULT, encounter)
    kept_note = text.needed_note(note, field="Note")
    # Whose consultation it is says its own row, not the form it comes with.
    known = there(db.get(Encounter, encounter.id), "encounter", encounter.id)
    appointment = db.get_one(Appointment, known.appointment_id)
    patient = locked_patient(db, appointment.patient_id)
    kept = _own_appointment(db, appointment.id, by)
    begun = select(Encounter).where(Encounter.id == encounter.id)
    open_one = db.exec(begun.execution_options(populate_existing=True)).one()
    if open_one.finished_at is not None:
        raise AlreadyFinished()
    open_one.sqlmodel_update({"finished_at": clock.now(), "note": kept_note})
    kept.status = AppointmentStatus.FULFILLED
    db.add_all([open_one, kept])
    db.flush()
    note_deed(db, by, "consultation finished", f"encounter/{open_one.id}", patient=patient.id)
    doctor = doctor_with(db, kept.doctor_id)
    bill = bill_consultation(db, kept, patient, doctor, by=by)
    grant_follow_ups(db, kept, bill.total_paise if bill else 0)
    return bill


def open_consultation(db: Session, *, by: Account) -> tuple[Encounter, Appointment] | None:
    """The consultation a doctor has begun and not finished, if there is one."""
    permit(db, by, Deed.CONSULT)
    return _open_of(db, by)


def _own_patients(db: Session, words: str, by: Account) -> list[ColumnElement[bool]]:
    seen = select(Appointment.patient_id).where(own_visit(by.doctor_id))
    return [col(Patient.id).in_(seen), *named(db, words)]


def _own_appointment(db: Session, appointment_id: int | None, by: Account) -> Appointment:
    row = select(Appointment).where(Appointment.id == appointment_id).with_for_update()
    kept = db.exec(row.execution_options(populate_existing=True)).first()
    if kept is None:
        raise NotFound(what="appointment", subject=f"appointment/{appointment_id}")
    if by.doctor_id is None or kept.doctor_id != by.doctor_id:
        raise NotYourAppointment(subject=f"appointment/{appointment_id}")
    return kept


def _refuse_second(db: Session, by: Account) -> None:
    other = _open_of(db, by)
    if other is not None:
        patient = db.get_one(Patient, other[1].patient_id)
        raise OtherConsultationOpen(patient=patient.name)


def _open_of(db: Session, by: Account) -> tuple[Encounter, Appointment] | None:
    rows = (
        select(Encounter, Appointment)
        .join(Appointment, col(Appointment.id) == col(Encounter.appointment_id))
        .where(Appointment.doctor_id == by.doctor_id, col(Encounter.finished_at).is_(None))
    )
    return db.exec(rows.order_by(col(Encounter.begun_at))).first()


def _past(db: Session, patient_id: int) -> tuple[PastConsultation, ...]:
    rows = (
        select(Encounter, Appointment, Doctor)
        .join(Appointment, col(Appointment.id) == col(Encounter.appointment_id))
        .join(Doctor, col(Doctor.id) == col(Appointment.doctor_id))
        .where(Appointment.patient_id == patient_id, col(Encounter.finished_at).is_not(None))
        .order_by(col(Encounter.begun_at).desc())
        .limit(100)
    )
    return tuple(PastConsultation(*row) for row in db.exec(rows))
