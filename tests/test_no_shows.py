"""Who did not come: the time is free again, and a slip is undone where the rules allow it."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from mediklaud.errors import (
    DoctorInactive,
    DoctorOnLeave,
    KindNotSeen,
    NoSuchSlot,
    NotBookedAnyMore,
    NotThatDay,
    NotYetTime,
    OnHold,
    PatientBusy,
    SlotTaken,
)
from mediklaud.models import Appointment, AppointmentStatus, EmergencyReason, Priority
from mediklaud.repository import (
    SessionForm,
    arrive,
    close_session,
    deactivate_doctor,
    grant_leave,
    move_appointment,
    note_no_show,
    open_session,
    sessions_of,
    undo_no_show,
    upcoming_visits,
)
from tests.hospital import TODAY, Ward, at
from tests.visits import book, visit
from tests.waiting_room import TOMORROW, notices


def missed(db: Session, ward: Ward, nine_o_clock) -> Appointment:
    """Asha was booked at ten and did not come."""
    booked = book(db, ward, ward.asha, ward.rao)
    nine_o_clock.move_to(at(10, 20))
    return note_no_show(db, booked, by=ward.meera)


def test_nobody_is_missed_before_the_time(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha, ward.rao)
    with pytest.raises(NotYetTime, match="10:00 AM IST"):
        note_no_show(db, booked, by=ward.meera)

    nine_o_clock.move_to(at(10, 20))

    assert note_no_show(db, booked, by=ward.meera).status is AppointmentStatus.NO_SHOW


def test_a_missed_time_is_free_for_the_patient(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)

    assert upcoming_visits(db, ward.asha.id, by=ward.meera) == []
    with pytest.raises(NotBookedAnyMore, match="marked as not come"):
        move_appointment(db, booked, ward.rao, at(12), form="m1", by=ward.meera)


def test_whoever_waits_is_not_missed(db, ward, nine_o_clock):
    booked = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    nine_o_clock.move_to(at(10, 20))

    with pytest.raises(NotBookedAnyMore, match="marked as arrived"):
        note_no_show(db, booked, by=ward.meera)


def test_a_no_show_undone_is_expected_again_and_may_arrive(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)

    undone = undo_no_show(db, booked, by=ward.meera)

    assert undone.status is AppointmentStatus.BOOKED
    assert arrive(db, undone, by=ward.meera).token == 1


def test_a_no_show_is_not_undone_when_the_time_went_to_somebody_else(db, ward, nine_o_clock):
    # Half an hour a visit, begun every quarter: the next one may begin within a missed one.
    evening = SessionForm(TODAY.weekday(), 17 * 60, 19 * 60, 15, valid_from=TODAY, first_minutes=30)
    open_session(db, ward.rao, evening, by=ward.khan)
    booked = book(db, ward, ward.asha, ward.rao, at(17))
    nine_o_clock.move_to(at(17, 10))
    note_no_show(db, booked, by=ward.meera)
    book(db, ward, ward.ben, ward.rao, at(17, 15))

    with pytest.raises(SlotTaken, match="next free time is Monday 23 November 2026, 5:45 PM IST"):
        undo_no_show(db, booked, by=ward.meera)
    assert booked.status is AppointmentStatus.NO_SHOW


def test_a_no_show_is_not_undone_where_the_patient_is_elsewhere_by_now(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    nine_o_clock.move_to(at(9, 59))
    book(db, ward, ward.asha, ward.iyer)

    with pytest.raises(PatientBusy, match="Dr Suresh Iyer at 10:00 AM"):
        undo_no_show(db, booked, by=ward.meera)


def test_the_gate_is_asked_when_a_no_show_is_undone(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    visit(db, ward, ward.asha, ward.iyer, at(10, 30))

    with pytest.raises(OnHold, match=r"Asha Menon owes ₹500\.00"):
        undo_no_show(db, booked, by=ward.meera)


def test_an_emergency_passes_the_gate_and_the_cmo_is_told_once(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    visit(db, ward, ward.asha, ward.iyer, at(10, 30))

    undone = undo_no_show(db, booked, by=ward.meera, emergency=EmergencyReason.ACUTE_PAIN)

    assert (undone.priority, undone.on_hold) == (Priority.EMERGENCY, True)
    assert undone.dues_then_paise == 500_00
    assert len(notices(db)) == 1


def test_a_no_show_is_not_undone_in_a_leave_granted_meanwhile(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)

    with pytest.raises(DoctorOnLeave):
        undo_no_show(db, booked, by=ward.meera)


def test_a_no_show_is_not_undone_with_a_doctor_who_has_left(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    deactivate_doctor(db, ward.rao, by=ward.khan)

    with pytest.raises(DoctorInactive):
        undo_no_show(db, booked, by=ward.meera)


def test_a_no_show_is_not_undone_outside_the_sessions_of_by_now(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    (monday,) = (
        one
        for one in sessions_of(db, [ward.rao.id], on_or_after=TODAY)
        if one.weekday == TODAY.weekday()
    )
    close_session(db, monday, last_day=TODAY - timedelta(days=1), by=ward.khan)

    with pytest.raises(NoSuchSlot):
        undo_no_show(db, booked, by=ward.meera)


def test_a_no_show_is_not_undone_where_its_kind_is_seen_no_more(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    for one in sessions_of(db, [ward.rao.id], on_or_after=TODAY):
        one.first_minutes = None

    with pytest.raises(KindNotSeen):
        undo_no_show(db, booked, by=ward.meera)


def test_a_no_show_is_undone_on_its_own_day_only(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    nine_o_clock.move_to(at(9, day=TOMORROW))

    with pytest.raises(NotThatDay):
        undo_no_show(db, booked, by=ward.meera)


def test_what_was_never_missed_is_not_undone(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    with pytest.raises(NotBookedAnyMore, match="booked already"):
        undo_no_show(db, booked, by=ward.meera)
