"""The hospital's papers as they are printed: frozen copies, with no way back to the database."""

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
    """One consultation or service on a bill; `sac` is its Service Accounting Code."""

    description: str
    sac: str
    quantity: int
    unit_price_paise: int
    amount_paise: int


@dataclass(frozen=True)
class Bill:
    """A bill of supply, under section 31(3)(c) of the CGST Act the paper for an exempt supply."""

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
    duplicate: bool = False

    @property
    def balance_paise(self) -> int:
        """What the patient still owed when this copy was printed."""
        return self.total_paise - self.paid_paise


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


@dataclass(frozen=True)
class Receipt:
    """A payment received, and the bills it was set against."""

    number: str
    issued_on: date
    issued_at_words: str
    hospital: Hospital
    patient_number: str
    patient_name: str
    patient_phone: str
    method: str
    reference: str | None
    amount_paise: int
    lines: tuple[ReceiptLine, ...]
    received_by: str
    duplicate: bool = False

    @property
    def unallocated_paise(self) -> int:
        """What was received and is not yet set against a bill."""
        return self.amount_paise - sum(line.amount_paise for line in self.lines)


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
