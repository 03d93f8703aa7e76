"""Hot statements: SQLAlchemy words them once, and the driver's own cursor runs them.

SQLite answers most of what a booking asks in a few microseconds, and SQLAlchemy takes ten times
as long to send it. What it would do anew for each statement, it does here once for each engine:
the SQL, what turns values into the driver's and back, and the order they are given in.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    CompoundSelect,
    Connection,
    Dialect,
    Insert,
    Integer,
    Select,
    String,
    TypeDecorator,
    Update,
    bindparam,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeEngine
from sqlmodel import Session

from mediklaud.text import all_keepable

Turn = Callable[[Any], Any]
# Who is told each statement and its values, while the benchmark wants to know; mostly nobody.
listeners: list[Callable[[str, Any], object]] = []


@dataclass(frozen=True)
class _Worded:
    """A statement in an engine's words."""

    statement: str
    # The values that stand in the statement itself.
    fixed: dict[str, Any]
    # What is not given to the driver as it is, or does not come back as it is.
    given: tuple[tuple[str, Turn], ...]
    back: tuple[tuple[int, Turn], ...]
    # SQLite is given values by their place, PostgreSQL by their name.
    places: tuple[str, ...] | None


class _Ids(TypeDecorator[Sequence[int]]):
    """Ids as one value: an array, or for SQLite a list in JSON."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String() if dialect.name == "sqlite" else ARRAY(Integer))

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        ids = list(value or ())
        return json.dumps(ids) if dialect.name == "sqlite" else ids


class among(ColumnElement[bool]):  # noqa: N801  it is read as a word of a condition
    """That an id is one of those given under a name: `IN`, as a statement that is worded once."""

    type = Boolean()
    inherit_cache = False

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        """This column, and the name of the gap for the ids."""
        self.column, self.ids = column, bindparam(name, type_=_Ids())


@compiles(among, "sqlite")
def _in_json(one: among, compiler: SQLCompiler, **told: Any) -> str:
    column, ids = compiler.process(one.column, **told), compiler.process(one.ids, **told)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 # nosec B608 # of names alone


@compiles(among, "postgresql")
def _in_array(one: among, compiler: SQLCompiler, **told: Any) -> str:
    column, ids = compiler.process(one.column, **told), compiler.process(one.ids, **told)
    return f"{column} = ANY({ids})"


class Hot:
    """A statement of SQLAlchemy Core, any list of ids `among`, run past SQLAlchemy's own work.

    Nothing else differs: the connection and transaction are the deed's, the same door looks at
    texts, and what the engine refuses is said in the same exceptions. SQLAlchemy's events of
    single statements do not tell of it: see `listeners`.
    """

    def __init__(
        self, statement: Select[*tuple[Any, ...]] | CompoundSelect[Any] | Insert | Update
    ) -> None:
        """Keep the statement until an engine is asked for it."""
        self._statement = statement
        self._worded: dict[tuple[str, ...], _Worded] = {}

    def rows(self, db: Session, told: Mapping[str, Any]) -> list[Any]:
        """What it brings, row by row as tuples, for these values of its gaps or columns.

        What the session has yet to write is not in it: flush before, where it may matter.
        """
        connection = connection_of(db)
        dialect = connection.dialect
        key = (dialect.name, *told)
        worded = self._worded.get(key)
        if worded is None:
            worded = self._worded[key] = _word(self._statement, list(told), dialect)
        values = {**worded.fixed, **told}
        for name, turned in worded.given:
            values[name] = turned(values[name])
        all_keepable(values.values())
        places = worded.places
        given = values if places is None else [values[name] for name in places]
        found = by_driver(connection, worded.statement, given)
        return [_back(row, worded.back) for row in found] if worded.back else found

    def first(self, db: Session, told: Mapping[str, Any]) -> Any:
        """The first row; None where there is none."""
        return next(iter(self.rows(db, told)), None)


def connection_of(db: Session) -> Connection:
    """The connection of the deed's transaction; the session is asked for it once in each.

    A savepoint is such a transaction too: it is set only once the session is asked in it.
    """
    known: tuple[object, Connection] | None = db.info.get("connection")
    if known is not None and known[0] is _innermost(db) and known[1].in_transaction():
        return known[1]
    connection = db.connection()
    db.info["connection"] = (_innermost(db), connection)
    return connection


def _innermost(db: Session) -> object:
    return db.get_nested_transaction() or db.get_transaction()


def by_driver(connection: Connection, statement: str, values: Any = ()) -> list[Any]:
    """What a statement brings by the driver's own cursor; errors are SQLAlchemy's, as everywhere.

    The cursor is closed at once: an error's traceback would keep it, and where the garbage
    collector ends it later, it waits for whoever uses the connection by then, with all of Python.
    """
    cursor = connection.connection.cursor()
    driver = connection.dialect.loaded_dbapi
    for listener in listeners:
        listener(statement, values)
    try:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []
    except driver.Error as error:
        raise DBAPIError.instance(
            statement, None, error, driver.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
    finally:
        cursor.close()


def _back(row: Sequence[Any], turns: tuple[tuple[int, Turn], ...]) -> tuple[Any, ...]:
    values = list(row)
    for place, turned in turns:
        values[place] = turned(values[place])
    return tuple(values)


def _word(statement: Any, names: list[str], dialect: Dialect) -> _Worded:
    compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=names)
    assert not compiled.post_compile_params, "what is worded anew for each value is not hot"
    gaps = compiled.binds
    missing = [name for name, gap in gaps.items() if gap.required and name not in names]
    assert not missing, f"no value is given for {missing}"
    assert not compiled.prefetch, "a column's own default is asked for by SQLAlchemy alone"
    given = [(name, _own(gap.type, dialect).bind_processor(dialect)) for name, gap in gaps.items()]
    back = [
        _own(column.type, dialect).result_processor(dialect, None)
        for column in statement.exported_columns
    ]
    return _Worded(
        str(compiled),
        {name: gap.value for name, gap in gaps.items() if name not in names},
        tuple((name, turned) for name, turned in given if turned is not None),
        tuple((place, turned) for place, turned in enumerate(back) if turned is not None),
        tuple(compiled.positiontup) if compiled.positiontup is not None else None,
    )


def _own(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return kind.dialect_impl(dialect)
