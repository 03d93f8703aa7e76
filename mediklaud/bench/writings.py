"""What a deed wrote, row by row, and the same writes again in raw SQL without the house."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Select, Table, literal_column, select
from sqlalchemy.schema import sort_tables
from sqlmodel import SQLModel

import mediklaud.models  # noqa: F401  the tables
from mediklaud.database import engine

Row = dict[str, Any]
# A value that another row may tell of: the table and column it stands in, and itself.
Key = tuple[str, str, Any]
_TABLES = SQLModel.metadata.tables
_SERIES = "number_series"


@dataclass(frozen=True)
class Change:
    """A row that stood before and was changed: its key, and what is different."""

    table: str
    key: Row
    changed: Row


@dataclass(frozen=True)
class Writings:
    """New rows as the driver gives them, in the order they can stand in; changes; series."""

    rows: tuple[tuple[str, Row], ...]
    changes: tuple[Change, ...]
    series: dict[str, int]

    def of(self, table: str) -> Row:
        """The one row that was written in a table."""
        (row,) = (row for name, row in self.rows if name == table)
        return row


def writings_of(deed: Callable[[], object]) -> Writings:
    """Do a deed and say what it wrote, whatever that is. It deletes nothing."""
    with engine().connect() as connection:
        before = {name: _standing(connection, name) for name in _TABLES}
    deed()
    with engine().connect() as connection:
        after = {name: _standing(connection, name) for name in _TABLES}
    grown = {
        name: row["last"] - before[_SERIES].get((name,), {"last": 0})["last"]
        for (name,), row in after.pop(_SERIES).items()
    }
    rows = tuple(
        (table.name, row)
        for table in _in_order()
        for key, row in after.get(table.name, {}).items()
        if key not in before[table.name]
    )
    changes = tuple(_changes(before, after))
    return Writings(rows, changes, {name: by for name, by in grown.items() if by})


def _standing(connection: Connection, table: str) -> dict[tuple[Any, ...], Row]:
    # Without the columns' types, so that values are what the driver itself takes again.
    keys = [column.name for column in _TABLES[table].primary_key]
    whole: Select[Any] = select(literal_column("*")).select_from(_TABLES[table])
    rows = connection.execute(whole.order_by(*_TABLES[table].primary_key))
    return {tuple(row[key] for key in keys): dict(row) for row in rows.mappings()}


def _in_order() -> list[Table]:
    """The tables as rows can be written in them: lines go before the paper that seals them."""
    sealed = [
        (link.parent.table, link.column.table)
        for table in _TABLES.values()
        for link in table.foreign_keys
        if link.deferrable
    ]
    return sort_tables(
        _TABLES.values(), skip_fn=lambda link: bool(link.deferrable), extra_dependencies=sealed
    )


def _changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    for table, rows in after.items():
        names = [column.name for column in _TABLES[table].primary_key]
        for key, row in rows.items():
            old = before[table].get(key, row)
            changed = {
                name: value - old[name] if _grows(table, name) else value
                for name, value in row.items()
                if old[name] != value
            }
            if changed:
                yield Change(table, dict(zip(names, key, strict=True)), changed)


def _grows(table: str, column: str) -> bool:
    """Whether it says how long the audit log is: what is written again makes it longer again."""
    return (table, column) in (("audit_head", "row_count"), ("audit_head", "last_id"))


class _Insert(NamedTuple):
    statement: str
    row: Row
    # Where a value stands that only the new rows themselves know.
    links: tuple[tuple[int, Key], ...]
    key: Key | None


class _Paper(NamedTuple):
    """A numbered paper among the rows: its table, its series' word, and its first number."""

    table: str
    word: str
    series: str
    number: str
    serial: int


class RawTwin:
    """One raw transaction with the writes of a deed, on a connection of its own.

    The connection comes from the house's engine, so it has the same pragmas and options; from
    there on only the driver is at work. Every constraint and guard stands in its way as it
    does in the repository's.
    """

    def __init__(self, writings: Writings) -> None:
        """Ready to write such rows again."""
        self._kept = engine().raw_connection()
        driver: Any = self._kept.driver_connection
        self._driver = driver
        self._sqlite = engine().dialect.name == "sqlite"
        if not self._sqlite:
            # Or psycopg would begin by itself before the BEGIN here.
            self._driver.autocommit = True
        self._begin = "BEGIN IMMEDIATE" if self._sqlite else "BEGIN"
        mark = "?" if self._sqlite else "%s"
        self._papers = [_paper(table, row) for table, row in writings.rows if "serial" in row]
        made = set(_made(writings, self._papers))
        self._inserts = [_insert(table, row, mark, made) for table, row in writings.rows]
        self._changes = [(_update(one, mark), one) for one in writings.changes]
        self._take = f"UPDATE {_SERIES} SET last = last + 1 WHERE name = {mark} RETURNING last"  # nosec B608 # our own names
        grown = f"UPDATE {_SERIES} SET last = last + {mark} WHERE name = {mark}"  # nosec B608 # our own names
        taken = {paper.series for paper in self._papers}
        self._grown = [
            (grown, (by, name)) for name, by in writings.series.items() if name not in taken
        ]
        self._columns = {
            name: column for table, _ in writings.rows for name, column in _TABLES[table].c.items()
        }

    def ready(self, about: Row, unique: str) -> Callable[[], None]:
        """The deed that writes the rows once more, about something else; for one use.

        `about` holds the values of columns, and of the key of a changed row, such as
        invoice_number. `unique` is what keeps its rows apart from all others.
        """
        told = self._bound(about)
        told |= {"form": unique, "message_id": unique}
        told |= {"previous_seal": unique, "seal": f"{unique} seal"}
        newest = {"last_seal": f"{unique} seal"}
        rows = [(one, list((one.row | _of(told, one.row)).values())) for one in self._inserts]
        updates = [
            (
                statement,
                (
                    *(one.changed | _of(newest, one.changed)).values(),
                    *_key_of(one, told).values(),
                ),
            )
            for statement, one in self._changes
        ]
        return lambda: self._write(rows, [*updates, *self._grown])

    def _bound(self, about: Row) -> Row:
        """Values as the driver takes them."""
        dialect = engine().dialect
        kinds = {name: self._columns[name].type.dialect_impl(dialect) for name in about}
        bound = {name: kind.bind_processor(dialect) for name, kind in kinds.items()}
        return {
            name: process(value) if (process := bound[name]) else value
            for name, value in about.items()
        }

    def _write(
        self, rows: list[tuple[_Insert, list[Any]]], updates: list[tuple[str, tuple[Any, ...]]]
    ) -> None:
        cursor = self._driver.cursor()
        cursor.execute(self._begin)
        about: dict[Key, Any] = {}
        for paper in self._papers:
            serial = cursor.execute(self._take, (paper.series,)).fetchone()[0]
            about |= _told(paper, serial)
        for insert, values in rows:
            for place, key in insert.links:
                values[place] = about[key]
            made = cursor.execute(insert.statement, values)
            if insert.key is not None:
                about |= _named(insert.key, made.fetchone()[0])
        for update, changed in updates:
            cursor.execute(update, changed)
        cursor.execute("COMMIT")

    def __enter__(self) -> Self:
        """A twin that gives its connection back afterwards."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the connection back."""
        if not self._sqlite:
            self._driver.rollback()
            self._driver.autocommit = False
        self._kept.close()


def _paper(table: str, row: Row) -> _Paper:
    series = row["series"]
    return _Paper(table, series.partition("/")[0], series, row["number"], row["serial"])


def _told(paper: _Paper, serial: int) -> dict[Key, Any]:
    """What the other rows say of a paper that is now given this serial."""
    number = f"{paper.number.rpartition('/')[0]}/{serial:06d}"
    return {
        (paper.table, "number", paper.number): number,
        (paper.table, "serial", paper.serial): serial,
        ("", "subject", f"{paper.table}/{paper.number}"): f"{paper.table}/{number}",
        ("", "subject", f"{paper.word}/{paper.number}"): f"{paper.word}/{number}",
    }


def _named(key: Key, new: Any) -> dict[Key, Any]:
    """What the other rows say of a row that now has this key."""
    table, _, old = key
    return {key: new, ("", "subject", f"{table}/{old}"): f"{table}/{new}"}


def _made(writings: Writings, papers: list[_Paper]) -> Iterator[Key]:
    for paper in papers:
        yield from _told(paper, paper.serial)
    for table, row in writings.rows:
        if "id" in row:
            yield from _named((table, "id", row["id"]), row["id"])


def _insert(table: str, row: Row, mark: str, made: set[Key]) -> _Insert:
    given = {name: value for name, value in row.items() if name != "id"}
    names, places = list(given), [mark] * len(given)
    if table == "audit_event":
        # The log numbers its rows itself.
        names, places = [*names, "id"], [*places, "(SELECT max(id) + 1 FROM audit_event)"]
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(places)})"  # nosec B608 # our own names
    links = tuple(
        (place, key)
        for place, (name, value) in enumerate(given.items())
        for key in _keys(table, name, value)
        if key in made
    )
    if "id" not in row:
        return _Insert(statement, given, links, None)
    return _Insert(f"{statement} RETURNING id", given, links, (table, "id", row["id"]))


def _keys(table: str, name: str, value: Any) -> Iterator[Key]:
    """What a value may be another row's name for."""
    for link in _TABLES[table].c[name].foreign_keys:
        yield (link.column.table.name, link.column.name, value)
    yield ("" if name == "subject" else table, name, value)


def _update(change: Change, mark: str) -> str:
    changed = ", ".join(
        f"{name} = {name} + {mark}" if _grows(change.table, name) else f"{name} = {mark}"
        for name in change.changed
    )
    which = " AND ".join(f"{name} = {mark}" for name in change.key)
    return f"UPDATE {change.table} SET {changed} WHERE {which}"  # nosec B608 # our own names


def _key_of(change: Change, told: Row) -> Row:
    return {name: told.get(f"{change.table}_{name}", old) for name, old in change.key.items()}


def _of(changes: Row, row: Row) -> Row:
    return {name: changes[name] for name in changes.keys() & row.keys()}
