"""Bills: the price of the day, gapless numbers by financial year, and frozen for good."""

import time
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import select

from mediklaud.errors import NotFound, NotPermitted, SlotTaken
from mediklaud.models import Invoice, InvoiceLine, Method, VisitKind
from mediklaud.repository import (
    begin_consultation,
    bill_paper,
    bills_of,
    change_settings,
    edit_doctor,
    edit_patient,
    finish_consultation,
    receipt_paper,
    take_payment,
)
from tests.hospital import ASHA, HOSPITAL, RAO, TODAY, at
from tests.visits import book, desk, finish, visit

LAST_OF_MARCH = date(2027, 3, 31)


def paper(db, ward, bill):
    return bill_paper(db, bill.number, by=ward.ishaan)


def test_a_bill_copies_everything_it_shows(db, ward):
    shown = paper(db, ward, visit(db, ward, ward.asha, ward.rao))

    assert (shown.number, shown.issued_on) == ("JMI/2627/000001", TODAY)
    assert (shown.hospital.name, shown.patient_name) == ("JMI Hospital", "Asha Menon")
    assert shown.doctor_registration == "Karnataka Medical Council KMC45678"
    assert (shown.total_paise, shown.paid_paise, shown.balance_paise) == (800_00, 0, 800_00)
    (line,) = shown.lines
    assert line.description == "Consultation, Dr Anjali Rao (23 Nov 2026)"
    assert (line.sac, line.quantity, line.amount_paise) == ("999312", 1, 800_00)


def test_a_follow_up_costs_its_own_price(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao, kind=VisitKind.FOLLOW_UP)

    assert bill.total_paise == 400_00
    assert paper(db, ward, bill).lines[0].description.startswith("Follow-up consultation")


def test_a_price_raised_later_keeps_the_price_of_the_day(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha, ward.rao, at(12))
    encounter = begin_consultation(db, booked, by=ward.rao_account)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
    dearer = replace(RAO, consultation_fee_paise=900_00)
    edit_doctor(db, ward.rao, dearer, version=1, by=ward.khan)

    bill = finish_consultation(db, encounter, "Rest.", by=ward.rao_account)

    assert (bill.total_paise, bill.issued_on) == (800_00, TODAY + timedelta(days=1))
    tomorrow = visit(db, ward, ward.ben, ward.rao, at(10, day=TODAY + timedelta(days=1)))
    assert tomorrow.total_paise == 900_00


def test_an_issued_bill_and_receipt_stay_when_everybody_is_edited(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao)
    receipt = take_payment(db, ward.asha, 800_00, Method.CASH, form="p1", by=ward.ishaan)
    papers = paper(db, ward, bill), receipt_paper(db, receipt.number, by=ward.ishaan)

    patient = replace(ASHA, name="A. Pillai", address="Elsewhere", phone="98860 44444")
    edit_patient(db, ward.asha, patient, version=1, by=ward.meera)
    doctor = replace(RAO, name="Dr A. Rao", registration="KMC 1", consultation_fee_paise=1)
    edit_doctor(db, ward.rao, doctor, version=1, by=ward.khan)
    hospital = replace(HOSPITAL, name="New", address="Far", bill_prefix="N", receipt_prefix="R")
    change_settings(db, hospital, by=ward.tara)

    assert papers == (paper(db, ward, bill), receipt_paper(db, receipt.number, by=ward.ishaan))


def test_bills_are_listed_newest_first(db, ward, nine_o_clock):
    first = visit(db, ward, ward.asha, ward.rao)
    take_payment(db, ward.asha, 800_00, Method.CASH, form="p1", by=ward.ishaan)
    second = visit(db, ward, ward.asha, ward.iyer, at(11))

    numbers = [bill.number for bill in bills_of(db, ward.asha.id, by=ward.ishaan)]
    assert numbers == [second.number, first.number]
    assert bills_of(db, ward.ben.id, by=ward.ishaan) == []


def test_an_unknown_bill_is_not_found(db, ward):
    with pytest.raises(NotFound, match="no bill"):
        bill_paper(db, "JMI/2627/000009", by=ward.ishaan)


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_opens_papers(db, ward, name):
    bill, by = visit(db, ward, ward.asha, ward.rao), getattr(ward, name)

    with pytest.raises(NotPermitted, match="see bills and receipts"):
        bill_paper(db, bill.number, by=by)
    with pytest.raises(NotPermitted, match="see bills and receipts"):
        bills_of(db, ward.asha.id, by=by)


# Numbers


def test_numbers_are_gapless_after_a_transaction_rolled_back(house):
    class PowerCut(Exception):
        pass

    with desk() as (db, ward):
        booked = book(db, ward, ward.asha, ward.rao)
    with pytest.raises(PowerCut), desk() as (db, ward):  # noqa: PT012  one transaction
        assert finish(db, ward, booked).number == "JMI/2627/000001"
        raise PowerCut

    with desk() as (db, ward):
        assert db.exec(select(InvoiceLine)).all() == []
        assert finish(db, ward, booked).number == "JMI/2627/000001"


def test_a_refusal_after_the_bill_takes_the_number_back(house):
    with pytest.raises(SlotTaken), desk() as (db, ward):  # noqa: PT012  one transaction
        visit(db, ward, ward.asha, ward.rao)
        book(db, ward, ward.ben, ward.rao)

    with desk() as (db, ward):
        assert db.exec(select(Invoice)).all() == []
        assert visit(db, ward, ward.ben, ward.rao).number == "JMI/2627/000001"


def test_a_new_prefix_goes_on_in_the_same_series(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    change_settings(db, replace(HOSPITAL, bill_prefix="abc"), by=ward.tara)

    assert visit(db, ward, ward.ben, ward.iyer).number == "ABC/2627/000002"


def on_both_sides_of_the_year(db, ward, clock):
    """Two visits of 31 March: one bill in the year's last second, one in the next year's first."""
    clock.move_to(at(9, day=LAST_OF_MARCH))
    begun = []
    for patient, doctor, by in (
        (ward.asha, ward.rao, ward.rao_account),
        (ward.ben, ward.iyer, ward.iyer_account),
    ):
        booked = book(db, ward, patient, doctor, at(12, day=LAST_OF_MARCH))
        begun.append((begin_consultation(db, booked, by=by), by))
    bills = []
    for moment, (encounter, by) in zip(
        (at(24, day=LAST_OF_MARCH) - timedelta(seconds=1), at(24, day=LAST_OF_MARCH)),
        begun,
        strict=True,
    ):
        clock.move_to(moment, tick=False)
        bills.append(finish_consultation(db, encounter, "Rest.", by=by))
    return bills


@pytest.mark.parametrize("machine", ["America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_the_financial_year_turns_at_the_hospitals_midnight(
    db, ward, nine_o_clock, monkeypatch, machine
):
    with monkeypatch.context() as patch:
        patch.setenv("TZ", machine)
        time.tzset()
        old, new = on_both_sides_of_the_year(db, ward, nine_o_clock)
    time.tzset()

    assert (old.number, old.issued_on) == ("JMI/2627/000001", date(2027, 3, 31))
    assert (new.number, new.issued_on) == ("JMI/2728/000001", date(2027, 4, 1))


def test_receipts_of_the_new_year_begin_at_one_again(db, ward, nine_o_clock):
    visit(db, ward, ward.asha, ward.rao)
    first = take_payment(db, ward.asha, 100_00, Method.CASH, form="p1", by=ward.ishaan)
    nine_o_clock.move_to(at(24, day=LAST_OF_MARCH), tick=False)
    second = take_payment(db, ward.asha, 100_00, Method.CASH, form="p2", by=ward.ishaan)

    assert (first.number, second.number) == ("JMR/2627/000001", "JMR/2728/000001")
    assert second.issued_on == date(2027, 4, 1)
