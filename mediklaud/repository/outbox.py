"""The outbox: letters are written with the deed they tell of and fetched by the mailroom."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, update
from sqlmodel import Session, SQLModel, col, select

from mediklaud import clock
from mediklaud.envelope import message_id
from mediklaud.models import Appointment, AppointmentStatus, Message, MessageStatus
from mediklaud.text import note

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 10
_LONGEST_WAIT_MINUTES = 60
_LONGEST_OUTCOME = 500

_MESSAGE = SQLModel.metadata.tables["message"]
_PUT = insert(_MESSAGE).returning(_MESSAGE.c.id)
_WAITING = (MessageStatus.QUEUED, MessageStatus.SENDING)


@dataclass(frozen=True)
class OutboxState:
    """How the hospital's mail stands; `oldest_queued_at` is of what still waits."""

    queued: int
    failed: int
    unaddressed: int
    oldest_queued_at: datetime | None


def queue_letter(
    db: Session,
    facts: str,
    *,
    subject: str,
    kind: str,
    appointment_id: int | None,
    to_address: str | None,
    to_name: str,
    domain: str,
    version: int = 1,
    language: str = "en",
) -> int:
    """Put an event's letter in the outbox, in the transaction of the deed it tells of.

    The row keeps the facts as they are now; the mailroom makes words of them when it sends.
    Without an address it is kept as unaddressed, so that somebody calls instead. A second
    letter for the same event breaks one_letter_per_event.
    """
    now = clock.now()
    message = {
        "facts": facts,
        "language": language,
        "subject": subject,
        "kind": kind,
        "version": version,
        "appointment_id": appointment_id,
        "to_address": to_address or None,
        "to_name": to_name,
        "message_id": message_id(subject, kind, version, domain),
        "status": MessageStatus.QUEUED if to_address else MessageStatus.UNADDRESSED,
        "attempts": 0,
        "queued_at": now,
        "next_attempt_at": now,
        "outcome": "",
    }
    return int(db.connection().execute(_PUT, message).scalar_one())


def claim_letters(db: Session, *, at_most: int) -> list[Message]:
    """Take due letters for sending, the longest due first, each on a lease of 5 minutes.

    Two mailrooms never hold the same letter: PostgreSQL skips the rows another one has
    locked, SQLite lets one writer in at a time. A mailroom that died leaves its lease to
    run out, and then the letter is due again.
    """
    now = clock.now()
    due = (
        select(Message)
        .where(col(Message.status).in_(_WAITING), col(Message.next_attempt_at) <= now)
        .order_by(col(Message.next_attempt_at), col(Message.id))
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    claimed = list(db.exec(due))
    for message in claimed:
        message.status = MessageStatus.SENDING
        message.attempts += 1
        message.next_attempt_at = now + LEASE
    db.flush()
    return claimed


def note_sent(db: Session, message_pk: int, *, reply: str) -> None:
    """Write down that a letter was accepted; nothing where it is no longer being sent."""
    message = _being_sent(db, message_pk)
    if message is None:
        return
    message.status = MessageStatus.SENT
    message.sent_at = clock.now()
    message.outcome = _outcome(reply)
    db.flush()


def note_failed(db: Session, message_pk: int, *, why: str, final: bool) -> None:
    """Write down that a letter was not accepted, and when to try again, if ever.

    After 10 attempts it is left to a person. Nothing changes where the letter is no
    longer being sent.
    """
    message = _being_sent(db, message_pk)
    if message is None:
        return
    given_up = final or message.attempts >= MOST_ATTEMPTS
    message.status = MessageStatus.FAILED if given_up else MessageStatus.QUEUED
    message.next_attempt_at = clock.now() + _wait(message.attempts)
    message.outcome = _outcome(why)
    db.flush()


def keep_unsent(db: Session, *, why: str) -> None:
    """Put every waiting letter away as done: the demo hospital's letters go to nobody."""
    done = {"status": MessageStatus.SENT, "sent_at": col(Message.queued_at), "outcome": why}
    db.execute(update(Message).where(col(Message.status).in_(_WAITING)).values(**done))


def _being_sent(db: Session, message_pk: int) -> Message | None:
    sending = col(Message.status) == MessageStatus.SENDING
    wanted = select(Message).where(col(Message.id) == message_pk, sending)
    return db.exec(wanted.with_for_update()).one_or_none()


def _wait(attempts: int) -> timedelta:
    # Up to a quarter longer, so that letters that failed together do not return together.
    minutes = min(2 ** (attempts - 1), _LONGEST_WAIT_MINUTES)
    return timedelta(minutes=minutes) * (1 + secrets.randbelow(250) / 1000)


def _outcome(words: str) -> str:
    return note(words[:_LONGEST_OUTCOME], field="Outcome", at_most=4 * _LONGEST_OUTCOME)


def letters_of(db: Session, appointment_ids: Collection[int]) -> dict[int, Message]:
    """The newest letter of each appointment that has one."""
    ours = col(Message.appointment_id).in_(appointment_ids)
    newest = select(func.max(col(Message.id))).where(ours).group_by(col(Message.appointment_id))
    found = db.exec(select(Message).where(col(Message.id).in_(newest)))
    return {message.appointment_id: message for message in found if message.appointment_id}


def outbox_state(db: Session) -> OutboxState:
    """How many letters wait or failed, and whose patients without address are still to come."""
    waiting, oldest = _counted(db, *_WAITING)
    failed, _ = _counted(db, MessageStatus.FAILED)
    to_come = select(Appointment.id).where(
        Appointment.status == AppointmentStatus.BOOKED, Appointment.starts_at > clock.now()
    )
    unaddressed = select(func.count()).where(
        Message.status == MessageStatus.UNADDRESSED, col(Message.appointment_id).in_(to_come)
    )
    return OutboxState(waiting, failed, db.exec(unaddressed).one(), oldest)


def _counted(db: Session, *status: MessageStatus) -> tuple[int, datetime | None]:
    oldest = func.min(col(Message.queued_at))
    return db.exec(select(func.count(), oldest).where(col(Message.status).in_(status))).one()
