"""What a hospital's till in plain Python is made of: books, people, bills, payments, plans."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import BillWhen, CreditKind, Method, VisitKind, WaiverStatus

CASH_LIMIT = 2_00_000_00
CASHIERS = {"ishaan": 200_00, "nila": 50_00}
PRICES = {
    ("rao", VisitKind.FIRST): 800_00,
    ("rao", VisitKind.FOLLOW_UP): 400_00,
    ("iyer", VisitKind.FIRST): 500_00,
    ("iyer", VisitKind.FOLLOW_UP): 0,
}
# Each service: its price, and its tax in hundredths of a per cent.
SERVICES = {
    "Dressing": (333_33, 0),
    "Attestation": (0, 0),
    "Swab": (7, 1_800),
    "Vitamins": (1_250_50, 1_800),
    "Brace": (99_99, 500),
    "Implant": (1_20_000_00, 0),
}


def tax_of(paise: int, rate: int) -> int:
    """Tax by the paisa, counted as a clerk would: a whole paisa for each, and for half a one."""
    whole, rest = divmod(paise * rate, 10_000)
    return whole + (rest >= 5_000)


class Books:
    """A double-entry ledger. What every account stands at: debits above zero, credits below.

    Accounts: receivable (payer, bill), advance (payment), revenue (bill), tax (bill), credited
    (credit note); received, refunded and reversed (cashier, day, method).
    """

    def __init__(self) -> None:
        self.balances: defaultdict[tuple[Any, ...], int] = defaultdict(int)

    def post(self, *entries: tuple[tuple[Any, ...], int]) -> None:
        """Write entries that come to nothing together."""
        assert sum(paise for _, paise in entries) == 0, entries
        for account, paise in entries:
            self.balances[account] += paise

    def at(self, *account: Any) -> int:
        """What an account stands at."""
        return self.balances.get(account, 0)

    def of(self, name: str) -> int:
        """What all accounts of a name stand at together."""
        return sum(paise for account, paise in self.balances.items() if account[0] == name)


@dataclass
class Person:
    """A patient, and who pays for them while they are a minor."""

    name: str
    born: date
    payer: str | None = None


@dataclass(eq=False)
class Line:
    """A line of a bill, before tax and its tax."""

    amount: int
    rate: int
    tax: int


@dataclass(eq=False)
class Bill:
    """An issued bill."""

    number: str
    patient: str
    payer: str
    day: date
    lines: list[Line]
    visit: str | None

    @property
    def total(self) -> int:
        """What was billed, with tax."""
        return sum(line.amount + line.tax for line in self.lines)


@dataclass(eq=False)
class Payment:
    """Money received in one way: the receipt, and its place there."""

    receipt: str
    place: int
    payer: str
    amount: int
    method: Method
    day: date
    reversed: bool = False
    refunded: int = 0

    @property
    def account(self) -> tuple[Any, ...]:
        """What of it pays nothing."""
        return ("advance", self.receipt, self.place)


@dataclass(eq=False)
class Part:
    """So much of a payment pays a bill."""

    payment: Payment
    bill: Bill
    amount: int


@dataclass(eq=False)
class Note:
    """A credit note: so much, and its tax, of each line."""

    number: str
    bill: Bill
    kind: CreditKind
    parts: list[tuple[Line, int, int]]
    by: str
    cancelled: bool = False

    @property
    def total(self) -> int:
        """What it takes back, with tax."""
        return sum(amount + tax for _, amount, tax in self.parts)


@dataclass(eq=False)
class Visit:
    """An appointment, and the bill it stands on: none, "free" or a number."""

    form: str
    patient: str
    doctor: str
    kind: VisitKind
    starts_at: datetime
    status: Status = Status.BOOKED
    charge: str | None = None

    @property
    def live(self) -> bool:
        """Whether somebody's time is promised by it."""
        return self.status in (Status.BOOKED, Status.ARRIVED, Status.FULFILLED)


@dataclass(eq=False)
class Plan:
    """A payment plan: what was owed on its bills, and what is due by the end of each day."""

    payer: str
    total: int
    bills: list[Bill]
    due: list[tuple[date, int]]
    ended: bool = False


@dataclass(eq=False)
class Waiver:
    """A waiver asked for."""

    bill: Bill
    amount: int
    asked_by: str
    status: WaiverStatus = WaiverStatus.REQUESTED
    decided_by: str | None = None


@dataclass(eq=False)
class Closed:
    """A cashier's day, counted."""

    cashier: str
    day: date
    counts: dict[Method, tuple[int, int]]
    reopened: bool = False


@dataclass
class Policy:
    """What the hospital decides: the gate, when to bill, and whether it may collect tax."""

    limit: int = 0
    grace: int = 0
    bill_when: BillWhen = BillWhen.FINISH
    gstin: bool = True


@dataclass(frozen=True)
class Tendered:
    """Money on the counter."""

    amount: int
    method: Method
    reference: str = ""
    handed: int | None = None


@dataclass
class House:
    """Everything that stands."""

    now: datetime
    people: dict[str, Person]
    policy: Policy = field(default_factory=Policy)
    books: Books = field(default_factory=Books)
    bills: dict[str, Bill] = field(default_factory=dict)
    payments: list[Payment] = field(default_factory=list)
    # Oldest first.
    parts: list[Part] = field(default_factory=list)
    notes: dict[str, Note] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    waivers: dict[str, Waiver] = field(default_factory=dict)
    closes: dict[str, Closed] = field(default_factory=dict)
    # What each form has done: a payer, a bill, a payment.
    receipt_forms: dict[str, str] = field(default_factory=dict)
    bill_forms: dict[str, str] = field(default_factory=dict)
    note_forms: dict[str, Bill] = field(default_factory=dict)
    refund_forms: dict[str, Payment] = field(default_factory=dict)
    references: set[tuple[Method, str]] = field(default_factory=set)
    refund_references: set[tuple[Method, str]] = field(default_factory=set)
    serials: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
