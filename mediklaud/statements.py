"""Statements as they are printed: of a patient's account, of a doctor's month, of the check."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate

from mediklaud.papers import Hospital


class Entry(StrEnum):
    """What moves a patient's account, in the words of the statement."""

    BILLED = "Bill"
    CREDITED = "Credit note"
    CREDIT_CANCELLED = "Credit note cancelled"
    RECEIVED = "Receipt"
    REVERSED = "Payment reversed"
    REFUNDED = "Refund"

    @property
    def sum(self) -> str:
        """What all entries of the kind are called together."""
        return _SUMS[self]

    @property
    def owing(self) -> bool:
        """Whether it makes the patient owe more."""
        return self not in (Entry.CREDITED, Entry.RECEIVED)


_SUMS = {
    Entry.BILLED: "Billed",
    Entry.CREDITED: "Credited",
    Entry.CREDIT_CANCELLED: "Credits cancelled",
    Entry.RECEIVED: "Received",
    Entry.REVERSED: "Payments reversed",
    Entry.REFUNDED: "Refunded",
}


@dataclass(frozen=True)
class StatementLine:
    """One dated entry: its paper, what it was for, and its sum, never below zero."""

    day: date
    entry: Entry
    number: str
    about: str
    amount_paise: int

    @property
    def change_paise(self) -> int:
        """What the entry adds to the balance, or takes from it."""
        return self.amount_paise if self.entry.owing else -self.amount_paise


@dataclass(frozen=True)
class Statement:
    """A patient's account from one day to another; a balance below zero is held in advance."""

    issued_on: date
    issued_at_words: str
    hospital: Hospital
    patient_number: str
    patient_name: str
    patient_address: str
    patient_phone: str
    begins: date
    ends: date
    opening_paise: int
    lines: tuple[StatementLine, ...]
    duplicate: bool = False

    @property
    def balances(self) -> tuple[int, ...]:
        """The balance after each line, in paise."""
        changes = (line.change_paise for line in self.lines)
        return tuple(accumulate(changes, initial=self.opening_paise))[1:]

    @property
    def closing_paise(self) -> int:
        """What is owed at the end."""
        return self.opening_paise + sum(line.change_paise for line in self.lines)

    @property
    def changes(self) -> dict[Entry, int]:
        """What each kind of entry added to the balance or took from it, in their order."""
        return {
            entry: sum(line.change_paise for line in self.lines if line.entry is entry)
            for entry in Entry
            if any(line.entry is entry for line in self.lines)
        }


@dataclass(frozen=True)
class ShareLine:
    """Money received for one bill of a doctor, or taken back, and the doctor's share of it.

    `terms` is how the share is reckoned ("60 %", "₹300.00 a visit").
    """

    day: date
    receipt_number: str
    bill_number: str
    patient_name: str
    received_paise: int
    terms: str
    share_paise: int


@dataclass(frozen=True)
class DoctorStatement:
    """A doctor's share of one month, on money received; `month` is its first day."""

    issued_on: date
    issued_at_words: str
    hospital: Hospital
    doctor_name: str
    doctor_registration: str
    doctor_specialty: str
    month: date
    lines: tuple[ShareLine, ...]
    received_paise: int
    share_paise: int
    duplicate: bool = False
    # What the receipts paid on the doctor's bills in the month, asked of them alone.
    receipts_paise: int | None = None

    @property
    def ties(self) -> bool:
        """Whether the lines come to what the receipts say."""
        return self.receipts_paise == self.received_paise


@dataclass(frozen=True)
class SeriesLine:
    """One series of a financial year: from its first number to its last, and how many."""

    paper: str
    first: str
    last: str
    count: int
    total_paise: int


@dataclass(frozen=True)
class CheckLine:
    """One rule of the self-check, and the rows that break it."""

    rule: str
    promise: str
    breaches: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        """Whether nothing breaks the rule."""
        return not self.breaches


@dataclass(frozen=True)
class CheckReport:
    """What the self-check found, for the auditor's file."""

    issued_on: date
    issued_at_words: str
    hospital: Hospital
    checked_by: str
    lines: tuple[CheckLine, ...]
    series: tuple[SeriesLine, ...] = ()
    duplicate: bool = False

    @property
    def broken(self) -> int:
        """How many rules are broken."""
        return sum(not line.green for line in self.lines)
