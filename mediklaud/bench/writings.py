"""What a deed wrote, row by row, and the same writes again in raw SQL without the house."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, func, select, text
from sqlmodel import SQLModel

import mediklaud.models  # noqa: F401  the tables
from mediklaud.database import engine

Row = dict[str, Any]
_APPOINTMENT = SQLModel.metadata.tables["appointment"]


@dataclass(frozen=True)
class Writings:
    """New rows as the driver gives them, in the order they can stand in; series that grew."""

    rows: tuple[tuple[str, Row], ...]
    series: dict[str, int]

    def of(self, table: str) -> Row:
        """The one row that was written in a table."""
        (row,) = (row for name, row in self.rows if name == table)
        return row


def writings_of(deed: Callable[[], object]) -> Writings:
    """Do a deed and say what it wrote, whatever that is."""
    with engine().connect() as connection:
        last, series = _last_ids(connection), _series(connection)
    deed()
    with engine().connect() as connection:
        rows = tuple((table, row) for table in last for row in _new(connection, table, last[table]))
        grown = {name: at - series.get(name, 0) for name, at in _series(connection).items()}
    return Writings(rows, {name: by for name, by in grown.items() if by})


def _last_ids(connection: Connection) -> dict[str, int]:
    tables = [table for table in SQLModel.metadata.sorted_tables if "id" in table.columns]
    newest = {table.name: select(func.max(table.columns["id"])) for table in tables}
    return {name: connection.execute(rows).scalar() or 0 for name, rows in newest.items()}


def _series(connection: Connection) -> dict[str, int]:
    series = SQLModel.metadata.tables["number_series"]
    return {row.name: row.last for row in connection.execute(select(series))}


def _new(connection: Connection, table: str, last: int) -> list[Row]:
    # Without the columns' types, so that values are what the driver itself takes again.
    rows = connection.execute(
        text(f"SELECT * FROM {table} WHERE id > :last ORDER BY id"), {"last": last}
    )
    return [dict(row) for row in rows.mappings()]


class RawTwin:
    """One raw transaction with the writes of a booking, on a connection of its own.

    The connection comes from the house's engine, so it has the same pragmas and options; from
    there on only the driver is at work. Every constraint and guard stands in its way as it
    does in the repository's.
    """

    def __init__(self, writings: Writings) -> None:
        """Ready to write such rows again."""
        self._kept = engine().raw_connection()
        self._driver: Any = self._kept.driver_connection
        sqlite = engine().dialect.name == "sqlite"
        self._begin = "BEGIN IMMEDIATE" if sqlite else "BEGIN"
        mark = "?" if sqlite else "%s"
        self._inserts = [_insert(table, row, mark) for table, row in writings.rows]
        grown = f"UPDATE number_series SET last = last + {mark} WHERE name = {mark}"
        self._updates = [(grown, (by, name)) for name, by in writings.series.items()]

    def ready(self, appointment: Row, unique: str) -> Callable[[], None]:
        """The deed that writes the rows once more, about another appointment; for one use.

        `unique` is what keeps its rows apart from all others.
        """
        changes = _bound(appointment) | {"form": unique, "message_id": unique}
        changes |= {"previous_seal": unique, "seal": f"{unique} seal"}
        rows = [(insert, row | _of(changes, row)) for insert, row in self._inserts]
        return lambda: self._write(rows)

    def _write(self, rows: list[tuple[str, Row]]) -> None:
        cursor = self._driver.cursor()
        cursor.execute(self._begin)
        about: Row = {}
        for insert, row in rows:
            key = cursor.execute(insert, tuple((row | _of(about, row)).values())).fetchone()[0]
            # The appointment stands first; the other rows tell of it.
            about = about or {"appointment_id": key, "subject": f"appointment/{key}"}
        for update, values in self._updates:
            cursor.execute(update, values)
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
        self._kept.close()


def _insert(table: str, row: Row, mark: str) -> tuple[str, Row]:
    given = {name: value for name, value in row.items() if name != "id"}
    places = ", ".join([mark] * len(given))
    insert = f"INSERT INTO {table} ({', '.join(given)}) VALUES ({places}) RETURNING id"
    return insert, given


def _bound(appointment: Row) -> Row:
    """An appointment's values as the driver takes them."""
    dialect = engine().dialect
    types = {name: _APPOINTMENT.c[name].type.dialect_impl(dialect) for name in appointment}
    bound = {
        name: kind.bind_processor(dialect) or (lambda same: same) for name, kind in types.items()
    }
    return {name: bound[name](value) for name, value in appointment.items()}


def _of(changes: Row, row: Row) -> Row:
    return {name: changes[name] for name in changes.keys() & row.keys()}
