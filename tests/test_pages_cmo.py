"""The CMO's pages: doctors, their sessions and leave, and who may register them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mediklaud.clock import now
from mediklaud.database import reading, transaction
from mediklaud.models import Doctor, Holiday, Leave, Role, VisitKind, WorkingSession
from mediklaud.repository import (
    SessionForm,
    book_appointment,
    close_session,
    deactivate_doctor,
    declare_holiday,
    designate_registrar,
    doctors,
    edit_doctor,
    fees_today,
    grant_leave,
    holidays_between,
    leaves_of,
    open_session,
    roles_of,
    sessions_of,
)
from mediklaud.ui.plain import plain
from tests.desk import sit
from tests.fields import beside, field, fill, has, open_every_menu, press
from tests.hospital import RAO, TODAY, Ward, at, ward_of

ODD = "**Dr** <b>x</b> :smile:"
AFTERNOON = {"Begins": 14 * 60, "Ends": 15 * 60}
SEN = {
    "Name": "Dr Mira Sen",
    "Phone": "98450 77777",
    "Email": "sen@jmi-hospital.example.org",
    "Specialty": "Dermatology",
    "Qualifications": "MBBS, MD",
    "State_council": "Delhi Medical Council",
    "Registration_number": "DMC 777",
    "Consultation_fee": "1,250.50",
    "Follow-up_fee": "0",
}
pytestmark = pytest.mark.usefixtures("sqlite_house")


@pytest.fixture
def cast(sqlite_house: object) -> Ward:
    """The cast, to be read only."""
    with reading() as db:
        return ward_of(db)


def _doctors() -> list[Doctor]:
    with reading() as db:
        return list(doctors(db, inactive_too=True))


def _sessions(doctor: Doctor) -> list[WorkingSession]:
    with reading() as db:
        return list(sessions_of(db, [doctor.id], on_or_after=TODAY))


def _leaves(doctor: Doctor) -> list[Leave]:
    with reading() as db:
        return list(leaves_of(db, [doctor.id], after=now(), before=now() + timedelta(days=999)))


def _book(cast: Ward) -> None:
    with transaction() as db:
        book_appointment(db, cast.asha, cast.rao, at(10), VisitKind.FIRST, form="f1", by=cast.meera)


def _with_rao(patch: pytest.MonkeyPatch, page: str, cast: Ward, username: str = "khan") -> AppTest:
    desk = sit(patch, username, page)
    return field(desk, "Doctor").set_value(cast.rao.id).run()


# Registering


def test_a_registered_doctor_gets_the_next_number_and_the_next_step(monkeypatch):
    desk = sit(monkeypatch, "khan", "cmo/register_doctor")
    fill(desk, **SEN)
    press(desk, "Register the doctor")

    assert desk.success[0].value == plain("DOC-0003 is registered: Dr Mira Sen.")
    assert "sessions" in field(desk, "Next: plan the weekly sessions").page
    assert field(desk, "Name").value == ""
    desk.switch_page("pages/cmo/sessions.py").run()
    assert field(desk, "Doctor").value == _doctors()[1].id


def test_what_was_said_outlives_a_double_click_and_no_more(monkeypatch, nine_o_clock):
    desk = sit(monkeypatch, "khan", "cmo/register_doctor")
    fill(desk, **SEN)
    press(desk, "Register the doctor")

    assert desk.run().success
    nine_o_clock.shift(2)
    assert not desk.run().success


def test_the_next_step_is_offered_until_another_page_is_opened(monkeypatch):
    desk = sit(monkeypatch, "khan", "cmo/register_doctor")
    fill(desk, **SEN)
    press(desk, "Register the doctor")
    desk.switch_page("pages/cmo/leave.py").run()
    desk.switch_page("pages/cmo/register_doctor.py").run()

    assert not has(desk, "Next: plan the weekly sessions")


def test_a_missing_registration_number_is_refused_beside_its_field(monkeypatch):
    desk = sit(monkeypatch, "khan", "cmo/register_doctor")
    fill(desk, **{**SEN, "Registration_number": " "})
    press(desk, "Register the doctor")

    assert "Registration number is empty" in beside(desk, "Registration number")
    assert field(desk, "Name").value == "Dr Mira Sen"
    assert field(desk, "State council").value == "Delhi Medical Council"
    assert len(_doctors()) == 2


@pytest.mark.parametrize("label", ["Consultation_fee", "Follow-up_fee", "Procedure_fee"])
def test_a_fee_that_is_no_amount_is_refused_beside_its_field(monkeypatch, label):
    desk = sit(monkeypatch, "khan", "cmo/register_doctor")
    fill(desk, **{**SEN, label: "a lot"})
    press(desk, "Register the doctor")

    assert "is not an amount" in beside(desk, label.replace("_", " ")).replace("\\", "")
    assert len(_doctors()) == 2


def test_the_same_doctor_registered_again_is_refused_by_name(monkeypatch):
    desk = sit(monkeypatch, "khan", "cmo/register_doctor")
    for _ in range(2):
        fill(desk, **SEN)
        press(desk, "Register the doctor")

    assert "belongs to Dr Mira Sen" in beside(desk, "Registration number")
    assert len(_doctors()) == 3


def test_a_name_with_marks_is_shown_as_text(monkeypatch):
    desk = sit(monkeypatch, "khan", "cmo/register_doctor")
    fill(desk, **{**SEN, "Name": ODD})
    press(desk, "Register the doctor")

    assert desk.success[0].value == plain(f"DOC-0003 is registered: {ODD}.")
    assert ODD in list(desk.dataframe[0].value["Name"])


@pytest.mark.parametrize(
    ("username", "page", "button"),
    [
        ("meera", "cmo/register_doctor", "Register the doctor"),
        ("ishaan", "cmo/edit_doctor", "Doctor"),
        ("tara", "cmo/sessions", "Doctor"),
        ("rao", "cmo/leave", "Doctor"),
        ("tara", "cmo/registrars", "Designate as registrar"),
        ("meera", "cmo/holidays", "Declare the holiday"),
    ],
)
def test_another_role_sees_nothing_of_the_page(monkeypatch, username, page, button):
    open_every_menu(monkeypatch)
    assert has(sit(monkeypatch, "khan", page), button)
    desk = sit(monkeypatch, username, page)

    assert "belongs to another role" in desk.error[0].value
    assert not has(desk, button)


def test_a_registrar_who_is_withdrawn_meanwhile_registers_nobody(monkeypatch, cast):
    _designate(cast, may=True)
    desk = sit(monkeypatch, "meera", "cmo/register_doctor")
    fill(desk, **SEN)
    _designate(cast, may=False)
    press(desk, "Register the doctor")

    assert len(_doctors()) == 2


def _designate(cast: Ward, *, may: bool) -> None:
    with transaction() as db:
        designate_registrar(db, cast.meera, by=cast.khan, may=may)


def test_a_procedure_fee_may_stay_empty_and_is_listed_where_there_is_one(monkeypatch):
    desk = sit(monkeypatch, "khan", "cmo/register_doctor")
    fill(desk, **SEN)
    press(desk, "Register the doctor")
    other = {"Name": "Dr Usha Das", "Registration_number": "DMC 778", "Procedure_fee": "2,500"}
    fill(desk, **{**SEN, **other})
    press(desk, "Register the doctor")

    listed = desk.dataframe[0].value
    fees = dict(zip(listed["Name"], listed["Procedure"], strict=True))
    assert (fees["Dr Mira Sen"], fees["Dr Usha Das"]) == ("", "₹2,500.00")
    with reading() as db:
        das = next(one for one in _doctors() if one.name == "Dr Usha Das")
        assert fees_today(db, [das.id])[das.id, VisitKind.PROCEDURE] == 2_500_00


# Editing


def test_a_procedure_fee_is_shown_changed_and_refused_beside_its_field(monkeypatch, cast):
    with transaction() as db:
        typed = replace(RAO, procedure_fee_paise=2_500_00)
        edit_doctor(db, cast.rao, typed, version=1, by=cast.khan)
        session = SessionForm(0, 900, 960, 15, valid_from=TODAY, procedure_minutes=45)
        open_session(db, cast.rao, session, by=cast.khan)
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast)
    assert field(desk, "Procedure fee").value == "2,500.00"
    fill(desk, Procedure_fee=" ")
    press(desk, "Save the record")
    assert "so the fee stays" in beside(desk, "Procedure fee")
    fill(desk, Procedure_fee="a lot")
    press(desk, "Save the record")
    assert "is not an amount" in beside(desk, "Procedure fee").replace("\\", "")
    fill(desk, Procedure_fee="3,000")
    press(desk, "Save the record")

    with reading() as db:
        assert fees_today(db, [cast.rao.id])[cast.rao.id, VisitKind.PROCEDURE] == 3_000_00


def test_an_edited_record_keeps_its_number(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast)
    fill(desk, Name="Dr Anjali Rao-Sen", Consultation_fee="900")
    press(desk, "Save the record")

    (edited,) = [doctor for doctor in _doctors() if doctor.id == cast.rao.id]
    assert (edited.name, edited.number) == ("Dr Anjali Rao-Sen", cast.rao.number)
    assert desk.success[0].value == plain("The record of Dr Anjali Rao-Sen (DOC-0001) is saved.")
    with reading() as db:
        assert fees_today(db, [edited.id])[edited.id, VisitKind.FIRST] == 900_00


def test_a_fee_is_given_the_day_it_takes_effect_and_the_pages_say_so(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast)
    fill(desk, Consultation_fee="900", Fees_from=date(2027, 4, 1))
    press(desk, "Save the record")

    told = "Consultation ₹900.00 from 1 Apr 2027"
    assert plain(told) in desk.info[0].value
    assert field(desk, "Consultation fee").value == "800.00"
    listed = sit(monkeypatch, "khan", "cmo/register_doctor").dataframe[0].value
    later = dict(zip(listed["Name"], listed["Later fees"], strict=True))
    assert later == {"Dr Anjali Rao": told, "Dr Suresh Iyer": ""}
    with reading() as db:
        assert fees_today(db, [cast.rao.id])[cast.rao.id, VisitKind.FIRST] == 800_00


def test_a_specialty_that_is_not_in_the_list_is_kept(monkeypatch, cast):
    typed = replace(RAO, specialty="Sports medicine")
    with transaction() as db:
        edit_doctor(db, cast.rao, typed, version=1, by=cast.khan)
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast)
    press(desk, "Save the record")

    assert "Sports medicine" in [doctor.specialty for doctor in _doctors()]


def test_a_record_changed_meanwhile_is_not_overwritten(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast)
    with transaction() as db:
        edit_doctor(db, cast.rao, RAO, version=1, by=cast.khan)
    fill(desk, Name="Dr Somebody Else")
    press(desk, "Save the record")

    assert "Somebody changed this record" in desk.error[0].value
    assert field(desk, "Name").value == "Dr Somebody Else"
    assert "Dr Somebody Else" not in [doctor.name for doctor in _doctors()]
    press(desk, "Show it as it is kept")
    fill(desk, Name="Dr Anjali R.")
    press(desk, "Save the record")
    assert "Dr Anjali R." in [doctor.name for doctor in _doctors()]


def test_an_email_that_reaches_nobody_is_refused_beside_its_field(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast)
    fill(desk, Email="rao at home")
    press(desk, "Save the record")

    assert "email address" in beside(desk, "Email")
    assert field(desk, "Email").value == "rao at home"
    assert cast.rao.email in [doctor.email for doctor in _doctors()]


def test_a_doctor_is_deactivated_once_the_booked_patients_were_seen(monkeypatch, cast):
    _book(cast)
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast)

    assert list(desk.dataframe[0].value["Patient"]) == ["Asha Menon"]
    assert field(desk, "Deactivate").disabled
    field(desk, "I have seen this and want to go on").check().run()
    press(desk, "Deactivate")
    assert [doctor.active for doctor in _doctors() if doctor.id == cast.rao.id] == [False]
    assert has(desk, "Reactivate")


def test_a_deactivated_doctor_comes_back_under_the_same_number(monkeypatch, cast):
    with transaction() as db:
        deactivate_doctor(db, cast.rao, by=cast.khan)
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast)
    assert field(desk, "Doctor").options[0].endswith("DOC-0001 · inactive")
    press(desk, "Reactivate")

    assert [one.number for one in _doctors() if one.active] == ["DOC-0001", "DOC-0002"]


def test_a_registrar_edits_but_does_not_deactivate(monkeypatch, cast):
    _designate(cast, may=True)
    desk = _with_rao(monkeypatch, "cmo/edit_doctor", cast, "meera")

    assert has(desk, "Save the record")
    assert not has(desk, "Deactivate")


# Sessions


def test_an_opened_session_is_in_the_table(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/sessions", cast)
    fill(desk, Weekday=2, Begins=15 * 60, Ends=17 * 60, Minutes_of_a_slot=20)
    press(desk, "Open the session")

    opened = _sessions(cast.rao)[3]
    assert (opened.weekday, opened.begins_minute, opened.slot_minutes) == (2, 15 * 60, 20)
    assert list(desk.dataframe[0].value["Hours"])[3] == "15:00–17:00"


def test_a_session_shows_the_length_of_every_kind(monkeypatch, cast):
    with transaction() as db:
        typed = replace(RAO, procedure_fee_paise=2_500_00)
        edit_doctor(db, cast.rao, typed, version=1, by=cast.khan)
    desk = _with_rao(monkeypatch, "cmo/sessions", cast)
    lengths = {"Minutes_of_a_first_visit": 30, "Minutes_of_a_procedure": 45}
    fill(desk, Weekday=2, Begins=15 * 60, Ends=17 * 60, **lengths)
    press(desk, "Open the session")

    shown = desk.dataframe[0].value.iloc[3]
    kinds = ["Begins every", "First visit", "Follow-up", "Procedure"]
    assert list(shown[kinds]) == ["15 min", "30 min", "15 min", "45 min"]
    assert list(desk.dataframe[0].value.iloc[0][kinds])[-1] == "not seen"


@pytest.mark.parametrize(
    ("typed", "label", "said"),
    [
        ({"Begins": 12 * 60}, "Begins", "already works within these hours"),
        ({"Begins": 15 * 60, "Ends": 14 * 60}, "Ends", "ends after it begins"),
        ({**AFTERNOON, "Minutes_of_a_slot": 90}, "Minutes of a slot", "60 at most"),
        ({**AFTERNOON, "Minutes_of_a_first_visit": 4}, "Minutes of a first visit", "5 minutes"),
        ({**AFTERNOON, "Minutes_of_a_follow-up": 75}, "Minutes of a follow-up", "and 60"),
        ({**AFTERNOON, "Minutes_of_a_procedure": 30}, "Minutes of a procedure", "no procedure fee"),
        ({"Begins": 14 * 60, "Ends": 15 * 60, "First_day": None}, "First day", "is empty"),
        (
            {
                "Begins": 14 * 60,
                "Ends": 15 * 60,
                "First_day": date(2026, 12, 2),
                "Last_day": date(2026, 12, 1),
            },
            "Last day",
            "before the first one",
        ),
    ],
)
def test_a_session_that_cannot_be_is_refused_beside_its_field(
    monkeypatch, cast, typed, label, said
):
    desk = _with_rao(monkeypatch, "cmo/sessions", cast)
    fill(desk, **typed)
    press(desk, "Open the session")

    assert said in beside(desk, label)
    assert field(desk, "Begins").value == typed["Begins"]
    assert len(_sessions(cast.rao)) == 7


def test_a_closed_session_has_its_last_day(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/sessions", cast)
    closing = field(desk, "Session")
    closing.select(closing.options[1])
    fill(desk, Held_for_the_last_time_on=date(2026, 12, 29))
    press(desk, "Close the session")

    assert _sessions(cast.rao)[1].valid_to == date(2026, 12, 29)
    assert "29 Dec 2026" in list(desk.dataframe[0].value["Last day"])


def test_closing_no_session_is_refused_beside_its_field(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/sessions", cast)
    press(desk, "Close the session")

    assert "Session is empty" in beside(desk, "Session")


def test_a_doctor_without_sessions_is_told_what_to_do(monkeypatch, cast):
    with transaction() as db:
        for session in _sessions(cast.rao):
            close_session(db, session, last_day=TODAY - timedelta(days=1), by=cast.khan)
    desk = _with_rao(monkeypatch, "cmo/sessions", cast)

    assert "nobody can book" in desk.info[0].value
    assert not has(desk, "Close the session")


# Leave


def test_granted_leave_lists_who_must_be_moved(monkeypatch, cast):
    _book(cast)
    desk = _with_rao(monkeypatch, "cmo/leave", cast)
    fill(desk, Last_day=TODAY + timedelta(days=2), Reason="Conference")
    press(desk, "Grant leave")

    assert plain("1 patient is to be moved.") in desk.success[0].value
    assert any("Asha Menon" in words.value for words in desk.markdown)
    assert [leave.reason for leave in _leaves(cast.rao)] == ["Conference"]


def test_leave_of_part_of_a_day_has_its_hours(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/leave", cast)
    field(desk, "Leave of").set_value("Part of a day").run()
    fill(desk, Begins=11 * 60, Ends=12 * 60)
    press(desk, "Grant leave")

    (leave,) = _leaves(cast.rao)
    assert (leave.begins_at, leave.ends_at) == (at(11), at(12))
    assert any("23 Nov 2026, 11:00 – 12:00" in words.value for words in desk.markdown)


def test_leave_that_ends_before_it_begins_is_refused_beside_its_field(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/leave", cast)
    fill(desk, First_day=TODAY + timedelta(days=3), Last_day=TODAY, Reason="Conference")
    press(desk, "Grant leave")

    assert "ends after it begins" in beside(desk, "Last day")
    assert field(desk, "Reason").value == "Conference"
    assert _leaves(cast.rao) == []


def test_hours_of_leave_in_the_wrong_order_are_refused_beside_their_field(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/leave", cast)
    field(desk, "Leave of").set_value("Part of a day").run()
    fill(desk, Begins=12 * 60, Ends=11 * 60)
    press(desk, "Grant leave")

    assert "ends after it begins" in beside(desk, "Ends")
    assert _leaves(cast.rao) == []


def test_a_second_click_is_the_same_leave(monkeypatch, cast):
    desk = _with_rao(monkeypatch, "cmo/leave", cast)
    shown = dict(desk.session_state["_forms"])
    press(desk, "Grant leave")
    desk.session_state["_forms"].update(shown)
    desk.run()
    press(desk, "Grant leave")

    assert len(_leaves(cast.rao)) == 1


def test_withdrawn_leave_is_gone(monkeypatch, cast):
    with transaction() as db:
        grant_leave(db, cast.rao, TODAY, TODAY, form="l1", by=cast.khan, reason=ODD)
    desk = _with_rao(monkeypatch, "cmo/leave", cast)
    assert any(plain(ODD) in words.value for words in desk.markdown)
    press(desk, "Withdraw")

    assert _leaves(cast.rao) == []
    assert "No leave is granted" in desk.info[0].value


# Holidays


def _holidays() -> list[Holiday]:
    with reading() as db:
        return list(holidays_between(db, TODAY, TODAY + timedelta(days=999)))


def test_a_declared_holiday_says_who_is_booked_on_it(monkeypatch, cast):
    _book(cast)
    desk = sit(monkeypatch, "khan", "cmo/holidays")
    assert "No holiday is declared" in desk.info[0].value
    fill(desk, Name=ODD, Day=TODAY)
    press(desk, "Declare the holiday")

    said = f"{ODD} is declared: Monday 23 November 2026. Appointments to be moved: 1."
    assert desk.success[0].value == plain(said)
    assert any(plain(ODD) in words.value for words in desk.markdown)
    warned = [one.value for one in desk.warning]
    assert warned == ["1 patient is to be moved.", "Booked on it and to be moved: 1"]
    assert [holiday.day for holiday in _holidays()] == [TODAY]


@pytest.mark.parametrize(
    ("typed", "label", "said"),
    [
        ({"Name": " ", "Day": date(2026, 12, 25)}, "Name", "Name is empty"),
        ({"Name": "Christmas Day"}, "Day", "Day is empty"),
        ({"Name": "Christmas Day", "Day": TODAY}, "Day", "is a holiday already"),
    ],
)
def test_a_holiday_that_cannot_be_is_refused_beside_its_field(
    monkeypatch, cast, typed, label, said
):
    with transaction() as db:
        declare_holiday(db, TODAY, "Guru Nanak Jayanti", by=cast.khan)
    desk = sit(monkeypatch, "khan", "cmo/holidays")
    fill(desk, **typed)
    press(desk, "Declare the holiday")

    assert said in beside(desk, label)
    assert field(desk, "Name").value == typed["Name"]
    assert [holiday.name for holiday in _holidays()] == ["Guru Nanak Jayanti"]


def test_a_withdrawn_holiday_is_gone(monkeypatch, cast):
    with transaction() as db:
        declare_holiday(db, TODAY, "Guru Nanak Jayanti", by=cast.khan)
    desk = sit(monkeypatch, "khan", "cmo/holidays")
    assert "Nobody is booked on it." in [words.value for words in desk.caption]
    press(desk, "Withdraw")

    assert _holidays() == []
    assert "can be booked again" in desk.success[0].value


# Registrars


def test_a_designated_registrar_may_register_doctors(monkeypatch, cast):
    desk = sit(monkeypatch, "khan", "cmo/registrars")
    chosen = field(desk, "Account")
    chosen.select("Meera Nair · meera")
    press(desk, "Designate as registrar")

    assert Role.REGISTRAR in _roles(cast)
    assert has(sit(monkeypatch, "meera", "cmo/register_doctor"), "Register the doctor")


def test_a_withdrawn_registrar_keeps_the_other_roles(monkeypatch, cast):
    _designate(cast, may=True)
    desk = sit(monkeypatch, "khan", "cmo/registrars")
    press(desk, "Withdraw")

    assert _roles(cast) == {Role.FRONT_DESK}
    assert "Nobody is registrar yet" in desk.info[0].value


def test_designating_nobody_is_refused_beside_the_field(monkeypatch):
    desk = sit(monkeypatch, "khan", "cmo/registrars")
    press(desk, "Designate as registrar")

    assert "Account is empty" in beside(desk, "Account")


def _roles(cast: Ward) -> frozenset[Role]:
    with reading() as db:
        return roles_of(db, cast.meera)
