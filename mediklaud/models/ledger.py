"""Money: prices, charges, issued papers and what was paid. Whole paise everywhere."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from mediklaud.models.words import Method, VisitKind, filled, one_of, whole


class NumberSeries(SQLModel, table=True):
    """The last number given in a series; the row is locked by whoever takes the next."""

    __tablename__ = "number_series"
    __table_args__ = (whole("last", "last_number_is_whole"),)

    name: str = Field(primary_key=True)
    last: int = 0


class Tariff(SQLModel, table=True):
    """A doctor's price for a kind of visit from a day on."""

    __table_args__ = (
        UniqueConstraint("doctor_id", "kind", "effective_from", name="one_price_a_day"),
        whole("price_paise", "price_is_whole_paise"),
    )

    id: int | None = Field(default=None, primary_key=True)
    doctor_id: int = Field(foreign_key="doctor.id")
    kind: VisitKind = Field(sa_type=one_of(VisitKind, "tariff_kind_is_known"))
    effective_from: date
    price_paise: int = Field(sa_type=BigInteger)


class Charge(SQLModel, table=True):
    """Something done that costs money (HL7 FHIR's ChargeItem), at the price of that day."""

    __table_args__ = (
        UniqueConstraint("appointment_id", name="consultation_is_charged_once"),
        whole("price_paise", "charge_is_whole_paise"),
        filled("description", "charge_has_a_description"),
    )

    id: int | None = Field(default=None, primary_key=True)
    appointment_id: int = Field(foreign_key="appointment.id")
    description: str
    sac: str
    price_paise: int = Field(sa_type=BigInteger)
    charged_at: datetime


class Invoice(SQLModel, table=True):
    """An issued bill of supply. Frozen: it copies every name and price it shows.

    Only `settled_at` ever changes: the moment nothing was owed on it, so that open
    bills are found by an index. The self-check proves it against the ledger.
    """

    __table_args__ = (
        UniqueConstraint("series", "serial", name="one_bill_per_serial"),
        CheckConstraint("length(number) <= 16", name="bill_number_has_16_characters_at_most"),
        CheckConstraint("number = upper(number)", name="bill_number_is_in_capitals"),
        whole("serial", "bill_serial_is_whole", at_least=1),
        whole("total_paise", "bill_total_is_whole_paise", at_least=1),
        Index(
            "open_bills_of_a_patient",
            "patient_id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
        Index("bills_of_a_patient", "patient_id", "issued_on"),
        Index("bills_by_day", "issued_on"),
    )

    number: str = Field(primary_key=True)
    series: str
    serial: int
    patient_id: int = Field(foreign_key="patient.id")
    doctor_id: int = Field(foreign_key="doctor.id")
    issued_at: datetime
    issued_on: date
    issued_by: int | None = Field(default=None, foreign_key="account.id")
    hospital_name: str
    hospital_address: str
    hospital_phone: str
    hospital_email: str
    hospital_gstin: str | None = None
    patient_number: str
    patient_name: str
    patient_address: str
    patient_phone: str
    doctor_name: str
    doctor_specialty: str
    doctor_registration: str
    total_paise: int = Field(sa_type=BigInteger)
    settled_at: datetime | None = None


class InvoiceLine(SQLModel, table=True):
    """A line of a bill. Lines are written before their bill, which seals them."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        UniqueConstraint("charge_id", name="charge_is_billed_once"),
        CheckConstraint(
            "amount_paise = quantity * unit_price_paise", name="line_is_quantity_times_price"
        ),
        whole("quantity", "line_quantity_is_whole", at_least=1),
        whole("unit_price_paise", "line_price_is_whole_paise"),
        filled("description", "line_has_a_description"),
        Index("lines_of_a_bill", "invoice_number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    invoice_number: str = Field(
        sa_column_args=(ForeignKey("invoice.number", deferrable=True, initially="DEFERRED"),)
    )
    charge_id: int = Field(foreign_key="charge.id")
    description: str
    sac: str
    quantity: int = 1
    unit_price_paise: int = Field(sa_type=BigInteger)
    amount_paise: int = Field(sa_type=BigInteger)


class Payment(SQLModel, table=True):
    """Money received from a patient."""

    __table_args__ = (
        UniqueConstraint("form", name="a_second_click_is_the_same_payment"),
        whole("amount_paise", "payment_is_whole_paise", at_least=1),
        CheckConstraint(
            "method = 'cash' OR length(trim(reference)) > 0", name="only_cash_has_no_reference"
        ),
        Index(
            "a_reference_is_used_once",
            "method",
            "reference",
            unique=True,
            sqlite_where=text("method <> 'cash'"),
            postgresql_where=text("method <> 'cash'"),
        ),
        Index("payments_of_a_patient", "patient_id"),
        Index("payments_by_moment", "received_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    patient_id: int = Field(foreign_key="patient.id")
    amount_paise: int = Field(sa_type=BigInteger)
    method: Method = Field(sa_type=one_of(Method, "payment_method_is_known"))
    reference: str = ""
    received_at: datetime
    received_on: date
    received_by: int | None = Field(default=None, foreign_key="account.id")
    form: str


class Allocation(SQLModel, table=True):
    """The part of a payment set against a bill."""

    __table_args__ = (
        UniqueConstraint("payment_id", "invoice_number", name="one_allocation_per_bill"),
        whole("amount_paise", "allocation_is_whole_paise", at_least=1),
        Index("allocations_to_a_bill", "invoice_number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    payment_id: int = Field(foreign_key="payment.id")
    invoice_number: str = Field(foreign_key="invoice.number")
    amount_paise: int = Field(sa_type=BigInteger)
    allocated_at: datetime


class Receipt(SQLModel, table=True):
    """The paper that says money was received. Frozen like a bill."""

    __table_args__ = (
        UniqueConstraint("series", "serial", name="one_receipt_per_serial"),
        UniqueConstraint("payment_id", name="one_receipt_per_payment"),
        CheckConstraint("length(number) <= 16", name="receipt_number_has_16_characters_at_most"),
        CheckConstraint("number = upper(number)", name="receipt_number_is_in_capitals"),
        whole("serial", "receipt_serial_is_whole", at_least=1),
    )

    number: str = Field(primary_key=True)
    series: str
    serial: int
    payment_id: int = Field(foreign_key="payment.id")
    issued_at: datetime
    issued_on: date
    hospital_name: str
    hospital_address: str
    hospital_phone: str
    hospital_email: str
    hospital_gstin: str | None = None
    patient_number: str
    patient_name: str
    patient_phone: str
    received_by_name: str
