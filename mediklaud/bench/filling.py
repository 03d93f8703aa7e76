"""Years of appointments in minutes: copies of one booking, made in bulk inside the database."""

from collections.abc import Callable
from itertools import islice

from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    bindparam,
    cast,
    func,
    literal,
    select,
    update,
)
from sqlmodel import SQLModel

from mediklaud.bench.copies import Copies, words
from mediklaud.bench.opening import DOCTORS, SLOT, Hospital
from mediklaud.database import engine
from mediklaud.models import MessageStatus

_APPOINTMENT, _DOCTOR, _MESSAGE, _AUDIT = (
    SQLModel.metadata.tables[name] for name in ("appointment", "doctor", "message", "audit_event")
)
_HEAD = SQLModel.metadata.tables["audit_head"]
_COPIES = Copies(_APPOINTMENT, _MESSAGE, _AUDIT)
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
    with _COPIES.unguarded():
        while hospital.appointments < appointments:
            with engine().begin() as connection:
                _fill(connection, hospital, appointments)
            progress(min(1, (hospital.appointments - begun) / wanted))


def _fill(connection: Connection, hospital: Hospital, appointments: int) -> None:
    at_once = min(_SLOTS_AT_ONCE, 1 + (appointments - hospital.appointments) // DOCTORS)
    ahead = list(islice(hospital.ahead, at_once))
    starts = ahead or list(islice(hospital.past, at_once))
    model = {one.name: hospital.booked.of(one.name)["id"] for one in _COPIES.filled}
    shared = {"model": model["appointment"], "patients": hospital.patients}
    shared["taken"] = _TAKEN if ahead else _OF
    slots = [
        {"place": next(hospital.places), "starts_at": at, "ends_at": at + SLOT} for at in starts
    ]
    before = connection.execute(_NEWEST).scalar_one()
    connection.execute(_APPOINTMENTS, [slot | shared for slot in slots])
    connection.execute(_MESSAGES, {"model": model["message"], "before": before})
    newest_row = connection.execute(_NEWEST_ROW).scalar_one()
    told = {"model": model["audit_event"], "before": before, "newest_row": newest_row}
    connection.execute(_AUDIT_EVENTS, told)
    connection.execute(_END_OF_LOG)
    hospital.appointments += connection.execute(_NEWEST).scalar_one() - before


_PLACE = bindparam("place", type_=Integer)
_NEWEST = select(func.max(_APPOINTMENT.c.id))
_APPOINTMENTS = _COPIES.of(
    _APPOINTMENT,
    _DOCTOR,
    (_DOCTOR.c.id + 2 * _PLACE) % _OF < bindparam("taken", type_=Integer),
    doctor_id=_DOCTOR.c.id,
    patient_id=(_PLACE * DOCTORS + _DOCTOR.c.id) % bindparam("patients", type_=Integer) + 1,
    starts_at=bindparam("starts_at", type_=_APPOINTMENT.c.starts_at.type),
    ends_at=bindparam("ends_at", type_=_APPOINTMENT.c.ends_at.type),
    form=words("fill/", _PLACE, "/", _DOCTOR.c.id),
)
_NEW = _APPOINTMENT.c.id > bindparam("before")
_ABOUT = words("appointment/", _APPOINTMENT.c.id)
_MESSAGES = _COPIES.of(
    _MESSAGE,
    _APPOINTMENT,
    _NEW,
    subject=_ABOUT,
    appointment_id=_APPOINTMENT.c.id,
    message_id=words("<", _APPOINTMENT.c.id, "@bench.example.org>"),
    facts=literal("{}"),
    status=literal(MessageStatus.SENT, _MESSAGE.c.status.type),
    sent_at=_APPOINTMENT.c.booked_at,
)
# Seals are hashes: the index over them grows in no order.
_BEFORE_ROW = bindparam("newest_row", type_=Integer)
_SEAL = words(cast(_APPOINTMENT.c.id, BigInteger) * _SCATTER % 2**32, " of ")
_AUDIT_EVENTS = _COPIES.of(
    _AUDIT,
    _APPOINTMENT,
    _NEW,
    id=_APPOINTMENT.c.id - bindparam("before", type_=Integer) + _BEFORE_ROW,
    subject=_ABOUT,
    previous_seal=_SEAL + _COPIES.model["audit_event"].c.previous_seal,
    seal=_SEAL + _COPIES.model["audit_event"].c.seal,
)
_NEWEST_ROW = select(func.max(_AUDIT.c.id))
_LAST_SEAL = select(_AUDIT.c.seal).order_by(_AUDIT.c.id.desc()).limit(1).scalar_subquery()
_END_OF_LOG = update(_HEAD).values(
    row_count=_NEWEST_ROW.scalar_subquery(),
    last_id=_NEWEST_ROW.scalar_subquery(),
    last_seal=_LAST_SEAL,
)
