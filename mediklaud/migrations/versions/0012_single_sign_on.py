"""Single sign-on: who an account is to the hospital's provider."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "linked_identity",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issuer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("linked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("length(trim(issuer)) > 0", name="identity_has_an_issuer"),
        sa.CheckConstraint("length(trim(subject)) > 0", name="identity_has_a_subject"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_linked_identity_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_linked_identity")),
        sa.UniqueConstraint("issuer", "subject", name="one_account_per_identity"),
    )
