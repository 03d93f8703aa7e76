"""Break-glass: records of other doctors' patients, opened for an hour and reviewed."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sqlmodel.sql.sqltypes.UTCDateTime
    words = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("doctor_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                *("emergency_care", "covering", "patient_asks", "other"),
                name="glass_reason_is_known",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("words", words(), nullable=False),
        sa.Column("broken_at", moment(), nullable=False),
        sa.Column("expires_at", moment(), nullable=False),
        sa.Column("reviewed_at", moment(), nullable=True),
        sa.Column("reviewed_by", sa.Integer(), nullable=True),
        sa.Column("review_note", words(), nullable=True),
        sa.Column("form", words(), nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [parent], name=op.f(f"fk_break_glass_{column}"))
            for column, parent in (
                ("account_id", "account.id"),
                ("doctor_id", "doctor.id"),
                ("patient_id", "patient.id"),
                ("reviewed_by", "account.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
        sa.UniqueConstraint("form", name="a_second_click_is_the_same_glass"),
        sa.CheckConstraint("expires_at > broken_at", name="a_glass_closes_after_it_is_broken"),
        sa.CheckConstraint(
            "reason <> 'other' OR length(trim(words)) > 0", name="another_reason_is_told_in_words"
        ),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by IS NULL) "
            "AND (reviewed_at IS NULL) = (review_note IS NULL)",
            name="a_review_says_who_and_what",
        ),
        sa.CheckConstraint(
            "reviewed_at >= broken_at", name="a_glass_is_reviewed_after_it_is_broken"
        ),
        sa.CheckConstraint("reviewed_by <> account_id", name="nobody_reviews_their_own_glass"),
        sa.CheckConstraint("length(trim(review_note)) > 0", name="a_reviews_note_is_not_blank"),
    )
    op.create_index(
        "glasses_of_a_patient", "break_glass", ["patient_id", "account_id", "expires_at"]
    )
    op.create_index(
        "glasses_to_review",
        "break_glass",
        ["broken_at"],
        sqlite_where=sa.text("reviewed_at IS NULL"),
        postgresql_where=sa.text("reviewed_at IS NULL"),
    )
