"""The one door to a live time: what it says when several things stand in the way at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.errors import NotOverFree, SessionFull, TimeHeld
from mediklaud.models import EmergencyReason, Hospital, Message, Role, VisitKind
from mediklaud.repository import (
    SessionForm,
    cancel_appointment,
    close_session,
    create_account,
    enroll_patient,
    hold_time,
    open_session,
    overbook_appointment,
    register_doctor,
    restore_appointment,
    sessions_of,
)
from tests.hospital import ASHA, PASSWORD, RAO, TODAY, at
from tests.visits import book


@pytest.fixture
def sen(db, ward):
    """A doctor whose first visits take two of the quarters that follow-ups take."""
    sen = register_doctor(db, replace(RAO, name="Dr Sen", registration="KMC 9"), by=ward.khan)
    typed = SessionForm(TODAY.weekday(), 600, 780, 15, valid_from=TODAY, first_minutes=30)
    open_session(db, sen, typed, by=ward.khan)
    return sen


def two_hold_parts(db, ward, sen):
    for minute, name in ((0, "nila"), (15, "omar")):
        clerk = create_account(db, name, name.title(), PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
        hold_time(db, sen, at(10, minute), VisitKind.FOLLOW_UP, form=name, by=clerk)


def test_a_long_visit_whose_time_two_clerks_hold_is_told_of_the_longer_hold(
    db, ward, sen, nine_o_clock
):
    nine_o_clock.move_to(at(9), tick=False)
    two_hold_parts(db, ward, sen)

    with pytest.raises(TimeHeld, match="is holding this time for another caller, for 5:00 more"):
        book(db, ward, ward.asha, sen)


def test_a_long_hold_over_two_clerks_holds_is_refused_too(db, ward, sen):
    two_hold_parts(db, ward, sen)

    with pytest.raises(TimeHeld):
        hold_time(db, sen, at(10), VisitKind.FIRST, form="h", by=ward.meera)


def overbooked(db, ward, count):
    """So many overbookings of Dr Rao's time at ten."""
    book(db, ward, ward.ben, ward.rao)
    for n in range(count):
        patient = enroll_patient(db, replace(ASHA, name=f"P{n}"), form=f"p{n}", by=ward.meera)
        told = (patient, ward.rao, at(10), VisitKind.FIRST, "Squeezed in")
        yield overbook_appointment(db, *told, form=f"o{n}", by=ward.meera)


def test_a_restored_overbooking_takes_the_place_that_is_free(db, ward):
    first, second = overbooked(db, ward, 2)
    cancel_appointment(db, first, "A slip", by=ward.meera)
    told = (ward.asha, ward.rao, at(10), VisitKind.FIRST, "Squeezed in")
    assert overbook_appointment(db, *told, form="o9", by=ward.meera).overbook_number == 1
    cancel_appointment(db, second, "Not any more", by=ward.meera)

    assert restore_appointment(db, first, by=ward.meera).overbook_number == 2


def test_an_overbooking_is_not_restored_over_a_cap_that_was_lowered(db, ward):
    (only,) = overbooked(db, ward, 1)
    cancel_appointment(db, only, "A slip", by=ward.meera)
    db.get_one(Hospital, 1).overbookings_a_session = 0

    with pytest.raises(SessionFull):
        restore_appointment(db, only, by=ward.meera)


def test_a_time_that_only_this_clerk_holds_is_not_overbooked(db, ward):
    hold_time(db, ward.rao, at(10), VisitKind.FIRST, form="h", by=ward.meera)
    told = (ward.asha, ward.rao, at(10), VisitKind.FIRST, "Squeezed in")

    with pytest.raises(NotOverFree):
        overbook_appointment(db, *told, form="o", by=ward.meera)


def test_a_restored_time_lies_in_the_session_of_now(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TODAY + timedelta(days=1)))
    cancel_appointment(db, booked, "A slip", by=ward.meera)
    weekday = booked.starts_at.weekday()
    for session in sessions_of(db, [ward.rao.id], on_or_after=TODAY):
        if session.weekday == weekday:
            close_session(db, session, last_day=TODAY, by=ward.khan)
    earlier = SessionForm(weekday, 540, 780, 15, valid_from=TODAY + timedelta(days=1))
    open_session(db, ward.rao, earlier, by=ward.khan)
    restored = restore_appointment(db, booked, by=ward.meera)

    assert restored.session_begins_at == at(9, day=TODAY + timedelta(days=1))


def test_the_cmo_is_told_once_of_an_emergency_that_is_restored_as_one(db, ward):
    injury = EmergencyReason.INJURY
    booked = book(db, ward, ward.asha, ward.rao, emergency=injury)
    cancel_appointment(db, booked, "A slip", by=ward.meera)
    restore_appointment(db, booked, by=ward.meera, emergency=injury)

    assert len(db.exec(select(Message).where(Message.kind == "emergency")).all()) == 1
