"""Patients to move: the move, with its reason, its letter and its refusals."""

import pytest
from sqlmodel import select

from mediklaud.errors import (
    DoctorOnLeave,
    NotBookedAnyMore,
    NotPermitted,
    NotStranded,
    OnHold,
    PatientBusy,
    SlotTaken,
)
from mediklaud.models import Appointment, AppointmentStatus, Message, Role
from mediklaud.repository import create_account, relocate, withdraw_leave
from tests.hospital import PASSWORD, at
from tests.relocating import TUESDAY, WEDNESDAY, listed, on_leave
from tests.visits import book, finish, visit


def test_a_relocated_patient_has_the_new_time_a_reason_and_a_letter(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    on_leave(db, ward, TUESDAY, reason="Surgery")

    moved = relocate(db, booked, ward.rao, at(10, day=WEDNESDAY), form="m1", by=ward.khan)

    old = db.get_one(Appointment, booked.id)
    assert (moved.moved_from_id, moved.starts_at) == (booked.id, at(10, day=WEDNESDAY))
    assert old.status is AppointmentStatus.CANCELLED
    # The leave's own reason is the doctor's affair.
    assert old.cancel_reason == "Moved: Dr Anjali Rao is on leave: 24 Nov 2026"
    letter = db.exec(select(Message).where(Message.appointment_id == moved.id)).one()
    assert (letter.kind, letter.to_address) == ("moved", "asha@example.org")
    assert listed(db, ward) == []
    with pytest.raises(DoctorOnLeave):
        book(db, ward, ward.ben, ward.rao, at(10, day=TUESDAY))


def test_a_second_click_is_the_same_move(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    leave = on_leave(db, ward, TUESDAY)
    told = {"form": "m1", "by": ward.meera}
    moved = relocate(db, booked, ward.rao, at(10, day=WEDNESDAY), **told)
    withdraw_leave(db, leave, by=ward.khan)

    assert relocate(db, booked, ward.rao, at(10, day=WEDNESDAY), **told).id == moved.id
    with pytest.raises(NotStranded):
        relocate(db, booked, ward.rao, at(10, day=WEDNESDAY), form="m2", by=ward.meera)


def test_who_was_moved_by_another_desk_is_not_moved_twice(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    on_leave(db, ward, TUESDAY)
    relocate(db, booked, ward.rao, at(10, day=WEDNESDAY), form="m1", by=ward.meera)

    with pytest.raises(NotBookedAnyMore, match="cancelled already, so it cannot be moved"):
        relocate(db, booked, ward.rao, at(11, day=WEDNESDAY), form="m2", by=ward.khan)


def test_whose_time_stands_or_has_passed_is_not_relocated(db, ward, nine_o_clock):
    stands = book(db, ward, ward.ben, ward.rao, at(10, day=WEDNESDAY))
    passed = book(db, ward, ward.asha, ward.rao, at(10))
    on_leave(db, ward)
    nine_o_clock.move_to(at(10, 15))

    for one in (stands, passed):
        with pytest.raises(NotStranded, match="needs no move"):
            relocate(db, one, ward.iyer, at(12, day=WEDNESDAY), form="m1", by=ward.meera)


def test_a_time_just_taken_is_refused_with_the_next_one_and_the_old_one_stands(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    on_leave(db, ward, TUESDAY)
    book(db, ward, ward.ben, ward.rao, at(10, day=WEDNESDAY))

    told = r"just taken\. The next free time is Wednesday 25 November 2026, 10:15 AM"
    with pytest.raises(SlotTaken, match=told), db.begin_nested():
        relocate(db, booked, ward.rao, at(10, day=WEDNESDAY), form="m1", by=ward.meera)

    db.expire_all()
    assert listed(db, ward) == [booked.id]


def test_no_move_makes_a_patient_be_in_two_places(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    book(db, ward, ward.asha, ward.iyer, at(10, day=WEDNESDAY))
    on_leave(db, ward, TUESDAY)

    with pytest.raises(PatientBusy), db.begin_nested():
        relocate(db, booked, ward.rao, at(10, day=WEDNESDAY), form="m1", by=ward.meera)


def test_dues_never_hold_a_relocation_back(db, ward, nine_o_clock):
    seen = book(db, ward, ward.asha, ward.rao)
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    nine_o_clock.move_to(at(10))
    finish(db, ward, seen)
    with pytest.raises(OnHold), db.begin_nested():
        visit(db, ward, ward.asha, ward.iyer, at(11))
    on_leave(db, ward, TUESDAY)

    moved = relocate(db, booked, ward.rao, at(10, day=WEDNESDAY), form="m1", by=ward.meera)

    assert moved.on_hold
    assert moved.status is AppointmentStatus.BOOKED


def test_chief_registrar_and_front_desk_move_and_nobody_else_does(db, ward):
    ravi = create_account(db, "ravi", "Ravi", PASSWORD, {Role.REGISTRAR}, by=ward.tara)
    hit = [book(db, ward, ward.asha, ward.rao, at(10, n, TUESDAY)) for n in (0, 15, 30)]
    on_leave(db, ward, TUESDAY)
    for by in (ward.ishaan, ward.tara, ward.rao_account):
        with pytest.raises(NotPermitted, match="move patients whose time is gone"):
            relocate(db, hit[0], ward.iyer, at(10, day=TUESDAY), form="m0", by=by)

    for n, (one, by) in enumerate(zip(hit, (ward.khan, ravi, ward.meera), strict=True)):
        relocate(db, one, ward.iyer, at(11, 15 * n, TUESDAY), form=f"m{n}", by=by)

    assert listed(db, ward) == []
