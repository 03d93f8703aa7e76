"""Who may sign in, as what, and every sign-in and try."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from mediklaud.models.words import Role, filled, one_of, whole


class Account(SQLModel, table=True):
    """A person who may sign in. Never deleted, since the audit log names it."""

    __table_args__ = (
        UniqueConstraint("username", name="one_account_per_username"),
        UniqueConstraint("doctor_id", name="one_account_per_doctor"),
        CheckConstraint("username = lower(username)", name="username_is_in_small_letters"),
        filled("username", "account_has_a_username"),
        filled("name", "account_has_a_name"),
        filled("password_hash", "account_has_a_password"),
        whole("discount_limit_paise", "discount_limit_is_whole_paise"),
    )

    id: int | None = Field(default=None, primary_key=True)
    username: str
    name: str
    email: str | None = None
    password_hash: str
    doctor_id: int | None = Field(default=None, foreign_key="doctor.id")
    active: bool = True
    must_change_password: bool = False
    # Up to this much of one bill may be discounted at once; more is a waiver for two people.
    discount_limit_paise: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime


class AccountRole(SQLModel, table=True):
    """A role an account holds, and who granted it."""

    __tablename__ = "account_role"

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    role: Role = Field(sa_type=one_of(Role, "role_is_known"), primary_key=True)
    granted_at: datetime
    granted_by: int | None = Field(default=None, foreign_key="account.id")


class SignIn(SQLModel, table=True):
    """One signing-in. The cookie carries a random id; only its SHA-256 is kept here."""

    __tablename__ = "sign_in"
    __table_args__ = (
        UniqueConstraint("token_hash", name="one_sign_in_per_token"),
        CheckConstraint("expires_at > signed_in_at", name="sign_in_expires_after_it_begins"),
        Index("live_sign_ins_of_an_account", "account_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str
    account_id: int = Field(foreign_key="account.id")
    signed_in_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


class SignInAttempt(SQLModel, table=True):
    """A wrong password for a username, known or not: what locks it out for a while."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("attempts_by_username", "username", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    username: str
    at: datetime
