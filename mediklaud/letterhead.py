"""What every paper shares: the hospital's head, two blocks, tables and their closing, a foot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from mediklaud import lettering
from mediklaud.columns import Closing, Sheets, Table
from mediklaud.papers import Hospital
from mediklaud.press import print_pages
from mediklaud.sheet import (
    BOTTOM,
    HALF,
    HEAD,
    LEFT,
    RIGHT,
    RUNNING,
    SMALL,
    STAMP,
    STRONG,
    TEAL,
    TITLE,
    TOP,
    WARNING,
    Page,
    Pen,
)

LETTERHEAD = 104.0
BETWEEN_TABLES = 7.0
DUPLICATE = "DUPLICATE"

Block = Sequence[tuple[str, Pen]]


@dataclass(frozen=True)
class Paper:
    """What every paper has: where it comes from, what it is, and the words on its later sheets.

    `stamp` is a word in a frame beside "DUPLICATE" and `notice` the sentence that explains it,
    for a paper that holds no more.
    """

    hospital: Hospital
    title: str
    number: str
    issued_at_words: str
    duplicate: bool
    foot: str
    stamp: str = ""
    notice: str = ""

    @property
    def stamps(self) -> list[str]:
        """All words in frames."""
        return [word for word in (DUPLICATE if self.duplicate else "", self.stamp) if word]


def print_paper(
    paper: Paper,
    day: date,
    sides: tuple[Block, Block],
    tables: Sequence[Table],
    closing: Closing,
) -> bytes:
    """Head, two blocks, tables and what closes the last, on as many sheets as needed, as PDF."""
    first = Page()
    top = _sides(first, _head(first, paper), *sides)
    sheets = Sheets(partial(_continued, paper), top, [first])
    for table in tables[:-1]:
        sheets.add_table(table, _gap)
    sheets.add_table(tables[-1], closing)
    for place, page in enumerate(sheets.pages, start=1):
        page.rule(BOTTOM + 6)
        page.write(LEFT, BOTTOM + 8, paper.foot, SMALL, room=90)
        told = f"{paper.number} · Page {place} of {len(sheets.pages)}"
        page.write(RIGHT - 80, BOTTOM + 8, told, SMALL, room=80, right=True)
    return print_pages(sheets.pages, f"{paper.title} {paper.number}", day)


def day_words(day: date) -> str:
    """A day in full: 3 April 2026."""
    return f"{day.day} {day:%B %Y}"


def _gap(page: Page, y: float) -> float:
    """The room between one table and the next."""
    return y + BETWEEN_TABLES


def _head(page: Page, paper: Paper) -> float:
    """The hospital at the left; what paper this is at the right; whether it still holds below."""
    hospital = paper.hospital
    left = page.write(LEFT, TOP, hospital.name, TITLE, room=LETTERHEAD)
    left += 1
    gstin = f"GSTIN {hospital.gstin}" if hospital.gstin else ""
    for text in (hospital.address, *_contact(hospital), gstin):
        left = page.write(LEFT, left, text, SMALL, room=LETTERHEAD)
    right = _number(page, paper)
    y = max(left, right) + 3.5
    page.rule(y, TEAL, 0.5)
    y += 6
    if paper.notice:
        y = page.write(LEFT, y, paper.notice, WARNING, room=RIGHT - LEFT, at_most=4) + 4
    return y


def _sides(page: Page, y: float, left: Block, right: Block) -> float:
    """Two blocks of words beside each other."""
    ends = []
    for x, block in ((LEFT, left), (RIGHT - HALF, right)):
        end = y
        for text, pen in block:
            end = page.write(x, end, text, pen, room=HALF)
        ends.append(end)
    return max(ends) + 6


def _contact(hospital: Hospital) -> list[str]:
    """Telephone and mail on one line where they fit, or each on its own."""
    parts = [part for part in map(lettering.clean, (hospital.phone, hospital.email)) if part]
    joined = " · ".join(parts)
    return [joined] if lettering.width(joined, SMALL.size, SMALL.bold) <= LETTERHEAD else parts


def _number(page: Page, paper: Paper) -> float:
    """The title, number and time, against the right margin, and what is stamped on it."""
    x, room = RIGHT - 64, 64.0
    y = page.write(x, TOP, paper.title, HEAD, room=room, right=True)
    y = page.write(x, y + 0.5, paper.number, STRONG, room=room, right=True)
    y = page.write(x, y, paper.issued_at_words, SMALL, room=room, right=True)
    for word in paper.stamps:
        y = _stamp(page, y + 2, word)
    return y


def _stamp(page: Page, y: float, word: str) -> float:
    """A word in a frame, under the date."""
    pen = Pen(10, bold=True, colour=STAMP)
    wide, tall = lettering.width(word, pen.size, pen.bold) + 7, 7.0
    x = RIGHT - wide
    page.bar(x, y, wide, tall, STAMP)
    page.bar(x + 0.45, y + 0.45, wide - 0.9, tall - 0.9, (255, 255, 255))
    page.write(x + 3.5, y + (tall - pen.leading) / 2 + 0.25, word, pen, room=wide)
    return y + tall


def _continued(paper: Paper, page: Page) -> float:
    """The head of a later sheet: enough to know where a loose one belongs."""
    name = page.write(LEFT, TOP, paper.hospital.name, RUNNING, room=80)
    stamps = "".join(f"{word} · " for word in paper.stamps)
    said = f"{stamps}{paper.title} {paper.number}, continued"
    told = page.write(RIGHT - 90, TOP, said, SMALL, room=90, right=True)
    y = max(name, told) + 2
    page.rule(y, TEAL, 0.3)
    return y + 4
