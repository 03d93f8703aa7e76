"""The small fixed cast: the hospital on Monday 23 November 2026, nine in the morning."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlmodel import Session, select

from mediklaud.clock import moment_at
from mediklaud.models import Account, Doctor, Patient, Role, Sex
from mediklaud.repository import (
    DoctorForm,
    HospitalForm,
    PatientForm,
    SessionForm,
    create_account,
    enroll_patient,
    open_hospital,
    open_session,
    register_doctor,
)

ZONE = "Asia/Kolkata"
TODAY = date(2026, 11, 23)
NINE_O_CLOCK = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
PASSWORD = "a quiet corridor"

HOSPITAL = HospitalForm(
    name="JMI Hospital",
    address="12 Station Road\nBengaluru 560001",
    phone="080 2222 3333",
    email="desk@jmi-hospital.example.org",
)
RAO = DoctorForm(
    name="Dr Anjali Rao",
    phone="98450 12345",
    email="rao@jmi-hospital.example.org",
    specialty="Cardiology",
    qualifications="MBBS, MD (Medicine), DM (Cardiology)",
    council="Karnataka Medical Council",
    registration="KMC 45678",
    consultation_fee_paise=800_00,
    follow_up_fee_paise=400_00,
)
IYER = DoctorForm(
    name="Dr Suresh Iyer",
    phone="98450 54321",
    email="iyer@jmi-hospital.example.org",
    specialty="General medicine",
    qualifications="MBBS, MD (Medicine)",
    council="Karnataka Medical Council",
    registration="KMC 11223",
    consultation_fee_paise=500_00,
    follow_up_fee_paise=0,
)
ASHA = PatientForm(
    name="Asha Menon",
    sex=Sex.FEMALE,
    phone="98860 11111",
    address="4 Lake View\nBengaluru 560038",
    birth_date=date(1990, 2, 28),
    email="asha@example.org",
)
BEN = PatientForm(
    name="Ben Thomas",
    sex=Sex.MALE,
    phone="98860 22222",
    address="7 Church Street\nBengaluru 560001",
    age_years=40,
)


# Not enrolled from the start: a father and his daughter of eight.
DEV = PatientForm(
    name="Dev Kapoor",
    sex=Sex.MALE,
    phone="98860 33333",
    address="9 Hill Road\nBengaluru 560001",
    birth_date=date(1984, 5, 20),
)
CARA = PatientForm(
    name="Cara Kapoor",
    sex=Sex.FEMALE,
    phone="98860 33333",
    address="9 Hill Road\nBengaluru 560001",
    birth_date=date(2018, 11, 24),
)


@dataclass(frozen=True)
class Ward:
    """Who is here today."""

    khan: Account  # the CMO, Dr Khan
    meera: Account  # front desk
    ishaan: Account  # finance
    tara: Account  # administrator
    rao_account: Account
    iyer_account: Account
    rao: Doctor  # cardiology, Mondays 10 to 13, slots of 15 minutes
    iyer: Doctor  # general medicine, the same hours; follow-ups are free
    asha: Patient  # has an email address
    ben: Patient  # has none


def open_ward(db: Session) -> None:
    """Fill an empty database with the cast."""
    open_hospital(db, HOSPITAL)
    first = {Role.CMO, Role.ADMINISTRATOR}
    khan = create_account(
        db, "khan", "Dr Imran Khan", PASSWORD, first, by=None, email="khan@jmi-hospital.example.org"
    )
    tara = create_account(db, "tara", "Tara Bose", PASSWORD, {Role.ADMINISTRATOR}, by=khan)
    meera = create_account(db, "meera", "Meera Nair", PASSWORD, {Role.FRONT_DESK}, by=tara)
    create_account(db, "ishaan", "Ishaan Shah", PASSWORD, {Role.FINANCE}, by=tara)
    for username, typed in (("rao", RAO), ("iyer", IYER)):
        doctor = register_doctor(db, typed, by=khan)
        for weekday in range(7):
            monday = SessionForm(weekday, 10 * 60, 13 * 60, 15, valid_from=TODAY)
            open_session(db, doctor, monday, by=khan)
        create_account(
            db, username, doctor.name, PASSWORD, {Role.DOCTOR}, by=tara, doctor_id=doctor.id
        )
    for name, patient in (("asha", ASHA), ("ben", BEN)):
        enroll_patient(db, patient, form=f"enroll-{name}", by=meera)


def ward_of(db: Session) -> Ward:
    """The cast as this session sees it."""
    accounts = {account.username: account for account in db.exec(select(Account))}
    doctors = {doctor.registration: doctor for doctor in db.exec(select(Doctor))}
    patients = {patient.name: patient for patient in db.exec(select(Patient))}
    return Ward(
        **{name: accounts[name] for name in ("khan", "meera", "ishaan", "tara")},
        rao_account=accounts["rao"],
        iyer_account=accounts["iyer"],
        rao=doctors["KMC45678"],
        iyer=doctors["KMC11223"],
        asha=patients["Asha Menon"],
        ben=patients["Ben Thomas"],
    )


def at(hour: int, minute: int = 0, day: date = TODAY) -> datetime:
    """A moment on the hospital's wall clock."""
    return moment_at(day, 60 * hour + minute, ZONE)
