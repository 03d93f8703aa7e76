"""The hospital itself, its letters on their way, and who did what."""

from datetime import datetime
from itertools import combinations

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.words import BillWhen, MessageStatus, filled, one_of, whole

# The papers that are numbered, each in a series of its own under its own prefix.
PAPERS = ("bill", "receipt", "credit", "refund", "advance")


class Hospital(SQLModel, table=True):
    """What the hospital decides for itself. One row."""

    __table_args__ = (
        CheckConstraint("id = 1", name="there_is_one_hospital"),
        filled("name", "hospital_has_a_name"),
        filled("zone", "hospital_has_a_zone"),
        # PREFIX/2627/1234567 has 16 characters at most (CGST Rules, 46(b)).
        *(
            CheckConstraint(f"length({paper}_prefix) BETWEEN 1 AND 3", name=f"{paper}_prefix_fits")
            for paper in PAPERS
        ),
        *(
            CheckConstraint(f"{one}_prefix <> {other}_prefix", name=f"{one}s_and_{other}s_differ")
            for one, other in combinations(PAPERS, 2)
        ),
        whole("dues_limit_paise", "dues_limit_is_whole_paise"),
        CheckConstraint("dues_grace_days BETWEEN 0 AND 365", name="grace_is_a_year_at_most"),
        CheckConstraint(
            "overbookings_a_session BETWEEN 0 AND 20", name="overbookings_are_20_at_most"
        ),
        CheckConstraint("follow_up_visits BETWEEN 0 AND 20", name="follow_ups_are_20_at_most"),
        CheckConstraint("follow_up_days BETWEEN 0 AND 365", name="follow_ups_last_a_year_at_most"),
        CheckConstraint(
            "follow_up_percent BETWEEN 0 AND 99", name="entitled_follow_ups_are_cheaper"
        ),
        CheckConstraint(
            "letter_grace_seconds BETWEEN 0 AND 600", name="letters_rest_ten_minutes_at_most"
        ),
        CheckConstraint(
            "reminder_hours BETWEEN 0 AND 168", name="reminders_come_a_week_before_at_most"
        ),
    )

    id: int = Field(default=1, primary_key=True)
    name: str
    address: str
    phone: str
    email: str
    gstin: str | None = None
    zone: str = "Asia/Kolkata"
    # Which country's numbers a phone typed without a + belongs to.
    country: str = "IN"
    patient_prefix: str = "JMI"
    bill_prefix: str = "JMI"
    receipt_prefix: str = "JMR"
    credit_prefix: str = "JMC"
    refund_prefix: str = "JMF"
    advance_prefix: str = "JMA"
    bill_when: BillWhen = Field(
        default=BillWhen.FINISH, sa_type=one_of(BillWhen, "bill_when_is_known")
    )
    dues_limit_paise: int = Field(default=0, sa_type=BigInteger)
    dues_grace_days: int = 0
    # How many may be booked over a session's times.
    overbookings_a_session: int = 2
    # So many follow-ups within so many days of a paid visit cost this share of their fee.
    follow_up_visits: int = 0
    follow_up_days: int = 0
    follow_up_percent: int = 0
    # So long a letter about an appointment rests, so that a slip put right at once is not mailed.
    letter_grace_seconds: int = 60
    # So long before an appointment its reminder leaves; 0 for no reminders.
    reminder_hours: int = 24
    # Whether the CMO and administrators sign in with a second factor.
    second_factor_required: bool = False
    is_demo: bool = False
    set_up_at: datetime


class Message(SQLModel, table=True):
    """A letter in the outbox, written in the transaction of the deed it tells of."""

    __table_args__ = (
        UniqueConstraint("subject", "kind", "version", name="one_letter_per_event"),
        UniqueConstraint("message_id", name="one_message_id_per_letter"),
        CheckConstraint(
            "(to_address IS NULL) = (status = 'unaddressed') OR status = 'withdrawn'",
            name="only_the_addressed_are_sent",
        ),
        CheckConstraint(
            "(status = 'sent') = (sent_at IS NOT NULL)", name="a_sent_letter_has_its_moment"
        ),
        filled("facts", "a_letter_has_its_facts"),
        filled("language", "a_letter_has_its_language"),
        Index(
            "letters_waiting",
            "next_attempt_at",
            sqlite_where=text("status IN ('queued', 'sending')"),
            postgresql_where=text("status IN ('queued', 'sending')"),
        ),
        Index("letters_not_delivered", "status", "queued_at"),
        Index("letters_of_an_appointment", "appointment_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    # What the letter tells of, such as appointment/12.
    subject: str
    kind: str
    version: int = 1
    appointment_id: int | None = Field(default=None, foreign_key="appointment.id")
    to_address: str | None = None
    to_name: str
    message_id: str
    # What the letter tells, as JSON, frozen with the deed; words are made of it when it is sent.
    facts: str
    language: str = "en"
    status: MessageStatus = Field(sa_type=one_of(MessageStatus, "letter_status_is_known"))
    attempts: int = 0
    queued_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None = None
    # The mail server's reply, or why the last attempt failed.
    outcome: str = ""


class AuditEvent(SQLModel, table=True):
    """Who did what (HL7 FHIR's AuditEvent). Append-only; each row seals the one before."""

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("previous_seal", name="each_audit_row_has_one_next"),
        CheckConstraint("seal_version IN (1, 2)", name="seal_version_is_known"),
        Index("audit_by_subject", "subject", "deed", "account_id", "at"),
        Index("audit_by_moment", "at", "id"),
        Index("audit_by_account", "account_id", "at"),
        Index("audit_by_deed", "deed", "at"),
    )

    # Given by the log itself, without gaps, and sealed with the row.
    id: int | None = Field(
        default=None, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    at: datetime
    account_id: int | None = Field(default=None, foreign_key="account.id")
    account_name: str
    # None for the console and the mailroom, and in rows of the first releases.
    sign_in_id: int | None = Field(default=None, foreign_key="sign_in.id")
    deed: str
    subject: str
    detail: str
    # The first releases' seals, 1, know neither the row's id nor its sign-in.
    seal_version: int = 2
    previous_seal: str
    seal: str


class AuditHead(SQLModel, table=True):
    """Where the audit log ends: how many rows there are, and the seal of the newest. One row.

    Sealed itself, since whoever cuts off the log's tail would else correct the count.
    """

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="there_is_one_audit_head"),)

    id: int = Field(default=1, primary_key=True)
    row_count: int
    last_id: int
    last_seal: str
    seal: str
