"""Every page for every role, alone, disabled, without any, and signed out: as the menu says."""

from collections.abc import Iterator

import pytest
import time_machine
from sqlmodel import Session
from streamlit.testing.v1 import AppTest

from mediklaud import database
from mediklaud.config import ROOT
from mediklaud.models import Account, Role
from mediklaud.repository import account_named, begin_sign_in, create_account
from mediklaud.ui import front_door, menu
from tests.conftest import ENGINES, open_copy
from tests.day import live_through_a_day
from tests.desk import HOME
from tests.hospital import NINE_O_CLOCK, PASSWORD, ward_of
from tests.verbs import EVENING

PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("pages/*/*.py"))
# Whose page it is, as the one table of the menu has it.
WHOSE = {
    f"pages/{name}.py": set(roles)
    for entries in menu._SECTIONS.values()
    for name, _, _, roles in entries
}
EVERYBODYS = {path for path in PAGES if path.startswith("pages/home/")}
_NAMES = {Role.FRONT_DESK: "meera", Role.DOCTOR: "rao", Role.FINANCE: "ishaan"}
_NAMES |= {Role.ADMINISTRATOR: "tara", Role.CMO: "cmo", Role.REGISTRAR: "registrar"}
ANOTHERS = "This page belongs to another role"


@pytest.fixture(scope="module", params=ENGINES)
def lived_in(request, tmp_path_factory) -> Iterator[None]:
    """A house with a day behind it, an account for each role, and one that holds none."""
    with open_copy(request, request.param, tmp_path_factory.mktemp("pages") / "data"):
        with time_machine.travel(NINE_O_CLOCK) as wall_clock:
            live_through_a_day(wall_clock)
            wall_clock.move_to(EVENING)
            hire()
        yield


def hire() -> None:
    """An account for each role alone, and one without any."""
    with database.transaction() as db:
        ward = ward_of(db)
        for role in (Role.CMO, Role.REGISTRAR):
            create_account(db, role.value, role.value, PASSWORD, {role}, by=ward.tara)
        db.add(Account(username="nobody", name="-", password_hash="-", created_at=EVENING))


@pytest.fixture
def house(lived_in, monkeypatch, nine_o_clock) -> None:
    """The evening of that day, without a mailroom."""
    nine_o_clock.move_to(EVENING)
    monkeypatch.setattr(front_door, "open_house", lambda: None)


def opened(username: str, *, disabled: bool = False) -> dict[str, str]:
    """What each page says to somebody: its title and its errors; "" where it was not run."""
    desk = AppTest.from_file(HOME, default_timeout=30)
    if username:
        with database.transaction() as db:
            account = account_named(db, username)
            desk.session_state["username"] = begin_sign_in(db, account)
            account.active = not disabled
    desk.run()
    said = {path: _said(desk, path) for path in PAGES}
    if disabled:
        with Session(database.engine()) as db, db.begin():
            account_named(db, username).active = True
    return said


def _said(desk: AppTest, path: str) -> str:
    try:
        desk.switch_page(path).run()
    except ValueError:  # the page is in nobody's menu here, so no URL leads to it
        return ""
    assert not desk.exception
    errors = "".join(one.value for one in desk.error)
    assert "Something went wrong" not in errors, errors
    return " ".join(one.value for one in desk.title) + errors


def own(role: Role | None) -> set[str]:
    """The pages of a role, beside everybody's."""
    return {path for path in PAGES if path in EVERYBODYS or role in WHOSE[path]}


def test_every_page_belongs_to_somebody():
    assert set(PAGES) == set(WHOSE) | EVERYBODYS


@pytest.mark.parametrize("role", list(Role))
def test_the_menu_opens_a_roles_own_pages_and_no_others(house, role):
    said = opened(_NAMES[role])

    assert {path for path in PAGES if said[path]} == own(role)
    assert not [words for words in said.values() if ANOTHERS in words]


@pytest.mark.parametrize("role", [*Role, None])
def test_a_page_that_is_not_ones_own_shows_nothing_without_the_menu_too(house, monkeypatch, role):
    """Every page is in everybody's menu: what is left is the page's own door."""
    monkeypatch.setattr(menu, "pages_of", lambda roles: menu.every_page())

    said = opened(_NAMES[role] if role else "nobody")

    assert {path for path in PAGES if ANOTHERS not in said[path]} == own(role)


@pytest.mark.parametrize("role", list(Role))
def test_a_disabled_account_sees_the_sign_in_alone(house, role):
    assert set(opened(_NAMES[role], disabled=True).values()) == {"JMI Hospital"}


def test_who_is_signed_out_sees_the_sign_in_alone(house):
    assert set(opened("").values()) == {"JMI Hospital"}
