"""Credit notes: a bill corrected or voided by another numbered paper, which may be cancelled."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, or_, select

from mediklaud import clock, contact, papers, text
from mediklaud.database import expecting, known
from mediklaud.errors import (
    BilledAgain,
    BillVoided,
    CreditCancelledAlready,
    CreditedWhole,
    CreditNotPossible,
    DiscountElsewhere,
    LeftOfBillMoved,
    NotFound,
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
    Patient,
    Payment,
)
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.allocations import allocate, owed_on, settle, standing_parts, take_back
from mediklaud.repository.audit import note_deed, note_opened, permit
from mediklaud.repository.credit_lines import (
    CreditLine,
    all_that_is_left,
    creditable_lines,
    parts_of,
)
from mediklaud.repository.hospital import frozen_hospital, number_paper, the_hospital
from mediklaud.repository.invoices import (
    bill_with,
    hospital_head,
    paper_moment,
    standing_charge,
)
from mediklaud.repository.patients import locked_patient

# What finance gives alone; a discount and a waiver have limits and a second person.
_CORRECTING = (CreditKind.VOID, CreditKind.CORRECTION)


def issue_credit_note(
    db: Session,
    number: str,
    kind: CreditKind,
    reason: str,
    *,
    form: str,
    by: Account,
    lines: Sequence[CreditLine] = (),
    left_paise: int | None = None,
) -> CreditNote:
    """Void a bill, or correct lines of it, by a paper that names it.

    A void takes back all that is left of the bill, and its visits may be billed again; a
    correction takes back less (CreditedWhole). `left_paise` is what the desk was shown to be
    left for a void: another sum is refused (LeftOfBillMoved). With the payer's row locked, like
    every deed that changes dues. A second click is the same note:
    a_second_click_is_the_same_credit.
    """
    permit(db, by, Deed.GIVE_CREDIT, f"invoice/{number}")
    if kind not in _CORRECTING:
        raise DiscountElsewhere()
    if (kind is CreditKind.VOID) == bool(lines):
        raise CreditNotPossible()
    told = text.needed(reason, field="Reason", at_most=200)
    bill = locked_bill(db, number)
    same_click = credit_of_form(db, form, bill)
    if same_click is not None:
        return same_click
    left = creditable_lines(db, bill)
    now_paise = sum(one.gross_paise for one in left)
    if kind is CreditKind.VOID:
        if left_paise not in (None, now_paise):
            shown = {"left": rupees(now_paise), "shown": rupees(left_paise or 0)}
            raise LeftOfBillMoved(number=bill.number, **shown)
        return credit(db, bill, kind, told, all_that_is_left(bill, left), form=form, by=by)
    parts = parts_of(left, lines)
    if sum(one.amount_paise + one.tax_paise for one in parts) == now_paise:
        raise CreditedWhole(number=bill.number)
    return credit(db, bill, kind, told, parts, form=form, by=by)


def locked_bill(db: Session, number: str) -> Invoice:
    """A bill as it is now, with the row of who pays it locked."""
    bill = db.get(Invoice, number)
    if bill is None:
        raise NotFound(what="bill", subject=f"invoice/{number}")
    locked_patient(db, bill.payer_id)
    db.refresh(bill)
    return bill


def credit_of_form(db: Session, form: str, bill: Invoice) -> CreditNote | None:
    """What an earlier click on the same form took back of this bill; for siblings."""
    found = db.exec(select(CreditNote).where(CreditNote.form == form)).first()
    return found if found is not None and found.invoice_number == bill.number else None


def credit(
    db: Session,
    bill: Invoice,
    kind: CreditKind,
    reason: str,
    parts: Sequence[CreditNoteLine],
    *,
    form: str,
    by: Account,
) -> CreditNote:
    """Write a credit note with the payer's row locked; for siblings, who asked before.

    What the bill was paid beyond the rest becomes the payer's advance, the newest payment
    first. Kept by no_line_is_credited_beyond_its_amount and no_more_is_credited_than_is_owed.
    """
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
    (CreditCancelledAlready, a_credit_is_cancelled_once), where the bill was voided after it
    (BillVoided), and where the visit was billed again or undone meanwhile (BilledAgain,
    consultation_is_charged_once).
    """
    permit(db, by, Deed.GIVE_CREDIT, f"credit_note/{number}")
    told = text.needed(reason, field="Reason", at_most=200)
    note = db.get(CreditNote, number)
    if note is None:
        raise NotFound(what="credit note", subject=f"credit_note/{number}")
    bill = locked_bill(db, note.invoice_number)
    db.refresh(note)
    if note.cancelled_at is not None:
        raise CreditCancelledAlready(number=note.number)
    _refuse_voided(db, bill, but=note)
    at = max(clock.now(), note.issued_at)
    with expecting(db, consultation_is_charged_once=BilledAgain(number=bill.number)):
        for charge in _charges_of(db, bill):
            _refuse_undone(db, bill, charge)
            charge.voided_at = None
            db.add(charge)
        day = clock.day_of(at, the_hospital(db).zone)
        when = {"cancelled_at": at, "cancelled_on": day}
        note.sqlmodel_update({**when, "cancelled_by": by.id, "cancel_reason": told})
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


def _refuse_voided(db: Session, bill: Invoice, *, but: CreditNote) -> None:
    standing = select(CreditNote).where(
        CreditNote.invoice_number == bill.number,
        CreditNote.kind == CreditKind.VOID,
        CreditNote.number != but.number,
        col(CreditNote.cancelled_at).is_(None),
    )
    void = db.exec(standing).first()
    if void is not None:
        raise BillVoided(number=bill.number, void=void.number)


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
    left = creditable_lines(db, bill) if bill is not None else []
    if bill is not None and any(one.gross_paise for one in left):
        locked = locked_bill(db, bill.number)
        parts = all_that_is_left(locked, creditable_lines(db, locked))
        credit(db, locked, CreditKind.VOID, reason, parts, form=f"undo/{charge.id}", by=by)
    charge.voided_at = charge.voided_at or clock.now()
    db.add(charge)
    db.flush()


def credit_notes_of(db: Session, number: str, *, by: Account) -> Sequence[CreditNote]:
    """The credit notes of a bill, the newest first, cancelled ones too."""
    permit(db, by, Deed.SEE_PAPERS, f"invoice/{number}")
    known(db, Invoice, number)
    rows = select(CreditNote).where(CreditNote.invoice_number == number)
    return db.exec(rows.order_by(col(CreditNote.issued_at).desc())).all()


def credit_notes_of_patient(db: Session, patient_id: int, *, by: Account) -> Sequence[CreditNote]:
    """The credit notes of a patient's bills, and of those they pay, the newest first."""
    permit(db, by, Deed.SEE_PAPERS, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    rows = (
        select(CreditNote)
        .join(Invoice, col(Invoice.number) == col(CreditNote.invoice_number))
        .where(or_(Invoice.patient_id == patient_id, Invoice.payer_id == patient_id))
    )
    return db.exec(rows.order_by(col(CreditNote.issued_at).desc()).limit(200)).all()


def credit_note_paper(db: Session, number: str, *, by: Account) -> papers.CreditNote:
    """A credit note as it was issued, and whether it was cancelled, ready to be drawn."""
    permit(db, by, Deed.SEE_PAPERS, f"credit_note/{number}")
    note = db.get(CreditNote, number)
    if note is None:
        raise NotFound(what="credit note", subject=f"credit_note/{number}")
    bill = db.get_one(Invoice, note.invoice_number)
    note_opened(db, by, bill.patient_id, "papers opened")
    rows = (
        select(CreditNoteLine, InvoiceLine)
        .join(InvoiceLine, col(InvoiceLine.id) == col(CreditNoteLine.invoice_line_id))
        .where(CreditNoteLine.credit_number == number)
        .order_by(col(CreditNoteLine.id))
    )
    issued_by = db.get(Account, note.issued_by) if note.issued_by else None
    return papers.CreditNote(
        number=note.number,
        issued_on=note.issued_on,
        issued_at_words=paper_moment(db, note),
        hospital=hospital_head(note),
        patient_number=note.patient_number,
        patient_name=note.patient_name,
        patient_address=note.patient_address,
        patient_phone=contact.phone_words(bill.patient_phone),
        bill_number=bill.number,
        bill_date=note.invoice_issued_on,
        doctor_name=bill.doctor_name,
        doctor_registration=bill.doctor_registration,
        kind=note.kind.value.capitalize(),
        reason=note.reason,
        lines=tuple(_paper_line(line, of) for line, of in db.exec(rows)),
        total_paise=note.total_paise,
        issued_by=issued_by.name if issued_by else "",
        payer_name=bill.payer_name if bill.payer_id != bill.patient_id else "",
        cancelled=_cancelled_words(db, note),
    )


def _paper_line(line: CreditNoteLine, of: InvoiceLine) -> papers.CreditLine:
    return papers.CreditLine(
        description=line.description,
        sac=of.sac,
        amount_paise=line.amount_paise,
        tax_basis_points=of.tax_basis_points,
        tax_paise=line.tax_paise,
    )


def _cancelled_words(db: Session, note: CreditNote) -> str:
    if note.cancelled_at is None:
        return ""
    return f"{clock.paper_words(note.cancelled_at, the_hospital(db).zone)}: {note.cancel_reason}"
