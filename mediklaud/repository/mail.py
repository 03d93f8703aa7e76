"""Whether letters leave: how long the oldest one waits, and a letter that tries the way out."""

from datetime import datetime

from sqlmodel import Session

from mediklaud import clock, contact, letters
from mediklaud.envelope import domain_of
from mediklaud.models import Account
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.calls import LATE
from mediklaud.repository.confirmations import head
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.outbox import oldest_queued_at, queue_letter
from mediklaud.repository.proofs import Finding


def late_since(db: Session) -> datetime | None:
    """Since when the oldest letter waits, where that is too long; open to the health page."""
    oldest = oldest_queued_at(db)
    return oldest if oldest is not None and clock.now() - oldest > LATE else None


def check_mail(db: Session, *, by: Account) -> Finding:
    """Whether letters leave the house, as a line of the self-check."""
    permit(db, by, Deed.CHECK_HOUSE)
    since = late_since(db)
    minutes = int((clock.now() - since).total_seconds()) // 60 if since else 0
    breaches = (f"the oldest waits for {minutes} minutes",) if since else ()
    return Finding("letters leave", "no letter waits for more than 15 minutes", breaches)


def send_trial(db: Session, typed: str, *, by: Account) -> int:
    """Queue a letter to an address, to see that outbox, mailroom and mail server work."""
    permit(db, by, Deed.CHANGE_SETTINGS)
    hospital, to = the_hospital(db), contact.needed_email(typed)
    queued = queue_letter(
        db,
        letters.frozen(letters.Trial(tells="trial", **head(hospital))),
        subject=f"account/{by.id}/{clock.now():%Y%m%dT%H%M%S.%f}",
        kind="trial",
        appointment_id=None,
        to_address=to,
        to_name=by.name,
        domain=domain_of(hospital.email),
    )
    note_deed(db, by, "mail tried", f"message/{queued}")
    return queued
