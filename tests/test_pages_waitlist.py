"""The waitlist's page: putting on, the one click that books, and what was just freed."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import (
    LIVE,
    Appointment,
    EmergencyReason,
    Patient,
    Priority,
    VisitKind,
    WaitlistEntry,
)
from mediklaud.repository import (
    WaitForm,
    account_named,
    begin_sign_in,
    book_waiting,
    cancel_appointment,
    put_on_waitlist,
    waiting,
    weekdays_of,
)
from mediklaud.ui import waitlist
from tests.desk import sit
from tests.fields import beside, fill, open_every_menu, press
from tests.hospital import TODAY, Ward, at, ward_of
from tests.test_pages_front_desk import click, find, said, take
from tests.visits import a_form, book, desk, visit

PAGE = "front_desk/waitlist"
BOOK_TEN = "Book 10:00 AM with Dr Anjali Rao"


def wait(db: Session, ward: Ward, patient: Patient, **changes: object) -> WaitlistEntry:
    """A patient waits for Dr Rao within a week."""
    week = TODAY + timedelta(days=7)
    typed = WaitForm(VisitKind.FIRST, TODAY, week, doctor_id=ward.rao.id)
    typed = WaitForm(**{**vars(typed), **changes})
    return put_on_waitlist(db, patient, typed, form=a_form(), by=ward.meera)


def entries() -> list[WaitlistEntry]:
    """Every entry, by age."""
    with reading() as db:
        return list(db.exec(select(WaitlistEntry).order_by(WaitlistEntry.id)))


def live() -> list[Appointment]:
    """Every live appointment."""
    with reading() as db:
        return [one for one in db.exec(select(Appointment)) if one.status in LIVE]


def offered(page: AppTest, label: str) -> list[object]:
    """The buttons with this label, whatever Markdown needs to show it."""
    return [one for one in page.button if one.label.replace("\\", "") == label]


def asha_on_the_phone(patch: pytest.MonkeyPatch) -> AppTest:
    """Meera has found Asha."""
    return take(find(sit(patch, "meera", PAGE), "asha"), "JMI-000001")


@pytest.fixture
def asha_waits(sqlite_house) -> WaitlistEntry:
    """Asha waits for Dr Rao."""
    with desk() as (db, ward):
        return wait(db, ward, ward.asha)


# Putting on the list


def test_a_patient_is_put_on_the_list_as_asked(sqlite_house, monkeypatch):
    page = asha_on_the_phone(monkeypatch)
    fill(page, Doctor_or_specialty="Dr Anjali Rao · Cardiology · DOC-0001", Hours="Morning")
    fill(page, Visit=VisitKind.FOLLOW_UP, Last_day=date(2026, 11, 30), Weekdays=[0, 2])
    page.toggle[0].set_value(True)

    press(page, "Put on the waitlist")

    (entry,) = entries()
    assert (entry.kind, entry.last_day) == (VisitKind.FOLLOW_UP, date(2026, 11, 30))
    assert (weekdays_of(entry), entry.begins_minute, entry.ends_minute) == ({0, 2}, 0, 720)
    assert entry.urgent
    assert "Asha Menon is on the waitlist." in said(page)
    wish = "Dr Anjali Rao · Follow-up · 23 Nov – 30 Nov 2026 · Mon, Wed · morning"
    assert wish in said(page)


def test_any_doctor_of_a_specialty_can_be_waited_for(sqlite_house, monkeypatch):
    page = asha_on_the_phone(monkeypatch)
    fill(page, Doctor_or_specialty="Any doctor of Cardiology")

    press(page, "Put on the waitlist")

    (entry,) = entries()
    assert (entry.doctor_id, entry.specialty) == (None, "Cardiology")
    assert offered(page, BOOK_TEN)


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({}, "Doctor or specialty", "is empty"),
        ({"Weekdays": []}, "Weekdays", "is empty"),
        ({"Last_day": TODAY, "Weekdays": [4]}, "Weekdays", "that can still come"),
        ({"First_day": date(2026, 12, 2), "Last_day": date(2026, 12, 1)}, "Last day", "still come"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    sqlite_house, monkeypatch, typed, field, told
):
    page = asha_on_the_phone(monkeypatch)
    doctor = "Dr Anjali Rao · Cardiology · DOC-0001"
    fill(page, **({"Doctor_or_specialty": doctor, **typed} if typed else {}))

    press(page, "Put on the waitlist")

    assert told in beside(page, field)
    assert entries() == []


def test_a_patient_with_dues_is_shown_them_and_may_wait(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        visit(db, ward, ward.asha, ward.iyer)
    page = asha_on_the_phone(monkeypatch)
    assert "Routine booking is on hold: ₹500.00 is owed" in said(page)
    assert "May wait all the same" in said(page)
    fill(page, Doctor_or_specialty="Dr Anjali Rao · Cardiology · DOC-0001")

    press(page, "Put on the waitlist")

    assert len(entries()) == 1


def test_what_a_patient_waits_for_already_is_shown(asha_waits, monkeypatch):
    page = asha_on_the_phone(monkeypatch)

    assert "Waits already: Dr Anjali Rao · First visit · 23 Nov – 30 Nov 2026" in said(page)


# The list


def test_an_empty_list_says_what_to_do(sqlite_house, monkeypatch):
    page = sit(monkeypatch, "meera", PAGE)

    assert "Nobody waits. Find a patient to put on the list." in said(page)


def test_one_click_books_the_earliest_time(asha_waits, monkeypatch):
    page = sit(monkeypatch, "meera", PAGE)
    assert "Earliest: **Monday 23 November 2026, 10:00 AM IST**" in said(page)

    click(page, BOOK_TEN)

    (booked,) = live()
    assert booked.starts_at == at(10)
    assert entries()[0].appointment_id == booked.id
    assert page.success[0].value.replace("\\", "") == (
        "Asha Menon is booked: Monday 23 November 2026, 10:00 AM IST, with Dr Anjali Rao. "
        "A confirmation letter is queued."
    )
    assert not offered(page, BOOK_TEN)


def test_the_urgent_stand_above_the_others(asha_waits, monkeypatch):
    with desk() as (db, ward):
        wait(db, ward, ward.ben, urgent=True)
    words = said(sit(monkeypatch, "meera", PAGE))

    assert words.index("Ben Thomas") < words.index("Asha Menon")


def test_a_time_that_just_went_is_refused_on_the_card(asha_waits, monkeypatch):
    page = sit(monkeypatch, "meera", PAGE)
    with desk() as (db, ward):
        book(db, ward, ward.ben, ward.rao)

    click(page, BOOK_TEN)

    assert "This time was just taken. The next free time is" in said(page)
    assert entries()[0].closed_at is None
    assert offered(page, "Book 10:15 AM with Dr Anjali Rao")


def test_a_patient_whom_another_desk_booked_is_not_booked_again(asha_waits, monkeypatch):
    page = sit(monkeypatch, "meera", PAGE)
    with desk() as (db, ward):
        book_waiting(db, asha_waits, ward.rao, at(12), form=a_form(), by=ward.meera)

    click(page, BOOK_TEN)

    assert "Asha Menon does not wait any more" in said(page)
    assert [one.starts_at for one in live()] == [at(12)]


def test_who_is_on_hold_is_booked_only_as_an_emergency(asha_waits, monkeypatch):
    with desk() as (db, ward):
        visit(db, ward, ward.asha, ward.iyer)
    page = sit(monkeypatch, "meera", PAGE)
    later = "Book 10:15 AM with Dr Anjali Rao"
    (button,) = offered(page, later)
    assert button.disabled
    assert "₹500.00 is owed. Take the payment" in said(page)

    page.toggle[0].set_value(True).run()
    fill(page, Emergency_reason=EmergencyReason.ACUTE_PAIN)
    page.run()
    click(page, later)

    (booked,) = [one for one in live() if one.starts_at == at(10, 15)]
    assert booked.emergency_reason is EmergencyReason.ACUTE_PAIN


def test_anybody_who_waits_may_be_booked_as_an_emergency(asha_waits, monkeypatch):
    page = sit(monkeypatch, "meera", PAGE)
    page.toggle[0].set_value(True).run()
    (button,) = offered(page, BOOK_TEN)
    assert button.disabled

    fill(page, Emergency_reason=EmergencyReason.BREATHLESSNESS)
    page.run()
    click(page, BOOK_TEN)

    (booked,) = live()
    assert (booked.priority, booked.emergency_reason) == (
        Priority.EMERGENCY,
        EmergencyReason.BREATHLESSNESS,
    )
    assert entries()[0].appointment_id == booked.id


def test_a_time_just_freed_is_given_to_an_emergency_that_owes_nothing(asha_waits, monkeypatch):
    with desk() as (db, ward):
        cancelled = book(db, ward, ward.ben, ward.rao)
        cancel_appointment(db, cancelled, "Travels", by=ward.meera)
    page = sit(monkeypatch, "meera", PAGE)
    assert "is free again" in said(page)

    page.toggle[0].set_value(True).run()
    fill(page, Emergency_reason=EmergencyReason.BLEEDING)
    page.run()
    offered(page, BOOK_TEN)[0].click().run()

    (booked,) = live()
    assert booked.emergency_reason is EmergencyReason.BLEEDING


def test_dues_that_came_while_the_page_was_open_hold_the_booking_back(asha_waits, monkeypatch):
    page = sit(monkeypatch, "meera", PAGE)
    with desk() as (db, ward):
        visit(db, ward, ward.asha, ward.iyer, at(11))

    click(page, BOOK_TEN)

    assert "Routine booking is on hold: Asha Menon owes ₹500.00 on bill" in said(page)
    assert entries()[0].closed_at is None


def test_another_appointment_is_shown_and_the_wait_goes_on(asha_waits, monkeypatch):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao, at(12))
    page = sit(monkeypatch, "meera", PAGE)

    told = "Has an appointment already: Monday 23 November 2026, 12:00 PM IST, with Dr Anjali Rao"
    assert told in said(page)
    assert offered(page, BOOK_TEN)


def test_a_withdrawn_wait_leaves_the_list(asha_waits, monkeypatch):
    page = sit(monkeypatch, "meera", PAGE)

    press(page, "Withdraw the wait")

    assert "Asha Menon does not wait any more." in said(page)
    assert entries()[0].closed_at is not None
    assert "Nobody waits." in said(page)


def test_a_wait_that_ran_out_is_told_and_can_be_taken_off(asha_waits, monkeypatch, nine_o_clock):
    nine_o_clock.move_to(at(9, 0, TODAY + timedelta(days=8)))
    page = sit(monkeypatch, "meera", PAGE)
    assert "1 wait has run out without a time" in [one.label for one in page.expander]
    assert not offered(page, BOOK_TEN)

    press(page, "Take off")

    assert entries()[0].closed_at is not None
    assert not page.expander


def test_a_long_list_turns_its_pages(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        for minute in range(21):
            wait(db, ward, ward.ben, begins_minute=minute)
    page = sit(monkeypatch, "meera", PAGE)
    assert "21 wait in all." in said(page)
    assert len(offered(page, BOOK_TEN)) == 20

    page.session_state["waitlist/page"] = 2
    page.run()
    assert len(offered(page, BOOK_TEN)) == 1
    # The page that is in sight is gone when the list grows shorter.
    press(page, "Withdraw the wait")

    assert not page.exception
    assert len(offered(page, BOOK_TEN)) == 20


def test_a_name_is_shown_as_it_is(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        ward.ben.name = "**Ben** :smile: [x](http://y)"
        db.add(ward.ben)
        wait(db, ward, ward.ben)
    page = sit(monkeypatch, "meera", PAGE)

    (shown,) = [one.value for one in page.markdown if "Ben" in one.value]
    assert r"\*\*Ben\*\*" in shown
    assert "[x](" not in shown


@pytest.mark.parametrize("username", ["ishaan", "khan", "rao"])
def test_the_page_belongs_to_the_front_desk(asha_waits, monkeypatch, username):
    open_every_menu(monkeypatch)
    page = sit(monkeypatch, username, PAGE)

    assert "This page belongs to another role." in said(page)
    assert "Asha" not in said(page)


# Just freed


def test_a_time_just_freed_is_offered_and_booked(asha_waits, monkeypatch):
    with desk() as (db, ward):
        gone = book(db, ward, ward.ben, ward.rao, at(12, 15))
        cancel_appointment(db, gone, "Fever", by=ward.meera)
    page = sit(monkeypatch, "meera", PAGE)
    assert "Monday 23 November 2026, 12:15 PM IST – 12:30 PM IST" in said(page)

    click(page, "Book 12:15 PM with Dr Anjali Rao")

    assert [one.starts_at for one in live()] == [at(12, 15)]
    assert "No time freed in the last 12 hours suits anybody who waits." in said(page)


def a_page_that_frees() -> None:
    """A page that cancels, and then shows whom the time suits."""
    import streamlit as st

    from mediklaud.models import Role
    from mediklaud.repository import cancel_appointment
    from mediklaud.ui import waitlist
    from mediklaud.ui.desk import carry, open_desk, record

    me = open_desk("Cancel", Role.FRONT_DESK)
    waitlist.offer_freed(me)
    appointment = st.session_state["appointment"]
    if st.button("Cancel it"):
        with record("Cancelled.") as db:
            cancel_appointment(db, appointment, "Fever", by=me)
            carry(db, **waitlist.freed(appointment))


def cancelled(appointment: Appointment) -> AppTest:
    """Meera has cancelled on that page."""
    with transaction() as db:
        token = begin_sign_in(db, account_named(db, "meera"))
    page = AppTest.from_function(a_page_that_frees, default_timeout=30)
    page.session_state["username"] = token
    page.session_state["appointment"] = appointment
    return press(page.run(), "Cancel it")


def test_a_page_that_frees_a_time_offers_it_to_who_waits(asha_waits):
    with desk() as (db, ward):
        appointment = book(db, ward, ward.ben, ward.rao)

    page = cancelled(appointment)

    assert "Cancelled." in said(page)
    assert "Dr Anjali Rao is free again." in said(page)
    click(page, BOOK_TEN)
    assert "Asha Menon is booked: Monday 23 November 2026, 10:00 AM IST" in said(page)
    assert "free again" not in said(page)
    with transaction() as db:
        assert waiting(db, by=ward_of(db).meera).count == 0


def test_a_freed_time_that_suits_nobody_says_so(sqlite_house):
    with desk() as (db, ward):
        appointment = book(db, ward, ward.ben, ward.rao)

    assert "It suits nobody on the waitlist." in said(cancelled(appointment))


def test_a_freed_time_taken_by_another_desk_is_refused_there(asha_waits):
    with desk() as (db, ward):
        appointment = book(db, ward, ward.ben, ward.rao)
    page = cancelled(appointment)
    with desk() as (db, ward):
        book(db, ward, ward.ben, ward.rao)

    click(page, BOOK_TEN)

    assert "This time was just taken." in said(page)
    assert entries()[0].closed_at is None


def test_hours_of_no_usual_name_are_shown_as_they_are(asha_waits):
    with desk() as (db, ward):
        odd = wait(db, ward, ward.ben, begins_minute=600, ends_minute=690)
        words = [waitlist.wish_words(one) for one in waiting(db, by=ward.meera).waits]

    assert words[1].endswith("· 10:00–11:30")
    assert odd.id
