"""Doctors and patients. Their numbers are for life; nobody is ever deleted."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.words import Sex, filled, one_of


class Doctor(SQLModel, table=True):
    """A registered doctor (HL7 FHIR's Practitioner). Prices stand in the tariff."""

    __table_args__ = (
        UniqueConstraint("number", name="one_doctor_per_number"),
        UniqueConstraint("council", "registration", name="one_doctor_per_registration"),
        filled("name", "doctor_has_a_name"),
        filled("phone", "doctor_has_a_phone"),
        filled("email", "doctor_has_an_email"),
        filled("specialty", "doctor_has_a_specialty"),
        filled("qualifications", "doctor_has_qualifications"),
        filled("council", "doctor_has_a_council"),
        filled("registration", "doctor_has_a_registration"),
        CheckConstraint("registration = upper(registration)", name="registration_is_in_capitals"),
        CheckConstraint(
            "active = (deactivated_at IS NULL)", name="inactive_doctor_has_a_last_moment"
        ),
        Index("doctors_by_specialty", "specialty"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str
    name: str
    phone: str
    email: str
    specialty: str
    qualifications: str
    council: str
    registration: str
    registration_expires_on: date | None = None
    active: bool = True
    deactivated_at: datetime | None = None
    registered_at: datetime
    version: int = 1


class Patient(SQLModel, table=True):
    """A person the hospital cares for (HL7 FHIR's Patient). A family may share a phone."""

    __table_args__ = (
        UniqueConstraint("number", name="one_patient_per_number"),
        UniqueConstraint("form", name="a_second_click_is_the_same_patient"),
        filled("name", "patient_has_a_name"),
        filled("address", "patient_has_an_address"),
        CheckConstraint("phone LIKE '+%'", name="patient_phone_is_in_e164"),
        CheckConstraint("email <> ''", name="patient_email_is_not_blank"),
        filled("language", "patient_has_a_language"),
        Index("patients_by_phone", "phone"),
        CheckConstraint("payer_id <> id", name="nobody_is_named_their_own_payer"),
        Index("patients_by_birth_date", "birth_date"),
        Index(
            "patients_of_a_payer",
            "payer_id",
            sqlite_where=text("payer_id IS NOT NULL"),
            postgresql_where=text("payer_id IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str
    name: str
    sex: Sex = Field(sa_type=one_of(Sex, "patient_sex_is_known"))
    birth_date: date
    birth_date_is_estimated: bool = False
    phone: str
    email: str | None = None
    address: str
    # Who pays while the patient is a minor (HL7 FHIR's Account.guarantor).
    payer_id: int | None = Field(default=None, foreign_key="patient.id")
    # In which letters are written: the code of a file under templates/.
    language: str = "en"
    # Whether letters are wanted, by the newest consent of each purpose.
    mail_for_care: bool = True
    mail_for_reminders: bool = False
    # What the desk finds a patient by: folded name, hospital number and the phone's digits, and
    # the name run together where it is spelt apart.
    search_text: str
    enrolled_at: datetime
    form: str
    version: int = 1
