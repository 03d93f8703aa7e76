"""Discounts and waivers on the screen: taken off at once, asked for, approved and refused."""

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import CreditKind, CreditNote, Role, WaiverRequest, WaiverStatus
from mediklaud.repository import (
    account_named,
    approve_waiver,
    ask_waiver,
    begin_sign_in,
    create_account,
    give_discount,
    set_discount_limit,
)
from mediklaud.ui import pick
from tests.desk import HOME, click, find, said, sit, take, the
from tests.hospital import PASSWORD, ward_of
from tests.till import bill_of


def rows(table):
    with reading() as db:
        return db.exec(select(table)).all()


def type_in(desk, **typed):
    for label, words in typed.items():
        the(desk.text_input, label).input(words).run()
    return desk


@pytest.fixture
def number(sqlite_house):
    """Asha owes ₹800; Ishaan may discount ₹100 of a bill."""
    with transaction() as db:
        ward = ward_of(db)
        set_discount_limit(db, ward.ishaan, 100_00, by=ward.tara)
        return bill_of(db, ward, ward.asha, 800_00).number


@pytest.fixture
def desk(number, monkeypatch):
    return take(find(sit(monkeypatch, "ishaan", "finance/waivers"), "asha"), "JMI-000001")


@pytest.fixture
def asked(number):
    """Ishaan asks for ₹300 off."""
    with transaction() as db:
        told = (number, 300_00, "Lost work")
        ask_waiver(db, *told, form="ask", by=ward_of(db).ishaan)


def deciding(patch, username):
    """The page with the only waiver that waits chosen."""
    desk = sit(patch, username, "finance/waivers")
    key = pick.key_of("Waivers asked for", [1])
    desk.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    return desk.run()


def test_a_discount_up_to_the_limit_is_taken_off_at_once(desk):
    click(type_in(desk, Amount="100", Reason="Staff's family"), "Take it off now")

    assert [(one.kind, one.total_paise) for one in rows(CreditNote)] == [
        (CreditKind.DISCOUNT, 100_00)
    ]
    assert "₹100.00 is taken off by credit note JMC/2627/000001." in said(desk)


def test_more_than_the_limit_is_refused_and_then_asked_for_with_what_was_typed(desk):
    click(type_in(desk, Amount="300", Reason="Lost work"), "Take it off now")
    assert "You may take ₹100.00 more off this bill at once." in said(desk)
    assert [the(desk.text_input, one).value for one in ("Amount", "Reason")] == ["300", "Lost work"]

    click(desk, "Ask for a waiver")

    assert rows(CreditNote) == []
    assert [(one.amount_paise, one.reason) for one in rows(WaiverRequest)] == [
        (300_00, "Lost work")
    ]
    assert "Another person decides it." in said(desk)


@pytest.mark.parametrize("button", ["Take it off now", "Ask for a waiver"])
@pytest.mark.parametrize(
    ("amount", "reason", "sentence"),
    [
        ("", "Lost work", "No amount was typed."),
        ("0", "Lost work", "A discount or waiver is more than zero"),
        ("800.01", "Lost work", "₹800.00 is owed on bill"),
        ("-1", "Lost work", '"-1" is below zero.'),
        ("50", "", "Reason is empty."),
    ],
)
def test_what_cannot_be_taken_off_is_refused(desk, button, amount, reason, sentence):
    click(type_in(desk, Amount=amount, Reason=reason), button)

    assert sentence in said(desk)
    assert (rows(CreditNote), rows(WaiverRequest)) == ([], [])


def test_a_second_click_on_one_form_is_one_discount(desk, number):
    form = f"{desk.session_state['_forms']['JMI-000001']}/{number}"
    type_in(desk, Amount="50", Reason="Staff's family")
    with transaction() as db:
        told = (number, 50_00, "Staff's family")
        give_discount(db, *told, form=form, by=ward_of(db).ishaan)

    click(desk, "Take it off now")

    assert [one.total_paise for one in rows(CreditNote)] == [50_00]


def test_a_second_click_on_one_form_is_one_waiver(desk, number):
    form = f"{desk.session_state['_forms']['JMI-000001']}/{number}"
    type_in(desk, Amount="300", Reason="Lost work")
    with transaction() as db:
        ask_waiver(db, number, 300_00, "Lost work", form=form, by=ward_of(db).ishaan)

    click(desk, "Ask for a waiver")

    assert len(rows(WaiverRequest)) == 1
    assert "The waiver is asked for." in said(desk)


def test_without_a_limit_nothing_is_taken_off_at_once(number, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        set_discount_limit(db, ward.ishaan, 0, by=ward.tara)
    desk = take(find(sit(monkeypatch, "ishaan", "finance/waivers"), "asha"), "JMI-000001")

    assert the(desk.button, "Take it off now").disabled
    assert not the(desk.button, "Ask for a waiver").disabled


def test_the_cmo_approves_a_waiver_and_takes_nothing_off_alone(asked, monkeypatch):
    desk = deciding(monkeypatch, "khan")

    click(desk, "Approve")

    assert [one.status for one in rows(WaiverRequest)] == [WaiverStatus.APPROVED]
    assert [one.total_paise for one in rows(CreditNote)] == [300_00]
    assert "₹300.00 is waived by credit note JMC/2627/000001." in said(desk)
    assert not [one for one in desk.text_input if one.label == "Find a patient"]


def test_a_refusal_needs_its_reason(asked, monkeypatch):
    desk = deciding(monkeypatch, "khan")
    click(desk, "Refuse")
    assert "Reason is empty. Please fill it in." in said(desk)

    click(type_in(desk, Reason="Pays in parts"), "Refuse")

    assert [(one.status, one.decision) for one in rows(WaiverRequest)] == [
        (WaiverStatus.REFUSED, "Pays in parts")
    ]


def test_nobody_decides_their_own_waiver(asked, monkeypatch):
    desk = deciding(monkeypatch, "ishaan")

    assert "another person decides it" in said(desk)
    assert not [one for one in desk.button if one.label in ("Approve", "Refuse")]


def test_what_another_person_decided_meanwhile_is_decided_once(asked, monkeypatch):
    desk = deciding(monkeypatch, "khan")
    with transaction() as db:
        ward = ward_of(db)
        made = ("nina", "Nina Das", PASSWORD, {Role.FINANCE})
        nina = create_account(db, *made, by=ward.tara)
        approve_waiver(db, db.exec(select(WaiverRequest)).one(), by=nina)

    the(desk.button, "Approve").click().run()

    assert len(rows(CreditNote)) == 1
    assert "No waiver waits for a decision." in said(desk)


def test_another_role_sees_no_waivers(number):
    desk = AppTest.from_file(HOME.parent / "pages/finance/waivers.py")
    with transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, "meera"))
    desk.run()

    assert "This page belongs to another role." in said(desk)
    assert len(desk.main.children) == 2


# The front desk asks


@pytest.fixture
def phone(number, monkeypatch):
    """Meera has Asha on the line, whose booking is on hold."""
    return take(find(sit(monkeypatch, "meera", "front_desk/book"), "asha"), "JMI-000001")


def asking(phone, **typed):
    the(phone.toggle, "Ask for a waiver").set_value(True).run()
    return click(type_in(phone, **typed), "Ask")


def test_the_desk_asks_for_a_waiver_where_dues_hold_the_booking_back(phone, number):
    asking(phone, Amount="9000", Reason="Lost work")
    assert "₹800.00" in said(phone)
    click(type_in(phone, Amount="300", Reason="Lost work"), "Ask")

    assert [(one.invoice_number, one.amount_paise, one.reason) for one in rows(WaiverRequest)] == [
        (number, 300_00, "Lost work")
    ]
    assert "A waiver of ₹300.00 off bill JMI/2627/000001 waits for its decision." in said(phone)
    assert not [one for one in phone.toggle if one.label == "Ask for a waiver"]
    assert rows(CreditNote) == []


def test_the_desk_sees_what_came_of_its_waivers(phone, number, monkeypatch):
    asking(phone, Amount="800", Reason="Lost work")
    with transaction() as db:
        (request,) = db.exec(select(WaiverRequest)).all()
        approve_waiver(db, request, by=ward_of(db).khan, note="Agreed")

    desk = sit(monkeypatch, "meera", "front_desk/waivers")

    told = desk.dataframe[0].value[["Patient", "Amount", "State", "Decision"]]
    assert told.values.tolist() == [["Asha Menon", "₹800.00", "Approved", "Agreed"]]
    assert "is on hold" not in said(phone.run())


def test_a_desk_that_asked_for_nothing_is_told_where_to_ask(asked, monkeypatch):
    assert "You asked for no waiver yet." in said(sit(monkeypatch, "meera", "front_desk/waivers"))
