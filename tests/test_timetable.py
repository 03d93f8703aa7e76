"""Weekly sessions, minus what is taken, cut into slots: the property of every free time."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediklaud import clock
from mediklaud.models import WorkingSession
from mediklaud.timetable import Slot, days, free, sessions_on, slots_on
from tests.hospital import ZONE

LONDON, NEW_YORK = "Europe/London", "America/New_York"
ZONES = st.sampled_from((ZONE, LONDON, NEW_YORK, "Australia/Lord_Howe", "America/Santiago"))
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# Month ends, a leap day, and both clock changes are always among the days tried.
TELLING = st.sampled_from(
    [
        *(date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1)),
        *(date(2026, 10, 4), date(2026, 4, 5), date(2026, 9, 6), date(2026, 4, 4)),
        *(date(2028, 2, 28), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 31)),
    ]
)
DAYS = TELLING | st.dates(date(2026, 1, 1), date(2030, 12, 31))


@st.composite
def working_sessions(draw: st.DrawFn) -> WorkingSession:
    """A session as the database would keep it, on every weekday by its own turn."""
    slot_minutes = draw(st.integers(5, 240))
    begins_minute = draw(st.integers(0, 1440 - slot_minutes))
    ends_minute = draw(st.integers(begins_minute + slot_minutes, 1440))
    return a_session(begins_minute, ends_minute, slot_minutes)


def a_session(begins: int, ends: int, slot: int, **changes: object) -> WorkingSession:
    """A session of a Monday, for ever."""
    facts = {"weekday": 0, "valid_from": date(2026, 1, 1), **changes}
    return WorkingSession(
        doctor_id=1, begins_minute=begins, ends_minute=ends, slot_minutes=slot, **facts
    )


def stretches() -> st.SearchStrategy[list[Slot]]:
    """Leave and appointments, overlapping as they like."""
    stretch = st.builds(
        lambda begins, length: Slot(
            EPOCH + timedelta(minutes=begins), EPOCH + timedelta(minutes=begins + length)
        ),
        st.integers(0, 1440),
        st.integers(1, 600),
    )
    return st.lists(stretch, max_size=8)


def slots_of(session: WorkingSession, day: date, zone: str) -> list[Slot]:
    """The slots of one session on a day, whatever its weekday."""
    session.weekday = day.weekday()
    return slots_on([session], day, zone)


@given(working_sessions(), DAYS, ZONES)
@example(a_session(0, 240, 30), date(2026, 3, 29), LONDON)
def test_slots_are_whole_and_never_overlap(session, day, zone):
    slots = slots_of(session, day, zone)

    length = timedelta(minutes=session.slot_minutes)
    assert all(slot.ends_at - slot.starts_at == length for slot in slots)
    assert all(not one.overlaps(other) for one, other in pairwise(slots))
    assert slots == sorted(slots)


@given(working_sessions(), DAYS, ZONES)
@example(a_session(0, 240, 30), date(2026, 3, 29), LONDON)
def test_slots_lie_within_the_session_on_the_hospitals_wall_clock(session, day, zone):
    begins_at = clock.moment_at(day, session.begins_minute, zone)
    ends_at = clock.moment_at(day, session.ends_minute, zone)

    for slot in slots_of(session, day, zone):
        assert begins_at <= slot.starts_at
        assert slot.ends_at <= ends_at
        assert clock.day_of(slot.starts_at, zone) == day


@given(working_sessions(), DAYS)
def test_where_no_clock_changes_every_whole_slot_is_there(session, day):
    length = session.ends_minute - session.begins_minute

    assert len(slots_of(session, day, ZONE)) == length // session.slot_minutes


@given(working_sessions(), stretches())
def test_free_times_are_the_slots_minus_what_is_taken(session, taken):
    slots = slots_of(session, EPOCH.date(), "UTC")

    left = free(slots, taken, after=EPOCH - timedelta(days=1))

    for slot in slots:
        touched = any(
            other.starts_at < slot.ends_at and slot.starts_at < other.ends_at for other in taken
        )
        assert (slot in left) != touched
    assert set(left) <= set(slots)


@given(working_sessions(), st.integers(-60, 1500))
def test_a_slot_that_has_begun_is_not_free_any_more(session, minutes):
    after = EPOCH + timedelta(minutes=minutes)
    slots = slots_of(session, EPOCH.date(), "UTC")

    assert free(slots, [], after=after) == [slot for slot in slots if slot.starts_at > after]


def test_touching_stretches_do_not_overlap():
    first = Slot(EPOCH, EPOCH + timedelta(minutes=15))
    second = Slot(first.ends_at, first.ends_at + timedelta(minutes=15))

    assert not first.overlaps(second)
    assert not second.overlaps(first)
    assert first.overlaps(first)


def test_a_long_visit_takes_every_slot_it_reaches_into():
    slots = slots_on([a_session(540, 600, 15)], date(2026, 11, 23), "UTC")
    long_visit = Slot(slots[0].starts_at, slots[0].starts_at + timedelta(minutes=31))

    assert free(slots, [long_visit], after=EPOCH) == slots[3:]


def test_what_is_left_of_a_session_is_no_slot():
    slots = slots_on([a_session(540, 570, 20)], date(2026, 11, 23), ZONE)

    assert [clock.hour_words(slot.starts_at, ZONE) for slot in slots] == ["9:00 AM IST"]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (LONDON, date(2026, 3, 29), ["12:00 AM GMT", "2:00 AM BST", "3:00 AM BST"]),
        # The hour that comes twice is worked once.
        (LONDON, date(2026, 10, 25), ["12:00 AM BST", "1:00 AM BST", "2:00 AM GMT", "3:00 AM GMT"]),
        (NEW_YORK, date(2026, 3, 8), ["12:00 AM EST", "1:00 AM EST", "3:00 AM EDT"]),
    ],
)
def test_a_clock_change_takes_an_hour_or_leaves_it_out(zone, day, hours):
    slots = slots_on([a_session(0, 240, 60, weekday=6)], day, zone)

    assert [clock.hour_words(slot.starts_at, zone) for slot in slots] == hours


def test_a_session_keeps_its_wall_clock_through_a_clock_change():
    session = a_session(600, 660, 60)
    winter, summer = date(2026, 3, 23), date(2026, 3, 30)

    starts = [slots_on([session], day, LONDON)[0].starts_at for day in (winter, summer)]
    assert [at.hour for at in starts] == [10, 9]


@pytest.mark.parametrize(
    ("day", "held"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 24), False),  # a Tuesday
        (date(2026, 11, 16), False),  # before its first day
        (date(2026, 12, 28), True),  # its last day
        (date(2027, 1, 4), False),
    ],
)
def test_a_session_is_held_on_its_weekday_from_its_first_day_to_its_last(day, held):
    session = a_session(600, 660, 15, valid_from=date(2026, 11, 23), valid_to=date(2026, 12, 28))

    assert sessions_on([session], day) == ([session] if held else [])


def test_sessions_of_a_day_come_in_their_order():
    evening, morning = a_session(1020, 1080, 30), a_session(540, 600, 30)

    assert sessions_on([evening, morning], date(2026, 11, 23)) == [morning, evening]


@given(st.dates(date(2026, 1, 1), date(2032, 1, 1)), st.integers(0, 400))
def test_days_follow_one_another_over_month_ends_and_leap_days(first, count):
    found = days(first, count)

    assert len(found) == count
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(found))


def test_a_leap_day_is_a_working_day():
    session = a_session(600, 660, 30, weekday=1)

    assert days(date(2028, 2, 28), 3)[1] == date(2028, 2, 29)
    assert len(slots_on([session], date(2028, 2, 29), ZONE)) == 2
