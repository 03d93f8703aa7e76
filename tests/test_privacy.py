"""What is written for one role stands on no page and no paper of another: markers that stay."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import streamlit as st
import time_machine
from pypdf import PdfReader
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud import database
from mediklaud.models import GlassReason, Invoice, Message, Role, VisitKind
from mediklaud.permissions import SHOWN
from mediklaud.repository import (
    account_named,
    begin_consultation,
    begin_sign_in,
    bill_paper,
    book_appointment,
    break_glass,
    cancel_appointment,
    finish_consultation,
    grant_leave,
    statement_of,
)
from mediklaud.ui import chart, choose, front_door, papers
from tests.conftest import ENGINES, open_copy
from tests.desk import HOME
from tests.hospital import NINE_O_CLOCK, TODAY, at, ward_of
from tests.test_pages_and_roles import PAGES, hire, own

ASHA, BEN = 1, 2
FILES: dict[str, Callable[[], bytes]] = {}
NOTE, WORDS, REASON = "ZEBRANOTE", "ZEBRAWORDS", "ZEBRAREASON"
# What gives each field of Asha's away, however it is written.
MARKERS = {
    "consultation notes": (NOTE,),
    "why a record was opened by break-glass": (WORDS,),
    "why an appointment was cancelled": (REASON,),
    "date of birth": ("28 Feb 1990", "1990-02-28", "28/02/1990"),
    "email": ("asha@example.org",),
    "address": ("Lake View",),
    "phone": ("98860 11111", "9886011111"),
}
_NAMES = {Role.FRONT_DESK: "meera", Role.DOCTOR: "rao", Role.FINANCE: "ishaan"}
_NAMES |= {Role.ADMINISTRATOR: "tara", Role.CMO: "cmo", Role.REGISTRAR: "registrar"}


# What a role's pages show without a row being opened, and the kinds of files they offer.
ALWAYS_SEEN = {
    Role.CMO: {
        "why a record was opened by break-glass",
        "why an appointment was cancelled",
        "phone",
    },
    Role.REGISTRAR: {"phone"},
    Role.FRONT_DESK: {"date of birth", "email", "address", "phone"},
    Role.DOCTOR: {"consultation notes", "date of birth", "address", "phone"},
    Role.FINANCE: {"address", "phone"},
    Role.ADMINISTRATOR: set(),
}
FILES_OF = {
    Role.CMO: {"csv", "xlsx"},
    Role.FRONT_DESK: {"pdf"},
    Role.FINANCE: {"csv", "xlsx", "pdf"},
    Role.ADMINISTRATOR: {"csv"},
}


@pytest.fixture(scope="module", params=ENGINES)
def told(request, tmp_path_factory) -> Iterator[None]:
    """A morning of the cast in which each marker was written once."""
    with open_copy(request, request.param, tmp_path_factory.mktemp("privacy") / "data"):
        with time_machine.travel(NINE_O_CLOCK):
            hire()
            _write_the_markers()
        yield


def _write_the_markers() -> None:
    with database.transaction() as db:
        ward = ward_of(db)
        by, first = {"by": ward.meera}, VisitKind.FIRST
        seen = book_appointment(db, ward.asha, ward.rao, at(10), first, form="seen", **by)
        gone = book_appointment(db, ward.ben, ward.rao, at(11), first, form="gone", **by)
        book_appointment(db, ward.ben, ward.rao, at(12), first, form="next", **by)
        cancel_appointment(db, gone, REASON, **by)
        # Somebody has to move her: the phone is on the list of whoever grants leave.
        next_week = at(10, day=TODAY + timedelta(days=7))
        book_appointment(db, ward.asha, ward.rao, next_week, first, form="moves", **by)
        encounter = begin_consultation(db, seen, by=ward.rao_account)
        finish_consultation(db, encounter, NOTE, by=ward.rao_account)
        other = GlassReason.OTHER
        break_glass(db, ward.asha, other, WORDS, form="glass", by=ward.iyer_account)
        day, told_of = next_week.date(), {"form": "leave", "by": ward.khan}
        grant_leave(db, ward.rao, day, day, **told_of)


@pytest.fixture
def morning(told, monkeypatch, nine_o_clock) -> None:
    """A little later, without a mailroom; whatever may be downloaded is kept in FILES."""
    nine_o_clock.move_to(at(9, 10))
    monkeypatch.setattr(front_door, "open_house", lambda: None)
    offer = st.download_button

    def kept(label: str, data: Callable[[], bytes], *, file_name: str, **how: Any) -> bool:
        FILES[file_name] = data
        return offer(label, data, file_name=file_name, **how)

    monkeypatch.setattr(st, "download_button", kept)


def all_that_is_shown(role: Role, patient: int) -> str:
    """Every page and file of a role that is busy with a patient: elements, cells, and pages."""
    desk = AppTest.from_file(HOME, default_timeout=30)
    with database.transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, _NAMES[role]))
        bill = db.exec(select(Invoice.number)).first()
    desk.session_state[choose.PATIENT] = patient
    desk.session_state[chart.OWN] = patient
    desk.session_state[papers._OPENED] = ("bill", bill)
    FILES.clear()
    desk.run()
    shown = "\n".join(_shown(desk, path) for path in PAGES if path in own(role))
    return shown + "\n".join(_read(name, make()) for name, make in FILES.items())


def _read(name: str, file: bytes) -> str:
    """What a file says, whatever its kind."""
    if name.endswith(".pdf"):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(file)).pages)
    if name.endswith((".xlsx", ".zip")):
        parts = zipfile.ZipFile(io.BytesIO(file))
        return "\n".join(_read(part, parts.read(part)) for part in parts.namelist())
    return file.decode()


def _shown(desk: AppTest, path: str) -> str:
    desk.switch_page(path).run()
    assert not desk.exception
    cells = [one.value.to_csv() for one in (*desk.dataframe, *desk.table)]
    return "\n".join([*_words_of(desk._tree), *cells]).replace("\\", "")


def _words_of(block: Any) -> Iterator[str]:
    """What is sent to the browser, element by element."""
    for one in getattr(block, "children", {}).values():
        yield str(getattr(one, "proto", ""))
        yield from _words_of(one)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_shown_what_the_table_says_on_every_page_and_in_every_file(morning, role):
    shown = all_that_is_shown(role, ASHA) + all_that_is_shown(role, BEN)

    allowed = {field for field, (roles, _) in SHOWN.items() if role in roles}
    found = {field for field, marks in MARKERS.items() if any(mark in shown for mark in marks)}
    assert found <= allowed
    # The sweep sees what there is: otherwise it would prove nothing.
    assert found >= allowed & ALWAYS_SEEN[role]
    assert {name.rpartition(".")[2] for name in FILES} == FILES_OF.get(role, set())


def test_every_field_of_the_table_is_looked_for():
    assert set(MARKERS) == set(SHOWN)


@pytest.mark.parametrize(
    ("username", "end"), [("meera", "+91\u00a098860\u00a011111"), ("ishaan", "…1111")]
)
def test_who_has_nobody_to_call_finds_a_patient_by_the_end_of_the_phone(morning, username, end):
    desk = AppTest.from_file(HOME, default_timeout=30)
    with database.transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, username))
    page = "front_desk/book" if username == "meera" else "finance/payment"
    desk.run().switch_page(f"pages/{page}.py").run()
    desk.text_input(key=choose.SEARCH).input("asha").run()

    (found,) = [one.label for one in desk.button if "Asha Menon" in one.label]
    assert end in found
    assert ("98860" in found) == (username == "meera")


def test_a_doctors_list_shows_the_end_of_the_phone(morning):
    desk = AppTest.from_file(HOME, default_timeout=30)
    with database.transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, "rao"))
    desk.run().switch_page("pages/doctor/patient.py").run()

    (listed,) = desk.dataframe
    assert set(listed.value["Phone"]) == {"…1111", "…2222"}


def test_no_paper_and_no_account_of_the_till_carries_a_note(morning):
    with database.transaction() as db:
        ishaan = ward_of(db).ishaan
        numbers = db.exec(select(Invoice.number)).all()
        papers = [bill_paper(db, number, by=ishaan) for number in numbers]
        papers.append(statement_of(db, ASHA, TODAY, TODAY, by=ishaan))

    assert len(papers) == 2
    assert not any(marker in repr(papers) for marker in (NOTE, WORDS, REASON))


def test_a_letter_carries_no_note(morning):
    with database.reading() as db:
        facts = [row.facts for row in db.exec(select(Message))]

    assert facts
    assert not any(marker in one for one in facts for marker in (NOTE, WORDS))
