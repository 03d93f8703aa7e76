"""Every verb that asks, and what it is told: real things of the day, or one that is not there."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from mediklaud import database, repository
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    CallOutcome,
    CreditKind,
    CreditNote,
    Invoice,
    Patient,
    Receipt,
    Refund,
    Role,
    Service,
    VisitKind,
    WaitlistEntry,
)
from mediklaud.permissions import TABLE, deeds_of
from mediklaud.repository import Item, ServiceForm
from mediklaud.timetable import Slot
from tests.hospital import NINE_O_CLOCK, TODAY, at, ward_of

UNKNOWN = 9_999
EVENING = NINE_O_CLOCK + timedelta(hours=8)
TOMORROW = TODAY + timedelta(days=1)


def first(db: Session, table: type[SQLModel], *where: Any) -> Any:
    return db.exec(select(table).where(*where).limit(1)).first()


# Who may do a deed; khan is the CMO and an administrator.
_HOLDERS = {
    Role.CMO: "khan",
    Role.REGISTRAR: "khan",
    Role.FRONT_DESK: "meera",
    Role.DOCTOR: "rao_account",
    Role.FINANCE: "ishaan",
    Role.ADMINISTRATOR: "tara",
}
VERBS = sorted({name for one in TABLE.values() for name in one.verbs.split()})


def holder(db: Session, verb: str) -> Account:
    """Somebody who may do it."""
    roles = set().union(*(TABLE[deed].roles for deed in deeds_of(verb)))
    return getattr(ward_of(db), _HOLDERS[next(role for role in Role if role in roles)])


_BY_NAME = {
    "form": "somebody-elses",
    "reason": "Because",
    "note": "Because",
    "words": "Ben",
    "day": TODAY,
    "first_day": TODAY,
    "last_day": TODAY,
    "effective_from": TODAY,
    "since": EVENING,
    "starts_at": at(10, 30, day=TOMORROW),
    "begins_at": at(8),
    "ends_at": at(9),
    "kind": VisitKind.FIRST,
    "amount_paise": 100,
    "price_paise": 100,
    "limit_paise": 100,
    "count": 1,
    "version": 1,
    "may": True,
    "roles": {Role.FINANCE},
    "new": "a quiet corridor",
    "patient_id": 1,
    "payer_id": 1,
    "doctor_id": 1,
    "appointment_id": 1,
    "glass_id": 1,
    "outcome": CallOutcome.TOLD,
    "slot": Slot(at(11), at(11, 15)),
    "username": "newcomer",
    "name": "A Newcomer",
    "password": "a quiet corridor",
    "typed": ServiceForm("Plaster", "999312"),
}
_BOOKED = col(Appointment.status) == AppointmentStatus.BOOKED
# What a verb is told beside, so that nothing else stands in the way of the thing that is not there.
_BESIDE: dict[str, Callable[[Session], dict[str, Any]]] = {
    "bill_services": lambda db: {"items": [Item(first(db, Service))]},
    "book_appointment": lambda db: {"patient": dev(db)},
    "overbook_appointment": lambda db: {"patient": dev(db)},
    "walk_in": lambda db: {"patient": dev(db)},
    "book_waiting": lambda db: {
        "entry": first(db, WaitlistEntry, col(WaitlistEntry.closed_at).is_(None))
    },
    "change_account": lambda db: {"account": ward_of(db).ishaan, "roles": {Role.DOCTOR}},
    "create_account": lambda db: {"roles": {Role.DOCTOR}},
    "issue_credit_note": lambda db: {"kind": CreditKind.VOID},
    "move_appointment": lambda db: {
        "appointment": first(db, Appointment, Appointment.form == "asha-tomorrow")
    },
    "relocate": lambda db: {"appointment": first(db, Appointment, Appointment.form == "stranded")},
}
_KEYS = {Invoice: "number", CreditNote: "number", Receipt: "number", Refund: "number"}


def dev(db: Session) -> Patient:
    """A patient who owes nothing."""
    return first(db, Patient, Patient.name == "Dev Kapoor")


def unknown(table: type[SQLModel]) -> SQLModel:
    """A row as a forged form would name it: everything of a real one, under another key."""
    with database.reading() as db:
        real = first(db, table)
        assert real is not None, table
        return table(**{**real.model_dump(), _KEYS.get(table, "id"): UNKNOWN})


def parameters(verb: str) -> dict[str, inspect.Parameter]:
    """What a verb is told, but the database and who asks."""
    told_of = inspect.signature(getattr(repository, verb)).parameters
    return {name: one for name, one in told_of.items() if name not in ("db", "by")}


def asked_for() -> list[tuple[str, str]]:
    """Each verb with each of its parameters that names one thing of the house."""
    return [
        (verb, name)
        for verb in VERBS
        for name, one in parameters(verb).items()
        if table_of(one.annotation) or name.endswith(("_id", "number"))
    ]


def asked_for_many() -> list[tuple[str, str]]:
    """Each verb with each of its parameters that names several things by their keys."""
    ends = ("_ids", "numbers", "bills")
    return [(verb, name) for verb in VERBS for name in parameters(verb) if name.endswith(ends)]


def table_of(annotation: Any) -> type[SQLModel] | None:
    """The table whose row a parameter takes."""
    kinds = [annotation, *getattr(annotation, "__args__", ())]
    tables = [one for one in kinds if inspect.isclass(one) and issubclass(one, SQLModel)]
    return tables[0] if tables and not hasattr(annotation, "__origin__") else None


def told(verb: str, forged: str = "") -> dict[str, Any]:
    """What a verb is told: real things, and one that is not there."""
    with database.reading() as db:
        beside = _BESIDE[verb](db) if forged and verb in _BESIDE else {}
        return {
            name: _forged(name, one.annotation)
            if name == forged
            else beside.get(name) or _real(db, name, one.annotation)
            for name, one in parameters(verb).items()
            if one.default is one.empty or name == forged
        }


def _real(db: Session, name: str, annotation: Any) -> Any:
    table = table_of(annotation)
    return first(db, table) if table else _BY_NAME.get(name, [])


def _forged(name: str, annotation: Any) -> Any:
    table = table_of(annotation)
    if table:
        return unknown(table)
    if name.endswith(("numbers", "bills")):
        return [str(UNKNOWN)]
    if name.endswith("_ids"):
        return [UNKNOWN]
    return str(UNKNOWN) if "number" in name else UNKNOWN
