"""The dues dashboard's pieces: its filters in the address, who owes, and a payer's account."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import pandas as pd
import streamlit as st
from sqlmodel import Session

from mediklaud import contact, reports
from mediklaud.ages import AGES
from mediklaud.models import Account, DuesLetter
from mediklaud.money import rupees
from mediklaud.repository import (
    OwedNumbers,
    OwedWhere,
    held_since,
    minors_held_by,
    numbers_and_payers,
    statement_of,
    who_owes,
)
from mediklaud.statement_pdf import statement_pdf
from mediklaud.statements import Statement
from mediklaud.ui import downloads, sums
from mediklaud.ui.desk import see
from mediklaud.ui.plain import plain

# Few enough that the account of a chosen row is near it.
ROWS_A_PAGE = 10
# As many as one file holds; a hospital where more owe narrows the list first.
MOST_ROWS = 200
HELD = "On hold"
LEVEL_NAMES = {1: "The first letter", 2: "The second letter", 3: "The final letter"}
_WHO = {
    "patient_name": "Patient",
    "owed_paise": "Owed",
    "why": "Why on hold",
    "since": "On hold since",
    "phone": "Phone",
    "bills": "Bills",
    "oldest_on": "Oldest bill",
    "patient_number": "Number",
}
_OWED = {"bills": "Bills", "patients": "Patients", "owed_paise": "Owed"}
_ACROSS = {
    "owed_paise": "Owed",
    **dict(
        zip(
            ("up_to_30_paise", "up_to_60_paise", "up_to_90_paise", "over_90_paise"),
            AGES,
            strict=True,
        )
    ),
    "bills": "Bills",
    "patients": "Patients",
}
BY_AGE = {"age": "Age of the bill", **_OWED}
BY_DOCTOR = {"doctor_name": "Doctor", **_ACROSS, "doctor_number": "Number"}
BY_SPECIALTY = {"specialty": "Specialty", **_ACROSS}
_ENTRIES = {
    "day": "Date",
    "number": "Paper",
    "about": "Particulars",
    "charged_paise": "Charged",
    "paid_paise": "Settled",
    "balance_paise": "Balance",
}


def reminded_words(letter: DuesLetter) -> str:
    """What is said of a reminder that was just queued."""
    owed = rupees(letter.owed_paise)
    return f"{LEVEL_NAMES[letter.level]} is queued: {owed} is owed. Of each level there is one."


def choose_where(whose: list) -> OwedWhere:
    """Which open bills are meant. The choice stands in the address, to be kept or sent.

    What the address says and nobody owes is left aside by Streamlit: all are meant.
    """
    names = {one.doctor_number: one.doctor_name for one in whose}
    specialties = sorted({one.specialty for one in whose})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = [
            st.selectbox(
                label,
                options,
                index=None,
                placeholder="All",
                format_func=shown,
                key=key,
                bind="query-params",
                width=240,
            )
            for label, key, options, shown in (
                ("Age of the bill", "age", list(AGES), str),
                (
                    "Doctor",
                    "doctor",
                    list(names),
                    lambda number: f"{names.get(number, '')} · {number}",
                ),
                ("Specialty", "specialty", specialties, str),
            )
        ]
        held = st.toggle("On hold only", key="hold", bind="query-params")
    return OwedWhere(*found, on_hold=held)


def numbers(found: OwedNumbers) -> None:
    """What is owed in four numbers."""
    sums.metrics(
        {
            "Owed in all": rupees(found.owed_paise),
            "Open bills": f"{found.bills:,}",
            "Patients who owe": f"{found.patients:,}",
            HELD: f"{found.on_hold:,}",
        }
    )


def payers(db: Session, where: OwedWhere, me: Account) -> tuple[OwedNumbers, pd.DataFrame]:
    """What is owed in four numbers, and who owes it on the page that is open."""
    asked = partial(numbers_and_payers, db, where, by=me, at_most=ROWS_A_PAGE)
    first = _first_row(where, st.session_state.get(f"payers/{where}", 1))
    found, rows = asked(first=first)
    # Another list opens on its first page, and how long this one is was not known before.
    pages = st.session_state[f"payers/{where}"] = _pages(found)
    if (first_now := _first_row(where, pages)) != first:
        found, rows = asked(first=first_now)
    return found, _told(db, rows, me)


def _pages(found: OwedNumbers) -> int:
    return -(-found.patients // ROWS_A_PAGE)


def _first_row(where: OwedWhere, pages: int) -> int:
    return (st.session_state.get(f"payers/{where}/{pages}", 1) - 1) * ROWS_A_PAGE


def choose_payer(
    told: pd.DataFrame, where: OwedWhere, found: OwedNumbers, me: Account, today: date
) -> "pd.Series | None":
    """Who owes, a page at a time, and the one whose row is chosen."""
    picked = sums.chosen_row(told, _WHO, by="patient_id", alt="Who owes")
    if _pages(found) > 1:
        st.pagination(_pages(found), key=f"payers/{where}/{_pages(found)}")
    with st.container(horizontal=True):
        sums.file_buttons(
            lambda db, me: _told(db, who_owes(db, where, by=me), me),
            _WHO,
            name=f"who-owes-{today}",
        )
    if found.patients > MOST_ROWS:
        st.caption(f"A file has the {MOST_ROWS} who owe most. Narrow the list for the others.")
    return picked


def _told(db: Session, rows: list, me: Account) -> pd.DataFrame:
    held = [row.patient_id for row in rows if row.on_hold]
    since = held_since(db, held, by=me)
    minors = minors_held_by(db, held, by=me)
    return pd.DataFrame(
        [
            {
                **row._mapping,
                "phone": contact.phone_words(row.phone),
                "why": why_words(row, minors),
                "since": since.get(row.patient_id),
            }
            for row in rows
        ],
        columns=["patient_id", *_WHO],
    ).astype({"since": "datetime64[s]", "oldest_on": "datetime64[s]", "owed_paise": "int64"})


def why_words(row: object, minors: Mapping[int, Sequence[str]]) -> str:
    """Why somebody's booking is on hold, such as ₹800.00 on 1 overdue bill; empty where open.

    Whom else it holds back are the minors they pay for, by `minors_held_by`.
    """
    if not row.on_hold:
        return ""
    bills = "bill" if row.overdue_bills == 1 else "bills"
    own = f"{rupees(row.overdue_paise)} on {row.overdue_bills} overdue {bills}"
    theirs = f"{rupees(row.payers_overdue_paise)} overdue of who pays for the minor"
    told = ((row.overdue_paise, own), (row.payers_overdue_paise, theirs))
    why = " and ".join(words for paise, words in told if paise)
    also = ", ".join(minors.get(row.patient_id, ()))
    return f"{why}; also holds back {also}" if also else why


def account(patient_id: int, period: tuple[date, date], me: Account) -> None:
    """A payer's account on the screen, line by line, and its PDF."""
    told = see(lambda db: statement_of(db, patient_id, *period, by=me))
    names = ("Opening balance", "Held in advance" if told.closing_paise < 0 else "To pay")
    sums.metrics(
        {
            names[0]: rupees(told.opening_paise),
            names[1]: rupees(abs(told.closing_paise)),
        }
    )
    sums.table(_lines(told), _ENTRIES, alt="Statement")
    downloads.button(
        "Statement as PDF",
        lambda db, me: statement_of(db, patient_id, *period, by=me),
        statement_pdf,
        name=f"statement-{told.patient_number}-{sums.days_words(*period)}.pdf",
        key=f"statement-{patient_id}",
    )
    if min((told.opening_paise, *told.balances)) < 0:
        st.caption(plain("A balance below zero is money held in advance."))


def _lines(told: Statement) -> pd.DataFrame:
    rows = [
        (
            *(line.day, line.number, f"{line.entry}: {line.about}"),
            *((line.amount_paise, 0) if line.entry.owing else (0, line.amount_paise)),
            balance,
        )
        for line, balance in zip(told.lines, told.balances, strict=True)
    ]
    opening = (told.begins, "", reports.BROUGHT_FORWARD, 0, 0, told.opening_paise)
    return pd.DataFrame([opening, *rows], columns=list(_ENTRIES)).astype({"day": "datetime64[s]"})
