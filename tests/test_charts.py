"""What the charts of money draw, told in rupees."""

import pytest
import streamlit

from mediklaud import reports
from mediklaud.ui import charts
from tests.known_month import FIRST, LAST, moved, owed_by


@pytest.fixture
def drawn(monkeypatch):
    """Every chart that is drawn, as its specification with the data within it."""
    caught = []

    def draw(chart, *, alt):
        told = chart.to_dict()
        data = told["datasets"][told["data"]["name"]]
        caught.append((told, data, alt))

    monkeypatch.setattr(streamlit, "altair_chart", draw)
    return caught


def october():
    return moved().between(FIRST, LAST)


def test_ageing_draws_its_four_ages_with_their_sums_in_rupees(drawn):
    charts.ageing(reports.ageing(owed_by(LAST), LAST), alt="Owed by age")

    ((chart, data, alt),) = drawn
    assert [(one["age"], one["told"], one["counted"]) for one in data] == [
        ("0–30 days", "₹1,650.50", "3"),
        ("31–60 days", "₹250.00", "1"),
        ("61–90 days", "₹500.00", "1"),
        ("over 90 days", "₹500.00", "1"),
    ]
    assert alt == "Owed by age"
    # Black words would vanish on the dark page.
    assert chart["layer"][1]["mark"]["color"] == "currentColor"


def test_each_mode_is_drawn_with_its_part_of_the_whole(drawn):
    modes = reports.received_by_mode(october().payments)
    charts.parts(modes, "method", "received_paise", alt="Received by mode")

    assert [one["told"] for one in drawn[0][1]] == [
        "₹1,23,356.50 · 97.2 %",
        "₹1,333.59 · 1.1 %",
        "₹1,266.67 · 1.0 %",
        "₹918.50 · 0.7 %",
        "₹0.00",
    ]


def test_a_mode_that_only_gave_back_has_no_part(drawn):
    modes = reports.received_by_mode(october().payments).tail(2)
    charts.parts(modes.assign(received_paise=[500, -500]), "method", "received_paise", alt="x")

    chart, data, _ = drawn[0]
    assert [one["told"] for one in data] == ["₹5.00 · 100.0 %", "-₹5.00"]
    assert chart["layer"][0]["encoding"]["x"]["scale"]["domain"][0] == -5.0


def test_two_periods_are_drawn_side_by_side_the_earlier_first(drawn):
    before = moved().between(*reports.period_before(FIRST, LAST))
    told = reports.compared(october(), before)
    charts.compared(told, ("October", "September"), alt="Compared")

    sums = {(one["measure"], one["side"]): one["told"] for one in drawn[0][1]}
    assert sums["Billed", "September"] == "₹1,750.50"
    assert sums["Billed", "October"] == "₹1,28,726.01"
    assert drawn[0][0]["encoding"]["color"]["scale"]["domain"] == ["September", "October"]


def test_what_was_owed_is_drawn_for_each_day_of_the_period(drawn):
    told = reports.summary_by_day(october(), opening_paise=1_750_50, every=(FIRST, LAST))
    charts.owed_over_time(told, "day", alt="Owed")

    assert len(drawn[0][1]) == 31
    assert drawn[0][1][-1]["told"] == "₹2,900.50"


def test_weeks_are_drawn_billed_beside_received(drawn):
    charts.both_sides(reports.summary_by_week(october()), "week", alt="By week")

    sides = [(one["side"], one["told"]) for one in drawn[0][1]]
    assert (len(sides), sides[0]) == (10, ("Billed", "₹1,300.00"))
