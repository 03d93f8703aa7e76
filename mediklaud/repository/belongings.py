"""What of each table belongs to a patient: for the export of a record, and for the log's search."""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, literal, true, union, union_all
from sqlalchemy import select as rows_of
from sqlmodel import SQLModel, col

from mediklaud.models import (
    PAPERS,
    Account,
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
    patient = [patient_id]
    visits = _keys(Appointment.id, col(Appointment.patient_id) == patient_id)
    bills = union(
        _keys(Invoice.number, col(Invoice.patient_id) == patient_id),
        _keys(Invoice.number, col(Invoice.payer_id) == patient_id),
    )
    credited = _keys(CreditNote.number, col(CreditNote.invoice_number).in_(bills))
    own = _keys(Payment.id, col(Payment.payer_id) == patient_id)
    payments = union(own, _keys(Allocation.payment_id, col(Allocation.invoice_number).in_(bills)))
    allocations = union(
        _keys(Allocation.id, col(Allocation.invoice_number).in_(bills)),
        _keys(Allocation.id, col(Allocation.payment_id).in_(own)),
    )
    receipts = _keys(Payment.receipt_number, col(Payment.id).in_(payments))
    refunds = _keys(Refund.number, col(Refund.payment_id).in_(own))
    plans = union(
        _keys(PaymentPlan.id, col(PaymentPlan.payer_id) == patient_id),
        _keys(PlanBill.plan_id, col(PlanBill.invoice_number).in_(bills)),
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
        **_where(patient, Appointment.patient_id, BreakGlass.patient_id, Consent.patient_id),
        **_where(patient, Entitlement.patient_id, WaitlistEntry.patient_id),
        **_where(patient, DuesContact.payer_id, DuesLetter.payer_id, RemindersPause.payer_id),
    }


def subjects_of(patient_id: int) -> Any:
    """What audit rows of a patient are about: the patient, and each visit, paper and talk."""
    whose = belongings(patient_id)
    return union_all(
        _keys(literal(f"patient/{patient_id}", String)),
        *(_named(word, key).where(whose[table]) for word, table, key in _SUBJECTS),
    )


def _keys(key: Any, *where: Any) -> Any:
    return rows_of(key).where(*where)


def _where(keys: Any, *columns: Any) -> dict[type[SQLModel], ColumnElement[bool]]:
    return {column.class_: column.in_(keys) for column in columns}


def _letters(patient_id: int, visits: Any, papers: tuple[Any, ...]) -> Any:
    numbers = [one.subquery() for one in papers]
    # Of an emergency every CMO is told.
    told = literal("appointment/", String) + cast(Appointment.id, String) + "/account/"
    emergencies = (
        _keys(told + cast(Account.id, String))
        .select_from(Appointment)
        .join(Account, true())
        .where(
            col(Appointment.patient_id) == patient_id,
            col(Appointment.emergency_reason).is_not(None),
        )
    )
    about = union_all(
        _keys(literal(f"patient/{patient_id}", String)),
        emergencies,
        *(_named(word, one.c[0]) for one in numbers for word in PAPERS),
    )
    return union(
        _keys(Message.id, col(Message.appointment_id).in_(visits)),
        _keys(DuesLetter.message_id, col(DuesLetter.payer_id) == patient_id),
        _keys(Message.id, col(Message.subject).in_(about)),
    )


def _named(word: str, key: Any) -> Any:
    return _keys(literal(f"{word}/", String) + cast(key, String))
