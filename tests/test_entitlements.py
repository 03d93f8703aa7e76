"""Follow-ups that a paid visit gives: how many, until when, at which price, and to whom."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.models import CreditKind, Entitlement
from mediklaud.repository import (
    bill_paper,
    cancel_appointment,
    cancel_credit_note,
    change_settings,
    edit_doctor,
    free_slots,
    issue_credit_note,
    move_appointment,
    note_no_show,
    restore_appointment,
    undo_no_show,
)
from mediklaud.repository.entitlements import follow_ups_of
from tests.follow_ups import (
    FIRST,
    FOLLOW_UP,
    charge_of,
    follow_up,
    on,
    paid_visit,
    pay,
    policy,
    unsettled,
)
from tests.hospital import HOSPITAL, RAO, TODAY, at
from tests.visits import a_form, book, finish, visit


def left(db, ward, days, doctor=None, patient=None):
    """What the desk reads of the follow-ups left on a day."""
    doctor, patient = doctor or ward.rao, patient or ward.asha
    found = follow_ups_of(db, patient.id, doctor.id, TODAY + timedelta(days=days))
    return found.words if found else None


# What a paid visit gives


def test_without_a_rule_a_paid_visit_gives_nothing(db, ward):
    paid_visit(db, ward)

    assert left(db, ward, 1) is None
    assert follow_up(db, ward, on(1)).entitled_by_id is None


def test_a_paid_visit_gives_free_follow_ups_until_a_day(db, ward):
    policy(db, ward, 2, 7)
    first, _ = paid_visit(db, ward)

    assert left(db, ward, 0) == "free visit 1 of 2 until 30 Nov"
    assert follow_up(db, ward, on(1)).entitled_by_id == first.id
    assert left(db, ward, 0) == "free visit 2 of 2 until 30 Nov"
    assert follow_up(db, ward, on(2)).entitled_by_id == first.id
    assert left(db, ward, 0) is None
    assert follow_up(db, ward, on(3)).entitled_by_id is None


def test_a_free_follow_up_issues_no_bill_but_a_charge_of_nothing(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1))

    assert finish(db, ward, booked) is None
    charge = charge_of(db, booked)
    assert charge.price_paise == 0
    assert charge.description == (
        "Follow-up consultation, free after the visit of 23 Nov 2026, Dr Anjali Rao (24 Nov 2026)"
    )
    assert unsettled(db, ward.asha) == []


@pytest.mark.parametrize(
    ("fee_paise", "percent", "price_paise"),
    [(400_00, 50, 200_00), (333_33, 50, 166_67), (333_33, 33, 110_00), (1, 50, 1), (1, 49, 0)],
)
def test_a_reduced_price_is_billed_to_the_paisa(
    db, ward, nine_o_clock, fee_paise, percent, price_paise
):
    policy(db, ward, 1, 7, percent)
    dearer = replace(RAO, follow_up_fee_paise=fee_paise)
    edit_doctor(db, ward.rao, dearer, version=ward.rao.version, by=ward.khan)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1))
    bill = finish(db, ward, booked)

    assert charge_of(db, booked).price_paise == price_paise
    assert (bill.total_paise if bill else 0) == price_paise


def test_the_line_of_the_bill_says_that_it_was_an_entitled_follow_up(db, ward, nine_o_clock):
    policy(db, ward, 2, 7, 50)
    paid_visit(db, ward)
    assert left(db, ward, 0) == "cheaper visit 1 of 2 at 50 % of the fee until 30 Nov"
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1))
    bill = finish(db, ward, booked)

    (line,) = bill_paper(db, bill.number, by=ward.ishaan).lines
    assert line.description == (
        "Follow-up consultation, at 50 % of the fee after the visit of 23 Nov 2026, "
        "Dr Anjali Rao (24 Nov 2026)"
    )
    assert line.amount_paise == 200_00


def test_the_line_of_a_follow_up_at_its_fee_says_nothing_more(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao, kind=FOLLOW_UP)

    (line,) = bill_paper(db, bill.number, by=ward.ishaan).lines
    assert line.description == "Follow-up consultation, Dr Anjali Rao (23 Nov 2026)"


def test_a_follow_up_paid_in_full_entitles_like_a_first_visit(db, ward):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward, kind=FOLLOW_UP)

    assert follow_up(db, ward, on(1)).entitled_by_id == first.id


@pytest.mark.parametrize("percent", [0, 50])
def test_an_entitled_visit_entitles_to_nothing(db, ward, nine_o_clock, percent):
    policy(db, ward, 1, 7, percent)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1))
    finish(db, ward, booked)
    pay(db, ward, ward.asha)

    assert left(db, ward, 1) is None
    assert follow_up(db, ward, on(2)).entitled_by_id is None


def test_a_visit_without_charge_entitles_to_nothing(db, ward):
    policy(db, ward, 1, 7)
    visit(db, ward, ward.asha, ward.iyer, kind=FOLLOW_UP)

    assert db.exec(select(Entitlement)).all() == []


def test_a_visit_that_was_not_kept_entitles_to_nothing(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    missed = book(db, ward, ward.asha, ward.rao, at(10))
    nine_o_clock.move_to(at(10, 5))
    note_no_show(db, missed, by=ward.meera)

    assert db.exec(select(Entitlement)).all() == []


def test_first_visits_use_no_entitlement(db, ward):
    policy(db, ward, 1, 7)
    paid_visit(db, ward)

    assert book(db, ward, ward.asha, ward.rao, on(1), FIRST).entitled_by_id is None
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"


def test_an_entitlement_is_of_one_patient_and_one_doctor(db, ward):
    policy(db, ward, 1, 7)
    paid_visit(db, ward)

    assert follow_up(db, ward, on(1), doctor=ward.iyer).entitled_by_id is None
    assert follow_up(db, ward, on(1), patient=ward.ben).entitled_by_id is None
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"


def test_the_entitlement_that_ends_first_is_used_first(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward)
    nine_o_clock.move_to(on(2))
    second, _ = paid_visit(db, ward, starts_at=on(2, 10, 15))

    assert follow_up(db, ward, on(3)).entitled_by_id == first.id
    assert left(db, ward, 3) == "free visit 1 of 1 until 2 Dec"
    assert follow_up(db, ward, on(4)).entitled_by_id == second.id


def test_a_follow_up_booked_before_the_visit_was_billed_is_entitled_when_it_is(
    db, ward, nine_o_clock
):
    policy(db, ward, 1, 7)
    first = book(db, ward, ward.asha, ward.rao, at(10))
    ahead = follow_up(db, ward, on(3))
    finish(db, ward, first)
    pay(db, ward, ward.asha)
    nine_o_clock.move_to(on(3))

    assert ahead.entitled_by_id is None
    assert finish(db, ward, ahead) is None
    assert ahead.entitled_by_id == first.id


# The rule of the day


def test_the_rule_of_the_day_is_frozen(db, ward, nine_o_clock):
    policy(db, ward, 2, 7, 50)
    paid_visit(db, ward)
    policy(db, ward, 0, 0)
    booked = follow_up(db, ward, on(7))
    assert left(db, ward, 7) == "cheaper visit 2 of 2 at 50 % of the fee until 30 Nov"
    paid_visit(db, ward, ward.ben, starts_at=at(11))
    assert left(db, ward, 1, patient=ward.ben) is None
    nine_o_clock.move_to(on(7))

    assert finish(db, ward, booked).total_paise == 200_00


def test_the_last_day_counts_and_the_day_after_does_not(db, ward):
    policy(db, ward, 2, 7)
    first, _ = paid_visit(db, ward)

    assert follow_up(db, ward, on(8)).entitled_by_id is None
    assert follow_up(db, ward, on(7, 12, 45)).entitled_by_id == first.id
    assert left(db, ward, 7) == "free visit 2 of 2 until 30 Nov"
    assert left(db, ward, 8) is None


def test_the_last_day_is_the_hospitals_own(db, ward, nine_o_clock):
    moved = replace(HOSPITAL, zone="Pacific/Auckland", follow_up_visits=1, follow_up_days=7)
    change_settings(db, moved, by=ward.tara)
    # Ten on Tuesday in Auckland is still Monday in UTC.
    starts_at = free_slots(db, [ward.rao], TODAY + timedelta(days=1), 1)[ward.rao.id][0].starts_at
    assert starts_at.date() == TODAY
    booked = book(db, ward, ward.asha, ward.rao, starts_at)
    nine_o_clock.move_to(starts_at)
    finish(db, ward, booked)

    assert db.exec(select(Entitlement.last_day)).one() == TODAY + timedelta(days=8)


# What comes back, and what is lost


def test_a_cancelled_follow_up_comes_back_and_is_used_again_when_restored(db, ward):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    cancel_appointment(db, booked, "Feels better", by=ward.meera)
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"

    assert restore_appointment(db, booked, by=ward.meera).entitled_by_id == first.id
    assert left(db, ward, 1) is None


def test_a_restored_follow_up_pays_its_fee_where_another_one_used_it(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    cancel_appointment(db, booked, "Feels better", by=ward.meera)
    follow_up(db, ward, on(2))
    restore_appointment(db, booked, by=ward.meera)
    nine_o_clock.move_to(on(1))

    assert finish(db, ward, booked).total_paise == 400_00


def test_a_missed_follow_up_comes_back_and_is_used_again_when_it_was_a_slip(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1, 10, 5))
    note_no_show(db, booked, by=ward.meera)
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"

    undo_no_show(db, booked, by=ward.meera)
    assert booked.entitled_by_id == first.id
    assert left(db, ward, 1) is None


def test_a_moved_follow_up_takes_its_entitlement_with_it(db, ward):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward)
    moved = move_appointment(
        db, follow_up(db, ward, on(1)), ward.rao, on(7), form="m1", by=ward.meera
    )

    assert moved.entitled_by_id == first.id
    assert left(db, ward, 1) is None


@pytest.mark.parametrize("to", ["another doctor", "past the last day"])
def test_a_follow_up_moved_out_of_its_entitlement_pays_the_fee(db, ward, nine_o_clock, to):
    policy(db, ward, 1, 7)
    charging = replace(RAO, name="Dr Suresh Iyer", registration="KMC 11223")
    edit_doctor(db, ward.iyer, charging, version=ward.iyer.version, by=ward.khan)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    doctor, day = (ward.iyer, 2) if to == "another doctor" else (ward.rao, 8)
    moved = move_appointment(db, booked, doctor, on(day), form="m1", by=ward.meera)

    assert moved.entitled_by_id is None
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"
    nine_o_clock.move_to(on(day))
    assert finish(db, ward, moved).total_paise == 400_00


# A paid visit whose bill was voided


def void(db, ward, bill):
    told = {"form": a_form(), "by": ward.ishaan}
    return issue_credit_note(db, bill.number, CreditKind.VOID, "Never seen", **told)


def test_a_voided_visit_gives_no_further_follow_ups_and_what_was_used_stays(db, ward, nine_o_clock):
    policy(db, ward, 2, 14)
    first, bill = paid_visit(db, ward)
    used = follow_up(db, ward, on(1))
    void(db, ward, bill)

    assert left(db, ward, 2) is None
    assert follow_up(db, ward, on(2)).entitled_by_id is None
    nine_o_clock.move_to(on(1))
    assert finish(db, ward, used) is None
    assert used.entitled_by_id == first.id


def test_a_follow_up_booked_before_the_void_and_undone_pays_its_fee(db, ward):
    policy(db, ward, 2, 14)
    _, bill = paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    cancel_appointment(db, booked, "Feels better", by=ward.meera)
    void(db, ward, bill)

    assert restore_appointment(db, booked, by=ward.meera).entitled_by_id is None


def test_a_void_that_is_cancelled_gives_the_follow_ups_back(db, ward):
    policy(db, ward, 2, 14)
    _, bill = paid_visit(db, ward)
    note = void(db, ward, bill)
    cancel_credit_note(db, note.number, "She was seen", by=ward.ishaan)

    assert left(db, ward, 2) == "free visit 1 of 2 until 7 Dec"
