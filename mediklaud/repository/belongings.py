"""What of each table belongs to a patient: for the export of a record, and for the log's search."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, literal, union, union_all
from sqlalchemy import select as rows_of
from sqlmodel import SQLModel, col

from mediklaud.models import (
    PAPERS,
    Allocation,
    Appointment,
    BreakGlass,
    Consent,
    CreditNote,
    CreditNoteLine,
    DuesContact,
    DuesLetter,
    Encounter,
    Entitlement,
    Instalment,
    Invoice,
    InvoiceLine,
    Message,
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

# The tables whose rows are subjects of audit rows, with the words that name them there.
_SUBJECTS: tuple[tuple[str, type[SQLModel], Any], ...] = (
    *((str(one.__tablename__), one, one.id) for one in (Appointment, Encounter, Message, Payment)),
    *((str(one.__tablename__), one, one.id) for one in (BreakGlass, PaymentPlan, WaiverRequest)),
    *((str(one.__tablename__), one, one.number) for one in (Invoice, CreditNote, Receipt, Refund)),
    # A wait is named so by its deeds, and by its table where somebody was refused it.
    *((word, WaitlistEntry, WaitlistEntry.id) for word in ("waitlist", "waitlist_entry")),
)


def belongings(patient_id: int) -> dict[type[SQLModel], ColumnElement[bool]]:
    """Which rows of each table are a patient's; all are found by an index.

    A bill belongs to whom it is for and to whoever owes it, and so does what paid it.
    """
    visits = rows_of(Appointment.id).where(col(Appointment.patient_id) == patient_id)
    bills = union(
        rows_of(Invoice.number).where(col(Invoice.patient_id) == patient_id),
        rows_of(Invoice.number).where(col(Invoice.payer_id) == patient_id),
    )
    credited = rows_of(CreditNote.number).where(col(CreditNote.invoice_number).in_(bills))
    own = rows_of(Payment.id).where(col(Payment.payer_id) == patient_id)
    payments = union(
        own, rows_of(Allocation.payment_id).where(col(Allocation.invoice_number).in_(bills))
    )
    allocations = union(
        rows_of(Allocation.id).where(col(Allocation.invoice_number).in_(bills)),
        rows_of(Allocation.id).where(col(Allocation.payment_id).in_(own)),
    )
    receipts = rows_of(Payment.receipt_number).where(col(Payment.id).in_(payments))
    refunds = rows_of(Refund.number).where(col(Refund.payment_id).in_(own))
    plans = union(
        rows_of(PaymentPlan.id).where(col(PaymentPlan.payer_id) == patient_id),
        rows_of(PlanBill.plan_id).where(col(PlanBill.invoice_number).in_(bills)),
    )
    letters = _letters(patient_id, visits, (bills, receipts, credited, refunds))
    of_bills = (Invoice.number, InvoiceLine.invoice_number, CreditNote.invoice_number)
    return {
        **_where(visits, Encounter.appointment_id),
        **_where(bills, *of_bills, PlanBill.invoice_number, WaiverRequest.invoice_number),
        **_where(credited, CreditNoteLine.credit_number),
        **_where(payments, Payment.id, PaymentReversal.payment_id),
        **_where(allocations, Allocation.id),
        **_where(receipts, Receipt.number),
        **_where(refunds, Refund.number),
        **_where(plans, PaymentPlan.id, Instalment.plan_id),
        **_where(letters, Message.id, PhoneCall.message_id),
        **{
            table: table.__table__.c.patient_id == patient_id  # type: ignore[attr-defined]
            for table in (Appointment, BreakGlass, Consent, Entitlement, WaitlistEntry)
        },
        **{
            table: table.__table__.c.payer_id == patient_id  # type: ignore[attr-defined]
            for table in (DuesContact, DuesLetter, RemindersPause)
        },
    }


def subjects_of(patient_id: int) -> Any:
    """What audit rows of a patient are about: the patient, and each visit, paper and talk."""
    whose = belongings(patient_id)
    return union_all(
        rows_of(literal(f"patient/{patient_id}", String)),
        *(_named(word, key).where(whose[table]) for word, table, key in _SUBJECTS),
    )


def _where(keys: Any, *columns: Any) -> dict[type[SQLModel], ColumnElement[bool]]:
    return {column.class_: column.in_(keys) for column in columns}


def _letters(patient_id: int, visits: Any, papers: tuple[Any, ...]) -> Any:
    numbers = [one.subquery() for one in papers]
    about = union_all(
        rows_of(literal(f"patient/{patient_id}", String)),
        *(_named(word, one.c[0]) for one in numbers for word in PAPERS),
    )
    return union(
        rows_of(Message.id).where(col(Message.appointment_id).in_(visits)),
        rows_of(Message.id).where(col(Message.subject).in_(about)),
    )


def _named(word: str, key: Any) -> Any:
    return rows_of(literal(f"{word}/", String) + cast(key, String))
