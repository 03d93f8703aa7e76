"""The filter at the edge: what people type becomes what may be kept."""

import json
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediklaud import text
from mediklaud.config import ROOT
from mediklaud.errors import EmptyField, Refusal, TextTooLong

# The Big List of Naughty Strings by Max Woolf and others, under the MIT licence beside it.
NAUGHTY = ROOT / "tests" / "data" / "naughty_strings.json"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# Everything Python can hold, lone surrogates too: a browser can send them.
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)


def naughty() -> list[str]:
    """The Big List of Naughty Strings, and what it lacks: NUL, surrogates, length."""
    ours = [
        "\x00",
        "Asha\x00",
        "\ud800",
        "a\udfffb",
        "x" * 100_000,
        "\u0301",
        "\u202eahsA",
        "\ufffe",
    ]
    return [*ours, *json.loads(NAUGHTY.read_text())]


def is_safe(kept: str) -> bool:
    """Whether nothing is left that a name or a note may not hold."""
    kinds = {unicodedata.category(letter) for letter in kept if letter != "\n"}
    return not kinds & {"Cc", "Cs", "Co", "Cn"} and not set(kept) & set(BIDI)


@given(ANYTHING)
def test_a_note_is_in_nfc_and_holds_no_control_bidi_or_surrogate(typed):
    kept = text.note(typed, field="Note")

    assert is_safe(kept)
    assert kept == unicodedata.normalize("NFC", kept).strip()


@given(ANYTHING)
def test_filtering_twice_changes_nothing_more(typed):
    once = text.note(typed, field="Note")
    assert text.note(once, field="Note") == once

    once = text.line(typed, field="Name")
    assert text.line(once, field="Name") == once


@given(ANYTHING)
def test_a_line_is_one_line_with_single_spaces(typed):
    kept = text.line(typed, field="Name")

    assert is_safe(kept)
    assert "\n" not in kept
    assert kept == " ".join(kept.split())


@given(ANYTHING)
def test_what_is_kept_can_be_written_to_a_database(typed):
    assert text.note(typed, field="Note").encode().decode() == text.note(typed, field="Note")


@pytest.mark.parametrize("keep", [text.line, text.note, text.needed, text.needed_note])
def test_naughty_strings_are_kept_safe_or_refused_kindly(keep):
    for typed in naughty():
        with suppress(Refusal):
            assert is_safe(keep(typed, field="Name"))


def test_the_filter_has_something_to_do():
    assert not is_safe("\u202eahsA")
    assert not is_safe("a\x00")
    assert text.line("\u202eahsA\x00", field="Name") == "ahsA"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Asha \t Menon ", "Asha Menon"),
        ("Asha\r\nMenon", "Asha Menon"),
        ("Jose\u0301", "José"),
        ("अाशा\u200d", "अाशा\u200d"),  # a joiner shapes Indic letters and stays
        ("\ufeffAsha", "\ufeffAsha"),
    ],
)
def test_a_line_as_typed_and_as_kept(typed, kept):
    assert text.line(typed, field="Name") == kept


def test_a_note_keeps_its_lines():
    assert text.note(" one\r\ntwo\rthree\t3 ", field="Note") == "one\ntwo\nthree 3"


@pytest.mark.parametrize("typed", ["", "   ", "\n\t", "\u202e", "\x00", "\u200b", "\u00a0"])
def test_nothing_to_see_is_refused_as_empty(typed):
    with pytest.raises(EmptyField, match=r"Name is empty\. Please fill it in"):
        text.needed(typed, field="Name")


@pytest.mark.parametrize("length", [121, 100_000])
def test_a_text_that_is_too_long_is_refused_and_says_the_limit(length):
    with pytest.raises(TextTooLong, match="longer than 120 characters") as refused:
        text.needed("x" * length, field="Name")
    assert refused.value.field == "Name"


def test_a_text_of_just_the_limit_is_kept():
    assert text.line("x" * 120, field="Name") == "x" * 120


@pytest.mark.parametrize(
    ("words", "alike"),
    [
        ("José", "jose"),
        ("JOSÉ  Ángel", "jose angel"),
        ("Müller", "muller"),
        ("Straße", "strasse"),
        ("Ａｓｈａ", "asha"),
    ],
)
def test_latin_accents_case_and_width_are_put_aside(words, alike):
    assert text.folded(words) == alike


@pytest.mark.parametrize("name", ["आशा मेनन", "மீரா", "অমিত", "ಶ್ರೀನಿವಾಸ", "محمد", "ਗੁਰਪ੍ਰੀਤ"])
def test_vowel_signs_of_other_scripts_are_kept(name):
    assert text.folded(name) == unicodedata.normalize("NFC", unicodedata.normalize("NFKD", name))


def test_two_hindi_names_that_differ_by_a_vowel_sign_stay_two():
    assert text.folded("मीना") != text.folded("मोना")


@given(ANYTHING)
def test_folding_twice_changes_nothing_more(words):
    once = text.folded(words)
    assert text.folded(once) == once
