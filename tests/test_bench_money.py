"""The money benchmark compares like with like: bills, payments and what finance reads."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner, Result

from mediklaud import database
from mediklaud.__main__ import app
from mediklaud.bench.bills import fill_till
from mediklaud.bench.money import DASHBOARD, DUES, SUMMARIES, Cases, reads_of, ways_to_bills
from mediklaud.bench.reads import WHOLE, asked_by, raw_read, ways_to
from mediklaud.bench.till import Till, open_till
from mediklaud.bench.writings import RawTwin
from mediklaud.repository import (
    OwedWhere,
    aged_sums,
    due_numbers,
    numbers_and_payers,
    owed_numbers,
    who_owes,
    whose_bills,
)
from mediklaud.repository.owing import owed_in_all
from tests.conftest import on_ground
from tests.test_bench import counted

SMALL = ("--invoices", "200,600", "--trials", "2", "--patients", "200")


@pytest.fixture
def till(empty_house: Path) -> Till:
    """A benchmark's till with 1,000 bills of 200 patients, once on each engine."""
    till = open_till(patients=200)
    fill_till(till, 1_000, lambda part: None)
    return till


def measure(*words: str) -> Result:
    return CliRunner().invoke(app, ["bench", "money", *SMALL, *words])


def asked(statement: str) -> list[tuple[object, ...]]:
    with database.reading() as db:
        return [tuple(row) for row in db.execute(text(statement))]


def ledger(newest: int) -> list[tuple[object, ...]]:
    """The newest papers and what pays them, without what is each one's own."""
    return asked(
        f"""SELECT i.kind, i.total_paise, i.hospital_name, i.payer_id = i.patient_id,
            i.settled_at IS NULL, l.amount_paise, c.price_paise, a.amount_paise, p.method,
            p.payer_id = i.payer_id, r.amount_paise, r.payer_id = i.payer_id
        FROM invoice i JOIN invoice_line l ON l.invoice_number = i.number
        JOIN charge c ON c.id = l.charge_id
        LEFT JOIN allocation a ON a.invoice_number = i.number
        LEFT JOIN payment p ON p.id = a.payment_id
        LEFT JOIN receipt r ON r.number = p.receipt_number
        ORDER BY i.serial DESC LIMIT {newest}"""
    )


def test_raw_sql_and_the_repository_write_the_same_rows(till):
    written = []
    with RawTwin(till.billed) as bill, RawTwin(till.paid) as payment:
        cases = Cases(till, bill, payment)
        for _ in range(2):
            for one in (cases.issue, cases.raw_issue, cases.pay, cases.raw_pay):
                deed, before = one(), counted()
                deed()
                written.append(counted() - before)

    issued, raw_issued, paid, raw_paid, *again = written
    assert raw_issued == issued >= Counter(["charge", "invoice_line", "invoice", "message"])
    assert raw_paid == paid >= Counter(["payment", "receipt", "allocation", "audit_event"])
    assert again == written[:4]
    assert len(set(ledger(4))) == 1


def test_a_raw_payment_settles_the_raw_bill(till):
    open_bills = "SELECT count(*) FROM invoice WHERE settled_at IS NULL"
    with RawTwin(till.billed) as bill, RawTwin(till.paid) as payment:
        cases = Cases(till, bill, payment)
        before = asked(open_bills)
        cases.raw_issue()()
        assert asked(open_bills) != before
        cases.raw_pay()()

    assert asked(open_bills) == before


def test_raw_sql_meets_the_guards_of_money_too(till):
    (settled,) = asked("SELECT number, payer_id FROM invoice WHERE settled_at IS NOT NULL LIMIT 1")
    with RawTwin(till.paid) as payment:
        pay = payment.ready({"payer_id": settled[1], "invoice_number": settled[0]}, "again")

        with pytest.raises(Exception, match="no_more_is_allocated_than_is_owed"):
            pay()


def test_the_guards_stand_again_after_the_till_was_filled(till):
    with pytest.raises(IntegrityError, match="allocation_is_frozen"), database.transaction() as db:
        db.execute(text("DELETE FROM allocation"))


def test_three_bills_of_a_hundred_are_open_and_the_rest_are_paid(till):
    rows = counted()

    assert rows["invoice"] == rows["invoice_line"] == rows["charge"] == till.bills == 1_000
    assert asked("SELECT count(*) FROM invoice WHERE settled_at IS NULL") == [(29,)]
    assert rows["payment"] == rows["receipt"] == rows["allocation"] == 971
    assert asked("SELECT last FROM number_series WHERE name LIKE 'bill/%'") == [(1_000,)]


def test_what_is_settled_is_what_is_paid(till):
    owed = """SELECT count(*) FROM invoice i WHERE owed_paise <>
        (total_paise - coalesce((SELECT sum(a.amount_paise) FROM allocation a
         JOIN payment p ON p.id = a.payment_id AND p.payer_id = i.payer_id
         JOIN receipt r ON r.number = p.receipt_number AND r.payer_id = i.payer_id
         WHERE a.invoice_number = i.number), 0))"""

    assert asked(owed) == [(0,)]


def test_the_second_half_of_the_patients_owes_nothing(till):
    owing = asked("SELECT max(payer_id) FROM invoice WHERE settled_at IS NULL")

    assert owing <= [(100,)]


def test_the_reads_ask_the_database_and_raw_sql_asks_the_same(till):
    reads = reads_of(till)
    for what, least in ((DUES, 3), (DASHBOARD, 5), (SUMMARIES, 4)):
        statements = asked_by(reads[what])

        assert len(statements) >= least
        assert [one for one, _ in asked_by(raw_read(statements))] == []
    for read in reads.values():
        read()


def of_open_bills(ways: set[str]) -> bool:
    """Whether no other bills are read; those on a payment plan are looked up by their number."""
    by_number = {"pk_invoice", "sqlite_autoindex_invoice_1"}
    return {"open_bills_of_a_payer"} <= ways <= {"open_bills_of_a_payer", *by_number}


def test_the_dashboard_never_reads_settled_bills(till):
    assert of_open_bills(ways_to_bills(till))


@pytest.mark.parametrize(
    "read",
    [
        lambda db, by: owed_in_all(db),
        lambda db, by: owed_numbers(db, by=by),
        lambda db, by: who_owes(db, by=by),
        lambda db, by: numbers_and_payers(db, by=by),
        lambda db, by: aged_sums(db, OwedWhere(on_hold=True), by=by),
        lambda db, by: whose_bills(db, by=by),
        lambda db, by: due_numbers(db, by=by),
    ],
    ids=["in all", "numbers", "who owes", "both", "on hold", "whose bills", "due letters"],
)
def test_what_is_owed_is_read_by_the_index_of_open_bills(till, read):
    def look() -> None:
        with database.reading() as db:
            read(db, till.cashier)

    assert of_open_bills(ways_to("invoice", asked_by(look)))


def test_a_read_of_settled_bills_is_seen(till):
    def read() -> None:
        asked("SELECT count(patient_name) FROM invoice WHERE total_paise > 1")

    assert ways_to("invoice", asked_by(read)) == {WHOLE}


def test_the_command_measures_money_on_a_database_of_its_own(sqlite_house):
    before = counted()

    said = measure()

    assert said.exit_code == 0, said.output
    assert "SQLite, 2 deeds at each size, 3 % open" in said.stdout
    for what in ("issue a bill", "take a payment", "dues of one patient", "dues dashboard's data"):
        assert said.stdout.count(f"{what}, raw SQL") == 2
    assert "At 600 the dashboard finds bills by open_bills_of_a_payer" in said.stdout
    assert counted() == before


def test_the_command_measures_money_on_an_empty_postgresql(request, tmp_path):
    with on_ground(request, "postgresql", tmp_path):
        said = measure("--postgresql")

    assert said.exit_code == 0, said.output
    assert "PostgreSQL, 2 deeds at each size" in said.stdout
