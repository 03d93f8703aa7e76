"""A payer's account between two days: every paper that moved it, and what stood before."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from mediklaud import clock, contact
from mediklaud.database import total
from mediklaud.models import (
    Account,
    CreditNote,
    Invoice,
    Patient,
    Payment,
    PaymentReversal,
    Receipt,
    ReceiptKind,
    Refund,
)
from mediklaud.money import rupees
from mediklaud.papers import Hospital
from mediklaud.permissions import Deed
from mediklaud.repository.allocations import REFUNDED
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import frozen_hospital, the_hospital
from mediklaud.repository.patients import patient_with
from mediklaud.repository.payments import method_name
from mediklaud.statements import Entry, Statement, StatementLine

# When each kind of entry moved the account, and by how much.
_ENTRIES: dict[Entry, tuple[Any, Any, Any]] = {
    Entry.BILLED: (Invoice.issued_on, Invoice.issued_at, Invoice.total_paise),
    Entry.CREDITED: (CreditNote.issued_on, CreditNote.issued_at, CreditNote.total_paise),
    Entry.CREDIT_CANCELLED: (
        CreditNote.cancelled_on,
        CreditNote.cancelled_at,
        CreditNote.total_paise,
    ),
    Entry.RECEIVED: (Receipt.issued_on, Receipt.issued_at, Receipt.amount_paise),
    Entry.REVERSED: (
        PaymentReversal.reversed_on,
        PaymentReversal.reversed_at,
        # What was refunded of it left the account by its voucher already.
        col(Payment.amount_paise) - REFUNDED,
    ),
    Entry.REFUNDED: (Refund.issued_on, Refund.issued_at, Refund.amount_paise),
}
_WHAT: dict[Entry, tuple[Any, ...]] = {
    Entry.BILLED: (Invoice.number, Invoice.doctor_name, Invoice.patient_id, Invoice.patient_name),
    Entry.CREDITED: (CreditNote.number, CreditNote.invoice_number, CreditNote.reason),
    Entry.CREDIT_CANCELLED: (
        CreditNote.number,
        CreditNote.invoice_number,
        CreditNote.cancel_reason,
    ),
    Entry.RECEIVED: (Receipt.number, Receipt.kind),
    Entry.REVERSED: (Payment.receipt_number, Payment.method, PaymentReversal.reason, REFUNDED),
    Entry.REFUNDED: (Refund.number, Refund.method, Refund.reason),
}


def statement_of(
    db: Session,
    patient_id: int,
    first_day: date,
    last_day: date,
    *,
    by: Account,
    now: datetime | None = None,
) -> Statement:
    """The account of whoever pays, from the first day to the last, by the day and the moment.

    Its balance is dues less advance: what of it is below zero the hospital holds. For a minor
    with a payer the bills stand in the payer's account.
    """
    permit(db, by, Deed.SEE_DUES, f"patient/{patient_id}")
    patient = patient_with(db, patient_id, by=by)
    hospital, at = the_hospital(db), now or clock.now()
    return Statement(
        issued_on=clock.day_of(at, hospital.zone),
        issued_at_words=clock.paper_words(at, hospital.zone),
        hospital=paper_head(db),
        patient_number=patient.number,
        patient_name=patient.name,
        patient_address=patient.address,
        patient_phone=contact.phone_words(patient.phone),
        begins=first_day,
        ends=last_day,
        opening_paise=_before(db, patient_id, first_day),
        lines=tuple(_lines(db, patient, first_day, last_day)),
    )


def paper_head(db: Session) -> Hospital:
    """The head of a paper that is drawn now; for siblings."""
    kept = frozen_hospital(the_hospital(db))
    head = {name.removeprefix("hospital_"): cell for name, cell in kept.items()}
    return Hospital(**{**head, "phone": contact.phone_words(head["phone"])})


def _before(db: Session, payer_id: int, day: date) -> int:
    def summed(entry: Entry) -> int:
        on, _, paise = _ENTRIES[entry]
        rows = _of_payer(select(total(paise)), entry, payer_id).where(col(on) < day)
        return int(db.execute(rows).scalar_one())

    return sum(summed(entry) if entry.owing else -summed(entry) for entry in Entry)


def _lines(db: Session, payer: Patient, first_day: date, last_day: date) -> list[StatementLine]:
    found: list[tuple[Any, StatementLine]] = []
    for order, entry in enumerate(Entry):
        on, at, paise = _ENTRIES[entry]
        rows = _of_payer(select(on, at, paise, *_WHAT[entry]), entry, payer.id)
        for day, moment, amount, number, *what in db.execute(
            rows.where(col(on) >= first_day, col(on) <= last_day)
        ):
            line = StatementLine(day, entry, number, _about(entry, what, payer), int(amount))
            found.append(((day, moment, order, number), line))
    return [line for _, line in sorted(found, key=lambda one: one[0])]


def _of_payer(rows: Any, entry: Entry, payer_id: int | None) -> Any:
    if entry in (Entry.CREDITED, Entry.CREDIT_CANCELLED):
        rows = rows.join_from(
            CreditNote, Invoice, col(Invoice.number) == col(CreditNote.invoice_number)
        )
    if entry is Entry.REVERSED:
        rows = rows.join_from(
            PaymentReversal, Payment, col(Payment.id) == col(PaymentReversal.payment_id)
        )
    whose: Any = {Entry.RECEIVED: Receipt, Entry.REVERSED: Payment, Entry.REFUNDED: Refund}
    return rows.where(col(whose.get(entry, Invoice).payer_id) == payer_id)


def _about(entry: Entry, what: list[Any], payer: Patient) -> str:
    if entry is Entry.BILLED:
        doctor, patient_id, patient = what
        return doctor if patient_id == payer.id else f"{doctor}, for {patient}"
    if entry is Entry.RECEIVED:
        return "Advance" if what[0] is ReceiptKind.ADVANCE else "Payment"
    if entry is Entry.REVERSED and what[2]:
        return f"{method_name(what[0])}: {what[1]}; {rupees(what[2])} was given back before"
    if entry in (Entry.REVERSED, Entry.REFUNDED):
        return f"{method_name(what[0])}: {what[1]}"
    return f"of {what[0]}: {what[1]}"
