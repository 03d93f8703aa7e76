"""Pure: all that is kept of one patient, as it is handed over."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import SQLModel

from mediklaud.models import (
    Account,
    Allocation,
    Appointment,
    AuditEvent,
    BreakGlass,
    Consent,
    CreditNote,
    CreditNoteLine,
    Doctor,
    DuesContact,
    DuesLetter,
    Encounter,
    Entitlement,
    Hospital,
    Instalment,
    Invoice,
    InvoiceLine,
    Message,
    Patient,
    Payment,
    PaymentPlan,
    PaymentReversal,
    PhoneCall,
    PlanBill,
    Receipt,
    Refund,
    RemindersPause,
    WaitlistEntry,
    WaiverRequest,
)


@dataclass(frozen=True)
class Record:
    """Everything of one patient, oldest first, at one moment."""

    hospital: Hospital
    patient: Patient
    # Who is named to owe the patient's bills, if somebody else.
    payer: Patient | None
    made_at: datetime
    made_by: Account
    visits: Sequence[tuple[Appointment, Doctor, Encounter | None]]
    # Every doctor that a row names.
    doctors: Mapping[int | None, Doctor]
    # The rows of each table that are the patient's.
    kept: Mapping[type[SQLModel], Sequence[Any]]
    accesses: Sequence[AuditEvent]

    @property
    def consents(self) -> Sequence[Consent]:
        """What letters the patient agreed to."""
        return self.kept[Consent]

    @property
    def letters(self) -> Sequence[Message]:
        """The letters about the patient's visits, papers and dues."""
        return self.kept[Message]

    @property
    def bills(self) -> list[tuple[Invoice, list[InvoiceLine]]]:
        """Each bill with its lines."""
        lines: Sequence[InvoiceLine] = self.kept[InvoiceLine]
        return [
            (bill, [line for line in lines if line.invoice_number == bill.number])
            for bill in self.kept[Invoice]
        ]


@dataclass(frozen=True)
class Kind:
    """Rows that are told as they are kept: how the page calls them, and which columns it shows."""

    table: type[SQLModel]
    called: str
    columns: Mapping[str, str]


# What neither the page nor the Bundle has words of its own for.
PLAIN = (
    Kind(
        WaitlistEntry,
        "Waits for a time",
        {
            "Asked": "asked_at",
            "Doctor": "doctor_id",
            "Specialty": "specialty",
            "Kind": "kind",
            "From": "first_day",
            "To": "last_day",
            "Urgent": "urgent",
            "Ended": "closed_at",
        },
    ),
    Kind(
        Entitlement,
        "Follow-ups given",
        {
            "Given": "granted_at",
            "Doctor": "doctor_id",
            "Visits": "visits",
            "Per cent of the fee": "percent",
            "Until": "last_day",
        },
    ),
    Kind(
        Payment,
        "How it was paid",
        {
            "When": "received_at",
            "Payment": "id",
            "Receipt": "receipt_number",
            "Sum": "amount_paise",
            "How": "method",
            "Reference": "reference",
        },
    ),
    Kind(
        Allocation,
        "Which bills were paid",
        {
            "When": "allocated_at",
            "Payment": "payment_id",
            "Bill": "invoice_number",
            "Sum": "amount_paise",
        },
    ),
    Kind(
        PaymentReversal,
        "Payments that came to nothing",
        {"When": "reversed_at", "Payment": "payment_id", "Why": "reason"},
    ),
    Kind(
        CreditNoteLine,
        "Lines of credit notes",
        {
            "Credit note": "credit_number",
            "For": "description",
            "Sum": "amount_paise",
            "Tax": "tax_paise",
        },
    ),
    Kind(
        WaiverRequest,
        "Waivers asked for",
        {
            "Asked": "requested_at",
            "Bill": "invoice_number",
            "Sum": "amount_paise",
            "Why": "reason",
            "State": "status",
            "Decided": "decided_at",
            "Decision": "decision",
            "Credit note": "credit_number",
        },
    ),
    Kind(
        PaymentPlan,
        "Payment plans",
        {
            "Agreed": "agreed_at",
            "Plan": "id",
            "Sum": "total_paise",
            "Ended": "ended_at",
            "Why": "end_reason",
        },
    ),
    Kind(
        PlanBill,
        "Bills on a plan",
        {"Plan": "plan_id", "Bill": "invoice_number", "Owed then": "owed_paise"},
    ),
    Kind(
        Instalment,
        "Instalments of a plan",
        {"Plan": "plan_id", "Due": "due_on", "Sum": "amount_paise"},
    ),
    Kind(
        DuesContact,
        "Talks about dues",
        {
            "When": "at",
            "How": "kind",
            "What came of it": "outcome",
            "Note": "note",
            "Promised for": "promised_on",
        },
    ),
    Kind(
        DuesLetter,
        "Reminders of dues",
        {
            "When": "queued_at",
            "Bill": "invoice_number",
            "Level": "level",
            "Owed then": "owed_paise",
        },
    ),
    Kind(
        RemindersPause,
        "Reminders of dues paused",
        {"When": "paused_at", "Until": "last_day", "Why": "reason", "Ended": "ended_at"},
    ),
    Kind(
        PhoneCall,
        "Calls instead of a letter",
        {
            "When": "called_at",
            "Letter": "message_id",
            "What came of it": "outcome",
            "Note": "note",
        },
    ),
    Kind(
        BreakGlass,
        "Opened by break-glass",
        {
            "When": "broken_at",
            "Doctor": "doctor_id",
            "Why": "reason",
            "In words": "words",
            "Reviewed": "reviewed_at",
            "What came of it": "review_note",
        },
    ),
)


def money_papers(record: Record) -> Iterator[tuple[str, Receipt | CreditNote | Refund, int]]:
    """Each paper of money that changed hands: what it is, the paper and its sum in paise."""
    yield from (("Receipt", one, one.amount_paise) for one in record.kept[Receipt])
    yield from (("Credit note", one, one.total_paise) for one in record.kept[CreditNote])
    yield from (("Refund", one, one.amount_paise) for one in record.kept[Refund])


# The words that a paper of money or an appointment may say of itself.
_SAID = {
    Refund: ("method", "reference", "reason"),
    CreditNote: ("kind", "reason", "cancel_reason"),
    Receipt: ("kind",),
    Appointment: ("cancel_reason", "emergency_reason", "overbook_reason"),
}


def said_of(row: Receipt | CreditNote | Refund | Appointment) -> list[str]:
    """Why and how it was done, as far as the row says so."""
    return [str(said) for word in _SAID[type(row)] if (said := getattr(row, word))]


def as_kept(value: Any) -> str:
    """A value as a program reads it; nothing where there is none."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
