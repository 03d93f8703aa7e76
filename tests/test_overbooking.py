"""Overbooking: a deed of its own, with a role, a reason and a cap for each session."""

from datetime import timedelta

import pytest

from mediklaud.errors import (
    DoctorOnLeave,
    EmptyField,
    NoSuchSlot,
    NotOverFree,
    NotPermitted,
    OnHold,
    PastTime,
    PatientBusy,
    SessionFull,
)
from mediklaud.models import EmergencyReason, VisitKind
from mediklaud.repository import (
    SessionForm,
    arrive,
    cancel_appointment,
    close_session,
    free_slots,
    grant_leave,
    move_appointment,
    open_session,
    overbook_appointment,
    overbookings_left,
    restore_appointment,
    sessions_of,
    the_hospital,
)
from tests.hospital import TODAY, at
from tests.test_races import crowd
from tests.visits import a_form, book, visit

TOMORROW = TODAY + timedelta(days=1)


def overbook(db, ward, patient, starts_at=None, reason="The doctor agreed", **asked):
    told = {"form": a_form(), "by": ward.meera, **asked}
    kind = told.pop("kind", VisitKind.FIRST)
    return overbook_appointment(db, patient, ward.rao, starts_at or at(10), kind, reason, **told)


@pytest.fixture
def taken(db, ward):
    """Ten o'clock with Dr Rao is Asha's."""
    return book(db, ward, ward.asha, ward.rao)


def test_a_taken_time_is_promised_to_one_more_for_a_reason(db, ward, taken):
    over = overbook(db, ward, ward.ben)

    assert (over.starts_at, over.ends_at) == (taken.starts_at, taken.ends_at)
    assert (over.overbook_number, over.overbook_cap_then) == (1, 2)
    assert over.overbook_reason == "The doctor agreed"


def test_a_time_that_is_free_is_booked_not_overbooked(db, ward):
    with pytest.raises(NotOverFree, match="Book it as it is"):
        overbook(db, ward, ward.ben)


def test_a_session_has_its_cap_counted_over_all_of_its_times(db, ward, taken):
    one, two, three = crowd(db, ward, 3)
    book(db, ward, ward.ben, ward.rao, at(11))
    overbook(db, ward, one)
    overbook(db, ward, two, at(11))

    assert overbookings_left(db, ward.rao, at(10)) == 0
    with pytest.raises(SessionFull, match="2 overbookings"):
        overbook(db, ward, three)


def test_the_cap_is_that_of_the_session_as_its_hours_stand_now(db, ward):
    monday = TODAY + timedelta(days=7)
    one, two, three, four = crowd(db, ward, 4)
    book(db, ward, ward.asha, ward.rao, at(11, day=monday))
    first = overbook(db, ward, one, at(11, day=monday))
    (hours,) = [
        held
        for held in sessions_of(db, [ward.rao.id], on_or_after=TODAY)
        if held.weekday == monday.weekday()
    ]
    close_session(db, hours, last_day=TODAY, by=ward.khan)
    longer = SessionForm(monday.weekday(), 570, 780, 15, valid_from=TOMORROW)
    open_session(db, ward.rao, longer, by=ward.khan)

    assert overbookings_left(db, ward.rao, at(9, 30, day=monday)) == 1
    assert overbook(db, ward, two, at(11, day=monday)).overbook_number == 2
    assert overbookings_left(db, ward.rao, at(9, 30, day=monday)) == 0
    with pytest.raises(SessionFull):
        overbook(db, ward, three, at(11, day=monday))
    cancel_appointment(db, first, "Feels better", by=ward.meera)
    assert overbook(db, ward, four, at(11, day=monday)).overbook_number == 1
    with pytest.raises(SessionFull):
        restore_appointment(db, first, by=ward.meera)


def test_another_day_has_a_cap_of_its_own(db, ward, taken):
    one, two, three = crowd(db, ward, 3)
    book(db, ward, ward.ben, ward.rao, at(10, day=TOMORROW))
    overbook(db, ward, one)
    overbook(db, ward, two)

    assert overbook(db, ward, three, at(10, day=TOMORROW)).overbook_number == 1


def test_a_cancelled_overbooking_gives_its_place_back(db, ward, taken):
    one, two, three = crowd(db, ward, 3)
    first = overbook(db, ward, one)
    overbook(db, ward, two)
    cancel_appointment(db, first, "Feels better", by=ward.meera)

    assert overbook(db, ward, three).overbook_number == 1
    with pytest.raises(SessionFull):
        restore_appointment(db, first, by=ward.meera)


def test_a_hospital_that_allows_none_overbooks_none(db, ward, taken):
    the_hospital(db).overbookings_a_session = 0

    with pytest.raises(SessionFull):
        overbook(db, ward, ward.ben)


def test_an_overbooking_takes_no_free_time_away_when_the_first_one_is_cancelled(db, ward, taken):
    overbook(db, ward, ward.ben)
    cancel_appointment(db, taken, "Feels better", by=ward.meera)

    starts = [slot.starts_at for slot in free_slots(db, [ward.rao], TODAY, 1)[ward.rao.id]]
    assert at(10) in starts


def test_the_patients_own_time_is_never_promised_twice(db, ward, taken):
    book(db, ward, ward.ben, ward.iyer)

    with pytest.raises(PatientBusy, match="Dr Suresh Iyer"):
        overbook(db, ward, ward.ben)


def test_the_gate_stands_at_this_door_too(db, ward, taken, nine_o_clock):
    nine_o_clock.move_to(at(9, 30))
    visit(db, ward, ward.ben, ward.iyer, at(12))

    with pytest.raises(OnHold):
        overbook(db, ward, ward.ben)
    over = overbook(db, ward, ward.ben, emergency=EmergencyReason.BLEEDING)
    assert over.on_hold


def test_a_reason_is_needed(db, ward, taken):
    with pytest.raises(EmptyField, match="Reason"):
        overbook(db, ward, ward.ben, reason="  ")


def test_leave_the_past_and_hours_outside_the_sessions_stay_closed(db, ward, taken, nine_o_clock):
    with pytest.raises(NoSuchSlot):
        overbook(db, ward, ward.ben, at(9, 30))
    grant_leave(db, ward.rao, TODAY, TODAY, form="leave", by=ward.khan)
    with pytest.raises(DoctorOnLeave):
        overbook(db, ward, ward.ben)
    nine_o_clock.move_to(at(10, 15))
    with pytest.raises(PastTime):
        overbook(db, ward, ward.ben)


@pytest.mark.parametrize("is_taken", [True, False])
def test_a_time_that_runs_is_overbooked_and_gives_a_token(db, ward, nine_o_clock, is_taken):
    if is_taken:
        book(db, ward, ward.asha, ward.rao, at(12, 45))
    nine_o_clock.move_to(at(12, 46))

    over = overbook(db, ward, ward.ben, at(12, 45))

    assert arrive(db, over, by=ward.meera).token == 1


def test_the_last_time_is_overbooked_while_the_doctor_runs_late(db, ward, nine_o_clock):
    last, early = (book(db, ward, ward.asha, ward.rao, at(12, n)) for n in (45, 30))
    arrive(db, early, by=ward.meera)
    nine_o_clock.move_to(at(13, 5))
    with pytest.raises(PastTime):
        overbook(db, ward, ward.ben, early.starts_at)

    assert overbook(db, ward, ward.ben, last.starts_at).overbook_number == 1
    cancel_appointment(db, early, "Went home", by=ward.meera)
    with pytest.raises(PastTime):
        overbook(db, ward, *crowd(db, ward, 1), last.starts_at)


def test_a_second_click_is_the_same_overbooking(db, ward, taken):
    first = overbook(db, ward, ward.ben, form="twice")

    assert overbook(db, ward, ward.ben, form="twice").id == first.id


def test_an_overbooked_patient_who_is_moved_has_a_time_like_any_other(db, ward, taken):
    over = overbook(db, ward, ward.ben)
    moved = move_appointment(db, over, ward.rao, at(11), form="move", by=ward.meera)

    assert moved.overbook_number is None
    assert overbookings_left(db, ward.rao, at(10)) == 2


def test_only_whoever_may_overbooks(db, ward, taken):
    for somebody in (ward.khan, ward.ishaan, ward.rao_account, ward.tara):
        with pytest.raises(NotPermitted, match="overbook"):
            overbook(db, ward, ward.ben, by=somebody)
