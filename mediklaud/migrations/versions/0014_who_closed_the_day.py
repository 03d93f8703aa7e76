"""A closed day says who closed it, and why where it was not its cashier."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from mediklaud.migrations.reshaping import reshape

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    reshape(
        "day_close",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=False),
        sa.Column("close_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("reopened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("reopened_by", sa.Integer(), nullable=True),
        sa.Column("reopen_reason", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by IS NULL)", name="a_day_is_reopened_by_somebody"
        ),
        sa.CheckConstraint("reopened_by <> account_id", name="a_second_person_reopens_the_day"),
        sa.CheckConstraint("reopened_by <> closed_by", name="nobody_reopens_what_they_closed"),
        sa.CheckConstraint(
            "(closed_by = account_id) = (close_reason IS NULL)",
            name="a_day_closed_for_another_has_a_reason",
        ),
        sa.CheckConstraint(
            "length(trim(close_reason)) > 0", name="the_reason_of_a_close_is_not_blank"
        ),
        sa.CheckConstraint(
            "(reopened_at IS NULL) = (reopen_reason IS NULL)", name="a_reopened_day_has_a_reason"
        ),
        sa.CheckConstraint(
            "length(trim(reopen_reason)) > 0", name="a_reopened_days_reason_is_not_blank"
        ),
        sa.CheckConstraint(
            "reopened_at >= closed_at", name="a_day_is_reopened_after_it_was_closed"
        ),
        *(
            sa.ForeignKeyConstraint([column], ["account.id"], name=op.f(f"fk_day_close_{column}"))
            for column in ("account_id", "closed_by", "reopened_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_close")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_close"),
        # Who closed for somebody else stands in the audit log alone, for what was closed so far.
        fill={"closed_by": "account_id", "close_reason": "CAST(NULL AS VARCHAR)"},
    )
    # PostgreSQL keeps the table, and its indexes with it.
    op.create_index(
        "a_day_is_closed_once",
        "day_close",
        ["account_id", "day"],
        unique=True,
        if_not_exists=True,
        sqlite_where=sa.text("reopened_at IS NULL"),
        postgresql_where=sa.text("reopened_at IS NULL"),
    )
    op.create_index("closes_by_day", "day_close", ["day"], if_not_exists=True)
