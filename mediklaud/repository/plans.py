"""Payment plans: open bills paid in instalments, which open routine booking while they are kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select
from sqlmodel import select as rows_of

from mediklaud import clock, text
from mediklaud.database import expecting, known
from mediklaud.errors import (
    BillOnPlan,
    InstalmentsNotPossible,
    NotFound,
    NothingOwed,
    PlanSumDiffers,
    StaleForm,
)
from mediklaud.models import Account, Instalment, Invoice, Patient, PaymentPlan, PlanBill
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.dues import OpenBill
from mediklaud.repository.hospital import next_number, the_hospital
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.payments import to_pay
from mediklaud.repository.standings import bills_kept_clear, is_kept

MOST_INSTALMENTS = 24
_FURTHEST = timedelta(days=2 * 366)
PLANS_A_PAGE = 200


@dataclass(frozen=True)
class Part:
    """What is to be paid by the end of a day."""

    due_on: date
    amount_paise: int


@dataclass(frozen=True)
class PartView:
    """An instalment and how much of it is cleared by now; the earliest is cleared first."""

    due_on: date
    amount_paise: int
    cleared_paise: int


@dataclass(frozen=True)
class PlanView:
    """A plan as it stands today. Sums in paise."""

    plan: PaymentPlan
    payer: Patient
    bills: tuple[PlanBill, ...]
    parts: tuple[PartView, ...]
    owed_paise: int
    due_paise: int

    @property
    def cleared_paise(self) -> int:
        """What was cleared since it was agreed; below zero where an earlier payment bounced."""
        return self.plan.total_paise - self.owed_paise

    @property
    def kept(self) -> bool:
        """Whether it is in good standing: it stands, and what was due before today is cleared."""
        standing = self.plan.ended_at is None
        return standing and is_kept(self.plan.total_paise, self.owed_paise, self.due_paise)

    @property
    def missed_paise(self) -> int:
        """What was due before today and is not cleared."""
        return max(0, self.due_paise - self.cleared_paise)

    @property
    def next_part(self) -> PartView | None:
        """The first instalment that is not cleared."""
        return next((one for one in self.parts if one.cleared_paise < one.amount_paise), None)


def agree_plan(
    db: Session,
    patient: Patient,
    parts: Sequence[Part],
    *,
    form: str,
    by: Account,
    bills: Sequence[str] = (),
) -> PaymentPlan:
    """Agree that open bills are paid in instalments: those chosen, or all that are on no plan.

    For a minor it is the payer's plan. While it is kept its bills hold no booking back. With
    the payer's row locked, so that a booking at another desk sees the plan or does not.
    a_bill_is_on_one_plan keeps two desks from agreeing twice, and a second click is the same
    plan: a_second_click_is_the_same_plan.
    """
    permit(db, by, Deed.AGREE_PLAN, patient)
    locked = locked_patient(db, patient.id)
    same_click = db.exec(select(PaymentPlan).where(PaymentPlan.form == form)).first()
    if same_click is not None and same_click.payer_id in (locked.id, locked.payer_id):
        return same_click
    payer, owed = to_pay(db, locked, bills)
    covered = _free_of_plans(payer, owed, chosen=bool(bills))
    _refuse_parts(db, parts, covered)
    plan = PaymentPlan(
        id=next_number(db, "plan"),
        payer_id=payer.id or 0,
        total_paise=sum(bill.owed_paise for bill in covered),
        agreed_at=clock.now(),
        agreed_by=by.id,
        form=form,
    )
    _write(db, plan, parts, covered)
    note_deed(
        db,
        by,
        "plan agreed",
        f"payment_plan/{plan.id}",
        patient=payer.id,
        bills=[bill.number for bill in covered],
        instalments=[[one.due_on.isoformat(), one.amount_paise] for one in parts],
    )
    return plan


def _free_of_plans(payer: Patient, owed: Sequence[OpenBill], *, chosen: bool) -> list[OpenBill]:
    free = [bill for bill in owed if bill.on_kept_plan is None]
    planned = [bill for bill in owed if bill.on_kept_plan is not None]
    if planned and (chosen or not free):
        raise BillOnPlan(number=planned[0].number)
    if not free:
        raise NothingOwed(patient=payer.name)
    return free


def _refuse_parts(db: Session, parts: Sequence[Part], covered: Sequence[OpenBill]) -> None:
    today = clock.today(the_hospital(db).zone)
    days = [part.due_on for part in parts]
    possible = all(
        part.amount_paise > 0 and today <= part.due_on <= today + _FURTHEST for part in parts
    )
    if not possible or len(set(days)) != len(days) or not 1 <= len(days) <= MOST_INSTALMENTS:
        raise InstalmentsNotPossible(most=MOST_INSTALMENTS)
    owed = sum(bill.owed_paise for bill in covered)
    agreed = sum(part.amount_paise for part in parts)
    if agreed != owed:
        raise PlanSumDiffers(agreed=rupees(agreed), owed=rupees(owed))


def _write(
    db: Session, plan: PaymentPlan, parts: Sequence[Part], covered: Sequence[OpenBill]
) -> None:
    """The bills and instalments go first: the plan's own row seals them."""
    with expecting(db, a_second_click_is_the_same_plan=StaleForm()):
        db.add_all(
            PlanBill(plan_id=plan.id, invoice_number=bill.number, owed_paise=bill.owed_paise)
            for bill in covered
        )
        db.add_all(
            Instalment(plan_id=plan.id, due_on=part.due_on, amount_paise=part.amount_paise)
            for part in sorted(parts, key=lambda part: part.due_on)
        )
        db.flush()
        db.add(plan)


def end_plan(db: Session, plan: PaymentPlan, reason: str, *, by: Account) -> PaymentPlan:
    """End a plan: what is still owed on its bills holds booking back again.

    With the payer's row locked, like every deed that changes the gate. A plan that has ended
    stays as it ended (a_plan_is_ended_once), so a second click is the same end.
    """
    permit(db, by, Deed.AGREE_PLAN, plan)
    told = text.needed(reason, field="Reason", at_most=200)
    kept = _locked_plan(db, plan)
    if kept.ended_at is not None:
        return kept
    at = max(clock.now(), kept.agreed_at)
    kept.sqlmodel_update({"ended_at": at, "ended_by": by.id, "end_reason": told})
    db.add(kept)
    db.flush()
    note_deed(db, by, "plan ended", f"payment_plan/{kept.id}", patient=kept.payer_id, reason=told)
    return kept


def _locked_plan(db: Session, plan: PaymentPlan) -> PaymentPlan:
    found = db.get(PaymentPlan, plan.id)
    if found is None:
        raise NotFound(what="payment plan", subject=f"payment_plan/{plan.id}")
    locked_patient(db, found.payer_id)
    db.refresh(found)
    return found


def monthly_parts(total_paise: int, first_on: date, count: int) -> list[Part]:
    """A sum in so many monthly parts of whole rupees; what does not divide is in the first.

    On the same day of each month, or on the last of a month that has no such day.
    """
    even = total_paise // count // 100 * 100
    first = total_paise - even * (count - 1)
    return [
        Part(_months_after(first_on, month), even if month else first) for month in range(count)
    ]


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    begins = date(day.year + year, month + 1, 1)
    after = date(begins.year + begins.month // 12, begins.month % 12 + 1, 1)
    return min(begins + timedelta(days=day.day - 1), after - timedelta(days=1))


def plans_of(db: Session, patient_id: int, *, by: Account) -> list[PlanView]:
    """The plans of a payer as they stand today, the newest first, ended ones too."""
    permit(db, by, Deed.SEE_DUES, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    rows = rows_of(PaymentPlan, Patient).join(Patient).where(PaymentPlan.payer_id == patient_id)
    return _views(db, db.exec(rows.order_by(col(PaymentPlan.id).desc()).limit(PLANS_A_PAGE)).all())


def standing_plans(
    db: Session, *, by: Account, after: int = 0, payer_ids: Collection[int] | None = None
) -> list[PlanView]:
    """The plans that have not ended and on which something is owed, the oldest first.

    Two hundred at most, those of an id above `after`, of these payers where they are named.
    """
    permit(db, by, Deed.SEE_DUES)
    open_bill = (
        select(PlanBill.plan_id)
        .join(Invoice, col(Invoice.number) == col(PlanBill.invoice_number))
        .where(col(PlanBill.plan_id) == col(PaymentPlan.id), col(Invoice.settled_at).is_(None))
        .exists()
    )
    rows = (
        rows_of(PaymentPlan, Patient)
        .join(Patient)
        .where(col(PaymentPlan.ended_at).is_(None), PaymentPlan.id > after, open_bill)
    )
    if payer_ids is not None:
        rows = rows.where(col(PaymentPlan.payer_id).in_(payer_ids))
    return _views(db, db.exec(rows.order_by(col(PaymentPlan.id)).limit(PLANS_A_PAGE)).all())


def bills_on_kept_plans(db: Session, *, by: Account) -> frozenset[str]:
    """The open bills that hold no booking back since their plan is kept; for the reports."""
    permit(db, by, Deed.SEE_DUES)
    return bills_kept_clear(db, clock.today(the_hospital(db).zone))


def _views(db: Session, found: Sequence[tuple[PaymentPlan, Patient]]) -> list[PlanView]:
    ids = [plan.id for plan, _ in found]
    today = clock.today(the_hospital(db).zone)
    of_bills = (
        select(PlanBill, col(Invoice.owed_paise))
        .join(Invoice, col(Invoice.number) == col(PlanBill.invoice_number))
        .where(col(PlanBill.plan_id).in_(ids))
        .order_by(col(PlanBill.invoice_number))
    )
    bills = db.exec(of_bills).all()
    due = select(Instalment).where(col(Instalment.plan_id).in_(ids))
    instalments = db.exec(due.order_by(col(Instalment.due_on))).all()
    return [
        _view(
            plan,
            payer,
            [(bill, int(owed)) for bill, owed in bills if bill.plan_id == plan.id],
            [one for one in instalments if one.plan_id == plan.id],
            today,
        )
        for plan, payer in found
    ]


def _view(
    plan: PaymentPlan,
    payer: Patient,
    bills: Sequence[tuple[PlanBill, int]],
    instalments: Sequence[Instalment],
    today: date,
) -> PlanView:
    owed_paise = sum(owed for _, owed in bills)
    left, parts = max(0, plan.total_paise - owed_paise), []
    for one in instalments:
        cleared = min(left, one.amount_paise)
        parts.append(PartView(one.due_on, one.amount_paise, cleared))
        left -= cleared
    due = sum(one.amount_paise for one in instalments if one.due_on < today)
    return PlanView(plan, payer, tuple(bill for bill, _ in bills), tuple(parts), owed_paise, due)
