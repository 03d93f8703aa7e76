"""The benchmark's till opens: a cashier, a service, one bill and the payment that settled it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from sqlmodel import col, select

from mediklaud import clock
from mediklaud.bench.opening import open_bench
from mediklaud.bench.writings import Writings, writings_of
from mediklaud.database import reading, transaction
from mediklaud.models import Account, Doctor, Method, Patient, Role, Service
from mediklaud.repository import (
    CONSOLE,
    Item,
    ServiceForm,
    bill_services,
    create_account,
    keep_service,
    price_service,
    take_payment,
    the_hospital,
)

PRICE_PAISE = 800_00
_NOON = 12 * 60


@dataclass
class Till:
    """A till that stands ready to be measured, and to be filled."""

    cashier: Account
    doctor: Doctor
    service: Service
    billed: Writings  # by the one bill that all others are copies of
    paid: Writings  # by its payment
    patients: int
    past: Iterator[datetime]  # noon of one day after the other, backwards
    bills: int = 1


def open_till(patients: int) -> Till:
    """Open the hospital and its till in an empty database: one bill, paid in cash."""
    open_bench(patients)
    with transaction() as db:
        cashier = create_account(db, "till", "Till", None, {Role.FINANCE}, by=CONSOLE)
        service = keep_service(db, ServiceForm("Dressing"), by=cashier)
        today = clock.today(zone := the_hospital(db).zone)
        price_service(db, service, PRICE_PAISE, today, by=cashier)
    with reading() as db:
        doctor = db.exec(select(Doctor).order_by(col(Doctor.id))).first()
        patient = db.get_one(Patient, 1)
    assert doctor is not None, "open_bench registers doctors"

    def bill() -> None:
        with transaction() as db:
            bill_services(db, patient, doctor, [Item(service)], form="first", by=cashier)

    def pay() -> None:
        with transaction() as db:
            take_payment(db, patient, PRICE_PAISE, Method.CASH, form="first", by=cashier)

    past = (clock.moment_at(today - timedelta(days), _NOON, zone) for days in count(1))
    return Till(cashier, doctor, service, writings_of(bill), writings_of(pay), patients, past)
