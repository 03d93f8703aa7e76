"""Tables for a spreadsheet: CSV and Excel that open as they are meant, and run nothing."""

import re
from io import BytesIO
from typing import Any

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from mediklaud import contact
from mediklaud.errors import PhoneNotUnderstood

# What makes Excel, LibreOffice and Google Sheets run a cell, blanks before it included; the
# wide forms too, which East Asian settings read alike.
_FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠|%]|^[\t\r\n]")
# What may be a phone, as it is kept or as people read it.
_PHONE = re.compile(r"^\+[0-9][0-9 -]{6,20}$")
# What Excel keeps of a number, and of a text.
_MOST_DIGITS = 15
_LONGEST = 32_767
_FORMATS = {
    "head": {"bold": True, "bottom": 1, "valign": "top"},
    "text": {"num_format": "@"},
    "day": {"num_format": "dd mmm yyyy"},
    "month": {"num_format": "mmm yyyy"},
    "money": {"num_format": "#,##0.00"},
    "percent": {"num_format": "0.00%"},
    "whole": {"num_format": "0"},
}


def csv_of(frame: pd.DataFrame, names: dict[str, str]) -> bytes:
    """The named columns as CSV under their headings, paise as rupees with two decimals.

    A text that a spreadsheet would run as a formula gets an apostrophe before it. UTF-8 with
    its mark, without which Excel would garble an Indian name.
    """
    told = frame[list(names)].apply(_as_text).rename(columns=_headings(names))
    return told.to_csv(index=False, date_format="%Y-%m-%d").encode("utf-8-sig")


def xlsx_of(frame: pd.DataFrame, names: dict[str, str]) -> bytes:
    """The named columns as an Excel sheet: sums are numbers with two decimals, days are days.

    Texts are cells of text and never formulas, links or numbers; one that would run where
    the sheet is saved as CSV gets an apostrophe before it, as in the CSV.
    """
    made = BytesIO()
    with Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Table")
        looks = {name: book.add_format(look) for name, look in _FORMATS.items()}
        for at, (word, heading) in enumerate(_headings(names).items()):
            sheet.write_string(0, at, harmless(heading), looks["head"])
            _write_column(sheet, at, frame[word], looks)
        sheet.freeze_panes(1, 0)
        if len(frame):
            sheet.autofilter(0, 0, len(frame), len(names) - 1)
        sheet.autofit()
    return made.getvalue()


def harmless(cell: str) -> str:
    """A text as no spreadsheet runs it; a phone is written as people read it."""
    return _phone(cell) or (f"'{cell}" if _FORMULA.match(cell) else cell)


def _phone(cell: str) -> str | None:
    # In figures and blanks alone: +919886011111 would be shown as 9.19886E+11, and one with a
    # hyphen is a subtraction.
    if not _PHONE.match(cell):
        return None
    try:
        return contact.phone_words(contact.phone(cell, country="IN")).replace("-", " ")
    except PhoneNotUnderstood:
        return None


def _headings(names: dict[str, str]) -> dict[str, str]:
    return {
        word: f"{name} (₹)" if word.endswith("_paise") else name for word, name in names.items()
    }


def _as_text(column: "pd.Series[Any]") -> "pd.Series[Any]":
    # Days keep their type: to_csv writes them.
    kind = _kind(column)
    if kind in ("money", "percent"):
        sign = "%" if kind == "percent" else ""
        return column.map(lambda whole: _decimal(whole) + sign, na_action="ignore")
    return column.map(harmless, na_action="ignore") if kind == "text" else column


def _write_column(
    sheet: Worksheet, at: int, column: "pd.Series[Any]", looks: dict[str, Any]
) -> None:
    kind = _kind(column)
    for row, cell in enumerate(column.tolist(), start=1):
        if pd.isna(cell):
            continue
        if kind in ("day", "month"):
            sheet.write_datetime(row, at, cell.to_pydatetime(), looks[kind])
        elif kind == "text":
            sheet.write_string(row, at, harmless(str(cell))[:_LONGEST], looks[kind])
        elif len(str(abs(cell))) > _MOST_DIGITS:
            # Excel would lose its last digits.
            told = _decimal(cell) if kind in ("money", "percent") else str(cell)
            sheet.write_string(row, at, told, looks["text"])
        else:
            # The decimal nearest to it, which is what Excel keeps of any sum.
            parts = {"money": 100, "percent": 10_000}.get(kind, 1)
            sheet.write_number(row, at, cell / parts, looks[kind])


def _kind(column: "pd.Series[Any]") -> str:
    name = str(column.name)
    if name.endswith("_paise"):
        return "money"
    if name.endswith("_basis_points"):
        return "percent"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "month" if name == "month" else "day"
    return "whole" if pd.api.types.is_integer_dtype(column) else "text"


def _decimal(hundredths: int) -> str:
    whole, rest = divmod(abs(hundredths), 100)
    return f"{'-' if hundredths < 0 else ''}{whole}.{rest:02d}"
