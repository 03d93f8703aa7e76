"""What stands around the letters: who agreed to which, who was called instead, calendar feeds."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from mediklaud.models.words import CallOutcome, Purpose, one_of


class Consent(SQLModel, table=True):
    """A patient's word on letters for a purpose, given or taken back; the newest one counts."""

    __table_args__ = (Index("consents_of_a_patient", "patient_id", "purpose"),)

    id: int | None = Field(default=None, primary_key=True)
    patient_id: int = Field(foreign_key="patient.id")
    purpose: Purpose = Field(sa_type=one_of(Purpose, "purpose_of_letters_is_known"))
    given: bool
    said_at: datetime
    # Who wrote it down.
    account_id: int | None = Field(default=None, foreign_key="account.id")


class PhoneCall(SQLModel, table=True):
    """A call in place of a letter that did not reach its patient, and what came of it."""

    __tablename__ = "phone_call"
    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_call"),
        Index("calls_about_a_letter", "message_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(foreign_key="message.id")
    outcome: CallOutcome = Field(sa_type=one_of(CallOutcome, "call_outcome_is_known"))
    note: str = ""
    called_at: datetime
    called_by: int | None = Field(default=None, foreign_key="account.id")
    form: str


class CalendarFeed(SQLModel, table=True):
    """The address under which a doctor's calendar program reads the own appointments.

    Only the token's digest is kept: the address is shown once.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (
        UniqueConstraint("digest", name="one_feed_per_token"),
        CheckConstraint("length(digest) = 64", name="feed_token_is_kept_as_its_digest"),
        Index("feeds_of_a_doctor", "doctor_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    digest: str
    opened_at: datetime
    opened_by: int | None = Field(default=None, foreign_key="account.id")
    closed_at: datetime | None = None
