"""Reminders of dues by level: which letter went to whom, about which oldest bill."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dues_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payer_id", sa.Integer(), nullable=False),
        sa.Column("invoice_number", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("owed_paise", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("queued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("queued_on", sa.Date(), nullable=False),
        sa.Column("queued_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name="reminder_level_is_known"),
        sa.CheckConstraint(
            "CAST(owed_paise AS BIGINT) = owed_paise AND owed_paise >= 1",
            name="reminded_dues_are_whole_paise",
        ),
        *(
            sa.ForeignKeyConstraint([column], [parent], name=op.f(f"fk_dues_letter_{column}"))
            for column, parent in (
                ("payer_id", "patient.id"),
                ("invoice_number", "invoice.number"),
                ("message_id", "message.id"),
                ("queued_by", "account.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dues_letter")),
        sa.UniqueConstraint("message_id", name="a_reminder_is_a_letter_of_its_own"),
        sa.UniqueConstraint("payer_id", "invoice_number", "level", name="one_reminder_a_level"),
    )
    op.create_index("reminders_of_a_payer", "dues_letter", ["payer_id", "queued_on"])
