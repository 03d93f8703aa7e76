"""Pure: appointments as calendars take them (RFC 5545 and 5546), written by icalendar."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

from mediklaud.envelope import display, domain_of

_OURS = "-//MediKlaud//Front desk//EN"


@dataclass(frozen=True)
class Entry:
    """One appointment; a calendar changes it only under its own uid and a higher sequence."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    written_at: datetime
    summary: str
    place: str
    description: str
    organizer: tuple[str, str] | None = None
    # Address and name; calendars put an invitation in its place only where it names the reader.
    attendee: tuple[str, str] | None = None


def uid_of(appointment_id: int, hospital_email: str) -> str:
    """The name of an appointment's entry in every calendar."""
    return f"appointment-{appointment_id}@{domain_of(hospital_email)}"


def invitation(entry: Entry, method: str) -> str:
    """An entry alone, with what the calendar shall do: REQUEST or CANCEL."""
    calendar = _opened()
    calendar.add("method", method)
    calendar.add_component(_event(entry, cancelled=method == "CANCEL"))
    return _octets(calendar).decode()


def published(name: str, entries: Iterable[Entry]) -> bytes:
    """A whole calendar to be read again and again, such as a doctor's own."""
    calendar = _opened()
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    # How often calendar programs look again (RFC 7986, and what older ones read).
    calendar.add("refresh-interval", timedelta(minutes=15), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for entry in entries:
        calendar.add_component(_event(entry, cancelled=False))
    return _octets(calendar)


def _opened() -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _OURS)
    return calendar


def _event(entry: Entry, *, cancelled: bool) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    # UTC, so that no client needs our zone's rules to open at the right hour.
    event.add("dtstart", entry.starts_at.astimezone(UTC))
    event.add("dtend", entry.ends_at.astimezone(UTC))
    event.add("dtstamp", entry.written_at.astimezone(UTC))
    event.add("summary", entry.summary)
    event.add("location", entry.place)
    event.add("description", entry.description)
    if entry.organizer is not None:
        event.add("organizer", _person(*entry.organizer))
    if entry.attendee is not None:
        # The desk made the appointment with the patient, so no answer is asked for.
        asked = {"PARTSTAT": "ACCEPTED", "ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE"}
        event.add("attendee", _person(*entry.attendee, **asked))
    return event


def _person(address: str, name: str, **more: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    person.params.update({"CN": vText(display(name)), **more})
    return person


def _octets(calendar: Calendar) -> bytes:
    return bytes(calendar.to_ical())
