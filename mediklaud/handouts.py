"""For which sign-in each file was made: known to this server while it runs, and nowhere else."""

from collections import OrderedDict
from hashlib import sha256
from threading import Lock

# A file is fetched right after it was made; what was made long before is made anew on a click.
_MOST = 10_000
_made: OrderedDict[bytes, frozenset[bytes]] = OrderedDict()
_turn = Lock()


def hand_out(octets: bytes, held: str) -> bytes:
    """Note that a file was made for the sign-in of this token; returns the file."""
    file, whose = _digest(octets), _digest(held.encode())
    with _turn:
        _made[file] = _made.pop(file, frozenset()) | {whose}
        while len(_made) > _MOST:
            _made.popitem(last=False)
    return octets


def is_handout(octets: bytes) -> bool:
    """Whether this very file was made for a sign-in."""
    return _digest(octets) in _made


def is_for(octets: bytes, held: str) -> bool:
    """Whether this very file was made for the sign-in of this token."""
    return _digest(held.encode()) in _made.get(_digest(octets), frozenset())


def _digest(octets: bytes) -> bytes:
    return sha256(octets).digest()
