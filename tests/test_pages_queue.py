"""The queue and the waiting room's board: tokens given, order kept, names kept out of sight."""

import json
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading
from mediklaud.errors import SignedOut
from mediklaud.models import EmergencyReason, Role
from mediklaud.repository import (
    BoardLine,
    arrive,
    begin_consultation,
    change_account,
    end_sign_in,
    live_account,
    the_hospital,
)
from mediklaud.ui import board
from mediklaud.ui import desk as ui_desk
from mediklaud.waiting import RULE
from tests.desk import HOME, booked, click, cut_off_after_the_commit, find, said, sit, take, the
from tests.hospital import at
from tests.visits import book, desk, visit

RAO = "Dr Anjali Rao · Cardiology · DOC-0001"


def drawn(page: AppTest) -> list[dict[str, object]]:
    """The cards of tokens on the page, as the browser is told them."""
    shown = [json.loads(one.proto.json) for one in page.get("bidi_component") if one.proto.json]
    return [card for one in shown for card in one.get("cards", [])]


def waiting(page: AppTest) -> list[tuple[str, str]]:
    """Who waits, in the order of the list: token and name."""
    rows = page.dataframe[0].value
    return list(zip(rows["Token"], rows["Patient"], strict=True))


def walking(page: AppTest, words: str = "asha", number: str = "JMI-000001") -> AppTest:
    """A patient at the desk who asks for Dr Rao."""
    take(find(page, words), number)
    return the(page.selectbox, "Doctor").select(RAO).run()


@pytest.fixture
def queue(sqlite_house, monkeypatch) -> AppTest:
    """The empty queue at nine."""
    return sit(monkeypatch, "meera", "front_desk/queue")


@pytest.fixture
def busy(sqlite_house) -> None:
    """Asha is with Dr Rao; Ben waits."""
    with desk() as (db, ward):
        asha = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
        arrive(db, book(db, ward, ward.ben, ward.rao, at(10, 15)), by=ward.meera)
        begin_consultation(db, asha, by=ward.rao_account)


# The queue


def test_an_empty_queue_says_so_and_shows_its_rule(queue):
    assert "Nobody waits." in said(queue)
    assert RULE in said(queue)


def test_the_queue_lists_who_waits_in_their_turn(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        late = book(db, ward, ward.asha, ward.rao, at(11))
        early = book(db, ward, ward.ben, ward.rao)
        for one in (late, early):
            arrive(db, one, by=ward.meera)

    page = sit(monkeypatch, "meera", "front_desk/queue")

    assert waiting(page) == [("2", "Ben Thomas"), ("1", "Asha Menon")]
    assert page.dataframe[0].value.iloc[0]["Promised"] == "10:00"


def test_one_doctors_queue_says_who_is_in_the_room(busy, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/queue")

    the(page.selectbox, "Doctor (all where none is chosen)").select(RAO).run()

    assert waiting(page) == [("2", "Ben Thomas")]
    assert [(one.label, one.value) for one in page.metric] == [
        ("In the room", "Token 1"),
        ("Waiting", "1"),
    ]


def test_a_walk_in_gets_the_next_free_time_and_a_token_read_out_large(queue):
    walking(queue)
    assert "The next free time is 10:00 AM IST." in said(queue)

    click(queue, "Give a token")

    (given,) = booked()
    assert (given.walk_in, given.token, given.starts_at) == (True, 1, at(10))
    assert "Asha Menon has token 1 with Dr Anjali Rao." in said(queue)
    assert [(card["now"], card["doctor"]) for card in drawn(queue)] == [("1", "Dr Anjali Rao")]
    assert waiting(queue) == [("1", "Asha Menon")]


def test_a_second_click_gives_one_token(queue, monkeypatch):
    walking(queue)

    with cut_off_after_the_commit(monkeypatch):
        click(queue, "Give a token")
    click(queue, "Give a token")

    assert [one.token for one in booked()] == [1]
    assert "Asha Menon has token 1" in said(queue)


def test_nobody_is_queued_twice(queue):
    click(walking(queue), "Give a token")

    click(walking(queue), "Give a token")

    assert "Asha Menon has token 1 with Dr Anjali Rao already." in said(queue)
    assert len(booked()) == 1


def test_who_is_booked_today_is_marked_as_arrived_instead(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao, at(11))
    page = take(find(sit(monkeypatch, "meera", "front_desk/queue"), "asha"), "JMI-000001")

    click(page, "Has arrived for 11:00 AM IST")

    assert [(one.token, one.walk_in) for one in booked()] == [(1, False)]
    assert [card["now"] for card in drawn(page)] == ["1"]


def test_a_walk_in_who_owes_nothing_may_be_an_emergency_too(queue):
    walking(queue)
    the(queue.toggle, "This is an emergency").set_value(True).run()
    waits = the(queue.button, "Give a token").disabled
    the(queue.selectbox, "Emergency reason").select(EmergencyReason.BLEEDING).run()

    click(queue, "Give a token")

    assert waits
    assert [one.emergency_reason for one in booked()] == [EmergencyReason.BLEEDING]


def test_dues_hold_a_token_back_and_an_emergency_passes(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        visit(db, ward, ward.asha, ward.iyer, at(12))
    page = walking(sit(monkeypatch, "meera", "front_desk/queue"))
    assert "Routine booking is on hold: ₹500.00 is owed." in said(page)
    assert the(page.button, "Give a token").disabled

    the(page.toggle, "This is an emergency").set_value(True).run()
    the(page.selectbox, "Emergency reason").select(EmergencyReason.BLEEDING).run()
    click(page, "Give a token")

    assert booked()[1].emergency_reason is EmergencyReason.BLEEDING
    assert page.dataframe[0].value.iloc[0]["How"] == "Walk-in, emergency"


def test_no_time_left_is_said_before_the_click(sqlite_house, nine_o_clock, monkeypatch):
    nine_o_clock.move_to(at(12, 50))
    page = walking(sit(monkeypatch, "meera", "front_desk/queue"))

    assert "Dr Anjali Rao has no free time left today." in said(page)
    assert the(page.button, "Give a token").disabled


def test_the_next_free_time_is_one_in_which_the_patient_is_nowhere_else(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.iyer, at(10))
    page = walking(sit(monkeypatch, "meera", "front_desk/queue"))
    assert "The next free time is 10:15 AM IST." in said(page)

    click(page, "Give a token")

    assert [one.starts_at for one in booked() if one.walk_in] == [at(10, 15)]


def test_who_is_elsewhere_at_the_only_free_time_is_told_before_the_click(
    sqlite_house, nine_o_clock, monkeypatch
):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.iyer, at(12, 45))
    nine_o_clock.move_to(at(12, 40))
    page = walking(sit(monkeypatch, "meera", "front_desk/queue"))

    assert "Asha Menon already has an appointment with Dr Suresh Iyer at 12:45 PM" in said(page)
    assert the(page.button, "Give a token").disabled


def test_an_access_taken_away_ends_the_queue(busy, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/queue")
    with desk() as (db, ward):
        change_account(db, ward.meera, {Role.FINANCE}, by=ward.tara)

    assert "The queue" not in [one.value for one in page.run().title]


# The board


def test_the_board_shows_now_and_next_and_no_name(busy, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/board")

    rao, iyer = drawn(page)
    assert (rao["doctor"], rao["more"], rao["now"], rao["next"]) == (
        "Dr Anjali Rao",
        "Cardiology",
        "1",
        ["2"],
    )
    assert (iyer["now"], iyer["next"], iyer["waiting"]) == (None, [], "Nobody waits")
    sent = " ".join(one.proto.json for one in page.get("bidi_component"))
    assert not {"Asha", "Menon", "Ben", "JMI-00"} & set(sent.replace('"', " ").split())
    assert "Asha" not in sent + said(page)
    assert "Ben" not in sent + said(page)


def test_a_screen_shows_the_doctors_it_was_told(busy, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/board")

    page.multiselect(key="board/doctors").select("Dr Suresh Iyer · General medicine").run()

    assert [card["doctor"] for card in drawn(page)] == ["Dr Suresh Iyer"]


def line(number: int, waiting: tuple[int, ...] = ()) -> BoardLine:
    """A doctor's line."""
    return BoardLine(number, f"Dr {number}", "Skin", None, None, waiting)


def test_many_doctors_take_turns_and_everybody_is_shown(db, ward, nine_o_clock):
    hospital, shown = the_hospital(db), []
    for turn in range(3):
        nine_o_clock.move_to(at(10) + timedelta(seconds=board.EVERY_SECONDS * turn), tick=False)
        cards, foot = board.in_turn([line(number) for number in range(9)], hospital)
        shown += [card["doctor"] for card in cards]
        assert len(cards) <= 4
        assert foot.startswith("10:00 · screen")

    assert sorted(shown) == [f"Dr {number}" for number in range(9)]


def test_a_long_queue_is_three_tokens_and_a_number(db, ward):
    (card,), _ = board.in_turn([line(1, (4, 2, 7, 9, 11))], the_hospital(db))

    assert (card["next"], card["waiting"]) == (["4", "2", "7"], "and 2 more wait")


def test_a_board_on_the_wall_does_not_fall_idle_and_is_no_use_of_its_sign_in(
    busy, nine_o_clock, monkeypatch
):
    page = sit(monkeypatch, "meera", "front_desk/board")
    token = page.session_state["username"]
    for hours in range(1, 12):
        nine_o_clock.move_to(at(9 + hours), tick=False)
        assert [card["doctor"] for card in drawn(page.run())][:1] == ["Dr Anjali Rao"]
        assert not page.sidebar.button

    with reading() as db, pytest.raises(SignedOut):
        live_account(db, token)


@pytest.mark.parametrize("other", ["another tab", "the board's own"])
def test_a_sign_in_that_only_shows_the_board_opens_nothing_else(
    sqlite_house, nine_o_clock, monkeypatch, other
):
    wall = sit(monkeypatch, "meera", "front_desk/board")
    page = wall
    if other == "another tab":
        page = AppTest.from_file(HOME, default_timeout=30)
        page.session_state["username"] = wall.session_state["username"]
        page.run()
    for minutes in (10, 20):
        nine_o_clock.move_to(at(9, minutes), tick=False)
        wall.run()
    page.switch_page("pages/front_desk/book.py").run()

    assert [one.label for one in page.text_input][:1] == ["Username"]


def test_after_twelve_hours_the_board_is_signed_out(sqlite_house, nine_o_clock, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/board")
    nine_o_clock.move_to(at(21, 1), tick=False)

    assert [one.label for one in page.run().text_input][:1] == ["Username"]


class DrawnAnew(Exception):
    """What the test lets st.rerun raise."""


def draw_anew() -> None:
    """Stands for st.rerun."""
    raise DrawnAnew


@pytest.mark.parametrize("taken", ["the role", "the sign-in"])
def test_the_board_asks_at_every_drawing_whether_it_may(busy, monkeypatch, taken):
    """A fragment is drawn alone, past the page's door: only what it asks itself counts."""
    page = sit(monkeypatch, "meera", "front_desk/board")
    token = page.session_state["username"]
    monkeypatch.setattr(ui_desk, "token", lambda: token)
    monkeypatch.setattr(board.st, "rerun", draw_anew)
    with desk() as (db, ward):
        if taken == "the role":
            change_account(db, ward.meera, {Role.FINANCE}, by=ward.tara)
        else:
            end_sign_in(db, token)

    with reading() as db, pytest.raises(DrawnAnew):
        board._draw([], the_hospital(db))


def test_a_doctor_with_patients_of_two_sessions_has_a_card_for_each(db, ward):
    morning = BoardLine(1, "Dr Rao", "Skin", at(10), 1, (2,))

    (card,), _ = board.in_turn([morning], the_hospital(db))

    assert card["more"] == "Skin · session of 10:00 AM IST"
