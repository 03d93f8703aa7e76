"""A doctor's share of the money received on the doctor's bills."""

from collections.abc import Iterable

import pandas as pd

from mediklaud.money import rupees
from mediklaud.reports.frames import DAY, TEXT, WHOLE, Row, frame_of

# An allocation to a doctor's bill or, below zero, its reversal, in the order of the ledger.
# `number` and `issued_on` are the bill's, `visits` the consultations on it. `total_paise` and
# `tax_paise` are what it came to when the allocation was made, less the credit notes of that
# moment, and the tax within that; a reversal has those of its allocation. `before_paise` is what
# was received on the bill before the first of these rows while it came to that,
# `elsewhere_paise` while it came to another sum.
SHARE_COLUMNS = {
    "day": DAY,
    "doctor_number": TEXT,
    "doctor_name": TEXT,
    "number": TEXT,
    "patient_name": TEXT,
    "issued_on": DAY,
    "total_paise": WHOLE,
    "tax_paise": WHOLE,
    "visits": WHOLE,
    "receipt_number": TEXT,
    "method": TEXT,
    "before_paise": WHOLE,
    "elsewhere_paise": WHOLE,
    "received_paise": WHOLE,
}
# What a doctor is paid for the bills issued from a day on: a part of the money, in basis
# points, or a sum for each visit. The other one is 0.
TERM_COLUMNS = {
    "doctor_number": TEXT,
    "effective_from": DAY,
    "basis_points": WHOLE,
    "visit_paise": WHOLE,
}
_OF_A_SHARE = ("upto", "basis_points", "visit_paise", "visits", "total_paise", "tax_paise")
_SUMS = ["received_paise", "share_paise", "hospital_paise"]


def shares_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Allocations to doctors' bills as a frame of SHARE_COLUMNS; rows may say allocated_on
    and amount_paise."""
    return frame_of(rows, SHARE_COLUMNS, allocated_on="day", amount_paise="received_paise")


def terms_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """What doctors are paid, and from when, as a frame of TERM_COLUMNS."""
    return frame_of(rows, TERM_COLUMNS)


def share_paise(
    received_paise: int,
    basis_points: int = 0,
    visit_paise: int = 0,
    visits: int = 1,
    total_paise: int = 0,
    tax_paise: int = 0,
) -> int:
    """The doctor's share of all that was received on one bill, in paise.

    A part is of the money without its tax, and half a paisa goes up, to the doctor. A sum for
    each visit is paid from the first money on the bill, until it is reached.
    """
    if visit_paise:
        return min(received_paise, visits * visit_paise)
    # Python's own integers, rounded once: the product is beyond int64.
    whole, parts = received_paise * basis_points, 10_000
    if tax_paise:
        whole, parts = whole * (total_paise - tax_paise), parts * total_paise
    return (2 * whole + parts) // (2 * parts)


def shares_by_line(lines: pd.DataFrame, terms: pd.DataFrame) -> pd.DataFrame:
    """The share of each line: day, doctor_number, doctor_name, number, patient_name,
    receipt_number, method, basis_points and visit_paise (the terms), received_paise,
    share_paise, hospital_paise (the rest).

    A line's share is the share of all received on the bill with the line, less that without
    it. So part payments come to the share of the whole whatever their number, and a reversal
    takes back to the paisa what the payment gave. The terms are those of the day of the bill.
    Where a credit note changed what the bill comes to, a part of the money is reckoned for
    itself before and after it; a sum for each visit goes on over all that was received.
    """
    ordered = lines.sort_values("day", kind="stable", ignore_index=True)
    told = _with_terms(ordered, terms)
    of_visits = _upto(ordered, ["number"], ordered["before_paise"] + ordered["elsewhere_paise"])
    alike = ["number", "total_paise", "tax_paise"]
    of_parts = _upto(ordered, alike, ordered["before_paise"])
    told = told.assign(upto=of_visits.where(told["visit_paise"] > 0, of_parts))
    known = [told[name].tolist() for name in _OF_A_SHARE]
    share = [
        share_paise(upto, *rule) - share_paise(upto - received, *rule)
        for received, upto, *rule in zip(told["received_paise"].tolist(), *known, strict=True)
    ]
    told = told.assign(share_paise=pd.Series(share, dtype="int64"))
    told = told.assign(hospital_paise=told["received_paise"] - told["share_paise"])
    columns = ["day", "doctor_number", "doctor_name", "number", "patient_name", "receipt_number"]
    return told[[*columns, "method", "basis_points", "visit_paise", *_SUMS]]


def shares_by_month(shared: pd.DataFrame) -> pd.DataFrame:
    """Each doctor's month: month, doctor_number, doctor_name, bills, received_paise,
    share_paise, hospital_paise. Of shares_by_line."""
    month = shared["day"].dt.to_period("M").dt.to_timestamp().astype("datetime64[s]")
    told = shared.assign(month=month).groupby(["month", "doctor_number"], as_index=False)
    return told.agg(
        doctor_name=("doctor_name", "last"),
        bills=("number", "nunique"),
        **{name: (name, "sum") for name in _SUMS},
    )


def shares_by_receipt(shared: pd.DataFrame) -> pd.DataFrame:
    """What each receipt brought a doctor: doctor_number, doctor_name, receipt_number,
    received_paise, share_paise, hospital_paise; the statement's tie to the till."""
    told = shared.groupby(["doctor_number", "receipt_number"], as_index=False)
    summed = told.agg(doctor_name=("doctor_name", "last"), **{one: (one, "sum") for one in _SUMS})
    return summed[["doctor_number", "doctor_name", "receipt_number", *_SUMS]]


def terms_words(basis_points: int, visit_paise: int) -> str:
    """What a doctor is paid, in a word or two: 62.5%, or a sum a visit."""
    if visit_paise:
        return f"{rupees(visit_paise)} a visit"
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02d}".rstrip("0").rstrip(".") + "%" if basis_points else "nothing"


def _upto(lines: pd.DataFrame, words: list[str], before: "pd.Series[int]") -> "pd.Series[int]":
    # All that was received with each line, of the lines that are alike in these words.
    first = before.groupby([lines[word] for word in words]).transform("first")
    return first + lines.groupby(words)["received_paise"].cumsum()


def _with_terms(lines: pd.DataFrame, terms: pd.DataFrame) -> pd.DataFrame:
    # Nothing, from before the first day on, so that no bill is without terms and no sum is
    # made a float by a gap.
    doctors = lines["doctor_number"].drop_duplicates()
    nothing = pd.DataFrame({"doctor_number": doctors, "effective_from": "1900-01-01"})
    nothing = nothing.assign(basis_points=0, visit_paise=0).astype(TERM_COLUMNS)
    known = pd.concat([nothing, terms], ignore_index=True)
    known = known.sort_values("effective_from", kind="stable")
    place = lines.assign(place=range(len(lines))).sort_values("issued_on", kind="stable")
    told = pd.merge_asof(
        place, known, left_on="issued_on", right_on="effective_from", by="doctor_number"
    )
    return told.sort_values("place", ignore_index=True).drop(columns=["place", "effective_from"])
