"""The gate page of finance: who is on hold, letters by level, pauses, and the follow-up log."""

from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.database import reading, transaction
from mediklaud.models import ContactKind, ContactOutcome, DuesLetter, RemindersPause
from mediklaud.repository import enroll_patient, name_payer, note_contact
from tests.desk import click, said, sit, the
from tests.fields import open_every_menu
from tests.hospital import CARA, DEV, TODAY, at, ward_of
from tests.till import bill_of, settings

PROMISED = "Promised to pay by 02 Dec 2026"


def rows(table):
    with reading() as db:
        return db.exec(select(table)).all()


@pytest.fixture
def desk(sqlite_house, monkeypatch, nine_o_clock):
    """A week after Asha and Ben were billed; Ben, who has no email, has promised to pay."""
    with transaction() as db:
        ward = ward_of(db)
        bill_of(db, ward, ward.asha, 500_00)
        bill_of(db, ward, ward.ben, 300_00)
        told = {"promised_on": TODAY + timedelta(days=9), "form": "talk", "by": ward.ishaan}
        note_contact(db, ward.ben, ContactKind.CALL, ContactOutcome.PROMISED, **told)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=7)))
    return sit(monkeypatch, "ishaan", "finance/gate")


def chosen(desk, alt="On hold", row=0):
    with reading() as db:
        ward = ward_of(db)
        key = f"{alt}/{ward.asha.id},{ward.ben.id}"
    desk.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return desk.run()


def log(desk):
    return next(one.value for one in desk.dataframe if "Outcome" in one.value)


def test_a_minor_on_hold_with_the_payers_dues_is_listed_with_both(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        dev, cara = (enroll_patient(db, one, form=one.name, by=ward.meera) for one in (DEV, CARA))
        bill_of(db, ward, cara, 60_00)
        name_payer(db, cara, dev, by=ward.meera)
        bill_of(db, ward, dev, 50_00)
        settings(db, ward, dues_limit_paise=100_00)

    (held,) = (one.value for one in sit(monkeypatch, "ishaan", "finance/gate").dataframe)

    assert held["Patient"].tolist() == ["Cara Kapoor"]
    assert held["Why on hold"].tolist() == [
        "₹60.00 on 1 overdue bill and ₹50.00 overdue of who pays for the minor"
    ]


@pytest.mark.parametrize("page", ["finance/gate", "finance/plans", "finance/dues"])
def test_a_minor_who_owes_nothing_is_named_beside_the_payer(sqlite_house, monkeypatch, page):
    with transaction() as db:
        ward = ward_of(db)
        dev, cara = (enroll_patient(db, one, form=one.name, by=ward.meera) for one in (DEV, CARA))
        name_payer(db, cara, dev, by=ward.meera)
        bill_of(db, ward, dev, 500_00)

    tables = [one.value for one in sit(monkeypatch, "ishaan", page).dataframe]

    (held,) = (one for one in tables if "Why on hold" in one)
    assert held[["Patient", "Why on hold"]].values.tolist() == [
        ["Dev Kapoor", "₹500.00 on 1 overdue bill; also holds back Cara Kapoor"]
    ]


def test_whom_else_a_hold_stops_stands_whole_in_the_opened_row(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        dev, cara = (enroll_patient(db, one, form=one.name, by=ward.meera) for one in (DEV, CARA))
        name_payer(db, cara, dev, by=ward.meera)
        bill_of(db, ward, dev, 500_00)
    desk = sit(monkeypatch, "ishaan", "finance/gate")
    rows_chosen = {"selection": {"rows": [0], "columns": [], "cells": []}}
    desk.session_state[f"On hold/{dev.id}"] = rows_chosen

    assert "Also holds back Cara Kapoor." in said(desk.run())


def test_who_is_on_hold_is_listed_with_why_since_when_and_the_last_contact(desk):
    (held,) = (one.value for one in desk.dataframe)

    assert held["Patient"].tolist() == ["Asha Menon", "Ben Thomas"]
    assert held["Why on hold"].tolist()[0] == "₹500.00 on 1 overdue bill"
    assert held["On hold since"].dt.date.tolist() == [TODAY, TODAY]
    assert held["Last contact"].tolist() == [
        "none yet",
        f"23 Nov 2026: {PROMISED}",
    ]
    assert {one.label: one.value for one in desk.metric} == {
        "On hold": "2",
        "They owe": "₹800.00",
        "Letters due": "1",
        "Letters at rest": "0",
    }


def test_all_letters_that_are_due_are_queued_by_one_click_and_once(desk):
    click(desk, "Queue all letters that are due")

    assert "Letters queued: 1." in said(desk)
    assert [one.level for one in rows(DuesLetter)] == [1]
    assert the(desk.button, "Queue all letters that are due").disabled
    (held,) = (one.value for one in desk.dataframe)
    assert held["Last contact"].tolist()[0] == "30 Nov 2026: The first letter"


def test_whose_letter_is_due_and_who_is_to_be_called(desk):
    the(desk.get("button_group"), "Show").set_value("Letters due").run()
    (due,) = (one.value for one in desk.dataframe)

    assert due[["Patient", "Letter", "State"]].values.tolist() == [
        ["Asha Menon", "First letter", "Due"],
        ["Ben Thomas", "First letter", "No address: call"],
    ]


def test_one_payer_is_reminded_and_the_log_shows_it(desk):
    click(chosen(desk), "Remind by letter")

    assert "The first letter is queued: ₹500.00 is owed." in said(desk)
    assert log(desk)[["How", "Outcome"]].values.tolist() == [["First letter", "queued"]]


def test_letters_rest_with_a_reason_and_go_on(desk):
    chosen(desk)
    click(desk, "Let them rest")
    assert "Last day is empty" in said(desk)
    the(desk.date_input, "Last day").set_value(TODAY + timedelta(days=20)).run()
    the(desk.text_input, "Reason").input("The insurer pays").run()
    click(desk, "Let them rest")

    assert [one.reason for one in rows(RemindersPause)] == ["The insurer pays"]
    assert "Letters rest until 13 Dec 2026: The insurer pays" in said(desk)
    click(desk, "Remind by letter")
    assert "rest until 13 December 2026" in said(desk)
    assert rows(DuesLetter) == []

    click(desk, "Resume letters")
    assert rows(RemindersPause)[0].ended_at is not None


def test_a_talk_is_noted_beside_the_letters(desk):
    chosen(desk, row=1)
    assert log(desk)["Outcome"].tolist() == [PROMISED]
    click(desk, "Note the talk")

    assert log(desk)["Outcome"].tolist() == ["Spoken to", PROMISED]


def test_another_role_sees_no_gate(sqlite_house, monkeypatch):
    open_every_menu(monkeypatch)
    assert "belongs to another role" in said(sit(monkeypatch, "meera", "finance/gate"))
