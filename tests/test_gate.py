"""The gate as a property: after any history it holds back whom the policy says, and nobody else.

What the policy says is computed here a second time, naively, from the rows of papers, money,
plans and people alone: neither the sums that bills carry nor the moment they were settled.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session, select

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.errors import OnHold
from mediklaud.models import (
    Allocation,
    CreditNote,
    Hospital,
    Instalment,
    Invoice,
    Patient,
    PaymentPlan,
    PlanBill,
)
from mediklaud.repository import OwedWhere, account_named, owed_numbers, who_owes
from mediklaud.repository.dues import dues_of
from tests.gate_histories import DEEDS, Family, open_shop
from tests.hospital import ZONE, at
from tests.visits import book, desk

STEPS, SAMPLE = 40, 6


# The policy, computed naively.


@dataclass(frozen=True)
class Rows:
    """What some payers' papers say, as it was written."""

    hospital: Hospital
    today: date
    patients: dict[int, Patient]
    bills: list[Invoice]
    credits: list[CreditNote]
    paid: list[Allocation]
    plans: list[PaymentPlan]
    on_plans: list[PlanBill]
    instalments: list[Instalment]

    def owed(self, number: str) -> int:
        """Issued, less what stands of credits, less what is set against it."""
        (issued,) = (one.total_paise for one in self.bills if one.number == number)
        standing = [one for one in self.credits if one.cancelled_at is None]
        credited = sum(one.total_paise for one in standing if one.invoice_number == number)
        return (
            issued
            - credited
            - sum(one.amount_paise for one in self.paid if one.invoice_number == number)
        )

    def is_kept(self, plan: PaymentPlan) -> bool:
        """Whether all that fell due before today was cleared since the plan was agreed."""
        parts = [one for one in self.instalments if one.plan_id == plan.id]
        due = sum(one.amount_paise for one in parts if one.due_on < self.today)
        bills = [one.invoice_number for one in self.on_plans if one.plan_id == plan.id]
        return plan.total_paise - sum(map(self.owed, bills)) >= due

    def is_lifted(self, number: str) -> bool:
        """Whether a plan that stands and is kept covers a bill."""
        ids = [one.plan_id for one in self.on_plans if one.invoice_number == number]
        plans = [one for one in self.plans if one.id in ids and one.ended_at is None]
        return any(map(self.is_kept, plans))

    def overdue(self, payer_id: int) -> int:
        """What a payer owes on bills past their grace that no kept plan covers."""
        grace = timedelta(days=self.hospital.dues_grace_days)
        old = [
            one.number
            for one in self.bills
            if one.payer_id == payer_id and (not grace or one.issued_on + grace <= self.today)
        ]
        return sum(self.owed(number) for number in old if not self.is_lifted(number))

    def owes(self, payer_id: int) -> bool:
        """Whether a payer owes anything, overdue or not."""
        return any(self.owed(one.number) for one in self.bills if one.payer_id == payer_id)

    def on_hold(self, patient_id: int) -> bool:
        """Whether the policy holds routine booking back: for one's own dues and one's payer's."""
        patient, overdue = self.patients[patient_id], self.overdue(patient_id)
        born = patient.birth_date
        birthday_is_past = (self.today.month, self.today.day) >= (born.month, born.day)
        age = self.today.year - born.year - (not birthday_is_past)
        if patient.payer_id is not None and age < 18:
            overdue += self.overdue(patient.payer_id)
        return overdue > self.hospital.dues_limit_paise


def rows_of(db: Session, ids: Collection[int]) -> Rows:
    """The rows of these payers, and the day it is in the hospital's zone."""
    bills = db.exec(select(Invoice).where(Invoice.payer_id.in_(ids))).all()
    plans = db.exec(select(PaymentPlan).where(PaymentPlan.payer_id.in_(ids))).all()
    numbers, plan_ids = [one.number for one in bills], [one.id for one in plans]
    hospital = db.get_one(Hospital, 1)
    told = (
        (CreditNote, CreditNote.invoice_number.in_(numbers)),
        (Allocation, Allocation.invoice_number.in_(numbers)),
        (PlanBill, PlanBill.plan_id.in_(plan_ids)),
        (Instalment, Instalment.plan_id.in_(plan_ids)),
    )
    credits_, paid, on_plans, parts = (db.exec(select(of).where(where)).all() for of, where in told)
    return Rows(
        hospital,
        datetime.now(ZoneInfo(hospital.zone)).date(),
        {one: db.get_one(Patient, one) for one in ids},
        *map(list, (bills, credits_, paid, plans, on_plans, parts)),
    )


# The house, asked at every door that leads past the gate.


class _NotToday(Exception):
    """The booking is rolled back: it was only asked for."""


def _is_refused(patient_id: int) -> bool:
    tomorrow = clock.today(ZONE) + timedelta(days=1)
    try:
        with desk() as (db, ward):
            book(db, ward, db.get_one(Patient, patient_id), ward.rao, at(10, day=tomorrow))
            raise _NotToday
    except OnHold:
        return True
    except _NotToday:
        return False


def _compare(family: Family, verdicts: Counter[bool]) -> None:
    """The gate, the lists of finance and a true booking, each against the policy."""
    ids = list(family.ids.values())
    with reading() as db:
        rows, by = rows_of(db, ids), account_named(db, "ishaan")
        wanted = {one: rows.on_hold(one) for one in ids}
        assert {one: dues_of(db, one).on_hold for one in ids} == wanted, family.told
        held = {one: rows.overdue(one) for one in ids if wanted[one] and rows.owes(one)}
        told = who_owes(db, OwedWhere(on_hold=True), by=by)
        assert {row.patient_id: row.overdue_paise for row in told} == held, family.told
        assert owed_numbers(db, by=by).on_hold == len(held), family.told
    somebody = family.chance.choice(ids)
    assert _is_refused(somebody) == wanted[somebody], family.told
    verdicts.update(wanted.values())


def _live(histories: int, move_clock, seed: int = 0) -> tuple[Counter[str], Counter[bool]]:
    """So many families one after another, each through its own history."""
    deeds: Counter[str] = Counter()
    verdicts: Counter[bool] = Counter()
    with desk() as (db, ward):
        open_shop(db, ward)
    for number in range(histories):
        family = Family(Random(f"{seed}/{number}"), lambda to: move_clock(to, tick=False))
        with desk() as (db, ward):
            family.enroll(db, ward)
        for _ in range(STEPS):
            deeds[family.do()] += 1
            _compare(family, verdicts)
        family.leave()
    return deeds, verdicts


@pytest.mark.parametrize(
    ("engine", "histories"),
    [
        ("sqlite", SAMPLE),
        ("postgresql", 2),
        pytest.param("sqlite", 200, marks=pytest.mark.drill),
        pytest.param("postgresql", 50, marks=pytest.mark.drill),
    ],
)
def test_the_gate_holds_back_whom_the_policy_says_and_nobody_else(
    request, nine_o_clock, record_property, engine, histories
):
    request.getfixturevalue(f"{engine}_house")
    began = perf_counter()

    deeds, verdicts = _live(histories, nine_o_clock.move_to)

    told = f"{histories} histories on {engine}, {deeds.total()} deeds"
    held = f"on hold {verdicts[True]}, open {verdicts[False]}, {perf_counter() - began:.0f} s"
    record_property("proof", f"gate: {told}; verdicts: {held}")
    record_property("proof", ", ".join(f"{name} {n}" for name, n in deeds.most_common()))
    # A sample in which something never happens proves nothing of it.
    assert min(verdicts[True], verdicts[False]) > 0.1 * verdicts.total()
    if histories >= SAMPLE:
        assert set(deeds) >= set(DEEDS)


FAULTS = {
    "grace a day too long": (
        "mediklaud.repository.dues.Dues.overdue_paise",
        property(
            lambda dues: sum(
                bill.owed_paise
                for bill in dues.bills
                if bill.age_days > dues.grace_days and not bill.on_kept_plan
            )
        ),
    ),
    "the limit itself holds back": (
        "mediklaud.repository.dues.Dues.on_hold",
        property(lambda dues: dues.overdue_paise >= dues.limit_paise and dues.overdue_paise > 0),
    ),
    "a missed plan lifts": ("mediklaud.repository.standings.is_kept", lambda *_: True),
    "no plan lifts": ("mediklaud.repository.standings.is_kept", lambda *_: False),
    "nobody pays for minors": ("mediklaud.repository.dues._payer_of_minor", lambda *_: None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_gate_with_a_fault_is_found_out(sqlite_house, nine_o_clock, monkeypatch, fault):
    with monkeypatch.context() as broken:
        broken.setattr(*FAULTS[fault])
        with pytest.raises(AssertionError):
            _live(SAMPLE, nine_o_clock.move_to)
