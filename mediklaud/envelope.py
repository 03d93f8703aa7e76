"""Pure: the envelope of a letter: who it is for, its headers and the mail as a whole."""

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from functools import lru_cache
from hashlib import sha256

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from mediklaud.models import Message
from mediklaud.text import line

_LONGEST_LINE = 300


@dataclass(frozen=True)
class Letter:
    """What a mail says: a headline, the same words twice, and an entry for the calendar."""

    headline: str
    text: str
    html: str
    calendar: str | None = None
    calendar_method: str | None = None
    # The word by which the reader ends such letters, where they can be ended.
    unsubscribe: str | None = None
    # The bill or receipt that belongs to it, and the same as it was drawn: name and PDF.
    paper: tuple[str, str] | None = None
    drawn: tuple[str, bytes] | None = None


@lru_cache(maxsize=16)
def domain_of(address: str) -> str:
    """The domain of an address, in ASCII; mediklaud.invalid (RFC 2606) where there is none."""
    try:
        return parsed_address(address).ascii_domain
    except EmailNotValidError:
        return "mediklaud.invalid"


def message_id(subject: str, kind: str, version: int, domain: str) -> str:
    """The Message-ID of an event's letter: the same each time it is sent (RFC 5322, 3.6.4)."""
    event = f"{subject}.{kind}.{version}"
    # What a Message-ID cannot hold is dropped, so the digest keeps two events apart.
    words = re.sub(r"[^A-Za-z0-9]+", ".", event).strip(".")[:40].strip(".")
    return f"<{words}.{sha256(event.encode()).hexdigest()[:12]}@{domain}>"


def as_email(
    message: Message, letter: Letter, *, sender: str, sender_name: str, reply_to: str = ""
) -> EmailMessage:
    """The mail of a letter, byte for byte the same at each attempt but for its boundaries.

    A name with control characters, line breaks or addresses in it stays a name. Answers go
    to `reply_to`, or to the sender. Raises EmailNotValidError for an address that no mail
    server could take.
    """
    boxes = {
        "From": _mailbox(sender, sender_name),
        "To": _mailbox(message.to_address or "", message.to_name),
        "Reply-To": _mailbox(reply_to or sender, sender_name),
    }
    plain = all(box.addr_spec.isascii() for box in boxes.values())
    mail = EmailMessage(policy=SMTP if plain else SMTPUTF8)
    for header, box in boxes.items():
        mail[header] = box
    mail["Subject"] = _header(letter.headline)
    mail["Date"] = message.queued_at
    mail["Message-ID"] = message.message_id
    # Out-of-office programs do not answer such mail (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe:
        stop = f"mailto:{boxes['Reply-To'].addr_spec}?subject={letter.unsubscribe}"
        mail["List-Unsubscribe"] = f"<{stop}>"
    _fill(mail, letter)
    return mail


def _fill(mail: EmailMessage, letter: Letter) -> None:
    mail.set_content(letter.text, cte="quoted-printable")
    mail.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.calendar:
        _invite(mail, letter.calendar, letter.calendar_method or "PUBLISH")
    if letter.drawn:
        name, octets = letter.drawn
        mail.add_attachment(octets, maintype="application", subtype="pdf", filename=name)


def _invite(mail: EmailMessage, calendar: str, method: str) -> None:
    # Gmail and Outlook act on the part whose type names the method; others open the file.
    named = {"method": method}
    mail.add_alternative(calendar, subtype="calendar", params=named, cte="base64")
    octets = calendar.encode()
    mail.add_attachment(octets, maintype="application", subtype="ics", filename="appointment.ics")


def parsed_address(address: str) -> ValidatedEmail:
    """The parts of an address; raises EmailNotValidError where no server could take it."""
    # Which domains a hospital may write to is settled at the desk; here only the form counts.
    return validate_email(
        address, check_deliverability=False, globally_deliverable=False, test_environment=True
    )


def _mailbox(address: str, name: str) -> Address:
    parsed = parsed_address(address)
    # A domain in ASCII spares most servers the need of SMTPUTF8.
    return Address(display(name), username=parsed.local_part, domain=parsed.ascii_domain)


def display(name: str) -> str:
    """A name as it may stand beside an address, without anything that could end it."""
    # Some releases of Python lose the quotes of a long name when they fold its header, so
    # nothing that would need them is left in it.
    return " ".join(re.sub(r'[<>@,;:"()\[\]\\]', " ", _header(name)).split())


def _header(words: str) -> str:
    # "=?" would begin an encoded word, which may hide what the filter looked for.
    return re.sub(r"=(?=\?)", "= ", one_line(words))


def one_line(words: str) -> str:
    """Words without control, bidi or line-breaking characters, whatever a row holds."""
    return line(words[:_LONGEST_LINE], field="Letter", at_most=4 * _LONGEST_LINE)
