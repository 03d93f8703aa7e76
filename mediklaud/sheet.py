"""A4 sheets: what stands where, in millimetres."""

from dataclasses import dataclass, field

from mediklaud import lettering

WIDE, TALL = 210.0, 297.0
LEFT, RIGHT = 18.0, 192.0
TOP, BOTTOM = 16.0, 274.0

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


TITLE = Pen(17, bold=True, colour=TEAL, spacing=1.22)
RUNNING = Pen(9.5, bold=True, colour=TEAL)
HEAD = Pen(15, bold=True)
NAME = Pen(11.5, bold=True)
TEXT = Pen(9.5)
STRONG = Pen(9.5, bold=True)
SMALL = Pen(8.5, colour=QUIET)
LABEL = Pen(7.5, bold=True, colour=QUIET)
SUM = Pen(11.5, bold=True)
WARNING = Pen(9.5, bold=True, colour=STAMP)
HALF = (RIGHT - LEFT) / 2 - 4


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
