"""Doctors' shares: what is agreed, and statement lines that tie to the receipts."""

from datetime import timedelta

import pytest

from mediklaud.errors import NotPermitted, ShareInThePast, ShareNotPossible
from mediklaud.models import CreditKind, Method
from mediklaud.reports import shares
from mediklaud.repository import (
    CreditLine,
    Item,
    bill_services,
    cancel_credit_note,
    issue_credit_note,
    received_for,
    reverse_payment,
    set_share,
    share_lines,
    share_terms,
)
from tests.hospital import TODAY, at
from tests.till import GSTIN, a_form, bill_of, lines_of, pay, payments_on, service, settings
from tests.visits import visit

TOMORROW = TODAY + timedelta(days=1)


def lines(db, ward, first=TODAY, last=TODAY, **asked):
    return share_lines(db, first, last, by=ward.ishaan, **asked)


def test_a_share_is_agreed_from_a_day_on(db, ward):
    set_share(db, ward.rao, TODAY, basis_points=6000, by=ward.khan)
    set_share(db, ward.rao, TODAY + timedelta(days=30), visit_paise=300_00, by=ward.khan)

    terms = share_terms(db, by=ward.ishaan)

    assert [tuple(one) for one in terms] == [
        (ward.rao.number, TODAY, 6000, 0),
        (ward.rao.number, TODAY + timedelta(days=30), 0, 300_00),
    ]


def test_the_same_days_share_is_written_over(db, ward):
    first = set_share(db, ward.rao, TODAY, basis_points=6000, by=ward.khan)
    again = set_share(db, ward.rao, TODAY, basis_points=5000, by=ward.khan)

    assert again.id == first.id
    assert [one.basis_points for one in share_terms(db, by=ward.khan)] == [5000]


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

    assert [(one.doctor_number, one.received_paise, one.visits) for one in told] == [
        (ward.rao.number, 800_00, 1),
        (ward.iyer.number, 200_00, 1),
    ]
    assert {one.receipt_number for one in told} == {receipt.number}
    assert sum(one.received_paise for one in told) == receipt.amount_paise
    (of_iyer,) = lines(db, ward, doctor=ward.iyer)
    assert (of_iyer.total_paise, of_iyer.method, of_iyer.day) == (500_00, "card", TODAY)


def test_a_reversal_is_a_line_of_its_own_day(db, ward, nine_o_clock):
    bill = bill_of(db, ward, ward.asha, 300_00)
    (cheque,) = payments_on(db, pay(db, ward, ward.asha, 300_00, Method.CHEQUE))
    nine_o_clock.move_to(at(9, day=TOMORROW))
    reverse_payment(db, cheque, "Bounced", by=ward.ishaan)

    (today,), (tomorrow,) = lines(db, ward), lines(db, ward, TOMORROW, TOMORROW)

    assert (today.received_paise, today.before_paise, today.visits) == (300_00, 0, 0)
    assert (tomorrow.received_paise, tomorrow.before_paise) == (-300_00, 300_00)
    assert today.number == tomorrow.number == bill.number


def test_a_months_statement_is_the_agreed_part_of_its_receipts(db, ward, nine_o_clock):
    set_share(db, ward.rao, TODAY, basis_points=6000, by=ward.khan)
    bill_of(db, ward, ward.asha, 333_33)
    first = pay(db, ward, ward.asha, 100_01, Method.CHEQUE)
    second = pay(db, ward, ward.asha, 233_32)
    nine_o_clock.move_to(at(9, day=TOMORROW))
    reverse_payment(db, payments_on(db, first)[0], "Bounced", by=ward.ishaan)

    told = shares.shares_frame(lines(db, ward, TODAY, TOMORROW))
    terms = shares.terms_frame(share_terms(db, by=ward.khan))
    (month,) = shares.shares_by_month(shares.shares_by_line(told, terms)).to_dict("records")
    tied = shares.shares_by_receipt(shares.shares_by_line(told, terms)).set_index("receipt_number")

    # 60 per cent of 233.32, to the paisa.
    assert (month["received_paise"], month["share_paise"]) == (233_32, 139_99)
    assert tied["received_paise"].to_dict() == {first.number: 0, second.number: 233_32}


# Bills that were credited


@pytest.fixture
def mixed(db, ward):
    """A bill of Asha's: 1,000 exempt, and 1,000 with 180 of tax. All of it is Dr Rao's."""
    settings(db, ward, gstin=GSTIN)
    set_share(db, ward.rao, TODAY, basis_points=10_000, by=ward.khan)
    items = [Item(service(db, ward, 1000_00, name=f"At {tax}", tax=tax)) for tax in (0, 1800)]
    told = {"form": a_form(), "by": ward.ishaan}
    return bill_services(db, ward.asha, ward.rao, items, **told)


def credit(db, ward, bill, place, paise=1000_00):
    line = CreditLine(lines_of(db, bill)[place].id, paise)
    told = {"form": a_form(), "by": ward.ishaan, "lines": [line]}
    return issue_credit_note(db, bill.number, CreditKind.CORRECTION, "Not done", **told)


def shared(db, ward, first=TODAY, last=TODAY):
    told = shares.shares_frame(lines(db, ward, first, last))
    terms = shares.terms_frame(share_terms(db, by=ward.khan))
    return shares.shares_by_line(told, terms)["share_paise"].tolist()


def test_the_share_of_what_is_left_of_a_credited_bill_is_without_that_tax_alone(db, ward, mixed):
    credit(db, ward, mixed, 1)
    pay(db, ward, ward.asha, 1000_00)

    assert shared(db, ward) == [1000_00]


def test_the_tax_of_what_is_left_is_taken_off_whole(db, ward, mixed):
    credit(db, ward, mixed, 0)
    pay(db, ward, ward.asha, 590_00)
    pay(db, ward, ward.asha, 590_00)

    assert shared(db, ward) == [500_00, 500_00]


def test_what_a_credit_frees_is_taken_back_and_shared_anew(db, ward, mixed):
    pay(db, ward, ward.asha, 2180_00)
    credit(db, ward, mixed, 1)

    assert shared(db, ward) == [2000_00, -2000_00, 1000_00]


def test_a_later_credit_changes_no_earlier_day(db, ward, mixed, nine_o_clock):
    (cheque,) = payments_on(db, pay(db, ward, ward.asha, 1000_00, Method.CHEQUE))
    before = shared(db, ward)
    nine_o_clock.move_to(at(9, day=TOMORROW))
    credit(db, ward, mixed, 1)
    assert shared(db, ward) == before == [917_43]

    reverse_payment(db, cheque, "Bounced", by=ward.ishaan)
    pay(db, ward, ward.asha, 1000_00)

    assert shared(db, ward, TOMORROW, TOMORROW) == [-917_43, 1000_00]


def test_a_cancelled_credit_counts_until_it_was_cancelled(db, ward, mixed, nine_o_clock):
    note = credit(db, ward, mixed, 1)
    pay(db, ward, ward.asha, 400_00)
    nine_o_clock.move_to(at(9, day=TOMORROW))
    cancel_credit_note(db, note.number, "It was done", by=ward.ishaan)
    pay(db, ward, ward.asha, 1780_00)

    assert shared(db, ward) == [400_00]
    # 1,780 of 2,180 with 180 of tax.
    assert shared(db, ward, TOMORROW, TOMORROW) == [1633_03]
    assert shared(db, ward, TODAY, TOMORROW) == [400_00, 1633_03]
    received = received_for(db, ward.rao, TODAY, TOMORROW, by=ward.ishaan)
    assert sum(one.received_paise for one in received) == 2180_00


def test_a_visits_sum_is_paid_once_however_the_bill_was_credited(db, ward, nine_o_clock):
    set_share(db, ward.rao, TODAY, visit_paise=300_00, by=ward.khan)
    bill = visit(db, ward, ward.asha, ward.rao)
    pay(db, ward, ward.asha, 200_00)
    nine_o_clock.move_to(at(9, day=TOMORROW))
    credit(db, ward, bill, 0, 100_00)
    pay(db, ward, ward.asha, 500_00)

    assert (shared(db, ward), shared(db, ward, TOMORROW, TOMORROW)) == ([200_00], [100_00])


@pytest.mark.parametrize("name", ["meera", "tara", "rao_account"])
def test_only_the_cmo_agrees_shares_and_only_finance_and_the_cmo_see_them(db, ward, name):
    who = getattr(ward, name)
    with pytest.raises(NotPermitted, match="set doctors' shares"):
        set_share(db, ward.rao, TODAY, basis_points=1, by=who)
    with pytest.raises(NotPermitted, match="see doctors' shares"):
        share_lines(db, TODAY, TODAY, by=who)
