"""The till: what may be taken, against which bills, and the receipt that says so."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud import text
from mediklaud.errors import (
    AmountNotPossible,
    CashLimit,
    MoreThanOwed,
    NotFound,
    NothingOwed,
    NotPermitted,
    ReferenceMissing,
    ReferenceUsed,
    StaleForm,
    TextTooLong,
)
from mediklaud.models import Allocation, Invoice, Method, Patient, Payment
from mediklaud.repository import (
    change_settings,
    edit_doctor,
    receipt_paper,
    receipts_of,
    take_payment,
)
from mediklaud.repository.dues import dues_of
from tests.hospital import HOSPITAL, IYER, RAO, TODAY, at
from tests.visits import desk, visit


def pay(db, ward, paise, method=Method.CASH, **asked):
    told = {"form": f"pay-{paise}-{method}", "by": ward.ishaan, **asked}
    return take_payment(db, told.pop("patient", ward.asha), paise, method, **told)


def two_bills(db, ward):
    """Asha owes 800 and then 500 rupees."""
    change_settings(db, replace(HOSPITAL, dues_limit_paise=10**9), by=ward.tara)
    return visit(db, ward, ward.asha, ward.rao), visit(db, ward, ward.asha, ward.iyer, at(11))


def dear(db, ward):
    """Fees at their highest, one lakh rupees a visit, and no dues limit that could meet them."""
    change_settings(db, replace(HOSPITAL, dues_limit_paise=10**9), by=ward.tara)
    for doctor, typed in ((ward.rao, RAO), (ward.iyer, IYER)):
        dearer = replace(typed, consultation_fee_paise=1_00_000_00)
        edit_doctor(db, doctor, dearer, version=1, by=ward.khan)


def test_a_payment_settles_the_bill_and_gives_a_receipt(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    receipt = pay(db, ward, 800_00)

    assert receipt.number == "JMR/2627/000001"
    assert dues_of(db, ward.asha.id).total_paise == 0
    shown = receipt_paper(db, receipt.number, by=ward.ishaan)
    assert (shown.method, shown.amount_paise, shown.received_by) == ("Cash", 800_00, "Ishaan Shah")
    assert [(line.bill_number, line.amount_paise) for line in shown.lines] == [
        (bill.number, 800_00)
    ]
    assert shown.lines[0].doctor_registration == "Karnataka Medical Council KMC45678"


def test_the_oldest_bill_is_paid_first(db, ward):
    older, newer = two_bills(db, ward)
    pay(db, ward, 900_00)

    assert [(bill.number, bill.owed_paise) for bill in dues_of(db, ward.asha.id).bills] == [
        (newer.number, 400_00)
    ]
    parts = select(Allocation.invoice_number, Allocation.amount_paise)
    assert db.exec(parts.order_by(Allocation.id)).all() == [
        (older.number, 800_00),
        (newer.number, 100_00),
    ]


def test_a_bill_is_settled_by_its_last_paisa(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    pay(db, ward, 799_99)
    assert db.get_one(Invoice, bill.number).settled_at is None

    last = pay(db, ward, 1)

    assert db.get_one(Invoice, bill.number).settled_at == last.issued_at


@pytest.mark.parametrize("paise", [0, -1, -800_00])
def test_a_payment_is_more_than_zero(db, ward, paise):
    visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(AmountNotPossible) as refused:
        pay(db, ward, paise)
    assert refused.value.field == "Received"


def test_no_more_is_taken_than_is_owed(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(MoreThanOwed, match=r"owes ₹800\.00, which is less than ₹800\.01"):
        pay(db, ward, 800_01)


def test_whoever_owes_nothing_pays_nothing(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(NothingOwed, match="Ben Thomas"):
        pay(db, ward, 1, patient=ward.ben)


def test_a_second_click_is_the_same_payment(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    first = pay(db, ward, 500_00, form="f1")
    again = pay(db, ward, 500_00, form="f1")

    assert again.number == first.number
    assert dues_of(db, ward.asha.id).total_paise == 300_00


def test_a_second_click_after_all_is_paid_is_the_same_payment(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    assert pay(db, ward, 800_00, form="f1").number == pay(db, ward, 800_00, form="f1").number


def test_a_form_used_for_another_patient_is_refused(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    visit(db, ward, ward.ben, ward.iyer)
    pay(db, ward, 100_00, form="f1")

    with pytest.raises(StaleForm):
        pay(db, ward, 100_00, patient=ward.ben, form="f1")
    assert pay(db, ward, 100_00, patient=ward.ben, form="f2").serial == 2


# Cash


def test_two_lakhs_in_cash_are_refused_and_a_paisa_less_is_taken(db, ward):
    dear(db, ward)
    visit(db, ward, ward.asha, ward.rao)
    visit(db, ward, ward.asha, ward.iyer, at(11))

    with pytest.raises(CashLimit, match="₹2,00,000") as refused:
        pay(db, ward, 2_00_000_00)
    assert refused.value.field == "Received"
    assert pay(db, ward, 1_99_999_99).number == "JMR/2627/000001"
    with pytest.raises(CashLimit):
        pay(db, ward, 1)
    assert pay(db, ward, 1, Method.UPI, reference="U1").serial == 2


def test_the_cash_of_a_person_and_day_is_added_up(db, ward, nine_o_clock):
    dear(db, ward)
    for hour in (10, 11):
        visit(db, ward, ward.asha, ward.rao, at(hour))
        visit(db, ward, ward.asha, ward.iyer, at(hour, 30))
    pay(db, ward, 1_50_000_00, form="p1")
    with pytest.raises(CashLimit):
        pay(db, ward, 50_000_00, form="p2")

    nine_o_clock.move_to(at(24), tick=False)

    assert pay(db, ward, 50_000_00, form="p3").issued_on == TODAY + timedelta(days=1)


def test_the_cash_of_others_does_not_count(db, ward):
    dear(db, ward)
    for patient, hour in ((ward.asha, 10), (ward.ben, 11)):
        visit(db, ward, patient, ward.rao, at(hour))
        visit(db, ward, patient, ward.iyer, at(hour, 30))
    pay(db, ward, 1_50_000_00)

    assert pay(db, ward, 1_50_000_00, patient=ward.ben, form="p2").serial == 2


def test_cash_has_no_reference_even_where_one_is_typed(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    pay(db, ward, 100_00, reference="whatever")

    assert db.exec(select(Payment.reference)).all() == [""]


# References


@pytest.mark.parametrize("method", [Method.UPI, Method.CARD, Method.BANK, Method.CHEQUE])
def test_everything_but_cash_needs_a_reference(db, ward, method):
    visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(ReferenceMissing) as refused:
        pay(db, ward, 100_00, method, reference="  ")
    assert refused.value.field == "Reference"
    assert pay(db, ward, 100_00, method, reference="A1").number == "JMR/2627/000001"


@pytest.mark.parametrize(
    "typed",
    ["UTR 77", "utr 77", "  Utr  77 ", "UTR77", "#UTR-77", "UPI utr 77", "UTR ७७", "ＵＴＲ７７"],
)
def test_a_reference_is_used_once_however_it_is_written(db, ward, typed):
    visit(db, ward, ward.asha, ward.rao)
    pay(db, ward, 100_00, Method.UPI, form="p1", reference="UTR 77")

    with pytest.raises(ReferenceUsed, match="UPI with the reference UTR77"):
        pay(db, ward, 100_00, Method.UPI, form="p2", reference=typed)
    assert pay(db, ward, 100_00, Method.UPI, form="p3", reference="UTR 78").serial == 2


def test_a_reference_of_an_earlier_release_is_used_too(db, ward, monkeypatch):
    visit(db, ward, ward.asha, ward.rao)
    with monkeypatch.context() as earlier:
        earlier.setattr(text, "bare", str.upper)
        pay(db, ward, 100_00, Method.UPI, form="p1", reference="UTR 77")

    with pytest.raises(ReferenceUsed):
        pay(db, ward, 100_00, Method.UPI, form="p2", reference="utr 77")


def test_signs_alone_are_no_reference(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(ReferenceMissing):
        pay(db, ward, 100_00, Method.UPI, reference="# - / .")
    assert pay(db, ward, 100_00, Method.UPI, reference="UPI").serial == 1


def test_two_ways_of_paying_may_share_a_reference(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    pay(db, ward, 100_00, Method.UPI, reference="77")

    assert pay(db, ward, 100_00, Method.CARD, reference="77").serial == 2


def test_a_reference_that_is_no_reference_is_refused(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(TextTooLong) as refused:
        pay(db, ward, 100_00, Method.UPI, reference="x" * 41)
    assert refused.value.field == "Reference"


def test_a_refused_payment_leaves_no_gap_in_the_receipts(house):
    with desk() as (db, ward):
        visit(db, ward, ward.asha, ward.rao)
        pay(db, ward, 100_00, Method.UPI, form="p1", reference="77")
    with pytest.raises(ReferenceUsed), desk() as (db, ward):
        pay(db, ward, 100_00, Method.UPI, form="p2", reference="77")

    with desk() as (db, ward):
        assert pay(db, ward, 100_00, form="p3").number == "JMR/2627/000002"


# Who may, and what is listed


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_takes_money(db, ward, name):
    visit(db, ward, ward.asha, ward.rao)
    by = getattr(ward, name)

    with pytest.raises(NotPermitted, match="take payments"):
        pay(db, ward, 100_00, by=by)
    with pytest.raises(NotPermitted, match="see bills and receipts"):
        receipts_of(db, ward.asha.id, by=by)
    with pytest.raises(NotPermitted, match="see bills and receipts"):
        receipt_paper(db, "JMR/2627/000001", by=by)


def test_receipts_are_listed_newest_first(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    pay(db, ward, 100_00)
    pay(db, ward, 200_00, Method.CARD, reference="A1")

    listed = receipts_of(db, ward.asha.id, by=ward.ishaan)
    assert [receipt.amount_paise for receipt, _ in listed] == [200_00, 100_00]
    assert receipt_paper(db, listed[0][0].number, by=ward.ishaan).reference == "A1"


def test_an_unknown_receipt_or_patient_is_not_found(db, ward):
    with pytest.raises(NotFound, match="no receipt"):
        receipt_paper(db, "JMR/2627/000009", by=ward.ishaan)
    with pytest.raises(NotFound, match="no patient"):
        pay(db, ward, 1, patient=Patient(id=4711))
