"""Reminders: some hours before, once, for whoever asked, and never of what no longer stands."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlmodel import select

from mediklaud.config import settings
from mediklaud.database import transaction
from mediklaud.mailroom import Mailroom, empty_outbox
from mediklaud.models import Hospital, Message, MessageStatus, VisitKind
from mediklaud.repository import book_appointment, cancel_appointment, move_appointment
from mediklaud.repository.leaves import grant_leave, withdraw_leave
from mediklaud.repository.outbox import claim_letters
from mediklaud.repository.reminders import any_reminder_due, queue_reminders
from tests.hospital import TODAY, at, ward_of

IN_TWO_DAYS = TODAY + timedelta(days=2)


def book(db, ward, day=IN_TWO_DAYS, form="f"):
    ward.asha.mail_for_reminders = True
    return book_appointment(
        db, ward.asha, ward.rao, at(10, day=day), VisitKind.FIRST, form=form, by=ward.meera
    )


def reminders(db):
    return db.exec(select(Message).where(Message.kind == "reminder")).all()


@pytest.fixture
def a_day_before(nine_o_clock):
    return lambda: nine_o_clock.move_to(at(10, 5, day=IN_TWO_DAYS - timedelta(days=1)))


def test_a_reminder_is_queued_a_day_before_and_once_only(db, ward, a_day_before):
    booked = book(db, ward)
    assert queue_reminders(db) == 0
    a_day_before()

    assert any_reminder_due(db)
    assert (queue_reminders(db), queue_reminders(db)) == (1, 0)
    (letter,) = reminders(db)
    assert (letter.appointment_id, letter.to_address) == (booked.id, "asha@example.org")


def test_nobody_is_reminded_without_having_asked(db, ward, a_day_before):
    book(db, ward)
    ward.asha.mail_for_reminders = False
    a_day_before()

    assert queue_reminders(db) == 0


def test_nobody_is_reminded_of_what_was_just_booked(db, ward):
    book(db, ward, day=TODAY)

    assert queue_reminders(db) == 0


def test_a_hospital_may_send_no_reminders(db, ward, a_day_before):
    book(db, ward)
    db.get_one(Hospital, 1).reminder_hours = 0
    a_day_before()

    assert not any_reminder_due(db)


def test_what_is_cancelled_is_not_reminded_of(db, ward, a_day_before):
    cancel_appointment(db, book(db, ward), "Fever", by=ward.meera)
    a_day_before()

    assert queue_reminders(db) == 0


def test_a_reminder_that_waits_goes_with_its_appointment(db, ward, a_day_before):
    booked = book(db, ward)
    a_day_before()
    queue_reminders(db)
    cancel_appointment(db, booked, "Fever", by=ward.meera)

    assert [one.status for one in reminders(db)] == [MessageStatus.WITHDRAWN]


def test_what_was_moved_is_reminded_of_at_its_new_time_only(db, ward, a_day_before, nine_o_clock):
    booked = book(db, ward)
    moved = move_appointment(db, booked, ward.rao, at(11, day=IN_TWO_DAYS), form="m", by=ward.meera)
    a_day_before()
    assert queue_reminders(db) == 0

    nine_o_clock.move_to(at(11, 5, day=IN_TWO_DAYS - timedelta(days=1)))

    assert queue_reminders(db) == 1
    assert [one.appointment_id for one in reminders(db)] == [moved.id]


def test_a_reminder_too_late_is_not_sent(db, ward, a_day_before, nine_o_clock):
    book(db, ward)
    a_day_before()
    queue_reminders(db)
    nine_o_clock.move_to(at(10, 1, day=IN_TWO_DAYS))

    assert [one.kind for one in claim_letters(db, at_most=9)] == ["booked"]
    assert [one.status for one in reminders(db)] == [MessageStatus.WITHDRAWN]


def test_a_reminder_can_be_ended_by_a_letter_back(sqlite_house, a_day_before):
    with transaction() as db:
        book(db, ward_of(db))
    empty_outbox()
    a_day_before()
    Mailroom()._remind()
    empty_outbox()

    (file,) = settings().letters_dir.glob("*-reminder.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["List-Unsubscribe"] == "<mailto:desk@jmi-hospital.example.org?subject=STOP>"
    assert "answer this letter with the word STOP" in mail.get_body(("plain",)).get_content()
    (other,) = settings().letters_dir.glob("*-booked.eml")
    assert b"List-Unsubscribe" not in other.read_bytes()


def test_a_rival_mailroom_queues_no_second_reminder(db, ward, a_day_before, monkeypatch):
    book(db, ward)
    a_day_before()
    from mediklaud.repository import reminders as room

    due = room._due(db)
    queue_reminders(db)
    # The other one looked a moment before.
    monkeypatch.setattr(room, "_due", lambda db: due)

    assert queue_reminders(db) == 0
    assert len(reminders(db)) == 1


def test_whoever_wants_no_letters_about_care_is_not_reminded(db, ward, a_day_before):
    book(db, ward)
    ward.asha.mail_for_care = False
    a_day_before()

    assert queue_reminders(db) == 0


@pytest.mark.parametrize("waits", [False, True])
def test_nobody_is_reminded_of_a_time_that_is_lost(db, ward, a_day_before, waits):
    book(db, ward)
    a_day_before()
    assert not waits or queue_reminders(db) == 1
    grant_leave(db, ward.rao, IN_TWO_DAYS, IN_TWO_DAYS, form="leave", by=ward.khan)

    assert any_reminder_due(db) is waits
    assert queue_reminders(db) == 0
    assert [one.status for one in reminders(db)] == [MessageStatus.WITHDRAWN] * waits
    assert not any_reminder_due(db)


def test_a_reminder_taken_back_comes_once_its_time_can_be_kept_after_all(db, ward, a_day_before):
    book(db, ward)
    a_day_before()
    assert queue_reminders(db) == 1
    leave = grant_leave(db, ward.rao, IN_TWO_DAYS, IN_TWO_DAYS, form="leave", by=ward.khan)
    assert queue_reminders(db) == 0
    withdraw_leave(db, leave, by=ward.khan)

    assert (queue_reminders(db), queue_reminders(db)) == (1, 0)
    (letter,) = reminders(db)
    assert (letter.status, letter.outcome) == (MessageStatus.QUEUED, "")
