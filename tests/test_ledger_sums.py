"""What SQL sums of the ledger is what the reports make of its lines, one by one."""

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from random import Random

import pandas as pd
import pytest

from mediklaud import reports
from mediklaud.database import reading, transaction
from mediklaud.errors import NotPermitted
from mediklaud.repository import (
    Item,
    OwedWhere,
    Part,
    account_named,
    aged_sums,
    agree_plan,
    allocated_lines,
    allocated_sums,
    bill_services,
    billed_lines,
    billed_sums,
    change_settings,
    credited_lines,
    credited_sums,
    enroll_patient,
    held_since,
    minors_held_by,
    name_payer,
    numbers_and_payers,
    open_bills,
    owed_numbers,
    owed_on_the_eve,
    the_hospital,
    till_lines,
    till_numbers,
    till_sums,
    who_owes,
)
from mediklaud.repository.dues import dues_of
from mediklaud.repository.owing import _numbers
from tests.day import live_through_a_day
from tests.hospital import ASHA, CARA, DEV, HOSPITAL, TODAY, at, ward_of
from tests.test_reports import rows_of
from tests.till import a_form, bill_of, pay, service, settings

LINES = (billed_lines, credited_lines, till_lines, allocated_lines)
SUMS = (billed_sums, credited_sums, till_sums, allocated_sums)
FRAMES = (
    *(reports.bills_frame, reports.credits_frame),
    *(reports.payments_frame, reports.allocations_frame),
)
SUMMARIES = (
    *(reports.summary_by_day, reports.summary_by_week, reports.summary_by_month),
    *(reports.summary_by_doctor, reports.summary_by_specialty, reports.summary_by_kind),
    reports.summary_of_period,
)
LATER, THEN = TODAY + timedelta(days=100), TODAY + timedelta(days=200)


def moved(reads, db, by, first=TODAY, last=LATER):
    frames = (
        frame(read(db, first, last, by=by)) for frame, read in zip(FRAMES, reads, strict=True)
    )
    return reports.Movements(*frames)


@pytest.fixture
def lived(house, nine_o_clock):
    """A day of every deed, seen forty days later with a limit of ₹300 and ten days of grace."""
    live_through_a_day(nine_o_clock, evening=False)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=40)))
    with transaction() as db:
        ward, hospital = ward_of(db), the_hospital(db)
        rule = replace(
            HOSPITAL,
            dues_limit_paise=300_00,
            dues_grace_days=10,
            follow_up_visits=hospital.follow_up_visits,
            follow_up_days=hospital.follow_up_days,
        )
        change_settings(db, rule, by=ward.tara)
    with reading() as db:
        yield db, ward_of(db).ishaan


def test_the_sums_of_the_ledger_give_the_reports_of_its_lines(lived):
    flat, summed = moved(LINES, *lived), moved(SUMS, *lived)

    assert len(flat.bills) == flat.bills["bills"].sum() == summed.bills["bills"].sum() > 1
    for summary in SUMMARIES:
        pd.testing.assert_frame_equal(summary(flat), summary(summed))
    pd.testing.assert_frame_equal(
        reports.received_by_mode(flat.payments), reports.received_by_mode(summed.payments)
    )


def test_the_open_bills_summed_by_age_are_those_of_the_reports(lived):
    db, ishaan = lived
    today = TODAY + timedelta(days=40)
    flat = reports.open_bills_frame(open_bills(db, by=ishaan))
    summed = reports.aged_frame(aged_sums(db, by=ishaan))

    for report in (reports.ageing, reports.ageing_by_doctor, reports.ageing_by_specialty):
        pd.testing.assert_frame_equal(report(flat, today), report(summed))
    assert reports.ageing(flat, today)["owed_paise"].tolist()[1] == 1_100_00


def test_who_owes_is_told_with_the_gates_own_rule(lived):
    db, ishaan = lived
    flat = reports.open_bills_frame(open_bills(db, by=ishaan))
    told = reports.owed_by_patient(
        flat, TODAY + timedelta(days=40), limit_paise=300_00, grace_days=10
    )
    rows = who_owes(db, by=ishaan)

    columns = ("patient_name", "patient_number", "phone", "bills", "owed_paise", "on_hold")
    assert rows_of(told, *columns) == [
        (
            *(one.patient_name, one.patient_number, one.phone, one.bills, one.owed_paise),
            one.on_hold,
        )
        for one in rows
    ]
    since = held_since(db, [one.patient_id for one in rows], by=ishaan)
    assert [(one.patient_name, since.get(one.patient_id)) for one in rows] == [
        ("Ben Thomas", TODAY + timedelta(days=10)),
        ("Asha Menon", None),
    ]


def test_the_bills_of_one_doctor_are_told_with_all_that_their_payers_owe(lived):
    db, ishaan = lived
    iyer = OwedWhere(doctor_number="DOC-0002")
    numbers = owed_numbers(db, iyer, by=ishaan)
    rows = who_owes(db, iyer, by=ishaan)

    assert numbers.owed_paise == sum(one.owed_paise for one in rows)
    assert numbers.patients == len(rows) == 1
    assert owed_numbers(db, OwedWhere(on_hold=True), by=ishaan).patients == 1
    assert owed_numbers(db, OwedWhere(age="over 90 days"), by=ishaan).bills == 0
    held = aged_sums(db, OwedWhere(on_hold=True), by=ishaan)
    assert {(one.cut, one.word, one.patients, one.owed_paise) for one in held} == {
        ("age", "31–60 days", 1, 800_00),
        ("doctor_number", "DOC-0001", 1, 800_00),
        ("specialty", "Cardiology", 1, 800_00),
    }


# Some thirty open bills of many ages, of which the wanted ones are picked here bill by bill.
WANTED = [
    OwedWhere(),
    OwedWhere(on_hold=True),
    OwedWhere(specialty="Cardiology"),
    OwedWhere(doctor_number="DOC-0002", on_hold=True),
    OwedWhere(age="over 90 days"),
    OwedWhere(age="31–60 days", specialty="Cardiology", on_hold=True),
    OwedWhere(doctor_number="DOC-0099"),
]


@pytest.fixture
def many(db, ward, nine_o_clock):
    """Bills drawn by chance, the same on every run: two payers on hold, one below the limit.

    The oldest are paid in part, and two of Ben's are on a plan that is kept.
    """
    eve = enroll_patient(db, replace(ASHA, name="Eve Roy"), form="eve", by=ward.meera)
    dressing, chance = service(db, ward, 100_00), Random(7)
    drawn = [(chance.randrange(130), chance.choice((ward.asha, ward.ben))) for _ in range(30)]
    for age, payer in sorted([*drawn, (5, eve), (70, eve)], key=lambda one: -one[0]):
        nine_o_clock.move_to(at(9, day=THEN - timedelta(days=age)))
        item = Item(dressing, chance.randrange(1, 9))
        doctor = chance.choice((ward.rao, ward.iyer))
        bill_services(db, payer, doctor, [item], form=a_form(), by=ward.ishaan)
    nine_o_clock.move_to(at(9, day=THEN))
    settings(db, ward, dues_limit_paise=1_000_00, dues_grace_days=45)
    for payer in (ward.asha, ward.ben):
        pay(db, ward, payer, 450_00)
    bens = [bill.number for bill in dues_of(db, ward.ben.id).bills[2:4]]
    part = Part(THEN + timedelta(days=9), dues_on(db, ward.ben, bens))
    agree_plan(db, ward.ben, [part], form=a_form(), by=ward.ishaan, bills=bens)
    return ward


def dues_on(db, payer, numbers):
    return sum(one.owed_paise for one in dues_of(db, payer.id).bills if one.number in numbers)


def test_what_is_owed_is_told_by_any_cut_as_if_counted_bill_by_bill(db, many):
    every = reports.open_bills_frame(open_bills(db, by=many.ishaan))
    held = {one for one in set(every["patient_id"]) if dues_of(db, one).on_hold}
    for where in WANTED:
        flat = picked(every, where, held)
        summed = reports.aged_frame(aged_sums(db, where, by=many.ishaan))
        for report in (reports.ageing, reports.ageing_by_doctor, reports.ageing_by_specialty):
            pd.testing.assert_frame_equal(report(flat, THEN), report(summed))
        found = owed_numbers(db, where, by=many.ishaan)
        rows = who_owes(db, where, by=many.ishaan)
        tell_of_both(db, where, found, rows, many.ishaan)
        assert (found.owed_paise, found.bills) == (flat["owed_paise"].sum(), len(flat))
        assert found.patients == flat["patient_id"].nunique() == len(rows)
        assert found.on_hold == len(held & set(flat["patient_id"]))
        for row in rows:
            tell_of_payer(db, row, flat)
    assert held == {many.asha.id, many.ben.id}


def tell_of_both(db, where, found, rows, by):
    """Asked together, the numbers and who owes are what each is alone, past the last row too."""
    told = numbers_and_payers(db, where, by=by)
    assert (told[0], [one._mapping for one in rows]) == (
        found,
        [{word: one._mapping[word] for word in rows[0]._fields} for one in told[1]],
    )
    assert numbers_and_payers(db, where, by=by, first=len(rows)) == (found, [])


def test_what_is_owed_is_worded_once_however_often_it_is_asked(db, many, nine_o_clock):
    owed_numbers(db, by=many.ishaan)
    worded = _numbers.cache_info().misses
    nine_o_clock.move_to(at(9, day=THEN + timedelta(days=1)))
    settings(db, many, dues_limit_paise=2_000_00)

    assert owed_numbers(db, by=many.ishaan).on_hold <= 2
    assert _numbers.cache_info().misses == worded


def picked(every, where, held):
    ages = pd.cut((pd.Timestamp(THEN) - every["issued_on"]).dt.days, [-1, 30, 60, 90, 999])
    asked = {
        "doctor_number": where.doctor_number,
        "specialty": where.specialty,
        "age": where.age,
    }
    told = every.assign(age=ages.cat.rename_categories(list(reports.AGES)).astype("str"))
    for word, said in asked.items():
        told = told if said is None else told[told[word] == said]
    told = told[told["patient_id"].isin(held)] if where.on_hold else told
    return told.drop(columns="age")


def tell_of_payer(db, row, flat):
    """What a row says of a payer is what the gate says."""
    owed, theirs = dues_of(db, row.patient_id), flat[flat["patient_id"] == row.patient_id]
    overdue = [
        bill for bill in owed.bills if bill.age_days >= owed.grace_days and not bill.on_kept_plan
    ]
    assert (row.bills, row.owed_paise) == (len(theirs), theirs["owed_paise"].sum())
    assert (row.all_paise, row.overdue_paise) == (owed.total_paise, owed.overdue_paise)
    assert (row.overdue_bills, row.oldest_on) == (len(overdue), owed.bills[0].issued_on)
    upto = accumulate(bill.owed_paise for bill in overdue)
    over = [bill for bill, paise in zip(overdue, upto, strict=True) if paise > owed.limit_paise]
    assert row.on_hold == bool(over)
    since = held_since(db, [row.patient_id], by=account_named(db, "ishaan"))
    grace = timedelta(days=owed.grace_days)
    # What was paid or put on a plan since then held booking back before.
    assert all(since[row.patient_id] <= bill.issued_on + grace for bill in over[:1])
    assert (row.patient_id in since) == bool(over)


@pytest.mark.parametrize(("limit_paise", "minor_held"), [(110_00, False), (100_00, True)])
def test_a_minor_on_hold_with_what_the_payer_owes_is_told(db, ward, limit_paise, minor_held):
    dev, cara = (enroll_patient(db, one, form=one.name, by=ward.meera) for one in (DEV, CARA))
    bill_of(db, ward, cara, 60_00)
    name_payer(db, cara, dev, by=ward.meera)
    bill_of(db, ward, dev, 50_00)
    settings(db, ward, dues_limit_paise=limit_paise)

    held = who_owes(db, OwedWhere(on_hold=True), by=ward.ishaan)

    assert dues_of(db, cara.id).on_hold is minor_held
    assert owed_numbers(db, by=ward.ishaan).on_hold == len(held) == minor_held
    if minor_held:
        (row,) = held
        assert (row.patient_name, row.on_hold) == ("Cara Kapoor", True)
        assert held_since(db, [cara.id], by=ward.ishaan) == {cara.id: TODAY}
        assert (row.all_paise, row.overdue_paise, row.payers_overdue_paise) == (60_00, 60_00, 50_00)
        assert (row.bills, row.overdue_bills) == (1, 1)


def test_the_minors_whom_a_payers_hold_holds_back_are_named(db, ward, nine_o_clock):
    dev, cara = (enroll_patient(db, one, form=one.name, by=ward.meera) for one in (DEV, CARA))
    name_payer(db, cara, dev, by=ward.meera)
    bill_of(db, ward, dev, 50_00)

    asked = [dev.id, ward.asha.id]
    assert dues_of(db, cara.id).on_hold
    assert minors_held_by(db, asked, by=ward.ishaan) == {dev.id: ["Cara Kapoor"]}
    nine_o_clock.move_to(at(9, day=CARA.birth_date.replace(year=CARA.birth_date.year + 18)))
    assert not dues_of(db, cara.id).on_hold
    assert minors_held_by(db, asked, by=ward.ishaan) == {}
    with pytest.raises(NotPermitted):
        minors_held_by(db, asked, by=ward.meera)


def test_who_owes_is_read_a_page_at_a_time(lived):
    db, ishaan = lived
    pages = [who_owes(db, by=ishaan, first=first, at_most=1) for first in range(3)]

    assert [[one.patient_name for one in page] for page in pages] == [
        ["Ben Thomas"],
        ["Asha Menon"],
        [],
    ]


def test_the_home_page_counts_what_is_owed_in_sql(lived):
    db, ishaan = lived
    bills = open_bills(db, by=ishaan)
    numbers = till_numbers(db, by=ishaan)

    assert numbers.owed_paise == sum(bill.owed_paise for bill in bills) == 1_100_00
    assert numbers.patients_owing == len({bill.patient_id for bill in bills}) == 2


def test_what_was_owed_on_the_eve_is_todays_dues_rolled_back(lived):
    db, ishaan = lived

    assert owed_on_the_eve(db, TODAY, by=ishaan) == 0
    assert owed_on_the_eve(db, TODAY + timedelta(days=1), by=ishaan) == 1_100_00


@pytest.mark.parametrize("read", SUMS)
def test_the_front_desk_reads_no_sums(db, ward, read):
    with pytest.raises(NotPermitted, match="see billing summaries"):
        read(db, TODAY, TODAY, by=ward.meera)


def test_the_front_desk_does_not_see_who_owes(db, ward):
    with pytest.raises(NotPermitted, match="see outstanding dues"):
        who_owes(db, by=ward.meera)
