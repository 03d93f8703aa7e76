"""The hospital's holidays: nobody is promised a time on one, with any doctor."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from mediklaud import clock, database
from mediklaud.database import broken_rule
from mediklaud.errors import (
    EmptyField,
    HolidayStands,
    HospitalClosed,
    NotFound,
    NoTimeLeft,
    NotPermitted,
    TextTooLong,
)
from mediklaud.models import Appointment, AuditEvent, Holiday, Role, VisitKind
from mediklaud.repository import (
    booked_on,
    cancel_appointment,
    change_settings,
    create_account,
    declare_holiday,
    free_slots,
    hold_time,
    holidays_between,
    move_appointment,
    note_no_show,
    restore_appointment,
    walk_in,
    withdraw_holiday,
)
from tests.breach import copy, take_away
from tests.hospital import HOSPITAL, PASSWORD, TODAY, at
from tests.visits import book, desk

TOMORROW = TODAY + timedelta(days=1)
LATER = TODAY + timedelta(days=2)
NAME = "Guru Nanak Jayanti"
CLOSED = f"The hospital is closed that day: {NAME}"


def free_on(db, doctor, day):
    return len(free_slots(db, [doctor], day, 1)[doctor.id])


def test_a_holiday_takes_the_days_free_times_away_from_every_doctor(db, ward):
    declare_holiday(db, TOMORROW, NAME, by=ward.khan)

    for doctor in (ward.rao, ward.iyer):
        assert [free_on(db, doctor, day) for day in (TODAY, TOMORROW, LATER)] == [12, 0, 12]


def test_booking_on_a_holiday_is_refused_by_its_name(db, ward):
    declare_holiday(db, TOMORROW, NAME, by=ward.khan)

    with pytest.raises(HospitalClosed, match=CLOSED):
        book(db, ward, ward.asha, ward.rao, at(10, day=TOMORROW))
    assert book(db, ward, ward.asha, ward.rao, at(10, day=LATER)).id


def test_holding_a_time_on_a_holiday_is_refused_by_its_name(db, ward):
    declare_holiday(db, TOMORROW, NAME, by=ward.khan)

    with pytest.raises(HospitalClosed, match=CLOSED):
        hold_time(db, ward.rao, at(10, day=TOMORROW), VisitKind.FIRST, form="h1", by=ward.meera)


def test_nothing_is_moved_restored_or_walked_in_on_a_holiday(db, ward):
    moved = book(db, ward, ward.asha, ward.rao, at(10))
    gone = book(db, ward, ward.ben, ward.rao, at(11, day=TOMORROW))
    cancel_appointment(db, gone, "Called off", by=ward.meera)
    declare_holiday(db, TOMORROW, NAME, by=ward.khan)

    with pytest.raises(HospitalClosed, match=CLOSED):
        restore_appointment(db, gone, by=ward.meera)
    with pytest.raises(HospitalClosed, match=CLOSED):
        move_appointment(db, moved, ward.iyer, at(10, day=TOMORROW), form="m1", by=ward.meera)


def test_nobody_walks_in_on_a_holiday(db, ward):
    declare_holiday(db, TODAY, NAME, by=ward.khan)

    with pytest.raises(NoTimeLeft):
        walk_in(db, ward.asha, ward.rao, VisitKind.FIRST, form="w1", by=ward.meera)


def test_what_is_booked_stays_and_is_counted_until_nobody_is_left(db, ward, nine_o_clock):
    early, late = (
        book(db, ward, ward.asha, doctor, at(hour, day=TOMORROW))
        for doctor, hour in ((ward.rao, 10), (ward.iyer, 12))
    )
    book(db, ward, ward.ben, ward.rao, at(10, day=LATER))
    holiday = declare_holiday(db, TOMORROW, NAME, by=ward.khan)

    assert booked_on(db, holiday, by=ward.khan) == 2
    move_appointment(db, early, ward.rao, at(11, day=LATER), form="m1", by=ward.meera)
    assert booked_on(db, holiday, by=ward.khan) == 1
    nine_o_clock.move_to(at(12, 5, day=TOMORROW))
    note_no_show(db, late, by=ward.meera)
    assert booked_on(db, holiday, by=ward.khan) == 0


def test_a_withdrawn_holiday_can_be_booked_at_once_and_declared_again(db, ward):
    holiday = declare_holiday(db, TOMORROW, NAME, by=ward.khan)
    withdraw_holiday(db, holiday, by=ward.khan)

    assert free_on(db, ward.rao, TOMORROW) == 12
    assert book(db, ward, ward.asha, ward.rao, at(10, day=TOMORROW)).id
    assert declare_holiday(db, TOMORROW, "Onam", by=ward.khan).name == "Onam"


def test_a_holiday_withdrawn_by_another_desk_is_not_found(house):
    with desk() as (db, ward):
        holiday = declare_holiday(db, TOMORROW, NAME, by=ward.khan)
    with desk() as (db, ward):
        withdraw_holiday(db, holiday, by=ward.khan)

    with pytest.raises(NotFound, match="no holiday"), desk() as (db, ward):
        withdraw_holiday(db, holiday, by=ward.khan)


def test_two_registrars_declare_one_day_and_the_second_is_told(db, ward):
    declare_holiday(db, TOMORROW, NAME, by=ward.khan)

    with pytest.raises(HolidayStands, match="24 November 2026 is a holiday already") as refused:
        declare_holiday(db, TOMORROW, "Another name", by=ward.khan)
    assert refused.value.field == "Day"
    assert [one.name for one in holidays_between(db, TODAY, LATER)] == [NAME]


def test_coming_holidays_are_listed_by_day_with_both_ends(db, ward):
    for day in (LATER, TODAY, TOMORROW):
        declare_holiday(db, day, f"Day {day.day}", by=ward.khan)

    assert [one.day for one in holidays_between(db, TODAY, LATER)] == [TODAY, TOMORROW, LATER]
    assert [one.day for one in holidays_between(db, TOMORROW, TOMORROW)] == [TOMORROW]


def test_a_holiday_lasts_from_midnight_to_midnight_at_the_hospital(db, ward):
    holiday = declare_holiday(db, TOMORROW, NAME, by=ward.khan)

    assert (holiday.begins_at, holiday.ends_at) == (at(0, day=TOMORROW), at(0, day=LATER))


def test_a_holiday_stays_its_own_day_when_the_hospitals_zone_is_corrected(db, ward):
    holiday = declare_holiday(db, TOMORROW, NAME, by=ward.khan)
    change_settings(db, replace(HOSPITAL, zone="Pacific/Auckland"), by=ward.tara)

    bounds = clock.day_bounds(TOMORROW, "Pacific/Auckland")
    assert (holiday.begins_at, holiday.ends_at) == bounds
    with pytest.raises(HospitalClosed):
        book(db, ward, ward.asha, ward.rao, clock.moment_at(TOMORROW, 600, "Pacific/Auckland"))


def test_two_registrars_at_once_declare_one_holiday(house):
    start, told = threading.Barrier(2), []

    def sit(name):
        start.wait()
        try:
            with desk() as (db, ward):
                told.append(declare_holiday(db, TOMORROW, name, by=ward.khan).name)
        except HolidayStands as refusal:
            told.append(refusal.field)

    desks = [threading.Thread(target=sit, args=(name,)) for name in ("Onam", "Pongal")]
    for one in desks:
        one.start()
    for one in desks:
        one.join()

    with desk() as (db, _):
        (holiday,) = holidays_between(db, TODAY, LATER)
    assert sorted(told) == sorted(["Day", holiday.name])


@pytest.mark.parametrize(("name", "refusal"), [(" ", EmptyField), ("x" * 61, TextTooLong)])
def test_a_name_that_cannot_be_is_refused_beside_its_field(db, ward, name, refusal):
    with pytest.raises(refusal) as refused:
        declare_holiday(db, TOMORROW, name, by=ward.khan)
    assert refused.value.field == "Name"


def test_declaring_and_withdrawing_leave_an_audit_row_each(house):
    with desk() as (db, ward):
        holiday = declare_holiday(db, TOMORROW, NAME, by=ward.khan)
        withdraw_holiday(db, holiday, by=ward.khan)

    with desk() as (db, _):
        rows = select(AuditEvent.deed).where(AuditEvent.subject == f"holiday/{holiday.id}")
        deeds = db.exec(rows.order_by(AuditEvent.id)).all()
    assert deeds == ["holiday declared", "holiday withdrawn"]


def test_a_registrar_declares_and_the_other_roles_do_not(db, ward):
    registrar = create_account(db, "asif", "Asif", PASSWORD, {Role.REGISTRAR}, by=ward.tara)
    holiday = declare_holiday(db, TOMORROW, NAME, by=registrar)

    for by in (ward.meera, ward.ishaan, ward.tara, ward.rao_account):
        for deed in (
            lambda by=by: declare_holiday(db, LATER, NAME, by=by),
            lambda by=by: withdraw_holiday(db, holiday, by=by),
            lambda by=by: booked_on(db, holiday, by=by),
        ):
            with pytest.raises(NotPermitted, match="plan sessions and leave"):
                deed()


# The database's own no, and its twin


def a_booking_and_its_day_off():
    with desk() as (db, ward):
        booked = book(db, ward, ward.asha, ward.rao, at(10))
        declare_holiday(db, TOMORROW, NAME, by=ward.khan)
    return booked


RULE = "no_appointment_is_promised_on_a_holiday"


def write_past_the_repository(connection):
    ends = at(10, 15, day=TOMORROW)
    changes = {"starts_at": at(10, day=TOMORROW), "ends_at": ends, "form": "raw"}
    copy("appointment", session_begins_at=None, **changes)(connection)


def test_the_database_refuses_a_booking_on_a_holiday_by_itself(house):
    a_booking_and_its_day_off()

    with (
        pytest.raises(IntegrityError) as refused,
        database.engine().begin() as connection,
    ):
        write_past_the_repository(connection)
    assert broken_rule(refused.value) == RULE


def test_without_its_guard_a_holiday_is_booked(broken_house):
    a_booking_and_its_day_off()
    with database.engine().begin() as connection:
        take_away(connection, RULE)
        write_past_the_repository(connection)

    with desk() as (db, _):
        holiday = db.exec(select(Holiday)).one()
        on_it = select(Appointment).where(Appointment.starts_at > holiday.begins_at)
        assert len(db.exec(on_it).all()) == 1
