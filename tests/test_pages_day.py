"""The day's list: who came and who did not, what is moved or cancelled, and slips undone."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mediklaud.models import (
    AppointmentStatus,
    EmergencyReason,
    Priority,
    VisitKind,
)
from mediklaud.repository import (
    arrive,
    begin_consultation,
    book_appointment,
    cancel_appointment,
    grant_leave,
    move_appointment,
    note_no_show,
    overbook_appointment,
    visits,
    walk_in,
)
from tests.desk import booked, click, cut_off_after_the_commit, said, sit, the
from tests.follow_ups import follow_up, paid_visit, policy
from tests.hospital import TODAY, at
from tests.visits import a_form, book, desk, visit

CANCELLED, NO_SHOW = AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW


def mark(page: AppTest, row: int = 0) -> AppTest:
    """Choose a row of the day's list."""
    key = page.dataframe[0].proto.id.split("-", 2)[2]
    page.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return page.run()


def buttons(page: AppTest) -> list[str]:
    """What can be clicked of the chosen appointment."""
    return [one.label for one in page.main.button]


def row_of(page: AppTest, place: int = 0) -> dict[str, object]:
    """A row of the list."""
    return dict(page.dataframe[0].value.iloc[place])


@pytest.fixture
def day(sqlite_house, monkeypatch) -> AppTest:
    """The day's list with Asha at ten."""
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao)
    return sit(monkeypatch, "meera", "front_desk/day")


def test_the_day_lists_every_appointment(day):
    row = day.dataframe[0].value.iloc[0]

    assert (row["Time"], row["Patient"], row["State"]) == ("10:00", "Asha Menon", "Booked")


def test_an_empty_day_says_so(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/day")

    assert "Nobody is booked that day." in said(page)


def test_a_patient_is_marked_as_arrived(day):
    click(mark(day), "Mark as arrived")

    assert booked()[0].status is AppointmentStatus.ARRIVED
    assert "Asha Menon has arrived: token 1." in said(day)


def test_nobody_is_missed_before_the_hour(day):
    click(mark(day), "Did not come")

    assert "A patient has not missed it before 10:00 AM IST." in said(day)
    assert booked()[0].status is AppointmentStatus.BOOKED


def test_whoever_did_not_come_is_noted(day, nine_o_clock, monkeypatch):
    nine_o_clock.move_to(at(10, 20))
    page = sit(monkeypatch, "meera", "front_desk/day")

    click(mark(page), "Did not come")

    assert booked()[0].status is AppointmentStatus.NO_SHOW


def test_an_appointment_is_not_cancelled_without_a_reason(day):
    the(mark(day).segmented_control, "Change").select("Cancel").run()

    click(day, "Cancel the appointment")

    assert "Reason is empty." in said(day)
    assert booked()[0].status is AppointmentStatus.BOOKED


def test_an_appointment_is_cancelled_with_its_reason(day):
    the(mark(day).segmented_control, "Change").select("Cancel").run()
    the(day.selectbox, "Reason").select("The patient is ill")

    click(day, "Cancel the appointment")

    assert booked()[0].cancel_reason == "The patient is ill"
    assert "The appointment of Asha Menon is cancelled. A letter about it is queued." in said(day)


@pytest.fixture
def last_free_visit(sqlite_house, nine_o_clock) -> None:
    """Asha's one free follow-up with Dr Rao, within a week of a paid visit, is booked for now."""
    with desk() as (db, ward):
        policy(db, ward, visits=1, days=7)
        paid_visit(db, ward)
        follow_up(db, ward, at(11))


def moving(page: AppTest, whom: str = "", **when: object) -> AppTest:
    """Asha's follow-up is about to be moved to the first free time there."""
    the(mark(page, 1).segmented_control, "Change").select("Move to another time").run()
    if whom:
        the(page.selectbox, "Doctor or specialty").select(whom).run()
    if when:
        the(page.date_input, "Earliest from").set_value(when["first"]).run()
    return next(one for one in page.button if one.label.endswith("AM")).click().run()


def test_a_free_visit_stays_free_when_it_is_moved_in_time(last_free_visit, monkeypatch):
    page = moving(sit(monkeypatch, "meera", "front_desk/day"), first=TODAY + timedelta(days=7))

    assert "Dr Anjali Rao · Follow-up · free visit 1 of 1 until 30 Nov" in said(page)
    assert "no longer free" not in said(page)


def test_a_free_visit_moved_beyond_its_last_day_is_said_to_cost(last_free_visit, monkeypatch):
    page = moving(sit(monkeypatch, "meera", "front_desk/day"), first=TODAY + timedelta(days=8))

    assert (
        "Dr Anjali Rao · Follow-up · ₹400.00 · no longer free: the free visit is with "
        "Dr Anjali Rao, until 30 Nov"
    ) in said(page)


def test_a_visit_moved_to_another_doctor_says_what_it_costs_there(day):
    the(mark(day).segmented_control, "Change").select("Move to another time").run()
    the(day.selectbox, "Doctor or specialty").select("Any doctor of General medicine").run()
    next(one for one in day.button if one.label == "11:00 AM").click().run()

    assert "Dr Suresh Iyer · First visit · ₹500.00" in said(day)


def test_an_appointment_is_moved(day):
    the(mark(day).segmented_control, "Change").select("Move to another time").run()
    next(one for one in day.button if one.label == "11:00 AM").click().run()

    click(day, "Move to 11:00 AM with Dr Anjali Rao")

    old, new = booked()
    assert (old.status, new.moved_from_id) == (AppointmentStatus.CANCELLED, old.id)
    assert new.starts_at == at(11)


def test_a_second_click_moves_once(day, monkeypatch):
    the(mark(day).segmented_control, "Change").select("Move to another time").run()
    next(one for one in day.button if one.label == "11:00 AM").click().run()

    with cut_off_after_the_commit(monkeypatch):
        click(day, "Move to 11:00 AM with Dr Anjali Rao")
    click(day, "Move to 11:00 AM with Dr Anjali Rao")

    assert len(booked()) == 2


def test_a_row_is_let_go_when_another_desk_changes_the_list(day):
    mark(day)
    with desk() as (db, ward):
        book_appointment(db, ward.ben, ward.iyer, at(10), VisitKind.FIRST, form="b", by=ward.meera)

    click(day, "Mark as arrived")

    assert {one.status for one in booked()} == {AppointmentStatus.BOOKED}
    assert "Choose a row" in said(day)


def test_whoever_has_no_email_is_on_the_list_of_calls(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao)
        book(db, ward, ward.ben, ward.rao, at(11))

    page = sit(monkeypatch, "meera", "front_desk/day")

    calls = page.dataframe[1].value
    assert list(calls["Patient"]) == ["Ben Thomas"]
    assert list(calls["Phone"]) == ["+91 98860 22222"]


def test_the_day_of_one_doctor_is_his_own(day):
    the(day.selectbox, "Doctor (all where none is chosen)").select_index(1).run()

    assert "Nobody is booked that day." in said(day)


def test_a_long_day_is_read_page_by_page(day, monkeypatch):
    with desk() as (db, ward):
        book(db, ward, ward.ben, ward.rao, at(11))
    monkeypatch.setattr(visits, "VISITS_A_PAGE", 1)

    first = list(day.run().dataframe[0].value["Patient"])
    day.pagination[0].set_value(2).run()

    assert (first, list(day.dataframe[0].value["Patient"])) == (["Asha Menon"], ["Ben Thomas"])


def test_another_day_is_another_list(day):
    the(day.date_input, "Day").set_value(TODAY + timedelta(days=1)).run()

    assert "Nobody is booked that day." in said(day)


# States, tokens and marks


def test_the_list_says_who_is_in_consultation_and_under_which_token(day):
    with desk() as (db, ward):
        begin_consultation(db, booked()[0], by=ward.rao_account)

    mark(day.run())

    assert (row_of(day)["State"], row_of(day)["Token"]) == ("In consultation", "1")
    assert buttons(day) == []


def test_walk_ins_and_overbooked_ones_are_marked(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        walk_in(db, ward.asha, ward.rao, VisitKind.FIRST, form=a_form(), by=ward.meera)
        asked = {"form": a_form(), "by": ward.meera}
        overbook_appointment(
            db, ward.ben, ward.rao, at(10), VisitKind.FIRST, "Came from afar", **asked
        )

    page = sit(monkeypatch, "meera", "front_desk/day")

    assert [row_of(page, place)["Note"] for place in (0, 1)] == ["walk-in", "overbooked"]
    assert "Overbooked: Came from afar" in said(mark(page, 1))


def test_what_was_moved_says_so_and_offers_nothing(day):
    with desk() as (db, ward):
        move_appointment(db, booked()[0], ward.rao, at(12), form="m1", by=ward.meera)

    mark(day.run())

    assert row_of(day)["State"] == "Moved"
    assert buttons(day) == []


def test_another_days_patient_is_not_marked_as_arrived(sqlite_house, monkeypatch):
    tomorrow = TODAY + timedelta(days=1)
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao, at(10, day=tomorrow))
    page = sit(monkeypatch, "meera", "front_desk/day")

    the(page.date_input, "Day").set_value(tomorrow).run()

    assert buttons(mark(page)) == ["Did not come"]


# Slips undone


def test_an_arrival_is_undone(day):
    click(mark(day), "Mark as arrived")

    click(mark(day), "Undo the arrival")

    assert (booked()[0].status, booked()[0].token) == (AppointmentStatus.BOOKED, 1)
    assert "Asha Menon is expected again." in said(day)


def test_an_arrival_is_not_undone_when_the_doctor_has_begun_meanwhile(day):
    click(mark(day), "Mark as arrived")
    mark(day)
    with desk() as (db, ward):
        begin_consultation(db, booked()[0], by=ward.rao_account)

    click(day, "Undo the arrival")

    assert booked()[0].status is AppointmentStatus.ARRIVED
    assert row_of(day)["State"] == "In consultation"


def test_a_walk_in_is_cancelled_and_has_no_arrival_to_undo(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        walk_in(db, ward.asha, ward.rao, VisitKind.FIRST, form=a_form(), by=ward.meera)
    page = sit(monkeypatch, "meera", "front_desk/day")

    assert buttons(mark(page)) == []
    assert [one.label for one in page.segmented_control] == ["Change"]


def test_a_no_show_is_undone(day, nine_o_clock, monkeypatch):
    nine_o_clock.move_to(at(10, 20))
    page = sit(monkeypatch, "meera", "front_desk/day")
    click(mark(page), "Did not come")

    click(mark(page), "Undo the no-show")

    assert booked()[0].status is AppointmentStatus.BOOKED


def test_a_cancellation_is_undone_with_a_letter(day):
    with desk() as (db, ward):
        cancel_appointment(db, booked()[0], "A slip", by=ward.meera)

    click(mark(day.run()), "Undo the cancellation")

    assert booked()[0].status is AppointmentStatus.BOOKED
    stands = "The appointment of Asha Menon stands again. A letter about it is queued."
    assert stands in said(day)


def test_a_cancellation_is_not_undone_in_a_leave_granted_meanwhile(day):
    with desk() as (db, ward):
        cancel_appointment(db, booked()[0], "A slip", by=ward.meera)
    mark(day.run())
    with desk() as (db, ward):
        grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)

    click(day, "Undo the cancellation")

    assert booked()[0].status is CANCELLED
    assert "Dr Anjali Rao is on leave at that time." in said(day)


def test_an_undo_is_let_go_when_another_desk_takes_the_time(day):
    with desk() as (db, ward):
        cancel_appointment(db, booked()[0], "A slip", by=ward.meera)
    mark(day.run())
    with desk() as (db, ward):
        book(db, ward, ward.ben, ward.rao)

    # The list has changed, so its row is let go, and nothing is done by the click.
    click(day, "Undo the cancellation")

    assert booked()[0].status is CANCELLED
    assert "Choose a row" in said(day)


def test_a_second_click_undoes_once(day, monkeypatch):
    with desk() as (db, ward):
        cancel_appointment(db, booked()[0], "A slip", by=ward.meera)
    mark(day.run())

    with cut_off_after_the_commit(monkeypatch):
        click(day, "Undo the cancellation")
    assert booked()[0].calendar_sequence == 2
    day.run()

    assert booked()[0].calendar_sequence == 2
    assert "Undo the cancellation" not in buttons(day)


@pytest.fixture
def owing(sqlite_house, nine_o_clock, monkeypatch) -> AppTest:
    """Asha owes for a visit at Dr Iyer's, and her time with Dr Rao was cancelled by a slip."""
    with desk() as (db, ward):
        gone = book(db, ward, ward.asha, ward.rao, at(12))
        cancel_appointment(db, gone, "A slip", by=ward.meera)
        visit(db, ward, ward.asha, ward.iyer)
    return mark(sit(monkeypatch, "meera", "front_desk/day"), 1)


def test_dues_hold_an_undo_back_and_an_emergency_passes(owing):
    assert "Routine booking is on hold: ₹500.00 is owed." in said(owing)
    assert the(owing.button, "Undo the cancellation").disabled

    the(owing.toggle, "This is an emergency").set_value(True).run()
    the(owing.selectbox, "Emergency reason").select(EmergencyReason.INJURY).run()
    click(owing, "Undo the cancellation")

    assert (booked()[0].priority, booked()[0].status) == (
        Priority.EMERGENCY,
        AppointmentStatus.BOOKED,
    )


def test_a_yesterdays_slip_is_offered_no_undo(sqlite_house, nine_o_clock, monkeypatch):
    with desk() as (db, ward):
        missed = book(db, ward, ward.asha, ward.rao)
        came = book(db, ward, ward.ben, ward.rao, at(11))
        arrive(db, came, by=ward.meera)
    nine_o_clock.move_to(at(10, 20))
    with desk() as (db, ward):
        note_no_show(db, missed, by=ward.meera)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    page = sit(monkeypatch, "meera", "front_desk/day")
    the(page.date_input, "Day").set_value(TODAY).run()

    assert [buttons(mark(page, place)) for place in (0, 1)] == [[], []]
