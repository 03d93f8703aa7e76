"""The first visit in the browser: set-up with its refusals, the demo, and then the sign-in form."""

from functools import partial
from pathlib import Path

import bcrypt
import pytest
from streamlit.testing.v1 import AppTest

from mediklaud import config, database
from mediklaud.demo import DEMO_ACCOUNTS, demo_password, load_demo
from mediklaud.errors import AlreadySetUp
from mediklaud.models import BillWhen, Role
from mediklaud.repository import (
    HospitalForm,
    account_named,
    first_visit_code,
    is_set_up,
    open_hospital,
    roles_of,
    the_hospital,
)
from tests.conftest import assert_house_is_green
from tests.hospital import HOSPITAL

TYPED = {
    "Hospital's name": "St Mary *Hospital*",
    "Phone": "080 2222 3333",
    "Email": "desk@st-mary.example.org",
    "GSTIN": "",
    "Name": "Dr Imran Khan",
    "Username": "khan",
    "New password": "a quiet corridor",
    "Repeat the new password": "a quiet corridor",
}


@pytest.fixture(autouse=True)
def no_mailroom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediklaud.ui.front_door.open_house", lambda: None)


@pytest.fixture
def visit(empty_sqlite: Path) -> AppTest:
    """The first page of an empty database."""
    return first_page()


def first_page() -> AppTest:
    return AppTest.from_file(str(config.ROOT / "Home.py"), default_timeout=60).run()


def field(page: AppTest, label: str) -> str:
    return next(one for one in page.text_input if one.label == label).value


def fill(page: AppTest, **other: str) -> None:
    """Type everything, with some fields typed otherwise."""
    wanted = {"One-time code": first_visit_code(), **TYPED}
    wanted.update({label.replace("_", " "): typed for label, typed in other.items()})
    for one in page.text_input:
        if one.label in wanted:
            one.set_value(wanted[one.label])
    page.text_area[0].set_value(other.get("Address", "12 Station Road\nBengaluru 560001"))


def set_up(page: AppTest) -> AppTest:
    return button(page, "Set up the hospital").click().run()


def button(page: AppTest, label: str):
    return next(one for one in page.button if one.label == label)


def errors(page: AppTest) -> list[str]:
    assert not page.exception
    return [one.value for one in page.error]


def opened() -> bool:
    with database.reading() as db:
        return is_set_up(db)


def test_set_up_keeps_the_prefixes_and_the_moment_of_billing(visit: AppTest) -> None:
    fill(visit, Credit_note_prefix="smc")
    (when,) = [one for one in visit.get("button_group") if one.label == "Consultations are billed"]
    when.set_value(BillWhen.ARRIVAL)

    set_up(visit)

    with database.reading() as db:
        kept = the_hospital(db)
        assert (kept.credit_prefix, kept.bill_when) == ("SMC", BillWhen.ARRIVAL)


def test_two_papers_of_one_prefix_are_refused_beside_the_second(visit: AppTest) -> None:
    fill(visit, Refund_prefix="JMR")

    set_up(visit)

    assert any("JMR" in one for one in errors(visit))
    assert not opened()


def test_set_up_opens_the_hospital_and_shows_the_sign_in_form(visit: AppTest) -> None:
    fill(visit)

    set_up(visit)

    assert errors(visit) == []
    assert [one.label for one in visit.text_input] == ["Username", "Password"]
    with database.reading() as db:
        khan = account_named(db, "khan")
        assert the_hospital(db).name == "St Mary *Hospital*"
        assert roles_of(db, khan) == {Role.CMO, Role.ADMINISTRATOR}
        assert bcrypt.checkpw(b"a quiet corridor", khan.password_hash.encode())
    assert_house_is_green()


@pytest.mark.parametrize(
    ("label", "typed", "says"),
    [
        ("One-time code", "AAAA-AAAA-AAAA", "This is not the code"),
        ("One-time code", "", "This is not the code"),
        ("Hospital's name", " ", "Hospital's name is empty"),
        ("Address", "", "Address is empty"),
        ("Phone", "12", "is not a phone number"),
        ("Email", "desk@", "not an email address"),
        ("Email", "", "Email is empty"),
        ("Name", "", "Name is empty"),
        ("Username", "K", "A username has 3 to 40"),
        ("New password", "short", "not the same"),
        ("Repeat the new password", "a quiet corridoor", "not the same"),
    ],
)
def test_a_refused_field_is_told_and_everything_typed_stays(
    visit: AppTest, label: str, typed: str, says: str
) -> None:
    fill(visit, **{label: typed})

    set_up(visit)

    assert [says in sentence.replace("\\", "") for sentence in errors(visit)] == [True]
    assert not opened()
    expected = {"One-time code": first_visit_code(), **TYPED, label: typed}
    expected.pop("Address", "")
    assert {name: field(visit, name) for name in expected} == expected


def test_a_short_password_is_refused_and_no_half_of_the_hospital_stays(visit: AppTest) -> None:
    fill(visit, **{"New password": "short", "Repeat the new password": "short"})

    set_up(visit)

    assert [sentence.startswith("A password needs") for sentence in errors(visit)] == [True]
    assert not opened()


def test_the_second_of_two_browsers_is_sent_to_the_sign_in_form(visit: AppTest) -> None:
    other = first_page()
    fill(other)
    fill(visit)
    set_up(other)
    # Drawn before the other browser was done: only the deed can tell.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mediklaud.ui.front_door.is_set_up", lambda db: False)
        set_up(visit)

    assert [one.startswith("This hospital is set up already") for one in errors(visit)] == [True]
    button(visit, "Go to the sign-in form").click().run()
    assert [one.label for one in visit.text_input] == ["Username", "Password"]


def test_two_browsers_that_write_at_once_open_one_hospital(
    empty_postgresql: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as db:
        open_hospital(db, HOSPITAL)
    # Both asked before either had written.
    monkeypatch.setattr("mediklaud.repository.hospital.is_set_up", lambda db: False)

    other = HospitalForm("Other", "Other Road", "080 2222 4444", "other@example.org")
    with pytest.raises(AlreadySetUp), database.transaction() as db:
        open_hospital(db, other)


def test_the_demo_waits_for_the_code(visit: AppTest) -> None:
    button(visit, "Load the demo hospital").click().run()

    assert [one.startswith("This is not the code") for one in errors(visit)] == [True]
    assert not opened()


def test_the_demo_is_loaded_and_its_sign_ins_are_shown(
    visit: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = partial(load_demo, patients=10, weeks_back=1, weeks_ahead=1)
    monkeypatch.setattr("mediklaud.ui.first_visit.load_demo", tiny)
    visit.text_input[0].set_value(first_visit_code().lower().replace("-", " "))

    button(visit, "Load the demo hospital").click().run()

    assert errors(visit) == []
    assert demo_password() in visit.info[0].value.replace("\\", "")
    shown = visit.table[0].value.to_string().replace("\\", "")
    assert all(account.username in shown for account in DEMO_ACCOUNTS)


def test_a_real_hospital_never_shows_sign_ins(sqlite_house: Path) -> None:
    page = first_page()

    assert [one.label for one in page.text_input] == ["Username", "Password"]
    assert (len(page.info), len(page.table)) == (0, 0)
