"""Every verb that asks, and what it is told: real things of the day, or one that is not there."""

import inspect
from datetime import timedelta
from typing import Any

from sqlmodel import Session, SQLModel, select

from mediklaud import database, repository
from mediklaud.models import (
    Account,
    CallOutcome,
    CreditNote,
    Invoice,
    Receipt,
    Refund,
    Role,
    VisitKind,
)
from mediklaud.permissions import TABLE
from mediklaud.repository import ServiceForm
from mediklaud.timetable import Slot
from tests.hospital import NINE_O_CLOCK, TODAY, at, ward_of

UNKNOWN = 9_999
EVENING = NINE_O_CLOCK + timedelta(hours=8)


def first(db: Session, table: type[SQLModel]) -> Any:
    return db.exec(select(table).limit(1)).first()


# Who may do a deed; khan is the CMO and an administrator.
_HOLDERS = {
    Role.CMO: "khan",
    Role.REGISTRAR: "khan",
    Role.FRONT_DESK: "meera",
    Role.DOCTOR: "rao_account",
    Role.FINANCE: "ishaan",
    Role.ADMINISTRATOR: "tara",
}


def holder(db: Session, verb: str) -> Account:
    roles = set().union(*(one.roles for one in TABLE.values() if verb in one.verbs.split()))
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
    "starts_at": at(11),
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
_KEYS = {Invoice: "number", CreditNote: "number", Receipt: "number", Refund: "number"}


def unknown(table: type[SQLModel]) -> SQLModel:
    """A row as a forged form would name it: everything of a real one, under another key."""
    with database.reading() as db:
        real = first(db, table)
        assert real is not None, table
        return table(**{**real.model_dump(), _KEYS.get(table, "id"): UNKNOWN})


def asked_for() -> list[tuple[str, str]]:
    """Each verb with each of its parameters that names one thing of the house."""
    found = []
    for verb in sorted({name for one in TABLE.values() for name in one.verbs.split()}):
        for name, one in inspect.signature(getattr(repository, verb)).parameters.items():
            if name == "by":
                continue
            if table_of(one.annotation) or name.endswith(("_id", "number")):
                found.append((verb, name))
    return found


def table_of(annotation: Any) -> type[SQLModel] | None:
    """The table whose row a parameter takes."""
    kinds = [annotation, *getattr(annotation, "__args__", ())]
    tables = [one for one in kinds if inspect.isclass(one) and issubclass(one, SQLModel)]
    return tables[0] if tables and not hasattr(annotation, "__origin__") else None


def told(verb: str, forged: str = "") -> dict[str, Any]:
    """What a verb is told: real things, and one that is not there."""
    given = {}
    for name, one in inspect.signature(getattr(repository, verb)).parameters.items():
        table = table_of(one.annotation)
        if name in ("db", "by") or (one.default is not one.empty and name != forged):
            continue
        if name == forged:
            given[name] = unknown(table) if table else str(UNKNOWN) if "number" in name else UNKNOWN
        elif table:
            with database.reading() as db:
                given[name] = first(db, table)
        else:
            given[name] = _BY_NAME.get(name, [])
    return given
