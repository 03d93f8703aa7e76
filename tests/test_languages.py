"""Letters in the patient's language: a file of words each, and none of them is missing."""

import tomllib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud import clock, letters
from mediklaud.errors import EmptyField
from mediklaud.languages import TEMPLATES, languages, moment_words, words_in
from mediklaud.models import Consent, Message, Patient, Purpose, VisitKind
from mediklaud.repository import PatientForm, book_appointment, consents_of, edit_patient
from mediklaud.repository.patients import enroll_patient
from tests.hospital import ASHA, BEN, TODAY, at
from tests.post import STARTS, a_booking, a_message

TELLS = ("booked", "moved", "leave_moved", "restored", "cancelled", "reminder")


def shape(words, path=""):
    """Every word of a file, by its place."""
    for key, value in words.items():
        place = f"{path}.{key}"
        if isinstance(value, dict) and key != "zones":
            yield from shape(value, place)
        elif isinstance(value, list):
            yield place, len(value) if key in ("weekdays", "months") else 0
        else:
            yield place, 0


@pytest.mark.parametrize("code", list(languages()))
def test_every_language_has_every_word(code):
    english = dict(shape(tomllib.loads((TEMPLATES / "en.toml").read_text())))

    assert dict(shape(words_in(code))) == english


@pytest.mark.parametrize("code", list(languages()))
@pytest.mark.parametrize("tells", TELLS)
def test_every_letter_can_be_written_in_every_language(code, tells):
    facts = letters.frozen(a_booking(tells=tells))
    letter = letters.written(a_message(facts=facts, language=code))

    for fact in ("Asha Devi", "Dr Rao", "Cardiology", "JMI Hospital", "10:30", "IST"):
        assert fact in letter.text
        assert fact in letter.html
    assert f'<html lang="{code}">' in letter.html
    assert "{" not in letter.text


@pytest.mark.parametrize("code", list(languages()))
def test_each_level_of_reminder_has_words_of_its_own(code):
    told = letters.DuesReminder(
        tells="dues",
        hospital_name="JMI",
        hospital_address="1 Road",
        hospital_phone="080 2222",
        patient_name="Asha Devi",
        owed="₹5.00",
        bills=[["JMI/2627/000001", "2026-11-23", "₹5.00"]],
    )
    written = [
        letters.written(a_message(facts=letters.frozen(replace(told, tells=one)), language=code))
        for one in ("dues", "dues_second", "dues_final")
    ]

    assert len({one.headline for one in written}) == 3
    assert len({one.text for one in written}) == 3
    assert all("JMI/2627/000001" in one.text and "{" not in one.text for one in written)


def test_a_letter_in_hindi_says_the_hour_as_hindi_does():
    letter = letters.written(a_message(facts=letters.frozen(a_booking()), language="hi"))

    assert letter.headline == "आपका अपॉइंटमेंट: सोमवार, 23 नवंबर 2026, सुबह 10:30 बजे (IST)"
    assert "भारतीय मानक समय" in letter.text
    assert "फ़ोन करें" in letter.calendar.replace("\r\n ", "")


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0, "सुबह 10:30"), (2, "दोपहर 12:30"), (7, "शाम 5:30"), (10, "रात 8:30"), (14, "रात 12:30")],
)
def test_the_parts_of_the_day(hours, said):
    assert said in moment_words(STARTS + timedelta(hours=hours), "Asia/Kolkata", "hi")


def test_english_says_the_hour_as_the_screens_do():
    for hours in range(24):
        moment = STARTS + timedelta(hours=hours)
        for zone in ("Asia/Kolkata", "UTC", "Europe/London"):
            assert moment_words(moment, zone, "en") == clock.moment_words(moment, zone)


def test_a_language_whose_file_is_gone_is_written_in_english():
    letter = letters.written(a_message(facts=letters.frozen(a_booking()), language="tlh"))

    assert letter.text.startswith("Dear Asha Devi,")


def test_a_patients_letters_are_written_in_the_patients_language(db, ward):
    wanted = PatientForm(**{**vars(ASHA), "language": "hi"})
    edit_patient(db, ward.asha, wanted, version=1, by=ward.meera)
    book_appointment(
        db,
        db.get_one(Patient, ward.asha.id),
        *(ward.rao, at(10), VisitKind.FIRST),
        form="f",
        by=ward.meera,
    )

    letter = db.exec(select(Message)).one()
    assert letter.language == "hi"
    assert letters.written(letter).text.startswith("नमस्ते Asha Menon,")


def test_a_language_nobody_wrote_down_is_refused(db, ward):
    with pytest.raises(EmptyField, match="Language of letters"):
        enroll_patient(db, PatientForm(**{**vars(BEN), "language": "tlh"}), form="x", by=ward.meera)


def said(db, patient):
    rows = select(Consent).where(Consent.patient_id == patient.id).order_by(Consent.id)
    return [(one.purpose, one.given) for one in db.exec(rows)]


def test_what_a_patient_agrees_to_is_written_down_with_its_day_and_by_whom(db, ward):
    assert said(db, ward.asha) == [(Purpose.CARE, True)]
    wanted = PatientForm(**{**vars(ASHA), "mail_for_reminders": True})
    edit_patient(db, ward.asha, wanted, version=1, by=ward.meera)
    ended = PatientForm(**{**vars(ASHA), "mail_for_care": False})
    edit_patient(db, ward.asha, ended, version=2, by=ward.meera)

    assert said(db, ward.asha)[1:] == [
        (Purpose.REMINDERS, True),
        (Purpose.CARE, False),
        (Purpose.REMINDERS, False),
    ]
    consent, name = consents_of(db, ward.asha.id, by=ward.meera)[0]
    assert name == "Meera Nair"
    assert clock.day_of(consent.said_at, "Asia/Kolkata") == TODAY
