"""What is owed: how old it is, by whom and on whose bills, now or at the end of a day."""

from datetime import date
from typing import Any

import pandas as pd

from mediklaud.ages import AGE_ENDS, AGES, AGES_PAISE
from mediklaud.reports.frames import OPEN_BILL_COLUMNS, Movements

_EDGES = (-1, *AGE_ENDS, 10**6)


# By age


def ageing(owed: pd.DataFrame, today: date | None = None) -> pd.DataFrame:
    """What is owed by the age of the bill: age, bills, patients, owed_paise.

    Of open bills one by one (with today), or of AGED_COLUMNS, which the query has summed.
    Always the four rows of AGES, the youngest first.
    """
    told = _cut(owed, "age") if today is None else _summed(_with_age(owed, today), "age")
    told = told.set_index("age")[["bills", "patients", "owed_paise"]]
    return told.reindex(pd.Index(AGES, dtype="str", name="age"), fill_value=0).reset_index()


def ageing_by_doctor(owed: pd.DataFrame, today: date | None = None) -> pd.DataFrame:
    """What is owed on each doctor's bills by age: doctor_number, doctor_name, bills, patients,
    a column for each age (up_to_30_paise, up_to_60_paise, up_to_90_paise, over_90_paise),
    owed_paise. Of open bills, or of AGED_COLUMNS; the largest sum first."""
    return _across(owed, today, "doctor_number", name="doctor_name")


def ageing_by_specialty(owed: pd.DataFrame, today: date | None = None) -> pd.DataFrame:
    """What is owed in each specialty by age: specialty, then as ageing_by_doctor."""
    return _across(owed, today, "specialty")


# By whom


def owed_by_patient(
    open_bills: pd.DataFrame, today: date, *, limit_paise: int = 0, grace_days: int = 0
) -> pd.DataFrame:
    """Who owes: patient_id, patient_name, patient_number, phone, bills, oldest_days, owed_paise,
    on_hold; the largest sum first. Of open bills one by one.

    on_hold is the dues gate's rule without payment plans: more than `limit_paise` owed on
    bills of `grace_days` days or more.
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
            bills=("bills", "sum"),
            oldest_days=("days", "max"),
            owed_paise=("owed_paise", "sum"),
            due=("due", "sum"),
        )
    )
    told = summed.assign(on_hold=summed["due"] > limit_paise).drop(columns="due")
    return told.sort_values(
        ["owed_paise", "patient_number"], ascending=[False, True], ignore_index=True
    )


# At the end of a day


def owed_as_of(moved: Movements, day: date) -> int:
    """What was owed at the end of a day, in paise, of all that ever moved."""
    return _change(moved.upto(day))


def owed_before(owed_paise: int, since: Movements) -> int:
    """What was owed before all that moved since, in paise: today's dues rolled back.

    So the opening of a month is known from the open bills and the month's own lines, without
    a look at the years before.
    """
    return owed_paise - _change(since)


def open_bills_as_of(moved: Movements, day: date) -> pd.DataFrame:
    """The bills that were open at the end of a day as OPEN_BILL_COLUMNS, the oldest first.

    Of all that ever moved, bill by bill; whom they are paid by is not told.
    """
    then = moved.upto(day)
    credited = then.credits.groupby("number")["credited_paise"].sum()
    allocated = then.allocations.groupby("number")["allocated_paise"].sum()
    bills = then.bills.rename(columns={"day": "issued_on", "billed_paise": "total_paise"})
    paid = [
        sums.reindex(bills["number"], fill_value=0).to_numpy() for sums in (credited, allocated)
    ]
    told = bills.assign(owed_paise=bills["total_paise"] - paid[0] - paid[1])
    told = told[told["owed_paise"] != 0].sort_values(["issued_on", "number"], ignore_index=True)
    told = told.assign(patient_id=0, patient_number="", patient_name="", phone="")
    return told[list(OPEN_BILL_COLUMNS)].astype(OPEN_BILL_COLUMNS)


# Their steps


def _change(moved: Movements) -> int:
    billed = int(moved.bills["billed_paise"].sum())
    credited = int(moved.credits["credited_paise"].sum())
    return billed - credited - int(moved.allocations["allocated_paise"].sum())


def _days(issued_on: "pd.Series[Any]", today: date) -> "pd.Series[int]":
    # A bill of tomorrow, issued before the zone was corrected, is a bill of today.
    days: pd.Series[int] = (pd.Timestamp(today) - issued_on).dt.days.clip(lower=0)
    return days.astype("int64")


def _cut(aged: pd.DataFrame, word: str) -> pd.DataFrame:
    return aged[aged["cut"] == word].rename(columns={"word": word})


def _with_age(open_bills: pd.DataFrame, today: date) -> pd.DataFrame:
    days = _days(open_bills["issued_on"], today)
    return open_bills.assign(age=pd.cut(days, _EDGES, labels=list(AGES)).astype("str"))


def _summed(open_bills: pd.DataFrame, word: str) -> pd.DataFrame:
    return open_bills.groupby(word, as_index=False).agg(
        bills=("bills", "sum"), patients=("patient_id", "nunique"), owed_paise=("owed_paise", "sum")
    )


def _across(
    owed: pd.DataFrame, today: date | None, word: str, *, name: str | None = None
) -> pd.DataFrame:
    told = _cut(owed, word) if today is None else _aged_by(owed, today, word, name)
    names = [word] if name is None else [word, name]
    told = told[[*names, "bills", "patients", *AGES_PAISE, "owed_paise"]]
    return told.sort_values(["owed_paise", word], ascending=[False, True], ignore_index=True)


def _aged_by(open_bills: pd.DataFrame, today: date, word: str, name: str | None) -> pd.DataFrame:
    with_age = _with_age(open_bills, today)
    told = _summed(with_age, word).set_index(word)
    for age, column in zip(AGES, AGES_PAISE, strict=True):
        of_age = with_age[with_age["age"] == age].groupby(word)["owed_paise"].sum()
        told[column] = of_age.reindex(told.index, fill_value=0)
    if name is not None:
        told[name] = with_age.groupby(word)[name].last().astype("str")
    return told.reset_index()
