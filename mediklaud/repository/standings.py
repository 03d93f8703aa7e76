"""Whether payment plans are kept: computed whenever it is asked, so that no job has to flip it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import bindparam, or_, select
from sqlmodel import Session, col

from mediklaud.database import total
from mediklaud.hot import Hot
from mediklaud.models import Instalment, Invoice, PaymentPlan, PlanBill

_DUE_BEFORE = (
    select(total(Instalment.amount_paise))
    .where(
        col(Instalment.plan_id) == col(PaymentPlan.id),
        col(Instalment.due_on) < bindparam("today"),
    )
    .correlate(PaymentPlan)
    .scalar_subquery()
)
_STANDING = (
    select(
        col(PaymentPlan.id),
        col(PaymentPlan.total_paise),
        _DUE_BEFORE.label("due_paise"),
        col(PlanBill.invoice_number),
    )
    .join(PlanBill, col(PlanBill.plan_id) == col(PaymentPlan.id))
    .where(col(PaymentPlan.ended_at).is_(None))
)
_STANDING_OF = Hot(
    _STANDING.where(
        or_(
            col(PaymentPlan.payer_id) == bindparam("payer_id"),
            col(PaymentPlan.payer_id) == bindparam("other_id"),
        )
    )
)


@dataclass
class _Plan:
    total_paise: int
    due_paise: int
    bills: list[str] = field(default_factory=list)


def is_kept(total_paise: int, owed_paise: int, due_paise: int) -> bool:
    """Whether a plan is in good standing: what was due before today is cleared by now.

    Cleared is what was owed when it was agreed less what is owed now. So a payment counts and
    so does a credit note, and a payment that came to nothing counts no more.
    """
    return due_paise <= total_paise - owed_paise


def bills_on_plans(
    db: Session,
    owed: Mapping[str, int],
    today: date,
    *,
    payer_id: int | None = None,
    other_id: int | None = None,
) -> dict[str, bool]:
    """The bills on standing plans, and whether their plan is kept; for the gate and for siblings.

    `owed` is what is owed on every open bill of these payers, or of all where none is named.
    """
    db.flush()
    whose = {"today": today, "payer_id": payer_id, "other_id": other_id}
    named = _STANDING_OF.rows(db, whose) if payer_id is not None else None
    rows = db.execute(_STANDING, {"today": today}) if named is None else named
    plans: dict[int, _Plan] = {}
    for plan_id, total_paise, due_paise, number in rows:
        plans.setdefault(plan_id, _Plan(total_paise, due_paise)).bills.append(number)
    found: dict[str, bool] = {}
    for plan in plans.values():
        still_owed = sum(owed.get(number, 0) for number in plan.bills)
        kept = is_kept(plan.total_paise, still_owed, plan.due_paise)
        found.update(dict.fromkeys(plan.bills, kept))
    return found


_ON_PLANS = (
    select(col(PlanBill.invoice_number))
    .join(PaymentPlan, col(PaymentPlan.id) == col(PlanBill.plan_id))
    .where(col(PaymentPlan.ended_at).is_(None))
)
_OWED_ON_PLANS = select(col(Invoice.number), col(Invoice.owed_paise)).where(
    col(Invoice.number).in_(_ON_PLANS), col(Invoice.settled_at).is_(None)
)


def bills_kept_clear(db: Session, today: date) -> frozenset[str]:
    """The open bills that hold no booking back, since they are on a plan that is kept."""
    owed = {number: int(paise) for number, paise in db.execute(_OWED_ON_PLANS)}
    if not owed:
        return frozenset()
    found = bills_on_plans(db, owed, today)
    return frozenset(number for number, kept in found.items() if kept and number in owed)
