"""Booking on the phone: holds, kinds of visits with their length, waitlist, follow-ups."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

from mediklaud.migrations.reshaping import reshape

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


# How many letters a calendar entry has had before this release: one for every move of its
# chain, and one more where it was cancelled by a letter, not by a move.
_LETTERS_SO_FAR = """
    (WITH RECURSIVE chain(id, before_id) AS (
        SELECT a.id, a.moved_from_id FROM appointment a WHERE a.id = appointment.id
        UNION ALL
        SELECT a.id, a.moved_from_id FROM appointment a JOIN chain c ON a.id = c.before_id)
     SELECT count(*) - 1 FROM chain)
    + CASE WHEN status = 'cancelled' AND NOT EXISTS (
        SELECT 1 FROM appointment later WHERE later.moved_from_id = appointment.id)
      THEN 1 ELSE 0 END"""

_FILL = {
    "hospital": {
        "overbookings_a_session": "2",
        "follow_up_visits": "0",
        "follow_up_days": "0",
        "follow_up_percent": "0",
    },
    "working_session": {"first_minutes": "slot_minutes", "follow_up_minutes": "slot_minutes"},
    "appointment": {
        "promised_at": "booked_at",
        "walk_in": "(1 = 0)",
        "calendar_sequence": _LETTERS_SO_FAR,
    },
}


def upgrade() -> None:
    op.add_column(
        "leave", sa.Column("granted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True)
    )
    reshape(
        "hospital",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("gstin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("zone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("country", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_prefix", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("bill_prefix", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("receipt_prefix", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("dues_limit_paise", sa.BigInteger(), nullable=False),
        sa.Column("dues_grace_days", sa.Integer(), nullable=False),
        sa.Column("overbookings_a_session", sa.Integer(), nullable=False),
        sa.Column("follow_up_visits", sa.Integer(), nullable=False),
        sa.Column("follow_up_days", sa.Integer(), nullable=False),
        sa.Column("follow_up_percent", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("set_up_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "CAST(dues_limit_paise AS BIGINT) = dues_limit_paise AND dues_limit_paise >= 0",
            name="dues_limit_is_whole_paise",
        ),
        sa.CheckConstraint("bill_prefix <> receipt_prefix", name="bills_and_receipts_differ"),
        sa.CheckConstraint("dues_grace_days BETWEEN 0 AND 365", name="grace_is_a_year_at_most"),
        sa.CheckConstraint(
            "follow_up_days BETWEEN 0 AND 365", name="follow_ups_last_a_year_at_most"
        ),
        sa.CheckConstraint(
            "follow_up_percent BETWEEN 0 AND 99", name="entitled_follow_ups_are_cheaper"
        ),
        sa.CheckConstraint("follow_up_visits BETWEEN 0 AND 20", name="follow_ups_are_20_at_most"),
        sa.CheckConstraint("id = 1", name="there_is_one_hospital"),
        sa.CheckConstraint("length(bill_prefix) BETWEEN 1 AND 3", name="bill_prefix_fits"),
        sa.CheckConstraint("length(receipt_prefix) BETWEEN 1 AND 3", name="receipt_prefix_fits"),
        sa.CheckConstraint("length(trim(name)) > 0", name="hospital_has_a_name"),
        sa.CheckConstraint("length(trim(zone)) > 0", name="hospital_has_a_zone"),
        sa.CheckConstraint(
            "overbookings_a_session BETWEEN 0 AND 20", name="overbookings_are_20_at_most"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital")),
        fill=_FILL["hospital"],
    )
    reshape(
        "working_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("begins_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
        sa.Column("first_minutes", sa.Integer(), nullable=True),
        sa.Column("follow_up_minutes", sa.Integer(), nullable=True),
        sa.Column("procedure_minutes", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(doctor_id, doctor_id, '[]')"), "&&"),
            (sa.text("int4range(weekday, weekday, '[]')"), "&&"),
            (sa.text("int4range(begins_minute, ends_minute)"), "&&"),
            (sa.text("daterange(valid_from, valid_to, '[]')"), "&&"),
            using="gist",
            name="no_overlapping_sessions_of_a_doctor",
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "begins_minute >= 0 AND ends_minute <= 1440", name="session_lies_within_a_day"
        ),
        sa.CheckConstraint("ends_minute > begins_minute", name="session_ends_after_it_begins"),
        sa.CheckConstraint(
            "first_minutes >= 5 AND first_minutes <= ends_minute - begins_minute",
            name="a_first_visit_fits_in_the_session",
        ),
        sa.CheckConstraint(
            "follow_up_minutes >= 5 AND follow_up_minutes <= ends_minute - begins_minute",
            name="a_follow_up_fits_in_the_session",
        ),
        sa.CheckConstraint(
            "procedure_minutes >= 5 AND procedure_minutes <= ends_minute - begins_minute",
            name="a_procedure_fits_in_the_session",
        ),
        sa.CheckConstraint(
            "slot_minutes <= ends_minute - begins_minute", name="a_slot_fits_in_the_session"
        ),
        sa.CheckConstraint("slot_minutes BETWEEN 5 AND 240", name="slot_is_5_to_240_minutes"),
        sa.CheckConstraint("valid_to >= valid_from", name="session_is_valid_for_a_day_at_least"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="session_is_on_a_weekday"),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_working_session_doctor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_session")),
        fill=_FILL["working_session"],
    )
    op.create_index(
        "sessions_of_a_doctor",
        "working_session",
        ["doctor_id", "weekday"],
        unique=False,
        if_not_exists=True,
    )
    reshape(
        "tariff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "first",
                "follow_up",
                "procedure",
                name="tariff_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("price_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CAST(price_paise AS BIGINT) = price_paise AND price_paise >= 0",
            name="price_is_whole_paise",
        ),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_tariff_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff")),
        sa.UniqueConstraint("doctor_id", "kind", "effective_from", name="one_price_a_day"),
        fill={},
    )
    reshape(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "first",
                "follow_up",
                "procedure",
                name="appointment_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ends_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "booked",
                "arrived",
                "fulfilled",
                "cancelled",
                "noshow",
                name="appointment_status_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "priority",
            sa.Enum(
                "routine",
                "emergency",
                name="appointment_priority_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "emergency_reason",
            sa.Enum(
                "acute_pain",
                "breathlessness",
                "injury",
                "bleeding",
                "fever_in_a_child",
                "pregnancy",
                "doctors_advice",
                name="emergency_reason_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("dues_then_paise", sa.BigInteger(), nullable=False),
        sa.Column("overdue_then_paise", sa.BigInteger(), nullable=False),
        sa.Column("dues_limit_then_paise", sa.BigInteger(), nullable=False),
        sa.Column("grace_days_then", sa.Integer(), nullable=False),
        sa.Column("on_hold", sa.Boolean(), nullable=False),
        sa.Column("booked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("promised_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("booked_by", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("cancelled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("cancel_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("moved_from_id", sa.Integer(), nullable=True),
        sa.Column("session_begins_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("token", sa.Integer(), nullable=True),
        sa.Column("walk_in", sa.Boolean(), nullable=False),
        sa.Column("overbook_number", sa.Integer(), nullable=True),
        sa.Column("overbook_cap_then", sa.Integer(), nullable=True),
        sa.Column("overbook_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("entitled_by_id", sa.Integer(), nullable=True),
        sa.Column("calendar_sequence", sa.Integer(), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(doctor_id, doctor_id, '[]')"), "&&"),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text(
                "status IN ('booked', 'arrived', 'fulfilled') AND overbook_number IS NULL"
            ),
            using="gist",
            name="no_overlapping_appointments_of_a_doctor",
        ).ddl_if(dialect="postgresql"),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(patient_id, patient_id, '[]')"), "&&"),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("status IN ('booked', 'arrived', 'fulfilled')"),
            using="gist",
            name="no_overlapping_appointments_of_a_patient",
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint(
            "(priority = 'emergency') = (emergency_reason IS NOT NULL)",
            name="an_emergency_has_a_reason",
        ),
        sa.CheckConstraint(
            "(status = 'cancelled') = (cancelled_at IS NOT NULL)",
            name="a_cancellation_has_its_moment",
        ),
        sa.CheckConstraint(
            "NOT on_hold OR priority = 'emergency' OR (moved_from_id IS NOT NULL AND promised_at = booked_at)",
            name="on_hold_only_an_emergency_is_booked",
        ),
        sa.CheckConstraint(
            "entitled_by_id IS NULL OR kind = 'follow_up'", name="only_follow_ups_are_entitled"
        ),
        sa.CheckConstraint(
            "status <> 'cancelled' OR length(trim(cancel_reason)) > 0",
            name="a_cancellation_has_a_reason",
        ),
        sa.CheckConstraint(
            "(overbook_number IS NULL) = (overbook_reason IS NULL) AND (overbook_number IS NULL) = (overbook_cap_then IS NULL)",
            name="an_overbooking_has_a_reason",
        ),
        sa.CheckConstraint(
            "(token IS NULL AND overbook_number IS NULL) OR session_begins_at IS NOT NULL",
            name="a_token_belongs_to_a_session",
        ),
        sa.CheckConstraint(
            "CAST(dues_limit_then_paise AS BIGINT) = dues_limit_then_paise AND dues_limit_then_paise >= 0",
            name="dues_limit_then_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(dues_then_paise AS BIGINT) = dues_then_paise AND dues_then_paise >= 0",
            name="dues_then_are_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(overdue_then_paise AS BIGINT) = overdue_then_paise AND overdue_then_paise >= 0",
            name="overdue_then_is_whole_paise",
        ),
        sa.CheckConstraint("NOT walk_in OR token IS NOT NULL", name="a_walk_in_has_a_token"),
        sa.CheckConstraint("calendar_sequence >= 0", name="calendar_sequence_counts_from_zero"),
        sa.CheckConstraint("ends_at > starts_at", name="appointment_ends_after_it_starts"),
        sa.CheckConstraint("entitled_by_id <> id", name="no_visit_entitles_itself"),
        sa.CheckConstraint(
            "length(trim(overbook_reason)) > 0", name="an_overbookings_reason_is_not_blank"
        ),
        sa.CheckConstraint(
            "on_hold = (overdue_then_paise > dues_limit_then_paise)",
            name="on_hold_is_more_overdue_than_the_limit",
        ),
        sa.CheckConstraint(
            "overbook_number BETWEEN 1 AND overbook_cap_then",
            name="overbooking_stays_within_its_cap",
        ),
        sa.CheckConstraint("overdue_then_paise <= dues_then_paise", name="what_is_overdue_is_owed"),
        sa.CheckConstraint("promised_at >= booked_at", name="a_promise_is_not_before_the_booking"),
        sa.CheckConstraint("token >= 1", name="tokens_begin_at_one"),
        sa.ForeignKeyConstraint(
            ["booked_by"], ["account.id"], name=op.f("fk_appointment_booked_by")
        ),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_appointment_doctor_id")
        ),
        sa.ForeignKeyConstraint(
            ["entitled_by_id"], ["appointment.id"], name=op.f("fk_appointment_entitled_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["moved_from_id"], ["appointment.id"], name=op.f("fk_appointment_moved_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_appointment_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint(
            "doctor_id", "session_begins_at", "token", name="one_patient_a_token_in_a_session"
        ),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_appointment"),
        sa.UniqueConstraint("moved_from_id", name="an_appointment_is_moved_once"),
        fill=_FILL["appointment"],
    )
    op.create_index(
        "appointments_by_start", "appointment", ["starts_at"], unique=False, if_not_exists=True
    )
    op.drop_index("appointments_of_a_doctor", "appointment", if_exists=True)
    op.create_index(
        "appointments_of_a_doctor",
        "appointment",
        ["doctor_id", "starts_at", "ends_at", "status", "overbook_number"],
        unique=False,
    )
    op.create_index(
        "appointments_of_a_patient",
        "appointment",
        ["patient_id", "starts_at"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        "follow_ups_of_a_visit",
        "appointment",
        ["entitled_by_id"],
        unique=False,
        sqlite_where=sa.text("entitled_by_id IS NOT NULL"),
        postgresql_where=sa.text("entitled_by_id IS NOT NULL"),
        if_not_exists=True,
    )
    op.create_index(
        "one_overbooking_a_place",
        "appointment",
        ["doctor_id", "session_begins_at", "overbook_number"],
        unique=True,
        sqlite_where=sa.text("status IN ('booked', 'arrived', 'fulfilled')"),
        postgresql_where=sa.text("status IN ('booked', 'arrived', 'fulfilled')"),
        if_not_exists=True,
    )
    op.create_table(
        "holiday",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("begins_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ends_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("declared_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("ends_at > begins_at", name="holiday_ends_after_it_begins"),
        sa.CheckConstraint("length(trim(name)) > 0", name="holiday_has_a_name"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint("day", name="one_holiday_a_day"),
    )
    op.create_index("holidays_by_moment", "holiday", ["begins_at"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "first",
                "follow_up",
                "procedure",
                name="hold_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ends_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("held_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(doctor_id, doctor_id, '[]')"), "&&"),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            using="gist",
            name="no_overlapping_holds_of_a_doctor",
        ).ddl_if(dialect="postgresql"),
        sa.CheckConstraint("ends_at > starts_at", name="hold_ends_after_it_starts"),
        sa.CheckConstraint("expires_at > held_at", name="hold_expires_after_it_is_taken"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_hold_account_id")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_hold_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("account_id", name="a_clerk_holds_one_time"),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_hold"),
    )
    op.create_index("holds_of_a_doctor", "hold", ["doctor_id", "starts_at"], unique=False)
    op.create_table(
        "entitlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("granted_by_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("granted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("percent BETWEEN 0 AND 99", name="an_entitlement_is_cheaper"),
        sa.CheckConstraint("visits BETWEEN 1 AND 20", name="an_entitlement_is_1_to_20_visits"),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_entitlement_doctor_id")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["appointment.id"], name=op.f("fk_entitlement_granted_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_entitlement_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entitlement")),
        sa.UniqueConstraint("granted_by_id", name="a_visit_entitles_once"),
    )
    op.create_index(
        "entitlements_of_a_patient",
        "entitlement",
        ["patient_id", "doctor_id", "last_day"],
        unique=False,
    )
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("specialty", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "first",
                "follow_up",
                "procedure",
                name="waitlist_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("begins_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(doctor_id IS NULL) <> (specialty IS NULL)", name="one_waits_for_doctor_or_specialty"
        ),
        sa.CheckConstraint(
            "appointment_id IS NULL OR closed_at IS NOT NULL", name="who_is_booked_waits_no_more"
        ),
        sa.CheckConstraint(
            "begins_minute >= 0 AND ends_minute <= 1440 AND ends_minute > begins_minute",
            name="one_waits_for_hours_of_a_day",
        ),
        sa.CheckConstraint("last_day >= first_day", name="a_wait_ends_after_it_begins"),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name="one_waits_for_a_weekday_at_least"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_waitlist_entry_appointment_id")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["account.id"], name=op.f("fk_waitlist_entry_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_waitlist_entry_doctor_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_waitlist_entry_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
        sa.UniqueConstraint("appointment_id", name="an_appointment_ends_one_wait"),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_entry"),
    )
    op.create_index(
        "waiting",
        "waitlist_entry",
        ["urgent", "asked_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("waits_of_a_patient", "waitlist_entry", ["patient_id"], unique=False)
