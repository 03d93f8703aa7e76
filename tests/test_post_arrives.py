"""Letters as a real mail server receives them, parsed back: hours, papers, names."""

import random
import ssl
import time
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from icalendar import Calendar

from mediklaud import carriers, clock
from mediklaud.database import transaction
from mediklaud.mailroom import empty_outbox
from mediklaud.models import EmergencyReason, Hospital, Method, Patient, VisitKind
from mediklaud.repository import (
    arrive,
    begin_consultation,
    book_appointment,
    finish_consultation,
    remind_of_dues,
    take_payment,
)
from tests.hospital import at, ward_of
from tests.post import Postman, certificate, mail_server, only_meera, settle
from tests.test_letters import HEADERS, NASTY_NAMES

LOGIN = "meera%40jmi.example:s%2Fecret%3Apass@"


@pytest.fixture
def postman(sqlite_house, monkeypatch):
    """A mail server with STARTTLS and a password, which the mailroom trusts."""
    context, public = certificate(sqlite_house)
    monkeypatch.setattr(carriers, "_trusted", lambda: ssl.create_default_context(cafile=public))
    arrived = Postman()
    server = mail_server(arrived, tls_context=context, authenticator=only_meera, auth_required=True)
    server.start()
    settle(monkeypatch, smtp_url=f"smtp://{LOGIN}127.0.0.1:{server.port}")
    with transaction() as db:
        db.get_one(Hospital, 1).letter_grace_seconds = 0
    yield arrived
    server.stop()


def letters(postman):
    return [message_from_bytes(one.content, policy=policy.default) for one in postman.arrived]


def invitation(mail):
    (part,) = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
    (event,) = Calendar.from_ical(part.get_content()).walk("VEVENT")
    return event


@pytest.fixture(params=["UTC", "Europe/London", "Asia/Kolkata"])
def machine_zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_the_hour_is_right_in_every_part_whatever_the_servers_zone(machine_zone, postman):
    with transaction() as db:
        ward = ward_of(db)
        ward.ben.email, ward.ben.language, ward.ben.name = "ben@example.org", "hi", "बेन थॉमस"
        for number, (patient, doctor) in enumerate(((ward.asha, ward.rao), (ward.ben, ward.iyer))):
            book_appointment(
                db, patient, doctor, at(10, 30), VisitKind.FIRST, form=f"{number}", by=ward.meera
            )
    assert empty_outbox() == 2

    english, hindi = letters(postman)
    assert "Monday 23 November 2026, 10:30 AM IST" in english["Subject"]
    assert "सोमवार, 23 नवंबर 2026, सुबह 10:30 बजे (IST)" in hindi["Subject"]
    for mail, hour in ((english, "10:30 AM IST"), (hindi, "सुबह 10:30 बजे (IST)")):
        assert hour in mail.get_body(("plain",)).get_content()
        assert hour in mail.get_body(("html",)).get_content()
        assert invitation(mail)["DTSTART"].dt == at(10, 30)
        assert invitation(mail)["DTEND"].dt == at(10, 45)
    assert "नमस्ते बेन थॉमस," in hindi.get_body(("plain",)).get_content()
    assert hindi["To"].addresses[0].display_name == "बेन थॉमस"


def a_visit_is_billed(nine_o_clock, amount_paise=800_00):
    with transaction() as db:
        ward = ward_of(db)
        booked = book_appointment(
            db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="v", by=ward.meera
        )
        arrive(db, booked, by=ward.meera)
    nine_o_clock.move_to(at(10))
    with transaction() as db:
        ward = ward_of(db)
        encounter = begin_consultation(db, booked, by=ward.rao_account)
        finish_consultation(db, encounter, "The patient has the flu.", by=ward.rao_account)
    if amount_paise:
        with transaction() as db:
            ward = ward_of(db)
            take_payment(db, ward.asha, amount_paise, Method.CASH, form="p", by=ward.ishaan)


def test_a_bill_and_a_receipt_bring_their_papers(postman, nine_o_clock):
    a_visit_is_billed(nine_o_clock)
    empty_outbox()

    _, bill, receipt = letters(postman)
    for mail, name in ((bill, "JMI-2627-000001.pdf"), (receipt, "JMR-2627-000001.pdf")):
        (paper,) = mail.iter_attachments()
        assert paper.get_filename() == name
        assert paper.get_content().startswith(b"%PDF-")
        assert "₹800.00" in mail.get_body(("plain",)).get_content()
    assert bill["Subject"] == "Your bill JMI/2627/000001"
    assert receipt["Subject"] == "Your receipt JMR/2627/000001"


def test_no_clinical_fact_stands_in_any_letter(postman, nine_o_clock):
    a_visit_is_billed(nine_o_clock, amount_paise=0)
    with transaction() as db:
        ward = ward_of(db)
        book_appointment(
            db,
            *(ward.asha, ward.iyer, at(11), VisitKind.FOLLOW_UP),
            form="e",
            by=ward.meera,
            emergency=EmergencyReason.BLEEDING,
        )
    empty_outbox()

    mails = letters(postman)
    assert len(mails) == 4
    for mail in mails:
        said = mail.get_body(("plain",)).get_content() + mail.get_body(("html",)).get_content()
        assert "flu" not in said.lower().split()
        # The chief reads of an emergency why, and not of whom.
        assert ("bleeding" in said) == (mail["To"].addresses[0].username == "khan")
        assert "bleeding" not in said or "Asha" not in said


def test_a_reminder_of_dues_names_each_bill_and_two_clicks_are_one_letter(postman, nine_o_clock):
    a_visit_is_billed(nine_o_clock, amount_paise=300_00)
    with transaction() as db:
        ward = ward_of(db)
        first = remind_of_dues(db, ward.asha, by=ward.ishaan)
        assert remind_of_dues(db, ward.asha, by=ward.ishaan) == first
    empty_outbox()

    mail = letters(postman)[-1]
    assert mail["Subject"] == "Outstanding dues: ₹500.00"
    assert "JMI/2627/000001: 23 November 2026: ₹500.00" in mail.get_body(("plain",)).get_content()
    assert list(mail.iter_attachments()) == []


def injections() -> list[str]:
    """Two hundred names that try to end a header, name another reader, or begin a body."""
    dice = random.Random(200)
    breaks = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\r\n ", "\t"]
    heads = ["Bcc", "Cc", "To", "Subject", "Reply-To", "Content-Type", "Message-ID", "X-Evil"]
    marks = ["\u202e", "\u2066", "\u200f", '"', "<", ">", ",", ";", "(", "\\", "=?utf-8?q?", "आशा"]
    made = [
        "".join(
            (
                dice.choice(("Asha", "आशा", "A" * 80, "", '"Asha"')),
                dice.choice(marks),
                dice.choice(breaks),
                dice.choice(heads),
                ": thief@evil.example",
                dice.choice(breaks),
                dice.choice(marks),
                dice.choice(("<thief@evil.example>", "thief@evil.example, x", "\r\n\r\nBody")),
            )
        )
        for _ in range(200 - len(NASTY_NAMES))
    ]
    return NASTY_NAMES + made


def test_two_hundred_injections_add_no_header_and_no_reader(postman, record_property):
    names = injections()
    assert len(names) == 200
    with transaction() as db:
        ward = ward_of(db)
        hospital, patient = db.get_one(Hospital, 1), db.get_one(Patient, ward.asha.id)
        for number, name in enumerate(names):
            # Past the filter of the desk, as another program may have written it.
            patient.name = ward.rao.name = hospital.name = _storable(name)
            patient.language = ("en", "hi")[number % 2]
            day = clock.day_of(at(10), "Asia/Kolkata") + timedelta(days=1 + number % 120)
            book_appointment(
                db,
                *(patient, ward.rao, at(10, 15 * (number // 120), day=day), VisitKind.FIRST),
                form=f"{number}",
                by=ward.meera,
            )
    empty_outbox()

    mails = letters(postman)
    extra = [set(map(str.lower, mail.keys())) - HEADERS for mail in mails]
    readers = {tuple(one.rcpt_tos) for one in postman.arrived}
    assert len(mails) == 200
    assert [one for one in extra if one] == []
    assert readers == {("asha@example.org",)}
    for mail in mails:
        assert [box.addr_spec for box in mail["To"].addresses] == ["asha@example.org"]
        assert mail["To"].addresses[0].addr_spec == "asha@example.org"
        event = invitation(mail)
        assert str(event["ATTENDEE"]) == "mailto:asha@example.org"
        assert set(event) <= _FIELDS
    record_property("proof", f"{len(names)} injections: {sum(map(len, extra))} headers more")


_FIELDS = {
    *("UID", "SEQUENCE", "STATUS", "CLASS", "DTSTART", "DTEND", "DTSTAMP", "SUMMARY"),
    *("LOCATION", "DESCRIPTION", "ORGANIZER", "ATTENDEE"),
}


def _storable(name: str) -> str:
    # No database keeps a surrogate or a NUL, and no name is empty.
    kept = name.encode("utf-8", "ignore").decode().replace("\x00", "\x01")
    return kept if kept.strip() else "?"


def test_letters_of_one_round_share_a_connection(postman):
    with transaction() as db:
        ward = ward_of(db)
        for number in range(12):
            book_appointment(
                db,
                *(ward.asha, ward.rao, at(10, 15 * number), VisitKind.FIRST),
                form=f"{number}",
                by=ward.meera,
            )
    assert empty_outbox() == 12

    assert len(postman.connections) == 1
