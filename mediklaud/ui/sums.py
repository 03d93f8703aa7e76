"""Sums as tables and files: paise stay whole until they are shown."""

from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.spreadsheet import csv_of, xlsx_of
from mediklaud.ui import downloads

ROWS_A_PAGE = 25
_FILES = (("CSV", "csv", csv_of), ("Excel", "xlsx", xlsx_of))


def metrics(told: dict[str, str], **helps: str) -> None:
    """A row of numbers, each in its card, as many beside each other as show the longest whole."""
    longest = max(map(len, told.values()))
    with st.grid(len(told), min_column_width=max(150, 12 * longest + 36)):
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
        column_config=config,
        alt=alt,
        **{"height": "content", **options},
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


def listing(frame: pd.DataFrame, names: dict[str, str], *, name: str, deed: Deed) -> None:
    """A table, page by page, and all of it as a file."""
    table(page_of(frame, name), names, alt=name.replace("-", " "))
    with st.container(horizontal=True):
        file_buttons(downloads.shown(frame, deed), names, name=name, empty=frame.empty)


def file_buttons(
    read: downloads.Read[pd.DataFrame], names: dict[str, str], *, name: str, empty: bool = False
) -> None:
    """A table as CSV and Excel, read when asked for and only for whoever may see it then."""
    for label, ending, make in _FILES:
        downloads.button(
            label,
            read,
            partial(make, names=names),
            name=f"{name}.{ending}",
            key=f"{ending}-{name}",
            disabled=empty,
            help="This table for a spreadsheet",
        )


def at_most(rows: int) -> str:
    """The height of a table: all its rows where they are few, or a part of them that scrolls."""
    return "content" if rows <= ROWS_A_PAGE else "auto"


def days_words(first_day: date, last_day: date) -> str:
    """A period as the name of a file says it."""
    return f"{first_day:%Y-%m-%d}-to-{last_day:%Y-%m-%d}"


def _calendar(word: str) -> str:
    return "MMM YYYY" if word == "month" else "DD MMM YYYY"
