"""Appointments, what comes before them and after: hold, waitlist, consultation, follow-ups."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field, SQLModel

from mediklaud.models.words import (
    LIVE_SQL,
    TAKES_TIME_SQL,
    AppointmentStatus,
    EmergencyReason,
    Priority,
    VisitKind,
    filled,
    one_of,
    whole,
)


class Hold(SQLModel, table=True):
    """A doctor's time kept for a clerk while the caller decides; its row goes with it.

    What has expired counts for nothing, and whoever wants the time next takes it away.
    """

    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_hold"),
        UniqueConstraint("account_id", name="a_clerk_holds_one_time"),
        CheckConstraint("ends_at > starts_at", name="hold_ends_after_it_starts"),
        CheckConstraint("expires_at > held_at", name="hold_expires_after_it_is_taken"),
        ExcludeConstraint(
            (text("int4range(doctor_id, doctor_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name="no_overlapping_holds_of_a_doctor",
        ).ddl_if(dialect="postgresql"),
        Index("holds_of_a_doctor", "doctor_id", "starts_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    kind: VisitKind = Field(sa_type=one_of(VisitKind, "hold_kind_is_known"))
    starts_at: datetime
    ends_at: datetime
    account_id: int = Field(foreign_key="account.id")
    held_at: datetime
    expires_at: datetime
    # A hold is extended once.
    extended: bool = False
    form: str


class Appointment(SQLModel, table=True):
    """A doctor's time promised to a patient. Its length is copied from the session."""

    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_appointment"),
        UniqueConstraint("moved_from_id", name="an_appointment_is_moved_once"),
        CheckConstraint("ends_at > starts_at", name="appointment_ends_after_it_starts"),
        CheckConstraint("entitled_by_id <> id", name="no_visit_entitles_itself"),
        CheckConstraint(
            "entitled_by_id IS NULL OR kind = 'follow_up'", name="only_follow_ups_are_entitled"
        ),
        CheckConstraint(
            "(priority = 'emergency') = (emergency_reason IS NOT NULL)",
            name="an_emergency_has_a_reason",
        ),
        # Moving is a change, and a change is never blocked; undoing a cancellation books anew.
        CheckConstraint(
            "NOT on_hold OR priority = 'emergency' "
            "OR (moved_from_id IS NOT NULL AND promised_at = booked_at)",
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
        CheckConstraint("token >= 1", name="tokens_begin_at_one"),
        CheckConstraint(
            "(token IS NULL AND overbook_number IS NULL) OR session_begins_at IS NOT NULL",
            name="a_token_belongs_to_a_session",
        ),
        CheckConstraint("NOT walk_in OR token IS NOT NULL", name="a_walk_in_has_a_token"),
        CheckConstraint(
            "(overbook_number IS NULL) = (overbook_reason IS NULL) "
            "AND (overbook_number IS NULL) = (overbook_cap_then IS NULL)",
            name="an_overbooking_has_a_reason",
        ),
        filled("overbook_reason", "an_overbookings_reason_is_not_blank"),
        CheckConstraint(
            "overbook_number BETWEEN 1 AND overbook_cap_then",
            name="overbooking_stays_within_its_cap",
        ),
        CheckConstraint("calendar_sequence >= 0", name="calendar_sequence_counts_from_zero"),
        CheckConstraint("promised_at >= booked_at", name="a_promise_is_not_before_the_booking"),
        UniqueConstraint(
            "doctor_id", "session_begins_at", "token", name="one_patient_a_token_in_a_session"
        ),
        Index(
            "one_overbooking_a_place",
            *("doctor_id", "session_begins_at", "overbook_number"),
            unique=True,
            sqlite_where=text(LIVE_SQL),
            postgresql_where=text(LIVE_SQL),
        ),
        Index(
            "follow_ups_of_a_visit",
            "entitled_by_id",
            sqlite_where=text("entitled_by_id IS NOT NULL"),
            postgresql_where=text("entitled_by_id IS NOT NULL"),
        ),
        whole("dues_then_paise", "dues_then_are_whole_paise"),
        whole("overdue_then_paise", "overdue_then_is_whole_paise"),
        whole("dues_limit_then_paise", "dues_limit_then_is_whole_paise"),
        ExcludeConstraint(
            (text("int4range(doctor_id, doctor_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text(TAKES_TIME_SQL),
            name="no_overlapping_appointments_of_a_doctor",
        ).ddl_if(dialect="postgresql"),
        ExcludeConstraint(
            (text("int4range(patient_id, patient_id, '[]')"), "&&"),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text(LIVE_SQL),
            name="no_overlapping_appointments_of_a_patient",
        ).ddl_if(dialect="postgresql"),
        # Free times and the overlap are found in the index alone, without a look at the rows.
        Index(
            "appointments_of_a_doctor",
            *("doctor_id", "starts_at", "ends_at", "status", "overbook_number"),
        ),
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
    # Whose dues were asked besides the patient's own: the payer a minor had then.
    payer_then_id: int | None = Field(default=None, foreign_key="patient.id")
    on_hold: bool = False
    booked_at: datetime
    # When the time was promised: at the booking, or anew when a cancellation was undone.
    promised_at: datetime
    booked_by: int | None = Field(default=None, foreign_key="account.id")
    arrived_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    moved_from_id: int | None = Field(default=None, foreign_key="appointment.id")
    # Which occurrence of the doctor's sessions it lies in, known by its first moment.
    session_begins_at: datetime | None = None
    # The place called out in the waiting room, given on arrival.
    token: int | None = None
    walk_in: bool = False
    # Which of the session's overbookings this is, of how many at most, and why.
    overbook_number: int | None = None
    overbook_cap_then: int | None = None
    overbook_reason: str | None = None
    # The paid visit whose entitlement makes this one free or cheaper.
    entitled_by_id: int | None = Field(default=None, foreign_key="appointment.id")
    # SEQUENCE of the calendar entry (RFC 5545, 3.8.7.4): it grows with every letter.
    calendar_sequence: int = 0
    form: str


class Entitlement(SQLModel, table=True):
    """Free or cheaper follow-ups that a paid visit gives, on the hospital's terms of that day."""

    __table_args__ = (
        UniqueConstraint("granted_by_id", name="a_visit_entitles_once"),
        CheckConstraint("visits BETWEEN 1 AND 20", name="an_entitlement_is_1_to_20_visits"),
        CheckConstraint("percent BETWEEN 0 AND 99", name="an_entitlement_is_cheaper"),
        Index("entitlements_of_a_patient", "patient_id", "doctor_id", "last_day"),
    )

    id: int | None = Field(default=None, primary_key=True)
    # The paid visit.
    granted_by_id: int = Field(foreign_key="appointment.id")
    patient_id: int = Field(foreign_key="patient.id")
    doctor_id: int = Field(foreign_key="doctor.id")
    visits: int
    # What is asked of the doctor's follow-up fee, in per cent; 0 is free.
    percent: int
    last_day: date
    granted_at: datetime


class WaitlistEntry(SQLModel, table=True):
    """A patient who waits for a doctor's time, or any doctor's of a specialty."""

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_entry"),
        UniqueConstraint("appointment_id", name="an_appointment_ends_one_wait"),
        CheckConstraint(
            "(doctor_id IS NULL) <> (specialty IS NULL)", name="one_waits_for_doctor_or_specialty"
        ),
        CheckConstraint("last_day >= first_day", name="a_wait_ends_after_it_begins"),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="one_waits_for_a_weekday_at_least"),
        CheckConstraint(
            "begins_minute >= 0 AND ends_minute <= 1440 AND ends_minute > begins_minute",
            name="one_waits_for_hours_of_a_day",
        ),
        CheckConstraint(
            "appointment_id IS NULL OR closed_at IS NOT NULL", name="who_is_booked_waits_no_more"
        ),
        Index(
            "waiting",
            *("urgent", "asked_at"),
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("waits_of_a_patient", "patient_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    patient_id: int = Field(foreign_key="patient.id")
    doctor_id: int | None = Field(default=None, foreign_key="doctor.id")
    specialty: str | None = None
    kind: VisitKind = Field(sa_type=one_of(VisitKind, "waitlist_kind_is_known"))
    first_day: date
    last_day: date
    # The weekdays that fit, Monday 1, Tuesday 2, Wednesday 4, … Sunday 64, added up.
    weekdays: int = 127
    begins_minute: int = 0
    ends_minute: int = 1440
    urgent: bool = False
    asked_at: datetime
    asked_by: int | None = Field(default=None, foreign_key="account.id")
    closed_at: datetime | None = None
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
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
