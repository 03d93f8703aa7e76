"""The waiting room: arrivals, their tokens, and the slips that are undone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import col, select

from mediklaud.database import reading
from mediklaud.errors import (
    NotBookedAnyMore,
    NothingToUndo,
    NotThatDay,
    PastTime,
    PatientBusy,
    Refusal,
    TwoDesksMet,
)
from mediklaud.models import Appointment, AppointmentStatus, BillWhen, Doctor, Patient
from mediklaud.repository import (
    SessionForm,
    arrivals,
    arrive,
    begin_consultation,
    cancel_appointment,
    close_session,
    finish_consultation,
    move_appointment,
    note_no_show,
    open_session,
    overbook_appointment,
    sessions_of,
    undo_arrival,
    undo_no_show,
)
from mediklaud.repository.dues import dues_of
from tests.hospital import TODAY, at
from tests.till import settings
from tests.visits import a_form, book, desk
from tests.waiting_room import FIRST, TOMORROW, enrolled, walks_in


def tokens(doctor_id: int) -> list[int]:
    """Every token a doctor's patients have, in order."""
    with reading() as db:
        rows = select(Appointment.token).where(
            Appointment.doctor_id == doctor_id, col(Appointment.token).is_not(None)
        )
        return sorted(db.exec(rows).all())


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


def new_hours(db, ward, begins_minute, first_day, ends_minute=780):
    """Dr Rao's Mondays, from ten to one until now, have other hours from a day on."""
    (old,) = [
        one
        for one in sessions_of(db, [ward.rao.id], on_or_after=TODAY)
        if one.weekday == TODAY.weekday() and one.valid_to is None
    ]
    close_session(db, old, last_day=first_day - timedelta(days=1), by=ward.khan)
    hours = (TODAY.weekday(), begins_minute, ends_minute, 15)
    open_session(db, ward.rao, SessionForm(*hours, valid_from=first_day), by=ward.khan)


def test_a_session_whose_hours_changed_after_a_booking_has_one_token_one(db, ward, nine_o_clock):
    monday = TODAY + timedelta(days=7)
    before = book(db, ward, ward.asha, ward.rao, at(10, day=monday))
    new_hours(db, ward, 570, TOMORROW)
    after = book(db, ward, ward.ben, ward.rao, at(9, 30, day=monday))
    nine_o_clock.move_to(at(9, day=monday))

    assert [arrive(db, one, by=ward.meera).token for one in (before, after)] == [1, 2]
    assert before.session_begins_at == after.session_begins_at == at(9, 30, day=monday)


def test_hours_that_change_during_the_day_go_on_with_their_tokens(db, ward):
    before = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    new_hours(db, ward, 570, TODAY)
    after = book(db, ward, ward.ben, ward.rao, at(9, 30))

    assert (before.token, arrive(db, after, by=ward.meera).token) == (1, 2)
    assert walks_in(db, ward, enrolled(db, ward, 1)[0], ward.rao).token == 3


def test_who_is_booked_where_no_session_is_held_any_more_has_the_token_of_the_old_one(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10))
    new_hours(db, ward, 660, TODAY)

    came = arrive(db, booked, by=ward.meera)
    assert (came.token, came.session_begins_at) == (1, at(10))


def test_overbookings_of_two_sessions_that_became_one_all_arrive(db, ward, nine_o_clock):
    one, two, three, four = enrolled(db, ward, 4)
    new_hours(db, ward, 600, TODAY, 660)
    late = SessionForm(TODAY.weekday(), 660, 780, 15, valid_from=TODAY)
    late = open_session(db, ward.rao, late, by=ward.khan)
    over = []
    for hour, patient, other in ((10, one, two), (11, three, four)):
        book(db, ward, patient, ward.rao, at(hour))
        told = (at(hour), FIRST, "Pain")
        over.append(overbook_appointment(db, other, ward.rao, *told, form=a_form(), by=ward.meera))
    close_session(db, late, last_day=TODAY - timedelta(days=1), by=ward.khan)
    new_hours(db, ward, 600, TODAY)

    came = [arrive(db, one, by=ward.meera) for one in over]
    assert [one.token for one in came] == [1, 2]
    assert [one.overbook_number for one in came] == [1, 2]


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


def test_a_walk_in_that_was_refused_leaves_no_gap(house, monkeypatch):
    def taken_meanwhile(*_, **__):
        raise PatientBusy(patient="Asha", doctor="Dr Iyer", hour="10:00 AM")

    with monkeypatch.context() as patch:
        # Between the look at the free times and the promise another desk books the patient.
        patch.setattr(arrivals, "promise", taken_meanwhile)
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


# Moving whoever is here already


def test_who_waits_is_moved_and_token_and_arrival_end_with_the_old_time(db, ward):
    booked = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)

    moved = move_appointment(db, booked, ward.iyer, at(11), form="m1", by=ward.meera)

    assert (booked.status, booked.token) == (AppointmentStatus.CANCELLED, 1)
    assert (moved.status, moved.token, moved.arrived_at) == (AppointmentStatus.BOOKED, None, None)
    assert arrive(db, moved, by=ward.meera).token == 1


def test_what_an_arrival_was_billed_is_taken_back_by_a_move(db, ward, nine_o_clock):
    settings(db, ward, bill_when=BillWhen.ARRIVAL)
    booked = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    assert dues_of(db, ward.asha.id).total_paise == 800_00
    nine_o_clock.move_to(at(10, 20))

    moved = move_appointment(db, booked, ward.iyer, at(11), form="m1", by=ward.meera)

    assert dues_of(db, ward.asha.id).total_paise == 0
    assert not moved.on_hold
    arrive(db, moved, by=ward.meera)
    assert dues_of(db, ward.asha.id).total_paise == 500_00


def test_whom_the_doctor_has_begun_is_not_moved(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    begin_consultation(db, booked, by=ward.rao_account)

    with pytest.raises(NotBookedAnyMore, match="with the doctor already, so it cannot be moved"):
        move_appointment(db, booked, ward.iyer, at(11), form="m1", by=ward.meera)
