"""What SQL sums of the ledger is what the reports make of its lines, one by one."""

from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import event, text

from mediklaud import reports
from mediklaud.database import engine, reading, transaction
from mediklaud.errors import NotPermitted
from mediklaud.repository import (
    OwedWhere,
    aged_sums,
    allocated_lines,
    allocated_sums,
    billed_lines,
    billed_sums,
    change_settings,
    credited_lines,
    credited_sums,
    open_bills,
    owed_numbers,
    owed_on_the_eve,
    the_hospital,
    till_lines,
    till_numbers,
    till_sums,
    who_owes,
)
from mediklaud.repository.owing import owed_in_all
from tests.day import live_through_a_day
from tests.hospital import HOSPITAL, TODAY, at, ward_of
from tests.test_reports import rows_of

LINES = (billed_lines, credited_lines, till_lines, allocated_lines)
SUMS = (billed_sums, credited_sums, till_sums, allocated_sums)
FRAMES = (
    *(reports.bills_frame, reports.credits_frame),
    *(reports.payments_frame, reports.allocations_frame),
)
SUMMARIES = (
    *(reports.summary_by_day, reports.summary_by_week, reports.summary_by_month),
    *(reports.summary_by_doctor, reports.summary_by_specialty, reports.summary_by_kind),
    reports.summary_of_period,
)
LATER = TODAY + timedelta(days=100)


def moved(reads, db, by, first=TODAY, last=LATER):
    frames = (
        frame(read(db, first, last, by=by)) for frame, read in zip(FRAMES, reads, strict=True)
    )
    return reports.Movements(*frames)


@pytest.fixture
def lived(house, nine_o_clock):
    """A day of every deed, seen forty days later with a limit of ₹300 and ten days of grace."""
    live_through_a_day(nine_o_clock, evening=False)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=40)))
    with transaction() as db:
        ward, hospital = ward_of(db), the_hospital(db)
        rule = replace(
            HOSPITAL,
            dues_limit_paise=300_00,
            dues_grace_days=10,
            follow_up_visits=hospital.follow_up_visits,
            follow_up_days=hospital.follow_up_days,
        )
        change_settings(db, rule, by=ward.tara)
    with reading() as db:
        yield db, ward_of(db).ishaan


def test_the_sums_of_the_ledger_give_the_reports_of_its_lines(lived):
    flat, summed = moved(LINES, *lived), moved(SUMS, *lived)

    assert len(flat.bills) == flat.bills["bills"].sum() == summed.bills["bills"].sum() > 1
    for summary in SUMMARIES:
        pd.testing.assert_frame_equal(summary(flat), summary(summed))
    pd.testing.assert_frame_equal(
        reports.received_by_mode(flat.payments), reports.received_by_mode(summed.payments)
    )


def test_the_open_bills_summed_by_age_are_those_of_the_reports(lived):
    db, ishaan = lived
    today = TODAY + timedelta(days=40)
    flat = reports.open_bills_frame(open_bills(db, by=ishaan))

    def summed(cut):
        return reports.aged_frame(aged_sums(db, cut, by=ishaan))

    for cut, report in (
        ("age", reports.ageing),
        ("doctor_number", reports.ageing_by_doctor),
        ("specialty", reports.ageing_by_specialty),
    ):
        pd.testing.assert_frame_equal(report(flat, today), report(summed(cut)))
    assert reports.ageing(flat, today)["owed_paise"].tolist()[1] == 1_100_00


def test_who_owes_is_told_with_the_gates_own_rule(lived):
    db, ishaan = lived
    flat = reports.open_bills_frame(open_bills(db, by=ishaan))
    told = reports.owed_by_patient(
        flat, TODAY + timedelta(days=40), limit_paise=300_00, grace_days=10
    )
    rows = who_owes(db, by=ishaan)

    columns = ("patient_name", "patient_number", "phone", "bills", "owed_paise", "on_hold")
    assert rows_of(told, *columns) == [
        (
            *(one.patient_name, one.patient_number, one.phone, one.bills, one.owed_paise),
            one.held_from is not None,
        )
        for one in rows
    ]
    assert [(one.patient_name, one.held_from) for one in rows] == [
        ("Ben Thomas", TODAY),
        ("Asha Menon", None),
    ]


def test_the_bills_of_one_doctor_are_told_with_all_that_their_payers_owe(lived):
    db, ishaan = lived
    iyer = OwedWhere(doctor_number="DOC-0002")
    numbers = owed_numbers(db, iyer, by=ishaan)
    rows = who_owes(db, iyer, by=ishaan)

    assert numbers.owed_paise == sum(one.owed_paise for one in rows)
    assert numbers.patients == len(rows) == 1
    assert owed_numbers(db, OwedWhere(on_hold=True), by=ishaan).patients == 1
    assert owed_numbers(db, OwedWhere(age="over 90 days"), by=ishaan).bills == 0
    by_age = aged_sums(db, "age", OwedWhere(on_hold=True), by=ishaan)
    assert [(one.age, one.patients, one.owed_paise) for one in by_age] == [
        ("31–60 days", 1, 800_00)
    ]


def test_who_owes_is_read_a_page_at_a_time(lived):
    db, ishaan = lived
    pages = [who_owes(db, by=ishaan, first=first, at_most=1) for first in range(3)]

    assert [[one.patient_name for one in page] for page in pages] == [
        ["Ben Thomas"],
        ["Asha Menon"],
        [],
    ]


def test_the_home_page_counts_what_is_owed_in_sql(lived):
    db, ishaan = lived
    bills = open_bills(db, by=ishaan)
    numbers = till_numbers(db, by=ishaan)

    assert numbers.owed_paise == sum(bill.owed_paise for bill in bills) == 1_100_00
    assert numbers.patients_owing == len({bill.patient_id for bill in bills}) == 2


def test_what_was_owed_on_the_eve_is_todays_dues_rolled_back(lived):
    db, ishaan = lived

    assert owed_on_the_eve(db, TODAY, by=ishaan) == 0
    assert owed_on_the_eve(db, TODAY + timedelta(days=1), by=ishaan) == 1_100_00


def test_the_dues_are_read_by_the_index_of_open_bills(lived):
    db, ishaan = lived
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        owed_in_all(db)
        owed_numbers(db, by=ishaan)
        who_owes(db, by=ishaan)
        aged_sums(db, "doctor_number", OwedWhere(on_hold=True), by=ishaan)
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    # What is on a payment plan is looked up by its number, where a plan stands.
    of_bills = [one for one in asked if "FROM invoice" in one[0] and "plan_bill" not in one[0]]
    plans = [plan_of(db, *one) for one in of_bills]

    assert len(plans) == 4
    assert all("open_bills_of_a_payer" in plan for plan in plans)
    for other in ("SCAN invoice\n", "Seq Scan on invoice", "bills_of_a_payer ", "bills_by_day"):
        assert not [plan for plan in plans if other in plan.replace("open_bills_of_a_payer", "")]


def plan_of(db, statement, parameters):
    """How the database would answer; on tables of a few rows PostgreSQL must be urged."""
    sqlite = db.get_bind().dialect.name == "sqlite"
    if not sqlite:
        db.execute(text("SET LOCAL enable_seqscan = off"))
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    rows = db.connection().exec_driver_sql(explain + statement, parameters).all()
    return "\n".join(str(row[-1]) for row in rows) + "\n"


@pytest.mark.parametrize("read", SUMS)
def test_the_front_desk_reads_no_sums(db, ward, read):
    with pytest.raises(NotPermitted, match="see billing summaries"):
        read(db, TODAY, TODAY, by=ward.meera)


def test_the_front_desk_does_not_see_who_owes(db, ward):
    with pytest.raises(NotPermitted, match="see outstanding dues"):
        who_owes(db, by=ward.meera)
