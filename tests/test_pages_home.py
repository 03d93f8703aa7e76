"""The home page: to each role its numbers, and nothing of the others."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mediklaud import database
from mediklaud.errors import NotPermitted
from mediklaud.models import Doctor, EmergencyReason, Method, Role, VisitKind
from mediklaud.repository import (
    arrive,
    begin_consultation,
    book_appointment,
    change_account,
    create_account,
    enroll_patient,
    finish_consultation,
    own_day_numbers,
    schedule_of,
    take_payment,
)
from tests.desk import sit
from tests.hospital import ASHA, PASSWORD, TODAY, at, ward_of

FIRST = VisitKind.FIRST
DESK = ("Booked", "Arrived", "Done", "Did not come")
LETTERS = ("Waiting", "Longest wait", "Failed", "Without an address")
TILL = ("Received today", "Billed today", "Owed in all", "Patients owing")
STAFF = ("Doctors", "Patients", "Registrations that expire")
HOUSE = ("Accounts", "Disabled")
ROOM = ("Arrived", "Still to come", "Done")
OF_EACH = {
    "meera": DESK + LETTERS,
    "ishaan": TILL + LETTERS,
    "khan": STAFF + HOUSE + LETTERS,
    "tara": HOUSE + LETTERS,
    "rao": ROOM,
}


@pytest.fixture
def morning(sqlite_house, nine_o_clock):
    """Rao has seen Asha, who paid half; an emergency of Ben waits; Iyer expects Asha."""
    nine_o_clock.move_to(at(9, 45))
    with database.transaction() as db:
        ward = ward_of(db)

        def book(patient, doctor, hour, **more):
            return book_appointment(
                db,
                patient,
                doctor,
                at(hour),
                VisitKind.FIRST,
                form=f"{hour}",
                by=ward.meera,
                **more,
            )

        first = book(ward.asha, ward.rao, 10)
        book(ward.asha, ward.iyer, 12)
        urgent = book(ward.ben, ward.rao, 11, emergency=EmergencyReason.DOCTORS_ADVICE)
        arrive(db, urgent, by=ward.meera)
        encounter = begin_consultation(db, first, by=ward.rao_account)
        finish_consultation(db, encounter, "Rest.", by=ward.rao_account)
        take_payment(db, ward.asha, 300_00, Method.CASH, form="p", by=ward.ishaan)
        iyer = db.get_one(Doctor, ward.iyer.id)
        iyer.registration_expires_on = TODAY + timedelta(days=60)
        db.add(iyer)


def numbers(desk):
    return {one.label: one.value for one in desk.metric}


def said(desk):
    kinds = (desk.subheader, desk.markdown, desk.caption)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


@pytest.mark.parametrize("username", OF_EACH)
def test_each_role_finds_its_numbers_and_no_others(morning, monkeypatch, username):
    desk = sit(monkeypatch, username)

    assert tuple(one.label for one in desk.metric) == OF_EACH[username]
    assert not desk.exception
    assert not desk.error


@pytest.mark.parametrize(
    ("username", "pages"),
    [
        (
            "meera",
            "front-desk-book front-desk-enroll front-desk-day front-desk-queue front-desk-waitlist",
        ),
        ("rao", "doctor-today doctor-week doctor-patient"),
        (
            "tara",
            "administrator-accounts administrator-letters administrator-settings "
            "administrator-self-check",
        ),
    ],
)
def test_links_lead_to_the_next_things_to_do(sqlite_house, monkeypatch, username, pages):
    desk = sit(monkeypatch, username)

    assert [one.proto.page for one in desk.get("page_link")] == pages.split()


def test_the_front_desk_sees_the_day_and_whom_to_call(morning, monkeypatch):
    desk = sit(monkeypatch, "meera")

    assert [numbers(desk)[one] for one in DESK] == ["1", "1", "1", "0"]
    assert "Patients to call (0)" in said(desk)


def test_a_patient_whom_no_letter_reaches_is_to_be_called(sqlite_house, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        book_appointment(db, ward.ben, ward.rao, at(10), VisitKind.FIRST, form="b", by=ward.meera)

    desk = sit(monkeypatch, "meera")

    called = desk.dataframe[0].value
    assert list(called["Patient"]) == ["Ben Thomas"]
    assert list(called["Phone"]) == ["+91 98860 22222"]
    assert numbers(desk)["Without an address"] == "1"


def test_the_doctor_sees_own_numbers_and_who_is_next(morning, monkeypatch):
    desk = sit(monkeypatch, "rao")

    assert [numbers(desk)[one] for one in ROOM] == ["1", "0", "1"]
    assert "Ben Thomas" in said(desk)
    assert "Asha" not in said(desk)


def test_the_doctor_is_led_back_to_an_open_consultation(morning, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        visits = schedule_of(db, TODAY, 1, by=ward.rao_account)
        booked = next(one.appointment for one in visits if one.patient.id == ward.ben.id)
        begin_consultation(db, booked, by=ward.rao_account)

    desk = sit(monkeypatch, "rao")

    assert "A consultation is open since" in said(desk)
    assert desk.get("page_link")[0].proto.label == "Go on with the consultation"


def test_finance_sees_the_till_and_what_is_owed(morning, monkeypatch):
    desk = sit(monkeypatch, "ishaan")

    assert {word: numbers(desk)[word] for word in TILL} == {
        "Received today": "₹300.00",
        "Billed today": "₹800.00",
        "Owed in all": "₹500.00",
        "Patients owing": "1",
    }


def test_the_cmo_sees_expiring_registrations_and_emergencies(morning, monkeypatch):
    desk = sit(monkeypatch, "khan")

    expiring, urgent = (one.value for one in desk.dataframe)
    assert list(expiring["Doctor"]) == ["Dr Suresh Iyer"]
    assert list(urgent["Reason"]) == ["Doctor's advice"]
    assert list(urgent["Dues then"]) == ["₹0.00"]


def test_a_registrar_sees_doctors_and_no_emergencies(morning, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        create_account(db, "lata", "Lata", PASSWORD, {Role.REGISTRAR}, by=ward.tara)

    desk = sit(monkeypatch, "lata")

    assert tuple(numbers(desk)) == STAFF
    assert "Emergency" not in said(desk)


def test_two_roles_in_one_account_keep_their_numbers_apart(morning, monkeypatch):
    """A doctor who also minds the front desk sees the hospital's day there, the own one here."""
    with database.transaction() as db:
        ward = ward_of(db)
        both = {Role.DOCTOR, Role.FRONT_DESK}
        change_account(db, ward.iyer_account, both, by=ward.tara, doctor_id=ward.iyer.id)

    desk = sit(monkeypatch, "iyer")

    assert [one.value for one in desk.subheader][:2] == ["Doctor", "Front desk"]
    assert [one.value for one in desk.metric][:7] == ["0", "1", "0", "1", "1", "1", "0"]


def test_a_doctors_numbers_are_not_for_the_front_desk(db, ward):
    with pytest.raises(NotPermitted):
        own_day_numbers(db, by=ward.meera)


def test_the_next_patients_name_is_shown_as_text(sqlite_house, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        typed = replace(ASHA, name="**Asha** <b>x</b> :smile:")
        named = enroll_patient(db, typed, form="marked", by=ward.meera)
        book_appointment(db, named, ward.rao, at(10), FIRST, form="m", by=ward.meera)

    desk = sit(monkeypatch, "rao")

    assert "\\*\\*Asha\\*\\* \\<b\\>x\\</b\\>" in said(desk)
    assert "**Asha**" not in said(desk)
