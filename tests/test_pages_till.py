"""The till's page: several ways at once, advances, change, and whatever a clerk may type."""

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import CreditKind, Method, Patient, Payment, Receipt
from mediklaud.repository import (
    end_sign_in,
    enroll_patient,
    issue_credit_note,
    name_payer,
    take_payment,
)
from mediklaud.repository.dues import dues_of
from tests.desk import click, find, said, sit, take, the
from tests.hospital import CARA, DEV, ward_of
from tests.till import a_form, bill_of


@pytest.fixture
def bills(sqlite_house):
    """Asha owes ₹500.00 and ₹300.00; the numbers of the bills."""
    with transaction() as db:
        ward = ward_of(db)
        return [bill_of(db, ward, ward.asha, paise).number for paise in (500_00, 300_00)]


@pytest.fixture
def till(bills, monkeypatch):
    """Ishaan's page to take a payment, with Asha found."""
    return at_the_till(monkeypatch, "asha", "JMI-000001")


def at_the_till(monkeypatch, words, number) -> AppTest:
    desk = sit(monkeypatch, "ishaan", "finance/payment")
    return take(find(desk, words), number)


def type_in(desk, label, typed, place=0):
    """Type into the field of a label; the second way has fields of the same names."""
    fields = [one for one in desk.text_input if one.label == label]
    return fields[place].input(typed).run()


def method(desk, way, place=0):
    fields = [one for one in desk.get("button_group") if one.label == "Method"]
    return fields[place].set_value(way).run()


def rows(table):
    with reading() as db:
        return db.exec(select(table)).all()


def owed_by_asha():
    with reading() as db:
        return dues_of(db, ward_of(db).asha.id).total_paise


def test_cash_and_upi_are_one_receipt(till):
    type_in(till, "Received", "500")
    click(till, "Another way too")
    type_in(till, "Received", "300", place=1)
    type_in(till, "Reference", "u-1")
    assert "In all ₹800.00" in said(till).replace("*", "")

    click(till, "Take payment")

    paid = rows(Payment)
    assert [(one.method, one.amount_paise) for one in paid] == [
        (Method.CASH, 500_00),
        (Method.UPI, 300_00),
    ]
    assert len(rows(Receipt)) == 1
    assert owed_by_asha() == 0


def test_the_change_is_shown_and_kept(till):
    type_in(till, "Cash handed over", "1000")
    assert "Change to give **₹200.00**" in said(till)

    click(till, "Take payment")

    assert [(one.amount_paise, one.tendered_paise) for one in rows(Payment)] == [(800_00, 1000_00)]


@pytest.mark.parametrize("handed", ["799.99", "0"])
def test_less_cash_than_is_taken_is_refused(till, handed):
    type_in(till, "Cash handed over", handed)

    click(till, "Take payment")

    assert "Less cash was handed over than the ₹800.00 to be taken." in said(till)
    assert rows(Payment) == []


def test_a_part_payment_goes_to_the_oldest_bill(till, bills):
    type_in(till, "Received", "500")
    click(till, "Take payment")

    with reading() as db:
        assert [one.number for one in dues_of(db, ward_of(db).asha.id).bills] == [bills[1]]


def test_a_chosen_bill_is_paid_and_its_sum_stands_in_the_field(till, bills):
    the(till.multiselect, "Bills").select(bills[1]).run()
    assert the(till.text_input, "Received").value == "300.00"

    click(till, "Take payment")

    with reading() as db:
        assert [one.number for one in dues_of(db, ward_of(db).asha.id).bills] == [bills[0]]


def test_a_bill_that_was_paid_meanwhile_is_refused_beside_the_bills(till, bills):
    the(till.multiselect, "Bills").select(bills[0]).run()
    with transaction() as db:
        ward = ward_of(db)
        take_payment(db, ward.asha, 500_00, Method.CASH, form=a_form(), by=ward.ishaan)

    click(till, "Take payment")

    assert len(rows(Payment)) == 1
    assert not till.exception


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("0", "A payment is more than zero."),
        ("-5", '"-5" is below zero.'),
        ("NaN", '"NaN" is not an amount.'),
        ("1e3", '"1e3" is not an amount.'),
        ("1.234", '"1.234" has more than two decimals.'),
        ("1,23", 'The commas in "1,23" are misplaced.'),
        ("800.01", "Asha Menon owes ₹800.00, which is less than ₹800.01."),
        ("", "No amount was typed."),
        ("9" * 5000, "is more than the desk takes at once"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_a_sentence(till, typed, sentence):
    type_in(till, "Received", typed)

    click(till, "Take payment")

    assert sentence in said(till)
    assert rows(Payment) == []
    assert the(till.text_input, "Received").value == typed


@pytest.mark.parametrize(
    ("typed", "paise"),
    [("৭৫০.৫০", 750_50), ("٧٥٠٫٥", 750_50), ("₹ 750.50", 750_50), ("Rs. 0,750", 750_00)],
)
def test_digits_of_any_script_are_read_right(till, typed, paise):
    type_in(till, "Received", typed)

    click(till, "Take payment")

    assert [one.amount_paise for one in rows(Payment)] == [paise]


def test_lakh_commas_are_read_right(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        bill_of(db, ward, ward.asha, 12_34_567_50)
    desk = at_the_till(monkeypatch, "asha", "JMI-000001")
    method(desk, Method.BANK)
    type_in(desk, "Received", "12,34,567.50")
    type_in(desk, "Reference", "NEFT 1")

    click(desk, "Take payment")

    assert [one.amount_paise for one in rows(Payment)] == [12_34_567_50]


def test_the_second_way_needs_its_reference_too(till):
    type_in(till, "Received", "500")
    click(till, "Another way too")
    type_in(till, "Received", "300", place=1)

    click(till, "Take payment")

    assert "A payment by UPI needs its reference." in said(till)
    assert (rows(Payment), rows(Receipt)) == ([], [])


def test_a_way_less_is_no_longer_taken(till):
    click(till, "Another way too")
    type_in(till, "Received", "300", place=1)
    click(till, "One way less")

    click(till, "Take payment")

    assert [one.amount_paise for one in rows(Payment)] == [800_00]


def test_the_receipt_taken_is_offered_to_be_printed(till):
    click(till, "Take payment")

    labels = [one.label.replace("\\", "") for one in till.get("download_button")]
    assert labels[0] == "Print receipt JMR/2627/000001"


def test_an_advance_is_taken_where_nothing_is_owed(sqlite_house, monkeypatch):
    desk = at_the_till(monkeypatch, "ben", "JMI-000002")
    type_in(desk, "Received", "250")

    click(desk, "Take the advance")

    assert "Advance receipt JMA/2627/000001 is issued." in said(desk)
    assert "₹250.00** is left of what Ben Thomas paid before" in said(desk)


def test_a_second_click_on_one_form_is_one_advance(sqlite_house, monkeypatch):
    desk = at_the_till(monkeypatch, "ben", "JMI-000002")
    form = desk.session_state["_forms"]["JMI-000002"]
    type_in(desk, "Received", "250")
    click(desk, "Take the advance")
    type_in(desk, "Received", "250")
    desk.session_state["_forms"]["JMI-000002"] = form
    desk.run()
    type_in(desk, "Received", "250")

    click(desk, "Take the advance")

    assert [one.amount_paise for one in rows(Payment)] == [250_00]


def test_an_advance_pays_open_bills_when_finance_says_so(bills, till):
    with transaction() as db:
        ward = ward_of(db)
        take_payment(db, ward.asha, 500_00, Method.CASH, form=a_form(), by=ward.ishaan)
        told = ("Not done.",)
        issue_credit_note(db, bills[0], CreditKind.VOID, *told, form=a_form(), by=ward.ishaan)
    till.run()

    click(till, "Pay open bills with it")

    assert "₹300.00 of the advance is used. Asha Menon owes nothing any more." in said(till)
    assert owed_by_asha() == 0


def test_a_form_of_bills_that_were_paid_meanwhile_takes_no_advance(till):
    with transaction() as db:
        ward = ward_of(db)
        take_payment(db, ward.asha, 800_00, Method.CASH, form=a_form(), by=ward.ishaan)

    click(till, "Take payment")

    assert "Asha Menon owes nothing. There is no bill to pay." in said(till)
    assert "What is owed changed meanwhile." in said(till)
    assert len(rows(Payment)) == 1


def test_a_minors_bill_is_taken_from_the_payer(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        dev = enroll_patient(db, DEV, form="dev", by=ward.meera)
        cara = enroll_patient(db, CARA, form="cara", by=ward.meera)
        name_payer(db, cara, dev, by=ward.meera)
        bill_of(db, ward, cara, 400_00)
    desk = at_the_till(monkeypatch, "cara", "JMI-000004")
    assert "Dev Kapoor, JMI-000003, pays for Cara Kapoor." in said(desk)

    click(desk, "Take payment")

    assert [one.payer_name for one in rows(Receipt)] == ["Dev Kapoor"]


def test_a_signed_out_desk_takes_nothing(till):
    with transaction() as db:
        end_sign_in(db, till.session_state["username"])

    the(till.button, "Take payment").click().run()

    assert rows(Payment) == []


def test_finance_names_the_payer_of_a_minor(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        enroll_patient(db, DEV, form="dev", by=ward.meera)
        enroll_patient(db, CARA, form="cara", by=ward.meera)
    desk = at_the_till(monkeypatch, "cara", "JMI-000004")
    click(desk, "Name the payer")
    assert "Payer is empty. Please fill it in." in said(desk)
    type_in(desk, "Find the payer", "dev")
    chosen = the(desk.selectbox, "Payer")
    chosen.select_index(0).run()

    click(desk, "Name the payer")

    with reading() as db:
        assert [db.get(Patient, 4).payer_id, db.get(Patient, 3).payer_id] == [3, None]
    assert "pays for Cara Kapoor" in "".join(one.label for one in desk.expander)


def test_the_front_desk_names_a_payer_who_is_of_age(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        enroll_patient(db, CARA, form="cara", by=ward.meera)
        sister = CARA.__class__(**{**vars(CARA), "name": "Isha Kapoor"})
        enroll_patient(db, sister, form="isha", by=ward.meera)
    desk = take(find(sit(monkeypatch, "meera", "front_desk/edit_patient"), "cara"), "JMI-000003")
    type_in(desk, "Find the payer", "isha")
    the(desk.selectbox, "Payer").select_index(0).run()

    click(desk, "Name the payer")

    assert "Isha Kapoor cannot be named" in said(desk)


def test_an_adult_has_no_payer_to_name(till):
    assert not [one for one in till.button if one.label == "Name the payer"]
