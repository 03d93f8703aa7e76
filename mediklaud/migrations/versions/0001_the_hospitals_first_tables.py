"""The hospital's first tables, with every rule a table can keep."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "doctor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("specialty", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("qualifications", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("council", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("registration", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("registration_expires_on", sa.Date(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("deactivated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("registered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "active = (deactivated_at IS NULL)", name="inactive_doctor_has_a_last_moment"
        ),
        sa.CheckConstraint("length(trim(council)) > 0", name="doctor_has_a_council"),
        sa.CheckConstraint("length(trim(email)) > 0", name="doctor_has_an_email"),
        sa.CheckConstraint("length(trim(name)) > 0", name="doctor_has_a_name"),
        sa.CheckConstraint("length(trim(phone)) > 0", name="doctor_has_a_phone"),
        sa.CheckConstraint("length(trim(qualifications)) > 0", name="doctor_has_qualifications"),
        sa.CheckConstraint("length(trim(registration)) > 0", name="doctor_has_a_registration"),
        sa.CheckConstraint("length(trim(specialty)) > 0", name="doctor_has_a_specialty"),
        sa.CheckConstraint(
            "registration = upper(registration)", name="registration_is_in_capitals"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor")),
        sa.UniqueConstraint("council", "registration", name="one_doctor_per_registration"),
        sa.UniqueConstraint("number", name="one_doctor_per_number"),
    )
    with op.batch_alter_table("doctor") as batch_op:
        batch_op.create_index("doctors_by_specialty", ["specialty"], unique=False)

    op.create_table(
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
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("set_up_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "CAST(dues_limit_paise AS BIGINT) = dues_limit_paise AND dues_limit_paise >= 0",
            name="dues_limit_is_whole_paise",
        ),
        sa.CheckConstraint("bill_prefix <> receipt_prefix", name="bills_and_receipts_differ"),
        sa.CheckConstraint("dues_grace_days BETWEEN 0 AND 365", name="grace_is_a_year_at_most"),
        sa.CheckConstraint("id = 1", name="there_is_one_hospital"),
        sa.CheckConstraint("length(bill_prefix) BETWEEN 1 AND 3", name="bill_prefix_fits"),
        sa.CheckConstraint("length(receipt_prefix) BETWEEN 1 AND 3", name="receipt_prefix_fits"),
        sa.CheckConstraint("length(trim(name)) > 0", name="hospital_has_a_name"),
        sa.CheckConstraint("length(trim(zone)) > 0", name="hospital_has_a_zone"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital")),
    )
    op.create_table(
        "number_series",
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "CAST(last AS BIGINT) = last AND last >= 0", name="last_number_is_whole"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_series")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "sex",
            sa.Enum(
                "female",
                "male",
                "other",
                "unknown",
                name="patient_sex_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("birth_date_is_estimated", sa.Boolean(), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("search_text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("enrolled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("email <> ''", name="patient_email_is_not_blank"),
        sa.CheckConstraint("phone LIKE '+%'", name="patient_phone_is_in_e164"),
        sa.CheckConstraint("length(trim(address)) > 0", name="patient_has_an_address"),
        sa.CheckConstraint("length(trim(name)) > 0", name="patient_has_a_name"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_patient"),
        sa.UniqueConstraint("number", name="one_patient_per_number"),
    )
    with op.batch_alter_table("patient") as batch_op:
        batch_op.create_index("patients_by_birth_date", ["birth_date"], unique=False)
        batch_op.create_index("patients_by_phone", ["phone"], unique=False)

    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt") as batch_op:
        batch_op.create_index("attempts_by_username", ["username", "at"], unique=False)

    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("length(trim(name)) > 0", name="account_has_a_name"),
        sa.CheckConstraint("length(trim(password_hash)) > 0", name="account_has_a_password"),
        sa.CheckConstraint("length(trim(username)) > 0", name="account_has_a_username"),
        sa.CheckConstraint("username = lower(username)", name="username_is_in_small_letters"),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_account_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("doctor_id", name="one_account_per_doctor"),
        sa.UniqueConstraint("username", name="one_account_per_username"),
    )
    op.create_table(
        "leave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("begins_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ends_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("ends_at > begins_at", name="leave_ends_after_it_begins"),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_leave_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leave")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_leave"),
    )
    with op.batch_alter_table("leave") as batch_op:
        batch_op.create_index("leaves_of_a_doctor", ["doctor_id", "begins_at"], unique=False)

    op.create_table(
        "tariff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "first",
                "follow_up",
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
    )
    op.create_table(
        "working_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("begins_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.Column("slot_minutes", sa.Integer(), nullable=False),
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
            "slot_minutes <= ends_minute - begins_minute", name="a_slot_fits_in_the_session"
        ),
        sa.CheckConstraint("slot_minutes BETWEEN 5 AND 240", name="slot_is_5_to_240_minutes"),
        sa.CheckConstraint("valid_to >= valid_from", name="session_is_valid_for_a_day_at_least"),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name="session_is_on_a_weekday"),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_working_session_doctor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_session")),
    )
    with op.batch_alter_table("working_session") as batch_op:
        batch_op.create_index("sessions_of_a_doctor", ["doctor_id", "weekday"], unique=False)

    op.create_table(
        "account_role",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "cmo",
                "registrar",
                "front_desk",
                "doctor",
                "finance",
                "administrator",
                name="role_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("granted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_role_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["account.id"], name=op.f("fk_account_role_granted_by")
        ),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_account_role")),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "first",
                "follow_up",
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
        sa.Column("booked_by", sa.Integer(), nullable=True),
        sa.Column("arrived_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("cancelled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("cancel_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("moved_from_id", sa.Integer(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int4range(doctor_id, doctor_id, '[]')"), "&&"),
            (sa.text("tstzrange(starts_at, ends_at)"), "&&"),
            where=sa.text("status IN ('booked', 'arrived', 'fulfilled')"),
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
            "NOT on_hold OR priority = 'emergency' OR moved_from_id IS NOT NULL",
            name="on_hold_only_an_emergency_is_booked",
        ),
        sa.CheckConstraint(
            "status <> 'cancelled' OR length(trim(cancel_reason)) > 0",
            name="a_cancellation_has_a_reason",
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
        sa.CheckConstraint("ends_at > starts_at", name="appointment_ends_after_it_starts"),
        sa.CheckConstraint(
            "on_hold = (overdue_then_paise > dues_limit_then_paise)",
            name="on_hold_is_more_overdue_than_the_limit",
        ),
        sa.CheckConstraint("overdue_then_paise <= dues_then_paise", name="what_is_overdue_is_owed"),
        sa.ForeignKeyConstraint(
            ["booked_by"], ["account.id"], name=op.f("fk_appointment_booked_by")
        ),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_appointment_doctor_id")
        ),
        sa.ForeignKeyConstraint(
            ["moved_from_id"], ["appointment.id"], name=op.f("fk_appointment_moved_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_appointment_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_appointment"),
        sa.UniqueConstraint("moved_from_id", name="an_appointment_is_moved_once"),
    )
    with op.batch_alter_table("appointment") as batch_op:
        batch_op.create_index("appointments_by_start", ["starts_at"], unique=False)
        batch_op.create_index("appointments_of_a_doctor", ["doctor_id", "starts_at"], unique=False)
        batch_op.create_index(
            "appointments_of_a_patient", ["patient_id", "starts_at"], unique=False
        )

    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("account_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("deed", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("previous_seal", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("seal", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_audit_event_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("previous_seal", name="each_audit_row_has_one_next"),
    )
    with op.batch_alter_table("audit_event") as batch_op:
        batch_op.create_index("audit_by_moment", ["at"], unique=False)
        batch_op.create_index(
            "audit_by_subject", ["subject", "deed", "account_id", "at"], unique=False
        )

    op.create_table(
        "invoice",
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("series", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("hospital_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_gstin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("patient_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_specialty", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_registration", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("total_paise", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "CAST(serial AS BIGINT) = serial AND serial >= 1", name="bill_serial_is_whole"
        ),
        sa.CheckConstraint(
            "CAST(total_paise AS BIGINT) = total_paise AND total_paise >= 1",
            name="bill_total_is_whole_paise",
        ),
        sa.CheckConstraint("length(number) <= 16", name="bill_number_has_16_characters_at_most"),
        sa.CheckConstraint("number = upper(number)", name="bill_number_is_in_capitals"),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_invoice_doctor_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["account.id"], name=op.f("fk_invoice_issued_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_invoice_patient_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_invoice")),
        sa.UniqueConstraint("series", "serial", name="one_bill_per_serial"),
    )
    with op.batch_alter_table("invoice") as batch_op:
        batch_op.create_index("bills_by_day", ["issued_on"], unique=False)
        batch_op.create_index("bills_of_a_patient", ["patient_id", "issued_on"], unique=False)
        batch_op.create_index(
            "open_bills_of_a_patient",
            ["patient_id"],
            unique=False,
            sqlite_where=sa.text("settled_at IS NULL"),
            postgresql_where=sa.text("settled_at IS NULL"),
        )

    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "cash",
                "upi",
                "card",
                "bank",
                "cheque",
                name="payment_method_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("received_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("received_by", sa.Integer(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "method = 'cash' OR length(trim(reference)) > 0", name="only_cash_has_no_reference"
        ),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise >= 1",
            name="payment_is_whole_paise",
        ),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_payment_patient_id")),
        sa.ForeignKeyConstraint(
            ["received_by"], ["account.id"], name=op.f("fk_payment_received_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_payment"),
    )
    with op.batch_alter_table("payment") as batch_op:
        batch_op.create_index(
            "a_reference_is_used_once",
            ["method", "reference"],
            unique=True,
            sqlite_where=sa.text("method <> 'cash'"),
            postgresql_where=sa.text("method <> 'cash'"),
        )
        batch_op.create_index("payments_by_moment", ["received_at"], unique=False)
        batch_op.create_index("payments_of_a_patient", ["patient_id"], unique=False)

    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("signed_in_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("expires_at > signed_in_at", name="sign_in_expires_after_it_begins"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name="one_sign_in_per_token"),
    )
    with op.batch_alter_table("sign_in") as batch_op:
        batch_op.create_index("live_sign_ins_of_an_account", ["account_id"], unique=False)

    op.create_table(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("invoice_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("allocated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise >= 1",
            name="allocation_is_whole_paise",
        ),
        sa.ForeignKeyConstraint(
            ["invoice_number"], ["invoice.number"], name=op.f("fk_allocation_invoice_number")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_allocation_payment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
        sa.UniqueConstraint("payment_id", "invoice_number", name="one_allocation_per_bill"),
    )
    with op.batch_alter_table("allocation") as batch_op:
        batch_op.create_index("allocations_to_a_bill", ["invoice_number"], unique=False)

    op.create_table(
        "charge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sac", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("price_paise", sa.BigInteger(), nullable=False),
        sa.Column("charged_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "CAST(price_paise AS BIGINT) = price_paise AND price_paise >= 0",
            name="charge_is_whole_paise",
        ),
        sa.CheckConstraint("length(trim(description)) > 0", name="charge_has_a_description"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_charge_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        sa.UniqueConstraint("appointment_id", name="consultation_is_charged_once"),
    )
    op.create_table(
        "encounter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=False),
        sa.Column("begun_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.CheckConstraint(
            "(finished_at IS NULL) = (note IS NULL)", name="a_note_is_kept_when_finished"
        ),
        sa.CheckConstraint("finished_at >= begun_at", name="encounter_finishes_after_it_begins"),
        sa.CheckConstraint("length(trim(note)) > 0", name="a_finished_encounter_has_a_note"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_encounter_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounter")),
        sa.UniqueConstraint("appointment_id", name="one_encounter_per_appointment"),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("to_address", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("to_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("headline", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("html", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("calendar", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("calendar_method", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "sending",
                "sent",
                "failed",
                "unaddressed",
                name="letter_status_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("next_attempt_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(status = 'sent') = (sent_at IS NOT NULL)", name="a_sent_letter_has_its_moment"
        ),
        sa.CheckConstraint(
            "(to_address IS NULL) = (status = 'unaddressed')", name="only_the_addressed_are_sent"
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_message_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("message_id", name="one_message_id_per_letter"),
        sa.UniqueConstraint("subject", "kind", "version", name="one_letter_per_event"),
    )
    with op.batch_alter_table("message") as batch_op:
        batch_op.create_index("letters_not_delivered", ["status", "queued_at"], unique=False)
        batch_op.create_index("letters_of_an_appointment", ["appointment_id"], unique=False)
        batch_op.create_index(
            "letters_waiting",
            ["next_attempt_at"],
            unique=False,
            sqlite_where=sa.text("status IN ('queued', 'sending')"),
            postgresql_where=sa.text("status IN ('queued', 'sending')"),
        )

    op.create_table(
        "receipt",
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("series", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("hospital_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_gstin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("patient_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("received_by_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "CAST(serial AS BIGINT) = serial AND serial >= 1", name="receipt_serial_is_whole"
        ),
        sa.CheckConstraint("length(number) <= 16", name="receipt_number_has_16_characters_at_most"),
        sa.CheckConstraint("number = upper(number)", name="receipt_number_is_in_capitals"),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_receipt_payment_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_receipt")),
        sa.UniqueConstraint("payment_id", name="one_receipt_per_payment"),
        sa.UniqueConstraint("series", "serial", name="one_receipt_per_serial"),
    )
    op.create_table(
        "invoice_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("charge_id", sa.Integer(), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sac", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_paise", sa.BigInteger(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CAST(quantity AS BIGINT) = quantity AND quantity >= 1", name="line_quantity_is_whole"
        ),
        sa.CheckConstraint(
            "CAST(unit_price_paise AS BIGINT) = unit_price_paise AND unit_price_paise >= 0",
            name="line_price_is_whole_paise",
        ),
        sa.CheckConstraint(
            "amount_paise = quantity * unit_price_paise", name="line_is_quantity_times_price"
        ),
        sa.CheckConstraint("length(trim(description)) > 0", name="line_has_a_description"),
        sa.ForeignKeyConstraint(
            ["charge_id"], ["charge.id"], name=op.f("fk_invoice_line_charge_id")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_number"],
            ["invoice.number"],
            name=op.f("fk_invoice_line_invoice_number"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint("charge_id", name="charge_is_billed_once"),
    )
    with op.batch_alter_table("invoice_line") as batch_op:
        batch_op.create_index("lines_of_a_bill", ["invoice_number"], unique=False)
