"""The benchmark's hospital opens: its people by the house's own deeds, and one booking."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from sqlalchemy import insert
from sqlmodel import Session, SQLModel

from mediklaud import clock
from mediklaud.bench.writings import Writings, writings_of
from mediklaud.database import engine, transaction
from mediklaud.models import Account, Doctor, Patient, Role, Sex, VisitKind
from mediklaud.repository import (
    DoctorForm,
    HospitalForm,
    PatientForm,
    SessionForm,
    book_appointment,
    create_account,
    enroll_patient,
    open_hospital,
    open_session,
    register_doctor,
)

SPECIALTY, OF_SPECIALTY, DOCTORS = "Cardiology", 40, 60
_ZONE = "Asia/Kolkata"
SLOT = timedelta(minutes=15)
_BEGINS, _ENDS, _MINUTES, _WEEKDAYS = 10 * 60, 16 * 60, SLOT.seconds // 60, range(5)
FORTNIGHT = 14
_HOSPITAL = HospitalForm(
    "Benchmark Hospital", "1 Measured Mile\nNew Delhi", "011 2698 1717", "desk@bench.example.org"
)
_PATIENT = PatientForm(
    name="Patient 1",
    sex=Sex.FEMALE,
    phone="98860 11111",
    address="4 Lake View\nNew Delhi 110025",
    birth_date=date(1990, 2, 28),
    email="patient1@example.org",
)


@dataclass
class Hospital:
    """A hospital that stands ready to be measured, and to grow."""

    desk: Account
    booked: Writings  # by the one booking that all others are copies of
    patients: int
    ahead: Iterator[datetime]
    past: Iterator[datetime]
    appointments: int = 1
    places: Iterator[int] = field(default_factory=count)


def open_bench(patients: int) -> Hospital:
    """Open the hospital in an empty database: doctors, patients, and one booking."""
    with transaction() as db:
        desk, doctor, patient = _people(db)
    with engine().begin() as connection:
        row = patient.model_dump(exclude={"id"})
        copies = [row | _another(number) for number in range(2, patients + 1)]
        connection.execute(insert(SQLModel.metadata.tables["patient"]), copies)
    today = clock.today(_ZONE)
    ahead = (at for days in range(1, 1 + FORTNIGHT) for at in _slots(today + timedelta(days)))
    past = (at for days in count(1) for at in _slots(today - timedelta(days)))
    starts_at, kind = next(ahead), VisitKind.FIRST

    def book() -> None:
        with transaction() as db:
            book_appointment(db, patient, doctor, starts_at, kind, form="first", by=desk)

    return Hospital(desk, writings_of(book), patients, ahead, past)


def _people(db: Session) -> tuple[Account, Doctor, Patient]:
    open_hospital(db, _HOSPITAL)
    first = {Role.CMO, Role.ADMINISTRATOR}
    chief = create_account(db, "chief", "Chief", None, first, by=None)
    desk = create_account(db, "desk", "Desk", None, {Role.FRONT_DESK}, by=chief)
    doctors = [_doctor(db, number, chief) for number in range(1, 1 + DOCTORS)]
    return desk, doctors[0], enroll_patient(db, _PATIENT, form="1", by=desk)


def _doctor(db: Session, number: int, chief: Account) -> Doctor:
    typed = DoctorForm(
        name=f"Dr Number {number}",
        phone="98450 12345",
        email=f"doctor{number}@bench.example.org",
        specialty=SPECIALTY if number <= OF_SPECIALTY else "General medicine",
        qualifications="MBBS, MD",
        council="Delhi Medical Council",
        registration=f"DMC {number}",
        consultation_fee_paise=800_00,
        follow_up_fee_paise=400_00,
    )
    doctor = register_doctor(db, typed, by=chief)
    for weekday in _WEEKDAYS:
        session = SessionForm(weekday, _BEGINS, _ENDS, _MINUTES, valid_from=clock.today(_ZONE))
        open_session(db, doctor, session, by=chief)
    return doctor


def _another(number: int) -> dict[str, str]:
    return {
        "number": f"JMI-{number}",
        "name": f"Patient {number}",
        "email": f"patient{number}@example.org",
        "search_text": f"patient {number} jmi-{number}",
        "form": str(number),
    }


def _slots(day: date) -> Iterator[datetime]:
    minutes = range(_BEGINS, _ENDS, _MINUTES) if day.weekday() in _WEEKDAYS else ()
    return (clock.moment_at(day, minute, _ZONE) for minute in minutes)
