"""The ledger as reports read it: flat lines between two days, and a paper found by its number."""

from datetime import date, datetime, timedelta

from sqlalchemy import Row, case, select
from sqlmodel import Session, col

from mediklaud import clock, papers, text
from mediklaud.models import (
    Account,
    CreditNote,
    Doctor,
    Invoice,
    Payment,
    Receipt,
    ReceiptKind,
    Refund,
)
from mediklaud.permissions import Deed
from mediklaud.repository.allocations import OWED
from mediklaud.repository.audit import permit
from mediklaud.repository.credit_notes import credit_note_paper
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.invoices import bill_paper
from mediklaud.repository.payments import advance_paper, receipt_paper
from mediklaud.repository.refunds import refund_paper

# A settled bill owes nothing (the self-check proves it), so only open ones are counted out.
_OWED = case((col(Invoice.settled_at).is_(None), OWED), else_=0).label("owed_paise")


def billed_lines(
    db: Session, first_day: date, last_day: date, *, by: Account
) -> list[Row[tuple[object, ...]]]:
    """Every bill issued from the first day to the last, oldest first, without patients' names.

    Columns: issued_on, number, doctor_number, doctor_name, specialty, patient_id,
    total_paise, owed_paise (what is owed on it now). Read by the index bills_by_day.
    """
    permit(db, by, Deed.SEE_SUMMARIES)
    rows = (
        select(
            col(Invoice.issued_on),
            col(Invoice.number),
            col(Doctor.number).label("doctor_number"),
            col(Invoice.doctor_name),
            col(Invoice.doctor_specialty).label("specialty"),
            col(Invoice.patient_id),
            col(Invoice.total_paise),
            _OWED,
        )
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .where(col(Invoice.issued_on) >= first_day, col(Invoice.issued_on) <= last_day)
        .order_by(col(Invoice.issued_on), col(Invoice.issued_at), col(Invoice.number))
    )
    return list(db.execute(rows).all())


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
