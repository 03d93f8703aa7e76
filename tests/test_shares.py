"""A doctor's share: whole paise, the same for part payments, taken back by a reversal."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from mediklaud import reports
from tests.hospital import TODAY
from tests.known_month import rows
from tests.test_reports import rows_of


@pytest.mark.parametrize(
    ("received", "terms", "share"),
    [
        (101, {"basis_points": 5000}, 51),  # 50.5: half a paisa goes up
        (1, {"basis_points": 4999}, 0),
        (1, {"basis_points": 5000}, 1),
        (10**13, {"basis_points": 9999}, 9_999 * 10**9),
        (300_00, {"visit_paise": 200_00}, 200_00),
        (150_00, {"visit_paise": 200_00}, 150_00),
        (900_00, {"visit_paise": 200_00, "visits": 2}, 400_00),
        (118_00, {"visit_paise": 200_00, "visits": 0}, 0),
        (118_00, {"basis_points": 5000, "total_paise": 118_00, "tax_paise": 18_00}, 50_00),
        (59_00, {"basis_points": 5000, "total_paise": 118_00, "tax_paise": 18_00}, 25_00),
        (500_00, {}, 0),
    ],
)
def test_a_share_is_a_part_of_the_money_or_a_sum_for_each_visit(received, terms, share):
    assert reports.share_paise(received, **terms) == share


def test_a_new_month_goes_on_from_what_the_bill_had_received_before():
    lines = reports.shares_frame(
        rows(
            "day number issued_on doctor_number before_paise received_paise",
            [(date(2026, 11, 2), "B-1", date(2026, 10, 1), "DOC-0001", 101, 1)],
        )
    )
    half = reports.terms_frame(
        rows("doctor_number effective_from basis_points", [("DOC-0001", date(2026, 1, 1), 5000)])
    )

    # 102 halves to 51, and 101 to 50.5, which was rounded to 51 in October.
    assert rows_of(reports.shares_by_line(lines, half), "share_paise") == [(0,)]


@settings(deadline=None, max_examples=25)
@given(
    some.lists(some.integers(1, 10**6), min_size=1, max_size=8),
    some.integers(0, 10_000),
    some.integers(0, 3),
)
def test_part_payments_come_to_the_share_of_the_whole_and_reversals_take_it_back(
    parts, basis_points, taken_back
):
    taken_back = min(taken_back, len(parts))
    drawn = [*parts, *(-part for part in reversed(parts[len(parts) - taken_back :]))]
    lines = reports.shares_frame(
        rows(
            "day number issued_on doctor_number received_paise",
            [(TODAY, "B-1", TODAY, "DOC-0001", part) for part in drawn],
        )
    )
    terms = reports.terms_frame(
        rows("doctor_number effective_from basis_points", [("DOC-0001", TODAY, basis_points)])
    )
    told = reports.shares_by_line(lines, terms)

    kept = sum(parts[: len(parts) - taken_back])
    assert told["share_paise"].sum() == reports.share_paise(kept, basis_points=basis_points)
    assert told["received_paise"].sum() == kept
