"""Whom a letter in the outbox is meant for, and where that one is written to by now."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, literal, or_
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.models import (
    Account,
    Appointment,
    DuesLetter,
    Invoice,
    Message,
    MessageStatus,
    Patient,
    Receipt,
)
from mediklaud.repository.hospital import rules_of_the_house
from mediklaud.repository.outbox import LINE_LOST, NOBODY_TOLD, REMINDER, WOULD_COME, withdraw

_WAITS = col(Message.status) == MessageStatus.QUEUED
# Where the line was lost in mid-letter, a server may have it.
_NO_SERVER_HAS_IT = ~col(Message.outcome).startswith(LINE_LOST)


def address_of(patient: Patient) -> str | None:
    """Where letters about care and bills reach a patient who wants them; None for nowhere."""
    return patient.email if patient.mail_for_care else None


def address_anew(db: Session, patient: Patient) -> None:
    """Write to where a patient is written to by now; for siblings, with the patient locked.

    What waits and no server has got takes the new address. Without one nothing goes to the old
    one any more: somebody calls about an appointment, and a bill, which is handed over, or a
    reminder is taken back. What waited for an address is sent while nobody was told of it. The
    rows are locked, so that no mailroom takes one meanwhile.
    """
    _send_after_all(db, patient)
    which = [_WAITS] if address_of(patient) is None else [_WAITS, _NO_SERVER_HAS_IT]
    rows = select(Message).where(*which, _meant_for(patient)).with_for_update()
    for letter in db.exec(rows.execution_options(populate_existing=True)).all():
        address = address_of(patient)
        if letter.kind == REMINDER and not patient.mail_for_reminders:
            address = None
        if address and address != letter.to_address:
            # No server was asked about this one.
            letter.to_address, letter.outcome = address, ""
        elif address:
            continue
        elif letter.kind == REMINDER or letter.appointment_id is None:
            withdraw(letter, why="no longer wanted")
        else:
            letter.to_address, letter.status = None, MessageStatus.UNADDRESSED
    db.flush()


def _send_after_all(db: Session, patient: Patient) -> None:
    """Queue the letters of appointments to come that had no address, if there is one by now.

    Each rests once more, so that an address that was mistyped can be put right.
    """
    address, now = address_of(patient), clock.now()
    if address is None:
        return
    rows = select(Message).join(Appointment, col(Appointment.id) == col(Message.appointment_id))
    waited = rows.where(
        Appointment.patient_id == patient.id,
        Appointment.starts_at > now,
        Message.status == MessageStatus.UNADDRESSED,
        WOULD_COME,
        *NOBODY_TOLD,
    )
    grace = timedelta(seconds=rules_of_the_house(db).letter_grace_seconds)
    locked = waited.with_for_update(of=Message).execution_options(populate_existing=True)
    for letter in db.exec(locked).all():
        letter.to_address, letter.status = address, MessageStatus.QUEUED
        if letter.next_attempt_at <= now:
            # It was heard of at the desk, so what comes of it is still to be told.
            letter.attempts, letter.queued_at = 1, now
        letter.next_attempt_at = now + grace
    db.flush()


def _meant_for(patient: Patient) -> ColumnElement[bool]:
    appointments = select(Appointment.id).where(Appointment.patient_id == patient.id)
    bills = select(literal("bill/") + col(Invoice.number)).where(Invoice.payer_id == patient.id)
    receipts = select(literal("receipt/") + col(Receipt.number))
    reminded = select(DuesLetter.message_id).where(DuesLetter.payer_id == patient.id)
    return or_(
        col(Message.appointment_id).in_(appointments),
        and_(col(Message.kind) == "bill", col(Message.subject).in_(bills)),
        and_(
            col(Message.kind) == "receipt",
            col(Message.subject).in_(receipts.where(Receipt.payer_id == patient.id)),
        ),
        col(Message.id).in_(reminded),
    )


def address_by_now(db: Session, letter: Message) -> str | None:
    """Where the payer or the account that a letter of no appointment is meant for is reached."""
    about = letter.subject.partition("/")[2]
    if letter.kind == "emergency":
        return db.get_one(Account, int(about.rpartition("/")[2])).email
    if letter.kind == "bill":
        return address_of(db.get_one(Patient, db.get_one(Invoice, about).payer_id))
    if letter.kind == "receipt":
        return address_of(db.get_one(Patient, db.get_one(Receipt, about).payer_id))
    reminded = select(DuesLetter.payer_id).where(DuesLetter.message_id == letter.id)
    payer_id = db.exec(reminded).first()
    return address_of(db.get_one(Patient, payer_id)) if payer_id else letter.to_address
