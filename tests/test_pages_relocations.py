"""Leave and the list of patients to move, as the CMO's office and the front desk see them."""

from datetime import timedelta

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud.bench.reads import asked_by
from mediklaud.database import reading
from mediklaud.models import Appointment, AppointmentStatus, Message, Role, VisitKind
from mediklaud.repository import (
    create_account,
    deactivate_doctor,
    declare_holiday,
    grant_leave,
    hold_time,
)
from mediklaud.ui import relocations
from mediklaud.ui.plain import plain
from tests.desk import sit
from tests.fields import field, fill, open_every_menu, press
from tests.follow_ups import follow_up, paid_visit, policy
from tests.hospital import PASSWORD, TODAY, at
from tests.visits import book, desk

TUESDAY, WEDNESDAY = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
LIST = "front_desk/relocations"
pytestmark = pytest.mark.usefixtures("sqlite_house")


def three_in_rao(day=WEDNESDAY):
    """Asha, Ben and Asha again are booked with Dr Rao on a day; their appointments."""
    with desk() as (db, ward):
        patients = (ward.asha, ward.ben, ward.asha)
        return [
            book(db, ward, patient, ward.rao, at(10, 15 * n, day)).id
            for n, patient in enumerate(patients)
        ]


def on_leave(day=WEDNESDAY):
    with desk() as (db, ward):
        return grant_leave(db, ward.rao, day, day, form="l1", by=ward.khan, reason="Conference")


def with_rao(patch, username="khan", page="cmo/leave") -> AppTest:
    page = sit(patch, username, page)
    with desk() as (_, ward):
        return field(page, "Doctor").set_value(ward.rao.id).run()


def moves(page: AppTest) -> list[str]:
    """What the buttons that move somebody say."""
    labels = [one.label.replace("\\", "") for one in page.button]
    return [words for words in labels if words.startswith("Move to")]


def move(page: AppTest, number: int = 0) -> AppTest:
    """Press the so-manieth of them."""
    found = [one for one in page.button if one.label.startswith("Move to")]
    return found[number].click().run()


def said(page: AppTest) -> str:
    kinds = (page.success, page.error, page.warning, page.info, page.caption, page.markdown)
    return "\n".join(one.value.replace("\\", "") for kind in kinds for one in kind)


def live() -> list[Appointment]:
    with reading() as db:
        rows = select(Appointment).where(Appointment.status == AppointmentStatus.BOOKED)
        return list(db.exec(rows.order_by(Appointment.starts_at)))


# Leave


def test_saving_leave_shows_every_patient_hit_and_where_each_can_go(monkeypatch):
    three_in_rao()
    page = with_rao(monkeypatch)
    fill(page, First_day=WEDNESDAY, Last_day=WEDNESDAY, Reason="Conference")
    press(page, "Grant leave")

    assert "Leave is granted: 25 Nov 2026. 3 patients are to be moved." in said(page)
    assert "3 of 3 patients are still to be moved." in said(page)
    assert moves(page) == [
        "Move to Tue 24 Nov, 12:45 PM with Dr Anjali Rao",
        "Move to Tue 24 Nov, 12:30 PM with Dr Anjali Rao",
        "Move to Tue 24 Nov, 12:15 PM with Dr Anjali Rao",
    ]


def test_each_click_moves_one_and_the_leave_says_who_is_left_until_nobody_is(monkeypatch):
    three_in_rao()
    on_leave()
    page = with_rao(monkeypatch)
    move(page)
    assert "Asha Menon is moved: Tuesday 24 November 2026, 12:45 PM IST" in said(page)
    assert "with Dr Anjali Rao. A letter about it is queued." in said(page)
    assert "2 of 3 patients are still to be moved." in said(page)
    move(page)
    assert "Ben Thomas has no email: call +91 98860 22222." in said(page)
    assert "1 of 3 patients is still to be moved." in said(page)
    move(page)

    assert "Nobody is left: 3 patients stood in it." in said(page)
    assert moves(page) == []
    with reading() as db:
        kinds = db.exec(select(Message.kind).where(Message.kind == "moved")).all()
    assert len(kinds) == 3


def test_leave_in_which_nobody_is_booked_says_so(monkeypatch):
    on_leave()
    page = with_rao(monkeypatch)

    assert "Nobody is booked in it." in said(page)
    assert moves(page) == []


def test_withdrawn_leave_needs_no_moves(monkeypatch):
    three_in_rao()
    on_leave()
    page = with_rao(monkeypatch)
    press(page, "Withdraw")

    assert moves(page) == []
    assert "Nobody has to be moved" in said(sit(monkeypatch, "khan", LIST))


def test_two_leaves_that_meet_show_a_patient_under_both_with_one_time(monkeypatch):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao, at(10, day=WEDNESDAY))
        for form in ("l1", "l2"):
            grant_leave(db, ward.rao, WEDNESDAY, WEDNESDAY, form=form, by=ward.khan)
    page = with_rao(monkeypatch)

    assert moves(page) == ["Move to Tue 24 Nov, 12:45 PM with Dr Anjali Rao"] * 2
    move(page, 1)
    assert said(page).count("Nobody is left: 1 patient stood in it.") == 2


# A closed session


def closing(page: AppTest, last_day) -> AppTest:
    """Close Dr Rao's session of Wednesdays."""
    box = field(page, "Session")
    box.select(next(words for words in box.options if words.startswith("Wednesday")))
    fill(page, Held_for_the_last_time_on=last_day)
    return press(page, "Close the session")


def test_closing_a_session_shows_every_patient_hit_and_where_each_can_go(monkeypatch):
    three_in_rao()
    page = with_rao(monkeypatch, page="cmo/sessions")

    closing(page, TODAY)

    assert "The session is closed. 3 patients are to be moved." in said(page)
    assert "Dr Anjali Rao holds no session at that time any more" in said(page)
    assert moves(page)[0] == "Move to Tue 24 Nov, 12:45 PM with Dr Anjali Rao"
    move(page)
    assert "Asha Menon is moved: Tuesday 24 November 2026, 12:45 PM IST" in said(page)
    move(page)
    assert "1 patient is to be moved." in said(page)
    move(page)
    assert moves(page) == []
    assert all(one.starts_at < at(0, day=WEDNESDAY) for one in live())


def test_a_time_taken_meanwhile_is_refused_in_the_row_of_the_closed_session(monkeypatch):
    three_in_rao()
    page = closing(with_rao(monkeypatch, page="cmo/sessions"), TODAY)
    with desk() as (db, ward):
        book(db, ward, ward.ben, ward.rao, at(12, 45, TUESDAY))
    move(page)

    assert "This time was just taken." in page.error[0].value.replace("\\", "")
    assert moves(page)[0] == "Move to Tue 24 Nov, 12:30 PM with Dr Anjali Rao"


def test_closing_a_session_in_which_nobody_is_booked_says_so(monkeypatch):
    page = closing(with_rao(monkeypatch, page="cmo/sessions"), WEDNESDAY)

    assert "The session is closed. Nobody has to be moved." in said(page)
    assert "Patients to move" not in [one.value for one in page.subheader]


# The list


@pytest.mark.parametrize("username", ["meera", "khan"])
def test_the_list_counts_and_moves_for_the_front_desk_and_the_chief(monkeypatch, username):
    three_in_rao()
    with desk() as (db, ward):
        declare_holiday(db, WEDNESDAY, "Diwali", by=ward.khan)
    page = sit(monkeypatch, username, LIST)
    assert "3 patients are to be moved." in said(page)
    assert "The hospital is closed: Diwali" in said(page)
    move(page, 2)

    assert "2 patients are to be moved." in said(page)
    assert live()[0].starts_at == at(12, 15, TUESDAY)


@pytest.mark.parametrize("username", ["ishaan", "tara", "rao"])
def test_another_role_sees_nothing_of_the_list(monkeypatch, username):
    three_in_rao()
    on_leave()
    open_every_menu(monkeypatch)
    page = sit(monkeypatch, username, LIST)

    assert "belongs to another role" in page.error[0].value
    assert moves(page) == []


def test_an_empty_list_says_what_would_stand_on_it(monkeypatch):
    page = sit(monkeypatch, "meera", LIST)

    assert "Nobody has to be moved." in said(page)
    assert "stands here until moved" in said(page)


def test_the_row_says_the_phone_and_who_has_to_be_called(monkeypatch):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao, at(10, day=TODAY + timedelta(days=9)))
        book(db, ward, ward.ben, ward.rao, at(10, 15, TODAY + timedelta(days=9)))
        book(db, ward, ward.asha, ward.rao, at(12))
    on_leave(TODAY + timedelta(days=9))
    with desk() as (db, ward):
        grant_leave(
            db, ward.rao, TODAY, TODAY, form="l2", by=ward.khan, begins_minute=720, ends_minute=735
        )
    page = said(sit(monkeypatch, "meera", LIST))

    assert "+91 98860 11111 · a letter goes out, but the new time is near: **call too**" in page
    assert "+91 98860 11111 · a letter goes out\n" in page + "\n"
    assert "+91 98860 22222 · **no email: call**" in page


def test_the_row_says_what_the_visit_costs_there_and_that_it_is_free_no_longer(monkeypatch):
    with desk() as (db, ward):
        policy(db, ward, visits=1, days=2)
        paid_visit(db, ward)
        follow_up(db, ward, at(10, day=TUESDAY))
        # Dr Rao has no other time within the two days.
        grant_leave(db, ward.rao, TODAY, WEDNESDAY, form="l1", by=ward.khan)
    page = sit(monkeypatch, "meera", LIST)

    assert moves(page) == ["Move to Thu 26 Nov, 10:00 AM with Dr Anjali Rao"]
    assert (
        "There: Follow-up · ₹400.00 · no longer free: the free visit is with Dr Anjali Rao, "
        "until 25 Nov"
    ) in said(page)


def test_a_row_of_a_paid_visit_says_its_price(monkeypatch):
    three_in_rao()
    on_leave()

    assert said(sit(monkeypatch, "khan", LIST)).count("There: First visit · ₹800.00") == 3


def test_the_list_asks_the_database_as_much_for_five_rows_as_for_two(monkeypatch):
    with desk() as (db, ward):
        policy(db, ward, visits=1, days=7)
        paid_visit(db, ward)
        for number in range(5):
            follow_up(db, ward, at(11, 15 * number, WEDNESDAY))
    on_leave()
    page = sit(monkeypatch, "meera", LIST)

    def asked(rows: int) -> int:
        monkeypatch.setattr(relocations, "_ROWS", rows)
        return len(asked_by(page.run))

    asked(5)
    few, many = asked(2), asked(5)
    assert len(moves(page)) == 5
    assert many == few


def test_another_time_can_be_chosen(monkeypatch):
    three_in_rao()
    on_leave()
    page = sit(monkeypatch, "meera", LIST)
    next(one for one in page.button if one.label == "Another time").click().run()
    words = "Fri 27 Nov, 11:30 AM with Dr Anjali Rao"
    box = next(one for one in page.selectbox if one.label == "Another time")
    box.select(words).run()
    assert moves(page)[0] == f"Move to {words}"
    move(page)

    assert live()[-1].starts_at == at(11, 30, TODAY + timedelta(days=4))
    assert not page.selectbox


def test_a_time_just_taken_is_refused_in_the_row_with_the_next_one_on_the_button(monkeypatch):
    three_in_rao()
    on_leave()
    page = sit(monkeypatch, "meera", LIST)
    assert moves(page)[0] == "Move to Tue 24 Nov, 12:45 PM with Dr Anjali Rao"
    with desk() as (db, ward):
        book(db, ward, ward.ben, ward.rao, at(12, 45, TUESDAY))
    move(page)

    assert "This time was just taken." in page.error[0].value.replace("\\", "")
    assert moves(page)[0] == "Move to Tue 24 Nov, 12:30 PM with Dr Anjali Rao"
    assert "3 patients are to be moved." in said(page)
    move(page)
    assert "Asha Menon is moved: Tuesday 24 November 2026, 12:30 PM" in said(page)


def test_what_another_clerk_holds_is_not_on_a_button(monkeypatch):
    three_in_rao()
    on_leave()
    with desk() as (db, ward):
        zoya = create_account(db, "zoya", "Zoya", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
        hold_time(db, ward.rao, at(12, 45, TUESDAY), VisitKind.FIRST, form="h1", by=zoya)

    assert moves(sit(monkeypatch, "meera", LIST))[0].startswith("Move to Tue 24 Nov, 12:30 PM")


def test_who_was_moved_by_another_desk_meanwhile_is_not_moved_twice(monkeypatch):
    first, *_ = three_in_rao()
    on_leave()
    page, other = (sit(monkeypatch, name, LIST) for name in ("meera", "khan"))
    move(page)
    move(other)

    assert "is cancelled already, so it cannot be moved" in said(other)
    assert "2 patients are to be moved." in said(other)
    with reading() as db:
        assert db.get_one(Appointment, first).status is AppointmentStatus.CANCELLED


def test_a_double_click_moves_once(monkeypatch):
    three_in_rao()
    on_leave()
    page = sit(monkeypatch, "meera", LIST)
    shown = dict(page.session_state["_forms"])
    move(page)
    page.session_state["_forms"].update(shown)
    page.run()
    kept = live()

    assert len(kept) == 3
    assert "Asha Menon is moved" in said(page)


def test_a_long_list_is_turned_page_by_page(monkeypatch):
    monkeypatch.setattr(relocations, "_ROWS", 2)
    three_in_rao()
    on_leave()
    page = sit(monkeypatch, "meera", LIST)
    assert len(moves(page)) == 2
    page.session_state["relocations"] = 2
    page.run()

    assert moves(page) == ["Move to Tue 24 Nov, 12:15 PM with Dr Anjali Rao"]
    move(page)
    assert len(moves(page)) == 2


def test_names_and_reasons_are_never_markdown(monkeypatch):
    odd = "**Odd** :smile: [x](y)"
    three_in_rao()
    with desk() as (db, ward):
        declare_holiday(db, WEDNESDAY, odd, by=ward.khan)
        ward.asha.name = odd
    page = sit(monkeypatch, "meera", LIST)

    assert any(plain(odd) in one.value for one in page.markdown)
    assert any(plain(odd) in one.value for one in page.caption)


def test_where_no_equal_time_is_near_the_row_says_so(monkeypatch):
    three_in_rao()
    with desk() as (db, ward):
        deactivate_doctor(db, ward.rao, by=ward.khan)
    page = sit(monkeypatch, "meera", LIST)

    assert said(page).count("No equal time is free within 14 days.") == 3
    next(one for one in page.button if one.label == "Another time").click().run()
    assert "No other time is free" in said(page)
