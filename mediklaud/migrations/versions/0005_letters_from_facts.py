"""Letters from facts: the outbox keeps what a letter tells, and its words are made when it leaves."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from mediklaud.migrations.reshaping import reshape

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A letter of an earlier release keeps the words it was written in, sent or not.
_AS_WRITTEN = """{}('tells', 'as written', 'headline', headline, 'text', text, 'html', html,
    'calendar', calendar, 'calendar_method', calendar_method)"""
_WRITER = {"sqlite": "json_object", "postgresql": "json_build_object"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    words = _AS_WRITTEN.format(_WRITER[dialect])
    _reshape_messages({"facts": f"CAST({words} AS TEXT)", "language": "'en'"})
    if dialect == "sqlite":
        _index_messages()


def _reshape_messages(fill: dict[str, str]) -> None:
    reshape(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("to_address", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("to_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("facts", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "sending",
                "sent",
                "failed",
                "unaddressed",
                "withdrawn",
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
            "(to_address IS NULL) = (status = 'unaddressed') OR status = 'withdrawn'",
            name="only_the_addressed_are_sent",
        ),
        sa.CheckConstraint("length(trim(facts)) > 0", name="a_letter_has_its_facts"),
        sa.CheckConstraint("length(trim(language)) > 0", name="a_letter_has_its_language"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_message_appointment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("message_id", name="one_message_id_per_letter"),
        sa.UniqueConstraint("subject", "kind", "version", name="one_letter_per_event"),
        fill=fill,
    )


def _index_messages() -> None:
    # They went with the table that SQLite made anew.
    op.create_index("letters_not_delivered", "message", ["status", "queued_at"])
    op.create_index("letters_of_an_appointment", "message", ["appointment_id"])
    op.create_index(
        "letters_waiting",
        "message",
        ["next_attempt_at"],
        sqlite_where=sa.text("status IN ('queued', 'sending')"),
        postgresql_where=sa.text("status IN ('queued', 'sending')"),
    )
