"""Cut the fonts of the papers out of the folder of Noto fonts named on the command line."""

import sys
from pathlib import Path

from fontTools import subset

# Space, ASCII punctuation and digits, curly quotes and dashes, joiners and the dotted circle
# on which a stray vowel sign sits: what a name in any script may hold between its letters.
BETWEEN_LETTERS = (
    "U+0020-0040,U+005B-0060,U+007B-007E,U+00A0,U+200C,U+200D,U+2010-2014,U+2018-201D,U+2026,U+25CC"
)
DANDA = "U+0964-0965"

LATIN = (
    "U+0020-007E,U+00A0-017F,U+0218-021B,U+02BC,U+0300-030C,U+0323-0328,U+0331,U+1E00-1EFF,"
    "U+2010-2027,U+2030-203A,U+20AC,U+20B9,U+2116,U+2122,U+2190-2193,U+2212,U+25CC,U+FFFD"
)

LETTERS = {
    "NotoSans": LATIN,
    "NotoSansDevanagari": "U+0900-097F",
    "NotoSansBengali": "U+0980-09FF",
    "NotoSansGurmukhi": "U+0A00-0A7F",
    "NotoSansGujarati": "U+0A80-0AFF",
    "NotoSansOriya": "U+0B00-0B7F",
    "NotoSansTamil": "U+0B80-0BFF",
    "NotoSansTelugu": "U+0C00-0C7F",
    "NotoSansKannada": "U+0C80-0CFF",
    "NotoSansMalayalam": "U+0D00-0D7F",
    "NotoNaskhArabic": "U+0600-06FF,U+FDF2",
}


def options() -> subset.Options:
    """All ligatures and marks stay; hints and the bulk of the names go, the licence does not."""
    chosen = subset.Options()
    chosen.layout_features = ["*"]
    chosen.layout_scripts = ["*"]
    chosen.hinting = False
    chosen.glyph_names = False
    chosen.notdef_outline = True
    # Copyright, family, style, full name, PostScript name, licence, address of the licence.
    chosen.name_IDs = [0, 1, 2, 4, 6, 13, 14]
    chosen.name_languages = [0x409]
    chosen.drop_tables += ["STAT", "meta"]
    return chosen


def cut(source: Path, letters: str) -> None:
    """Write the part of one font that `letters` needs into this folder."""
    font = subset.load_font(str(source), options())
    knife = subset.Subsetter(options())
    knife.populate(unicodes=subset.parse_unicodes(f"{letters},{BETWEEN_LETTERS},{DANDA}"))
    knife.subset(font)
    subset.save_font(font, str(Path(__file__).parent / source.name), options())


def main() -> None:
    """Cut every font in its two weights."""
    folder = Path(sys.argv[1])
    for family, letters in LETTERS.items():
        for weight in ("Regular", "Bold"):
            cut(folder / f"{family}-{weight}.ttf", letters)


if __name__ == "__main__":
    main()
