"""Weekly sessions and leave: a doctor's working time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from mediklaud.errors import (
    HoursNotPossible,
    KindNotSeen,
    LeaveNotPossible,
    NotFound,
    NotPermitted,
    ProcedureNotPriced,
    SessionEndsTooSoon,
    SessionNeverHeld,
    SessionNeverTakesPlace,
    SessionNotPossible,
    SessionsOverlap,
    SlotNotPossible,
    VisitLengthNotPossible,
    WeekdayNotPossible,
)
from mediklaud.models import VisitKind
from mediklaud.repository import (
    SessionForm,
    appointments_in,
    cancel_appointment,
    close_session,
    edit_doctor,
    free_slots,
    grant_leave,
    leaves_of,
    move_appointment,
    open_session,
    sessions_of,
    withdraw_leave,
)
from tests.hospital import RAO, TODAY, at
from tests.visits import book, desk

TUESDAY = TODAY + timedelta(days=1)
NEXT_MONDAY = TODAY + timedelta(days=7)


def monday(begins, ends, slot=15, **typed):
    return SessionForm(0, begins * 60, ends * 60, slot, **{"valid_from": TODAY, **typed})


def mondays_session(db, doctor):
    return next(s for s in sessions_of(db, [doctor.id], on_or_after=TODAY) if s.weekday == 0)


def free_on(db, doctor, day):
    return [slot.starts_at for slot in free_slots(db, [doctor], day, 1)[doctor.id]]


def test_an_afternoon_session_adds_its_slots(db, ward):
    open_session(db, ward.rao, monday(15, 16, 20), by=ward.khan)

    assert free_on(db, ward.rao, TODAY)[-3:] == [at(15), at(15, 20), at(15, 40)]
    assert at(15) not in free_on(db, ward.rao, TUESDAY)


def test_what_is_left_of_a_session_is_no_slot(db, ward):
    open_session(db, ward.rao, monday(15, 16, 25), by=ward.khan)

    assert free_on(db, ward.rao, TODAY)[-2:] == [at(15), at(15, 25)]


@pytest.mark.parametrize(("begins", "ends"), [(12, 14), (9, 11), (10, 13), (11, 12), (9, 14)])
def test_sessions_of_a_doctor_never_share_an_hour(db, ward, begins, ends):
    with pytest.raises(SessionsOverlap, match="Dr Anjali Rao already works"):
        open_session(db, ward.rao, monday(begins, ends), by=ward.khan)


@pytest.mark.parametrize(("begins", "ends"), [(13, 14), (9, 10)])
def test_sessions_may_touch(db, ward, begins, ends):
    assert open_session(db, ward.rao, monday(begins, ends), by=ward.khan).id


def test_the_same_hours_may_be_worked_by_two_doctors_and_on_two_days(db, ward):
    assert open_session(db, ward.iyer, monday(14, 15), by=ward.khan).id
    assert open_session(db, ward.rao, monday(14, 15), by=ward.khan).id


def test_a_session_may_follow_one_that_is_closed(db, ward):
    close_session(db, mondays_session(db, ward.rao), last_day=TODAY, by=ward.khan)
    new = open_session(db, ward.rao, monday(10, 12, 30, valid_from=TUESDAY), by=ward.khan)

    assert new.valid_from == TUESDAY
    assert free_on(db, ward.rao, NEXT_MONDAY) == [
        at(10 + half // 2, 30 * (half % 2), NEXT_MONDAY) for half in range(4)
    ]


@pytest.mark.parametrize(
    ("typed", "refusal", "field", "said"),
    [
        ({"weekday": 7}, WeekdayNotPossible, "Weekday", "one of the seven"),
        ({"weekday": -1}, WeekdayNotPossible, "Weekday", "one of the seven"),
        ({"begins_minute": -15}, HoursNotPossible, "Begins", "00:00 and 24:00"),
        ({"begins_minute": 1440}, HoursNotPossible, "Begins", "00:00 and 24:00"),
        ({"ends_minute": 1441}, HoursNotPossible, "Ends", "00:00 and 24:00"),
        ({"ends_minute": 15 * 60}, SessionEndsTooSoon, "Ends", "an end after 15:00"),
        ({"ends_minute": 14 * 60}, SessionEndsTooSoon, "Ends", "an end after 15:00"),
        ({"ends_minute": 15 * 60 + 4}, SessionEndsTooSoon, "Ends", "5 minutes later"),
        ({"slot_minutes": 4}, SlotNotPossible, "Minutes of a slot", "60 at most"),
        ({"slot_minutes": 61}, SlotNotPossible, "Minutes of a slot", "60 at most"),
        (
            {"ends_minute": 20 * 60, "slot_minutes": 241},
            SlotNotPossible,
            "Minutes of a slot",
            "240 at most",
        ),
        ({"first_minutes": 0}, VisitLengthNotPossible, "Minutes of a first visit", "5 minutes"),
        ({"first_minutes": 61}, VisitLengthNotPossible, "Minutes of a first visit", "and 60"),
        ({"follow_up_minutes": 4}, VisitLengthNotPossible, "Minutes of a follow-up", "5 minutes"),
        ({"follow_up_minutes": 61}, VisitLengthNotPossible, "Minutes of a follow-up", "and 60"),
        ({"procedure_minutes": 0}, VisitLengthNotPossible, "Minutes of a procedure", "5 minutes"),
        ({"procedure_minutes": 61}, VisitLengthNotPossible, "Minutes of a procedure", "and 60"),
        (
            {"valid_to": TODAY - timedelta(days=1)},
            SessionNeverHeld,
            "Last day",
            "23 November 2026",
        ),
        (
            {"weekday": 4, "valid_to": TODAY + timedelta(days=1)},
            SessionNeverTakesPlace,
            "Last day",
            "No Friday from today on lies between",
        ),
        (
            {"valid_from": TODAY - timedelta(days=14), "valid_to": TODAY - timedelta(days=7)},
            SessionNeverTakesPlace,
            "Last day",
            "No Monday from today on",
        ),
    ],
)
def test_a_session_that_makes_no_sense_is_refused_beside_its_field(
    db, ward, typed, refusal, field, said
):
    with pytest.raises(refusal, match=said) as refused:
        open_session(db, ward.rao, replace(monday(15, 16), **typed), by=ward.khan)

    assert refused.value.field == field
    assert isinstance(refused.value, SessionNotPossible)
    assert len(sessions_of(db, [ward.rao.id], on_or_after=TODAY)) == 7


def test_an_hour_that_another_session_has_is_refused_beside_its_beginning(db, ward):
    with pytest.raises(SessionsOverlap) as refused:
        open_session(db, ward.rao, monday(12, 14), by=ward.khan)

    assert refused.value.field == "Begins"


# The length of each kind of visit


def test_a_kind_without_minutes_takes_a_slot_and_procedures_are_not_seen(db, ward):
    opened = open_session(db, ward.rao, monday(15, 16, 20), by=ward.khan)

    assert (opened.first_minutes, opened.follow_up_minutes) == (20, 20)
    assert opened.procedure_minutes is None


def test_every_kind_takes_its_own_length_from_every_slot(db, ward):
    price_procedures(db, ward)
    lengths = {"first_minutes": 30, "follow_up_minutes": 15, "procedure_minutes": 45}
    open_session(db, ward.rao, monday(15, 16, 15, **lengths), by=ward.khan)

    for kind, starts in (
        (VisitKind.FIRST, [at(15), at(15, 15), at(15, 30)]),
        (VisitKind.FOLLOW_UP, [at(15), at(15, 15), at(15, 30), at(15, 45)]),
        (VisitKind.PROCEDURE, [at(15), at(15, 15)]),
    ):
        found = free_slots(db, [ward.rao], TODAY, 1, kind)[ward.rao.id]
        assert [slot.starts_at for slot in found if slot.starts_at >= at(15)] == starts
    booked = book(db, ward, ward.asha, ward.rao, at(15, 15), VisitKind.PROCEDURE)
    assert booked.ends_at == at(16)


@pytest.mark.parametrize("kind", ["first", "follow_up", "procedure"])
def test_a_visit_may_take_5_minutes_or_the_whole_session(db, ward, kind):
    price_procedures(db, ward)
    for begins, minutes in ((15, 5), (16, 60)):
        typed = monday(begins, begins + 1, **{f"{kind}_minutes": minutes})
        assert (
            open_session(db, ward.rao, typed, by=ward.khan).minutes_of(VisitKind(kind)) == minutes
        )


def test_procedures_without_a_fee_are_refused_when_the_session_is_opened(db, ward):
    with pytest.raises(ProcedureNotPriced, match="Dr Anjali Rao has no procedure fee") as refused:
        open_session(db, ward.rao, monday(15, 16, procedure_minutes=45), by=ward.khan)

    assert refused.value.field == "Minutes of a procedure"
    price_procedures(db, ward)
    assert open_session(db, ward.rao, monday(15, 16, procedure_minutes=45), by=ward.khan).id


def test_a_procedure_is_not_booked_where_no_session_sees_one(db, ward):
    price_procedures(db, ward)

    with pytest.raises(KindNotSeen, match="sees no procedures at that time"):
        book(db, ward, ward.asha, ward.rao, at(10), VisitKind.PROCEDURE)


def price_procedures(db, ward):
    typed = replace(RAO, procedure_fee_paise=2_500_00)
    edit_doctor(db, ward.rao, typed, version=ward.rao.version, by=ward.khan)


def test_a_session_may_end_at_midnight(db, ward):
    open_session(db, ward.rao, monday(23, 24, 30), by=ward.khan)

    assert free_on(db, ward.rao, TODAY)[-1] == at(23, 30)
    assert book(db, ward, ward.asha, ward.rao, at(23, 30)).ends_at == at(0, 0, TUESDAY)


def test_a_closed_session_has_no_slots_after_its_last_day(db, ward):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=NEXT_MONDAY))
    close_session(db, mondays_session(db, ward.rao), last_day=TODAY, by=ward.khan)
    db.refresh(booked)

    assert free_on(db, ward.rao, TODAY)
    assert free_on(db, ward.rao, NEXT_MONDAY) == []
    assert booked.status.value == "booked"


def test_a_session_that_never_took_place_goes_away(db, ward):
    ahead = open_session(db, ward.rao, monday(15, 16, valid_from=NEXT_MONDAY), by=ward.khan)
    close_session(db, ahead, last_day=TODAY, by=ward.khan)

    ids = [session.id for session in sessions_of(db, [ward.rao.id], on_or_after=TODAY)]
    assert ahead.id not in ids


def test_closing_never_makes_a_session_last_longer(db, ward):
    session = mondays_session(db, ward.rao)
    close_session(db, session, last_day=TODAY, by=ward.khan)
    open_session(db, ward.rao, monday(10, 13, valid_from=TUESDAY), by=ward.khan)

    close_session(db, session, last_day=NEXT_MONDAY, by=ward.khan)

    assert session.valid_to == TODAY


def test_a_session_taken_away_by_another_desk_is_not_found(house):
    with desk() as (db, ward):
        ahead = open_session(db, ward.rao, monday(15, 16, valid_from=NEXT_MONDAY), by=ward.khan)
    with desk() as (db, ward):
        close_session(db, ahead, last_day=TODAY, by=ward.khan)

    with pytest.raises(NotFound, match="no session"), desk() as (db, ward):
        close_session(db, ahead, last_day=TODAY, by=ward.khan)


@pytest.mark.parametrize("name", ["meera", "ishaan", "tara", "rao_account"])
def test_other_roles_do_not_plan(db, ward, name):
    by = getattr(ward, name)

    for deed in (
        lambda: open_session(db, ward.rao, monday(15, 16), by=by),
        lambda: close_session(db, mondays_session(db, ward.rao), last_day=TODAY, by=by),
        lambda: grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=by),
        lambda: appointments_in(db, ward.rao, at(0), at(23), by=by),
    ):
        with pytest.raises(NotPermitted, match="plan sessions and leave"):
            deed()


# Leave


def test_leave_lists_who_still_stands_in_it(db, ward):
    late = book(db, ward, ward.asha, ward.rao, at(12))
    early = book(db, ward, ward.ben, ward.rao, at(10))
    book(db, ward, ward.asha, ward.rao, at(10, day=TUESDAY))
    leave = grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)

    standing = appointments_in(db, ward.rao, leave.begins_at, leave.ends_at, by=ward.khan)

    assert [one.id for one, _ in standing] == [early.id, late.id]
    assert [patient.name for _, patient in standing] == ["Ben Thomas", "Asha Menon"]


def test_whoever_is_moved_or_cancelled_stands_in_the_leave_no_more(db, ward):
    moved = book(db, ward, ward.asha, ward.rao, at(12))
    gone = book(db, ward, ward.ben, ward.rao, at(10))
    leave = grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)
    move_appointment(db, moved, ward.iyer, at(12), form="m1", by=ward.meera)
    cancel_appointment(db, gone, "Doctor away", by=ward.meera)

    assert not appointments_in(db, ward.rao, leave.begins_at, leave.ends_at, by=ward.khan)


def test_a_visit_that_reaches_into_the_leave_stands_in_it(db, ward):
    reaching = book(db, ward, ward.asha, ward.rao, at(10))
    book(db, ward, ward.ben, ward.rao, at(10, 15))

    standing = appointments_in(db, ward.rao, at(10, 5), at(10, 15), by=ward.khan)

    assert [one.id for one, _ in standing] == [reaching.id]


def test_leave_lasts_to_the_end_of_its_last_day(db, ward):
    leave = grant_leave(db, ward.rao, TODAY, TUESDAY, form="l1", by=ward.khan)

    assert (leave.begins_at, leave.ends_at) == (at(0), at(0, day=TODAY + timedelta(days=2)))
    assert free_on(db, ward.rao, TUESDAY) == []
    assert free_on(db, ward.rao, TODAY + timedelta(days=2))


def test_leave_that_ends_before_it_begins_is_refused(db, ward):
    with pytest.raises(LeaveNotPossible) as refused:
        grant_leave(db, ward.rao, TUESDAY, TODAY, form="l1", by=ward.khan)

    assert refused.value.field == "Last day"
    with pytest.raises(LeaveNotPossible):
        grant_leave(
            *(db, ward.rao, TODAY, TODAY), form="l2", by=ward.khan, begins_minute=5, ends_minute=5
        )


def test_a_second_click_is_the_same_leave(db, ward):
    first = grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)
    again = grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)

    assert first.id == again.id
    assert len(leaves_of(db, [ward.rao.id], after=at(0), before=at(23))) == 1


def test_withdrawing_leave_twice_is_once(db, ward):
    leave = grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)
    withdraw_leave(db, leave, by=ward.khan)
    moment = leave.withdrawn_at
    withdraw_leave(db, leave, by=ward.khan)

    assert leave.withdrawn_at == moment
    assert not leaves_of(db, [ward.rao.id], after=at(0), before=at(23))
    assert len(free_on(db, ward.rao, TODAY)) == 12


def test_leave_of_one_doctor_is_nobody_elses(db, ward):
    grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)

    assert len(free_on(db, ward.iyer, TODAY)) == 12


def test_sessions_that_ended_before_the_day_are_not_listed(db, ward):
    close_session(db, mondays_session(db, ward.rao), last_day=TODAY, by=ward.khan)

    assert len(sessions_of(db, [ward.rao.id], on_or_after=TODAY)) == 7
    assert len(sessions_of(db, [ward.rao.id], on_or_after=date(2026, 11, 24))) == 6
