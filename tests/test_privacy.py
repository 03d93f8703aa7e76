"""What is written for one role stands on no page and no paper of another: markers that stay."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud import database
from mediklaud.models import GlassReason, Invoice, Message, Role, VisitKind
from mediklaud.repository import (
    account_named,
    begin_consultation,
    begin_sign_in,
    bill_paper,
    book_appointment,
    break_glass,
    cancel_appointment,
    finish_consultation,
    statement_of,
)
from mediklaud.ui import chart, choose, front_door
from tests.conftest import open_copy
from tests.desk import HOME
from tests.hospital import NINE_O_CLOCK, TODAY, at, ward_of
from tests.test_pages_and_roles import PAGES, hire, own

ASHA, BEN = 1, 2
NOTE, WORDS, REASON = "ZEBRANOTE", "ZEBRAWORDS", "ZEBRAREASON"
# Whose pages may show what was written: a consultation's note, why a glass was broken, why an
# appointment was cancelled. The CMO reads the audit log whole, the administrator what is of
# the house alone.
READERS = {NOTE: {Role.DOCTOR}, WORDS: {Role.CMO}, REASON: {Role.FRONT_DESK, Role.CMO}}
# The desk and the doctor reach a patient, and the till sends papers; nobody else needs these.
CONTACTS = ("98860 11111", "+919886011111", "Lake View", "asha@example.org")
REACH = {Role.FRONT_DESK, Role.DOCTOR, Role.FINANCE}
_NAMES = {Role.FRONT_DESK: "meera", Role.DOCTOR: "rao", Role.FINANCE: "ishaan"}
_NAMES |= {Role.ADMINISTRATOR: "tara", Role.CMO: "cmo", Role.REGISTRAR: "registrar"}


@pytest.fixture(scope="module")
def told(request, tmp_path_factory) -> Iterator[None]:
    """A morning of the cast in which each marker was written once."""
    with open_copy(request, "sqlite", tmp_path_factory.mktemp("privacy") / "data"):
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
        encounter = begin_consultation(db, seen, by=ward.rao_account)
        finish_consultation(db, encounter, NOTE, by=ward.rao_account)
        other = GlassReason.OTHER
        break_glass(db, ward.asha, other, WORDS, form="glass", by=ward.iyer_account)


@pytest.fixture
def morning(told, monkeypatch, nine_o_clock) -> None:
    """A little later, without a mailroom."""
    nine_o_clock.move_to(at(9, 10))
    monkeypatch.setattr(front_door, "open_house", lambda: None)


def all_that_is_shown(role: Role, patient: int) -> str:
    """Every element of every page of a role that is busy with a patient, tables as their cells."""
    desk = AppTest.from_file(HOME, default_timeout=30)
    with database.transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, _NAMES[role]))
    desk.session_state[choose.PATIENT] = patient
    desk.session_state[chart.OWN] = patient
    desk.run()
    return "\n".join(_shown(desk, path) for path in PAGES if path in own(role))


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
def test_what_is_written_for_one_role_is_on_no_page_of_another(morning, role):
    shown = all_that_is_shown(role, ASHA) + all_that_is_shown(role, BEN)

    allowed = {marker for marker, readers in READERS.items() if role in readers}
    assert {marker for marker in READERS if marker in shown} <= allowed
    if role not in REACH:
        assert [words for words in CONTACTS if words in shown] == []


def test_the_markers_are_found_where_they_belong(morning):
    """The sweep sees what there is: otherwise it would prove nothing."""
    assert NOTE in all_that_is_shown(Role.DOCTOR, ASHA)
    assert WORDS in all_that_is_shown(Role.CMO, ASHA)
    assert "98860 11111" in all_that_is_shown(Role.FRONT_DESK, ASHA)


def test_no_paper_and_no_account_of_the_till_carries_a_note(morning):
    with database.transaction() as db:
        ishaan = ward_of(db).ishaan
        numbers = db.exec(select(Invoice.number)).all()
        papers = [bill_paper(db, number, by=ishaan) for number in numbers]
        papers.append(statement_of(db, ASHA, TODAY, TODAY, by=ishaan))

    assert len(papers) == 2
    assert not any(marker in repr(papers) for marker in READERS)


def test_a_letter_carries_no_note(morning):
    with database.reading() as db:
        facts = [row.facts for row in db.exec(select(Message))]

    assert facts
    assert not any(marker in one for one in facts for marker in (NOTE, WORDS))
