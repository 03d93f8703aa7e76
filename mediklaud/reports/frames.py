"""The frames of the reports: which rows of the ledger each one wants.

Rows are named tuples or rows of a query, told by their names and in any order; a name that
is not there takes what stands in DEFAULTS. A row may be one line of the ledger or the sum of
many: then the query groups by the words of the row, `count(*)` is its `lines` (its `bills`
where it counts bills), and every sum is summed. Every report comes to the same either way,
except those that speak of a bill, a patient or a receipt, whose number must be a word of the
row. For the summaries that is: bills, credit notes and allocations by day, doctor, specialty
and kind; payments by day, method and sort. Columns that end in `_paise` are int64 paise, days
are datetime64 at midnight of the hospital's day, the rest is text or counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Protocol

import pandas as pd

from mediklaud.ages import AGES_PAISE

DAY, TEXT, WHOLE = "datetime64[s]", "str", "int64"
# The words by which billed, credited and received money is told apart. `kind` is the visit's
# (first, follow_up, procedure), and empty where a bill is of no visit.
_CUTS = {"doctor_number": TEXT, "doctor_name": TEXT, "specialty": TEXT, "kind": TEXT}

# A bill, on the day of its issue.
BILL_COLUMNS = {
    "day": DAY,
    "number": TEXT,
    **_CUTS,
    "bills": WHOLE,
    "billed_paise": WHOLE,
    "owed_paise": WHOLE,
}
# A credit note, on the day of its issue under the doctor of its bill; `sort` is void,
# correction, discount or waiver. A note that was cancelled is a second row on the day it was,
# with the sum negated.
CREDIT_COLUMNS = {
    "day": DAY,
    "number": TEXT,
    **_CUTS,
    "sort": TEXT,
    "lines": WHOLE,
    "credited_paise": WHOLE,
}
# What came into the till, one row for each tender; `sort` is receipt, advance, refund or
# reversal. A refund and a reversal are rows of their own day, with the sum negated, under the
# method by which the money left.
PAYMENT_COLUMNS = {
    "day": DAY,
    "method": TEXT,
    "sort": TEXT,
    "lines": WHOLE,
    "received_paise": WHOLE,
}
# The part of a payment set against a bill, on the day it was, under the doctor of that bill;
# a reversal is a row of its own day, with the sum negated. `number` is the bill's.
ALLOCATION_COLUMNS = {
    "day": DAY,
    "number": TEXT,
    **_CUTS,
    "method": TEXT,
    "lines": WHOLE,
    "allocated_paise": WHOLE,
}
# A bill on which something is owed now. `patient_id`, name and phone are those of whom the
# bill is paid by.
OPEN_BILL_COLUMNS = {
    "number": TEXT,
    "issued_on": DAY,
    **_CUTS,
    "patient_id": WHOLE,
    "patient_number": TEXT,
    "patient_name": TEXT,
    "phone": TEXT,
    "bills": WHOLE,
    "total_paise": WHOLE,
    "owed_paise": WHOLE,
}
# Open bills that the query has summed by each `cut`: age, doctor_number or specialty, whose
# own `word` is an age of AGES, a number, a specialty. `patients` counts the payers of the row.
AGED_COLUMNS = {
    "cut": TEXT,
    "word": TEXT,
    "doctor_name": TEXT,
    "bills": WHOLE,
    "patients": WHOLE,
    **dict.fromkeys(AGES_PAISE, WHOLE),
    "owed_paise": WHOLE,
}
# What stands in a column that the rows do not have; a grouped row says how many lines it is.
DEFAULTS = {TEXT: "", WHOLE: 0}
_ONE_BY_ONE = ("bills", "lines")
# What the tables of the ledger call a column.
_IN_THE_LEDGER = {
    "issued_on": "day",
    "credited_on": "day",
    "received_on": "day",
    "allocated_on": "day",
}


class Row(Protocol):
    """A named tuple, or a row of a query."""

    @property
    def _fields(self) -> tuple[str, ...]: ...

    def __iter__(self) -> Any: ...


def bills_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Bills as a frame of BILL_COLUMNS; rows may say issued_on and total_paise."""
    return frame_of(rows, BILL_COLUMNS, total_paise="billed_paise", **_IN_THE_LEDGER)


def credits_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Credit notes as a frame of CREDIT_COLUMNS; rows may say credited_on and amount_paise."""
    return frame_of(rows, CREDIT_COLUMNS, amount_paise="credited_paise", **_IN_THE_LEDGER)


def payments_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Money received as a frame of PAYMENT_COLUMNS; rows may say received_on and amount_paise."""
    return frame_of(rows, PAYMENT_COLUMNS, amount_paise="received_paise", **_IN_THE_LEDGER)


def allocations_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Allocations as a frame of ALLOCATION_COLUMNS; rows may say allocated_on, amount_paise."""
    return frame_of(rows, ALLOCATION_COLUMNS, amount_paise="allocated_paise", **_IN_THE_LEDGER)


def open_bills_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """The bills that are owed now as a frame of OPEN_BILL_COLUMNS."""
    return frame_of(rows, OPEN_BILL_COLUMNS)


def aged_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Open bills that the query has summed as a frame of AGED_COLUMNS."""
    return frame_of(rows, AGED_COLUMNS)


@dataclass(frozen=True)
class Movements:
    """What moved in the ledger within some days; a frame that is not given is empty.

    bills: BILL_COLUMNS. credits: CREDIT_COLUMNS. payments: PAYMENT_COLUMNS. allocations:
    ALLOCATION_COLUMNS. Dues grow by billed − credited − allocated, advances by
    received − allocated.
    """

    bills: pd.DataFrame = field(default_factory=lambda: bills_frame([]))
    credits: pd.DataFrame = field(default_factory=lambda: credits_frame([]))
    payments: pd.DataFrame = field(default_factory=lambda: payments_frame([]))
    allocations: pd.DataFrame = field(default_factory=lambda: allocations_frame([]))

    @property
    def empty(self) -> bool:
        """Whether nothing moved."""
        return all(getattr(self, one.name).empty for one in fields(self))

    def between(self, first_day: date, last_day: date) -> "Movements":
        """What moved from the first day to the last."""
        frames = {one.name: getattr(self, one.name) for one in fields(self)}
        begins, ends = pd.Timestamp(first_day), pd.Timestamp(last_day)
        kept = {name: frame[frame["day"].between(begins, ends)] for name, frame in frames.items()}
        return replace(self, **kept)

    def upto(self, day: date) -> "Movements":
        """What moved on the day and before."""
        return self.between(date.min, day)


def frame_of(rows: Iterable[Row], columns: dict[str, str], **names: str) -> pd.DataFrame:
    told = list(rows)
    said = told[0]._fields if told else ()
    frame = pd.DataFrame.from_records([tuple(row) for row in told], columns=list(said))
    frame = frame.rename(columns={said: name for said, name in names.items() if name in columns})
    missing = {name: _default(name, kind) for name, kind in columns.items() if name not in frame}
    whole = frame.assign(**missing)[list(columns)]
    made = whole.astype(columns)
    sums = [name for name, kind in columns.items() if kind == WHOLE]
    # PostgreSQL sums whole paise to a Decimal, which is welcome as long as it is whole.
    assert (made[sums] == whole[sums]).all(axis=None), "a sum is not whole paise"
    return made


def _default(name: str, kind: str) -> Any:
    return 1 if name in _ONE_BY_ONE else DEFAULTS.get(kind, pd.NaT)
