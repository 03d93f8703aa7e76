"""The house proves its promises on the live database: one finding a rule, green or red.

Everything is recounted from the rows alone, by other means than the deeds use, so that a
rule that was gone round is found too. Rows are read in batches or by the engine.
"""

from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.database import total
from mediklaud.models import Account, CreditNote, Invoice, Receipt, ReceiptKind, Refund
from mediklaud.permissions import Deed
from mediklaud.repository import (
    proofs_of_money,
    proofs_of_privacy,
    proofs_of_the_house,
    proofs_of_the_till,
    proofs_of_times,
)
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import is_set_up, the_hospital
from mediklaud.repository.mail import check_mail
from mediklaud.repository.proofs import Finding, Proof
from mediklaud.repository.statements import paper_head
from mediklaud.statements import CheckLine, CheckReport, SeriesLine

_KIND = col(Receipt.kind)
# What each series is called, its papers' table, their sum, and which rows are its.
_SERIES: tuple[tuple[str, Any, Any, tuple[Any, ...]], ...] = (
    ("Bills", Invoice, Invoice.total_paise, ()),
    ("Receipts", Receipt, Receipt.amount_paise, (col(Receipt.kind) == ReceiptKind.RECEIPT,)),
    (
        "Advance receipts",
        Receipt,
        Receipt.amount_paise,
        (col(Receipt.kind) == ReceiptKind.ADVANCE,),
    ),
    ("Credit notes", CreditNote, CreditNote.total_paise, ()),
    ("Refund vouchers", Refund, Refund.amount_paise, ()),
)


def check_house(db: Session, *, by: Account) -> list[Finding]:
    """Prove every promise on the database as it is now; nothing is changed."""
    permit(db, by, Deed.CHECK_HOUSE)
    asked: tuple[Proof, ...] = proofs_of_the_house.PROOFS
    if is_set_up(db):
        of_money = (*proofs_of_money.PROOFS, *proofs_of_the_till.PROOFS)
        asked = (*asked, *proofs_of_times.PROOFS, *of_money, *proofs_of_privacy.PROOFS)
    return [proof.ask(db) for proof in asked]


def check_report(db: Session, *, by: Account) -> CheckReport:
    """The self-check for the auditor's file: every rule, and the numbers given in each series."""
    permit(db, by, Deed.CHECK_HOUSE)
    found = [*check_house(db, by=by), check_mail(db, by=by)]
    now, zone = clock.now(), the_hospital(db).zone
    return CheckReport(
        issued_on=clock.day_of(now, zone),
        issued_at_words=clock.paper_words(now, zone),
        hospital=paper_head(db),
        checked_by=by.name,
        lines=tuple(CheckLine(one.rule, one.promise, one.breaches) for one in found),
        series=tuple(line for told in _SERIES for line in _series(db, *told)),
    )


def _series(
    db: Session, papers: str, table: Any, paise: Any, which: tuple[Any, ...]
) -> list[SeriesLine]:
    """The papers of each financial year: from its first number to its last."""
    years = (
        select(
            col(table.series).label("series"),
            func.min(col(table.serial)).label("first"),
            func.max(col(table.serial)).label("last"),
            func.count().label("count"),
            total(paise).label("paise"),
        )
        .where(*which)
        .group_by(col(table.series))
        .subquery()
    ).c
    rows: Select[*tuple[Any, ...]] = select(
        *(years.series, years.count, years.paise),
        *(
            select(col(table.number))
            .where(col(table.series) == years.series, col(table.serial) == serial)
            .scalar_subquery()
            for serial in (years.first, years.last)
        ),
    ).order_by(years.series)
    return [
        SeriesLine(f"{papers} {_year(series)}", first, last, int(count), int(paise))
        for series, count, paise, first, last in db.execute(rows)
    ]


def _year(series: str) -> str:
    # bill/2627 is of 2026–27.
    year = series.partition("/")[2]
    return f"20{year[:2]}–{year[2:]}"
