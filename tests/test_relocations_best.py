"""Patients to move: the best equal time of each, and the other times."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.bench.reads import asked_by
from mediklaud.models import EmergencyReason, VisitKind, WorkingSession
from mediklaud.repository import (
    SessionForm,
    best_times,
    deactivate_doctor,
    declare_holiday,
    edit_doctor,
    free_slots,
    hold_time,
    open_session,
    other_times,
    price_if_moved,
    prices_there,
    register_doctor,
    relocate,
    stranded,
    withdraw_leave,
)
from tests.follow_ups import follow_up, paid_visit, policy
from tests.hospital import RAO, TODAY, at
from tests.relocating import TUESDAY, WEDNESDAY, on_leave
from tests.visits import book


def a_cardiologist(db, ward, number=1, first=TODAY, **hours):
    """One more doctor of Dr Rao's specialty, who works like Dr Rao from a day on."""
    typed = {**vars(RAO), "name": f"Dr Number {number}", "registration": f"KMC 9000{number}"}
    doctor = register_doctor(db, type(RAO)(**typed), by=ward.khan)
    for weekday in range(7):
        session = {"begins_minute": 600, "ends_minute": 780, "slot_minutes": 15, **hours}
        open_session(db, doctor, SessionForm(weekday, valid_from=first, **session), by=ward.khan)
    return doctor


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


# What the visit costs there


def test_the_visit_that_is_moved_keeps_its_own_free_place(db, ward):
    policy(db, ward, visits=1, days=7)
    paid_visit(db, ward)
    free = follow_up(db, ward, at(11))

    there = price_if_moved(db, free, ward.rao.id, at(11, day=TUESDAY), by=ward.khan)

    assert (there.left.used, there.left.visits, there.lost) == (0, 1, None)


@pytest.mark.parametrize("whose", ["rao", "iyer"])
def test_a_free_visit_is_lost_after_its_last_day_and_with_another_doctor(db, ward, whose):
    policy(db, ward, visits=1, days=1)
    visit, _ = paid_visit(db, ward)
    free = follow_up(db, ward, at(11))

    there = price_if_moved(db, free, getattr(ward, whose).id, at(11, day=WEDNESDAY), by=ward.meera)

    assert there.left is None
    assert there.lost.granted_by_id == visit.id
    assert there.fee_paise == {"rao": 400_00, "iyer": 0}[whose]


def test_a_visit_that_cost_its_fee_loses_nothing(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    there = price_if_moved(db, booked, ward.iyer.id, at(11, day=TUESDAY), by=ward.meera)

    assert (there.fee_paise, there.left, there.lost) == (500_00, None, None)


def test_a_move_costs_the_fee_of_the_day_it_is_moved_to(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    dearer = replace(RAO, consultation_fee_paise=900_00)
    edit_doctor(db, ward.rao, dearer, version=1, by=ward.khan, fees_from=WEDNESDAY)

    days = (TUESDAY, WEDNESDAY)
    times = (at(11, day=day) for day in days)
    there = [price_if_moved(db, booked, ward.rao.id, one, by=ward.meera) for one in times]

    assert [one.fee_paise for one in there] == [800_00, 900_00]


def test_a_list_costs_what_each_of_it_would_cost_alone(db, ward):
    policy(db, ward, visits=1, days=7)
    paid_visit(db, ward)
    paid_visit(db, ward, patient=ward.ben, starts_at=at(10, 15))
    for number, patient in enumerate((ward.asha, ward.ben, ward.asha)):
        follow_up(db, ward, at(11, 15 * number, day=WEDNESDAY), patient=patient)
    book(db, ward, ward.ben, ward.rao, at(10, day=WEDNESDAY))
    on_leave(db, ward, WEDNESDAY)

    found = stranded(db, by=ward.meera).found
    offers = best_times(db, found, by=ward.meera)
    prices = prices_there(db, found, offers, by=ward.meera)

    alone = {
        one.visit.appointment.id: price_if_moved(
            db, one.visit.appointment, offer.doctor_id, offer.starts_at, by=ward.meera
        )
        for one in found
        if (offer := offers.get(one.visit.appointment.id))
    }
    assert (len(prices), prices) == (4, alone)
    assert sum(price.left is not None for price in prices.values()) == 2


def test_what_a_list_costs_is_read_together_however_long_it_is(db, ward):
    policy(db, ward, visits=1, days=7)
    paid_visit(db, ward)
    for number in range(6):
        follow_up(db, ward, at(11, 15 * number, day=WEDNESDAY))
    on_leave(db, ward, WEDNESDAY)
    found = stranded(db, by=ward.meera).found
    offers = best_times(db, found, by=ward.meera)

    few, many = (
        asked_by(lambda n=n: prices_there(db, found[:n], offers, by=ward.meera)) for n in (2, 6)
    )

    assert len(found) == 6
    assert len(many) == len(few) <= 4


def test_times_of_colleagues_are_read_together_however_long_the_list_is(db, ward):
    a_cardiologist(db, ward)
    for number in range(6):
        patient = (ward.asha, ward.ben)[number % 2]
        book(db, ward, patient, ward.rao, at(11, 15 * number, day=WEDNESDAY))
    deactivate_doctor(db, ward.rao, by=ward.khan)
    found = stranded(db, by=ward.meera).found

    few, many = (asked_by(lambda n=n: best_times(db, found[:n], by=ward.meera)) for n in (2, 6))

    assert len(found) == 6
    assert len(many) == len(few)
