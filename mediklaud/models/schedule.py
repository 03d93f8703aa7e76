"""A doctor's working time: weekly sessions, leave, and the hospital's holidays."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from mediklaud.models.words import VisitKind, filled


def _fits(column: str, rule: str) -> CheckConstraint:
    """The CHECK that a kind of visit takes 5 minutes at least and fits in the session."""
    return CheckConstraint(
        f"{column} >= 5 AND {column} <= ends_minute - begins_minute",
        name=rule,
    )


class WorkingSession(SQLModel, table=True):
    """A weekly stretch of a doctor's working time, in minutes after midnight at the hospital.

    A visit begins at every `slot_minutes` from the beginning, and takes the minutes of its
    kind; a kind without minutes is not seen in this session.
    """

    __tablename__ = "working_session"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="session_is_on_a_weekday"),
        CheckConstraint(
            "begins_minute >= 0 AND ends_minute <= 1440", name="session_lies_within_a_day"
        ),
        CheckConstraint("ends_minute > begins_minute", name="session_ends_after_it_begins"),
        CheckConstraint("slot_minutes BETWEEN 5 AND 240", name="slot_is_5_to_240_minutes"),
        CheckConstraint(
            "slot_minutes <= ends_minute - begins_minute", name="a_slot_fits_in_the_session"
        ),
        _fits("first_minutes", "a_first_visit_fits_in_the_session"),
        _fits("follow_up_minutes", "a_follow_up_fits_in_the_session"),
        _fits("procedure_minutes", "a_procedure_fits_in_the_session"),
        CheckConstraint("valid_to >= valid_from", name="session_is_valid_for_a_day_at_least"),
        # btree_gist is not everywhere, so a doctor is the range of one number.
        ExcludeConstraint(
            (text("int4range(doctor_id, doctor_id, '[]')"), "&&"),
            (text("int4range(weekday, weekday, '[]')"), "&&"),
            (text("int4range(begins_minute, ends_minute)"), "&&"),
            (text("daterange(valid_from, valid_to, '[]')"), "&&"),
            name="no_overlapping_sessions_of_a_doctor",
        ).ddl_if(dialect="postgresql"),
        Index("sessions_of_a_doctor", "doctor_id", "weekday"),
    )

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    weekday: int
    begins_minute: int
    ends_minute: int
    slot_minutes: int
    first_minutes: int | None = None
    follow_up_minutes: int | None = None
    procedure_minutes: int | None = None
    valid_from: date
    valid_to: date | None = None

    def minutes_of(self, kind: VisitKind) -> int | None:
        """How long a kind of visit takes here; None where it is not seen."""
        minutes: int | None = getattr(self, f"{kind.value}_minutes")
        return minutes


class Leave(SQLModel, table=True):
    """A stretch in which a doctor sees nobody, whatever the weekly sessions say."""

    __table_args__ = (
        CheckConstraint("ends_at > begins_at", name="leave_ends_after_it_begins"),
        UniqueConstraint("form", name="a_second_click_is_the_same_leave"),
        Index("leaves_of_a_doctor", "doctor_id", "begins_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    begins_at: datetime
    ends_at: datetime
    reason: str = ""
    form: str
    # Not known of leave that an earlier release granted.
    granted_at: datetime | None = None
    withdrawn_at: datetime | None = None


class Holiday(SQLModel, table=True):
    """A calendar day on which the hospital sees nobody by appointment."""

    __table_args__ = (
        UniqueConstraint("day", name="one_holiday_a_day"),
        filled("name", "holiday_has_a_name"),
        CheckConstraint("ends_at > begins_at", name="holiday_ends_after_it_begins"),
        Index("holidays_by_moment", "begins_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    day: date
    name: str
    # The day's bounds in UTC, so that the database can compare them with appointments.
    begins_at: datetime
    ends_at: datetime
    declared_at: datetime
