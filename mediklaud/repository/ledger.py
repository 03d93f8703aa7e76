"""The ledger as reports read it: flat lines between two days, and a paper found by its number."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Row,
    Select,
    String,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlmodel import Session, col

from mediklaud import clock, papers, text
from mediklaud.models import (
    Account,
    Allocation,
    Appointment,
    Charge,
    CreditNote,
    Doctor,
    Invoice,
    InvoiceLine,
    Payment,
    PaymentReversal,
    Receipt,
    ReceiptKind,
    Refund,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.credit_notes import credit_note_paper
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.invoices import bill_paper
from mediklaud.repository.payments import advance_paper, receipt_paper
from mediklaud.repository.refunds import refund_paper

# The kind of visit a bill is for; empty where it is of services.
_KIND = func.coalesce(
    select(cast(Appointment.kind, String))
    .join(Charge, col(Charge.appointment_id) == col(Appointment.id))
    .join(InvoiceLine, col(InvoiceLine.charge_id) == col(Charge.id))
    .where(col(InvoiceLine.invoice_number) == col(Invoice.number))
    .limit(1)
    .correlate(Invoice)
    .scalar_subquery(),
    "",
).label("kind")
_OF_BILL: tuple[Any, ...] = (
    col(Doctor.number).label("doctor_number"),
    col(Invoice.doctor_name),
    col(Invoice.doctor_specialty).label("specialty"),
    _KIND,
)


def billed_lines(
    db: Session, first_day: date, last_day: date, *, by: Account
) -> list[Row[tuple[object, ...]]]:
    """Every bill issued from the first day to the last, oldest first, without patients' names.

    Columns: issued_on, number, doctor_number, doctor_name, specialty, kind, patient_id,
    total_paise, owed_paise (what is owed on it now). Read by the index bills_by_day.
    """
    permit(db, by, Deed.SEE_SUMMARIES)
    rows = bills_between(first_day, last_day)
    rows = rows.order_by(col(Invoice.issued_on), col(Invoice.issued_at), col(Invoice.number))
    return list(db.execute(rows).all())


def bills_between(first_day: date, last_day: date) -> Select[*tuple[Any, ...]]:
    """The query of billed_lines, in no order; for siblings, who asked before."""
    return (
        select(
            col(Invoice.issued_on),
            col(Invoice.number),
            *_OF_BILL,
            col(Invoice.patient_id),
            col(Invoice.total_paise),
            col(Invoice.owed_paise),
        )
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .where(col(Invoice.issued_on) >= first_day, col(Invoice.issued_on) <= last_day)
    )


def received_lines(
    db: Session, first_day: date, last_day: date, *, by: Account
) -> list[Row[tuple[object, ...]]]:
    """Every payment received from the first day to the last, oldest first.

    Columns: received_on, method (its word), amount_paise. Read by the index
    payments_by_moment.
    """
    permit(db, by, Deed.SEE_SUMMARIES)
    after, before = _moments(db, first_day, last_day)
    rows = (
        select(col(Payment.received_on), col(Payment.method), col(Payment.amount_paise))
        .where(
            col(Payment.received_at) >= after,
            col(Payment.received_at) < before,
            col(Payment.received_on) >= first_day,
            col(Payment.received_on) <= last_day,
        )
        .order_by(col(Payment.received_at), col(Payment.id))
    )
    return list(db.execute(rows).all())


def credited_lines(
    db: Session, first_day: date, last_day: date, *, by: Account
) -> list[Row[tuple[object, ...]]]:
    """Every credit note on its day, and again below zero on the day it was cancelled.

    Columns: credited_on, number, doctor_number, doctor_name, specialty, kind (of the visit,
    empty for services), sort (void, correction, discount, waiver), amount_paise.
    """
    permit(db, by, Deed.SEE_SUMMARIES)
    rows = credits_between(first_day, last_day).order_by("credited_on", "number")
    return list(db.execute(rows).all())


def credits_between(first_day: date, last_day: date) -> CompoundSelect[*tuple[Any, ...]]:
    """The query of credited_lines, in no order; for siblings, who asked before."""
    sides: list[Select[*tuple[Any, ...]]] = [
        select(
            col(day).label("credited_on"),
            col(CreditNote.number).label("number"),
            *_OF_BILL,
            col(CreditNote.kind).label("sort"),
            (sign * col(CreditNote.total_paise)).label("amount_paise"),
        )
        .join(Invoice, col(Invoice.number) == col(CreditNote.invoice_number))
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .where(col(day) >= first_day, col(day) <= last_day)
        for day, sign in ((CreditNote.issued_on, 1), (CreditNote.cancelled_on, -1))
    ]
    return union_all(*sides)


def till_lines(
    db: Session, first_day: date, last_day: date, *, by: Account
) -> list[Row[tuple[object, ...]]]:
    """Whatever came into the till or left it, each on its own day; what left is below zero.

    Columns: received_on, method, sort (receipt, advance, refund, reversal), amount_paise.
    """
    permit(db, by, Deed.SEE_SUMMARIES)
    rows = till_between(db, first_day, last_day).order_by("received_on")
    return list(db.execute(rows).all())


def till_between(db: Session, first_day: date, last_day: date) -> CompoundSelect[*tuple[Any, ...]]:
    """The query of till_lines, in no order; for siblings, who asked before."""
    after, before = _moments(db, first_day, last_day)
    came: Select[*tuple[Any, ...]] = _till(
        Payment.received_on, Payment.method, cast(Receipt.kind, String), Payment.amount_paise, 1
    ).join(Receipt, col(Receipt.number) == col(Payment.receipt_number))
    # By the index payments_by_moment; the day itself has none.
    came = came.where(col(Payment.received_at) >= after, col(Payment.received_at) < before)
    back = _till(Refund.issued_on, Refund.method, literal("refund"), Refund.amount_paise, -1)
    gone = _till(
        PaymentReversal.reversed_on,
        Payment.method,
        literal("reversal"),
        Payment.amount_paise,
        -1,
    ).join(Payment, col(Payment.id) == col(PaymentReversal.payment_id))
    days = (
        (came, Payment.received_on),
        (back, Refund.issued_on),
        (gone, PaymentReversal.reversed_on),
    )
    sides = [rows.where(col(day) >= first_day, col(day) <= last_day) for rows, day in days]
    return union_all(*sides)


def _till(day: Any, method: Any, sort: Any, paise: Any, sign: int) -> Select[*tuple[Any, ...]]:
    return select(
        col(day).label("received_on"),
        col(method).label("method"),
        sort.label("sort"),
        (sign * col(paise)).label("amount_paise"),
    )


def allocated_lines(
    db: Session, first_day: date, last_day: date, *, by: Account
) -> list[Row[tuple[object, ...]]]:
    """Every part of a payment set against a bill on its day, below zero where taken back.

    Columns: allocated_on, number (of the bill), doctor_number, doctor_name, specialty, kind,
    method, amount_paise. Read by the index allocations_by_day.
    """
    permit(db, by, Deed.SEE_SUMMARIES)
    rows = allocations_between(first_day, last_day)
    rows = rows.order_by(col(Allocation.allocated_on), col(Allocation.id))
    return list(db.execute(rows).all())


def allocations_between(first_day: date, last_day: date) -> Select[*tuple[Any, ...]]:
    """The query of allocated_lines, in no order; for siblings, who asked before."""
    return (
        select(
            col(Allocation.allocated_on),
            col(Invoice.number),
            *_OF_BILL,
            col(Payment.method),
            col(Allocation.amount_paise),
        )
        .join(Invoice, col(Invoice.number) == col(Allocation.invoice_number))
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .join(Payment, col(Payment.id) == col(Allocation.payment_id))
        .where(col(Allocation.allocated_on) >= first_day, col(Allocation.allocated_on) <= last_day)
    )


AnyPaper = (
    papers.Bill | papers.Receipt | papers.AdvanceReceipt | papers.CreditNote | papers.RefundVoucher
)


def papers_numbered(db: Session, typed: str, *, by: Account) -> list[AnyPaper]:
    """Every paper of a number, however it is typed; empty where there is none."""
    permit(db, by, Deed.SEE_PAPERS)
    number = text.line(typed, field="Number").replace(" ", "").upper()
    found: list[AnyPaper] = []
    if db.get(Invoice, number) is not None:
        found.append(bill_paper(db, number, by=by))
    receipt = db.get(Receipt, number)
    if receipt is not None:
        advance = receipt.kind is ReceiptKind.ADVANCE
        found.append((advance_paper if advance else receipt_paper)(db, number, by=by))
    if db.get(CreditNote, number) is not None:
        found.append(credit_note_paper(db, number, by=by))
    if db.get(Refund, number) is not None:
        found.append(refund_paper(db, number, by=by))
    return found


def _moments(db: Session, first_day: date, last_day: date) -> tuple[datetime, datetime]:
    # The day on a receipt is the day of the zone the hospital had then. Two days more on
    # either side keep the index in use whatever the zone is by now.
    zone = the_hospital(db).zone
    around = timedelta(days=2)
    return (
        clock.day_bounds(first_day - around, zone)[0],
        clock.day_bounds(last_day + around, zone)[1],
    )
