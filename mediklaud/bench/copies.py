"""Rows by the million: copies of one that was written, made inside the database in bulk."""

import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any

from sqlalchemy import (
    Connection,
    Insert,
    String,
    Table,
    and_,
    bindparam,
    cast,
    column,
    insert,
    select,
    table,
    text,
)

from mediklaud import guards
from mediklaud.database import engine


class Copies:
    """The tables that are filled, each beside the row in it that all others are copies of."""

    def __init__(self, *filled: Table) -> None:
        """For these tables."""
        self.filled = filled
        self.model = {one.name: one.alias("model") for one in filled}

    def of(self, target: Table, source: Table, *which: Any, **changed: Any) -> Insert:
        """INSERT of copies of a written row, one for each row of a source, in part changed."""
        model = self.model[target.name]
        values = {one.name: model.c[one.name] for one in target.c if one.name != "id"}
        values |= changed
        (key,) = model.primary_key
        chosen = and_(key == bindparam("model"), *which)
        return insert(target).from_select(
            list(values), select(*values.values()).select_from(model.join(source, chosen))
        )

    @contextmanager
    def unguarded(self) -> Iterator[None]:
        """The guards of these tables stand aside meanwhile and are put back."""
        with engine().begin() as connection:
            _lift_guards(connection, [one.name for one in self.filled])
        yield
        with engine().begin() as connection:
            guards.install(connection)
        if engine().dialect.name == "postgresql":
            # What autovacuum would have done over the years.
            with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))


def words(*parts: Any) -> Any:
    """Parts put together as text."""
    return reduce(operator.add, (cast(part, String) for part in parts))


def _lift_guards(connection: Connection, names: Sequence[str]) -> None:
    if connection.dialect.name == "postgresql":
        for name in names:
            connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        return
    master = table("sqlite_master", column("name"), column("type"), column("tbl_name"))
    triggers = select(master.c.name).where(master.c.type == "trigger", master.c.tbl_name.in_(names))
    for name in connection.execute(triggers).scalars().all():
        connection.execute(text(f"DROP TRIGGER {name}"))
