"""The house proves its promises on the live database: one finding a rule, green or red.

Everything is recounted here from the rows alone, by other means than the deeds use, so
that a rule that was gone round is found too. Rows are read in batches or by the engine.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import Constraint, Index, exists, inspect
from sqlalchemy import select as rows_of
from sqlalchemy import text as sql
from sqlmodel import Session, SQLModel, col, select

from mediklaud import clock, guards
from mediklaud.models import Account, Appointment, AuditEvent, NumberSeries
from mediklaud.permissions import Deed
from mediklaud.repository.audit import AUDIT_SERIES, permit, seal_of
from mediklaud.repository.dues import dues_at
from mediklaud.repository.hospital import is_set_up, the_hospital

_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """What came of one rule: the promise, and the rows that break it."""

    rule: str
    promise: str
    breaches: tuple[str, ...]

    @property
    def green(self) -> bool:
        """Whether nothing breaks the rule."""
        return not self.breaches


def check_house(db: Session, *, by: Account) -> list[Finding]:
    """Prove every promise on the database as it is now; nothing is changed."""
    permit(db, by, Deed.CHECK_HOUSE)
    findings = [Finding(name, promise, _few(rows(db))) for name, promise, rows in _BY_HAND]
    return [*findings, *(_by_query(db, *rule) for rule in _BY_QUERY)]


def _few(breaches: Iterator[str]) -> tuple[str, ...]:
    return tuple(breach for _, breach in zip(range(_SHOWN), breaches, strict=False))


def _by_query(db: Session, name: str, promise: str, query: str) -> Finding:
    rows = db.execute(sql(f"SELECT breach FROM ({query}) AS found LIMIT {_SHOWN}")).scalars()
    return Finding(name, promise, tuple(map(str, rows)))


# Rules a query can prove: each returns one column, `breach`, that names the row.
_LIVE = "IN ('booked', 'arrived', 'fulfilled')"


def _overlapping(whose: str, which: str = "") -> str:
    # Sorted by start, an overlap shows against the latest end so far.
    return f"""
        SELECT 'appointment ' || id AS breach FROM (
            SELECT id, starts_at, max(ends_at) OVER (
                PARTITION BY {whose} ORDER BY starts_at, id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ends_before
            FROM appointment WHERE status {_LIVE} {which}) AS o
        WHERE starts_at < ends_before"""


_PAPERS = {
    "bill": ("invoice", "bills run 1, 2, 3 … in each financial year, in order of issue"),
    "receipt": ("receipt", "receipts run 1, 2, 3 … in each financial year, in order of issue"),
}


def _gapless(series: str) -> str:
    table, _ = _PAPERS[series]
    return f"""
        SELECT number AS breach FROM (
            SELECT number, serial, issued_at,
                row_number() OVER w AS counted, lag(issued_at) OVER w AS before
            FROM {table} WINDOW w AS (PARTITION BY series ORDER BY serial)) AS o
        WHERE serial <> counted OR issued_at < before OR length(number) > 16
        UNION ALL
        SELECT 'series ' || s.name FROM number_series s
        WHERE s.name LIKE '{series}/%'
          AND s.last <> (SELECT count(*) FROM {table} t WHERE t.series = s.name)
        UNION ALL
        SELECT 'series ' || t.series FROM {table} t
        WHERE NOT EXISTS (SELECT 1 FROM number_series s WHERE s.name = t.series)"""


_OWED = """i.total_paise - coalesce(
    (SELECT sum(a.amount_paise) FROM allocation a WHERE a.invoice_number = i.number), 0)"""

_BY_QUERY: tuple[tuple[str, str, str], ...] = (
    (
        "doctor's time",
        "no doctor's time is promised twice, but for what was overbooked with a reason",
        _overlapping("doctor_id", "AND overbook_number IS NULL"),
    ),
    (
        "patient's time",
        "no patient is promised to two doctors at once",
        _overlapping("patient_id"),
    ),
    (
        "one letter",
        "every appointment has exactly one letter that says it was booked or moved",
        """SELECT 'appointment ' || p.id AS breach FROM appointment p
           LEFT JOIN message m ON m.appointment_id = p.id
            AND m.kind = CASE WHEN p.moved_from_id IS NULL THEN 'booked' ELSE 'moved' END
           GROUP BY p.id HAVING count(m.id) <> 1""",
    ),
    (
        "letters sent",
        "a letter that counts as sent has its moment and the server's reply",
        """SELECT 'letter ' || id AS breach FROM message
           WHERE status = 'sent' AND (sent_at IS NULL OR outcome = '')""",
    ),
    (
        "billed once",
        "every finished consultation is charged once, and billed once unless it is free",
        """SELECT 'appointment ' || p.id AS breach FROM appointment p
           LEFT JOIN encounter e ON e.appointment_id = p.id AND e.finished_at IS NOT NULL
           LEFT JOIN charge c ON c.appointment_id = p.id
           LEFT JOIN invoice_line l ON l.charge_id = c.id
           GROUP BY p.id, p.status, c.price_paise
           HAVING (p.status = 'fulfilled') <> (count(DISTINCT e.id) = 1)
               OR (p.status = 'fulfilled') <> (count(DISTINCT c.id) = 1)
               OR count(DISTINCT l.id)
                  <> CASE WHEN p.status = 'fulfilled' AND c.price_paise > 0 THEN 1 ELSE 0 END""",
    ),
    (
        "lines and total",
        "the lines of every bill sum to its total",
        """SELECT i.number AS breach FROM invoice i
           LEFT JOIN invoice_line l ON l.invoice_number = i.number
           GROUP BY i.number, i.total_paise
           HAVING coalesce(sum(l.quantity * l.unit_price_paise), -1) <> i.total_paise""",
    ),
    ("bill numbers", _PAPERS["bill"][1], _gapless("bill")),
    ("receipt numbers", _PAPERS["receipt"][1], _gapless("receipt")),
    (
        "one receipt",
        "every payment has its receipt",
        """SELECT 'payment ' || p.id AS breach FROM payment p
           WHERE NOT EXISTS (SELECT 1 FROM receipt r WHERE r.payment_id = p.id)""",
    ),
    (
        "received",
        "no payment sets off more than was received",
        """SELECT 'payment ' || p.id AS breach FROM payment p
           JOIN allocation a ON a.payment_id = p.id
           GROUP BY p.id, p.amount_paise HAVING sum(a.amount_paise) > p.amount_paise""",
    ),
    (
        "owed",
        "no bill is paid more than once over",
        f"SELECT i.number AS breach FROM invoice i WHERE {_OWED} < 0",
    ),
    (
        "settled",
        "a bill counts as settled exactly when nothing is owed on it",
        f"""SELECT i.number AS breach FROM invoice i
            WHERE (i.settled_at IS NULL) <> ({_OWED} > 0)""",
    ),
    (
        "whole paise",
        "every sum of money is a whole number of paise",
        " UNION ALL ".join(
            f"SELECT '{table} ' || {key} AS breach FROM {table} "
            f"WHERE CAST({column} AS BIGINT) <> {column}"
            for table, key, column in (
                ("payment", "id", "amount_paise"),
                ("allocation", "id", "amount_paise"),
                ("invoice", "number", "total_paise"),
                ("invoice_line", "id", "amount_paise"),
                ("tariff", "id", "price_paise"),
                ("charge", "id", "price_paise"),
            )
        ),
    ),
    (
        "who did it",
        "every booking, bill, payment, patient and doctor has its audit row",
        " UNION ALL ".join(
            f"SELECT '{table} ' || {key} AS breach FROM {table} t "
            "WHERE NOT EXISTS (SELECT 1 FROM audit_event e "
            f"WHERE e.subject = '{table}/' || {key} AND e.deed IN ({deeds}))"
            for table, key, deeds in (
                ("appointment", "t.id", "'appointment booked', 'appointment moved'"),
                ("invoice", "t.number", "'bill issued'"),
                ("payment", "t.id", "'payment taken'"),
                ("patient", "t.id", "'patient enrolled'"),
                ("doctor", "t.id", "'doctor registered'"),
            )
        ),
    ),
    (
        "own patients",
        "doctors opened the records of their own patients only",
        """SELECT 'audit row ' || e.id AS breach FROM audit_event e
           JOIN account a ON a.id = e.account_id
           WHERE e.deed = 'record opened' AND NOT EXISTS (
               SELECT 1 FROM appointment p
               WHERE p.doctor_id = a.doctor_id AND e.subject = 'patient/' || p.patient_id)""",
    ),
)


# Rules that need more than a query.


def _gate(db: Session) -> Iterator[str]:
    """Dues are recounted for the moment of every booking; what the gate saw must agree."""
    if any(_hospital(db)):
        return  # days of grace need the hospital's day; its own line is red already
    rules = _dues_rules(db)
    booked = select(Appointment).order_by(col(Appointment.id)).execution_options(yield_per=500)
    for appointment in db.exec(booked):
        moved = appointment.moved_from_id is not None
        restored = appointment.promised_at != appointment.booked_at
        passed = appointment.priority == "emergency" or (moved and not restored)
        seen = (appointment.dues_then_paise, appointment.overdue_then_paise)
        rule = (appointment.dues_limit_then_paise, appointment.grace_days_then)
        held = appointment.overdue_then_paise > appointment.dues_limit_then_paise
        if seen not in _recounted(db, appointment) or rule not in rules or (held and not passed):
            yield f"appointment {appointment.id}"


def _recounted(db: Session, appointment: Appointment) -> set[tuple[int, int]]:
    """Owed and overdue at the moment of a booking; its own microsecond may count or not."""
    day = clock.day_of(appointment.promised_at, the_hospital(db).zone)
    graced = day - timedelta(days=appointment.grace_days_then)
    patient, moment = appointment.patient_id, appointment.promised_at
    return {
        (
            dues_at(db, patient, moment, including=including),
            dues_at(db, patient, moment, including=including, issued_by=graced),
        )
        for including in (False, True)
    }


def _dues_rules(db: Session) -> set[tuple[int, int]]:
    """Every limit in paise and days of grace the hospital has had, by its audit log."""
    hospital = the_hospital(db)
    limits, graces = {hospital.dues_limit_paise}, {hospital.dues_grace_days}
    changes = select(AuditEvent.detail).where(AuditEvent.deed == "settings changed")
    for detail in map(json.loads, db.exec(changes)):
        limits.update(detail.get("dues_limit_paise", ()))
        graces.update(detail.get("dues_grace_days", ()))
    return {(limit, grace) for limit in limits for grace in graces}


def _chain(db: Session) -> Iterator[str]:
    last, count = "", 0
    rows = select(AuditEvent).order_by(col(AuditEvent.id)).execution_options(yield_per=500)
    for row in db.exec(rows):
        if row.previous_seal != last or seal_of(row) != row.seal:
            yield f"audit row {row.id}"
        last, count = row.seal, count + 1
    counted = db.get(NumberSeries, AUDIT_SERIES)
    if count != (counted.last if counted else 0):
        yield f"{count} audit rows where {counted.last if counted else 0} were written"


def _whole(db: Session) -> Iterator[str]:
    if db.get_bind().dialect.name == "sqlite":
        yield from (row for row in db.execute(sql("PRAGMA quick_check")).scalars() if row != "ok")
    for table in SQLModel.metadata.sorted_tables:
        key = next(iter(table.primary_key))
        for link in table.foreign_keys:
            parent = link.column.table.alias()
            there = exists().where(parent.c[link.column.name] == link.parent)
            orphans = rows_of(key).where(link.parent.is_not(None), ~there)
            for found in db.execute(orphans.limit(_SHOWN)).scalars():
                yield f"{table.name} {found} points at a {link.column.table.name} that is not there"


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


_BY_HAND: tuple[tuple[str, str, Callable[[Session], Iterator[str]]], ...] = (
    ("database whole", "the database file is whole and every row's parent is there", _whole),
    ("rules standing", "every named rule of this release stands in the database", _standing),
    ("hospital", "the hospital is set up and its tables are there", _hospital),
    (
        "dues gate",
        "no routine appointment was booked while dues were on hold, recounted for every booking",
        _gate,
    ),
    ("audit sealed", "no audit row was changed, taken out or put in", _chain),
)
