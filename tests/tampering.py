"""What somebody who owns the database, and not the key, may do to the audit log."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection
from sqlmodel import SQLModel

Row = dict[str, Any]
EVENT, HEAD = (SQLModel.metadata.tables[name] for name in ("audit_event", "audit_head"))


@dataclass(frozen=True)
class Log:
    """The log as it stands in the database: its rows by id, and its end, where there is one."""

    rows: tuple[Row, ...]
    head: Row | None


def log_of(connection: Connection) -> Log:
    """The log as it stands."""
    rows = connection.execute(EVENT.select().order_by(EVENT.c.id)).mappings()
    head = connection.execute(HEAD.select()).mappings().first()
    return Log(tuple(map(dict, rows)), dict(head) if head else None)


def put_back(connection: Connection, log: Log) -> None:
    """Let this be the log, whatever stood there; the guards are away."""
    connection.execute(EVENT.delete())
    connection.execute(HEAD.delete())
    connection.execute(EVENT.insert(), list(log.rows))
    if log.head:
        connection.execute(HEAD.insert(), log.head)


Tampering = Callable[[Log, Log, random.Random], Log]


def _changed(log: Log, place: int, **changes: Any) -> Log:
    rows = [*log.rows]
    rows[place] = rows[place] | changes
    return Log(tuple(rows), log.head)


def _seal(chance: random.Random) -> str:
    return f"{chance.getrandbits(256):064x}"


def _edit(column: str, another: Callable[[Any, random.Random], Any]) -> Tampering:
    def edit(log: Log, _older: Log, chance: random.Random) -> Log:
        place = chance.randrange(len(log.rows))
        return _changed(log, place, **{column: another(log.rows[place][column], chance)})

    return edit


def _delete(log: Log, _older: Log, chance: random.Random) -> Log:
    first = chance.randrange(len(log.rows) - 1)
    many = chance.randint(1, 5)
    return Log((*log.rows[:first], *log.rows[first + many :]), log.head)


def _delete_and_close_the_gap(log: Log, older: Log, chance: random.Random) -> Log:
    kept = _delete(log, older, chance)
    rows = [row | {"id": place} for place, row in enumerate(kept.rows, start=1)]
    for before, row in pairwise(rows):
        row["previous_seal"] = before["seal"]
    count, last_seal = len(rows), rows[-1]["seal"]
    end = {"row_count": count, "last_id": count, "last_seal": last_seal}
    return Log(tuple(rows), {**(log.head or {}), **end})


def _swap(log: Log, _older: Log, chance: random.Random) -> Log:
    one, other = chance.sample(range(len(log.rows)), 2)
    rows = [*log.rows]
    rows[one] = log.rows[other] | {"id": log.rows[one]["id"]}
    rows[other] = log.rows[one] | {"id": log.rows[other]["id"]}
    return Log(tuple(rows), log.head)


def _swap_words(log: Log, _older: Log, chance: random.Random) -> Log:
    places = chance.sample(range(len(log.rows)), 2)
    words = ("at", "account_id", "account_name", "sign_in_id", "deed", "subject", "detail")
    told = [{word: log.rows[place][word] for word in words} for place in places]
    return _changed(_changed(log, places[0], **told[1]), places[1], **told[0])


def _reorder_ids(log: Log, _older: Log, chance: random.Random) -> Log:
    ids = [row["id"] for row in log.rows]
    first = chance.randrange(len(ids) - 3)
    some = ids[first : first + chance.randint(2, 10)]
    while some == ids[first : first + len(some)]:
        chance.shuffle(some)
    ids[first : first + len(some)] = some
    rows = [row | {"id": one} for row, one in zip(log.rows, ids, strict=True)]
    return Log(tuple(rows), log.head)


def _move_ids_up(log: Log, _older: Log, chance: random.Random) -> Log:
    first, by = chance.randrange(len(log.rows)), chance.randint(1, 50)
    rows = [row | {"id": row["id"] + by * (row["id"] > first)} for row in log.rows]
    return Log(tuple(rows), {**(log.head or {}), "last_id": rows[-1]["id"]})


def _insert(log: Log, _older: Log, chance: random.Random) -> Log:
    place = chance.randrange(len(log.rows))
    rows = [row | {"id": row["id"] + (row["id"] > place)} for row in log.rows]
    planted = log.rows[place] | {"previous_seal": _seal(chance), "id": place + 1}
    return Log((*rows[:place], planted, *rows[place:]), log.head)


def _duplicate(log: Log, _older: Log, chance: random.Random) -> Log:
    """A row done once more, at the end and fitted to it, with the count put right."""
    last, head = log.rows[-1], log.head or {}
    again = chance.choice(log.rows) | {"id": last["id"] + 1, "previous_seal": last["seal"]}
    end = {"row_count": head["row_count"] + 1, "last_id": again["id"], "last_seal": again["seal"]}
    return Log((*log.rows, again), {**head, **end})


def _cut(log: Log, _older: Log, chance: random.Random) -> Log:
    return Log(log.rows[: -chance.randint(1, len(log.rows) // 2)], log.head)


def _cut_and_count(log: Log, older: Log, chance: random.Random) -> Log:
    rows = _cut(log, older, chance).rows
    end = {"row_count": len(rows), "last_id": rows[-1]["id"], "last_seal": rows[-1]["seal"]}
    return Log(rows, {**(log.head or {}), **end})


def _older_copy(_log: Log, older: Log, _chance: random.Random) -> Log:
    return older


def _older_end(log: Log, older: Log, _chance: random.Random) -> Log:
    return Log(log.rows, older.head)


def _count(log: Log, _older: Log, chance: random.Random) -> Log:
    head, by = log.head or {}, chance.choice([-3, -1, 1, 5])
    return Log(log.rows, {**head, "row_count": head["row_count"] + by})


def _end(log: Log, _older: Log, chance: random.Random) -> Log:
    change = chance.choice([{"seal": _seal(chance)}, {"last_seal": _seal(chance)}, {"last_id": 1}])
    return Log(log.rows, {**(log.head or {}), **change})


def _no_end(log: Log, _older: Log, _chance: random.Random) -> Log:
    return Log(log.rows, None)


def _all_gone(log: Log, _older: Log, _chance: random.Random) -> Log:
    empty = {"row_count": 0, "last_id": 0, "last_seal": ""}
    return Log(log.rows[:1], {**(log.head or {}), **empty})


def _other(*words: Any) -> Callable[[Any, random.Random], Any]:
    return lambda old, chance: chance.choice([word for word in words if word != old])


def _longer(old: str, chance: random.Random) -> str:
    return f"{old}{chance.choice('x 0')}"


TAMPERINGS: dict[str, Tampering] = {
    "id": _edit("id", lambda old, chance: 10_000 + chance.randrange(1_000)),
    "at": _edit("at", lambda old, chance: old + timedelta(microseconds=chance.choice([-1, 1, 9]))),
    "account": _edit("account_id", _other(None, 1, 2, 3)),
    "name": _edit("account_name", _longer),
    "sign-in": _edit("sign_in_id", _other(None, 1)),
    "deed": _edit("deed", _longer),
    "subject": _edit("subject", _longer),
    "detail": _edit("detail", _longer),
    "seal's version": _edit("seal_version", _other(1, 2)),
    "previous seal": _edit("previous_seal", lambda old, chance: _seal(chance)),
    "seal": _edit("seal", lambda old, chance: _seal(chance)),
    "deleted": _delete,
    "deleted and closed": _delete_and_close_the_gap,
    "swapped": _swap,
    "words swapped": _swap_words,
    "ids reordered": _reorder_ids,
    "ids moved up": _move_ids_up,
    "inserted": _insert,
    "duplicated": _duplicate,
    "tail cut": _cut,
    "tail cut and counted": _cut_and_count,
    "older copy": _older_copy,
    "older end": _older_end,
    "counted wrong": _count,
    "end forged": _end,
    "end gone": _no_end,
    "all gone": _all_gone,
}
