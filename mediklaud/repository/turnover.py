"""What moved in the ledger between two days, summed in SQL for the reports.

The rows are those of `ledger`, summed by their words: a month of a big hospital is some
hundred rows instead of a hundred thousand.
"""

from datetime import date
from typing import Any

from sqlalchemy import CompoundSelect, Row, Select, func, select
from sqlmodel import Session, col

from mediklaud.database import total
from mediklaud.models import Account, Allocation, CreditNote, Invoice
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.ledger import (
    allocations_between,
    bills_between,
    credits_between,
    till_between,
)
from mediklaud.repository.owing import owed_in_all

_CUTS = ("doctor_number", "doctor_name", "specialty", "kind")
Lines = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
Rows = list[Row[tuple[object, ...]]]


def billed_sums(db: Session, first_day: date, last_day: date, *, by: Account) -> Rows:
    """Bills by issued_on, doctor_number, doctor_name, specialty and kind.

    Sums: total_paise, owed_paise (what is owed on them now); bills counts them.
    """
    permit(db, by, Deed.SEE_SUMMARIES)
    words = ("issued_on", *_CUTS)
    lines = bills_between(first_day, last_day)
    return _summed(db, lines, words, "total_paise", "owed_paise", counted="bills", newest="number")


def credited_sums(db: Session, first_day: date, last_day: date, *, by: Account) -> Rows:
    """Credit notes by credited_on, the words of their bill, and sort; sums amount_paise."""
    permit(db, by, Deed.SEE_SUMMARIES)
    words = ("credited_on", *_CUTS, "sort")
    return _summed(db, credits_between(first_day, last_day), words, "amount_paise", newest="number")


def till_sums(db: Session, first_day: date, last_day: date, *, by: Account) -> Rows:
    """What came into the till and left it by received_on, method and sort; sums amount_paise."""
    permit(db, by, Deed.SEE_SUMMARIES)
    words = ("received_on", "method", "sort")
    return _summed(db, till_between(db, first_day, last_day), words, "amount_paise")


def allocated_sums(db: Session, first_day: date, last_day: date, *, by: Account) -> Rows:
    """What was set against bills by allocated_on, the words of the bill, and method."""
    permit(db, by, Deed.SEE_SUMMARIES)
    words = ("allocated_on", *_CUTS, "method")
    return _summed(
        db, allocations_between(first_day, last_day), words, "amount_paise", newest="number"
    )


def owed_on_the_eve(db: Session, day: date, *, by: Account) -> int:
    """What was owed at the end of the day before, in paise: today's dues rolled back."""
    permit(db, by, Deed.SEE_SUMMARIES)
    since = (
        (1, Invoice.total_paise, Invoice.issued_on),
        (-1, CreditNote.total_paise, CreditNote.issued_on),
        (1, CreditNote.total_paise, CreditNote.cancelled_on),
        (-1, Allocation.amount_paise, Allocation.allocated_on),
    )
    change = sum(
        sign * int(db.execute(select(total(paise)).where(col(on) >= day)).scalar_one())
        for sign, paise, on in since
    )
    return owed_in_all(db).owed_paise - change


def _summed(
    db: Session,
    lines: Lines,
    words: tuple[str, ...],
    *sums: str,
    counted: str = "lines",
    newest: str = "",
) -> Rows:
    # By the day, and within it the newest bill last, whose doctor's name the reports show.
    of = lines.subquery().c
    keys = [of[word] for word in words]
    order = [of[words[0]], *([func.max(of[newest])] if newest else keys[1:])]
    rows: Select[*tuple[Any, ...]] = (
        select(*keys, func.count().label(counted), *(total(of[name]).label(name) for name in sums))
        .group_by(*keys)
        .order_by(*order)
    )
    return list(db.execute(rows).all())
