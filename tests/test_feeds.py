"""A doctor's private calendar: own appointments, initials only, ended when it is revoked."""

import asyncio
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlmodel import select
from starlette.requests import Request

from mediklaud import server
from mediklaud.config import settings
from mediklaud.database import transaction
from mediklaud.errors import NotFound, NotPermitted
from mediklaud.letters import written
from mediklaud.models import Account, Appointment, CalendarFeed, Hospital, Message, Role, VisitKind
from mediklaud.repository import (
    book_appointment,
    cancel_appointment,
    change_account,
    close_feed,
    create_account,
    feed_of,
    move_appointment,
    open_feed,
    read_feed,
)
from mediklaud.text import initials
from tests.browser import Server, serving
from tests.hospital import PASSWORD, at, ward_of


def book(db, ward, patient, doctor, hour, form):
    return book_appointment(
        db, patient, doctor, at(hour), VisitKind.FIRST, form=form, by=ward.meera
    )


def test_a_feed_holds_the_doctors_own_appointments_and_no_names(db, ward):
    mine = book(db, ward, ward.asha, ward.rao, 10, "a")
    book(db, ward, ward.ben, ward.iyer, 11, "b")
    off = book(db, ward, ward.ben, ward.rao, 12, "c")
    cancel_appointment(db, off, "Fever", by=ward.meera)

    feed = read_feed(db, open_feed(db, by=ward.rao_account))

    assert [(one.id, words) for one, words in feed.visits] == [(mine.id, "A. M.")]


def test_the_token_itself_is_nowhere_in_the_database(db, ward):
    token = open_feed(db, by=ward.rao_account)

    (kept,) = db.exec(select(CalendarFeed)).all()
    assert token not in str(vars(kept))
    assert token not in str(db.info["deeds"])


def test_a_new_address_ends_the_earlier_one_and_closing_ends_both(db, ward):
    first = open_feed(db, by=ward.rao_account)
    second = open_feed(db, by=ward.rao_account)
    assert read_feed(db, second).doctor.id == ward.rao.id
    with pytest.raises(NotFound):
        read_feed(db, first)

    close_feed(db, by=ward.rao_account)

    assert feed_of(db, by=ward.rao_account) is None
    with pytest.raises(NotFound):
        read_feed(db, second)


def entry_of(db, token):
    ((visit, _),) = read_feed(db, token).visits
    return read_feed(db, token).names[visit.id], visit.calendar_sequence


@pytest.mark.parametrize("email", ["desk@jmi.example.org", ""])
def test_an_entry_keeps_its_name_and_the_letters_when_the_hospitals_email_changes(db, ward, email):
    db.get_one(Hospital, 1).email = email
    booked = book(db, ward, ward.asha, ward.rao, 10, "a")
    token = open_feed(db, by=ward.rao_account)
    named, sequence = entry_of(db, token)
    db.get_one(Hospital, 1).email = "desk@jmi-new.example.org"
    db.flush()
    for kept in ("hospital", "rules"):
        db.info.pop(kept, None)
    assert entry_of(db, token) == (named, sequence)

    moved = move_appointment(db, booked, ward.rao, at(11), form="m", by=ward.meera)
    move_appointment(db, moved, ward.rao, at(12), form="n", by=ward.meera)

    assert entry_of(db, token) == (named, sequence + 2)
    for letter in db.exec(select(Message)).all():
        assert f"UID:{named}" in written(letter).calendar


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "'; DROP TABLE doctor", "\ud800"])
def test_a_token_that_never_was_opens_nothing(db, ward, token):
    open_feed(db, by=ward.rao_account)

    with pytest.raises(NotFound):
        read_feed(db, token)


def test_a_disabled_account_has_no_feed(db, ward):
    token = open_feed(db, by=ward.rao_account)
    db.get_one(Account, ward.rao_account.id).active = False
    db.flush()

    with pytest.raises(NotFound):
        read_feed(db, token)


def test_an_address_ends_for_good_with_its_opener_being_that_doctor(db, ward):
    token = open_feed(db, by=ward.rao_account)
    change_account(db, ward.rao_account, {Role.FRONT_DESK}, by=ward.tara)
    create_account(
        db, "raonew", "Dr Rao", PASSWORD, {Role.DOCTOR}, by=ward.tara, doctor_id=ward.rao.id
    )

    with pytest.raises(NotFound):
        read_feed(db, token)


def test_only_doctors_open_a_feed(db, ward):
    with pytest.raises(NotPermitted):
        open_feed(db, by=ward.meera)


@pytest.mark.parametrize(
    ("name", "short"),
    [("Asha Menon", "A. M."), ("आशा देवी", "आ. दे."), ("  ", ""), ("d'Souza - x", "D. X.")],
)
def test_initials(name, short):
    assert initials(name) == short


def ask(route, **told):
    """What the server answers on a route of its own."""
    return asyncio.run(route(Request({"type": "http", "path_params": told})))


def test_the_server_gives_the_calendar_to_whoever_has_the_address(sqlite_house):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.asha, ward.rao, 10, "a")
        token = open_feed(db, by=ward.rao_account)

    got = ask(server.calendar, token=token)

    assert got.status_code == 200
    assert got.headers["content-type"].startswith("text/calendar")
    assert "no-store" in got.headers["cache-control"]
    (event,) = Calendar.from_ical(got.body).walk("VEVENT")
    assert event["DTSTART"].dt == at(10)
    assert event["SUMMARY"] == "A. M."
    assert b"Asha" not in got.body
    assert ask(server.calendar, token="another").status_code == 404
    assert "/calendar/{token}.ics" in [getattr(one, "path", "") for one in server.ROUTES]


def fetched(running: Server, path: str, method: str = "GET") -> tuple[int, bytes, str]:
    """What a calendar program gets over HTTP: status, body, and the kind of content."""
    asked = urllib.request.Request(running.url + path, method=method)  # noqa: S310  our own
    try:
        with urllib.request.urlopen(asked, timeout=20) as got:  # noqa: S310
            return got.status, got.read(), got.headers["content-type"]
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read(), refused.headers["content-type"] or ""


def test_a_calendar_program_follows_the_feed_over_http(drilled_house):
    with transaction() as db:
        ward = ward_of(db)
        kept = book(db, ward, ward.asha, ward.rao, 10, "a")
        token = open_feed(db, by=ward.rao_account)
    path = f"/calendar/{token}.ics"
    with serving(drilled_house, url=settings().database_url) as running:
        status, told, kind = fetched(running, path)
        assert (status, kind) == (200, "text/calendar; charset=utf-8")
        (event,) = Calendar.from_ical(told).walk("VEVENT")
        assert (event["DTSTART"].dt, str(event["SUMMARY"])) == (at(10), "A. M.")
        # The entry that the patient's letter made, in whichever calendar it stands.
        with transaction() as db:
            letter = written(db.exec(select(Message)).one())
        assert f"UID:{event['UID']}" in letter.calendar
        # Some programs ask first whether it is there.
        assert fetched(running, path, "HEAD")[:2] == (200, b"")

        with transaction() as db:
            ward = ward_of(db)
            book(db, ward, ward.ben, ward.rao, 11, "b")
            cancel_appointment(db, db.get_one(Appointment, kept.id), "Fever", by=ward.meera)
        (event,) = Calendar.from_ical(fetched(running, path)[1]).walk("VEVENT")
        assert (event["DTSTART"].dt, str(event["SUMMARY"])) == (at(11), "B. T.")

        with transaction() as db:
            close_feed(db, by=ward_of(db).rao_account)
        gone = fetched(running, path)
        assert gone == fetched(running, "/calendar/another.ics")
        assert gone[0] == 404
        assert token not in running.printed()


def test_healthz_is_red_while_a_letter_waits_too_long(sqlite_house, nine_o_clock):
    with transaction() as db:
        ward = ward_of(db)
        book(db, ward, ward.asha, ward.rao, 10, "a")
    assert ask(server.healthz).body == b'{"status":"green","database":"reached"}'

    nine_o_clock.move_to(at(9, 16) + timedelta(seconds=30))

    got = ask(server.healthz)
    assert got.status_code == 503
    assert b'"oldest_letter_minutes":16' in got.body
