"""Sums as tables, charts and files: paise stay whole until they are shown."""

from datetime import date
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from mediklaud.database import reading
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository import live_account, permit
from mediklaud.spreadsheet import csv_of
from mediklaud.ui.desk import token

ROWS_A_PAGE = 25
MOST_BARS = 12
# The Indian way up an axis: 500, 50,000, 5 lakh, 5 crore.
_AXIS = (
    "'₹' + (abs(datum.value) >= 1e7 ? format(datum.value / 1e7, '~r') + ' crore'"
    " : abs(datum.value) >= 1e5 ? format(datum.value / 1e5, '~r') + ' lakh'"
    " : format(datum.value, ',.0f'))"
)


def metrics(told: dict[str, str], **helps: str) -> None:
    """A row of numbers, each in its card."""
    with st.grid(len(told), min_column_width=150):
        for name, value in told.items():
            st.metric(name, value, border=True, help=helps.get(name), height="stretch")


def table(frame: pd.DataFrame, names: dict[str, str], *, alt: str, **options: Any) -> Any:
    """The named columns as a table; cells are text, sums sort as numbers.

    Columns that end in _paise are shown in rupees, a day as a day and a month as a month.
    """
    shown = frame[list(names)].rename(columns=names)
    sums = [name for word, name in names.items() if word.endswith("_paise")]
    config: dict[str, Any] = {
        name: st.column_config.DateColumn(format=_calendar(word))
        for word, name in names.items()
        if pd.api.types.is_datetime64_any_dtype(frame[word])
    }
    config |= {name: st.column_config.Column(alignment="right") for name in sums}
    return st.dataframe(
        shown.style.format(dict.fromkeys(sums, rupees)),
        hide_index=True,
        height="content",
        column_config=config,
        alt=alt,
        **options,
    )


def chosen_row(
    frame: pd.DataFrame, names: dict[str, str], *, by: str, alt: str
) -> "pd.Series[Any] | None":
    """A table of which one row may be chosen, and that row.

    The choice belongs to these very rows, told by the column `by`: in another list, or when
    another desk changed this one, nothing is chosen.
    """
    rows = f"{alt}/{','.join(map(str, frame[by]))}"
    picked = table(frame, names, alt=alt, key=rows, on_select="rerun", selection_mode="single-row")
    return frame.iloc[picked.selection.rows[0]] if picked.selection.rows else None


def page_of(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    """The rows of the page that is open, and the numbers of the pages where there are several."""
    count = -(-len(frame) // ROWS_A_PAGE)
    if count <= 1:
        return frame
    # Another number of pages is another list, which opens on its first one.
    number = st.pagination(count, key=f"{key}/{count}")
    first = (number - 1) * ROWS_A_PAGE
    return frame.iloc[first : first + ROWS_A_PAGE].reset_index(drop=True)


def bars(frame: pd.DataFrame, word: str, sums: str, *, alt: str) -> None:
    """One sum for each name, the largest on top; names are shown as they are."""
    largest = frame.head(MOST_BARS)
    chart = (
        _chart(largest.assign(rupees=largest[sums] / 100, told=largest[sums].map(rupees)))
        .mark_bar(cornerRadiusEnd=4, height={"band": 0.7})
        .encode(
            x=_across(),
            y=_down(word),
            tooltip=[_tip(word, ""), _tip("told", "Sum")],
        )
    )
    st.altair_chart(chart.properties(height=max(90, 34 * len(largest))), alt=alt)
    if len(frame) > MOST_BARS:
        st.caption(f"The {MOST_BARS} largest of {len(frame)}. The table has them all.")


def both_sides(summary: pd.DataFrame, word: str, *, alt: str) -> None:
    """What was billed beside what was received, for each day or month."""
    sides = {"billed_paise": "Billed", "received_paise": "Received"}
    long = summary.rename(columns=sides).melt(word, list(sides.values()), "side", "paise")
    format_words = "%b %Y" if word == "month" else "%d %b"
    chart = (
        _chart(long.assign(rupees=long["paise"] / 100, told=long["paise"].map(rupees)))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x=_along(word, format_words),
            xOffset="side:N",
            y=_up(),
            color=_sides(list(sides.values())),
            tooltip=[_tip("side", ""), _day_tip(word, format_words), _tip("told", "Sum")],
        )
    )
    st.altair_chart(chart.properties(height=300), alt=alt)


def breakdown(
    frame: pd.DataFrame, word: str, names: dict[str, str], *, name: str, deed: Deed
) -> None:
    """A sum told apart by one word: its bars, its table and its file."""
    if frame.empty:
        st.caption("Nothing to show.")
        return
    sums = next(column for column in names if column.endswith("_paise"))
    left, right = st.columns(2, gap="large")
    with left:
        bars(frame, word, sums, alt=f"{names[sums]} by {names[word].lower()}")
    with right:
        listing(frame, names, name=name, deed=deed)


def listing(frame: pd.DataFrame, names: dict[str, str], *, name: str, deed: Deed) -> None:
    """A table, page by page, and all of it as a file."""
    table(page_of(frame, name), names, alt=name.replace("-", " "))
    csv_button(frame, names, name=name, deed=deed)


def csv_button(frame: pd.DataFrame, names: dict[str, str], *, name: str, deed: Deed) -> None:
    """A table as CSV, made when it is asked for and only for whoever may still see it."""
    st.download_button(
        "CSV",
        data=partial(csv_file, token(), frame, names, deed),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"csv-{name}",
        on_click="ignore",
        disabled=frame.empty,
        help="This table for a spreadsheet",
    )


def csv_file(held: str, frame: pd.DataFrame, names: dict[str, str], deed: Deed) -> bytes:
    """The CSV of a table, for the sign-in that asks; refuses one that has ended or may not."""
    with reading() as db:
        permit(db, live_account(db, held), deed)
    return csv_of(frame, names)


def days_words(first_day: date, last_day: date) -> str:
    """A period as the name of a file says it."""
    return f"{first_day:%Y-%m-%d}-to-{last_day:%Y-%m-%d}"


def _calendar(word: str) -> str:
    return "MMM YYYY" if word == "month" else "DD MMM YYYY"


def _chart(frame: pd.DataFrame) -> alt.Chart:
    return alt.Chart(frame)


def _across() -> alt.X:
    return alt.X("rupees:Q", title=None, axis=alt.Axis(labelExpr=_AXIS, tickCount=4))


def _up() -> alt.Y:
    return alt.Y("rupees:Q", title=None, axis=alt.Axis(labelExpr=_AXIS, tickCount=5))


def _down(word: str) -> alt.Y:
    return alt.Y(f"{word}:N", title=None, sort=None, axis=alt.Axis(labelLimit=150))


def _along(word: str, format_words: str) -> alt.X:
    axis = alt.Axis(format=format_words, formatType="time", labelOverlap=True, labelAngle=0)
    unit = "yearmonth" if word == "month" else "yearmonthdate"
    return alt.X(f"{unit}({word}):O", title=None, axis=axis)


def _sides(names: list[str]) -> alt.Color:
    return alt.Color("side:N", title=None, sort=names, legend=alt.Legend(orient="top"))


def _tip(word: str, title: str) -> alt.Tooltip:
    return alt.Tooltip(f"{word}:N", title=title)


def _day_tip(word: str, format_words: str) -> alt.Tooltip:
    return alt.Tooltip(f"{word}:T", title=word.capitalize(), format=format_words)
