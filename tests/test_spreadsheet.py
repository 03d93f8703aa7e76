"""What a spreadsheet finds in the files of tables, read back by other hands."""

import csv
from datetime import datetime
from io import BytesIO

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from openpyxl import load_workbook

from mediklaud.spreadsheet import csv_of, xlsx_of

RUNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%", "\t", "\r", "\n")
DAY = pd.to_datetime(["2026-11-23"]).astype("datetime64[s]")


def text_of(frame, names):
    """The CSV as text, its mark left off."""
    return csv_of(frame, names).decode("utf-8-sig")


def cells_of(frame, names):
    """The cells of the Excel sheet, row by row, read by openpyxl."""
    sheet = load_workbook(BytesIO(xlsx_of(frame, names))).active
    return [list(row) for row in sheet.iter_rows()]


def name_in_csv(name):
    told = text_of(pd.DataFrame({"name": [name, "x"]}), {"name": "Name"})
    return list(csv.reader(told.splitlines(keepends=True)))[1][0]


def name_in_excel(name):
    return cells_of(pd.DataFrame({"name": [name, "x"]}), {"name": "Name"})[1][0]


@pytest.mark.parametrize(
    "name",
    ["=2+3", "+2+3", "-2+3", "@SUM(A1)", " =2+3", "\t=2+3", "＝2+3", "+91-1", "+91 98860 1x"],
)
def test_a_cell_that_a_spreadsheet_would_run_is_text_there(name):
    cell = name_in_excel(name)

    assert name_in_csv(name) == f"'{name}"
    assert (cell.value, cell.data_type, cell.number_format) == (f"'{name}", "s", "@")


@pytest.mark.parametrize(
    "name", ["http://x.example", "{=A1}", "internal:Table!A1", "0123", "1e5", "TRUE", "27/11/2026"]
)
def test_a_text_that_excel_might_take_for_something_else_stays_text(name):
    cell = name_in_excel(name)

    assert (cell.value, cell.data_type, cell.hyperlink) == (name, "s", None)


@pytest.mark.parametrize("cell", ["+91 98860 11111", "Dr Rao", "अमित", "a=b", "O'Brien"])
def test_a_phone_or_a_name_goes_to_the_spreadsheet_as_it_is(cell):
    assert name_in_csv(cell) == cell == name_in_excel(cell).value


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("+919886011111", "+91 98860 11111"),
        ("+912227654321", "+91 22 2765 4321"),
        ("+14155552671", "+1 415 555 2671"),
        ("+1 415-555-2671", "+1 415 555 2671"),
    ],
)
def test_a_phone_as_it_is_kept_is_spaced_so_that_it_stays_readable(kept, shown):
    assert name_in_csv(kept) == shown == name_in_excel(kept).value


@pytest.mark.parametrize("typed", ["+99999999999", "+9988601-1111", "+91 12345 6", "+1-2-3-4-5-6"])
def test_what_only_looks_like_a_phone_is_made_harmless(typed):
    assert name_in_csv(typed) == f"'{typed}"


@settings(deadline=None, max_examples=30)
@given(some.text(some.characters(exclude_categories=["Cs", "Cc"]) | some.sampled_from(RUNS)))
def test_no_cell_of_either_file_begins_as_a_formula(name):
    told = name_in_csv(name)

    assert not told.lstrip().startswith(RUNS) or told.startswith("+")
    assert not told.startswith("+") or told.replace(" ", "")[1:].isdecimal()
    assert name_in_excel(name).data_type in ("s", "n")  # n: an empty cell


def test_sums_go_to_the_spreadsheet_as_numbers_and_days_as_days():
    frame = pd.DataFrame(
        {
            "day": DAY,
            "month": DAY,
            "billed_paise": [1_23_456_05],
            "change_paise": [-5],
            "bills": [3],
            "change_basis_points": pd.array([-1250], dtype="Int64"),
        }
    )
    names = {
        "day": "Day",
        "month": "Month",
        "billed_paise": "Billed",
        "change_paise": "Change",
        "bills": "Bills",
        "change_basis_points": "Grown",
    }
    head, row = cells_of(frame, names)

    assert csv_of(frame, names).startswith(b"\xef\xbb\xbf")
    assert text_of(frame, names).splitlines() == [
        "Day,Month,Billed (₹),Change (₹),Bills,Grown",
        "2026-11-23,2026-11-23,123456.05,-0.05,3,-12.50%",
    ]
    assert [cell.value for cell in head] == [
        *("Day", "Month", "Billed (₹)", "Change (₹)", "Bills", "Grown")
    ]
    at = datetime(2026, 11, 23)  # noqa: DTZ001 - a day has no zone
    assert [cell.value for cell in row] == [at, at, 123456.05, -0.05, 3, -0.125]
    assert [cell.number_format for cell in row] == [
        *("dd mmm yyyy", "mmm yyyy", "#,##0.00", "#,##0.00", "0", "0.00%")
    ]


@settings(deadline=None, max_examples=30)
@given(some.integers(-(10**15) + 1, 10**15 - 1))
def test_a_sum_is_the_same_to_the_paisa_in_both_files(paise):
    frame, names = pd.DataFrame({"sum_paise": [paise]}), {"sum_paise": "Sum"}

    in_excel = f"{cells_of(frame, names)[1][0].value:.2f}"
    assert in_excel == text_of(frame, names).splitlines()[1]
    assert int(in_excel.replace(".", "")) == paise


def test_a_sum_of_more_digits_than_excel_keeps_is_text_there():
    frame, names = pd.DataFrame({"sum_paise": [10**16 + 1]}), {"sum_paise": "Sum"}

    assert cells_of(frame, names)[1][0].value == "100000000000000.01"


def test_what_is_missing_is_an_empty_cell():
    frame = pd.DataFrame(
        {"day": pd.to_datetime([None]), "x_basis_points": pd.array([None], dtype="Int64")}
    )
    names = {"day": "Day", "x_basis_points": "X"}

    assert text_of(frame, names).splitlines() == ["Day,X", ","]
    assert [cell.value for row in cells_of(frame, names)[1:] for cell in row] in ([], [None, None])


def test_an_empty_table_goes_to_the_spreadsheet_with_its_headings():
    empty = pd.DataFrame({"doctor_name": [], "billed_paise": []})
    empty = empty.astype({"doctor_name": "str", "billed_paise": "int64"})
    names = {"doctor_name": "Doctor", "billed_paise": "Billed"}

    assert text_of(empty, names).splitlines() == ["Doctor,Billed (₹)"]
    assert [cell.value for cell in cells_of(empty, names)[0]] == ["Doctor", "Billed (₹)"]
