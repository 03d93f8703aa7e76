"""The database's way from nothing to this release, on both engines."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlmodel import SQLModel

from mediklaud import database, guards, migrations
from mediklaud.config import ROOT
from mediklaud.errors import DatabaseIsNewer
from tests.conftest import on_ground


@pytest.fixture(params=["sqlite", "postgresql"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A data folder and a database with nothing in it, once on each engine."""
    with on_ground(request, request.param, tmp_path / "data") as data_dir:
        yield data_dir


_INDEXES = {
    "sqlite": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''",
    "postgresql": "SELECT tablename, indexname, indexdef FROM pg_indexes "
    "WHERE schemaname = 'public'",
}
_CONSTRAINTS = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid > 0 AND contype <> 'n'"""


def rules_of(engine: Engine) -> dict[tuple[str, str], str]:
    """Every constraint and index of our tables in the database's words, by table and name."""
    with engine.connect() as connection:
        found = list(connection.execute(text(_INDEXES[engine.dialect.name])))
        if engine.dialect.name == "postgresql":
            found += connection.execute(text(_CONSTRAINTS)).all()
        else:
            found += _constraints_on_sqlite(connection)
    ours = [one for one in found if one[0] != "alembic_version" and one[1] != "patient_search"]
    return {(table, name): said for table, name, said in ours}


def _constraints_on_sqlite(connection: Connection) -> list[tuple[str, str, str]]:
    looked = inspect(connection)
    return [
        (table, str(rule["name"]), str(sorted(rule.items(), key=str)))
        for table in SQLModel.metadata.tables
        for rule in (
            *looked.get_check_constraints(table),
            *looked.get_unique_constraints(table),
            *looked.get_foreign_keys(table),
        )
    ]


def schema_of(engine: Engine) -> list[str]:
    """The database's own words for all it holds."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            words = "SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master"
        else:
            words = (
                "SELECT relname || ' ' || relkind::text FROM pg_class "
                "UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger "
                "UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            )
        return sorted(connection.execute(text(words)).scalars())


def test_an_upgrade_from_nothing_equals_the_models(ground):
    assert migrations.upgrade() is True

    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, SQLModel.metadata)
    # The search index is no model's: guards.install puts it in place.
    assert [one for one in differences if not _is_search(one)] == []


def _is_search(difference: Any) -> bool:
    what, thing, *_ = difference
    table = getattr(thing, "table", thing)
    names = (str(getattr(thing, "name", "")), str(getattr(table, "name", "")))
    return what.startswith("remove_") and any(name.startswith("patient_search") for name in names)


def test_a_column_the_models_do_not_know_is_found(ground):
    migrations.upgrade()

    with database.engine().begin() as connection:
        connection.execute(text("ALTER TABLE patient ADD COLUMN shoe_size INTEGER"))
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, SQLModel.metadata)

    assert [one[0] for one in differences if not _is_search(one)] == ["remove_column"]


def test_every_rule_stands_in_the_live_database_in_the_models_words(ground):
    migrations.upgrade()

    upgraded = rules_of(database.engine())

    assert len(upgraded) > 100
    assert upgraded == _rules_of_the_models()


def _rules_of_the_models() -> dict[tuple[str, str], str]:
    made = create_engine("sqlite://")
    if database.engine().dialect.name == "postgresql":
        made = database.engine()
        with made.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    SQLModel.metadata.create_all(made)
    return rules_of(made)


def test_a_second_upgrade_changes_nothing(ground):
    migrations.upgrade()
    before = schema_of(database.engine())

    assert migrations.upgrade() is False
    assert schema_of(database.engine()) == before


def test_a_newer_database_is_refused_and_left_as_it_is(ground):
    migrations.upgrade()
    with database.engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = schema_of(database.engine())

    with pytest.raises(DatabaseIsNewer, match=r"newer MediKlaud \(9999\)\. Install that release"):
        migrations.upgrade()
    assert schema_of(database.engine()) == before


def test_servers_that_start_together_all_find_the_house_ready(ground):
    start = [sys.executable, "-c", "from mediklaud import migrations as m; print(m.upgrade())"]
    servers = [
        subprocess.Popen(start, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [server.communicate(timeout=60) for server in servers]

    assert [server.returncode for server in servers] == [0, 0, 0], said
    assert sorted(out.strip() for out, _ in said) == ["False", "False", "True"]


def test_threads_that_start_together_all_find_the_house_ready(ground):
    with ThreadPoolExecutor(4) as threads:
        changed = list(threads.map(lambda _: migrations.upgrade(), range(4)))

    assert sorted(changed) == [False, False, False, True]


def test_a_server_waits_ten_minutes_for_anothers_upgrade_and_a_desk_ten_seconds(ground):
    """An upgrade of a large database takes longer than any deed."""
    migrations.upgrade()
    sqlite = database.engine().dialect.name == "sqlite"
    asked = "PRAGMA busy_timeout" if sqlite else "SHOW lock_timeout"
    with database.reshapable(database.engine()) as connection:
        database.locked_for_upgrade(connection)
        assert connection.exec_driver_sql(asked).scalar_one() in (600_000, "10min")
    with database.engine().connect() as connection:
        assert connection.exec_driver_sql(asked).scalar_one() in (10_000, "10s")


def test_every_guard_stands_after_the_upgrade(ground):
    migrations.upgrade()
    dialect = database.engine().dialect.name
    with database.engine().connect() as connection:
        if dialect == "sqlite":
            words = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        else:
            words = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
        standing = set(connection.execute(text(words)).scalars())

    for guard in guards.of_engine(dialect):
        names = {f"{guard.name}_on_{event.lower()}" for event in guard.events}
        assert standing >= (names if dialect == "sqlite" else {guard.name})


def test_an_upgrade_that_fails_leaves_nothing_behind(ground, monkeypatch):
    def fail(connection: Connection) -> None:
        raise RuntimeError("the power fails here")

    with monkeypatch.context() as patch:
        patch.setattr(guards, "install", fail)
        with pytest.raises(RuntimeError):
            migrations.upgrade()

    with database.engine().connect() as connection:
        assert inspect(connection).get_table_names() == []
    assert migrations.upgrade() is True
