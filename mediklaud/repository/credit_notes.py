"""Credit notes: a bill corrected or voided by another numbered paper, which may be cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import expecting, total
from mediklaud.errors import (
    BillCreditedAlready,
    BilledAgain,
    CreditCancelledAlready,
    CreditNotPossible,
    CreditTooMuch,
    NotFound,
    NotPermitted,
    StaleForm,
)
from mediklaud.models import (
    Account,
    Allocation,
    Appointment,
    AppointmentStatus,
    Charge,
    CreditKind,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    Payment,
)
from mediklaud.money import rupees, tax_on
from mediklaud.permissions import Deed
from mediklaud.repository.allocations import allocate, owed_on, settle, standing_parts, take_back
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.hospital import frozen_hospital, number_paper, the_hospital
from mediklaud.repository.invoices import bill_with, standing_charge
from mediklaud.repository.patients import locked_patient

# What finance gives alone; a discount and a waiver have limits and a second person.
_CORRECTING = (CreditKind.VOID, CreditKind.CORRECTION)


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


def issue_credit_note(
    db: Session,
    number: str,
    kind: CreditKind,
    reason: str,
    *,
    form: str,
    by: Account,
    lines: Sequence[CreditLine] = (),
) -> CreditNote:
    """Void a bill, or correct lines of it, by a paper that names it.

    A void takes back all that is left of the bill, and its visits may be billed again. With
    the payer's row locked, like every deed that changes dues. A second click is the same
    note: a_second_click_is_the_same_credit.
    """
    permit(db, by, Deed.GIVE_CREDIT)
    if kind not in _CORRECTING:
        raise NotPermitted(deed="give discounts and waivers as corrections")
    told = text.needed(reason, field="Reason", at_most=200)
    bill = locked_bill(db, number)
    return credit(db, bill, kind, told, form=form, by=by, lines=lines)


def locked_bill(db: Session, number: str) -> Invoice:
    """A bill as it is now, with the row of who pays it locked."""
    bill = db.get(Invoice, number)
    if bill is None:
        raise NotFound(what="bill")
    locked_patient(db, bill.payer_id)
    db.refresh(bill)
    return bill


def credit(
    db: Session,
    bill: Invoice,
    kind: CreditKind,
    reason: str,
    *,
    form: str,
    by: Account,
    lines: Sequence[CreditLine] = (),
) -> CreditNote:
    """Write a credit note with the payer's row locked; for siblings, who asked before.

    Without lines it takes back all that is left of the bill. What the bill was paid beyond the
    rest becomes the payer's advance, the newest payment first. Kept by
    no_line_is_credited_beyond_its_amount and no_more_is_credited_than_is_owed.
    """
    same_click = db.exec(select(CreditNote).where(CreditNote.form == form)).first()
    if same_click is not None and same_click.invoice_number == bill.number:
        return same_click
    left = creditable_lines(db, bill)
    parts = _chosen(left, lines) if lines else _whole(bill, left)
    with expecting(db, a_second_click_is_the_same_credit=StaleForm()):
        note = _write(db, bill, kind, reason, parts, form, by)
    if kind is CreditKind.VOID:
        _void_charges(db, bill, note.issued_at)
    settle(db, bill.number, note.issued_at)
    note_deed(
        db,
        by,
        "credit note issued",
        f"credit_note/{note.number}",
        bill=bill.number,
        kind=kind.value,
        total_paise=note.total_paise,
        reason=reason,
    )
    return note


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


def spread(left: Sequence[CreditableLine], amount_paise: int) -> list[CreditLine]:
    """An amount with its tax, as lines before tax, from the first line on; for siblings.

    Refuses more than is left of all of them (CreditNotPossible). Where a rate makes the paisa
    fall between two amounts, the last line takes the lower.
    """
    parts: list[CreditLine] = []
    for one in left:
        gross = min(amount_paise, one.amount_paise + one.tax_paise)
        rate = one.line.tax_basis_points
        net = one.amount_paise if gross == one.amount_paise + one.tax_paise else 0
        if not net and gross:
            net = gross * 10_000 // (10_000 + rate)
            net += net + 1 + tax_on(net + 1, rate) <= gross
        if net:
            parts.append(CreditLine(one.line.id or 0, net))
        amount_paise -= gross
    if amount_paise > 0 or not parts:
        raise CreditNotPossible()
    return parts


def _credited(db: Session, line: InvoiceLine, column: Any) -> int:
    rows = (
        select(total(column))
        .join(CreditNote, col(CreditNote.number) == col(CreditNoteLine.credit_number))
        .where(CreditNoteLine.invoice_line_id == line.id, col(CreditNote.cancelled_at).is_(None))
    )
    return int(db.exec(rows).one())


def _whole(bill: Invoice, left: Sequence[CreditableLine]) -> list[CreditNoteLine]:
    parts = [_part(one, one.amount_paise, one.tax_paise) for one in left if one.amount_paise]
    if not parts:
        raise BillCreditedAlready(number=bill.number)
    return parts


def _chosen(left: Sequence[CreditableLine], lines: Sequence[CreditLine]) -> list[CreditNoteLine]:
    of_line = {one.line.id: one for one in left}
    parts = []
    for wanted in lines:
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


def _write(
    db: Session,
    bill: Invoice,
    kind: CreditKind,
    reason: str,
    parts: Sequence[CreditNoteLine],
    form: str,
    by: Account,
) -> CreditNote:
    given = number_paper(db, "credit")
    subtotal_paise = sum(part.amount_paise for part in parts)
    tax_paise = sum(part.tax_paise for part in parts)
    _free(db, bill, subtotal_paise + tax_paise, given.issued_at)
    # The lines go first: the note's own row seals them (credit_lines_sum_to_the_total).
    for part in parts:
        part.credit_number = given.number
    db.add_all(parts)
    db.flush()
    note = CreditNote(
        **vars(given),
        issued_by=by.id,
        **frozen_hospital(the_hospital(db)),
        invoice_number=bill.number,
        invoice_issued_on=bill.issued_on,
        kind=kind,
        reason=reason,
        patient_number=bill.patient_number,
        patient_name=bill.patient_name,
        patient_address=bill.patient_address,
        subtotal_paise=subtotal_paise,
        tax_paise=tax_paise,
        total_paise=subtotal_paise + tax_paise,
        form=form,
    )
    db.add(note)
    return note


def _free(db: Session, bill: Invoice, credited_paise: int, at: datetime) -> None:
    """Take back so much of what the bill was paid that the credit fits, the newest part first."""
    over = credited_paise - owed_on(db, bill.number)
    for part in standing_parts(db, col(Allocation.invoice_number) == bill.number):
        if over <= 0:
            break
        take_back(db, part, at)
        db.flush()
        over -= part.amount_paise
        if over < 0:
            allocate(db, db.get_one(Payment, part.payment_id), bill.number, -over, at)
    db.flush()


def _charges_of(db: Session, bill: Invoice) -> Sequence[Charge]:
    rows = select(Charge).join(InvoiceLine, col(InvoiceLine.charge_id) == col(Charge.id))
    return db.exec(rows.where(InvoiceLine.invoice_number == bill.number)).all()


def _void_charges(db: Session, bill: Invoice, at: datetime) -> None:
    for charge in _charges_of(db, bill):
        charge.voided_at = at
        db.add(charge)
    db.flush()


def cancel_credit_note(db: Session, number: str, reason: str, *, by: Account) -> CreditNote:
    """Cancel a credit note: what it took back is owed again, and so the gate is asked again.

    What it had freed of payments stays the payer's advance. Refuses a second time
    (CreditCancelledAlready, a_credit_is_cancelled_once), and where the visit was billed again
    or undone meanwhile (BilledAgain, consultation_is_charged_once).
    """
    permit(db, by, Deed.GIVE_CREDIT)
    told = text.needed(reason, field="Reason", at_most=200)
    note = db.get(CreditNote, number)
    if note is None:
        raise NotFound(what="credit note")
    bill = locked_bill(db, note.invoice_number)
    db.refresh(note)
    if note.cancelled_at is not None:
        raise CreditCancelledAlready(number=note.number)
    at = max(clock.now(), note.issued_at)
    with expecting(db, consultation_is_charged_once=BilledAgain(number=bill.number)):
        for charge in _charges_of(db, bill):
            _refuse_undone(db, bill, charge)
            charge.voided_at = None
            db.add(charge)
        note.sqlmodel_update({"cancelled_at": at, "cancelled_by": by.id, "cancel_reason": told})
        db.add(note)
    settle(db, bill.number, at)
    note_deed(
        db,
        by,
        "credit note cancelled",
        f"credit_note/{note.number}",
        bill=bill.number,
        reason=told,
    )
    return note


def _refuse_undone(db: Session, bill: Invoice, charge: Charge) -> None:
    if charge.voided_at is None or charge.appointment_id is None:
        return
    visit = db.get_one(Appointment, charge.appointment_id, populate_existing=True)
    if visit.status not in (AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED):
        raise BilledAgain(number=bill.number)


def unbill(db: Session, appointment: Appointment, reason: str, *, by: Account) -> None:
    """Take back what a visit was charged before it took place; with its patient locked.

    Part of undoing an arrival and of cancelling one who had arrived. What was paid becomes the
    payer's advance, and the visit is billed anew where it takes place after all.
    """
    charge = standing_charge(db, appointment)
    if charge is None:
        return
    bill = bill_with(db, charge)
    if bill is not None and any(one.amount_paise for one in creditable_lines(db, bill)):
        credit(
            db,
            locked_bill(db, bill.number),
            CreditKind.VOID,
            reason,
            form=f"undo/{charge.id}",
            by=by,
        )
    charge.voided_at = charge.voided_at or clock.now()
    db.add(charge)
    db.flush()


def credit_notes_of(db: Session, number: str, *, by: Account) -> Sequence[CreditNote]:
    """The credit notes of a bill, the newest first, cancelled ones too."""
    permit(db, by, Deed.SEE_PAPERS)
    rows = select(CreditNote).where(CreditNote.invoice_number == number)
    return db.exec(rows.order_by(col(CreditNote.issued_at).desc())).all()
