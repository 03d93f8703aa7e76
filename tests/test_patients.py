"""Enrolling, finding and telling apart: what the front desk asks of a patient's record."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import select

from mediklaud.clock import age_words
from mediklaud.errors import (
    AgeNotPossible,
    BirthDateInTheFuture,
    BirthDateOrAgeMissing,
    EmailNotUnderstood,
    EmptyField,
    NotFound,
    NotPermitted,
    PhoneNotUnderstood,
    StaleForm,
    TextTooLong,
)
from mediklaud.models import Patient, Sex
from mediklaud.repository import (
    edit_patient,
    enroll_patient,
    find_patients,
    likely_duplicates,
    patient_with,
)
from tests.hospital import ASHA, BEN, TODAY, at
from tests.visits import a_form, desk, visit


def enroll(db, ward, **typed):
    return enroll_patient(db, replace(ASHA, **typed), form=a_form(), by=ward.meera)


def found(db, ward, words, **asked):
    return [one.patient.name for one in find_patients(db, words, by=ward.meera, **asked)]


def test_a_patient_gets_the_next_hospital_number(db, ward):
    assert (ward.asha.number, ward.ben.number) == ("JMI-000001", "JMI-000002")
    assert enroll(db, ward, name="Chitra Das").number == "JMI-000003"


def test_a_phone_is_kept_in_e164_and_a_blank_email_as_none(db, ward):
    chitra = enroll(db, ward, name="Chitra Das", phone=" 098860-33333 ", email="  ")

    assert (chitra.phone, chitra.email) == ("+919886033333", None)


def test_a_second_click_is_the_same_patient(db, ward):
    first = enroll_patient(db, ASHA, form="f1", by=ward.meera)

    assert enroll_patient(db, ASHA, form="f1", by=ward.meera).id == first.id
    assert len(db.exec(select(Patient)).all()) == 3


@pytest.mark.parametrize(
    ("typed", "refusal", "field"),
    [
        ({"name": " \u200b "}, EmptyField, "Name"),
        ({"name": "A" * 121}, TextTooLong, "Name"),
        ({"address": "\n \n"}, EmptyField, "Address"),
        ({"phone": ""}, EmptyField, "Phone"),
        ({"phone": "12345"}, PhoneNotUnderstood, "Phone"),
        ({"phone": "nine eight"}, PhoneNotUnderstood, "Phone"),
        ({"email": "asha@"}, EmailNotUnderstood, "Email"),
        ({"birth_date": date(2026, 11, 24)}, BirthDateInTheFuture, "Date of birth"),
        ({"birth_date": date(1890, 1, 1)}, AgeNotPossible, "Date of birth"),
        ({"birth_date": None}, BirthDateOrAgeMissing, "Date of birth"),
        ({"birth_date": None, "age_years": -1}, AgeNotPossible, "Age in years"),
        ({"birth_date": None, "age_years": 126}, AgeNotPossible, "Age in years"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(db, ward, typed, refusal, field):
    with pytest.raises(refusal) as refused:
        enroll(db, ward, **typed)

    assert refused.value.field == field
    assert len(db.exec(select(Patient)).all()) == 2


def test_a_refused_enrollment_leaves_no_gap_in_the_numbers(house):
    with pytest.raises(PhoneNotUnderstood), desk() as (db, ward):
        enroll(db, ward, phone="12345")

    with desk() as (db, ward):
        assert enroll(db, ward, name="Chitra Das").number == "JMI-000003"


@pytest.mark.parametrize("name", ["khan", "ishaan", "tara", "rao_account"])
def test_only_the_front_desk_enrolls_and_edits(db, ward, name):
    by = getattr(ward, name)

    with pytest.raises(NotPermitted, match="enroll patients"):
        enroll_patient(db, ASHA, form="f1", by=by)
    with pytest.raises(NotPermitted, match="enroll patients"):
        edit_patient(db, ward.asha, ASHA, version=1, by=by)
    with pytest.raises(NotPermitted, match="enroll patients"):
        likely_duplicates(db, ASHA, by=by)


# Birth dates and ages


def test_an_age_becomes_a_birth_date_that_says_it_is_estimated(db, ward):
    assert (ward.ben.birth_date, ward.ben.birth_date_is_estimated) == (date(1986, 1, 1), True)
    assert age_words(ward.ben.birth_date, TODAY) == "40 y"


@pytest.mark.parametrize("years", [0, 1, 2, 99, 125])
def test_an_age_typed_is_the_age_shown(db, ward, years):
    patient = enroll(db, ward, birth_date=None, age_years=years)

    assert TODAY.year - patient.birth_date.year == years
    assert patient.birth_date <= TODAY


def test_a_birth_date_wins_over_an_age(db, ward):
    patient = enroll(db, ward, birth_date=date(1990, 2, 28), age_years=12)

    assert (patient.birth_date, patient.birth_date_is_estimated) == (date(1990, 2, 28), False)


def test_the_29th_of_february_stays_a_birth_date(db, ward):
    patient = enroll(db, ward, birth_date=date(2024, 2, 29))
    db.refresh(patient)

    assert patient.birth_date == date(2024, 2, 29)
    assert age_words(patient.birth_date, date(2026, 2, 28)) == "23 mo"
    assert age_words(patient.birth_date, date(2026, 3, 1)) == "2 y"


def test_an_age_typed_on_the_29th_of_february_is_kept(db, ward, nine_o_clock):
    nine_o_clock.move_to(at(9, day=date(2028, 2, 29)))

    assert enroll(db, ward, birth_date=None, age_years=1).birth_date == date(2027, 1, 1)


def test_today_is_the_hospitals_day_when_a_newborn_is_enrolled(db, ward, nine_o_clock):
    # Half past midnight in India is still the evening before in UTC.
    nine_o_clock.move_to(at(0, 30, day=date(2026, 11, 24)))

    assert enroll(db, ward, birth_date=date(2026, 11, 24)).birth_date == date(2026, 11, 24)


# Editing


def test_an_edited_patient_keeps_the_number_and_is_found_anew(db, ward):
    typed = replace(ASHA, name="Asha Pillai", phone="98860 44444")
    edited = edit_patient(db, ward.asha, typed, version=1, by=ward.meera)

    assert (edited.number, edited.version) == ("JMI-000001", 2)
    assert found(db, ward, "pillai") == ["Asha Pillai"]
    assert found(db, ward, "9886044444") == ["Asha Pillai"]
    assert found(db, ward, "menon") == []
    assert found(db, ward, "9886011111") == []


def test_a_stale_form_does_not_overwrite(db, ward):
    edit_patient(db, ward.asha, replace(ASHA, name="Asha Pillai"), version=1, by=ward.meera)

    with pytest.raises(StaleForm):
        edit_patient(db, ward.asha, ASHA, version=1, by=ward.meera)
    assert ward.asha.name == "Asha Pillai"


def test_an_unknown_patient_is_not_found(db, ward):
    with pytest.raises(NotFound, match="no patient"):
        patient_with(db, 4711, by=ward.meera)
    assert patient_with(db, ward.ben.id, by=ward.ishaan).name == "Ben Thomas"


# Finding


@pytest.mark.parametrize(
    "words",
    [
        *("98860 11111", "09886011111", "+91 98860 11111", "+91-98860-11111", "919886011111"),
        *("0091 98860 11111", "11111", "1111", "(98860) 11111", "९८८६० ११११"),
        *("JMI000001", "jmi000001", "JMI 000001", "JMI/000001", "jmi-0000", "asha JMI000001"),
        *("asha, menon", "menon,asha", "Asha-Menon", "asha +91 98860", "asha +91 98860 11111"),
        *("asha 98860-11111", "asha (98860) 11111", "98860 11111, asha", "asha, 09886011111"),
        *("asha 98860 11111 JMI-000001", "asha11111", "+91 98860 11111 asha", "asha ९८८६०"),
        *("Asha", "asha menon", "MENON asha", "shA", "as", "JMI-000001", "jmi-000001", "000001"),
    ],
)
def test_asha_is_found_by_a_piece_of_anything(db, ward, words):
    assert "Asha Menon" in found(db, ward, words)


@pytest.mark.parametrize(
    "words",
    [
        *("", "   ", "Rekha", "9999999999", "Asha Thomas", "JMI-000009", "JMI000009"),
        *("asha 22222", "asha, 98860 22222", "asha JMI-000002", "ben +91 98860 11111"),
    ],
)
def test_nobody_is_found_by_what_nobody_has(db, ward, words):
    assert found(db, ward, words) == []


@pytest.mark.parametrize("words", ["%", "_", "'", '"', "\\", "%%%", "___", '"""', "'''", "a%a"])
def test_signs_of_the_search_engine_are_plain_characters(db, ward, words):
    assert found(db, ward, words) == []


@pytest.mark.parametrize("name", ["Rao % Sons", "Under_score", "Noor D'Souza", 'Ravi "Ricky"'])
def test_a_name_with_such_a_sign_is_found_by_it(db, ward, name):
    enroll(db, ward, name=name)

    sign = next(letter for letter in name if letter in "%_'\"")
    assert found(db, ward, sign) == [name]
    assert found(db, ward, name) == [name]


@pytest.mark.parametrize("words", ["AND", "OR NOT", "asha OR ben", "NEAR(asha", "asha*", "^asha"])
def test_words_of_the_search_engine_are_plain_words(db, ward, words):
    assert found(db, ward, words) == []


@pytest.mark.parametrize(
    ("name", "pieces"),
    [
        ("आशा मेनन", ["आशा", "मेन", "शा मे", "न"]),
        ("குமார் செல்வி", ["குமார்", "செல்", "வி"]),
        ("زینب احمد", ["زینب", "احمد"]),
        ("आशा-मेनन", ["आशा मेनन", "मेनन, आशा", "आशा +91 98860 11111", "आशा98860"]),
        ("José Álvares", ["jose", "ALVARES", "josé"]),
    ],
)
def test_a_name_in_any_script_is_found_by_a_piece(db, ward, name, pieces):
    enroll(db, ward, name=name)

    for piece in pieces:
        assert name in found(db, ward, piece), piece


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        (
            "Noor D'Souza",
            ["dsouza", "D Souza", "d'souza", "d\u2019souza", "D\u2018Souza", "d-souza"],
        ),
        ("Noor D Souza", ["dsouza", "D'Souza", "d\u2019souza"]),
        ("Noor Dsouza", ["D'Souza", "d souza"]),
        ("Sean O\u2019Connor", ["oconnor", "o'connor", "O Connor", "o`connor", "sean oconn"]),
        ("Sean O\u00b4Connor", ["oconnor", "o'connor", "o\u00b4connor"]),
        ("Mary-Ann Joy", ["mary ann", "maryann", "mary-ann", "mary\u2013ann", "maryann joy"]),
        ("Mary\u2010Ann Joy", ["mary ann", "maryann", "mary-ann"]),
        ("A. K. Menon", ["ak menon", "a.k. menon", "a k menon", "akmenon"]),
    ],
)
def test_a_name_is_found_however_it_is_spelt_apart(db, ward, name, ways):
    enroll(db, ward, name=name)

    for way in ways:
        assert name in found(db, ward, way), way


def test_two_words_of_a_name_are_not_one(db, ward):
    enroll(db, ward, name="Meera Mohan")

    assert found(db, ward, "ram") == []


def test_vowel_signs_tell_names_apart(db, ward):
    enroll(db, ward, name="किरण")

    assert found(db, ward, "करण") == []


def test_a_family_phone_offers_all_who_share_it(db, ward):
    enroll(db, ward, name="Zoya Menon")
    enroll(db, ward, name="Anu Menon")

    assert found(db, ward, "98860 11111") == ["Anu Menon", "Asha Menon", "Zoya Menon"]


def test_whoever_is_found_shows_the_last_visit(db, ward):
    visit(db, ward, ward.asha, ward.rao, at(11))

    shown = {one.patient.name: one.last_visit_at for one in find_patients(db, "jmi", by=ward.meera)}
    assert shown == {"Asha Menon": at(11), "Ben Thomas": None}


def test_no_more_are_found_than_asked_for(db, ward):
    for letter in "ABCDE":
        enroll(db, ward, name=f"Anu {letter}")

    assert found(db, ward, "anu", at_most=3) == ["Anu A", "Anu B", "Anu C"]


@pytest.mark.parametrize("name", ["khan", "tara", "rao_account"])
def test_the_register_is_closed_to_other_roles(db, ward, name):
    with pytest.raises(NotPermitted, match="look up patients"):
        find_patients(db, "asha", by=getattr(ward, name))
    with pytest.raises(NotPermitted, match="look up patients"):
        patient_with(db, ward.asha.id, by=getattr(ward, name))


# Likely duplicates


def alike(db, ward, typed, **asked):
    return {
        one.patient.name: one.agrees for one in likely_duplicates(db, typed, by=ward.meera, **asked)
    }


def test_the_same_person_typed_again_is_shown_first(db, ward):
    enroll(db, ward, name="Asha Menan", phone="98860 55555", birth_date=date(1970, 1, 1))

    assert list(alike(db, ward, ASHA).items()) == [
        ("Asha Menon", ("name", "phone", "birth_date")),
        ("Asha Menan", ("name",)),
    ]


@pytest.mark.parametrize(("one", "other"), [("D'Souza", "Dsouza"), ("Dsouza", "D\u2019Souza")])
def test_a_name_with_and_without_its_apostrophe_is_alike(db, ward, one, other):
    enroll(db, ward, name=one, phone="98860 33333")

    typed = replace(ASHA, name=other, phone="98860 44444", birth_date=date(1950, 1, 1))
    alike = likely_duplicates(db, typed, by=ward.meera)

    assert [like.patient.name for like in alike] == [one]


def test_a_misspelt_name_is_alike_both_ways(db, ward):
    other = replace(ASHA, name="Menon Aasha", phone="98860 55555", birth_date=date(1991, 1, 1))
    assert alike(db, ward, other) == {"Asha Menon": ("name",)}

    enroll(db, ward, **vars(other))
    assert "Menon Aasha" in alike(db, ward, ASHA)


def test_a_twin_on_the_family_phone_is_shown_with_another_name(db, ward):
    twin = replace(ASHA, name="Ravi Kumar", sex=Sex.MALE)

    assert alike(db, ward, twin) == {"Asha Menon": ("phone", "birth_date")}


def test_a_family_phone_alone_makes_no_duplicate(db, ward):
    mother = replace(ASHA, name="Zubeida Khatun", birth_date=date(1960, 5, 5))

    assert alike(db, ward, mother) == {}


@pytest.mark.parametrize("name", ["", "Li", "%", '"'])
def test_a_form_half_typed_is_no_trouble(db, ward, name):
    typed = replace(BEN, name=name, phone="988", age_years=None)

    assert alike(db, ward, typed) == {}


def test_whoever_is_edited_is_not_the_own_duplicate(db, ward):
    assert alike(db, ward, ASHA, but=ward.asha.id) == {}
