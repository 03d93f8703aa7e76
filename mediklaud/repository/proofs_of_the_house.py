"""The self-check of the house itself: rows and rules in place, the audit log whole."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from sqlalchemy import Constraint, Index, TextClause, inspect, select
from sqlalchemy import text as sql
from sqlmodel import Session, SQLModel, col

from mediklaud import anchors, clock, guards
from mediklaud.database import reading
from mediklaud.models import AuditEvent
from mediklaud.repository.audit import anchor_log, end_of_log, seal_of
from mediklaud.repository.hospital import is_set_up, the_hospital
from mediklaud.repository.proofs import SHOWN, Proof, by_query


def _whole(db: Session) -> Iterator[str]:
    if db.get_bind().dialect.name == "sqlite":
        yield from (row for row in db.execute(sql("PRAGMA quick_check")).scalars() if row != "ok")
        for table, row, parent, _link in db.execute(sql("PRAGMA foreign_key_check")):
            yield f"{table} {row} points at a {parent} that is not there"
    else:
        yield from db.execute(_orphans()).scalars()


@cache
def _orphans() -> TextClause:
    """One question for every link between tables; PostgreSQL has no word for it."""
    links = [
        (table.name, next(iter(table.primary_key)).name, key.parent.name, key.column)
        for table in SQLModel.metadata.sorted_tables
        for key in table.foreign_keys
    ]
    asked = " UNION ALL ".join(
        f"SELECT '{table} ' || c.{key} || ' points at a {up.table.name} that is not there' AS row "
        f"FROM {table} c LEFT JOIN {up.table.name} p ON p.{up.name} = c.{link} "
        f"WHERE c.{link} IS NOT NULL AND p.{up.name} IS NULL"  # nosec B608 # our own names
        for table, key, link, up in links
    )
    return sql(f"SELECT row FROM ({asked}) AS found LIMIT {SHOWN}")  # nosec B608 # our own names


def _standing(db: Session) -> Iterator[str]:
    """Every named rule of this program stands in the live database."""
    present = _names_in(db)
    dialect = db.get_bind().dialect.name
    for guard in guards.of_engine(dialect):
        # SQLite has a trigger for each event.
        each = [f"{guard.name}_on_{event.lower()}" for event in guard.events]
        if not present.issuperset(each if dialect == "sqlite" else [guard.name]):
            yield f"guard {guard.name}"
    for table in SQLModel.metadata.tables.values():
        rules: list[Constraint | Index] = [*table.constraints, *table.indexes]
        for rule in rules:
            # Exclusion constraints are PostgreSQL's; SQLite keeps those rules by guards.
            kept_by_guard = (dialect, rule.__visit_name__) == ("sqlite", "exclude_constraint")
            name = str(rule.name or "")
            ours = name and not kept_by_guard and not name.startswith(("fk_", "pk_"))
            if ours and name not in present:
                yield f"constraint {name}"


def _names_in(db: Session) -> set[str]:
    if db.get_bind().dialect.name == "postgresql":
        names = "SELECT conname FROM pg_constraint UNION SELECT relname FROM pg_class"
        triggers = "UNION SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
        return set(db.execute(sql(f"{names} {triggers}")).scalars())
    found: set[str] = set()
    for name, kind, written in db.execute(sql("SELECT name, type, sql FROM sqlite_master")):
        found.add(name)
        if kind == "table":
            words = (written or "").replace('"', " ").split()
            found.update(name for word, name in pairwise(words) if word == "CONSTRAINT")
    return found


def _hospital(db: Session) -> Iterator[str]:
    if not is_set_up(db):
        yield "the hospital is not set up"
    elif not clock.is_zone(the_hospital(db).zone):
        yield "the hospital's zone is not known"
    missing = {"appointment", "invoice", "audit_event"} - set(
        inspect(db.connection()).get_table_names()
    )
    yield from (f"table {name}" for name in sorted(missing))


# As the engine gives them: a million objects would take minutes.
_LOG = select(SQLModel.metadata.tables["audit_event"]).order_by(col(AuditEvent.id))


def _chain(db: Session) -> Iterator[str]:
    """What breaks the audit log; one that is whole is anchored as far as it goes."""
    broken = False
    for breach in _broken(db):
        broken = True
        yield breach
    if not broken:
        anchor_log(db)


def _broken(db: Session) -> Iterator[str]:
    """Every row is sealed and follows the one before, up to an end that is sealed too.

    Rows may be added meanwhile, so the end is read before the rows and once more after them:
    they reach the first, and do not pass the second.
    """
    known, before = anchors.anchors(), end_of_log(db)
    marks = {(one.row_count, one.seal): one for one in known}
    awaited = {one.row_count for one in known}
    last, count, last_id = "", 0, 0
    for row in db.connection().execute(_LOG, execution_options={"yield_per": 5_000}):
        if not _follows(row, last, last_id):
            yield f"audit row {row.id}"
        last, count, last_id = row.seal, count + 1, row.id
        if count in awaited and (count, last) not in marks:
            yield f"audit row {row.id} is not the one that stood there before"
        if count == before.row_count and last != before.last_seal:
            yield f"audit row {row.id} is not the one the log ended with"
    after = end_of_log(db)
    if not (before.is_true and after.is_true):
        yield "the end of the audit log is not the one this house wrote"
    if not before.row_count <= count <= after.row_count:
        yield f"{count} audit rows where {after.row_count} were written"
    yield from _lost(known, count)


def _follows(row: Any, last: str, last_id: int) -> bool:
    # What the first releases' seals do not cover they did not have.
    apart = row.sign_in_id is None if row.seal_version == 1 else row.id == last_id + 1
    return bool(apart and row.previous_seal == last and row.seal == seal_of(row))


def _lost(known: list[anchors.Anchor], count: int) -> Iterator[str]:
    """Ends that were noted outside the database and that its log does not reach."""
    beyond = [one for one in known if one.row_count > count]
    if not beyond:
        return
    # This look may be older than the note: rows were added between the two.
    with reading() as db:
        now = end_of_log(db)
    for one in beyond:
        if one.row_count > now.row_count:
            stood = f"and had {one.row_count} at {one.at}"
            yield (
                f"the audit log has {now.row_count} rows, {stood}; where an older database was "
                f"put back on purpose, move {anchors.FILE} away"
            )


PROOFS = (
    Proof("database whole", "the database file is whole and every row's parent is there", _whole),
    Proof("rules standing", "every named rule of this release stands in the database", _standing),
    Proof("hospital", "the hospital is set up and its tables are there", _hospital),
    Proof("audit sealed", "no audit row was changed, taken out or put in", _chain),
    by_query(
        "who did it",
        "every booking, bill, payment, patient and doctor has its audit row",
        " UNION ALL ".join(
            f"SELECT '{table} ' || {key} AS breach FROM {table} t "
            "WHERE NOT EXISTS (SELECT 1 FROM audit_event e "
            f"WHERE e.subject = '{table}/' || {key} AND e.deed IN ({deeds}))"  # nosec B608 # our own names
            for table, key, deeds in (
                ("appointment", "t.id", "'appointment booked', 'appointment moved'"),
                ("invoice", "t.number", "'bill issued'"),
                ("receipt", "t.number", "'payment taken', 'advance taken'"),
                ("patient", "t.id", "'patient enrolled'"),
                ("doctor", "t.id", "'doctor registered'"),
            )
        ),
    ),
)
