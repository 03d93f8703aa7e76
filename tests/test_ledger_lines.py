"""The flat lines of the ledger that reports read, over the day of real deeds."""

from datetime import timedelta

import pytest

from mediklaud.database import reading
from mediklaud.errors import NotPermitted
from mediklaud.repository import allocated_lines, billed_lines, credited_lines, till_lines
from tests.day import live_through_a_day
from tests.hospital import TODAY, ward_of

READS = (allocated_lines, billed_lines, credited_lines, till_lines)


def lines(read, first=TODAY, last=TODAY):
    with reading() as db:
        return read(db, first, last, by=ward_of(db).ishaan)


def test_the_lines_of_a_day_are_its_ledger(house, nine_o_clock):
    live_through_a_day(nine_o_clock, evening=False)

    came = dict.fromkeys(("receipt", "advance", "refund", "reversal"), 0)
    for one in lines(till_lines):
        came[one.sort] += one.amount_paise
    assert came == {
        "receipt": 800_00 + 200_00 + 300_00 + 300_00,
        "advance": 1000_00,
        "refund": -60_00,
        "reversal": -300_00,
    }
    credited = [(one.number, one.sort, one.kind, one.amount_paise) for one in lines(credited_lines)]
    assert sorted(credited) == [
        ("JMC/2627/000001", "correction", "", 100_00),
        ("JMC/2627/000002", "correction", "", -50_00),
        ("JMC/2627/000002", "correction", "", 50_00),
    ]
    paid: dict[str, int] = {}
    for one in lines(allocated_lines):
        paid[one.number] = paid.get(one.number, 0) + one.amount_paise
    assert paid == {
        "JMI/2627/000001": 800_00,
        "JMI/2627/000002": 200_00,
        "JMI/2627/000004": 200_00,
    }
    assert [(one.number, one.kind, one.owed_paise) for one in lines(billed_lines)] == [
        ("JMI/2627/000001", "first", 0),
        ("JMI/2627/000002", "first", 300_00),
        ("JMI/2627/000003", "first", 800_00),
        ("JMI/2627/000004", "", 0),
    ]


@pytest.mark.parametrize("read", READS)
def test_another_day_has_no_lines(house, nine_o_clock, read):
    live_through_a_day(nine_o_clock, evening=False)
    tomorrow = TODAY + timedelta(days=1)

    assert lines(read, tomorrow, tomorrow) == []


@pytest.mark.parametrize("read", READS)
def test_the_front_desk_reads_no_lines(db, ward, read):
    with pytest.raises(NotPermitted, match="see billing summaries"):
        read(db, TODAY, TODAY, by=ward.meera)
