"""Codes for passwords, second factors, tries under a digest, and each sign-in's browser."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_FALSE = {"sqlite": "0", "postgresql": "false"}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.execute("ALTER TABLE sign_in ADD COLUMN browser VARCHAR DEFAULT '' NOT NULL")
    op.execute(
        "ALTER TABLE hospital ADD COLUMN second_factor_required BOOLEAN "
        f"DEFAULT {_FALSE[dialect]} NOT NULL"
    )
    # Whoever never changed the first password gets a code instead.
    op.execute("UPDATE account SET password_hash = '-' WHERE must_change_password")
    op.execute("ALTER TABLE account DROP COLUMN must_change_password")
    _create_attempts()
    _create_codes()
    _create_factors()


def _create_attempts() -> None:
    # The tries of a quarter hour, with names in clear.
    op.drop_table("sign_in_attempt")
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.CheckConstraint("length(name_digest) = 64", name="a_tried_name_is_kept_as_its_digest"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("attempts_by_name", "sign_in_attempt", ["name_digest", "at"])
    op.create_index("attempts_by_moment", "sign_in_attempt", ["at"])


def _create_codes() -> None:
    op.create_table(
        "password_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("issued_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("used_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("length(digest) = 64", name="a_code_is_kept_as_its_digest"),
        sa.CheckConstraint("expires_at > issued_at", name="a_code_expires_after_it_was_issued"),
        sa.CheckConstraint("used_at < expires_at", name="a_code_is_used_in_time"),
        sa.CheckConstraint("used_at IS NULL OR ended_at IS NULL", name="a_code_is_used_or_ended"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_password_code_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["account.id"], name=op.f("fk_password_code_issued_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_code")),
        sa.UniqueConstraint("digest", name="one_code_per_digest"),
    )
    is_open = sa.text("used_at IS NULL AND ended_at IS NULL")
    op.create_index(
        "one_open_code_per_account",
        "password_code",
        ["account_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _create_factors() -> None:
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("enrolled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "length(trim(sealed_secret)) > 0", name="a_second_factor_has_its_secret"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("used_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("length(digest) = 64", name="a_recovery_code_is_kept_as_its_digest"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("digest", name="one_recovery_code_per_digest"),
    )
    op.create_index("recovery_codes_of_an_account", "recovery_code", ["account_id"])
