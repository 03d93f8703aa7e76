"""Aware UTC inside, the hospital's zone outside: clock changes, years, ages."""

import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediklaud import clock
from tests.hospital import ZONE

LONDON, NEW_YORK, LORD_HOWE = "Europe/London", "America/New_York", "Australia/Lord_Howe"
ZONES = st.sampled_from((ZONE, LONDON, NEW_YORK, LORD_HOWE, "Asia/Kathmandu", "UTC"))
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
# Forward in March, back in autumn.
CHANGES = (
    (LONDON, date(2026, 3, 29), 23),
    (LONDON, date(2026, 10, 25), 25),
    (NEW_YORK, date(2026, 3, 8), 23),
    (NEW_YORK, date(2026, 11, 1), 25),
    (ZONE, date(2026, 3, 29), 24),
)


def test_now_is_aware_and_in_utc():
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_a_day_is_as_long_as_the_zone_makes_it(zone, day, hours):
    begins_at, ends_at = clock.day_bounds(day, zone)

    assert ends_at - begins_at == timedelta(hours=hours)
    assert clock.day_of(begins_at, zone) == day
    assert clock.day_of(ends_at - timedelta(microseconds=1), zone) == day
    assert clock.day_of(ends_at, zone) == day + timedelta(days=1)


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
def test_moments_follow_the_minutes_of_a_day_with_a_clock_change(zone, day, hours):
    moments = [clock.moment_at(day, minute, zone) for minute in range(clock.MINUTES_A_DAY + 1)]

    assert moments[-1] - moments[0] == timedelta(hours=hours)
    assert moments == sorted(moments)
    skipped = len(moments) - len(set(moments))
    assert skipped == max(0, 24 - hours) * 60


@given(DAYS, st.integers(0, 1440), st.integers(0, 1440), ZONES)
@example(date(2026, 3, 29), 119, 120, LONDON)
def test_a_later_minute_is_never_an_earlier_moment(day, one, other, zone):
    earlier, later = sorted((one, other))

    assert clock.moment_at(day, earlier, zone) <= clock.moment_at(day, later, zone)


@given(DAYS, st.integers(0, 1439), ZONES)
def test_a_minute_leads_to_its_moment_and_back(day, minute, zone):
    at = clock.local(clock.moment_at(day, minute, zone), zone)

    # A minute that was skipped is read as the first one after the change.
    assert at.date() == day
    assert at.hour * 60 + at.minute >= minute


@given(DAYS, ZONES)
def test_the_days_of_a_zone_follow_one_another_without_a_hole(day, zone):
    assert clock.day_bounds(day, zone)[1] == clock.day_bounds(day + timedelta(days=1), zone)[0]


def test_a_skipped_minute_is_the_moment_of_the_change():
    change = datetime(2026, 3, 29, 1, tzinfo=UTC)
    for minute in (60, 61, 119, 120):
        assert clock.moment_at(date(2026, 3, 29), minute, LONDON) == change
    assert clock.moment_at(date(2026, 3, 29), 121, LONDON) == change + timedelta(minutes=1)


def test_a_minute_that_comes_twice_is_the_first_of_the_two():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert clock.moment_at(date(2026, 10, 25), 90, LONDON) == first


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_minute():
    begins_at, _ = clock.day_bounds(date(2026, 9, 6), "America/Santiago")

    assert clock.local(begins_at, "America/Santiago").hour == 1


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata"])
def server_zone(request, monkeypatch):
    """The machine's own zone, which may say nothing about the hospital's days."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("moment", "day", "year"),
    [
        # Midnight in India is 18:30 UTC the day before.
        (datetime(2027, 3, 31, 18, 29, 59, tzinfo=UTC), date(2027, 3, 31), "2627"),
        (datetime(2027, 3, 31, 18, 30, tzinfo=UTC), date(2027, 4, 1), "2728"),
    ],
)
def test_the_financial_year_ends_at_the_hospitals_midnight(
    server_zone, nine_o_clock, moment, day, year
):
    nine_o_clock.move_to(moment)

    assert clock.today(ZONE) == clock.day_of(moment, ZONE) == day
    assert clock.financial_year(clock.today(ZONE)) == year


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 3, 31), "2526"),
        (date(2026, 4, 1), "2627"),
        (date(2026, 12, 31), "2627"),
        (date(2027, 1, 1), "2627"),
        (date(2028, 2, 29), "2728"),
        (date(2099, 4, 1), "9900"),
    ],
)
def test_a_financial_year_is_four_digits_from_april_to_march(day, year):
    assert clock.financial_year(day) == year


@given(DAYS)
def test_the_financial_year_changes_on_the_first_of_april_only(day):
    before = clock.financial_year(day - timedelta(days=1))
    changed = before != clock.financial_year(day)

    assert changed == ((day.month, day.day) == (4, 1))


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(1990, 2, 28), date(2026, 2, 27), "35 y"),
        (date(1990, 2, 28), date(2026, 2, 28), "36 y"),
        (date(2004, 2, 29), date(2027, 2, 28), "22 y"),
        (date(2004, 2, 29), date(2027, 3, 1), "23 y"),
        (date(2024, 11, 23), date(2026, 11, 22), "23 mo"),
        (date(2024, 11, 23), date(2026, 11, 23), "2 y"),
        (date(2026, 9, 23), date(2026, 11, 23), "2 mo"),
        (date(2026, 9, 24), date(2026, 11, 23), "60 d"),
        (date(2026, 11, 23), date(2026, 11, 23), "0 d"),
        (date(1901, 1, 1), date(2026, 1, 1), "125 y"),
    ],
)
def test_an_age_as_the_desk_says_it(born, on, age):
    assert clock.age_words(born, on) == age


def test_hours_and_days_as_letters_and_papers_say_them():
    moment = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)

    assert clock.hour_words(moment, ZONE) == "10:30 AM IST"
    assert clock.moment_words(moment, ZONE) == "Monday 23 November 2026, 10:30 AM IST"
    assert clock.paper_words(moment, ZONE) == "23 November 2026, 10:30 AM IST"
    assert clock.hour_words(moment, LONDON) == "5:00 AM GMT"
    assert clock.hour_words(datetime(2026, 7, 1, 11, 0, tzinfo=UTC), LONDON) == "12:00 PM BST"
    assert clock.minute_words(570) == "09:30"
    assert clock.minute_words(1440) == "24:00"


@pytest.mark.parametrize("name", [ZONE, LONDON, "UTC"])
def test_a_zone_is_known_by_its_name(name):
    assert clock.is_zone(name)


@pytest.mark.parametrize("name", ["", "IST", "Mars/Olympus", "../etc/passwd", "asia/kolkata "])
def test_what_is_no_zone_is_not_taken_for_one(name):
    assert not clock.is_zone(name)
