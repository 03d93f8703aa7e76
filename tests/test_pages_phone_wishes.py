"""The phone screen: the caller's wishes, and the times that suit them."""

from sqlmodel import Session, delete, select

from mediklaud.database import transaction
from mediklaud.models import Tariff, VisitKind, WorkingSession
from mediklaud.ui import times
from tests.desk import booked, click, said, sit, the
from tests.hospital import TODAY, at, ward_of
from tests.phone import book, choose_whom, held, hours, to_the_confirmation


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
