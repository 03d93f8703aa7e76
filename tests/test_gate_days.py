"""Since which day somebody is on hold: not the bill's, where it was paid or planned meanwhile."""

from datetime import timedelta

import pytest

from mediklaud.errors import NotPermitted
from mediklaud.models import Method
from mediklaud.repository import (
    Part,
    agree_plan,
    end_plan,
    enroll_patient,
    held_since,
    name_payer,
    reverse_payment,
)
from mediklaud.repository.dues import dues_of
from tests.hospital import CARA, DEV, TODAY, at
from tests.till import a_form, bill_of, pay, payments_on, settings


@pytest.fixture
def later(nine_o_clock):
    """So many days on, at nine."""
    return lambda days: nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=days)))


def since(db, ward, patient=None):
    patient = patient or ward.asha
    found = held_since(db, [patient.id, ward.ben.id], by=ward.ishaan)
    assert dues_of(db, patient.id).on_hold == (patient.id in found)
    assert ward.ben.id not in found
    day = found.get(patient.id)
    return (day - TODAY).days if day is not None else None


def test_an_unpaid_bill_holds_from_the_end_of_the_grace(db, ward, later):
    settings(db, ward, dues_grace_days=3)
    bill_of(db, ward, ward.asha, 500_00)
    later(2)
    assert since(db, ward) is None
    later(9)
    pay(db, ward, ward.asha, 100_00)
    assert since(db, ward) == 3


def test_a_bounced_cheque_holds_from_the_day_it_was_taken_back(db, ward, later):
    bill_of(db, ward, ward.asha, 500_00)
    (cheque,) = payments_on(db, pay(db, ward, ward.asha, 500_00, Method.CHEQUE))
    later(6)
    reverse_payment(db, cheque, "Bounced", by=ward.ishaan)
    later(8)
    assert since(db, ward) == 6


def test_a_bounced_part_of_what_was_owed_anyway_changes_nothing(db, ward, later):
    bill_of(db, ward, ward.asha, 500_00)
    (cheque,) = payments_on(db, pay(db, ward, ward.asha, 200_00, Method.CHEQUE))
    later(6)
    reverse_payment(db, cheque, "Bounced", by=ward.ishaan)
    assert since(db, ward) == 0


def test_a_plan_holds_from_the_day_after_the_missed_instalment(db, ward, later):
    bill_of(db, ward, ward.asha, 600_00)
    later(2)
    parts = [Part(TODAY + timedelta(days=day), 200_00) for day in (4, 7, 20)]
    agree_plan(db, ward.asha, parts, form=a_form(), by=ward.ishaan)
    pay(db, ward, ward.asha, 200_00)
    later(7)
    assert since(db, ward) is None
    later(12)
    assert since(db, ward) == 8


def test_a_plan_that_was_ended_holds_from_that_day(db, ward, later):
    bill_of(db, ward, ward.asha, 600_00)
    part = Part(TODAY + timedelta(days=20), 600_00)
    plan = agree_plan(db, ward.asha, [part], form=a_form(), by=ward.ishaan)
    later(5)
    end_plan(db, plan, "Asked for it", by=ward.ishaan)
    later(6)
    assert since(db, ward) == 5


def test_a_minor_is_held_since_the_payer_is(db, ward, later):
    dev, cara = (enroll_patient(db, one, form=one.name, by=ward.meera) for one in (DEV, CARA))
    name_payer(db, cara, dev, by=ward.meera)
    settings(db, ward, dues_grace_days=3)
    bill_of(db, ward, dev, 500_00)
    later(5)
    assert since(db, ward, cara) == since(db, ward, dev) == 3


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_sees_since_when_somebody_is_on_hold(db, ward, name):
    with pytest.raises(NotPermitted, match="outstanding dues"):
        held_since(db, [ward.asha.id], by=getattr(ward, name))
