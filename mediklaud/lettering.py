"""Text made ready for paper: cleaned, parted by script, put in reading order, wrapped."""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby

from fpdf.bidi import BidiParagraph

from mediklaud.shaping import KEPT, LATIN, Run, home, letters, shaped

NO_SUCH_LETTER = "\ufffd"
JOINERS = "\u200c\u200d"
VIRAMA = 9  # the combining class of the sign that ties two consonants into one
POINTS_PER_MM = 72 / 25.4


@lru_cache(maxsize=KEPT)
def clean(text: str) -> str:
    """One line of drawable characters: no controls, no direction overrides, no bare surrogates.

    A direction override in a name could make a bill's number or sum read backwards.
    """
    # Composed first: a letter with its accent is in the fonts, a loose accent may not be.
    kept = (_drawable(char) for char in unicodedata.normalize("NFC", text))
    return " ".join("".join(kept).split())


@lru_cache(maxsize=KEPT)
def runs(text: str) -> tuple[Run, ...]:
    """The runs of a clean line from left to right, as they are drawn."""
    if text.isascii():
        return (Run(text, LATIN, 0),) if text else ()
    marked = zip(text, _families(text), _levels(text), strict=True)
    parts = groupby(marked, key=lambda mark: mark[1:])
    return tuple(_reordered([Run("".join(mark[0] for mark in part), *key) for key, part in parts]))


def width(text: str, size: float, bold: bool) -> float:
    """How wide a clean line is drawn, in millimetres, at a size in points."""
    return _thousandths(text, bold) * size / 1000 / POINTS_PER_MM


def wrap(text: str, size: float, bold: bool, room: float, at_most: int) -> list[str]:
    """The text in lines no wider than `room` millimetres; typed line breaks are kept.

    More than `at_most` lines end in an ellipsis, so that no paste pushes the sums off the page.
    """

    def fits(line: str) -> bool:
        return width(line, size, bold) <= room

    typed = (clean(line) for line in text.splitlines())
    lines = [line for one in typed if one for line in _filled(one, fits)]
    return lines if len(lines) <= at_most else [*lines[: at_most - 1], "…"]


def _filled(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Words set into lines, as many as fit in each."""
    lines, current = [], ""
    for word in text.split(" "):
        joined = f"{current} {word}" if current else word
        if fits(joined):
            current = joined
            continue
        *full, current = [*([current] if current else []), *_broken(word, fits)]
        lines += full
    return [*lines, current]


def _broken(word: str, fits: Callable[[str], bool]) -> list[str]:
    """A word too long for any line, broken between syllables and never inside one."""
    pieces = [""]
    for syllable in _syllables(word):
        if pieces[-1] and not fits(pieces[-1] + syllable):
            pieces.append("")
        pieces[-1] += syllable
    return pieces


def _syllables(word: str) -> list[str]:
    """The word's letters, each with its vowel signs and the consonants tied to it."""
    found: list[str] = []
    for char in word:
        tied = found and (
            unicodedata.category(char).startswith("M")
            or char in JOINERS
            or found[-1][-1] in JOINERS
            or unicodedata.combining(found[-1][-1]) == VIRAMA
        )
        if tied:
            found[-1] += char
        else:
            found.append(char)
    return found


def _drawable(char: str) -> str:
    """The character, a space for a break, nothing for a hidden sign, or the box."""
    kind = unicodedata.category(char)
    if kind in ("Cc", "Zs", "Zl", "Zp"):
        return " "
    if (kind == "Cf" and char not in JOINERS) or 0xFE00 <= ord(char) <= 0xFE0F:
        return ""
    return char if ord(char) in letters(home(char)) else NO_SUCH_LETTER


def _families(text: str) -> list[str]:
    """The font of each character: spaces, signs and joiners keep the font of what they follow.

    A joiner in another font than its letters would not join them. Letters, digits and ₹ choose
    for themselves, so a sum of money is in one font wherever it stands.
    """
    chosen: list[str] = []
    for char in text:
        before = chosen[-1] if chosen else LATIN
        chooses = unicodedata.category(char)[0] in "LN" or char == "₹"
        chosen.append(before if not chooses and ord(char) in letters(before) else home(char))
    return chosen


def _levels(text: str) -> list[int]:
    """Each character's level in the Unicode bidirectional algorithm; all 0 in most lines."""
    if not any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text):
        return [0] * len(text)
    marked = BidiParagraph(text, preserve_bn_chars=True).get_characters()
    return [char.embedding_level for char in marked]


def _reordered(parts: list[Run]) -> list[Run]:
    """Rule L2 of that algorithm: from the highest level down, turn each stretch round."""
    for level in range(max((run.level for run in parts), default=0), 0, -1):
        stretches = groupby(parts, key=lambda run: run.level >= level)
        parts = [
            run
            for turned, stretch in [(key, list(group)) for key, group in stretches]
            for run in (reversed(stretch) if turned else stretch)
        ]
    return parts


@lru_cache(maxsize=KEPT)
def _thousandths(text: str, bold: bool) -> int:
    """The width of a clean line in thousandths of its size."""
    return sum(glyph.advance for run in runs(text) for glyph in shaped(run, bold))
