"""Pure: what the hospital writes to people: facts from the outbox in, a letter out."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from mediklaud import calendars, clock
from mediklaud.envelope import Letter, domain_of, one_line
from mediklaud.languages import TEMPLATES, moment_words, words_in, zone_words
from mediklaud.models import EmergencyReason, Message
from mediklaud.money import rupees

_TEMPLATES = Environment(
    loader=FileSystemLoader(TEMPLATES),
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

    # What the patient is told: booked, moved, leave_moved, restored, cancelled or reminder.
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
    # The hospital's email in the first letter of the chain, which names the entry for good.
    entry_email: str = ""


@dataclass(frozen=True)
class Emergency:
    """An emergency that was booked, as the CMO is told of it: no name, no illness."""

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


@dataclass(frozen=True)
class Paper:
    """A bill or receipt that was issued; the paper itself is drawn when the letter leaves."""

    # bill_letter or receipt_letter.
    tells: str
    hospital_name: str
    hospital_address: str
    hospital_phone: str
    patient_name: str
    number: str
    day: date
    amount: str


@dataclass(frozen=True)
class DuesReminder:
    """What a patient owes by the books: each bill's number, its day and what is open on it."""

    # dues, dues_second or dues_final, by how often they were reminded of it.
    tells: str
    hospital_name: str
    hospital_address: str
    hospital_phone: str
    patient_name: str
    bills: list[list[str]]
    owed: str


@dataclass(frozen=True)
class Trial:
    """A letter with which the administrator tries the mail server."""

    tells: str
    hospital_name: str
    hospital_address: str
    hospital_phone: str


Told = TypeVar("Told", Booking, Emergency, Paper, DuesReminder, Trial)
_TRIAL = "The mail server takes letters"
# What ends a patient's reminders, by a letter back (RFC 2369).
_STOP = "STOP"


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a letter cannot keep {type(value).__name__}")


_FROZEN = json.JSONEncoder(default=_plain)


def frozen(told: Told) -> str:
    """The facts of a letter as the outbox keeps them. No words are made of them yet."""
    return _FROZEN.encode(vars(told))


def written(message: Message) -> Letter:
    """The letter that the facts of a row in the outbox stand for, in the row's language.

    Raises whatever may be wrong with facts that this release cannot read.
    """
    facts = json.loads(message.facts)
    match facts["tells"]:
        case "as written":
            # Written out by an earlier release: the same words in the same order.
            return Letter(**{word: facts[word] for word in facts if word != "tells"})
        case "emergency":
            return _emergency(_told(Emergency, facts, "starts_at"))
        case "bill_letter" | "receipt_letter":
            return _paper(_told(Paper, facts, day="day"), message.language)
        case "dues" | "dues_second" | "dues_final":
            return _dues(_told(DuesReminder, facts), message.language)
        case "trial":
            return _rendered("trial", _TRIAL, told=_told(Trial, facts))
        case _:
            return _booking(_told(Booking, facts, "starts_at", "ends_at"), message)


def _told(kind: type[Told], facts: dict[str, Any], *moments: str, day: str = "") -> Told:
    for word in moments:
        facts[word] = datetime.fromisoformat(facts[word])
    if day:
        facts[day] = date.fromisoformat(facts[day])
    return kind(**{word: _cleaned(value) for word, value in facts.items()})


def _cleaned(value: Any) -> Any:
    # An address may stand in several lines; a letter and a calendar want it in one.
    return one_line(", ".join(value.splitlines())) if type(value) is str else value


def _booking(told: Booking, message: Message) -> Letter:
    words = words_in(message.language)
    news = words[told.tells]
    when = moment_words(told.starts_at, told.zone, message.language)
    zone = zone_words(told.zone, message.language)
    subject = news["subject"].format(when=when)
    gaps = {"told": told, "when": when, "zone": zone, "news": news}
    letter = _rendered("appointment", subject, message.language, **gaps)
    if told.tells == "reminder":
        # The entry is in the calendar already; whoever wants no reminders can say so.
        return replace(letter, unsubscribe=_STOP)
    method = "CANCEL" if told.tells == "cancelled" else "REQUEST"
    calendar = calendars.invitation(_entry(told, message), method)
    return replace(letter, calendar=calendar, calendar_method=method)


# Who invites for a hospital that has no email.
NO_EMAIL = f"appointments@{domain_of('')}"


def _entry(told: Booking, message: Message) -> calendars.Entry:
    # A calendar takes no change from another organizer than the one who invited.
    named = told.entry_email or told.hospital_email
    change = words_in(message.language)["change"].format(phone=told.hospital_phone)
    return calendars.Entry(
        uid=calendars.uid_of(told.appointment_id, named),
        sequence=told.version - 1,
        starts_at=told.starts_at,
        ends_at=told.ends_at,
        written_at=message.queued_at,
        summary=f"{told.doctor_name}, {told.hospital_name}",
        place=f"{told.hospital_name}, {told.hospital_address}",
        description=change,
        organizer=(named or NO_EMAIL, told.hospital_name),
        attendee=(message.to_address, told.patient_name) if message.to_address else None,
    )


def _paper(told: Paper, language: str) -> Letter:
    words = words_in(language)
    kind = "bill" if told.tells == "bill_letter" else "receipt"
    rows = [
        (words[kind], told.number),
        (words["date"], _day(told.day, words)),
        (words["amount"], told.amount),
    ]
    letter = _to_payer(told, rows, language, attached=True, number=told.number)
    return replace(letter, paper=(kind, told.number))


def _dues(told: DuesReminder, language: str) -> Letter:
    words = words_in(language)
    bills = [(number, f"{_day(day, words)}: {owed}") for number, day, owed in _dated(told.bills)]
    rows = [*bills, (words["total"], told.owed)]
    return _to_payer(told, rows, language, attached=False, owed=told.owed)


def _dated(bills: list[list[str]]) -> list[tuple[str, date, str]]:
    return [(number, date.fromisoformat(day), owed) for number, day, owed in bills]


def _to_payer(
    told: Paper | DuesReminder,
    rows: list[tuple[str, str]],
    language: str,
    *,
    attached: bool,
    **subject: str,
) -> Letter:
    news = words_in(language)[told.tells]
    gaps = {"told": told, "rows": rows, "news": news, "attached": attached}
    return _rendered("paper", news["subject"].format(**subject), language, **gaps)


def _day(day: date, words: dict[str, Any]) -> str:
    return f"{day.day} {words['months'][day.month - 1]} {day.year}"


def _emergency(told: Emergency) -> Letter:
    """The letter to the CMO: an emergency was booked, and what was owed then."""
    when = clock.moment_words(told.starts_at, told.zone)
    reason = reason_words(EmergencyReason(told.reason))
    owes = told.owed != rupees(0)
    headline = f"Emergency booked while {told.owed} was owed" if owes else "Emergency booked"
    return _rendered("emergency", headline, told=told, when=when, reason=reason, owes=owes)


def reason_words(reason: EmergencyReason) -> str:
    """A coded reason as people read it: fever in a child."""
    return reason.value.replace("_", " ").replace("doctors", "doctor's")


def _rendered(template: str, headline: str, language: str = "en", **gaps: object) -> Letter:
    gaps |= {"headline": headline, "language": language, "words": words_in(language)}
    words, page = (
        _TEMPLATES.get_template(f"{template}.{kind}.j2").render(gaps) for kind in ("txt", "html")
    )
    return Letter(headline=headline, text=words, html=page)
