"""The doctor's pages: today's list, the week, own patients."""

from dataclasses import replace
from datetime import timedelta

import pytest
import streamlit
from sqlmodel import func, select
from streamlit.testing.v1 import AppTest

from mediklaud import clock, database
from mediklaud.config import ROOT, settings
from mediklaud.models import Appointment, AuditEvent, Encounter, Invoice, VisitKind
from mediklaud.repository import (
    SessionForm,
    account_named,
    arrive,
    begin_consultation,
    book_appointment,
    cancel_appointment,
    enroll_patient,
    finish_consultation,
    grant_leave,
    leaves_of,
    open_session,
    schedule_of,
    sessions_of,
    the_hospital,
)
from mediklaud.ui import chart, pick, sign_in, week
from tests.desk import HOME, sit
from tests.fields import fill, press
from tests.hospital import ASHA, PASSWORD, TODAY, at, ward_of

ISSUER = "https://id.jmi-hospital.example.org"
MARKED = "**Asha** <b>x</b> :smile:"
FOUND = ["Asha Menon"]
TOMORROW = TODAY + timedelta(days=1)


def book(hour, *, patient="asha", doctor="rao", day=TODAY, kind=VisitKind.FIRST):
    """An appointment of the cast; returns it."""
    with database.transaction() as db:
        ward = ward_of(db)
        return book_appointment(
            db,
            getattr(ward, patient),
            getattr(ward, doctor),
            at(hour, 0, day),
            kind,
            form=f"{patient}-{doctor}-{hour}-{day}",
            by=ward.meera,
        )


def count(table):
    with database.reading() as db:
        return db.exec(select(func.count()).select_from(table)).one()


def consulted(appointment, note, *, doctor="rao"):
    """A consultation of the past, on its own day."""
    with database.transaction() as db:
        by = getattr(ward_of(db), f"{doctor}_account")
        encounter = begin_consultation(db, appointment, by=by)
        finish_consultation(db, encounter, note, by=by)


def select_row(desk, alt, ids, place):
    desk.session_state[pick.key_of(alt, ids)] = {"selection": {"rows": [place], "columns": []}}
    return desk.run()


def button(desk, label):
    return next(one for one in desk.button if one.label.startswith(label))


def said(desk):
    kinds = (desk.title, desk.subheader, desk.markdown, desk.caption, desk.text, desk.info)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def test_a_consultation_is_begun_noted_finished_and_billed(sqlite_house, monkeypatch):
    book(10)
    desk = sit(monkeypatch, "rao", "doctor/today")

    button(desk, "Begin consultation").click().run()
    desk.text_area[0].input("Angina. Rest.")
    button(desk, "Finish consultation").click().run()

    assert "JMI/2627/000001" in desk.success[0].value.replace("\\", "")
    assert "₹800.00" in desk.success[0].value.replace("\\", "")
    assert list(desk.dataframe[0].value["State"]) == ["Done"]
    assert not desk.text_area


def test_a_free_visit_says_that_there_is_no_bill(sqlite_house, monkeypatch):
    book(10, doctor="iyer", kind=VisitKind.FOLLOW_UP)
    desk = sit(monkeypatch, "iyer", "doctor/today")

    button(desk, "Begin consultation").click().run()
    desk.text_area[0].input("Well again.")
    button(desk, "Finish consultation").click().run()

    assert "no bill" in desk.success[0].value
    assert count(Invoice) == 0


def left_with_a_note(monkeypatch, nine_o_clock):
    """Dr Rao types for longer than a sign-in may idle, and then finishes: the sign-in form."""
    book(10)
    nine_o_clock.move_to(at(10))
    desk = sit(monkeypatch, "rao", "doctor/today")
    button(desk, "Begin consultation").click().run()
    nine_o_clock.move_to(at(10, 20))
    desk.text_area[0].input("Angina. Rest.")
    button(desk, "Finish consultation").click().run()
    assert "Your sign-in has ended" in said(desk)
    return desk


def come_in(desk, username):
    fill(desk, Username=username, Password=PASSWORD)
    press(desk, "Sign in")
    return desk.switch_page("pages/doctor/today.py").run()


def test_a_note_outlasts_a_sign_in_that_fell_idle(sqlite_house, monkeypatch, nine_o_clock):
    desk = come_in(left_with_a_note(monkeypatch, nine_o_clock), "rao")
    assert desk.text_area[0].value == "Angina. Rest."

    button(desk, "Finish consultation").click().run()
    with database.reading() as db:
        assert db.exec(select(Encounter.note)).one() == "Angina. Rest."


def back_from_the_provider(monkeypatch, desk, username, clock_of_the_test, minutes):
    """Go to the hospital's provider by the button, and be somebody in a new session then."""
    monkeypatch.setattr(streamlit, "login", lambda: None)
    button(desk, "Sign in with").click().run()
    clock_of_the_test.shift(timedelta(minutes=minutes))
    named = {"is_logged_in": True, "provider": "default", "iss": ISSUER, "sub": username}
    named |= {"email": f"{username}@jmi-hospital.example.org", "email_verified": True}
    monkeypatch.setattr(streamlit, "user", {**named, "iat": clock.now().timestamp()})
    again = AppTest.from_file(HOME, default_timeout=30).run()
    return again.switch_page("pages/doctor/today.py").run()


@pytest.fixture
def provider(monkeypatch):
    monkeypatch.setattr(streamlit, "user", {})
    monkeypatch.setenv("MEDIKLAUD_OIDC_ISSUER", ISSUER)
    settings.cache_clear()
    with database.transaction() as db:
        for username in ("rao", "iyer"):
            account_named(db, username).email = f"{username}@jmi-hospital.example.org"


def test_a_note_outlasts_the_way_over_the_provider(
    sqlite_house, provider, monkeypatch, nine_o_clock
):
    desk = left_with_a_note(monkeypatch, nine_o_clock)

    again = back_from_the_provider(monkeypatch, desk, "rao", nine_o_clock, 2)

    assert again.text_area[0].value == "Angina. Rest."
    assert sign_in._AWAY == {}


def test_a_note_laid_by_is_nobody_elses_and_soon_gone(
    sqlite_house, provider, monkeypatch, nine_o_clock
):
    desk = left_with_a_note(monkeypatch, nine_o_clock)

    other = back_from_the_provider(monkeypatch, desk, "iyer", nine_o_clock, 2)
    assert "Angina" not in repr(other.session_state)
    nine_o_clock.shift(timedelta(minutes=14))
    late = come_in(AppTest.from_file(HOME, default_timeout=30).run(), "rao")

    assert late.text_area[0].value == ""
    assert sign_in._AWAY == {}


def test_a_note_is_nobody_elses_and_gone_once_another_came(sqlite_house, monkeypatch, nine_o_clock):
    desk = come_in(left_with_a_note(monkeypatch, nine_o_clock), "iyer")
    assert "Angina" not in repr(desk.session_state)

    button(desk, "Sign out").click().run()
    assert come_in(desk, "rao").text_area[0].value == ""


def test_signing_out_leaves_no_note(sqlite_house, monkeypatch):
    book(10)
    desk = sit(monkeypatch, "rao", "doctor/today")
    button(desk, "Begin consultation").click().run()
    desk.text_area[0].input("Angina. Rest.").run()
    button(desk, "Sign out").click().run()

    assert come_in(desk, "rao").text_area[0].value == ""


@pytest.mark.parametrize("typed", ["", " \n "])
def test_an_empty_note_is_refused_and_nothing_is_written(sqlite_house, monkeypatch, typed):
    book(10)
    desk = sit(monkeypatch, "rao", "doctor/today")
    button(desk, "Begin consultation").click().run()

    desk.text_area[0].input(typed)
    button(desk, "Finish consultation").click().run()

    assert desk.error[0].value == "Note is empty\\. Please fill it in\\."
    assert desk.text_area[0].value == typed
    assert count(Invoice) == 0


def test_a_note_too_long_stays_as_it_was_typed(sqlite_house, monkeypatch):
    book(10)
    desk = sit(monkeypatch, "rao", "doctor/today")
    button(desk, "Begin consultation").click().run()

    desk.text_area[0].input("long " * 900)
    button(desk, "Finish consultation").click().run()

    assert "4000 characters" in desk.error[0].value
    assert desk.text_area[0].value == "long " * 900


def test_a_note_half_typed_is_there_again_after_another_page(sqlite_house, monkeypatch):
    book(10)
    desk = sit(monkeypatch, "rao", "doctor/today")
    button(desk, "Begin consultation").click().run()
    desk.text_area[0].input("Half a sent").run()

    desk.switch_page("pages/doctor/week.py").run()
    desk.switch_page("pages/doctor/today.py").run()

    assert desk.text_area[0].value == "Half a sent"


def test_the_waiting_room_is_called_in_first(sqlite_house, monkeypatch):
    book(10)
    waiting = book(11, patient="ben")
    with database.transaction() as db:
        arrive(db, waiting, by=ward_of(db).meera)

    desk = sit(monkeypatch, "rao", "doctor/today")
    button(desk, "Begin consultation").click().run()

    assert desk.subheader[0].value == "Ben Thomas"


def test_another_patient_is_begun_from_the_list(sqlite_house, monkeypatch):
    first, second = book(10), book(11, patient="ben")
    desk = sit(monkeypatch, "rao", "doctor/today")

    select_row(desk, "Appointments of today", [first.id, second.id], 1)
    button(desk, "Begin with Ben Thomas").click().run()

    assert desk.subheader[0].value == "Ben Thomas"
    assert list(desk.dataframe[0].value["State"]) == ["To come", "In the room"]


def test_a_row_selected_in_a_list_that_changed_selects_nobody(sqlite_house, monkeypatch):
    first, second = book(11), book(12, patient="ben")
    desk = sit(monkeypatch, "rao", "doctor/today")
    select_row(desk, "Appointments of today", [first.id, second.id], 0)
    assert button(desk, "Begin with Asha Menon")

    book(10, patient="ben")
    desk.run()

    assert not [one for one in desk.button if one.label.startswith("Begin with")]


def test_a_second_consultation_is_refused_while_one_is_open(sqlite_house, monkeypatch):
    """The page of another tab does not know yet that one was begun."""
    opened, second = book(10), book(11, patient="ben")
    with database.transaction() as db:
        begin_consultation(db, opened, by=ward_of(db).rao_account)
    monkeypatch.setattr("mediklaud.repository.open_consultation", lambda db, *, by: None)

    desk = sit(monkeypatch, "rao", "doctor/today")
    select_row(desk, "Appointments of today", [opened.id, second.id], 1)
    button(desk, "Begin with Ben Thomas").click().run()

    assert desk.error[0].value.startswith("You have begun a consultation with Asha Menon")
    assert count(Encounter) == 1


def test_a_consultation_of_another_day_is_refused(sqlite_house, monkeypatch):
    """The list was drawn before midnight, the click came after it."""
    book(10, day=TOMORROW)

    def stale(db, *, by):
        return schedule_of(db, TOMORROW, 1, by=by)

    monkeypatch.setattr("mediklaud.repository.own_day", stale)
    desk = sit(monkeypatch, "rao", "doctor/today")

    button(desk, "Begin consultation").click().run()

    assert desk.error[0].value.startswith("This appointment is on another day")
    assert count(Encounter) == 0


def test_after_midnight_the_list_keeps_who_still_waits(sqlite_house, nine_o_clock, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        night = SessionForm(TODAY.weekday(), 22 * 60, 24 * 60, 15, valid_from=TODAY)
        open_session(db, ward.rao, night, by=ward.khan)
    waits = book(23)
    nine_o_clock.move_to(at(22, 50))
    with database.transaction() as db:
        arrive(db, waits, by=ward_of(db).meera)
    nine_o_clock.move_to(at(0, 2, TOMORROW))

    desk = sit(monkeypatch, "rao", "doctor/today")

    assert list(desk.dataframe[0].value["Patient"]) == FOUND
    button(desk, "Begin consultation").click().run()
    assert count(Encounter) == 1
    assert list(desk.dataframe[0].value["State"]) == ["In the room"]


def test_past_notes_stand_beside_the_new_one_as_text(sqlite_house, monkeypatch):
    seen, _ = book(10), book(12)
    consulted(seen, "ECG **normal**. <b>Rest</b> :pill:")

    desk = sit(monkeypatch, "rao", "doctor/today")
    button(desk, "Begin consultation").click().run()

    assert [one.value for one in desk.text] == ["ECG **normal**. <b>Rest</b> :pill:"]


def test_cancelled_and_foreign_appointments_are_not_in_the_list(sqlite_house, monkeypatch):
    book(10)
    gone = book(11, patient="ben")
    book(12, patient="ben", doctor="iyer")
    with database.transaction() as db:
        cancel_appointment(db, gone, "Fell ill", by=ward_of(db).meera)

    desk = sit(monkeypatch, "rao", "doctor/today")

    assert list(desk.dataframe[0].value["Patient"]) == ["Asha Menon"]
    assert [(one.label, one.value) for one in desk.metric] == [
        ("Arrived", "0"),
        ("Still to come", "1"),
        ("Done", "0"),
    ]


def test_an_empty_day_leads_on_to_the_week(sqlite_house, monkeypatch):
    desk = sit(monkeypatch, "rao", "doctor/today")

    assert desk.info[0].value == "You have no appointments today."
    assert [one.proto.label for one in desk.get("page_link")] == ["Look at the week"]


@pytest.mark.parametrize("page", ["today", "week", "patient"])
def test_only_a_doctor_opens_a_doctors_page(sqlite_house, monkeypatch, page):
    """The menu of others has no such page; whoever reaches it all the same is turned away."""
    book(10)
    signed_in = sit(monkeypatch, "meera").session_state["username"]
    desk = AppTest.from_file(ROOT / "pages" / "doctor" / f"{page}.py")
    desk.session_state["username"] = signed_in
    desk.run()

    assert desk.error[0].value.startswith("This page belongs to another role")
    assert not desk.dataframe
    assert not desk.get("bidi_component")


def test_a_name_is_shown_as_text(sqlite_house, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        named = enroll_patient(db, replace(ASHA, name=MARKED), form="marked", by=ward.meera)
        book_appointment(db, named, ward.rao, at(10), VisitKind.FIRST, form="m", by=ward.meera)

    desk = sit(monkeypatch, "rao", "doctor/today")
    escaped = "\\*\\*Asha\\*\\* \\<b\\>x\\</b\\>"
    assert escaped in said(desk)
    assert list(desk.dataframe[0].value["Patient"]) == [MARKED]
    button(desk, "Begin consultation").click().run()
    assert desk.subheader[0].value.startswith(escaped)
    assert "**Asha**" not in said(desk)


def test_the_week_holds_own_appointments_and_no_cancelled_ones(sqlite_house, monkeypatch):
    book(10)
    book(11, patient="ben", day=TOMORROW)
    book(12, patient="ben", doctor="iyer")
    gone = book(12, day=TOMORROW)
    with database.transaction() as db:
        cancel_appointment(db, gone, "Fell ill", by=ward_of(db).meera)

    desk = sit(monkeypatch, "rao", "doctor/week")

    table = desk.dataframe[0].value
    assert list(zip(table["Day"], table["Time"], table["Patient"], strict=True)) == [
        (TODAY, "10:00", "Asha Menon"),
        (TOMORROW, "11:00", "Ben Thomas"),
    ]


def test_the_week_goes_on_and_back(sqlite_house, monkeypatch):
    book(10, day=TODAY + timedelta(days=8))
    desk = sit(monkeypatch, "rao", "doctor/week")
    assert desk.subheader[0].value == "23 November – 29 November 2026"
    assert not desk.dataframe

    button(desk, "Next").click().run()
    assert desk.subheader[0].value == "30 November – 6 December 2026"
    assert list(desk.dataframe[0].value["Patient"]) == ["Asha Menon"]

    button(desk, "This week").click().run()
    button(desk, "Previous").click().run()
    assert desk.subheader[0].value == "16 November – 22 November 2026"


def test_an_appointment_chosen_in_the_week_leads_to_its_patient(sqlite_house, monkeypatch):
    booked = book(10)
    monkeypatch.setattr(week, "grid", lambda _layout: booked.id)

    desk = sit(monkeypatch, "rao", "doctor/week")
    assert "Asha Menon" in said(desk)
    assert [one.proto.label for one in desk.get("page_link")] == ["Open the record"]

    desk.switch_page("pages/doctor/patient.py").run()
    assert desk.subheader[0].value == "Asha Menon"


def test_the_week_is_laid_out_in_minutes_of_the_hospitals_clock(sqlite_house):
    book(10)
    with database.transaction() as db:
        ward = ward_of(db)
        grant_leave(
            db, ward.rao, TODAY, TOMORROW, form="l", by=ward.khan, begins_minute=690, reason="Away"
        )
    with database.reading() as db:
        ward, hospital = ward_of(db), the_hospital(db)
        first, last = week.bounds(TODAY, hospital)
        layout = week.layout(
            TODAY,
            schedule_of(db, TODAY, 7, by=ward.rao_account),
            sessions_of(db, [ward.rao.id], on_or_after=TODAY),
            leaves_of(db, [ward.rao.id], after=first, before=last),
            hospital,
        )

    monday, tuesday, wednesday = layout["days"][:3]
    assert (layout["begins"], layout["ends"], layout["shortest"]) == (600, 780, 15)
    assert [(one["begins"], one["ends"]) for one in monday["visits"]] == [(600, 615)]
    assert monday["open"] == [[600, 780]]
    assert monday["leave"] == [[690, 1440, "Away"]]
    assert tuesday["leave"] == [[0, 1440, "Away"]]
    assert wednesday["leave"] == []
    assert monday["today"]
    assert not tuesday["today"]


def test_a_record_shows_notes_newest_first_and_what_is_to_come(
    sqlite_house, monkeypatch, nine_o_clock
):
    early, late = book(10), book(12, doctor="iyer", kind=VisitKind.FOLLOW_UP)
    book(11, day=TOMORROW)
    nine_o_clock.move_to(at(10))
    consulted(early, "First note.")
    nine_o_clock.move_to(at(12))
    consulted(late, "Second note.", doctor="iyer")
    desk = sit(monkeypatch, "rao", "doctor/patient")

    select_row(desk, "Your patients", [early.patient_id], 0)

    assert desk.subheader[0].value == "Asha Menon"
    assert [one.value for one in desk.text] == ["Second note.", "First note."]
    assert "24 Nov 2026, 11:00 · Dr Anjali Rao" in said(desk)


def test_reading_a_record_leaves_one_audit_row(sqlite_house, monkeypatch):
    booked = book(10)
    desk = sit(monkeypatch, "rao", "doctor/patient")
    select_row(desk, "Your patients", [booked.patient_id], 0)
    desk.run()

    with database.reading() as db:
        rows = db.exec(select(AuditEvent).where(AuditEvent.deed == "record opened")).all()
    assert [(one.account_name, one.subject) for one in rows] == [
        ("rao", f"patient/{booked.patient_id}")
    ]


def test_a_foreign_patients_record_stays_closed(sqlite_house, monkeypatch):
    book(10)
    foreign = book(11, patient="ben", doctor="iyer")
    consulted(foreign, "A secret.", doctor="iyer")

    desk = sit(monkeypatch, "rao")
    desk.session_state[chart.OWN] = foreign.patient_id
    desk.switch_page("pages/doctor/patient.py").run()

    assert desk.error[0].value.startswith("You have no appointment with this patient")
    assert "secret" not in said(desk)
    assert list(desk.dataframe[0].value["Patient"]) == ["Asha Menon"]
    with database.reading() as db:
        opened = select(AuditEvent).where(AuditEvent.deed == "record opened")
        assert db.exec(opened).first() is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ash", ["Asha Menon"]),
        ("98860", ["Asha Menon"]),
        ("ben", []),
        ("JMI-000001", ["Asha Menon"]),
    ],
)
def test_own_patients_are_found_by_a_piece(sqlite_house, monkeypatch, typed, found):
    book(10)
    book(11, patient="ben", doctor="iyer")
    desk = sit(monkeypatch, "rao", "doctor/patient")

    desk.text_input[0].input(typed).run()

    shown = list(desk.dataframe[0].value["Patient"]) if desk.dataframe else []
    assert shown == found
    assert bool(desk.info) is (not found)


def test_own_patients_come_in_pages(sqlite_house, monkeypatch):
    with database.transaction() as db:
        ward = ward_of(db)
        for serial in range(51):
            typed = replace(ASHA, name=f"Patient {serial:02d}", birth_date=None, age_years=30)
            one = enroll_patient(db, typed, form=f"many-{serial}", by=ward.meera)
            seen = at(10, 0, TODAY + timedelta(days=1 + serial))
            book_appointment(
                db, one, ward.rao, seen, VisitKind.FIRST, form=f"b{serial}", by=ward.meera
            )

    desk = sit(monkeypatch, "rao", "doctor/patient")
    assert len(desk.dataframe[0].value) == 50
    desk.session_state["own/"] = 2
    desk.run()

    assert list(desk.dataframe[0].value["Patient"]) == ["Patient 50"]


def test_a_consultation_forgotten_yesterday_can_still_be_finished(
    sqlite_house, monkeypatch, nine_o_clock
):
    forgotten = book(10)
    with database.transaction() as db:
        begin_consultation(db, forgotten, by=ward_of(db).rao_account)
    nine_o_clock.move_to(at(9, 0, TOMORROW))

    desk = sit(monkeypatch, "rao", "doctor/today")
    assert "on 23 Nov 2026" in said(desk)
    desk.text_area[0].input("Late, but noted.")
    button(desk, "Finish consultation").click().run()

    assert "JMI/2627/000001" in desk.success[0].value.replace("\\", "")
    with database.reading() as db:
        assert db.exec(select(Appointment.status)).one() == "fulfilled"
