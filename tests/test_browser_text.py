"""Names and notes in a real browser: what was typed is what is read, and no element comes of it."""

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Page, sync_playwright

from mediklaud import text
from mediklaud.config import ROOT
from mediklaud.errors import Refusal
from tests.browser import Desk, chromium, eventually
from tests.every_text import NAUGHTY
from tests.post import free_port
from tests.test_safe_text_outlets import PAYLOADS

SCRIPT = """
import json
from pathlib import Path

import streamlit as st

from mediklaud.ui.plain import plain

st.set_page_config(page_title="Words")
for number, words in enumerate(json.loads(Path({words!r}).read_text())):
    with st.container(key=f"words-{{number}}"):
        st.markdown(plain(words))
with st.container(key="button"):
    st.button(plain({marked!r}))
with st.container(key="expander"):
    st.expander(plain({marked!r}))
with st.container(key="table"):
    st.table({{"Name": plain({marked!r})}})
with st.container(key="error"):
    st.error(plain({marked!r}))
with st.container(key="raw"):
    st.markdown({marked!r})
st.text("All drawn")
"""
READ = """() => [...document.querySelectorAll('[class*="st-key-"]')].map(one => [
  [...one.classList].find(name => name.startsWith("st-key-")).slice(7),
  one.innerText,
  [...one.querySelectorAll("a, b, i, em, strong, img, code, pre, h1, h2, h3, ul, ol, hr, sup, del,"
    + " blockquote, script, iframe, mark, math, .katex, input, form, style, svg.x")].map(
    made => made.tagName),
])"""
LABELS = ("button", "expander", "table", "error")
MARKED = "**x**[x](http://e.in):red[x]$x$<b>x</b>:material/home:`x`:smile: x->y"


def kept() -> list[str]:
    """Every naughty string and payload as it is kept."""
    found = []
    for typed in (*PAYLOADS, *NAUGHTY):
        with suppress(Refusal):
            found.append(text.note(typed, field="Note"))
    return [one for one in dict.fromkeys(found) if one]


def seen(words: str) -> str:
    """Words as they are read: blanks and signs of no width put aside."""
    return "".join(
        one for one in words if not one.isspace() and unicodedata.category(one) not in ("Cf", "Zs")
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of all these words, in Chromium."""
    folder = tmp_path_factory.mktemp("words")
    words, script = folder / "words.json", folder / "page.py"
    words.write_text(json.dumps(kept()))
    script.write_text(SCRIPT.format(words=str(words), marked=MARKED))
    port = free_port()
    address = ("--server.address", "127.0.0.1", "--server.port", str(port))
    command = [sys.executable, "-m", "streamlit", "run", str(script), *address]
    with sync_playwright() as play, chromium(play) as browser:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            page = browser.new_page()
            eventually(lambda: _opens(page, port), "the page opens")
            Desk(page).sees("All drawn")
            # Streamlit draws what lies in buttons and expanders after what follows them.
            eventually(lambda: not _still_empty(page), "every word is drawn")
            yield page
        finally:
            server.terminate()
            server.wait(timeout=20)


def _opens(page: Page, port: int) -> bool:
    try:
        page.goto(f"http://127.0.0.1:{port}")
    except Exception:
        return False
    return True


def _still_empty(page: Page) -> set[str]:
    """The places of words that show nothing yet."""
    filled = {key for key, said, _ in page.evaluate(READ) if said.strip()}
    wanted = {f"words-{number}" for number, one in enumerate(kept()) if seen(one)}
    return (wanted | {*LABELS, "raw"}) - filled


def test_every_naughty_string_and_payload_is_read_as_it_was_typed(drawn):
    words = kept()
    read = {key: (said, made) for key, said, made in drawn.evaluate(READ)}
    faults = [
        (one, read[f"words-{number}"])
        for number, one in enumerate(words)
        if seen(read[f"words-{number}"][0]) != seen(one) or read[f"words-{number}"][1]
    ]

    assert len(words) > 550
    assert faults == []


@pytest.mark.parametrize("place", LABELS)
def test_a_label_is_read_as_it_was_typed(drawn, place):
    read = {key: (said, made) for key, said, made in drawn.evaluate(READ)}
    said, made = read[place]

    assert seen(MARKED) in seen(said)
    assert made == []


def test_words_that_are_not_escaped_would_be_found(drawn):
    read = {key: (said, made) for key, said, made in drawn.evaluate(READ)}
    said, made = read["raw"]

    assert seen(MARKED) not in seen(said)
    assert {"STRONG", "A", "CODE"} <= set(made)
