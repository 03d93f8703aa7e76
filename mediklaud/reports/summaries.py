"""What was billed, credited, received and set against bills: by when, by whom, for what."""

from datetime import date
from typing import Any

import pandas as pd

from mediklaud.reports.frames import Movements

# The row of money that is on no bill: received and not yet set against one, or, below zero,
# taken from earlier advances to pay the bills of this period.
ADVANCES = "Advances, on no bill"
_SUMS = ["bills", "billed_paise", "credited_paise", "received_paise", "allocated_paise"]


# By when


def summary_by_day(
    moved: Movements, *, opening_paise: int = 0, every: tuple[date, date] | None = None
) -> pd.DataFrame:
    """What moved each day: day, bills, billed_paise, credited_paise, received_paise,
    allocated_paise, change_paise, owed_paise.

    change_paise is billed − credited − allocated, by how much dues grew; owed_paise is what
    was owed at the end of the day, from opening_paise on. `every` gives each day between the
    two a row, quiet ones too.
    """
    return _over_time(moved, "day", "D", opening_paise, every)


def summary_by_week(
    moved: Movements, *, opening_paise: int = 0, every: tuple[date, date] | None = None
) -> pd.DataFrame:
    """What moved each week, told by its Monday: week, then as summary_by_day."""
    return _over_time(moved, "week", "W-SUN", opening_paise, every)


def summary_by_month(
    moved: Movements, *, opening_paise: int = 0, every: tuple[date, date] | None = None
) -> pd.DataFrame:
    """What moved each month, told by its first day: month, then as summary_by_day."""
    return _over_time(moved, "month", "M", opening_paise, every)


def summary_of_period(moved: Movements, *, opening_paise: int = 0) -> pd.DataFrame:
    """All of it in one row: bills, billed_paise, credited_paise, received_paise,
    allocated_paise, change_paise, owed_paise (at the end), advances_paise (by how much
    advances grew), unpaid_paise (what is owed now on the very bills of the period)."""
    parts = zip(_SUMS, _parts(moved), strict=True)
    whole = pd.DataFrame({name: [frame[name].sum()] for name, frame in parts}, dtype="int64")
    told = _with_change(whole)
    return told.assign(
        owed_paise=opening_paise + told["change_paise"],
        advances_paise=told["received_paise"] - told["allocated_paise"],
        unpaid_paise=[moved.bills["owed_paise"].sum()],
    )


# By whom and for what


def summary_by_doctor(moved: Movements) -> pd.DataFrame:
    """What moved on each doctor's bills: doctor_number, doctor_name, bills, billed_paise,
    credited_paise, received_paise, change_paise.

    A doctor is told by the number, so two of one name are two rows, and a new name is one
    row still. Received is what was set against the doctor's bills; the last row, ADVANCES,
    is the money on no bill, so that every column comes to the whole.
    """
    named = [part[["doctor_number", "doctor_name"]] for part in _on_bills(moved)]
    names = pd.concat(named).groupby("doctor_number")["doctor_name"].last()
    told = _cut(moved, "doctor_number")
    told.insert(1, "doctor_name", told["doctor_number"].map(names).astype("str"))
    return _and_advances(told, moved, "doctor_name")


def summary_by_specialty(moved: Movements) -> pd.DataFrame:
    """What moved in each specialty: specialty, then as summary_by_doctor."""
    return _and_advances(_cut(moved, "specialty"), moved, "specialty")


def summary_by_kind(moved: Movements) -> pd.DataFrame:
    """What moved for each kind of visit: kind (empty: no visit), then as summary_by_doctor."""
    return _and_advances(_cut(moved, "kind"), moved, "kind")


def received_by_mode(payments: pd.DataFrame) -> pd.DataFrame:
    """What came in by each mode: method, lines, taken_paise, refunded_paise, reversed_paise,
    received_paise, the largest first.

    Received is taken − refunded − reversed; the three are told as sums above zero.
    """
    sums = payments["received_paise"]
    told = payments.assign(
        taken_paise=sums.where(~payments["sort"].isin(["refund", "reversal"]), 0),
        refunded_paise=-sums.where(payments["sort"] == "refund", 0),
        reversed_paise=-sums.where(payments["sort"] == "reversal", 0),
    )
    columns = ["lines", "taken_paise", "refunded_paise", "reversed_paise", "received_paise"]
    summed = told.groupby("method", as_index=False)[columns].sum()
    return _largest_first(summed, "received_paise", "method")


# Their steps


def _parts(moved: Movements) -> tuple[pd.DataFrame, ...]:
    # The frame of each of _SUMS.
    return moved.bills, moved.bills, moved.credits, moved.payments, moved.allocations


def _on_bills(moved: Movements) -> tuple[pd.DataFrame, ...]:
    return moved.bills, moved.credits, moved.allocations


def _over_time(
    moved: Movements, word: str, unit: str, opening_paise: int, every: tuple[date, date] | None
) -> pd.DataFrame:
    parts = [
        frame.groupby(_begins(frame["day"], unit))[name].sum()
        for name, frame in zip(_SUMS, _parts(moved), strict=True)
    ]
    steps = _steps(every, unit) if every else None
    told = _with_change(_beside(parts, steps))
    told = told.assign(owed_paise=opening_paise + told["change_paise"].cumsum())
    return told.rename_axis(word).reset_index()


def _cut(moved: Movements, word: str) -> pd.DataFrame:
    billed, credited, allocated = (part.groupby(word) for part in _on_bills(moved))
    told = _beside(
        [
            billed["bills"].sum(),
            billed["billed_paise"].sum(),
            credited["credited_paise"].sum(),
            allocated["allocated_paise"].sum(),
        ]
    )
    told = _with_change(told).rename(columns={"allocated_paise": "received_paise"})
    told = told[["bills", "billed_paise", "credited_paise", "received_paise", "change_paise"]]
    return _largest_first(told.rename_axis(word).reset_index(), "billed_paise", word)


def _and_advances(told: pd.DataFrame, moved: Movements, word: str) -> pd.DataFrame:
    rest = moved.payments["received_paise"].sum() - moved.allocations["allocated_paise"].sum()
    if not rest:
        return told
    whole = told.select_dtypes("number").columns
    cells = {name: 0 if name in whole else "" for name in told.columns}
    row = pd.DataFrame([cells | {word: ADVANCES, "received_paise": rest}])
    return pd.concat([told, row.astype(told.dtypes)], ignore_index=True)


def _beside(parts: "list[pd.Series[Any]]", steps: pd.Index | None = None) -> pd.DataFrame:
    # By hand, since a merge makes floats of sums where a day has only one side.
    for part in parts:
        steps = part.index if steps is None else steps.union(part.index)
    columns = {part.name: part.reindex(steps, fill_value=0) for part in parts}
    return pd.DataFrame(columns, index=steps)


def _with_change(told: pd.DataFrame) -> pd.DataFrame:
    change = told["billed_paise"] - told["credited_paise"] - told["allocated_paise"]
    return told.assign(change_paise=change)


def _begins(days: "pd.Series[Any]", unit: str) -> "pd.Series[Any]":
    begins: pd.Series[Any] = days.dt.to_period(unit).dt.to_timestamp()
    return begins.astype("datetime64[s]")


def _steps(every: tuple[date, date], unit: str) -> pd.Index:
    first_day, last_day = every
    periods = pd.period_range(pd.Timestamp(first_day), pd.Timestamp(last_day), freq=unit)
    return pd.DatetimeIndex(periods.to_timestamp()).astype("datetime64[s]")


def _largest_first(summed: pd.DataFrame, sums: str, then: str) -> pd.DataFrame:
    return summed.sort_values([sums, then], ascending=[False, True], ignore_index=True)
