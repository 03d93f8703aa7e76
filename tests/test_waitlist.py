"""The waitlist: who is put on it, what is refused, and how the list stands."""

from datetime import date, timedelta

import pytest

from mediklaud.errors import (
    DoctorInactive,
    EmptyField,
    NotFound,
    NotPermitted,
    StaleForm,
    TooFarAhead,
    WaitNotPossible,
    WaitsNoMore,
)
from mediklaud.repository import (
    FURTHEST_DAYS,
    WAITS_A_PAGE,
    book_waiting,
    deactivate_doctor,
    just_freed,
    openings_for,
    put_on_waitlist,
    ran_out,
    waiting,
    waits_of,
    weekdays_of,
    who_fits,
    withdraw_wait,
)
from tests.hospital import TODAY, at
from tests.visits import a_form, book, visit
from tests.waits import TEN, TOMORROW, a_patient, wait, wish

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
