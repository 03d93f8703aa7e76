"""Money received, what it pays, and what is given back. Append-only."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.papers import Paper, numbered
from mediklaud.models.words import Method, ReceiptKind, filled, one_of, whole


class Receipt(Paper, table=True):
    """The paper that says money was received, for bills or in advance. Frozen like a bill."""

    __table_args__ = (
        *numbered("receipt"),
        UniqueConstraint("form", name="a_second_click_is_the_same_payment"),
        whole("amount_paise", "receipt_is_whole_paise", at_least=1),
        Index("receipts_of_a_payer", "payer_id"),
    )

    kind: ReceiptKind = Field(sa_type=one_of(ReceiptKind, "receipt_kind_is_known"))
    payer_id: int = Field(foreign_key="patient.id")
    amount_paise: int = Field(sa_type=BigInteger)
    payer_number: str
    payer_name: str
    payer_phone: str
    received_by_name: str
    form: str


class Payment(SQLModel, table=True):
    """Money received from a payer in one way; a receipt may take several at once.

    Payments are written before their receipt, which seals them. What of a payment neither
    pays a bill nor was refunded is the payer's advance.
    """

    __table_args__ = (
        whole("amount_paise", "payment_is_whole_paise", at_least=1),
        CheckConstraint(
            "CAST(tendered_paise AS BIGINT) = tendered_paise AND tendered_paise >= amount_paise",
            name="tendered_is_whole_paise_and_covers_the_payment",
        ),
        CheckConstraint(
            "method = 'cash' OR length(trim(reference)) > 0", name="only_cash_has_no_reference"
        ),
        CheckConstraint("method = 'cash' OR tendered_paise IS NULL", name="only_cash_gives_change"),
        Index(
            "a_reference_is_used_once",
            "method",
            "reference",
            unique=True,
            sqlite_where=text("method <> 'cash'"),
            postgresql_where=text("method <> 'cash'"),
        ),
        Index("payments_on_a_receipt", "receipt_number"),
        Index("payments_of_a_payer", "payer_id"),
        Index("payments_by_moment", "received_at"),
        Index("payments_by_day", "received_on"),
        Index("payments_of_a_cashier", "received_by", "received_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    receipt_number: str = Field(
        sa_column_args=(ForeignKey("receipt.number", deferrable=True, initially="DEFERRED"),)
    )
    payer_id: int = Field(foreign_key="patient.id")
    amount_paise: int = Field(sa_type=BigInteger)
    # The cash that was handed over; what is more than the amount was given back as change.
    tendered_paise: int | None = Field(default=None, sa_type=BigInteger)
    method: Method = Field(sa_type=one_of(Method, "payment_method_is_known"))
    reference: str = ""
    received_at: datetime
    received_on: date
    received_by: int | None = Field(default=None, foreign_key="account.id")


class Allocation(SQLModel, table=True):
    """The part of a payment set against a bill; a row below zero takes such a part back whole."""

    __table_args__ = (
        UniqueConstraint("reverses_id", name="an_allocation_is_reversed_once"),
        CheckConstraint(
            "CAST(amount_paise AS BIGINT) = amount_paise AND amount_paise <> 0",
            name="allocation_is_whole_paise",
        ),
        CheckConstraint(
            "(amount_paise < 0) = (reverses_id IS NOT NULL)", name="only_a_reversal_is_below_zero"
        ),
        Index("allocations_of_a_payment", "payment_id"),
        Index("allocations_to_a_bill", "invoice_number"),
        Index("allocations_by_day", "allocated_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    payment_id: int = Field(foreign_key="payment.id")
    invoice_number: str = Field(foreign_key="invoice.number")
    amount_paise: int = Field(sa_type=BigInteger)
    allocated_at: datetime
    allocated_on: date
    reverses_id: int | None = Field(default=None, foreign_key="allocation.id")


class Refund(Paper, table=True):
    """The voucher for money given back, out of what of one payment pays no bill. Frozen."""

    __table_args__ = (
        *numbered("refund"),
        UniqueConstraint("form", name="a_second_click_is_the_same_refund"),
        whole("amount_paise", "refund_is_whole_paise", at_least=1),
        CheckConstraint(
            "method = 'cash' OR length(trim(reference)) > 0",
            name="only_a_cash_refund_has_no_reference",
        ),
        filled("reason", "a_refund_has_a_reason"),
        Index(
            "a_refunds_reference_is_used_once",
            "method",
            "reference",
            unique=True,
            sqlite_where=text("method <> 'cash'"),
            postgresql_where=text("method <> 'cash'"),
        ),
        Index("refunds_of_a_payment", "payment_id"),
        Index("refunds_by_day", "issued_on"),
    )

    payment_id: int = Field(foreign_key="payment.id")
    payer_id: int = Field(foreign_key="patient.id")
    amount_paise: int = Field(sa_type=BigInteger)
    method: Method = Field(sa_type=one_of(Method, "refund_method_is_known"))
    reference: str = ""
    reason: str
    payer_number: str
    payer_name: str
    payer_phone: str
    refunded_by_name: str
    form: str


class PaymentReversal(SQLModel, table=True):
    """A payment that came to nothing: a bounced cheque, a card charged back."""

    __tablename__ = "payment_reversal"
    __table_args__ = (
        UniqueConstraint("payment_id", name="a_payment_is_reversed_once"),
        filled("reason", "a_payment_reversal_has_a_reason"),
        Index("payment_reversals_by_day", "reversed_on"),
    )

    id: int | None = Field(default=None, primary_key=True)
    payment_id: int = Field(foreign_key="payment.id")
    reason: str
    reversed_at: datetime
    reversed_on: date
    reversed_by: int | None = Field(default=None, foreign_key="account.id")
