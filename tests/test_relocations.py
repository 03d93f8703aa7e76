"""Patients whose time is gone: who is listed and why, and a leave that says who is left."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.errors import DoctorOnLeave, NotStranded
from mediklaud.models import EmergencyReason, VisitKind, WorkingSession
from mediklaud.repository import (
    SessionForm,
    arrive,
    begin_consultation,
    cancel_appointment,
    close_session,
    count_stranded,
    deactivate_doctor,
    declare_holiday,
    edit_doctor,
    left_in,
    open_session,
    queue_of,
    relocate,
    relocations,
    stranded,
    withdraw_holiday,
    withdraw_leave,
)
from tests.hospital import RAO, TODAY, at
from tests.relocating import TUESDAY, WEDNESDAY, listed, on_leave
from tests.visits import book, desk
from tests.waiting_room import enrolled, walks_in


def whys(db, ward):
    return [one.why for one in stranded(db, by=ward.meera).found]


# Who is listed, and why


def test_who_is_booked_in_a_leave_is_listed_with_phone_doctor_and_why(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    book(db, ward, ward.ben, ward.rao, at(10, day=WEDNESDAY))
    on_leave(db, ward, TUESDAY)

    (one,) = stranded(db, by=ward.meera).found

    assert one.visit.appointment.id == booked.id
    assert (one.visit.patient.phone, one.visit.doctor.id) == (ward.asha.phone, ward.rao.id)
    assert one.visit.letter.kind == "booked"
    assert one.why == "Dr Anjali Rao is on leave: 24 Nov 2026"


def test_leave_of_part_of_a_session_lists_only_who_stands_in_it(db, ward):
    before, reaching, within, after = (
        book(db, ward, patient, ward.rao, at(hour, minute, day=TUESDAY))
        for patient, hour, minute in (
            (ward.asha, 10, 0),
            (ward.ben, 10, 15),
            (ward.asha, 10, 45),
            (ward.ben, 11, 30),
        )
    )
    on_leave(db, ward, TUESDAY, begins_minute=10 * 60 + 20, ends_minute=11 * 60 + 30)

    assert listed(db, ward) == [reaching.id, within.id]
    assert {before.id, after.id}.isdisjoint(listed(db, ward))
    assert whys(db, ward)[0] == "Dr Anjali Rao is on leave: 24 Nov 2026, 10:20 – 11:30"


def test_a_holiday_lists_the_patients_of_every_doctor(db, ward):
    rao = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    iyer = book(db, ward, ward.ben, ward.iyer, at(11, day=TUESDAY))
    book(db, ward, ward.ben, ward.iyer, at(11, day=WEDNESDAY))
    holiday = declare_holiday(db, TUESDAY, "Diwali", by=ward.khan)

    assert listed(db, ward) == [rao.id, iyer.id]
    assert set(whys(db, ward)) == {"The hospital is closed: Diwali"}
    withdraw_holiday(db, holiday, by=ward.khan)
    assert listed(db, ward) == []


def test_a_closed_session_lists_who_comes_after_its_last_day(db, ward):
    last, after = (
        book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY + timedelta(days=ahead)))
        for ahead in (0, 7)
    )
    rows = select(WorkingSession).where(
        WorkingSession.doctor_id == ward.rao.id, WorkingSession.weekday == 1
    )
    close_session(db, db.exec(rows).one(), last_day=TUESDAY, by=ward.khan)

    assert listed(db, ward) == [after.id]
    assert whys(db, ward) == ["Dr Anjali Rao holds no session at that time any more"]
    assert last.id not in listed(db, ward)


def test_a_session_planned_anew_keeps_whom_it_still_covers(db, ward):
    early, late = (book(db, ward, ward.asha, ward.rao, at(hour, day=TUESDAY)) for hour in (10, 12))
    rows = select(WorkingSession).where(
        WorkingSession.doctor_id == ward.rao.id, WorkingSession.weekday == 1
    )
    close_session(db, db.exec(rows).one(), last_day=TODAY - timedelta(days=1), by=ward.khan)
    for begins, ends in ((570, 605), (605, 720)):
        anew = SessionForm(1, begins, ends, 35, valid_from=TODAY)
        open_session(db, ward.rao, anew, by=ward.khan)

    assert early.id not in listed(db, ward)
    assert listed(db, ward) == [late.id]


def test_a_kind_that_is_seen_no_more_at_that_hour_is_listed(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY), VisitKind.FOLLOW_UP)
    rows = select(WorkingSession).where(
        WorkingSession.doctor_id == ward.rao.id, WorkingSession.weekday == 1
    )
    session = db.exec(rows).one()
    session.follow_up_minutes = None
    db.add(session)
    db.flush()

    assert listed(db, ward) == [booked.id]


def test_whose_doctor_left_is_listed(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    deactivate_doctor(db, ward.rao, by=ward.khan)

    assert listed(db, ward) == [booked.id]
    assert whys(db, ward) == ["Dr Anjali Rao no longer sees patients here"]


def test_who_comes_after_the_registrations_last_day_is_listed(db, ward):
    on_it, after = (
        book(db, ward, ward.asha, ward.rao, at(10, day=day)) for day in (TUESDAY, WEDNESDAY)
    )
    typed = type(RAO)(**{**vars(RAO), "registration_expires_on": TUESDAY})
    edit_doctor(db, ward.rao, typed, version=ward.rao.version, by=ward.khan)

    assert listed(db, ward) == [after.id]
    assert whys(db, ward) == ["Dr Anjali Rao's registration ends on 24 Nov 2026"]
    assert on_it.id not in listed(db, ward)


def test_only_whose_time_has_not_ended_and_whom_the_doctor_has_not_begun_is_listed(
    db, ward, nine_o_clock
):
    book(db, ward, ward.asha, ward.rao, at(10))
    late = book(db, ward, ward.ben, ward.rao, at(10, 15))
    begun, waits = (book(db, ward, ward.asha, ward.rao, at(hour)) for hour in (11, 12))
    gone = book(db, ward, ward.ben, ward.rao, at(11, 30))
    on_leave(db, ward)
    for one in (begun, waits):
        arrive(db, one, by=ward.meera)
    begin_consultation(db, begun, by=ward.rao_account)
    cancel_appointment(db, gone, "Feels better", by=ward.meera)
    nine_o_clock.move_to(at(10, 15))

    assert listed(db, ward) == [late.id, waits.id]


def test_a_leave_within_the_session_lists_who_waits_until_they_are_moved(db, ward, nine_o_clock):
    waits = book(db, ward, ward.asha, ward.rao, at(11))
    late = book(db, ward, ward.ben, ward.rao, at(10))
    begun, walker = enrolled(db, ward, 2)
    nine_o_clock.move_to(at(10, 5))
    arrive(db, waits, by=ward.meera)
    inside = walks_in(db, ward, begun, ward.rao)
    begin_consultation(db, inside, by=ward.rao_account)
    walked = walks_in(db, ward, walker, ward.rao)
    leave = on_leave(db, ward, begins_minute=600)

    assert listed(db, ward, leave=leave) == [late.id, walked.id, waits.id]
    assert left_in(db, leave, by=ward.khan) == relocations.LeftInLeave(3, 3)
    for n, one in enumerate((late, walked, waits)):
        told = {"form": f"m{n}", "by": ward.khan}
        assert relocate(db, one, ward.iyer, at(12, 15 * n), **told).token is None
    assert left_in(db, leave, by=ward.khan) == relocations.LeftInLeave(0, 3)
    assert queue_of(db, ward.rao.id, by=ward.meera) == []


def test_emergencies_stand_first_and_then_the_earliest(db, ward):
    late, early = (book(db, ward, ward.asha, ward.rao, at(hour, day=TUESDAY)) for hour in (12, 10))
    urgent = book(
        db, ward, ward.ben, ward.rao, at(12, 30, TUESDAY), emergency=EmergencyReason.INJURY
    )
    on_leave(db, ward, TUESDAY)

    assert listed(db, ward) == [urgent.id, early.id, late.id]


def test_a_long_list_is_cut_and_says_how_many_they_are(db, ward, monkeypatch):
    monkeypatch.setattr(relocations, "LISTED", 2)
    for minute in (0, 15, 30, 45):
        book(db, ward, ward.asha, ward.rao, at(10, minute, day=TUESDAY))
    on_leave(db, ward, TUESDAY)

    found = stranded(db, by=ward.meera)

    assert [one.visit.appointment.starts_at for one in found.found] == [
        at(10, 0, TUESDAY),
        at(10, 15, TUESDAY),
    ]
    assert found.count == count_stranded(db, by=ward.meera) == 4


def test_one_doctors_list_and_one_leaves_list_hold_no_others(db, ward):
    rao = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    other = book(db, ward, ward.asha, ward.rao, at(10, day=WEDNESDAY))
    iyer = book(db, ward, ward.ben, ward.iyer, at(10, day=TUESDAY))
    leave = on_leave(db, ward, TUESDAY)
    declare_holiday(db, WEDNESDAY, "Diwali", by=ward.khan)
    deactivate_doctor(db, ward.iyer, by=ward.khan)

    assert listed(db, ward, leave=leave) == [rao.id]
    assert listed(db, ward, doctor=ward.rao) == [rao.id, other.id]
    assert listed(db, ward, doctor=ward.iyer) == [iyer.id]
    assert count_stranded(db, by=ward.meera, doctor=ward.iyer) == 1


def test_who_stands_in_two_leaves_is_listed_under_both(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    both = [on_leave(db, ward, TUESDAY, form=form) for form in ("l1", "l2")]

    assert [listed(db, ward, leave=leave) for leave in both] == [[booked.id]] * 2


# A leave says who is left


def test_a_leave_says_who_is_left_until_nobody_is(house):
    left = relocations.LeftInLeave
    with desk() as (db, ward):
        earlier = book(db, ward, ward.asha, ward.rao, at(12, day=TUESDAY))
        cancel_appointment(db, earlier, "Feels better", by=ward.meera)
        hit = [book(db, ward, ward.asha, ward.rao, at(10, n, TUESDAY)) for n in (0, 15, 30)]
    with desk() as (db, ward):
        leave = on_leave(db, ward, TUESDAY)
        assert left_in(db, leave, by=ward.khan) == left(3, 3)

    with desk() as (db, ward):
        relocate(db, hit[0], ward.iyer, at(10, day=TUESDAY), form="m1", by=ward.khan)
        assert left_in(db, leave, by=ward.khan) == left(2, 3)
        cancel_appointment(db, hit[1], "Goes elsewhere", by=ward.meera)
        relocate(db, hit[2], ward.iyer, at(11, day=TUESDAY), form="m2", by=ward.meera)
        assert left_in(db, leave, by=ward.khan) == left(0, 3)


def test_a_withdrawn_leave_leaves_nothing_to_do(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    leave = on_leave(db, ward, TUESDAY)
    withdraw_leave(db, leave, by=ward.khan)

    assert listed(db, ward) == listed(db, ward, leave=leave) == []
    with pytest.raises(NotStranded, match="Asha Menon's time stands as it is"):
        relocate(db, booked, ward.rao, at(11, day=TUESDAY), form="m1", by=ward.meera)


# Leave against a booking, in two sessions of the database


class Other(threading.Thread):
    """A second desk, at work while the first one's transaction is still open."""

    def __init__(self, deed):
        super().__init__()
        self.deed, self.got, self.refusal = deed, None, None

    def run(self):
        try:
            with desk() as (db, ward):
                self.got = self.deed(db, ward)
        except DoctorOnLeave as refusal:
            self.refusal = refusal


def test_no_booking_slips_in_between_leave_and_its_list(house):
    other = Other(lambda db, ward: book(db, ward, ward.ben, ward.rao, at(11, day=TUESDAY)).id)
    with desk() as (db, ward):
        booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    with desk() as (db, ward):
        leave = on_leave(db, ward, TUESDAY)
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()
        assert listed(db, ward, leave=leave) == [booked.id]
    other.join()

    assert isinstance(other.refusal, DoctorOnLeave)
    with desk() as (db, ward):
        assert listed(db, ward, leave=leave) == [booked.id]


def test_a_booking_that_came_first_is_on_the_leaves_list(house):
    def leave_and_list(db, ward):
        return listed(db, ward, leave=on_leave(db, ward, TUESDAY))

    other = Other(leave_and_list)
    with desk() as (db, ward):
        booked = book(db, ward, ward.ben, ward.rao, at(11, day=TUESDAY))
        other.start()
        other.join(timeout=0.5)
        assert other.is_alive()
    other.join()

    assert other.got == [booked.id]
