"""The phone screen: a caller on the line, and a clerk who finds, holds, enrolls and books."""

import json
from datetime import date, timedelta

import pytest
from sqlmodel import Session, delete, select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import (
    Account,
    Appointment,
    EmergencyReason,
    Hold,
    Method,
    Patient,
    Priority,
    Role,
    Sex,
    Tariff,
    VisitKind,
    WorkingSession,
)
from mediklaud.repository import (
    PatientForm,
    begin_consultation,
    book_appointment,
    create_account,
    enroll_patient,
    finish_consultation,
    note_no_show,
    take_payment,
    the_hospital,
)
from mediklaud.ui import times
from tests.desk import booked, click, cut_off_after_the_commit, find, said, sit, take, the
from tests.hospital import ASHA, BEN, PASSWORD, TODAY, Ward, at, ward_of

ODD_NAME = "**Asha** <script> :smile:"
RAO = "Dr Anjali Rao · Cardiology · DOC-0001"


def choose_whom(page: AppTest, words: str = RAO) -> AppTest:
    """Choose a doctor, or all of a specialty."""
    return the(page.selectbox, "Doctor or specialty").select(words).run()


def hours(page: AppTest) -> list[str]:
    """The free times in sight."""
    return [one.label for one in page.button if one.label[-2:] in ("AM", "PM")]


def press_time(page: AppTest, hour: str) -> AppTest:
    """Click the first free time of an hour."""
    return next(one for one in page.button if one.label == hour).click().run()


def to_the_confirmation(page: AppTest, words: str, number: str, hour: str = "10:15 AM") -> AppTest:
    """Find, choose, doctor, time: all but the last of the five."""
    return press_time(choose_whom(take(find(page, words), number)), hour)


def counted_down(page: AppTest) -> list[str]:
    """What the screen counts down, with the whole minutes that are left."""
    shown = [json.loads(one.proto.json) for one in page.get("bidi_component") if one.proto.json]
    return [f"{one['words']} {one['left'] // 60}" for one in shown if "left" in one]


def held() -> list[tuple[str, object]]:
    """Who holds which time now."""
    with reading() as db:
        rows = select(Account.username, Hold.starts_at).join(Account, Account.id == Hold.account_id)
        return [tuple(row) for row in db.exec(rows)]


def book(db: Session, ward: Ward, patient: Patient, hour: int = 10, minute: int = 0) -> Appointment:
    """A first visit with Dr Rao."""
    form, first = f"{patient.id}-{hour}-{minute}", VisitKind.FIRST
    return book_appointment(
        db, patient, ward.rao, at(hour, minute), first, form=form, by=ward.meera
    )


@pytest.fixture
def tariq(sqlite_house) -> str:
    """The second clerk of the front desk."""
    with transaction() as db:
        by = ward_of(db).tara
        new = create_account(db, "tariq", "Tariq Anwar", PASSWORD, {Role.FRONT_DESK}, by=by)
        new.must_change_password = False
    return "tariq"


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


def test_a_long_list_of_namesakes_says_that_there_are_more(sqlite_house, monkeypatch):
    with transaction() as db:
        for one in range(9):
            typed = PatientForm(f"Menon {one}", BEN.sex, BEN.phone, "Kochi", age_years=30)
            enroll_patient(db, typed, form=f"menon-{one}", by=ward_of(db).meera)
    page = sit(monkeypatch, "meera", "front_desk/book")

    find(page, "menon")

    assert len([one for one in page.button if "JMI" in one.label]) == 8
    assert "There are more." in said(page)


def test_a_name_full_of_marks_is_shown_as_it_is(sqlite_house, monkeypatch):
    with transaction() as db:
        typed = PatientForm(ODD_NAME, BEN.sex, "98860 33333", "Kochi", age_years=30)
        enroll_patient(db, typed, form="odd", by=ward_of(db).meera)
    page = sit(monkeypatch, "meera", "front_desk/book")

    take(find(page, "script"), "JMI-000003")

    assert page.main.subheader[0].value == "\\*\\*Asha\\*\\* \\<script\\> \\:\u200bsmile\\:"


# Holding


def test_a_chosen_time_is_held_and_not_booked(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")

    to_the_confirmation(page, "asha", "JMI-000001")

    assert held() == [("meera", at(10, 15))]
    assert counted_down(page) == ["Held for you, 4"]
    # It stays in its place among the free ones, since this desk may have it.
    assert hours(page)[:2] == ["10:00 AM", "10:15 AM"]
    assert booked() == []


def test_another_clerk_sees_who_holds_a_time_and_cannot_take_it(tariq, monkeypatch):
    to_the_confirmation(sit(monkeypatch, "meera", "front_desk/book"), "asha", "JMI-000001")

    page = choose_whom(sit(monkeypatch, tariq, "front_desk/book"))

    assert counted_down(page) == ["10:15 AM · held by Meera Nair, 4"]
    assert hours(page)[:2] == ["10:00 AM", "10:30 AM"]


def test_a_click_on_a_time_that_was_just_held_is_told_who_holds_it(tariq, monkeypatch):
    late = choose_whom(sit(monkeypatch, tariq, "front_desk/book"))
    to_the_confirmation(sit(monkeypatch, "meera", "front_desk/book"), "asha", "JMI-000001")

    press_time(late, "10:15 AM")

    assert "Meera Nair is holding this time for another caller, for 4:5" in said(late)
    assert "The next free time is Monday 23 November 2026, 10:30 AM IST." in said(late)
    assert hours(late)[:2] == ["10:00 AM", "10:30 AM"]
    assert [who for who, _ in held()] == ["meera"]


def test_a_click_on_a_time_that_was_just_booked_is_told_the_next_one(tariq, monkeypatch):
    late = choose_whom(sit(monkeypatch, tariq, "front_desk/book"))
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)

    press_time(late, "10:00 AM")

    assert "This time was just taken. The next free time is" in said(late)
    assert hours(late)[0] == "10:15 AM"
    assert held() == []


def test_a_refused_time_leaves_the_one_that_is_held(tariq, monkeypatch):
    late = press_time(choose_whom(sit(monkeypatch, tariq, "front_desk/book")), "11:00 AM")
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)

    press_time(late, "10:00 AM")

    assert "This time was just taken." in said(late)
    assert held() == [("tariq", at(11))]
    assert counted_down(late) == ["Held for you, 4"]


def test_another_free_time_is_held_instead(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    press_time(page, "11:00 AM")

    assert held() == [("meera", at(11))]
    assert the(page.button, "Book 11:00 AM with Dr Anjali Rao")


def test_a_hold_that_ran_out_books_nothing(sqlite_house, nine_o_clock, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))

    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert "Your hold on this time has run out, so nothing is booked." in said(page)
    assert booked() == []


def test_a_hold_that_ran_out_is_taken_again(sqlite_house, nine_o_clock, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))
    page.run()
    assert "ran out after 5 minutes. Nothing is booked." in said(page)
    assert not [one for one in page.button if one.label.startswith("Book 10")]

    click(page, "Hold it again")
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    assert [one.starts_at for one in booked()] == [at(10, 15)]


def test_a_time_is_free_for_others_the_moment_its_hold_ends(tariq, nine_o_clock, monkeypatch):
    to_the_confirmation(sit(monkeypatch, "meera", "front_desk/book"), "asha", "JMI-000001")
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))

    page = press_time(choose_whom(sit(monkeypatch, tariq, "front_desk/book")), "10:15 AM")

    assert held() == [("tariq", at(10, 15))]
    assert counted_down(page) == ["Held for you, 4"]


def test_five_minutes_more_are_given_once(sqlite_house, nine_o_clock, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")
    nine_o_clock.shift(timedelta(minutes=3))

    click(page, "5 minutes more")

    assert counted_down(page) == ["Held for you, 4"]
    assert the(page.button, "5 minutes more").disabled


def test_another_time_gives_the_held_one_back(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    click(page, "Another time")

    assert held() == []
    assert counted_down(page) == []


def test_another_patient_gives_the_held_time_back(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    click(page, "Another patient")

    assert held() == []
    assert the(page.selectbox, "Doctor or specialty").value is None


def test_leaving_the_page_gives_the_held_time_back(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    page.switch_page("pages/front_desk/day.py").run()

    assert held() == []
    assert not page.error


def test_signing_out_gives_the_held_time_back(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    click(page, "Sign out")

    assert held() == []


def test_a_second_click_on_a_time_is_the_same_hold(sqlite_house, monkeypatch):
    page = choose_whom(sit(monkeypatch, "meera", "front_desk/book"))

    with cut_off_after_the_commit(monkeypatch):
        press_time(page, "10:15 AM")
    assert held() == [("meera", at(10, 15))]
    press_time(page.run(), "10:15 AM")

    assert held() == [("meera", at(10, 15))]
    assert counted_down(page) == ["Held for you, 4"]


def test_the_second_tab_of_a_clerk_takes_the_hold_over(sqlite_house, monkeypatch):
    first = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(first, "asha", "JMI-000001")
    to_the_confirmation(
        sit(monkeypatch, "meera", "front_desk/book"), "ben", "JMI-000002", "11:00 AM"
    )

    click(first, "Book 10:15 AM with Dr Anjali Rao")

    assert booked() == []
    assert held() == [("meera", at(11))]


# The caller's wishes


def sunday_off(db: Session) -> None:
    """Nobody works on Sundays."""
    db.execute(delete(WorkingSession).where(WorkingSession.weekday == 6))


def test_a_morning_is_over_at_noon(sqlite_house, monkeypatch):
    page = choose_whom(sit(monkeypatch, "meera", "front_desk/book"))

    the(page.segmented_control, "Time of day").select("Morning").run()
    mornings = set(hours(page))
    the(page.segmented_control, "Time of day").select("Afternoon").run()

    assert "11:45 AM" in mornings
    assert {one[-2:] for one in mornings} == {"AM"}
    assert set(hours(page)) == {"12:00 PM", "12:15 PM", "12:30 PM", "12:45 PM"}


def test_only_the_weekdays_that_suit_are_offered(sqlite_house, monkeypatch):
    page = choose_whom(sit(monkeypatch, "meera", "front_desk/book"))

    the(page.segmented_control, "Weekdays").select(2).run()

    days = [line for line in said(page).splitlines() if line.startswith("**")]
    assert days[:2] == ["**Wednesday 25 November 2026**", "**Wednesday 2 December 2026**"]


def test_where_nothing_suits_the_page_says_what_to_do(sqlite_house, monkeypatch):
    with transaction() as db:
        sunday_off(db)
    page = choose_whom(sit(monkeypatch, "meera", "front_desk/book"))

    the(page.segmented_control, "Weekdays").select(6).run()

    assert "Nothing suits within 180 days" in said(page)
    assert hours(page) == []


def test_where_nothing_suits_the_waitlist_is_next(sqlite_house, monkeypatch):
    monkeypatch.setattr(times, "_WAITLIST", "pages/front_desk/enroll.py")
    with transaction() as db:
        sunday_off(db)
    page = choose_whom(sit(monkeypatch, "meera", "front_desk/book"))
    the(page.segmented_control, "Weekdays").select(6).run()

    click(page, "Put on the waitlist")

    assert page.title[0].value == "Enroll a patient"


def test_a_week_that_fits_on_the_screen_is_not_the_last_one(sqlite_house, monkeypatch):
    with transaction() as db:
        db.execute(delete(WorkingSession).where(WorkingSession.weekday > 1))
        for one in db.exec(select(WorkingSession)):
            one.ends_minute = 15 * 60
    page = choose_whom(sit(monkeypatch, "meera", "front_desk/book"))
    assert "Monday 30 November 2026" not in said(page)

    click(page, "More days")

    assert "Monday 30 November 2026" in said(page)


def test_a_kind_is_offered_where_it_is_seen_and_has_a_price(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        for one in db.exec(select(WorkingSession)):
            one.procedure_minutes = 45
        for_procedures = Tariff(
            doctor_id=ward.rao.id,
            kind=VisitKind.PROCEDURE,
            effective_from=TODAY,
            price_paise=5_000_00,
        )
        db.add(for_procedures)
    page = sit(monkeypatch, "meera", "front_desk/book")

    rao = the(choose_whom(page).segmented_control, "Visit").options
    iyer = the(
        choose_whom(page, "Any doctor of General medicine").segmented_control, "Visit"
    ).options

    assert [one.replace("\\", "") for one in rao] == [
        "First visit · 15 min · ₹800.00",
        "Follow-up · 15 min · ₹400.00",
        "Procedure · 45 min · ₹5,000.00",
    ]
    assert [one.split(" · ")[0] for one in iyer] == ["First visit", "Follow\\-up"]


def test_another_kind_of_visit_is_held_for_its_own_length(sqlite_house, monkeypatch):
    with transaction() as db:
        for one in db.exec(select(WorkingSession)):
            one.follow_up_minutes = 30
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    the(page.segmented_control, "Visit").select(VisitKind.FOLLOW_UP).run()
    click(page, "Book 10:15 AM with Dr Anjali Rao")

    (one,) = booked()
    assert (one.kind, one.ends_at) == (VisitKind.FOLLOW_UP, at(10, 45))


def test_a_time_too_short_for_another_kind_is_given_back(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        for one in db.exec(select(WorkingSession)):
            one.follow_up_minutes = 30
        book(db, ward, ward.ben, 10, 30)
    page = sit(monkeypatch, "meera", "front_desk/book")
    to_the_confirmation(page, "asha", "JMI-000001")

    the(page.segmented_control, "Visit").select(VisitKind.FOLLOW_UP).run()

    assert "This time was just taken." in said(page)
    assert held() == []


def test_each_of_several_doctors_shows_some_times_and_all_when_asked(sqlite_house, monkeypatch):
    page = choose_whom(sit(monkeypatch, "meera", "front_desk/book"), "Any doctor")
    before = hours(page).count("12:45 PM")

    next(one for one in page.button if one.label == "6 more").click().run()

    assert before == 0
    assert hours(page).count("12:45 PM") == 1


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


def test_a_free_follow_up_is_said_in_words(entitled, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    choose_whom(take(find(page, "asha"), "JMI-000001"))

    the(page.segmented_control, "Visit").select(VisitKind.FOLLOW_UP).run()
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


# One patient more


def open_drawer(page: AppTest) -> AppTest:
    """Open the drawer in which a session is overbooked."""
    form = page.session_state["_forms"]["form"]
    page.session_state[f"{form}/over/over"] = True
    return page.run()


def test_a_taken_time_is_overbooked_with_a_reason(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)
    page = sit(monkeypatch, "meera", "front_desk/book")
    open_drawer(choose_whom(take(find(page, "asha"), "JMI-000001")))

    assert the(page.selectbox, "Time").options == ["10:00 AM · 2 more"]
    the(page.selectbox, "Time").select_index(0)
    the(page.selectbox, "Reason").select("Came from far away")
    click(page, "Overbook")

    assert [one.overbook_reason for one in booked()] == [None, "Came from far away"]
    assert "Asha Menon is booked over a time that was taken: Monday 23 November" in said(page)


def test_overbooking_gives_back_what_is_held(sqlite_house, monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)
    page = sit(monkeypatch, "meera", "front_desk/book")
    take(find(page, "asha"), "JMI-000001")
    press_time(choose_whom(page, "Any doctor of General medicine"), "10:15 AM")
    open_drawer(choose_whom(page))
    the(page.selectbox, "Time").select_index(0)
    the(page.selectbox, "Reason").select("Came from far away")

    click(page, "Overbook")

    assert len(booked()) == 2
    assert held() == []


@pytest.mark.parametrize("field", ["Time", "Reason"])
def test_nobody_is_overbooked_without_a_time_or_a_reason(sqlite_house, monkeypatch, field):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.ben)
    page = sit(monkeypatch, "meera", "front_desk/book")
    open_drawer(choose_whom(take(find(page, "asha"), "JMI-000001")))
    other = {"Time": "Reason", "Reason": "Time"}[field]
    the(page.selectbox, other).select_index(0)

    click(page, "Overbook")

    assert f"{field} is empty." in said(page)
    assert len(booked()) == 1


def test_where_nothing_is_taken_nothing_is_overbooked(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", "front_desk/book")
    open_drawer(choose_whom(take(find(page, "asha"), "JMI-000001")))

    assert "No time of that day is taken" in said(page)
    assert "Overbook" not in [one.label for one in page.button]
