"""A doctor's time: working sessions, leave, appointments, and what happened in the room."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from mediklaud.models.words import (
    LIVE_SQL,
    AppointmentStatus,
    EmergencyReason,
    Priority,
    VisitKind,
    filled,
    one_of,
    whole,
)


class WorkingSession(SQLModel, table=True):
    """A weekly stretch of a doctor's working time, in minutes after midnight at the hospital."""

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
    valid_from: date
    valid_to: date | None = None


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
    withdrawn_at: datetime | None = None


class Appointment(SQLModel, table=True):
    """A doctor's time promised to a patient. Its length is copied from the slot."""

    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_appointment"),
        UniqueConstraint("moved_from_id", name="an_appointment_is_moved_once"),
        CheckConstraint("ends_at > starts_at", name="appointment_ends_after_it_starts"),
        CheckConstraint(
            "(priority = 'emergency') = (emergency_reason IS NOT NULL)",
            name="an_emergency_has_a_reason",
        ),
        # Moving is a change, and a change is never blocked.
        CheckConstraint(
            "NOT on_hold OR priority = 'emergency' OR moved_from_id IS NOT NULL",
            name="on_hold_only_an_emergency_is_booked",
        ),
        CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)",
            name="a_cancellation_has_its_moment",
        ),
        CheckConstraint(
            "status <> 'cancelled' OR length(trim(cancel_reason)) > 0",
            name="a_cancellation_has_a_reason",
        ),
        CheckConstraint(
            "on_hold = (overdue_then_paise > dues_limit_then_paise)",
            name="on_hold_is_more_overdue_than_the_limit",
        ),
        CheckConstraint("overdue_then_paise <= dues_then_paise", name="what_is_overdue_is_owed"),
        whole("dues_then_paise", "dues_then_are_whole_paise"),
        whole("overdue_then_paise", "overdue_then_is_whole_paise"),
        whole("dues_limit_then_paise", "dues_limit_then_is_whole_paise"),
        ExcludeConstraint(
            (text("int4range(doctor_id, doctor_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text(LIVE_SQL),
            name="no_overlapping_appointments_of_a_doctor",
        ).ddl_if(dialect="postgresql"),
        ExcludeConstraint(
            (text("int4range(patient_id, patient_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text(LIVE_SQL),
            name="no_overlapping_appointments_of_a_patient",
        ).ddl_if(dialect="postgresql"),
        Index("appointments_of_a_doctor", "doctor_id", "starts_at"),
        Index("appointments_of_a_patient", "patient_id", "starts_at"),
        Index("appointments_by_start", "starts_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    patient_id: int = Field(foreign_key="patient.id")
    kind: VisitKind = Field(sa_type=one_of(VisitKind, "appointment_kind_is_known"))
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus = Field(
        default=AppointmentStatus.BOOKED,
        sa_type=one_of(AppointmentStatus, "appointment_status_is_known"),
    )
    priority: Priority = Field(
        default=Priority.ROUTINE, sa_type=one_of(Priority, "appointment_priority_is_known")
    )
    emergency_reason: EmergencyReason | None = Field(
        default=None, sa_type=one_of(EmergencyReason, "emergency_reason_is_known")
    )
    # What the dues gate saw inside the booking transaction, and the hospital's rule then.
    dues_then_paise: int = Field(default=0, sa_type=BigInteger)
    overdue_then_paise: int = Field(default=0, sa_type=BigInteger)
    dues_limit_then_paise: int = Field(default=0, sa_type=BigInteger)
    grace_days_then: int = 0
    on_hold: bool = False
    booked_at: datetime
    booked_by: int | None = Field(default=None, foreign_key="account.id")
    arrived_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    moved_from_id: int | None = Field(default=None, foreign_key="appointment.id")
    form: str


class Encounter(SQLModel, table=True):
    """What happened in the consulting room; the screen calls it a consultation."""

    __table_args__ = (
        UniqueConstraint("appointment_id", name="one_encounter_per_appointment"),
        CheckConstraint("finished_at >= begun_at", name="encounter_finishes_after_it_begins"),
        filled("note", "a_finished_encounter_has_a_note"),
        CheckConstraint(
            "(finished_at IS NULL) = (note IS NULL)", name="a_note_is_kept_when_finished"
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    appointment_id: int = Field(foreign_key="appointment.id")
    begun_at: datetime
    finished_at: datetime | None = None
    note: str | None = None
