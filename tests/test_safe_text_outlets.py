"""Names and notes on everything that leaves the house: letters, papers, files, charts."""

import csv
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pandas as pd
import pytest
import streamlit
from openpyxl import load_workbook
from pypdf import PdfReader

from mediklaud import lettering, letters
from mediklaud.envelope import as_email
from mediklaud.errors import Refusal
from mediklaud.models import EmergencyReason, Message
from mediklaud.spreadsheet import csv_of, xlsx_of
from mediklaud.text import note
from mediklaud.ui import charts
from tests.every_text import NAUGHTY, OURS
from tests.specimens import SPECIMENS
from tests.test_text import is_safe

SCRIPT, MARK = "<script>alert(1)</script>", "[a](http://e.in)"
# 100 payloads of HTML, Markdown, headers, PDF, templates and spreadsheets.
PAYLOADS = (
    *(
        SCRIPT,
        "<b>x</b>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "</span>",
        "<!--",
    ),
    *("<a href='javascript:alert(1)'>x</a>", "<iframe src=//e.in>", "<style>*{}</style>", "-->"),
    *('"><script>x</script>', "'><b>", "</td></tr></table>", "</title><b>", "<base href=//e.in>"),
    *("<meta http-equiv=refresh>", "<link rel=x href=//e.in>", "<form action=//e.in>", "<input>"),
    *("&lt;b&gt;", "&amp;", "&#60;b&#62;", "&nbsp;x", "<ScRiPt>", "<b/onclick=x>", "<math><x>"),
    *(
        "<object data=x>",
        "<embed src=x>",
        "<video src=x>",
        "<body onload=x>",
        "<?xml?>",
        "<![CDATA[",
    ),
    *("{{7*7}}", "{% raw %}", "{{ config }}", "{#x#}", "${7*7}", "#{7*7}", "%s%n", "{0}", "{name}"),
    *("{told.hospital_name.__class__}", "{nb}", "%(x)s", "$x$", "$$x$$", "\\\\x", "\\n"),
    *("**x**", "__x__", "*x*", "~~x~~", "# x", "## x", "> x", "- x", "1. x", "---", "***", "`x`"),
    *("```x```", MARK, "![a](http://e.in/x.png)", "[a]: http://e.in", "<http://e.in>", "www.e.in"),
    *("http://e.in", "a@e.in", ":smile:", ":material/home:", ":red[x]", ":red-badge[x]", "|a|b|"),
    *(
        ":streamlit:",
        "->",
        "<-",
        "--",
        "[^1]",
        "[x]",
        "- [ ] x",
        "==x==",
        "^x^",
        "H~2~O",
        "\tx",
        "    x",
    ),
    *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://e.in")', "＝1"),
    *("a\r\nBcc: x@e.in", "a\nX: y", "=?utf-8?q?x?=", "x <y@e.in>", "a, b@e.in", 'x" <y@e.in>'),
    *(
        "(/JS (x))",
        "/URI (http://e.in)",
        "/Launch",
        ") Tj (x",
        "endstream",
        "%%EOF",
        "file:///etc/x",
    ),
)
SAMPLE = PAYLOADS[::8]
AT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
HEAD = {f"hospital_{word}": word for word in ("name", "address", "phone")}
LETTERS = {
    "booked": letters.Booking(
        "booked", 1, 1, **HEAD, hospital_email="desk@jmi.example", patient_name="Asha",
        doctor_name="Rao", specialty="Cardiology", starts_at=AT, ends_at=AT, zone="Asia/Kolkata",
    ),
    "emergency": letters.Emergency(
        "emergency", **HEAD, patient_number="P-1", doctor_name="Rao", starts_at=AT,
        zone="Asia/Kolkata", reason=EmergencyReason.INJURY, owed="₹1.00", booked_by="Meera",
    ),
    "bill_letter": letters.Paper(
        "bill_letter", **HEAD, patient_name="Asha", number="JMI/1", day=AT.date(), amount="₹1.00"
    ),
    "dues": letters.DuesReminder(
        "dues", **HEAD, patient_name="Asha", bills=[["JMI/1", "2026-11-23", "₹1.00"]], owed="₹1.00"
    ),
    "trial": letters.Trial("trial", **HEAD),
}  # fmt: skip
# Facts that the house makes itself.
_MADE = ("tells", "zone", "hospital_email", "reason", "appointment_id", "version")
BAD_KEYS = {
    # /OpenAction is how every paper opens at its first page; what it might do stands here.
    *("/Annots", "/URI", "/JS", "/JavaScript", "/Launch", "/AA", "/EmbeddedFiles"),
    *("/GoToR", "/SubmitForm", "/RichMedia", "/AcroForm", "/XFA"),
}


def mail_with(kind: str, words: str, language: str = "en") -> Any:
    """A letter in which every name says the same words, as it is handed to the mail server."""
    told = LETTERS[kind]
    named = {
        one.name: words
        for one in fields(told)
        if one.name not in _MADE and isinstance(getattr(told, one.name), str)
    }
    message = Message(
        subject="x/1", kind=kind, to_address="asha@example.org", to_name=words, message_id="<1@x>",
        facts=letters.frozen(replace(told, **named)), language=language, queued_at=AT,
        next_attempt_at=AT, version=1,
    )  # fmt: skip
    letter = letters.written(message)
    mail = as_email(message, letter, sender="desk@jmi.example", sender_name=words)
    return BytesParser(policy=policy.default).parsebytes(mail.as_bytes())


class Page(HTMLParser):
    """The tags of a page with their attributes, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, attrs))

    def handle_comment(self, data: str) -> None:
        self.tags.append(("comment", data))

    def handle_data(self, data: str) -> None:
        self.words += data


def squeezed(words: str) -> str:
    """Words without the blanks in which a line break may have been put."""
    return "".join(words.split())


def faults_of_mail(kind: str, words: str) -> list[str]:
    """What words have become in a letter, beside words."""
    mail, plain = mail_with(kind, words), mail_with(kind, "Asha")
    page = Page(mail.get_body(("html",)).get_content())
    told = letters._cleaned(words)
    found = {
        "headers": sorted(mail.keys()) != sorted(plain.keys()),
        "recipients": [one.addr_spec for one in mail["To"].addresses] != ["asha@example.org"],
        "copies": any(mail[name] for name in ("Bcc", "Cc")),
        "tags": page.tags != Page(plain.get_body(("html",)).get_content()).tags,
        "html": squeezed(told) not in squeezed(page.words),
        "text": squeezed(told) not in squeezed(mail.get_body(("plain",)).get_content()),
        "parts": [p.get_content_type() for p in mail.walk()]
        != [p.get_content_type() for p in plain.walk()],
    }
    return [f"{kind}, {fault}: {words!r}" for fault, is_so in found.items() if is_so]


@pytest.mark.parametrize("kind", LETTERS)
def test_a_name_is_only_words_in_a_letter(kind):
    assert [fault for words in SAMPLE for fault in faults_of_mail(kind, words)] == []


def test_a_letter_that_does_not_escape_would_be_found(monkeypatch):
    monkeypatch.setattr(letters._TEMPLATES, "autoescape", False)
    letters._TEMPLATES.cache.clear()
    try:
        assert faults_of_mail("booked", "<b>x</b>")
    finally:
        letters._TEMPLATES.cache.clear()


# Papers


def filled(paper: Any, words: str) -> Any:
    """The same paper with these words in every text of it."""
    if isinstance(paper, tuple):
        return tuple(filled(one, words) for one in paper)
    if is_dataclass(paper) and not isinstance(paper, type):
        return replace(
            paper, **{one.name: filled(getattr(paper, one.name), words) for one in fields(paper)}
        )
    # A word of a fixed list is a str, too.
    return words if type(paper) is str else paper


def keys_in(pdf: bytes) -> set[str]:
    """Every name in a PDF's objects, as a reader would act on it."""
    reader = PdfReader(BytesIO(pdf))
    found: set[str] = set()

    def walk(one: Any) -> None:
        if isinstance(one, dict):
            found.update(map(str, one))
            found.update(str(value) for value in one.values() if isinstance(value, str))
            for value in one.values():
                walk(value) if not hasattr(value, "idnum") else None
        elif isinstance(one, list):
            for value in one:
                walk(value)

    for number in range(1, len(reader.xref[0]) + 1 if 0 in reader.xref else 1):
        with suppress(Exception):
            walk(reader.get_object(number))
    walk(reader.trailer)
    return found


_watching: list[list[str]] = []


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _watching and event.split(".")[0] in ("open", "socket", "subprocess", "os", "urllib"):
        _watching[-1].append(f"{event} {args[:1]}")


sys.addaudithook(_hook)


@contextmanager
def opened() -> Iterator[list[str]]:
    """What is opened meanwhile, as Python's own audit tells it; the house's fonts put aside."""
    told: list[str] = []
    _watching.append(told)
    try:
        yield told
    finally:
        _watching.pop()
        told[:] = [one for one in told if "data/fonts/Noto" not in one]


def faults_of_paper(kind: str, words: str) -> list[str]:
    """What words have become in a paper, beside words."""
    draw, paper = SPECIMENS[kind]
    # The first paper of its kind may load a piece of Python.
    draw(paper)
    with opened() as told:
        pdf = draw(filled(paper, words))
    seen = squeezed("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))
    clean = squeezed(lettering.clean(", ".join(words.splitlines())))
    latin = clean.isascii() and len(clean) < 40
    bad = keys_in(pdf) & BAD_KEYS
    found = [*told, *(sorted(bad))]
    if (
        latin
        and clean
        and kind not in ("check",)
        and clean.replace(",", "") not in seen.replace(",", "")
    ):
        found.append("not as typed")
    return [f"{kind}, {fault}: {words!r}" for fault in found]


@pytest.mark.parametrize("kind", SPECIMENS)
def test_a_name_is_only_words_in_a_paper(kind):
    assert [fault for words in SAMPLE for fault in faults_of_paper(kind, words)] == []


def test_what_a_paper_opened_would_be_found():
    with opened() as told, open(__file__):
        pass

    assert told


def test_a_link_in_a_paper_would_be_found():
    from fpdf import FPDF

    linked = FPDF()
    linked.add_page()
    linked.set_font("helvetica")
    linked.cell(text="a", link="http://e.in")

    assert {"/Annots", "/URI"} <= keys_in(bytes(linked.output()))


# Files for a spreadsheet


def faults_of_files(words: str) -> list[str]:
    """What words have become in a CSV or an Excel sheet."""
    kept = note(words, field="Note", at_most=len(words) + 1)
    frame, names = pd.DataFrame({"name": [kept, "x"]}), {"name": "Name"}
    told = list(csv.reader(csv_of(frame, names).decode("utf-8-sig").splitlines(keepends=True)))
    sheet = load_workbook(BytesIO(xlsx_of(frame, names))).active
    cell = sheet.cell(2, 1)
    texts = {"csv": told[1][0], "excel": cell.value or ""}
    found = [
        where
        for where, text in texts.items()
        if re.match(r"\s*[=+@＝＋－＠|%]|\s*-|[\t\r\n]", text)
    ]
    found += ["kind"] if cell.data_type not in ("s", "n") or cell.hyperlink else []
    found += [where for where, text in texts.items() if text not in (kept, f"'{kept}")]
    return [f"{where}: {words!r} became {texts}" for where in found]


def test_a_name_is_only_text_in_a_spreadsheet():
    assert [fault for words in PAYLOADS for fault in faults_of_files(words)] == []


# Charts


@pytest.mark.parametrize("words", SAMPLE)
def test_a_name_in_a_chart_is_data_and_no_part_of_the_drawing(words, monkeypatch):
    caught = []
    monkeypatch.setattr(streamlit, "altair_chart", lambda chart, *, alt: caught.append(chart))
    frame = pd.DataFrame({"doctor_name": [words], "paise": [100_00]})
    charts.bars(frame, "doctor_name", "paise", alt="x")
    charts.parts(frame, "doctor_name", "paise", alt="x")

    for chart in caught:
        drawn = chart.to_dict()
        (rows,) = drawn.pop("datasets").values()
        assert rows[0]["doctor_name"] == words
        assert words not in repr(drawn)
        assert not {"href", "url", "image"} & set(re.findall(r"'(\w+)':", repr(drawn)))


# All of it


@pytest.mark.drill
def test_every_naughty_string_and_payload_leaves_the_house_as_words(record_property):
    faults, kept = [], 0
    for words in (*PAYLOADS, *NAUGHTY):
        try:
            filtered = note(words, field="Note")
        except Refusal:
            continue
        if not filtered:
            continue
        kept += 1
        assert is_safe(filtered)
        faults += faults_of_files(words)
        for kind in LETTERS:
            faults += faults_of_mail(kind, filtered[:280])
        for kind in SPECIMENS:
            faults += faults_of_paper(kind, filtered[:280])
    outlets = len(LETTERS) + len(SPECIMENS) + 2
    record_property("proof", f"{kept} texts x {outlets} letters, papers and files: all words")
    assert faults == []


def test_there_are_a_hundred_payloads_and_all_of_the_list():
    assert len(set(PAYLOADS)) >= 100
    assert len(NAUGHTY) == len(OURS) + 515
