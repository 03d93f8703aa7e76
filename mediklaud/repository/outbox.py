"""The outbox: letters are written with the deed they tell of and fetched by the mailroom."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, insert, not_, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, SQLModel, col, select

from mediklaud import clock
from mediklaud.envelope import message_id
from mediklaud.hot import Hot
from mediklaud.models import (
    Appointment,
    AppointmentStatus,
    CallOutcome,
    Message,
    MessageStatus,
    PhoneCall,
)
from mediklaud.text import note

LEASE = timedelta(minutes=5)
# So often, and for so long, since a server may be ill for a whole night.
LEAST_ATTEMPTS = 10
TRIED_FOR = timedelta(days=1)
_LONGEST_WAIT_MINUTES = 60
# How the outcome of a letter begins whose line broke in mid-letter; so often it is offered early.
LINE_LOST = "connection lost"
_MOST_LOST = 5
_LONGEST_OUTCOME = 500
# After these nobody need be called any more.
TOLD_OUTCOMES = (CallOutcome.TOLD, CallOutcome.SLIP)
# The one kind of letter that tells nothing new.
REMINDER = "reminder"

_MESSAGE = SQLModel.metadata.tables["message"]
_PUT = Hot(insert(_MESSAGE).returning(_MESSAGE.c.id))
_WAITING = (MessageStatus.QUEUED, MessageStatus.SENDING)


_NEWER = aliased(Message)
_LATER = aliased(Appointment)
# Neither a newer letter nor a person has told of it since.
NOBODY_TOLD = (
    ~exists().where(
        col(_NEWER.appointment_id) == col(Message.appointment_id),
        col(_NEWER.id) > col(Message.id),
        col(_NEWER.status) != MessageStatus.WITHDRAWN,
    ),
    ~exists().where(
        col(PhoneCall.message_id) == col(Message.id), col(PhoneCall.outcome).in_(TOLD_OUTCOMES)
    ),
)
# Somebody who is booked would come, and one whose appointment is off comes to a closed door.
WOULD_COME = or_(
    col(Appointment.status) == AppointmentStatus.BOOKED,
    and_(
        col(Appointment.status) == AppointmentStatus.CANCELLED,
        ~exists().where(col(_LATER.moved_from_id) == col(Appointment.id)),
    ),
)


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
    rests: timedelta = timedelta(),
    withdrawn: bool = False,
) -> int:
    """Put an event's letter in the outbox, in the transaction of the deed it tells of.

    The row keeps the facts as they are now; the mailroom makes words of them when it sends.
    The letter `rests` before it is due, so that a slip put right at once can take it back.
    Without an address it is kept as unaddressed, so that somebody calls instead; `withdrawn`
    where there is nothing to tell. A second letter for the same event breaks
    one_letter_per_event.
    """
    now = clock.now()
    status = MessageStatus.QUEUED if to_address else MessageStatus.UNADDRESSED
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
        "status": MessageStatus.WITHDRAWN if withdrawn else status,
        "attempts": 0,
        "queued_at": now,
        "next_attempt_at": now + rests,
        "outcome": "",
    }
    return int(_PUT.first(db, message)[0])


def any_due(db: Session) -> bool:
    """Whether a letter is due; a look that never waits for a writer."""
    return db.exec(select(Message.id).where(*_due(clock.now())).limit(1)).first() is not None


def claim_letters(db: Session, *, at_most: int) -> list[Message]:
    """Take due letters for sending, the longest due first, each on a lease of 5 minutes.

    Two mailrooms never hold the same letter: PostgreSQL skips the rows another one has
    locked, SQLite lets one writer in at a time. A mailroom that died leaves its lease to
    run out, and then the letter is due again. What a newer letter has overtaken is
    withdrawn first.
    """
    now = clock.now()
    _withdraw_overtaken(db, now)
    return _leased(db, now, *_due(now), at_most=at_most)


def put_off_letters(db: Session) -> list[int]:
    """The letters a server has put off and may be offered before their time, the oldest first."""
    return [pk for pk in db.exec(select(Message.id).where(*_OFFERED_AGAIN).order_by(_ID)) if pk]


def claim_put_off(db: Session, ids: Collection[int]) -> list[tuple[Message, datetime]]:
    """Take letters that were put off, due or not, each with the moment it was due at.

    Where they are not taken they go back to that moment by `put_back`, so that a server that
    is only asked whether it is well uses up no attempt.
    """
    now = clock.now()
    _withdraw_overtaken(db, now)
    rows = select(Message).where(*_OFFERED_AGAIN, _ID.in_(ids)).order_by(_ID)
    held = list(db.exec(rows.with_for_update(skip_locked=True)))
    were_due = [message.next_attempt_at for message in held]
    return list(zip(_lease(db, held, now), were_due, strict=True))


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Message.status).in_(_WAITING), col(Message.next_attempt_at) <= now


# A letter that only rests has no outcome yet.
PUT_OFF = (col(Message.status) == MessageStatus.QUEUED, col(Message.outcome) != "")
# Where the line was lost the letter may have arrived, and every other try be a second one.
_OFFERED_AGAIN = (
    *PUT_OFF,
    or_(not_(col(Message.outcome).startswith(LINE_LOST)), col(Message.attempts) < _MOST_LOST),
)
_ID = col(Message.id)


def _leased(db: Session, now: datetime, *which: ColumnElement[bool], at_most: int) -> list[Message]:
    rows = (
        select(Message)
        .where(*which)
        .order_by(col(Message.next_attempt_at), col(Message.id))
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    return _lease(db, list(db.exec(rows)), now)


def _lease(db: Session, claimed: list[Message], now: datetime) -> list[Message]:
    for message in claimed:
        message.status = MessageStatus.SENDING
        message.attempts += 1
        message.next_attempt_at = now + LEASE
    db.flush()
    return claimed


def _withdraw_overtaken(db: Session, now: datetime) -> None:
    """Withdraw what would say something old: a letter must not arrive after a newer one.

    A reminder is old when its appointment no longer stands or has begun.
    """
    newer = exists().where(
        col(_NEWER.appointment_id) == col(Message.appointment_id),
        col(_NEWER.id) > col(Message.id),
        col(_NEWER.kind) != REMINDER,
        col(_NEWER.status) != MessageStatus.WITHDRAWN,
    )
    moved_on = exists().where(col(_LATER.moved_from_id) == col(Message.appointment_id))
    stands = exists().where(
        col(Appointment.id) == col(Message.appointment_id),
        col(Appointment.status) == AppointmentStatus.BOOKED,
        col(Appointment.starts_at) > now,
    )
    old = or_(newer, moved_on, and_(col(Message.kind) == REMINDER, not_(stands)))
    overtaken = select(Message).where(*_due(now), col(Message.appointment_id).is_not(None), old)
    for message in db.exec(overtaken.with_for_update(skip_locked=True)):
        withdraw(message, why="overtaken by a newer letter")
    db.flush()


def withdraw(message: Message, *, why: str) -> None:
    """Take a letter back that has not left; for siblings, with the row locked."""
    message.status, message.outcome = MessageStatus.WITHDRAWN, why


def was_told(db: Session, letter: Message) -> bool:
    """Whether somebody told on the telephone what a letter would have; for siblings."""
    calls = select(PhoneCall.id).where(
        PhoneCall.message_id == letter.id, col(PhoneCall.outcome).in_(TOLD_OUTCOMES)
    )
    return db.exec(calls.limit(1)).first() is not None


def note_sent(db: Session, message_pk: int, *, lease: datetime, reply: str) -> None:
    """Write down that a letter was accepted; nothing where the lease is another mailroom's.

    A lease is known by its end, which grows with every claim of a letter.
    """
    sent = {"status": MessageStatus.SENT, "sent_at": clock.now(), "outcome": _outcome(reply)}
    db.execute(update(Message).where(*_held([message_pk], lease)).values(**sent))


def note_failed(db: Session, message_pk: int, *, lease: datetime, why: str, final: bool) -> None:
    """Write down that a letter was not accepted, and when to try again, if ever.

    After a day and 10 attempts it is left to a person; after the tenth at once where its line
    was lost, since each may have been a copy in the patient's box. Nothing changes where the
    lease is another mailroom's by now.
    """
    row = select(Message).where(*_held([message_pk], lease)).with_for_update()
    message = db.exec(row).one_or_none()
    if message is None:
        return
    long_enough = why.startswith(LINE_LOST) or clock.now() - message.queued_at >= TRIED_FOR
    given_up = final or (long_enough and message.attempts >= LEAST_ATTEMPTS)
    message.status = MessageStatus.FAILED if given_up else MessageStatus.QUEUED
    message.next_attempt_at = clock.now() + _wait(message.attempts)
    message.outcome = _outcome(why)
    db.flush()


def put_back(
    db: Session, message_pks: Collection[int], *, lease: datetime, why: str, until: datetime
) -> None:
    """Put letters back that the server has not got: they wait on, and no attempt is used up."""
    waits = {
        "status": MessageStatus.QUEUED,
        "attempts": col(Message.attempts) - 1,
        "next_attempt_at": until,
        "outcome": _outcome(why),
    }
    db.execute(update(Message).where(*_held(message_pks, lease)).values(**waits))


def any_put_off(db: Session) -> bool:
    """Whether letters wait because they were not taken, and may be offered before their time."""
    return db.exec(select(Message.id).where(*_OFFERED_AGAIN).limit(1)).first() is not None


def keep_unsent(db: Session, *, why: str) -> None:
    """Put every waiting letter away as done: the demo hospital's letters go to nobody."""
    done = {"status": MessageStatus.SENT, "sent_at": col(Message.queued_at), "outcome": why}
    db.execute(update(Message).where(col(Message.status).in_(_WAITING)).values(**done))


def _held(message_pks: Collection[int], lease: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Message.id).in_(message_pks),
        col(Message.status) == MessageStatus.SENDING,
        col(Message.next_attempt_at) == lease,
    )


def _wait(attempts: int) -> timedelta:
    # Up to a quarter longer, so that letters that failed together do not return together.
    minutes = min(2 ** (attempts - 1), _LONGEST_WAIT_MINUTES)
    return timedelta(minutes=minutes) * (1 + secrets.randbelow(250) / 1000)


def _outcome(words: str) -> str:
    return note(words[:_LONGEST_OUTCOME], field="Outcome", at_most=4 * _LONGEST_OUTCOME)


def letters_of(db: Session, appointment_ids: Collection[int]) -> dict[int, Message]:
    """The newest letter of each appointment that has one; what was withdrawn told nothing."""
    ours = col(Message.appointment_id).in_(appointment_ids)
    told = col(Message.status) != MessageStatus.WITHDRAWN
    newest = (
        select(func.max(col(Message.id))).where(ours, told).group_by(col(Message.appointment_id))
    )
    found = db.exec(select(Message).where(col(Message.id).in_(newest)))
    return {message.appointment_id: message for message in found if message.appointment_id}


def outbox_state(db: Session) -> OutboxState:
    """How many letters wait or failed, and whose patients without address are still to come."""
    waiting, oldest = _counted(db, *_WAITING)
    failed, _ = _counted(db, MessageStatus.FAILED)
    to_come = select(Appointment.id).where(
        Appointment.status == AppointmentStatus.BOOKED, Appointment.starts_at > clock.now()
    )
    told = exists().where(
        col(PhoneCall.message_id) == col(Message.id), col(PhoneCall.outcome).in_(TOLD_OUTCOMES)
    )
    unaddressed = select(func.count()).where(
        Message.status == MessageStatus.UNADDRESSED,
        col(Message.appointment_id).in_(to_come),
        ~told,
    )
    return OutboxState(waiting, failed, db.exec(unaddressed).one(), oldest)


def oldest_queued_at(db: Session) -> datetime | None:
    """Since when the oldest letter waits, if one does."""
    oldest = select(func.min(col(Message.queued_at)))
    return db.exec(oldest.where(col(Message.status).in_(_WAITING))).one()


def _counted(db: Session, *status: MessageStatus) -> tuple[int, datetime | None]:
    oldest = func.min(col(Message.queued_at))
    return db.exec(select(func.count(), oldest).where(col(Message.status).in_(status))).one()
