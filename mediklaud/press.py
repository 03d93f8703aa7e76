"""The press: sheets in, PDF bytes out; the one place that speaks to fpdf2.

fpdf2 makes the file; the words are set here, since lettering.py has shaped them already and a
font read once serves all papers: a bill takes a tenth of the time.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from fpdf import FPDF
from fpdf.output import OutputProducer, PDFFont, PDFType3Font

from mediklaud import lettering, shaping
from mediklaud.sheet import TALL, Bar, Colour, Page, Words
from mediklaud.typeface import Typeface

PRODUCER = "MediKlaud"
# Where letters stand within the height of their line, in parts of that height and of their size.
MIDDLE, BELOW_MIDDLE = 0.5, 0.3


def print_pages(pages: Sequence[Page], title: str, day: date) -> bytes:
    """The sheets as a PDF, the same bytes for the same marks whenever it is printed."""
    canvas = _Canvas(format="A4")
    canvas.set_auto_page_break(False)
    canvas.alias_nb_pages("")  # or a patient named "{nb}" would become a number of pages
    canvas.single_resources_object = True
    canvas.set_title(title)
    canvas.set_producer(PRODUCER)
    canvas.set_lang("en-IN")
    canvas.set_creation_date(datetime(day.year, day.month, day.day, tzinfo=UTC))
    for page in pages:
        canvas.add_page()
        drawn = [
            _bar(mark) if isinstance(mark, Bar) else _words(canvas, mark) for mark in page.marks
        ]
        canvas._out("\n".join(drawn))
    return bytes(canvas.output(output_producer_class=_Producer))


class _Canvas(FPDF):
    """fpdf2, with the fonts of this house."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.faces: dict[tuple[str, bool], Typeface] = {}

    def face(self, family: str, bold: bool) -> Typeface:
        """The font of a family and weight in this PDF."""
        new = Typeface(family, bold, len(self.faces) + 1)
        return self.faces.setdefault((family, bold), new)


class _Producer(OutputProducer):
    """fpdf2's maker of the file."""

    def _add_fonts(self, *_: Any, **__: Any) -> dict[int, PDFFont | PDFType3Font]:
        """The fonts used, each cut down to its glyphs, under the numbers the sheets call them."""
        assert isinstance(self.fpdf, _Canvas)
        faces = self.fpdf.faces.values()
        return {face.place: face.put_into(self._add_pdf_obj) for face in faces}


def _bar(bar: Bar) -> str:
    """A filled rectangle, in the operators of a PDF; its sheet is measured from below."""
    corner = f"{_points(bar.x)} {_points(TALL - bar.y)}"
    return f"{_ink(bar.colour)} {corner} {_points(bar.wide)} {_points(-bar.tall)} re f"


def _words(canvas: _Canvas, words: Words) -> str:
    """A line of words, in the operators of a PDF."""
    pen = words.pen
    size = pen.size / lettering.POINTS_PER_MM
    base = TALL - words.y - MIDDLE * pen.leading - BELOW_MIDDLE * size
    runs = lettering.runs(words.text)
    shown = " ".join(
        canvas.face(run.family, pen.bold).show(shaping.shaped(run, pen.bold), pen.size)
        for run in runs
    )
    set_ = f"BT {_ink(pen.colour)} {_points(words.x)} {_points(base)} Td {shown} ET"
    # Shapes of Indian scripts stand in another order than their letters: a reader that copies or
    # speaks the line is told it as it was typed. Readers turn Urdu round by themselves.
    if all(run.family == shaping.LATIN for run in runs) or any(run.leftward for run in runs):
        return set_
    told = words.text.encode("utf-16-be").hex().upper()
    return f"/Span <</ActualText <FEFF{told}>>> BDC {set_} EMC"


def _ink(colour: Colour) -> str:
    """The colour things are filled with from here on."""
    return " ".join(f"{part / 255:.3f}" for part in colour) + " rg"


def _points(millimetres: float) -> str:
    """A length in points."""
    return f"{millimetres * lettering.POINTS_PER_MM:.2f}"
