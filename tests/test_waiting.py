"""The rule of the waiting room, for any mixture of booked, walked in, late and urgent."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mediklaud.waiting import GRACE_MINUTES, RULE, Place
from tests.hospital import at

TEN = at(10)
MINUTES = st.integers(0, 240).map(lambda minute: TEN + timedelta(minutes=minute))
PLACES = st.lists(
    st.tuples(st.booleans(), MINUTES, MINUTES), max_size=12, unique_by=lambda place: place[1]
).map(lambda drawn: [Place(*place, token) for token, place in enumerate(drawn, start=1)])


def place(promised, arrived, token=1, *, emergency=False):
    """A patient promised an hour, who came at another; in minutes after ten."""
    hours = (TEN + timedelta(minutes=promised), TEN + timedelta(minutes=arrived))
    return Place(emergency, *hours, token)


def queue(*places):
    """The tokens in the order in which they are called in."""
    return [one.token for one in sorted(places, key=lambda one: one.turn)]


def test_the_earlier_promise_comes_first_whoever_arrived_first():
    assert queue(place(30, -20, 1), place(15, 0, 2)) == [2, 1]


def test_ten_minutes_late_is_still_on_time_and_eleven_is_not():
    assert not place(0, GRACE_MINUTES).late
    assert place(0, GRACE_MINUTES + 1).late


def test_who_comes_late_queues_by_the_hour_of_arrival():
    late = place(0, 40, 1)

    assert queue(late, place(30, 10, 2), place(45, 10, 3)) == [2, 1, 3]


def test_a_walk_in_waits_for_the_free_time_it_was_given():
    walked_in, booked = place(60, 0, 1), place(15, 5, 2)

    assert queue(walked_in, booked) == [2, 1]


def test_an_emergency_comes_before_everybody():
    assert queue(place(0, 0, 1), place(120, 60, 2, emergency=True)) == [2, 1]


def test_of_two_who_count_from_one_hour_the_first_to_come_is_first():
    assert queue(place(30, 20, 1), place(0, 30, 2)) == [1, 2]


@given(PLACES, st.randoms(use_true_random=False))
def test_the_order_is_one_however_the_room_is_read(places, chance):
    read_otherwise = list(places)
    chance.shuffle(read_otherwise)

    assert queue(*places) == queue(*read_otherwise)


@given(PLACES)
def test_neighbours_in_the_queue_stand_as_the_words_say(places):
    for one, other in pairwise(sorted(places, key=lambda place: place.turn)):
        assert one.emergency or not other.emergency
        if one.emergency == other.emergency:
            assert one.counts_from <= other.counts_from


@given(PLACES)
def test_nobody_queues_by_an_hour_later_than_the_arrival_and_the_promise(places):
    for one in places:
        assert one.promised_at <= one.counts_from <= max(one.promised_at, one.arrived_at)


@given(PLACES, st.tuples(st.booleans(), MINUTES, MINUTES))
def test_somebody_more_changes_nothing_between_the_others(places, more):
    newcomer = Place(*more, token=99)

    assert [token for token in queue(*places, newcomer) if token != 99] == queue(*places)


def test_the_words_on_the_screen_name_the_minutes():
    assert f"more than {GRACE_MINUTES} minutes late" in RULE
