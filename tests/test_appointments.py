"""Booking, moving, cancelling: what a desk may ask of a doctor's time."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from mediklaud import letters as letters_room
from mediklaud.errors import (
    DoctorInactive,
    DoctorOnLeave,
    EmptyField,
    NoSuchSlot,
    NotBookedAnyMore,
    NotPermitted,
    OnHold,
    PastTime,
    PatientBusy,
    RegistrationExpired,
    SlotTaken,
    StaleForm,
    TooFarAhead,
)
from mediklaud.letters import written
from mediklaud.models import (
    Appointment,
    AppointmentStatus,
    EmergencyReason,
    Message,
    MessageStatus,
    Method,
    Priority,
)
from mediklaud.repository import (
    FURTHEST_DAYS,
    SessionForm,
    arrive,
    begin_consultation,
    cancel_appointment,
    close_session,
    day_visits,
    deactivate_doctor,
    edit_doctor,
    edit_patient,
    emergencies,
    free_slots,
    grant_leave,
    letters_to_call,
    move_appointment,
    open_session,
    outbox_state,
    sessions_of,
    take_payment,
    upcoming_visits,
    withdraw_leave,
)
from tests.hospital import ASHA, RAO, TODAY, at
from tests.visits import book, desk, finish, visit

TOMORROW = TODAY + timedelta(days=1)


def starts(slots):
    return [slot.starts_at for slot in slots]


def free_today(db, doctor):
    return starts(free_slots(db, [doctor], TODAY, 1)[doctor.id])


def letters(db, kind="booked"):
    return db.exec(select(Message).where(Message.kind == kind)).all()


def test_a_free_slot_is_booked_for_its_whole_length(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    assert (booked.starts_at, booked.ends_at) == (at(10), at(10, 15))
    assert booked.status is AppointmentStatus.BOOKED


def test_a_booked_slot_is_no_longer_free(db, ward):
    book(db, ward, ward.asha, ward.rao)

    assert at(10) not in free_today(db, ward.rao)


def test_a_day_of_three_hours_has_twelve_quarters(db, ward):
    assert len(free_today(db, ward.rao)) == 12


def test_slots_that_have_begun_are_not_free(db, ward, nine_o_clock):
    nine_o_clock.move_to(at(10, 15), tick=False)

    assert free_today(db, ward.rao)[0] == at(10, 30)


def test_a_day_without_a_session_is_empty(db, ward):
    yesterday = TODAY - timedelta(days=1)

    assert free_slots(db, [ward.rao], yesterday, 1) == {ward.rao.id: []}


def test_no_doctors_have_no_slots(db, ward):
    assert free_slots(db, [], TODAY, 7) == {}


def test_days_past_the_horizon_are_empty(db, ward):
    beyond = TODAY + timedelta(days=FURTHEST_DAYS + 1)

    assert free_slots(db, [ward.rao], beyond, 5) == {ward.rao.id: []}


def test_the_second_desk_is_told_the_next_free_time(db, ward):
    book(db, ward, ward.asha, ward.rao)

    with pytest.raises(SlotTaken, match="Monday 23 November 2026, 10:15 AM IST"):
        book(db, ward, ward.ben, ward.rao)


def test_a_long_visit_is_not_entered_from_its_middle(db, ward):
    book(db, ward, ward.asha, ward.rao, at(10, day=TOMORROW))
    for session in sessions_of(db, [ward.rao.id], on_or_after=TOMORROW):
        close_session(db, session, last_day=TODAY, by=ward.khan)
    shorter = SessionForm(TOMORROW.weekday(), 600, 780, 10, valid_from=TOMORROW)
    open_session(db, ward.rao, shorter, by=ward.khan)

    with pytest.raises(SlotTaken):
        book(db, ward, ward.ben, ward.rao, at(10, 10, day=TOMORROW))


def test_a_full_month_names_no_time_but_another_doctor(db, ward):
    book(db, ward, ward.asha, ward.rao)
    grant_leave(
        db,
        ward.rao,
        TODAY,
        TODAY + timedelta(days=40),
        form="l1",
        by=ward.khan,
        begins_minute=10 * 60 + 15,
    )

    with pytest.raises(SlotTaken, match="choose another doctor"):
        book(db, ward, ward.ben, ward.rao)


def test_a_patient_is_not_promised_to_two_doctors_at_once(db, ward):
    book(db, ward, ward.asha, ward.rao)

    with pytest.raises(PatientBusy, match="Dr Anjali Rao at 10:00 AM IST"):
        book(db, ward, ward.asha, ward.iyer)


def test_touching_appointments_of_a_patient_are_fine(db, ward):
    book(db, ward, ward.asha, ward.rao)

    assert book(db, ward, ward.asha, ward.iyer, at(10, 15)).id


def test_a_second_click_is_the_same_appointment(db, ward):
    first = book(db, ward, ward.asha, ward.rao, form="f1")
    again = book(db, ward, ward.asha, ward.rao, form="f1")

    assert again.id == first.id
    assert len(letters(db)) == 1


def test_a_form_used_for_another_patient_is_refused(db, ward):
    book(db, ward, ward.asha, ward.rao, form="f1")

    with pytest.raises(StaleForm):
        book(db, ward, ward.ben, ward.rao, at(11), form="f1")


@pytest.mark.parametrize("name", ["khan", "ishaan", "tara", "rao_account"])
def test_only_the_front_desk_books(db, ward, name):
    with pytest.raises(NotPermitted, match="book appointments"):
        book(db, ward, ward.asha, ward.rao, by=getattr(ward, name))


def test_the_past_is_not_booked(db, ward, nine_o_clock):
    nine_o_clock.move_to(at(10), tick=False)

    with pytest.raises(PastTime):
        book(db, ward, ward.asha, ward.rao)


def test_leave_is_not_booked(db, ward):
    grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)

    with pytest.raises(DoctorOnLeave, match="Dr Anjali Rao is on leave"):
        book(db, ward, ward.asha, ward.rao)
    assert free_today(db, ward.rao) == []


def test_withdrawn_leave_is_booked_at_once(db, ward):
    leave = grant_leave(db, ward.rao, TODAY, TODAY, form="l1", by=ward.khan)
    withdraw_leave(db, leave, by=ward.khan)

    assert book(db, ward, ward.asha, ward.rao).starts_at == at(10)


def test_leave_of_an_hour_takes_its_hour_only(db, ward):
    grant_leave(
        db,
        ward.rao,
        TODAY,
        TODAY,
        form="l1",
        by=ward.khan,
        begins_minute=10 * 60 + 10,
        ends_minute=11 * 60,
    )

    assert free_today(db, ward.rao)[0] == at(11)
    with pytest.raises(DoctorOnLeave):
        book(db, ward, ward.asha, ward.rao)


@pytest.mark.parametrize("starts_at", [at(13), at(9, 45), at(10, 5), at(23, 59)])
def test_a_time_outside_the_sessions_is_no_slot(db, ward, starts_at):
    with pytest.raises(NoSuchSlot):
        book(db, ward, ward.asha, ward.rao, starts_at)


def test_an_inactive_doctor_is_not_booked(db, ward):
    deactivate_doctor(db, ward.rao, by=ward.khan)

    with pytest.raises(DoctorInactive, match="Dr Anjali Rao"):
        book(db, ward, ward.asha, ward.rao)
    assert free_today(db, ward.rao) == []


def test_an_expired_registration_is_not_booked(db, ward):
    typed = replace(RAO, registration_expires_on=TODAY)
    edit_doctor(db, ward.rao, typed, version=1, by=ward.khan)

    assert book(db, ward, ward.asha, ward.rao).id
    with pytest.raises(RegistrationExpired, match="23 November 2026"):
        book(db, ward, ward.ben, ward.rao, at(10, day=TOMORROW))
    assert starts(free_slots(db, [ward.rao], TOMORROW, 3)[ward.rao.id]) == []


def test_the_last_day_of_the_horizon_is_booked_and_the_next_is_not(db, ward):
    last = TODAY + timedelta(days=FURTHEST_DAYS)

    assert book(db, ward, ward.asha, ward.rao, at(10, day=last)).id
    with pytest.raises(TooFarAhead, match="180 days"):
        book(db, ward, ward.ben, ward.rao, at(10, day=last + timedelta(days=1)))


# Letters


def test_every_booking_has_exactly_one_letter_with_its_hour(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    (letter,) = letters(db)
    assert letter.appointment_id == booked.id
    assert letter.to_address == "asha@example.org"
    assert "Monday 23 November 2026, 10:00 AM IST" in written(letter).text


def test_a_booking_freezes_the_facts_and_writes_no_words(db, ward, monkeypatch):
    def pen(*_, **__):
        raise AssertionError("words are written when the letter is sent")

    with monkeypatch.context() as patch:
        patch.setattr(letters_room, "_rendered", pen)
        book(db, ward, ward.asha, ward.rao)
    ward.asha.name = "Asha Menon-Thomas"

    (letter,) = letters(db)
    assert letter.language == "en"
    assert written(letter).text.startswith("Dear Asha Menon,")


def test_a_patient_without_email_waits_for_a_call(db, ward):
    booked = book(db, ward, ward.ben, ward.rao)

    (letter,) = letters(db)
    assert (letter.status, letter.to_address) == (MessageStatus.UNADDRESSED, None)
    assert [one.appointment.id for one in letters_to_call(db, by=ward.meera)] == [booked.id]


def test_whoever_got_the_letter_is_not_called(db, ward):
    book(db, ward, ward.asha, ward.rao)

    assert letters_to_call(db, by=ward.meera) == []


def test_a_refused_booking_writes_no_letter(house):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao)
    with pytest.raises(SlotTaken), desk() as (db, ward):
        book(db, ward, ward.ben, ward.rao)

    with desk() as (db, _):
        assert len(letters(db)) == 1
        assert len(db.exec(select(Appointment)).all()) == 1


def test_a_cancelled_appointment_has_its_own_letter(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    cancel_appointment(db, booked, "Fever", by=ward.meera)

    (letter,) = letters(db, "cancelled")
    assert written(letter).calendar_method == "CANCEL"
    assert "You need not come" in written(letter).text


def test_a_moved_appointment_has_a_letter_with_the_new_hour(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    move_appointment(db, booked, ward.iyer, at(12), form="m1", by=ward.meera)

    (letter,) = letters(db, "moved")
    assert "12:00 PM IST" in written(letter).text
    assert f"UID:appointment-{booked.id}@" in written(letter).calendar
    assert "SEQUENCE:1" in written(letter).calendar
    assert letters(db, "cancelled") == []


# The dues gate


def test_a_patient_who_owes_is_told_the_bill_and_the_sum(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    told = r"Asha Menon owes ₹800\.00 on bill JMI/2627/000001 of 23 November 2026"
    with pytest.raises(OnHold, match=told):
        book(db, ward, ward.asha, ward.iyer, at(11))
    assert book(db, ward, ward.ben, ward.iyer, at(11)).dues_then_paise == 0


def test_the_gate_lifts_the_moment_the_dues_are_cleared(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    take_payment(db, ward.asha, 799_00, Method.CASH, form="p1", by=ward.ishaan)
    with pytest.raises(OnHold, match=r"₹1\.00"):
        book(db, ward, ward.asha, ward.iyer, at(11))

    take_payment(db, ward.asha, 1_00, Method.CASH, form="p2", by=ward.ishaan)

    assert book(db, ward, ward.asha, ward.iyer, at(11)).on_hold is False


def test_an_emergency_passes_the_gate_with_the_dues_on_record(db, ward):
    visit(db, ward, ward.asha, ward.rao)

    passed = book(db, ward, ward.asha, ward.iyer, at(11), emergency=EmergencyReason.ACUTE_PAIN)

    assert (passed.priority, passed.on_hold) == (Priority.EMERGENCY, True)
    assert passed.dues_then_paise == 800_00
    reviewed = emergencies(db, at(0), by=ward.khan)
    assert [one.appointment.id for one in reviewed] == [passed.id]


def test_an_emergency_is_told_to_the_cmo(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.asha, ward.iyer, at(11), emergency=EmergencyReason.FEVER_IN_A_CHILD)

    (letter,) = letters(db, "emergency")
    assert letter.to_address == "khan@jmi-hospital.example.org"
    assert "₹800.00" in written(letter).text
    assert "fever in a child" in written(letter).text
    assert "Asha" not in written(letter).text


def test_an_emergency_does_not_pass_the_overlap(db, ward):
    book(db, ward, ward.asha, ward.rao)

    with pytest.raises(SlotTaken):
        book(db, ward, ward.ben, ward.rao, emergency=EmergencyReason.INJURY)


def test_the_front_desk_does_not_review_emergencies(db, ward):
    with pytest.raises(NotPermitted):
        emergencies(db, at(0), by=ward.meera)


def test_moving_and_cancelling_are_never_blocked_by_dues(db, ward):
    later = book(db, ward, ward.asha, ward.iyer, at(12))
    visit(db, ward, ward.asha, ward.rao)

    moved = move_appointment(db, later, ward.iyer, at(11), form="m1", by=ward.meera)
    assert (moved.on_hold, moved.dues_then_paise) == (True, 800_00)
    assert cancel_appointment(db, moved, "Travel", by=ward.meera).cancelled_at


def test_a_missed_time_is_not_moved_past_the_gate(db, ward, nine_o_clock):
    missed = book(db, ward, ward.asha, ward.rao)
    visit(db, ward, ward.asha, ward.iyer, at(11))
    nine_o_clock.move_to(at(10, 15))

    with pytest.raises(OnHold, match=r"Asha Menon owes ₹500\.00"), db.begin_nested():
        move_appointment(db, missed, ward.rao, at(10, day=TOMORROW), form="m1", by=ward.meera)
    take_payment(db, ward.asha, 500_00, Method.CASH, form="p1", by=ward.ishaan)
    moved = move_appointment(db, missed, ward.rao, at(10, day=TOMORROW), form="m2", by=ward.meera)
    assert not moved.on_hold


def test_a_time_that_runs_is_moved_whatever_is_owed(db, ward, nine_o_clock):
    late = book(db, ward, ward.asha, ward.rao)
    visit(db, ward, ward.asha, ward.iyer, at(11))
    nine_o_clock.move_to(at(10, 14))

    assert move_appointment(db, late, ward.rao, at(12), form="m1", by=ward.meera).on_hold


def test_a_missed_emergency_stays_one_when_it_is_moved(db, ward, nine_o_clock):
    pain = EmergencyReason.ACUTE_PAIN
    visit(db, ward, ward.asha, ward.iyer, at(11))
    missed = book(db, ward, ward.asha, ward.rao, emergency=pain)
    nine_o_clock.move_to(at(10, 15))

    moved = move_appointment(db, missed, ward.rao, at(12), form="m1", by=ward.meera)

    assert (moved.on_hold, moved.emergency_reason) == (True, pain)


# Moving


def test_a_moved_appointment_is_a_new_row_and_the_old_time_is_free(db, ward):
    old = book(db, ward, ward.asha, ward.rao)

    moved = move_appointment(db, old, ward.rao, at(12), form="m1", by=ward.meera)

    assert (moved.moved_from_id, moved.starts_at) == (old.id, at(12))
    assert db.get_one(Appointment, old.id).status is AppointmentStatus.CANCELLED
    assert at(10) in free_today(db, ward.rao)
    assert book(db, ward, ward.ben, ward.rao).id


def test_a_move_within_its_own_time_is_possible(db, ward):
    old = book(db, ward, ward.asha, ward.rao)

    assert move_appointment(db, old, ward.iyer, at(10), form="m1", by=ward.meera).id


def test_a_second_click_is_the_same_move(db, ward):
    old = book(db, ward, ward.asha, ward.rao)
    first = move_appointment(db, old, ward.rao, at(12), form="m1", by=ward.meera)

    again = move_appointment(db, old, ward.rao, at(12), form="m1", by=ward.meera)

    assert again.id == first.id


def test_where_the_new_time_is_taken_the_old_one_stands(house):
    with desk() as (db, ward):
        old = book(db, ward, ward.asha, ward.rao)
        book(db, ward, ward.ben, ward.rao, at(11))
    with pytest.raises(SlotTaken), desk() as (db, ward):
        move_appointment(db, old, ward.rao, at(11), form="m1", by=ward.meera)

    with desk() as (db, _):
        assert db.get_one(Appointment, old.id).status is AppointmentStatus.BOOKED
        assert letters(db, "moved") == []


def test_what_was_moved_is_not_moved_again_from_its_old_time(db, ward):
    old = book(db, ward, ward.asha, ward.rao)
    move_appointment(db, old, ward.rao, at(12), form="m1", by=ward.meera)

    with pytest.raises(NotBookedAnyMore, match="cancelled already, so it cannot be moved"):
        move_appointment(db, old, ward.rao, at(11), form="m2", by=ward.meera)


def test_a_move_into_the_past_or_leave_is_refused(db, ward):
    old = book(db, ward, ward.asha, ward.rao)
    grant_leave(db, ward.iyer, TODAY, TODAY, form="l1", by=ward.khan)

    with pytest.raises(PastTime):
        move_appointment(db, old, ward.rao, at(8), form="m1", by=ward.meera)
    with pytest.raises(DoctorOnLeave):
        move_appointment(db, old, ward.iyer, at(11), form="m2", by=ward.meera)


# Cancelling


def test_cancelling_frees_the_slot_at_once(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)

    cancelled = cancel_appointment(db, booked, "Fever", by=ward.meera)

    assert cancelled.cancel_reason == "Fever"
    assert book(db, ward, ward.ben, ward.rao).starts_at == at(10)


@pytest.mark.parametrize("reason", ["", "   ", "\u200f\t\n"])
def test_a_cancellation_needs_a_reason(db, ward, reason):
    booked = book(db, ward, ward.asha, ward.rao)

    with pytest.raises(EmptyField) as refused:
        cancel_appointment(db, booked, reason, by=ward.meera)
    assert refused.value.field == "Reason"


def test_a_second_cancellation_is_refused(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    cancel_appointment(db, booked, "Fever", by=ward.meera)

    with pytest.raises(NotBookedAnyMore, match="cancelled already"):
        cancel_appointment(db, booked, "Fever", by=ward.meera)


def test_what_the_doctor_has_begun_is_not_cancelled(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    begin_consultation(db, booked, by=ward.rao_account)

    with pytest.raises(NotBookedAnyMore, match="with the doctor already"):
        cancel_appointment(db, booked, "Went home", by=ward.meera)


def test_whoever_waits_may_still_cancel(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    arrive(db, booked, by=ward.meera)

    assert cancel_appointment(db, booked, "Went home", by=ward.meera).cancelled_at


@pytest.mark.parametrize("name", ["khan", "ishaan", "tara", "rao_account"])
def test_only_the_front_desk_changes_appointments(db, ward, name):
    booked, by = book(db, ward, ward.asha, ward.rao), getattr(ward, name)

    for deed in (
        lambda: move_appointment(db, booked, ward.rao, at(11), form="m1", by=by),
        lambda: cancel_appointment(db, booked, "Fever", by=by),
    ):
        with pytest.raises(NotPermitted, match="change appointments"):
            deed()


# Lists


def test_the_day_lists_every_visit_by_time_cancelled_ones_too(db, ward):
    late = book(db, ward, ward.asha, ward.rao, at(12))
    early = book(db, ward, ward.ben, ward.iyer, at(10))
    book(db, ward, ward.ben, ward.rao, at(10, day=TOMORROW))
    cancel_appointment(db, late, "Fever", by=ward.meera)

    visits = day_visits(db, TODAY, by=ward.meera)

    assert [one.appointment.id for one in visits] == [early.id, late.id]
    # Cancelled within the grace: nothing was mailed.
    assert visits[1].letter is None
    only_iyer = day_visits(db, TODAY, by=ward.meera, doctor_id=ward.iyer.id)
    assert [one.patient.name for one in only_iyer] == ["Ben Thomas"]


def test_an_empty_day_lists_nobody(db, ward):
    assert day_visits(db, date(2026, 1, 26), by=ward.meera) == []


def test_upcoming_visits_are_those_still_to_come(db, ward, nine_o_clock):
    soon = book(db, ward, ward.asha, ward.rao, at(12))
    finish(db, ward, book(db, ward, ward.asha, ward.rao, at(10)))
    cancel_appointment(db, book(db, ward, ward.ben, ward.rao, at(11)), "Fever", by=ward.meera)

    assert [one.appointment.id for one in upcoming_visits(db, ward.asha.id, by=ward.meera)] == [
        soon.id
    ]
    nine_o_clock.move_to(at(12, 15), tick=False)
    assert upcoming_visits(db, ward.asha.id, by=ward.meera) == []


def test_finance_does_not_see_the_day(db, ward):
    for deed in (
        lambda: day_visits(db, TODAY, by=ward.ishaan),
        lambda: upcoming_visits(db, ward.asha.id, by=ward.ishaan),
        lambda: letters_to_call(db, by=ward.ishaan),
    ):
        with pytest.raises(NotPermitted, match="see the day's appointments"):
            deed()


def test_an_address_given_later_answers_the_call_by_its_letter_alone(db, ward, nine_o_clock):
    book(db, ward, ward.ben, ward.rao)
    typed = replace(ASHA, name="Ben Thomas", email="ben@example.org", mail_for_care=False)
    edit_patient(db, ward.ben, typed, version=1, by=ward.meera)
    assert len(letters_to_call(db, by=ward.meera)) == 1

    wanted = replace(typed, mail_for_care=True)
    edit_patient(db, ward.ben, wanted, version=2, by=ward.meera)

    assert letters_to_call(db, by=ward.meera) == []
    nine_o_clock.shift(timedelta(minutes=16))
    assert len(letters_to_call(db, by=ward.meera)) == 1


def test_a_patient_without_address_counts_until_the_appointment_is_off(db, ward):
    booked = book(db, ward, ward.ben, ward.rao, at(11))
    assert outbox_state(db).unaddressed == 1

    cancel_appointment(db, booked, "Feels well", by=ward.meera)

    assert outbox_state(db).unaddressed == 0
