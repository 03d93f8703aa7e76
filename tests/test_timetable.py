"""Weekly sessions, minus what is taken, cut into slots: the property of every free time."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mediklaud import clock
from mediklaud.models import VisitKind, WorkingSession
from mediklaud.timetable import (
    Hours,
    Slot,
    days,
    free_starts,
    gaps,
    hours_of,
    occurrence_at,
    sessions_on,
    slot_at,
    slots_on,
)
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
    minutes = draw(st.integers(5, ends_minute - begins_minute))
    return a_session(begins_minute, ends_minute, slot_minutes, minutes)


def a_session(
    begins: int, ends: int, slot: int, first: int | None = None, **changes: object
) -> WorkingSession:
    """A session of a Monday, for ever; first visits take a slot where nothing else is said."""
    facts = {"weekday": 0, "valid_from": date(2026, 1, 1), "first_minutes": first or slot}
    facts |= changes
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


def free_in(
    session: WorkingSession, day: date, zone: str, taken: list[Slot], after: datetime
) -> list[Slot]:
    """What is free of a session on a day, as whoever reads the database finds it."""
    length = session.first_minutes
    grid = (session.begins_minute, session.ends_minute, session.slot_minutes, length)
    hours = Hours(1, day.weekday(), *grid, session.valid_from, None)
    stretches = [(slot.starts_at, slot.ends_at) for slot in taken]
    left = gaps(stretches, after, after + timedelta(days=4))
    starts = free_starts(hours, day, zone, left)
    return [Slot(at, at + timedelta(minutes=length)) for at in starts]


@given(working_sessions(), DAYS, ZONES)
@example(a_session(0, 240, 30), date(2026, 3, 29), LONDON)
@example(a_session(0, 240, 30, 60), date(2026, 3, 29), LONDON)
def test_slots_are_whole_and_in_order(session, day, zone):
    slots = slots_of(session, day, zone)

    length = timedelta(minutes=session.first_minutes)
    assert all(slot.ends_at - slot.starts_at == length for slot in slots)
    assert all(one.starts_at < other.starts_at for one, other in pairwise(slots))


@given(working_sessions(), DAYS, ZONES)
@example(a_session(0, 240, 60), date(2026, 10, 25), LONDON)
def test_visits_no_longer_than_the_grid_never_overlap(session, day, zone):
    session.first_minutes = min(session.first_minutes, session.slot_minutes)

    slots = slots_of(session, day, zone)

    assert all(not one.overlaps(other) for one, other in pairwise(slots))


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
def test_where_no_clock_changes_a_visit_begins_at_every_line_of_the_grid(session, day):
    room = session.ends_minute - session.begins_minute - session.first_minutes

    assert len(slots_of(session, day, ZONE)) == room // session.slot_minutes + 1


@given(working_sessions(), DAYS, ZONES)
@example(a_session(0, 240, 30, 60), date(2026, 3, 29), LONDON)
@example(a_session(0, 240, 30, 60), date(2026, 10, 25), LONDON)
def test_one_conversion_a_day_is_as_good_as_one_a_minute(session, day, zone):
    begins, last = session.begins_minute, session.ends_minute - session.first_minutes
    length = timedelta(minutes=session.first_minutes)
    exact = []
    for minute in range(begins, last + 1, session.slot_minutes):
        starts_at = clock.moment_at(day, minute, zone)
        if clock.moment_at(day, minute + session.first_minutes, zone) - starts_at >= length:
            exact.append(starts_at)

    assert [slot.starts_at for slot in slots_of(session, day, zone)] == exact


@given(working_sessions(), stretches())
def test_free_times_are_the_slots_minus_what_is_taken(session, taken):
    day = EPOCH.date()
    slots = slots_of(session, day, "UTC")

    left = free_in(session, day, "UTC", taken, EPOCH - timedelta(days=1))

    assert left == [
        slot
        for slot in slots
        if not any(
            other.starts_at < slot.ends_at and slot.starts_at < other.ends_at for other in taken
        )
    ]


@given(working_sessions(), st.integers(-60, 1500))
def test_a_slot_that_has_begun_is_not_free_any_more(session, minutes):
    after = EPOCH + timedelta(minutes=minutes)
    slots = slots_of(session, EPOCH.date(), "UTC")

    left = free_in(session, EPOCH.date(), "UTC", [], after)

    assert left == [slot for slot in slots if slot.starts_at >= after]


@given(stretches(), st.integers(-60, 1500), st.integers(0, 2000))
def test_gaps_are_every_minute_that_nothing_takes(taken, begins, length):
    first = EPOCH + timedelta(minutes=begins)
    last = first + timedelta(minutes=length)

    left = gaps([(slot.starts_at, slot.ends_at) for slot in taken], first, last)

    minutes = (first + timedelta(minutes=minute) for minute in range(length))
    assert {at for at in minutes if any(gap[0] <= at < gap[1] for gap in left)} == {
        at
        for at in (first + timedelta(minutes=minute) for minute in range(length))
        if not any(slot.starts_at <= at < slot.ends_at for slot in taken)
    }
    assert all(gap[0] < gap[1] for gap in left)
    assert all(one[1] < other[0] for one, other in pairwise(left))


def test_touching_stretches_do_not_overlap():
    first = Slot(EPOCH, EPOCH + timedelta(minutes=15))
    second = Slot(first.ends_at, first.ends_at + timedelta(minutes=15))

    assert not first.overlaps(second)
    assert not second.overlaps(first)
    assert first.overlaps(first)


def test_a_long_visit_takes_every_slot_it_reaches_into():
    session, day = a_session(540, 600, 15), date(2026, 11, 23)
    slots = slots_on([session], day, "UTC")
    long_visit = Slot(slots[0].starts_at, slots[0].starts_at + timedelta(minutes=31))

    after = clock.moment_at(day, 0, "UTC")
    assert free_in(session, day, "UTC", [long_visit], after) == slots[3:]


@pytest.mark.parametrize(
    ("kind", "hours"),
    [
        # The grid is a quarter of an hour, so a short visit leaves a rest and a long one overlaps.
        (VisitKind.FIRST, [(540, 570), (555, 585), (570, 600)]),
        (VisitKind.FOLLOW_UP, [(540, 550), (555, 565), (570, 580), (585, 595)]),
        (VisitKind.PROCEDURE, [(540, 600)]),
    ],
)
def test_each_kind_of_visit_takes_its_own_minutes_on_one_grid(kind, hours):
    day = date(2026, 11, 23)
    session = a_session(540, 600, 15, 30, follow_up_minutes=10, procedure_minutes=60)

    assert slots_on([session], day, ZONE, kind) == [
        Slot(clock.moment_at(day, begins, ZONE), clock.moment_at(day, ends, ZONE))
        for begins, ends in hours
    ]


@pytest.mark.parametrize("kind", [VisitKind.FOLLOW_UP, VisitKind.PROCEDURE])
def test_a_kind_without_minutes_is_not_seen(kind):
    session, day = a_session(540, 600, 15), date(2026, 11, 23)

    assert slots_on([session], day, ZONE, kind) == []
    assert hours_of(session, kind) is None


def test_a_day_has_as_many_slots_as_fit():
    slots = slots_on([a_session(0, 1440, 5)], date(2026, 11, 23), ZONE)

    assert len(slots) == 288


@pytest.mark.parametrize(
    ("minute", "found"),
    [
        (540, True),
        (555, True),
        (570, False),  # half an hour does not fit any more
        (550, False),  # between two lines of the grid
        (525, False),
        (600, False),
    ],
)
def test_a_slot_begins_on_a_line_of_the_grid(minute, found):
    day = date(2026, 11, 23)
    starts_at = clock.moment_at(day, minute, ZONE)

    hours = hours_of(a_session(540, 590, 15, 30), VisitKind.FIRST)

    slot = slot_at(hours, starts_at, ZONE)

    assert slot == (Slot(starts_at, starts_at + timedelta(minutes=30)) if found else None)


@pytest.mark.parametrize(
    ("minute", "found"), [(539, None), (540, 0), (599, 0), (600, 1), (659, 1), (660, None)]
)
def test_a_moment_lies_in_the_session_that_is_held_then(minute, found):
    day = date(2026, 11, 23)
    sessions = [a_session(540, 600, 15), a_session(600, 660, 15)]

    held = occurrence_at(sessions, clock.moment_at(day, minute, ZONE), ZONE)

    assert (held and sessions.index(held.session)) == found
    if held:
        begins = held.session.begins_minute
        assert held.begins_at == clock.moment_at(day, begins, ZONE)
        assert held.ends_at == clock.moment_at(day, begins + 60, ZONE)


def test_in_the_hour_that_comes_twice_a_session_goes_on():
    session = a_session(60, 180, 60, weekday=6)
    second = clock.moment_at(date(2026, 10, 25), 60, LONDON) + timedelta(hours=1)

    held = occurrence_at([session], second, LONDON)

    assert held is not None
    assert held.ends_at - held.begins_at == timedelta(hours=3)
    # Nobody is booked into it, for half past one would be two moments.
    assert slot_at(hours_of(session, VisitKind.FIRST), second, LONDON) is None


def test_a_procedure_over_a_skipped_hour_is_not_whole():
    session = a_session(0, 240, 30, procedure_minutes=60, weekday=6)

    slots = slots_on([session], date(2026, 3, 29), LONDON, VisitKind.PROCEDURE)

    assert [clock.hour_words(slot.starts_at, LONDON) for slot in slots] == [
        *("12:00 AM GMT", "2:00 AM BST", "2:30 AM BST", "3:00 AM BST"),
    ]


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
