"""Break-glass on the screen: the doctor's way to it, and the CMO's review."""

import pytest
from sqlmodel import select

from mediklaud import database
from mediklaud.models import BreakGlass, GlassReason, VisitKind
from mediklaud.repository import (
    begin_consultation,
    book_appointment,
    break_glass,
    finish_consultation,
    open_record,
)
from mediklaud.ui import chart
from tests.desk import said, sit, the
from tests.hospital import at, ward_of

SECRET = "A note of Dr Iyer's."
PAGE = "doctor/patient"


@pytest.fixture
def bens_note(sqlite_house):
    """Ben was consulted by Dr Iyer, and never saw Dr Rao."""
    with database.transaction() as db:
        ward = ward_of(db)
        told = {"form": "ben", "by": ward.meera}
        visit = book_appointment(db, ward.ben, ward.iyer, at(10), VisitKind.FIRST, **told)
        encounter = begin_consultation(db, visit, by=ward.iyer_account)
        finish_consultation(db, encounter, SECRET, by=ward.iyer_account)


def search(desk, words):
    return the(desk.text_input, "Number or phone").input(words).run()


def press(desk, label):
    return next(one for one in desk.button if one.label == label).click().run()


def notes(desk):
    return [one.value for one in desk.text]


def test_a_doctor_opens_another_doctors_patient_for_an_hour(bens_note, monkeypatch, nine_o_clock):
    desk = search(sit(monkeypatch, "rao", PAGE), "JMI-000002")
    assert "Ben Thomas is not your patient" in said(desk)
    assert SECRET not in notes(desk)

    the(desk.button_group, "Reason").set_value(GlassReason.COVERING)
    press(desk, "Open for 60 minutes")

    assert notes(desk) == [SECRET]
    assert "Not your patient: open until 10:00" in said(desk)
    assert "closes by itself" in said(desk)

    nine_o_clock.move_to(at(10, 1))
    desk.run()
    desk.session_state["username"] = sit(monkeypatch, "rao").session_state["username"]
    desk.session_state[chart.OWN] = 2
    desk.run()
    assert SECRET not in notes(desk)
    assert "You have no appointment with this patient" in "".join(one.value for one in desk.error)


def test_without_a_reason_the_record_stays_closed_and_what_was_typed_stays(bens_note, monkeypatch):
    desk = search(sit(monkeypatch, "rao", PAGE), "98860 22222")
    the(desk.text_input, "In words").input("For once")
    press(desk, "Open for 60 minutes")

    assert desk.error[0].value.replace("\\", "").startswith("Reason is empty")
    assert the(desk.text_input, "In words").value == "For once"
    assert SECRET not in notes(desk)


def test_a_piece_of_a_name_finds_nobody_elses_patient(bens_note, monkeypatch):
    desk = search(sit(monkeypatch, "rao", PAGE), "Ben")

    assert "Nobody has exactly this number or phone" in said(desk)
    assert "Ben Thomas" not in said(desk)


def test_the_cmo_reviews_who_opened_whose_record_and_why(bens_note, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        reason = GlassReason.OTHER
        break_glass(db, ward.ben, reason, "**Ward** asked", form="g", by=ward.rao_account)
        open_record(db, ward.ben.id, by=ward.rao_account)
    home = sit(monkeypatch, "khan")
    assert "wait for your review: 1" in said(home)

    desk = home.switch_page("pages/cmo/break_glass.py").run()
    assert "Dr Anjali Rao → Ben Thomas" in said(desk)
    assert notes(desk) == ["**Ward** asked"]
    assert "the record was read at 09:00" in said(desk)
    the(desk.text_area, "Note").input("Confirmed by the ward.")
    press(desk, "Reviewed")

    assert "Nothing waits for your review" in said(desk)
    assert list(desk.dataframe[0].value["Reviewed by"]) == ["Dr Imran Khan"]
    with database.reading() as db:
        assert db.exec(select(BreakGlass.review_note)).one() == "Confirmed by the ward."


def test_a_review_without_a_note_is_refused_beside_it(bens_note, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        break_glass(db, ward.ben, GlassReason.COVERING, form="g", by=ward.rao_account)

    desk = press(sit(monkeypatch, "khan", "cmo/break_glass"), "Reviewed")

    assert desk.error[0].value.replace("\\", "").startswith("Note is empty")
