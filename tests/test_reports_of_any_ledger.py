"""What holds of the reports whatever the ledger: every cut comes to the whole, and no float."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as some

from mediklaud import reports
from mediklaud.models import Method
from mediklaud.reports import Movements
from tests.hospital import TODAY
from tests.known_month import rows
from tests.test_reports import allocations, bills, credit_notes, owed, payments, rows_of

DOCTORS = {"DOC-0001": "Cardiology", "DOC-0002": "Paediatrics", "DOC-0003": "Cardiology"}
CUT = ("doctor_number", "doctor_name", "specialty", "kind")


@some.composite
def ledgers(draw):
    """Some bills, and credits and allocations of them by the rules; money, some of it on none."""
    drawn = draw(
        some.lists(
            some.tuples(
                some.dates(date(2026, 1, 1), date(2026, 3, 31)),
                some.sampled_from(sorted(DOCTORS)),
                some.sampled_from(["first", "follow_up", ""]),
                some.integers(0, 10**12),
                some.integers(0, 10**12),
                some.integers(0, 10**12),
                some.sampled_from(list(Method)),
            ),
            max_size=12,
        )
    )
    later = draw(some.lists(some.integers(0, 40), min_size=len(drawn), max_size=len(drawn)))
    told = {"bills": [], "credits": [], "payments": [], "allocations": []}
    for at_, ((day, who, kind, paid, credited, rest, method), wait) in enumerate(
        zip(drawn, later, strict=True)
    ):
        cut = (f"B-{at_}", who, f"Dr {who}", DOCTORS[who], kind)
        then = day + timedelta(days=wait)
        told["bills"].append((day, *cut, paid + credited + rest))
        told["credits"].append((then, *cut, credited))
        told["allocations"].append((then, *cut, method, paid))
        told["payments"].append((then, method, "receipt", paid + rest % 7))
    return told


def movements(told, counted=""):
    """The lines as frames."""
    cut = " ".join(CUT)
    return Movements(
        reports.bills_frame(
            rows(f"day number {cut} billed_paise {counted and 'bills'}", told["bills"])
        ),
        reports.credits_frame(rows(f"day number {cut} credited_paise {counted}", told["credits"])),
        reports.payments_frame(rows(f"day method sort received_paise {counted}", told["payments"])),
        reports.allocations_frame(
            rows(f"day number {cut} method allocated_paise {counted}", told["allocations"])
        ),
    )


def grouped(told):
    """The same lines as a query groups them: by all words but the bill's number."""
    summed = {}
    for name, lines in told.items():
        sums = {}
        for line in lines:
            *words, paise = line
            if name != "payments":
                words[1] = ""
            was = sums.setdefault(tuple(words), [0, 0])
            was[0], was[1] = was[0] + paise, was[1] + 1
        summed[name] = [(*words, *both) for words, both in sums.items()]
    return summed


SUMMARIES = (
    *(reports.summary_by_day, reports.summary_by_week, reports.summary_by_month),
    *(reports.summary_by_doctor, reports.summary_by_specialty, reports.summary_by_kind),
    reports.summary_of_period,
)


@settings(deadline=None, max_examples=15)
@given(ledgers())
def test_every_cut_comes_to_the_whole(told):
    moved = movements(told)
    sums = {
        "bills": len(told["bills"]),
        "billed_paise": sum(line[-1] for line in told["bills"]),
        "credited_paise": sum(line[-1] for line in told["credits"]),
        "received_paise": sum(line[-1] for line in told["payments"]),
    }

    for summary in SUMMARIES:
        assert summary(moved)[list(sums)].sum().to_dict() == sums, summary.__name__
    by_mode = reports.received_by_mode(moved.payments)
    assert by_mode["received_paise"].sum() == sums["received_paise"]


@settings(deadline=None, max_examples=15)
@given(ledgers())
def test_lines_summed_by_the_query_give_the_same_reports(told):
    flat, summed = movements(told), movements(grouped(told), "lines")

    for summary in SUMMARIES:
        pd.testing.assert_frame_equal(summary(flat), summary(summed))
    pd.testing.assert_frame_equal(
        reports.received_by_mode(flat.payments), reports.received_by_mode(summed.payments)
    )


@settings(deadline=None, max_examples=15)
@given(ledgers(), some.dates(date(2025, 12, 30), date(2026, 5, 15)))
def test_what_was_owed_on_a_day_is_what_a_naive_recount_says(told, day):
    owed_then = {}
    for line in told["bills"]:
        if line[0] <= day:
            owed_then[line[1]] = line[-1]
    for line in told["credits"] + told["allocations"]:
        if line[0] <= day:
            owed_then[line[1]] -= line[-1]
    naive = sum(owed_then.values())
    moved = movements(told)
    after = moved.between(day + timedelta(days=1), date(2027, 1, 1))
    open_then = reports.open_bills_as_of(moved, day)

    assert reports.owed_as_of(moved, day) == naive
    assert reports.owed_before(reports.owed_as_of(moved, date(2027, 1, 1)), after) == naive
    assert rows_of(open_then.sort_values("number"), "number", "owed_paise") == sorted(
        (number, paise) for number, paise in owed_then.items() if paise
    )
    assert reports.ageing(open_then, day)["owed_paise"].sum() == naive


@settings(deadline=None, max_examples=15)
@given(
    some.lists(
        some.tuples(
            some.integers(0, 200),
            some.integers(1, 10**12),
            some.sampled_from(sorted(DOCTORS)),
            some.integers(1, 4),
        ),
        max_size=15,
    )
)
def test_ageing_by_any_cut_comes_to_what_is_owed(drawn):
    told = owed(
        *(
            (
                TODAY - timedelta(days=age),
                paise,
                {
                    "patient_id": patient,
                    "doctor_number": who,
                    "doctor_name": who,
                    "specialty": DOCTORS[who],
                },
            )
            for age, paise, who, patient in drawn
        )
    )
    by_age = reports.ageing(told, TODAY)

    for cut in (reports.ageing_by_doctor, reports.ageing_by_specialty):
        across = cut(told, TODAY)
        ages = [name for name in across.columns if name.startswith(("up_to", "over"))]
        assert across[ages].sum().tolist() == by_age["owed_paise"].tolist()
        assert across[ages].sum(axis="columns").tolist() == across["owed_paise"].tolist()


def test_an_empty_house_gives_empty_frames_of_the_same_shape():
    one = dict.fromkeys(CUT, "x")
    full = Movements(
        bills((TODAY, 5, one)),
        credit_notes((TODAY, 1, one)),
        payments((TODAY, "cash", 5)),
        allocations((TODAY, 3, one)),
    )
    line = "day number issued_on doctor_number received_paise"
    shared = [
        reports.shares_frame(rows(line, [(TODAY, "B", TODAY, "D", 5)])),
        reports.shares_frame([]),
    ]
    shared = [reports.shares_by_line(lines, reports.terms_frame([])) for lines in shared]
    papers = reports.statement_frame(rows("day amount_paise", [(TODAY, 5)]))
    shapes = [
        *((summary, [full], [Movements()]) for summary in SUMMARIES),
        (reports.received_by_mode, [full.payments], [Movements().payments]),
        (reports.compared, [full, full], [Movements(), Movements()]),
        (reports.open_bills_as_of, [full, TODAY], [Movements(), TODAY]),
        *(
            (report, [owed((TODAY, 5)), TODAY], [owed(), TODAY])
            for report in (
                *(reports.ageing, reports.ageing_by_doctor, reports.ageing_by_specialty),
                reports.owed_by_patient,
            )
        ),
        (reports.statement, [papers], [reports.statement_frame([])]),
        *(
            (r, shared[:1], shared[1:])
            for r in (reports.shares_by_month, reports.shares_by_receipt)
        ),
    ]

    for report, something, nothing in shapes:
        told, empty = report(*something), report(*nothing)
        assert empty.dtypes.to_dict() == told.dtypes.to_dict(), report.__name__
        sums = empty.drop(columns="change_basis_points", errors="ignore").select_dtypes("number")
        assert sums.to_numpy().sum() == 0, report.__name__
        assert not told.select_dtypes("float").columns.tolist(), report.__name__
