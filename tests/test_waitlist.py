"""The waitlist: who waits, whom a freed time suits, and the one click that books."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from mediklaud import clock
from mediklaud.database import transaction
from mediklaud.errors import (
    DoctorInactive,
    EmptyField,
    NotFound,
    NotPermitted,
    OnHold,
    PatientBusy,
    Refusal,
    SlotTaken,
    StaleForm,
    TimeHeld,
    TooFarAhead,
    WaitNotPossible,
    WaitsNoMore,
)
from mediklaud.models import (
    LIVE,
    Appointment,
    AuditEvent,
    Doctor,
    EmergencyReason,
    Leave,
    Patient,
    Role,
    Tariff,
    VisitKind,
    WaitlistEntry,
)
from mediklaud.repository import (
    FURTHEST_DAYS,
    WAITS_A_PAGE,
    SessionForm,
    WaitForm,
    book_waiting,
    cancel_appointment,
    close_session,
    create_account,
    deactivate_doctor,
    declare_holiday,
    enroll_patient,
    grant_leave,
    hold_time,
    just_freed,
    move_appointment,
    open_session,
    openings_for,
    overbook_appointment,
    put_on_waitlist,
    ran_out,
    sessions_of,
    waiting,
    waits_of,
    weekdays_of,
    who_fits,
    withdraw_leave,
    withdraw_wait,
)
from mediklaud.repository import waitlist as the_waitlist
from mediklaud.timetable import Slot
from tests.hospital import BEN, PASSWORD, TODAY, ZONE, Ward, at
from tests.visits import a_form, book, desk, visit

TOMORROW, IN_A_WEEK = TODAY + timedelta(days=1), TODAY + timedelta(days=7)
TEN = Slot(at(10), at(10, 15))


def wish(doctor: Doctor | None = None, **changes: object) -> WaitForm:
    """A first visit within a week, at any hour."""
    asked = WaitForm(VisitKind.FIRST, TODAY, IN_A_WEEK, doctor_id=doctor.id if doctor else None)
    return replace(asked, **changes)


def wait(
    db: Session, ward: Ward, patient: Patient, doctor: Doctor | None = None, **changes: object
) -> WaitlistEntry:
    """Meera puts a patient on the list."""
    typed = wish(doctor, **changes)
    return put_on_waitlist(db, patient, typed, form=a_form(), by=ward.meera)


def names(fits: Sequence[object]) -> list[str]:
    """Whom a freed time suits, in order."""
    return [fit.wait.patient.name for fit in fits]


def fitting(db: Session, ward: Ward, slot: Slot = TEN, doctor: Doctor | None = None) -> list[str]:
    """Whom a freed time of Dr Rao suits."""
    return names(who_fits(db, doctor or ward.rao, slot, by=ward.meera))


def a_patient(db: Session, ward: Ward, number: int) -> Patient:
    """One more patient, known by a number."""
    typed = replace(BEN, name=f"Patient {number}")
    return enroll_patient(db, typed, form=f"enroll-{number}", by=ward.meera)


# Putting a patient on the list


def test_an_entry_keeps_what_was_asked(db, ward):
    asked = {"weekdays": {0, 4}, "begins_minute": 600, "ends_minute": 720, "urgent": True}

    entry = wait(db, ward, ward.asha, ward.rao, **asked)

    assert (entry.weekdays, weekdays_of(entry)) == (0b10001, {0, 4})
    assert (entry.doctor_id, entry.specialty) == (ward.rao.id, None)
    assert (entry.begins_minute, entry.ends_minute, entry.urgent) == (600, 720, True)


def test_a_second_click_is_the_same_entry(db, ward):
    first = put_on_waitlist(db, ward.asha, wish(ward.rao), form="f1", by=ward.meera)
    again = put_on_waitlist(db, ward.asha, wish(ward.rao), form="f1", by=ward.meera)

    assert again.id == first.id


def test_a_form_used_for_another_patient_is_refused(db, ward):
    put_on_waitlist(db, ward.asha, wish(ward.rao), form="f1", by=ward.meera)

    with pytest.raises(StaleForm):
        put_on_waitlist(db, ward.ben, wish(ward.rao), form="f1", by=ward.meera)


@pytest.mark.parametrize(
    ("changes", "refusal", "field"),
    [
        ({"last_day": TODAY - timedelta(days=1)}, WaitNotPossible, "Last day"),
        ({"first_day": TOMORROW, "last_day": TODAY}, WaitNotPossible, "Last day"),
        ({"last_day": TODAY + timedelta(days=FURTHEST_DAYS + 1)}, TooFarAhead, "Last day"),
        ({"first_day": None}, EmptyField, "First day"),
        ({"last_day": None}, EmptyField, "Last day"),
        ({"weekdays": ()}, EmptyField, "Weekdays"),
        ({"weekdays": {7}}, WaitNotPossible, "Weekdays"),
        ({"weekdays": {0, -1}}, WaitNotPossible, "Weekdays"),
        # Monday to Wednesday holds no Friday.
        ({"last_day": date(2026, 11, 25), "weekdays": {4}}, WaitNotPossible, "Weekdays"),
        ({"begins_minute": 720, "ends_minute": 720}, WaitNotPossible, "Hours"),
        ({"begins_minute": -1}, WaitNotPossible, "Hours"),
        ({"ends_minute": 1441}, WaitNotPossible, "Hours"),
        # It is nine o'clock, and today is the only day left.
        ({"last_day": TODAY, "ends_minute": 540}, WaitNotPossible, "Hours"),
    ],
)
def test_days_and_hours_that_cannot_come_are_refused_beside_their_field(
    db, ward, changes, refusal, field
):
    with pytest.raises(refusal) as refused:
        wait(db, ward, ward.asha, ward.rao, **changes)
    assert refused.value.field == field


def test_a_wait_that_began_yesterday_begins_today(db, ward):
    assert wait(db, ward, ward.asha, ward.rao, first_day=date(2026, 11, 1)).first_day == TODAY


def test_hours_over_today_are_waited_for_tomorrow(db, ward):
    assert wait(db, ward, ward.asha, ward.rao, last_day=TOMORROW, ends_minute=540).id


def test_one_waits_for_a_doctor_or_a_specialty(db, ward):
    for typed in (wish(), wish(ward.rao, specialty="Cardiology")):
        with pytest.raises(EmptyField, match="Doctor or specialty"):
            put_on_waitlist(db, ward.asha, typed, form=a_form(), by=ward.meera)


def test_nobody_waits_for_a_doctor_who_left_or_a_specialty_without_one(db, ward):
    deactivate_doctor(db, ward.rao, by=ward.khan)

    with pytest.raises(DoctorInactive) as refused:
        wait(db, ward, ward.asha, ward.rao)
    assert refused.value.field == "Doctor or specialty"
    with pytest.raises(NotFound, match="no doctor of this specialty"):
        wait(db, ward, ward.asha, specialty="Cardiology")


def test_whoever_owes_may_wait(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    wait(db, ward, ward.asha, ward.iyer)

    (one,) = waiting(db, by=ward.meera).waits
    assert one.owed.on_hold


@pytest.mark.parametrize("name", ["khan", "ishaan", "tara", "rao_account"])
def test_only_the_front_desk_keeps_the_waitlist(db, ward, name):
    by, entry = getattr(ward, name), wait(db, ward, ward.asha, ward.rao)

    for deed in (
        lambda: put_on_waitlist(db, ward.asha, wish(ward.rao), form="f", by=by),
        lambda: withdraw_wait(db, entry, by=by),
        lambda: book_waiting(db, entry, ward.rao, at(10), form="f", by=by),
        lambda: waiting(db, by=by),
        lambda: who_fits(db, ward.rao, TEN, by=by),
        lambda: just_freed(db, by=by),
        lambda: openings_for(db, [entry], by=by),
    ):
        with pytest.raises(NotPermitted, match="keep the waitlist"):
            deed()


# The list


def test_the_urgent_stand_first_and_then_the_oldest(db, ward, nine_o_clock):
    for number, urgent in enumerate((False, True, False, True)):
        nine_o_clock.shift(1)
        wait(db, ward, a_patient(db, ward, number), ward.rao, urgent=urgent)

    found = [one.patient.name for one in waiting(db, by=ward.meera).waits]

    assert found == ["Patient 1", "Patient 3", "Patient 0", "Patient 2"]


def test_a_long_list_is_shown_page_by_page(db, ward):
    for number in range(WAITS_A_PAGE + 1):
        wait(db, ward, ward.asha, ward.rao, begins_minute=number)

    first, second = (waiting(db, by=ward.meera, page=page) for page in (1, 2))

    assert (first.count, first.pages, len(first.waits)) == (21, 2, 20)
    assert [one.entry.begins_minute for one in second.waits] == [20]


def test_an_empty_list_has_one_page(db, ward):
    assert waiting(db, by=ward.meera).pages == 1


def test_who_waited_in_vain_is_counted_and_no_longer_open(db, ward, nine_o_clock):
    entry = wait(db, ward, ward.asha, ward.rao, last_day=TODAY)
    wait(db, ward, ward.ben, ward.rao)
    nine_o_clock.move_to(at(0, 0, TOMORROW))

    page = waiting(db, by=ward.meera)

    assert ([one.patient.name for one in page.waits], page.count) == (["Ben Thomas"], 1)
    assert page.ran_out == 1
    assert [one.entry.id for one in ran_out(db, by=ward.meera)] == [entry.id]
    assert waits_of(db, ward.asha.id, by=ward.meera) == []
    withdraw_wait(db, entry, by=ward.meera)
    assert waiting(db, by=ward.meera).ran_out == 0


def test_the_last_day_itself_is_still_open(db, ward, nine_o_clock):
    wait(db, ward, ward.asha, ward.rao, last_day=TODAY)
    nine_o_clock.move_to(at(23, 59))

    assert waiting(db, by=ward.meera).count == 1


def test_a_withdrawn_wait_is_off_the_list_and_a_second_click_changes_nothing(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)

    closed = withdraw_wait(db, entry, by=ward.meera)
    again = withdraw_wait(db, entry, by=ward.meera)

    assert waiting(db, by=ward.meera).waits == []
    assert again.closed_at == closed.closed_at


def test_what_is_booked_cannot_be_withdrawn(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    with pytest.raises(WaitsNoMore, match="Asha Menon does not wait any more"):
        withdraw_wait(db, entry, by=ward.meera)


def test_a_booking_by_another_way_leaves_the_wait_open_and_shows_on_it(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    wait(db, ward, ward.asha, specialty="General medicine")
    book(db, ward, ward.asha, ward.rao, at(12))

    with_rao, with_any = waits_of(db, ward.asha.id, by=ward.meera)

    assert with_rao.booked == (at(12), "Dr Anjali Rao")
    assert with_any.booked is None


# Whom a freed time suits


def test_a_free_time_suits_who_waits_for_the_doctor_or_the_specialty(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    wait(db, ward, ward.ben, specialty="Cardiology")
    wait(db, ward, ward.ben, ward.iyer)
    wait(db, ward, ward.ben, specialty="General medicine")

    assert fitting(db, ward) == ["Asha Menon", "Ben Thomas"]


def test_the_urgent_are_offered_first_and_then_the_oldest(db, ward, nine_o_clock):
    for number, urgent in enumerate((False, True, False)):
        nine_o_clock.shift(1)
        wait(db, ward, a_patient(db, ward, number), ward.rao, urgent=urgent)

    assert fitting(db, ward) == ["Patient 1", "Patient 0", "Patient 2"]


def test_at_most_twenty_are_offered_a_time_however_many_it_does_not_suit(db, ward):
    for number in range(130):
        suits = number >= 105
        wait(db, ward, ward.asha, ward.rao, begins_minute=600 if suits else 630)

    offered = who_fits(db, ward.rao, TEN, by=ward.meera)

    assert len(offered) == 20
    assert {fit.wait.entry.begins_minute for fit in offered} == {600}


@pytest.mark.parametrize(
    ("changes", "suits"),
    [
        ({"weekdays": {0}}, True),
        ({"weekdays": {1, 2, 3, 4, 5, 6}}, False),
        ({"first_day": TOMORROW}, False),
        ({"last_day": TODAY}, True),
        ({"begins_minute": 600, "ends_minute": 601}, True),
        ({"begins_minute": 601}, False),
        ({"ends_minute": 600}, False),
        # 10:00 at the hospital is 04:30 in UTC.
        ({"begins_minute": 270, "ends_minute": 285}, False),
    ],
)
def test_days_weekdays_and_hours_are_the_hospitals(db, ward, changes, suits):
    wait(db, ward, ward.asha, ward.rao, **changes)

    assert fitting(db, ward) == (["Asha Menon"] if suits else [])


def test_a_time_after_midnight_belongs_to_the_hospitals_day(db, ward):
    early = SessionForm(1, 0, 120, 15, valid_from=TODAY)
    open_session(db, ward.rao, early, by=ward.khan)
    wait(db, ward, ward.asha, ward.rao, weekdays={0})
    wait(db, ward, ward.ben, ward.rao, weekdays={1}, ends_minute=60)
    # Monday evening in UTC is Tuesday morning here.
    slot = Slot(at(0, 0, TOMORROW), at(0, 15, TOMORROW))
    assert slot.starts_at.weekday() == 0

    assert fitting(db, ward, slot) == ["Ben Thomas"]


def test_a_time_that_is_not_free_suits_nobody(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.ben, ward.rao)

    assert fitting(db, ward) == []


def test_a_time_held_by_another_clerk_suits_nobody_and_ones_own_hold_does(db, ward):
    tara = create_account(db, "nina", "Nina", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
    wait(db, ward, ward.asha, ward.rao)
    hold_time(db, ward.rao, at(10), VisitKind.FIRST, form="h1", by=tara)

    assert fitting(db, ward) == []
    assert names(who_fits(db, ward.rao, TEN, by=tara)) == ["Asha Menon"]


def test_leave_a_holiday_the_past_and_a_doctor_who_left_suit_nobody(db, ward, nine_o_clock):
    wait(db, ward, ward.asha, ward.rao)
    leave = grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)
    assert fitting(db, ward) == []
    withdraw_leave(db, leave, by=ward.khan)
    assert fitting(db, ward) == ["Asha Menon"]
    declare_holiday(db, TOMORROW, "Jayanti", by=ward.khan)
    assert fitting(db, ward, Slot(at(10, 0, TOMORROW), at(10, 15, TOMORROW))) == []
    nine_o_clock.move_to(at(10), tick=False)
    assert fitting(db, ward) == []
    later = Slot(at(11), at(11, 15))
    assert fitting(db, ward, later) == ["Asha Menon"]
    deactivate_doctor(db, ward.rao, by=ward.khan)
    assert fitting(db, ward, later) == []


def test_a_patient_who_is_elsewhere_is_not_offered_the_time(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.asha, ward.iyer)

    assert fitting(db, ward) == []
    assert fitting(db, ward, Slot(at(10, 15), at(10, 30))) == ["Asha Menon"]


def with_long_visits(db: Session, ward: Ward) -> None:
    """From tomorrow Dr Rao's first visits take 30 minutes and procedures 60; follow-ups 15."""
    for session in sessions_of(db, [ward.rao.id], on_or_after=TODAY):
        close_session(db, session, last_day=TODAY - timedelta(days=1), by=ward.khan)
    for weekday in range(7):
        lengths = {"first_minutes": 30, "follow_up_minutes": 15}
        typed = SessionForm(weekday, 600, 780, 15, valid_from=TODAY, **lengths)
        # Procedures without a price are refused here, and some of these tests want just that.
        open_session(db, ward.rao, typed, by=ward.khan).procedure_minutes = 60
    db.flush()


def priced(db: Session, ward: Ward) -> None:
    """Procedures have a price with Dr Rao."""
    facts = {"doctor_id": ward.rao.id, "kind": VisitKind.PROCEDURE, "effective_from": TODAY}
    db.add(Tariff(**facts, price_paise=2_000_00))
    db.flush()


def test_the_length_of_the_visit_must_fit_the_free_stretch(db, ward):
    with_long_visits(db, ward)
    wait(db, ward, ward.asha, ward.rao)
    wait(db, ward, ward.asha, ward.rao, kind=VisitKind.FOLLOW_UP)
    book(db, ward, ward.ben, ward.rao, at(10, 15), VisitKind.FOLLOW_UP)

    # A quarter is free from 10:00: enough for the follow-up alone.
    kinds = [fit.wait.entry.kind for fit in who_fits(db, ward.rao, TEN, by=ward.meera)]
    assert kinds == [VisitKind.FOLLOW_UP]


def test_a_visit_may_begin_in_free_time_before_the_freed_one(db, ward):
    with_long_visits(db, ward)
    wait(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.ben, ward.rao, at(10, 30), VisitKind.FOLLOW_UP)

    # From 10:15 there is a quarter only; with the free one before it, half an hour.
    (fit,) = who_fits(db, ward.rao, Slot(at(10, 15), at(10, 30)), by=ward.meera)

    assert (fit.time.starts_at, fit.time.ends_at) == (at(10), at(10, 30))


def test_a_kind_without_a_price_is_offered_nothing(db, ward):
    with_long_visits(db, ward)
    entry = wait(db, ward, ward.asha, ward.rao, kind=VisitKind.PROCEDURE)
    assert fitting(db, ward) == []
    assert openings_for(db, [entry], by=ward.meera) == {}

    priced(db, ward)

    assert fitting(db, ward) == ["Asha Menon"]
    assert openings_for(db, [entry], by=ward.meera)[entry.id].starts_at == at(10)


def test_only_those_of_a_kind_are_named_where_one_is_asked_for(db, ward):
    wait(db, ward, ward.asha, ward.rao)
    wait(db, ward, ward.ben, ward.rao, kind=VisitKind.FOLLOW_UP)

    found = who_fits(db, ward.rao, TEN, VisitKind.FOLLOW_UP, by=ward.meera)

    assert names(found) == ["Ben Thomas"]


# The same, against a plain reading of the rule

QUARTERS = st.integers(40, 52).map(lambda quarter: 15 * quarter)


@st.composite
def some_entries(draw: st.DrawFn) -> list[dict[str, object]]:
    """Entries as the database may hold them."""
    entries = []
    for _ in range(draw(st.integers(1, 8))):
        begins = draw(st.sampled_from((0, 600, 615, 630, 700, 720)))
        first = TODAY + timedelta(days=draw(st.integers(-1, 2)))
        entries.append(
            {
                "whose": draw(st.sampled_from(("asha", "ben"))),
                "whom": draw(st.sampled_from(("rao", "rao", "iyer", "Cardiology", "Surgery"))),
                "kind": draw(st.sampled_from(VisitKind)),
                "first_day": first,
                "last_day": first + timedelta(days=draw(st.integers(0, 3))),
                "weekdays": draw(st.sampled_from((127, 127, 1, 2, 3, 4, 62))),
                "begins_minute": begins,
                "ends_minute": draw(st.sampled_from((begins + 1, begins + 30, 1440))),
                "urgent": draw(st.booleans()),
                "asked_at": at(8) + timedelta(minutes=draw(st.integers(0, 5))),
                "closed_at": draw(st.sampled_from((None, None, None, at(9)))),
            }
        )
    return entries


BOOKINGS = st.lists(
    st.tuples(
        st.sampled_from(("asha", "ben")),
        st.sampled_from(("rao", "iyer")),
        QUARTERS,
        st.integers(0, 2),
        st.sampled_from((VisitKind.FIRST, VisitKind.FOLLOW_UP)),
    ),
    max_size=6,
)
FREED = st.tuples(st.integers(0, 2), QUARTERS, st.sampled_from((15, 30, 60, 90)))


def expected(db: Session, ward: Ward, slot: Slot) -> list[tuple[int, datetime]]:
    """Whom a freed stretch of Dr Rao suits and when, as slowly as a person would find it."""
    day = clock.day_of(slot.starts_at, ZONE)
    live = [one for one in db.exec(select(Appointment)) if one.status in LIVE]
    leaves = [one for one in db.exec(select(Leave)) if one.withdrawn_at is None]
    length = {VisitKind.FIRST: 30, VisitKind.FOLLOW_UP: 15, VisitKind.PROCEDURE: 60}
    found = []
    for entry in db.exec(select(WaitlistEntry)):
        whom = entry.doctor_id == ward.rao.id or entry.specialty == "Cardiology"
        if entry.closed_at or not whom or not entry.first_day <= day <= entry.last_day:
            continue
        if not entry.weekdays & (1, 2, 4, 8, 16, 32, 64)[day.weekday()]:
            continue
        for minute in range(600, 780, 15):
            starts_at = at(0, 0, day) + timedelta(minutes=minute)
            ends_at = starts_at + timedelta(minutes=length[entry.kind])
            taken = [
                one
                for one in live
                if one.doctor_id == ward.rao.id or one.patient_id == entry.patient_id
            ]
            if (
                entry.begins_minute <= minute < entry.ends_minute
                and minute + length[entry.kind] <= 780
                and starts_at > clock.now()
                and (starts_at < slot.ends_at and slot.starts_at < ends_at)
                and not any(one.starts_at < ends_at and starts_at < one.ends_at for one in taken)
                and not any(one.begins_at < ends_at and starts_at < one.ends_at for one in leaves)
            ):
                found.append((not entry.urgent, entry.asked_at, entry.id, starts_at))
                break
    return [(entry_id, starts_at) for *_, entry_id, starts_at in sorted(found)]


def lay_out(db: Session, ward: Ward, entries: list[dict[str, object]]) -> None:
    """Write the entries as they are, whatever the deed would say of them."""
    whom = {"rao": {"doctor_id": ward.rao.id}, "iyer": {"doctor_id": ward.iyer.id}}
    for number, facts in enumerate(entries):
        kept = {word: value for word, value in facts.items() if word not in ("whose", "whom")}
        wanted = whom.get(str(facts["whom"]), {"specialty": facts["whom"]})
        patient = getattr(ward, str(facts["whose"]))
        row = WaitlistEntry(patient_id=patient.id, form=f"e{number}", **wanted, **kept)
        db.add(row)
    db.flush()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=some_entries(), bookings=BOOKINGS, freed=FREED, on_leave=st.booleans())
def test_whom_a_freed_time_suits_is_what_the_rule_says(
    db, ward, entries, bookings, freed, on_leave
):
    ahead, minute, length = freed
    day = TODAY + timedelta(days=ahead)
    begins_at = at(0, 0, day) + timedelta(minutes=minute)
    slot = Slot(begins_at, begins_at + timedelta(minutes=length))
    example = db.begin_nested()
    try:
        with_long_visits(db, ward)
        priced(db, ward)
        lay_out(db, ward, entries)
        for whose, whom, quarter, later, kind in bookings:
            hour = at(0, 0, TODAY + timedelta(days=later)) + timedelta(minutes=quarter)
            try:
                book(db, ward, getattr(ward, whose), getattr(ward, whom), hour, kind)
            except Refusal:
                continue
        if on_leave:
            stretch = {"begins_minute": 630, "ends_minute": 660}
            grant_leave(db, ward.rao, TODAY, TODAY, form=a_form(), by=ward.khan, **stretch)

        found = who_fits(db, ward.rao, slot, by=ward.meera)

        assert [(fit.wait.entry.id, fit.time.starts_at) for fit in found] == expected(
            db, ward, slot
        )
    finally:
        example.rollback()
        db.expunge_all()
        db.info.pop("deeds", None)


# The earliest time of an entry


def test_the_earliest_time_is_the_first_that_fits_the_entry(db, ward):
    book(db, ward, ward.ben, ward.rao)
    plain = wait(db, ward, ward.asha, ward.rao)
    late = wait(db, ward, ward.asha, ward.rao, begins_minute=720)
    wednesday = wait(db, ward, ward.asha, ward.rao, weekdays={2})
    anyone = wait(db, ward, ward.asha, specialty="General medicine")

    found = openings_for(db, [plain, late, wednesday, anyone], by=ward.meera)

    assert found[plain.id].starts_at == at(10, 15)
    assert found[late.id].starts_at == at(12)
    assert found[wednesday.id].starts_at == at(10, 0, date(2026, 11, 25))
    assert (found[anyone.id].starts_at, found[anyone.id].doctor_id) == (at(10), ward.iyer.id)


def test_an_entry_of_far_days_is_looked_for_there_and_no_further_than_its_last(db, ward):
    far = TODAY + timedelta(days=40)
    entry = wait(db, ward, ward.asha, ward.rao, first_day=far, last_day=far)
    grant_leave(db, ward.iyer, TODAY, far, form="l1", by=ward.khan)
    in_vain = wait(db, ward, ward.asha, ward.iyer, last_day=far)

    found = openings_for(db, [entry, in_vain], by=ward.meera)

    assert found[entry.id].starts_at == at(10, 0, far)
    assert in_vain.id not in found


def test_the_earliest_time_is_not_one_when_the_patient_is_elsewhere(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.asha, ward.iyer)

    assert openings_for(db, [entry], by=ward.meera)[entry.id].starts_at == at(10, 15)


def test_nobody_has_no_earliest_time(db, ward):
    assert openings_for(db, [], by=ward.meera) == {}


# Just freed


def freed_times(db: Session, ward: Ward) -> list[tuple[str, datetime, list[str]]]:
    """What came free, and whom it suits."""
    found = just_freed(db, by=ward.meera)
    return [(one.doctor.name, one.slot.starts_at, names(one.fits)) for one in found]


def test_a_cancelled_time_is_offered_to_who_waits(db, ward):
    wait(db, ward, ward.ben, ward.rao)
    booked = book(db, ward, ward.asha, ward.rao)
    assert freed_times(db, ward) == []

    cancel_appointment(db, booked, "Fever", by=ward.meera)

    assert freed_times(db, ward) == [("Dr Anjali Rao", at(10), ["Ben Thomas"])]


def test_a_moved_appointment_frees_its_old_time(db, ward):
    wait(db, ward, ward.ben, ward.rao)
    booked = book(db, ward, ward.asha, ward.rao)

    move_appointment(db, booked, ward.rao, at(12), form="m1", by=ward.meera)

    assert freed_times(db, ward) == [("Dr Anjali Rao", at(10), ["Ben Thomas"])]


def test_withdrawn_leave_frees_each_of_its_days(db, ward):
    wait(db, ward, ward.ben, ward.rao)
    leave = grant_leave(db, ward.rao, TODAY, TOMORROW, form="l1", by=ward.khan)

    withdraw_leave(db, leave, by=ward.khan)

    found = [fit.time.starts_at for one in just_freed(db, by=ward.meera) for fit in one.fits]
    assert found == [at(10), at(10, 0, TOMORROW)]


def test_a_freed_time_that_went_again_or_suits_nobody_is_not_shown(db, ward):
    cancel_appointment(db, book(db, ward, ward.asha, ward.rao), "Fever", by=ward.meera)
    assert freed_times(db, ward) == []
    wait(db, ward, ward.ben, ward.rao)
    book(db, ward, ward.asha, ward.rao)

    assert freed_times(db, ward) == []


def test_what_was_cancelled_long_ago_is_not_just_freed(db, ward, nine_o_clock):
    wait(db, ward, ward.ben, ward.rao)
    booked = book(db, ward, ward.asha, ward.rao, at(10, 0, IN_A_WEEK))
    cancel_appointment(db, booked, "Fever", by=ward.meera)
    nine_o_clock.shift(timedelta(hours=11, minutes=59))
    assert len(freed_times(db, ward)) == 1
    nine_o_clock.shift(timedelta(minutes=2))

    assert freed_times(db, ward) == []


def test_a_time_freed_twice_is_shown_once(db, ward):
    wait(db, ward, ward.ben, ward.rao)
    for _ in range(2):
        cancel_appointment(db, book(db, ward, ward.asha, ward.rao), "Fever", by=ward.meera)

    assert len(freed_times(db, ward)) == 1


def test_a_cancelled_overbooking_frees_nothing(db, ward):
    wait(db, ward, a_patient(db, ward, 1), ward.rao)
    book(db, ward, ward.asha, ward.rao)
    told = {"form": "o1", "by": ward.meera}
    over = overbook_appointment(db, ward.ben, ward.rao, at(10), VisitKind.FIRST, "Pain", **told)

    cancel_appointment(db, over, "Fever", by=ward.meera)

    assert freed_times(db, ward) == []


# Booking


def booked_for(db: Session, patient: Patient) -> list[Appointment]:
    """A patient's live appointments."""
    rows = select(Appointment).where(Appointment.patient_id == patient.id)
    return [one for one in db.exec(rows) if one.status in LIVE]


def test_booking_ends_the_wait_with_its_appointment(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)

    booked = book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    assert (entry.appointment_id, entry.closed_at is not None) == (booked.id, True)
    assert (booked.kind, booked.patient_id) == (VisitKind.FIRST, ward.asha.id)
    assert waiting(db, by=ward.meera).count == 0


def test_every_deed_of_the_waitlist_leaves_its_audit_row(house):
    with desk() as (db, ward):
        entry, other = (wait(db, ward, one, ward.rao) for one in (ward.asha, ward.ben))
        book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)
        withdraw_wait(db, other, by=ward.meera)

    with desk() as (db, _):
        kept = db.exec(select(AuditEvent).where(AuditEvent.subject == f"waitlist/{entry.id}"))
        assert [row.deed for row in kept] == ["put on the waitlist", "wait booked"]
        kept = db.exec(select(AuditEvent).where(AuditEvent.subject == f"waitlist/{other.id}"))
        assert [row.deed for row in kept] == ["put on the waitlist", "wait withdrawn"]


def test_a_second_click_is_the_same_appointment(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    first = book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)
    again = book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    assert again.id == first.id
    assert len(booked_for(db, ward.asha)) == 1


def test_another_click_on_an_ended_wait_is_refused(db, ward):
    booked, withdrawn = (wait(db, ward, ward.asha, ward.rao) for _ in range(2))
    book_waiting(db, booked, ward.rao, at(10), form="b1", by=ward.meera)
    withdraw_wait(db, withdrawn, by=ward.meera)

    for entry in (booked, withdrawn):
        with pytest.raises(WaitsNoMore, match="Look at the list again"):
            book_waiting(db, entry, ward.rao, at(11), form="b2", by=ward.meera)


def test_the_gate_refuses_and_the_patient_waits_on(house, nine_o_clock):
    with desk() as (db, ward):
        entry = wait(db, ward, ward.asha, ward.iyer)
        visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(OnHold, match="Asha Menon owes"), desk() as (db, ward):
        book_waiting(db, entry, ward.iyer, at(11), form="b1", by=ward.meera)

    with desk() as (db, ward):
        assert waiting(db, by=ward.meera).count == 1
        pain = EmergencyReason.ACUTE_PAIN
        told = {"form": "b1", "by": ward.meera, "emergency": pain}
        booked = book_waiting(db, entry, ward.iyer, at(11), **told)
        assert (booked.on_hold, booked.emergency_reason) == (True, pain)
        assert waiting(db, by=ward.meera).count == 0


@pytest.mark.parametrize("refusal", [SlotTaken, TimeHeld, PatientBusy])
def test_who_is_refused_the_time_waits_on(house, refusal):
    with desk() as (db, ward):
        entry = wait(db, ward, ward.asha, ward.rao)
        nina = create_account(db, "nina", "Nina", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
        if refusal is SlotTaken:
            book(db, ward, ward.ben, ward.rao)
        elif refusal is TimeHeld:
            hold_time(db, ward.rao, at(10), VisitKind.FIRST, form="h1", by=nina)
        else:
            book(db, ward, ward.asha, ward.iyer)

    with pytest.raises(refusal), desk() as (db, ward):
        book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    with desk() as (db, ward):
        assert waiting(db, by=ward.meera).count == 1


def test_an_inactive_doctor_is_not_booked_from_the_list(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    deactivate_doctor(db, ward.rao, by=ward.khan)

    with pytest.raises(DoctorInactive):
        book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)
    assert openings_for(db, [entry], by=ward.meera) == {}


def test_the_wait_stays_ended_when_its_appointment_is_cancelled(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    booked = book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    cancel_appointment(db, booked, "Fever", by=ward.meera)

    assert waiting(db, by=ward.meera).count == 0
    with pytest.raises(WaitsNoMore):
        book_waiting(db, entry, ward.rao, at(11), form="b2", by=ward.meera)


def race(entry: WaitlistEntry, *hours: datetime) -> list[str]:
    """So many clerks book one entry at once, each another time; what each was told."""
    told: list[str] = []
    start = threading.Barrier(len(hours))

    def click(hour: datetime) -> None:
        start.wait()
        try:
            with desk() as (db, ward):
                book_waiting(db, entry, ward.rao, hour, form=a_form(), by=ward.meera)
            told.append("booked")
        except Refusal as refusal:
            told.append(type(refusal).__name__)

    clerks = [threading.Thread(target=click, args=(hour,)) for hour in hours]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    return sorted(told)


def test_of_clerks_who_book_one_entry_at_once_one_succeeds(house):
    for number in range(5):
        with desk() as (db, ward):
            patient = a_patient(db, ward, number)
            entry = wait(db, ward, patient, ward.rao)

        told = race(entry, *(at(10 + hour, 15 * (number % 4), IN_A_WEEK) for hour in range(3)))

        assert told == ["WaitsNoMore", "WaitsNoMore", "booked"]
        with transaction() as db:
            assert len(booked_for(db, patient)) == 1
            for one in booked_for(db, patient):
                cancel_appointment(db, one, "Next trial", by=ward.meera)


def test_without_the_second_look_at_the_entry_all_of_them_succeed(house, monkeypatch):
    def blind(db: Session, entry: WaitlistEntry) -> WaitlistEntry:
        return WaitlistEntry(**{**entry.model_dump(), "id": None, "form": a_form()})

    monkeypatch.setattr(the_waitlist, "_locked_entry", blind)
    with desk() as (db, ward):
        entry = wait(db, ward, ward.asha, ward.rao)

    assert race(entry, at(10), at(11), at(12)) == ["booked"] * 3
