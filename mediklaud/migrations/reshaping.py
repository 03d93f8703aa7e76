"""Giving a table that holds rows the shape of a new release, on both engines.

SQLite cannot change a constraint of a standing table, so the table is made anew and its rows
are carried over; PostgreSQL is told what is new. A migration calls `reshape` with the whole
definition of the table, as `op.create_table` would take it.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations.ops import CreateTableOp
from sqlalchemy.schema import AddConstraint, DropConstraint

# Filled where a row of the old table says nothing: a column's name and its SQL expression.
Fill = dict[str, str]


def reshape(name: str, *definition: Any, fill: Fill) -> None:
    """Give a table its new columns and rules; every row is kept, `fill` says what is new in it.

    A column the definition does not name goes, and `fill` may still read it. On SQLite the
    table's indexes go with the old table: create them again afterwards.
    """
    connection = op.get_bind()
    table = CreateTableOp(name, definition).to_table(op.get_context())
    present = [column["name"] for column in sa.inspect(connection).get_columns(name)]
    if connection.dialect.name == "sqlite":
        _make_anew(connection, table, present, fill)
    else:
        _alter(connection, table, present, fill)


def _make_anew(connection: sa.Connection, table: sa.Table, present: list[str], fill: Fill) -> None:
    kept = [column.name for column in table.columns if column.name in present]
    values = (sa.literal_column(value) for value in (*kept, *fill.values()))
    # Named after the table it replaces only when that is gone; its constraints keep their names.
    final, table.name = table.name, f"new_{table.name}"
    table.create(connection)
    carried = sa.select(*values).select_from(sa.table(final))
    op.execute(table.insert().from_select((*kept, *fill), carried))
    op.execute(f"DROP TABLE {final}")
    op.execute(f"ALTER TABLE {table.name} RENAME TO {final}")


def _alter(connection: sa.Connection, table: sa.Table, present: list[str], fill: Fill) -> None:
    for column in table.columns:
        if column.name not in present:
            op.add_column(table.name, sa.Column(column.name, column.type, nullable=True))
    if fill:
        told = {column: sa.literal_column(value) for column, value in fill.items()}
        op.execute(table.update().values(told))
    for column in table.columns:
        if not column.primary_key:
            op.alter_column(table.name, column.name, nullable=column.nullable)
    for gone in set(present) - {column.name for column in table.columns}:
        op.drop_column(table.name, gone)
    _renew_rules(connection, table)


def _renew_rules(connection: sa.Connection, table: sa.Table) -> None:
    kinds = (
        "SELECT conname, contype::text FROM pg_constraint WHERE conrelid = CAST(:name AS regclass)"
    )
    standing = dict(connection.execute(sa.text(kinds), {"name": table.name}).all())
    for rule in table.constraints:
        kind = standing.pop(str(rule.name), "")
        # A CHECK or an exclusion may say something new under its old name.
        if kind in ("c", "x"):
            connection.execute(DropConstraint(rule))
        if kind in ("", "c", "x"):
            connection.execute(AddConstraint(rule))
    for name, kind in standing.items():
        if kind in ("c", "x", "u", "f"):
            op.execute(f"ALTER TABLE {table.name} DROP CONSTRAINT {name}")
