"""Ledger lines in, named summaries out: pandas, pure, whole paise to the last step.

Every function takes frames made by `bills_frame`, `open_bills_frame` or `payments_frame` and
returns a new one. Columns that end in `_paise` are int64 paise, days and months are
datetime64 at midnight (a month is its first day), the rest is text or counts. An empty frame
gives an empty result with the same columns and types.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

BILL_COLUMNS = {
    "issued_on": "datetime64[s]",
    "number": "str",
    "doctor_number": "str",
    "doctor_name": "str",
    "specialty": "str",
    "patient_id": "int64",
    "total_paise": "int64",
    "owed_paise": "int64",
}
OPEN_BILL_COLUMNS = {
    "number": "str",
    "issued_on": "datetime64[s]",
    "doctor_name": "str",
    "specialty": "str",
    "patient_id": "int64",
    "patient_number": "str",
    "patient_name": "str",
    "phone": "str",
    "total_paise": "int64",
    "owed_paise": "int64",
    "doctor_number": "str",
}
PAYMENT_COLUMNS = {"received_on": "datetime64[s]", "method": "str", "amount_paise": "int64"}
AGES = ("0–30 days", "31–60 days", "61–90 days", "over 90 days")
_AGE_ENDS = (-1, 30, 60, 90, 10**6)


# Frames


def bills_frame(rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """The rows of ledger.billed_lines as a frame of BILL_COLUMNS."""
    return _frame(rows, BILL_COLUMNS)


def open_bills_frame(rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """The rows of dues.open_bills as a frame of OPEN_BILL_COLUMNS."""
    return _frame(rows, OPEN_BILL_COLUMNS)


def payments_frame(rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """The rows of ledger.received_lines as a frame of PAYMENT_COLUMNS."""
    return _frame(rows, PAYMENT_COLUMNS)


def _frame(rows: Iterable[Sequence[Any]], columns: dict[str, str]) -> pd.DataFrame:
    told = [tuple(row) for row in rows]
    return pd.DataFrame.from_records(told, columns=list(columns)).astype(columns)


# What is owed


def ageing(open_bills: pd.DataFrame, today: date) -> pd.DataFrame:
    """What is owed by the age of the bill: age, bills, patients, owed_paise.

    Always the four rows of AGES, the youngest first.
    """
    aged = open_bills.assign(
        age=pd.cut(_days(open_bills["issued_on"], today), _AGE_ENDS, labels=list(AGES))
    )
    summed = aged.groupby("age", observed=False).agg(
        bills=("owed_paise", "size"),
        patients=("patient_id", "nunique"),
        owed_paise=("owed_paise", "sum"),
    )
    return summed.reset_index().astype({"age": "str"})


def owed_by_patient(
    open_bills: pd.DataFrame, today: date, *, limit_paise: int = 0, grace_days: int = 0
) -> pd.DataFrame:
    """Who owes: patient_id, patient_name, patient_number, phone, bills, oldest_days, owed_paise,
    on_hold; the largest sum first.

    on_hold is the dues gate's rule: more than `limit_paise` owed on bills of `grace_days`
    days or more.
    """
    days = _days(open_bills["issued_on"], today)
    due = open_bills["owed_paise"].where(days >= grace_days, 0)
    summed = (
        open_bills.assign(days=days, due=due)
        .groupby("patient_id", as_index=False)
        .agg(
            patient_name=("patient_name", "last"),
            patient_number=("patient_number", "last"),
            phone=("phone", "last"),
            bills=("owed_paise", "size"),
            oldest_days=("days", "max"),
            owed_paise=("owed_paise", "sum"),
            due=("due", "sum"),
        )
    )
    told = summed.assign(on_hold=summed["due"] > limit_paise).drop(columns="due")
    return _largest_first(told, "owed_paise", "patient_number")


def owed_by_doctor(open_bills: pd.DataFrame) -> pd.DataFrame:
    """What is owed on each doctor's bills: doctor_number, doctor_name, bills, owed_paise."""
    return _by_doctor(open_bills, "owed_paise", "owed_paise")


def owed_by_specialty(open_bills: pd.DataFrame) -> pd.DataFrame:
    """What is owed on each specialty's bills: specialty, bills, owed_paise."""
    return _by_specialty(open_bills, "owed_paise", "owed_paise")


# What was billed and received


def billed_by_day(bills: pd.DataFrame) -> pd.DataFrame:
    """What was billed each day that had a bill: day, bills, billed_paise."""
    return _billed(bills.assign(day=bills["issued_on"]), "day")


def billed_by_month(bills: pd.DataFrame) -> pd.DataFrame:
    """What was billed each month that had a bill: month, bills, billed_paise."""
    return _billed(bills.assign(month=_month(bills["issued_on"])), "month")


def billed_by_doctor(bills: pd.DataFrame) -> pd.DataFrame:
    """What each doctor's bills come to: doctor_number, doctor_name, bills, billed_paise.

    A doctor is told by the number, so two of one name are two rows, and a new name is one
    row still, under the last name that stands on a bill.
    """
    return _by_doctor(bills, "total_paise", "billed_paise")


def billed_by_specialty(bills: pd.DataFrame) -> pd.DataFrame:
    """What each specialty's bills come to: specialty, bills, billed_paise."""
    return _by_specialty(bills, "total_paise", "billed_paise")


def received_by_day(payments: pd.DataFrame) -> pd.DataFrame:
    """What was received each day that had a payment: day, payments, received_paise."""
    return _received(payments.assign(day=payments["received_on"]), "day")


def received_by_month(payments: pd.DataFrame) -> pd.DataFrame:
    """What was received each month that had a payment: month, payments, received_paise."""
    return _received(payments.assign(month=_month(payments["received_on"])), "month")


def received_by_method(payments: pd.DataFrame) -> pd.DataFrame:
    """What was received by each method: method, payments, received_paise."""
    return _largest_first(_received(payments, "method"), "received_paise", "method")


def summary_by_day(bills: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    """Both sides of each day: day, bills, billed_paise, received_paise, change_paise.

    change_paise is billed minus received, by how much outstanding dues grew that day.
    """
    return _summary(billed_by_day(bills), received_by_day(payments), "day")


def summary_by_month(bills: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    """Both sides of each month: month, bills, billed_paise, received_paise, change_paise."""
    return _summary(billed_by_month(bills), received_by_month(payments), "month")


def summary_of_period(bills: pd.DataFrame, payments: pd.DataFrame) -> pd.DataFrame:
    """All of it in one row: bills, billed_paise, received_paise, change_paise, owed_paise.

    owed_paise is what is owed by now on these very bills.
    """
    billed, received = bills["total_paise"].sum(), payments["amount_paise"].sum()
    whole = {
        "bills": [len(bills)],
        "billed_paise": [billed],
        "received_paise": [received],
        "change_paise": [billed - received],
        "owed_paise": [bills["owed_paise"].sum()],
    }
    return pd.DataFrame(whole, dtype="int64")


def every_day(summary: pd.DataFrame, first_day: date, last_day: date) -> pd.DataFrame:
    """A summary by day with a row of zeros for each day of the period that has none."""
    days = pd.date_range(first_day, last_day, unit="s", name="day")
    return summary.set_index("day").reindex(days, fill_value=0).reset_index()


# Their steps


def _days(issued_on: "pd.Series[Any]", today: date) -> "pd.Series[int]":
    # A bill of tomorrow, issued before the zone was corrected, is a bill of today.
    days: pd.Series[int] = (pd.Timestamp(today) - issued_on).dt.days.clip(lower=0)
    return days.astype("int64")


def _month(days: "pd.Series[Any]") -> "pd.Series[Any]":
    months: pd.Series[Any] = days.dt.to_period("M").dt.to_timestamp()
    return months.astype("datetime64[s]")


def _billed(bills: pd.DataFrame, key: str) -> pd.DataFrame:
    return bills.groupby(key, as_index=False).agg(
        bills=("total_paise", "size"), billed_paise=("total_paise", "sum")
    )


def _received(payments: pd.DataFrame, key: str) -> pd.DataFrame:
    return payments.groupby(key, as_index=False).agg(
        payments=("amount_paise", "size"), received_paise=("amount_paise", "sum")
    )


def _by_doctor(bills: pd.DataFrame, column: str, told: str) -> pd.DataFrame:
    summed = bills.groupby("doctor_number", as_index=False).agg(
        doctor_name=("doctor_name", "last"), bills=(column, "size"), **{told: (column, "sum")}
    )
    return _largest_first(summed, told, "doctor_number")


def _by_specialty(bills: pd.DataFrame, column: str, told: str) -> pd.DataFrame:
    summed = bills.groupby("specialty", as_index=False).agg(
        bills=(column, "size"), **{told: (column, "sum")}
    )
    return _largest_first(summed, told, "specialty")


def _largest_first(summed: pd.DataFrame, sums: str, then: str) -> pd.DataFrame:
    return summed.sort_values([sums, then], ascending=[False, True], ignore_index=True)


def _summary(billed: pd.DataFrame, received: pd.DataFrame, key: str) -> pd.DataFrame:
    # By hand, since a merge makes floats of sums where a day has only one side.
    sides = billed.set_index(key), received.set_index(key)
    days = sides[0].index.union(sides[1].index)
    left, right = (side.reindex(days, fill_value=0) for side in sides)
    told = left.assign(received_paise=right["received_paise"])
    told = told.assign(change_paise=told["billed_paise"] - told["received_paise"])
    return told.rename_axis(key).reset_index()
