"""Every report says of a known month what was worked out by hand beside it."""

import re
from decimal import Decimal

import pytest

from mediklaud import reports
from tests import known_month
from tests.known_month import FIRST, LAST, moved, owed_by, worked
from tests.test_reports import rows_of

OPENING = 1_750_50


def october():
    return moved().between(FIRST, LAST)


def september():
    return moved().between(*reports.period_before(FIRST, LAST))


def shared():
    return reports.shares_by_line(known_month.share_lines(), known_month.terms())


def of_dr_rao():
    ours = shared()
    return ours[
        (ours["doctor_number"] == "DOC-0001") & ours["day"].between("2026-10-01", "2026-10-31")
    ]


def who_owes():
    return reports.owed_by_patient(owed_by(LAST), LAST, limit_paise=450_00, grace_days=30)


REPORTS = {
    "october": lambda: reports.summary_of_period(october(), opening_paise=OPENING),
    "by_day": lambda: reports.summary_by_day(october(), opening_paise=OPENING),
    "by_week": lambda: reports.summary_by_week(october(), opening_paise=OPENING),
    "by_month": lambda: reports.summary_by_month(moved()),
    "by_doctor": lambda: reports.summary_by_doctor(october()),
    "by_specialty": lambda: reports.summary_by_specialty(october()),
    "by_kind": lambda: reports.summary_by_kind(october()),
    "by_mode": lambda: reports.received_by_mode(october().payments),
    "compared_with_september": lambda: reports.compared(october(), september()),
    "open_bills_on_31_october": lambda: reports.open_bills_as_of(moved(), LAST),
    "ageing_on_31_october": lambda: reports.ageing(owed_by(LAST), LAST),
    "ageing_by_doctor_on_31_october": lambda: reports.ageing_by_doctor(owed_by(LAST), LAST),
    "ageing_by_specialty_on_31_october": lambda: reports.ageing_by_specialty(owed_by(LAST), LAST),
    "who_owes_on_31_october": who_owes,
    "statement_of_ben_in_october": lambda: reports.statement(
        known_month.account_of("Ben"), FIRST, LAST
    ),
    "statement_of_chitra": lambda: reports.statement(known_month.account_of("Chitra")),
    "shares_by_month": lambda: reports.shares_by_month(shared()),
    "shares_of_dr_rao_by_receipt_in_october": lambda: reports.shares_by_receipt(of_dr_rao()),
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_report_says_what_was_worked_out_by_hand(name):
    columns, figures = worked(name)

    assert rows_of(REPORTS[name](), *columns) == figures


def test_what_was_owed_at_the_end_of_a_day_is_what_was_worked_out_by_hand():
    _, figures = worked("owed_as_of")

    assert [(day, reports.owed_as_of(moved(), day)) for day, _ in figures] == figures


def test_the_opening_is_todays_dues_rolled_back():
    _, ((opening,),) = worked("opening")
    now = sum(known_month.still_owed().values())
    since = moved().between(FIRST, known_month.date(2026, 11, 1))

    assert opening == OPENING == reports.owed_before(now, since)


def test_every_figure_worked_out_stands_in_a_test():
    assert {*REPORTS, "opening", "owed_as_of"} == set(known_month.BOOK["worked"])


def test_every_sum_in_the_working_is_right():
    """A slip of the pen in the working would be copied into the figures."""
    told = [line for one in known_month.BOOK["worked"].values() for line in one["how"]]
    sums = [line for line in told if re.fullmatch(r"[-+= .\d]+", line)]

    for line in sums:
        left, right = line.split(" = ")
        terms = re.findall(r"([-+]?) ?([\d.]+)", left)
        assert sum(Decimal(f"{sign}{term}") for sign, term in terms) == Decimal(right), line
    assert len(sums) > 70


def test_the_doctors_shares_tie_to_what_the_receipts_brought():
    ours = shared()
    by_doctor = reports.summary_by_doctor(october()).set_index("doctor_number")["received_paise"]
    by_month = reports.shares_by_month(ours)
    of_october = by_month[by_month["month"] == "2026-10-01"].set_index("doctor_number")

    assert of_october["received_paise"].to_dict() == by_doctor.drop("").to_dict()
    assert (ours["share_paise"] + ours["hospital_paise"] == ours["received_paise"]).all()
