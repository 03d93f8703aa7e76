"""What a page asks the database, statement by statement, and the same asked in raw SQL."""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import event

from mediklaud import hot
from mediklaud.database import engine

# A statement as the driver takes it, and its values.
Asked = tuple[str, Any]
WHOLE = "the whole table"


def asked_by(read: Callable[[], object]) -> list[Asked]:
    """Do a read and say what it asks."""
    asked: list[Asked] = []

    def note(statement: str, values: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            asked.append((statement, values))

    def note_event(_on: Any, _by: Any, statement: str, values: Any, *_: Any) -> None:
        note(statement, values)

    event.listen(engine(), "before_cursor_execute", note_event)
    hot.listeners.append(note)
    try:
        read()
    finally:
        hot.listeners.remove(note)
        event.remove(engine(), "before_cursor_execute", note_event)
    return asked


def raw_read(asked: Sequence[Asked]) -> Callable[[], None]:
    """The same statements in one transaction by the driver alone, every row fetched."""

    def read() -> None:
        with closing(engine().raw_connection()) as kept:
            driver: Any = kept.driver_connection
            cursor = driver.cursor()
            if engine().dialect.name == "sqlite":
                cursor.execute("BEGIN")
            for statement, values in asked:
                cursor.execute(statement, values).fetchall()
            driver.rollback()

    return read


def ways_to(table: str, asked: Sequence[Asked]) -> set[str]:
    """By which indexes the database finds rows of a table for these statements.

    WHOLE where it reads them all, one after the other.
    """
    explain = _sqlite_ways if engine().dialect.name == "sqlite" else _postgresql_ways
    with closing(engine().raw_connection()) as kept:
        cursor: Any = kept.cursor()
        return {
            way for statement, values in asked for way in explain(cursor, table, statement, values)
        }


def _sqlite_ways(cursor: Any, table: str, statement: str, values: Any) -> set[str]:
    rows = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    steps = [step for *_, step in rows if re.match(rf"(SCAN|SEARCH) {table}\b", step)]
    found = [re.search(r"INDEX (\w+)", step) for step in steps]
    return {way.group(1) if way else WHOLE for way in found}


def _postgresql_ways(cursor: Any, table: str, statement: str, values: Any) -> set[str]:
    (plan,) = cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values).fetchone()
    nodes = _nodes(json.loads(plan) if isinstance(plan, str) else plan)
    told = [node for node in nodes if node.get("Relation Name") == table]
    scans = [node for node in told if node["Node Type"] != "Bitmap Heap Scan"]
    ways = {node.get("Index Name", WHOLE) for node in scans}
    # A bitmap of rows is made by index scans below it, which do not name the table.
    heaps = [node for node in told if node["Node Type"] == "Bitmap Heap Scan"]
    below = [node for heap in heaps for node in _nodes(heap.get("Plans", []))]
    return ways | {node["Index Name"] for node in below if "Index Name" in node}


def _nodes(plan: Any) -> list[dict[str, Any]]:
    """Every step of a plan, however deep."""
    if isinstance(plan, list):
        return [node for one in plan for node in _nodes(one)]
    inner = [node for word in ("Plan", "Plans") for node in _nodes(plan.get(word, []))]
    return [plan, *inner]
