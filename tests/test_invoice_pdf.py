"""The bill and the receipt, as a reader and a machine find them on the page."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
import uharfbuzz
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from mediklaud import lettering, shaping
from mediklaud.invoice_pdf import EXEMPT, bill_pdf, receipt_pdf
from mediklaud.papers import Bill, Hospital, Line, Receipt, ReceiptLine
from mediklaud.sheet import BOTTOM, LEFT, RIGHT, Bar, Page, Pen

JMI = Hospital(
    name="JMI Hospital",
    address="14 Richmond Road, Bengaluru 560025",
    phone="+91 80 4123 4567",
    email="desk@jmi.example",
    gstin="29ABCDE1234F1ZW",
)
CONSULTATION = Line("Consultation, General Medicine", "999312", 1, 12_345_650, 12_345_650)
BILL = Bill(
    number="JMI/2627/000001",
    issued_on=date(2026, 11, 23),
    issued_at_words="23 November 2026, 10:42 AM IST",
    hospital=JMI,
    patient_number="P-000123",
    patient_name="Asha Kulkarni",
    patient_address="22, 3rd Cross, Malleshwaram\nBengaluru 560003",
    patient_phone="+91 98450 12345",
    doctor_name="Dr Sunita Rao",
    doctor_registration="Karnataka Medical Council 45678",
    doctor_specialty="General Medicine",
    lines=(CONSULTATION,),
    total_paise=12_345_650,
    paid_paise=2_345_650,
)
RECEIPT = Receipt(
    number="JMR/2627/000001",
    issued_on=date(2026, 11, 23),
    issued_at_words="23 November 2026, 10:42 AM IST",
    hospital=JMI,
    patient_number="P-000123",
    patient_name="Asha Kulkarni",
    patient_phone="+91 98450 12345",
    method="UPI",
    reference="632144559981",
    amount_paise=1_500_000,
    lines=(
        ReceiptLine(
            "JMI/2627/000001",
            date(2026, 11, 20),
            "Dr Rao",
            "Karnataka Medical Council 1",
            1_400_000,
        ),
    ),
    received_by="Ishaan Mehta",
)
NAMES = {
    "Latin": "Kṛṣṇa Zoë O’Brien-Łukasz",
    "Devanagari": "अमित शर्मा क्षत्रिय ज्ञानेश्वर",
    "Bengali": "বাংলা শ্রীকান্ত",
    "Gurmukhi": "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ",
    "Gujarati": "જ્ઞાનેશ પટેલ",
    "Oriya": "ଜଗନ୍ନାଥ ମିଶ୍ର",
    "Tamil": "தமிழ்ச்செல்வி",
    "Telugu": "శ్రీనివాస్ రెడ్డి",
    "Kannada": "ಕೃಷ್ಣಮೂರ್ತಿ",
    "Malayalam": "ലക്ഷ്മിക്കുട്ടി",
    "Urdu": "محمد عثمان، ڈاکٹر گلزار ۱۲۳",
}


def text_of(pdf: bytes) -> str:
    """All the words of a PDF."""
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def glyphs_of(run: shaping.Run, *, bold: bool = False) -> list[int]:
    """The glyphs HarfBuzz chooses for a run; 0 is the one for a letter the font has not."""
    file = shaping.font_file(run.family, bold)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    uharfbuzz.shape(uharfbuzz.Font(uharfbuzz.Face(file.read_bytes())), buffer)
    return [glyph.codepoint for glyph in buffer.glyph_infos]


def shapes_in(pdf: bytes) -> dict[str, set[int]]:
    """The glyphs with a shape in each font of a PDF, as a printer reads them."""
    shapes: dict[str, set[int]] = {}
    for font in PdfReader(BytesIO(pdf)).pages[0]["/Resources"]["/Font"].values():
        inner = font["/DescendantFonts"][0]
        file = TTFont(BytesIO(inner["/FontDescriptor"]["/FontFile2"].get_data()))
        drawn = {n for n in range(len(file["glyf"].keys())) if _outlined(file, n)}
        shapes[inner["/BaseFont"].partition("+")[2]] = drawn
    return shapes


def _outlined(file: TTFont, number: int) -> bool:
    return file["glyf"][file.getGlyphName(number)].numberOfContours != 0


def test_a_bill_says_who_what_and_how_much():
    text = text_of(bill_pdf(BILL))

    for said in (
        "Bill of Supply",
        "JMI/2627/000001",
        "23 November 2026, 10:42 AM IST",
        "JMI Hospital",
        "Asha Kulkarni",
        "P-000123",
        "Dr Sunita Rao",
        "Karnataka Medical Council 45678",
        "999312",
        "₹1,23,456.50",
        "₹1,00,000.00",
        "This is a computer-generated bill.",
        "Page 1 of 1",
    ):
        assert said in text
    spoken = " ".join(text.split())
    assert "One Lakh Twenty Three Thousand Four Hundred Fifty Six and Fifty Paise Only" in spoken


def test_a_visits_day_is_never_parted_over_two_lines():
    long = "Follow-up consultation, Dr Sohini Banerjee (31 Oct 2026)"
    short = "Consultation, Dr Rao (31 Oct 2026)"
    lines = [replace(CONSULTATION, description=words) for words in (long, short)]
    total = sum(line.amount_paise for line in lines)

    text = text_of(bill_pdf(replace(BILL, lines=lines, total_paise=total)))

    assert "Follow-up consultation, Dr Sohini Banerjee\n(31 Oct 2026)" in text
    assert short in text


def test_a_hospital_with_a_gstin_names_the_exemption():
    text = text_of(bill_pdf(BILL))

    assert "GSTIN 29ABCDE1234F1ZW" in text
    assert "SAC" in text
    assert EXEMPT in text


def test_without_a_gstin_no_paper_speaks_of_gst():
    text = text_of(bill_pdf(replace(BILL, hospital=replace(JMI, gstin=None))))

    assert "Consultation, General Medicine" in text
    assert not re.search("GST|exempt", text)


def test_a_receipt_says_from_whom_how_and_for_which_bills():
    text = text_of(receipt_pdf(RECEIPT))

    for said in (
        "Receipt",
        "JMR/2627/000001",
        "Asha Kulkarni",
        "UPI",
        "632144559981",
        "₹15,000.00",
        "JMI/2627/000001",
        "20 November 2026",
        "14,000.00",
        "Karnataka Medical Council 1",
        "Rupees Fifteen Thousand Only",
        "Ishaan Mehta",
    ):
        assert said in text


def test_money_not_set_against_a_bill_is_named_on_the_receipt():
    settled = replace(RECEIPT, amount_paise=1_400_000)

    assert "Held in advance\n₹1,000.00" in text_of(receipt_pdf(RECEIPT)).replace(" ₹", "\n₹")
    assert "Held in advance" not in text_of(receipt_pdf(settled))


@pytest.mark.parametrize(("draw", "paper"), [(bill_pdf, BILL), (receipt_pdf, RECEIPT)])
def test_a_second_copy_is_marked(draw, paper):
    assert "DUPLICATE" not in text_of(draw(paper))
    assert "DUPLICATE" in text_of(draw(replace(paper, duplicate=True)))


def test_forty_lines_break_to_a_second_page_with_the_headings_again():
    long = replace(BILL, lines=(CONSULTATION,) * 40, total_paise=40 * 12_345_650, duplicate=True)
    first, second = [page.extract_text() for page in PdfReader(BytesIO(bill_pdf(long))).pages]

    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    assert all("Description" in page and "Amount (₹)" in page for page in (first, second))
    assert "₹49,38,260.00" not in first
    assert "₹49,38,260.00" in second
    assert "DUPLICATE" in second
    assert (first + second).count("Consultation, General Medicine") == 40


@pytest.mark.parametrize("count", range(1, 60))
def test_the_sums_never_stand_alone_on_a_page(count, monkeypatch):
    pages = pages_of(
        monkeypatch,
        replace(BILL, lines=(CONSULTATION,) * count, total_paise=count * 12_345_650),
    )
    words = [mark.text for mark in pages[-1].marks if not isinstance(mark, Bar)]

    assert "Consultation, General Medicine" in words
    assert lowest(pages) < BOTTOM + 13


def test_long_names_stay_within_the_margins_and_above_the_foot(monkeypatch):
    long = "Venkatanarasimharajuvaripeta Thiruvananthapuram " * 30
    hospital = Hospital(long, long, long, long, "29ABCDE1234F1ZW")
    line = replace(CONSULTATION, description=long + "W" * 400)
    paper = replace(
        BILL,
        hospital=hospital,
        patient_name=long,
        patient_address=long,
        doctor_name="W" * 300,
        doctor_registration=long,
        lines=(line, line),
        total_paise=2 * 12_345_650,
    )
    pages = pages_of(monkeypatch, paper)

    for mark in (mark for page in pages for mark in page.marks if not isinstance(mark, Bar)):
        wide = lettering.width(mark.text, mark.pen.size, mark.pen.bold)
        assert mark.x >= LEFT - 0.01
        assert mark.x + wide <= RIGHT + 0.01
    assert lowest(pages) < BOTTOM + 13
    assert no_words_overlap(pages)


def pages_of(monkeypatch, paper: Bill) -> list[Page]:
    """The marks of a bill's pages, before they become a PDF."""
    taken: list[Page] = []

    def take(pages, title, day):
        taken.extend(pages)
        return b""

    monkeypatch.setattr("mediklaud.letterhead.print_pages", take)
    bill_pdf(paper)
    return taken


def lowest(pages: list[Page]) -> float:
    """Where the lowest words of any page end."""
    words = (mark for page in pages for mark in page.marks if not isinstance(mark, Bar))
    return max(mark.y + mark.pen.leading for mark in words)


def no_words_overlap(pages: list[Page]) -> bool:
    """Whether every line of words has its place to itself."""
    for page in pages:
        boxes = [
            (
                mark.x,
                mark.y,
                mark.x + lettering.width(mark.text, mark.pen.size, mark.pen.bold),
                mark.y + mark.pen.leading,
            )
            for mark in page.marks
            if not isinstance(mark, Bar)
        ]
        for place, one in enumerate(boxes):
            for other in boxes[place + 1 :]:
                apart = (
                    one[2] <= other[0] + 0.01
                    or other[2] <= one[0] + 0.01
                    or one[3] <= other[1] + 0.01
                    or other[3] <= one[1] + 0.01
                )
                if not apart:
                    return False
    return True


def test_overlapping_words_would_be_noticed():
    page = Page()
    page.write(20, 20, "Asha", Pen(), room=50)
    page.write(21, 21, "Ben", Pen(), room=50)

    assert not no_words_overlap([page])


@pytest.mark.parametrize("script", NAMES)
@pytest.mark.parametrize("bold", [False, True])
def test_every_script_has_all_its_letters(script, bold):
    parts = lettering.runs(lettering.clean(NAMES[script]))

    assert "".join(NAMES[script].split()) == "".join(
        "".join(part.text for part in sorted_by_reading(parts)).split()
    )
    assert all(0 not in glyphs_of(part, bold=bold) for part in parts)


def sorted_by_reading(parts: Sequence[shaping.Run]) -> Sequence[shaping.Run]:
    """Runs as they are read: a name wholly from right to left is drawn from its end."""
    return parts[::-1] if any(part.leftward for part in parts) else parts


def test_a_letter_the_font_has_not_would_be_noticed():
    assert 0 in glyphs_of(shaping.Run("अमित", shaping.LATIN, 0))


@pytest.mark.parametrize("script", NAMES)
def test_a_name_in_any_script_stands_on_both_papers(script):
    bill = replace(BILL, patient_name=NAMES[script], doctor_name=NAMES[script])

    assert "₹1,23,456.50" in text_of(bill_pdf(bill))
    assert receipt_pdf(replace(RECEIPT, patient_name=NAMES[script])).startswith(b"%PDF")


def test_consonants_are_joined_as_the_script_joins_them():
    [run] = lettering.runs("क्ष")

    assert len(glyphs_of(run)) == 1


def test_a_joiner_stays_with_the_letters_it_joins():
    [run] = lettering.runs(lettering.clean("र्\u200dय"))
    joined = set(glyphs_of(run))
    bill = bill_pdf(replace(BILL, patient_address=run.text))
    parted = [shaping.Run(part, run.family, 0) for part in ("र्", "\u200d", "य")]

    assert joined <= shapes_in(bill)["NotoSansDevanagari-Regular"]
    # The twin: parted at the joiner, as a line is between fonts, other glyphs are drawn.
    assert not joined <= {glyph for part in parted for glyph in glyphs_of(part)}


def test_a_sum_is_in_one_font_wherever_it_stands():
    parts = lettering.runs("शुल्क ₹1,23,456.50")

    assert parts[-1] == shaping.Run("₹1,23,456.50", shaping.LATIN, 0)


def test_urdu_is_drawn_from_right_to_left_and_its_numbers_are_not():
    parts = lettering.runs("محمد 12 عثمان")

    assert [part.text.strip() for part in parts if part.text.strip()] == ["عثمان", "12", "محمد"]
    assert [part.leftward for part in parts if part.text.strip()] == [True, False, True]


def test_an_urdu_name_among_latin_words_is_turned_as_a_whole():
    parts = lettering.runs("Mr محمد 12 عثمان Khan")
    words = [part.text.strip() for part in parts if part.text.strip()]

    assert words == ["Mr", "عثمان", "12", "محمد", "Khan"]


def test_a_character_no_font_has_is_drawn_as_a_box():
    assert lettering.clean("Asha 😀 漢") == "Asha \ufffd \ufffd"
    assert "Asha" in text_of(bill_pdf(replace(BILL, patient_name="Asha 😀 漢")))


def test_direction_overrides_and_controls_are_not_drawn():
    assert lettering.clean("\u202eAsha\u202c\x00\x1b\u2066 Rao\u200f\ufeff") == "Asha Rao"


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_no_text_at_all_stops_a_paper(text):
    bill = replace(BILL, patient_name=text, patient_address=text, hospital=replace(JMI, phone=text))

    assert bill_pdf(bill).startswith(b"%PDF")


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=80), st.booleans())
def test_runs_lose_no_letter_and_no_line_is_too_wide(text, bold):
    cleaned = lettering.clean(text)
    lines = lettering.wrap(text, 10, bold, 40, at_most=500)

    assert sorted("".join(run.text for run in lettering.runs(cleaned))) == sorted(cleaned)
    assert sorted("".join(lines).replace(" ", "")) == sorted(cleaned.replace(" ", ""))
    for line in lines:
        one_syllable = len(lettering._syllables(line)) == 1
        assert one_syllable or lettering.width(line, 10, bold) <= 40


@pytest.mark.parametrize(
    "name",
    [
        "**Asha** __Rao__",
        "[Asha](https://example.org)",
        "<b>Asha</b><img src='/etc/passwd'>",
        "{nb}",
    ],
)
def test_text_is_only_ever_text(name):
    reader = PdfReader(BytesIO(bill_pdf(replace(BILL, patient_name=name))))

    assert name in reader.pages[0].extract_text()
    assert "/Annots" not in reader.pages[0]


def test_the_file_names_its_paper_and_its_maker():
    facts = PdfReader(BytesIO(bill_pdf(BILL))).metadata

    assert facts.title == "Bill of Supply JMI/2627/000001"
    assert facts.producer == "MediKlaud"
    assert facts.creation_date.date() == date(2026, 11, 23)


def test_the_same_paper_is_the_same_bytes_in_another_process():
    code = (
        "import hashlib; from tests.test_invoice_pdf import *;"
        "pdf = bill_pdf(replace(BILL, patient_name=NAMES['Devanagari']));"
        "print(hashlib.sha256(pdf).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(told) == 1
    assert bill_pdf(BILL) == bill_pdf(BILL)
    assert bill_pdf(BILL) != bill_pdf(replace(BILL, paid_paise=0))


def test_a_bill_whose_lines_do_not_make_its_total_is_not_printed():
    with pytest.raises(AssertionError):
        bill_pdf(replace(BILL, total_paise=1))


def test_a_receipt_for_more_than_was_received_is_not_printed():
    with pytest.raises(AssertionError):
        receipt_pdf(replace(RECEIPT, amount_paise=1))


def test_the_fonts_come_with_their_licence():
    for _, _, family in shaping.BLOCKS:
        assert shaping.font_file(family, bold=False).exists()
        assert shaping.font_file(family, bold=True).exists()
    assert "SIL OPEN FONT LICENSE" in (shaping.FONTS / "OFL.txt").read_text()
