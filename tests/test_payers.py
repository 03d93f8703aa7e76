"""A minor's bills and gate follow the payer who is named."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from mediklaud.errors import (
    AdvanceOfTheMinor,
    BillOfAnotherPayer,
    CashLimit,
    NotPermitted,
    OnHold,
    OnlyMinorsHavePayers,
    PayerNotPossible,
    PayerStillOwes,
)
from mediklaud.models import Invoice, Method
from mediklaud.repository import (
    PatientForm,
    Tender,
    bills_of,
    edit_patient,
    enroll_patient,
    name_payer,
    receipts_of,
    refund_payment,
    reverse_payment,
    take_advance,
    use_advance,
)
from mediklaud.repository.dues import dues_of
from mediklaud.repository.payers import is_minor, last_adult_birth
from tests.hospital import CARA, DEV, TODAY, at
from tests.till import bill_of, pay, payments_on
from tests.visits import book, visit


@pytest.fixture
def dev(db, ward):
    return enroll_patient(db, DEV, form="dev", by=ward.meera)


@pytest.fixture
def cara(db, ward):
    return enroll_patient(db, CARA, form="cara", by=ward.meera)


@pytest.fixture
def child(db, ward, dev, cara):
    return name_payer(db, cara, dev, by=ward.meera)


@pytest.mark.parametrize(
    ("born", "day", "minor"),
    [
        (date(2008, 11, 24), date(2026, 11, 23), True),
        (date(2008, 11, 23), date(2026, 11, 23), False),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(2026, 11, 23), date(2026, 11, 23), True),
    ],
)
def test_a_minor_is_under_eighteen_on_the_day(born, day, minor):
    assert is_minor(born, day) is minor


@pytest.mark.parametrize("day", [date(2027, 2, 28), date(2028, 2, 29), date(2028, 3, 1), TODAY])
def test_the_last_birth_of_an_adult_is_followed_by_a_minors(day):
    last = last_adult_birth(day)

    assert not is_minor(last, day)
    assert is_minor(last + timedelta(days=1), day)


def test_the_bill_of_a_minor_is_the_payers(db, ward, dev, child):
    bill = visit(db, ward, child, ward.rao)

    assert (bill.patient_id, bill.payer_id) == (child.id, dev.id)
    assert (bill.patient_name, bill.payer_name) == ("Cara Kapoor", "Dev Kapoor")
    for person in (dev, child):
        assert [one.number for one in dues_of(db, person.id).bills] == [bill.number]
    assert [one.number for one in bills_of(db, dev.id, by=ward.ishaan)] == [bill.number]


def test_the_payers_dues_hold_the_minor_back_and_paying_lifts_it(db, ward, dev, child):
    visit(db, ward, dev, ward.rao)
    with pytest.raises(OnHold, match="Cara Kapoor"):
        book(db, ward, child, ward.iyer, at(11))

    receipt = pay(db, ward, child, 800_00)

    assert (receipt.payer_id, receipt.payer_name) == (dev.id, "Dev Kapoor")
    booked = book(db, ward, child, ward.iyer, at(11))
    assert booked.payer_then_id == dev.id
    assert [one[0].number for one in receipts_of(db, child.id, by=ward.ishaan)] == [receipt.number]


def test_the_refusal_says_that_the_payer_owes_and_not_the_child(db, ward, dev, child):
    bill = bill_of(db, ward, dev, 500_00)

    told = (
        "is on hold: Dev Kapoor, who pays for Cara Kapoor, owes ₹500.00 on "
        f"bill {bill.number} of 23 November 2026 (₹500.00, of today)."
    )
    with pytest.raises(OnHold, match=re.escape(told)):
        book(db, ward, child, ward.iyer, at(11))


def test_the_refusal_says_which_of_the_childs_and_the_payers_bills_are_whose(db, ward, dev, cara):
    own = bill_of(db, ward, cara, 60_00)
    name_payer(db, cara, dev, by=ward.meera)
    payers = bill_of(db, ward, dev, 50_00)

    told = (
        f"is on hold: Cara Kapoor owes ₹110.00 on bill {own.number} of 23 November 2026 "
        f"(₹60.00, of today), bill {payers.number} of 23 November 2026 "
        "(₹50.00, of today, owed by Dev Kapoor)."
    )
    with pytest.raises(OnHold, match=re.escape(told)):
        book(db, ward, cara, ward.iyer, at(11))


def test_the_minors_dues_hold_the_payer_back(db, ward, dev, child):
    visit(db, ward, child, ward.rao)

    with pytest.raises(OnHold, match="Dev Kapoor"):
        book(db, ward, dev, ward.iyer, at(11))


def test_what_stood_in_the_minors_own_name_holds_back_still(db, ward, dev, cara):
    bill = visit(db, ward, cara, ward.rao)
    assert bill.payer_id == cara.id

    name_payer(db, cara, dev, by=ward.meera)

    with pytest.raises(OnHold):
        book(db, ward, cara, ward.iyer, at(11))
    assert book(db, ward, dev, ward.iyer, at(11)).payer_then_id is None
    assert pay(db, ward, cara, 800_00).payer_id == cara.id


def test_one_receipt_is_of_one_payer(db, ward, dev, cara):
    own = bill_of(db, ward, cara, 100_00)
    name_payer(db, cara, dev, by=ward.meera)
    devs = bill_of(db, ward, cara, 200_00)

    assert pay(db, ward, cara, 200_00).payer_id == dev.id
    assert pay(db, ward, cara, 100_00).payer_id == cara.id
    settled = [db.get_one(Invoice, one.number).settled_at for one in (own, devs)]
    assert None not in settled


def test_a_minors_cash_comes_from_the_payers_hand(db, ward, dev, cara, nine_o_clock):
    bill_of(db, ward, cara, 1_50_000_00)
    name_payer(db, cara, dev, by=ward.meera)
    bill_of(db, ward, dev, 1_50_000_00)
    pay(db, ward, dev, 1_50_000_00)

    with pytest.raises(CashLimit):
        pay(db, ward, cara, 50_000_00)
    assert pay(db, ward, cara, 49_999_99).payer_id == cara.id
    with pytest.raises(CashLimit):
        pay(db, ward, cara, 1)
    bill_of(db, ward, dev, 1_00)
    with pytest.raises(CashLimit):
        pay(db, ward, dev, 1)


def test_whoever_is_of_age_pays_cash_with_their_own_hand(db, ward, dev, cara, nine_o_clock):
    bill_of(db, ward, cara, 1_50_000_00)
    name_payer(db, cara, dev, by=ward.meera)
    bill_of(db, ward, dev, 1_50_000_00)
    nine_o_clock.move_to(at(9, day=date(2036, 11, 24)), tick=False)

    pay(db, ward, cara, 1_50_000_00)
    assert pay(db, ward, dev, 1_50_000_00).payer_id == dev.id


def test_bills_of_two_payers_are_not_taken_on_one_receipt(db, ward, dev, cara):
    own = bill_of(db, ward, cara, 100_00)
    name_payer(db, cara, dev, by=ward.meera)
    devs = bill_of(db, ward, cara, 200_00)

    with pytest.raises(BillOfAnotherPayer, match=f"{own.number} is owed by Cara Kapoor"):
        pay(db, ward, cara, 200_00, bills=[devs.number, own.number])
    assert pay(db, ward, cara, 100_00, bills=[own.number]).payer_id == cara.id


def test_whoever_is_of_age_pays_alone_whatever_stands_on_record(db, ward, dev, child, nine_o_clock):
    visit(db, ward, dev, ward.rao)
    nine_o_clock.move_to(at(9, day=date(2036, 11, 24)))

    assert dues_of(db, child.id).total_paise == 0


def test_a_payer_is_taken_away_again(db, ward, dev, child):
    visit(db, ward, dev, ward.rao)
    name_payer(db, child, None, by=ward.ishaan)

    assert dues_of(db, child.id).total_paise == 0


@pytest.mark.parametrize("to", ["nobody", "another"])
def test_no_other_payer_opens_the_gate_of_a_minor(db, ward, dev, child, to):
    bill = visit(db, ward, child, ward.rao)
    other = ward.asha if to == "another" else None

    with pytest.raises(PayerStillOwes, match=f"Dev Kapoor .* Cara Kapoor: {bill.number}"):
        name_payer(db, child, other, by=ward.meera)
    with pytest.raises(OnHold):
        book(db, ward, child, ward.iyer, at(11))

    pay(db, ward, dev, 800_00)
    assert name_payer(db, child, other, by=ward.meera).payer_id == (other and other.id)


def test_whoever_came_of_age_parts_from_a_payer_who_owes(db, ward, dev, child, nine_o_clock):
    bill_of(db, ward, child, 100_00)
    nine_o_clock.move_to(at(9, day=date(2036, 11, 24)))

    assert name_payer(db, child, None, by=ward.meera).payer_id is None


def test_a_second_click_names_nobody_again(db, ward, dev, child):
    version = child.version

    assert name_payer(db, child, dev, by=ward.meera).version == version


def test_only_minors_have_payers(db, ward):
    with pytest.raises(OnlyMinorsHavePayers, match="Ben Thomas"):
        name_payer(db, ward.ben, ward.asha, by=ward.meera)


def test_a_payer_is_an_adult_without_a_payer(db, ward, dev, child):
    sister = PatientForm(**{**vars(CARA), "name": "Mia Kapoor", "birth_date": date(2015, 1, 1)})
    mia = enroll_patient(db, sister, form="mia", by=ward.meera)

    with pytest.raises(PayerNotPossible, match="Cara Kapoor"):
        name_payer(db, mia, child, by=ward.meera)
    grown = replace(CARA, name="Grown", birth_date=TODAY.replace(year=2008))
    adult = enroll_patient(db, grown, form="grown", by=ward.meera)
    db.execute(text(f"UPDATE patient SET payer_id = {dev.id} WHERE id = {adult.id}"))
    with pytest.raises(PayerNotPossible, match="Grown"):
        name_payer(db, mia, adult, by=ward.meera)


@pytest.mark.parametrize("how", ["another", "nobody", "of age"])
def test_a_bounced_cheque_of_the_former_payer_is_owed_by_whom_the_bill_names(
    db, ward, dev, child, how
):
    bill = bill_of(db, ward, child, 500_00)
    (cheque,) = payments_on(db, pay(db, ward, child, 500_00, Method.CHEQUE, reference="C1"))
    if how == "of age":
        grown = replace(CARA, birth_date=date(2000, 1, 1))
        child = edit_patient(db, child, grown, version=child.version, by=ward.meera)
    else:
        name_payer(db, child, ward.asha if how == "another" else None, by=ward.meera)

    reverse_payment(db, cheque, "Bounced", by=ward.ishaan)

    owing = [dues_of(db, one.id).total_paise for one in (dev, child, ward.asha)]
    assert owing == [500_00, 0, 0]
    with pytest.raises(OnHold, match=f"Dev Kapoor .*{bill.number}"):
        book(db, ward, dev, ward.iyer, at(11))
    book(db, ward, child, ward.iyer, at(11))
    pay(db, ward, dev, 500_00)


def test_what_is_left_in_a_minors_own_name_says_how_it_pays(db, ward, dev, cara):
    tender = [Tender(500_00, Method.CASH)]
    advance = take_advance(db, cara, tender, form="advance", by=ward.ishaan)
    name_payer(db, cara, dev, by=ward.meera)
    bill_of(db, ward, cara, 500_00)
    with pytest.raises(AdvanceOfTheMinor, match=r"₹500\.00 .* Cara Kapoor, .* Dev Kapoor"):
        use_advance(db, cara, by=ward.ishaan)

    told = {"form": "back", "by": ward.ishaan}
    refund_payment(db, *payments_on(db, advance), 500_00, Method.CASH, "For the bill", **told)
    pay(db, ward, cara, 500_00)
    assert dues_of(db, cara.id).total_paise == 0


@pytest.mark.parametrize("name", ["khan", "tara", "rao_account"])
def test_only_desk_and_finance_name_a_payer(db, ward, dev, cara, name):
    with pytest.raises(NotPermitted, match="name who pays"):
        name_payer(db, cara, dev, by=getattr(ward, name))
