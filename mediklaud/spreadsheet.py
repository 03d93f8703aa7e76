"""Tables for a spreadsheet: CSV that opens as it is meant, and runs nothing."""

from typing import Any

import pandas as pd

# What makes Excel, LibreOffice and Google Sheets run a cell, blanks before it included; the
# wide forms too, which East Asian settings read alike.
_FORMULA = r"^\s*[=+\-@＝＋－＠|%]|^[\t\r\n]"
# A phone as it is kept or shown, which no spreadsheet can run, stays as it is.
_PHONE = r"^\+[0-9]{1,4}[0-9 ]{4,20}$"


def csv_of(frame: pd.DataFrame, names: dict[str, str]) -> bytes:
    """The named columns as CSV under their headings, paise as rupees with two decimals.

    A text that a spreadsheet would run as a formula gets an apostrophe before it. UTF-8 with
    its mark, without which Excel would garble an Indian name.
    """
    kept = frame[list(names)]
    told = kept.apply(_cells).rename(columns=_headings(names))
    return told.to_csv(index=False, date_format="%Y-%m-%d").encode("utf-8-sig")


def _headings(names: dict[str, str]) -> dict[str, str]:
    return {
        word: f"{name} (₹)" if word.endswith("_paise") else name for word, name in names.items()
    }


def _cells(column: "pd.Series[Any]") -> "pd.Series[Any]":
    if str(column.name).endswith("_paise"):
        return column.map(_rupees)
    if not pd.api.types.is_string_dtype(column):
        return column
    runs = column.str.contains(_FORMULA, regex=True) & ~column.str.match(_PHONE)
    return column.mask(runs, "'" + column)


def _rupees(paise: int) -> str:
    whole, coins = divmod(abs(paise), 100)
    return f"{'-' if paise < 0 else ''}{whole}.{coins:02d}"
