"""Pure: what the hospital writes to people, as text, HTML and calendar entry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from mediklaud import clock
from mediklaud.envelope import display, domain_of, one_line
from mediklaud.models import EmergencyReason

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# What a line of a calendar may hold, in octets.
_PIECE = 75


@dataclass(frozen=True)
class Booking:
    """What a letter to a patient tells of.

    A calendar moves an entry only under the same id and a higher version. An appointment
    that was moved is a new row, so its letters carry the id of the first row and a
    version that grows along the whole chain.
    """

    appointment_id: int
    version: int
    hospital_name: str
    hospital_address: str
    hospital_phone: str
    hospital_email: str
    patient_name: str
    doctor_name: str
    specialty: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    sent_at: datetime
    # Calendars put an invitation in its place by itself only where it names the reader.
    patient_email: str | None = None


@dataclass(frozen=True)
class Emergency:
    """An emergency booked while dues stood, as the CMO is told of it: no name, no illness."""

    hospital_name: str
    hospital_address: str
    hospital_phone: str
    patient_number: str
    doctor_name: str
    starts_at: datetime
    zone: str
    reason: EmergencyReason
    # In rupees, as papers write them: ₹1,23,456.50.
    owed: str
    booked_by: str


@dataclass(frozen=True)
class Letter:
    """A letter ready for the outbox."""

    headline: str
    text: str
    html: str
    calendar: str | None = None
    calendar_method: str | None = None


def booked(booking: Booking) -> Letter:
    """The letter that confirms an appointment."""
    return _to_patient(booking, "Your appointment", "booked", method="REQUEST")


def moved(booking: Booking) -> Letter:
    """The letter that gives an appointment its new time; calendars move their entry."""
    return _to_patient(booking, "New time for your appointment", "moved", method="REQUEST")


def restored(booking: Booking) -> Letter:
    """The letter that says a cancellation was a slip; calendars bring their entry back."""
    return _to_patient(booking, "Your appointment stands", "restored", method="REQUEST")


def cancelled(booking: Booking) -> Letter:
    """The letter that takes an appointment back; calendars strike their entry out."""
    return _to_patient(booking, "Your appointment is cancelled", "cancelled", method="CANCEL")


def emergency_notice(emergency: Emergency) -> Letter:
    """The letter to the CMO: an emergency was booked while dues stood."""
    told = replace(emergency, **_cleaned(emergency))
    headline = f"Emergency booked while {told.owed} was owed"
    when = clock.moment_words(told.starts_at, told.zone)
    return _written("emergency", headline, told=told, when=when, reason=reason_words(told.reason))


def reason_words(reason: EmergencyReason) -> str:
    """A coded reason as people read it: fever in a child."""
    return reason.value.replace("_", " ").replace("doctors", "doctor's")


def _to_patient(booking: Booking, opening: str, kind: str, *, method: str) -> Letter:
    told = replace(booking, **_cleaned(booking))
    when = clock.moment_words(told.starts_at, told.zone)
    letter = _written("appointment", f"{opening}: {when}", told=told, when=when, kind=kind)
    return replace(letter, calendar=_calendar(told, method), calendar_method=method)


def _cleaned(told: Booking | Emergency) -> dict[str, Any]:
    # An address may stand in several lines; a letter and a calendar want it in one.
    words = {name: value for name, value in vars(told).items() if type(value) is str}
    return {name: one_line(", ".join(value.splitlines())) for name, value in words.items()}


def _written(template: str, headline: str, **gaps: object) -> Letter:
    words, page = (
        _TEMPLATES.get_template(f"{template}.{kind}.j2").render(headline=headline, **gaps)
        for kind in ("txt", "html")
    )
    return Letter(headline=headline, text=words, html=page)


def _calendar(booking: Booking, method: str) -> str:
    """The appointment as a calendar takes it (RFC 5545 and 5546)."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//MediKlaud//Front desk//EN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        f"UID:appointment-{booking.appointment_id}@{domain_of(booking.hospital_email)}",
        f"SEQUENCE:{booking.version - 1}",
        f"STATUS:{'CANCELLED' if method == 'CANCEL' else 'CONFIRMED'}",
        "CLASS:PRIVATE",
        f"DTSTART:{_moment(booking.starts_at)}",
        f"DTEND:{_moment(booking.ends_at)}",
        f"DTSTAMP:{_moment(booking.sent_at)}",
        f"SUMMARY:{_words(f'{booking.doctor_name}, {booking.hospital_name}')}",
        f"LOCATION:{_words(f'{booking.hospital_name}, {booking.hospital_address}')}",
        f"DESCRIPTION:{_words(f'To change or cancel, call {booking.hospital_phone}.')}",
        f"ORGANIZER;{_person(_organizer(booking), booking.hospital_name)}",
        *_attendee(booking),
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _moment(moment: datetime) -> str:
    # UTC, so that no client needs our zone's rules to open at the right hour.
    return f"{clock.local(moment, 'UTC'):%Y%m%dT%H%M%SZ}"


def _words(words: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", words)


def _organizer(booking: Booking) -> str:
    return booking.hospital_email or f"appointments@{domain_of('')}"


def _attendee(booking: Booking) -> Iterator[str]:
    # The desk made the appointment with the patient, so no answer is asked for.
    if booking.patient_email:
        person = _person(booking.patient_email, booking.patient_name)
        yield f"ATTENDEE;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE;{person}"


def _person(address: str, name: str) -> str:
    # Quotes have gone from the name; a caret is written twice (RFC 6868).
    return f'CN="{display(name).replace("^", "^^")}":mailto:{address}'


def _folded(line: str) -> str:
    """A line in pieces of 75 octets at most, no character parted (RFC 5545, 3.1)."""
    octets, pieces = line.encode(), []
    while len(octets) > _PIECE:
        end = _PIECE
        while octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[:end])
        octets = b" " + octets[end:]
    return b"\r\n".join([*pieces, octets]).decode()
