"""The known month through the repository: SQL says of it what was worked out by hand."""

from datetime import date
from importlib import import_module

from mediklaud import reports
from mediklaud.database import reading
from mediklaud.repository import (
    CONSOLE,
    account_named,
    aged_sums,
    allocated_sums,
    billed_sums,
    credited_sums,
    owed_on_the_eve,
    statement_of,
    till_sums,
    who_owes,
)
from tests.conftest import assert_house_is_green
from tests.known_month import FIRST, LAST, worked
from tests.known_month_lived import Month
from tests.test_reports import rows_of

END = date(2026, 11, 1)
# The room, not the verb of the same name.
doctors = import_module("mediklaud.repository.doctors")


def test_the_month_that_was_lived_is_the_month_that_was_worked_out(
    empty_house, nine_o_clock, monkeypatch
):
    # The book has one procedure beyond what a fee may be.
    monkeypatch.setattr(doctors, "HIGHEST_FEE_PAISE", 2_00_000_00)
    month = Month(nine_o_clock)
    month.upto(LAST)
    tell_dues_of_the_last_day()
    month.upto(END)
    tell_what_moved()
    assert_house_is_green()


def tell_dues_of_the_last_day():
    with reading() as db:
        by = account_named(db, "ishaan")

        aged = reports.aged_frame(aged_sums(db, by=by))
        for name, told in (
            ("ageing_on_31_october", reports.ageing(aged)),
            ("ageing_by_doctor_on_31_october", reports.ageing_by_doctor(aged)),
            ("ageing_by_specialty_on_31_october", reports.ageing_by_specialty(aged)),
        ):
            columns, figures = worked(name)
            assert rows_of(told, *columns) == figures, name
        columns, figures = worked("who_owes_on_31_october")
        owing = {
            one.patient_name: (one.bills, one.owed_paise, one.on_hold)
            for one in who_owes(db, by=by)
        }
        place = [columns.index(word) for word in ("bills", "owed_paise", "on_hold")]
        name = columns.index("patient_name")
        assert owing == {row[name]: tuple(row[at] for at in place) for row in figures}


def tell_what_moved():
    with reading() as db:
        by = account_named(db, "ishaan")

        def moved(first, last):
            return reports.Movements(
                reports.bills_frame(billed_sums(db, first, last, by=by)),
                reports.credits_frame(credited_sums(db, first, last, by=by)),
                reports.payments_frame(till_sums(db, first, last, by=by)),
                reports.allocations_frame(allocated_sums(db, first, last, by=by)),
            )

        october, september = moved(FIRST, LAST), moved(*reports.period_before(FIRST, LAST))
        opening = owed_on_the_eve(db, FIRST, by=by)
        for name, told in (
            ("october", reports.summary_of_period(october, opening_paise=opening)),
            ("by_day", reports.summary_by_day(october, opening_paise=opening)),
            ("by_week", reports.summary_by_week(october, opening_paise=opening)),
            ("by_month", reports.summary_by_month(moved(date(2026, 7, 1), END))),
            ("by_doctor", reports.summary_by_doctor(october)),
            ("by_specialty", reports.summary_by_specialty(october)),
            ("by_kind", reports.summary_by_kind(october)),
            ("by_mode", reports.received_by_mode(october.payments)),
            ("compared_with_september", reports.compared(october, september)),
        ):
            columns, figures = worked(name)
            assert rows_of(told, *columns) == figures, name
        chitra = next(one for one in who_owes(db, by=by) if one.patient_name == "Chitra")
        columns, figures = worked("statement_of_chitra")
        told = statement_of(db, chitra.patient_id, date(2026, 7, 1), END, by=CONSOLE)
        assert list(told.balances) == [row[columns.index("balance_paise")] for row in figures]
