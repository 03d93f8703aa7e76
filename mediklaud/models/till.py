"""The cashier's day, counted and closed, and what doctors are paid of money received."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.words import Method, filled, one_of, share, whole

# No count of a day is beyond this, in paise: a slip of the finger.
_MOST_PAISE = 10**13


def _whole_either_way(column: str, rule: str) -> CheckConstraint:
    # More may be given back in a day than was received.
    return CheckConstraint(
        f"CAST({column} AS BIGINT) = {column} AND abs({column}) <= {_MOST_PAISE}", name=rule
    )


class DayClose(SQLModel, table=True):
    """A cashier's day at the till, counted and closed; a second person may reopen it.

    Only its reopening is ever written later, once; then the day may be closed anew.
    """

    __tablename__ = "day_close"
    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_close"),
        CheckConstraint(
            "(reopened_at IS NULL) = (reopened_by IS NULL)", name="a_day_is_reopened_by_somebody"
        ),
        CheckConstraint("reopened_by <> account_id", name="a_second_person_reopens_the_day"),
        CheckConstraint("reopened_by <> closed_by", name="nobody_reopens_what_they_closed"),
        CheckConstraint(
            "(closed_by = account_id) = (close_reason IS NULL)",
            name="a_day_closed_for_another_has_a_reason",
        ),
        filled("close_reason", "the_reason_of_a_close_is_not_blank"),
        CheckConstraint(
            "(reopened_at IS NULL) = (reopen_reason IS NULL)", name="a_reopened_day_has_a_reason"
        ),
        filled("reopen_reason", "a_reopened_days_reason_is_not_blank"),
        CheckConstraint("reopened_at >= closed_at", name="a_day_is_reopened_after_it_was_closed"),
        Index(
            "a_day_is_closed_once",
            *("account_id", "day"),
            unique=True,
            sqlite_where=text("reopened_at IS NULL"),
            postgresql_where=text("reopened_at IS NULL"),
        ),
        Index("closes_by_day", "day"),
    )

    # Given before the row is written, so that its counts can be there first.
    id: int = Field(primary_key=True)
    # Whose till it is.
    account_id: int = Field(foreign_key="account.id")
    day: date
    closed_at: datetime
    # Who counted it: the cashier, or for one who left somebody else, who says why.
    closed_by: int = Field(foreign_key="account.id")
    close_reason: str | None = None
    reopened_at: datetime | None = None
    reopened_by: int | None = Field(default=None, foreign_key="account.id")
    reopen_reason: str | None = None
    form: str


class DayCount(SQLModel, table=True):
    """What a cashier counted by one method, beside what the ledger says. Written before the close.

    What the ledger says: payments received, less refunds given, less payments reversed.
    """

    __tablename__ = "day_count"
    __table_args__ = (
        _whole_either_way("system_paise", "system_count_is_whole_paise"),
        _whole_either_way("counted_paise", "count_is_whole_paise"),
        CheckConstraint(
            "counted_paise = system_paise OR length(trim(reason)) > 0",
            name="a_difference_has_a_reason",
        ),
    )

    close_id: int = Field(
        primary_key=True,
        sa_column_args=(ForeignKey("day_close.id", deferrable=True, initially="DEFERRED"),),
    )
    method: Method = Field(sa_type=one_of(Method, "count_method_is_known"), primary_key=True)
    system_paise: int = Field(sa_type=BigInteger)
    counted_paise: int = Field(sa_type=BigInteger)
    reason: str = ""


class DoctorShare(SQLModel, table=True):
    """What a doctor is paid of the money received on bills issued from a day on.

    A part of it, or a sum for each visit; the other is 0. Both 0 is nothing.
    """

    __tablename__ = "doctor_share"
    __table_args__ = (
        UniqueConstraint("doctor_id", "effective_from", name="one_share_a_day"),
        share("basis_points", "a_share_is_a_whole_part"),
        whole("visit_paise", "share_of_a_visit_is_whole_paise"),
        CheckConstraint("basis_points = 0 OR visit_paise = 0", name="a_share_is_a_part_or_a_sum"),
    )

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    effective_from: date
    basis_points: int = 0
    visit_paise: int = Field(default=0, sa_type=BigInteger)
