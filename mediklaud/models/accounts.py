"""Who may sign in, as what, and every sign-in and try."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
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
    # Up to this much of one bill may be discounted at once; more is a waiver for two people.
    discount_limit_paise: int = Field(default=0, sa_type=BigInteger)
    created_at: datetime

    # The sign-in through which this object was fetched; of the object alone, and in no table.
    sign_in_id: ClassVar[int | None] = None


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
    # In plain words, such as Firefox on Windows, so that a person knows it again.
    browser: str = ""


class SignInAttempt(SQLModel, table=True):
    """A try at a name, known or not, that was wrong or is still judged: what locks the name.

    Names are kept as keyed digests, since people type a password into the wrong field.
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        CheckConstraint("length(name_digest) = 64", name="a_tried_name_is_kept_as_its_digest"),
        Index("attempts_by_name", "name_digest", "at"),
        Index("attempts_by_moment", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name_digest: str
    at: datetime
    # What is tried while the name is locked prolongs nothing.
    counted: bool = True


class PasswordCode(SQLModel, table=True):
    """A code to choose an own password with, once and soon. Only its digest is kept."""

    __tablename__ = "password_code"
    __table_args__ = (
        UniqueConstraint("digest", name="one_code_per_digest"),
        CheckConstraint("length(digest) = 64", name="a_code_is_kept_as_its_digest"),
        CheckConstraint("expires_at > issued_at", name="a_code_expires_after_it_was_issued"),
        CheckConstraint("used_at < expires_at", name="a_code_is_used_in_time"),
        CheckConstraint("used_at IS NULL OR ended_at IS NULL", name="a_code_is_used_or_ended"),
        Index(
            "one_open_code_per_account",
            "account_id",
            unique=True,
            sqlite_where=text("used_at IS NULL AND ended_at IS NULL"),
            postgresql_where=text("used_at IS NULL AND ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    digest: str
    issued_at: datetime
    issued_by: int | None = Field(default=None, foreign_key="account.id")
    expires_at: datetime
    used_at: datetime | None = None
    # A newer code, or the account's end, ended this one.
    ended_at: datetime | None = None


class SecondFactor(SQLModel, table=True):
    """The secret that an account shares with an authenticator app (RFC 6238), sealed."""

    __tablename__ = "second_factor"
    __table_args__ = (filled("sealed_secret", "a_second_factor_has_its_secret"),)

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    sealed_secret: str
    # The half minute of the newest code that was accepted; none of it or before is again.
    last_step: int = Field(sa_type=BigInteger)
    enrolled_at: datetime


class RecoveryCode(SQLModel, table=True):
    """What opens once in place of a code of the app, for a phone that is lost."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        UniqueConstraint("digest", name="one_recovery_code_per_digest"),
        CheckConstraint("length(digest) = 64", name="a_recovery_code_is_kept_as_its_digest"),
        Index("recovery_codes_of_an_account", "account_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id")
    digest: str
    used_at: datetime | None = None
