"""The hospital's first visit, its settings, and the numbers of its papers."""

import json
from dataclasses import replace

import pytest
from sqlmodel import select

from mediklaud.errors import (
    AlreadySetUp,
    EmptyField,
    FollowUpDaysNotPossible,
    FollowUpShareNotPossible,
    FollowUpsNotPossible,
    GraceNotPossible,
    GstinNotUnderstood,
    NotPermitted,
    OverbookingsNotPossible,
    PhoneNotUnderstood,
    PrefixesAlike,
    PrefixHadBefore,
    PrefixNotUsable,
    SeriesUsedUp,
    WrongCode,
    ZoneInUse,
    ZoneNotKnown,
)
from mediklaud.models import AuditEvent, Hospital, Method, NumberSeries
from mediklaud.repository import (
    change_settings,
    check_code,
    first_visit_code,
    follow_up_words,
    is_set_up,
    open_hospital,
    outbox_state,
    take_payment,
    the_hospital,
)
from mediklaud.repository.hospital import next_number
from tests.hospital import HOSPITAL, at
from tests.visits import book, desk, visit


def test_a_hospital_is_set_up_once(db, ward):
    assert is_set_up(db)
    with pytest.raises(AlreadySetUp):
        open_hospital(db, replace(HOSPITAL, name="Another"))
    assert the_hospital(db).name == "JMI Hospital"


def test_settings_are_kept_as_they_mean(db, ward):
    typed = replace(HOSPITAL, gstin=" 29abcde1234f1zw ", bill_prefix=" ab ", zone="Asia/Kathmandu")
    kept = change_settings(db, typed, by=ward.tara)

    assert (kept.gstin, kept.bill_prefix, kept.zone) == ("29ABCDE1234F1ZW", "AB", "Asia/Kathmandu")
    assert kept.phone == "+918022223333"


@pytest.mark.parametrize(
    ("typed", "refusal", "field"),
    [
        ({"name": ""}, EmptyField, "Hospital's name"),
        ({"address": " "}, EmptyField, "Address"),
        ({"phone": "1"}, PhoneNotUnderstood, "Phone"),
        ({"email": ""}, EmptyField, "Email"),
        ({"gstin": "ABC"}, GstinNotUnderstood, "GSTIN"),
        ({"gstin": "29ABCDE1234F1Z"}, GstinNotUnderstood, "GSTIN"),
        # The last character checks the others.
        ({"gstin": "29ABCDE1234F1Z5"}, GstinNotUnderstood, "GSTIN"),
        ({"gstin": "29BACDE1234F1ZW"}, GstinNotUnderstood, "GSTIN"),
        ({"gstin": "2９ABCDE1234F1ZW"}, GstinNotUnderstood, "GSTIN"),
        ({"zone": "Asia/Atlantis"}, ZoneNotKnown, "Time zone"),
        ({"zone": ""}, ZoneNotKnown, "Time zone"),
        ({"bill_prefix": ""}, PrefixNotUsable, "Bill prefix"),
        ({"bill_prefix": "JMIX"}, PrefixNotUsable, "Bill prefix"),
        ({"receipt_prefix": "J/"}, PrefixNotUsable, "Receipt prefix"),
        ({"patient_prefix": "ज"}, PrefixNotUsable, "Patient prefix"),
        ({"receipt_prefix": "jmi"}, PrefixesAlike, "Receipt prefix"),
        ({"dues_grace_days": -1}, GraceNotPossible, "Days of grace"),
        ({"dues_grace_days": 366}, GraceNotPossible, "Days of grace"),
        ({"overbookings_a_session": -1}, OverbookingsNotPossible, "Overbookings a session"),
        ({"overbookings_a_session": 21}, OverbookingsNotPossible, "Overbookings a session"),
        ({"follow_up_visits": -1}, FollowUpsNotPossible, "Follow-ups after a paid visit"),
        ({"follow_up_visits": 21}, FollowUpsNotPossible, "Follow-ups after a paid visit"),
        ({"follow_up_visits": 1}, FollowUpDaysNotPossible, "Within days"),
        ({"follow_up_days": -1}, FollowUpDaysNotPossible, "Within days"),
        ({"follow_up_days": 366}, FollowUpDaysNotPossible, "Within days"),
        ({"follow_up_percent": -1}, FollowUpShareNotPossible, "Per cent of the fee"),
        ({"follow_up_percent": 100}, FollowUpShareNotPossible, "Per cent of the fee"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(db, ward, typed, refusal, field):
    with pytest.raises(refusal) as refused:
        change_settings(db, replace(HOSPITAL, **typed), by=ward.tara)
    assert refused.value.field == field


RULES = {
    "overbookings_a_session": 20,
    "follow_up_visits": 20,
    "follow_up_days": 365,
    "follow_up_percent": 99,
}


def test_the_furthest_rules_are_kept_and_the_change_is_on_record(house):
    with desk() as (db, ward):
        kept = change_settings(db, replace(HOSPITAL, **RULES), by=ward.tara)

    assert {word: getattr(kept, word) for word in RULES} == RULES
    with desk() as (db, _):
        changes = select(AuditEvent.detail).where(AuditEvent.deed == "settings changed")
        detail = db.exec(changes).one()
    assert json.loads(detail) == {
        "overbookings_a_session": {"was": 2, "now": 20},
        "follow_up_visits": {"was": 0, "now": 20},
        "follow_up_days": {"was": 0, "now": 365},
        "follow_up_percent": {"was": 0, "now": 99},
    }


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ((0, 14, 0), "every follow-up costs its fee"),
        ((1, 1, 0), "1 free follow-up within 1 day of a paid visit with the same doctor"),
        ((2, 14, 0), "2 free follow-ups within 14 days of a paid visit with the same doctor"),
        (
            (2, 14, 50),
            "2 follow-ups at 50 % of the fee within 14 days of a paid visit with the same doctor",
        ),
    ],
)
def test_the_rule_for_follow_ups_is_one_sentence(rule, words):
    visits, days, percent = rule
    said = follow_up_words(
        Hospital(follow_up_visits=visits, follow_up_days=days, follow_up_percent=percent)
    )

    assert said == words


@pytest.mark.parametrize("name", ["meera", "ishaan", "rao_account"])
def test_only_the_administrator_changes_settings(db, ward, name):
    with pytest.raises(NotPermitted, match="change the hospital's settings"):
        change_settings(db, HOSPITAL, by=getattr(ward, name))


def test_a_prefix_is_not_handed_on_to_another_kind_of_paper(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    take_payment(db, ward.asha, 1, Method.CASH, form="p1", by=ward.ishaan)
    typed = replace(HOSPITAL, bill_prefix="JMB", receipt_prefix="JMS", advance_prefix="JMX")
    change_settings(db, typed, by=ward.tara)

    for word, prefix, papers in (("advance", "JMR", "receipts"), ("receipt", "JMI", "bills")):
        with pytest.raises(PrefixHadBefore, match=f"There are {papers} under") as refused:
            change_settings(db, replace(typed, **{f"{word}_prefix": prefix}), by=ward.tara)
        assert refused.value.field == f"{word.capitalize()} prefix"


def test_a_kind_of_paper_takes_its_own_prefix_back_and_an_unused_one(db, ward):
    visit(db, ward, ward.asha, ward.rao)
    change_settings(db, replace(HOSPITAL, bill_prefix="JMB"), by=ward.tara)

    # No advance was ever numbered under JMA.
    typed = replace(HOSPITAL, receipt_prefix="JMA", advance_prefix="JMX")
    assert change_settings(db, typed, by=ward.tara).bill_prefix == "JMI"


def test_a_new_zone_is_the_zone_of_the_next_letter(db, ward):
    change_settings(db, replace(HOSPITAL, zone="Asia/Kathmandu"), by=ward.tara)
    # Ten in Nepal is a quarter of an hour before ten in India.
    assert book(db, ward, ward.asha, ward.rao, at(9, 45)).id


def test_the_zone_stays_once_a_paper_is_dated_in_it(db, ward):
    book(db, ward, ward.ben, ward.iyer)
    assert change_settings(db, replace(HOSPITAL, zone="Asia/Kathmandu"), by=ward.tara)
    change_settings(db, HOSPITAL, by=ward.tara)
    visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(ZoneInUse, match="dated in Asia/Kolkata"):
        change_settings(db, replace(HOSPITAL, zone="Europe/London"), by=ward.tara)
    assert change_settings(db, replace(HOSPITAL, name="Another"), by=ward.tara).name == "Another"


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
