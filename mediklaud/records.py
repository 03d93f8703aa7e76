"""Pure: all that is kept of one patient, as it is handed over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mediklaud.models import (
    Account,
    Appointment,
    AuditEvent,
    Consent,
    CreditNote,
    Doctor,
    Encounter,
    Hospital,
    Invoice,
    InvoiceLine,
    Message,
    Patient,
    Receipt,
    Refund,
)


@dataclass(frozen=True)
class Record:
    """Everything of one patient, oldest first, at one moment."""

    hospital: Hospital
    patient: Patient
    made_at: datetime
    made_by: Account
    consents: Sequence[Consent]
    visits: Sequence[tuple[Appointment, Doctor, Encounter | None]]
    bills: Sequence[tuple[Invoice, Sequence[InvoiceLine]]]
    credits: Sequence[CreditNote]
    receipts: Sequence[Receipt]
    refunds: Sequence[Refund]
    letters: Sequence[Message]
    accesses: Sequence[AuditEvent]


def money_papers(record: Record) -> Iterator[tuple[str, Receipt | CreditNote | Refund, int]]:
    """Each paper of money that changed hands: what it is, the paper and its sum in paise."""
    yield from (("Receipt", one, one.amount_paise) for one in record.receipts)
    yield from (("Credit note", one, one.total_paise) for one in record.credits)
    yield from (("Refund", one, one.amount_paise) for one in record.refunds)
