"""A thousand ways to touch the audit log past the house, and the self-check finds each."""

import hashlib
import hmac
import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC

import pytest
from alembic import command
from sqlalchemy import Connection

from mediklaud import anchors, clock, config, database, guards, migrations
from mediklaud.repository import CONSOLE, anchor_log, begin_sign_in
from mediklaud.repository.audit import ANCHORED_EVERY, note_deed, sit_down
from mediklaud.repository.proofs_of_the_house import PROOFS
from tests.conftest import on_ground
from tests.hospital import ward_of
from tests.tampering import EVENT, TAMPERINGS, Log, log_of, put_back

SEALED = next(proof for proof in PROOFS if proof.rule == "audit sealed")


def breaches() -> tuple[str, ...]:
    with database.reading() as db:
        return SEALED.ask(db).breaches


def deeds(count: int) -> None:
    """Deeds of two people at their desks, a few in each transaction."""
    with database.transaction() as db:
        ward = ward_of(db)
        people = (ward.meera, ward.ishaan)
        begin_sign_in(db, ward.meera)
    for number in range(0, count, 3):
        with database.transaction() as db:
            sit_down(db, people[0].id, 1)
            for one in range(number, min(count, number + 3)):
                note_deed(db, people[one % 2], "tested", f"patient/{one}", number=one)


@pytest.fixture
def tampered_with(broken_house) -> tuple[Log, Log]:
    """A house without guards, its log as it is, and as it was before the last deeds."""
    with database.engine().begin() as connection:
        guards.remove(connection)
    deeds(20)
    with database.engine().connect() as connection:
        older = log_of(connection)
    deeds(20)
    assert breaches() == ()
    with database.engine().connect() as connection:
        return log_of(connection), older


def found_of(log: Log, older: Log, many: int) -> list[str]:
    """Tamper so many times, and put the log back each time; the ways that went unseen."""
    unseen = []
    names = list(TAMPERINGS)
    for number in range(many):
        name, chance = names[number % len(names)], random.Random(number)
        forged = TAMPERINGS[name](log, older, chance)
        assert forged != log, name
        with database.engine().begin() as connection:
            put_back(connection, forged)
        if not breaches():
            unseen.append(f"{name}, {number}")
    with database.engine().begin() as connection:
        put_back(connection, log)
    return unseen


@pytest.mark.parametrize("many", [len(TAMPERINGS), pytest.param(1_000, marks=pytest.mark.drill)])
def test_every_tampering_is_found(tampered_with, many, record_property):
    unseen = found_of(*tampered_with, many)

    record_property("proof", f"{many} tamperings of the audit log, {len(unseen)} unseen")
    assert unseen == []
    # Its twin: untouched it is whole.
    assert breaches() == ()


def test_without_its_anchors_an_older_copy_would_go_unseen(tampered_with):
    log, older = tampered_with
    (config.settings().data_dir / anchors.FILE).unlink()
    with database.engine().begin() as connection:
        put_back(connection, older)

    assert breaches() == ()
    with database.engine().begin() as connection:
        put_back(connection, log)


def test_a_forged_end_is_not_made_good_by_the_next_deed(tampered_with):
    log, older = tampered_with
    (config.settings().data_dir / anchors.FILE).unlink()
    with database.engine().begin() as connection:
        put_back(connection, TAMPERINGS["tail cut and counted"](log, older, random.Random(1)))
    deeds(3)

    assert breaches() == ("the end of the audit log is not the one this house wrote",)


def test_the_end_is_anchored_every_so_many_rows(sqlite_house):
    deeds(60)

    noted = [one.row_count for one in anchors.anchors()]
    assert [count // ANCHORED_EVERY for count in noted] == list(range(1, len(noted) + 1))
    assert len(noted) >= 2
    with database.reading() as db:
        anchor_log(db)
        anchor_log(db)
    assert len(anchors.anchors()) == len(noted) + 1


def test_the_log_is_whole_while_desks_add_to_it(house):
    seen = []
    with ThreadPoolExecutor(2) as desks:
        working = [desks.submit(deeds, 24) for _ in range(2)]
        while not all(one.done() for one in working):
            seen += breaches()
    for one in working:
        one.result()

    assert seen == []


def test_a_torn_line_and_another_databases_line_are_passed_over(sqlite_house):
    deeds(30)
    known = anchors.anchors()
    with (config.settings().data_dir / anchors.FILE).open("a") as file:
        file.write('["/other.db", "2026-11-23", 900, "seal"]\n["/mediklaud.db", "2026')

    assert anchors.anchors() == known
    assert breaches() == ()


def old_rows(connection: Connection, count: int) -> None:
    """What the first releases wrote: seals over fewer words, counted among the papers' series."""
    last = ""
    for number in range(1, count + 1):
        words = {"at": clock.now(), "account_id": None, "account_name": "console"}
        words |= {"deed": "tested", "subject": f"patient/{number}", "detail": "{}"}
        at = words["at"].astimezone(UTC).isoformat(timespec="microseconds")
        sealed = json.dumps([last, at, "None", *list(words.values())[2:]]).encode()
        seal = hmac.new(config.key(), sealed, hashlib.sha256).hexdigest()
        kept = {word: EVENT.c[word] for word in (*words, "id", "previous_seal", "seal")}
        row = {**words, "id": number, "previous_seal": last, "seal": seal}
        connection.execute(EVENT.insert().values({kept[word]: row[word] for word in kept}))
        last = seal
    connection.exec_driver_sql(f"INSERT INTO number_series (name, last) VALUES ('audit', {count})")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_log_of_the_first_releases_stays_whole_and_goes_on(request, tmp_path, kind):
    with on_ground(request, kind, tmp_path / "data"):
        config.settings().data_dir.mkdir(parents=True)
        config.make_key()
        with database.reshapable(database.engine()) as connection:
            command.upgrade(migrations._alembic(connection), "0006")
            insert = EVENT.c.seal_version.default
            EVENT.c.seal_version.default = None
            try:
                old_rows(connection, 5)
            finally:
                EVENT.c.seal_version.default = insert
        migrations.upgrade()
        with database.transaction() as db:
            note_deed(db, CONSOLE, "tested", "patient/9")

        assert breaches() == ()
        with database.engine().begin() as connection:
            guards.remove(connection)
            connection.execute(EVENT.update().where(EVENT.c.id == 3).values(detail="[]"))
        assert breaches() == ("audit row 3",)
