"""Parts of payments set against bills and taken back, and the moment a bill is settled."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col

from mediklaud import clock
from mediklaud.database import as_changed, put, total
from mediklaud.hot import Hot
from mediklaud.models import Allocation, CreditNote, Invoice, Payment, PaymentReversal, Refund
from mediklaud.repository.hospital import rules_of_the_house, the_hospital

# What is paid and what is credited on the bill of the enclosing query, in paise.
ALLOCATED = (
    select(total(Allocation.amount_paise))
    .where(col(Allocation.invoice_number) == col(Invoice.number))
    .correlate(Invoice)
    .scalar_subquery()
)
CREDITED = (
    select(total(CreditNote.total_paise))
    .where(
        col(CreditNote.invoice_number) == col(Invoice.number),
        col(CreditNote.cancelled_at).is_(None),
    )
    .correlate(Invoice)
    .scalar_subquery()
)
OWED = col(Invoice.total_paise) - CREDITED - ALLOCATED
# What of the payment of the enclosing query neither pays a bill nor was given back.
_REVERSED = (
    select(col(PaymentReversal.id))
    .where(col(PaymentReversal.payment_id) == col(Payment.id))
    .correlate(Payment)
    .exists()
)
_USED = (
    select(total(Allocation.amount_paise))
    .where(col(Allocation.payment_id) == col(Payment.id))
    .correlate(Payment)
    .scalar_subquery()
)
REFUNDED = (
    select(total(Refund.amount_paise))
    .where(col(Refund.payment_id) == col(Payment.id))
    .correlate(Payment)
    .scalar_subquery()
)
LEFT = col(Payment.amount_paise) - _USED - REFUNDED
STANDING = ~_REVERSED

_OWED_ON = select(OWED).where(col(Invoice.number) == bindparam("number"))


def _newest(moment: Any, number: Any) -> ColumnElement[datetime]:
    of_bill = select(func.max(col(moment))).where(col(number) == col(Invoice.number))
    newest = of_bill.correlate(Invoice).scalar_subquery()
    return func.coalesce(newest, col(Invoice.issued_at))


_OWED_AND_NEWEST = Hot(
    select(
        OWED,
        col(Invoice.owed_paise),
        _newest(Allocation.allocated_at, Allocation.invoice_number),
        _newest(CreditNote.issued_at, CreditNote.invoice_number),
        _newest(CreditNote.cancelled_at, CreditNote.invoice_number),
    ).where(col(Invoice.number) == bindparam("number"))
)
_SETTLE = Hot(
    update(SQLModel.metadata.tables["invoice"])
    .where(col(Invoice.number) == bindparam("bill"))
    .values(owed_paise=bindparam("owed"), settled_at=bindparam("at"))
)
_CREDITED_ON = select(CREDITED).where(col(Invoice.number) == bindparam("number"))
_LEFT_OF = select(LEFT).where(col(Payment.id) == bindparam("payment_id"), STANDING)
_REFUNDED_OF = select(REFUNDED).where(col(Payment.id) == bindparam("payment_id"))


def owed_on(db: Session, number: str) -> int:
    """What is owed on a bill now: its total less what is credited and paid, in paise."""
    return int(db.execute(_OWED_ON, {"number": number}).scalar_one())


def credited_on(db: Session, number: str) -> int:
    """What standing credit notes take back of a bill, in paise."""
    return int(db.execute(_CREDITED_ON, {"number": number}).scalar_one())


def left_of(db: Session, payment_id: int | None) -> int:
    """What of a payment pays nothing and was not refunded; 0 where it came to nothing."""
    return int(db.execute(_LEFT_OF, {"payment_id": payment_id}).scalar() or 0)


def refunded_of(db: Session, payment_id: int | None) -> int:
    """What of a payment was given back, in paise."""
    return int(db.execute(_REFUNDED_OF, {"payment_id": payment_id}).scalar_one())


def left_of_payers(db: Session, payer_ids: Collection[int]) -> int:
    """What these payers have in advance together, in paise."""
    rows = select(func.coalesce(func.sum(LEFT), 0))
    return int(db.execute(rows.where(col(Payment.payer_id).in_(payer_ids), STANDING)).scalar_one())


def allocate(db: Session, payment: Payment, number: str, amount_paise: int, at: datetime) -> None:
    """Set a part of a payment against a bill; `settle` follows once all parts are written.

    With the payer's row locked. Two desks meet at no_more_is_allocated_than_was_received and
    no_more_is_allocated_than_is_owed.
    """
    part = {
        "payment_id": payment.id or 0,
        "invoice_number": number,
        "amount_paise": amount_paise,
        "allocated_at": at,
        "allocated_on": clock.day_of(at, rules_of_the_house(db).zone),
        "reverses_id": None,
    }
    put(db, Allocation, part)


def take_back(db: Session, allocation: Allocation, at: datetime) -> None:
    """Take an allocation back whole by a second row (an_allocation_is_reversed_once)."""
    db.add(
        Allocation(
            payment_id=allocation.payment_id,
            invoice_number=allocation.invoice_number,
            amount_paise=-allocation.amount_paise,
            allocated_at=at,
            allocated_on=clock.day_of(at, the_hospital(db).zone),
            reverses_id=allocation.id,
        )
    )


_Later = aliased(Allocation)


def standing_parts(db: Session, *conditions: ColumnElement[bool]) -> list[Allocation]:
    """The allocations that were not taken back, the newest first."""
    taken_back = select(col(_Later.id)).where(col(_Later.reverses_id) == col(Allocation.id))
    rows = (
        select(Allocation)
        .where(col(Allocation.reverses_id).is_(None), ~taken_back.exists(), *conditions)
        .order_by(col(Allocation.id).desc())
    )
    return list(db.execute(rows).scalars())


def settle(db: Session, number: str, at: datetime) -> None:
    """Write on a bill what is owed on it now, and since when nothing is.

    That is never before anything else on the bill: where two servers' clocks differ, the last
    deed may have the earlier moment.
    """
    db.flush()
    owed, kept, *newest = _OWED_AND_NEWEST.first(db, {"number": number})
    if owed == kept:
        return
    settled_at = None if owed else max(at, *newest)
    _SETTLE.rows(db, {"bill": number, "owed": owed, "at": settled_at})
    as_changed(db, Invoice, number, owed_paise=int(owed), settled_at=settled_at)
