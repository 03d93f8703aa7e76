"""Doctors' shares: what is agreed, and statement lines that tie to the receipts."""

from datetime import timedelta

import pytest

from mediklaud.errors import NotPermitted, ShareInThePast, ShareNotPossible
from mediklaud.models import Method
from mediklaud.repository import reverse_payment, set_share, share_lines, share_terms
from tests.hospital import TODAY, at
from tests.till import bill_of, pay, payments_on, settings
from tests.visits import visit

TOMORROW = TODAY + timedelta(days=1)


def lines(db, ward, first=TODAY, last=TODAY, **asked):
    return share_lines(db, first, last, by=ward.ishaan, **asked)


def test_a_share_is_agreed_from_a_day_on(db, ward):
    set_share(db, ward.rao, TODAY, basis_points=6000, by=ward.khan)
    set_share(db, ward.rao, TODAY + timedelta(days=30), visit_paise=300_00, by=ward.khan)

    terms = share_terms(db, by=ward.ishaan)

    assert [tuple(one.values()) for one in terms] == [
        (ward.rao.number, TODAY, 6000, 0),
        (ward.rao.number, TODAY + timedelta(days=30), 0, 300_00),
    ]


def test_the_same_days_share_is_written_over(db, ward):
    first = set_share(db, ward.rao, TODAY, basis_points=6000, by=ward.khan)
    again = set_share(db, ward.rao, TODAY, basis_points=5000, by=ward.khan)

    assert again.id == first.id
    assert [one["basis_points"] for one in share_terms(db, by=ward.khan)] == [5000]


@pytest.mark.parametrize(
    "told",
    [
        {"basis_points": -1},
        {"basis_points": 10_001},
        {"visit_paise": -1},
        {"basis_points": 1, "visit_paise": 1},
    ],
)
def test_a_share_that_cannot_be_is_refused(db, ward, told):
    with pytest.raises(ShareNotPossible):
        set_share(db, ward.rao, TODAY, by=ward.khan, **told)


def test_a_share_does_not_begin_in_the_past(db, ward):
    with pytest.raises(ShareInThePast):
        set_share(db, ward.rao, TODAY - timedelta(days=1), basis_points=1, by=ward.khan)


def test_the_lines_of_a_statement_tie_to_the_receipts(db, ward):
    settings(db, ward, dues_limit_paise=10_000_00)
    visit(db, ward, ward.asha, ward.rao)
    visit(db, ward, ward.asha, ward.iyer, at(11))
    receipt = pay(db, ward, ward.asha, 1000_00, Method.CARD)

    told = lines(db, ward)

    assert [(one["doctor_number"], one["received_paise"], one["visits"]) for one in told] == [
        (ward.rao.number, 800_00, 1),
        (ward.iyer.number, 200_00, 1),
    ]
    assert {one["receipt_number"] for one in told} == {receipt.number}
    assert sum(one["received_paise"] for one in told) == receipt.amount_paise
    (of_iyer,) = lines(db, ward, doctor=ward.iyer)
    assert (of_iyer["total_paise"], of_iyer["method"], of_iyer["day"]) == (500_00, "card", TODAY)


def test_a_reversal_is_a_line_of_its_own_day(db, ward, nine_o_clock):
    bill = bill_of(db, ward, ward.asha, 300_00)
    (cheque,) = payments_on(db, pay(db, ward, ward.asha, 300_00, Method.CHEQUE))
    nine_o_clock.move_to(at(9, day=TOMORROW))
    reverse_payment(db, cheque, "Bounced", by=ward.ishaan)

    (today,), (tomorrow,) = lines(db, ward), lines(db, ward, TOMORROW, TOMORROW)

    assert (today["received_paise"], today["before_paise"], today["visits"]) == (300_00, 0, 0)
    assert (tomorrow["received_paise"], tomorrow["before_paise"]) == (-300_00, 300_00)
    assert today["number"] == tomorrow["number"] == bill.number


@pytest.mark.parametrize("name", ["meera", "tara", "rao_account"])
def test_only_the_cmo_agrees_shares_and_only_finance_and_the_cmo_see_them(db, ward, name):
    who = getattr(ward, name)
    with pytest.raises(NotPermitted, match="set doctors' shares"):
        set_share(db, ward.rao, TODAY, basis_points=1, by=who)
    with pytest.raises(NotPermitted, match="see doctors' shares"):
        share_lines(db, TODAY, TODAY, by=who)
