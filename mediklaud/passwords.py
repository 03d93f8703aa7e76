"""Pure: what makes a password good enough, its bcrypt hash, and codes to hand over."""

import re
import secrets
import unicodedata
from collections.abc import Iterable
from functools import cache

import bcrypt

from mediklaud.errors import (
    PasswordNotPrintable,
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
)

LEAST_CHARACTERS = 12
MOST_BYTES = 72
# Of zxcvbn's five: below this a password is guessed in under 100 million tries.
_GOOD_ENOUGH = 3
# So many signs must be left of it without what everybody knows.
_BEYOND_NAMES = 8
# Stands where no password opens the account; no bcrypt hash looks like it.
NO_PASSWORD = "-"  # noqa: S105  no password at all
# Nothing that could be read as another.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Hashed(str):
    """A hash that password_hash made before, for accounts that share one password (the demo's)."""


def password_hash(password: str, *, about: Iterable[str] = ()) -> Hashed:
    """The bcrypt hash of a password that is long enough, not too long, and not among the common.

    `about` is what everybody knows of the person, such as the names: it makes a password no
    better. Blanks around a password are dropped, as the sign-in form drops them.
    """
    password, kept = password.strip(), _as_kept(password)
    if len(password) < LEAST_CHARACTERS:
        raise PasswordTooShort()
    if len(kept) > MOST_BYTES:
        raise PasswordTooLong()
    if _unseen(password):
        raise PasswordNotPrintable()
    if _is_easy(password, about):
        raise PasswordTooCommon()
    return Hashed(bcrypt.hashpw(kept, bcrypt.gensalt()).decode())


def _as_kept(password: str) -> bytes:
    # One keyboard writes é as one sign, another as two. Half a sign is no reason to fall.
    composed = unicodedata.normalize("NFC", password[:1000].strip())
    return composed.encode(errors="replace")


def _unseen(password: str) -> bool:
    """Whether there is a control sign in it, or half of one: nobody could type it again."""
    return any(unicodedata.category(sign) in ("Cc", "Cs") for sign in password)


def _is_easy(password: str, names: Iterable[str]) -> bool:
    """Whether it is guessed soon: by lists of common ones, by patterns, or by the names alone."""
    # Its lists of words take a third of a second to read, and few runs of the house need them.
    from zxcvbn import zxcvbn

    known = {word for name in names for word in _words_of(name.lower()) if len(word) > 2}
    left = password.lower()
    for word in sorted(known, key=len, reverse=True):
        left = left.replace(word, "")
    strength: int = zxcvbn(password, user_inputs=sorted(known))["score"]
    return strength < _GOOD_ENOUGH or len(left) < _BEYOND_NAMES


def _words_of(name: str) -> list[str]:
    words = re.split(r"[\W_]+", name)
    return [*words, "".join(words)]


def is_password(typed: str, kept: str) -> bool:
    """Whether a typed password is the one behind a hash; costs one bcrypt."""
    word = _as_kept(typed)
    # bcrypt takes no more; such a password was never kept, and a short one takes as long.
    fits = len(word) <= MOST_BYTES and b"\0" not in word
    right = bcrypt.checkpw(word if fits else b"", (kept if is_kept(kept) else nobodys()).encode())
    return right and fits and is_kept(kept)


def is_kept(kept: str) -> bool:
    """Whether there is a password behind what is kept."""
    return kept != NO_PASSWORD


@cache
def nobodys() -> Hashed:
    """A hash that nothing opens: an unknown name costs the same bcrypt as a known one."""
    return Hashed(bcrypt.hashpw(secrets.token_bytes(32).hex().encode(), bcrypt.gensalt()).decode())


def new_code(groups: int = 5) -> str:
    """A code to hand over: groups of four unmistakable letters and digits."""
    made = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(groups))
    return "-".join(made)


def code_as_typed(typed: str) -> str:
    """A code as it was made, however a person parted its groups."""
    return re.sub(r"[^a-z0-9]", "", typed[:200].lower())
