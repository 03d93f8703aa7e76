"""A cashier's day: counted against the ledger, closed, and reopened by a second person."""

from datetime import timedelta
from functools import partial

import pytest

from mediklaud.bench.reads import asked_by
from mediklaud.errors import (
    CountBelowZero,
    CountMissesReason,
    DayClosedAlready,
    DayIsClosed,
    DayNotCome,
    EmptyField,
    LedgerMoved,
    NeedsAPerson,
    NotPermitted,
    NotYourTill,
    YouClosedIt,
    YourOwnDay,
)
from mediklaud.models import Method, Role
from mediklaud.repository import (
    CONSOLE,
    Count,
    Tender,
    change_account,
    close_day,
    closed_days,
    create_account,
    days_left_open,
    refund_payment,
    reopen_day,
    reverse_payment,
    standing_close,
    take_advance,
    till_of,
    unclosed_days,
)
from tests.hospital import PASSWORD, TODAY, at
from tests.till import a_form, bill_of, pay, payments_on

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def taken(db, ward):
    """Asha has paid 500 in cash, 300 by card and 200 by cheque, and owes 200 more."""
    bill_of(db, ward, ward.asha, 1200_00)
    given = [(500_00, Method.CASH), (300_00, Method.CARD), (200_00, Method.CHEQUE)]
    return [payments_on(db, pay(db, ward, ward.asha, *one))[0] for one in given]


def close(db, ward, *counts, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return close_day(db, [Count(*count) for count in counts], **told)


EXACT = ((Method.CASH, 500_00), (Method.CARD, 300_00), (Method.CHEQUE, 200_00))


def sums(db, ward, by=None):
    till = till_of(db, ward.ishaan, TODAY, by=by or ward.ishaan)
    return {one.method: one.system_paise for one in till}


def test_the_ledger_is_summed_by_method(db, ward, taken):
    nothing = {Method.UPI: 0, Method.BANK: 0}

    assert sums(db, ward) == {**dict(EXACT), **nothing}


def test_refunds_and_reversals_are_taken_off_on_the_day_they_happen(db, ward, taken, nine_o_clock):
    advance = take_advance(
        db, ward.ben, [Tender(100_00, Method.CASH)], form=a_form(), by=ward.ishaan
    )
    (cash,) = payments_on(db, advance)
    nine_o_clock.move_to(at(9, day=TOMORROW))
    told = {"form": a_form(), "by": ward.ishaan, "reference": "R9"}
    refund_payment(db, cash, 40_00, Method.UPI, "Asked for it", **told)
    reverse_payment(db, taken[2], "Bounced", by=ward.ishaan)

    assert sums(db, ward)[Method.CHEQUE] == 200_00
    of_tomorrow = till_of(db, ward.ishaan, TOMORROW, by=ward.ishaan)
    told = {one.method: one.system_paise for one in of_tomorrow if one.system_paise}
    assert told == {Method.UPI: -40_00, Method.CHEQUE: -200_00}


def test_a_day_counted_right_is_closed(db, ward, taken):
    kept = close(db, ward, *EXACT)

    (seen,) = closed_days(db, TODAY, TODAY, by=ward.ishaan)
    assert (seen.close.id, seen.cashier.id, seen.difference_paise) == (kept.id, ward.ishaan.id, 0)
    assert len(seen.counts) == len(Method)
    assert standing_close(db, ward.ishaan, TODAY, by=ward.ishaan) == kept


def test_a_difference_needs_a_reason(db, ward, taken):
    short = ((Method.CASH, 490_00), *EXACT[1:])
    with pytest.raises(CountMissesReason, match=r"cash differs by -₹10\.00"):
        close(db, ward, *short)

    close(db, ward, (Method.CASH, 490_00, "Ten short"), *EXACT[1:])

    (seen,) = closed_days(db, TODAY, TODAY, by=ward.ishaan)
    assert seen.difference_paise == -10_00


def test_what_was_not_counted_counts_as_nothing(db, ward, taken):
    with pytest.raises(CountMissesReason, match="cheque differs"):
        close(db, ward, *EXACT[:2])


def test_a_closed_day_takes_no_receipt_refund_or_reversal(db, ward, taken):
    close(db, ward, *EXACT)

    with pytest.raises(DayIsClosed):
        pay(db, ward, ward.asha, 100_00)
    with pytest.raises(DayIsClosed):
        take_advance(db, ward.ben, [Tender(1_00, Method.CASH)], form="a", by=ward.ishaan)
    with pytest.raises(DayIsClosed), db.begin_nested():
        reverse_payment(db, taken[2], "Bounced", by=ward.ishaan)
    assert sums(db, ward)[Method.CHEQUE] == 200_00


def test_a_closed_day_gives_no_refund(db, ward):
    advance = take_advance(
        db, ward.ben, [Tender(100_00, Method.CASH)], form=a_form(), by=ward.ishaan
    )
    (cash,) = payments_on(db, advance)
    close(db, ward, (Method.CASH, 100_00))

    with pytest.raises(DayIsClosed):
        refund_payment(db, cash, 40_00, Method.CASH, "Asked for it", form=a_form(), by=ward.ishaan)


def test_the_next_day_and_another_cashier_go_on(db, ward, taken, nine_o_clock):
    nina = create_account(db, "nina", "Nina Das", PASSWORD, {Role.FINANCE}, by=ward.tara)
    close(db, ward, *EXACT)

    assert pay(db, ward, ward.asha, 100_00, by=nina).received_by_name == "Nina Das"
    nine_o_clock.move_to(at(9, day=TOMORROW))
    assert pay(db, ward, ward.asha, 100_00).amount_paise == 100_00


def test_a_second_person_reopens_a_day_with_a_reason(db, ward, taken):
    kept = close(db, ward, *EXACT)
    with pytest.raises(YourOwnDay):
        reopen_day(db, kept, "Forgot one", by=ward.ishaan)

    reopened = reopen_day(db, kept, "Forgot one", by=ward.khan)
    again = reopen_day(db, kept, "Another click", by=ward.khan)

    assert (again.reopen_reason, again.reopened_by) == ("Forgot one", ward.khan.id)
    assert reopened.reopened_at == again.reopened_at
    pay(db, ward, ward.asha, 100_00)
    anew = close(db, ward, (Method.CASH, 600_00), *EXACT[1:])
    seen = closed_days(db, TODAY, TODAY, by=ward.ishaan)
    assert [(one.close.id, one.reopened_by and one.reopened_by.id) for one in seen] == [
        (anew.id, None),
        (kept.id, ward.khan.id),
    ]


def test_a_day_is_closed_once_and_a_second_click_is_the_same(db, ward, taken):
    first = close(db, ward, *EXACT, form="f")

    assert close(db, ward, *EXACT, form="f").id == first.id
    with pytest.raises(DayClosedAlready, match="23 November 2026"):
        close(db, ward, *EXACT)


def test_a_day_that_was_forgotten_is_closed_later(db, ward, taken, nine_o_clock):
    nine_o_clock.move_to(at(9, day=TOMORROW))
    assert unclosed_days(db, TODAY, by=ward.ishaan) == [(ward.ishaan, TODAY)]

    close(db, ward, *EXACT, day=TODAY)

    assert unclosed_days(db, TODAY, by=ward.ishaan) == []


def test_a_day_to_come_is_not_closed(db, ward):
    with pytest.raises(DayNotCome):
        close(db, ward, day=TOMORROW)


def test_the_console_has_no_till(db, ward):
    with pytest.raises(NeedsAPerson):
        close(db, ward, by=CONSOLE)


def test_a_quiet_day_can_be_closed_too(db, ward):
    close(db, ward)

    (seen,) = closed_days(db, TODAY, TODAY, by=ward.ishaan)
    assert {(one.system_paise, one.counted_paise) for one in seen.counts} == {(0, 0)}


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_closes_a_till(db, ward, name):
    with pytest.raises(NotPermitted, match="close days at the till"):
        close(db, ward, by=getattr(ward, name))


def test_nothing_is_counted_below_zero_unless_the_ledger_is(db, ward, taken, nine_o_clock):
    with pytest.raises(CountBelowZero, match="by cash is below zero"):
        close(db, ward, (Method.CASH, -5, "x"), *EXACT[1:])
    with pytest.raises(CountBelowZero, match="by UPI"):
        close(db, ward, *EXACT, (Method.UPI, -1, "x"))

    nine_o_clock.move_to(at(9, day=TOMORROW))
    reverse_payment(db, taken[2], "Bounced", by=ward.ishaan)

    assert close(db, ward, (Method.CHEQUE, -200_00)).day == TOMORROW


def test_a_ledger_that_moved_since_it_was_shown_is_counted_again(db, ward, taken):
    with pytest.raises(LedgerMoved, match=r"₹500\.00 of cash now, not ₹400\.00"):
        close(db, ward, (Method.CASH, 400_00, "", 400_00), *EXACT[1:])

    assert close(db, ward, (Method.CASH, 500_00, "", 500_00), *EXACT[1:]).day == TODAY


# Who left


def left_open(db, by):
    return days_left_open(db, unclosed_days(db, TODAY, by=by), by=by)


@pytest.fixture
def priya(db, ward, taken):
    """A second person in finance, after Ishaan's account was switched off."""
    told = (db, "priya", "Priya Nair", PASSWORD, {Role.FINANCE})
    second = create_account(*told, by=ward.tara)
    change_account(db, ward.ishaan, {Role.FINANCE}, active=False, by=ward.tara)
    return second


def test_the_day_of_who_left_is_closed_by_another_with_a_reason(db, ward, priya):
    told = {"by": priya, "left_by": ward.ishaan, "day": TODAY}
    with pytest.raises(EmptyField, match="Reason"):
        close(db, ward, *EXACT, **told)
    kept = close(db, ward, *EXACT, **told, reason="He left on Friday")

    assert (kept.account_id, unclosed_days(db, TODAY, by=priya)) == (ward.ishaan.id, [])
    assert standing_close(db, ward.ishaan, TODAY, by=priya) == kept
    noted = db.info["deeds"][-1]
    assert (noted.deed, noted.account_id) == ("day closed", priya.id)
    assert "He left on Friday" in noted.detail


def test_the_day_of_who_left_is_counted_against_that_ledger(db, ward, priya):
    with pytest.raises(CountMissesReason):
        close(db, ward, by=priya, left_by=ward.ishaan, day=TODAY, reason="He left")
    assert sums(db, ward, priya)[Method.CASH] == 500_00


def test_the_day_of_who_is_still_here_is_closed_by_nobody_else(db, ward, taken):
    second = create_account(db, "priya", "Priya Nair", PASSWORD, {Role.FINANCE}, by=ward.tara)
    with pytest.raises(NotYourTill):
        close(db, ward, *EXACT, by=second, left_by=ward.ishaan, reason="Quicker")
    with pytest.raises(NotYourTill):
        till_of(db, ward.ishaan, TODAY, by=second)


def test_the_day_of_who_takes_no_money_any_more_is_closed_by_another(db, ward, taken):
    second = create_account(db, "priya", "Priya Nair", PASSWORD, {Role.FINANCE}, by=ward.tara)
    assert left_open(db, second) == []
    change_account(db, ward.ishaan, {Role.FRONT_DESK}, active=True, by=ward.tara)
    assert left_open(db, second) == [(ward.ishaan, TODAY)]

    told = {"by": second, "left_by": ward.ishaan, "reason": "He is at the front desk now"}
    kept = close(db, ward, *EXACT, **told)

    assert standing_close(db, ward.ishaan, TODAY, by=second) == kept
    assert left_open(db, second) == []


def test_who_left_is_asked_once_for_all_cashiers(db, ward, priya):
    pay(db, ward, ward.asha, 100_00, by=priya)
    many = unclosed_days(db, TODAY, by=priya)
    asked = [asked_by(partial(days_left_open, db, some, by=priya)) for some in (many[:1], many)]

    assert {account.id for account, _ in many} == {ward.ishaan.id, priya.id}
    assert days_left_open(db, many, by=priya) == [(ward.ishaan, TODAY)]
    assert len(asked[0]) == len(asked[1])


def test_who_left_is_asked_once_for_all_closed_days(db, ward, priya):
    told = {"left_by": ward.ishaan, "reason": "He left on Friday"}
    close(db, ward, *EXACT, by=priya, **told)
    one = asked_by(partial(closed_days, db, TODAY, TODAY, by=ward.khan))
    close(db, ward, by=priya)
    two = asked_by(partial(closed_days, db, TODAY, TODAY, by=ward.khan))

    seen = closed_days(db, TODAY, TODAY, by=ward.khan)
    assert {(day.cashier.id, day.is_left) for day in seen} == {
        *((ward.ishaan.id, True), (priya.id, False)),
    }
    assert len(one) == len(two)


def test_a_day_without_money_is_left_to_nobody(db, ward, taken):
    change_account(db, ward.ishaan, {Role.FRONT_DESK}, active=True, by=ward.tara)
    second = create_account(db, "priya", "Priya Nair", PASSWORD, {Role.FINANCE}, by=ward.tara)
    with pytest.raises(NotYourTill):
        till_of(db, ward.ishaan, TOMORROW, by=second)


def test_who_closed_the_day_of_one_who_left_does_not_reopen_it(db, ward, priya):
    told = {"by": priya, "left_by": ward.ishaan, "day": TODAY, "reason": "He left on Friday"}
    kept = close(db, ward, *EXACT, **told)
    with pytest.raises(YouClosedIt):
        reopen_day(db, kept, "One more look", by=priya)

    reopen_day(db, kept, "One more look", by=ward.khan)

    (seen,) = closed_days(db, TODAY, TODAY, by=priya)
    assert (seen.cashier.name, seen.closed_by.name) == ("Ishaan Shah", "Priya Nair")
    assert (seen.close.close_reason, seen.is_left) == ("He left on Friday", True)


def test_ones_own_day_says_who_closed_it_and_gives_no_reason(db, ward, taken):
    close(db, ward, *EXACT, reason="Not asked for")

    (seen,) = closed_days(db, TODAY, TODAY, by=ward.ishaan)
    assert (seen.closed_by.id, seen.close.close_reason, seen.is_left) == (
        ward.ishaan.id,
        None,
        False,
    )
