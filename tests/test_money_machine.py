"""Money deeds one after another, in any order, and double-entry books that foretell each.

Hypothesis chooses the deeds. Before each the model says whether it succeeds or by which refusal
it is turned away; afterwards every balance must stand as in the books, to the paisa.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path
from random import Random
from time import perf_counter
from typing import ClassVar

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from mediklaud import repository
from mediklaud.database import reading
from mediklaud.models import (
    Appointment,
    CreditNote,
    Invoice,
    Payment,
    PaymentPlan,
    Refund,
    WaiverRequest,
)
from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import DayClose as DayCloseRow
from mediklaud.repository import proofs_of_money, proofs_of_the_till, proofs_of_times
from mediklaud.repository.allocations import LEFT, OWED
from mediklaud.repository.dues import dues_of
from tests.conftest import assert_house_is_green, open_copy, thrown_away
from tests.money_desks import METHODS, TILLS, Desks, Turn
from tests.money_model import Model

STEPS = 50


def _always(_: Model) -> bool:
    return True


def _visited(*statuses: Status) -> Callable[[Model], bool]:
    def stands(model: Model) -> bool:
        visits = model.visits.values()
        return any(one.status in statuses and _today(model, one) for one in visits)

    return stands


def _today(model, visit) -> bool:
    return visit.starts_at.date() == model.today


def _to_bill_again(model: Model) -> bool:
    visits = model.visits.values()
    return any(one.status is Status.FULFILLED and one.charge is None for one in visits)


def _can_use_advance(model: Model) -> bool:
    owing = filter(model.open_bills, model.people)
    return any(model.advances(model.payer_of(one)) for one in owing)


# How often each deed has its turn, and what must stand for it.
DEEDS: dict[str, tuple[int, Callable[[Model], bool]]] = {
    "book": (5, _always),
    "arrive": (4, _visited(Status.BOOKED)),
    "undo_arrival": (2, _visited(Status.ARRIVED)),
    "cancel": (1, _visited(Status.BOOKED, Status.ARRIVED)),
    "see": (5, _visited(Status.BOOKED, Status.ARRIVED)),
    "bill_again": (5, _to_bill_again),
    "bill": (7, _always),
    "pay": (10, lambda model: bool(model.bills)),
    "take_advance": (3, _always),
    "use_advance": (5, _can_use_advance),
    "refund": (4, lambda model: any(map(model.left, model.payments))),
    "reverse": (3, lambda model: bool(model.payments)),
    "void": (3, lambda model: bool(model.bills)),
    "correct": (4, lambda model: bool(model.bills)),
    "discount": (4, lambda model: bool(model.bills)),
    "cancel_credit": (4, lambda model: bool(model.notes)),
    "ask_waiver": (3, lambda model: bool(model.bills)),
    "approve_waiver": (4, lambda model: bool(model.waivers)),
    "refuse_waiver": (1, lambda model: bool(model.waivers)),
    "agree_plan": (4, lambda model: bool(model.bills)),
    "end_plan": (1, lambda model: bool(model.plans)),
    "name_payer": (3, _always),
    "go_home": (4, lambda model: bool(model.bills)),
    "change_policy": (1, _always),
    "close_day": (3, _always),
    "reopen_day": (3, lambda model: bool(model.closes)),
}
WEIGHTS = [times for times, _ in DEEDS.values()]


class Machine(RuleBasedStateMachine):
    """One house from its morning on; the test says on which ground."""

    open_house: ClassVar[Callable[[], AbstractContextManager[Path]]]
    move_clock: ClassVar[Callable[[datetime], None]]
    counted: ClassVar[Counter[str]]
    refused: ClassVar[Counter[str]]
    # What the self-check says of the ledger and the times is asked after so many deeds.
    checked_every: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.ground = ExitStack()
        self.ground.enter_context(type(self).open_house())
        self.desks = Desks(type(self).move_clock)
        self.steps = 0

    @rule(seed=st.integers(0, 2**32 - 1))
    def do(self, seed: int) -> None:
        """Do one deed; one in five is meant to be wrong."""
        # Hypothesis alone would choose few deeds, and those again and again.
        chance = Random(f"{seed} {self.steps}")
        picks = tuple(chance.randrange(1_000) for _ in range(6))
        turn = Turn(picks, slip=chance.random() < 0.2)
        fits = [stands(self.desks.model) for _, stands in DEEDS.values()]
        weights = [times * can for times, can in zip(WEIGHTS, fits, strict=True)]
        (name,) = chance.choices(list(DEEDS), weights)
        hypothesis.note(f"{name} {turn}")
        getattr(self.desks, name)(turn)

    @invariant()
    def the_ledger_stands_as_the_books(self) -> None:
        """Every balance after every deed; the self-check as often as the test says."""
        self.steps += 1
        _assert_same(self.desks)
        if self.steps % type(self).checked_every == 0:
            _assert_ledger_is_green()
        if self.steps % 25 == 0:
            assert_house_is_green()

    def teardown(self) -> None:
        """At the end of each example the house is proved once more, and thrown away."""
        type(self).counted.update(self.desks.counted)
        type(self).refused.update(self.desks.refused)
        try:
            assert_house_is_green()
        finally:
            self.ground.close()


def _assert_ledger_is_green() -> None:
    """All of the self-check but the database's own soundness, which takes longest."""
    rooms = (proofs_of_money, proofs_of_the_till, proofs_of_times)
    with reading() as db:
        findings = [proof.ask(db) for room in rooms for proof in room.PROOFS]
    assert {one.rule: one.breaches for one in findings if not one.green} == {}


def _assert_same(desks: Desks) -> None:
    model, books = desks.model, desks.model.books
    with reading() as db:
        bills = {
            bill.number: (bill.total_paise, bill.issued_on, owed, bill.settled_at is None)
            for bill, owed in db.execute(select(Invoice, OWED)).all()
        }
        left = list(db.execute(select(Payment.receipt_number, LEFT).order_by(Payment.id)).all())
        revenue, tax = _sums(db, Invoice.subtotal_paise, Invoice.tax_paise)
        notes = {
            note.number: (note.total_paise, note.cancelled_at is not None)
            for note in db.exec(select(CreditNote))
        }
        refunded = sum(_sums(db, Refund.amount_paise))
        visits = dict(db.exec(select(Appointment.form, Appointment.status)).all())
        waivers = dict(db.exec(select(WaiverRequest.form, WaiverRequest.status)).all())
        plans = {one.form: one.ended_at is not None for one in db.exec(select(PaymentPlan))}
        closes = {one.form: one.reopened_at is not None for one in db.exec(select(DayCloseRow))}
        _assert_same_dues(db, desks)
        _assert_same_tills(db, desks)
    assert sum(books.balances.values()) == 0
    assert bills == {
        number: (one.total, one.day, model.owed(one), model.owed(one) > 0)
        for number, one in model.bills.items()
    }
    # What was reversed is not left, and the ledger takes it out when it is asked.
    standing = [
        (one.receipt, one.amount - one.refunded if one.reversed else model.left(one))
        for one in model.payments
    ]
    assert [(number, int(paise)) for number, paise in left] == standing
    assert (revenue, tax) == (-books.of("revenue"), -books.of("tax"))
    assert notes == {number: (one.total, one.cancelled) for number, one in model.notes.items()}
    assert sum(paise for paise, gone in notes.values() if not gone) == books.of("credited")
    assert refunded == -books.of("refunded")
    assert visits == {form: one.status for form, one in model.visits.items()}
    assert waivers == {form: one.status for form, one in model.waivers.items()}
    assert plans == {form: one.ended for form, one in model.plans.items()}
    assert closes == {form: one.reopened for form, one in model.closes.items()}


def _sums(db, *columns) -> list[int]:
    rows = db.execute(select(*columns)).all()
    return [sum(row[place] for row in rows) for place in range(len(columns))]


def _assert_same_dues(db, desks: Desks) -> None:
    """What each owes, whether a plan covers it, the gate, and what is in advance."""
    model = desks.model
    for name, number in desks.patients.items():
        dues = dues_of(db, number)
        wanted = [
            (bill.number, model.owed(bill), model.on_kept_plan(bill))
            for bill in model.open_bills(name)
        ]
        told = [(bill.number, bill.owed_paise, bill.on_kept_plan) for bill in dues.bills]
        assert (told, dues.on_hold) == (wanted, model.on_hold(name)), name
        kept = repository.advances_of(db, number, by=desks.accounts["ishaan"])
        advances = [(one.payment.receipt_number, one.left_paise) for one in kept]
        assert advances == [(one.receipt, model.left(one)) for one in model.advances(name)], name


def _assert_same_tills(db, desks: Desks) -> None:
    """What each cashier's till holds of today, by method."""
    books, today = desks.model.books, desks.model.today
    for cashier in TILLS:
        account = desks.accounts[cashier]
        lines = repository.till_of(db, account, today, by=account)
        told = [(one.received_paise, one.refunded_paise, one.reversed_paise) for one in lines]
        assert told == [
            (
                books.at("received", cashier, today, method),
                -books.at("refunded", cashier, today, method),
                -books.at("reversed", cashier, today, method),
            )
            for method in METHODS
        ], cashier


@pytest.mark.parametrize(
    ("engine", "operations", "checked_every"),
    [
        ("sqlite", 150, 10),
        ("postgresql", 50, 10),
        pytest.param("sqlite", 20_000, 1, marks=pytest.mark.drill),
        pytest.param("postgresql", 5_000, 1, marks=pytest.mark.drill),
    ],
)
def test_every_balance_is_to_the_paisa_what_the_books_say(
    request, tmp_path, nine_o_clock, record_property, engine, operations, checked_every
):
    began = perf_counter()

    class Here(Machine):
        open_house = staticmethod(
            lambda: thrown_away(open_copy(request, engine, tmp_path / "data"))
        )
        move_clock = staticmethod(lambda now: nine_o_clock.move_to(now, tick=False))
        counted, refused = Counter(), Counter()

    Here.checked_every = checked_every
    settings = hypothesis.settings(
        # Some steps click twice.
        max_examples=-(-operations // (STEPS - 2)),
        stateful_step_count=STEPS,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run_state_machine_as_test(Here, settings=settings)

    done, refused = Here.counted.total(), Here.refused.total()
    seconds = f"{perf_counter() - began:.0f} s"
    record_property("proof", f"{done} money deeds on {engine}, {refused} refused, {seconds}")
    each = (f"{name} {n} ({Here.refused[name]})" for name, n in Here.counted.most_common())
    record_property("proof", ", ".join(each))
    assert done >= operations
