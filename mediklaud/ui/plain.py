"""Names and notes as text: Streamlit's labels, alerts and headings are Markdown."""

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^])")
_SHORTCODE = re.compile(r":(?=[\w+-]+:)")


def plain(words: str) -> str:
    """The words so that Markdown shows them as they are, line breaks too.

    Every mark is escaped; an emoji's shortcode is parted by a character of no width, since
    it is looked for after the escapes are gone.
    """
    parted = _SHORTCODE.sub(":\u200b", words)
    return _MARKS.sub(r"\\\1", parted).replace("\n", "  \n")
