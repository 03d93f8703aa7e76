"""The waiting room: arrivals, tokens, walk-ins, no-shows, and the slips that are undone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from mediklaud.database import reading
from mediklaud.errors import (
    AlreadyInQueue,
    DoctorInactive,
    DoctorOnLeave,
    NotBookedAnyMore,
    NothingToUndo,
    NoTimeLeft,
    NotPermitted,
    NotThatDay,
    NotYetTime,
    OnHold,
    PastTime,
    PatientBusy,
    Refusal,
    SlotTaken,
    TwoDesksMet,
)
from mediklaud.letters import written
from mediklaud.models import (
    Appointment,
    AppointmentStatus,
    Doctor,
    EmergencyReason,
    Message,
    Patient,
    Priority,
    Role,
    VisitKind,
)
from mediklaud.repository import (
    SessionForm,
    arrive,
    begin_consultation,
    cancel_appointment,
    create_account,
    deactivate_doctor,
    enroll_patient,
    finish_consultation,
    grant_leave,
    hold_time,
    move_appointment,
    note_no_show,
    open_session,
    overbook_appointment,
    restore_appointment,
    undo_arrival,
    undo_no_show,
    upcoming_visits,
    walk_in,
)
from tests.hospital import ASHA, PASSWORD, TODAY, Ward, at
from tests.visits import a_form, book, desk, finish, visit

TOMORROW = TODAY + timedelta(days=1)
FIRST = VisitKind.FIRST


def enrolled(db: Session, ward: Ward, count: int) -> list[Patient]:
    """So many patients more, each with a name of their own."""
    return [
        enroll_patient(
            db,
            replace(ASHA, name=f"Patient {one}", phone=f"98860 3{one:04d}"),
            form=f"patient-{one}",
            by=ward.meera,
        )
        for one in range(1, count + 1)
    ]


def walks_in(db: Session, ward: Ward, patient: Patient, doctor: Doctor, **asked) -> Appointment:
    """A patient at Meera's desk, without an appointment."""
    told = {"form": a_form(), "by": ward.meera, **asked}
    return walk_in(db, patient, doctor, told.pop("kind", FIRST), **told)


def missed(db: Session, ward: Ward, nine_o_clock) -> Appointment:
    """Asha was booked at ten and did not come."""
    booked = book(db, ward, ward.asha, ward.rao)
    nine_o_clock.move_to(at(10, 20))
    return note_no_show(db, booked, by=ward.meera)


def tokens(doctor_id: int) -> list[int]:
    """Every token a doctor's patients have, in order."""
    with reading() as db:
        rows = select(Appointment.token).where(
            Appointment.doctor_id == doctor_id, col(Appointment.token).is_not(None)
        )
        return sorted(db.exec(rows).all())


def notices(db: Session) -> list[Message]:
    """What the CMO was told of emergencies."""
    return list(db.exec(select(Message).where(Message.kind == "emergency")))


# Arriving


def test_an_arrival_is_noted_once_with_its_hour_and_token(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    came = arrive(db, booked, by=ward.meera)

    assert (came.status, came.token) == (AppointmentStatus.ARRIVED, 1)
    assert at(9) <= came.arrived_at < at(9, 1)
    with pytest.raises(NotBookedAnyMore, match="marked as arrived already"):
        arrive(db, booked, by=ward.meera)


@pytest.mark.parametrize("day", [TOMORROW, TODAY + timedelta(days=7)])
def test_nobody_arrives_on_another_day(db, ward, day):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=day))

    with pytest.raises(NotThatDay):
        arrive(db, booked, by=ward.meera)


def test_yesterdays_patient_does_not_arrive_today(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha, ward.rao)
    nine_o_clock.move_to(at(9, day=TOMORROW))

    with pytest.raises(NotThatDay):
        arrive(db, booked, by=ward.meera)


def test_tokens_run_from_one_in_the_order_of_arrival(db, ward):
    late = book(db, ward, ward.asha, ward.rao, at(12))
    early = book(db, ward, ward.ben, ward.rao, at(10))

    assert [arrive(db, one, by=ward.meera).token for one in (late, early)] == [1, 2]


def test_every_doctor_counts_own_tokens(db, ward):
    first = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    other = arrive(db, book(db, ward, ward.ben, ward.iyer), by=ward.meera)

    assert (first.token, other.token) == (1, 1)


def test_an_evening_session_counts_from_one_again(db, ward):
    evening = SessionForm(TODAY.weekday(), 17 * 60, 19 * 60, 15, valid_from=TODAY)
    open_session(db, ward.rao, evening, by=ward.khan)

    morning = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    later = arrive(db, book(db, ward, ward.ben, ward.rao, at(17)), by=ward.meera)

    assert (morning.token, later.token) == (1, 1)
    assert morning.session_begins_at != later.session_begins_at


def test_the_next_day_counts_from_one_again(db, ward, nine_o_clock):
    arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    tomorrow = book(db, ward, ward.ben, ward.rao, at(10, day=TOMORROW))
    nine_o_clock.move_to(at(9, day=TOMORROW))

    assert arrive(db, tomorrow, by=ward.meera).token == 1


def test_who_is_called_in_without_having_been_marked_gets_a_token_too(db, ward):
    arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    unmarked = book(db, ward, ward.ben, ward.rao, at(11))

    begin_consultation(db, unmarked, by=ward.rao_account)

    assert (unmarked.token, unmarked.status) == (2, AppointmentStatus.ARRIVED)


def test_a_token_given_in_a_deed_that_failed_is_given_again(house):
    with desk() as (db, ward):
        booked = book(db, ward, ward.asha, ward.rao)

    def arrive_and_fail() -> None:
        with desk() as (db, ward):
            arrive(db, booked, by=ward.meera)
            raise PastTime

    with pytest.raises(PastTime):
        arrive_and_fail()
    with desk() as (db, ward):
        assert arrive(db, booked, by=ward.meera).token == 1


def test_a_walk_in_that_was_refused_leaves_no_gap(house):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.iyer, at(10))
    with pytest.raises(PatientBusy), desk() as (db, ward):
        walks_in(db, ward, ward.asha, ward.rao)

    with desk() as (db, ward):
        assert walks_in(db, ward, ward.ben, ward.rao).token == 1


def at_a_desk_of_its_own(task: tuple[str, int, int]) -> str:
    """One deed in its own transaction, tried again when another desk was writing."""
    what, whose, doctor_id = task
    for _ in range(20):
        try:
            with desk() as (db, ward):
                if what == "arrive":
                    arrive(db, db.get_one(Appointment, whose), by=ward.meera)
                else:
                    patient = db.get_one(Patient, whose)
                    walks_in(db, ward, patient, db.get_one(Doctor, doctor_id))
            return "done"
        except TwoDesksMet:
            continue
        except Refusal as refusal:
            return str(refusal)
    return "never"


def test_eight_desks_at_once_give_tokens_without_a_gap(house):
    with desk() as (db, ward):
        everybody = enrolled(db, ward, 12)
        doctor_id = ward.rao.id
        hours = [at(10 + quarter // 4, quarter % 4 * 15) for quarter in range(6)]
        expected = [
            book(db, ward, patient, ward.rao, hour).id
            for patient, hour in zip(everybody[:6], hours, strict=True)
        ]
    tasks = [("arrive", one, doctor_id) for one in expected]
    tasks += [("walk in", patient.id, doctor_id) for patient in everybody[6:]]

    with ThreadPoolExecutor(8) as desks:
        told = list(desks.map(at_a_desk_of_its_own, sorted(tasks, key=lambda task: task[1] % 5)))

    assert told == ["done"] * 12
    assert tokens(doctor_id) == list(range(1, 13))


def test_arrivals_and_walk_ins_never_lock_each_other_out(postgresql_house):
    with desk() as (db, ward):
        everybody = enrolled(db, ward, 12)
        doctor_id = ward.rao.id
        expected = [
            book(db, ward, patient, ward.rao, at(10, 15 * quarter)).id
            for quarter, patient in enumerate(everybody[:4])
        ]

    def once(task: tuple[str, int]) -> None:
        with desk() as (db, ward):
            if task[0] == "arrive":
                arrive(db, db.get_one(Appointment, task[1]), by=ward.meera)
            else:
                walks_in(db, ward, db.get_one(Patient, task[1]), ward.rao)

    tasks = [("arrive", one) for one in expected]
    tasks += [("walk in", patient.id) for patient in everybody[4:]]
    with ThreadPoolExecutor(6) as desks:
        list(desks.map(once, tasks[::2] + tasks[1::2]))

    assert tokens(doctor_id) == list(range(1, 13))


# An arrival undone


def test_an_arrival_undone_is_booked_again_and_may_arrive_anew(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    arrive(db, booked, by=ward.meera)
    arrive(db, book(db, ward, ward.ben, ward.rao, at(11)), by=ward.meera)

    undone = undo_arrival(db, booked, by=ward.meera)

    assert (undone.status, undone.arrived_at) == (AppointmentStatus.BOOKED, None)
    assert arrive(db, booked, by=ward.meera).token == 1


def test_a_token_once_given_is_nobody_elses(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    undo_arrival(db, arrive(db, booked, by=ward.meera), by=ward.meera)

    assert arrive(db, book(db, ward, ward.ben, ward.rao, at(11)), by=ward.meera).token == 2


def test_an_arrival_is_not_undone_once_the_doctor_has_begun(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    arrive(db, booked, by=ward.meera)
    begin_consultation(db, booked, by=ward.rao_account)

    with pytest.raises(NotBookedAnyMore, match="with the doctor already"):
        undo_arrival(db, booked, by=ward.meera)


def test_what_is_only_booked_has_no_arrival_to_undo(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    with pytest.raises(NotBookedAnyMore, match="booked already"):
        undo_arrival(db, booked, by=ward.meera)


def test_a_walk_in_is_cancelled_and_not_undone(db, ward):
    came = walks_in(db, ward, ward.asha, ward.rao)

    with pytest.raises(NothingToUndo, match="cancel it instead"):
        undo_arrival(db, came, by=ward.meera)
    assert cancel_appointment(db, came, "Went home", by=ward.meera).cancelled_at


def test_an_arrival_is_undone_on_its_own_day_only(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha, ward.rao)
    arrive(db, booked, by=ward.meera)
    nine_o_clock.move_to(at(9, day=TOMORROW))

    with pytest.raises(NotThatDay):
        undo_arrival(db, booked, by=ward.meera)


# Not coming


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


def test_a_no_show_is_undone_on_its_own_day_only(db, ward, nine_o_clock):
    booked = missed(db, ward, nine_o_clock)
    nine_o_clock.move_to(at(9, day=TOMORROW))

    with pytest.raises(NotThatDay):
        undo_no_show(db, booked, by=ward.meera)


def test_what_was_never_missed_is_not_undone(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    with pytest.raises(NotBookedAnyMore, match="booked already"):
        undo_no_show(db, booked, by=ward.meera)


# Walking in


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


# A cancellation undone


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


# Over the session's times


def test_an_overbooked_patient_arrives_with_the_next_token(db, ward):
    arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    over = overbook_appointment(
        db, ward.ben, ward.rao, at(10), FIRST, "Came from afar", form=a_form(), by=ward.meera
    )

    assert arrive(db, over, by=ward.meera).token == 2


def test_an_overbooked_no_show_comes_back_over_the_same_time(db, ward, nine_o_clock):
    book(db, ward, ward.asha, ward.rao)
    over = overbook_appointment(
        db, ward.ben, ward.rao, at(10), FIRST, "Came from afar", form=a_form(), by=ward.meera
    )
    nine_o_clock.move_to(at(10, 20))
    note_no_show(db, over, by=ward.meera)

    assert undo_no_show(db, over, by=ward.meera).status is AppointmentStatus.BOOKED


def test_finishing_needs_no_arrival_first(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    encounter = begin_consultation(db, booked, by=ward.rao_account)
    finish_consultation(db, encounter, "Rest.", by=ward.rao_account)

    assert (booked.token, booked.status) == (1, AppointmentStatus.FULFILLED)
