"""Payment plans: agreed, kept, missed and ended, and what the dues gate makes of them."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text as sql

from mediklaud.errors import (
    BillOnPlan,
    InstalmentsNotPossible,
    NothingOwed,
    NotPermitted,
    OnHold,
    PlanSumDiffers,
)
from mediklaud.models import CreditKind, Method
from mediklaud.repository import (
    CONSOLE,
    OwedWhere,
    Part,
    agree_plan,
    bills_on_kept_plans,
    check_house,
    end_plan,
    enroll_patient,
    issue_credit_note,
    monthly_parts,
    name_payer,
    plans_of,
    reverse_payment,
    standing_plans,
    who_owes,
)
from mediklaud.repository.dues import dues_of
from tests.breach import take_away
from tests.hospital import CARA, DEV, TODAY, at
from tests.till import a_form, bill_of, pay, payments_on, settings
from tests.visits import book, desk

WEEK = timedelta(days=7)


def agree(db, ward, patient, *parts, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return agree_plan(db, patient, [Part(*part) for part in parts], **told)


@pytest.fixture
def planned(db, ward):
    """Asha owes 900 on two bills and pays 300 today, in a week and in two."""
    bill_of(db, ward, ward.asha, 600_00)
    bill_of(db, ward, ward.asha, 300_00)
    parts = [(TODAY + n * WEEK, 300_00) for n in range(3)]
    return agree(db, ward, ward.asha, *parts, form="plan")


def on_hold(db, ward):
    return dues_of(db, ward.asha.id).on_hold


def test_a_plan_opens_booking_at_once(db, ward, planned):
    booked = book(db, ward, ward.asha, ward.iyer, at(11))

    assert (booked.on_hold, booked.dues_then_paise, booked.overdue_then_paise) == (
        False,
        900_00,
        0,
    )
    assert planned.total_paise == 900_00


def test_without_a_plan_the_same_bills_hold_booking_back(db, ward):
    bill_of(db, ward, ward.asha, 600_00)

    with pytest.raises(OnHold):
        book(db, ward, ward.asha, ward.iyer, at(11))


def test_an_instalment_may_be_paid_until_its_day_is_over(db, ward, planned, nine_o_clock):
    nine_o_clock.move_to(at(23, 59), tick=False)
    assert not on_hold(db, ward)

    nine_o_clock.move_to(at(24), tick=False)
    assert on_hold(db, ward)


def test_a_missed_instalment_is_told_and_paying_it_opens_booking(db, ward, planned, nine_o_clock):
    tomorrow = TODAY + timedelta(days=1)
    nine_o_clock.move_to(at(9, day=tomorrow))
    with pytest.raises(OnHold, match=r"1 days old, its payment plan is missed"):
        book(db, ward, ward.asha, ward.iyer, at(11, day=tomorrow))

    pay(db, ward, ward.asha, 299_99)
    assert on_hold(db, ward)
    pay(db, ward, ward.asha, 1)

    assert not on_hold(db, ward)
    assert book(db, ward, ward.asha, ward.iyer, at(11, day=tomorrow)).overdue_then_paise == 0


def test_paying_ahead_counts_for_later_instalments(db, ward, planned, nine_o_clock):
    pay(db, ward, ward.asha, 600_00)

    nine_o_clock.move_to(at(9, day=TODAY + WEEK + timedelta(days=1)))
    assert not on_hold(db, ward)
    nine_o_clock.move_to(at(9, day=TODAY + 2 * WEEK + timedelta(days=1)))
    assert on_hold(db, ward)


def test_a_credit_note_counts_like_a_payment(db, ward, planned, nine_o_clock):
    (other,) = (b for b in dues_of(db, ward.asha.id).bills if b.owed_paise == 300_00)
    issue_credit_note(db, other.number, CreditKind.VOID, "Slip", form="v", by=ward.ishaan)

    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    assert not on_hold(db, ward)


def test_a_bounced_instalment_restores_the_hold(db, ward, planned, nine_o_clock):
    paid = pay(db, ward, ward.asha, 300_00, Method.CHEQUE)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    assert not on_hold(db, ward)

    (cheque,) = payments_on(db, paid)
    reverse_payment(db, cheque, "Bounced", by=ward.ishaan)

    assert on_hold(db, ward)


def test_a_payment_from_before_the_plan_that_bounces_restores_the_hold(db, ward):
    bill = bill_of(db, ward, ward.asha, 600_00)
    (cheque,) = payments_on(db, pay(db, ward, ward.asha, 100_00, Method.CHEQUE))
    agree(db, ward, ward.asha, (TODAY + WEEK, 500_00))
    assert not on_hold(db, ward)

    reverse_payment(db, cheque, "Bounced", by=ward.ishaan)

    assert on_hold(db, ward)
    assert dues_of(db, ward.asha.id).bills[0].number == bill.number


def test_ending_a_plan_restores_the_hold(db, ward, planned):
    ended = end_plan(db, planned, "Asked for it", by=ward.ishaan)
    again = end_plan(db, planned, "Another click", by=ward.ishaan)

    assert (again.end_reason, again.ended_at) == ("Asked for it", ended.ended_at)
    with pytest.raises(OnHold):
        book(db, ward, ward.asha, ward.iyer, at(11))


def test_a_new_bill_is_on_no_plan_and_holds_booking_back(db, ward, planned):
    bill_of(db, ward, ward.asha, 50_00)

    dues = dues_of(db, ward.asha.id)
    assert (dues.total_paise, dues.overdue_paise, dues.on_hold) == (950_00, 50_00, True)
    with pytest.raises(OnHold, match=r"₹600\.00, of today, on a payment plan"):
        book(db, ward, ward.asha, ward.iyer, at(11))


def test_the_bills_not_yet_on_a_plan_get_one_of_their_own(db, ward, planned):
    bill = bill_of(db, ward, ward.asha, 50_00)

    second = agree(db, ward, ward.asha, (TODAY + WEEK, 50_00))

    assert second.total_paise == 50_00
    assert not on_hold(db, ward)
    assert bill.number in bills_on_kept_plans(db, by=ward.ishaan)


def test_a_bill_on_a_plan_gets_no_second_one(db, ward, planned):
    number = dues_of(db, ward.asha.id).bills[0].number
    with pytest.raises(BillOnPlan, match=number):
        agree(db, ward, ward.asha, (TODAY, 900_00))
    with pytest.raises(BillOnPlan, match=number):
        agree(db, ward, ward.asha, (TODAY, 600_00), bills=[number])

    end_plan(db, planned, "Too fast", by=ward.ishaan)
    assert agree(db, ward, ward.asha, (TODAY + WEEK, 900_00)).total_paise == 900_00


def test_a_second_click_is_the_same_plan(db, ward, planned):
    again = agree(db, ward, ward.asha, (TODAY, 900_00), form="plan")

    assert again.id == planned.id
    assert len(plans_of(db, ward.asha.id, by=ward.ishaan)) == 1


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [(TODAY, 900_00), (TODAY + WEEK, 0)],
        [(TODAY, 1000_00), (TODAY + WEEK, -100_00)],
        [(TODAY, 450_00), (TODAY, 450_00)],
        [(TODAY - timedelta(days=1), 900_00)],
        [(TODAY + timedelta(days=800), 900_00)],
        [(TODAY + timedelta(days=n), 36_00) for n in range(25)],
    ],
)
def test_instalments_that_cannot_be_are_refused(db, ward, parts):
    bill_of(db, ward, ward.asha, 900_00)

    with pytest.raises(InstalmentsNotPossible):
        agree(db, ward, ward.asha, *parts)


def test_the_instalments_come_to_what_is_owed(db, ward):
    bill_of(db, ward, ward.asha, 900_00)

    with pytest.raises(PlanSumDiffers, match=r"come to ₹899\.99, and ₹900\.00 is owed"):
        agree(db, ward, ward.asha, (TODAY, 899_99))


def test_nothing_owed_needs_no_plan(db, ward):
    with pytest.raises(NothingOwed):
        agree(db, ward, ward.asha, (TODAY, 1))


def test_the_plan_of_a_minors_payer_opens_the_minors_booking(db, ward):
    dev, cara = (enroll_patient(db, typed, form=typed.name, by=ward.meera) for typed in (DEV, CARA))
    name_payer(db, cara, dev, by=ward.meera)
    bill_of(db, ward, cara, 400_00)
    assert dues_of(db, cara.id).on_hold

    plan = agree(db, ward, cara, (TODAY + WEEK, 400_00))

    assert plan.payer_id == dev.id
    assert not dues_of(db, cara.id).on_hold
    assert book(db, ward, cara, ward.iyer, at(11)).payer_then_id == dev.id


def test_a_plan_shows_what_is_cleared_and_what_comes_next(db, ward, planned, nine_o_clock):
    pay(db, ward, ward.asha, 350_00)
    nine_o_clock.move_to(at(9, day=TODAY + WEEK + timedelta(days=1)))

    (seen,) = plans_of(db, ward.asha.id, by=ward.ishaan)

    assert [part.cleared_paise for part in seen.parts] == [300_00, 50_00, 0]
    assert (seen.cleared_paise, seen.due_paise, seen.missed_paise) == (350_00, 600_00, 250_00)
    assert (seen.kept, seen.next_part.due_on) == (False, TODAY + WEEK)
    assert [one.plan.id for one in standing_plans(db, by=ward.ishaan)] == [planned.id]


def test_a_plan_that_is_paid_is_listed_no_more(db, ward, planned):
    pay(db, ward, ward.asha, 900_00)

    assert standing_plans(db, by=ward.ishaan) == []
    (seen,) = plans_of(db, ward.asha.id, by=ward.ishaan)
    assert (seen.kept, seen.next_part, seen.owed_paise) == (True, None, 0)


def test_bills_on_kept_plans_are_told_to_the_reports(db, ward, planned, nine_o_clock):
    assert len(bills_on_kept_plans(db, by=ward.ishaan)) == 2

    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    assert bills_on_kept_plans(db, by=ward.ishaan) == frozenset()


def test_the_dashboard_holds_back_whom_the_gate_holds_back(db, ward, planned, nine_o_clock):
    def held():
        return [row.patient_id for row in who_owes(db, OwedWhere(on_hold=True), by=ward.ishaan)]

    assert (held(), on_hold(db, ward)) == ([], False)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    assert (held(), on_hold(db, ward)) == ([ward.asha.id], True)


def test_monthly_parts_are_whole_rupees_and_sum_to_the_whole():
    parts = monthly_parts(1000_50, date(2026, 11, 30), 4)

    assert [part.amount_paise for part in parts] == [250_50, 250_00, 250_00, 250_00]
    assert [part.due_on for part in parts] == [
        date(2026, 11, 30),
        date(2026, 12, 30),
        date(2027, 1, 30),
        date(2027, 2, 28),
    ]


def test_the_refusal_names_the_age_the_rule_and_the_ways_on(db, ward, nine_o_clock):
    settings(db, ward, dues_limit_paise=100_00, dues_grace_days=2)
    bill_of(db, ward, ward.asha, 600_00)
    later = TODAY + timedelta(days=3)
    nine_o_clock.move_to(at(9, day=later))

    told = (
        r"\(₹600\.00, 3 days old\)\. The hospital holds booking back for more than ₹100\.00 owed "
        r"for 2 days or more\. Take the payment, agree a payment plan, ask for a waiver and wait "
        r"for it, or book an emergency with its reason\."
    )
    with pytest.raises(OnHold, match=told):
        book(db, ward, ward.asha, ward.iyer, at(11, day=later))


def test_the_self_check_sees_a_booking_that_no_plan_covered_yet(broken_house):
    with desk() as (db, ward):
        bill_of(db, ward, ward.asha, 600_00)
        agree(db, ward, ward.asha, (TODAY, 600_00))
        book(db, ward, ward.asha, ward.iyer, at(11))
    with desk() as (db, _):
        assert red(db) == set()
        take_away(db.connection(), "agreed_plan_is_frozen")
        db.execute(sql("UPDATE payment_plan SET agreed_at = '2026-11-24 00:00:00+00:00'"))
        assert red(db) == {"dues gate", "rules standing"}


def red(db):
    return {one.rule for one in check_house(db, by=CONSOLE) if not one.green}


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_agrees_and_ends_plans(db, ward, planned, name):
    who = getattr(ward, name)
    with pytest.raises(NotPermitted, match="agree and end payment plans"):
        agree(db, ward, ward.asha, (TODAY, 1), by=who)
    with pytest.raises(NotPermitted, match="agree and end payment plans"):
        end_plan(db, planned, "No", by=who)
