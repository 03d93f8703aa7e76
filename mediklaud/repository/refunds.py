"""Money given back, and payments that came to nothing: a bounced cheque, a card charged back."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from mediklaud import clock, contact, papers, text
from mediklaud.database import expecting, known
from mediklaud.errors import (
    DayIsClosed,
    MoreThanLeft,
    NotFound,
    PaymentReversedAlready,
    RefundNotPossible,
    RefundReferenceUsed,
    StaleForm,
)
from mediklaud.models import (
    Account,
    Allocation,
    Method,
    Patient,
    Payment,
    PaymentReversal,
    Receipt,
    Refund,
)
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.allocations import (
    left_of,
    refunded_of,
    settle,
    standing_parts,
    take_back,
)
from mediklaud.repository.audit import note_deed, note_opened, permit
from mediklaud.repository.hospital import frozen_hospital, number_paper, the_hospital
from mediklaud.repository.invoices import hospital_head, paper_moment
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.payments import (
    METHOD_WORDS,
    kept_reference,
    method_name,
    refuse_kept_before,
)


def refund_payment(
    db: Session,
    payment: Payment,
    amount_paise: int,
    method: Method,
    reason: str,
    *,
    form: str,
    by: Account,
    reference: str = "",
) -> Refund:
    """Give back a part of a payment that pays no bill, and issue the refund voucher.

    Refuses more than is left of it (MoreThanLeft, no_more_is_refunded_than_is_left). A second
    click is the same refund: a_second_click_is_the_same_refund.
    """
    permit(db, by, Deed.REFUND, payment)
    told = text.needed(reason, field="Reason", at_most=200)
    payer = _locked_payer(db, payment)
    same_click = db.exec(select(Refund).where(Refund.form == form)).first()
    if same_click is not None and same_click.payment_id == payment.id:
        return same_click
    if amount_paise <= 0:
        raise RefundNotPossible()
    _refuse_reversed(db, payment)
    left = left_of(db, payment.id)
    if amount_paise > left:
        raise MoreThanLeft(left=rupees(left))
    kept = kept_reference(method, reference)
    used = RefundReferenceUsed(method=METHOD_WORDS[method], reference=kept)
    refuse_kept_before(db, Refund, Method(method), reference, used)
    with expecting(
        db,
        a_refunds_reference_is_used_once=used,
        a_second_click_is_the_same_refund=StaleForm(),
        a_closed_day_takes_no_refund=DayIsClosed(),
    ):
        refund = Refund(
            **vars(number_paper(db, "refund")),
            issued_by=by.id,
            **frozen_hospital(the_hospital(db)),
            payment_id=payment.id or 0,
            payer_id=payer.id or 0,
            amount_paise=amount_paise,
            method=Method(method),
            reference=kept,
            reason=told,
            payer_number=payer.number,
            payer_name=payer.name,
            payer_phone=payer.phone,
            refunded_by_name=by.name,
            form=form,
        )
        db.add(refund)
    note_deed(
        db,
        by,
        "payment refunded",
        f"refund/{refund.number}",
        patient=payer.id,
        payment=payment.id,
        amount_paise=amount_paise,
        method=method.value,
        reason=told,
    )
    return refund


def reverse_payment(db: Session, payment: Payment, reason: str, *, by: Account) -> PaymentReversal:
    """Undo a payment that came to nothing: what it paid is owed again, and the gate with it.

    What of it was refunded before is not owed by itself: that money left the till on a voucher
    of its own, and finance bills it. A second click is the same reversal:
    a_payment_is_reversed_once.
    """
    permit(db, by, Deed.REVERSE_PAYMENT, payment)
    told = text.needed(reason, field="Reason", at_most=200)
    _locked_payer(db, payment)
    standing = _reversal_of(db, payment)
    if standing is not None:
        return standing
    at = max(clock.now(), payment.received_at)
    parts = standing_parts(db, col(Allocation.payment_id) == payment.id)
    for part in parts:
        take_back(db, part, at)
    db.flush()
    with expecting(db, a_closed_day_takes_no_reversal=DayIsClosed()):
        reversal = PaymentReversal(
            payment_id=payment.id or 0,
            reason=told,
            reversed_at=at,
            reversed_on=clock.day_of(at, the_hospital(db).zone),
            reversed_by=by.id,
        )
        db.add(reversal)
    bills = sorted({part.invoice_number for part in parts})
    for number in bills:
        settle(db, number, at)
    note_deed(
        db,
        by,
        "payment reversed",
        f"payment/{payment.id}",
        reason=told,
        bills=bills,
        refunded_paise=refunded_of(db, payment.id),
    )
    return reversal


@dataclass(frozen=True)
class TakenPayment:
    """A payment as it stands now: what of it is left and was refunded in paise, and whether it
    came to nothing."""

    payment: Payment
    left_paise: int
    refunded_paise: int
    reversal: PaymentReversal | None


def payments_on(db: Session, receipt_number: str, *, by: Account) -> list[TakenPayment]:
    """The payments on a receipt, in their order, each as it stands now."""
    permit(db, by, Deed.SEE_PAPERS, f"receipt/{receipt_number}")
    known(db, Receipt, receipt_number)
    rows = select(Payment).where(Payment.receipt_number == receipt_number)
    return [
        TakenPayment(one, left_of(db, one.id), refunded_of(db, one.id), _reversal_of(db, one))
        for one in db.exec(rows.order_by(col(Payment.id)))
    ]


def refunds_of(db: Session, patient_id: int, *, by: Account) -> Sequence[Refund]:
    """What was given back to a payer, the newest first."""
    permit(db, by, Deed.SEE_PAPERS, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    rows = select(Refund).where(Refund.payer_id == patient_id)
    return db.exec(rows.order_by(col(Refund.issued_at).desc()).limit(200)).all()


def refund_paper(db: Session, number: str, *, by: Account) -> papers.RefundVoucher:
    """A refund voucher as it was issued, with the receipt it names, ready to be drawn."""
    permit(db, by, Deed.SEE_PAPERS, f"refund/{number}")
    refund = db.get(Refund, number)
    if refund is None:
        raise NotFound(what="refund voucher", subject=f"refund/{number}")
    payment = db.get_one(Payment, refund.payment_id)
    note_opened(db, by, refund.payer_id, "papers opened")
    return papers.RefundVoucher(
        number=refund.number,
        issued_on=refund.issued_on,
        issued_at_words=paper_moment(db, refund),
        hospital=hospital_head(refund),
        patient_number=refund.payer_number,
        patient_name=refund.payer_name,
        patient_phone=contact.phone_words(refund.payer_phone),
        receipt_number=payment.receipt_number,
        receipt_date=payment.received_on,
        method=method_name(refund.method),
        reference=refund.reference or None,
        reason=refund.reason,
        amount_paise=refund.amount_paise,
        refunded_by=refund.refunded_by_name,
    )


def _locked_payer(db: Session, payment: Payment) -> Patient:
    if payment.id is None or db.get(Payment, payment.id) is None:
        raise NotFound(what="payment", subject=f"payment/{payment.id}")
    return locked_patient(db, payment.payer_id)


def _reversal_of(db: Session, payment: Payment) -> PaymentReversal | None:
    rows = select(PaymentReversal).where(PaymentReversal.payment_id == payment.id)
    return db.exec(rows).first()


def _refuse_reversed(db: Session, payment: Payment) -> None:
    if _reversal_of(db, payment) is not None:
        raise PaymentReversedAlready()
