"""Walking in: the next free time and a token, and who is sent away."""

import pytest

from mediklaud.errors import (
    AlreadyInQueue,
    DoctorInactive,
    NoTimeLeft,
    NotPermitted,
    OnHold,
    PatientBusy,
)
from mediklaud.models import AppointmentStatus, EmergencyReason, Priority, Role
from mediklaud.repository import (
    arrive,
    begin_consultation,
    create_account,
    deactivate_doctor,
    grant_leave,
    hold_time,
    note_no_show,
    restore_appointment,
    undo_arrival,
    undo_no_show,
)
from tests.hospital import PASSWORD, TODAY, at
from tests.visits import book, finish, visit
from tests.waiting_room import FIRST, notices, walks_in


def test_a_walk_in_takes_the_next_free_time_and_a_token(db, ward, nine_o_clock):
    book(db, ward, ward.asha, ward.rao, at(10, 15))
    nine_o_clock.move_to(at(10, 5))

    came = walks_in(db, ward, ward.ben, ward.rao)

    assert (came.starts_at, came.token, came.walk_in) == (at(10, 30), 1, True)
    assert came.status is AppointmentStatus.ARRIVED


def test_a_walk_in_passes_over_what_another_clerk_holds(db, ward):
    lata = create_account(db, "lata", "Lata", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
    hold_time(db, ward.rao, at(10), FIRST, form="h1", by=lata)

    assert walks_in(db, ward, ward.ben, ward.rao).starts_at == at(10, 15)


def test_a_walk_in_passes_over_a_time_in_which_the_patient_is_elsewhere(db, ward):
    book(db, ward, ward.asha, ward.iyer, at(10))

    assert walks_in(db, ward, ward.asha, ward.rao).starts_at == at(10, 15)


def test_a_walk_in_who_is_elsewhere_all_the_time_is_told_so(db, ward, nine_o_clock):
    book(db, ward, ward.asha, ward.iyer, at(12, 45))
    nine_o_clock.move_to(at(12, 40))

    with pytest.raises(PatientBusy, match="Dr Suresh Iyer at 12:45 PM"):
        walks_in(db, ward, ward.asha, ward.rao)


def test_a_second_click_is_the_same_walk_in(db, ward):
    first = walks_in(db, ward, ward.asha, ward.rao, form="w1")

    again = walks_in(db, ward, ward.asha, ward.rao, form="w1")

    assert (again.id, again.token) == (first.id, 1)


def test_nobody_queues_twice_for_one_doctor(db, ward):
    walks_in(db, ward, ward.asha, ward.rao)

    with pytest.raises(AlreadyInQueue, match="Asha Menon has token 1 with Dr Anjali Rao"):
        walks_in(db, ward, ward.asha, ward.rao)


def test_who_is_in_the_room_does_not_queue_again(db, ward):
    came = walks_in(db, ward, ward.asha, ward.rao)
    begin_consultation(db, came, by=ward.rao_account)

    with pytest.raises(AlreadyInQueue):
        walks_in(db, ward, ward.asha, ward.rao)


def test_who_was_seen_and_has_paid_nothing_is_held_at_the_gate(db, ward, nine_o_clock):
    visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(OnHold, match="JMI/2627/000001"):
        walks_in(db, ward, ward.asha, ward.iyer)
    nine_o_clock.move_to(at(10, 20))
    passed = walks_in(db, ward, ward.asha, ward.iyer, emergency=EmergencyReason.BLEEDING)
    assert (passed.priority, passed.dues_then_paise) == (Priority.EMERGENCY, 800_00)
    assert len(notices(db)) == 1


def test_a_walk_in_finds_no_time_when_the_sessions_are_over(db, ward, nine_o_clock):
    nine_o_clock.move_to(at(12, 45), tick=False)

    with pytest.raises(NoTimeLeft, match="Dr Anjali Rao has no free time left"):
        walks_in(db, ward, ward.asha, ward.rao)


def test_a_walk_in_finds_no_time_in_a_leave(db, ward):
    grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)

    with pytest.raises(NoTimeLeft):
        walks_in(db, ward, ward.asha, ward.rao)


def test_nobody_walks_in_to_a_doctor_who_has_left(db, ward):
    deactivate_doctor(db, ward.rao, by=ward.khan)

    with pytest.raises(DoctorInactive):
        walks_in(db, ward, ward.asha, ward.rao)


def test_a_walk_in_is_seen_and_billed_like_anybody(db, ward):
    came = walks_in(db, ward, ward.asha, ward.rao)

    assert finish(db, ward, came).total_paise == 800_00
    assert came.status is AppointmentStatus.FULFILLED


@pytest.mark.parametrize("name", ["khan", "ishaan", "tara", "rao_account"])
def test_only_the_front_desk_keeps_the_waiting_room(db, ward, name):
    booked, by = book(db, ward, ward.asha, ward.rao), getattr(ward, name)

    for deed in (
        lambda: arrive(db, booked, by=by),
        lambda: undo_arrival(db, booked, by=by),
        lambda: note_no_show(db, booked, by=by),
        lambda: undo_no_show(db, booked, by=by),
        lambda: restore_appointment(db, booked, by=by),
    ):
        with pytest.raises(NotPermitted, match="change appointments"):
            deed()
    with pytest.raises(NotPermitted, match="book appointments"):
        walks_in(db, ward, ward.asha, ward.rao, by=by)
