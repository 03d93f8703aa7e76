"""What is done about dues: payment plans, waivers asked for, talks and letters to who owes."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.words import (
    ContactKind,
    ContactOutcome,
    WaiverStatus,
    filled,
    one_of,
    whole,
)


class PaymentPlan(SQLModel, table=True):
    """An agreement to pay open bills in instalments; kept, it lets routine booking open.

    Only its end is ever written later. Whether it is kept is computed whenever it is asked.
    """

    __tablename__ = "payment_plan"
    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_plan"),
        whole("total_paise", "plan_total_is_whole_paise", at_least=1),
        CheckConstraint(
            "(ended_at IS NULL) = (end_reason IS NULL)", name="an_ended_plan_has_a_reason"
        ),
        filled("end_reason", "a_plans_end_reason_is_not_blank"),
        CheckConstraint("ended_at >= agreed_at", name="a_plan_ends_after_it_was_agreed"),
        Index(
            "standing_plans_of_a_payer",
            "payer_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("plans_of_a_payer", "payer_id", "agreed_at"),
    )

    # Given before the row is written, so that its bills and instalments can be there first.
    id: int = Field(primary_key=True)
    payer_id: int = Field(foreign_key="patient.id")
    # What was owed on its bills when it was agreed.
    total_paise: int = Field(sa_type=BigInteger)
    agreed_at: datetime
    agreed_by: int | None = Field(default=None, foreign_key="account.id")
    ended_at: datetime | None = None
    ended_by: int | None = Field(default=None, foreign_key="account.id")
    end_reason: str | None = None
    form: str


class Instalment(SQLModel, table=True):
    """What of a plan is to be paid by the end of a day. Written before the plan, which seals it."""

    __table_args__ = (
        UniqueConstraint("plan_id", "due_on", name="one_instalment_a_day"),
        whole("amount_paise", "instalment_is_whole_paise", at_least=1),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(
        sa_column_args=(ForeignKey("payment_plan.id", deferrable=True, initially="DEFERRED"),)
    )
    due_on: date
    amount_paise: int = Field(sa_type=BigInteger)


class PlanBill(SQLModel, table=True):
    """A bill that a plan covers, and what was owed on it then. Written before the plan."""

    __tablename__ = "plan_bill"
    __table_args__ = (
        whole("owed_paise", "plan_bill_is_whole_paise", at_least=1),
        Index("plans_of_a_bill", "invoice_number"),
    )

    plan_id: int = Field(
        primary_key=True,
        sa_column_args=(ForeignKey("payment_plan.id", deferrable=True, initially="DEFERRED"),),
    )
    invoice_number: str = Field(foreign_key="invoice.number", primary_key=True)
    owed_paise: int = Field(sa_type=BigInteger)


class WaiverRequest(SQLModel, table=True):
    """A waiver above the clerk's own limit: one person asks for it, another decides."""

    __tablename__ = "waiver_request"
    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_waiver"),
        UniqueConstraint("credit_number", name="a_waivers_credit_is_its_own"),
        whole("amount_paise", "waiver_is_whole_paise", at_least=1),
        filled("reason", "a_waiver_has_a_reason"),
        CheckConstraint(
            "(status = 'requested') = (decided_at IS NULL)", name="a_decided_waiver_has_its_moment"
        ),
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL)", name="a_waiver_is_decided_by_somebody"
        ),
        CheckConstraint("decided_by <> requested_by", name="nobody_decides_their_own_waiver"),
        CheckConstraint(
            "(status = 'approved') = (credit_number IS NOT NULL)",
            name="an_approved_waiver_has_its_credit",
        ),
        CheckConstraint(
            "status <> 'refused' OR length(trim(decision)) > 0", name="a_refused_waiver_says_why"
        ),
        Index(
            "one_open_waiver_a_bill",
            "invoice_number",
            unique=True,
            sqlite_where=text("status = 'requested'"),
            postgresql_where=text("status = 'requested'"),
        ),
        Index("waivers_of_a_bill", "invoice_number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invoice_number: str = Field(foreign_key="invoice.number")
    amount_paise: int = Field(sa_type=BigInteger)
    reason: str
    requested_at: datetime
    # Always a person: the console asks for no waiver.
    requested_by: int = Field(foreign_key="account.id")
    status: WaiverStatus = Field(
        default=WaiverStatus.REQUESTED, sa_type=one_of(WaiverStatus, "waiver_status_is_known")
    )
    decided_at: datetime | None = None
    decided_by: int | None = Field(default=None, foreign_key="account.id")
    decision: str = ""
    credit_number: str | None = Field(default=None, foreign_key="credit_note.number")
    form: str


class DuesContact(SQLModel, table=True):
    """A talk with whoever owes, as it was noted then."""

    __tablename__ = "dues_contact"
    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_contact"),
        CheckConstraint(
            "(outcome = 'promised') = (promised_on IS NOT NULL)",
            name="a_promise_to_pay_has_its_day",
        ),
        Index("contacts_of_a_payer", "payer_id", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    payer_id: int = Field(foreign_key="patient.id")
    at: datetime
    noted_by: int | None = Field(default=None, foreign_key="account.id")
    kind: ContactKind = Field(sa_type=one_of(ContactKind, "contact_kind_is_known"))
    outcome: ContactOutcome = Field(sa_type=one_of(ContactOutcome, "contact_outcome_is_known"))
    note: str = ""
    promised_on: date | None = None
    form: str


class RemindersPause(SQLModel, table=True):
    """Reminder letters to a payer rest until the end of a day, or until somebody ends the pause."""

    __tablename__ = "reminders_pause"
    __table_args__ = (
        filled("reason", "a_pause_has_a_reason"),
        CheckConstraint("ended_at >= paused_at", name="a_pause_ends_after_it_begins"),
        Index(
            "one_pause_of_a_payer",
            "payer_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    payer_id: int = Field(foreign_key="patient.id")
    last_day: date
    reason: str
    paused_at: datetime
    paused_by: int | None = Field(default=None, foreign_key="account.id")
    ended_at: datetime | None = None
    ended_by: int | None = Field(default=None, foreign_key="account.id")


class DuesLetter(SQLModel, table=True):
    """A reminder letter of a level, about the oldest bill that was open then. Append-only."""

    __tablename__ = "dues_letter"
    __table_args__ = (
        UniqueConstraint("payer_id", "invoice_number", "level", name="one_reminder_a_level"),
        UniqueConstraint("message_id", name="a_reminder_is_a_letter_of_its_own"),
        CheckConstraint("level BETWEEN 1 AND 3", name="reminder_level_is_known"),
        whole("owed_paise", "reminded_dues_are_whole_paise", at_least=1),
        Index("reminders_of_a_payer", "payer_id", "queued_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    payer_id: int = Field(foreign_key="patient.id")
    # The oldest bill of those the letter names.
    invoice_number: str = Field(foreign_key="invoice.number")
    # The first, the second, the final one.
    level: int
    owed_paise: int = Field(sa_type=BigInteger)
    message_id: int = Field(foreign_key="message.id")
    queued_at: datetime
    queued_on: date
    queued_by: int | None = Field(default=None, foreign_key="account.id")
