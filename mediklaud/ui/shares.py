"""Doctors' shares on the screen: a month's statement that ties to its receipts, and the terms."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import pandas as pd
import streamlit as st
from sqlmodel import Session

from mediklaud import reports
from mediklaud.database import reading
from mediklaud.models import Account, Doctor
from mediklaud.money import read_rupees, rupees
from mediklaud.permissions import Deed
from mediklaud.repository import (
    doctor_statement,
    doctor_with,
    set_share,
    share_lines,
    share_terms,
)
from mediklaud.statement_pdf import doctor_statement_pdf
from mediklaud.statements import DoctorStatement, ShareLine
from mediklaud.ui import choose, downloads, show, sums
from mediklaud.ui.desk import record, submission_id
from mediklaud.ui.period import month_of
from mediklaud.ui.plain import plain

PART, VISIT = "A part of the money", "A sum for each visit"
_MONTHS = 12
_ALL = {
    "doctor_name": "Doctor",
    "received_paise": "Received",
    "share_paise": "Doctor's share",
    "hospital_paise": "Hospital",
    "bills": "Bills",
    "doctor_number": "Number",
}
_LINES = {
    "day": "Date",
    "receipt_number": "Receipt",
    "number": "Bill",
    "patient_name": "Patient",
    "received_paise": "Received",
    "terms": "Terms",
    "share_paise": "Doctor's share",
    "hospital_paise": "Hospital",
}


def choose_statement(found: Sequence[Doctor], today: date) -> tuple[date, Doctor | None]:
    """The month, this one unless told, and the doctor; all of them unless told."""
    months = [today.replace(day=1)]
    while len(months) < _MONTHS:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    left, right = st.columns([1, 2])
    with left:
        month = choose.one(
            "Month", months, "shares", shown=lambda day: f"{day:%B %Y}", chosen=months[0]
        )
    with right:
        doctor = choose.doctor("Doctor", found, "shares")
    return month or months[0], doctor


def _shared(db: Session, month: date, me: Account, doctor: Doctor | None = None) -> pd.DataFrame:
    lines = share_lines(db, *month_of(month), by=me, doctor=doctor)
    terms = reports.terms_frame(share_terms(db, by=me))
    return reports.shares_by_line(reports.shares_frame(lines), terms)


def overview(month: date, me: Account) -> None:
    """Every doctor's month in a line."""
    with reading() as db:
        shared = _shared(db, month, me)
    if shared.empty:
        st.info("Nothing was received on a doctor's bill in this month.", icon=":material/inbox:")
        return
    told = reports.shares_by_month(shared)
    sums.listing(told, _ALL, name=f"shares-{month:%Y-%m}", deed=Deed.SEE_SHARES)
    st.caption("Choose a doctor above for the statement, line by line.")


def statement(doctor: Doctor, month: date, me: Account) -> None:
    """A doctor's month, line by line, held against its receipts, with its files."""
    with reading() as db:
        shared = _shared(db, month, me, doctor)
        told = _told(db, shared, doctor, month, me)
    shown = shared.assign(terms=[line.terms for line in told.lines])
    sums.metrics(
        {
            "Received": rupees(told.received_paise),
            "Doctor's share": rupees(told.share_paise),
            "Hospital": rupees(told.received_paise - told.share_paise),
        }
    )
    if shown.empty:
        words = f"Nothing was received for {doctor.name} in {month:%B %Y}."
        st.info(plain(words), icon=":material/inbox:")
    else:
        _tie(told)
        name = f"share-{doctor.number}-{month:%Y-%m}"
        sums.listing(shown, _LINES, name=name, deed=Deed.SEE_SHARES)
        st.caption("Below zero: a payment was reversed, or a bill credited after it was paid.")
    downloads.button(
        "Statement as PDF",
        partial(_statement_of, doctor.id or 0, month),
        doctor_statement_pdf,
        name=f"share-{doctor.number}-{month:%Y-%m}.pdf",
        key=f"share-pdf-{doctor.id}-{month}",
    )


def _tie(told: DoctorStatement) -> None:
    received, receipts = rupees(told.received_paise), rupees(told.receipts_paise or 0)
    if told.ties:
        words = f"The lines equal the receipts' sum on this doctor's bills: {receipts}."
        st.success(plain(words), icon=":material/balance:")
        return
    words = f"The lines come to {received}, the receipts to {receipts}. Run the self-check."
    st.error(plain(words), icon=":material/balance:")


def _told(
    db: Session, shared: pd.DataFrame, doctor: Doctor, month: date, me: Account
) -> DoctorStatement:
    lines = [
        ShareLine(
            *(row.day.date(), row.receipt_number, row.number, row.patient_name),
            received_paise=row.received_paise,
            terms=reports.terms_words(row.basis_points, row.visit_paise),
            share_paise=row.share_paise,
        )
        for row in shared.itertuples()
    ]
    return doctor_statement(db, doctor, *month_of(month), lines, by=me)


def _statement_of(doctor_id: int, month: date, db: Session, me: Account) -> DoctorStatement:
    doctor = doctor_with(db, doctor_id)
    return _told(db, _shared(db, month, me, doctor), doctor, month, me)


def agreed(doctor: Doctor, me: Account) -> None:
    """What was agreed with a doctor, and from which day on each."""
    with reading() as db:
        found = [one for one in share_terms(db, by=me) if one.doctor_number == doctor.number]
    if not found:
        st.caption("Nothing is agreed: the doctor is paid nothing of the money received.")
        return
    rows = [
        {
            "From": one.effective_from,
            "Share": reports.terms_words(one.basis_points, one.visit_paise),
        }
        for one in reversed(found)
    ]
    show.table(rows, alt="Terms agreed", height="content")


def agree(doctor: Doctor, me: Account, today: date) -> None:
    """The CMO's form: a part of the money or a sum for each visit, from a day on."""
    form = submission_id(f"share/{doctor.id}")
    kind = choose.few("Share", [PART, VISIT], form, chosen=PART)
    percent, amount = 0.0, ""
    if kind == PART:
        percent = st.number_input(
            "Percent", 0.0, 100.0, 0.0, step=1.0, format="%.2f", key=f"{form}/Percent"
        )
    else:
        amount = choose.amount("For each visit", form)
    first_day = choose.day("From", form, value=today, first=today)
    st.caption("It holds for bills issued from that day on. 0 is nothing.")
    asked = st.button(
        "Agree the share", key=f"{form}/set", type="primary", icon=":material/pie_chart:"
    )
    if asked:
        with record("The share is agreed.") as db:
            each = read_rupees(amount, field="For each visit") if kind == VISIT else 0
            share = {"basis_points": round(100 * percent), "visit_paise": each}
            set_share(db, doctor, choose.given(first_day, "From"), by=me, **share)
