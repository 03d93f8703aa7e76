"""Names and notes as text: Streamlit's labels, alerts and headings are Markdown."""

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^])")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
# What becomes something else after the escapes are gone, each parted where a character of no
# width is put: an emoji's or icon's shortcode, a link (http://, www., name@house), an arrow.
_PARTED = re.compile(
    r"(?<=:)(?=[\w+-]+:|material/|//)|(?<=www)(?=\.)|(?<=@)(?=\S)|(?<=[<>~-])(?=[-=>])",
    re.IGNORECASE,
)
_NO_WIDTH = "\u200b"
# What the filter keeps out of every row, and a refused text may still hold: it could turn the
# sentence around it, or not be sent at all.
_UNSEEN = re.compile("[\\x00\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(words: str) -> str:
    """The words so that Markdown shows them as they are, line breaks too.

    Every mark is escaped, and what needs no mark is parted. A line's indentation, which
    would make code of it, is left out: Markdown never shows it.
    """
    parted = _PARTED.sub(_NO_WIDTH, _INDENT.sub("", _UNSEEN.sub("", words)))
    return _MARKS.sub(r"\\\1", parted).replace("\n", "  \n")
