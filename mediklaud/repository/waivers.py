"""Discounts up to a clerk's limit at once; above it a waiver, which another person decides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import expecting, known, total
from mediklaud.errors import (
    AboveDiscountLimit,
    DiscountTooMuch,
    LimitNotPossible,
    NeedsAPerson,
    NotFound,
    StaleForm,
    WaiverAskedAlready,
    WaiverDecidedAlready,
    YourOwnLimit,
    YourOwnWaiver,
)
from mediklaud.models import (
    Account,
    CreditKind,
    CreditNote,
    Invoice,
    Patient,
    WaiverRequest,
    WaiverStatus,
)
from mediklaud.money import MOST_PAISE, rupees
from mediklaud.permissions import Deed
from mediklaud.repository.accounts import locked_account
from mediklaud.repository.allocations import owed_on
from mediklaud.repository.audit import Change, note_deed, permit
from mediklaud.repository.credit_lines import creditable_lines, spread
from mediklaud.repository.credit_notes import credit, credit_of_form, locked_bill

WAIVERS_A_PAGE = 200


@dataclass(frozen=True)
class AskedWaiver:
    """A waiver asked for, with its bill, whose dues it would lower, and who asks."""

    request: WaiverRequest
    bill: Invoice
    payer: Patient
    asked_by: Account
    owed_paise: int


_WITH_BILLS: Select[*tuple[Any, ...]] = (
    columns(WaiverRequest, Invoice, Patient, Account, col(Invoice.owed_paise))
    .join(Invoice, col(Invoice.number) == col(WaiverRequest.invoice_number))
    .join(Patient, col(Patient.id) == col(Invoice.payer_id))
    .join(Account, col(Account.id) == col(WaiverRequest.requested_by))
)


def give_discount(
    db: Session, number: str, amount_paise: int, reason: str, *, form: str, by: Account
) -> CreditNote:
    """Take a sum off what is owed on a bill at once, up to the clerk's limit for one bill.

    Refuses more (AboveDiscountLimit): then a waiver is asked for. With the payer's row
    locked. A second click is the same note: a_second_click_is_the_same_credit.
    """
    permit(db, by, Deed.GIVE_DISCOUNT, f"invoice/{number}")
    told = text.needed(reason, field="Reason", at_most=200)
    bill = locked_bill(db, number)
    same_click = credit_of_form(db, form, bill)
    if same_click is not None:
        return same_click
    _refuse_amount(db, bill, amount_paise)
    left = discount_left(db, number, by=by)
    if amount_paise > left:
        raise AboveDiscountLimit(left=rupees(left), subject=f"invoice/{number}")
    parts = spread(creditable_lines(db, bill), amount_paise)
    return credit(db, bill, CreditKind.DISCOUNT, told, parts, form=form, by=by)


def discount_left(db: Session, number: str, *, by: Account) -> int:
    """How much of a bill this account may still discount at once, in paise."""
    permit(db, by, Deed.GIVE_DISCOUNT, f"invoice/{number}")
    known(db, Invoice, number)
    given = select(total(CreditNote.total_paise)).where(
        CreditNote.invoice_number == number,
        CreditNote.kind == CreditKind.DISCOUNT,
        CreditNote.issued_by == by.id,
        col(CreditNote.cancelled_at).is_(None),
    )
    # As it is now, whatever the page read.
    limit = db.exec(select(Account.discount_limit_paise).where(Account.id == by.id)).first() or 0
    return max(0, limit - int(db.exec(given).one()))


def set_discount_limit(db: Session, account: Account, limit_paise: int, *, by: Account) -> Account:
    """Let an account discount so much of one bill at once; 0 is nothing.

    Nobody sets the own limit (YourOwnLimit): it is another person's word that a clerk may
    give the hospital's money away.
    """
    permit(db, by, Deed.KEEP_ACCOUNTS, account)
    if account.id == by.id:
        raise YourOwnLimit(subject=f"account/{by.id}")
    if not 0 <= limit_paise <= MOST_PAISE:
        raise LimitNotPossible()
    kept = locked_account(db, account.id)
    before, kept.discount_limit_paise = kept.discount_limit_paise, limit_paise
    if before == limit_paise:
        return kept
    db.add(kept)
    db.flush()
    limit = Change(before, limit_paise)
    note_deed(db, by, "discount limit set", f"account/{kept.id}", limit_paise=limit)
    return kept


def ask_waiver(
    db: Session, number: str, amount_paise: int, reason: str, *, form: str, by: Account
) -> WaiverRequest:
    """Ask another person to waive a sum of what is owed on a bill; nothing is waived yet.

    One request at a time stands on a bill (one_open_waiver_a_bill: WaiverAskedAlready). A
    second click is the same request: a_second_click_is_the_same_waiver.
    """
    permit(db, by, Deed.ASK_WAIVER, f"invoice/{number}")
    person = _person(by)
    told = text.needed(reason, field="Reason", at_most=200)
    bill = locked_bill(db, number)
    same_click = db.exec(select(WaiverRequest).where(WaiverRequest.form == form)).first()
    if same_click is not None and same_click.invoice_number == bill.number:
        return same_click
    _refuse_amount(db, bill, amount_paise)
    with expecting(
        db,
        one_open_waiver_a_bill=WaiverAskedAlready(number=bill.number),
        a_second_click_is_the_same_waiver=StaleForm(),
    ):
        request = WaiverRequest(
            invoice_number=bill.number,
            amount_paise=amount_paise,
            reason=told,
            requested_at=clock.now(),
            requested_by=person,
            form=form,
        )
        db.add(request)
    note_deed(
        db,
        by,
        "waiver asked",
        f"waiver_request/{request.id}",
        bill=bill.number,
        amount_paise=amount_paise,
        reason=told,
    )
    return request


def approve_waiver(
    db: Session, request: WaiverRequest, *, by: Account, note: str = ""
) -> CreditNote:
    """Approve another person's request: the credit note is issued at once, and dues fall.

    Refuses one's own (YourOwnWaiver, nobody_decides_their_own_waiver) and what is more than
    is owed by now (DiscountTooMuch). Two who decide at once meet at the payer's row: a second
    click is the same approval, any other decision is refused (WaiverDecidedAlready).
    """
    permit(db, by, Deed.DECIDE_WAIVER, request)
    told = text.line(note, field="Note", at_most=200)
    bill, kept = _to_decide(db, request, WaiverStatus.APPROVED, by)
    if kept.status is not WaiverStatus.REQUESTED:
        return db.get_one(CreditNote, kept.credit_number)
    _refuse_amount(db, bill, kept.amount_paise)
    parts = spread(creditable_lines(db, bill), kept.amount_paise)
    form = f"waiver/{kept.id}"
    given = credit(db, bill, CreditKind.WAIVER, kept.reason, parts, form=form, by=by)
    _decide(db, kept, WaiverStatus.APPROVED, told, by, credit=given.number)
    return given


def refuse_waiver(
    db: Session, request: WaiverRequest, reason: str, *, by: Account
) -> WaiverRequest:
    """Refuse another person's request, with a reason; a new one may be asked for."""
    permit(db, by, Deed.DECIDE_WAIVER, request)
    told = text.needed(reason, field="Reason", at_most=200)
    _, kept = _to_decide(db, request, WaiverStatus.REFUSED, by)
    if kept.status is WaiverStatus.REQUESTED:
        _decide(db, kept, WaiverStatus.REFUSED, told, by)
    return kept


def asked_waivers(db: Session, *, by: Account) -> list[AskedWaiver]:
    """The waivers that wait for a decision, the oldest first, two hundred at most."""
    permit(db, by, Deed.DECIDE_WAIVER)
    rows = (
        _WITH_BILLS.where(col(WaiverRequest.status) == WaiverStatus.REQUESTED)
        .order_by(col(WaiverRequest.requested_at), col(WaiverRequest.id))
        .limit(WAIVERS_A_PAGE)
    )
    return [AskedWaiver(*told) for told in db.execute(rows)]


def waivers_of(db: Session, number: str, *, by: Account) -> Sequence[WaiverRequest]:
    """The waivers asked for on a bill, the newest first, decided ones too."""
    permit(db, by, Deed.SEE_DUES, f"invoice/{number}")
    known(db, Invoice, number)
    rows = select(WaiverRequest).where(WaiverRequest.invoice_number == number)
    return db.exec(rows.order_by(col(WaiverRequest.id).desc())).all()


def newest_waivers(
    db: Session, numbers: Collection[str], *, by: Account
) -> dict[str, WaiverRequest]:
    """The newest waiver asked for on each of these bills that has one."""
    permit(db, by, Deed.ASK_WAIVER)
    newest = (
        select(func.max(col(WaiverRequest.id)))
        .where(col(WaiverRequest.invoice_number).in_(numbers))
        .group_by(col(WaiverRequest.invoice_number))
    )
    found = db.exec(select(WaiverRequest).where(col(WaiverRequest.id).in_(newest)))
    return {request.invoice_number: request for request in found}


def own_waivers(
    db: Session, *, by: Account, first: int = 0, at_most: int = WAIVERS_A_PAGE
) -> tuple[list[AskedWaiver], int]:
    """What this account asked for, decided or not, the newest first, and how many in all."""
    permit(db, by, Deed.ASK_WAIVER)
    own = col(WaiverRequest.requested_by) == by.id
    rows = _WITH_BILLS.where(own).order_by(col(WaiverRequest.id).desc())
    found = db.execute(rows.offset(first).limit(min(at_most, WAIVERS_A_PAGE)))
    count = db.exec(select(func.count()).select_from(WaiverRequest).where(own)).one()
    return [AskedWaiver(*told) for told in found], count


def _person(by: Account) -> int:
    if by.id is None:
        raise NeedsAPerson()
    return by.id


def _refuse_amount(db: Session, bill: Invoice, amount_paise: int) -> None:
    owed = owed_on(db, bill.number)
    if not 0 < amount_paise <= owed:
        raise DiscountTooMuch(number=bill.number, owed=rupees(owed))


def _to_decide(
    db: Session, request: WaiverRequest, decision: WaiverStatus, by: Account
) -> tuple[Invoice, WaiverRequest]:
    """The request as it is now, with the payer's row locked; this very decision may stand."""
    person = _person(by)
    if request.id is None or db.get(WaiverRequest, request.id) is None:
        raise NotFound(what="waiver", subject=f"waiver_request/{request.id}")
    bill = locked_bill(db, request.invoice_number)
    kept = db.get_one(WaiverRequest, request.id, populate_existing=True)
    if kept.requested_by == person:
        raise YourOwnWaiver(subject=f"waiver_request/{kept.id}")
    decided = (kept.status, kept.decided_by)
    if kept.status is not WaiverStatus.REQUESTED and decided != (decision, person):
        raise WaiverDecidedAlready(status=kept.status.value)
    return bill, kept


def _decide(
    db: Session,
    kept: WaiverRequest,
    decision: WaiverStatus,
    words: str,
    by: Account,
    *,
    credit: str | None = None,
) -> None:
    at = max(clock.now(), kept.requested_at)
    kept.sqlmodel_update(
        {
            "status": decision,
            "decided_at": at,
            "decided_by": by.id,
            "decision": words,
            "credit_number": credit,
        }
    )
    db.add(kept)
    db.flush()
    note_deed(
        db,
        by,
        f"waiver {decision.value}",
        f"waiver_request/{kept.id}",
        bill=kept.invoice_number,
        amount_paise=kept.amount_paise,
        decision=words,
    )
