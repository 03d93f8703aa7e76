"""Letters rest a minute: what is put right at once is not mailed, and the next one knows it."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select, update

from mediklaud import clock
from mediklaud.letters import written
from mediklaud.models import CallOutcome, Hospital, Message, MessageStatus, VisitKind
from mediklaud.repository import (
    book_appointment,
    cancel_appointment,
    edit_patient,
    letters_to_call,
    log_call,
    move_appointment,
    relocate,
    restore_appointment,
)
from mediklaud.repository.leaves import grant_leave
from mediklaud.repository.outbox import claim_letters, note_failed, note_sent
from tests.hospital import ASHA, TODAY, at
from tests.visits import visit

TOMORROW = TODAY + timedelta(days=1)
QUEUED, WITHDRAWN = MessageStatus.QUEUED, MessageStatus.WITHDRAWN


def book(db, ward, patient=None, form="f"):
    return book_appointment(
        db, patient or ward.asha, ward.rao, at(10), VisitKind.FIRST, form=form, by=ward.meera
    )


def outbox(db):
    """Kind and status of every letter, in their order."""
    letters = db.exec(select(Message).order_by(Message.id)).all()
    return [(one.kind, one.status) for one in letters]


def newest(db):
    return db.exec(select(Message).order_by(Message.id.desc())).first()


def let_leave(db):
    """The grace is over, and the mail server takes what is due."""
    db.execute(update(Message).values(next_attempt_at=clock.now() - timedelta(seconds=1)))
    for letter in claim_letters(db, at_most=10):
        note_sent(db, letter.id, lease=letter.next_attempt_at, reply="250 fine")


def test_a_booking_letter_rests_for_a_minute(db, ward):
    book(db, ward)

    letter = newest(db)
    assert letter.next_attempt_at - letter.queued_at == timedelta(seconds=60)
    assert claim_letters(db, at_most=10) == []


def test_the_grace_is_the_hospitals_to_decide(db, ward):
    db.get_one(Hospital, 1).letter_grace_seconds = 0
    book(db, ward)

    assert [one.kind for one in claim_letters(db, at_most=10)] == ["booked"]


def test_a_booking_cancelled_within_the_grace_is_not_mailed_at_all(db, ward):
    cancel_appointment(db, book(db, ward), "A slip", by=ward.meera)

    assert outbox(db) == [("booked", WITHDRAWN), ("cancelled", WITHDRAWN)]


def test_a_booking_that_was_mailed_has_its_cancellation_mailed(db, ward):
    booked = book(db, ward)
    let_leave(db)
    cancel_appointment(db, booked, "A slip", by=ward.meera)

    assert outbox(db) == [("booked", MessageStatus.SENT), ("cancelled", QUEUED)]
    assert written(newest(db)).calendar_method == "CANCEL"


def test_a_letter_on_its_way_counts_as_heard(db, ward):
    booked = book(db, ward)
    db.execute(update(Message).values(next_attempt_at=clock.now()))
    claim_letters(db, at_most=1)
    cancel_appointment(db, booked, "A slip", by=ward.meera)

    assert outbox(db) == [("booked", MessageStatus.SENDING), ("cancelled", QUEUED)]


def test_a_letter_that_may_have_left_is_overtaken_and_its_news_still_told(db, ward):
    booked = book(db, ward)
    db.execute(update(Message).values(next_attempt_at=clock.now()))
    (letter,) = claim_letters(db, at_most=1)
    note_failed(db, letter.id, lease=letter.next_attempt_at, why="connection lost", final=False)
    cancel_appointment(db, booked, "A slip", by=ward.meera)

    assert outbox(db) == [("booked", WITHDRAWN), ("cancelled", QUEUED)]


def test_a_cancellation_undone_within_the_grace_is_no_news(db, ward):
    booked = book(db, ward)
    let_leave(db)
    restore_appointment(db, cancel_appointment(db, booked, "A slip", by=ward.meera), by=ward.meera)

    assert outbox(db)[1:] == [("cancelled", WITHDRAWN), ("restored", WITHDRAWN)]


def test_a_slip_of_a_slip_is_told_as_the_booking_it_is(db, ward):
    off = cancel_appointment(db, book(db, ward), "A slip", by=ward.meera)
    restore_appointment(db, off, by=ward.meera)

    assert outbox(db)[2] == ("restored", QUEUED)
    assert "Your appointment is booked" in written(newest(db)).text


def test_a_move_within_the_grace_is_told_as_a_booking(db, ward):
    move_appointment(db, book(db, ward), ward.rao, at(11), form="m", by=ward.meera)

    assert outbox(db) == [("booked", WITHDRAWN), ("moved", QUEUED)]
    letter = written(newest(db))
    assert "11:00 AM" in letter.headline
    assert "no longer holds" not in letter.text


def test_a_move_after_the_letter_says_that_the_earlier_time_is_gone(db, ward):
    booked = book(db, ward)
    let_leave(db)
    move_appointment(db, booked, ward.rao, at(11), form="m", by=ward.meera)

    assert "The earlier one no longer holds." in written(newest(db)).text


def test_whoever_is_moved_for_a_leave_is_told_why(db, ward):
    booked = book_appointment(
        db, ward.asha, ward.rao, at(10, day=TOMORROW), VisitKind.FIRST, form="f", by=ward.meera
    )
    let_leave(db)
    grant_leave(db, ward.rao, TOMORROW, TOMORROW, form="leave", by=ward.khan)
    relocate(db, booked, ward.iyer, at(10, day=TOMORROW), form="m", by=ward.meera)

    assert "The doctor is not there at the earlier time" in written(newest(db)).text
    assert newest(db).kind == "moved"


def test_an_older_letter_never_arrives_after_a_newer_one(db, ward):
    booked = book(db, ward)
    db.execute(update(Message).values(next_attempt_at=clock.now()))
    claim_letters(db, at_most=1)
    cancel_appointment(db, booked, "A slip", by=ward.meera)
    # The mailroom that held the first one died; its lease has run out.
    db.execute(update(Message).values(next_attempt_at=clock.now() - timedelta(minutes=1)))

    assert [one.kind for one in claim_letters(db, at_most=10)] == ["cancelled"]
    assert outbox(db)[0] == ("booked", WITHDRAWN)


@pytest.mark.parametrize("seconds", [0, 61])
def test_whoever_has_no_email_is_called_about_what_came_after_the_grace(db, ward, seconds):
    booked = book(db, ward, ward.ben)
    db.execute(update(Message).values(queued_at=clock.now() - timedelta(seconds=seconds)))
    cancel_appointment(db, booked, "The doctor is ill", by=ward.meera)

    assert newest(db).status is (MessageStatus.UNADDRESSED if seconds else WITHDRAWN)


def test_a_move_there_and_back_within_the_grace_is_no_news(db, ward):
    booked = book(db, ward)
    let_leave(db)
    moved = move_appointment(db, booked, ward.rao, at(11), form="m", by=ward.meera)
    move_appointment(db, moved, ward.rao, at(10), form="n", by=ward.meera)

    assert outbox(db)[1:] == [("moved", WITHDRAWN), ("moved", WITHDRAWN)]


def offered(db, why, *, final=False):
    """The mail server is asked about what is due, and does not take it."""
    db.execute(update(Message).values(next_attempt_at=clock.now() - timedelta(seconds=1)))
    for letter in claim_letters(db, at_most=10):
        note_failed(db, letter.id, lease=letter.next_attempt_at, why=why, final=final)


@pytest.mark.parametrize("name", ["asha", "ben"])
def test_whoever_nobody_told_is_still_called_after_a_move_there_and_back(db, ward, name):
    booked = book(db, ward, getattr(ward, name))
    offered(db, "550 no such person", final=True)
    # Whoever has no address heard of it at the desk once the grace is over.
    db.execute(update(Message).values(queued_at=clock.now() - timedelta(seconds=61)))
    moved = move_appointment(db, booked, ward.rao, at(11), form="m", by=ward.meera)
    back = move_appointment(db, moved, ward.rao, at(10), form="n", by=ward.meera)
    offered(db, "550 no such person", final=True)

    assert [one.appointment.id for one in letters_to_call(db, by=ward.meera)] == [back.id]


def test_whoever_was_told_by_telephone_hears_nothing_of_a_move_there_and_back(db, ward):
    booked = book(db, ward)
    offered(db, "550 no such person", final=True)
    log_call(db, newest(db), CallOutcome.TOLD, "", form="call", by=ward.meera)
    moved = move_appointment(db, booked, ward.rao, at(11), form="m", by=ward.meera)
    move_appointment(db, moved, ward.rao, at(10), form="n", by=ward.meera)

    assert outbox(db)[1:] == [("moved", WITHDRAWN), ("moved", WITHDRAWN)]


def test_what_may_have_left_is_cancelled_by_letter_also_after_a_move(db, ward):
    booked = book(db, ward)
    offered(db, "connection lost")
    moved = move_appointment(db, booked, ward.rao, at(11), form="m", by=ward.meera)
    cancel_appointment(db, moved, "A slip", by=ward.meera)

    assert outbox(db) == [("booked", WITHDRAWN), ("moved", WITHDRAWN), ("cancelled", QUEUED)]
    assert written(newest(db)).calendar_method == "CANCEL"


def test_what_may_have_left_is_told_anew_when_a_slip_of_a_cancellation_is_undone(db, ward):
    booked = book(db, ward)
    offered(db, "connection lost")
    cancel_appointment(db, booked, "A slip", by=ward.meera)
    restore_appointment(db, booked, by=ward.meera)

    assert outbox(db)[-1] == ("restored", QUEUED)
    assert json.loads(newest(db).facts)["tells"] == "booked"


def test_nobody_hears_that_an_hour_that_is_over_was_cancelled(db, ward, nine_o_clock):
    booked = book(db, ward)
    let_leave(db)
    nine_o_clock.shift(timedelta(days=1))
    cancel_appointment(db, booked, "Nobody came", by=ward.meera)

    assert outbox(db)[1:] == [("cancelled", WITHDRAWN)]


@pytest.mark.parametrize(
    ("why", "changed", "status", "to"),
    [
        ("451 later", {"email": "right@example.org"}, QUEUED, "right@example.org"),
        ("451 later", {"mail_for_care": False}, MessageStatus.UNADDRESSED, None),
        ("451 later", {"email": ""}, MessageStatus.UNADDRESSED, None),
        # A server may have it, and nobody gets it twice at two addresses.
        ("connection lost", {"email": "right@example.org"}, QUEUED, "asha@example.org"),
        ("connection lost", {"mail_for_care": False}, MessageStatus.UNADDRESSED, None),
    ],
)
def test_a_letter_put_off_goes_no_more_where_nobody_is_written_to(
    db, ward, why, changed, status, to
):
    book(db, ward)
    offered(db, why)
    edit_patient(db, ward.asha, replace(ASHA, **changed), version=1, by=ward.meera)

    assert (newest(db).status, newest(db).to_address) == (status, to)


@pytest.mark.parametrize(
    ("changed", "status", "to"),
    [
        ({"email": "right@example.org"}, QUEUED, "right@example.org"),
        ({"mail_for_care": False}, MessageStatus.UNADDRESSED, None),
    ],
)
def test_an_email_put_right_within_the_grace_is_written_to(db, ward, changed, status, to):
    book(db, ward)
    edit_patient(db, ward.asha, replace(ASHA, **changed), version=1, by=ward.meera)

    assert (newest(db).status, newest(db).to_address) == (status, to)


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"email": "right@example.org"}, QUEUED), ({"mail_for_care": False}, WITHDRAWN)],
)
def test_a_bill_that_waits_goes_where_its_payer_is_written_to_by_now(db, ward, changed, status):
    visit(db, ward, ward.asha, ward.rao, at(10))
    typed = replace(ASHA, **changed)
    edit_patient(db, ward.asha, typed, version=ward.asha.version, by=ward.meera)

    bill = db.exec(select(Message).where(Message.kind == "bill")).one()
    assert bill.status is status
    assert status is WITHDRAWN or bill.to_address == "right@example.org"


def named_in(letter):
    """Under which name, and invited by whom, a letter's entry stands in a calendar."""
    unfolded = written(letter).calendar.replace("\r\n ", "")
    return re.findall("UID:.*|ORGANIZER.*", unfolded)


def test_the_calendars_entry_keeps_its_name_though_the_hospitals_email_changes(db, ward):
    booked = book(db, ward)
    let_leave(db)
    named = named_in(newest(db))
    db.get_one(Hospital, 1).email = "desk@jmi-new.example.org"
    db.flush()
    for kept in ("hospital", "rules"):
        db.info.pop(kept, None)
    moved = move_appointment(db, booked, ward.rao, at(11), form="m", by=ward.meera)
    let_leave(db)
    cancel_appointment(db, moved, "Fever", by=ward.meera)

    assert named_in(newest(db)) == named
