"""The reports: each on a tiny frame made by hand, by properties, and on the ledger."""

from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mediklaud import reports
from mediklaud.errors import NotPermitted
from mediklaud.models import Method, VisitKind
from mediklaud.reports import Movements
from mediklaud.repository import (
    Dues,
    OpenBill,
    begin_consultation,
    billed_lines,
    book_appointment,
    finish_consultation,
    open_bills,
    papers_numbered,
    received_lines,
    take_payment,
)
from mediklaud.repository.dues import dues_of
from tests.hospital import TODAY, at
from tests.known_month import rows

TOMORROW = date(2026, 11, 24)


def bills(*lines):
    """Bills of a day and a sum, and what else is said of them."""
    return reports.bills_frame(_named(("day", "billed_paise"), lines))


def payments(*lines):
    """Money received of a day, a method and a sum."""
    return reports.payments_frame(_named(("day", "method", "received_paise"), lines))


def allocations(*lines):
    """Parts set against bills, of a day and a sum."""
    return reports.allocations_frame(_named(("day", "allocated_paise"), lines))


def credit_notes(*lines):
    """Credit notes of a day and a sum."""
    return reports.credits_frame(_named(("day", "credited_paise"), lines))


def _named(words, lines):
    more = [line[-1] if isinstance(line[-1], dict) else {} for line in lines]
    names = [*words, *(more[0] if more else {})]
    plain = [line[: len(words)] for line in lines]
    return rows(names, [(*line, *rest.values()) for line, rest in zip(plain, more, strict=True)])


def owed(*lines):
    """Open bills of a day and a sum, paid by patient 1 unless another is named."""
    usual = {"patient_id": 1, "patient_name": "Asha Menon", "patient_number": "JMI-000001"}
    usual |= {"doctor_number": "DOC-0001", "doctor_name": "Dr Rao", "specialty": "Cardiology"}
    told = [{**usual, **(line[2] if line[2:] else {})} for line in lines]
    names = ["issued_on", "owed_paise", *usual]
    return reports.open_bills_frame(
        rows(names, [(*line[:2], *more.values()) for line, more in zip(lines, told, strict=True)])
    )


def rows_of(frame, *columns):
    """The frame's rows as plain tuples; days as dates, what is missing as None."""
    plain = frame[list(columns)] if columns else frame
    whole = plain.apply(lambda one: one.dt.date if one.dtype.kind == "M" else one).astype("object")
    return [tuple(row) for row in whole.where(whole.notna(), None).itertuples(index=False)]


# Frames


def test_a_frame_takes_rows_by_their_names_in_any_order():
    told = reports.bills_frame(rows("total_paise kind issued_on", [(500, VisitKind.FIRST, TODAY)]))

    assert rows_of(told, "day", "kind", "bills", "billed_paise") == [(TODAY, "first", 1, 500)]


def test_whole_decimals_are_taken_as_the_database_sums_them_and_parts_of_a_paisa_are_not():
    whole = reports.bills_frame(rows("day billed_paise", [(TODAY, Decimal(2**53 + 1))]))

    assert rows_of(whole, "billed_paise") == [(2**53 + 1,)]
    with pytest.raises(AssertionError, match="whole paise"):
        reports.bills_frame(rows("day billed_paise", [(TODAY, Decimal("10.5"))]))
    with pytest.raises(AssertionError, match="whole paise"):
        reports.bills_frame(rows("day billed_paise", [(TODAY, 10.5)]))


def test_what_moved_is_kept_between_two_days_both_included():
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)]
    moved = Movements(bills(*((day, 1) for day in days)), payments=payments((days[3], "cash", 2)))

    assert rows_of(moved.between(days[1], days[2]).bills, "day") == [(days[1],), (days[2],)]
    assert moved.upto(days[2]).payments.empty
    assert not moved.empty
    assert Movements().empty


# What is owed


@pytest.mark.parametrize(
    ("issued_on", "age"),
    [
        (date(2026, 11, 23), "0–30 days"),
        (date(2026, 10, 24), "0–30 days"),
        (date(2026, 10, 23), "31–60 days"),
        (date(2026, 9, 24), "31–60 days"),
        (date(2026, 9, 23), "61–90 days"),
        (date(2026, 8, 25), "61–90 days"),
        (date(2026, 8, 24), "over 90 days"),
        (date(2019, 1, 1), "over 90 days"),
        (date(2026, 11, 24), "0–30 days"),
    ],
)
def test_a_bill_stands_in_one_age(issued_on, age):
    aged = reports.ageing(owed((issued_on, 500)), TODAY)

    assert rows_of(aged[aged["bills"] > 0]) == [(age, 1, 1, 500)]


def test_ageing_counts_bills_and_patients_apart():
    told = owed((TODAY, 100), (TODAY, 200), (TODAY, 400, {"patient_id": 2}))

    assert rows_of(reports.ageing(told, TODAY))[0] == ("0–30 days", 3, 2, 700)


def test_ageing_by_doctor_has_a_column_for_each_age():
    told = owed(
        (TODAY, 100),
        (date(2026, 10, 20), 20, {"doctor_number": "DOC-0002", "doctor_name": "Dr Iyer"}),
        (date(2026, 9, 20), 3),
        (date(2020, 1, 1), 400, {"doctor_number": "DOC-0002", "doctor_name": "Dr Iyer"}),
    )

    assert rows_of(reports.ageing_by_doctor(told, TODAY)) == [
        ("DOC-0002", "Dr Iyer", 2, 1, 0, 20, 0, 400, 420),
        ("DOC-0001", "Dr Rao", 2, 1, 100, 0, 3, 0, 103),
    ]


def test_who_owes_most_comes_first_with_the_oldest_bills_age():
    ben = {"patient_id": 2, "patient_name": "Ben Thomas"}
    told = owed(
        (date(2026, 11, 13), 300), (date(2026, 11, 20), 300), (date(2026, 11, 22), 900, ben)
    )

    columns = ("patient_name", "bills", "oldest_days", "owed_paise")
    assert rows_of(reports.owed_by_patient(told, TODAY), *columns) == [
        ("Ben Thomas", 1, 1, 900),
        ("Asha Menon", 2, 10, 600),
    ]


@settings(deadline=None, max_examples=40)
@given(
    some.lists(some.tuples(some.integers(0, 40), some.integers(1, 500)), min_size=1, max_size=5),
    some.integers(0, 900),
    some.integers(0, 40),
)
def test_on_hold_is_the_dues_gates_own_rule(owing, limit_paise, grace_days):
    days = [(TODAY - timedelta(days=age), age, paise) for age, paise in owing]
    gate = Dues(
        tuple(OpenBill("n", day, "Dr Rao", paise, paise, age) for day, age, paise in days),
        limit_paise,
        grace_days,
    )
    told = reports.owed_by_patient(
        owed(*((day, paise) for day, _, paise in days)),
        TODAY,
        limit_paise=limit_paise,
        grace_days=grace_days,
    )

    assert list(told["on_hold"]) == [gate.on_hold]


# What was billed, credited and received


def test_a_week_is_told_by_its_monday_and_a_month_by_its_first_day():
    moved = Movements(bills((date(2026, 1, 31), 10), (date(2026, 2, 1), 40), (date(2026, 2, 2), 5)))

    columns = ("bills", "billed_paise", "owed_paise")
    assert rows_of(reports.summary_by_week(moved), "week", *columns) == [
        (date(2026, 1, 26), 2, 50, 50),
        (date(2026, 2, 2), 1, 5, 55),
    ]
    assert rows_of(reports.summary_by_month(moved), "month", *columns) == [
        (date(2026, 1, 1), 1, 10, 10),
        (date(2026, 2, 1), 2, 45, 55),
    ]


def test_two_doctors_of_one_name_are_two_and_a_renamed_one_is_one():
    moved = Movements(
        bills(
            (TODAY, 10, {"doctor_number": "DOC-0001", "doctor_name": "Dr Rao"}),
            (TODAY, 20, {"doctor_number": "DOC-0002", "doctor_name": "Dr Rao"}),
            (TODAY, 40, {"doctor_number": "DOC-0002", "doctor_name": "Dr Rao-Iyer"}),
        )
    )

    columns = ("doctor_number", "doctor_name", "bills", "billed_paise")
    assert rows_of(reports.summary_by_doctor(moved), *columns) == [
        ("DOC-0002", "Dr Rao-Iyer", 2, 60),
        ("DOC-0001", "Dr Rao", 1, 10),
    ]


def test_money_on_no_bill_has_a_row_of_its_own():
    moved = Movements(
        payments=payments((TODAY, "cash", 500)), allocations=allocations((TODAY, 200))
    )

    assert rows_of(reports.summary_by_kind(moved), "kind", "received_paise") == [
        ("", 200),
        (reports.ADVANCES, 300),
    ]
    assert rows_of(reports.summary_by_kind(Movements(allocations=moved.allocations))) == [
        ("", 0, 0, 0, 200, -200),
        (reports.ADVANCES, 0, 0, 0, -200, 0),
    ]


def test_refunds_and_reversals_are_told_beside_what_was_taken():
    told = payments(
        (TODAY, "cash", 500, {"sort": "receipt"}),
        (TODAY, "cash", 70, {"sort": "advance"}),
        (TODAY, "cash", -100, {"sort": "refund"}),
        (TODAY, "cheque", -30, {"sort": "reversal"}),
    )

    assert rows_of(reports.received_by_mode(told)) == [
        ("cash", 3, 570, 100, 0, 470),
        ("cheque", 1, 0, 0, 30, -30),
    ]


def test_a_day_with_one_side_only_has_a_zero_on_the_other():
    moved = Movements(
        bills((date(2026, 1, 1), 100)), allocations=allocations((date(2026, 1, 2), 60))
    )

    columns = ("day", "billed_paise", "allocated_paise", "change_paise", "owed_paise")
    assert rows_of(reports.summary_by_day(moved), *columns) == [
        (date(2026, 1, 1), 100, 0, 100, 100),
        (date(2026, 1, 2), 0, 60, -60, 40),
    ]


def test_every_day_of_a_period_has_its_row_and_keeps_what_is_owed():
    period = (date(2026, 1, 1), date(2026, 1, 3))
    told = reports.summary_by_day(
        Movements(bills((date(2026, 1, 2), 100))), opening_paise=7, every=period
    )

    assert rows_of(told, "day", "billed_paise", "owed_paise") == [
        (date(2026, 1, 1), 0, 7),
        (date(2026, 1, 2), 100, 107),
        (date(2026, 1, 3), 0, 107),
    ]


def test_every_week_and_month_of_a_quiet_period_has_its_row():
    period = (date(2026, 1, 31), date(2026, 2, 2))

    weeks = reports.summary_by_week(Movements(), every=period)
    months = reports.summary_by_month(Movements(), opening_paise=5, every=period)

    assert rows_of(weeks, "week") == [(date(2026, 1, 26),), (date(2026, 2, 2),)]
    assert rows_of(months, "month", "owed_paise") == [
        (date(2026, 1, 1), 5),
        (date(2026, 2, 1), 5),
    ]


def test_sums_stay_whole_beyond_what_a_float_can_count():
    odd = 2**53 + 1
    moved = Movements(
        bills((TODAY, odd), (date(2026, 11, 1), 0)),
        payments=payments((date(2026, 11, 2), Method.BANK, odd)),
        allocations=allocations((date(2026, 11, 2), odd)),
    )

    told = reports.summary_by_day(moved)
    assert (told["billed_paise"].max(), told["change_paise"].min()) == (odd, -odd)
    assert rows_of(reports.compared(moved, moved), "now_paise", "change_basis_points")[0] == (
        odd,
        0,
    )


# Two periods


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (("2026-10-01", "2026-10-31"), ("2026-09-01", "2026-09-30")),
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        (("2026-01-01", "2026-01-31"), ("2025-12-01", "2025-12-31")),
        (("2026-04-01", "2026-06-30"), ("2026-01-01", "2026-03-31")),
        (("2026-04-01", "2027-03-31"), ("2025-04-01", "2026-03-31")),
        (("2026-11-01", "2026-11-23"), ("2026-10-09", "2026-10-31")),
        (("2026-11-23", "2026-11-23"), ("2026-11-22", "2026-11-22")),
        (("2026-10-05", "2026-10-11"), ("2026-09-28", "2026-10-04")),
    ],
)
def test_the_period_before_is_as_many_months_or_else_as_many_days(period, before):
    days = [date.fromisoformat(day) for day in (*period, *before)]

    assert reports.period_before(*days[:2]) == tuple(days[2:])


def test_a_summary_stands_beside_the_one_before_with_whoever_is_in_either():
    now = pd.DataFrame({"specialty": ["ENT", "Eye"], "billed_paise": [150, 10]})
    before = pd.DataFrame({"specialty": ["Skin", "ENT"], "billed_paise": [40, 100]})

    assert rows_of(reports.side_by_side(now, before, "specialty", "billed_paise")) == [
        ("ENT", 150, 100, 50, 5000),
        ("Eye", 10, 0, 10, None),
        ("Skin", 0, 40, -40, -10000),
    ]


def test_a_doctor_in_both_periods_is_named_as_now():
    now = pd.DataFrame({"doctor_number": ["D1"], "doctor_name": ["Dr New"], "billed_paise": [2]})
    before = pd.DataFrame({"doctor_number": ["D1"], "doctor_name": ["Dr Old"], "billed_paise": [3]})

    told = reports.side_by_side(now, before, "doctor_number", "billed_paise", name="doctor_name")
    assert rows_of(told) == [("D1", "Dr New", 2, 3, -1, -3333)]


@pytest.mark.parametrize(
    ("basis_points", "words"),
    [
        (1250, "+12.5 %"),
        (-304, "−3.0 %"),
        (-305, "−3.1 %"),
        (0, "0.0 %"),
        (4, "0.0 %"),
        (5, "+0.1 %"),
        (725_367, "+7,253.7 %"),
        (None, "–"),
        (pd.NA, "–"),
    ],
)
def test_a_change_is_told_in_percent(basis_points, words):
    assert reports.percent_words(basis_points) == words


# A statement


def test_a_statement_of_a_month_begins_with_what_was_brought_forward():
    lines = reports.statement_frame(
        rows(
            "day number about amount_paise",
            [
                (date(2026, 10, 2), "R-1", "receipt", -300),
                (date(2026, 9, 1), "B-1", "bill", 500),
                (date(2026, 11, 1), "B-2", "bill", 900),
            ],
        )
    )

    told = reports.statement(lines, date(2026, 10, 1), date(2026, 10, 31), opening_paise=50)

    assert rows_of(told, "number", "charged_paise", "paid_paise", "balance_paise") == [
        ("", 550, 0, 550),
        ("R-1", 0, 300, 250),
    ]
    assert rows_of(reports.statement(lines, opening_paise=50), "balance_paise")[-1] == (1150,)


# Through the ledger, on both engines


def consult(db, patient, doctor, account, by, hour, day=TODAY):
    """Book a visit, hold it, and return its bill."""
    booked = book_appointment(
        db, patient, doctor, at(hour, day=day), VisitKind.FIRST, form=f"{day}{hour}", by=by
    )
    begun = begin_consultation(db, booked, by=account)
    return finish_consultation(db, begun, "Seen.", by=account)


def test_the_ledger_is_read_between_two_days_as_the_papers_say(db, ward, nine_o_clock):
    consult(db, ward.asha, ward.rao, ward.rao_account, ward.meera, 10)
    consult(db, ward.ben, ward.iyer, ward.iyer_account, ward.meera, 11)
    take_payment(db, ward.asha, 800_00, Method.CASH, form="p1", by=ward.ishaan)
    nine_o_clock.move_to(at(9, day=TOMORROW))
    consult(db, ward.asha, ward.iyer, ward.iyer_account, ward.meera, 10, TOMORROW)
    take_payment(db, ward.ben, 200_00, Method.UPI, reference="u1", form="p2", by=ward.ishaan)

    received = received_lines(db, TODAY, TOMORROW, by=ward.ishaan)
    moved = Movements(
        reports.bills_frame(billed_lines(db, TODAY, TOMORROW, by=ward.khan)),
        payments=reports.payments_frame(received),
        allocations=reports.allocations_frame(received),
    )

    columns = ("bills", "billed_paise", "received_paise", "change_paise")
    assert rows_of(reports.summary_by_day(moved), "day", *columns) == [
        (TODAY, 2, 1_300_00, 800_00, 500_00),
        (TOMORROW, 1, 500_00, 200_00, 300_00),
    ]
    assert rows_of(reports.summary_of_period(moved), *columns, "unpaid_paise") == [
        (3, 1_800_00, 1_000_00, 800_00, 800_00)
    ]
    by_doctor = ("doctor_number", "doctor_name", "bills", "billed_paise")
    assert rows_of(reports.summary_by_doctor(Movements(moved.bills)), *by_doctor) == [
        ("DOC-0002", "Dr Suresh Iyer", 2, 1_000_00),
        ("DOC-0001", "Dr Anjali Rao", 1, 800_00),
    ]
    by_mode = reports.received_by_mode(moved.payments)
    assert rows_of(by_mode, "method", "lines", "received_paise") == [
        ("cash", 1, 800_00),
        ("upi", 1, 200_00),
    ]


def test_a_day_outside_the_period_is_left_out(db, ward, nine_o_clock):
    consult(db, ward.asha, ward.rao, ward.rao_account, ward.meera, 10)
    take_payment(db, ward.asha, 800_00, Method.CASH, form="p1", by=ward.ishaan)

    assert billed_lines(db, TOMORROW, TOMORROW, by=ward.ishaan) == []
    assert received_lines(db, TOMORROW, TOMORROW, by=ward.ishaan) == []
    assert len(billed_lines(db, TODAY, TODAY, by=ward.ishaan)) == 1
    assert len(received_lines(db, TODAY, TODAY, by=ward.ishaan)) == 1


def test_a_payment_just_before_midnight_belongs_to_its_receipts_day(db, ward, nine_o_clock):
    consult(db, ward.asha, ward.rao, ward.rao_account, ward.meera, 10)
    nine_o_clock.move_to(at(23, 59))
    take_payment(db, ward.asha, 300_00, Method.CASH, form="p1", by=ward.ishaan)
    nine_o_clock.move_to(at(0, 1, day=TOMORROW))
    take_payment(db, ward.asha, 500_00, Method.CASH, form="p2", by=ward.ishaan)

    days = [received_lines(db, day, day, by=ward.ishaan) for day in (TODAY, TOMORROW)]

    assert [row.amount_paise for rows in days for row in rows] == [300_00, 500_00]


def test_what_is_owed_by_the_reports_is_what_the_gate_counts(db, ward):
    consult(db, ward.asha, ward.rao, ward.rao_account, ward.meera, 10)
    take_payment(db, ward.asha, 100_00, Method.CASH, form="p1", by=ward.ishaan)
    consult(db, ward.ben, ward.iyer, ward.iyer_account, ward.meera, 11)

    told = reports.open_bills_frame(open_bills(db, by=ward.ishaan))
    owing = reports.owed_by_patient(told, TODAY)

    assert rows_of(owing, "patient_id", "owed_paise", "on_hold") == [
        (one.id, dues_of(db, one.id).total_paise, dues_of(db, one.id).on_hold)
        for one in (ward.asha, ward.ben)
    ]
    by_doctor = reports.ageing_by_doctor(told, TODAY)
    assert rows_of(by_doctor, "doctor_number", "owed_paise") == [
        ("DOC-0001", 700_00),
        ("DOC-0002", 500_00),
    ]


def test_a_paper_is_found_by_its_number_however_it_is_typed(db, ward):
    issued = consult(db, ward.asha, ward.rao, ward.rao_account, ward.meera, 10)
    receipt = take_payment(db, ward.asha, 800_00, Method.CASH, form="p1", by=ward.ishaan)

    for number in (issued.number, receipt.number):
        found = papers_numbered(db, f"  {number.lower()} ", by=ward.ishaan)
        assert [paper.number for paper in found] == [number]
    assert papers_numbered(db, "JMI/2627/999999", by=ward.ishaan) == []


def test_the_front_desk_reads_no_ledger(db, ward):
    with pytest.raises(NotPermitted):
        billed_lines(db, TODAY, TODAY, by=ward.meera)
    with pytest.raises(NotPermitted):
        received_lines(db, TODAY, TODAY, by=ward.tara)
    with pytest.raises(NotPermitted):
        papers_numbered(db, "JMI/2627/000001", by=ward.khan)
