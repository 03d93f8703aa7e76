"""What stood when a patient was promised a time: by the moments written down, or by the log."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from mediklaud.models import (
    Allocation,
    Appointment,
    AuditEvent,
    CreditNote,
    Payment,
    PaymentPlan,
    PaymentReversal,
    Receipt,
    ReceiptKind,
)

# How far two servers' clocks may be apart. A paper is never before the last one, whichever
# server's clock gave that, so its own row in the log may have an earlier moment.
_APART = timedelta(minutes=5)


@dataclass(frozen=True)
class Done:
    """A deed on somebody's dues: what the log calls it, the key of what it wrote, and when.

    An allocation is "allocated", since its row does not say which deed set it.
    """

    deed: str
    key: str
    moment: datetime


Stood = Callable[[Done], bool]


def plan_deeds(plan: PaymentPlan) -> tuple[Done, Done | None]:
    """How a plan began, and how it ended where it did."""
    key = str(plan.id)
    ended = Done("plan ended", key, plan.ended_at) if plan.ended_at is not None else None
    return Done("plan agreed", key, plan.agreed_at), ended


def stood_at(db: Session, promised: Appointment, deeds: Collection[Done]) -> list[Stood]:
    """Whether each of these deeds stood when an appointment was promised.

    Deeds within five minutes of the promise by the audit log: the patient's row is locked until
    the log has a deed, so its order is that in which they were done, whatever the clocks said.
    All others, and where the log has not every one of them about its moment, by the moments;
    there the promise's own microsecond may count or not.
    """
    moment = promised.promised_at
    close = [done for done in deeds if abs(done.moment - moment) <= _APART]
    line = _line_of_promise(db, promised) if close else None
    found = [(done, _line(db, done)) for done in close if line is not None]
    lines = {done: one for done, one in found if one is not None}
    if line is None or len(lines) < len(set(close)):
        return [_before(moment), _before(moment + timedelta(microseconds=1))]
    return [lambda done: lines[done] < line if done in lines else done.moment < moment]


def _before(end: datetime) -> Stood:
    return lambda done: done.moment < end


_PROMISES = ("appointment booked", "appointment moved", "cancellation undone", "no-show undone")
_TABLES = {"bill issued": "invoice", "plan agreed": "payment_plan", "plan ended": "payment_plan"}


def _line_of_promise(db: Session, promised: Appointment) -> int | None:
    """Of the last promise: a slip that was undone is a promise anew, perhaps minutes later."""
    lines = _lines(_PROMISES, f"appointment/{promised.id}", promised.promised_at)
    return db.execute(lines.order_by(col(AuditEvent.id).desc()).limit(1)).scalar()


def _line(db: Session, done: Done) -> int | None:
    if done.deed == "allocated":
        return _line_of_allocation(db, db.get_one(Allocation, int(done.key)))
    table = _TABLES.get(done.deed, "credit_note")
    return _first_line(db, [done.deed], f"{table}/{done.key}", done.moment)


def _line_of_allocation(db: Session, part: Allocation) -> int | None:
    """The deed that set a part: the one of its moment, or else the use of an advance."""
    payment, at = db.get_one(Payment, part.payment_id), part.allocated_at
    receipt = db.get_one(Receipt, payment.receipt_number)
    is_paid_at_once = receipt.kind is ReceiptKind.RECEIPT and part.reverses_id is None
    if is_paid_at_once and receipt.issued_at == at:
        return _first_line(db, ["payment taken"], f"receipt/{receipt.number}", at)
    reversed_at = columns(col(PaymentReversal.reversed_at))
    if db.execute(reversed_at.where(col(PaymentReversal.payment_id) == payment.id)).scalar() == at:
        return _first_line(db, ["payment reversed"], f"payment/{payment.id}", at)
    note = select(CreditNote.number).where(
        CreditNote.invoice_number == part.invoice_number, CreditNote.issued_at == at
    )
    number = db.exec(note.limit(1)).first()
    if number is not None:
        return _first_line(db, ["credit note issued"], f"credit_note/{number}", at)
    # Its row names the payer alone; it is made by the same clock, a moment later.
    used = AuditEvent.at >= at
    return _first_line(db, ["advance used"], f"patient/{payment.payer_id}", at, used)


def _first_line(
    db: Session, deeds: Collection[str], subject: str, at: datetime, *conditions: Any
) -> int | None:
    lines = _lines(deeds, subject, at).where(*conditions)
    return db.execute(lines.order_by(col(AuditEvent.id)).limit(1)).scalar()


def _lines(deeds: Collection[str], subject: str, at: datetime) -> Select[Any]:
    return columns(col(AuditEvent.id)).where(
        col(AuditEvent.subject) == subject,
        col(AuditEvent.deed).in_(deeds),
        col(AuditEvent.at).between(at - _APART, at + _APART),
    )
