"""The phone screen: one patient more over a time that is taken."""

import pytest
from streamlit.testing.v1 import AppTest

from mediklaud.database import transaction
from mediklaud.models import EmergencyReason
from tests.desk import booked, click, find, said, sit, take, the
from tests.hospital import ward_of
from tests.phone import book, choose_whom, held, press_time


def open_drawer(page: AppTest) -> AppTest:
    """Open the drawer in which a session is overbooked."""
    form = page.session_state["_forms"]["form"]
    page.session_state[f"{form}/over/over"] = True
    return page.run()


def test_a_taken_time_is_overbooked_with_a_reason(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)
    page = sit(monkeypatch, "meera", "front_desk/book")
    open_drawer(choose_whom(take(find(page, "asha"), "JMI-000001")))

    assert the(page.selectbox, "Time").options == ["10:00 AM · 2 more"]
    the(page.selectbox, "Time").select_index(0)
    the(page.selectbox, "Reason").select("Came from far away")
    click(page, "Overbook")

    assert [one.overbook_reason for one in booked()] == [None, "Came from far away"]
    assert "Asha Menon is booked over a time that was taken: Monday 23 November" in said(page)


def test_an_emergency_is_overbooked_as_one(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)
    page = sit(monkeypatch, "meera", "front_desk/book")
    open_drawer(choose_whom(take(find(page, "asha"), "JMI-000001")))
    the(page.toggle, "This is an emergency").set_value(True).run()
    the(page.selectbox, "Emergency reason").select(EmergencyReason.BREATHLESSNESS).run()
    the(page.selectbox, "Time").select_index(0)
    the(page.selectbox, "Reason").select("Cannot wait for the next free time")

    click(page, "Overbook")

    assert [one.emergency_reason for one in booked()] == [None, EmergencyReason.BREATHLESSNESS]


def test_overbooking_gives_back_what_is_held(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)
    page = sit(monkeypatch, "meera", "front_desk/book")
    take(find(page, "asha"), "JMI-000001")
    press_time(choose_whom(page, "Any doctor of General medicine"), "10:15 AM")
    open_drawer(choose_whom(page))
    the(page.selectbox, "Time").select_index(0)
    the(page.selectbox, "Reason").select("Came from far away")

    click(page, "Overbook")

    assert len(booked()) == 2
    assert held() == []


@pytest.mark.parametrize("field", ["Time", "Reason"])
def test_nobody_is_overbooked_without_a_time_or_a_reason(sqlite_house, monkeypatch, field):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)
    page = sit(monkeypatch, "meera", "front_desk/book")
    open_drawer(choose_whom(take(find(page, "asha"), "JMI-000001")))
    other = {"Time": "Reason", "Reason": "Time"}[field]
    the(page.selectbox, other).select_index(0)

    click(page, "Overbook")

    assert f"{field} is empty." in said(page)
    assert len(booked()) == 1


def test_where_nothing_is_taken_nothing_is_overbooked(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    open_drawer(choose_whom(take(find(page, "asha"), "JMI-000001")))

    assert "No time of that day is taken" in said(page)
    assert "Overbook" not in [one.label for one in page.button]
