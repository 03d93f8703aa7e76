"""Pure: what the hospital writes to people: facts from the outbox in, a letter out."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from mediklaud import calendars, clock
from mediklaud.envelope import Letter, domain_of, one_line
from mediklaud.models import EmergencyReason, Message

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Booking:
    """What a letter to a patient tells of, as it was at the moment of the deed.

    A calendar moves an entry only under the same id and a higher version. An appointment
    that was moved is a new row, so its letters carry the id of the first row and a
    version that grows along the whole chain.
    """

    # What the patient is told: booked, moved, cancelled or restored.
    tells: str
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


@dataclass(frozen=True)
class Emergency:
    """An emergency booked while dues stood, as the CMO is told of it: no name, no illness."""

    tells: str
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


Told = Booking | Emergency
_OPENINGS = {
    "booked": "Your appointment",
    "moved": "New time for your appointment",
    "restored": "Your appointment stands",
    "cancelled": "Your appointment is cancelled",
}


def frozen(told: Told) -> str:
    """The facts of a letter as the outbox keeps them. No words are made of them yet."""
    return json.dumps(vars(told), default=datetime.isoformat)


def written(message: Message) -> Letter:
    """The letter that the facts of a row in the outbox stand for.

    Raises whatever may be wrong with facts that this release cannot read.
    """
    facts = json.loads(message.facts)
    if facts["tells"] == "as written":
        # Written out by an earlier release: the same words in the same order.
        del facts["tells"]
        return Letter(**facts)
    facts["starts_at"] = datetime.fromisoformat(facts["starts_at"])
    if facts["tells"] == "emergency":
        return _emergency_notice(Emergency(**facts))
    facts["ends_at"] = datetime.fromisoformat(facts["ends_at"])
    return _to_patient(Booking(**facts), message)


def _to_patient(booking: Booking, message: Message) -> Letter:
    told = replace(booking, **_cleaned(booking))
    when = clock.moment_words(told.starts_at, told.zone)
    headline = f"{_OPENINGS[told.tells]}: {when}"
    letter = _rendered("appointment", headline, told=told, when=when, kind=told.tells)
    method = "CANCEL" if told.tells == "cancelled" else "REQUEST"
    calendar = calendars.invitation(_entry(told, message), method)
    return replace(letter, calendar=calendar, calendar_method=method)


def _entry(told: Booking, message: Message) -> calendars.Entry:
    address = told.hospital_email or f"appointments@{domain_of('')}"
    return calendars.Entry(
        uid=calendars.uid_of(told.appointment_id, told.hospital_email),
        sequence=told.version - 1,
        starts_at=told.starts_at,
        ends_at=told.ends_at,
        written_at=message.queued_at,
        summary=f"{told.doctor_name}, {told.hospital_name}",
        place=f"{told.hospital_name}, {told.hospital_address}",
        description=f"To change or cancel, call {told.hospital_phone}.",
        organizer=(address, told.hospital_name),
        attendee=(message.to_address, told.patient_name) if message.to_address else None,
    )


def _emergency_notice(emergency: Emergency) -> Letter:
    """The letter to the CMO: an emergency was booked while dues stood."""
    told = replace(emergency, **_cleaned(emergency))
    headline = f"Emergency booked while {told.owed} was owed"
    when = clock.moment_words(told.starts_at, told.zone)
    reason = reason_words(EmergencyReason(told.reason))
    return _rendered("emergency", headline, told=told, when=when, reason=reason)


def reason_words(reason: EmergencyReason) -> str:
    """A coded reason as people read it: fever in a child."""
    return reason.value.replace("_", " ").replace("doctors", "doctor's")


def _cleaned(told: Told) -> dict[str, Any]:
    # An address may stand in several lines; a letter and a calendar want it in one.
    words = {name: value for name, value in vars(told).items() if type(value) is str}
    return {name: one_line(", ".join(value.splitlines())) for name, value in words.items()}


def _rendered(template: str, headline: str, **gaps: object) -> Letter:
    words, page = (
        _TEMPLATES.get_template(f"{template}.{kind}.j2").render(headline=headline, **gaps)
        for kind in ("txt", "html")
    )
    return Letter(headline=headline, text=words, html=page)
