"""Years of appointments in minutes: copies of one booking, made in bulk inside the database."""

import operator
from collections.abc import Callable
from functools import reduce
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Insert,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    table,
    text,
)
from sqlmodel import SQLModel

from mediklaud import guards
from mediklaud.bench.opening import DOCTORS, SLOT, Hospital
from mediklaud.database import engine
from mediklaud.models import MessageStatus

_APPOINTMENT, _DOCTOR, _MESSAGE, _AUDIT = (
    SQLModel.metadata.tables[name] for name in ("appointment", "doctor", "message", "audit_event")
)
_FILLED = (_APPOINTMENT, _MESSAGE, _AUDIT)
_MODEL = {one.name: one.alias("model") for one in _FILLED}
# In the coming fortnight three doctors of five are taken at any hour, in the past all.
_TAKEN, _OF = 3, 5
_SLOTS_AT_ONCE = 200
# Odd, so that it scatters numbers below 2^32 and lets no two meet.
_SCATTER = 2_654_435_761


def grow(hospital: Hospital, appointments: int, progress: Callable[[float], None]) -> None:
    """Fill up to so many appointments, each with its letter and its audit row.

    The coming fortnight is filled first and alike for every size, then the past, backwards.
    Guards stand aside meanwhile and are put back. The letters are short.
    """
    begun, wanted = hospital.appointments, appointments - hospital.appointments
    with engine().begin() as connection:
        _lift_guards(connection)
    while hospital.appointments < appointments:
        with engine().begin() as connection:
            _fill(connection, hospital, appointments)
        progress(min(1, (hospital.appointments - begun) / wanted))
    with engine().begin() as connection:
        guards.install(connection)
    if engine().dialect.name == "postgresql":
        # What autovacuum would have done over the years.
        with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _fill(connection: Connection, hospital: Hospital, appointments: int) -> None:
    at_once = min(_SLOTS_AT_ONCE, 1 + (appointments - hospital.appointments) // DOCTORS)
    ahead = list(islice(hospital.ahead, at_once))
    starts = ahead or list(islice(hospital.past, at_once))
    model = {one.name: hospital.booked.of(one.name)["id"] for one in _FILLED}
    shared = {"model": model["appointment"], "patients": hospital.patients}
    shared["taken"] = _TAKEN if ahead else _OF
    slots = [
        {"place": next(hospital.places), "starts_at": at, "ends_at": at + SLOT} for at in starts
    ]
    before = connection.execute(_NEWEST).scalar_one()
    connection.execute(_APPOINTMENTS, [slot | shared for slot in slots])
    for filled, rows in ((_MESSAGE, _MESSAGES), (_AUDIT, _AUDIT_EVENTS)):
        connection.execute(rows, {"model": model[filled.name], "before": before})
    hospital.appointments += connection.execute(_NEWEST).scalar_one() - before


def _copies(target: Table, source: Table, *which: Any, **changed: Any) -> Insert:
    """INSERT of copies of a written row, one for each row of a source, in part changed."""
    model = _MODEL[target.name]
    values = {one.name: model.c[one.name] for one in target.c if one.name != "id"}
    values |= changed
    chosen = and_(model.c.id == bindparam("model"), *which)
    return insert(target).from_select(
        list(values), select(*values.values()).select_from(model.join(source, chosen))
    )


def _words(*parts: Any) -> Any:
    """Parts put together as text."""
    return reduce(operator.add, (cast(part, String) for part in parts))


_PLACE = bindparam("place", type_=Integer)
_NEWEST = select(func.max(_APPOINTMENT.c.id))
_APPOINTMENTS = _copies(
    _APPOINTMENT,
    _DOCTOR,
    (_DOCTOR.c.id + 2 * _PLACE) % _OF < bindparam("taken", type_=Integer),
    doctor_id=_DOCTOR.c.id,
    patient_id=(_PLACE * DOCTORS + _DOCTOR.c.id) % bindparam("patients", type_=Integer) + 1,
    starts_at=bindparam("starts_at", type_=_APPOINTMENT.c.starts_at.type),
    ends_at=bindparam("ends_at", type_=_APPOINTMENT.c.ends_at.type),
    form=_words("fill/", _PLACE, "/", _DOCTOR.c.id),
)
_NEW = _APPOINTMENT.c.id > bindparam("before")
_ABOUT = _words("appointment/", _APPOINTMENT.c.id)
_MESSAGES = _copies(
    _MESSAGE,
    _APPOINTMENT,
    _NEW,
    subject=_ABOUT,
    appointment_id=_APPOINTMENT.c.id,
    message_id=_words("<", _APPOINTMENT.c.id, "@bench.example.org>"),
    facts=literal("{}"),
    status=literal(MessageStatus.SENT, _MESSAGE.c.status.type),
    sent_at=_APPOINTMENT.c.booked_at,
)
# Seals are hashes: the index over them grows in no order.
_SEAL = _words(cast(_APPOINTMENT.c.id, BigInteger) * _SCATTER % 2**32, " of ")
_AUDIT_EVENTS = _copies(
    _AUDIT,
    _APPOINTMENT,
    _NEW,
    subject=_ABOUT,
    previous_seal=_SEAL + _MODEL["audit_event"].c.previous_seal,
    seal=_SEAL + _MODEL["audit_event"].c.seal,
)


def _lift_guards(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        for one in _FILLED:
            connection.execute(text(f"ALTER TABLE {one.name} DISABLE TRIGGER USER"))
        return
    names = [one.name for one in _FILLED]
    master = table("sqlite_master", column("name"), column("type"), column("tbl_name"))
    triggers = select(master.c.name).where(master.c.type == "trigger", master.c.tbl_name.in_(names))
    for name in connection.execute(triggers).scalars().all():
        connection.execute(text(f"DROP TRIGGER {name}"))
