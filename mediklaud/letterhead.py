"""What every paper shares: the hospital's head, blocks, a table over many sheets, sums, a foot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from mediklaud import lettering
from mediklaud.papers import Hospital
from mediklaud.press import print_pages
from mediklaud.sheet import (
    BAND,
    BOTTOM,
    HAIRLINE,
    LEFT,
    QUIET,
    RIGHT,
    STAMP,
    TEAL,
    TOP,
    Page,
    Pen,
)

TITLE = Pen(17, bold=True, colour=TEAL, spacing=1.22)
RUNNING = Pen(9.5, bold=True, colour=TEAL)
HEAD = Pen(15, bold=True)
NAME = Pen(11.5, bold=True)
TEXT = Pen(9.5)
STRONG = Pen(9.5, bold=True)
SMALL = Pen(8.5, colour=QUIET)
LABEL = Pen(7.5, bold=True, colour=QUIET)
SUM = Pen(11.5, bold=True)
PADDING = 1.9  # above and below the words of a row
INSET = 2.0  # left and right of the words of a cell
HALF = (RIGHT - LEFT) / 2 - 4
LETTERHEAD = 104.0

Row = tuple[str, ...]
Block = Sequence[tuple[str, Pen]]
Closing = Callable[[Page, float], float]


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading, its width, and whether figures line up at its right."""

    heading: str
    wide: float
    right: bool = False


@dataclass(frozen=True)
class Paper:
    """What every paper has: where it comes from, what it is, and the words on its later sheets."""

    hospital: Hospital
    title: str
    number: str
    issued_at_words: str
    duplicate: bool
    foot: str


Table = tuple[Sequence[Column], Sequence[Row]]


def print_paper(
    paper: Paper, day: date, sides: tuple[Block, Block], table: Table, closing: Closing
) -> bytes:
    """Head, two blocks, the table and what closes it, on as many sheets as they need, as PDF."""
    first = Page()
    top = _sides(first, _head(first, paper), *sides)
    pages = _table(paper, first, top, table, closing)
    for place, page in enumerate(pages, start=1):
        page.rule(BOTTOM + 6)
        page.write(LEFT, BOTTOM + 8, paper.foot, SMALL, room=90)
        told = f"{paper.number} · Page {place} of {len(pages)}"
        page.write(RIGHT - 80, BOTTOM + 8, told, SMALL, room=80, right=True)
    return print_pages(pages, paper.number, day)


def add_sums(page: Page, y: float, sums: Sequence[tuple[str, str, Pen]], words: str) -> float:
    """Sums down the right, the last on a band; the sum in words at the left of them."""
    y += 4
    spoken = page.write(LEFT, y + 1.2, "AMOUNT IN WORDS", LABEL, room=HALF)
    spoken = page.write(LEFT, spoken + 0.6, words, TEXT, room=HALF - 4)
    left = RIGHT - HALF
    for place, (label, amount, pen) in enumerate(sums, start=1):
        tall = pen.leading + 2.4
        if place == len(sums):
            page.bar(left, y, HALF, tall, BAND)
        page.write(left + 3, y + 1.2, label, pen, room=36)
        page.write(left, y + 1.2, amount, pen, room=HALF - 2, right=True)
        y += tall
    return max(y, spoken)


def _head(page: Page, paper: Paper) -> float:
    """The hospital at the left; what paper this is at the right."""
    hospital = paper.hospital
    left = page.write(LEFT, TOP, hospital.name, TITLE, room=LETTERHEAD)
    left += 1
    gstin = f"GSTIN {hospital.gstin}" if hospital.gstin else ""
    for text in (hospital.address, *_contact(hospital), gstin):
        left = page.write(LEFT, left, text, SMALL, room=LETTERHEAD)
    right = _number(page, paper)
    y = max(left, right) + 3.5
    page.rule(y, TEAL, 0.5)
    return y + 6


def _sides(page: Page, y: float, left: Block, right: Block) -> float:
    """Two blocks of words beside each other."""
    ends = []
    for x, block in ((LEFT, left), (RIGHT - HALF, right)):
        end = y
        for text, pen in block:
            end = page.write(x, end, text, pen, room=HALF)
        ends.append(end)
    return max(ends) + 6


def _table(
    paper: Paper,
    page: Page,
    y: float,
    table: Table,
    closing: Closing,
) -> list[Page]:
    """The rows, on as many sheets as they need; the last row stays with the sums below it."""
    columns, rows = table
    pages = [page]
    y = _headings(page, y, columns)
    for place, row in enumerate(rows, start=1):
        below = closing(Page(), 0) if place == len(rows) else 0
        if y + _row(Page(), 0, columns, row) + below > BOTTOM:
            pages.append(Page())
            y = _headings(pages[-1], _continued(pages[-1], paper), columns)
        y = _row(pages[-1], y, columns, row)
    closing(pages[-1], y)
    return pages


def _contact(hospital: Hospital) -> list[str]:
    """Telephone and mail on one line where they fit, or each on its own."""
    parts = [part for part in map(lettering.clean, (hospital.phone, hospital.email)) if part]
    joined = " · ".join(parts)
    return [joined] if lettering.width(joined, SMALL.size, SMALL.bold) <= LETTERHEAD else parts


def _number(page: Page, paper: Paper) -> float:
    """The title, number and time, against the right margin."""
    x, room = RIGHT - 64, 64.0
    y = page.write(x, TOP, paper.title, HEAD, room=room, right=True)
    y = page.write(x, y + 0.5, paper.number, STRONG, room=room, right=True)
    y = page.write(x, y, paper.issued_at_words, SMALL, room=room, right=True)
    return _stamp(page, y + 2) if paper.duplicate else y


def _stamp(page: Page, y: float) -> float:
    """DUPLICATE in a frame, under the date."""
    pen = Pen(10, bold=True, colour=STAMP)
    wide, tall = lettering.width("DUPLICATE", pen.size, pen.bold) + 7, 7.0
    x = RIGHT - wide
    page.bar(x, y, wide, tall, STAMP)
    page.bar(x + 0.45, y + 0.45, wide - 0.9, tall - 0.9, (255, 255, 255))
    page.write(x + 3.5, y + (tall - pen.leading) / 2 + 0.25, "DUPLICATE", pen, room=wide)
    return y + tall


def _headings(page: Page, y: float, columns: Sequence[Column]) -> float:
    """The table's first row, said again on every sheet."""
    tall = LABEL.leading + 2 * PADDING
    page.bar(LEFT, y, RIGHT - LEFT, tall, BAND)
    return _cells(page, y, columns, tuple(column.heading for column in columns), LABEL)


def _row(page: Page, y: float, columns: Sequence[Column], row: Row) -> float:
    """One row, as tall as its tallest cell, with a hairline below."""
    y = _cells(page, y, columns, row, TEXT)
    page.rule(y, HAIRLINE)
    return y


def _cells(page: Page, y: float, columns: Sequence[Column], row: Row, pen: Pen) -> float:
    """The words of a row; says where the row ends."""
    x, ends = LEFT, [y]
    for column, text in zip(columns, row, strict=True):
        room = column.wide - 2 * INSET
        end = page.write(
            x + INSET, y + PADDING, text, pen, room=room, right=column.right, at_most=12
        )
        ends.append(end + PADDING)
        x += column.wide
    return max(ends)


def _continued(page: Page, paper: Paper) -> float:
    """The head of a later sheet: enough to know where a loose one belongs."""
    name = page.write(LEFT, TOP, paper.hospital.name, RUNNING, room=80)
    said = f"{'DUPLICATE · ' if paper.duplicate else ''}{paper.title} {paper.number}, continued"
    told = page.write(RIGHT - 90, TOP, said, SMALL, room=90, right=True)
    y = max(name, told) + 2
    page.rule(y, TEAL, 0.3)
    return y + 4
