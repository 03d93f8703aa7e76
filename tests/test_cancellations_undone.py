"""A cancellation undone: a place, a token and a letter again, or the reason why not."""

import pytest
from sqlmodel import Session, select

from mediklaud.errors import NothingToUndo, OnHold, PastTime, SlotTaken
from mediklaud.letters import written
from mediklaud.models import Appointment, AppointmentStatus, EmergencyReason, Message, Priority
from mediklaud.repository import arrive, cancel_appointment, move_appointment, restore_appointment
from tests.hospital import Ward, at
from tests.visits import book, visit
from tests.waiting_room import notices


def cancelled(db: Session, ward: Ward, **asked) -> Appointment:
    """Asha's appointment at ten, cancelled by a slip."""
    booked = book(db, ward, ward.asha, ward.rao, **asked)
    return cancel_appointment(db, booked, "A slip", by=ward.meera)


def test_a_cancellation_undone_is_booked_again_with_a_letter(db, ward):
    restored = restore_appointment(db, cancelled(db, ward), by=ward.meera)

    assert (restored.status, restored.cancel_reason) == (AppointmentStatus.BOOKED, None)
    letter = db.exec(select(Message).where(Message.kind == "restored")).one()
    assert "SEQUENCE:2" in written(letter).calendar


def test_who_had_arrived_waits_again_with_the_same_token(db, ward):
    came = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    cancel_appointment(db, came, "A slip", by=ward.meera)

    restored = restore_appointment(db, came, by=ward.meera)

    assert (restored.status, restored.token) == (AppointmentStatus.ARRIVED, 1)


def test_a_cancellation_is_not_undone_when_the_time_is_gone(db, ward):
    gone = cancelled(db, ward)
    book(db, ward, ward.ben, ward.rao)

    with pytest.raises(SlotTaken, match="10:15 AM"):
        restore_appointment(db, gone, by=ward.meera)


def test_a_cancellation_is_not_undone_once_the_hour_has_begun(db, ward, nine_o_clock):
    gone = cancelled(db, ward)
    nine_o_clock.move_to(at(10), tick=False)

    with pytest.raises(PastTime):
        restore_appointment(db, gone, by=ward.meera)


def test_a_cancellation_is_undone_once(db, ward):
    restored = restore_appointment(db, cancelled(db, ward), by=ward.meera)

    with pytest.raises(NothingToUndo, match="booked"):
        restore_appointment(db, restored, by=ward.meera)


def test_what_was_moved_on_is_not_restored(db, ward):
    old = book(db, ward, ward.asha, ward.rao)
    move_appointment(db, old, ward.rao, at(12), form="m1", by=ward.meera)

    with pytest.raises(NothingToUndo, match="moved to another time"):
        restore_appointment(db, old, by=ward.meera)


def test_the_gate_is_asked_when_a_cancellation_is_undone(db, ward):
    gone = cancelled(db, ward, starts_at=at(12))
    visit(db, ward, ward.asha, ward.iyer)

    with pytest.raises(OnHold):
        restore_appointment(db, gone, by=ward.meera)
    passed = restore_appointment(db, gone, by=ward.meera, emergency=EmergencyReason.INJURY)
    assert (passed.priority, len(notices(db))) == (Priority.EMERGENCY, 1)


def test_an_emergency_restored_as_one_tells_the_cmo_once(db, ward):
    gone = cancelled(db, ward, emergency=EmergencyReason.INJURY)

    restore_appointment(db, gone, by=ward.meera, emergency=EmergencyReason.INJURY)

    assert len(notices(db)) == 1
