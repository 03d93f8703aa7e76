"""Outstanding dues, the gate's rule, and what finance sees of both."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mediklaud.errors import NotPermitted, OnHold
from mediklaud.models import Method
from mediklaud.repository import (
    Item,
    bill_services,
    change_settings,
    open_bills,
    policy_words,
    take_payment,
    till_numbers,
    who_owes,
)
from mediklaud.repository.dues import dues_of
from tests.hospital import HOSPITAL, TODAY, at
from tests.till import a_form, service
from tests.visits import book, visit


def rule(db, ward, limit_paise, grace_days):
    typed = replace(HOSPITAL, dues_limit_paise=limit_paise, dues_grace_days=grace_days)
    return change_settings(db, typed, by=ward.tara)


def pay(db, ward, patient, paise, form):
    return take_payment(db, patient, paise, Method.CASH, form=form, by=ward.ishaan)


def test_a_patient_without_bills_owes_nothing(db, ward):
    dues = dues_of(db, ward.asha.id)

    assert (dues.total_paise, dues.on_hold, dues.bills) == (0, False, ())


def test_dues_are_issued_minus_allocated_oldest_bill_first(db, ward):
    older = visit(db, ward, ward.asha, ward.rao)
    pay(db, ward, ward.asha, 300_00, "p1")
    rule(db, ward, 10_000_00, 0)
    newer = visit(db, ward, ward.asha, ward.iyer, at(11))

    dues = dues_of(db, ward.asha.id)

    assert [(bill.number, bill.owed_paise) for bill in dues.bills] == [
        (older.number, 500_00),
        (newer.number, 500_00),
    ]
    assert dues.total_paise == 1000_00


def test_the_dues_of_one_patient_are_nobody_elses(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    assert dues_of(db, ward.ben.id).total_paise == 0


def test_by_default_a_single_paisa_holds_booking_back(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    pay(db, ward, ward.asha, 799_99, "p1")

    assert dues_of(db, ward.asha.id).on_hold
    with pytest.raises(OnHold, match=r"₹0\.01"):
        book(db, ward, ward.asha, ward.iyer, at(11))


@pytest.mark.parametrize(("limit_paise", "held"), [(800_00, False), (799_99, True), (0, True)])
def test_only_more_than_the_limit_holds_booking_back(db, ward, limit_paise, held):
    rule(db, ward, limit_paise, 0)
    visit(db, ward, ward.asha, ward.rao)

    assert dues_of(db, ward.asha.id).on_hold is held


def test_booking_within_the_limit_keeps_the_dues_on_record(db, ward):
    rule(db, ward, 800_00, 0)
    visit(db, ward, ward.asha, ward.rao)

    booked = book(db, ward, ward.asha, ward.iyer, at(11))

    assert (booked.dues_then_paise, booked.on_hold) == (800_00, False)


@pytest.mark.parametrize(("later", "held"), [(0, False), (6, False), (7, True), (30, True)])
def test_a_bill_holds_booking_back_when_its_grace_is_over(db, ward, nine_o_clock, later, held):
    rule(db, ward, 0, 7)
    visit(db, ward, ward.asha, ward.rao)

    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=later)))

    dues = dues_of(db, ward.asha.id)
    assert (dues.on_hold, dues.bills[0].age_days) == (held, later)


def test_a_bill_grows_a_day_older_at_the_hospitals_midnight(db, ward, nine_o_clock):
    visit(db, ward, ward.asha, ward.rao)

    nine_o_clock.move_to(at(23, 59), tick=False)
    assert dues_of(db, ward.asha.id).bills[0].age_days == 0
    nine_o_clock.move_to(at(24), tick=False)
    assert dues_of(db, ward.asha.id).bills[0].age_days == 1


def test_a_bill_that_a_faster_clock_dated_tomorrow_holds_booking_back(db, ward, nine_o_clock):
    items = [Item(service(db, ward, 500_00))]
    nine_o_clock.move_to(at(24), tick=False)
    bill_services(db, ward.asha, ward.rao, items, form=a_form(), by=ward.ishaan)

    nine_o_clock.move_to(at(23, 59), tick=False)

    dues = dues_of(db, ward.asha.id)
    assert (dues.on_hold, dues.bills[0].age_days) == (True, 0)
    assert [row.overdue_paise for row in who_owes(db, by=ward.ishaan)] == [500_00]
    with pytest.raises(OnHold, match="of today"):
        book(db, ward, ward.asha, ward.iyer, at(10, day=TODAY + timedelta(days=1)))


def test_bills_within_their_grace_do_not_count_towards_the_limit(db, ward, nine_o_clock):
    rule(db, ward, 500_00, 7)
    visit(db, ward, ward.asha, ward.iyer)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=7)))

    visit(db, ward, ward.asha, ward.rao, at(10, day=TODAY + timedelta(days=7)))

    assert dues_of(db, ward.asha.id).total_paise == 1300_00
    assert not dues_of(db, ward.asha.id).on_hold


@pytest.mark.parametrize(
    ("limit_paise", "grace_days", "words"),
    [
        (0, 0, "any bill that is not paid in full"),
        (500_00, 7, "more than ₹500.00 owed for 7 days or more"),
    ],
)
def test_the_rule_is_said_in_words(db, ward, limit_paise, grace_days, words):
    assert policy_words(rule(db, ward, limit_paise, grace_days)) == words


def test_many_bills_are_named_up_to_four(db, ward):
    rule(db, ward, 10_000_00, 0)
    for hour in range(3):
        visit(db, ward, ward.asha, ward.rao, at(10 + hour))
        visit(db, ward, ward.asha, ward.iyer, at(10 + hour, 30))
    rule(db, ward, 0, 0)

    with pytest.raises(OnHold, match=r"000004 of .* and 2 more") as refused:
        book(db, ward, ward.asha, ward.rao, at(12, 45))
    assert "₹3,900.00" in str(refused.value)


def test_finance_sees_every_open_bill_oldest_first(db, ward):
    visit(db, ward, ward.ben, ward.rao)
    visit(db, ward, ward.asha, ward.iyer)
    pay(db, ward, ward.ben, 300_00, "p1")

    rows = open_bills(db, by=ward.ishaan)

    assert [(row.patient_name, row.owed_paise, row.specialty) for row in rows] == [
        ("Ben Thomas", 500_00, "Cardiology"),
        ("Asha Menon", 500_00, "General medicine"),
    ]


def test_a_settled_bill_is_open_no_more(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    receipt = pay(db, ward, ward.asha, 800_00, "p1")

    assert open_bills(db, by=ward.ishaan) == []
    assert bill.settled_at == receipt.issued_at


def test_the_till_counts_today_and_what_is_owed(db, ward, nine_o_clock):
    visit(db, ward, ward.ben, ward.rao)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    visit(db, ward, ward.asha, ward.iyer, at(10, day=TODAY + timedelta(days=1)))
    pay(db, ward, ward.ben, 300_00, "p1")

    till = till_numbers(db, by=ward.ishaan)

    assert (till.received_today_paise, till.billed_today_paise) == (300_00, 500_00)
    assert (till.owed_paise, till.patients_owing) == (1000_00, 2)


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_sees_everyones_dues(db, ward, name):
    with pytest.raises(NotPermitted, match="see outstanding dues"):
        open_bills(db, by=getattr(ward, name))
    with pytest.raises(NotPermitted, match="see outstanding dues"):
        till_numbers(db, by=getattr(ward, name))
