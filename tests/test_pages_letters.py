"""The pages of letters: whom to call, whether mail leaves, a doctor's calendar, what was agreed."""

import re
from datetime import timedelta

import pytest
from sqlmodel import select, update

from mediklaud import clock
from mediklaud.database import reading, transaction
from mediklaud.models import (
    CalendarFeed,
    CallOutcome,
    Hospital,
    Message,
    MessageStatus,
    Patient,
    PhoneCall,
    VisitKind,
)
from mediklaud.repository import book_appointment, read_feed
from mediklaud.repository.outbox import claim_letters, note_failed
from mediklaud.ui import pick
from mediklaud.ui.letters import TO_CALL
from mediklaud.ui.mail import FAILED
from tests.desk import click, said, sit, the
from tests.fields import press
from tests.hospital import at, ward_of
from tests.post import Postman, free_port, mail_server, settle
from tests.test_pages_front_desk import fill

pytestmark = pytest.mark.usefixtures("sqlite_house")


def booked(name="ben"):
    with transaction() as db:
        ward = ward_of(db)
        patient = getattr(ward, name)
        one = book_appointment(
            db, patient, ward.rao, at(10), VisitKind.FIRST, form="f", by=ward.meera
        )
        return one.id


def failed(why):
    with transaction() as db:
        db.execute(update(Message).values(next_attempt_at=clock.now() - timedelta(seconds=1)))
        for letter in claim_letters(db, at_most=9):
            note_failed(db, letter.id, lease=letter.next_attempt_at, why=why, final=True)


def letter():
    with reading() as db:
        return db.exec(select(Message).order_by(Message.id.desc())).first()


def chosen(desk, alt=TO_CALL):
    key = pick.key_of(alt, [letter().id])
    desk.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    return desk.run()


@pytest.mark.parametrize("page", ["", "front_desk/day"])
def test_a_call_is_noted_and_the_patient_leaves_the_list(monkeypatch, page):
    booked()
    desk = sit(monkeypatch, "meera", page)
    assert "Patients to call (1)" in said(desk)
    chosen(desk)
    the(desk.segmented_control, "What came of it").select(CallOutcome.TOLD)
    press(desk, "Note the call")

    assert "The call to Ben Thomas is noted." in said(desk)
    assert "Patients to call (0)" in said(desk)
    with reading() as db:
        assert db.exec(select(PhoneCall)).one().outcome is CallOutcome.TOLD


def test_a_call_without_an_outcome_is_not_noted(monkeypatch):
    booked()
    desk = press(chosen(sit(monkeypatch, "meera")), "Note the call")

    assert "What came of it" in said(desk)
    with reading() as db:
        assert db.exec(select(PhoneCall)).all() == []


def test_a_letter_that_failed_is_marked_in_the_days_list_and_sent_again(monkeypatch):
    booked("asha")
    failed("550 unknown")
    desk = sit(monkeypatch, "meera", "front_desk/day")
    day = desk.dataframe[0].value
    assert (day["Letter"][0], day["Note"][0]) == ("failed: call", "letter failed")

    press(chosen(desk), "Send the letter again")

    assert letter().status is MessageStatus.QUEUED
    assert desk.dataframe[0].value["Note"][0] == ""


def test_whoever_has_no_email_is_refused_a_letter_and_told_why(monkeypatch):
    booked()
    desk = press(chosen(sit(monkeypatch, "meera")), "Send the letter again")

    assert "There is no email to which Ben Thomas may be written." in said(desk)


def test_the_administrator_sees_how_letters_stand_and_no_address(monkeypatch):
    booked("asha")
    failed("550 <asha@example.org> is unknown here")
    desk = sit(monkeypatch, "tara", "administrator/letters")

    assert {one.label: one.value for one in desk.metric}["Failed"] == "1"
    assert list(desk.dataframe[0].value["Why"]) == ["550 <…> is unknown here"]


def test_the_administrator_sends_a_failed_letter_again(monkeypatch):
    booked("asha")
    failed("550 unknown")
    press(chosen(sit(monkeypatch, "tara", "administrator/letters"), FAILED), "Send it again")

    assert letter().status is MessageStatus.QUEUED


def test_a_letter_that_waits_too_long_is_said(monkeypatch, nine_o_clock):
    booked("asha")
    nine_o_clock.move_to(at(9, 20))

    assert "waits for more than 15 minutes" in said(
        sit(monkeypatch, "tara", "administrator/letters")
    )


def test_the_mail_server_is_asked_and_answers(monkeypatch):
    server = mail_server(Postman())
    server.start()
    try:
        desk = sit(monkeypatch, "tara", "administrator/letters")
        assert "No mail server is set" in said(press(desk, "Ask the mail server"))
        settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{server.port}")
        assert "It answers: 250 OK (not encrypted)" in said(press(desk, "Ask the mail server"))
    finally:
        server.stop()


def test_a_mail_server_that_is_not_there_is_said(monkeypatch):
    settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    desk = press(sit(monkeypatch, "tara", "administrator/letters"), "Ask the mail server")

    assert "would take no letter: mail server not reached: ConnectionRefusedError" in said(desk)


def test_a_letter_to_try_the_mail_goes_through_the_outbox(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/letters")
    the(desk.text_input, "Email").input("tara@example.org")
    press(desk, "Send a letter to try it")

    assert (letter().kind, letter().to_address) == ("trial", "tara@example.org")
    assert "The letter is queued." in said(desk)


def test_a_doctor_opens_and_ends_a_calendar_address(monkeypatch):
    desk = sit(monkeypatch, "rao", "doctor/week")
    press(desk, "Open an address")
    (shown,) = desk.code
    token = re.search(r"/calendar/(.+)\.ics$", shown.value)[1]
    with reading() as db:
        assert read_feed(db, token).doctor.name == "Dr Anjali Rao"

    press(desk, "End the address")

    assert not desk.code
    with reading() as db:
        assert db.exec(select(CalendarFeed)).one().closed_at is not None


def test_a_patient_is_enrolled_with_a_language_and_what_was_agreed(monkeypatch):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"), Email="devi@example.org")
    the(page.segmented_control, "Language of letters").select("hi")
    the(page.checkbox, "Agrees to reminders").check()
    click(page, "Enroll")

    with reading() as db:
        devi = db.exec(select(Patient).where(Patient.name == "Devi Das")).one()
    assert (devi.language, devi.mail_for_care, devi.mail_for_reminders) == ("hi", True, True)


def test_what_a_patient_agreed_to_is_shown_with_its_day_and_by_whom(monkeypatch):
    desk = sit(monkeypatch, "meera", "front_desk/edit_patient")
    the(desk.text_input, "Find a patient").input("Asha").run()
    (one,) = [button for button in desk.button if "JMI-000001" in button.label.replace("\\", "")]
    one.click().run()

    agreed = "agreed to letters about care and bills, written down by Meera Nair"
    assert agreed in said(desk)


def test_the_grace_and_the_reminders_are_settings(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/settings")
    the(desk.number_input, "Seconds a letter rests").set_value(0)
    the(desk.number_input, "Hours before, for reminders").set_value(48)
    press(desk, "Save the settings")

    with reading() as db:
        kept = db.get_one(Hospital, 1)
    assert (kept.letter_grace_seconds, kept.reminder_hours) == (0, 48)
