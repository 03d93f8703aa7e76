"""The cashier's day on the screen: counted, closed, listed, and reopened by another person."""

from datetime import timedelta

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import DayClose, DayCount, Method, Role
from mediklaud.repository import (
    Count,
    account_named,
    begin_sign_in,
    change_account,
    close_day,
    create_account,
)
from mediklaud.ui import pick
from tests.desk import HOME, click, cut_off_after_the_commit, said, sit, the
from tests.hospital import PASSWORD, TODAY, at, ward_of
from tests.till import bill_of, pay


def rows(table):
    with reading() as db:
        return db.exec(select(table)).all()


def type_in(desk, **typed):
    for label, words in typed.items():
        the(desk.text_input, label.replace("_", " ")).input(words).run()
    return desk


@pytest.fixture
def taken(sqlite_house):
    """Asha has paid ₹500 in cash and ₹300 by UPI to Ishaan."""
    with transaction() as db:
        ward = ward_of(db)
        bill_of(db, ward, ward.asha, 800_00)
        pay(db, ward, ward.asha, 500_00)
        pay(db, ward, ward.asha, 300_00, Method.UPI)


@pytest.fixture
def desk(taken, monkeypatch):
    return sit(monkeypatch, "ishaan", "finance/close")


@pytest.fixture
def closed(taken):
    """Ishaan's day is closed as the ledger has it."""
    with transaction() as db:
        counts = [Count(Method.CASH, 500_00), Count(Method.UPI, 300_00)]
        close_day(db, counts, form="close", by=ward_of(db).ishaan)


def of_nina(patch):
    """The page of a second person in finance, with the only closed day chosen."""
    with transaction() as db:
        create_account(db, "nina", "Nina Das", PASSWORD, {Role.FINANCE}, by=ward_of(db).tara)
    return chosen(sit(patch, "nina", "finance/close"))


def chosen(desk):
    key = pick.key_of("Closed days", [one.id for one in rows(DayClose)])
    desk.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    return desk.run()


def test_a_day_that_agrees_with_the_ledger_is_closed(desk):
    click(type_in(desk, Cash_counted="500", UPI_counted="300"), "Close the day")

    assert {one.method: one.counted_paise for one in rows(DayCount) if one.counted_paise} == {
        Method.CASH: 500_00,
        Method.UPI: 300_00,
    }
    assert "Your till of 23 Nov 2026 is closed." in said(desk)
    assert not [one for one in desk.button if one.label == "Close the day"]


def test_a_difference_without_a_reason_is_refused_and_what_was_typed_stays(desk):
    click(type_in(desk, Cash_counted="480", UPI_counted="300"), "Close the day")

    assert "What was counted by cash differs by -₹20.00 from the ledger." in said(desk)
    assert the(desk.text_input, "Cash counted").value == "480"
    assert rows(DayClose) == []


def test_a_difference_is_closed_with_its_reason(desk):
    type_in(desk, Cash_counted="480", UPI_counted="300", Reason="A torn note")

    click(desk, "Close the day")

    assert [one.reason for one in rows(DayCount) if one.reason] == ["A torn note"]


def test_a_reason_is_not_taken_for_another_difference(desk):
    type_in(desk, Cash_counted="400", UPI_counted="300", Reason="A note of 100 is missing")
    with transaction() as db:
        ward = ward_of(db)
        bill_of(db, ward, ward.asha, 300_00)
        pay(db, ward, ward.asha, 300_00)

    click(desk, "Close the day")

    assert "The ledger says ₹800.00 of cash now, not ₹500.00" in said(desk)
    assert the(desk.text_input, "Cash counted").value == "400"
    assert rows(DayClose) == []
    click(type_in(desk, Cash_counted="700"), "Close the day")
    assert [one.counted_paise for one in rows(DayCount) if one.reason] == [700_00]


def test_two_differences_have_a_reason_each(desk):
    type_in(desk, Cash_counted="480", UPI_counted="310")
    cash, _ = (one for one in desk.text_input if one.label == "Reason")
    cash.input("A torn note").run()
    click(desk, "Close the day")
    assert "What was counted by UPI differs by ₹10.00" in said(desk)
    [one for one in desk.text_input if one.label == "Reason"][1].input("Seen tomorrow").run()

    click(desk, "Close the day")

    assert [one.reason for one in rows(DayCount) if one.reason] == ["A torn note", "Seen tomorrow"]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "No amount was typed."),
        ("-5", '"-5" is below zero.'),
        ("x", '"x" is not an amount'),
    ],
)
def test_what_is_no_count_is_refused(desk, typed, sentence):
    click(type_in(desk, Cash_counted=typed, UPI_counted="300"), "Close the day")

    assert sentence in said(desk)
    assert rows(DayClose) == []


def test_a_second_click_that_cuts_off_the_first_is_one_close(desk, monkeypatch):
    type_in(desk, Cash_counted="500", UPI_counted="300")
    with cut_off_after_the_commit(monkeypatch):
        click(desk, "Close the day")

    desk.run()

    assert len(rows(DayClose)) == 1
    assert "Your till of 23 Nov 2026 is closed." in said(desk)


def test_an_earlier_day_comes_first(taken, monkeypatch, nine_o_clock):
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    desk = sit(monkeypatch, "ishaan", "finance/close")
    assert "Your till of 23 Nov 2026 is not closed yet." in said(desk)

    click(type_in(desk, Cash_counted="500", UPI_counted="300"), "Close the day")

    assert [one.day for one in rows(DayClose)] == [TODAY]
    assert "not closed yet" not in said(desk)


def test_another_person_reopens_a_day_with_a_reason(closed, monkeypatch):
    desk = of_nina(monkeypatch)
    click(desk, "Reopen the day")
    assert "Reason is empty. Please fill it in." in said(desk)

    click(type_in(desk, Reason="A cheque was left out"), "Reopen the day")

    assert [one.reopen_reason for one in rows(DayClose)] == ["A cheque was left out"]
    assert "The day is open again" in said(desk)


def test_ones_own_day_is_not_offered_to_be_reopened(closed, monkeypatch):
    desk = chosen(sit(monkeypatch, "ishaan", "finance/close"))

    assert "This is your own day, so another person reopens it." in said(desk)
    assert not [one for one in desk.button if one.label == "Reopen the day"]


def test_the_cmo_reopens_a_closed_day(closed, monkeypatch):
    desk = chosen(sit(monkeypatch, "khan", "cmo/closed_days"))

    click(type_in(desk, Reason="A cheque was left out"), "Reopen the day")

    assert [one.reopen_reason for one in rows(DayClose)] == ["A cheque was left out"]
    assert "Not closed yet (1)" in [one.label for one in desk.expander]


def test_another_role_sees_no_till(taken):
    desk = AppTest.from_file(HOME.parent / "pages/finance/close.py")
    with transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, "meera"))
    desk.run()

    assert "This page belongs to another role." in said(desk)
    assert len(desk.main.children) == 2


@pytest.mark.parametrize(("role", "active"), [(Role.FINANCE, False), (Role.FRONT_DESK, True)])
def test_the_day_of_a_cashier_who_left_is_closed_by_another(taken, monkeypatch, role, active):
    with transaction() as db:
        ward = ward_of(db)
        create_account(db, "nina", "Nina Das", PASSWORD, {Role.FINANCE}, by=ward.tara)
        change_account(db, ward.ishaan, {role}, active=active, by=ward.tara)
    desk = sit(monkeypatch, "nina", "finance/close")
    cash, upi = (
        [one for one in desk.text_input if one.label == label][-1]
        for label in ("Cash counted", "UPI counted")
    )
    cash.input("500")
    upi.input("300").run()
    click(desk, "Close it for them")
    assert "Reason is empty" in said(desk)

    the(desk.text_input, "Reason").input("He left on Friday").run()
    click(desk, "Close it for them")

    (kept,) = rows(DayClose)
    assert (kept.account_id, kept.day) == (ward.ishaan.id, TODAY)
    assert "The till of Ishaan Shah" in said(desk)
    assert not [one for one in desk.button if one.label == "Close it for them"]


@pytest.fixture
def closed_for_ishaan(taken):
    """Ishaan left, and Nina closed his day."""
    with transaction() as db:
        ward = ward_of(db)
        nina = create_account(db, "nina", "Nina Das", PASSWORD, {Role.FINANCE}, by=ward.tara)
        change_account(db, ward.ishaan, {Role.FINANCE}, active=False, by=ward.tara)
        counts = [Count(Method.CASH, 500_00), Count(Method.UPI, 300_00)]
        told = {"left_by": ward.ishaan, "day": TODAY, "reason": "He left on Friday"}
        close_day(db, counts, form="close", by=nina, **told)


def test_who_closed_for_another_is_told_and_does_not_reopen_it(closed_for_ishaan, monkeypatch):
    desk = chosen(sit(monkeypatch, "nina", "finance/close"))

    assert "Closed by Nina Das: He left on Friday" in said(desk)
    assert "You closed this day for its cashier" in said(desk)
    assert not [one for one in desk.button if one.label == "Reopen the day"]


def test_the_reopened_day_of_who_left_is_closed_by_finance(closed_for_ishaan, monkeypatch):
    desk = chosen(sit(monkeypatch, "khan", "cmo/closed_days"))

    click(type_in(desk, Reason="A cheque was left out"), "Reopen the day")

    assert "finance closes it anew for its cashier" in said(desk)
