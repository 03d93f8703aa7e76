"""What stands below a paper's table: sums, the sum in words, tax by its rate, signatures."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from mediklaud import lettering
from mediklaud.money import in_words, rupees
from mediklaud.papers import CreditLine, Line
from mediklaud.sheet import BAND, HAIRLINE, HALF, LABEL, LEFT, RIGHT, SMALL, TEXT, Page, Pen

Sums = Sequence[tuple[str, str, Pen]]
SIGNING = 16.0  # the room over a line on which a person signs


def add_sums(page: Page, y: float, sums: Sums, spoken_paise: int) -> float:
    """Sums down the right, the last on a band; one of them in words at the left."""
    y += 4
    spoken = page.write(LEFT, y + 1.2, "AMOUNT IN WORDS", LABEL, room=HALF)
    spoken = page.write(LEFT, spoken + 0.6, in_words(spoken_paise), TEXT, room=HALF - 4)
    left = RIGHT - HALF
    for place, (label, amount, pen) in enumerate(sums, start=1):
        tall = pen.leading + 2.4
        if place == len(sums):
            page.bar(left, y, HALF, tall, BAND)
        room = HALF - 8 - lettering.width(amount, pen.size, pen.bold)
        page.write(left + 3, y + 1.2, label, pen, room=room)
        page.write(left, y + 1.2, amount, pen, room=HALF - 2, right=True)
        y += tall
    return max(y, spoken)


def tax_sums(lines: Iterable[Line | CreditLine], gst: bool) -> list[tuple[str, str, Pen]]:
    """The tax by its rate, half to the Union and half to the State where it is GST."""
    halves: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        if line.tax_basis_points:
            halves[line.tax_basis_points][0] += line.central_paise
            halves[line.tax_basis_points][1] += line.state_paise
    if not gst:
        return [
            (f"Tax {rate_words(rate)}", rupees(sum(both)), TEXT)
            for rate, both in sorted(halves.items())
        ]
    return [
        (f"{name} {rate_words(rate, halved=True)}", rupees(paise), TEXT)
        for rate, both in sorted(halves.items())
        for name, paise in zip(("CGST", "SGST"), both, strict=True)
    ]


def rate_words(basis_points: int, *, halved: bool = False) -> str:
    """A rate as a paper says it: 18%, or 2.5% for half of 5."""
    # In thousandths of a percent, so that half an odd rate is exact.
    parts = basis_points * 5 if halved else basis_points * 10
    whole, rest = divmod(parts, 1000)
    tail = f".{rest:03d}".rstrip("0").rstrip(".")
    return f"{whole}{tail}%"


def add_note(page: Page, y: float, text: str) -> float:
    """A quiet sentence from margin to margin."""
    return page.write(LEFT, y + 3, text, SMALL, room=RIGHT - LEFT)


def add_signatures(page: Page, y: float, left: str, right: str) -> float:
    """Two lines to sign on, with who signs below."""
    y += SIGNING
    wide = HALF - 14
    for x, who in ((LEFT, left), (RIGHT - wide, right)):
        page.bar(x, y, wide, 0.2, HAIRLINE)
        page.write(x, y + 1, who, SMALL, room=wide, at_most=1)
    return y + 1 + SMALL.leading
