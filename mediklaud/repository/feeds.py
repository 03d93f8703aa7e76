"""A doctor's private calendar: an address with a token in it, shown once and revocable."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.errors import NotFound
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    CalendarFeed,
    Doctor,
    Hospital,
    Patient,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.confirmations import entry_names

_BACK, _AHEAD = timedelta(days=30), timedelta(days=180)
_AT_MOST = 5000


@dataclass(frozen=True)
class Feed:
    """What a doctor's calendar program reads: appointments with the patients' initials."""

    hospital: Hospital
    doctor: Doctor
    visits: Sequence[tuple[Appointment, str]]
    # The name of each appointment's entry, by its id.
    names: Mapping[int, str]


def open_feed(db: Session, *, by: Account) -> str:
    """Open the doctor's calendar address anew and return its token, which is shown once.

    An earlier address of the doctor ends. The token is kept as its digest alone.
    """
    permit(db, by, Deed.SEE_OWN_SCHEDULE)
    doctor_id = _doctor_of(by)
    _close(db, doctor_id)
    token = secrets.token_urlsafe(32)
    opened = CalendarFeed(
        doctor_id=doctor_id, digest=_digest(token), opened_at=clock.now(), opened_by=by.id
    )
    db.add(opened)
    db.flush()
    note_deed(db, by, "calendar address opened", f"doctor/{doctor_id}")
    return token


def close_feed(db: Session, *, by: Account) -> None:
    """End the doctor's calendar address: whoever reads by it finds nothing from now on."""
    permit(db, by, Deed.SEE_OWN_SCHEDULE)
    _close(db, _doctor_of(by))
    note_deed(db, by, "calendar address closed", f"doctor/{by.doctor_id}")


def feed_of(db: Session, *, by: Account) -> CalendarFeed | None:
    """The doctor's calendar address that holds now, if there is one."""
    permit(db, by, Deed.SEE_OWN_SCHEDULE)
    rows = select(CalendarFeed).where(
        CalendarFeed.doctor_id == by.doctor_id, col(CalendarFeed.closed_at).is_(None)
    )
    return db.exec(rows).first()


def read_feed(db: Session, token: str) -> Feed:
    """What the address of a token gives; the token is the permission.

    Refuses (NotFound) a token that never was or is closed, and one of a doctor who is gone
    or whose account is, or was given to somebody else.
    """
    rows = (
        select(CalendarFeed, Doctor)
        .join(Doctor, col(Doctor.id) == col(CalendarFeed.doctor_id))
        # Of whoever opened it, and while that still is the doctor.
        .join(Account, col(Account.id) == col(CalendarFeed.opened_by))
        .where(
            col(Account.doctor_id) == col(Doctor.id),
            CalendarFeed.digest == _digest(token),
            col(CalendarFeed.closed_at).is_(None),
            col(Doctor.active),
            col(Account.active),
        )
    )
    found, hospital = db.exec(rows).first(), db.get(Hospital, 1)
    if found is None or hospital is None:
        raise NotFound(what="calendar")
    _, doctor = found
    visits = _visits(db, doctor)
    names = entry_names(db, [visit.id or 0 for visit, _ in visits])
    return Feed(hospital, doctor, visits, names)


def _visits(db: Session, doctor: Doctor) -> list[tuple[Appointment, str]]:
    now = clock.now()
    rows = (
        select(Appointment, Patient.name)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(
            Appointment.doctor_id == doctor.id,
            col(Appointment.status).in_(LIVE),
            Appointment.starts_at >= now - _BACK,
            Appointment.starts_at <= now + _AHEAD,
        )
        .order_by(col(Appointment.starts_at))
        .limit(_AT_MOST)
    )
    return [(visit, text.initials(name)) for visit, name in db.exec(rows)]


def _doctor_of(by: Account) -> int:
    if by.doctor_id is None:
        raise NotFound(what="doctor")
    return by.doctor_id


def _close(db: Session, doctor_id: int) -> None:
    standing = update(CalendarFeed).where(
        col(CalendarFeed.doctor_id) == doctor_id, col(CalendarFeed.closed_at).is_(None)
    )
    db.execute(standing.values(closed_at=clock.now()))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
