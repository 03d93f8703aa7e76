"""What people type, made safe to keep: one filter at the edge for every name and note."""

import re
import unicodedata
from collections.abc import Iterable

from mediklaud.errors import EmptyField, TextNotKept, TextTooLong

# Bidi controls can make a name read as another name; they never belong in one.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_KEPT_CONTROLS = frozenset("\n")
# What PostgreSQL cannot hold and SQLite would: both are to say the same.
_UNKEEPABLE = re.compile("[\\x00\ud800-\udfff]")
# Far more than any text of the house: the facts of a letter are the longest.
LONGEST = 200_000


def _belongs(letter: str) -> bool:
    if letter in _KEPT_CONTROLS:
        return True
    return letter not in _BIDI and unicodedata.category(letter) not in ("Cc", "Cs", "Co", "Cn")


def note(typed: str, *, field: str, at_most: int = 4000) -> str:
    """Several lines as they may be kept: NFC, no control, bidi or surrogate character.

    Refuses a text over `at_most` characters (TextTooLong). An empty text stays empty.
    """
    if len(typed) > 4 * at_most:
        raise TextTooLong(field=field, at_most=at_most)
    kept = typed.strip() if typed.isascii() and typed.isprintable() else _filtered(typed)
    if len(kept) > at_most:
        raise TextTooLong(field=field, at_most=at_most)
    return kept


def _filtered(typed: str) -> str:
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", "".join(filter(_belongs, lines))).strip()


def line(typed: str, *, field: str, at_most: int = 120) -> str:
    """One line as it may be kept: as a note, with every run of white space one space."""
    return " ".join(note(typed, field=field, at_most=at_most).split())


def needed(typed: str, *, field: str, at_most: int = 120) -> str:
    """One line that may not be empty; refuses an empty one (EmptyField)."""
    kept = line(typed, field=field, at_most=at_most)
    if not any(map(str.isprintable, kept.replace(" ", ""))):
        raise EmptyField(field=field)
    return kept


def needed_note(typed: str, *, field: str, at_most: int = 4000) -> str:
    """Several lines that may not be empty; refuses empty ones (EmptyField)."""
    kept = note(typed, field=field, at_most=at_most)
    if not kept:
        raise EmptyField(field=field)
    return kept


def short(typed: str, *, at_most: int = 40) -> str:
    """What is left of words that nobody is asked to type anew: cut to a length and filtered."""
    return " ".join(_filtered(typed[:at_most]).split())


def keepable(words: str) -> None:
    """Refuse what no row of either engine can hold: TextTooLong, or TextNotKept.

    The last look, in the engine's own door, at whatever is written or looked up; what people
    type for keeping has passed `note` or `line` before.
    """
    if len(words) > LONGEST:
        raise TextTooLong(field="This text", at_most=LONGEST)
    if not (words.isascii() and "\0" not in words) and _UNKEEPABLE.search(words):
        raise TextNotKept()


def all_keepable(values: Iterable[object]) -> None:
    """The same of every text among values, in one look where nothing is wrong with any."""
    texts = [value for value in values if isinstance(value, str)]
    together = "".join(texts)
    if len(together) > LONGEST or not together.isascii() or "\0" in together:
        for words in texts:
            keepable(words)


def initials(name: str) -> str:
    """The first letter of each word with its marks, so that a screen names nobody: A. M."""
    firsts = (_first_letter(word) for word in name.split())
    return " ".join(f"{first}." for first in firsts if first)


def _first_letter(word: str) -> str:
    start = next((place for place, one in enumerate(word) if one.isalnum()), None)
    if start is None:
        return ""
    end = start + 1
    while end < len(word) and unicodedata.category(word[end]).startswith("M"):
        end += 1
    return word[start:end].upper()


def folded(words: str) -> str:
    """How names are compared and found: compatibility forms, case and Latin accents put aside.

    Vowel signs of Indic scripts are marks too and carry meaning, so only marks that
    follow a Latin letter are dropped.
    """
    out: list[str] = []
    after_latin = False
    for letter in unicodedata.normalize("NFKD", words):
        if unicodedata.combining(letter):
            if after_latin:
                continue
        else:
            after_latin = letter.isascii() and letter.isalpha()
        out.append(letter)
    return " ".join(unicodedata.normalize("NFC", "".join(out)).casefold().split())


# Apostrophes in the ways keyboards have them, and what else people put inside a name or not.
_APOSTROPHE = re.compile("['`\u2018\u2019\u02b9\u02bb\u02bc\u05f3]| \u0301")
_INSIDE = re.compile("[-.\u2010-\u2015]")


def without_apostrophes(folded_words: str) -> str:
    """Folded words as they are where nobody types an apostrophe: dsouza for d'souza."""
    return _APOSTROPHE.sub("", folded_words)


def run_together(folded_words: str) -> str:
    """Folded words as whoever spells them in one piece has them: dsouza, maryann, akmenon.

    Signs inside a word go, and a single letter belongs to what follows it.
    """
    words = _INSIDE.sub("", without_apostrophes(folded_words)).split()
    return "".join(word if len(word) == 1 else f"{word} " for word in words).strip()


def bare(words: str) -> str:
    """How the numbers of banks are compared: letters and digits alone, large, digits as 0-9."""
    large = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", words).upper())
    return "".join(_figure(one) for one in large if unicodedata.category(one)[0] in "LMN")


def _figure(letter: str) -> str:
    digit = unicodedata.decimal(letter, None)
    return letter if digit is None else str(digit)
