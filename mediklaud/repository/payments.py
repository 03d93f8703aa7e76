"""The till: money received in one way or several, set against bills, with a receipt at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, and_, col, or_, select

from mediklaud import clock, contact, papers, text
from mediklaud.database import expecting_at_once, known, there, total, written
from mediklaud.errors import (
    AmountNotPossible,
    BillNotOpen,
    BillOfAnotherPayer,
    CashLimit,
    DayIsClosed,
    MoreThanOwed,
    NotFound,
    NothingOwed,
    ReferenceMissing,
    ReferenceUsed,
    Refusal,
    StaleForm,
    TenderedTooLittle,
)
from mediklaud.hot import Hot
from mediklaud.models import (
    Account,
    Allocation,
    Invoice,
    Method,
    Patient,
    Payment,
    PaymentReversal,
    Receipt,
    ReceiptKind,
    Refund,
)
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.allocations import STANDING, allocate, settle
from mediklaud.repository.audit import note_deed, note_opened, permit
from mediklaud.repository.confirmations import write_paper
from mediklaud.repository.dues import OpenBill, dues_now
from mediklaud.repository.hospital import (
    PaperNumber,
    frozen_hospital,
    number_paper,
    rules_of_the_house,
    the_hospital,
)
from mediklaud.repository.invoices import hospital_head, paper_moment
from mediklaud.repository.patients import lock_patient
from mediklaud.repository.payers import last_adult_birth, payer_of

# Income-tax Act 2025, s. 186: nobody may receive this much in cash from a person in a day.
CASH_LIMIT_PAISE = 2_00_000_00
METHOD_WORDS = {
    Method.CASH: "cash",
    Method.UPI: "UPI",
    Method.CARD: "card",
    Method.BANK: "bank transfer",
    Method.CHEQUE: "cheque",
}


# A payer, and the minors they pay for: what a child owes in the own name from before is
# handed over by the same hand.
_ONE_HAND = select(col(Patient.id)).where(
    or_(
        col(Patient.id) == bindparam("payer_id"),
        and_(
            col(Patient.payer_id) == bindparam("payer_id"),
            col(Patient.birth_date) > bindparam("last_adult_birth"),
        ),
    )
)
_CASH_OF_DAY = Hot(
    select(total(Payment.amount_paise)).where(
        col(Payment.payer_id).in_(_ONE_HAND),
        col(Payment.method) == Method.CASH,
        col(Payment.received_on) == bindparam("day"),
        STANDING,
    )
)
_RECEIPT_OF_FORM = Hot(select(col(Receipt.number)).where(col(Receipt.form) == bindparam("form")))


@dataclass(frozen=True)
class Tender:
    """A part of a payment in one way; for cash, what was handed over, where change is given."""

    amount_paise: int
    method: Method
    reference: str = ""
    tendered_paise: int | None = None


def take_payment(
    db: Session,
    patient: Patient,
    amount_paise: int,
    method: Method,
    *,
    form: str,
    by: Account,
    reference: str = "",
    tendered_paise: int | None = None,
    bills: Sequence[str] = (),
) -> Receipt:
    """Take money in one way; everything else is as `take_tenders` says."""
    tender = Tender(amount_paise, method, reference, tendered_paise)
    return take_tenders(db, patient, [tender], form=form, by=by, bills=bills)


def take_tenders(
    db: Session,
    patient: Patient,
    tenders: Sequence[Tender],
    *,
    form: str,
    by: Account,
    bills: Sequence[str] = (),
) -> Receipt:
    """Take money for a patient in several ways at once, pay bills with it and give one receipt.

    It pays the bills chosen, in their order, or else the oldest first. For a minor it is the
    payer's money. The rows of both are locked, so that a booking at another desk sees the
    dues before or after, never half. A second click is the same payment:
    a_second_click_is_the_same_payment.
    """
    permit(db, by, Deed.TAKE_PAYMENT, patient)
    locked = lock_patient(db, patient.id)
    same_click = receipt_of_form(db, form, locked)
    if same_click is not None:
        return same_click
    payer, owed = to_pay(db, locked, bills)
    received = sum(tender.amount_paise for tender in tenders)
    _refuse_more_than_owed(payer, owed, received)
    with db.begin_nested():
        receipt, payments = receive(db, ReceiptKind.RECEIPT, payer, tenders, form=form, by=by)
    pay_bills(db, payments, owed, receipt)
    write_paper(db, "receipt", receipt.number, receipt.issued_on, receipt.amount_paise, payer)
    return receipt


def receipt_of_form(db: Session, form: str, patient: Patient) -> Receipt | None:
    """What an earlier click on the same form took from this patient or their payer."""
    db.flush()
    found = _RECEIPT_OF_FORM.first(db, {"form": form})
    kept = db.get(Receipt, found[0]) if found else None
    return kept if kept is not None and kept.payer_id in (patient.id, patient.payer_id) else None


def to_pay(db: Session, patient: Patient, chosen: Sequence[str]) -> tuple[Patient, list[OpenBill]]:
    """Who pays now, and the bills their money is for; for siblings. A receipt is of one payer.

    Bills chosen of two payers at once, or of somebody else, are refused (BillOfAnotherPayer).
    """
    owed = {bill.number: bill for bill in dues_now(db, patient).bills}
    payer = payer_of(db, patient)
    if chosen:
        gone = next((number for number in chosen if number not in owed), None)
        if gone is not None:
            raise _not_owed(db, known(db, Invoice, gone), patient, payer)
        bills = [owed[number] for number in dict.fromkeys(chosen)]
    else:
        bills = list(owed.values())
    # What a minor owes in their own name from before is paid once the payer owes nothing.
    if all(bill.payer_id == patient.id for bill in bills):
        payer = patient
    other = next((bill for bill in bills if bill.payer_id != payer.id), None)
    if chosen and other is not None:
        raise _of_another(db, other.number, other.payer_id, payer)
    return payer, [bill for bill in bills if bill.payer_id == payer.id]


def _not_owed(db: Session, bill: Invoice, patient: Patient, payer: Patient) -> Refusal:
    if bill.settled_at is not None or bill.payer_id in (patient.id, payer.id):
        return BillNotOpen(number=bill.number)
    return _of_another(db, bill.number, bill.payer_id, payer)


def _of_another(db: Session, number: str, payer_id: int, payer: Patient) -> Refusal:
    whose, subject = db.get_one(Patient, payer_id).name, f"invoice/{number}"
    return BillOfAnotherPayer(number=number, owes=whose, payer=payer.name, subject=subject)


def bills_to_pay(db: Session, patient: Patient, *, by: Account) -> tuple[Patient, list[OpenBill]]:
    """Who pays now and the bills there are to pay; none where nothing is owed."""
    permit(db, by, Deed.SEE_DUES, patient)
    kept = there(db.get(Patient, patient.id), "patient", patient.id)
    payer, bills = to_pay(db, kept, ())
    return (payer, bills) if bills else (payer_of(db, kept), [])


def _refuse_more_than_owed(payer: Patient, owed: Sequence[OpenBill], received: int) -> None:
    total_paise = sum(bill.owed_paise for bill in owed)
    if received <= 0:
        raise AmountNotPossible()
    if not total_paise:
        raise NothingOwed(patient=payer.name)
    if received > total_paise:
        raise MoreThanOwed(patient=payer.name, owed=rupees(total_paise), received=rupees(received))


def receive(
    db: Session,
    kind: ReceiptKind,
    payer: Patient,
    tenders: Sequence[Tender],
    *,
    form: str,
    by: Account,
) -> tuple[Receipt, list[Payment]]:
    """Write down money received and its receipt, with the payer's row locked; for siblings.

    In a savepoint, so that what is refused gives its number back.
    """
    _refuse_tenders(db, payer, tenders)
    given = number_paper(db, kind.value)
    payments = [_payment(db, given, payer, tender, by) for tender in tenders]
    row = dict(
        **vars(given),
        kind=kind,
        payer_id=payer.id or 0,
        amount_paise=sum(payment.amount_paise for payment in payments),
        issued_by=by.id,
        **frozen_hospital(rules_of_the_house(db)),
        payer_number=payer.number,
        payer_name=payer.name,
        payer_phone=payer.phone,
        received_by_name=by.name,
        form=form,
    )
    with expecting_at_once(db, lambda: {"a_second_click_is_the_same_payment": StaleForm()}):
        receipt = written(db, Receipt, row)
    note_deed(
        db,
        by,
        "advance taken" if kind is ReceiptKind.ADVANCE else "payment taken",
        f"receipt/{receipt.number}",
        patient=payer.id,
        amount_paise=receipt.amount_paise,
        methods=[payment.method.value for payment in payments],
    )
    return receipt, payments


def _refuse_tenders(db: Session, payer: Patient, tenders: Sequence[Tender]) -> None:
    if not tenders:
        raise AmountNotPossible()
    for tender in tenders:
        if tender.amount_paise <= 0:
            raise AmountNotPossible()
        handed = tender.tendered_paise if Method(tender.method) is Method.CASH else None
        if handed is not None and handed < tender.amount_paise:
            raise TenderedTooLittle(amount=rupees(tender.amount_paise))
    cash_paise = sum(one.amount_paise for one in tenders if one.method is Method.CASH)
    if not cash_paise:
        return
    today = clock.today(rules_of_the_house(db).zone)
    if _cash_of_day(db, payer, today) + cash_paise >= CASH_LIMIT_PAISE:
        raise CashLimit()


def _cash_of_day(db: Session, payer: Patient, day: date) -> int:
    """All cash of a person that day, in advance too; what was undone was never received."""
    hand = payer_of(db, payer).id
    asked = {"payer_id": hand, "day": day, "last_adult_birth": last_adult_birth(day)}
    return int(_CASH_OF_DAY.first(db, asked)[0])


def _payment(
    db: Session, given: PaperNumber, payer: Patient, tender: Tender, by: Account
) -> Payment:
    method = Method(tender.method)
    reference = kept_reference(method, tender.reference)
    used = ReferenceUsed(method=METHOD_WORDS[method], reference=reference)
    refuse_kept_before(db, Payment, method, tender.reference, used)
    closed = DayIsClosed()
    row = {
        "receipt_number": given.number,
        "payer_id": payer.id or 0,
        "amount_paise": tender.amount_paise,
        "tendered_paise": tender.tendered_paise if method is Method.CASH else None,
        "method": method,
        "reference": reference,
        "received_at": given.issued_at,
        "received_on": given.issued_on,
        "received_by": by.id,
    }
    refusals = {"a_reference_is_used_once": used, "a_closed_day_takes_no_receipt": closed}
    with expecting_at_once(db, lambda: refusals):
        return written(db, Payment, row)


def kept_reference(method: Method, typed: str) -> str:
    """The reference of a payment or refund as it is kept; cash has none.

    However it is written on two slips ("12 34", "#1234", "UPI 1234", digits of a phone's
    keyboard) it is one payment still, so letters and digits alone are kept and compared.
    """
    if method is Method.CASH:
        return ""
    reference = text.bare(text.line(typed, field="Reference", at_most=40))
    reference = reference.removeprefix(text.bare(METHOD_WORDS[method])) or reference
    if not reference:
        raise ReferenceMissing(method=METHOD_WORDS[method])
    return reference


def refuse_kept_before(
    db: Session, table: type[Payment | Refund], method: Method, typed: str, used: Refusal
) -> None:
    """Refuse a reference that an earlier release kept as it was typed, in large letters."""
    before = text.line(typed, field="Reference", at_most=40).upper()
    if method is Method.CASH or before == kept_reference(method, typed):
        return
    kept = columns(col(table.reference)).where(col(table.method) == method)
    if db.execute(kept.where(col(table.reference) == before).limit(1)).first() is not None:
        raise used


def pay_bills(
    db: Session, payments: Sequence[Payment], owed: Sequence[OpenBill], receipt: Receipt
) -> None:
    """Set new payments against bills, each to its end before the next."""
    left = {bill.number: bill.owed_paise for bill in owed}
    for payment in payments:
        rest = payment.amount_paise
        for number in left:
            part = min(rest, left[number])
            if part:
                allocate(db, payment, number, part, receipt.issued_at)
            rest, left[number] = rest - part, left[number] - part
    for bill in owed:
        if left[bill.number] < bill.owed_paise:
            settle(db, bill.number, receipt.issued_at)


def receipts_of(
    db: Session, patient_id: int, *, by: Account
) -> list[tuple[Receipt, list[Payment]]]:
    """The receipts of a patient, or of a minor's payer, with their payments, newest first."""
    permit(db, by, Deed.SEE_PAPERS, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    payer = select(Patient.payer_id).where(Patient.id == patient_id).scalar_subquery()
    rows = select(Receipt).where(or_(Receipt.payer_id == patient_id, Receipt.payer_id == payer))
    receipts = db.exec(rows.order_by(col(Receipt.issued_at).desc()).limit(200)).all()
    numbers = [receipt.number for receipt in receipts]
    taken = select(Payment).where(col(Payment.receipt_number).in_(numbers))
    payments = db.exec(taken.order_by(col(Payment.id))).all()
    return [
        (one, [payment for payment in payments if payment.receipt_number == one.number])
        for one in receipts
    ]


def receipt_paper(db: Session, number: str, *, by: Account) -> papers.Receipt:
    """A receipt as it was issued, ready to be drawn; what came to nothing says so."""
    permit(db, by, Deed.SEE_PAPERS, f"receipt/{number}")
    receipt = _numbered(db, number, ReceiptKind.RECEIPT, by)
    paid = (
        select(Allocation, Invoice)
        .join(Payment, col(Payment.id) == col(Allocation.payment_id))
        .join(Invoice, col(Invoice.number) == col(Allocation.invoice_number))
        .where(
            Payment.receipt_number == number,
            Allocation.allocated_at == receipt.issued_at,
            Allocation.amount_paise > 0,
        )
        .order_by(col(Allocation.id))
    )
    own = _own_parts(db.exec(paid).all(), receipt.amount_paise)
    lines = tuple(_paper_line(part, bill) for part, bill in own)
    head = _head(db, receipt)
    first = head["tenders"][0]
    return papers.Receipt(**head, method=first.method, reference=first.reference, lines=lines)


def _own_parts(
    parts: Sequence[tuple[Allocation, Invoice]], amount_paise: int
) -> Iterator[tuple[Allocation, Invoice]]:
    """The parts written in the receipt's own deed, which come first and sum to it.

    What was taken back of them and set against another bill later, even in the same moment,
    was never on the paper.
    """
    left = amount_paise
    for part, bill in parts:
        if not left:
            return
        left -= part.amount_paise
        yield part, bill


def advance_paper(db: Session, number: str, *, by: Account) -> papers.AdvanceReceipt:
    """An advance receipt as it was issued, ready to be drawn."""
    permit(db, by, Deed.SEE_PAPERS, f"receipt/{number}")
    return papers.AdvanceReceipt(**_head(db, _numbered(db, number, ReceiptKind.ADVANCE, by)))


def _numbered(db: Session, number: str, kind: ReceiptKind, by: Account) -> Receipt:
    receipt = db.get(Receipt, number)
    if receipt is None or receipt.kind is not kind:
        what = "receipt" if kind is ReceiptKind.RECEIPT else "advance receipt"
        raise NotFound(what=what, subject=f"receipt/{number}")
    note_opened(db, by, receipt.payer_id, "papers opened")
    return receipt


def _head(db: Session, receipt: Receipt) -> dict[str, Any]:
    return {
        "number": receipt.number,
        "issued_on": receipt.issued_on,
        "issued_at_words": paper_moment(db, receipt),
        "hospital": hospital_head(receipt),
        "patient_number": receipt.payer_number,
        "patient_name": receipt.payer_name,
        "patient_phone": contact.phone_words(receipt.payer_phone),
        "tenders": _paper_tenders(db, receipt),
        "amount_paise": receipt.amount_paise,
        "received_by": receipt.received_by_name,
    }


def _paper_tenders(db: Session, receipt: Receipt) -> tuple[papers.Tender, ...]:
    rows = (
        select(Payment, PaymentReversal)
        .outerjoin(PaymentReversal, col(PaymentReversal.payment_id) == col(Payment.id))
        .where(Payment.receipt_number == receipt.number)
        .order_by(col(Payment.id))
    )
    zone = the_hospital(db).zone
    return tuple(
        papers.Tender(
            method=method_name(payment.method),
            amount_paise=payment.amount_paise,
            reference=payment.reference or None,
            tendered_paise=payment.tendered_paise,
            reversed=f"{clock.paper_words(gone.reversed_at, zone)}: {gone.reason}" if gone else "",
        )
        for payment, gone in db.exec(rows).all()
    )


def method_name(method: Method) -> str:
    """A way of paying as a paper's column says it: Cash, UPI, Bank transfer."""
    words = METHOD_WORDS[method]
    return words if method is Method.UPI else words.capitalize()


def _paper_line(part: Allocation, bill: Invoice) -> papers.ReceiptLine:
    return papers.ReceiptLine(
        bill_number=bill.number,
        bill_date=bill.issued_on,
        doctor_name=bill.doctor_name,
        doctor_registration=bill.doctor_registration,
        amount_paise=part.amount_paise,
    )
