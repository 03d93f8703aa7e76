"""One patient's record, whole, to be handed over: within 72 hours of being asked for it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select as rows_of
from sqlmodel import Session, SQLModel, col, or_, select

from mediklaud import clock, text
from mediklaud.database import there
from mediklaud.models import (
    PAPERS,
    Account,
    Appointment,
    AuditEvent,
    Consent,
    CreditNote,
    Doctor,
    Encounter,
    Invoice,
    InvoiceLine,
    Message,
    Patient,
    Receipt,
    Refund,
)
from mediklaud.permissions import Deed
from mediklaud.records import Record
from mediklaud.repository.audit import note_deed, note_opened, permit
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
    visits = (
        rows_of(Appointment, Doctor, Encounter)
        .join(Doctor, col(Doctor.id) == col(Appointment.doctor_id))
        .outerjoin(Encounter, col(Encounter.appointment_id) == col(Appointment.id))
        .where(col(Appointment.patient_id) == patient_id)
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    seen = [(one, doctor, encounter) for one, doctor, encounter in db.execute(visits)]
    mine = or_(Invoice.patient_id == patient_id, Invoice.payer_id == patient_id)
    bills = db.exec(select(Invoice).where(mine).order_by(col(Invoice.issued_at))).all()
    numbers = [bill.number for bill in bills]
    receipts = _rows(db, Receipt, Receipt.payer_id == patient_id)
    numbered = [*numbers, *(receipt.number for receipt in receipts)]
    return Record(
        hospital=the_hospital(db),
        patient=patient,
        made_at=clock.now(),
        made_by=by,
        consents=_rows(db, Consent, Consent.patient_id == patient_id),
        visits=seen,
        bills=[
            (bill, _rows(db, InvoiceLine, InvoiceLine.invoice_number == bill.number))
            for bill in bills
        ],
        credits=_rows(db, CreditNote, col(CreditNote.invoice_number).in_(numbers)),
        receipts=receipts,
        refunds=_rows(db, Refund, Refund.payer_id == patient_id),
        letters=_letters(db, patient, [one.id for one, _, _ in seen], numbered),
        accesses=_rows(db, AuditEvent, AuditEvent.subject == f"patient/{patient_id}"),
    )


def _rows(db: Session, table: type[Any], condition: Any) -> Sequence[Any]:
    key = next(iter(SQLModel.metadata.tables[str(table.__tablename__)].primary_key))
    return db.exec(select(table).where(condition).order_by(key)).all()


def _letters(
    db: Session, patient: Patient, visits: Sequence[int | None], numbers: Sequence[str]
) -> Sequence[Message]:
    about = or_(
        col(Message.appointment_id).in_(visits),
        col(Message.subject).in_([f"{kind}/{one}" for one in numbers for kind in PAPERS]),
        Message.subject == f"patient/{patient.id}",
    )
    return db.exec(select(Message).where(about).order_by(col(Message.id))).all()
