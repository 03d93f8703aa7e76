"""A database with every table and nothing in them: made once, and copied for each test."""

import tempfile
from functools import cache
from pathlib import Path

import pytest

from mediklaud import config, database, migrations


@cache
def _laid() -> dict[str, bytes]:
    """The files of a new house on SQLite: the database, and the key that seals its log."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIKLAUD_DATA_DIR", folder)
        patch.delenv("MEDIKLAUD_DATABASE_URL", raising=False)
        _forget()
        migrations.upgrade()
        database.engine().dispose()
        _forget()
        return {one.name: one.read_bytes() for one in Path(folder).iterdir()}


def _forget() -> None:
    """Read the settings and the key anew."""
    config.settings.cache_clear()
    config.key.cache_clear()


def lay_tables(data_dir: Path) -> None:
    """A data folder whose SQLite database needs no upgrade any more."""
    data_dir.mkdir(parents=True, exist_ok=True)
    for name, kept in _laid().items():
        (data_dir / name).write_bytes(kept)
        (data_dir / name).chmod(0o600)
