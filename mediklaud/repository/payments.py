"""The till: money received, set against the oldest bills, with a receipt in the same breath."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from mediklaud import clock, contact, papers, text
from mediklaud.database import expecting, total
from mediklaud.errors import (
    AmountNotPossible,
    CashLimit,
    MoreThanOwed,
    NotFound,
    NothingOwed,
    ReferenceMissing,
    ReferenceUsed,
    StaleForm,
)
from mediklaud.models import Account, Allocation, Invoice, Method, Patient, Payment, Receipt
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.confirmations import write_paper
from mediklaud.repository.dues import Dues, dues_of
from mediklaud.repository.hospital import PaperNumber, number_paper, the_hospital
from mediklaud.repository.invoices import frozen_hospital, hospital_head
from mediklaud.repository.patients import locked_patient

# Income-tax Act 2025, s. 186: nobody may receive this much in cash from a person in a day.
CASH_LIMIT_PAISE = 2_00_000_00
METHOD_WORDS = {
    Method.CASH: "cash",
    Method.UPI: "UPI",
    Method.CARD: "card",
    Method.BANK: "bank transfer",
    Method.CHEQUE: "cheque",
}


def take_payment(
    db: Session,
    patient: Patient,
    amount_paise: int,
    method: Method,
    *,
    form: str,
    by: Account,
    reference: str = "",
) -> Receipt:
    """Take money from a patient, set it against the oldest bills and issue the receipt.

    The patient's row is locked, so that a booking at another desk sees the dues before or
    after, never half. A second click is the same payment:
    a_second_click_is_the_same_payment.
    """
    permit(db, by, Deed.TAKE_PAYMENT)
    locked = locked_patient(db, patient.id)
    same_click = db.exec(select(Payment).where(Payment.form == form)).first()
    if same_click is not None and same_click.patient_id == locked.id:
        return db.exec(select(Receipt).where(Receipt.payment_id == same_click.id)).one()
    dues = dues_of(db, locked.id)
    hospital = the_hospital(db)
    _refuse_amount(db, locked, dues, amount_paise, method, clock.today(hospital.zone))
    kept_reference = _reference(method, reference)
    used = ReferenceUsed(method=METHOD_WORDS[method], reference=kept_reference)
    twice = StaleForm()
    with expecting(db, a_reference_is_used_once=used, a_second_click_is_the_same_payment=twice):
        # Numbered in here, so that a refused payment gives its number back.
        given = number_paper(db, "receipt", hospital.receipt_prefix)
        payment = Payment(
            patient_id=locked.id or 0,
            amount_paise=amount_paise,
            method=Method(method),
            reference=kept_reference,
            received_at=given.issued_at,
            received_on=given.issued_on,
            received_by=by.id,
            form=form,
        )
        db.add(payment)
    _allocate(db, payment, dues)
    receipt = _receipt(db, given, payment, locked, by)
    note_deed(
        db,
        by,
        "payment taken",
        f"payment/{payment.id}",
        amount_paise=amount_paise,
        method=method.value,
        receipt=receipt.number,
    )
    write_paper(db, "receipt", receipt.number, given.issued_on, amount_paise, locked)
    return receipt


def _refuse_amount(
    db: Session, patient: Patient, dues: Dues, amount_paise: int, method: Method, day: date
) -> None:
    if amount_paise <= 0:
        raise AmountNotPossible()
    if not dues.total_paise:
        raise NothingOwed(patient=patient.name)
    if amount_paise > dues.total_paise:
        owed, received = rupees(dues.total_paise), rupees(amount_paise)
        raise MoreThanOwed(patient=patient.name, owed=owed, received=received)
    if method is Method.CASH and _cash_of_day(db, patient, day) + amount_paise >= CASH_LIMIT_PAISE:
        raise CashLimit()


def _cash_of_day(db: Session, patient: Patient, day: date) -> int:
    received = select(total(Payment.amount_paise)).where(
        Payment.patient_id == patient.id,
        Payment.method == Method.CASH,
        Payment.received_on == day,
    )
    return int(db.exec(received).one())


def _reference(method: Method, typed: str) -> str:
    if method is Method.CASH:
        return ""
    # Written small and large on two slips it is one payment still.
    reference = text.line(typed, field="Reference", at_most=40).upper()
    if not reference:
        raise ReferenceMissing(method=METHOD_WORDS[method])
    return reference


def _allocate(db: Session, payment: Payment, dues: Dues) -> None:
    left = payment.amount_paise
    for bill in dues.bills:
        part = min(left, bill.owed_paise)
        if not part:
            break
        left -= part
        db.add(
            Allocation(
                payment_id=payment.id or 0,
                invoice_number=bill.number,
                amount_paise=part,
                allocated_at=payment.received_at,
            )
        )
        if part == bill.owed_paise:
            db.get_one(Invoice, bill.number).settled_at = payment.received_at
    db.flush()


def _receipt(
    db: Session, given: PaperNumber, payment: Payment, patient: Patient, by: Account
) -> Receipt:
    receipt = Receipt(
        **vars(given),
        payment_id=payment.id or 0,
        **frozen_hospital(the_hospital(db)),
        patient_number=patient.number,
        patient_name=patient.name,
        patient_phone=patient.phone,
        received_by_name=by.name,
    )
    db.add(receipt)
    db.flush()
    return receipt


def receipts_of(db: Session, patient_id: int, *, by: Account) -> Sequence[tuple[Receipt, Payment]]:
    """A patient's receipts with their payments, the newest first."""
    permit(db, by, Deed.SEE_PAPERS)
    rows = (
        select(Receipt, Payment)
        .join(Payment, col(Payment.id) == col(Receipt.payment_id))
        .where(Payment.patient_id == patient_id)
        .order_by(col(Payment.received_at).desc())
    )
    return db.exec(rows.limit(200)).all()


def receipt_paper(db: Session, number: str, *, by: Account) -> papers.Receipt:
    """A receipt as it was issued, ready to be drawn."""
    permit(db, by, Deed.SEE_PAPERS)
    receipt = db.get(Receipt, number)
    if receipt is None:
        raise NotFound(what="receipt")
    payment = db.get_one(Payment, receipt.payment_id)
    paid = (
        select(Allocation, Invoice)
        .join(Invoice, col(Invoice.number) == col(Allocation.invoice_number))
        .where(Allocation.payment_id == payment.id)
        .order_by(col(Allocation.id))
    )
    return papers.Receipt(
        number=receipt.number,
        issued_on=receipt.issued_on,
        issued_at_words=clock.paper_words(receipt.issued_at, the_hospital(db).zone),
        hospital=hospital_head(receipt),
        patient_number=receipt.patient_number,
        patient_name=receipt.patient_name,
        patient_phone=contact.phone_words(receipt.patient_phone),
        method=METHOD_WORDS[payment.method].capitalize()
        if payment.method is not Method.UPI
        else METHOD_WORDS[payment.method],
        reference=payment.reference or None,
        amount_paise=payment.amount_paise,
        lines=tuple(_paper_line(part, bill) for part, bill in db.exec(paid)),
        received_by=receipt.received_by_name,
    )


def _paper_line(part: Allocation, bill: Invoice) -> papers.ReceiptLine:
    return papers.ReceiptLine(
        bill_number=bill.number,
        bill_date=bill.issued_on,
        doctor_name=bill.doctor_name,
        doctor_registration=bill.doctor_registration,
        amount_paise=part.amount_paise,
    )
