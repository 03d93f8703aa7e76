"""What the tests of the waitlist share: an entry, and whom a free time is offered."""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session

from mediklaud.models import Doctor, Patient, Tariff, VisitKind, WaitlistEntry
from mediklaud.repository import (
    SessionForm,
    WaitForm,
    close_session,
    enroll_patient,
    open_session,
    put_on_waitlist,
    sessions_of,
)
from mediklaud.timetable import Slot
from tests.hospital import BEN, TODAY, Ward, at
from tests.visits import a_form

TOMORROW, IN_A_WEEK = TODAY + timedelta(days=1), TODAY + timedelta(days=7)
TEN = Slot(at(10), at(10, 15))


def wish(doctor: Doctor | None = None, **changes: object) -> WaitForm:
    """A first visit within a week, at any hour."""
    asked = WaitForm(VisitKind.FIRST, TODAY, IN_A_WEEK, doctor_id=doctor.id if doctor else None)
    return replace(asked, **changes)


def wait(
    db: Session, ward: Ward, patient: Patient, doctor: Doctor | None = None, **changes: object
) -> WaitlistEntry:
    """Meera puts a patient on the list."""
    typed = wish(doctor, **changes)
    return put_on_waitlist(db, patient, typed, form=a_form(), by=ward.meera)


def a_patient(db: Session, ward: Ward, number: int) -> Patient:
    """One more patient, known by a number."""
    typed = replace(BEN, name=f"Patient {number}")
    return enroll_patient(db, typed, form=f"enroll-{number}", by=ward.meera)


def with_long_visits(db: Session, ward: Ward) -> None:
    """From tomorrow Dr Rao's first visits take 30 minutes and procedures 60; follow-ups 15."""
    for session in sessions_of(db, [ward.rao.id], on_or_after=TODAY):
        close_session(db, session, last_day=TODAY - timedelta(days=1), by=ward.khan)
    for weekday in range(7):
        lengths = {"first_minutes": 30, "follow_up_minutes": 15}
        typed = SessionForm(weekday, 600, 780, 15, valid_from=TODAY, **lengths)
        # Procedures without a price are refused here, and some of these tests want just that.
        open_session(db, ward.rao, typed, by=ward.khan).procedure_minutes = 60
    db.flush()


def priced(db: Session, ward: Ward) -> None:
    """Procedures have a price with Dr Rao."""
    facts = {"doctor_id": ward.rao.id, "kind": VisitKind.PROCEDURE, "effective_from": TODAY}
    db.add(Tariff(**facts, price_paise=2_000_00))
    db.flush()
