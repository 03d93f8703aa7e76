"""The hospital's numbered papers as they are printed: frozen copies, no way back to the database.

The statements, which carry no number of a series, stand in `statements.py`.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Hospital:
    """The head of every paper; without a GSTIN no paper speaks of GST."""

    name: str
    address: str
    phone: str
    email: str
    gstin: str | None


@dataclass(frozen=True)
class Line:
    """One consultation or service on a bill; `sac` is its Service Accounting Code.

    `amount_paise` is the value of the supply; its tax, at a rate in basis points, comes on top.
    """

    description: str
    sac: str
    quantity: int
    unit_price_paise: int
    amount_paise: int
    tax_basis_points: int = 0
    tax_paise: int = 0

    @property
    def total_paise(self) -> int:
        """The value with its tax."""
        return self.amount_paise + self.tax_paise

    @property
    def central_paise(self) -> int:
        """Half the tax, for the Union (CGST); of an odd paisa it takes the greater half."""
        return self.tax_paise - self.state_paise

    @property
    def state_paise(self) -> int:
        """The other half, for the State (SGST)."""
        return self.tax_paise // 2


@dataclass(frozen=True)
class Bill:
    """A bill of supply (section 31(3)(c) of the CGST Act), or a tax invoice where a line is taxed.

    `payer_name` is who pays where the patient does not; `paid_paise` and `credited_paise` are
    those of the moment this copy is printed.
    """

    number: str
    issued_on: date
    issued_at_words: str
    hospital: Hospital
    patient_number: str
    patient_name: str
    patient_address: str
    patient_phone: str
    doctor_name: str
    doctor_registration: str
    doctor_specialty: str
    lines: tuple[Line, ...]
    total_paise: int
    paid_paise: int
    credited_paise: int = 0
    payer_name: str = ""
    duplicate: bool = False

    @property
    def taxed(self) -> bool:
        """Whether a line bears tax, which makes a bill of supply a tax invoice."""
        return any(line.tax_basis_points for line in self.lines)

    @property
    def value_paise(self) -> int:
        """What was supplied, before tax."""
        return sum(line.amount_paise for line in self.lines)

    @property
    def tax_paise(self) -> int:
        """The tax of all lines."""
        return sum(line.tax_paise for line in self.lines)

    @property
    def balance_paise(self) -> int:
        """What the patient still owed when this copy was printed."""
        return self.total_paise - self.credited_paise - self.paid_paise


@dataclass(frozen=True)
class CreditLine:
    """So much of a bill's line, and of its tax, as is given back."""

    description: str
    sac: str
    amount_paise: int
    tax_basis_points: int = 0
    tax_paise: int = 0

    @property
    def total_paise(self) -> int:
        """The value with its tax."""
        return self.amount_paise + self.tax_paise

    @property
    def central_paise(self) -> int:
        """Half the tax, as on the bill (CGST)."""
        return self.tax_paise - self.state_paise

    @property
    def state_paise(self) -> int:
        """The other half (SGST)."""
        return self.tax_paise // 2


@dataclass(frozen=True)
class CreditNote:
    """A correction of one bill, named by its number and date (Rule 53(1A) of the CGST Rules).

    `kind` is said as words ("Void", "Correction", "Discount", "Waiver"). `cancelled` says when
    and why, where the note holds no more; else it is empty.
    """

    number: str
    issued_on: date
    issued_at_words: str
    hospital: Hospital
    patient_number: str
    patient_name: str
    patient_address: str
    patient_phone: str
    bill_number: str
    bill_date: date
    doctor_name: str
    doctor_registration: str
    kind: str
    reason: str
    lines: tuple[CreditLine, ...]
    total_paise: int
    issued_by: str
    payer_name: str = ""
    cancelled: str = ""
    duplicate: bool = False

    @property
    def taxed(self) -> bool:
        """Whether tax is given back too."""
        return any(line.tax_basis_points for line in self.lines)

    @property
    def value_paise(self) -> int:
        """What is given back, before tax."""
        return sum(line.amount_paise for line in self.lines)

    @property
    def tax_paise(self) -> int:
        """The tax given back."""
        return sum(line.tax_paise for line in self.lines)


@dataclass(frozen=True)
class Tender:
    """One mode's part of what was received.

    `tendered_paise` is the cash laid on the counter; `reversed` says when and why a cheque or
    card payment came back, else it is empty.
    """

    method: str
    amount_paise: int
    reference: str | None = None
    tendered_paise: int | None = None
    reversed: str = ""

    @property
    def change_paise(self) -> int:
        """The cash given back over the counter."""
        return (self.tendered_paise or self.amount_paise) - self.amount_paise


@dataclass(frozen=True)
class ReceiptLine:
    """The part of a payment set against one bill.

    The doctor's registration number stands on a money receipt by the Indian Medical Council
    Regulations 2002, 1.4.1.
    """

    bill_number: str
    bill_date: date
    doctor_name: str
    doctor_registration: str
    amount_paise: int


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Money received, in one mode or several, and the bills it was set against.

    A receipt of one mode may give `method` and `reference` in place of `tenders`.
    """

    number: str
    issued_on: date
    issued_at_words: str
    hospital: Hospital
    patient_number: str
    patient_name: str
    patient_phone: str
    method: str = ""
    reference: str | None = None
    tenders: tuple[Tender, ...] = ()
    amount_paise: int
    lines: tuple[ReceiptLine, ...]
    received_by: str
    duplicate: bool = False

    @property
    def parts(self) -> tuple[Tender, ...]:
        """The modes it was paid in, one at least."""
        return self.tenders or (Tender(self.method, self.amount_paise, self.reference),)

    @property
    def unallocated_paise(self) -> int:
        """What was received and is not yet set against a bill."""
        return self.amount_paise - sum(line.amount_paise for line in self.lines)


@dataclass(frozen=True)
class AdvanceReceipt:
    """Money received before there is a bill: it pays later bills, or is given back."""

    number: str
    issued_on: date
    issued_at_words: str
    hospital: Hospital
    patient_number: str
    patient_name: str
    patient_phone: str
    tenders: tuple[Tender, ...]
    amount_paise: int
    received_by: str
    duplicate: bool = False


@dataclass(frozen=True)
class RefundVoucher:
    """Money given back out of one receipt, which it names (Rule 51 of the CGST Rules)."""

    number: str
    issued_on: date
    issued_at_words: str
    hospital: Hospital
    patient_number: str
    patient_name: str
    patient_phone: str
    receipt_number: str
    receipt_date: date
    method: str
    reference: str | None
    reason: str
    amount_paise: int
    refunded_by: str
    duplicate: bool = False


@dataclass(frozen=True)
class Slip:
    """An appointment on paper, in the words of the patient's language."""

    hospital: Hospital
    title: str
    patient_name: str
    patient_number: str
    doctor_name: str
    specialty: str
    when_label: str
    when: str
    zone: str
    where_label: str
    where: str
    words: tuple[str, ...]
    printed_on: date
    printed_at_words: str
    foot: str
