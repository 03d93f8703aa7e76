"""The phone screen: a caller on the line, and a clerk who finds, enrolls and books."""

from dataclasses import replace
from datetime import date

import pytest

from mediklaud.database import transaction
from mediklaud.models import EmergencyReason, Method, Priority, Sex, VisitKind
from mediklaud.repository import (
    PatientForm,
    begin_consultation,
    edit_doctor,
    enroll_patient,
    finish_consultation,
    name_payer,
    note_no_show,
    take_payment,
    the_hospital,
)
from mediklaud.ui.booking import price_words
from mediklaud.ui.holding import Chosen
from tests.desk import booked, click, cut_off_after_the_commit, find, said, sit, take, the
from tests.hospital import ASHA, BEN, CARA, DEV, at, ward_of
from tests.hospital import RAO as DR_RAO
from tests.phone import RAO, book, choose_whom, held, press_time, to_the_confirmation
from tests.till import bill_of

IYER = "Dr Suresh Iyer · General medicine · DOC-0002"
ODD_NAME = "**Asha** <script> :smile:"


@pytest.mark.parametrize(("day", "fee"), [(24, "₹800.00"), (25, "₹900.00")])
def test_the_price_of_a_chosen_time_is_that_of_its_day(sqlite_house, nine_o_clock, day, fee):
    with transaction() as db:
        ward, dearer = ward_of(db), replace(DR_RAO, consultation_fee_paise=900_00)
        from_day = date(2026, 11, 25)
        edit_doctor(db, ward.rao, dearer, version=1, by=ward.khan, fees_from=from_day)
        starts_at, hospital = at(10, day=date(2026, 11, day)), the_hospital(db)
    chosen = Chosen("call", ward.rao.id, ward.rao.name, starts_at, VisitKind.FIRST, "", starts_at)

    assert price_words(chosen, None, hospital).endswith(fee)


@pytest.fixture
def owing(sqlite_house, nine_o_clock) -> None:
    """Asha has been seen at ten, and has not paid."""
    with transaction() as db:
        ward = ward_of(db)
        visit = book(db, ward, ward.asha)
    nine_o_clock.move_to(at(10))
    with transaction() as db:
        encounter = begin_consultation(db, visit, by=ward.rao_account)
        finish_consultation(db, encounter, "Rest.", by=ward.rao_account)


# Booking


def test_a_known_patient_is_booked_in_five_actions(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")

    to_the_confirmation(page, "98860 11111", "JMI-000001")
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert [one.starts_at for one in booked()] == [at(10, 15)]
    assert page.success[0].value.replace("\\", "") == (
        "Asha Menon is booked: Monday 23 November 2026, 10:15 AM IST, with Dr Anjali Rao. "
        "A confirmation letter is queued."
    )
    assert the(page.text_input, "Find a patient").value == ""


def test_nothing_is_booked_before_the_confirmation(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")

    to_the_confirmation(page, "asha", "JMI-000001")

    assert booked() == []
    assert "First visit · ₹800.00" in said(page)


def test_a_kept_patient_who_is_no_longer_on_record_is_forgotten(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    page.session_state["_patient"] = 999_999
    page.run()

    assert not page.exception
    assert not page.error
    assert page.session_state["_patient"] is None
    assert page.text_input(key="find-patient").label == "Find a patient"


def test_a_patient_without_email_is_told_the_time_on_the_phone(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")

    to_the_confirmation(page, "ben", "JMI-000002")
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert "Ben Thomas has no email: tell the time on the phone, +91 98860 22222." in said(page)
    assert "queued" not in page.success[0].value
    assert "No mail server is set" in said(page)


def test_the_visit_chosen_is_the_visit_booked(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    choose_whom(take(find(page, "asha"), "JMI-000001"))

    the(page.segmented_control, "Visit").select(VisitKind.FOLLOW_UP).run()
    press_time(page, "10:15 AM")
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert booked()[0].kind is VisitKind.FOLLOW_UP


def test_a_second_click_books_once(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    with cut_off_after_the_commit(monkeypatch):
        click(page, "Book 10:15 AM with Dr Anjali Rao")
    assert len(booked()) == 1
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert len(booked()) == 1
    assert "Asha Menon is booked" in said(page)


def test_any_doctor_of_a_specialty_is_offered_by_name(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    take(find(page, "asha"), "JMI-000001")

    the(page.selectbox, "Doctor or specialty").select("Any doctor").run()

    assert {"Dr Anjali Rao", "Dr Suresh Iyer"} <= set(said(page).splitlines())


def test_more_days_are_shown_when_asked_for(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    choose_whom(take(find(page, "asha"), "JMI-000001"))
    before = said(page)

    click(page, "More days")

    assert "Wednesday 25 November 2026" not in before
    assert "Wednesday 25 November 2026" in said(page)


def test_a_patient_who_owes_is_not_booked(owing, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")

    to_the_confirmation(page, "asha", "JMI-000001")

    assert the(page.button, "Book 10:15 AM with Dr Anjali Rao").disabled
    assert "Routine booking is on hold: ₹800.00 is owed." in said(page)


@pytest.mark.parametrize(
    ("own_paise", "whose"),
    [(0, "₹500.00 is owed, all of it"), (60_00, "₹560.00 is owed, ₹500.00 of it")],
)
def test_a_minors_hold_says_what_the_payer_owes(sqlite_house, monkeypatch, own_paise, whose):
    with transaction() as db:
        ward = ward_of(db)
        dev, cara = (enroll_patient(db, one, form=one.name, by=ward.meera) for one in (DEV, CARA))
        if own_paise:
            bill_of(db, ward, cara, own_paise)
        name_payer(db, cara, dev, by=ward.meera)
        bill_of(db, ward, dev, 500_00)
    page = sit(monkeypatch, "meera", "front_desk/book")

    choose_whom(take(find(page, "cara"), cara.number))

    assert f"Routine booking is on hold: {whose} by who pays for this minor." in said(page)


def test_a_bill_issued_meanwhile_holds_the_booking_back(sqlite_house, nine_o_clock, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        visit = book(db, ward, ward.asha)
    nine_o_clock.move_to(at(10))
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")
    with transaction() as db:
        encounter = begin_consultation(db, visit, by=ward.rao_account)
        finish_consultation(db, encounter, "Rest.", by=ward.rao_account)

    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert len(booked()) == 1
    assert "on hold" in said(page)


def test_an_emergency_is_booked_with_its_reason(owing, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    the(page.toggle, "This is an emergency").set_value(True).run()
    still_held = the(page.button, "Book 10:15 AM with Dr Anjali Rao").disabled
    the(page.selectbox, "Emergency reason").select(EmergencyReason.ACUTE_PAIN).run()
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert still_held
    assert (booked()[1].priority, booked()[1].dues_then_paise) == (Priority.EMERGENCY, 80_000)


def test_anybody_may_be_an_emergency_and_comes_first_in_the_queue(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    the(page.toggle, "This is an emergency").set_value(True).run()
    waits = the(page.button, "Book 10:15 AM with Dr Anjali Rao").disabled
    told = said(page)
    the(page.selectbox, "Emergency reason").select(EmergencyReason.ACUTE_PAIN).run()
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert waits
    assert "Choose the reason of the emergency." in told
    (one,) = booked()
    assert (one.priority, one.emergency_reason) == (
        Priority.EMERGENCY,
        EmergencyReason.ACUTE_PAIN,
    )


def test_an_emergency_that_was_a_slip_is_booked_as_routine(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    the(page.toggle, "This is an emergency").set_value(True).run()
    the(page.selectbox, "Emergency reason").select(EmergencyReason.ACUTE_PAIN).run()
    the(page.toggle, "This is an emergency").set_value(False).run()
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert [one.priority for one in booked()] == [Priority.ROUTINE]


def test_a_family_phone_finds_all_its_members(sqlite_house, monkeypatch):
    with transaction() as db:
        typed = PatientForm("Anil Menon", BEN.sex, ASHA.phone, "4 Lake View", date(2015, 6, 1))
        enroll_patient(db, typed, form="anil", by=ward_of(db).meera)
    page = sit(monkeypatch, "meera", "front_desk/book")

    find(page, "11111")

    labels = [one.label.replace("\\", "").replace("\u00a0", " ") for one in page.button]
    found = [label for label in labels if "98860 11111" in label]
    assert [words.split(" · ")[:3] for words in found] == [
        ["**Anil Menon**", "JMI-000003", "11 y"],
        ["**Asha Menon**", "JMI-000001", "36 y"],
    ]


@pytest.mark.parametrize(("count", "more"), [(24, False), (25, True)])
def test_a_big_family_is_offered_whole_and_a_longer_list_says_so(
    sqlite_house, monkeypatch, count, more
):
    with transaction() as db:
        for one in range(count):
            typed = PatientForm(f"Menon {one}", BEN.sex, "98860 44444", "Kochi", age_years=30)
            enroll_patient(db, typed, form=f"menon-{one}", by=ward_of(db).meera)
    page = sit(monkeypatch, "meera", "front_desk/book")

    find(page, "98860 44444")

    assert len([one for one in page.button if "JMI" in one.label]) == 24
    assert ("The first 24 are shown; there are more." in said(page)) is more


def test_a_name_full_of_marks_is_shown_as_it_is(sqlite_house, monkeypatch):
    with transaction() as db:
        typed = PatientForm(ODD_NAME, BEN.sex, "98860 33333", "Kochi", age_years=30)
        enroll_patient(db, typed, form="odd", by=ward_of(db).meera)
    page = sit(monkeypatch, "meera", "front_desk/book")

    take(find(page, "script"), "JMI-000003")

    assert page.main.subheader[0].value == "\\*\\*Asha\\*\\* \\<script\\> \\:\u200bsmile\\:"


# The chosen patient


def test_the_card_counts_who_did_not_come(sqlite_house, nine_o_clock, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        visits = [book(db, ward, ward.asha, hour) for hour in (10, 11)]
    nine_o_clock.move_to(at(11, 30))
    with transaction() as db:
        for visit in visits:
            note_no_show(db, visit, by=ward_of(db).meera)
    page = sit(monkeypatch, "meera", "front_desk/book")

    take(find(page, "asha"), "JMI-000001")

    assert "Did not come 2 times, last on 23 Nov 2026" in said(page)


def test_a_patient_who_always_came_has_no_such_mark(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")

    take(find(page, "asha"), "JMI-000001")

    assert "Did not come" not in said(page)


@pytest.fixture
def entitled(sqlite_house, nine_o_clock) -> None:
    """Asha's paid visit gives her two free follow-ups with Dr Rao within a week."""
    with transaction() as db:
        ward = ward_of(db)
        hospital = the_hospital(db)
        hospital.follow_up_visits, hospital.follow_up_days = 2, 7
        visit = book(db, ward, ward.asha)
    nine_o_clock.move_to(at(10))
    with transaction() as db:
        encounter = begin_consultation(db, visit, by=ward.rao_account)
        finish_consultation(db, encounter, "Rest.", by=ward.rao_account)
        take_payment(db, ward.asha, 800_00, Method.CASH, form="paid", by=ward.ishaan)


def test_a_follow_up_is_chosen_by_itself_where_one_is_left(entitled, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")

    to_the_confirmation(page, "asha", "JMI-000001")
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert [one.kind for one in booked()] == [VisitKind.FIRST, VisitKind.FOLLOW_UP]


def test_the_kind_is_the_usual_one_with_a_doctor_with_whom_nothing_is_left(entitled, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    choose_whom(take(find(page, "asha"), "JMI-000001"))
    whom = []
    for words in (IYER, RAO, "Any doctor"):
        choose_whom(page, words)
        whom.append(the(page.segmented_control, "Visit").value)

    assert whom == [VisitKind.FIRST, VisitKind.FOLLOW_UP, VisitKind.FIRST]


def test_a_follow_up_is_chosen_by_itself_when_the_patient_is_found_last(entitled, monkeypatch):
    page = press_time(choose_whom(sit(monkeypatch, "meera", "front_desk/book")), "10:15 AM")
    assert the(page.segmented_control, "Visit").value is VisitKind.FIRST

    take(find(page, "asha"), "JMI-000001")

    assert the(page.segmented_control, "Visit").value is VisitKind.FOLLOW_UP
    assert held() == [("meera", at(10, 15))]


def test_the_kind_the_clerk_chose_stays_whichever_the_doctor(entitled, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    choose_whom(take(find(page, "asha"), "JMI-000001"))
    the(page.segmented_control, "Visit").select(VisitKind.FIRST).run()
    kinds = [the(page.segmented_control, "Visit").value]
    for words in (IYER, RAO):
        choose_whom(page, words)
        kinds.append(the(page.segmented_control, "Visit").value)
    page.run()

    assert kinds == [VisitKind.FIRST] * 3
    assert the(page.segmented_control, "Visit").value is VisitKind.FIRST


def test_a_free_follow_up_is_said_in_words(entitled, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    choose_whom(take(find(page, "asha"), "JMI-000001"))

    assert "Dr Anjali Rao: free visit 1 of 2 until 30 Nov" in said(page)
    press_time(page, "10:15 AM")

    assert "Dr Anjali Rao · Follow-up · free visit 1 of 2 until 30 Nov" in said(page)


# Somebody new


def test_a_new_patient_is_enrolled_and_booked_in_one_flow(sqlite_house, monkeypatch):
    page = press_time(choose_whom(sit(monkeypatch, "meera", "front_desk/book")), "10:15 AM")
    assert "Find the patient, or enroll a new one." in said(page)
    assert the(page.button, "Book 10:15 AM with Dr Anjali Rao").disabled

    click(find(page, "98860 44444"), "Enroll a new patient")
    assert the(page.text_input, "Phone").value == "98860 44444"
    the(page.text_input, "Name").input("Devi Das")
    the(page.text_area, "Address").input("9 Hill Road")
    the(page.segmented_control, "Sex").select(Sex.FEMALE)
    the(page.number_input, "Age in years").set_value(30)
    click(page, "Enroll")
    assert "Devi Das is enrolled as JMI-000003." in said(page)
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert "Devi Das is booked: Monday 23 November 2026, 10:15 AM IST" in said(page)
    assert [one.starts_at for one in booked()] == [at(10, 15)]


@pytest.mark.parametrize(
    ("typed", "name", "phone"),
    [
        ("Devi Das", "Devi Das", ""),
        ("देवी", "देवी", ""),
        ("98860 4", "", "98860 4"),
        ("JMI-000009", "", ""),
    ],
)
def test_what_was_searched_stands_in_its_field(sqlite_house, monkeypatch, typed, name, phone):
    page = find(sit(monkeypatch, "meera", "front_desk/book"), typed)

    click(page, "Enroll a new patient")

    assert the(page.text_input, "Name").value == name
    assert the(page.text_input, "Phone").value == phone


def test_a_new_patient_who_is_refused_keeps_what_was_typed(sqlite_house, monkeypatch):
    page = find(sit(monkeypatch, "meera", "front_desk/book"), "Devi Das")
    click(page, "Enroll a new patient")

    click(page, "Enroll")

    assert "Sex is empty." in said(page)
    assert the(page.text_input, "Name").value == "Devi Das"


def test_somebody_known_already_is_taken_instead(sqlite_house, monkeypatch):
    page = press_time(choose_whom(sit(monkeypatch, "meera", "front_desk/book")), "10:15 AM")
    click(find(page, "Asha Menen"), "Enroll a new patient")
    click(page, "Enroll")

    click(page, "This is the one")

    assert "36 y · Female · +91 98860 11111" in said(page)
    assert held() == [("meera", at(10, 15))]
