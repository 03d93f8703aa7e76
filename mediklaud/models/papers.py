"""Papers that say what is owed: bills, and the credit notes that correct them. Frozen."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.words import CreditKind, InvoiceKind, filled, one_of, share, whole


class Paper(SQLModel):
    """What every numbered paper says of itself and of the hospital that issued it."""

    number: str = Field(primary_key=True)
    series: str
    serial: int
    issued_at: datetime
    issued_on: date
    issued_by: int | None = Field(default=None, foreign_key="account.id")
    hospital_name: str
    hospital_address: str
    hospital_phone: str
    hospital_email: str
    hospital_gstin: str | None = None


def numbered(paper: str) -> tuple[Any, ...]:
    """The rules of a paper's number (CGST Rules, 46(b)): consecutive, 16 capitals at most."""
    return (
        UniqueConstraint("series", "serial", name=f"one_{paper}_per_serial"),
        CheckConstraint("length(number) <= 16", name=f"{paper}_number_has_16_characters_at_most"),
        CheckConstraint("number = upper(number)", name=f"{paper}_number_is_in_capitals"),
        whole("serial", f"{paper}_serial_is_whole", at_least=1),
    )


def _of_paper(column: str) -> Any:
    """A line waits for the paper that seals it until the transaction ends."""
    return Field(sa_column_args=(ForeignKey(column, deferrable=True, initially="DEFERRED"),))


class Invoice(Paper, table=True):
    """An issued bill. Frozen: it copies every name and price it shows.

    Only two columns ever change, so that the open bills are found and summed by an index:
    `owed_paise`, what is owed on it, and `settled_at`, the moment nothing was. The self-check
    proves both against the ledger.
    """

    __table_args__ = (
        *numbered("bill"),
        UniqueConstraint("form", name="a_second_click_is_the_same_bill"),
        whole("subtotal_paise", "bill_subtotal_is_whole_paise"),
        whole("tax_paise", "bill_tax_is_whole_paise"),
        whole("total_paise", "bill_total_is_whole_paise", at_least=1),
        CheckConstraint(
            "total_paise = subtotal_paise + tax_paise", name="bill_total_is_subtotal_and_tax"
        ),
        CheckConstraint(
            "tax_paise = 0 OR kind = 'tax_invoice'", name="tax_stands_on_a_tax_invoice"
        ),
        # Who is not registered may collect no tax (CGST Act, s. 32).
        CheckConstraint(
            "kind <> 'tax_invoice' OR hospital_gstin IS NOT NULL",
            name="a_tax_invoice_has_a_gstin",
        ),
        whole("owed_paise", "bill_owed_is_whole_paise"),
        CheckConstraint("owed_paise <= total_paise", name="bill_owes_its_total_at_most"),
        CheckConstraint(
            "(owed_paise = 0) = (settled_at IS NOT NULL)", name="a_settled_bill_owes_nothing"
        ),
        # All that the dues dashboard reads, so that it never goes to the bills themselves.
        Index(
            "open_bills_of_a_payer",
            *("payer_id", "issued_on", "number", "owed_paise", "settled_at"),
            *("doctor_id", "doctor_name", "doctor_specialty"),
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("bills_of_a_patient", "patient_id", "issued_on"),
        Index("bills_of_a_payer", "payer_id", "issued_on"),
        Index("bills_by_day", "issued_on"),
    )

    kind: InvoiceKind = Field(sa_type=one_of(InvoiceKind, "bill_kind_is_known"))
    patient_id: int = Field(foreign_key="patient.id")
    # Who owes it: the patient, or for a minor the payer named on that day.
    payer_id: int = Field(foreign_key="patient.id")
    doctor_id: int = Field(foreign_key="doctor.id")
    patient_number: str
    patient_name: str
    patient_address: str
    patient_phone: str
    payer_number: str
    payer_name: str
    doctor_name: str
    doctor_specialty: str
    doctor_registration: str
    subtotal_paise: int = Field(sa_type=BigInteger)
    tax_paise: int = Field(default=0, sa_type=BigInteger)
    total_paise: int = Field(sa_type=BigInteger)
    owed_paise: int = Field(sa_type=BigInteger)
    settled_at: datetime | None = None
    form: str


class InvoiceLine(SQLModel, table=True):
    """A line of a bill. Lines are written before their bill, which seals them."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        UniqueConstraint("charge_id", name="charge_is_billed_once"),
        CheckConstraint(
            "amount_paise = quantity * unit_price_paise", name="line_is_quantity_times_price"
        ),
        share("tax_basis_points", "line_tax_is_a_whole_share"),
        CheckConstraint(
            "tax_paise = (amount_paise * tax_basis_points + 5000) / 10000",
            name="line_tax_is_rounded_half_a_paisa_up",
        ),
        whole("quantity", "line_quantity_is_whole", at_least=1),
        whole("unit_price_paise", "line_price_is_whole_paise"),
        filled("description", "line_has_a_description"),
        Index("lines_of_a_bill", "invoice_number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invoice_number: str = _of_paper("invoice.number")
    charge_id: int = Field(foreign_key="charge.id")
    description: str
    sac: str
    quantity: int = 1
    unit_price_paise: int = Field(sa_type=BigInteger)
    # Before tax.
    amount_paise: int = Field(sa_type=BigInteger)
    tax_basis_points: int = 0
    tax_paise: int = Field(default=0, sa_type=BigInteger)


class CreditNote(Paper, table=True):
    """The paper that takes back a bill or a part of it, and names the bill (Rule 53(1A)).

    It may be cancelled once; nothing else of it ever changes.
    """

    __tablename__ = "credit_note"
    __table_args__ = (
        *numbered("credit"),
        UniqueConstraint("form", name="a_second_click_is_the_same_credit"),
        whole("subtotal_paise", "credit_subtotal_is_whole_paise"),
        whole("tax_paise", "credit_tax_is_whole_paise"),
        whole("total_paise", "credit_total_is_whole_paise", at_least=1),
        CheckConstraint(
            "total_paise = subtotal_paise + tax_paise", name="credit_total_is_subtotal_and_tax"
        ),
        filled("reason", "a_credit_has_a_reason"),
        CheckConstraint(
            "(cancelled_at IS NULL) = (cancel_reason IS NULL) "
            "AND (cancelled_at IS NULL) = (cancelled_on IS NULL)",
            name="a_cancelled_credit_has_a_reason",
        ),
        filled("cancel_reason", "a_cancelled_credits_reason_is_not_blank"),
        Index("credits_of_a_bill", "invoice_number"),
        Index("credits_by_day", "issued_on"),
        Index(
            "cancelled_credits_by_day",
            "cancelled_on",
            sqlite_where=text("cancelled_on IS NOT NULL"),
            postgresql_where=text("cancelled_on IS NOT NULL"),
        ),
    )

    invoice_number: str = Field(foreign_key="invoice.number")
    invoice_issued_on: date
    kind: CreditKind = Field(sa_type=one_of(CreditKind, "credit_kind_is_known"))
    reason: str
    patient_number: str
    patient_name: str
    patient_address: str
    subtotal_paise: int = Field(sa_type=BigInteger)
    tax_paise: int = Field(default=0, sa_type=BigInteger)
    total_paise: int = Field(sa_type=BigInteger)
    cancelled_at: datetime | None = None
    cancelled_on: date | None = None
    cancelled_by: int | None = Field(default=None, foreign_key="account.id")
    cancel_reason: str | None = None
    form: str


class CreditNoteLine(SQLModel, table=True):
    """What is taken back of one line of the bill. Written before the note, which seals it."""

    __tablename__ = "credit_note_line"
    __table_args__ = (
        UniqueConstraint("credit_number", "invoice_line_id", name="one_credit_a_line"),
        whole("amount_paise", "credit_line_is_whole_paise"),
        whole("tax_paise", "credit_line_tax_is_whole_paise"),
        Index("credits_of_a_line", "invoice_line_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    credit_number: str = _of_paper("credit_note.number")
    invoice_line_id: int = Field(foreign_key="invoice_line.id")
    description: str
    amount_paise: int = Field(sa_type=BigInteger)
    tax_paise: int = Field(default=0, sa_type=BigInteger)
