"""The phone screen: a chosen time is held, seen by others, and given back."""

import json
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mediklaud.database import transaction
from mediklaud.models import Role
from mediklaud.repository import create_account
from tests.desk import booked, click, cut_off_after_the_commit, said, sit, the
from tests.hospital import PASSWORD, at, ward_of
from tests.phone import book, choose_whom, held, hours, press_time, to_the_confirmation


def counted_down(page: AppTest) -> list[str]:
    """What the screen counts down, with the whole minutes that are left."""
    shown = [json.loads(one.proto.json) for one in page.get("bidi_component") if one.proto.json]
    return [f"{one['words']} {one['left'] // 60}" for one in shown if "left" in one]


@pytest.fixture
def tariq(sqlite_house) -> str:
    """The second clerk of the front desk."""
    with transaction() as db:
        by = ward_of(db).tara
        create_account(db, "tariq", "Tariq Anwar", PASSWORD, {Role.FRONT_DESK}, by=by)
    return "tariq"


def test_a_chosen_time_is_held_and_not_booked(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")

    to_the_confirmation(page, "asha", "JMI-000001")

    assert held() == [("meera", at(10, 15))]
    assert counted_down(page) == ["Held for you, 4"]
    # It stays in its place among the free ones, since this desk may have it.
    assert hours(page)[:2] == ["10:00 AM", "10:15 AM"]
    assert booked() == []


def test_another_clerk_sees_who_holds_a_time_and_cannot_take_it(tariq, monkeypatch):
    to_the_confirmation(sit(monkeypatch, "meera", "front_desk/book"), "asha", "JMI-000001")

    page = choose_whom(sit(monkeypatch, tariq, "front_desk/book"))

    assert counted_down(page) == ["10:15 AM · held by Meera Nair, 4"]
    assert hours(page)[:2] == ["10:00 AM", "10:30 AM"]


def test_a_click_on_a_time_that_was_just_held_is_told_who_holds_it(tariq, monkeypatch):
    late = choose_whom(sit(monkeypatch, tariq, "front_desk/book"))
    to_the_confirmation(sit(monkeypatch, "meera", "front_desk/book"), "asha", "JMI-000001")

    press_time(late, "10:15 AM")

    assert "Meera Nair is holding this time for another caller, for 4:5" in said(late)
    assert "The next free time is Monday 23 November 2026, 10:30 AM IST." in said(late)
    assert hours(late)[:2] == ["10:00 AM", "10:30 AM"]
    assert [who for who, _ in held()] == ["meera"]


def test_a_click_on_a_time_that_was_just_booked_is_told_the_next_one(tariq, monkeypatch):
    late = choose_whom(sit(monkeypatch, tariq, "front_desk/book"))
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)

    press_time(late, "10:00 AM")

    assert "This time was just taken. The next free time is" in said(late)
    assert hours(late)[0] == "10:15 AM"
    assert held() == []


def test_a_refused_time_leaves_the_one_that_is_held(tariq, monkeypatch):
    late = press_time(choose_whom(sit(monkeypatch, tariq, "front_desk/book")), "11:00 AM")
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)

    press_time(late, "10:00 AM")

    assert "This time was just taken." in said(late)
    assert held() == [("tariq", at(11))]
    assert counted_down(late) == ["Held for you, 4"]


def test_another_free_time_is_held_instead(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    press_time(page, "11:00 AM")

    assert held() == [("meera", at(11))]
    assert the(page.button, "Book 11:00 AM with Dr Anjali Rao")


def test_a_hold_that_ran_out_books_nothing(sqlite_house, nine_o_clock, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))

    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert "Your hold on this time has run out, so nothing is booked." in said(page)
    assert booked() == []


def test_a_hold_that_ran_out_is_taken_again(sqlite_house, nine_o_clock, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))
    page.run()
    assert "ran out after 5 minutes. Nothing is booked." in said(page)
    assert not [one for one in page.button if one.label.startswith("Book 10")]

    click(page, "Hold it again")
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert [one.starts_at for one in booked()] == [at(10, 15)]


def test_a_time_is_free_for_others_the_moment_its_hold_ends(tariq, nine_o_clock, monkeypatch):
    to_the_confirmation(sit(monkeypatch, "meera", "front_desk/book"), "asha", "JMI-000001")
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))

    page = press_time(choose_whom(sit(monkeypatch, tariq, "front_desk/book")), "10:15 AM")

    assert held() == [("tariq", at(10, 15))]
    assert counted_down(page) == ["Held for you, 4"]


def test_five_minutes_more_are_given_once(sqlite_house, nine_o_clock, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")
    nine_o_clock.shift(timedelta(minutes=3))

    click(page, "5 minutes more")

    assert counted_down(page) == ["Held for you, 4"]
    assert the(page.button, "5 minutes more").disabled


def test_another_time_gives_the_held_one_back(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    click(page, "Another time")

    assert held() == []
    assert counted_down(page) == []


def test_another_patient_gives_the_held_time_back(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    click(page, "Another patient")

    assert held() == []
    assert the(page.selectbox, "Doctor or specialty").value is None


def test_leaving_the_page_gives_the_held_time_back(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    page.switch_page("pages/front_desk/day.py").run()

    assert held() == []
    assert not page.error


def test_signing_out_gives_the_held_time_back(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    click(page, "Sign out")

    assert held() == []


def test_a_second_click_on_a_time_is_the_same_hold(sqlite_house, monkeypatch):
    page = choose_whom(sit(monkeypatch, "meera", "front_desk/book"))

    with cut_off_after_the_commit(monkeypatch):
        press_time(page, "10:15 AM")
    assert held() == [("meera", at(10, 15))]
    press_time(page.run(), "10:15 AM")

    assert held() == [("meera", at(10, 15))]
    assert counted_down(page) == ["Held for you, 4"]


def test_the_second_tab_of_a_clerk_takes_the_hold_over(sqlite_house, monkeypatch):
    first = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(first, "asha", "JMI-000001")
    to_the_confirmation(
        sit(monkeypatch, "meera", "front_desk/book"), "ben", "JMI-000002", "11:00 AM"
    )

    click(first, "Book 10:15 AM with Dr Anjali Rao")

    assert booked() == []
    assert held() == [("meera", at(11))]
