"""Payment plans, waivers by two people, contacts about dues, the day's close, doctors' shares."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from mediklaud.migrations.reshaping import reshape

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _limits_of_accounts()
    _plans()
    _waivers_and_contacts()
    _the_till()


def _limits_of_accounts() -> None:
    reshape(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("discount_limit_paise", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "CAST(discount_limit_paise AS BIGINT) = discount_limit_paise AND discount_limit_paise >= 0",
            name="discount_limit_is_whole_paise",
        ),
        sa.CheckConstraint("length(trim(name)) > 0", name="account_has_a_name"),
        sa.CheckConstraint("length(trim(password_hash)) > 0", name="account_has_a_password"),
        sa.CheckConstraint("length(trim(username)) > 0", name="account_has_a_username"),
        sa.CheckConstraint("username = lower(username)", name="username_is_in_small_letters"),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name=op.f("fk_account_doctor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("doctor_id", name="one_account_per_doctor"),
        sa.UniqueConstraint("username", name="one_account_per_username"),
        fill={"discount_limit_paise": "0"},
    )


def _plans() -> None:
    op.create_table(
        "payment_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("total_paise", sa.BigInteger(), nullable=False),
        sa.Column("agreed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("agreed_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("end_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name="an_ended_plan_has_a_reason"
        ),
        sa.CheckConstraint(
            "CAST(total_paise AS BIGINT) = total_paise AND total_paise >= 1",
            name="plan_total_is_whole_paise",
        ),
        sa.CheckConstraint("ended_at >= agreed_at", name="a_plan_ends_after_it_was_agreed"),
        sa.CheckConstraint("length(trim(end_reason)) > 0", name="a_plans_end_reason_is_not_blank"),
        sa.ForeignKeyConstraint(
            ["agreed_by"], ["account.id"], name=op.f("fk_payment_plan_agreed_by")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["account.id"], name=op.f("fk_payment_plan_ended_by")
        ),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["patient.id"], name=op.f("fk_payment_plan_payer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_plan")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_plan"),
    )
    op.create_index("plans_of_a_payer", "payment_plan", ["payer_id", "agreed_at"], unique=False)
    op.create_index(
        "standing_plans_of_a_payer",
        "payment_plan",
        ["payer_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "instalment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise >= 1",
            name="instalment_is_whole_paise",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["payment_plan.id"],
            name=op.f("fk_instalment_plan_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalment")),
        sa.UniqueConstraint("plan_id", "due_on", name="one_instalment_a_day"),
    )
    op.create_table(
        "plan_bill",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("invoice_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("owed_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CAST(owed_paise AS BIGINT) = owed_paise AND owed_paise >= 1",
            name="plan_bill_is_whole_paise",
        ),
        sa.ForeignKeyConstraint(
            ["invoice_number"], ["invoice.number"], name=op.f("fk_plan_bill_invoice_number")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["payment_plan.id"],
            name=op.f("fk_plan_bill_plan_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("plan_id", "invoice_number", name=op.f("pk_plan_bill")),
    )
    op.create_index("plans_of_a_bill", "plan_bill", ["invoice_number"], unique=False)


def _waivers_and_contacts() -> None:
    op.create_table(
        "dues_contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "call",
                "desk",
                "letter",
                "message",
                name="contact_kind_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "spoken",
                "promised",
                "disputed",
                "no_answer",
                "wrong_number",
                name="contact_outcome_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'promised') = (promised_on IS NOT NULL)",
            name="a_promise_to_pay_has_its_day",
        ),
        sa.ForeignKeyConstraint(
            ["noted_by"], ["account.id"], name=op.f("fk_dues_contact_noted_by")
        ),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["patient.id"], name=op.f("fk_dues_contact_payer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dues_contact")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_contact"),
    )
    op.create_index("contacts_of_a_payer", "dues_contact", ["payer_id", "at"], unique=False)
    op.create_table(
        "reminders_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("paused_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("paused_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("ended_at >= paused_at", name="a_pause_ends_after_it_begins"),
        sa.CheckConstraint("length(trim(reason)) > 0", name="a_pause_has_a_reason"),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["account.id"], name=op.f("fk_reminders_pause_ended_by")
        ),
        sa.ForeignKeyConstraint(
            ["paused_by"], ["account.id"], name=op.f("fk_reminders_pause_paused_by")
        ),
        sa.ForeignKeyConstraint(
            ["payer_id"], ["patient.id"], name=op.f("fk_reminders_pause_payer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders_pause")),
    )
    op.create_index(
        "one_pause_of_a_payer",
        "reminders_pause",
        ["payer_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "waiver_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("requested_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "requested",
                "approved",
                "refused",
                name="waiver_status_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decision", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("credit_number", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(status = 'approved') = (credit_number IS NOT NULL)",
            name="an_approved_waiver_has_its_credit",
        ),
        sa.CheckConstraint(
            "(status = 'requested') = (decided_at IS NULL)", name="a_decided_waiver_has_its_moment"
        ),
        sa.CheckConstraint(
            "status <> 'refused' OR length(trim(decision)) > 0", name="a_refused_waiver_says_why"
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)", name="a_waiver_is_decided_by_somebody"
        ),
        sa.CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise >= 1",
            name="waiver_is_whole_paise",
        ),
        sa.CheckConstraint("decided_by <> requested_by", name="nobody_decides_their_own_waiver"),
        sa.CheckConstraint("length(trim(reason)) > 0", name="a_waiver_has_a_reason"),
        sa.ForeignKeyConstraint(
            ["credit_number"], ["credit_note.number"], name=op.f("fk_waiver_request_credit_number")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["account.id"], name=op.f("fk_waiver_request_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_number"], ["invoice.number"], name=op.f("fk_waiver_request_invoice_number")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["account.id"], name=op.f("fk_waiver_request_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver_request")),
        sa.UniqueConstraint("credit_number", name="a_waivers_credit_is_its_own"),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_waiver"),
    )
    op.create_index(
        "one_open_waiver_a_bill",
        "waiver_request",
        ["invoice_number"],
        unique=True,
        sqlite_where=sa.text("status = 'requested'"),
        postgresql_where=sa.text("status = 'requested'"),
    )
    op.create_index("waivers_of_a_bill", "waiver_request", ["invoice_number"], unique=False)


def _the_till() -> None:
    op.create_table(
        "doctor_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("visit_paise", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "CAST(basis_points AS BIGINT) = basis_points AND basis_points BETWEEN 0 AND 10000",
            name="a_share_is_a_whole_part",
        ),
        sa.CheckConstraint(
            "CAST(visit_paise AS BIGINT) = visit_paise AND visit_paise >= 0",
            name="share_of_a_visit_is_whole_paise",
        ),
        sa.CheckConstraint(
            "basis_points = 0 OR visit_paise = 0", name="a_share_is_a_part_or_a_sum"
        ),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_doctor_share_doctor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doctor_share")),
        sa.UniqueConstraint("doctor_id", "effective_from", name="one_share_a_day"),
    )
    op.create_table(
        "day_close",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("reopened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("reopened_by", sa.Integer(), nullable=True),
        sa.Column("reopen_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(reopened_at IS NULL) = (reopen_reason IS NULL)", name="a_reopened_day_has_a_reason"
        ),
        sa.CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by IS NULL)", name="a_day_is_reopened_by_somebody"
        ),
        sa.CheckConstraint(
            "length(trim(reopen_reason)) > 0", name="a_reopened_days_reason_is_not_blank"
        ),
        sa.CheckConstraint(
            "reopened_at >= closed_at", name="a_day_is_reopened_after_it_was_closed"
        ),
        sa.CheckConstraint("reopened_by <> account_id", name="a_second_person_reopens_the_day"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_day_close_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["reopened_by"], ["account.id"], name=op.f("fk_day_close_reopened_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_close")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_close"),
    )
    op.create_index(
        "a_day_is_closed_once",
        "day_close",
        ["account_id", "day"],
        unique=True,
        sqlite_where=sa.text("reopened_at IS NULL"),
        postgresql_where=sa.text("reopened_at IS NULL"),
    )
    op.create_index("closes_by_day", "day_close", ["day"], unique=False)
    op.create_table(
        "day_count",
        sa.Column("close_id", sa.Integer(), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "cash",
                "upi",
                "card",
                "bank",
                "cheque",
                name="count_method_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("system_paise", sa.BigInteger(), nullable=False),
        sa.Column("counted_paise", sa.BigInteger(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "CAST(counted_paise AS BIGINT) = counted_paise AND abs(counted_paise) <= 10000000000000",
            name="count_is_whole_paise",
        ),
        sa.CheckConstraint(
            "CAST(system_paise AS BIGINT) = system_paise AND abs(system_paise) <= 10000000000000",
            name="system_count_is_whole_paise",
        ),
        sa.CheckConstraint(
            "counted_paise = system_paise OR length(trim(reason)) > 0",
            name="a_difference_has_a_reason",
        ),
        sa.ForeignKeyConstraint(
            ["close_id"],
            ["day_close.id"],
            name=op.f("fk_day_count_close_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("close_id", "method", name=op.f("pk_day_count")),
    )
    op.create_index(
        "payments_of_a_cashier", "payment", ["received_by", "received_on"], unique=False
    )
