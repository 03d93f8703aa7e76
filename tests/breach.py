"""Going round the repository: rows copied and changed, and guards taken away."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

import mediklaud.models  # noqa: F401  the tables
from mediklaud import guards

Statement = Callable[[Connection], Any]


def copy(table: str, where: str = "1 = 1", **changes: object) -> Statement:
    """Insert a copy of a row, changed; a change may be computed from the row."""

    def insert(connection: Connection) -> None:
        target = SQLModel.metadata.tables[table]
        found = connection.execute(target.select().where(text(where)).limit(1)).mappings().one()
        row = {word: value for word, value in found.items() if word != "id"}
        for word, change in changes.items():
            row[word] = change(found) if callable(change) else change
        connection.execute(target.insert().values(row))

    return insert


def sql(statement: str) -> Statement:
    """A statement as it stands."""
    return lambda connection: connection.execute(text(statement))


def take_away(connection: Connection, rule: str) -> None:
    """Drop a guard, or on PostgreSQL the exclusion constraint of that name."""
    guard = next(guard for guard in guards.GUARDS if guard.name == rule)
    if connection.dialect.name == "sqlite":
        for event in guard.events:
            connection.execute(text(f"DROP TRIGGER {rule}_on_{event.lower()}"))
    elif guard.only == "sqlite":
        connection.execute(text(f"ALTER TABLE {guard.table} DROP CONSTRAINT {rule}"))
    else:
        connection.execute(text(f"DROP TRIGGER {rule} ON {guard.table}"))
