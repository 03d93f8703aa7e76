"""One patient's record, whole, to be handed over: within 72 hours of being asked for it."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from mediklaud import clock, text
from mediklaud.database import there
from mediklaud.models import Account, Appointment, AuditEvent, Doctor, Encounter, Patient
from mediklaud.permissions import Deed
from mediklaud.records import Record
from mediklaud.repository.audit import note_deed, note_opened, permit
from mediklaud.repository.belongings import belongings
from mediklaud.repository.break_glass import exactly
from mediklaud.repository.hospital import the_hospital


def find_to_export(db: Session, words: str, *, by: Account) -> Sequence[Patient]:
    """Patients by their whole hospital number or phone, for the CMO; that is noted."""
    permit(db, by, Deed.EXPORT_RECORD)
    found = exactly(db, words)
    for patient in found:
        note_opened(db, by, patient.id or 0, "patient looked for")
    return found


def export_record(db: Session, patient_id: int, reason: str, *, by: Account) -> Record:
    """All that is kept of a patient, with every consultation's note; the export is noted.

    It is one consistent look: who exports while a desk writes gets what stood before.
    """
    permit(db, by, Deed.EXPORT_RECORD, f"patient/{patient_id}")
    told = text.needed(reason, field="Reason", at_most=200)
    patient = there(db.get(Patient, patient_id), "patient", patient_id)
    note_deed(db, by, "record exported", f"patient/{patient_id}", reason=told)
    kept = {table: _rows(db, table, one) for table, one in belongings(patient_id).items()}
    doctors = _doctors(db, kept)
    consulted = {one.appointment_id: one for one in kept[Encounter]}
    visits = sorted(kept[Appointment], key=lambda one: (one.starts_at, one.id))
    return Record(
        hospital=the_hospital(db),
        patient=patient,
        payer=db.get(Patient, patient.payer_id) if patient.payer_id else None,
        made_at=clock.now(),
        made_by=by,
        visits=[(one, doctors[one.doctor_id], consulted.get(one.id)) for one in visits],
        doctors=doctors,
        kept=kept,
        accesses=_rows(db, AuditEvent, col(AuditEvent.subject) == f"patient/{patient_id}"),
    )


def _rows(db: Session, table: type[Any], condition: Any) -> Sequence[Any]:
    key = next(iter(SQLModel.metadata.tables[str(table.__tablename__)].primary_key))
    return db.exec(select(table).where(condition).order_by(key)).all()


def _doctors(db: Session, kept: dict[type[SQLModel], Sequence[Any]]) -> dict[int | None, Doctor]:
    named = {getattr(row, "doctor_id", None) for rows in kept.values() for row in rows}
    found = db.exec(select(Doctor).where(col(Doctor.id).in_(named)).order_by(col(Doctor.id)))
    return {doctor.id: doctor for doctor in found}
