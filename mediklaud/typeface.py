"""One font inside one PDF: the codes of its glyphs, and the font cut down to those."""

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import uharfbuzz  # type: ignore[import-untyped]
from fpdf.enums import FontDescriptorFlags
from fpdf.fonts import PDFFontDescriptor
from fpdf.output import CIDSystemInfo, PDFFont, PDFFontStream
from fpdf.syntax import Name, PDFArray, PDFContentStream, PDFObject, PDFString

from mediklaud import shaping

# A PDF needs the shapes and their widths; what joins letters has been read already.
NOT_EMBEDDED = {"GSUB", "GPOS", "GDEF", "name", "OS/2", "post", "cmap"}
CMAP = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{letters}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""
CMAP_BLOCK = 100  # no block of a CMap may be longer
STEM, STEM_BOLD = 88, 166  # how thick an upright stroke is, for a font that stands in

AddObject = Callable[[PDFObject, str], int]


@dataclass(frozen=True)
class _Facts:
    """What a PDF says of a font."""

    name: str
    ascent: int
    descent: int
    cap_height: int
    box: str
    stem: int


class _Descriptor(PDFFontDescriptor):
    """fpdf2's description of a font, with the font itself."""

    font_file2: PDFFontStream


class Typeface:
    """A family in one weight, as one PDF uses it; `place` is its number there.

    A glyph's code is its number in the font. A glyph that stands for other letters than
    before gets a code of its own beyond those, so that the text can be read back.
    """

    def __init__(self, family: str, bold: bool, place: int) -> None:
        self.family = family
        self.bold = bold
        self.place = place
        self.glyphs: dict[int, shaping.Glyph] = {}
        self._codes: dict[tuple[int, str], int] = {}
        self._beyond = shaping.shaper(family, bold).face.glyph_count

    def show(self, glyphs: Iterable[shaping.Glyph], size: float) -> str:
        """The operators that put glyphs down, one after the other."""
        said = "".join(self._shown(glyph, size) for glyph in glyphs)
        return f"/F{self.place} {size:g} Tf [{said}] TJ"

    def put_into(self, add: AddObject) -> PDFFont:
        """Add the font to a PDF: the glyphs used, their widths and the letters they stand for."""
        facts = _facts(self.family, self.bold)
        composite = PDFFont("Type0", f"MEDKLD+{facts.name}", "Identity-H")
        add(composite, "fonts")
        widths = " ".join(f"{code} [{glyph.wide}]" for code, glyph in sorted(self.glyphs.items()))
        inner = PDFFont("CIDFontType2", f"MEDKLD+{facts.name}", d_w=0, w=f"[{widths}]")
        add(inner, "fonts")
        composite.descendant_fonts = PDFArray([inner])
        composite.to_unicode = PDFContentStream(self._cmap().encode("ascii"), compress=True)
        add(composite.to_unicode, "fonts")
        inner.c_i_d_system_info = CIDSystemInfo()
        inner.c_i_d_system_info.ordering = PDFString("Identity")
        add(inner.c_i_d_system_info, "fonts")
        inner.c_i_d_to_g_i_d_map = PDFContentStream(self._numbers(), compress=True)
        add(inner.c_i_d_to_g_i_d_map, "fonts")
        inner.font_descriptor = described = self._descriptor(facts)
        add(described, "fonts")
        described.font_file2 = PDFFontStream(self._cut())
        add(described.font_file2, "fonts")
        return composite

    def _shown(self, glyph: shaping.Glyph, size: float) -> str:
        """One glyph, moved to its place where that is not simply after the one before."""
        code = self._codes.get((glyph.number, glyph.letters))
        if code is None:
            code = self._code(glyph)
        before, after = -glyph.right, glyph.right + glyph.wide - glyph.advance
        said = f"{before or ''}<{code:04X}>{after or ''}"
        if not glyph.up:
            return said
        return f"] TJ {glyph.up * size / 1000:.3f} Ts [{said}] TJ 0 Ts ["

    def _code(self, glyph: shaping.Glyph) -> int:
        """The code of a glyph not met before."""
        code = glyph.number
        if code in self.glyphs:
            code = self._beyond
            self._beyond += 1
        self._codes[glyph.number, glyph.letters] = code
        self.glyphs[code] = glyph
        return code

    def _cmap(self) -> str:
        """The letters of each code, for whoever searches or copies."""
        told = [
            f"<{code:04X}> <{glyph.letters.encode('utf-16-be').hex().upper()}>"
            for code, glyph in sorted(self.glyphs.items())
            if glyph.letters
        ]
        blocks = [told[start : start + CMAP_BLOCK] for start in range(0, len(told), CMAP_BLOCK)]
        return CMAP.format(
            letters="\n".join(
                "\n".join([f"{len(block)} beginbfchar", *block, "endbfchar"]) for block in blocks
            )
        )

    def _numbers(self) -> bytes:
        """The glyph of each code, two bytes each."""
        count = max(self.glyphs, default=0) + 1
        none = shaping.Glyph(0, "", 0, 0, 0, 0)
        codes = (self.glyphs.get(code, none).number for code in range(count))
        return b"".join(number.to_bytes(2, "big") for number in codes)

    def _cut(self) -> bytes:
        """The font with the shapes of the glyphs used, each under its own number."""
        wanted = uharfbuzz.SubsetInput()
        wanted.glyph_set.update({glyph.number for glyph in self.glyphs.values()})
        wanted.drop_table_tag_set.update(int.from_bytes(tag.encode()) for tag in NOT_EMBEDDED)
        flags = uharfbuzz.SubsetFlags
        wanted.flags = flags.RETAIN_GIDS | flags.NOTDEF_OUTLINE | flags.NO_HINTING
        face = uharfbuzz.subset(shaping.shaper(self.family, self.bold).face, wanted)
        return bytes(face.blob.data)

    def _descriptor(self, facts: _Facts) -> _Descriptor:
        """What a reader without the font would need to stand in for it."""
        said = _Descriptor(
            ascent=facts.ascent,
            descent=facts.descent,
            cap_height=facts.cap_height,
            flags=FontDescriptorFlags.SYMBOLIC,
            font_b_box=facts.box,
            italic_angle=0,
            stem_v=facts.stem,
            missing_width=0,
        )
        said.font_name = Name(f"MEDKLD+{facts.name}")
        return said


@cache
def _facts(family: str, bold: bool) -> _Facts:
    """Read once for all papers."""
    font = shaping.shaper(family, bold)
    heights = font.get_font_extents("ltr")
    # The box round all glyphs stands in the table "head" after 36 bytes of other things.
    box = struct.unpack(">4h", font.face.reference_table("head").data[36:44])
    return _Facts(
        name=font.face.get_name(uharfbuzz.OTNameIdPredefined.POSTSCRIPT_NAME),
        ascent=heights.ascender,
        descent=heights.descender,
        cap_height=font.get_metric_position_with_fallback(uharfbuzz.OTMetricsTag.CAP_HEIGHT),
        box=f"[{box[0]} {box[1]} {box[2]} {box[3]}]",
        stem=STEM_BOLD if bold else STEM,
    )
