"""Names and notes reach the screen as they were typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediklaud.ui.plain import plain
from tests.test_text import BIDI

APART = "\u200b"


@pytest.mark.parametrize("mark", list("\\`*_{}[]()<>#+-.!|~$:&=^"))
def test_every_mark_is_escaped(mark):
    assert plain(f"a{mark}b") == f"a\\{mark}b"


def test_letters_of_any_script_stay_as_they_are():
    assert plain("Asha Rao 42, அருண், فاطمہ, 10%") == "Asha Rao 42, அருண், فاطمہ, 10%"


@pytest.mark.parametrize("word", ["smile", "+1", "a-b", "material/home", "MATERIAL/home"])
def test_a_shortcode_is_parted_after_its_colon(word):
    assert plain(f":{word}:").startswith(f"\\:{APART}")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("www.evil.com", f"www{APART}\\.evil\\.com"),
        ("WWW.evil.com", f"WWW{APART}\\.evil\\.com"),
        ("a@b.com", f"a@{APART}b\\.com"),
        ("http://b.com", f"http\\:{APART}//b\\.com"),
    ],
)
def test_an_address_is_parted_so_that_it_is_no_link(typed, shown):
    assert plain(typed) == shown


@pytest.mark.parametrize("arrow", ["->", "<-", "--", ">=", "<=", "~="])
def test_an_arrow_is_parted_so_that_it_stays_two_signs(arrow):
    assert plain(arrow) == f"\\{arrow[0]}{APART}\\{arrow[1]}"


def test_an_hour_is_not_parted():
    assert plain("10:15") == "10\\:15"


def test_a_line_break_is_kept():
    assert plain("one\ntwo") == "one  \ntwo"


def test_an_indented_line_is_not_code():
    assert plain("    one\n\ttwo") == "one  \ntwo"


@pytest.mark.parametrize("control", [*BIDI, "\x00", "\ud800"])
def test_what_would_turn_the_sentence_around_it_is_left_out(control):
    assert plain(f"ab{control}c") == "abc"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_the_characters_typed_are_the_characters_shown(typed):
    shown = plain(typed).replace("  \n", "\n").replace(APART, "").replace("\\", "")
    wanted = "".join(one for one in typed if one not in f"{APART}\\\x00{BIDI}")
    # What Markdown never shows does not count: indentation, and blanks before a break.
    assert shown.split() == wanted.split()
