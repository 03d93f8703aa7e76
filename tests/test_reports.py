"""The reports: each on a tiny frame made by hand, a month of known figures, and the ledger."""

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mediklaud import reports
from mediklaud.errors import NotPermitted
from mediklaud.models import Method, VisitKind
from mediklaud.repository import (
    Dues,
    OpenBill,
    begin_consultation,
    billed_lines,
    book_appointment,
    dues_of,
    finish_consultation,
    open_bills,
    papers_numbered,
    received_lines,
    take_payment,
)
from mediklaud.spreadsheet import csv_of
from tests.hospital import TODAY, at

MONTH = Path(__file__).parent / "data" / "month.csv"
TOMORROW = date(2026, 11, 24)


def bill(day, paise, *, doctor=1, specialty="Cardiology", patient=1, owed=0, name="Dr Rao"):
    """A row of ledger.billed_lines."""
    return (day, "JMI/2627/000001", f"DOC-000{doctor}", name, specialty, patient, paise, owed)


def open_bill(day, owed, *, patient=1, doctor=1, specialty="Cardiology", name="Asha Menon"):
    """A row of dues.open_bills."""
    number = f"JMI-00000{patient}"
    who = (patient, number, name, "+919886011111")
    return ("JMI/2627/000001", day, "Dr Rao", specialty, *who, owed, owed, f"DOC-000{doctor}")


def rows_of(frame, *columns):
    """The frame's rows as plain tuples; days as dates."""
    plain = frame[list(columns)] if columns else frame
    whole = plain.apply(lambda one: one.dt.date if one.dtype.kind == "M" else one)
    return [tuple(row) for row in whole.itertuples(index=False)]


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
    aged = reports.ageing(reports.open_bills_frame([open_bill(issued_on, 500)]), TODAY)

    assert rows_of(aged[aged["bills"] > 0]) == [(age, 1, 1, 500)]


def test_ageing_counts_bills_and_patients_apart():
    bills = [open_bill(TODAY, 100), open_bill(TODAY, 200), open_bill(TODAY, 400, patient=2)]

    assert rows_of(reports.ageing(reports.open_bills_frame(bills), TODAY))[0] == (
        "0–30 days",
        3,
        2,
        700,
    )


def test_who_owes_most_comes_first_with_the_oldest_bills_age():
    bills = [
        open_bill(date(2026, 11, 13), 300),
        open_bill(date(2026, 11, 20), 300),
        open_bill(date(2026, 11, 22), 900, patient=2, name="Ben Thomas"),
    ]
    owing = reports.owed_by_patient(reports.open_bills_frame(bills), TODAY)

    columns = ("patient_name", "bills", "oldest_days", "owed_paise")
    assert rows_of(owing, *columns) == [("Ben Thomas", 1, 1, 900), ("Asha Menon", 2, 10, 600)]


@settings(deadline=None, max_examples=40)
@given(
    some.lists(some.tuples(some.integers(0, 40), some.integers(1, 500)), min_size=1, max_size=5),
    some.integers(0, 900),
    some.integers(0, 40),
)
def test_on_hold_is_the_dues_gates_own_rule(owed, limit_paise, grace_days):
    days = [(TODAY - pd.Timedelta(days=age), age, paise) for age, paise in owed]
    gate = Dues(
        tuple(OpenBill("n", day, "Dr Rao", paise, paise, age) for day, age, paise in days),
        limit_paise,
        grace_days,
    )
    owing = reports.owed_by_patient(
        reports.open_bills_frame([open_bill(day, paise) for day, _, paise in days]),
        TODAY,
        limit_paise=limit_paise,
        grace_days=grace_days,
    )

    assert list(owing["on_hold"]) == [gate.on_hold]


def test_what_is_owed_is_told_by_doctor_and_by_specialty():
    bills = reports.open_bills_frame(
        [
            open_bill(TODAY, 100),
            open_bill(TODAY, 200, doctor=2, specialty="Paediatrics"),
            open_bill(TODAY, 50, doctor=3),
        ]
    )

    assert rows_of(reports.owed_by_doctor(bills), "doctor_number", "bills", "owed_paise") == [
        ("DOC-0002", 1, 200),
        ("DOC-0001", 1, 100),
        ("DOC-0003", 1, 50),
    ]
    assert rows_of(reports.owed_by_specialty(bills)) == [
        ("Paediatrics", 1, 200),
        ("Cardiology", 2, 150),
    ]


# What was billed and received


def test_a_day_and_a_month_sum_their_bills():
    bills = reports.bills_frame(
        [bill(date(2026, 1, 31), 10), bill(date(2026, 1, 31), 20), bill(date(2026, 2, 1), 40)]
    )

    assert rows_of(reports.billed_by_day(bills)) == [
        (date(2026, 1, 31), 2, 30),
        (date(2026, 2, 1), 1, 40),
    ]
    assert rows_of(reports.billed_by_month(bills)) == [
        (date(2026, 1, 1), 2, 30),
        (date(2026, 2, 1), 1, 40),
    ]


def test_two_doctors_of_one_name_are_two_and_a_renamed_one_is_one():
    bills = reports.bills_frame(
        [
            bill(TODAY, 10, doctor=1, name="Dr Rao"),
            bill(TODAY, 20, doctor=2, name="Dr Rao"),
            bill(TODAY, 40, doctor=2, name="Dr Rao-Iyer"),
        ]
    )

    assert rows_of(reports.billed_by_doctor(bills)) == [
        ("DOC-0002", "Dr Rao-Iyer", 2, 60),
        ("DOC-0001", "Dr Rao", 1, 10),
    ]


def test_payments_are_told_by_day_by_month_and_by_method():
    payments = reports.payments_frame(
        [(date(2026, 1, 31), Method.CASH, 10), (date(2026, 2, 1), Method.UPI, 25)]
    )

    assert rows_of(reports.received_by_day(payments))[0] == (date(2026, 1, 31), 1, 10)
    assert rows_of(reports.received_by_month(payments))[1] == (date(2026, 2, 1), 1, 25)
    assert rows_of(reports.received_by_method(payments)) == [("upi", 1, 25), ("cash", 1, 10)]


def test_a_day_with_one_side_only_has_a_zero_on_the_other():
    bills = reports.bills_frame([bill(date(2026, 1, 1), 100)])
    payments = reports.payments_frame([(date(2026, 1, 2), Method.CASH, 60)])

    assert rows_of(reports.summary_by_day(bills, payments)) == [
        (date(2026, 1, 1), 1, 100, 0, 100),
        (date(2026, 1, 2), 0, 0, 60, -60),
    ]


def test_every_day_of_a_period_has_its_row():
    bills = reports.bills_frame([bill(date(2026, 1, 2), 100)])
    summary = reports.summary_by_day(bills, reports.payments_frame([]))

    told = reports.every_day(summary, date(2026, 1, 1), date(2026, 1, 3))

    assert rows_of(told, "day", "billed_paise") == [
        (date(2026, 1, 1), 0),
        (date(2026, 1, 2), 100),
        (date(2026, 1, 3), 0),
    ]


def test_sums_stay_whole_beyond_what_a_float_can_count():
    odd = 2**53 + 1
    bills = reports.bills_frame([bill(TODAY, odd), bill(date(2026, 11, 1), 0, doctor=2)])
    payments = reports.payments_frame([(date(2026, 11, 2), Method.BANK, odd)])

    assert reports.summary_by_day(bills, payments)["billed_paise"].max() == odd
    assert reports.summary_by_day(bills, payments)["change_paise"].min() == -odd


def test_an_empty_house_gives_empty_frames_of_the_same_shape():
    full = [reports.bills_frame([bill(TODAY, 5)]), reports.payments_frame([(TODAY, "cash", 5)])]
    none = [reports.bills_frame([]), reports.payments_frame([])]
    owed = [reports.open_bills_frame([open_bill(TODAY, 5)]), reports.open_bills_frame([])]
    of_bills = ("billed_by_day", "billed_by_month", "billed_by_doctor", "billed_by_specialty")
    of_payments = ("received_by_day", "received_by_month", "received_by_method")
    of_both = ("summary_by_day", "summary_by_month", "summary_of_period")
    of_owed = ("owed_by_doctor", "owed_by_specialty")
    shapes = [
        *((name, [full[0]], [none[0]]) for name in of_bills),
        *((name, [full[1]], [none[1]]) for name in of_payments),
        *((name, full, none) for name in of_both),
        *((name, owed[:1], owed[1:]) for name in of_owed),
        *((name, [owed[0], TODAY], [owed[1], TODAY]) for name in ("ageing", "owed_by_patient")),
    ]

    for name, something, nothing in shapes:
        report = getattr(reports, name)
        told = report(*nothing)
        assert told.dtypes.to_dict() == report(*something).dtypes.to_dict(), name
        assert told.select_dtypes("number").to_numpy().sum() == 0, name


# A month of known figures: October 2026, added up on paper


def month():
    """The bills and payments of tests/data/month.csv."""
    with MONTH.open() as file:
        rows = list(csv.DictReader(file))
    bills = [
        (
            *(date.fromisoformat(row["day"]), row["number"], row["doctor_number"]),
            *(row["doctor_name"], row["specialty"], int(row["patient_id"])),
            *(int(row["paise"]), int(row["owed_paise"])),
        )
        for row in rows
        if row["kind"] == "bill"
    ]
    payments = [
        (date.fromisoformat(row["day"]), row["method"], int(row["paise"]))
        for row in rows
        if row["kind"] == "payment"
    ]
    return reports.bills_frame(bills), reports.payments_frame(payments)


def test_the_months_days_come_to_what_was_added_up_on_paper():
    assert rows_of(reports.summary_by_day(*month())) == [
        (date(2026, 10, 1), 2, 1_300_00, 800_00, 500_00),
        (date(2026, 10, 2), 1, 450_50, 650_50, -200_00),
        (date(2026, 10, 5), 2, 1_200_00, 800_00, 400_00),
        (date(2026, 10, 6), 0, 0, 300_00, -300_00),
        (date(2026, 10, 9), 1, 500_00, 0, 500_00),
        (date(2026, 10, 14), 2, 950_50, 450_50, 500_00),
        (date(2026, 10, 15), 0, 0, 500_00, -500_00),
        (date(2026, 10, 20), 1, 800_00, 800_00, 0),
        (date(2026, 10, 31), 2, 1_23_907_00, 1_23_456_50, 450_50),
    ]


def test_the_month_comes_to_what_was_added_up_on_paper():
    bills, payments = month()

    assert rows_of(reports.summary_by_month(bills, payments)) == [
        (date(2026, 10, 1), 11, 1_29_108_00, 1_27_757_50, 1_350_50)
    ]
    assert rows_of(reports.summary_of_period(bills, payments)) == [
        (11, 1_29_108_00, 1_27_757_50, 1_350_50, 1_350_50)
    ]


def test_the_months_doctors_specialties_and_methods_come_to_what_was_added_up_on_paper():
    bills, payments = month()

    assert rows_of(reports.billed_by_doctor(bills)) == [
        ("DOC-0001", "Dr Anjali Rao", 5, 1_26_256_50),
        ("DOC-0002", "Dr Suresh Iyer", 3, 1_500_00),
        ("DOC-0003", "Dr Farida Contractor", 3, 1_351_50),
    ]
    assert rows_of(reports.billed_by_specialty(bills)) == [
        ("Cardiology", 5, 1_26_256_50),
        ("General medicine", 3, 1_500_00),
        ("Paediatrics", 3, 1_351_50),
    ]
    assert rows_of(reports.received_by_method(payments)) == [
        ("bank", 1, 1_23_456_50),
        ("cash", 3, 1_900_00),
        ("upi", 3, 1_101_00),
        ("card", 1, 800_00),
        ("cheque", 1, 500_00),
    ]


@settings(deadline=None, max_examples=40)
@given(
    some.lists(
        some.tuples(
            some.dates(date(2025, 1, 1), date(2027, 12, 31)),
            some.integers(1, 10**13),
            some.integers(1, 4),
            some.sampled_from(["Cardiology", "Paediatrics", "ENT"]),
        ),
        max_size=30,
    )
)
def test_doctors_specialties_days_and_months_all_come_to_the_total(drawn):
    lines = [bill(day, paise, doctor=who, specialty=what) for day, paise, who, what in drawn]
    bills = reports.bills_frame(lines)
    told = (
        reports.billed_by_doctor(bills),
        reports.billed_by_specialty(bills),
        reports.billed_by_day(bills),
        reports.billed_by_month(bills),
        reports.summary_by_day(bills, reports.payments_frame([])),
    )

    assert {int(frame["billed_paise"].sum()) for frame in told} == {
        sum(paise for _, paise, _, _ in drawn)
    }


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

    bills = reports.bills_frame(billed_lines(db, TODAY, TOMORROW, by=ward.khan))
    payments = reports.payments_frame(received_lines(db, TODAY, TOMORROW, by=ward.ishaan))

    assert rows_of(reports.summary_by_day(bills, payments)) == [
        (TODAY, 2, 1_300_00, 800_00, 500_00),
        (TOMORROW, 1, 500_00, 200_00, 300_00),
    ]
    assert rows_of(reports.summary_of_period(bills, payments)) == [
        (3, 1_800_00, 1_000_00, 800_00, 800_00)
    ]
    assert rows_of(reports.billed_by_doctor(bills)) == [
        ("DOC-0002", "Dr Suresh Iyer", 2, 1_000_00),
        ("DOC-0001", "Dr Anjali Rao", 1, 800_00),
    ]
    assert rows_of(reports.received_by_method(payments)) == [
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

    owed = reports.open_bills_frame(open_bills(db, by=ward.ishaan))
    owing = reports.owed_by_patient(owed, TODAY)

    assert rows_of(owing, "patient_id", "owed_paise", "on_hold") == [
        (one.id, dues_of(db, one.id).total_paise, dues_of(db, one.id).on_hold)
        for one in (ward.asha, ward.ben)
    ]
    assert rows_of(reports.owed_by_doctor(owed), "doctor_number", "owed_paise") == [
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


# For a spreadsheet


@pytest.mark.parametrize(
    "name",
    ["=2+3", "+2+3", "-2+3", "@SUM(A1)", " =2+3", "\t=2+3", "＝2+3", "+91-1", "+91 98860 1x"],
)
def test_a_cell_that_a_spreadsheet_would_run_is_text_there(name):
    told = csv_of(pd.DataFrame({"name": [name]}), {"name": "Name"}).decode("utf-8-sig")

    assert list(csv.reader(told.splitlines()))[1] == [f"'{name}"]


@pytest.mark.parametrize("cell", ["+91 98860 11111", "+919886011111", "Dr Rao", "अमित", "a=b", ""])
def test_a_phone_or_a_name_goes_to_the_spreadsheet_as_it_is(cell):
    told = csv_of(pd.DataFrame({"phone": [cell, "x"]}), {"phone": "Phone"}).decode("utf-8-sig")

    assert told.splitlines()[1] in (cell, '""')


def test_sums_go_to_the_spreadsheet_as_rupees_and_days_as_days():
    bills = reports.bills_frame([bill(TODAY, 1_23_456_05)])
    payments = reports.payments_frame([(TODAY, Method.CASH, 1_23_456_10)])
    names = {"day": "Day", "billed_paise": "Billed", "change_paise": "Change"}

    told = csv_of(reports.summary_by_day(bills, payments), names)

    assert told.startswith(b"\xef\xbb\xbf")
    assert told.decode("utf-8-sig").splitlines() == [
        "Day,Billed (₹),Change (₹)",
        "2026-11-23,123456.05,-0.05",
    ]


def test_an_empty_table_goes_to_the_spreadsheet_with_its_headings():
    empty = reports.billed_by_doctor(reports.bills_frame([]))

    told = csv_of(empty, {"doctor_name": "Doctor", "billed_paise": "Billed"})

    assert told.decode("utf-8-sig").splitlines() == ["Doctor,Billed (₹)"]
