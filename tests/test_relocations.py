"""Patients whose time is gone: who is listed and why, the best equal times, and the move."""

import threading
from datetime import date, timedelta

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
from mediklaud.models import (
    Appointment,
    AppointmentStatus,
    EmergencyReason,
    Message,
    Role,
    VisitKind,
    WorkingSession,
)
from mediklaud.repository import (
    SessionForm,
    arrive,
    best_times,
    cancel_appointment,
    close_session,
    count_stranded,
    create_account,
    deactivate_doctor,
    declare_holiday,
    edit_doctor,
    free_slots,
    grant_leave,
    hold_time,
    left_in,
    open_session,
    other_times,
    register_doctor,
    relocate,
    relocations,
    stranded,
    withdraw_holiday,
    withdraw_leave,
)
from tests.hospital import PASSWORD, RAO, TODAY, at
from tests.visits import book, desk, finish, visit

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


def on_leave(db, ward, first=TODAY, last=None, **told):
    """Dr Rao's leave, a day's where no last day is named."""
    named = {"form": f"leave-{first}", "by": ward.khan, **told}
    return grant_leave(db, ward.rao, first, last or first, **named)


def listed(db, ward, **asked):
    """Who is on the list, by number of the appointment."""
    found = stranded(db, by=ward.meera, **asked).found
    return [one.visit.appointment.id for one in found]


def whys(db, ward):
    return [one.why for one in stranded(db, by=ward.meera).found]


def a_cardiologist(db, ward, number=1, first=TODAY, **hours):
    """One more doctor of Dr Rao's specialty, who works like Dr Rao from a day on."""
    typed = {**vars(RAO), "name": f"Dr Number {number}", "registration": f"KMC 9000{number}"}
    doctor = register_doctor(db, type(RAO)(**typed), by=ward.khan)
    for weekday in range(7):
        session = {"begins_minute": 600, "ends_minute": 780, "slot_minutes": 15, **hours}
        open_session(db, doctor, SessionForm(weekday, valid_from=first, **session), by=ward.khan)
    return doctor


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


def test_only_who_is_booked_and_still_to_come_is_listed(db, ward, nine_o_clock):
    arrived = book(db, ward, ward.asha, ward.rao, at(10))
    gone = book(db, ward, ward.ben, ward.rao, at(11))
    book(db, ward, ward.ben, ward.rao, at(10, 15))
    late = book(db, ward, ward.asha, ward.rao, at(12))
    on_leave(db, ward)
    arrive(db, arrived, by=ward.meera)
    cancel_appointment(db, gone, "Feels better", by=ward.meera)
    nine_o_clock.move_to(at(10, 15))

    assert listed(db, ward) == [late.id]


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


# The best equal time


def best(db, ward):
    """The best time of each on the list, by appointment: doctor and start."""
    found = stranded(db, by=ward.meera).found
    offers = best_times(db, found, by=ward.meera)
    return {one: (offer.doctor.id, offer.starts_at) for one, offer in offers.items()}


def test_the_best_time_is_the_same_doctors_nearest(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=WEDNESDAY))
    on_leave(db, ward, WEDNESDAY)

    assert best(db, ward) == {booked.id: (ward.rao.id, at(12, 45, TUESDAY))}


def test_of_two_as_near_the_later_one_is_the_best(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(11, day=WEDNESDAY))
    on_leave(db, ward, WEDNESDAY, begins_minute=11 * 60, ends_minute=11 * 60 + 15)

    assert best(db, ward) == {booked.id: (ward.rao.id, at(11, 15, WEDNESDAY))}


def test_what_has_passed_is_no_equal_time(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha, ward.rao, at(10))
    on_leave(db, ward)
    nine_o_clock.move_to(at(9, 59))

    assert best(db, ward) == {booked.id: (ward.rao.id, at(10, day=TUESDAY))}


def test_no_two_are_offered_the_same_and_emergencies_choose_first(db, ward):
    first, second = (
        book(db, ward, ward.asha, ward.rao, at(12, minute, WEDNESDAY)) for minute in (30, 45)
    )
    urgent = book(
        db, ward, ward.ben, ward.rao, at(12, 15, WEDNESDAY), emergency=EmergencyReason.INJURY
    )
    on_leave(db, ward, WEDNESDAY)

    offered = best(db, ward)

    thursday = WEDNESDAY + timedelta(days=1)
    assert offered[urgent.id] == (ward.rao.id, at(10, day=thursday))
    assert offered[first.id] == (ward.rao.id, at(10, 15, thursday))
    assert offered[second.id] == (ward.rao.id, at(10, 30, thursday))


def test_nobody_is_offered_a_time_in_which_he_is_busy(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=WEDNESDAY))
    book(db, ward, ward.asha, ward.iyer, at(12, 45, day=TUESDAY))
    on_leave(db, ward, WEDNESDAY)

    assert best(db, ward) == {booked.id: (ward.rao.id, at(12, 30, TUESDAY))}


def test_what_another_clerk_holds_is_not_offered(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=WEDNESDAY))
    on_leave(db, ward, WEDNESDAY)
    hold_time(db, ward.rao, at(12, 45, TUESDAY), VisitKind.FIRST, form="h1", by=ward.meera)
    found = stranded(db, by=ward.khan).found

    theirs = best_times(db, found, by=ward.khan)[booked.id or 0]
    own = best_times(db, found, by=ward.meera)[booked.id or 0]

    assert theirs.starts_at == at(12, 30, TUESDAY)
    assert own.starts_at == at(12, 45, TUESDAY)


def test_without_the_doctor_it_is_the_nearest_of_the_specialty(db, ward):
    colleague = a_cardiologist(db, ward)
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    deactivate_doctor(db, ward.rao, by=ward.khan)

    # Her old hour itself: it is given up for the new one.
    assert best(db, ward) == {booked.id: (colleague.id, at(10, day=TUESDAY))}


def test_a_colleague_is_asked_only_where_the_doctor_has_nothing_within_fourteen_days(db, ward):
    colleague = a_cardiologist(db, ward)
    booked = book(db, ward, ward.asha, ward.rao, at(12, 45, TODAY))
    leave = on_leave(db, ward, TODAY, TODAY + timedelta(days=13), form="l1")
    thirteen = TODAY + timedelta(days=14)
    assert best(db, ward)[booked.id] == (ward.rao.id, at(10, day=thirteen))

    withdraw_leave(db, leave, by=ward.khan)
    on_leave(db, ward, TODAY, TODAY + timedelta(days=14), form="l2")
    assert best(db, ward)[booked.id] == (colleague.id, at(12, 45, TODAY))


def test_where_nothing_is_near_nothing_is_offered_but_later_times_can_be_chosen(db, ward):
    far = TODAY + timedelta(days=60)
    colleague = a_cardiologist(db, ward, first=far)
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    deactivate_doctor(db, ward.rao, by=ward.khan)
    (one,) = stranded(db, by=ward.meera).found

    assert best(db, ward) == {}
    offered = other_times(db, one, by=ward.meera)
    assert (offered[0].doctor.id, offered[0].starts_at) == (colleague.id, at(10, day=far))
    moved = relocate(db, booked, colleague, offered[0].starts_at, form="m1", by=ward.meera)
    assert moved.doctor_id == colleague.id


def test_another_doctor_without_a_price_for_the_kind_is_not_offered(db, ward):
    a_cardiologist(db, ward)
    for session in db.exec(select(WorkingSession)):
        session.procedure_minutes = 15
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    booked.kind = VisitKind.PROCEDURE
    db.flush()
    on_leave(db, ward, TUESDAY)

    assert best(db, ward) == {}


def test_other_times_are_the_doctors_own_and_the_specialtys_and_never_a_busy_one(db, ward):
    colleague = a_cardiologist(db, ward)
    book(db, ward, ward.asha, ward.rao, at(10, day=WEDNESDAY))
    book(db, ward, ward.asha, ward.iyer, at(12, 45, day=TUESDAY))
    on_leave(db, ward, WEDNESDAY)
    (one,) = stranded(db, by=ward.meera).found

    offered = other_times(db, one, by=ward.meera)

    assert [offer.starts_at for offer in offered] == sorted(one.starts_at for one in offered)
    assert {offer.doctor.id for offer in offered} == {ward.rao.id, colleague.id}
    assert at(12, 45, TUESDAY) not in {offer.starts_at for offer in offered}
    assert sum(offer.doctor.id == colleague.id for offer in offered) == 60


def test_free_times_are_read_once_a_doctor_however_many_patients(db, ward, monkeypatch):
    for minute in (0, 15, 30, 45):
        book(db, ward, ward.asha, ward.rao, at(10, minute, day=TUESDAY))
        book(db, ward, ward.ben, ward.iyer, at(10, minute, day=TUESDAY))
    declare_holiday(db, TUESDAY, "Diwali", by=ward.khan)
    read = []

    def counted(db, doctors, *rest, **more):
        read.append([doctor.id for doctor in doctors])
        return free_slots(db, doctors, *rest, **more)

    monkeypatch.setattr("mediklaud.repository.offers.free_slots", counted)

    assert len(best(db, ward)) == 8
    assert read == [[ward.rao.id], [ward.iyer.id]]


# The move


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
    nine_o_clock.move_to(at(10))

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
