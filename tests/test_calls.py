"""Letters that reached nobody: on the list, called, sent again, and off the list."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select, update

from mediklaud import clock
from mediklaud.errors import LetterNotNeeded, LetterOnItsWay, NoAddressToSendTo, NotPermitted
from mediklaud.models import CallOutcome, Message, MessageStatus, PhoneCall, VisitKind
from mediklaud.repository import (
    book_appointment,
    calls,
    calls_about,
    cancel_appointment,
    edit_patient,
    letters_to_call,
    log_call,
    move_appointment,
    outbox_state,
    resend_letter,
    slip_paper,
    undelivered_letters,
)
from mediklaud.repository.outbox import claim_letters, note_failed, note_sent, put_back
from mediklaud.slip_pdf import slip_pdf
from tests.hospital import ASHA, BEN, at
from tests.visits import visit


def book(db, ward, patient, hour=10, form="f"):
    return book_appointment(
        db, patient, ward.rao, at(hour), VisitKind.FIRST, form=form, by=ward.meera
    )


def refuse(db, why="550 no such person"):
    """The mail server refuses whatever is due for good."""
    db.execute(update(Message).values(next_attempt_at=clock.now() - timedelta(seconds=1)))
    for letter in claim_letters(db, at_most=10):
        note_failed(db, letter.id, lease=letter.next_attempt_at, why=why, final=True)


def listed(db, ward):
    return [one.appointment.id for one in letters_to_call(db, by=ward.meera)]


def letter_of(db, kind="booked"):
    return db.exec(select(Message).where(Message.kind == kind)).one()


def test_a_letter_refused_puts_its_patient_on_the_list(db, ward):
    booked = book(db, ward, ward.asha)
    assert listed(db, ward) == []

    refuse(db)

    assert listed(db, ward) == [booked.id]
    assert [one.outcome for one in undelivered_letters(db, by=ward.tara)] == ["550 no such person"]


def test_a_letter_the_server_does_not_take_is_a_call_after_a_quarter_of_an_hour(
    db, ward, nine_o_clock
):
    booked = book(db, ward, ward.asha)
    nine_o_clock.move_to(at(9, 2))
    (letter,) = claim_letters(db, at_most=1)
    told = {"lease": letter.next_attempt_at, "why": "nobody home", "until": at(9, 3)}
    put_back(db, [letter.id], **told)
    assert listed(db, ward) == []

    nine_o_clock.move_to(at(9, 16))

    assert listed(db, ward) == [booked.id]
    assert resend_letter(db, letter, by=ward.meera).outcome == ""
    assert listed(db, ward) == []


def test_a_cancellation_that_did_not_arrive_is_called_about_too(db, ward):
    booked = book(db, ward, ward.asha)
    refuse(db)
    cancel_appointment(db, booked, "The doctor is ill", by=ward.meera)
    assert listed(db, ward) == []
    refuse(db)

    assert listed(db, ward) == [booked.id]


def test_of_a_moved_appointment_only_the_new_time_is_called_about(db, ward):
    booked = book(db, ward, ward.asha)
    refuse(db)
    moved = move_appointment(db, booked, ward.rao, at(11), form="m", by=ward.meera)
    refuse(db)

    assert listed(db, ward) == [moved.id]


@pytest.mark.parametrize(
    ("outcome", "left"),
    [
        (CallOutcome.TOLD, 0),
        (CallOutcome.SLIP, 0),
        (CallOutcome.NO_ANSWER, 1),
        (CallOutcome.WRONG_NUMBER, 1),
    ],
)
def test_whoever_was_told_leaves_the_list(db, ward, outcome, left):
    book(db, ward, ward.ben)
    log_call(db, letter_of(db), outcome, "at noon", form="c", by=ward.meera)

    found = letters_to_call(db, by=ward.meera)
    assert len(found) == outbox_state(db).unaddressed == left
    assert [one.note for one in calls_about(db, found, by=ward.meera).values()] == [
        "at noon"
    ] * left


def test_a_second_click_is_the_same_call(db, ward):
    book(db, ward, ward.ben)
    letter = letter_of(db)
    first = log_call(db, letter, CallOutcome.NO_ANSWER, "", form="c", by=ward.meera)
    again = log_call(db, letter, CallOutcome.NO_ANSWER, "", form="c", by=ward.meera)

    assert again.id == first.id
    assert len(db.exec(select(PhoneCall)).all()) == 1


def test_a_letter_is_sent_again_to_the_address_the_patient_has_now(db, ward):
    book(db, ward, ward.ben)
    letter = letter_of(db)
    named = letter.message_id
    with pytest.raises(NoAddressToSendTo, match="Ben Thomas"):
        resend_letter(db, letter, by=ward.meera)
    with pytest.raises(NoAddressToSendTo, match="its reader"):
        resend_letter(db, letter, by=ward.tara)
    edit_patient(db, ward.ben, replace(BEN, email="ben@example.in"), version=1, by=ward.meera)
    refuse(db)
    edit_patient(db, ward.ben, replace(BEN, email="ben@example.org"), version=2, by=ward.meera)

    again = resend_letter(db, letter, by=ward.meera)

    assert (again.status, again.to_address) == (MessageStatus.QUEUED, "ben@example.org")
    assert again.message_id == named
    assert listed(db, ward) == []
    (claimed,) = claim_letters(db, at_most=9)
    note_sent(db, claimed.id, lease=claimed.next_attempt_at, reply="250 fine")
    with pytest.raises(LetterOnItsWay, match="sent by now"):
        resend_letter(db, letter, by=ward.meera)


def give_email(db, ward, email="ben@example.org", version=1, **more):
    typed = replace(BEN, email=email, **more)
    edit_patient(db, ward.ben, typed, version=version, by=ward.meera)


@pytest.mark.parametrize(("minutes", "heard"), [(0, 0), (30, 1)])
def test_a_letter_without_an_address_leaves_once_there_is_one(
    db, ward, nine_o_clock, minutes, heard
):
    book(db, ward, ward.ben)
    nine_o_clock.shift(timedelta(minutes=minutes))

    give_email(db, ward)

    letter = letter_of(db)
    assert (letter.status, letter.attempts) == (MessageStatus.QUEUED, heard)
    assert listed(db, ward) == claim_letters(db, at_most=9) == []
    nine_o_clock.shift(timedelta(seconds=61))
    assert [one.to_address for one in claim_letters(db, at_most=9)] == ["ben@example.org"]


def test_an_address_that_was_mistyped_is_not_written_to(db, ward, nine_o_clock):
    book(db, ward, ward.ben)
    nine_o_clock.move_to(at(9, 5))
    give_email(db, ward, "bne@example.org")

    give_email(db, ward, version=2)

    assert letter_of(db).to_address == "ben@example.org"
    give_email(db, ward, version=3, mail_for_care=False)
    assert letter_of(db).status is MessageStatus.UNADDRESSED


def test_what_nobody_need_be_told_any_more_stays_unsent(db, ward, nine_o_clock):
    book(db, ward, ward.ben, 11, "told")
    log_call(db, letter_of(db), CallOutcome.TOLD, "", form="c", by=ward.meera)
    book(db, ward, ward.ben, 10, "past")
    first = book(db, ward, ward.ben, 12, "moved")
    nine_o_clock.move_to(at(9, 5))
    moved = move_appointment(db, first, ward.iyer, at(12), form="m", by=ward.meera)
    nine_o_clock.move_to(at(10, 5))

    give_email(db, ward)

    queued = select(Message.appointment_id).where(Message.status == MessageStatus.QUEUED)
    assert db.exec(queued).all() == [moved.id]


def test_what_was_heard_at_the_desk_is_cancelled_by_letter(db, ward, nine_o_clock):
    booked = book(db, ward, ward.ben)
    nine_o_clock.move_to(at(9, 5))
    give_email(db, ward)

    cancel_appointment(db, booked, "The doctor is ill", by=ward.meera)

    assert letter_of(db).status is MessageStatus.WITHDRAWN
    assert letter_of(db, "cancelled").status is MessageStatus.QUEUED


def test_old_news_is_not_sent_again(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha)
    refuse(db)
    letter = letter_of(db)
    cancel_appointment(db, booked, "Fever", by=ward.meera)
    with pytest.raises(LetterNotNeeded):
        resend_letter(db, letter, by=ward.meera)
    refuse(db)
    nine_o_clock.move_to(at(10, 1))

    with pytest.raises(LetterNotNeeded):
        resend_letter(db, letter_of(db, "cancelled"), by=ward.meera)


def test_whoever_wants_no_letters_is_called(db, ward):
    wanted = replace(BEN, email="ben@example.org", mail_for_care=False)
    edit_patient(db, ward.ben, wanted, version=1, by=ward.meera)
    booked = book(db, ward, ward.ben)

    assert letter_of(db).status is MessageStatus.UNADDRESSED
    assert listed(db, ward) == [booked.id]


def test_only_the_front_desk_notes_calls(db, ward):
    book(db, ward, ward.ben)

    with pytest.raises(NotPermitted, match="call patients whom no letter reached"):
        log_call(db, letter_of(db), CallOutcome.TOLD, "", form="c", by=ward.ishaan)


@pytest.mark.parametrize(("language", "hour"), [("en", "10:00 AM IST"), ("hi", "10:00 बजे")])
def test_the_slip_says_the_hour_in_the_patients_language(db, ward, language, hour):
    ward.ben.language = language
    booked = book(db, ward, ward.ben)

    slip = slip_paper(db, booked.id, by=ward.meera)

    assert hour in slip.when
    assert (slip.patient_name, slip.doctor_name) == ("Ben Thomas", "Dr Anjali Rao")
    assert slip_pdf(slip).startswith(b"%PDF-")


def test_without_a_mailroom_a_letter_is_a_call_after_a_quarter_of_an_hour(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha, hour=12)
    nine_o_clock.move_to(at(9, 14))
    assert listed(db, ward) == []

    nine_o_clock.move_to(at(9, 16))

    assert listed(db, ward) == [booked.id]
    claim_letters(db, at_most=1)
    assert listed(db, ward) == [booked.id]
    with pytest.raises(LetterOnItsWay):
        resend_letter(db, letter_of(db), by=ward.meera)
    nine_o_clock.move_to(at(9, 22))
    assert resend_letter(db, letter_of(db), by=ward.meera).status is MessageStatus.QUEUED
    assert listed(db, ward) == []


def test_those_who_were_told_hide_nobody_from_the_list(db, ward, monkeypatch):
    monkeypatch.setattr(calls, "CALLS_LISTED", 1)
    book(db, ward, ward.ben)
    log_call(db, letter_of(db), CallOutcome.TOLD, "", form="c", by=ward.meera)
    booked = book(db, ward, ward.asha, hour=11, form="g")
    refuse(db)

    assert listed(db, ward) == [booked.id]


def test_a_bill_is_sent_again_to_the_address_its_payer_has_now(db, ward):
    visit(db, ward, ward.asha, ward.rao, at(10))
    refuse(db)
    right = replace(ASHA, email="right@example.org")
    edit_patient(db, ward.asha, right, version=ward.asha.version, by=ward.meera)

    assert resend_letter(db, letter_of(db, "bill"), by=ward.tara).to_address == "right@example.org"
