"""Searching the audit log: what is asked for, its rows, and the file of them."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from mediklaud import clock
from mediklaud.models import Account, Hospital
from mediklaud.money import rupees
from mediklaud.repository import (
    AUDIT_ROWS,
    AuditLine,
    AuditSearch,
    Change,
    take_out_audit,
    the_hospital,
)
from mediklaud.spreadsheet import csv_of
from mediklaud.ui import choose, downloads, show
from mediklaud.ui.plain import plain

_FORM, _PAGES = "audit", "_audit_pages"
_WEEK = timedelta(days=6)
_MASKED = "Not shown to this role"
_COLUMNS = {
    "time": "Time",
    "who": "Who",
    "deed": "Deed",
    "about": "About",
    "what": "What",
    "sign_in": "Sign-in",
    "row": "Row",
}


def search(staff: list[Account], deeds: list[str], hospital: Hospital) -> AuditSearch | None:
    """What is asked for; None without both days. It stays in this session, never in the URL."""
    today = clock.today(hospital.zone)
    with st.container(border=True):
        from_, to, whom, what = st.columns(4)
        with from_:
            first = choose.day("From", _FORM, value=today - _WEEK)
        with to:
            last = choose.day("To", _FORM, value=today)
        with whom:
            who = choose.one("Who", staff, _FORM, shown=lambda one: f"{one.name} ({one.username})")
        with what:
            deed = choose.one("Deed", deeds, _FORM)
        about = choose.words(
            "About", _FORM, placeholder="Number of a patient, doctor, bill or receipt; a username"
        )
    if first is None or last is None:
        st.info("Choose both days.", icon=":material/date_range:")
        return None
    first, last = min(first, last), max(first, last)
    return AuditSearch(first, last, who.id if who else None, deed, about)


def page_key(asked: AuditSearch) -> tuple[datetime, int] | None:
    """The row after which the page in sight begins; another search begins with the newest."""
    kept = st.session_state.setdefault(_PAGES, {"asked": asked, "keys": []})
    if kept["asked"] != asked:
        kept.update(asked=asked, keys=[])
    return kept["keys"][-1] if kept["keys"] else None


def listed(lines: list[AuditLine], hospital: Hospital) -> None:
    """The rows of one page, and the way to older and newer ones."""
    if not lines:
        st.info(
            "No row is found. Ask for more days, or for less of the rest.",
            icon=":material/search_off:",
        )
    else:
        rows = [_row(one, hospital) for one in lines]
        told = [{_COLUMNS[word]: row[word] for word in _COLUMNS} for row in rows]
        chosen = st.container()
        # A row is known by its place, so the choice lasts as long as these are the rows.
        seen = show.table(
            told,
            alt="The audit log",
            height=min(38 + 35 * len(told), 620),
            key=f"{_FORM}/{lines[0].id}/{len(lines)}",
            on_select="rerun",
            selection_mode="single-row",
        )
        with chosen:
            for place in seen.selection.rows:
                _whole(lines[place], rows[place])
    keys = st.session_state[_PAGES]["keys"]
    with st.container(horizontal=True):
        if keys:
            st.button("Newer", on_click=keys.pop, icon=":material/arrow_back:")
        if len(lines) == AUDIT_ROWS:
            older = (lines[-1].key,)
            st.button("Older", on_click=keys.append, args=older, icon=":material/arrow_forward:")


def _whole(line: AuditLine, row: dict[str, str]) -> None:
    """One row with all that it says, each field in a line of its own."""
    with st.container(border=True):
        st.markdown(f"**{plain(row['deed'])}** · {plain(row['about'])}")
        sign_in = f" · sign-in {row['sign_in']}" if row["sign_in"] else ""
        st.caption(plain(f"{row['time']} · {row['who']}{sign_in} · row {row['row']}"))
        if not line.detail:
            st.caption(_MASKED if line.detail is None else "The deed says all there is.")
        else:
            fields = [
                {"Field": _field(word).capitalize(), "Says": _told(word, value)}
                for word, value in line.detail.items()
            ]
            show.table(fields, alt="What the row says", height="content")


def download(asked: AuditSearch) -> None:
    """The rows asked for as CSV."""
    downloads.button(
        "CSV of all these rows",
        partial(_taken_out, asked),
        partial(csv_of, names=_COLUMNS),
        name=f"audit-{asked.first_day}-{asked.last_day}.csv",
        key="audit-file",
    )


def _taken_out(asked: AuditSearch, db: Session, me: Account) -> pd.DataFrame:
    hospital = the_hospital(db)
    rows = [_row(one, hospital) for one in take_out_audit(db, asked, by=me)]
    return pd.DataFrame(rows, columns=list(_COLUMNS), dtype=str)


def _row(one: AuditLine, hospital: Hospital) -> dict[str, str]:
    return {
        "time": f"{clock.local(one.at, hospital.zone):%d %b %Y, %H:%M:%S}",
        "who": one.who,
        "deed": one.deed.capitalize(),
        "about": one.about.replace("/", " ", 1).replace("_", " "),
        "what": _MASKED if one.detail is None else detail_words(one.detail),
        "sign_in": str(one.sign_in_id or ""),
        "row": str(one.id),
    }


def detail_words(detail: dict[str, Any]) -> str:
    """What a deed did, such as: phone: +911 → +912; fee: ₹500.00 → ₹600.00."""
    return "; ".join(f"{_field(word)}: {_told(word, value)}" for word, value in detail.items())


def _field(word: str) -> str:
    return word.removesuffix("_paise").replace("_", " ")


def _told(word: str, value: Any) -> str:
    if isinstance(value, Change):
        return " → ".join(_one(word, one) for one in value)
    if isinstance(value, list):
        return ", ".join(_one(word, one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_one('', one)}" for name, one in value.items())
    return _one(word, value)


def _one(word: str, value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if word.endswith("_paise") and isinstance(value, int):
        return rupees(value)
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
