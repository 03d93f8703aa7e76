"""Advances: money received before there is a bill, and what is left of payments, used later."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select as columns
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.database import known
from mediklaud.errors import AdvanceOfTheMinor, NoAdvance, NothingOwed, PaysDuesFirst
from mediklaud.models import Account, Patient, Payment, Receipt, ReceiptKind
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.allocations import LEFT, STANDING, allocate, settle
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.dues import dues_of
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.payers import payer_of
from mediklaud.repository.payments import Tender, receipt_of_form, receive, to_pay


@dataclass(frozen=True)
class Advance:
    """What is left of a payment, in paise."""

    payment: Payment
    left_paise: int


def take_advance(
    db: Session, patient: Patient, tenders: Sequence[Tender], *, form: str, by: Account
) -> Receipt:
    """Take money before there is a bill, in one way or several, and give an advance receipt.

    Refuses while something is owed (PaysDuesFirst), so that nobody is on hold whose money the
    hospital has. A second click is the same advance: a_second_click_is_the_same_payment.
    """
    permit(db, by, Deed.TAKE_PAYMENT, patient)
    locked = locked_patient(db, patient.id)
    same_click = receipt_of_form(db, form, locked)
    if same_click is not None:
        return same_click
    payer, dues = payer_of(db, locked), dues_of(db, locked.id)
    if dues.total_paise:
        raise PaysDuesFirst(patient=payer.name, owed=rupees(dues.total_paise))
    with db.begin_nested():
        receipt, _ = receive(db, ReceiptKind.ADVANCE, payer, tenders, form=form, by=by)
    return receipt


def use_advance(db: Session, patient: Patient, *, by: Account, bills: Sequence[str] = ()) -> int:
    """Pay bills with what is left of earlier payments, the oldest money first; paise used.

    As far as it reaches, over the bills chosen or else the oldest first, so that a second
    click finds nothing more to do: NoAdvance, NothingOwed or BillNotOpen. What is left in a
    minor's own name from before pays no bill of the payer's (AdvanceOfTheMinor).
    """
    permit(db, by, Deed.TAKE_PAYMENT, patient)
    locked = locked_patient(db, patient.id)
    payer, owed = to_pay(db, locked, bills)
    if not owed:
        raise NothingOwed(patient=payer.name)
    advances = _advances(db, payer.id)
    if not advances:
        own = sum(one.left_paise for one in _advances(db, locked.id))
        if own:
            raise AdvanceOfTheMinor(left=rupees(own), patient=locked.name, payer=payer.name)
        raise NoAdvance(patient=payer.name)
    now, used, left = clock.now(), 0, [one.left_paise for one in advances]
    for bill in owed:
        rest = bill.owed_paise
        for place, advance in enumerate(advances):
            part = min(rest, left[place])
            if part:
                allocate(db, advance.payment, bill.number, part, now)
            rest, left[place], used = rest - part, left[place] - part, used + part
        if rest < bill.owed_paise:
            settle(db, bill.number, now)
    note_deed(db, by, "advance used", f"patient/{payer.id}", amount_paise=used)
    return used


def advances_of(db: Session, patient_id: int, *, by: Account) -> list[Advance]:
    """What is left of a payer's payments, the oldest first."""
    permit(db, by, Deed.SEE_PAPERS, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    return _advances(db, patient_id)


def _advances(db: Session, payer_id: int | None) -> list[Advance]:
    rows = (
        columns(Payment, LEFT.label("left_paise"))
        .where(col(Payment.payer_id) == payer_id, STANDING, LEFT > 0)
        .order_by(col(Payment.received_at), col(Payment.id))
    )
    return [Advance(payment, int(left)) for payment, left in db.execute(rows)]
