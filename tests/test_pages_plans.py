"""Payment plans on the screen: agreed, kept and ended, and the talks about what is owed."""

from datetime import date, timedelta

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import ContactOutcome, DuesContact, Instalment, PaymentPlan, PlanBill
from mediklaud.repository import (
    Part,
    account_named,
    agree_plan,
    begin_sign_in,
    note_contact,
)
from mediklaud.repository import plans as repository_plans
from mediklaud.repository.dues import dues_of
from mediklaud.ui import pick, plans
from tests.desk import HOME, click, find, said, sit, take, the
from tests.hospital import TODAY, at, ward_of
from tests.till import bill_of


def rows(table):
    with reading() as db:
        return db.exec(select(table)).all()


@pytest.fixture
def bills(sqlite_house):
    """Asha owes ₹600 and ₹300; the numbers of the bills."""
    with transaction() as db:
        ward = ward_of(db)
        return [bill_of(db, ward, ward.asha, paise).number for paise in (600_00, 300_00)]


@pytest.fixture
def desk(bills, monkeypatch):
    return opened(monkeypatch)


def opened(patch):
    return take(find(sit(patch, "ishaan", "finance/plans"), "asha"), "JMI-000001")


@pytest.fixture
def planned(bills):
    """Asha pays all of it by today."""
    with transaction() as db:
        ward = ward_of(db)
        agree_plan(db, ward.asha, [Part(TODAY, 900_00)], form="plan", by=ward.ishaan)


def choice(desk, label, word):
    return the(desk.get("button_group"), label).set_value(word).run()


def test_who_is_on_hold_is_listed_and_a_row_opens_the_patient(bills, monkeypatch):
    desk = sit(monkeypatch, "ishaan", "finance/plans")
    (table,) = desk.dataframe
    assert table.value[["Patient", "Owed", "Plan"]].values.tolist() == [
        ["Asha Menon", "₹900.00", "none"]
    ]
    with reading() as db:
        key = pick.key_of("On hold", [ward_of(db).asha.id])
    desk.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}

    desk.run()

    assert the(desk.button, "Agree the plan")


def test_a_plan_in_monthly_parts_opens_booking(desk):
    click(desk, "Agree the plan")

    assert [(one.due_on, one.amount_paise) for one in rows(Instalment)] == [
        (TODAY, 300_00),
        (date(2026, 12, 23), 300_00),
        (date(2027, 1, 23), 300_00),
    ]
    assert "A plan of ₹900.00 is agreed." in said(desk)
    with reading() as db:
        assert not dues_of(db, ward_of(db).asha.id).on_hold


def test_a_plan_covers_the_chosen_bills_alone(desk, bills):
    the(desk.multiselect, "Bills").select(bills[1]).run()

    click(desk, "Agree the plan")

    assert [one.invoice_number for one in rows(PlanBill)] == [bills[1]]
    assert the(desk.button, "Agree the plan")


def test_parts_of_nothing_are_refused_and_what_was_typed_stays(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        bill_of(db, ward, ward.asha, 5_00)
    desk = opened(monkeypatch)
    the(desk.number_input, "Instalments").set_value(24).run()

    click(desk, "Agree the plan")

    assert "A plan has 1 to 24 instalments of more than zero" in said(desk)
    assert the(desk.number_input, "Instalments").value == 24
    assert rows(PaymentPlan) == []


def test_a_second_click_on_one_form_is_one_plan(desk, bills):
    form = desk.session_state["_forms"]["JMI-000001"]
    the(desk.multiselect, "Bills").select(bills[1]).run()
    with transaction() as db:
        ward = ward_of(db)
        told = {"form": form, "by": ward.ishaan, "bills": bills[1:]}
        agree_plan(db, ward.asha, [Part(TODAY, 300_00)], **told)

    click(desk, "Agree the plan")

    assert len(rows(PaymentPlan)) == 1


def test_what_another_desk_planned_meanwhile_is_left_out(desk, bills):
    with transaction() as db:
        ward = ward_of(db)
        told = {"form": "other", "by": ward.ishaan, "bills": bills[:1]}
        agree_plan(db, ward.asha, [Part(TODAY, 600_00)], **told)

    click(desk, "Agree the plan")

    assert [one.total_paise for one in rows(PaymentPlan)] == [600_00, 300_00]


def test_a_missed_plan_is_told(planned, monkeypatch, nine_o_clock):
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))

    desk = opened(monkeypatch)

    assert "₹900.00 is still owed · ₹900.00 is missed" in said(desk)


def test_a_missed_plan_is_said_before_a_kept_one_of_the_same_payer(
    bills, monkeypatch, nine_o_clock
):
    with transaction() as db:
        ward, later = ward_of(db), TODAY + timedelta(days=30)
        for number, part in zip(bills, [Part(TODAY, 600_00), Part(later, 300_00)], strict=True):
            agree_plan(db, ward.asha, [part], form=number, by=ward.ishaan, bills=[number])
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))

    for page in ("finance/plans", "finance/gate"):
        (held,) = (one.value for one in sit(monkeypatch, "ishaan", page).dataframe)
        assert held[["Patient", "Plan"]].values.tolist() == [["Asha Menon", "Missed"]]


@pytest.fixture
def one_a_page(planned, monkeypatch, nine_o_clock):
    """Plans are read one at a time; Ben's, agreed after Asha's, was missed as hers."""
    for room in (repository_plans, plans):
        monkeypatch.setattr(room, "PLANS_A_PAGE", 1)
    with transaction() as db:
        ward = ward_of(db)
        bill_of(db, ward, ward.ben, 200_00)
        agree_plan(db, ward.ben, [Part(TODAY, 200_00)], form="bens", by=ward.ishaan)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))


def test_a_plan_beyond_the_first_page_of_plans_is_told(one_a_page, monkeypatch):
    (held,) = (one.value for one in sit(monkeypatch, "ishaan", "finance/plans").dataframe)

    assert held[["Patient", "Plan"]].values.tolist() == [
        ["Asha Menon", "Missed"],
        ["Ben Thomas", "Missed"],
    ]


def test_every_standing_plan_is_reached_page_by_page(one_a_page, monkeypatch):
    desk = choice(sit(monkeypatch, "ishaan", "finance/plans"), "Show", "Standing plans")
    seen = [desk.dataframe[0].value["Patient"].tolist()]
    for label in ("Later plans", "Later plans", "Earlier plans"):
        click(desk, label)
        seen.append([one.value["Patient"].tolist() for one in desk.dataframe])

    assert seen == [["Asha Menon"], [["Ben Thomas"]], [], [["Ben Thomas"]]]


def test_the_standing_plans_tell_what_is_due(planned, monkeypatch):
    desk = choice(sit(monkeypatch, "ishaan", "finance/plans"), "Show", "Standing plans")

    (table,) = desk.dataframe
    told = table.value[["Patient", "State", "Owed", "Due before today", "Next part"]]
    assert told.values.tolist() == [["Asha Menon", "Kept", "₹900.00", "₹0.00", "₹900.00"]]


def test_a_plan_ends_with_a_reason(planned, monkeypatch):
    desk = opened(monkeypatch)
    click(desk, "End the plan")
    assert "Reason is empty. Please fill it in." in said(desk)
    the(desk.text_input, "Reason").input("Moved away").run()

    click(desk, "End the plan")

    assert [one.end_reason for one in rows(PaymentPlan)] == ["Moved away"]
    assert "The plan has ended." in said(desk)


def test_a_promise_is_noted_with_its_day(desk):
    choice(desk, "Outcome", ContactOutcome.PROMISED)
    the(desk.text_area, "Note").input("After the salary").run()
    click(desk, "Note the talk")
    assert "Who promises to pay says by which day" in said(desk)
    assert the(desk.text_area, "Note").value == "After the salary"
    the(desk.date_input, "Promised for").set_value(TODAY + timedelta(days=7)).run()

    click(desk, "Note the talk")

    assert [(one.promised_on, one.note) for one in rows(DuesContact)] == [
        (TODAY + timedelta(days=7), "After the salary")
    ]


def test_a_second_click_on_one_form_is_one_talk(desk):
    form = desk.session_state["_forms"]["talk/JMI-000001"]
    with transaction() as db:
        ward = ward_of(db)
        told = ("call", ContactOutcome.SPOKEN)
        note_contact(db, ward.asha, *told, form=form, by=ward.ishaan)

    click(desk, "Note the talk")

    assert len(rows(DuesContact)) == 1


def test_another_role_sees_no_plans(bills):
    desk = AppTest.from_file(HOME.parent / "pages/finance/plans.py")
    with transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, "meera"))
    desk.run()

    assert "This page belongs to another role." in said(desk)
    assert len(desk.main.children) == 2
