"""How far the audit log had come, noted outside the database: in a file of the data folder.

Whoever can write to the database alone can put an older copy of it in place, with an end that
was true once. The file remembers a later one. It is only ever appended to, each server to its
own, and may be carried off to where nobody can change it.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import make_url

from mediklaud import clock
from mediklaud.config import settings

FILE = "audit.anchors"


class Anchor(NamedTuple):
    """So many rows there were at a moment, and the newest had this seal."""

    at: str
    row_count: int
    seal: str


def drop(count: int, seal: str) -> None:
    """Note an end of the log. What is committed stays so even where the disk takes no line."""
    line = json.dumps([_log(), f"{clock.now():%Y-%m-%d %H:%M:%S} UTC", count, seal])
    with suppress(OSError), _path().open("a") as file:
        file.write(f"{line}\n")


def anchors() -> list[Anchor]:
    """Every end of this database's log that this server has noted."""
    return list(_lines()) if _path().exists() else []


def _lines() -> Iterator[Anchor]:
    for line in _path().read_text().splitlines():
        # The power may have failed within the last line.
        with suppress(ValueError, TypeError):
            log, at, count, seal = json.loads(line)
            if log == _log():
                yield Anchor(str(at), int(count), str(seal))


def _path() -> Path:
    return settings().data_dir / FILE


def _log() -> str:
    """Which database, so that a hospital that moves to another one begins a log anew."""
    url = make_url(settings().database)
    return f"{url.host or ''}/{Path(url.database or '').name}"
