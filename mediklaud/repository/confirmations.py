"""The letters of an appointment, queued in the transaction of its deed."""

import json
from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import CTE, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from mediklaud import calendars, clock, letters
from mediklaud.envelope import domain_of
from mediklaud.models import (
    Account,
    AccountRole,
    Appointment,
    Doctor,
    Hospital,
    Message,
    MessageStatus,
    Patient,
    Role,
)
from mediklaud.money import rupees
from mediklaud.repository.addresses import address_of
from mediklaud.repository.hospital import rules_of_the_house, the_hospital
from mediklaud.repository.outbox import REMINDER, queue_letter, was_told, withdraw


def write_letter(
    db: Session, kind: str, appointment: Appointment, patient: Patient, doctor: Doctor
) -> None:
    """Queue the letter that an appointment was booked, moved, cancelled or restored.

    Its facts are frozen here, with the deed; words are made of them when it is sent. It
    rests for the hospital's grace: what is put right in that time takes it back, and the
    next letter tells what the patient has not heard yet, or nothing; nothing either where an
    hour that is over is cancelled. A patient without an address gets none, and the row waits
    for a telephone call.
    """
    hospital = rules_of_the_house(db)
    grace = timedelta(seconds=hospital.letter_grace_seconds)
    news: str | None = kind
    first, entry_email = first_of(db, appointment), ""
    if kind != "booked":
        entry_email = _entry_email(db, first)
        news = _news(db, kind, appointment, _heard(db, appointment, clock.now() - grace))
    address = address_of(patient)
    told = letters.Booking(
        tells=news or kind,
        # The calendar entry of a moved appointment moves with it, so it keeps the first id.
        appointment_id=first,
        version=1 + appointment.calendar_sequence,
        **head(hospital),
        hospital_email=hospital.email,
        patient_name=patient.name,
        doctor_name=doctor.name,
        specialty=doctor.specialty,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=hospital.zone,
        entry_email=entry_email,
    )
    queue_letter(
        db,
        letters.frozen(told),
        subject=f"appointment/{appointment.id}",
        kind=kind,
        appointment_id=appointment.id,
        to_address=address,
        to_name=patient.name,
        domain=domain_of(hospital.email),
        version=told.version,
        language=patient.language,
        rests=grace,
        withdrawn=news is None,
    )


def entry_names(db: Session, appointment_ids: Collection[int]) -> dict[int, str]:
    """The name of each appointment's entry, in its letters and in every calendar; for siblings.

    It is made of the first appointment of a chain of moves and the first letter of that one.
    """
    links = _links(appointment_ids)
    letter = select(func.min(col(Message.id))).where(
        col(Message.appointment_id) == links.c.first_id, col(Message.kind) != REMINDER
    )
    rows = (
        select(links.c.id, links.c.first_id, col(Message.facts))
        .outerjoin(Message, col(Message.id) == letter.correlate(links).scalar_subquery())
        .where(links.c.moved_from_id.is_(None))
    )
    now = the_hospital(db).email
    return {
        pk: calendars.uid_of(first, _named_by(facts) or now)
        for pk, first, facts in db.execute(rows)
    }


def _links(appointment_ids: Collection[int]) -> CTE:
    """Every appointment with each one it was moved from, back to the first of its chain."""
    earlier = aliased(Appointment)
    links = (
        select(
            col(Appointment.id).label("id"),
            col(Appointment.id).label("first_id"),
            col(Appointment.moved_from_id).label("moved_from_id"),
        )
        .where(col(Appointment.id).in_(appointment_ids))
        .cte("links", recursive=True)
    )
    before = select(links.c.id, col(earlier.id), col(earlier.moved_from_id))
    return links.union_all(before.join(earlier, col(earlier.id) == links.c.moved_from_id))


def _entry_email(db: Session, first: int) -> str:
    """The hospital's email when the first letter of a chain named its calendar entry."""
    rows = select(Message.facts).where(Message.appointment_id == first, Message.kind != REMINDER)
    return _named_by(db.exec(rows.order_by(col(Message.id)).limit(1)).first())


def _named_by(facts: str | None) -> str:
    """The email in a first letter; nothing where one of the first releases did not say it."""
    email = json.loads(facts).get("hospital_email") if facts else None
    return "" if email is None else email or letters.NO_EMAIL


def head(hospital: Hospital) -> dict[str, str]:
    """What the head of every letter says of the hospital; for siblings."""
    words = ("name", "address", "phone")
    return {f"hospital_{word}": getattr(hospital, word) for word in words}


def _heard(db: Session, appointment: Appointment, rested: datetime) -> Message | None:
    """The newest letter that may have reached the patient; what has not left is withdrawn.

    The rows are locked, so that no mailroom takes one meanwhile. Whoever has no address
    heard of the appointment at the desk, once the grace is over.
    """
    chain = col(Message.appointment_id).in_(_chain(db, appointment))
    rows = select(Message).where(chain).order_by(col(Message.id)).with_for_update()
    heard = None
    for letter in db.exec(rows.execution_options(populate_existing=True)).all():
        waits = letter.status is MessageStatus.QUEUED
        rests = letter.status is MessageStatus.UNADDRESSED and letter.queued_at > rested
        # A server that took a letter may have failed to say so.
        may_have_left = letter.attempts > 0 or not (rests or waits)
        if letter.status is MessageStatus.WITHDRAWN and not letter.attempts:
            continue
        if letter.kind != REMINDER and may_have_left:
            heard = letter
        if waits or rests:
            withdraw(letter, why="put right before it left")
    db.flush()
    return heard


def _news(db: Session, kind: str, appointment: Appointment, heard: Message | None) -> str | None:
    """What a letter tells after what was heard last; None where that still is how it stands."""
    said = json.loads(heard.facts)["tells"] if heard else ""
    off = "cancelled" in (said, heard.kind if heard else "")
    if kind == "cancelled":
        over = appointment.ends_at <= clock.now()
        return None if heard is None or off or over else "cancelled"
    if heard is None:
        return "booked"
    if off:
        return "restored"
    if _same_time(db.get_one(Appointment, heard.appointment_id), appointment):
        return None if _is_told(db, heard, appointment) else "booked"
    return "leave_moved" if _moved_by_us(db, appointment) else "moved"


def _same_time(one: Appointment, other: Appointment) -> bool:
    # Moved there and back, an appointment is another row at the time that was heard of.
    return (one.doctor_id, one.starts_at) == (other.doctor_id, other.starts_at)


def _is_told(db: Session, heard: Message, appointment: Appointment) -> bool:
    """Whether a letter was taken or told, or stands on this appointment for a call."""
    if heard.status is MessageStatus.SENT or was_told(db, heard):
        return True
    # What was withdrawn, or failed for the row moved from, nobody calls about any more.
    stands = heard.status is not MessageStatus.WITHDRAWN
    return stands and heard.appointment_id == appointment.id


def _moved_by_us(db: Session, appointment: Appointment) -> bool:
    # The worklist of lost times writes why the doctor is not there.
    old = appointment.moved_from_id and db.get(Appointment, appointment.moved_from_id)
    return bool(old and (old.cancel_reason or "").startswith("Moved: "))


def tell_the_cmo(
    db: Session, appointment: Appointment, patient: Patient, doctor: Doctor, by: Account
) -> None:
    """Queue a letter to every CMO that an emergency was booked, with the dues it passed."""
    hospital, reason = the_hospital(db), appointment.emergency_reason
    assert reason is not None, "an_emergency_has_a_reason"
    told = letters.Emergency(
        tells="emergency",
        **head(hospital),
        patient_number=patient.number,
        doctor_name=doctor.name,
        starts_at=appointment.starts_at,
        zone=hospital.zone,
        reason=reason,
        owed=rupees(appointment.dues_then_paise),
        booked_by=by.name,
    )
    chiefs = (
        select(Account)
        .join(AccountRole, col(AccountRole.account_id) == col(Account.id))
        .where(AccountRole.role == Role.CMO, col(Account.active))
    )
    for chief in db.exec(chiefs).all():
        queue_letter(
            db,
            letters.frozen(told),
            subject=f"appointment/{appointment.id}/account/{chief.id}",
            kind="emergency",
            appointment_id=None,
            to_address=chief.email,
            to_name=chief.name,
            domain=domain_of(hospital.email),
        )


def write_paper(
    db: Session, paper: str, number: str, day: date, amount_paise: int, patient: Patient
) -> None:
    """Queue the letter that brings a bill or a receipt, in the transaction that issued it.

    Whoever has no address is handed the paper, so there is nobody to call.
    """
    address, hospital = address_of(patient), rules_of_the_house(db)
    if address is None:
        return
    told = letters.Paper(
        tells=f"{paper}_letter",
        **head(hospital),
        patient_name=patient.name,
        number=number,
        day=day,
        amount=rupees(amount_paise),
    )
    write_to_payer(db, letters.frozen(told), f"{paper}/{number}", paper, address, patient)


def write_to_payer(
    db: Session,
    facts: str,
    subject: str,
    kind: str,
    address: str,
    patient: Patient,
    version: int = 1,
) -> int:
    """Queue a letter about money to whoever pays; for siblings."""
    return queue_letter(
        db,
        facts,
        subject=subject,
        kind=kind,
        appointment_id=None,
        to_address=address,
        to_name=patient.name,
        domain=domain_of(rules_of_the_house(db).email),
        version=version,
        language=patient.language,
    )


def first_of(db: Session, appointment: Appointment) -> int:
    """The first appointment of a chain of moves; for siblings."""
    return appointment.id or 0 if appointment.moved_from_id is None else _chain(db, appointment)[-1]


def _chain(db: Session, appointment: Appointment) -> list[int]:
    """An appointment and those it was moved from, back to the first one of the chain."""
    chain, one = [appointment.id or 0], appointment
    while one.moved_from_id is not None:
        one = db.get_one(Appointment, one.moved_from_id)
        chain.append(one.id or 0)
    return chain
