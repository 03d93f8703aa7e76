"""The fonts of the papers, read once, and the shapes HarfBuzz chooses from them for a run."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import uharfbuzz  # type: ignore[import-untyped]

FONTS = Path(__file__).parent.parent / "data" / "fonts"
LATIN = "NotoSans"
# The blocks of the Indian scripts and of Urdu, and the font that draws each.
BLOCKS = (
    (0x0600, 0x06FF, "NotoNaskhArabic"),
    (0x0900, 0x097F, "NotoSansDevanagari"),
    (0x0980, 0x09FF, "NotoSansBengali"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi"),
    (0x0A80, 0x0AFF, "NotoSansGujarati"),
    (0x0B00, 0x0B7F, "NotoSansOriya"),
    (0x0B80, 0x0BFF, "NotoSansTamil"),
    (0x0C00, 0x0C7F, "NotoSansTelugu"),
    (0x0C80, 0x0CFF, "NotoSansKannada"),
    (0x0D00, 0x0D7F, "NotoSansMalayalam"),
)
# A paper says mostly what the one before it said, so lines are parted and measured once.
KEPT = 8192


@dataclass(frozen=True)
class Run:
    """A stretch of text in one font and one direction; an odd level reads right to left."""

    text: str
    family: str
    level: int

    @property
    def leftward(self) -> bool:
        """Whether this run is read from right to left."""
        return self.level % 2 == 1


@dataclass(frozen=True)
class Glyph:
    """One shape of a font, and where it stands; all in thousandths of the size.

    `letters` is what it stands for; of several shapes of one syllable the first says it all.
    """

    number: int
    letters: str
    wide: int
    advance: int
    right: int
    up: int


def font_file(family: str, bold: bool) -> Path:
    """Where the font of a family and weight lies."""
    return FONTS / f"{family}-{'Bold' if bold else 'Regular'}.ttf"


@cache
def shaper(family: str, bold: bool) -> uharfbuzz.Font:
    """The font as HarfBuzz reads it, once for all papers."""
    return uharfbuzz.Font(uharfbuzz.Face(font_file(family, bold).read_bytes()))


@cache
def letters(family: str) -> frozenset[int]:
    """The characters the family can draw, read once."""
    return frozenset(shaper(family, bold=False).face.unicodes)


@lru_cache(maxsize=4096)
def home(char: str) -> str:
    """The font whose script the character belongs to; Latin for everything else."""
    code = ord(char)
    return next((family for first, last, family in BLOCKS if first <= code <= last), LATIN)


@lru_cache(maxsize=KEPT)
def shaped(run: Run, bold: bool) -> tuple[Glyph, ...]:
    """The glyphs of a run from left to right, as HarfBuzz joins and places them.

    Every font here has 1,000 units to the em.
    """
    buffer = uharfbuzz.Buffer()
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(run.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if run.leftward else "ltr"
    font = shaper(run.family, bold)
    uharfbuzz.shape(font, buffer)
    letters = _letters_of(run.text, [info.cluster for info in buffer.glyph_infos])
    return tuple(
        Glyph(
            info.codepoint,
            said,
            font.get_glyph_h_advance(info.codepoint),
            place.x_advance,
            place.x_offset,
            place.y_offset,
        )
        for info, place, said in zip(
            buffer.glyph_infos, buffer.glyph_positions, letters, strict=True
        )
    )


def _letters_of(text: str, clusters: list[int]) -> list[str]:
    """What each glyph stands for: the first of a cluster for all its letters."""
    starts = sorted(set(clusters))
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    return [
        text[start : ends[start]] if start not in clusters[:place] else ""
        for place, start in enumerate(clusters)
    ]
