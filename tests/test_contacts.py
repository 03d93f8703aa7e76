"""The follow-up of dues: talks as they were noted, promises, and letters that rest."""

from datetime import timedelta

import pytest

from mediklaud.errors import NotPermitted, PauseNotPossible, PromiseNotPossible
from mediklaud.models import ContactKind, ContactOutcome
from mediklaud.repository import (
    contacts_of,
    last_contacts,
    note_contact,
    pause_reminders,
    pauses_of,
    resume_reminders,
)
from tests.hospital import TODAY, at
from tests.till import a_form

WEEK = timedelta(days=7)


def call(db, ward, outcome=ContactOutcome.NO_ANSWER, **asked):
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    return note_contact(db, ward.asha, ContactKind.CALL, outcome, **told)


def test_a_talk_is_noted_with_what_came_of_it(db, ward):
    call(db, ward)
    promised = call(db, ward, ContactOutcome.PROMISED, promised_on=TODAY + WEEK, note="On Monday")

    listed = contacts_of(db, ward.asha.id, by=ward.ishaan)

    assert [one.outcome for one in listed] == ["promised", "no_answer"]
    people = [ward.asha.id, ward.ben.id]
    assert last_contacts(db, people, by=ward.ishaan) == {ward.asha.id: promised}


def test_a_second_click_is_the_same_note(db, ward):
    assert call(db, ward, form="f").id == call(db, ward, form="f").id


@pytest.mark.parametrize(
    ("outcome", "day"),
    [
        (ContactOutcome.PROMISED, None),
        (ContactOutcome.PROMISED, TODAY - timedelta(days=1)),
        (ContactOutcome.PROMISED, TODAY + timedelta(days=367)),
        (ContactOutcome.SPOKEN, TODAY),
    ],
)
def test_only_a_promise_has_a_day_and_one_that_can_come(db, ward, outcome, day):
    with pytest.raises(PromiseNotPossible):
        call(db, ward, outcome, promised_on=day)


def test_reminders_rest_until_the_end_of_a_day(db, ward, nine_o_clock):
    pause = pause_reminders(db, ward.asha, TODAY + WEEK, "In hospital", by=ward.ishaan)
    people = [ward.asha.id, ward.ben.id]
    nine_o_clock.move_to(at(23, day=TODAY + WEEK))
    assert pauses_of(db, people, by=ward.ishaan) == {ward.asha.id: pause}

    nine_o_clock.move_to(at(9, day=TODAY + WEEK + timedelta(days=1)))
    assert pauses_of(db, people, by=ward.ishaan) == {}


def test_a_new_pause_takes_the_place_of_the_old_one(db, ward):
    first = pause_reminders(db, ward.asha, TODAY, "In hospital", by=ward.ishaan)
    again = pause_reminders(db, ward.asha, TODAY, "In hospital", by=ward.ishaan)
    longer = pause_reminders(db, ward.asha, TODAY + WEEK, "Still ill", by=ward.ishaan)

    assert (first.id, first.ended_by) == (again.id, ward.ishaan.id)
    assert pauses_of(db, [ward.asha.id], by=ward.ishaan) == {ward.asha.id: longer}


def test_a_pause_is_ended_before_its_day(db, ward):
    pause_reminders(db, ward.asha, TODAY + WEEK, "In hospital", by=ward.ishaan)

    resume_reminders(db, ward.asha, by=ward.ishaan)
    resume_reminders(db, ward.asha, by=ward.ishaan)

    assert pauses_of(db, [ward.asha.id], by=ward.ishaan) == {}


@pytest.mark.parametrize("days", [-1, 367])
def test_a_pause_lasts_a_year_at_most(db, ward, days):
    with pytest.raises(PauseNotPossible):
        pause_reminders(db, ward.asha, TODAY + timedelta(days=days), "Ill", by=ward.ishaan)


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_follows_dues_up(db, ward, name):
    with pytest.raises(NotPermitted, match="follow up outstanding dues"):
        call(db, ward, by=getattr(ward, name))
    with pytest.raises(NotPermitted, match="follow up outstanding dues"):
        pause_reminders(db, ward.asha, TODAY, "Ill", by=getattr(ward, name))
