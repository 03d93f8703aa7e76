"""Names and notes on every page: shown as they were typed, by every element that shows them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from mediklaud.config import ROOT
from mediklaud.database import transaction
from mediklaud.errors import Refusal
from mediklaud.models import Patient, Role
from mediklaud.repository import account_named, begin_sign_in
from mediklaud.text import note
from mediklaud.ui import front_door
from mediklaud.ui.chart import OWN
from mediklaud.ui.choose import PATIENT
from mediklaud.ui.menu import _SECTIONS
from mediklaud.ui.plain import plain
from tests.conftest import open_copy
from tests.desk import HOME
from tests.every_text import NAUGHTY, live_until_evening
from tests.screens import BEGINS, ENDS, MARKED, TEXT, Screen, altered, mark, unmark, watched
from tests.test_safe_text import text_columns
from tests.test_safe_text_outlets import PAYLOADS

# Columns of codes, which the filter lets hold letters and figures alone, or which the house makes.
CODES = {
    *("number", "series", "form", "digest", "seal", "previous_seal", "token_hash", "zone"),
    *("password_hash", "country", "language", "username", "search_text", "folded_name", "facts"),
    *("message_id", "subject", "kind", "invoice_number", "receipt_number", "credit_number"),
    *("phone", "hospital_phone", "patient_phone", "payer_phone", "patient_number"),
    *("payer_number", "detail", "sac", "deed"),
    *(f"{paper}_prefix" for paper in ("patient", "bill", "receipt", "credit", "refund", "advance")),
}
WHO = {
    Role.FRONT_DESK: "meera",
    Role.DOCTOR: "rao",
    Role.FINANCE: "ishaan",
    Role.CMO: "khan",
    Role.REGISTRAR: "khan",
    Role.ADMINISTRATOR: "tara",
}
PAGES = {name: WHO[roles[0]] for entries in _SECTIONS.values() for name, _, _, roles in entries} | {
    "home/today": "khan",
    "home/account": "meera",
}


def marked_columns() -> dict[str, list[str]]:
    """Every column of text that may hold what somebody typed, by its table."""
    found: dict[str, list[str]] = {}
    for table, name in (one.split(".") for one in sorted(text_columns())):
        if name not in CODES and table != "number_series":
            found.setdefault(table, []).append(name)
    return found


@pytest.fixture
def evening_house(request: pytest.FixtureRequest, address: Path, nine_o_clock) -> Iterator[Path]:
    """The cast's evening."""
    with open_copy(request, "sqlite", address) as data_dir:
        live_until_evening(nine_o_clock)
        yield data_dir


@pytest.fixture
def marked_house(evening_house: Path) -> Path:
    """The cast's evening, every name and note of it marked past the filter."""
    mark(marked_columns())
    return evening_house


def sit_down(page: str) -> AppTest:
    """A desk of somebody who may open the page, busy with Asha, with the page open."""
    with transaction() as db:
        token = begin_sign_in(db, account_named(db, PAGES[page]))
        asha = db.exec(select(Patient.id).where(Patient.form == "enroll-asha")).one()
    desk = AppTest.from_file(HOME, default_timeout=30)
    desk.session_state["username"] = token
    desk.session_state[PATIENT] = desk.session_state[OWN] = asha
    desk.run()
    return desk if page == "home/today" else desk.switch_page(f"pages/{page}.py").run()


def steps(page: str, desk: AppTest) -> Iterator[str]:
    """What a clerk does on a page, one after the other: chooses, types, and last of all presses.

    After each step the page has been drawn anew.
    """
    yield "opened"
    for frame in desk.dataframe:
        key = frame.proto.id.split("-", 2)[-1]
        if frame.proto.selection_mode and key != "None":
            desk.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    desk.run()
    yield "chose a row"
    # On the dues' page one choice shortens the list of another, which AppTest cannot follow.
    for choice in desk.selectbox if page != "finance/dues" else []:
        with suppress(IndexError, ValueError):
            choice.select_index(0)
    for choice in (*desk.toggle, *desk.checkbox):
        choice.set_value(True)
    for group in desk.button_group:
        with suppress(IndexError, ValueError):
            group.set_value([group.options[0]] if isinstance(group.value, list) else group.value)
    desk.run()
    yield "chose options"
    for field in (*desk.text_input, *desk.text_area):
        field.set_value(MARKED)
    desk.run()
    yield "typed"
    pressed: set[str] = set()
    while one := _next(desk, pressed):
        pressed.add(_kind(one))
        one.click().run()
        yield f"pressed {one.label}"


def _next(desk: AppTest, pressed: set[str]) -> Button | None:
    """A button of a kind that was not pressed yet; what leads away from the patient comes last."""
    left = [one for one in desk.button if not one.disabled and _kind(one) not in pressed]
    left.sort(key=lambda one: one.label == "Another patient")
    return next((one for one in left if one.label != "Sign out"), None)


def _kind(button: Button) -> str:
    # Each time and each paper has a button of its own, and each form an id in its keys.
    return re.sub(r"[0-9a-f]{32}|\d+", "", f"{button.label} {button.key}")


def walk(page: str, screen: Screen, most: int = 60) -> tuple[list[str], set[str], int]:
    """What is wrong on a page after each step, where marked texts are shown, and the steps."""
    found, marked, count = [], set(), 0
    desk = sit_down(page)
    if "Sign out" not in [one.label for one in desk.button]:
        found.append(f"{page}: no way out")
    for step in islice(steps(page, desk), most):
        found += [f"{page}, {step}: {one}" for one in screen.faults()]
        marked |= screen.marked()
        count += 1
    return found, marked, count


def test_no_page_interprets_a_name_or_a_note(marked_house, monkeypatch, record_property):
    monkeypatch.setattr(front_door, "open_house", lambda: None)
    faults, shown, count = [], {}, 0
    with watched(monkeypatch) as screen:
        for page in PAGES:
            found, shown[page], steps_taken = walk(page, screen)
            faults += found
            count += steps_taken
    record_property("proof", f"names as text: {len(PAGES)} pages, {count} runs, 0 interpreted")

    assert faults == []
    # Every page shows a marked name at least once, or nothing was proved of it.
    assert {page for page in PAGES if not shown[page] - {"Markdown.body"}} == set()
    of_all = set.union(*shown.values())
    assert {"Button.label", "Expandable.label", "Table.cell", "Alert.body", "Text.body"} <= of_all


@pytest.mark.drill
def test_every_naughty_string_and_payload_on_every_page(
    evening_house, monkeypatch, record_property
):
    monkeypatch.setattr(front_door, "open_house", lambda: None)
    kept = [one for one in map(filtered, (*PAYLOADS, *NAUGHTY)) if one and len(one) < 500]
    faults, shown, drawn = [], 0, 0
    with watched(monkeypatch) as screen:
        for start in range(0, len(kept), 30):
            typed = " · ".join(" ".join(one.split()) for one in kept[start : start + 30])
            mark(marked_columns(), f" {BEGINS}{typed}{ENDS}")
            for page in PAGES:
                desk = sit_down(page)
                for step in islice(steps(page, desk), 3):
                    drawn += 1
                    told = [one for one in screen.texts() if BEGINS in one[1]]
                    shown += len(told)
                    faults += [
                        f"{page}, {step}, {name}: {words[:200]}"
                        for name, words in told
                        if name not in TEXT and altered(words, typed)
                    ]
                    faults += [one for one in screen.faults() if "Something went wrong" in one]
            unmark(marked_columns(), BEGINS)
    record_property(
        "proof",
        f"{len(kept)} naughty strings and payloads in every text column: {drawn} pages drawn, "
        f"{shown} texts shown, all as typed",
    )
    assert shown > 1000
    assert faults == []


def filtered(typed: str) -> str:
    """A text as it would be kept; empty where it is refused."""
    with suppress(Refusal):
        return note(typed, field="Note")
    return ""


def test_every_page_of_the_menu_is_walked():
    there = {f"{path.parent.name}/{path.stem}" for path in ROOT.glob("pages/*/*.py")}

    assert set(PAGES) == there


def test_what_the_address_says_is_a_choice_of_a_list_or_nothing(marked_house, monkeypatch):
    monkeypatch.setattr(front_door, "open_house", lambda: None)
    with transaction() as db:
        token = begin_sign_in(db, account_named(db, "ishaan"))
    for typed in (MARKED, "x" * 100_000, "a\x00b", "0–30 days' OR 1=1"):
        desk = AppTest.from_file(HOME, default_timeout=30)
        desk.session_state["username"] = token
        for word in ("age", "doctor", "specialty", "hold", "cut"):
            desk.query_params[word] = typed
        desk.run()
        desk.switch_page("pages/finance/dues.py").run()

        assert [one.value for one in (*desk.exception, *desk.error)] == []
        assert {one.value for one in desk.selectbox} == {None}


@pytest.mark.parametrize("shows", ["markdown", "caption", "error", "toast", "table", "expander"])
def test_a_name_that_is_interpreted_would_be_found(shows, monkeypatch):
    def page(shows: str, words: str) -> None:
        import streamlit as st

        getattr(st, shows)({"Name": words} if shows == "table" else words)

    with watched(monkeypatch) as screen:
        for words, faulty in ((MARKED, True), (plain(MARKED), False)):
            AppTest.from_function(page, args=(shows, words)).run()
            assert bool(screen.faults()) is faulty


@pytest.mark.parametrize("source", ["pages", "mediklaud"])
def test_no_page_asks_for_markup(source):
    for path in (ROOT / source).rglob("*.py"):
        words = path.read_text()
        assert "unsafe_allow_html" not in words, path
        assert not re.search(
            r"\bst\.(html|iframe|components\.v1)|file_uploader|camera_input", words
        ), path


def test_our_own_components_set_words_as_text():
    for path in (ROOT / "mediklaud" / "ui").glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write", path.read_text()
        )
