"""Desks that do one thing after another, in any order, and a plain model that foretells each.

Hypothesis chooses the deeds. Before each the model says whether it succeeds or by which refusal
it is turned away; afterwards the database must stand as the model does.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from mediklaud import repository
from mediklaud.database import reading
from mediklaud.models import Appointment, Hold, WaitlistEntry
from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import Doctor as DoctorRow
from mediklaud.repository.dues import dues_of
from tests.booking_desks import A_DAY, CLERKS, HORIZON, KINDS, Desks, Turn, can_undo_arrival
from tests.booking_model import Model
from tests.booking_things import Visit
from tests.conftest import assert_house_is_green, open_copy, thrown_away

STEPS = 50

# One deed in four is meant to be wrong.
turns = st.builds(
    Turn,
    pick=st.integers(0, 10_000),
    slip=st.sampled_from((False, False, False, True)),
    kind=st.sampled_from(2 * KINDS[:2] + KINDS[2:]),
    clerk=st.sampled_from(CLERKS),
)


def _always(_: Model) -> bool:
    return True


def _any(fits: Callable[[Visit], bool]) -> Callable[[Model], bool]:
    return lambda model: any(fits(one) for one in model.visits.values())


def _is(*statuses: Status) -> Callable[[Visit], bool]:
    return lambda one: one.status in statuses


def _on_leave(model: Model) -> bool:
    return any(one.leaves for one in model.doctors.values())


# How often each deed has its turn, and what must stand for it; where it does not, another has.
DEEDS: dict[str, tuple[int, Callable[[Model], bool]]] = {
    "book": (8, _always),
    "hold": (5, _always),
    "book_held": (4, lambda model: bool(model.holds)),
    "extend": (2, lambda model: bool(model.holds)),
    "release": (1, lambda model: bool(model.holds)),
    "click_again": (1, _any(_is(*Status))),
    "overbook": (3, _any(_is(*Status))),
    "move": (4, _any(_is(Status.BOOKED))),
    "relocate": (6, lambda model: any(map(model.to_relocate, model.visits.values()))),
    "cancel": (4, _any(_is(Status.BOOKED, Status.ARRIVED))),
    "restore": (4, _any(_is(Status.CANCELLED))),
    "arrive": (4, _any(_is(Status.BOOKED))),
    "undo_arrival": (2, _any(can_undo_arrival)),
    "no_show": (4, lambda model: any(map(model.missed, model.visits.values()))),
    "undo_no_show": (6, lambda model: any(map(model.missed_today, model.visits.values()))),
    "walk_in": (3, _always),
    "begin": (4, _any(_is(Status.ARRIVED))),
    "finish": (4, _any(lambda one: one.begun)),
    "pay": (4, lambda model: any(model.owed.values())),
    "wait": (4, _always),
    "go_home": (1, lambda model: len(model.visits) > 5),
    "enroll": (1, lambda model: len(model.owed) < 6),
    "open_hours": (2, _always),
    "close_hours": (1, _always),
    "grant_leave": (1, _always),
    "withdraw_leave": (2, _on_leave),
    "declare_holiday": (1, _always),
    "withdraw_holiday": (2, lambda model: bool(model.holidays)),
    "deactivate": (1, _always),
    "register_until": (1, _always),
    "put_on_waitlist": (2, _always),
    "book_waiting": (3, lambda model: bool(model.waits)),
    "withdraw_wait": (1, lambda model: bool(model.waits)),
}
whats = st.sampled_from([name for name, (times, _) in DEEDS.items() for _ in range(times)])


class Machine(RuleBasedStateMachine):
    """One house from its morning on; the test says on which ground."""

    open_house: ClassVar[Callable[[], AbstractContextManager[Path]]]
    move_clock: ClassVar[Callable[[datetime], None]]
    counted: ClassVar[Counter[str]]
    refused: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.ground = ExitStack()
        self.ground.enter_context(type(self).open_house())
        self.desks = Desks(type(self).move_clock)
        self.steps = 0

    @rule(what=whats, turn=turns)
    def do(self, what: str, turn: Turn) -> None:
        """Do one deed."""
        possible = [name for name, (_, stands) in DEEDS.items() if stands(self.desks.model)]
        name = what if what in possible else possible[turn.pick // 11 % len(possible)]
        getattr(self.desks, name)(turn)

    @invariant()
    def the_house_stands_as_the_model(self) -> None:
        """Everything after every deed; the whole self-check now and then."""
        self.steps += 1
        _assert_same(self.desks, self.steps)
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


def _assert_same(desks: Desks, turn: int) -> None:
    model = desks.model
    with reading() as db:
        visits = {one.id: _as_visit(one) for one in db.exec(select(Appointment))}
        names = {one.id: name for name, one in desks.accounts.items()}
        live = db.exec(select(Hold).where(Hold.expires_at > model.now))
        held = {names[one.account_id]: _as_held(one) for one in live}
        waits = {
            one.id: (one.closed_at is not None, one.appointment_id)
            for one in db.exec(select(WaitlistEntry))
        }
        owed = {one: dues_of(db, one).total_paise for one in model.owed}
    assert visits == {number: _standing(one) for number, one in model.visits.items()}
    assert held == {clerk: vars(one) for clerk, one in model.live_holds().items()}
    assert waits == {number: (one.closed, one.visit) for number, one in model.waits.items()}
    assert owed == model.owed
    _assert_same_free_times(desks, turn)


def _assert_same_free_times(desks: Desks, turn: int) -> None:
    """Of one doctor for one clerk and kind of visit, in turn."""
    model, doctor = desks.model, (desks.rao, desks.iyer)[turn % 2]
    clerk, kind = CLERKS[turn // 2 % 2], KINDS[turn % 5 % 3]
    with reading() as db:
        told = ([db.get_one(DoctorRow, doctor.id)], model.today, HORIZON, kind)
        free = repository.free_slots(db, *told, clerk=desks.accounts[clerk])[doctor.id]
    days = [model.today + number * A_DAY for number in range(HORIZON)]
    wanted = [time for day in days for time in model.free(doctor, day, kind, clerk)]
    assert [(one.starts_at, one.ends_at) for one in free] == wanted


def _standing(visit: Visit) -> dict[str, Any]:
    return {word: value for word, value in vars(visit).items() if word not in ("arrived", "begun")}


def _as_visit(row: Appointment) -> dict[str, Any]:
    return {
        "id": row.id,
        "doctor": row.doctor_id,
        "patient": row.patient_id,
        "kind": row.kind,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "session": row.session_begins_at,
        "form": row.form,
        "status": row.status,
        "token": row.token,
        "walk_in": row.walk_in,
        "overbook": row.overbook_number,
        "entitled_by": row.entitled_by_id,
        "moved_from": row.moved_from_id,
        "emergency": row.emergency_reason,
    }


def _as_held(row: Hold) -> dict[str, Any]:
    return {
        "doctor": row.doctor_id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "expires_at": row.expires_at,
        "form": row.form,
        "extended": row.extended,
    }


@pytest.mark.parametrize(
    ("engine", "operations"),
    [
        ("sqlite", 200),
        ("postgresql", 50),
        pytest.param("sqlite", 20_000, marks=pytest.mark.drill),
        pytest.param("postgresql", 5_000, marks=pytest.mark.drill),
    ],
)
def test_every_deed_comes_out_as_the_model_foretells(
    request, tmp_path, nine_o_clock, record_property, engine, operations
):
    began = perf_counter()

    class Here(Machine):
        open_house = staticmethod(
            lambda: thrown_away(open_copy(request, engine, tmp_path / "data"))
        )
        move_clock = staticmethod(lambda now: nine_o_clock.move_to(now, tick=False))
        counted, refused = Counter(), Counter()

    settings = hypothesis.settings(
        # Some steps only let time pass, others click twice.
        max_examples=-(-operations // (STEPS - 6)),
        stateful_step_count=STEPS,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    run_state_machine_as_test(Here, settings=settings)

    done, refused = Here.counted.total(), Here.refused.total()
    seconds = f"{perf_counter() - began:.0f} s"
    record_property("proof", f"{done} operations on {engine}, {refused} refused, {seconds}")
    each = (f"{name} {n} ({Here.refused[name]})" for name, n in Here.counted.most_common())
    record_property("proof", ", ".join(each))
    assert done >= operations
