"""What a guard is: a condition that is a breach, and the triggers that undo it.

One condition in common SQL serves SQLite and PostgreSQL alike. A guard stands after the
row was written and undoes it by its own name where the condition is true.
"""

from dataclasses import dataclass

from sqlmodel import SQLModel

from mediklaud.models import LIVE_SQL

# What may never happen at all, whatever the row.
ALWAYS = "1 = 1"
# A time that is promised now: by a new row, by one that was not live, or by another time.
PROMISED_NOW = f"NEW.{LIVE_SQL} AND {{changed}}"
_CHANGED = {
    "INSERT": ALWAYS,
    "UPDATE": f"""(NOT coalesce(OLD.{LIVE_SQL}, 1 = 0)
        OR NEW.starts_at IS DISTINCT FROM OLD.starts_at
        OR NEW.ends_at IS DISTINCT FROM OLD.ends_at
        OR NEW.doctor_id IS DISTINCT FROM OLD.doctor_id)""",
}
# A follow-up that uses its paid visit from now on, and did not before.
_USED_NOW = {
    "INSERT": ALWAYS,
    "UPDATE": f"""(NOT coalesce(OLD.{LIVE_SQL}, 1 = 0)
        OR NEW.entitled_by_id IS DISTINCT FROM OLD.entitled_by_id)""",
}


@dataclass(frozen=True)
class Guard:
    """A rule kept by triggers: on these events of this table the condition is a breach."""

    name: str
    table: str
    events: tuple[str, ...]
    breach: str
    # Rows PostgreSQL locks first, so that two transactions cannot each see half the truth.
    # SQLite has one writer at a time and needs none.
    lock: str = ""
    only: str = ""

    def breach_of(self, event: str) -> str:
        """The condition as one event of the table can ask it."""
        asked = self.breach.replace("{changed}", _CHANGED.get(event, ALWAYS))
        return asked.replace("{used_now}", _USED_NOW.get(event, ALWAYS))


WRITTEN = ("INSERT", "UPDATE")


LOCK_BILL = "SELECT 1 FROM invoice WHERE number = NEW.invoice_number FOR UPDATE"
# What is paid and credited on the bill of the new row, against its total.
CLEARED_BEYOND_THE_TOTAL = """
    (SELECT coalesce(sum(a.amount_paise), 0) FROM allocation a
     WHERE a.invoice_number = NEW.invoice_number)
    + (SELECT coalesce(sum(c.total_paise), 0) FROM credit_note c
       WHERE c.invoice_number = NEW.invoice_number AND c.cancelled_at IS NULL)
    > (SELECT i.total_paise FROM invoice i WHERE i.number = NEW.invoice_number)"""


def frozen(name: str, table: str, *, unless: str = "") -> Guard:
    return Guard(name, table, ("UPDATE", "DELETE"), unless or ALWAYS)


def for_life(table: str) -> tuple[Guard, Guard]:
    changed = Guard(f"{table}_number_is_for_life", table, ("UPDATE",), "NEW.number <> OLD.number")
    return changed, Guard(f"{table}_is_never_deleted", table, ("DELETE",), ALWAYS)


def frozen_but(name: str, model: type[SQLModel], *changing: str) -> Guard:
    """A frozen row of which these columns alone may change."""
    kept = [column for column in model.model_fields if column not in changing]
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in kept)
    return Guard(name, str(model.__tablename__), ("UPDATE",), changed)


def on_sqlite(guard: Guard) -> list[str]:
    statements = []
    for event in guard.events:
        trigger = f"{guard.name}_on_{event.lower()}"
        statements += [
            f"DROP TRIGGER IF EXISTS {trigger}",
            f"CREATE TRIGGER {trigger} AFTER {event} ON {guard.table} "
            f"WHEN {guard.breach_of(event)} "
            f"BEGIN SELECT RAISE(ABORT, '{guard.name}'); END",
        ]
    return statements


def on_postgresql(guard: Guard) -> list[str]:
    # OLD is all NULL where a row is inserted, so one condition serves both events.
    breach = guard.breach_of("UPDATE")
    lock = f"PERFORM {guard.lock.removeprefix('SELECT ')};" if guard.lock else ""
    return [
        f"""CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {lock}
            IF {breach} THEN
                RAISE EXCEPTION '{guard.name}' USING
                    ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{guard.name}';
            END IF;
            RETURN NULL;
        END $$""",
        f"DROP TRIGGER IF EXISTS {guard.name} ON {guard.table}",
        f"CREATE TRIGGER {guard.name} AFTER {' OR '.join(guard.events)} ON {guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
        *(_truncate(guard) if guard.breach == ALWAYS and "DELETE" in guard.events else ()),
    ]


def _truncate(guard: Guard) -> tuple[str, str]:
    """TRUNCATE deletes without asking the triggers of rows."""
    trigger = f"{guard.name}_on_truncate"
    return (
        f"DROP TRIGGER IF EXISTS {trigger} ON {guard.table}",
        f"CREATE TRIGGER {trigger} BEFORE TRUNCATE ON {guard.table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {guard.name}()",
    )
