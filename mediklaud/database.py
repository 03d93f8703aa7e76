"""The engine, one transaction a deed, and which named rule an error broke."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    UniqueConstraint,
    cast,
    create_engine,
    event,
    func,
    insert,
    inspect,
    text,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import class_mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlmodel import Session, SQLModel

from mediklaud.config import settings
from mediklaud.errors import (
    DatabaseNotReached,
    NotFound,
    NumberTooLarge,
    Refusal,
    StorageFull,
    TwoDesksMet,
)
from mediklaud.hot import Hot, by_driver, connection_of
from mediklaud.text import all_keepable

Kept = TypeVar("Kept", bound=SQLModel)
# What each rule is to a desk once it is broken; asked for only then, since mostly none is.
Refusals = Callable[[], dict[str, Refusal]]

# Any number will do, so long as every server of this program asks for the same one.
_UPGRADE_LOCK = 4_627_001
# How long a desk waits for another's deed, and a server for another's upgrade of a large database.
_BUSY_SECONDS = 10
_UPGRADE_SECONDS = 600


@cache
def engine_for(url: str) -> Engine:
    """The engine of a database; SQLite in WAL, with foreign keys and its own BEGIN."""
    if not url.startswith("sqlite"):
        options = f"-c timezone=UTC -c lock_timeout={_BUSY_SECONDS}s"
        # Prepared statements freeze a plan that is wrong for a short piece of a name.
        arguments = {"prepare_threshold": None, "options": options, "connect_timeout": 5}
        made = create_engine(
            url, pool_size=20, pool_pre_ping=True, hide_parameters=True, connect_args=arguments
        )
        event.listen(made, "before_cursor_execute", _look_at_texts)
        return made
    made = create_engine(url, pool_size=20, hide_parameters=True)
    event.listen(made, "before_cursor_execute", _look_at_texts)
    event.listen(made, "connect", _prepare_sqlite)
    event.listen(made, "begin", _begin_sqlite)
    return made


def engine() -> Engine:
    """The engine of this installation's database."""
    return engine_for(settings().database)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        *("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"),
        # REPLACE deletes the old row, and only with this do the guards of DELETE see it.
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _look_at_texts(
    _connection: object, _cursor: object, _statement: str, given: Any, *_: object
) -> None:
    # Here, and not by each engine in its own way, it is settled what a text may hold.
    for row in given if isinstance(given, list) else (given,):
        all_keepable(row.values() if isinstance(row, dict) else row)


def _begin_sqlite(connection: Connection) -> None:
    # A writer that begins deferred is refused at once when another one was faster.
    reading = connection.get_execution_options().get("reading", False)
    by_driver(connection, "BEGIN" if reading else "BEGIN IMMEDIATE")


# Told of each refusal that ended a look or a deed, with what its session knew, once that is over.
WHEN_REFUSED: list[Callable[[dict[Any, Any], Refusal], None]] = []


@contextmanager
def _session(made: Engine, **how: Any) -> Iterator[Session]:
    db = Session(made, expire_on_commit=False, **how)
    try:
        with _said_of_numbers(), db:
            yield db
    except Refusal as refusal:
        for hear in WHEN_REFUSED:
            hear(db.info, refusal)
        raise


@contextmanager
def _said_of_numbers() -> Iterator[None]:
    # An id beyond the column's integers comes from a forged form, and either engine chokes on it.
    try:
        yield
    except (DataError, OverflowError) as error:
        state = getattr(getattr(error, "orig", None), "sqlstate", None)
        if state != "22003" and not str(error).startswith("Python int too large"):
            raise
        raise NumberTooLarge() from error


@contextmanager
def transaction() -> Iterator[Session]:
    """One deed: all of it is written when the block ends, nothing when it raises.

    Refuses with TwoDesksMet, StorageFull or DatabaseNotReached where the engine gives up.
    """
    with kind_words(), _session(engine()) as db, db.begin():
        yield db


@contextmanager
def reading() -> Iterator[Session]:
    """One consistent look that never writes and never waits for a writer."""
    look = engine().execution_options(reading=True, postgresql_readonly=True)
    with kind_words(), _session(look, autoflush=False) as db:
        yield db


@contextmanager
def kind_words() -> Iterator[None]:
    """What the engine gives up on, in the desk's words: TwoDesksMet, StorageFull, not reached."""
    try:
        yield
    except OperationalError as error:
        raise _engine_gave_up(error) from error


def _engine_gave_up(error: OperationalError) -> Refusal:
    state = getattr(error.orig, "sqlstate", None)
    said = str(error.orig)
    if state in ("40P01", "40001", "55P03") or "database is locked" in said:
        return TwoDesksMet()
    if state == "53100" or "disk is full" in said:
        return StorageFull()
    return DatabaseNotReached()


def broken_rule(error: DBAPIError) -> str:
    """The name of the constraint or guard an error broke; empty where none is known."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name or ""
    said = str(error.orig)
    if said.startswith("UNIQUE constraint failed: "):
        return _unique_rules().get(said.removeprefix("UNIQUE constraint failed: "), "")
    return re.sub(r"^\w+ constraint failed:? ?", "", said)


@cache
def _unique_rules() -> dict[str, str]:
    # SQLite names the columns of a broken UNIQUE, not its constraint.
    rules = {}
    for table in SQLModel.metadata.tables.values():
        uniques: list[UniqueConstraint | Index] = [
            rule for rule in table.constraints if isinstance(rule, UniqueConstraint)
        ]
        uniques += [index for index in table.indexes if index.unique]
        for rule in uniques:
            columns = ", ".join(f"{table.name}.{column.name}" for column in rule.columns)
            rules[columns] = str(rule.name)
    return rules


@contextmanager
def expecting(db: Session, **refusals: Refusal) -> Iterator[None]:
    """Flush what the block adds; the breach of a rule named here becomes its refusal.

    The breach is undone to a savepoint, so the desk's transaction can go on. Any other
    error is raised as it is.
    """
    with _said_as(lambda: refusals), db.begin_nested():
        yield
        db.flush()


@contextmanager
def expecting_at_once(db: Session, refusals: Refusals) -> Iterator[None]:
    """The same for one Core statement on the deed's connection, past the session's watch."""
    connection = connection_of(db)
    # SQLite undoes a refused statement by itself; PostgreSQL would undo the whole deed.
    alone = connection.dialect.name == "sqlite"
    with _said_as(refusals), nullcontext() if alone else connection.begin_nested():
        yield


def as_read(table: type[Kept], row: Sequence[Any]) -> Kept:
    """A whole row as it was just read, to be looked at alone: a session knows nothing of it."""
    new, words = _anew(table)
    made: Kept = new()
    vars(made).update(zip(words, row, strict=True))
    return made


@cache
def _anew(table: type[SQLModel]) -> tuple[Callable[[], Any], list[str]]:
    return class_mapper(table).class_manager.new_instance, columns_of(table).keys()


def columns_of(table: type[SQLModel]) -> ReadOnlyColumnCollection[str, Column[Any]]:
    """A table's columns, in the order `as_read` takes them."""
    return SQLModel.metadata.tables[str(table.__tablename__)].c


def as_kept(db: Session, table: type[Kept], row: dict[str, Any]) -> Kept:
    """A whole row just written by a Core statement, as the session's own object, not read again."""
    new, _ = _anew(table)
    made: Kept = new()
    vars(made).update(row)
    make_transient_to_detached(made)
    # A row that was undone to a savepoint may have had the same key.
    gone = db.identity_map.get(inspect(made).identity_key)
    if gone is not None:
        db.expunge(gone)
    db.add(made)
    return made


def there(found: Kept | None, what: str, key: object) -> Kept:
    """The row that was found; refuses (NotFound) where none stands under its key."""
    if found is None:
        raise NotFound(what=what, subject=f"{what.replace(' ', '_')}/{key}")
    return found


# What people call the rows of a table, where that is another word.
_CALLED = {"invoice": "bill", "working_session": "session", "day_close": "closed day"}


def known(db: Session, table: type[Kept], key: object) -> Kept:
    """The row of a table under a key; refuses (NotFound) where there is none.

    Whoever names a thing is told so where it is not there, and the log keeps it: an empty
    list would let somebody try keys unnoticed.
    """
    name = str(table.__tablename__)
    found = db.get(table, key) if key is not None else None
    if found is None:
        what = _CALLED.get(name, name.replace("_", " "))
        raise NotFound(what=what, subject=f"{name}/{key}")
    return found


def put(db: Session, table: type[SQLModel], row: dict[str, Any]) -> int | None:
    """Write a whole new row by a hot statement, past the session's watch; its id, if it has one."""
    db.flush()
    made = _insert_into(table).first(db, row)
    return made[0] if made else None


def written(db: Session, table: type[Kept], row: dict[str, Any]) -> Kept:
    """The same, and the row as the session's own object; a key that is no id is given."""
    made = put(db, table, row)
    return as_kept(db, table, row if made is None else {"id": made, **row})


@cache
def _insert_into(table: type[SQLModel]) -> Hot:
    kept = SQLModel.metadata.tables[str(table.__tablename__)]
    return Hot(insert(kept).returning(kept.c.id) if "id" in kept.c else insert(kept))


def as_changed(db: Session, table: type[Kept], key: Any, **changes: Any) -> None:
    """Let the session's own object, if it has one, show what a Core statement just changed."""
    kept = db.identity_map.get(class_mapper(table).identity_key_from_primary_key((key,)))
    for name, value in changes.items() if kept is not None else ():
        set_committed_value(kept, name, value)


@contextmanager
def _said_as(refusals: Refusals) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        refusal = refusals().get(broken_rule(error))
        if refusal is None:
            raise
        raise refusal from error


def total(column: Any) -> Any:
    """The sum of a column of paise, 0 where there is none; whole on PostgreSQL too."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


@contextmanager
def reshapable(made: Engine) -> Iterator[Connection]:
    """One transaction in which tables may be made anew; links between rows are proved at its end.

    SQLite would take a dropped table's children for orphans, and can be told otherwise only
    while no transaction runs.
    """
    with made.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        driver = connection.connection.driver_connection if sqlite else None
        if driver is not None:
            driver.execute("PRAGMA foreign_keys=OFF")
            driver.execute(f"PRAGMA busy_timeout={_UPGRADE_SECONDS * 1000}")
        try:
            with connection.begin():
                yield connection
                if sqlite and connection.execute(text("PRAGMA foreign_key_check")).first():
                    raise RuntimeError("the upgrade would leave a row without its parent")
        finally:
            if driver is not None:
                driver.execute("PRAGMA foreign_keys=ON")
                driver.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")


def one_after_another(db: Session, word: str) -> None:
    """Let deeds about one word wait for each other, where there may be no row to lock.

    SQLite's writer lock does that by itself.
    """
    if db.get_bind().dialect.name == "postgresql":
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(:word, 0))"
        db.execute(text(lock), {"word": word})


def locked_for_upgrade(connection: Connection) -> None:
    """Let one server at a time change the tables; SQLite's writer lock does that by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{_UPGRADE_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
