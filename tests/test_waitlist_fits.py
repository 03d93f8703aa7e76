"""The waitlist: whom a free time suits, the earliest time of an entry, and what was just freed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlmodel import Session

from mediklaud.models import Doctor, Role, VisitKind
from mediklaud.repository import (
    SessionForm,
    cancel_appointment,
    create_account,
    deactivate_doctor,
    declare_holiday,
    grant_leave,
    hold_time,
    just_freed,
    move_appointment,
    open_session,
    openings_for,
    overbook_appointment,
    who_fits,
    withdraw_leave,
)
from mediklaud.timetable import Slot
from tests.hospital import PASSWORD, TODAY, Ward, at
from tests.visits import book
from tests.waits import IN_A_WEEK, TEN, TOMORROW, a_patient, priced, wait, with_long_visits


def names(fits: Sequence[object]) -> list[str]:
    """Whom a freed time suits, in order."""
    return [fit.wait.patient.name for fit in fits]


def fitting(db: Session, ward: Ward, slot: Slot = TEN, doctor: Doctor | None = None) -> list[str]:
    """Whom a freed time of Dr Rao suits."""
    return names(who_fits(db, doctor or ward.rao, slot, by=ward.meera))


# Whom a freed time suits


def test_a_free_time_suits_who_waits_for_the_doctor_or_the_specialty(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    wait(db, ward, ward.ben, specialty="Cardiology")
    wait(db, ward, ward.ben, ward.iyer)
    wait(db, ward, ward.ben, specialty="General medicine")

    assert fitting(db, ward) == ["Asha Menon", "Ben Thomas"]


def test_the_urgent_are_offered_first_and_then_the_oldest(db, ward, nine_o_clock):
    for number, urgent in enumerate((False, True, False)):
        nine_o_clock.shift(1)
        wait(db, ward, a_patient(db, ward, number), ward.rao, urgent=urgent)

    assert fitting(db, ward) == ["Patient 1", "Patient 0", "Patient 2"]


def test_at_most_twenty_are_offered_a_time_however_many_it_does_not_suit(db, ward):
    for number in range(130):
        suits = number >= 105
        wait(db, ward, ward.asha, ward.rao, begins_minute=600 if suits else 630)

    offered = who_fits(db, ward.rao, TEN, by=ward.meera)

    assert len(offered) == 20
    assert {fit.wait.entry.begins_minute for fit in offered} == {600}


@pytest.mark.parametrize(
    ("changes", "suits"),
    [
        ({"weekdays": {0}}, True),
        ({"weekdays": {1, 2, 3, 4, 5, 6}}, False),
        ({"first_day": TOMORROW}, False),
        ({"last_day": TODAY}, True),
        ({"begins_minute": 600, "ends_minute": 601}, True),
        ({"begins_minute": 601}, False),
        ({"ends_minute": 600}, False),
        # 10:00 at the hospital is 04:30 in UTC.
        ({"begins_minute": 270, "ends_minute": 285}, False),
    ],
)
def test_days_weekdays_and_hours_are_the_hospitals(db, ward, changes, suits):
    wait(db, ward, ward.asha, ward.rao, **changes)

    assert fitting(db, ward) == (["Asha Menon"] if suits else [])


def test_a_time_after_midnight_belongs_to_the_hospitals_day(db, ward):
    early = SessionForm(1, 0, 120, 15, valid_from=TODAY)
    open_session(db, ward.rao, early, by=ward.khan)
    wait(db, ward, ward.asha, ward.rao, weekdays={0})
    wait(db, ward, ward.ben, ward.rao, weekdays={1}, ends_minute=60)
    # Monday evening in UTC is Tuesday morning here.
    slot = Slot(at(0, 0, TOMORROW), at(0, 15, TOMORROW))
    assert slot.starts_at.weekday() == 0

    assert fitting(db, ward, slot) == ["Ben Thomas"]


def test_a_time_that_is_not_free_suits_nobody(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.ben, ward.rao)

    assert fitting(db, ward) == []


def test_a_time_held_by_another_clerk_suits_nobody_and_ones_own_hold_does(db, ward):
    tara = create_account(db, "nina", "Nina", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
    wait(db, ward, ward.asha, ward.rao)
    hold_time(db, ward.rao, at(10), VisitKind.FIRST, form="h1", by=tara)

    assert fitting(db, ward) == []
    assert names(who_fits(db, ward.rao, TEN, by=tara)) == ["Asha Menon"]


def test_leave_a_holiday_the_past_and_a_doctor_who_left_suit_nobody(db, ward, nine_o_clock):
    wait(db, ward, ward.asha, ward.rao)
    leave = grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)
    assert fitting(db, ward) == []
    withdraw_leave(db, leave, by=ward.khan)
    assert fitting(db, ward) == ["Asha Menon"]
    declare_holiday(db, TOMORROW, "Jayanti", by=ward.khan)
    assert fitting(db, ward, Slot(at(10, 0, TOMORROW), at(10, 15, TOMORROW))) == []
    nine_o_clock.move_to(at(10), tick=False)
    assert fitting(db, ward) == []
    later = Slot(at(11), at(11, 15))
    assert fitting(db, ward, later) == ["Asha Menon"]
    deactivate_doctor(db, ward.rao, by=ward.khan)
    assert fitting(db, ward, later) == []


def test_a_patient_who_is_elsewhere_is_not_offered_the_time(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.asha, ward.iyer)

    assert fitting(db, ward) == []
    assert fitting(db, ward, Slot(at(10, 15), at(10, 30))) == ["Asha Menon"]


def test_the_length_of_the_visit_must_fit_the_free_stretch(db, ward):
    with_long_visits(db, ward)
    wait(db, ward, ward.asha, ward.rao)
    wait(db, ward, ward.asha, ward.rao, kind=VisitKind.FOLLOW_UP)
    book(db, ward, ward.ben, ward.rao, at(10, 15), VisitKind.FOLLOW_UP)

    # A quarter is free from 10:00: enough for the follow-up alone.
    kinds = [fit.wait.entry.kind for fit in who_fits(db, ward.rao, TEN, by=ward.meera)]
    assert kinds == [VisitKind.FOLLOW_UP]


def test_a_visit_may_begin_in_free_time_before_the_freed_one(db, ward):
    with_long_visits(db, ward)
    wait(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.ben, ward.rao, at(10, 30), VisitKind.FOLLOW_UP)

    # From 10:15 there is a quarter only; with the free one before it, half an hour.
    (fit,) = who_fits(db, ward.rao, Slot(at(10, 15), at(10, 30)), by=ward.meera)

    assert (fit.time.starts_at, fit.time.ends_at) == (at(10), at(10, 30))


def test_a_kind_without_a_price_is_offered_nothing(db, ward):
    with_long_visits(db, ward)
    entry = wait(db, ward, ward.asha, ward.rao, kind=VisitKind.PROCEDURE)
    assert fitting(db, ward) == []
    assert openings_for(db, [entry], by=ward.meera) == {}

    priced(db, ward)

    assert fitting(db, ward) == ["Asha Menon"]
    assert openings_for(db, [entry], by=ward.meera)[entry.id].starts_at == at(10)


def test_only_those_of_a_kind_are_named_where_one_is_asked_for(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    wait(db, ward, ward.ben, ward.rao, kind=VisitKind.FOLLOW_UP)

    found = who_fits(db, ward.rao, TEN, VisitKind.FOLLOW_UP, by=ward.meera)

    assert names(found) == ["Ben Thomas"]


# The earliest time of an entry


def test_the_earliest_time_is_the_first_that_fits_the_entry(db, ward):
    book(db, ward, ward.ben, ward.rao)
    plain = wait(db, ward, ward.asha, ward.rao)
    late = wait(db, ward, ward.asha, ward.rao, begins_minute=720)
    wednesday = wait(db, ward, ward.asha, ward.rao, weekdays={2})
    anyone = wait(db, ward, ward.asha, specialty="General medicine")

    found = openings_for(db, [plain, late, wednesday, anyone], by=ward.meera)

    assert found[plain.id].starts_at == at(10, 15)
    assert found[late.id].starts_at == at(12)
    assert found[wednesday.id].starts_at == at(10, 0, date(2026, 11, 25))
    assert (found[anyone.id].starts_at, found[anyone.id].doctor_id) == (at(10), ward.iyer.id)


def test_an_entry_of_far_days_is_looked_for_there_and_no_further_than_its_last(db, ward):
    far = TODAY + timedelta(days=40)
    entry = wait(db, ward, ward.asha, ward.rao, first_day=far, last_day=far)
    grant_leave(db, ward.iyer, TODAY, far, form="l1", by=ward.khan)
    in_vain = wait(db, ward, ward.asha, ward.iyer, last_day=far)

    found = openings_for(db, [entry, in_vain], by=ward.meera)

    assert found[entry.id].starts_at == at(10, 0, far)
    assert in_vain.id not in found


def test_the_earliest_time_is_not_one_when_the_patient_is_elsewhere(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.asha, ward.iyer)

    assert openings_for(db, [entry], by=ward.meera)[entry.id].starts_at == at(10, 15)


def test_nobody_has_no_earliest_time(db, ward):
    assert openings_for(db, [], by=ward.meera) == {}


# Just freed


def freed_times(db: Session, ward: Ward) -> list[tuple[str, datetime, list[str]]]:
    """What came free, and whom it suits."""
    found = just_freed(db, by=ward.meera)
    return [(one.doctor.name, one.slot.starts_at, names(one.fits)) for one in found]


def test_a_cancelled_time_is_offered_to_who_waits(db, ward):
    wait(db, ward, ward.ben, ward.rao)
    booked = book(db, ward, ward.asha, ward.rao)
    assert freed_times(db, ward) == []

    cancel_appointment(db, booked, "Fever", by=ward.meera)

    assert freed_times(db, ward) == [("Dr Anjali Rao", at(10), ["Ben Thomas"])]


def test_a_moved_appointment_frees_its_old_time(db, ward):
    wait(db, ward, ward.ben, ward.rao)
    booked = book(db, ward, ward.asha, ward.rao)

    move_appointment(db, booked, ward.rao, at(12), form="m1", by=ward.meera)

    assert freed_times(db, ward) == [("Dr Anjali Rao", at(10), ["Ben Thomas"])]


def test_withdrawn_leave_frees_each_of_its_days(db, ward):
    wait(db, ward, ward.ben, ward.rao)
    leave = grant_leave(db, ward.rao, TODAY, TOMORROW, form="l1", by=ward.khan)

    withdraw_leave(db, leave, by=ward.khan)

    found = [fit.time.starts_at for one in just_freed(db, by=ward.meera) for fit in one.fits]
    assert found == [at(10), at(10, 0, TOMORROW)]


def test_a_freed_time_that_went_again_or_suits_nobody_is_not_shown(db, ward):
    cancel_appointment(db, book(db, ward, ward.asha, ward.rao), "Fever", by=ward.meera)
    assert freed_times(db, ward) == []
    wait(db, ward, ward.ben, ward.rao)
    book(db, ward, ward.asha, ward.rao)

    assert freed_times(db, ward) == []


def test_what_was_cancelled_long_ago_is_not_just_freed(db, ward, nine_o_clock):
    wait(db, ward, ward.ben, ward.rao)
    booked = book(db, ward, ward.asha, ward.rao, at(10, 0, IN_A_WEEK))
    cancel_appointment(db, booked, "Fever", by=ward.meera)
    nine_o_clock.shift(timedelta(hours=11, minutes=59))
    assert len(freed_times(db, ward)) == 1
    nine_o_clock.shift(timedelta(minutes=2))

    assert freed_times(db, ward) == []


def test_a_time_freed_twice_is_shown_once(db, ward):
    wait(db, ward, ward.ben, ward.rao)
    for _ in range(2):
        cancel_appointment(db, book(db, ward, ward.asha, ward.rao), "Fever", by=ward.meera)

    assert len(freed_times(db, ward)) == 1


def test_a_cancelled_overbooking_frees_nothing(db, ward):
    wait(db, ward, a_patient(db, ward, 1), ward.rao)
    book(db, ward, ward.asha, ward.rao)
    told = {"form": "o1", "by": ward.meera}
    over = overbook_appointment(db, ward.ben, ward.rao, at(10), VisitKind.FIRST, "Pain", **told)

    cancel_appointment(db, over, "Fever", by=ward.meera)

    assert freed_times(db, ward) == []
