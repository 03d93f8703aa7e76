"""Reminders of dues: by level, one of each, at rest where somebody said so."""

import json
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlmodel import select

from mediklaud.bench.reads import asked_by
from mediklaud.database import transaction
from mediklaud.errors import (
    AdvanceCoversDues,
    DuesOnKeptPlan,
    NoAddressToSendTo,
    NothingOwed,
    NotPermitted,
    RemindedMeanwhile,
    RemindedToTheLast,
    RemindersRest,
    ReminderTooEarly,
)
from mediklaud.models import DuesLetter, Message, Method
from mediklaud.repository import (
    Item,
    Part,
    Tender,
    agree_plan,
    bill_services,
    due_letters,
    due_numbers,
    dues_letters_of,
    enroll_patient,
    last_dues_letters,
    next_letter,
    pause_reminders,
    remind_all_due,
    remind_of_dues,
    resume_reminders,
    take_advance,
    use_advance,
)
from mediklaud.repository.patients import locked_patient
from tests.hospital import ASHA, TODAY, at, ward_of
from tests.till import a_form, bill_of, pay, service, settings


@pytest.fixture
def bill(db, ward):
    """Asha owes ₹500 on a bill of today."""
    return bill_of(db, ward, ward.asha, 500_00)


@pytest.fixture
def later(nine_o_clock):
    """Let so many days go by since the bill."""
    return lambda days: nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=days)))


def levels(db):
    return db.exec(select(DuesLetter.level).order_by(DuesLetter.id)).all()


def due(db, ward):
    return [(one.patient_name, one.level) for one in due_letters(db, by=ward.ishaan)]


def test_the_levels_follow_the_days_overdue_and_each_leaves_once(db, ward, bill, later):
    sent = []
    for day in range(60):
        later(day)
        if remind_all_due(db, by=ward.ishaan):
            sent.append(day)
        assert remind_all_due(db, by=ward.ishaan) == 0

    assert sent == [7, 21, 45]
    assert levels(db) == [1, 2, 3]
    facts = db.exec(select(Message.facts).where(Message.kind == "dues").order_by(Message.id)).all()
    assert [json.loads(one)["tells"] for one in facts] == ["dues", "dues_second", "dues_final"]


def test_whoever_was_never_reminded_gets_the_first_letter_however_late(db, ward, bill, later):
    later(90)
    assert due(db, ward) == [("Asha Menon", 1)]
    remind_all_due(db, by=ward.ishaan)
    later(96)
    assert due(db, ward) == []
    later(97)

    assert due(db, ward) == [("Asha Menon", 2)]


def test_the_days_of_grace_come_first(db, ward, bill, later):
    settings(db, ward, dues_grace_days=30)
    later(36)
    assert due(db, ward) == []
    later(37)

    assert due(db, ward) == [("Asha Menon", 1)]


def test_one_payer_is_reminded_by_hand_and_a_second_click_is_the_same_letter(db, ward, bill, later):
    first = remind_of_dues(db, ward.asha, by=ward.ishaan)
    assert remind_of_dues(db, ward.asha, by=ward.ishaan) is first
    assert (first.level, first.invoice_number, first.owed_paise) == (1, bill.number, 500_00)
    later(20)
    with pytest.raises(ReminderTooEarly, match="from 14 December 2026 on"):
        remind_of_dues(db, ward.asha, by=ward.ishaan)
    later(21)
    assert next_letter(db, ward.asha, by=ward.ishaan).level == 2
    remind_of_dues(db, ward.asha, by=ward.ishaan)
    later(45)
    remind_of_dues(db, ward.asha, by=ward.ishaan)
    later(60)
    assert next_letter(db, ward.asha, by=ward.ishaan) is None
    with pytest.raises(RemindedToTheLast, match=bill.number):
        remind_of_dues(db, ward.asha, by=ward.ishaan)

    assert levels(db) == [1, 2, 3]


def test_another_bill_begins_with_the_first_letter_a_week_later(db, ward, bill, later):
    second = bill_of(db, ward, ward.asha, 300_00)
    later(7)
    remind_all_due(db, by=ward.ishaan)
    pay(db, ward, ward.asha, 500_00)
    later(13)
    assert due(db, ward) == []
    later(14)
    remind_all_due(db, by=ward.ishaan)

    found = dues_letters_of(db, ward.asha.id, by=ward.ishaan)
    assert [(one.invoice_number, one.level) for one, _ in found] == [
        (second.number, 1),
        (bill.number, 1),
    ]
    newest = last_dues_letters(db, [ward.asha.id, ward.ben.id], by=ward.ishaan)
    assert newest == {ward.asha.id: found[0][0]}


@pytest.fixture
def billed_later(db, ward, bill, later):
    """Asha was reminded of a bill and paid it; she is billed for a dressing so many days later."""
    dressing = [Item(service(db, ward, 300_00))]
    remind_of_dues(db, ward.asha, by=ward.ishaan)
    pay(db, ward, ward.asha, 500_00)

    def billed(days):
        later(days)
        return bill_services(db, ward.asha, ward.rao, dressing, form="later", by=ward.ishaan)

    return billed


def test_an_earlier_letter_makes_that_of_a_bill_of_today_due_no_sooner(db, ward, billed_later):
    second = billed_later(10)

    assert due(db, ward) == []
    coming = next_letter(db, ward.asha, by=ward.ishaan)
    assert (coming.level, coming.due_on) == (1, TODAY + timedelta(days=17))
    # By hand it may leave before: the last letter was a week ago.
    assert remind_of_dues(db, ward.asha, by=ward.ishaan).invoice_number == second.number


def test_a_first_letter_by_hand_leaves_a_week_after_the_one_before(db, ward, billed_later):
    billed_later(6)

    with pytest.raises(ReminderTooEarly, match="from 30 November 2026 on"):
        remind_of_dues(db, ward.asha, by=ward.ishaan)


def test_a_pause_lets_letters_rest_until_its_end(db, ward, bill, later):
    until = TODAY + timedelta(days=10)
    pause_reminders(db, ward.asha, until, "In hospital", by=ward.ishaan)
    later(8)
    numbers = due_numbers(db, by=ward.ishaan)
    assert (numbers.ready, numbers.paused) == (0, 1)
    assert remind_all_due(db, by=ward.ishaan) == 0
    with pytest.raises(RemindersRest, match="3 December 2026: In hospital"):
        remind_of_dues(db, ward.asha, by=ward.ishaan)
    (row,) = due_letters(db, by=ward.ishaan)
    assert row.paused_until == until

    resume_reminders(db, ward.asha, by=ward.ishaan)

    assert remind_all_due(db, by=ward.ishaan) == 1


def test_a_pause_that_is_over_holds_nothing_back(db, ward, bill, later):
    pause_reminders(db, ward.asha, TODAY + timedelta(days=6), "In hospital", by=ward.ishaan)
    later(7)

    assert remind_all_due(db, by=ward.ishaan) == 1


def test_whoever_cannot_be_written_to_is_counted_and_not_written_to(db, ward, later):
    bill_of(db, ward, ward.ben, 100_00)
    later(7)
    numbers = due_numbers(db, by=ward.ishaan)

    assert (numbers.by_level, numbers.unreachable) == ((0, 0, 0), 1)
    assert remind_all_due(db, by=ward.ishaan) == 0
    with pytest.raises(NoAddressToSendTo):
        remind_of_dues(db, ward.ben, by=ward.ishaan)


def test_whoever_keeps_a_plan_is_not_reminded(db, ward, bill, later):
    part = Part(TODAY + timedelta(days=30), 500_00)
    agree_plan(db, ward.asha, [part], form=a_form(), by=ward.ishaan)
    later(20)
    assert due(db, ward) == []
    with pytest.raises(DuesOnKeptPlan):
        remind_of_dues(db, ward.asha, by=ward.ishaan)
    later(31)

    assert due(db, ward) == [("Asha Menon", 1)]


def test_whoever_owes_nothing_is_not_reminded(db, ward):
    with pytest.raises(NothingOwed):
        remind_of_dues(db, ward.asha, by=ward.ishaan)


def _at_a_desk(remind, at_once, clicked):
    """One desk's click, together with another's; what came of it."""
    try:
        with transaction() as db:
            ward = ward_of(db)
            at_once.wait()
            clicked.append(remind(db, ward))
    except RemindedMeanwhile as refusal:
        clicked.append(refusal)


@pytest.mark.parametrize(
    "remind",
    [
        lambda db, ward: remind_all_due(db, by=ward.ishaan),
        lambda db, ward: remind_of_dues(db, ward.asha, by=ward.ishaan).level,
    ],
    ids=["all", "one"],
)
def test_two_desks_that_click_at_once_queue_one_letter(postgresql_house, remind, nine_o_clock):
    with transaction() as db:
        ward = ward_of(db)
        bill_of(db, ward, ward.asha, 500_00)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=7)))
    at_once, clicked = Barrier(2), []
    desks = [Thread(target=_at_a_desk, args=(remind, at_once, clicked)) for _ in range(2)]
    for one in desks:
        one.start()
    for one in desks:
        one.join()

    assert len(clicked) == 2
    with transaction() as db:
        assert levels(db) == [1]
        assert len(db.exec(select(Message).where(Message.kind == "dues")).all()) == 1


def test_whoever_is_at_another_desk_is_left_for_the_next_click(postgresql_house, nine_o_clock):
    with transaction() as db:
        ward = ward_of(db)
        for payer in (ward.asha, eve := another(db, ward)):
            bill_of(db, ward, payer, 500_00)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=7)))
    # The other desk holds one payer and comes to the other while all are being reminded.
    with transaction() as other:
        locked_patient(other, eve.id)
        with transaction() as db:
            assert remind_all_due(db, by=ward.ishaan) == 1
        locked_patient(other, ward.asha.id)
        pay(other, ward, eve, 200_00)

    with transaction() as db:
        assert remind_all_due(db, by=ward.ishaan) == 1
        assert remind_all_due(db, by=ward.ishaan) == 0
        letters = db.exec(select(DuesLetter).order_by(DuesLetter.id)).all()
    assert [(one.payer_id, one.level, one.owed_paise) for one in letters] == [
        (ward.asha.id, 1, 500_00),
        (eve.id, 1, 300_00),
    ]


def test_all_letters_are_found_in_a_few_questions_however_many(db, ward, later):
    everybody = [another(db, ward, number) for number in range(12)]
    for payer in everybody:
        bill_of(db, ward, payer, 100_00)
        bill_of(db, ward, payer, 50_00)
    later(7)
    asked = asked_by(lambda: remind_all_due(db, by=ward.ishaan))

    told = db.exec(select(DuesLetter.payer_id, DuesLetter.owed_paise)).all()
    assert sorted(told) == [(payer.id, 150_00) for payer in everybody]
    assert len([one for one, _ in asked if "FROM invoice" in one]) <= 6


def another(db, ward, number=0):
    """One more payer with an address."""
    typed = replace(ASHA, name=f"Eve {number}")
    return enroll_patient(db, typed, form=f"eve {number}", by=ward.meera)


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_reminds(db, ward, name):
    for verb in (lambda by: remind_all_due(db, by=by), lambda by: due_numbers(db, by=by)):
        with pytest.raises(NotPermitted):
            verb(getattr(ward, name))


@pytest.mark.parametrize(("advance", "spared"), [(500_00, True), (499_99, False)])
def test_an_advance_that_covers_the_dues_spares_the_letter(db, ward, later, advance, spared):
    tender = [Tender(advance, Method.CASH)]
    take_advance(db, ward.asha, tender, form="advance", by=ward.ishaan)
    bill_of(db, ward, ward.asha, 500_00)
    later(7)

    assert due(db, ward) == ([] if spared else [("Asha Menon", 1)])
    assert due_numbers(db, by=ward.ishaan).ready == (not spared)
    if spared:
        with pytest.raises(AdvanceCoversDues, match=r"Asha Menon has ₹500\.00 in advance"):
            remind_of_dues(db, ward.asha, by=ward.ishaan)
    assert remind_all_due(db, by=ward.ishaan) == (not spared)


def test_an_advance_that_is_used_up_spares_no_later_letter(db, ward, later):
    tender = [Tender(500_00, Method.CASH)]
    take_advance(db, ward.asha, tender, form="advance", by=ward.ishaan)
    bill_of(db, ward, ward.asha, 500_00, 300_00)
    use_advance(db, ward.asha, by=ward.ishaan)
    later(7)

    assert due(db, ward) == [("Asha Menon", 1)]
