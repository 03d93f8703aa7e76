"""Letters: the right hour, names intact, nothing a name could smuggle in."""

import json
import time
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from email_validator import EmailNotValidError
from icalendar import Calendar

from mediklaud import envelope, letters
from mediklaud.envelope import Letter, as_email, domain_of, message_id
from mediklaud.models import EmergencyReason
from tests.post import STARTS, a_booking, a_letter, a_message

WHEN = "Monday 23 November 2026, 10:30 AM IST"
KINDS = ["booked", "moved", "cancelled", "restored"]
HEADERS = {
    *("from", "to", "reply-to", "subject", "date", "message-id"),
    *("auto-submitted", "mime-version", "content-type"),
}

NASTY_NAMES = [
    "Asha\r\nBcc: thief@evil.example",
    "Asha\nBcc: thief@evil.example",
    "Asha\rBcc: thief@evil.example",
    "Asha\r\n\r\nA new body",
    "Asha\r\n Bcc: thief@evil.example",
    "Asha\x00Bcc: thief@evil.example",
    "Asha\x0bBcc: thief@evil.example",
    "Asha\x0cBcc: thief@evil.example",
    "Asha\x85Bcc: thief@evil.example",
    "Asha\u2028Bcc: thief@evil.example",
    "Asha\u2029Bcc: thief@evil.example",
    "Asha\x1c\x1d\x1eBcc: thief@evil.example",
    "Asha\x7f\x1b[31m",
    "Asha <thief@evil.example>",
    "Asha, thief@evil.example",
    "Asha; thief@evil.example",
    "thief@evil.example, Asha",
    '"Asha" <thief@evil.example>, "',
    '", <thief@evil.example>, "',
    'Asha\\", thief@evil.example, \\"',
    "Friends: thief@evil.example, asha@example.in;",
    "(a remark) <thief@evil.example>",
    "=?utf-8?q?Asha=0D=0ABcc:_thief=40evil.example?=",
    "=?utf-8?b?QXNoYQ0KQmNjOiB0aGllZkBldmlsLmV4YW1wbGU=?=",
    "=?utf-8?q?=22=2C_thief=40evil.example=2C?= Asha",
    "आशा, <thief@evil.example>, देवी" + " लंबा नाम," * 12,
    "Asha, " * 40 + "thief@evil.example",
    "\u202eahsA\u202c <thief@evil.example>",
    "\u2066Asha\u2069\u200f, thief@evil.example",
    "",
    "\ud800Asha\udfff, thief@evil.example",
    "A" * 5000 + "\r\nBcc: thief@evil.example",
]


def read_back(mail: EmailMessage) -> EmailMessage:
    return message_from_bytes(mail.as_bytes(), policy=policy.default)


def sent(letter: Letter, **changes: object) -> EmailMessage:
    message = a_message(**changes)
    return as_email(message, letter, sender="desk@jmi.example", sender_name="JMI Hospital")


def entry(letter: Letter):
    [event] = Calendar.from_ical(letter.calendar).walk("VEVENT")
    return event


@pytest.fixture(params=["UTC", "Europe/London", "Asia/Kolkata"])
def machine_zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("tells", KINDS)
def test_the_hour_is_the_hospitals_whatever_the_zone_of_the_machine(machine_zone, tells):
    letter = a_letter(tells=tells)
    mail = read_back(sent(letter))

    assert WHEN in mail["Subject"]
    assert WHEN in mail.get_body(("plain",)).get_content()
    assert WHEN in mail.get_body(("html",)).get_content()
    assert "DTSTART:20261123T050000Z" in letter.calendar
    assert entry(letter)["DTSTART"].dt == STARTS


@pytest.mark.parametrize("tells", KINDS)
def test_a_letter_names_who_whom_and_where(tells):
    letter = a_letter(tells=tells)

    facts = ("Asha Devi", "Dr Rao", "Cardiology", "JMI Hospital", "New Delhi", "+91 11 2698 1717")
    for fact in facts:
        assert fact in letter.text
        assert fact in letter.html


def test_a_move_and_a_cancellation_reach_the_same_calendar_entry():
    first = entry(a_letter(version=1))
    second = entry(a_letter(tells="moved", version=2))
    third = entry(a_letter(tells="cancelled", version=3))

    assert {event["UID"] for event in (first, second, third)} == {"appointment-12@jmi.example"}
    assert [event["SEQUENCE"] for event in (first, second, third)] == [0, 1, 2]
    assert [event["STATUS"] for event in (first, third)] == ["CONFIRMED", "CANCELLED"]


@pytest.mark.parametrize(
    ("tells", "method"), list(zip(KINDS, ["REQUEST", "REQUEST", "CANCEL", "REQUEST"], strict=True))
)
def test_the_method_stands_in_the_calendar_and_in_the_mime_type(tells, method):
    mail = read_back(sent(a_letter(tells=tells)))
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]

    assert part["Content-Type"].params == {"charset": "utf-8", "method": method}
    assert Calendar.from_ical(part.get_content())["METHOD"] == method


def test_the_calendar_is_also_a_file():
    letter = a_letter()
    [file] = read_back(sent(letter)).iter_attachments()

    assert file.get_filename() == "appointment.ics"
    assert file.get_content() == letter.calendar.encode()


def test_every_line_of_a_calendar_is_75_octets_at_most():
    letter = a_letter(patient_name="தமிழ்ச்செல்வி " * 9, hospital_name="अस्पताल " * 20)

    assert max(len(line.encode()) for line in letter.calendar.split("\r\n")) <= 75


@pytest.mark.parametrize("name", ["आशा देवी", "தமிழ்ச்செல்வி", "عائشہ", "Zoë O'Neill-Śmith"])
def test_a_name_of_any_script_arrives_as_it_was_written(name):
    mail = read_back(sent(a_letter(patient_name=name), to_name=name))
    [recipient] = mail["To"].addresses
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    [event] = Calendar.from_ical(part.get_content()).walk("VEVENT")

    assert recipient.display_name == name
    assert f"Dear {name}," in mail.get_body(("plain",)).get_content()
    assert name in mail.get_body(("html",)).get_content().replace("&#39;", "'")
    assert event["ATTENDEE"].params["CN"] == name


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_no_name_adds_a_header_or_a_recipient(name):
    letter = a_letter(patient_name=name, hospital_name=name)
    message, headed = a_message(to_name=name), replace(letter, headline=name)
    octets = as_email(message, headed, sender="desk@jmi.example", sender_name=name).as_bytes()

    for rules in (policy.default, policy.SMTP):
        mail = message_from_bytes(octets, policy=rules)
        assert {header.lower() for header in mail.keys()} == HEADERS  # noqa: SIM118
        assert [box.addr_spec for box in mail["To"].addresses] == ["asha@example.in"]
        assert [box.addr_spec for box in mail["From"].addresses] == ["desk@jmi.example"]
        assert not mail.defects


def test_without_the_filter_some_names_would_break_out(monkeypatch):
    assert all(_stays_a_name(name) for name in NASTY_NAMES)

    # Which of them do depends on the release of Python; some raise, others add a header.
    monkeypatch.setattr(envelope, "display", lambda name: name)
    assert not all(_stays_a_name(name) for name in NASTY_NAMES)


def _stays_a_name(name: str) -> bool:
    try:
        mail = read_back(sent(a_letter(), to_name=name))
    except ValueError:
        return False
    return "Bcc" not in mail and len(mail["To"].addresses) == 1


@pytest.mark.parametrize("name", [*NASTY_NAMES, "a\\nb; c, d: e", "^n^'^^", "आशा " * 30, ""])
def test_a_calendar_gives_every_name_back_as_it_was_written(name):
    letter = a_letter(patient_name=name, doctor_name=name, hospital_name=name)

    [event] = Calendar.from_ical(letter.calendar).walk("VEVENT")
    written = envelope.one_line(", ".join(name.splitlines()))
    assert event["SUMMARY"] == f"{written}, {written}"
    assert event["ATTENDEE"].params["CN"] == envelope.display(written)
    assert event["ORGANIZER"].params["CN"] == envelope.display(written)
    assert event["ATTENDEE"] == "mailto:asha@example.in"
    assert event.errors == []


@pytest.mark.parametrize("name", NASTY_NAMES)
def test_no_name_adds_a_line_to_a_calendar(name):
    event = entry(a_letter(patient_name=name, hospital_name=name, doctor_name=name))
    plain = entry(a_letter())

    assert set(event) == set(plain)
    assert event["ATTENDEE"] == "mailto:asha@example.in"


@pytest.mark.parametrize(
    "address",
    [
        "a@b.in, thief@evil.example",
        "a@b.in\r\nBcc: x@y.in",
        "<a@b.in>",
        "a b@c.in",
        "@",
        "",
        "a@b>",
    ],
)
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(EmailNotValidError):
        as_email(
            a_message(to_address=address), a_letter(), sender="desk@jmi.example", sender_name="JMI"
        )


def test_an_address_in_hindi_is_written_as_it_is():
    mail = sent(a_letter(), to_address="आशा@उदाहरण.भारत")

    assert "To: Asha Devi <आशा@xn--p1b6ci4b4b3a.xn--h2brj9c>" in mail.as_bytes().decode()


@pytest.mark.parametrize("tells", KINDS)
def test_a_script_in_a_name_is_only_words_in_the_html(tells):
    html = a_letter(
        tells=tells, patient_name="<script>alert(1)</script>", doctor_name="<b>Rao</b>"
    ).html

    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("tells", KINDS)
def test_the_html_fetches_nothing_from_anywhere(tells):
    html = a_letter(tells=tells).html

    assert '<html lang="en">' in html
    assert not any(word in html for word in ("http:", "https:", "src=", "url(", "<link", "@import"))


def test_a_message_id_is_stable_and_tells_events_apart():
    first = message_id("appointment/12", "booked", 1, "jmi.example")
    events = [("appointment/12", "booked", 2), ("appointment/1", "2.booked", 1), ("आशा/12", "x", 1)]

    assert first == message_id("appointment/12", "booked", 1, "jmi.example")
    assert len({first, *(message_id(*event, "jmi.example") for event in events)}) == 4
    mail = read_back(sent(a_letter(), message_id=first))
    assert mail["Message-ID"] == first


def test_a_long_message_id_is_never_folded_into_something_else():
    long = message_id("appointment/12", "booked", 1, f"{'a' * 60}.{'b' * 60}.example")

    assert f"Message-ID: {long}\r\n" in sent(a_letter(), message_id=long).as_string()


def test_a_hospital_without_an_address_still_has_a_domain():
    assert domain_of("") == domain_of("no address") == "mediklaud.invalid"
    assert domain_of("desk@उदाहरण.भारत") == "xn--p1b6ci4b4b3a.xn--h2brj9c"


def an_emergency(**told):
    """A letter to the CMO."""
    facts: dict[str, object] = {
        "tells": "emergency",
        "hospital_name": "JMI Hospital",
        "hospital_address": "Okhla Road",
        "hospital_phone": "+91 11 2698 1717",
        "patient_number": "JMI000012",
        "doctor_name": "Dr Rao",
        "starts_at": STARTS,
        "zone": "Asia/Kolkata",
        "reason": EmergencyReason.FEVER_IN_A_CHILD,
        "owed": "₹1,23,456.50",
        "booked_by": "Meera",
    }
    emergency = letters.Emergency(**facts | told)
    return letters.written(a_message(facts=letters.frozen(emergency)))


def test_the_chief_hears_of_an_emergency_without_the_patients_name():
    letter = an_emergency()

    for fact in ("JMI000012", "Dr Rao", WHEN, "fever in a child", "₹1,23,456.50", "Meera"):
        assert fact in letter.text
        assert fact in letter.html
    assert letter.calendar is None
    assert "₹1,23,456.50" in read_back(sent(letter))["Subject"]


def test_the_letter_of_an_emergency_speaks_of_dues_only_where_some_stood():
    owing, free = an_emergency(), an_emergency(owed="₹0.00")

    assert free.headline == "Emergency booked"
    for words in (free.text, free.html):
        assert "while dues stood" not in words
    for words in (owing.text, owing.html):
        assert "was booked while dues stood" in words


def test_a_letter_of_an_earlier_release_keeps_its_words():
    words = {"headline": "Your appointment", "text": "Come at ten.", "html": "<p>Come at ten.</p>"}
    calendar = {"calendar": "BEGIN:VCALENDAR\r\n", "calendar_method": "REQUEST"}
    facts = json.dumps({"tells": "as written", **words, **calendar})

    assert letters.written(a_message(facts=facts)) == Letter(**words, **calendar)


def test_the_facts_of_a_letter_hold_no_words():
    facts = letters.frozen(a_booking(patient_name="आशा देवी"))

    assert json.loads(facts)["starts_at"] == "2026-11-23T05:00:00+00:00"
    assert "appointment is booked" not in facts
    assert letters.written(a_message(facts=facts)).text.startswith("Dear आशा देवी,")
