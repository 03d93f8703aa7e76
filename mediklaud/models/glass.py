"""Break-glass: records of patients who are not the doctor's own, opened for an hour."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.words import GlassReason, filled, one_of


class BreakGlass(SQLModel, table=True):
    """A doctor's hour with the record of another doctor's patient, and the CMO's look at it."""

    __tablename__ = "break_glass"
    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_glass"),
        CheckConstraint("expires_at > broken_at", name="a_glass_closes_after_it_is_broken"),
        CheckConstraint(
            "reason <> 'other' OR length(trim(words)) > 0", name="another_reason_is_told_in_words"
        ),
        CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by IS NULL) "
            "AND (reviewed_at IS NULL) = (review_note IS NULL)",
            name="a_review_says_who_and_what",
        ),
        CheckConstraint("reviewed_at >= broken_at", name="a_glass_is_reviewed_after_it_is_broken"),
        CheckConstraint("reviewed_by <> account_id", name="nobody_reviews_their_own_glass"),
        filled("review_note", "a_reviews_note_is_not_blank"),
        Index("glasses_of_a_patient", "patient_id", "account_id", "expires_at"),
        Index(
            "glasses_to_review",
            "broken_at",
            sqlite_where=text("reviewed_at IS NULL"),
            postgresql_where=text("reviewed_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    # Whose account it was at that moment.
    doctor_id: int = Field(foreign_key="doctor.id")
    patient_id: int = Field(foreign_key="patient.id")
    reason: GlassReason = Field(sa_type=one_of(GlassReason, "glass_reason_is_known"))
    words: str = ""
    broken_at: datetime
    expires_at: datetime
    reviewed_at: datetime | None = None
    reviewed_by: int | None = Field(default=None, foreign_key="account.id")
    review_note: str | None = None
    form: str
