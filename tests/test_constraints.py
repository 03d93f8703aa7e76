"""Every named rule is broken past the repository, on both engines, and refuses by its name.

The attempts stand on a day of real deeds. Each is a transaction that is rolled back, so the
self-check finds the house green when all of them have failed.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import CheckConstraint, Connection, Engine, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from mediklaud import database, guards
from mediklaud.database import broken_rule
from tests import attempts_at_the_till, attempts_on_guards, attempts_on_privacy, attempts_on_rows
from tests.attempts_on_guards import UNBILLED_CHARGE
from tests.attempts_on_rows import ASHA, IYER, UNKNOWN
from tests.breach import Statement, copy, take_away
from tests.conftest import assert_house_is_green, open_copy
from tests.day import live_through_a_day
from tests.hospital import NINE_O_CLOCK


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lived_in(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A house with a day behind it, shared by all attempts and green when they are over."""
    data_dir = tmp_path_factory.mktemp("lived-in") / "data"
    with open_copy(request, request.param, data_dir):
        with time_machine.travel(NINE_O_CLOCK) as wall_clock:
            live_through_a_day(wall_clock)
        yield database.engine()
        assert_house_is_green()


@pytest.fixture
def connection(lived_in: Engine) -> Iterator[Connection]:
    """A raw connection; nothing it writes stays."""
    with lived_in.connect() as opened:
        yield opened
        opened.rollback()


_MORE = (attempts_at_the_till, attempts_on_privacy)
CHECKS = attempts_on_rows.CHECKS + sum((more.CHECKS for more in _MORE), ())
UNIQUES = attempts_on_rows.UNIQUES + sum((more.UNIQUES for more in _MORE), ())
GUARDED = attempts_on_guards.GUARDED + sum((more.GUARDED for more in _MORE), ())
# Every column a rule keeps whole, by its table.
WHOLE = sorted(
    (table.name, found[1])
    for table in SQLModel.metadata.tables.values()
    for rule in table.constraints
    if isinstance(rule, CheckConstraint)
    and (found := re.match(r"CAST\((\w+) AS BIGINT\)", str(rule.sqltext)))
)
FROZEN = (
    *("invoice", "payment", "receipt", "allocation", "credit_note", "credit_note_line"),
    *("refund", "payment_reversal", "audit_event", "audit_head", "break_glass"),
)
_NAMES = [f"{rule} on {event.lower()}" for rule, event, _ in GUARDED]


def refused_by(connection: Connection, breach: Statement) -> str:
    """The name of the rule that refuses the statement; the test fails where none does."""
    with pytest.raises(IntegrityError) as refused, connection.begin_nested():
        breach(connection)
    return broken_rule(refused.value)


@pytest.mark.parametrize(
    ("rule", "breach"), CHECKS + UNIQUES, ids=[rule for rule, _ in CHECKS + UNIQUES]
)
def test_a_row_that_breaks_a_rule_is_refused_by_its_name(connection, rule, breach):
    assert refused_by(connection, breach) == rule


@pytest.mark.parametrize(("rule", "event", "statements"), GUARDED, ids=_NAMES)
def test_what_a_guard_forbids_is_refused_by_its_name(connection, rule, event, statements):
    *allowed, breach = statements
    for statement in allowed:
        statement(connection)

    assert refused_by(connection, breach) == rule


@pytest.mark.parametrize(("rule", "event", "statements"), GUARDED, ids=_NAMES)
def test_without_its_guard_the_same_breach_goes_in(connection, rule, event, statements):
    take_away(connection, rule)

    for statement in statements:
        statement(connection)


def named_rules() -> set[str]:
    """Every named rule of the tables: CHECK, UNIQUE, exclusion and unique index."""
    kinds = (CheckConstraint, UniqueConstraint, ExcludeConstraint)
    tables = SQLModel.metadata.tables.values()
    rules = [rule for table in tables for rule in table.constraints if isinstance(rule, kinds)]
    unique = [index for table in tables for index in table.indexes if index.unique]
    return {str(rule.name) for rule in [*rules, *unique]}


def unattempted(rules: set[str]) -> set[str]:
    """The rules nobody here tries to break."""
    attempted = [*CHECKS, *UNIQUES, *GUARDED]
    return rules - {attempt[0] for attempt in attempted}


def test_every_named_rule_of_the_tables_is_tried():
    assert unattempted(named_rules()) == set()
    assert unattempted({"a_rule_nobody_tries"}) == {"a_rule_nobody_tries"}


def test_every_guard_is_tried_on_each_of_its_events():
    standing = {(guard.name, event) for guard in guards.GUARDS for event in guard.events}
    assert {(rule, event) for rule, event, _ in GUARDED} == standing


def test_no_attempt_speaks_of_a_rule_that_is_gone():
    attempted = {attempt[0] for attempt in (*CHECKS, *UNIQUES, *GUARDED)}
    assert attempted - named_rules() == {guard.name for guard in guards.GUARDS} - named_rules()


def test_every_column_of_a_bill_is_frozen_but_what_is_owed_and_since_when_nothing_is(connection):
    bill = SQLModel.metadata.tables["invoice"]
    bens = connection.execute(bill.select().where(bill.c.serial == 3)).mappings().one()
    another = {"patient_id": ASHA, "doctor_id": IYER, "issued_by": None, "hospital_gstin": "X"}
    another |= {"payer_id": ASHA, "kind": "tax_invoice", "serial": 99}
    # What must change with it, so that no other rule minds.
    total, registered = bens["total_paise"], {"hospital_gstin": "X"}
    together = {
        "kind": registered,
        "subtotal_paise": {"total_paise": total + 1},
        "total_paise": {"subtotal_paise": total + 1},
        "tax_paise": {"total_paise": total + 1, "kind": "tax_invoice", **registered},
        "settled_at": {"owed_paise": 0},
    }
    another["owed_paise"] = total - 1
    for column in bill.columns:
        value = another.get(column.name, _another(bens[column.name]))
        changes = {column.name: value, **together.get(column.name, {})}
        change = bill.update().where(bill.c.serial == 3).values(changes)
        if column.name in ("owed_paise", "settled_at"):
            connection.execute(change)
        else:
            said = refused_by(connection, lambda db, change=change: db.execute(change))
            assert said == "issued_bill_is_frozen", column.name


def _another(value: object) -> object:
    if isinstance(value, str):
        return f"{value}X"
    if isinstance(value, int):
        return value + 1
    return value + timedelta(days=1) if isinstance(value, date) else NINE_O_CLOCK


# Rules that a part of a paisa breaks as well, and SQLite may name first.
_NAMES_OF_WHOLE = r"whole|quantity_times_price|subtotal_and_tax|tax_invoice|rounded_half"


# PostgreSQL's columns are integers by themselves.
@pytest.mark.parametrize("lived_in", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", [10.5, "ten"])
@pytest.mark.parametrize(("table", "column"), WHOLE, ids=".".join)
def test_sqlite_too_keeps_whole_numbers_only(connection, table, column, value):
    product = {"amount_paise": value} if column == "unit_price_paise" else {}
    key = {"id": 1} if table == "hospital" else {}
    where = "method = 'cash'" if column == "tendered_paise" else "1 = 1"

    with pytest.raises(IntegrityError, match=_NAMES_OF_WHOLE):
        copy(table, where, **{column: value}, **product, **key)(connection)


def test_a_row_without_its_parent_is_refused(connection):
    orphan = copy("sign_in", token_hash="new", account_id=UNKNOWN)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key") as refused:
        orphan(connection)
    if connection.dialect.name == "postgresql":
        assert broken_rule(refused.value) == "fk_sign_in_account_id"


def test_a_line_may_wait_for_its_bill_but_not_past_the_commit(connection):
    take_away(connection, "issued_bill_takes_no_more_lines")
    copy(
        "invoice_line",
        invoice_number="JMI/2627/000099",
        charge_id=UNBILLED_CHARGE,
        unit_price_paise=0,
        amount_paise=0,
    )(connection)

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        connection.commit()


@pytest.mark.parametrize("lived_in", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", FROZEN)
def test_sqlites_replace_does_not_get_round_a_frozen_row(connection, table):
    with pytest.raises(IntegrityError):
        connection.execute(text(f"REPLACE INTO {table} SELECT * FROM {table}"))


@pytest.mark.parametrize("lived_in", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", FROZEN)
def test_truncate_does_not_get_round_a_frozen_table(connection, table):
    with pytest.raises(IntegrityError):
        connection.execute(text(f"TRUNCATE {table} CASCADE"))
