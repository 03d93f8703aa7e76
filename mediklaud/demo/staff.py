"""The demo hospital opens: its accounts, its doctors and their weekly sessions."""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from mediklaud import config
from mediklaud.demo.roster import DOCTORS, HOSPITAL, STAFF, DemoDoctor
from mediklaud.models import Account, Doctor, Hospital, Role, WorkingSession
from mediklaud.passwords import Hashed, password_hash
from mediklaud.repository import (
    DoctorForm,
    SessionForm,
    create_account,
    open_hospital,
    open_session,
    register_doctor,
    set_discount_limit,
    set_share,
)

# The columns of a session's lengths, in the order of the roster's.
_KINDS = ("first_minutes", "follow_up_minutes", "procedure_minutes")
# As the codes have them: nothing that could be read as another.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Staff:
    """The hospital with its people, held so that every deed finds them at hand."""

    hospital: Hospital
    accounts: dict[str, Account]
    doctors: list[Doctor]
    sessions: list[WorkingSession]
    # The numbers of the doctors who do procedures.
    cutting: frozenset[str]


def demo_password() -> str:
    """The one password of all demo accounts: another one on every installation."""
    digest = hmac.new(config.key(), b"demo hospital", sha256).digest()
    number, word = int.from_bytes(digest), ""
    for _ in range(16):
        number, letter = divmod(number, len(_LETTERS))
        word += _LETTERS[letter]
    return "-".join(word[at : at + 4] for at in range(0, 16, 4))


def hire(db: Session, opened_on: date) -> Staff:
    """Open the hospital and write down its accounts, its doctors and their weekly sessions."""
    hospital = open_hospital(db, HOSPITAL, is_demo=True)
    # One hash serves all: the password is one, and bcrypt is slow by intention.
    hashed = password_hash(demo_password())
    chief: Account | None = None
    accounts: dict[str, Account] = {}
    for one in STAFF:
        accounts[one.username] = _account(db, one.username, one.name, hashed, one.roles, by=chief)
        chief = chief or accounts[one.username]
    doctors, sessions = [], []
    for place, kept in enumerate(DOCTORS):
        doctor = _register(db, kept, place, opened_on, by=accounts["nisha"])
        doctors.append(doctor)
        # Most are paid a part of the money, every fourth a sum for each visit.
        share = {"visit_paise": 20_000} if place % 4 == 3 else {"basis_points": 6_000}
        set_share(db, doctor, opened_on, by=accounts["khan"], **share)
        accounts[doctor.number] = _account(
            db, kept.username, kept.name, hashed, {Role.DOCTOR}, by=chief, doctor_id=doctor.id
        )
        for session in _sessions(kept, opened_on):
            sessions.append(open_session(db, doctor, session, by=accounts["nisha"]))
    registered = zip(doctors, DOCTORS, strict=True)
    set_discount_limit(db, accounts["ishaan"], 200_00, by=accounts["tara"])
    cutting = frozenset(doctor.number for doctor, one in registered if one.procedure)
    return Staff(hospital, accounts, doctors, sessions, cutting)


def _account(
    db: Session,
    username: str,
    name: str,
    hashed: Hashed,
    roles: Iterable[Role],
    *,
    by: Account | None,
    doctor_id: int | None = None,
) -> Account:
    return create_account(
        db,
        username,
        name,
        hashed,
        roles,
        by=by,
        email=f"{username}@jmi-demo.example.org",
        doctor_id=doctor_id,
    )


def _register(db: Session, one: DemoDoctor, place: int, opened_on: date, *, by: Account) -> Doctor:
    typed = DoctorForm(
        name=one.name,
        phone=f"+91 60100 0{place + 101:04d}",
        email=f"{one.username}@jmi-demo.example.org",
        specialty=one.specialty,
        qualifications=one.qualifications,
        council=one.council,
        registration=one.registration,
        consultation_fee_paise=one.fee * 100,
        follow_up_fee_paise=one.follow_up * 100,
        procedure_fee_paise=one.procedure and one.procedure * 100,
        # Every third council renews: these days lie well after the demo's last one.
        registration_expires_on=opened_on + timedelta(days=160 + 45 * place)
        if place % 3 == 0
        else None,
    )
    return register_doctor(db, typed, by=by)


def _sessions(one: DemoDoctor, opened_on: date) -> Iterator[SessionForm]:
    for hours in one.hours:
        weekdays, stretch, *minutes = hours.split()
        begins, ends = (60 * int(hour) for hour in stretch.split("-"))
        slot, *lengths = map(int, minutes)
        kinds: dict[str, Any] = dict(zip(_KINDS, lengths, strict=False))
        for weekday in weekdays:
            yield SessionForm(int(weekday), begins, ends, slot, valid_from=opened_on, **kinds)
