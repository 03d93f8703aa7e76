"""What may be taken back of a bill's lines, and how a sum is spread over them, with its tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from mediklaud.database import known, total
from mediklaud.errors import BillCreditedAlready, CreditNotPossible, CreditTooMuch, NotFound
from mediklaud.models import Account, CreditNote, CreditNoteLine, Invoice, InvoiceLine
from mediklaud.money import rupees, tax_on
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit


@dataclass(frozen=True)
class CreditLine:
    """So much, before tax, taken back of one line of a bill."""

    line_id: int
    amount_paise: int


@dataclass(frozen=True)
class CreditableLine:
    """A line of a bill and what was not credited of it yet. Sums in paise."""

    line: InvoiceLine
    amount_paise: int
    tax_paise: int

    @property
    def gross_paise(self) -> int:
        """What is left of the line with its tax."""
        return self.amount_paise + self.tax_paise


def creditable_lines(db: Session, bill: Invoice) -> list[CreditableLine]:
    """The lines of a bill with what no standing credit note took back yet."""
    of_bill = select(InvoiceLine).where(InvoiceLine.invoice_number == bill.number)
    return [
        CreditableLine(
            line,
            line.amount_paise - _credited(db, line, CreditNoteLine.amount_paise),
            line.tax_paise - _credited(db, line, CreditNoteLine.tax_paise),
        )
        for line in db.exec(of_bill.order_by(col(InvoiceLine.id)))
    ]


def lines_to_credit(db: Session, number: str, *, by: Account) -> list[CreditableLine]:
    """What is left to credit of each line of a bill, for the desks that see bills."""
    permit(db, by, Deed.SEE_PAPERS, f"invoice/{number}")
    return creditable_lines(db, known(db, Invoice, number))


def spread(left: Sequence[CreditableLine], amount_paise: int) -> list[CreditNoteLine]:
    """The lines of a note that takes back a sum with its tax to the paisa; for siblings.

    From the first line on. Of a part of a line, what is before tax is the nearest to its rate,
    and the rest is its tax: reckoned from the net, some sums could never be met, and a paisa
    would stay owed. Refuses more than is left of all lines (CreditNotPossible).
    """
    parts: list[CreditNoteLine] = []
    for one in left:
        gross = min(amount_paise, one.gross_paise)
        if gross:
            net = _net_of(one, gross)
            parts.append(_part(one, net, gross - net))
        amount_paise -= gross
    if amount_paise > 0 or not parts:
        raise CreditNotPossible()
    return parts


def _net_of(one: CreditableLine, gross_paise: int) -> int:
    if gross_paise == one.gross_paise:
        return one.amount_paise
    whole = 10_000 + one.line.tax_basis_points
    nearest = (2 * gross_paise * 10_000 + whole) // (2 * whole)
    # Nothing before tax left, but some of its tax: that would be no part of a line any more.
    most = min(nearest, one.amount_paise - 1)
    return max(most, gross_paise - one.tax_paise, 0)


def _credited(db: Session, line: InvoiceLine, column: Any) -> int:
    rows = (
        select(total(column))
        .join(CreditNote, col(CreditNote.number) == col(CreditNoteLine.credit_number))
        .where(CreditNoteLine.invoice_line_id == line.id, col(CreditNote.cancelled_at).is_(None))
    )
    return int(db.exec(rows).one())


def all_that_is_left(bill: Invoice, left: Sequence[CreditableLine]) -> list[CreditNoteLine]:
    """The lines of a note that takes back the rest of a bill (BillCreditedAlready where none)."""
    parts = [_part(one, one.amount_paise, one.tax_paise) for one in left if one.gross_paise]
    if not parts:
        raise BillCreditedAlready(number=bill.number)
    return parts


def parts_of(left: Sequence[CreditableLine], lines: Sequence[CreditLine]) -> list[CreditNoteLine]:
    """The lines of a note that takes back what was chosen; refuses more than is left.

    A line of another bill is none of this one (NotFound).
    """
    of_line = {one.line.id: one for one in left}
    own, parts = frozenset(of_line), []
    for wanted in lines:
        if wanted.line_id not in own:
            raise NotFound(what="line of this bill", subject=f"invoice_line/{wanted.line_id}")
        one = of_line.pop(wanted.line_id, None)
        if one is None or wanted.amount_paise <= 0:
            raise CreditNotPossible()
        if wanted.amount_paise > one.amount_paise:
            raise CreditTooMuch(line=one.line.description, most=rupees(one.amount_paise))
        # The last part takes what rounding left of the line's tax.
        last = wanted.amount_paise == one.amount_paise
        tax = tax_on(wanted.amount_paise, one.line.tax_basis_points)
        tax_paise = one.tax_paise if last else min(tax, one.tax_paise)
        parts.append(_part(one, wanted.amount_paise, tax_paise))
    return parts


def _part(one: CreditableLine, amount_paise: int, tax_paise: int) -> CreditNoteLine:
    return CreditNoteLine(
        credit_number="",
        invoice_line_id=one.line.id or 0,
        description=one.line.description,
        amount_paise=amount_paise,
        tax_paise=tax_paise,
    )
