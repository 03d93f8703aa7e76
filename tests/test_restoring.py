"""A cancellation that was a slip is undone where every rule still allows it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.errors import (
    DoctorInactive,
    DoctorOnLeave,
    HospitalClosed,
    NothingToUndo,
    NotPermitted,
    OnHold,
    PastTime,
    PatientBusy,
    SlotTaken,
)
from mediklaud.letters import written
from mediklaud.models import AppointmentStatus, EmergencyReason, Message
from mediklaud.repository import (
    arrive,
    cancel_appointment,
    deactivate_doctor,
    declare_holiday,
    grant_leave,
    move_appointment,
    restore_appointment,
    withdraw_leave,
)
from tests.hospital import TODAY, at
from tests.visits import book, visit

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def slip(db, ward):
    """Asha's ten o'clock of tomorrow with Dr Rao, cancelled by mistake."""
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TOMORROW))
    return cancel_appointment(db, booked, "Wrong row", by=ward.meera)


def letters(db, appointment):
    rows = select(Message).where(Message.appointment_id == appointment.id).order_by(Message.id)
    return [(one.kind, one.version) for one in db.exec(rows)]


def test_a_slip_is_undone_and_the_patient_told(db, ward, slip):
    restored = restore_appointment(db, slip, by=ward.meera)

    assert restored.status is AppointmentStatus.BOOKED
    assert (restored.cancelled_at, restored.cancel_reason) == (None, None)
    assert letters(db, slip) == [("booked", 1), ("cancelled", 2), ("restored", 3)]


def test_the_calendar_entry_comes_back_under_its_own_name(db, ward, slip):
    restore_appointment(db, slip, by=ward.meera)

    row = select(Message).where(Message.kind == "restored")
    letter = db.exec(row).one()
    assert "SEQUENCE:2" in written(letter).calendar
    assert f"UID:appointment-{slip.id}@" in written(letter).calendar
    assert written(letter).calendar_method == "REQUEST"


def test_it_may_be_cancelled_and_restored_again(db, ward, slip):
    for _ in range(2):
        restore_appointment(db, slip, by=ward.meera)
        cancel_appointment(db, slip, "Wrong row again", by=ward.meera)

    assert [version for _, version in letters(db, slip)] == [1, 2, 3, 4, 5, 6]


def test_a_second_click_says_there_is_nothing_to_undo(db, ward, slip):
    restore_appointment(db, slip, by=ward.meera)

    with pytest.raises(NothingToUndo, match="booked"):
        restore_appointment(db, slip, by=ward.meera)


def test_what_was_moved_on_is_not_restored(db, ward):
    early = book(db, ward, ward.asha, ward.rao)
    move_appointment(db, early, ward.rao, at(11), form="move", by=ward.meera)

    with pytest.raises(NothingToUndo, match="moved to another time"):
        restore_appointment(db, early, by=ward.meera)


def test_a_time_that_went_to_somebody_else_stays_theirs(db, ward, slip):
    book(db, ward, ward.ben, ward.rao, at(10, day=TOMORROW))

    with pytest.raises(SlotTaken, match="next free time is Tuesday 24 November 2026, 10:15 AM"):
        restore_appointment(db, slip, by=ward.meera)
    assert slip.status is AppointmentStatus.CANCELLED


def test_a_patient_who_is_elsewhere_by_then_stays_there(db, ward, slip):
    book(db, ward, ward.asha, ward.iyer, at(10, day=TOMORROW))

    with pytest.raises(PatientBusy, match="Dr Suresh Iyer"):
        restore_appointment(db, slip, by=ward.meera)


def test_the_gate_stands_at_this_door_too(db, ward, slip):
    visit(db, ward, ward.asha, ward.iyer, at(12))

    with pytest.raises(OnHold):
        restore_appointment(db, slip, by=ward.meera)
    restored = restore_appointment(db, slip, by=ward.meera, emergency=EmergencyReason.INJURY)
    assert restored.on_hold
    assert restored.emergency_reason is EmergencyReason.INJURY
    told = select(Message).where(Message.kind == "emergency")
    assert len(db.exec(told).all()) == 1


def test_what_was_booked_before_the_bill_is_not_restored_after_it_even_if_moved(db, ward):
    early = book(db, ward, ward.asha, ward.rao, at(11, day=TOMORROW))
    moved = move_appointment(db, early, ward.rao, at(10, day=TOMORROW), form="move", by=ward.meera)
    cancel_appointment(db, moved, "Wrong row", by=ward.meera)
    visit(db, ward, ward.asha, ward.iyer, at(12))

    with pytest.raises(OnHold):
        restore_appointment(db, moved, by=ward.meera)


def test_leave_holidays_and_a_doctor_who_left_are_asked_again(db, ward, slip):
    leave = grant_leave(db, ward.rao, TOMORROW, TOMORROW, form="leave", by=ward.khan)
    with pytest.raises(DoctorOnLeave):
        restore_appointment(db, slip, by=ward.meera)
    withdraw_leave(db, leave, by=ward.khan)
    declare_holiday(db, TOMORROW, "Festival", by=ward.khan)
    with pytest.raises(HospitalClosed, match="Festival"):
        restore_appointment(db, slip, by=ward.meera)
    deactivate_doctor(db, ward.rao, by=ward.khan)
    with pytest.raises(DoctorInactive):
        restore_appointment(db, slip, by=ward.meera)


def test_the_past_is_not_restored(db, ward, slip, nine_o_clock):
    nine_o_clock.move_to(at(10, 1, day=TOMORROW))

    with pytest.raises(PastTime):
        restore_appointment(db, slip, by=ward.meera)


def test_who_had_arrived_is_in_the_waiting_room_again(db, ward):
    came = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    cancel_appointment(db, came, "Wrong row", by=ward.meera)

    restored = restore_appointment(db, came, by=ward.meera)

    assert restored.status is AppointmentStatus.ARRIVED
    assert restored.token == 1


def test_only_the_front_desk_restores(db, ward, slip):
    for somebody in (ward.ishaan, ward.rao_account, ward.tara):
        with pytest.raises(NotPermitted):
            restore_appointment(db, slip, by=somebody)
