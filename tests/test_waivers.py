"""Discounts up to a clerk's limit, and waivers that one person asks for and another decides."""

import pytest

from mediklaud.errors import (
    AboveDiscountLimit,
    DiscountTooMuch,
    LimitNotPossible,
    NeedsAPerson,
    NotPermitted,
    WaiverAskedAlready,
    WaiverDecidedAlready,
    YourOwnLimit,
    YourOwnWaiver,
)
from mediklaud.models import Account, CreditKind, Role
from mediklaud.repository import (
    CONSOLE,
    advances_of,
    approve_waiver,
    ask_waiver,
    asked_waivers,
    cancel_credit_note,
    create_account,
    discount_left,
    give_discount,
    refuse_waiver,
    set_discount_limit,
    waivers_of,
)
from mediklaud.repository.dues import dues_of
from tests.hospital import PASSWORD
from tests.till import GSTIN, a_form, bill_of, pay, settings
from tests.visits import book


@pytest.fixture
def bill(db, ward):
    """Asha owes 800 on one bill; Ishaan may discount 100 of a bill."""
    set_discount_limit(db, ward.ishaan, 100_00, by=ward.tara)
    return bill_of(db, ward, ward.asha, 500_00, 300_00)


@pytest.fixture
def second(db, ward) -> Account:
    """A second person in finance."""
    return create_account(db, "nina", "Nina Das", PASSWORD, {Role.FINANCE}, by=ward.tara)


def discount(db, ward, bill, paise, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return give_discount(db, bill.number, paise, "Staff's family", **told)


def ask(db, ward, bill, paise, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return ask_waiver(db, bill.number, paise, "Cannot pay", **told)


def owed(db, ward):
    return dues_of(db, ward.asha.id).total_paise


def test_a_discount_within_the_limit_is_given_at_once(db, ward, bill):
    note = discount(db, ward, bill, 100_00)

    assert (note.kind, note.total_paise, note.reason) == (
        CreditKind.DISCOUNT,
        100_00,
        "Staff's family",
    )
    assert owed(db, ward) == 700_00


def test_discounts_of_one_clerk_on_one_bill_share_the_limit(db, ward, bill):
    note = discount(db, ward, bill, 60_00)
    with pytest.raises(AboveDiscountLimit, match=r"₹40\.00 more off this bill"):
        discount(db, ward, bill, 40_01)

    cancel_credit_note(db, note.number, "Slip", by=ward.ishaan)
    assert discount_left(db, bill.number, by=ward.ishaan) == 100_00


def test_without_a_limit_every_discount_is_a_waiver(db, ward, bill, second):
    with pytest.raises(AboveDiscountLimit):
        discount(db, ward, bill, 1, by=second)


def test_a_second_click_is_the_same_discount(db, ward, bill):
    first = discount(db, ward, bill, 100_00, form="f")
    again = discount(db, ward, bill, 100_00, form="f")

    assert (again.number, owed(db, ward)) == (first.number, 700_00)


@pytest.mark.parametrize("paise", [0, -1, 800_01])
def test_no_more_is_taken_off_than_is_owed(db, ward, bill, paise):
    set_discount_limit(db, ward.ishaan, 10_000_00, by=ward.tara)
    with pytest.raises(DiscountTooMuch, match=r"₹800\.00 is owed"):
        discount(db, ward, bill, paise)
    with pytest.raises(DiscountTooMuch):
        ask(db, ward, bill, paise)


def test_a_waiver_asked_for_changes_nothing_until_another_approves_it(db, ward, bill):
    request = ask(db, ward, bill, 800_00)
    assert (owed(db, ward), dues_of(db, ward.asha.id).on_hold) == (800_00, True)

    note = approve_waiver(db, request, by=ward.khan, note="Poor")

    assert (note.kind, note.total_paise, note.issued_by) == (
        CreditKind.WAIVER,
        800_00,
        ward.khan.id,
    )
    assert (owed(db, ward), bill.settled_at) == (0, note.issued_at)
    assert not book(db, ward, ward.asha, ward.iyer).on_hold
    (kept,) = waivers_of(db, bill.number, by=ward.ishaan)
    assert (kept.status, kept.decided_by, kept.credit_number, kept.decision) == (
        "approved",
        ward.khan.id,
        note.number,
        "Poor",
    )


def test_nobody_decides_on_their_own_request(db, ward, bill):
    request = ask(db, ward, bill, 800_00)

    with pytest.raises(YourOwnWaiver):
        approve_waiver(db, request, by=ward.ishaan)
    with pytest.raises(YourOwnWaiver):
        refuse_waiver(db, request, "No", by=ward.ishaan)
    assert owed(db, ward) == 800_00


def test_a_second_person_in_finance_may_approve(db, ward, bill, second):
    approve_waiver(db, ask(db, ward, bill, 200_00), by=second)

    assert owed(db, ward) == 600_00


def test_the_front_desk_asks_and_finance_approves(db, ward, bill):
    request = ask(db, ward, bill, 200_00, by=ward.meera)

    assert approve_waiver(db, request, by=ward.ishaan).total_paise == 200_00


def test_a_refused_waiver_says_why_and_may_be_asked_anew(db, ward, bill):
    request = ask(db, ward, bill, 800_00)
    refused = refuse_waiver(db, request, "Ask for half", by=ward.khan)

    assert (refused.status, refused.decision, owed(db, ward)) == (
        "refused",
        "Ask for half",
        800_00,
    )
    assert approve_waiver(db, ask(db, ward, bill, 400_00), by=ward.khan).total_paise == 400_00


def test_one_request_at_a_time_stands_on_a_bill(db, ward, bill):
    first = ask(db, ward, bill, 100_00, form="f")
    with pytest.raises(WaiverAskedAlready, match=bill.number):
        ask(db, ward, bill, 100_00)

    assert ask(db, ward, bill, 100_00, form="f").id == first.id


def test_a_decision_stands_and_a_second_click_is_the_same(db, ward, bill, second):
    request = ask(db, ward, bill, 100_00)
    note = approve_waiver(db, request, by=ward.khan)

    assert approve_waiver(db, request, by=ward.khan).number == note.number
    with pytest.raises(WaiverDecidedAlready, match="approved already"):
        refuse_waiver(db, request, "No", by=ward.khan)
    with pytest.raises(WaiverDecidedAlready):
        approve_waiver(db, request, by=second)
    assert owed(db, ward) == 700_00


def test_a_bill_paid_meanwhile_is_not_waived_beyond_what_is_owed(db, ward, bill):
    request = ask(db, ward, bill, 800_00)
    pay(db, ward, ward.asha, 100_00)

    with pytest.raises(DiscountTooMuch, match=r"₹700\.00 is owed"):
        approve_waiver(db, request, by=ward.khan)
    assert advances_of(db, ward.asha.id, by=ward.ishaan) == []


def test_a_waiver_of_a_tax_invoice_takes_its_tax_with_it(db, ward):
    settings(db, ward, gstin=GSTIN)
    taxed = bill_of(db, ward, ward.asha, 1000_00, tax=1800)
    note = approve_waiver(db, ask(db, ward, taxed, 590_00), by=ward.khan)

    assert (note.subtotal_paise, note.tax_paise, note.total_paise) == (500_00, 90_00, 590_00)


def test_the_waivers_that_wait_are_listed_with_what_is_owed(db, ward, bill):
    request = ask(db, ward, bill, 800_00)
    pay(db, ward, ward.asha, 100_00)

    (listed,) = asked_waivers(db, by=ward.khan)

    assert (listed.request.id, listed.payer.id, listed.asked_by.id, listed.owed_paise) == (
        request.id,
        ward.asha.id,
        ward.ishaan.id,
        700_00,
    )
    refuse_waiver(db, request, "No", by=ward.khan)
    assert asked_waivers(db, by=ward.khan) == []


def test_the_console_is_no_person(db, ward, bill):
    with pytest.raises(NeedsAPerson):
        ask(db, ward, bill, 1, by=CONSOLE)
    request = ask(db, ward, bill, 1)
    with pytest.raises(NeedsAPerson):
        approve_waiver(db, request, by=CONSOLE)


def test_a_limit_is_zero_or_more(db, ward):
    with pytest.raises(LimitNotPossible):
        set_discount_limit(db, ward.ishaan, -1, by=ward.tara)
    with pytest.raises(NotPermitted):
        set_discount_limit(db, ward.ishaan, 1, by=ward.ishaan)


def test_nobody_sets_the_own_limit(db, ward):
    with pytest.raises(YourOwnLimit):
        set_discount_limit(db, ward.khan, 100_00, by=ward.khan)
    assert set_discount_limit(db, ward.khan, 100_00, by=ward.tara).discount_limit_paise == 100_00
