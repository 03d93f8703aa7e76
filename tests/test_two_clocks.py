"""Two servers whose clocks differ: the gate is right under the lock, and the self-check agrees."""

from datetime import timedelta

import pytest

from mediklaud import clock
from mediklaud.errors import OnHold
from mediklaud.models import CreditKind, Method
from mediklaud.repository import (
    CONSOLE,
    Part,
    Tender,
    agree_plan,
    cancel_credit_note,
    check_house,
    end_plan,
    issue_credit_note,
    promises,
    reverse_payment,
    take_advance,
    use_advance,
)
from mediklaud.repository.dues import dues_now
from tests.hospital import TODAY, at, ward_of
from tests.till import a_form, bill_of, pay, payments_on
from tests.visits import book, desk

FAST, SLOW = timedelta(seconds=30), timedelta(seconds=-30)


def on(server, deed):
    """One deed on a server whose clock is so far off."""
    with clock.pretend(clock.now() + server), desk() as (db, ward):
        return deed(db, ward)


def red():
    with desk() as (db, _):
        return {one.rule for one in check_house(db, by=CONSOLE) if not one.green}


def a_bill(db, ward):
    return bill_of(db, ward, ward.asha, 500_00).number


def paid(db, ward):
    return payments_on(db, pay(db, ward, ward.asha, 500_00, Method.CHEQUE))[0]


def booked(db, ward, hour=11):
    return book(db, ward, ward.asha, ward.iyer, at(hour)).id


def gives_back(db, ward, number):
    return issue_credit_note(
        db, number, CreditKind.VOID, "Slip", form=a_form(), by=ward.ishaan
    ).number


@pytest.mark.parametrize(("till", "phone"), [(FAST, SLOW), (SLOW, FAST)])
def test_a_booking_after_a_payment_at_another_server_is_green(house, till, phone):
    on(till, a_bill)
    with pytest.raises(OnHold):
        on(phone, booked)
    on(till, paid)
    on(phone, booked)

    assert red() == set()


@pytest.mark.parametrize(("till", "phone"), [(FAST, SLOW), (SLOW, FAST)])
def test_a_bill_after_a_booking_at_another_server_is_green(house, till, phone):
    on(phone, booked)
    on(till, a_bill)

    assert red() == set()


@pytest.mark.parametrize(("till", "phone"), [(FAST, SLOW), (SLOW, FAST)])
def test_credits_reversals_advances_and_plans_at_another_server_are_green(house, till, phone):
    number = on(till, a_bill)
    note = on(till, lambda db, ward: gives_back(db, ward, number))
    on(phone, booked)
    on(till, lambda db, ward: cancel_credit_note(db, note, "Right after all", by=ward.ishaan))
    payment = on(till, paid)
    on(phone, lambda db, ward: booked(db, ward, 10))
    on(till, lambda db, ward: reverse_payment(db, payment, "Bounced", by=ward.ishaan))
    with pytest.raises(OnHold):
        on(phone, lambda db, ward: booked(db, ward, 12))
    parts = [Part(TODAY, 500_00)]
    plan = on(
        till,
        lambda db, ward: agree_plan(db, ward.asha, parts, form=a_form(), by=ward.ishaan),
    )
    on(phone, lambda db, ward: booked(db, ward, 12))
    on(till, lambda db, ward: end_plan(db, plan, "Given up", by=ward.ishaan))

    assert red() == set()


@pytest.mark.parametrize(("till", "phone"), [(FAST, SLOW), (SLOW, FAST)])
def test_an_advance_used_at_another_server_is_green(house, till, phone):
    tender = [Tender(500_00, Method.CASH)]
    on(phone, lambda db, ward: take_advance(db, ward.asha, tender, form="adv", by=ward.ishaan))
    on(till, a_bill)
    on(till, lambda db, ward: use_advance(db, ward.asha, by=ward.ishaan))
    on(phone, booked)

    assert red() == set()


@pytest.mark.parametrize(("till", "phone"), [(FAST, SLOW), (SLOW, FAST), (FAST, FAST)])
def test_a_booking_past_open_dues_stays_red(broken_house, monkeypatch, till, phone):
    on(till, a_bill)
    monkeypatch.setattr(promises, "dues_now", lambda db, _: dues_now(db, ward_of(db).ben))
    on(phone, booked)

    assert red() == {"dues gate"}
