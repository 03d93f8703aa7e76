"""The pieces of the billing summaries: what moved between two days, and each way to sum it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st
from sqlmodel import Session

from mediklaud import reports
from mediklaud.models import Account
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository import allocated_sums, billed_sums, credited_sums, till_sums
from mediklaud.ui import charts, papers, show, sums
from mediklaud.ui.period import period_words

Period = tuple[date, date]

_MOVED = {
    "billed_paise": "Billed",
    "credited_paise": "Credited",
    "received_paise": "Received",
}
_OVER_TIME = {**_MOVED, "change_paise": "Change of dues", "owed_paise": "Owed", "bills": "Bills"}
_BY = {**_MOVED, "change_paise": "Change of dues", "bills": "Bills"}
_MODES = {
    "mode": "Mode",
    "received_paise": "Received",
    "taken_paise": "Taken",
    "refunded_paise": "Refunded",
    "reversed_paise": "Bounced",
    "lines": "Entries",
}
_BESIDE = {
    "now_paise": "This period",
    "before_paise": "Period before",
    "change_paise": "Change",
    "percent": "In percent",
}


@dataclass(frozen=True)
class Turnover:
    """What moved in a period and in the one before it, and what was owed when it began."""

    period: Period
    before: Period
    moved: reports.Movements
    moved_before: reports.Movements
    opening_paise: int


def moved_in(db: Session, period: Period, me: Account) -> reports.Movements:
    """What moved between two days, summed in SQL."""
    return reports.Movements(
        reports.bills_frame(billed_sums(db, *period, by=me)),
        reports.credits_frame(credited_sums(db, *period, by=me)),
        reports.payments_frame(till_sums(db, *period, by=me)),
        reports.allocations_frame(allocated_sums(db, *period, by=me)),
    )


def numbers(told: Turnover) -> None:
    """The period in six numbers, three by three."""
    whole = reports.summary_of_period(told.moved, opening_paise=told.opening_paise).iloc[0]
    told_in_words = {
        "Billed": ("billed_paise", ""),
        "Credited": ("credited_paise", ""),
        "Received": (
            "received_paise",
            "What came into the till, less refunds and bounced payments.",
        ),
        "Change of dues": (
            "change_paise",
            "Billed − credited − set against bills: by how much dues grew.",
        ),
        "Owed at the end": (
            "owed_paise",
            "All that was owed when the last day of the period ended.",
        ),
        "Still owed": ("unpaid_paise", "What is not yet paid of the bills of this period."),
    }
    names = list(told_in_words)
    for half in (names[:3], names[3:]):
        sums.metrics(
            {name: rupees(whole[told_in_words[name][0]]) for name in half},
            **{name: told_in_words[name][1] for name in half if told_in_words[name][1]},
        )


def choose_cut() -> str:
    """By what the period is summed; the choice stands in the address."""
    return st.segmented_control(
        "Summed by",
        list(CUTS),
        default="Day",
        key="by",
        bind="query-params",
        required=True,
        wrap=True,
    )


def _over_time(told: Turnover, word: str, summary: Callable[..., pd.DataFrame]) -> None:
    frame = summary(told.moved, opening_paise=told.opening_paise)
    every = summary(told.moved, opening_paise=told.opening_paise, every=told.period)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Billed and received**")
        charts.both_sides(every, word, alt=f"Billed and received by {word}")
    with right:
        st.markdown("**Owed at the end**")
        charts.owed_over_time(every, word, alt=f"Owed at the end of each {word}")
    _listing(told, frame, {word: word.capitalize(), **_OVER_TIME}, word)


def _by_name(
    told: Turnover,
    word: str,
    summary: Callable[[reports.Movements], pd.DataFrame],
    *,
    heading: str,
    number: str = "",
) -> None:
    frame, before = (_named(summary(one), word) for one in (told.moved, told.moved_before))
    key, name = (number, word) if number else (word, None)
    beside = reports.side_by_side(frame, before, key, "billed_paise", name=name)
    _both_periods(told, beside, word, alt=f"Billed by {heading.lower()}")
    names = {word: heading, **_BY, **({number: "Number"} if number else {})}
    _listing(told, frame, names, heading.lower())


def _named(frame: pd.DataFrame, word: str) -> pd.DataFrame:
    if word != "kind":
        return frame
    words = {**show.KIND_WORDS, "": "Services"}
    return frame.assign(kind=frame["kind"].map(lambda kind: words.get(kind, kind)))


def _by_mode(told: Turnover) -> None:
    frame = reports.received_by_mode(told.moved.payments)
    frame = frame.assign(mode=frame["method"].map(papers.METHOD_NAMES))
    if not frame.empty:
        charts.parts(frame, "mode", "received_paise", alt="Received by mode")
    _listing(told, frame, _MODES, "mode")


def _compared(told: Turnover) -> None:
    frame = reports.compared(told.moved, told.moved_before)
    _both_periods(told, frame, "measure", alt="This period beside the one before")
    frame = frame.assign(percent=frame["change_basis_points"].map(reports.percent_words))
    _listing(told, frame, {"measure": "Sum", **_BESIDE}, "comparison")


def _both_periods(told: Turnover, frame: pd.DataFrame, word: str, *, alt: str) -> None:
    if frame.empty:
        return
    charts.compared(frame, ("This period", "Period before"), alt=alt, word=word)
    st.caption(f"The period before: {period_words(*told.before)}.")


def _listing(told: Turnover, frame: pd.DataFrame, names: dict[str, str], by: str) -> None:
    if frame.empty:
        st.caption("Nothing to show.")
        return
    name = f"by-{by.replace(' ', '-')}-{sums.days_words(*told.period)}"
    sums.listing(frame, names, name=name, deed=Deed.SEE_SUMMARIES)


CUTS: dict[str, Callable[[Turnover], None]] = {
    "Day": partial(_over_time, word="day", summary=reports.summary_by_day),
    "Week": partial(_over_time, word="week", summary=reports.summary_by_week),
    "Month": partial(_over_time, word="month", summary=reports.summary_by_month),
    "Doctor": partial(
        _by_name,
        word="doctor_name",
        summary=reports.summary_by_doctor,
        heading="Doctor",
        number="doctor_number",
    ),
    "Specialty": partial(
        _by_name, word="specialty", summary=reports.summary_by_specialty, heading="Specialty"
    ),
    "Visit": partial(_by_name, word="kind", summary=reports.summary_by_kind, heading="Visit"),
    "Mode": _by_mode,
    "Compared": _compared,
}
