"""A4 sheets: what stands where, in millimetres, and the one place that speaks to fpdf2."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from fpdf import FPDF
from fpdf.fonts import TTFFont
from fpdf.line_break import Fragment

from mediklaud import lettering

WIDE, TALL = 210.0, 297.0
LEFT, RIGHT = 18.0, 192.0
TOP, BOTTOM = 16.0, 274.0
PRODUCER = "MediKlaud"

Colour = tuple[int, int, int]
INK: Colour = (31, 36, 43)
QUIET: Colour = (105, 114, 125)
HAIRLINE: Colour = (214, 220, 226)
BAND: Colour = (241, 245, 246)
TEAL: Colour = (15, 92, 99)
STAMP: Colour = (176, 58, 46)


@dataclass(frozen=True)
class Pen:
    """How words look; the size is in points."""

    size: float = 9.5
    bold: bool = False
    colour: Colour = INK
    spacing: float = 1.42

    @property
    def leading(self) -> float:
        """From one line to the next, in millimetres."""
        return self.size / lettering.POINTS_PER_MM * self.spacing


@dataclass(frozen=True)
class Words:
    """One line of text, its left end at `x`, the top of its line at `y`."""

    x: float
    y: float
    text: str
    pen: Pen


@dataclass(frozen=True)
class Bar:
    """A filled rectangle; a rule is a thin one."""

    x: float
    y: float
    wide: float
    tall: float
    colour: Colour


Mark = Words | Bar


@dataclass
class Page:
    """The marks of one sheet."""

    marks: list[Mark] = field(default_factory=list)

    def write(
        self,
        x: float,
        y: float,
        text: str,
        pen: Pen,
        *,
        room: float,
        right: bool = False,
        at_most: int = 6,
    ) -> float:
        """Set the text in lines within `room` from `x`; says where the next line would start."""
        for line in lettering.wrap(text, pen.size, pen.bold, room, at_most):
            slack = room - lettering.width(line, pen.size, pen.bold) if right else 0
            self.marks.append(Words(x + slack, y, line, pen))
            y += pen.leading
        return y

    def bar(self, x: float, y: float, wide: float, tall: float, colour: Colour) -> None:
        """Fill a rectangle."""
        self.marks.append(Bar(x, y, wide, tall, colour))

    def rule(self, y: float, colour: Colour = HAIRLINE, tall: float = 0.2) -> None:
        """A line from margin to margin."""
        self.bar(LEFT, y, RIGHT - LEFT, tall, colour)


class _Canvas(FPDF):
    """fpdf2, told to leave text alone."""

    def _preload_bidirectional_text(self, text: str, markdown: bool) -> Sequence[Fragment]:
        """A run as one fragment.

        fpdf2 would part the text again at every joiner, accent and direction, and a joiner cut
        off from its letters no longer joins them; lettering.py has parted it already.
        """
        assert self.text_shaping is not None
        self.text_shaping["fragment_direction"] = self.text_shaping["direction"]
        self.text_shaping["paragraph_direction"] = self.text_shaping["direction"]
        return (Fragment(text, self._get_current_graphics_state(), self.k),)


def print_pages(pages: Sequence[Page], title: str, day: date) -> bytes:
    """The sheets as a PDF, the same bytes for the same marks whenever it is printed."""
    canvas = _Canvas(format="A4")
    canvas.set_auto_page_break(False)
    canvas.c_margin = 0
    canvas.alias_nb_pages("")  # or a patient named "{nb}" would become a number of pages
    canvas.set_title(title)
    canvas.set_producer(PRODUCER)
    canvas.set_lang("en-IN")
    canvas.set_creation_date(datetime(day.year, day.month, day.day, tzinfo=UTC))
    for page in pages:
        canvas.add_page()
        for mark in page.marks:
            _draw(canvas, mark)
    return bytes(canvas.output())


def _draw(canvas: _Canvas, mark: Mark) -> None:
    """Put one mark on the sheet."""
    if isinstance(mark, Bar):
        canvas.set_fill_color(*mark.colour)
        canvas.rect(mark.x, mark.y, mark.wide, mark.tall, style="F")
        return
    canvas.set_xy(mark.x, mark.y)
    canvas.set_text_color(*mark.pen.colour)
    for run in lettering.runs(mark.text):
        _draw_run(canvas, run, mark.pen)


def _draw_run(canvas: _Canvas, run: lettering.Run, pen: Pen) -> None:
    """Put one run down, and move to where it ends."""
    style = "B" if pen.bold else ""
    if f"{run.family.lower()}{style}" not in canvas.fonts:
        _load_font(canvas, run.family, style)
    canvas.set_font(run.family, style, pen.size)
    canvas.set_text_shaping(direction="rtl" if run.leftward else "ltr")
    canvas.cell(h=pen.leading, text=run.text)


def _load_font(canvas: _Canvas, family: str, style: str) -> None:
    """Give the document a font of its own: fpdf2 cuts it down to the letters used.

    The copy inside the PDF needs no ligature tables, since HarfBuzz has read the file itself.
    Without them a bill is made about a fifth faster.
    """
    canvas.add_font(family, style, lettering.font_file(family, bold=style == "B"))
    font = canvas.fonts[f"{family.lower()}{style}"]
    assert isinstance(font, TTFFont)
    for table in ("GSUB", "GPOS", "GDEF"):
        del font.ttfont[table]
