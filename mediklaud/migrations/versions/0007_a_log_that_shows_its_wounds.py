"""A log that shows its wounds: sign-ins in audit rows, and the log's end under a seal."""

import hashlib
import hmac
import json

import sqlalchemy as sa
import sqlmodel
from alembic import op

from mediklaud import config
from mediklaud.migrations.reshaping import reshape

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _reshape_audit_events()
    if op.get_bind().dialect.name == "postgresql":
        # The log numbers its rows itself, without gaps.
        op.execute("ALTER TABLE audit_event ALTER COLUMN id DROP DEFAULT")
        op.execute("DROP SEQUENCE IF EXISTS audit_event_id_seq")
        op.drop_index("audit_by_moment", "audit_event")
    else:
        op.create_index("audit_by_subject", "audit_event", ["subject", "deed", "account_id", "at"])
    op.create_index("audit_by_moment", "audit_event", ["at", "id"])
    op.create_index("audit_by_account", "audit_event", ["account_id", "at"])
    op.create_index("audit_by_deed", "audit_event", ["deed", "at"])
    _create_head()


def _reshape_audit_events() -> None:
    reshape(
        "audit_event",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("account_name", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("sign_in_id", sa.Integer(), nullable=True),
        sa.Column("deed", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("detail", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("seal_version", sa.Integer(), nullable=False),
        sa.Column("previous_seal", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("seal", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("seal_version IN (1, 2)", name="seal_version_is_known"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_audit_event_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["sign_in_id"], ["sign_in.id"], name=op.f("fk_audit_event_sign_in_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("previous_seal", name="each_audit_row_has_one_next"),
        # Rows of earlier releases keep the seals they were given.
        fill={"seal_version": "1"},
    )


def _create_head() -> None:
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("last_seal", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("seal", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint("id = 1", name="there_is_one_audit_head"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    # As many rows as were counted, whatever is there: one that is missing stays missed.
    counted = "SELECT last FROM number_series WHERE name = 'audit'"
    newest = "SELECT id, seal FROM audit_event ORDER BY id DESC LIMIT 1"
    connection = op.get_bind()
    count = connection.execute(sa.text(counted)).scalar() or 0
    last_id, last_seal = connection.execute(sa.text(newest)).first() or (0, "")
    words = json.dumps(["head", count, last_id, last_seal]).encode()
    seal = hmac.new(config.key(), words, hashlib.sha256).hexdigest()
    row = {"id": 1, "row_count": count, "last_id": last_id, "last_seal": last_seal, "seal": seal}
    connection.execute(head.insert().values(row))
    op.execute("DELETE FROM number_series WHERE name = 'audit'")
