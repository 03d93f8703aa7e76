"""The front desk's pages: what a tired clerk does, sees and cannot break."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import (
    Message,
    MessageStatus,
    Patient,
    Role,
    Sex,
)
from mediklaud.repository import (
    edit_patient,
)
from mediklaud.ui import front_door, show
from tests.desk import click, cut_off_after_the_commit, find, said, sit, take, the
from tests.hospital import ASHA, TODAY, ward_of


def patients() -> list[str]:
    """Every patient's name, in the order of enrolling."""
    with reading() as db:
        return list(db.exec(select(Patient.name).order_by(Patient.id)))


# Enrolling and editing


def fill(page: AppTest, **typed: str) -> AppTest:
    """Type a patient into the form: name, phone and address as text, an age of 30."""
    for label, words in {"Name": "Devi Das", "Phone": "98860 44444", **typed}.items():
        the(page.text_input, label).input(words)
    the(page.text_area, "Address").input("9 Hill Road")
    the(page.segmented_control, "Sex").select(Sex.FEMALE)
    the(page.number_input, "Age in years").set_value(30)
    return page


def test_a_patient_is_enrolled_and_booking_is_next(sqlite_house, monkeypatch):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"))

    click(page, "Enroll")

    assert patients()[-1] == "Devi Das"
    assert "Devi Das is enrolled as JMI-000003." in said(page)
    assert the(page.text_input, "Name").value == ""
    click(page, "Book an appointment")
    assert "about 30 y · Female · +91 98860 44444" in said(page)


@pytest.mark.parametrize(
    ("label", "wrong", "sentence"),
    [
        ("Phone", "12", '"12" is not a phone number that can be dialled.'),
        ("Email", "devi@", "This is not an email address letters can reach"),
        ("Name", "  ", "Name is empty."),
    ],
)
def test_a_refused_field_keeps_what_was_typed(sqlite_house, monkeypatch, label, wrong, sentence):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"), **{label: wrong})

    click(page, "Enroll")

    assert sentence in said(page)
    assert len(patients()) == 2
    assert the(page.text_input, label).value == wrong
    assert the(page.text_area, "Address").value == "9 Hill Road"


def test_a_sex_not_chosen_is_asked_for(sqlite_house, monkeypatch):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"))
    the(page.segmented_control, "Sex").unselect(Sex.FEMALE)

    click(page, "Enroll")

    assert "Sex is empty." in said(page)
    assert len(patients()) == 2


def test_likely_duplicates_are_shown_before_anything_is_written(sqlite_house, monkeypatch):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"), Name="Asha Menon")

    click(page, "Enroll")

    assert len(patients()) == 2
    assert "**Asha Menon** · JMI-000001 · similar name" in said(page)
    click(page, "Enroll")
    assert len(patients()) == 2


def test_another_person_of_the_same_name_is_enrolled_anyway(sqlite_house, monkeypatch):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"), Name="Asha Menon")
    click(page, "Enroll")

    click(page, "Enroll anyway, it is another person")

    assert patients() == ["Asha Menon", "Ben Thomas", "Asha Menon"]


def test_the_one_already_known_is_kept_and_booked(sqlite_house, monkeypatch):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"), Name="Asha Menon")
    click(page, "Enroll")

    click(page, "This is the one")

    assert len(patients()) == 2
    assert page.title[0].value == "Book an appointment"
    assert "36 y · Female · +91 98860 11111" in said(page)


def test_anyway_does_not_speak_for_somebody_not_shown(sqlite_house, monkeypatch):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"), Name="Asha Menon")
    click(page, "Enroll")

    the(page.text_input, "Name").input("Ben Thomas")
    click(page, "Enroll anyway, it is another person")

    assert len(patients()) == 2
    assert "**Ben Thomas** · JMI-000002" in said(page)


def test_a_second_click_enrolls_once(sqlite_house, monkeypatch):
    page = fill(sit(monkeypatch, "meera", "front_desk/enroll"))

    with cut_off_after_the_commit(monkeypatch):
        click(page, "Enroll")
    assert len(patients()) == 3
    click(page, "Enroll")

    assert len(patients()) == 3
    assert "Devi Das is enrolled as JMI-000003." in said(page)


def edited(page: AppTest, **typed: str) -> AppTest:
    """Open Asha's form and type into it."""
    take(find(page, "asha"), "JMI-000001")
    for label, words in typed.items():
        the(page.text_input, label).input(words)
    return page


def test_a_patient_is_edited(sqlite_house, monkeypatch):
    page = edited(sit(monkeypatch, "meera", "front_desk/edit_patient"), Email="new@example.org")

    click(page, "Save")

    with reading() as db:
        asha = ward_of(db).asha
    assert (asha.email, asha.birth_date, asha.version) == ("new@example.org", ASHA.birth_date, 2)
    assert "Asha Menon, JMI-000001, is saved." in said(page)


def test_an_age_kept_earlier_stays_an_age(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/edit_patient")
    take(find(page, "ben"), "JMI-000002")
    the(page.text_area, "Address").input("9 Hill Road")

    click(page, "Save")

    with reading() as db:
        ben = ward_of(db).ben
    assert (ben.address, ben.birth_date_is_estimated) == ("9 Hill Road", True)
    assert ben.birth_date == date(TODAY.year - 40, 1, 1)


def test_an_edit_over_somebody_elses_edit_is_refused(sqlite_house, monkeypatch):
    page = edited(sit(monkeypatch, "meera", "front_desk/edit_patient"), Email="new@example.org")
    with transaction() as db:
        ward = ward_of(db)
        moved = replace(ASHA, address="5 Lake View")
        edit_patient(db, ward.asha, moved, version=1, by=ward.meera)

    click(page, "Save")

    assert "Somebody changed this record while the form was open." in said(page)
    assert the(page.text_input, "Email").value == "new@example.org"
    click(page, "Show it as it is now")
    assert the(page.text_input, "Email").value == ASHA.email


def test_a_second_click_edits_once(sqlite_house, monkeypatch):
    page = edited(sit(monkeypatch, "meera", "front_desk/edit_patient"), Email="new@example.org")

    with cut_off_after_the_commit(monkeypatch):
        click(page, "Save")
    click(page, "Save")

    with reading() as db:
        assert ward_of(db).asha.version == 2
    assert "Asha Menon, JMI-000001, is saved." in said(page)


def test_a_name_like_anothers_is_asked_about_when_edited(sqlite_house, monkeypatch):
    page = edited(sit(monkeypatch, "meera", "front_desk/edit_patient"), Name="Ben Thomas")

    click(page, "Save")
    assert patients() == ["Asha Menon", "Ben Thomas"]
    click(page, "Save anyway, it is another person")

    assert patients() == ["Ben Thomas", "Ben Thomas"]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("kept as a file", "kept as a file"), ("250 OK", "sent"), ("", "sent")],
)
def test_a_sent_letter_says_how_it_was_sent(outcome, words):
    letter = Message(status=MessageStatus.SENT, outcome=outcome)

    assert show.letter_words(letter) == words


@pytest.mark.parametrize("task", ["book", "day", "queue", "board", "enroll", "edit_patient"])
@pytest.mark.parametrize("username", ["rao", "ishaan", "tara"])
def test_another_role_sees_nothing_of_the_front_desk(sqlite_house, monkeypatch, username, task):
    # Even with a menu that offers every page.
    monkeypatch.setattr(front_door, "roles_of", lambda *_: frozenset(Role))

    page = sit(monkeypatch, username, f"front_desk/{task}")

    assert "This page belongs to another role." in said(page)
    assert page.main.text_input.len == page.main.selectbox.len == page.main.dataframe.len == 0
