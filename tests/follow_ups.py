"""What the tests of follow-ups share: the rule of the hospital, a paid visit, what it leaves."""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import select

from mediklaud.models import Charge, Invoice, Method, VisitKind
from mediklaud.repository import change_settings, take_payment
from tests.hospital import HOSPITAL, TODAY, at
from tests.visits import a_form, book, finish

FOLLOW_UP, FIRST = VisitKind.FOLLOW_UP, VisitKind.FIRST


def on(days, hour=10, minute=0):
    """An hour so many days from today."""
    return at(hour, minute, day=TODAY + timedelta(days=days))


def policy(db, ward, visits, days, percent=0):
    """The hospital's rule from now on."""
    rule = {"follow_up_visits": visits, "follow_up_days": days, "follow_up_percent": percent}
    change_settings(db, replace(HOSPITAL, **rule), by=ward.tara)


def pay(db, ward, patient):
    """Clear what the patient owes, so that the dues gate is open."""
    owed = sum(bill.total_paise for bill in unsettled(db, patient))
    if owed:
        take_payment(db, patient, owed, Method.CASH, form=a_form(), by=ward.ishaan)


def unsettled(db, patient):
    open_ones = select(Invoice).where(Invoice.patient_id == patient.id)
    return db.exec(open_ones.where(Invoice.settled_at.is_(None))).all()


def paid_visit(db, ward, patient=None, doctor=None, starts_at=None, kind=FIRST):
    """A visit from its booking to its payment."""
    patient, doctor = patient or ward.asha, doctor or ward.rao
    booked = book(db, ward, patient, doctor, starts_at or at(10), kind)
    bill = finish(db, ward, booked)
    pay(db, ward, patient)
    return booked, bill


def follow_up(db, ward, starts_at, patient=None, doctor=None):
    return book(db, ward, patient or ward.asha, doctor or ward.rao, starts_at, FOLLOW_UP)


def charge_of(db, appointment):
    return db.exec(select(Charge).where(Charge.appointment_id == appointment.id)).one()
