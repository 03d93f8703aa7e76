"""The hospital's first visit, its settings, and the numbers of its papers."""

from dataclasses import replace

import pytest

from mediklaud.errors import (
    AlreadySetUp,
    EmptyField,
    GraceNotPossible,
    NotPermitted,
    PhoneNotUnderstood,
    PrefixesAlike,
    PrefixNotUsable,
    SeriesUsedUp,
    WrongCode,
    ZoneNotKnown,
)
from mediklaud.models import Method, NumberSeries
from mediklaud.repository import (
    change_settings,
    check_code,
    first_visit_code,
    is_set_up,
    open_hospital,
    outbox_state,
    take_payment,
    the_hospital,
)
from mediklaud.repository.hospital import next_number
from tests.hospital import HOSPITAL, at
from tests.visits import book, visit


def test_a_hospital_is_set_up_once(db, ward):
    assert is_set_up(db)
    with pytest.raises(AlreadySetUp):
        open_hospital(db, replace(HOSPITAL, name="Another"))
    assert the_hospital(db).name == "JMI Hospital"


def test_settings_are_kept_as_they_mean(db, ward):
    typed = replace(HOSPITAL, gstin=" 29abcde1234f1z5 ", bill_prefix=" ab ", zone="Asia/Kathmandu")
    kept = change_settings(db, typed, by=ward.tara)

    assert (kept.gstin, kept.bill_prefix, kept.zone) == ("29ABCDE1234F1Z5", "AB", "Asia/Kathmandu")
    assert kept.phone == "+918022223333"


@pytest.mark.parametrize(
    ("typed", "refusal", "field"),
    [
        ({"name": ""}, EmptyField, "Hospital's name"),
        ({"address": " "}, EmptyField, "Address"),
        ({"phone": "1"}, PhoneNotUnderstood, "Phone"),
        ({"email": ""}, EmptyField, "Email"),
        ({"zone": "Asia/Atlantis"}, ZoneNotKnown, "Time zone"),
        ({"zone": ""}, ZoneNotKnown, "Time zone"),
        ({"bill_prefix": ""}, PrefixNotUsable, "Bill prefix"),
        ({"bill_prefix": "JMIX"}, PrefixNotUsable, "Bill prefix"),
        ({"receipt_prefix": "J/"}, PrefixNotUsable, "Receipt prefix"),
        ({"patient_prefix": "ज"}, PrefixNotUsable, "Patient prefix"),
        ({"receipt_prefix": "jmi"}, PrefixesAlike, "Receipt prefix"),
        ({"dues_grace_days": -1}, GraceNotPossible, "Days of grace"),
        ({"dues_grace_days": 366}, GraceNotPossible, "Days of grace"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(db, ward, typed, refusal, field):
    with pytest.raises(refusal) as refused:
        change_settings(db, replace(HOSPITAL, **typed), by=ward.tara)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["meera", "ishaan", "rao_account"])
def test_only_the_administrator_changes_settings(db, ward, name):
    with pytest.raises(NotPermitted, match="change the hospital's settings"):
        change_settings(db, HOSPITAL, by=getattr(ward, name))


def test_a_new_zone_is_the_zone_of_the_next_letter(db, ward):
    change_settings(db, replace(HOSPITAL, zone="Asia/Kathmandu"), by=ward.tara)
    # Ten in Nepal is a quarter of an hour before ten in India.
    assert book(db, ward, ward.asha, ward.rao, at(9, 45)).id


def test_the_code_of_the_first_visit_is_read_however_it_is_typed(db, ward):
    code = first_visit_code()

    check_code(f"  {code.lower().replace('-', ' ')} ")
    for wrong in ("", "AAAA-AAAA-AAAA", code[:-1], code + "A"):
        with pytest.raises(WrongCode):
            check_code(wrong)


def test_the_longest_possible_number_has_16_characters(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    receipt = take_payment(db, ward.asha, 1, Method.CASH, form="p1", by=ward.ishaan)

    assert len(receipt.number.replace("000001", "9999999")) == 16


def test_a_series_that_is_used_up_says_so(db, ward):
    db.add(NumberSeries(name="doctor/9", last=5))
    db.flush()
    assert next_number(db, "doctor/9", at_most=6) == 6
    with pytest.raises(SeriesUsedUp, match="doctor/9"):
        next_number(db, "doctor/9", at_most=6)


def test_the_outbox_says_how_the_mail_stands(db, ward):
    book(db, ward, ward.asha, ward.rao)
    book(db, ward, ward.ben, ward.iyer)

    state = outbox_state(db)
    assert (state.queued, state.failed, state.unaddressed) == (1, 0, 1)
