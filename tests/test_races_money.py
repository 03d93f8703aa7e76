"""The dues gate against deeds that raise dues, trial after trial, on both engines.

A booking reads what is owed and writes an appointment; the other deed writes what is owed and
reads no appointment. So neither meets a constraint of the other (write skew), and only the lock
of the payer's row keeps them apart; on SQLite the writer's lock, which a deed takes as it begins.
Two desks book, ask the gate, and dawdle; the third does the deed meanwhile. A booking that was
committed after the deed and passed the gate is a breach: the audit log is in order of the
commits. The twin of each race runs without the locks and loses.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from time import perf_counter

import pytest
from sqlalchemy import text as sql
from sqlmodel import Session

from mediklaud import database
from mediklaud.errors import CountMissesReason, Refusal
from mediklaud.models import CreditKind, Method, Patient
from mediklaud.repository import (
    Count,
    Item,
    Part,
    ServiceForm,
    Tender,
    agree_plan,
    bill_services,
    close_day,
    closed_days,
    enroll_patient,
    issue_credit_note,
    keep_service,
    price_service,
    take_advance,
    take_payment,
)
from tests.breach import take_away
from tests.hospital import ASHA, TODAY, Ward, at
from tests.racing import Race
from tests.till import payments_on
from tests.visits import desk

QUARTER = timedelta(minutes=15)
TRIALS_A_DAY = 6
# Seconds: the deed is told a moment after the bookings, which have asked the gate by then and
# wait for so long before they write.
AFTER, DAWDLES = 0.1, (0.3, 0.45)
_SLIPPED = """SELECT count(*) FROM appointment a
    JOIN audit_event b ON b.subject = 'appointment/' || a.id AND b.deed = 'appointment booked'
    JOIN audit_event g ON g.subject = :subject AND g.deed = :deed
    WHERE a.patient_id = :patient AND a.status = 'booked' AND b.id > g.id"""
Call = dict[str, object]


@dataclass(frozen=True)
class Trial:
    """Who is booked in a trial and what is done meanwhile; its subject, where it is known."""

    patient: int
    doctor: int
    number: int
    call: Call
    subject: str = ""

    def bookings(self) -> list[Call]:
        """Two desks book the patient into two quarters of an hour of the trial's own."""
        day, place = divmod(self.number, TRIALS_A_DAY)
        begins = at(10, day=TODAY + timedelta(days=1 + day)) + 2 * place * QUARTER
        return [
            {
                "do": "book",
                "patient": self.patient,
                "doctor": self.doctor,
                "starts_at": (begins + n * QUARTER).isoformat(),
                "form": f"{self.number}/{n}",
                "dawdles": seconds,
            }
            for n, seconds in enumerate(DAWDLES)
        ]


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    """Two processes of desks, which move from house to house."""
    both = Race()
    yield both
    both.close()


def _billed(db: Session, ward: Ward, patient: Patient, form: str) -> str:
    service = keep_service(db, ServiceForm(f"Dressing {form}"), by=ward.ishaan)
    price_service(db, service, 600_00, TODAY, by=ward.ishaan)
    items = [Item(service)]
    return bill_services(db, patient, ward.rao, items, form=form, by=ward.ishaan).number


def _paid(db: Session, ward: Ward, patient: Patient, form: str, paise: int = 600_00) -> int:
    _billed(db, ward, patient, form)
    told = {"form": form, "by": ward.ishaan, "reference": form}
    receipt = take_payment(db, patient, paise, Method.CHEQUE, **told)
    return payments_on(db, receipt)[0].id or 0


# What stands before each race, and the deed that is told meanwhile: its call and its subject.


def _issue(db: Session, ward: Ward, patient: Patient, form: str) -> tuple[Call, str]:
    service = keep_service(db, ServiceForm(f"Dressing {form}"), by=ward.ishaan)
    price_service(db, service, 600_00, TODAY, by=ward.ishaan)
    told = {"patient": patient.id, "doctor": ward.rao.id, "service": service.id, "form": form}
    return {"do": "bill", **told}, ""


def _reversal(db: Session, ward: Ward, patient: Patient, form: str) -> tuple[Call, str]:
    payment = _paid(db, ward, patient, form)
    return {"do": "reverse", "payment": payment}, f"payment/{payment}"


def _credit(db: Session, ward: Ward, patient: Patient, form: str) -> tuple[Call, str]:
    bill = _billed(db, ward, patient, form)
    void = issue_credit_note(db, bill, CreditKind.VOID, "A slip", form=form, by=ward.ishaan)
    return {"do": "cancel credit", "credit": void.number}, f"credit_note/{void.number}"


def _plan_ended(db: Session, ward: Ward, patient: Patient, form: str) -> tuple[Call, str]:
    _billed(db, ward, patient, form)
    parts = [Part(TODAY + timedelta(days=90), 600_00)]
    plan = agree_plan(db, patient, parts, form=form, by=ward.ishaan)
    return {"do": "end plan", "plan": plan.id}, f"payment_plan/{plan.id}"


def _plan_lapsed(db: Session, ward: Ward, patient: Patient, form: str) -> tuple[Call, str]:
    """What was paid before the plan bounces, so the plan is behind at once."""
    payment = _paid(db, ward, patient, form, 100_00)
    parts = [Part(TODAY + timedelta(days=90), 500_00)]
    agree_plan(db, patient, parts, form=form, by=ward.ishaan)
    return {"do": "reverse", "payment": payment}, f"payment/{payment}"


Before = Callable[[Session, Ward, Patient, str], tuple[Call, str]]
CONTESTS: dict[str, tuple[Before, str]] = {
    "bill issued": (_issue, "bill issued"),
    "payment reversed": (_reversal, "payment reversed"),
    "credit cancelled": (_credit, "credit note cancelled"),
    "plan ended": (_plan_ended, "plan ended"),
    "plan lapsed": (_plan_lapsed, "payment reversed"),
}
# A few trials of each in every run; three hundred of each in the drill.
RUNS = [
    pytest.param(tuple(CONTESTS), 3, id="all"),
    *(pytest.param((name,), 300, id=name, marks=pytest.mark.drill) for name in CONTESTS),
]


def _set_stage(name: str, trials: range) -> list[Trial]:
    before, _ = CONTESTS[name]
    told = []
    with desk() as (db, ward):
        for number in trials:
            form = f"{name}-{number}"
            typed = replace(ASHA, name=f"Patient {number}")
            patient = enroll_patient(db, typed, form=form, by=ward.meera)
            call, subject = before(db, ward, patient, form)
            told.append(Trial(patient.id or 0, ward.rao.id or 0, number, call, subject))
    return told


def _slipped(trial: Trial, deed: str, subject: str) -> int:
    told = {"patient": trial.patient, "deed": deed, "subject": subject}
    with database.reading() as db:
        return int(db.execute(sql(_SLIPPED), told).scalar_one())


@pytest.fixture
def run(race, record_property) -> Callable[..., Iterator[tuple[str, int, set[str]]]]:
    """Let races run so many trials each, with the locks or without, and say what came of it."""

    def each(names, trials, *, locks=True):
        for place, name in enumerate(names):
            began, violated, refusals = perf_counter(), 0, set()
            numbers = range(place * trials, (place + 1) * trials)
            for trial in _set_stage(name, numbers):
                deed = {**trial.call, "after": AFTER}
                outcomes = race.run(deed, *trial.bookings(), locks=locks)
                # The two halves of the desks answer one after the other; the deed is the first.
                assert outcomes[0].got, outcomes
                subject = trial.subject or f"invoice/{outcomes[0].got}"
                violated += _slipped(trial, CONTESTS[name][1], subject) > 0
                refusals |= {one.refusal for one in outcomes if not one.got}
            engine, seconds = database.engine().dialect.name, perf_counter() - began
            count = f"violated in {violated} of {trials} trials, {seconds:.0f} s"
            state = "on" if locks else "off"
            record_property("proof", f"booking or {name}, {engine}, locks {state}: {count}")
            yield name, violated, refusals

    return each


@pytest.mark.parametrize(("names", "trials"), RUNS)
def test_no_booking_slips_past_a_deed_that_raises_dues(house, run, names, trials):
    for name, violated, refusals in run(names, trials):
        assert (name, violated) == (name, 0)
        assert refusals <= {"OnHold"}


@pytest.mark.parametrize(("names", "trials"), RUNS)
def test_without_the_locks_every_race_is_lost(broken_house, run, names, trials):
    for name, violated, _ in run(names, trials, locks=False):
        assert violated >= 0.95 * trials, name


# A payment and the close of its cashier's day


def close_while_a_payment_is_taken(patience: float) -> tuple[bool, list[Exception]]:
    """Take a payment, and commit it only after another window had that long to close the day."""
    refused: list[Exception] = []

    def close() -> None:
        try:
            with desk() as (db, ward):
                close_day(db, [Count(Method.CASH, 100_00)], form="close", by=ward.ishaan)
        except Refusal as refusal:
            refused.append(refusal)

    other = threading.Thread(target=close)
    with desk() as (db, ward):
        tender = [Tender(100_00, Method.CASH)]
        take_advance(db, ward.ben, tender, form="advance", by=ward.ishaan)
        other.start()
        other.join(patience)
        waited = other.is_alive()
    other.join()
    return waited, refused


def test_a_day_is_closed_with_the_payment_that_is_being_taken(house):
    assert close_while_a_payment_is_taken(0.5) == (True, [])

    with desk() as (db, ward):
        (closed,) = closed_days(db, TODAY, TODAY, by=ward.ishaan)
        assert {one.system_paise for one in closed.counts} == {100_00, 0}


@pytest.mark.parametrize("broken_house", ["postgresql"], indirect=True)
def test_without_its_guard_a_payment_slips_past_the_close(broken_house):
    with database.engine().begin() as connection:
        take_away(connection, "a_closed_day_takes_no_receipt")

    waited, refused = close_while_a_payment_is_taken(0.5)

    # It counted 100 where the ledger told it of nothing.
    assert (waited, [type(one) for one in refused]) == (False, [CountMissesReason])
