"""Who may do what: every verb asks, and asks first, whoever calls it."""

import ast
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from sqlmodel import Session, select

from mediklaud import database, repository
from mediklaud.bench.reads import asked_by
from mediklaud.config import ROOT
from mediklaud.errors import AlreadySetUp, NotPermitted, SignedOut
from mediklaud.models import Account, Role
from mediklaud.permissions import ASKED_BEFORE, MAY, OPEN, TABLE, Deed, deeds_of
from mediklaud.repository import (
    CONSOLE,
    begin_sign_in,
    change_account,
    create_account,
    end_sign_in,
    live_account,
    roles_of,
)
from tests.conftest import ENGINES, open_copy
from tests.day import live_through_a_day
from tests.hospital import NINE_O_CLOCK, PASSWORD, ward_of
from tests.verbs import EVENING, told

# Every verb that asks, with the deeds of which either opens it.
VERBS = {verb: deeds_of(verb) for one in TABLE.values() for verb in one.verbs.split()}


def verbs() -> dict[str, Callable[..., Any]]:
    """Every function the repository offers to pages."""
    named = {name: getattr(repository, name) for name in repository.__all__}
    return {name: verb for name, verb in named.items() if inspect.isfunction(verb)}


def parameters(verb: Callable[..., Any]) -> list[str]:
    """What a verb is told."""
    return list(inspect.signature(verb).parameters)


def test_every_verb_is_a_deed_or_says_why_it_is_open():
    asking = {name for name, verb in verbs().items() if "by" in parameters(verb)} - {"permit"}

    assert asking == set(VERBS)
    assert set(verbs()) - asking == set(OPEN)


def test_every_deed_has_a_role_and_words():
    assert set(MAY) == set(Deed)
    assert all(roles for roles in MAY.values())
    assert all(deed.value for deed in Deed)


def test_every_role_may_do_something():
    assert set(Role) == set().union(*MAY.values())


def asks(function: ast.FunctionDef, others: dict[str, ast.FunctionDef]) -> bool:
    """Whether a function calls permit, itself or through one that it hands `by` to."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    names = {ast.unparse(call.func) for call in calls}
    return "permit" in names or any(
        asks(others[name], {one: other for one, other in others.items() if one != name})
        for name in names & set(others)
        if name not in ASKED_BEFORE
    )


def functions_with_by(source: str) -> dict[str, ast.FunctionDef]:
    """The public functions of a file that are told who acts."""
    return {
        node.name: node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and any(one.arg == "by" for one in (*node.args.args, *node.args.kwonlyargs))
    }


def unasked(source: str) -> set[str]:
    """The functions of a file that are told who acts and never ask whether they may."""
    found = functions_with_by(source)
    return {name for name, function in found.items() if not asks(function, found)}


def test_every_function_that_is_told_who_acts_asks_whether_they_may():
    files = (ROOT / "mediklaud" / "repository").glob("*.py")
    found = set().union(*(unasked(path.read_text()) for path in files))

    assert found == set(ASKED_BEFORE)


def test_a_function_that_does_not_ask_is_found():
    assert unasked("def waive(db, *, by):\n    db.delete()") == {"waive"}
    assert unasked("def waive(db, *, by):\n    permit(db, by, Deed.WAIVE)") == set()
    assert unasked("def waive(db, *, by):\n    note_deed(db, by, 'waived')") == {"waive"}


ROLES = [*Role, None]


@pytest.fixture(scope="module", params=ENGINES)
def lived_in(request, tmp_path_factory) -> Iterator[None]:
    """A house with a day behind it, for all of these."""
    with open_copy(request, request.param, tmp_path_factory.mktemp("asked") / "data"):
        with time_machine.travel(NINE_O_CLOCK) as wall_clock:
            live_through_a_day(wall_clock)
        yield


@pytest.fixture
def accounts(lived_in, nine_o_clock) -> dict[Role | None, Account]:
    """One account for each role, which holds that role alone, and one that holds none."""
    nine_o_clock.move_to(EVENING)
    with database.transaction() as db:
        ward = ward_of(db)
        names = set(db.exec(select(Account.username)))
        for role in (Role.CMO, Role.REGISTRAR):
            if role.value not in names:
                create_account(db, role.value, role.value, PASSWORD, {role}, by=ward.tara)
        if "nobody" not in names:
            db.add(Account(username="nobody", name="-", password_hash="-", created_at=EVENING))
        db.flush()
        kept = {one.username: one for one in db.exec(select(Account))}
    held = {"meera": Role.FRONT_DESK, "rao": Role.DOCTOR, "ishaan": Role.FINANCE}
    held |= {"tara": Role.ADMINISTRATOR, "nobody": None, "cmo": Role.CMO}
    return {role: kept[name] for name, role in (held | {"registrar": Role.REGISTRAR}).items()}


def let_in(name: str, by: Account) -> bool:
    """Whether a verb gets past its permission, told what a desk would tell it."""
    verb = verbs()[name]
    given = told(name)
    with Session(database.engine()) as db:
        try:
            verb(db, **given, by=by)
        except NotPermitted as refusal:
            # Refused for another deed than the table says would be no door of this verb's.
            return refusal.gaps["deed"] not in {deed.value for deed in VERBS[name]}
        except SignedOut:
            return False
        except Exception:  # what it was told did not suit it, so it was past the door
            return True
        finally:
            db.rollback()
    return True


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_let_into_its_own_deeds_and_no_others(accounts, role):
    allowed = {name for name, deeds in VERBS.items() if any(role in MAY[one] for one in deeds)}

    assert {name for name in VERBS if let_in(name, accounts[role])} == allowed


@pytest.mark.parametrize("role", list(Role))
def test_a_disabled_account_is_let_in_nowhere(accounts, role):
    with Session(database.engine()) as db, db.begin():
        db.merge(accounts[role]).active = False
    try:
        assert {name for name in VERBS if let_in(name, accounts[role])} == set()
    finally:
        with Session(database.engine()) as db, db.begin():
            db.merge(accounts[role]).active = True


@pytest.mark.parametrize("role", list(Role))
def test_whose_sign_in_was_ended_elsewhere_is_let_in_nowhere(accounts, role):
    with database.transaction() as db:
        token = begin_sign_in(db, accounts[role])
    with database.reading() as db:
        me = live_account(db, token)
    allowed = {name for name, deeds in VERBS.items() if any(role in MAY[one] for one in deeds)}
    assert {name for name in VERBS if let_in(name, me)} == allowed

    with database.transaction() as db:
        end_sign_in(db, token)

    assert {name for name in VERBS if let_in(name, me)} == set()
    with database.reading() as db, pytest.raises(SignedOut):
        repository.permit(db, me, Deed.CHECK_HOUSE)


def test_whoever_asks_for_roles_and_sign_in_asks_once(accounts):
    with database.transaction() as db:
        token = begin_sign_in(db, accounts[Role.FINANCE])
    with database.reading() as db:
        me = live_account(db, token)
        asked = asked_by(lambda: repository.permit(db, me, Deed.TAKE_PAYMENT))

    assert len(asked) == 1


def test_a_role_that_was_taken_away_is_gone_in_the_middle_of_a_page(accounts):
    clerk = accounts[Role.FRONT_DESK]
    assert let_in("book_appointment", clerk)

    with database.transaction() as db:
        change_account(db, clerk, {Role.FINANCE}, by=accounts[Role.ADMINISTRATOR])
    try:
        assert not let_in("book_appointment", clerk)
        assert let_in("take_payment", clerk)
    finally:
        with database.transaction() as db:
            change_account(db, clerk, {Role.FRONT_DESK}, by=accounts[Role.ADMINISTRATOR])


def test_the_console_is_let_in_everywhere(accounts):
    assert {name for name in VERBS if let_in(name, CONSOLE)} == set(VERBS)


def test_an_account_that_only_calls_itself_console_is_not_the_console(db, ward):
    impostor = Account(**CONSOLE.model_dump())

    assert roles_of(db, impostor) == frozenset()
    with pytest.raises(NotPermitted):
        repository.permit(db, impostor, Deed.KEEP_ACCOUNTS)


def test_a_refusal_names_the_deed(db, ward):
    with pytest.raises(NotPermitted, match=r"may not take payments\. Ask the administrator"):
        repository.permit(db, ward.meera, Deed.TAKE_PAYMENT)


def test_only_the_very_first_account_comes_from_nobody(db, ward):
    with pytest.raises(AlreadySetUp):
        create_account(db, "thief", "A Thief", PASSWORD, {Role.ADMINISTRATOR}, by=None)
