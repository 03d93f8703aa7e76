"""Who an account is to the hospital's single sign-on."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from mediklaud.models.words import filled


class LinkedIdentity(SQLModel, table=True):
    """The person at the provider whom an account was matched with, once and for good."""

    __tablename__ = "linked_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="one_account_per_identity"),
        filled("issuer", "identity_has_an_issuer"),
        filled("subject", "identity_has_a_subject"),
    )

    account_id: int = Field(
        primary_key=True, foreign_key="account.id", sa_column_kwargs={"autoincrement": False}
    )
    issuer: str
    subject: str
    linked_at: datetime
    # When the provider issued what opened the newest sign-in: nothing older opens another.
    issued_at: datetime
