"""Who waits for whom, in which order, and what the waiting room may read of it."""

from dataclasses import astuple, replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from mediklaud import database
from mediklaud.errors import NotPermitted, NotThatDay, NotYourQueue
from mediklaud.models import EmergencyReason, Role, VisitKind
from mediklaud.repository import (
    SessionForm,
    arrive,
    begin_consultation,
    board,
    cancel_appointment,
    change_account,
    close_session,
    day_visits,
    enroll_patient,
    expected_today,
    finish_consultation,
    grant_leave,
    open_session,
    own_day,
    own_day_numbers,
    queue_of,
    sessions_of,
    undo_arrival,
    walk_in,
)
from tests.hospital import BEN, TODAY, at, ward_of
from tests.visits import a_form, book
from tests.waiting_room import enrolled


def queue(db, ward, doctor=None, by=None):
    """Who waits, by first name."""
    doctor_id = doctor.id if doctor else None
    return [one.patient.name for one in queue_of(db, doctor_id, by=by or ward.meera)]


def line(db, ward, doctor):
    """What the board says of a doctor."""
    return next(one for one in board(db, by=ward.meera) if one.doctor_id == doctor.id)


@pytest.fixture
def busy(db, ward, nine_o_clock):
    """Four wait for Dr Rao: booked at 11 and at 10:15, walked in, and late for 10."""
    late, walker = enrolled(db, ward, 2)
    first = book(db, ward, ward.asha, ward.rao, at(11))
    second = book(db, ward, ward.ben, ward.rao, at(10, 15))
    missed = book(db, ward, late, ward.rao, at(10))
    arrive(db, first, by=ward.meera)
    nine_o_clock.move_to(at(10, 2), tick=False)
    walk_in(db, walker, ward.rao, VisitKind.FIRST, form=a_form(), by=ward.meera)
    arrive(db, second, by=ward.meera)
    nine_o_clock.move_to(at(10, 35), tick=False)
    arrive(db, missed, by=ward.meera)


def test_booked_and_walked_in_are_called_in_by_one_rule(db, ward, busy):
    assert queue(db, ward, ward.rao) == ["Ben Thomas", "Patient 2", "Patient 1", "Asha Menon"]
    assert line(db, ward, ward.rao).waiting == (3, 2, 4, 1)


def test_an_emergency_is_called_in_next(db, ward, busy):
    typed = replace(BEN, name="Chitra Rao", phone="98860 33333")
    chitra = enroll_patient(db, typed, form="chitra", by=ward.meera)
    asked = {"form": a_form(), "by": ward.meera, "emergency": EmergencyReason.BREATHLESSNESS}
    walk_in(db, chitra, ward.rao, VisitKind.FIRST, **asked)

    assert queue(db, ward, ward.rao)[0] == "Chitra Rao"


def test_who_is_in_the_room_waits_no_more(db, ward, busy):
    called = queue_of(db, ward.rao.id, by=ward.meera)[0].appointment

    encounter = begin_consultation(db, called, by=ward.rao_account)

    assert called.id not in [one.appointment.id for one in queue_of(db, ward.rao.id, by=ward.meera)]
    assert (line(db, ward, ward.rao).now, line(db, ward, ward.rao).waiting) == (3, (2, 4, 1))
    finish_consultation(db, encounter, "Rest.", by=ward.rao_account)
    assert line(db, ward, ward.rao).now is None


def test_the_days_list_knows_who_is_in_the_room_and_since_when(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha, ward.rao)
    (before,) = day_visits(db, TODAY, by=ward.meera)
    encounter = begin_consultation(db, booked, by=ward.rao_account)
    (during,) = day_visits(db, TODAY, by=ward.meera)
    finish_consultation(db, encounter, "Rest.", by=ward.rao_account)
    (after,) = day_visits(db, TODAY, by=ward.meera)

    assert (before.begun_at, during.begun_at) == (None, encounter.begun_at)
    assert after.begun_at is None


def test_who_is_booked_cancelled_or_of_another_day_does_not_wait(db, ward):
    book(db, ward, ward.asha, ward.rao)
    gone = arrive(db, book(db, ward, ward.ben, ward.rao, at(11)), by=ward.meera)
    cancel_appointment(db, gone, "Went home", by=ward.meera)

    assert queue(db, ward, ward.rao) == []


def test_yesterdays_patients_do_not_wait_today(db, ward, nine_o_clock):
    arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))

    assert queue(db, ward, ward.rao) == []
    assert line(db, ward, ward.rao).waiting == ()


@pytest.fixture
def after_midnight(db, ward, nine_o_clock):
    """Asha waits since 23:40 for 23:45, Ben is late for 23:30; the doctor is late as well."""
    night = SessionForm(TODAY.weekday(), 22 * 60, 24 * 60, 15, valid_from=TODAY)
    open_session(db, ward.rao, night, by=ward.khan)
    asha, ben = (
        book(db, ward, patient, ward.rao, at(23, minute))
        for patient, minute in ((ward.asha, 45), (ward.ben, 30))
    )
    nine_o_clock.move_to(at(23, 40))
    arrive(db, asha, by=ward.meera)
    nine_o_clock.move_to(at(0, 2, day=TODAY + timedelta(days=1)))
    return asha, ben


def test_who_waits_over_midnight_still_waits(db, ward, after_midnight):
    asha, ben = after_midnight
    assert queue(db, ward, ward.rao) == ["Asha Menon"]
    assert line(db, ward, ward.rao).waiting == (1,)
    assert [one.appointment.id for one in expected_today(db, ward.ben.id, by=ward.meera)] == [
        ben.id
    ]

    undo_arrival(db, asha, by=ward.meera)
    arrive(db, asha, by=ward.meera)
    arrive(db, ben, by=ward.meera)
    begin_consultation(db, ben, by=ward.rao_account)
    assert (line(db, ward, ward.rao).now, queue(db, ward, ward.rao)) == (2, ["Asha Menon"])


def test_after_midnight_the_doctors_day_keeps_who_of_the_evening_is_still_here(
    db, ward, after_midnight, nine_o_clock
):
    asha, _ = after_midnight
    early = SessionForm((TODAY.weekday() + 1) % 7, 9 * 60, 10 * 60, 15, valid_from=TODAY)
    open_session(db, ward.rao, early, by=ward.khan)
    morning = book(db, ward, ward.ben, ward.rao, at(9, day=TODAY + timedelta(days=1)))

    def day():
        return [one.appointment.id for one in own_day(db, by=ward.rao_account)]

    def arrived():
        return own_day_numbers(db, by=ward.rao_account).arrived

    assert (day(), arrived()) == ([asha.id, morning.id], 1)
    encounter = begin_consultation(db, asha, by=ward.rao_account)
    assert (day(), arrived()) == ([asha.id, morning.id], 1)
    finish_consultation(db, encounter, "Rest", by=ward.rao_account)
    assert (day(), arrived()) == ([morning.id], 0)


def test_who_was_left_in_the_evening_is_no_part_of_the_doctors_morning(
    db, ward, after_midnight, nine_o_clock
):
    nine_o_clock.move_to(at(6, day=TODAY + timedelta(days=1)))

    assert own_day(db, by=ward.rao_account) == []


def test_who_was_not_seen_at_night_waits_no_more_in_the_morning(
    db, ward, after_midnight, nine_o_clock
):
    nine_o_clock.move_to(at(6, day=TODAY + timedelta(days=1)))

    assert queue(db, ward, ward.rao) == []
    with pytest.raises(NotThatDay):
        begin_consultation(db, after_midnight[0], by=ward.rao_account)


def test_every_doctor_has_an_own_queue_and_the_desk_sees_all(db, ward):
    arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    arrive(db, book(db, ward, ward.ben, ward.iyer), by=ward.meera)

    assert queue(db, ward, ward.iyer) == ["Ben Thomas"]
    assert sorted(queue(db, ward)) == ["Asha Menon", "Ben Thomas"]


def test_a_doctor_sees_the_own_queue_only(db, ward):
    arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)

    assert queue(db, ward, ward.rao, by=ward.rao_account) == ["Asha Menon"]
    for other in (ward.rao, None):
        with pytest.raises(NotYourQueue):
            queue(db, ward, other, by=ward.iyer_account)


def test_who_holds_both_roles_sees_every_queue(db, ward):
    both = {Role.DOCTOR, Role.FRONT_DESK}
    change_account(db, ward.iyer_account, both, by=ward.tara, doctor_id=ward.iyer.id)
    arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)

    assert queue(db, ward, ward.rao, by=ward.iyer_account) == ["Asha Menon"]


@pytest.mark.parametrize("name", ["khan", "ishaan", "tara"])
def test_nobody_else_sees_who_waits(db, ward, name):
    with pytest.raises(NotPermitted, match="see the day's appointments"):
        queue_of(db, ward.rao.id, by=getattr(ward, name))


# The board


def test_the_board_lists_every_doctor_with_a_session_today(db, ward):
    assert [(one.doctor_name, one.now, one.waiting) for one in board(db, by=ward.meera)] == [
        ("Dr Anjali Rao", None, ()),
        ("Dr Suresh Iyer", None, ()),
    ]


def test_a_doctor_without_a_session_today_is_not_on_the_board(db, ward):
    for session in sessions_of(db, [ward.iyer.id], on_or_after=TODAY):
        close_session(db, session, last_day=TODAY - timedelta(days=1), by=ward.khan)

    assert [one.doctor_name for one in board(db, by=ward.meera)] == ["Dr Anjali Rao"]


def test_a_doctor_on_leave_is_on_the_board_only_while_somebody_waits(db, ward):
    came = arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)
    assert line(db, ward, ward.rao).waiting == (1,)

    cancel_appointment(db, came, "The doctor is away", by=ward.meera)

    assert [one.doctor_name for one in board(db, by=ward.meera)] == ["Dr Suresh Iyer"]


def test_a_doctor_away_for_an_hour_stays_on_the_board(db, ward):
    grant_leave(
        *(db, ward.rao, TODAY, TODAY), form="l", by=ward.khan, begins_minute=600, ends_minute=660
    )

    assert line(db, ward, ward.rao).waiting == ()


def test_each_session_with_patients_has_its_own_line(db, ward):
    evening = SessionForm(TODAY.weekday(), 17 * 60, 19 * 60, 15, valid_from=TODAY)
    open_session(db, ward.rao, evening, by=ward.khan)
    arrive(db, book(db, ward, ward.asha, ward.rao), by=ward.meera)
    arrive(db, book(db, ward, ward.ben, ward.rao, at(17)), by=ward.meera)

    own = [one for one in board(db, by=ward.meera) if one.doctor_id == ward.rao.id]

    assert [(one.session_begins_at, one.waiting) for one in own] == [(at(10), (1,)), (at(17), (1,))]


def test_the_board_says_nothing_of_a_patient_but_the_token(db, ward, busy):
    told = [value for one in board(db, by=ward.meera) for value in astuple(one)]

    known = {ward.rao.id, ward.rao.name, ward.rao.specialty}
    known |= {ward.iyer.id, ward.iyer.name, ward.iyer.specialty}
    assert set(told) - known == {None, (3, 2, 4, 1), ()}


@pytest.mark.parametrize("name", ["khan", "ishaan", "tara", "rao_account"])
def test_only_the_front_desk_hangs_the_board_up(db, ward, name):
    with pytest.raises(NotPermitted, match="show the waiting room's board"):
        board(db, by=getattr(ward, name))


def test_the_board_and_the_queue_read_the_appointments_by_an_index(sqlite_house):
    asked = []
    with database.reading() as db:
        engine = db.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        ward = ward_of(db)
        asked.clear()
        board(db, by=ward.meera)
        queue_of(db, ward.rao.id, by=ward.meera)
        queue_of(db, by=ward.meera)
        plans = [
            str(db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", told).all())
            for sql, told in list(asked)
            if "FROM appointment" in sql
        ]

    assert len(plans) == 3
    assert all("SCAN appointment" not in plan and "SCAN encounter" not in plan for plan in plans)
