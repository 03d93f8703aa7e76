"""The entrance and the own account on the screen: codes, second factors, sign-ins and their end."""

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from mediklaud.browsers import browser_words
from mediklaud.database import reading, transaction
from mediklaud.errors import SignedOut
from mediklaud.repository import (
    account_named,
    begin_sign_in,
    end_sign_in,
    enroll_factor,
    has_factor,
    is_locked,
    issue_code,
    live_account,
    new_secret,
    own_sign_ins,
    the_hospital,
)
from mediklaud.ui import front_door
from mediklaud.ui.plain import plain
from tests.desk import HOME, sit
from tests.fields import beside, fill, has, press
from tests.hospital import PASSWORD, ward_of
from tests.phones import code_now

NEW = "a much quieter corridor"
pytestmark = pytest.mark.usefixtures("sqlite_house")


@pytest.fixture
def door(monkeypatch) -> AppTest:
    """The sign-in form, as a stranger sees it."""
    monkeypatch.setattr(front_door, "open_house", lambda: None)
    return AppTest.from_file(HOME, default_timeout=30).run()


def said(desk: AppTest) -> str:
    """Every sentence of the page that says no, or tells something."""
    return " ".join(one.value for one in (*desk.error, *desk.info, *desk.success))


def is_in(desk: AppTest, name: str) -> bool:
    """Whether this person is signed in and sees the own name in the menu."""
    return any(name in one.value for one in desk.sidebar.caption)


def sign_in(desk: AppTest, username: str, password: str = PASSWORD) -> None:
    fill(desk, Username=username, Password=password)
    press(desk, "Sign in")


def with_phone(username: str) -> tuple[str, list[str]]:
    """Give somebody a second factor; its secret, and the recovery codes."""
    secret = new_secret()
    with transaction() as db:
        return secret, enroll_factor(db, account_named(db, username), secret, code_now(secret))


# The entrance


def test_name_and_password_open_the_house(door):
    sign_in(door, " Meera ")

    assert is_in(door, "Meera Nair")


def test_a_wrong_password_and_an_unknown_name_are_told_in_the_same_words(door):
    sign_in(door, "meera", "a loud corridor")
    known = said(door)
    sign_in(door, "nobody", "a loud corridor")

    assert said(door) == known
    assert "Username or password is wrong" in known


def test_the_tenth_wrong_try_says_that_the_name_is_locked(door):
    for _ in range(10):
        sign_in(door, "meera", "a loud corridor")
    assert "locked for 15 minutes" in said(door)

    sign_in(door, "meera")
    assert "locked for 15 minutes" in said(door)


def test_programs_that_keep_passwords_are_told_what_each_field_is(door):
    known = [one.proto.autocomplete for one in door.text_input]
    press(door, "I have a code")

    assert known == ["username", "current-password"]
    assert [one.proto.autocomplete for one in door.text_input][2:] == ["new-password"] * 2


def test_a_code_brings_a_new_person_in_with_an_own_password(door):
    with transaction() as db:
        cast = ward_of(db)
        code = issue_code(db, cast.meera, by=cast.tara)
    press(door, "I have a code")
    fill(door, Username="meera", Code=code, New_password="password1234")
    fill(door, Repeat_the_new_password="password1234")
    press(door, "Keep the password and sign in")
    assert "too easy to guess" in beside(door, "New password")

    fill(door, New_password=NEW, Repeat_the_new_password=NEW)
    press(door, "Keep the password and sign in")
    assert is_in(door, "Meera Nair")


def test_a_wrong_code_is_told_and_leads_back(door):
    press(door, "I have a code")
    typed = {"New_password": NEW, "Repeat_the_new_password": NEW}
    fill(door, Username="meera", Code="aaaa-bbbb-cccc-dddd-eeee", **typed)
    press(door, "Keep the password and sign in")
    assert "This code is not right" in said(door)

    press(door, "Back to the sign-in form")
    assert [one.label for one in door.text_input] == ["Username", "Password"]


def test_the_second_factor_is_asked_for_after_the_password(door, nine_o_clock):
    secret, _ = with_phone("khan")
    nine_o_clock.shift(60)
    sign_in(door, "khan")
    assert not is_in(door, "Khan")
    fill(door, Code_from_the_app="000000")
    press(door, "Sign in")
    assert "not right" in said(door)

    fill(door, Code_from_the_app=code_now(secret))
    press(door, "Sign in")
    assert is_in(door, "Khan")


def test_a_recovery_code_stands_in_for_a_lost_phone(door):
    _, codes = with_phone("khan")
    sign_in(door, "khan")
    fill(door, Code_from_the_app=codes[0])
    press(door, "Sign in")

    assert is_in(door, "Khan")


def test_whoever_takes_too_long_begins_again(door, nine_o_clock):
    secret, _ = with_phone("khan")
    sign_in(door, "khan")
    nine_o_clock.shift(timedelta(minutes=6))
    fill(door, Code_from_the_app=code_now(secret))
    press(door, "Sign in")

    assert "took too long" in said(door)
    assert [one.label for one in door.text_input] == ["Username", "Password"]


def test_where_the_hospital_asks_for_it_it_is_set_up_before_anything_else(door):
    with transaction() as db:
        the_hospital(db).second_factor_required = True
    sign_in(door, "khan")
    assert not is_in(door, "Khan")
    secret = door.code[0].value.replace(" ", "")
    fill(door, Code_from_the_app="000000")
    press(door, "Set it up")
    assert "not the code the app shows" in beside(door, "Code from the app")

    fill(door, Code_from_the_app=code_now(secret))
    press(door, "Set it up")
    assert len(door.code[0].value.split()) == 10
    assert not has(door, "Present password")
    press(door, "I have kept them")
    assert [one.value for one in door.title] == ["Today"]
    assert is_in(door, "Khan")


# My account


def account_page(monkeypatch, username: str = "meera") -> AppTest:
    return sit(monkeypatch, username, "home/account")


def test_the_own_password_is_changed(monkeypatch, door):
    desk = account_page(monkeypatch)
    fill(desk, Present_password=PASSWORD, New_password=NEW, Repeat_the_new_password=NEW)
    press(desk, "Change password")
    assert "The password is changed" in said(desk)

    sign_in(door, "meera", NEW)
    assert is_in(door, "Meera Nair")


def test_a_wrong_present_password_is_told_beside_it_and_counts(monkeypatch):
    desk = account_page(monkeypatch)
    for _ in range(10):
        fill(desk, Present_password="wrong", New_password=NEW, Repeat_the_new_password=NEW)
        press(desk, "Change password")
    assert "not your present password" in beside(desk, "Present password")

    with reading() as db:
        assert is_locked(db, "meera")
    fill(desk, Present_password=PASSWORD)
    press(desk, "Change password")
    assert "locked for 15 minutes" in said(desk)


def test_wrong_codes_of_the_app_lock_the_name_too(monkeypatch):
    with_phone("meera")
    desk = account_page(monkeypatch)
    for _ in range(11):
        [one for one in desk.text_input if one.label == "Present password"][-1].set_value(PASSWORD)
        fill(desk, Code_from_the_app="000000")
        press(desk, "Take it away")

    assert "locked for 15 minutes" in said(desk)
    with reading() as db:
        assert is_locked(db, "meera")
        assert has_factor(db, account_named(db, "meera"))


def test_sign_ins_are_listed_and_ended_one_by_one_or_all(monkeypatch):
    with transaction() as db:
        meera = account_named(db, "meera")
        tokens = [begin_sign_in(db, meera, browser=f"Browser {place}") for place in range(3)]
        theirs = begin_sign_in(db, account_named(db, "ishaan"))
    desk = account_page(monkeypatch)
    listed = [one.value for one in desk.markdown if "since 23 Nov 2026, 09:00" in one.value]
    assert len(listed) == 4
    assert sum("this one" in one for one in listed) == 1

    with reading() as db:
        gone = live_account(db, tokens[0]).sign_in_id
    next(one for one in desk.button if one.key == f"end-{gone}").click().run()
    assert [is_live(token) for token in tokens] == [False, True, True]
    press(desk, "End all others")
    assert [is_live(token) for token in tokens] == [False, False, False]
    assert plain("Every other sign-in has ended.") in said(desk)

    press(desk, "Sign out everywhere")
    assert [one.label for one in desk.text_input] == ["Username", "Password"]
    assert is_live(theirs)


def is_live(token: str) -> bool:
    """Whether a sign-in still opens a page."""
    try:
        with reading() as db:
            live_account(db, token)
    except SignedOut:
        return False
    return True


def test_nobody_sees_or_ends_the_sign_ins_of_another(monkeypatch):
    with transaction() as db:
        begin_sign_in(db, account_named(db, "ishaan"), browser="Ishaan's phone")
    desk = account_page(monkeypatch)

    assert not [one for one in desk.markdown if "Ishaan" in one.value]


def test_a_second_factor_is_set_up_and_taken_away(monkeypatch, nine_o_clock):
    desk = account_page(monkeypatch)
    press(desk, "Set up a second factor")
    secret = desk.code[0].value.replace(" ", "")
    fill(desk, Code_from_the_app=code_now(secret))
    press(desk, "Set it up")
    assert len(desk.code[0].value.split()) == 10
    press(desk, "I have kept them")
    assert "10 of your recovery codes are left." in [one.value for one in desk.caption]

    nine_o_clock.shift(60)
    password = [one for one in desk.text_input if one.label == "Present password"][-1]
    password.set_value(PASSWORD)
    fill(desk, Code_from_the_app=code_now(secret))
    press(desk, "Take it away")
    with reading() as db:
        assert not has_factor(db, account_named(db, "meera"))


def test_the_picture_of_a_secret_is_at_no_address_of_the_server(monkeypatch):
    desk = account_page(monkeypatch)
    press(desk, "Set up a second factor")
    pictures = [one.proto.imgs for one in desk.main if "imgs" in str(getattr(one, "proto", ""))]

    assert [one.url[:19] for (one,) in pictures] == ["data:image/svg+xml;"]


def test_a_sign_in_ended_elsewhere_writes_nothing_from_an_open_page(monkeypatch):
    desk = account_page(monkeypatch)
    with transaction() as db:
        end_sign_in(db, desk.session_state["username"])
    fill(desk, Present_password=PASSWORD, New_password=NEW, Repeat_the_new_password=NEW)
    press(desk, "Change password")

    assert [one.label for one in desk.text_input] == ["Username", "Password"]
    with reading() as db:
        assert own_sign_ins(db, account_named(db, "meera")) == []


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/17.4 Safari/605.1.15",
            "Safari on a Mac",
        ),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("**<b>curl</b>**", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_named_in_plain_words_only(user_agent, words):
    assert browser_words(user_agent) == words
