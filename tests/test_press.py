"""The press: how fast a paper is printed, what it may open, and whether it can be read back."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from mediklaud import lettering, shaping
from mediklaud.invoice_pdf import bill_pdf
from mediklaud.typeface import CMAP_BLOCK, Typeface
from tests.test_invoice_pdf import BILL, NAMES, text_of

MOST_SECONDS = 0.030
TRIALS = 20
NUMBERED = list(enumerate([*NAMES.values()] * 4))

WATCHED = """
import sys
from dataclasses import replace
from tests.test_invoice_pdf import BILL, bill_pdf

bill_pdf(BILL)
told = []
sys.addaudithook(lambda event, args: told.append((event, args)))
for text in ("/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/x.png", "<img src='/etc/x'>",
             "data/fonts/NotoSans-Bold.ttf", "\\\\\\\\server\\\\share", "[a](http://127.0.0.1:9/)"):
    hospital = replace(BILL.hospital, name=text, address=text, phone=text, email=text)
    lines = tuple(replace(line, description=text) for line in BILL.lines)
    bill_pdf(replace(BILL, patient_name=text, patient_address=text, doctor_name=text,
                     number=text, hospital=hospital, lines=lines))
if len(sys.argv) > 1:
    open(sys.argv[1]).close()
for event, args in told:
    if event.split(".")[0] in ("open", "socket", "subprocess", "os", "urllib", "shutil"):
        print(event, args)
"""


def watched(*also: str) -> str:
    """What a process that prints such papers opens, as Python's own audit tells it."""
    asked = [sys.executable, "-c", WATCHED, *also]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def test_nothing_in_a_paper_opens_a_file_or_a_socket():
    assert watched() == ""


def test_a_file_that_is_opened_would_be_noticed():
    assert "pyproject.toml" in watched("pyproject.toml")


def seconds_of(patient: str) -> float:
    """The work of one bill; the time its thread was kept waiting by others is not its own."""
    began = time.thread_time()
    bill_pdf(replace(BILL, patient_name=patient))
    return time.thread_time() - began


def test_a_bill_in_latin_script_takes_less_than_30_ms_after_the_first():
    seconds_of("Asha Kulkarni")

    assert median(seconds_of(f"Asha Kulkarni {trial}") for trial in range(TRIALS)) < MOST_SECONDS


def test_papers_printed_side_by_side_are_the_papers_printed_alone():
    papers = [replace(BILL, patient_name=name, number=f"JMI/2627/{at}") for at, name in NUMBERED]
    with ThreadPoolExecutor(4) as desks:
        together = list(desks.map(bill_pdf, papers))

    assert together == [bill_pdf(paper) for paper in papers]


def test_a_bill_is_small_enough_to_mail():
    assert len(bill_pdf(replace(BILL, patient_name=NAMES["Devanagari"]))) < 40_000


def test_fonts_are_read_once_for_all_papers():
    bill_pdf(BILL)
    before = shaping.shaper.cache_info().misses
    bill_pdf(replace(BILL, patient_name="Somebody Else"))

    assert shaping.shaper.cache_info().misses == before


@pytest.mark.parametrize("script", [name for name in NAMES if name != "Urdu"])
def test_a_name_is_told_as_it_was_typed(script):
    """Readers that know ActualText read it there; Latin letters are read one by one."""
    pdf = bill_pdf(replace(BILL, patient_name=NAMES[script]))
    drawn = PdfReader(BytesIO(pdf)).pages[0].get_contents().get_data()
    told = NAMES[script].encode("utf-16-be").hex().upper().encode()

    assert (told in drawn) == (script != "Latin")
    if script == "Latin":
        assert NAMES[script] in text_of(pdf)


def test_letters_of_urdu_can_be_read_back():
    text = text_of(bill_pdf(replace(BILL, patient_name="محمد")))

    assert set("محمد") <= set(text)


def test_a_glyph_that_stands_for_other_letters_has_a_code_of_its_own():
    face = Typeface(shaping.LATIN, bold=False, place=1)
    [glyph] = shaping.shaped(shaping.Run("A", shaping.LATIN, 0), False)
    face.show([glyph, replace(glyph, letters="Α")], 10)

    assert [one.letters for one in face.glyphs.values()] == ["A", "Α"]
    assert {one.number for one in face.glyphs.values()} == {glyph.number}


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F), max_size=60))
def test_latin_text_is_read_back_letter_by_letter(text):
    pdf = bill_pdf(replace(BILL, patient_name=f"«{text}»"))
    # Readers spell a ligature out, and guess where words end from the space between letters.
    said = "".join(lettering.clean(f"«{text}»").split())

    assert said in "".join(text_of(pdf).split())


def test_a_paper_with_very_many_letters_can_be_read_back():
    letters = sorted(chr(code) for code in shaping.letters(shaping.LATIN) if code < 0x180)
    many = "".join(letter for letter in letters if letter.isalpha())[: 2 * CMAP_BLOCK]
    text = "".join(text_of(bill_pdf(replace(BILL, patient_address=many))).split())

    assert len(many) > CMAP_BLOCK
    assert set(many) <= set(text)
