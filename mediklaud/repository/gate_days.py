"""Since which day the dues gate holds somebody back, by what befell the bills open now."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.models import (
    Account,
    Allocation,
    CreditNote,
    Instalment,
    Invoice,
    Patient,
    PaymentPlan,
    PlanBill,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.payers import is_minor
from mediklaud.repository.standings import is_kept

_Moves = list[tuple[date, int]]


@dataclass
class _Bill:
    number: str
    payer_id: int
    issued_on: date


@dataclass
class _Plan:
    agreed_on: date
    ended_on: date | None
    total_paise: int
    bills: list[str] = field(default_factory=list)
    parts: _Moves = field(default_factory=list)


@dataclass(frozen=True)
class _Past:
    """What happened day by day to some bills, and the hospital's rule of today."""

    bills: list[_Bill]
    plans: list[_Plan]
    moves: dict[str, _Moves]
    limit_paise: int
    grace: timedelta

    def is_held(self, payers: set[int], day: date) -> bool:
        """Whether more than the limit was overdue on bills of these payers as a day ended."""
        kept = {number for plan in self.plans if self._is_kept(plan, day) for number in plan.bills}
        overdue = sum(
            self._owed(bill.number, day)
            for bill in self.bills
            if bill.payer_id in payers
            and bill.issued_on + self.grace <= day
            and bill.number not in kept
        )
        return overdue > self.limit_paise

    def _owed(self, number: str, day: date) -> int:
        return sum(paise for moved_on, paise in self.moves[number] if moved_on <= day)

    def _is_kept(self, plan: _Plan, day: date) -> bool:
        if plan.agreed_on > day or (plan.ended_on is not None and plan.ended_on <= day):
            return False
        owed = sum(self._owed(number, day) for number in plan.bills)
        due = sum(paise for due_on, paise in plan.parts if due_on < day)
        return is_kept(plan.total_paise, owed, due)

    def days(self) -> Iterator[date]:
        """Every day on which the gate may have turned."""
        yield from (bill.issued_on + self.grace for bill in self.bills)
        yield from (day for moves in self.moves.values() for day, _ in moves)
        for plan in self.plans:
            yield plan.agreed_on
            yield from [plan.ended_on] if plan.ended_on is not None else []
            yield from (due_on + timedelta(days=1) for due_on, _ in plan.parts)


def held_since(db: Session, patient_ids: Collection[int], *, by: Account) -> dict[int, date]:
    """Since which day each of these has been on hold without a break, of those on hold now.

    Not the day of a bill that was paid, or on a plan that was kept, in between: then it is the
    day on which the payment was undone, or after the instalment that was missed. It goes by the
    bills that are open now, as each day ended.
    """
    permit(db, by, Deed.SEE_DUES)
    today = clock.today(the_hospital(db).zone)
    payers = _payers(db, patient_ids, today)
    past = _past(db, set().union(*payers.values()), today)
    days = sorted({day for day in past.days() if day <= today}, reverse=True)
    found: dict[int, date] = {}
    for patient_id, theirs in payers.items():
        for day in days:
            if not past.is_held(theirs, day):
                break
            found[patient_id] = day
    return found


def _payers(db: Session, patient_ids: Collection[int], today: date) -> dict[int, set[int]]:
    # Whose bills count for each: their own and, for a minor, the payer's.
    person = (col(Patient.id), col(Patient.payer_id), col(Patient.birth_date))
    rows = db.execute(select(*person).where(col(Patient.id).in_(patient_ids)))
    return {
        patient_id: {patient_id, payer_id} if payer_id and is_minor(born, today) else {patient_id}
        for patient_id, payer_id, born in rows
    }


def _past(db: Session, payer_ids: set[int], today: date) -> _Past:
    hospital = the_hospital(db)
    bill = (col(Invoice.number), col(Invoice.payer_id), col(Invoice.issued_on))
    theirs = col(Invoice.payer_id).in_(payer_ids)
    rows = db.execute(select(*bill).where(theirs, col(Invoice.settled_at).is_(None)))
    # Another server's clock may have dated a bill tomorrow, and what moved it.
    bills = [_Bill(number, payer_id, min(day, today)) for number, payer_id, day in rows]
    plans = _plans(db, {one.number for one in bills})
    numbers = {one.number for one in bills}.union(*(plan.bills for plan in plans))
    grace = timedelta(days=hospital.dues_grace_days)
    return _Past(bills, plans, _moves(db, numbers, today), hospital.dues_limit_paise, grace)


def _plans(db: Session, numbers: set[str]) -> list[_Plan]:
    zone = the_hospital(db).zone
    of = select(col(PlanBill.plan_id)).where(col(PlanBill.invoice_number).in_(numbers))
    found: dict[int, _Plan] = {}
    for plan in db.scalars(select(PaymentPlan).where(col(PaymentPlan.id).in_(of))):
        ended_on = clock.day_of(plan.ended_at, zone) if plan.ended_at is not None else None
        agreed_on = clock.day_of(plan.agreed_at, zone)
        found[plan.id or 0] = _Plan(agreed_on, ended_on, plan.total_paise)
    if not found:
        return []
    covered = select(col(PlanBill.plan_id), col(PlanBill.invoice_number))
    for plan_id, number in db.execute(covered.where(col(PlanBill.plan_id).in_(found))):
        found[plan_id].bills.append(number)
    part = (col(Instalment.plan_id), col(Instalment.due_on), col(Instalment.amount_paise))
    for plan_id, due_on, paise in db.execute(select(*part).where(part[0].in_(found))):
        found[plan_id].parts.append((due_on, paise))
    return list(found.values())


def _moves(db: Session, numbers: set[str], today: date) -> dict[str, _Moves]:
    """What raised and lowered what is owed on each of these bills, by the day it did."""
    found: dict[str, _Moves] = {number: [] for number in numbers}
    bill, noted = col(Invoice.number), col(CreditNote.invoice_number)
    moved: tuple[tuple[Any, ...], ...] = (
        (bill, col(Invoice.issued_on), col(Invoice.total_paise)),
        (
            col(Allocation.invoice_number),
            col(Allocation.allocated_on),
            -col(Allocation.amount_paise),
        ),
        (noted, col(CreditNote.issued_on), -col(CreditNote.total_paise)),
        (noted, col(CreditNote.cancelled_on), col(CreditNote.total_paise)),
    )
    for number, day, paise in moved:
        rows = select(number, day, paise).where(number.in_(numbers), day.is_not(None))
        for of, moved_on, by_paise in db.execute(rows):
            found[of].append((min(moved_on, today), by_paise))
    return found
