"""Money: payers, credit notes, refunds, advances, several tenders on a receipt, services."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

from mediklaud.migrations.reshaping import reshape

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _free_prefix(*wanted: str) -> str:
    """The first of these that neither bills nor receipts have; with three, one always is."""
    cases = " ".join(
        f"WHEN '{one}' NOT IN (bill_prefix, receipt_prefix) THEN '{one}'" for one in wanted
    )
    return f"CASE {cases} END"


def _of_payment(column: str) -> str:
    return f"(SELECT p.{column} FROM payment p WHERE p.id = receipt.payment_id)"  # noqa: S608 # nosec B608 # our own names


_FILL = {
    "hospital": {
        "credit_prefix": _free_prefix("JMC", "CR", "C1"),
        "refund_prefix": _free_prefix("JMF", "RF", "F1"),
        "advance_prefix": _free_prefix("JMA", "AD", "A1"),
        "bill_when": "'finish'",
    },
    "charge": {"quantity": "1", "tax_basis_points": "0"},
    "invoice": {
        "kind": "'bill_of_supply'",
        "payer_id": "patient_id",
        "payer_number": "patient_number",
        "payer_name": "patient_name",
        "subtotal_paise": "total_paise",
        "tax_paise": "0",
        "form": "'bill/' || number",
    },
    "invoice_line": {"tax_basis_points": "0", "tax_paise": "0"},
    "receipt": {
        "kind": "'receipt'",
        "payer_id": _of_payment("patient_id"),
        "amount_paise": _of_payment("amount_paise"),
        "issued_by": _of_payment("received_by"),
        "form": _of_payment("form"),
        "payer_number": "patient_number",
        "payer_name": "patient_name",
        "payer_phone": "patient_phone",
    },
    "payment": {"payer_id": "patient_id"},
    # Until now money was set against bills as it came in.
    "allocation": {
        "allocated_on": "(SELECT p.received_on FROM payment p WHERE p.id = allocation.payment_id)"
    },
}


def upgrade() -> None:
    _receipts_of_standing_payments()
    _hospital_and_people()
    _prices_and_charges()
    _bills()
    _money()


def _receipts_of_standing_payments() -> None:
    op.add_column(
        "payment",
        sa.Column("receipt_number", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    )
    op.execute(
        "UPDATE payment SET receipt_number = "
        "(SELECT r.number FROM receipt r WHERE r.payment_id = payment.id)"
    )
    # A name stands once in PostgreSQL, and this rule is the receipt's from now on.
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE payment DROP CONSTRAINT a_second_click_is_the_same_payment")
        op.execute("DROP INDEX open_bills_of_a_patient")


def _hospital_and_people() -> None:
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
        sa.Column("credit_prefix", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("refund_prefix", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("advance_prefix", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "bill_when",
            sa.Enum(
                "arrival",
                "finish",
                name="bill_when_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
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
        sa.CheckConstraint("bill_prefix <> advance_prefix", name="bills_and_advances_differ"),
        sa.CheckConstraint("bill_prefix <> credit_prefix", name="bills_and_credits_differ"),
        sa.CheckConstraint("bill_prefix <> receipt_prefix", name="bills_and_receipts_differ"),
        sa.CheckConstraint("bill_prefix <> refund_prefix", name="bills_and_refunds_differ"),
        sa.CheckConstraint("credit_prefix <> advance_prefix", name="credits_and_advances_differ"),
        sa.CheckConstraint("credit_prefix <> refund_prefix", name="credits_and_refunds_differ"),
        sa.CheckConstraint("dues_grace_days BETWEEN 0 AND 365", name="grace_is_a_year_at_most"),
        sa.CheckConstraint(
            "follow_up_days BETWEEN 0 AND 365", name="follow_ups_last_a_year_at_most"
        ),
        sa.CheckConstraint(
            "follow_up_percent BETWEEN 0 AND 99", name="entitled_follow_ups_are_cheaper"
        ),
        sa.CheckConstraint("follow_up_visits BETWEEN 0 AND 20", name="follow_ups_are_20_at_most"),
        sa.CheckConstraint("id = 1", name="there_is_one_hospital"),
        sa.CheckConstraint("length(advance_prefix) BETWEEN 1 AND 3", name="advance_prefix_fits"),
        sa.CheckConstraint("length(bill_prefix) BETWEEN 1 AND 3", name="bill_prefix_fits"),
        sa.CheckConstraint("length(credit_prefix) BETWEEN 1 AND 3", name="credit_prefix_fits"),
        sa.CheckConstraint("length(receipt_prefix) BETWEEN 1 AND 3", name="receipt_prefix_fits"),
        sa.CheckConstraint("length(refund_prefix) BETWEEN 1 AND 3", name="refund_prefix_fits"),
        sa.CheckConstraint("length(trim(name)) > 0", name="hospital_has_a_name"),
        sa.CheckConstraint("length(trim(zone)) > 0", name="hospital_has_a_zone"),
        sa.CheckConstraint(
            "overbookings_a_session BETWEEN 0 AND 20", name="overbookings_are_20_at_most"
        ),
        sa.CheckConstraint("receipt_prefix <> advance_prefix", name="receipts_and_advances_differ"),
        sa.CheckConstraint("receipt_prefix <> credit_prefix", name="receipts_and_credits_differ"),
        sa.CheckConstraint("receipt_prefix <> refund_prefix", name="receipts_and_refunds_differ"),
        sa.CheckConstraint("refund_prefix <> advance_prefix", name="refunds_and_advances_differ"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospital")),
        fill=_FILL["hospital"],
    )
    reshape(
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
        sa.Column("payer_id", sa.Integer(), nullable=True),
        sa.Column("search_text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("enrolled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("email <> ''", name="patient_email_is_not_blank"),
        sa.CheckConstraint("phone LIKE '+%'", name="patient_phone_is_in_e164"),
        sa.CheckConstraint("length(trim(address)) > 0", name="patient_has_an_address"),
        sa.CheckConstraint("length(trim(name)) > 0", name="patient_has_a_name"),
        sa.CheckConstraint("payer_id <> id", name="nobody_is_named_their_own_payer"),
        sa.ForeignKeyConstraint(["payer_id"], ["patient.id"], name=op.f("fk_patient_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_patient"),
        sa.UniqueConstraint("number", name="one_patient_per_number"),
        fill={},
    )
    op.create_index(
        "patients_by_birth_date", "patient", ["birth_date"], unique=False, if_not_exists=True
    )
    op.create_index("patients_by_phone", "patient", ["phone"], unique=False, if_not_exists=True)
    op.create_index(
        "patients_of_a_payer",
        "patient",
        ["payer_id"],
        unique=False,
        sqlite_where=sa.text("payer_id IS NOT NULL"),
        postgresql_where=sa.text("payer_id IS NOT NULL"),
        if_not_exists=True,
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
        sa.Column("payer_then_id", sa.Integer(), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["payer_then_id"], ["patient.id"], name=op.f("fk_appointment_payer_then_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint(
            "doctor_id", "session_begins_at", "token", name="one_patient_a_token_in_a_session"
        ),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_appointment"),
        sa.UniqueConstraint("moved_from_id", name="an_appointment_is_moved_once"),
        fill={},
    )
    op.create_index(
        "appointments_by_start", "appointment", ["starts_at"], unique=False, if_not_exists=True
    )
    op.create_index(
        "appointments_of_a_doctor",
        "appointment",
        ["doctor_id", "starts_at", "ends_at", "status", "overbook_number"],
        unique=False,
        if_not_exists=True,
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


def _prices_and_charges() -> None:
    op.create_table(
        "service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("folded_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sac", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("tax_basis_points", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "CAST(tax_basis_points AS BIGINT) = tax_basis_points AND tax_basis_points BETWEEN 0 AND 10000",
            name="service_tax_is_a_whole_share",
        ),
        sa.CheckConstraint("length(trim(name)) > 0", name="service_has_a_name"),
        sa.CheckConstraint("length(trim(sac)) > 0", name="service_has_a_sac"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("folded_name", name="one_service_per_name"),
    )
    op.create_table(
        "service_price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("price_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CAST(price_paise AS BIGINT) = price_paise AND price_paise >= 0",
            name="service_price_is_whole_paise",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["service.id"], name=op.f("fk_service_price_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_price")),
        sa.UniqueConstraint("service_id", "effective_from", name="one_service_price_a_day"),
    )
    reshape(
        "charge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("service_id", sa.Integer(), nullable=True),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sac", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price_paise", sa.BigInteger(), nullable=False),
        sa.Column("tax_basis_points", sa.Integer(), nullable=False),
        sa.Column("charged_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("voided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint(
            "(appointment_id IS NULL) <> (service_id IS NULL)",
            name="a_charge_is_for_a_visit_or_a_service",
        ),
        sa.CheckConstraint(
            "CAST(price_paise AS BIGINT) = price_paise AND price_paise >= 0",
            name="charge_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(quantity AS BIGINT) = quantity AND quantity >= 1", name="charge_quantity_is_whole"
        ),
        sa.CheckConstraint(
            "CAST(tax_basis_points AS BIGINT) = tax_basis_points AND tax_basis_points BETWEEN 0 AND 10000",
            name="charge_tax_is_a_whole_share",
        ),
        sa.CheckConstraint("length(trim(description)) > 0", name="charge_has_a_description"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_charge_appointment_id")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_charge_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge")),
        fill=_FILL["charge"],
    )
    op.create_index(
        "consultation_is_charged_once",
        "charge",
        ["appointment_id"],
        unique=True,
        sqlite_where=sa.text("voided_at IS NULL"),
        postgresql_where=sa.text("voided_at IS NULL"),
        if_not_exists=True,
    )


def _bills() -> None:
    reshape(
        "invoice",
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("series", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("hospital_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_gstin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "bill_of_supply",
                "tax_invoice",
                name="bill_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("patient_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_specialty", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_registration", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subtotal_paise", sa.BigInteger(), nullable=False),
        sa.Column("tax_paise", sa.BigInteger(), nullable=False),
        sa.Column("total_paise", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'tax_invoice' OR hospital_gstin IS NOT NULL", name="a_tax_invoice_has_a_gstin"
        ),
        sa.CheckConstraint(
            "tax_paise = 0 OR kind = 'tax_invoice'", name="tax_stands_on_a_tax_invoice"
        ),
        sa.CheckConstraint(
            "CAST(serial AS BIGINT) = serial AND serial >= 1", name="bill_serial_is_whole"
        ),
        sa.CheckConstraint(
            "CAST(subtotal_paise AS BIGINT) = subtotal_paise AND subtotal_paise >= 0",
            name="bill_subtotal_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(tax_paise AS BIGINT) = tax_paise AND tax_paise >= 0",
            name="bill_tax_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(total_paise AS BIGINT) = total_paise AND total_paise >= 1",
            name="bill_total_is_whole_paise",
        ),
        sa.CheckConstraint("length(number) <= 16", name="bill_number_has_16_characters_at_most"),
        sa.CheckConstraint("number = upper(number)", name="bill_number_is_in_capitals"),
        sa.CheckConstraint(
            "total_paise = subtotal_paise + tax_paise", name="bill_total_is_subtotal_and_tax"
        ),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_invoice_doctor_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["account.id"], name=op.f("fk_invoice_issued_by")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_invoice_patient_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["patient.id"], name=op.f("fk_invoice_payer_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_invoice")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_bill"),
        sa.UniqueConstraint("series", "serial", name="one_bill_per_serial"),
        fill=_FILL["invoice"],
    )
    op.create_index("bills_by_day", "invoice", ["issued_on"], unique=False, if_not_exists=True)
    op.create_index(
        "bills_of_a_patient",
        "invoice",
        ["patient_id", "issued_on"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        "bills_of_a_payer", "invoice", ["payer_id", "issued_on"], unique=False, if_not_exists=True
    )
    op.create_index(
        "open_bills_of_a_payer",
        "invoice",
        ["payer_id"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
        if_not_exists=True,
    )
    reshape(
        "invoice_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("charge_id", sa.Integer(), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sac", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_paise", sa.BigInteger(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("tax_basis_points", sa.Integer(), nullable=False),
        sa.Column("tax_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CAST(quantity AS BIGINT) = quantity AND quantity >= 1", name="line_quantity_is_whole"
        ),
        sa.CheckConstraint(
            "CAST(tax_basis_points AS BIGINT) = tax_basis_points AND tax_basis_points BETWEEN 0 AND 10000",
            name="line_tax_is_a_whole_share",
        ),
        sa.CheckConstraint(
            "CAST(unit_price_paise AS BIGINT) = unit_price_paise AND unit_price_paise >= 0",
            name="line_price_is_whole_paise",
        ),
        sa.CheckConstraint(
            "amount_paise = quantity * unit_price_paise", name="line_is_quantity_times_price"
        ),
        sa.CheckConstraint("length(trim(description)) > 0", name="line_has_a_description"),
        sa.CheckConstraint(
            "tax_paise = (amount_paise * tax_basis_points + 5000) / 10000",
            name="line_tax_is_rounded_half_a_paisa_up",
        ),
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
        fill=_FILL["invoice_line"],
    )
    op.create_index(
        "lines_of_a_bill", "invoice_line", ["invoice_number"], unique=False, if_not_exists=True
    )
    op.create_table(
        "credit_note",
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("series", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("hospital_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_gstin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("invoice_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("invoice_issued_on", sa.Date(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "void",
                "correction",
                "discount",
                "waiver",
                name="credit_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("patient_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subtotal_paise", sa.BigInteger(), nullable=False),
        sa.Column("tax_paise", sa.BigInteger(), nullable=False),
        sa.Column("total_paise", sa.BigInteger(), nullable=False),
        sa.Column("cancelled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("cancelled_by", sa.Integer(), nullable=True),
        sa.Column("cancel_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL) AND (cancelled_at IS NULL) = (cancelled_on IS NULL)",
            name="a_cancelled_credit_has_a_reason",
        ),
        sa.CheckConstraint(
            "CAST(serial AS BIGINT) = serial AND serial >= 1", name="credit_serial_is_whole"
        ),
        sa.CheckConstraint(
            "CAST(subtotal_paise AS BIGINT) = subtotal_paise AND subtotal_paise >= 0",
            name="credit_subtotal_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(tax_paise AS BIGINT) = tax_paise AND tax_paise >= 0",
            name="credit_tax_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(total_paise AS BIGINT) = total_paise AND total_paise >= 1",
            name="credit_total_is_whole_paise",
        ),
        sa.CheckConstraint("length(number) <= 16", name="credit_number_has_16_characters_at_most"),
        sa.CheckConstraint(
            "length(trim(cancel_reason)) > 0", name="a_cancelled_credits_reason_is_not_blank"
        ),
        sa.CheckConstraint("length(trim(reason)) > 0", name="a_credit_has_a_reason"),
        sa.CheckConstraint("number = upper(number)", name="credit_number_is_in_capitals"),
        sa.CheckConstraint(
            "total_paise = subtotal_paise + tax_paise", name="credit_total_is_subtotal_and_tax"
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by"], ["account.id"], name=op.f("fk_credit_note_cancelled_by")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_number"], ["invoice.number"], name=op.f("fk_credit_note_invoice_number")
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["account.id"], name=op.f("fk_credit_note_issued_by")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_credit_note")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_credit"),
        sa.UniqueConstraint("series", "serial", name="one_credit_per_serial"),
    )
    op.create_index("credits_by_day", "credit_note", ["issued_on"], unique=False)
    op.create_index("credits_of_a_bill", "credit_note", ["invoice_number"], unique=False)
    op.create_table(
        "credit_note_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credit_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("invoice_line_id", sa.Integer(), nullable=False),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("tax_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise >= 0",
            name="credit_line_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(tax_paise AS BIGINT) = tax_paise AND tax_paise >= 0",
            name="credit_line_tax_is_whole_paise",
        ),
        sa.ForeignKeyConstraint(
            ["credit_number"],
            ["credit_note.number"],
            name=op.f("fk_credit_note_line_credit_number"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["invoice_line_id"],
            ["invoice_line.id"],
            name=op.f("fk_credit_note_line_invoice_line_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note_line")),
        sa.UniqueConstraint("credit_number", "invoice_line_id", name="one_credit_a_line"),
    )
    op.create_index("credits_of_a_line", "credit_note_line", ["invoice_line_id"], unique=False)


def _money() -> None:
    reshape(
        "receipt",
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("series", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("hospital_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_gstin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "receipt",
                "advance",
                name="receipt_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("payer_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("received_by_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise >= 1",
            name="receipt_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(serial AS BIGINT) = serial AND serial >= 1", name="receipt_serial_is_whole"
        ),
        sa.CheckConstraint("length(number) <= 16", name="receipt_number_has_16_characters_at_most"),
        sa.CheckConstraint("number = upper(number)", name="receipt_number_is_in_capitals"),
        sa.ForeignKeyConstraint(["issued_by"], ["account.id"], name=op.f("fk_receipt_issued_by")),
        sa.ForeignKeyConstraint(["payer_id"], ["patient.id"], name=op.f("fk_receipt_payer_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_receipt")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_payment"),
        sa.UniqueConstraint("series", "serial", name="one_receipt_per_serial"),
        fill=_FILL["receipt"],
    )
    op.create_index(
        "receipts_of_a_payer", "receipt", ["payer_id"], unique=False, if_not_exists=True
    )
    reshape(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("tendered_paise", sa.BigInteger(), nullable=True),
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
        sa.CheckConstraint(
            "method = 'cash' OR length(trim(reference)) > 0", name="only_cash_has_no_reference"
        ),
        sa.CheckConstraint(
            "method = 'cash' OR tendered_paise IS NULL", name="only_cash_gives_change"
        ),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise >= 1",
            name="payment_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(tendered_paise AS BIGINT) = tendered_paise AND tendered_paise >= amount_paise",
            name="tendered_is_whole_paise_and_covers_the_payment",
        ),
        sa.ForeignKeyConstraint(["payer_id"], ["patient.id"], name=op.f("fk_payment_payer_id")),
        sa.ForeignKeyConstraint(
            ["receipt_number"],
            ["receipt.number"],
            name=op.f("fk_payment_receipt_number"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["received_by"], ["account.id"], name=op.f("fk_payment_received_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        fill=_FILL["payment"],
    )
    op.create_index(
        "a_reference_is_used_once",
        "payment",
        ["method", "reference"],
        unique=True,
        sqlite_where=sa.text("method <> 'cash'"),
        postgresql_where=sa.text("method <> 'cash'"),
        if_not_exists=True,
    )
    op.create_index(
        "payments_by_moment", "payment", ["received_at"], unique=False, if_not_exists=True
    )
    op.create_index(
        "payments_of_a_payer", "payment", ["payer_id"], unique=False, if_not_exists=True
    )
    op.create_index(
        "payments_on_a_receipt", "payment", ["receipt_number"], unique=False, if_not_exists=True
    )
    reshape(
        "allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("invoice_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("allocated_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("allocated_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(amount_paise < 0) = (reverses_id IS NOT NULL)", name="only_a_reversal_is_below_zero"
        ),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise <> 0",
            name="allocation_is_whole_paise",
        ),
        sa.ForeignKeyConstraint(
            ["invoice_number"], ["invoice.number"], name=op.f("fk_allocation_invoice_number")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_allocation_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["allocation.id"], name=op.f("fk_allocation_reverses_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
        sa.UniqueConstraint("reverses_id", name="an_allocation_is_reversed_once"),
        fill=_FILL["allocation"],
    )
    op.create_index(
        "allocations_by_day", "allocation", ["allocated_on"], unique=False, if_not_exists=True
    )
    op.create_index(
        "allocations_of_a_payment", "allocation", ["payment_id"], unique=False, if_not_exists=True
    )
    op.create_index(
        "allocations_to_a_bill", "allocation", ["invoice_number"], unique=False, if_not_exists=True
    )
    op.create_table(
        "refund",
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("series", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("hospital_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_address", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_email", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("hospital_gstin", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "cash",
                "upi",
                "card",
                "bank",
                "cheque",
                name="refund_method_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reference", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("payer_phone", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("refunded_by_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "method = 'cash' OR length(trim(reference)) > 0",
            name="only_a_cash_refund_has_no_reference",
        ),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise >= 1",
            name="refund_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(serial AS BIGINT) = serial AND serial >= 1", name="refund_serial_is_whole"
        ),
        sa.CheckConstraint("length(number) <= 16", name="refund_number_has_16_characters_at_most"),
        sa.CheckConstraint("length(trim(reason)) > 0", name="a_refund_has_a_reason"),
        sa.CheckConstraint("number = upper(number)", name="refund_number_is_in_capitals"),
        sa.ForeignKeyConstraint(["issued_by"], ["account.id"], name=op.f("fk_refund_issued_by")),
        sa.ForeignKeyConstraint(["payer_id"], ["patient.id"], name=op.f("fk_refund_payer_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_refund")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_refund"),
        sa.UniqueConstraint("series", "serial", name="one_refund_per_serial"),
    )
    op.create_index(
        "a_refunds_reference_is_used_once",
        "refund",
        ["method", "reference"],
        unique=True,
        sqlite_where=sa.text("method <> 'cash'"),
        postgresql_where=sa.text("method <> 'cash'"),
    )
    op.create_index("refunds_by_day", "refund", ["issued_on"], unique=False)
    op.create_index("refunds_of_a_payment", "refund", ["payment_id"], unique=False)
    op.create_table(
        "payment_reversal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reversed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("reversed_on", sa.Date(), nullable=False),
        sa.Column("reversed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("length(trim(reason)) > 0", name="a_payment_reversal_has_a_reason"),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_payment_reversal_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["reversed_by"], ["account.id"], name=op.f("fk_payment_reversal_reversed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_reversal")),
        sa.UniqueConstraint("payment_id", name="a_payment_is_reversed_once"),
    )
    op.create_index("payment_reversals_by_day", "payment_reversal", ["reversed_on"], unique=False)
