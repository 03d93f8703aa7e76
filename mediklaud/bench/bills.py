"""Years of bills in minutes: copies of one bill and its payment, made in bulk."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Connection,
    Insert,
    Integer,
    Table,
    bindparam,
    case,
    func,
    literal,
    null,
    select,
    update,
)
from sqlmodel import SQLModel

from mediklaud.bench.copies import Copies, words
from mediklaud.bench.opening import DOCTORS, OF_SPECIALTY, SPECIALTY
from mediklaud.bench.till import Till
from mediklaud.database import engine
from mediklaud.models import Method

_CHARGE, _LINE, _INVOICE, _PAYMENT, _RECEIPT, _ALLOCATION, _PATIENT, _SERIES = (
    SQLModel.metadata.tables[name]
    for name in (
        *("charge", "invoice_line", "invoice", "payment", "receipt", "allocation"),
        *("patient", "number_series"),
    )
)
_COPIES = Copies(_CHARGE, _LINE, _INVOICE, _PAYMENT, _RECEIPT, _ALLOCATION)
# A big hospital's bills of a day, and how many of a hundred are open still.
_A_DAY, _OPEN, _OF = 550, 3, 100
_DAYS_AT_ONCE = 40
_BEFORE_SERIAL = len("JMI/2627/")


def fill_till(till: Till, bills: int, progress: Callable[[float], None]) -> None:
    """Fill up to so many bills, day after day backwards: 3 of 100 open, the rest paid.

    What is open is owed by the first half of the patients; the others owe nothing. Guards
    stand aside meanwhile and are put back. Letters and audit rows are not among it.
    """
    begun, wanted = till.bills, bills - till.bills
    with _COPIES.unguarded():
        while till.bills < bills:
            with engine().begin() as connection:
                _fill(connection, till, bills)
            progress(min(1, (till.bills - begun) / wanted))


def _fill(connection: Connection, till: Till, bills: int) -> None:
    missing, a_day = bills - till.bills, min(_A_DAY, till.patients)
    days = list(islice(till.past, min(_DAYS_AT_ONCE, 1 + (missing - 1) // a_day)))
    before = _newest(connection)
    charges = [_day(till, at, min(a_day, missing - a_day * place)) for place, at in enumerate(days)]
    connection.execute(_CHARGES, charges)
    models = dict((*till.billed.rows, *till.paid.rows))
    for name, rows in _MADE:
        model = models[name].get("id") or models[name]["number"]
        connection.execute(rows, {"model": model, "patients": till.patients, **before})
    newest = _newest(connection)
    for paper in ("invoice", "receipt"):
        grown = {"series": models[paper]["series"], "newest": newest["charge"]}
        connection.execute(_COUNT, grown)
    till.bills += newest["charge"] - before["charge"]


def _day(till: Till, at: datetime, bills: int) -> dict[str, Any]:
    return {"model": till.billed.of("charge")["id"], "at": at, "wanted": bills}


def _newest(connection: Connection) -> dict[str, int]:
    row = connection.execute(_NEWEST).one()
    return dict(row._mapping)


_NEWEST = select(
    *(
        select(func.max(table.c.id)).scalar_subquery().label(table.name)
        for table in (_CHARGE, _PAYMENT)
    )
)
_COUNT = (
    update(_SERIES).where(_SERIES.c.name == bindparam("series")).values(last=bindparam("newest"))
)
# A bill has the serial of its charge's id, and its receipt has the same.
_SERIAL = _CHARGE.c.id
_NEW = _CHARGE.c.id > bindparam("charge", type_=Integer)
_IS_OPEN = _SERIAL % _OF < _OPEN
_AT, _ON = _CHARGE.c.charged_at, func.date(_CHARGE.c.charged_at)
_PATIENTS = bindparam("patients", type_=Integer)
# The hundreds move on, so that what is open is not always the same patients'.
_ANYBODY = _SERIAL + _SERIAL // _OF
_PAYER = 1 + case((_IS_OPEN, _ANYBODY % (_PATIENTS // 2)), else_=_ANYBODY % _PATIENTS)
_CHARGES = _COPIES.of(
    _CHARGE,
    _PATIENT,
    _PATIENT.c.id <= bindparam("wanted", type_=Integer),
    charged_at=bindparam("at", type_=_AT.type),
)


def _serial_of(number: Any) -> Any:
    return func.substr(number, 1 + _BEFORE_SERIAL)


def _numbered(model: Any, serial: Any) -> Any:
    """The number of the paper that is copied, with another serial."""
    return words(func.substr(model, 1, _BEFORE_SERIAL), serial)


def _paper(paper: Table, *which: Any, **changed: Any) -> Insert:
    changed |= {"payer_id": _PAYER, "payer_number": words("JMI-", _PAYER)}
    return _COPIES.of(
        paper,
        _CHARGE,
        _NEW,
        *which,
        number=_numbered(_COPIES.model[paper.name].c.number, _SERIAL),
        serial=_SERIAL,
        issued_at=_AT,
        issued_on=_ON,
        payer_name=words("Patient ", _PAYER),
        form=words("fill/", _SERIAL),
        **changed,
    )


def _method(method: Method) -> Any:
    return literal(method, _PAYMENT.c.method.type)


_CARER = 1 + _SERIAL % DOCTORS
_INVOICES = _paper(
    _INVOICE,
    settled_at=case((_IS_OPEN, null()), else_=_AT),
    owed_paise=case((_IS_OPEN, _COPIES.model["invoice"].c.total_paise), else_=0),
    patient_id=_PAYER,
    patient_number=words("JMI-", _PAYER),
    patient_name=words("Patient ", _PAYER),
    doctor_id=_CARER,
    doctor_name=words("Dr Number ", _CARER),
    doctor_specialty=case((_CARER <= OF_SPECIALTY, SPECIALTY), else_="General medicine"),
)
_LINES = _COPIES.of(
    _LINE,
    _CHARGE,
    _NEW,
    charge_id=_CHARGE.c.id,
    invoice_number=_numbered(_COPIES.model["invoice_line"].c.invoice_number, _SERIAL),
)
_BY_UPI = _SERIAL % 3 == 0
_PAYMENTS = _COPIES.of(
    _PAYMENT,
    _CHARGE,
    _NEW,
    ~_IS_OPEN,
    receipt_number=_numbered(_COPIES.model["payment"].c.receipt_number, _SERIAL),
    payer_id=_PAYER,
    method=case((_BY_UPI, _method(Method.UPI)), else_=_method(Method.CASH)),
    reference=case((_BY_UPI, words("UPI ", _SERIAL)), else_=""),
    received_at=_AT,
    received_on=_ON,
)
_RECEIPTS = _paper(_RECEIPT, ~_IS_OPEN)
_ALLOCATIONS = _COPIES.of(
    _ALLOCATION,
    _PAYMENT,
    _PAYMENT.c.id > bindparam("payment", type_=Integer),
    payment_id=_PAYMENT.c.id,
    invoice_number=_numbered(
        _COPIES.model["allocation"].c.invoice_number, _serial_of(_PAYMENT.c.receipt_number)
    ),
    allocated_at=_PAYMENT.c.received_at,
    allocated_on=_PAYMENT.c.received_on,
)
# In the order they are made; lines go before the paper that seals them.
_MADE = (
    ("invoice_line", _LINES),
    ("invoice", _INVOICES),
    ("payment", _PAYMENTS),
    ("receipt", _RECEIPTS),
    ("allocation", _ALLOCATIONS),
)
