"""Letters that say so: languages, consents, calls in place of letters, reminders, feeds."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Each stands for every row that is there already.
_NEW = {
    "patient": (
        "language VARCHAR DEFAULT 'en' NOT NULL "
        "CONSTRAINT patient_has_a_language CHECK (length(trim(language)) > 0)",
        "mail_for_care BOOLEAN DEFAULT {true} NOT NULL",
        "mail_for_reminders BOOLEAN DEFAULT {false} NOT NULL",
    ),
    "hospital": (
        "letter_grace_seconds INTEGER DEFAULT 60 NOT NULL CONSTRAINT "
        "letters_rest_ten_minutes_at_most CHECK (letter_grace_seconds BETWEEN 0 AND 600)",
        "reminder_hours INTEGER DEFAULT 24 NOT NULL CONSTRAINT "
        "reminders_come_a_week_before_at_most CHECK (reminder_hours BETWEEN 0 AND 168)",
    ),
}
_TRUTH = {
    "sqlite": {"true": "1", "false": "0"},
    "postgresql": {"true": "true", "false": "false"},
}


def upgrade() -> None:
    truth = _TRUTH[op.get_bind().dialect.name]
    for table, columns in _NEW.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column.format(**truth)}")
    _create_consents()
    _create_calls()
    _create_feeds()
    # Whoever gave an address before this release gave it for these letters.
    op.execute(
        "INSERT INTO consent (patient_id, purpose, given, said_at) "
        "SELECT id, 'care', email IS NOT NULL, enrolled_at FROM patient WHERE email IS NOT NULL"
    )


def _create_consents() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "care",
                "reminders",
                name="purpose_of_letters_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("said_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_consent_account_id")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_consent_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index("consents_of_a_patient", "consent", ["patient_id", "purpose"])


def _create_calls() -> None:
    op.create_table(
        "phone_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "told",
                "slip",
                "no_answer",
                "wrong_number",
                name="call_outcome_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("called_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("called_by", sa.Integer(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["called_by"], ["account.id"], name=op.f("fk_phone_call_called_by")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_phone_call_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_call"),
    )
    op.create_index("calls_about_a_letter", "phone_call", ["message_id"])


def _create_feeds() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("length(digest) = 64", name="feed_token_is_kept_as_its_digest"),
        sa.ForeignKeyConstraint(
            ["doctor_id"], ["doctor.id"], name=op.f("fk_calendar_feed_doctor_id")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["account.id"], name=op.f("fk_calendar_feed_opened_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("digest", name="one_feed_per_token"),
    )
    op.create_index("feeds_of_a_doctor", "calendar_feed", ["doctor_id"])
