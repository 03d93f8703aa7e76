"""Accounts, roles and passwords: who may sign in, as what."""

import json

import pytest
from sqlmodel import select

from mediklaud.database import transaction
from mediklaud.errors import (
    DoctorHasAccount,
    DoctorRoleNeedsDoctor,
    EmailNotUnderstood,
    EmptyField,
    LastChief,
    NoRole,
    NotFound,
    NotPermitted,
    PasswordNotPrintable,
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
    SignedOut,
    UsernameNotUnderstood,
    UsernameTaken,
    WrongPassword,
)
from mediklaud.models import AuditEvent, Role
from mediklaud.passwords import is_password, new_code
from mediklaud.repository import (
    account_named,
    accounts_with_roles,
    begin_sign_in,
    change_account,
    create_account,
    designate_registrar,
    issue_code,
    live_account,
    register_doctor,
    roles_of,
)
from tests.hospital import PASSWORD, ward_of
from tests.test_doctors import SEN
from tests.tries import choose_anew
from tests.visits import book

NEW = "a much quieter corridor"


def create(db, ward, **typed):
    told = {"username": "uma", "name": "Uma Das", "password": PASSWORD, **typed}
    roles, by = told.pop("roles", {Role.FRONT_DESK}), told.pop("by", ward.tara)
    names = told.pop("username"), told.pop("name"), told.pop("password")
    return create_account(db, *names, roles, by=by, **told)


def test_an_account_has_its_roles(db, ward):
    uma = create(db, ward, roles={Role.FRONT_DESK, Role.FINANCE}, username=" UMA ")

    assert uma.username == "uma"
    assert roles_of(db, uma) == {Role.FRONT_DESK, Role.FINANCE}
    assert account_named(db, " Uma ").id == uma.id


def test_a_username_belongs_to_one_account(db, ward):
    with pytest.raises(UsernameTaken, match="the username meera"):
        create(db, ward, username="Meera")


@pytest.mark.parametrize("username", ["", "ab", "a" * 41, "um a", "uma!", "-uma", "उमा", "SI-x/"])
def test_a_username_is_plain(db, ward, username):
    with pytest.raises(UsernameNotUnderstood):
        create(db, ward, username=username)


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("", PasswordTooShort),
        ("x" * 11, PasswordTooShort),
        (" " * 20, PasswordTooShort),
        ("x" * 73, PasswordTooLong),
        ("₹" * 25, PasswordTooLong),
        ("a quiet\0corridor", PasswordNotPrintable),
        ("a quiet corridor \ud800", PasswordNotPrintable),
    ],
)
def test_a_password_has_twelve_characters_and_at_most_72_bytes(db, ward, password, refusal):
    with pytest.raises(refusal) as refused:
        create(db, ward, password=password)
    assert refused.value.field == "New password"


@pytest.mark.parametrize(
    "password",
    ["tub zinc owl", f"{'quiet corridor ' * 4}owls sing4", f"{'₹' * 21}zinc owl!", "शांत गलियारा है"],
)
def test_a_password_at_its_limits_is_taken_and_opens(db, ward, password):
    uma = create(db, ward, password=password)

    choose_anew(db, uma, password, NEW)
    assert is_password(NEW, uma.password_hash)


@pytest.mark.parametrize(
    "password",
    [
        *("password1234", "123456789012", "qwertyuiop12", "iloveyou1234", "x" * 12, "₹" * 24),
        *("umadas-umadas", "Uma Das 2026", "JMI Hospital", "jmihospital123", "hospital-uma1"),
    ],
)
def test_a_password_that_is_common_or_a_name_is_refused(db, ward, password):
    with pytest.raises(PasswordTooCommon) as refused:
        create(db, ward, password=password)
    assert refused.value.field == "New password"


def test_a_letter_composed_or_not_is_the_same_password(db, ward):
    uma = create(db, ward, password="un cafe\u0301 très calme")

    assert is_password("un caf\u00e9 très calme", uma.password_hash)


def test_an_account_without_a_password_is_opened_by_none(db, ward):
    uma = create(db, ward, password=None)

    assert not any(is_password(word, uma.password_hash) for word in ("", "-", PASSWORD))


def test_a_code_is_never_the_same():
    assert len({new_code() for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("typed", "refusal", "field"),
    [
        ({"name": " "}, EmptyField, "Name"),
        ({"email": "uma@"}, EmailNotUnderstood, "Email"),
        ({"roles": set()}, NoRole, "Roles"),
        ({"roles": {Role.DOCTOR}}, DoctorRoleNeedsDoctor, "Doctor"),
        ({"roles": {Role.FINANCE}, "doctor_id": 1}, DoctorRoleNeedsDoctor, "Doctor"),
        ({"roles": {Role.DOCTOR}, "doctor_id": 1}, DoctorHasAccount, "Doctor"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(db, ward, typed, refusal, field):
    with pytest.raises(refusal) as refused:
        create(db, ward, **typed)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["khan", "meera", "ishaan", "rao_account"])
def test_only_the_administrator_keeps_accounts(db, ward, name):
    by = getattr(ward, name)
    if name == "khan":
        by = change_account(db, by, {Role.CMO}, by=ward.tara)

    for deed in (
        lambda: create(db, ward, by=by),
        lambda: change_account(db, ward.meera, {Role.CMO}, by=by),
        lambda: issue_code(db, ward.meera, by=by),
    ):
        with pytest.raises(NotPermitted, match="keep accounts and roles"):
            deed()


def test_the_list_of_accounts_is_for_the_administrator_and_the_cmo(db, ward):
    listed = {account.username: roles for account, roles in accounts_with_roles(db, by=ward.khan)}

    assert list(listed) == ["ishaan", "iyer", "khan", "meera", "rao", "tara"]
    assert listed["khan"] == {Role.CMO, Role.ADMINISTRATOR}
    assert len(accounts_with_roles(db, by=ward.tara)) == 6
    with pytest.raises(NotPermitted):
        accounts_with_roles(db, by=ward.meera)


def test_an_unknown_account_is_not_found(db, ward):
    with pytest.raises(NotFound, match="no account"):
        account_named(db, "nobody")


# Changing


def test_a_role_taken_away_is_gone_at_once_for_an_open_page(db, ward):
    change_account(db, ward.meera, {Role.FINANCE}, by=ward.tara)

    with pytest.raises(NotPermitted):
        book(db, ward, ward.asha, ward.rao)
    assert roles_of(db, ward.meera) == {Role.FINANCE}


def test_an_email_is_changed_taken_away_and_on_record(house):
    uma = "uma@example.org"
    for typed, now in ((uma, uma), (None, uma), ("", None)):
        with transaction() as db:
            ward = ward_of(db)
            held = roles_of(db, ward.meera)
            kept = change_account(db, ward.meera, held, by=ward.tara, email=typed)
            assert kept.email == now
    with pytest.raises(EmailNotUnderstood), transaction() as db:
        change_account(db, ward.meera, held, by=ward.tara, email="uma@")

    with transaction() as db:
        rows = db.exec(select(AuditEvent).where(AuditEvent.deed == "account changed"))
        told = [json.loads(row.detail) for row in rows.all()]
    assert told == [
        {"email": {"was": None, "now": uma}},
        {},
        {"email": {"was": uma, "now": None}},
    ]


def test_a_disabled_account_may_nothing_and_keeps_its_roles_for_later(db, ward):
    change_account(db, ward.meera, {Role.FRONT_DESK}, by=ward.tara, active=False)
    assert roles_of(db, ward.meera) == frozenset()

    change_account(db, ward.meera, {Role.FRONT_DESK}, by=ward.tara)
    assert book(db, ward, ward.asha, ward.rao).id


def test_the_last_cmo_keeps_the_role(db, ward):
    with pytest.raises(LastChief, match="anyone who is CMO"):
        change_account(db, ward.khan, {Role.ADMINISTRATOR}, by=ward.tara)
    with pytest.raises(LastChief, match="anyone who is CMO"):
        change_account(db, ward.khan, {Role.CMO, Role.ADMINISTRATOR}, by=ward.tara, active=False)


def test_a_second_cmo_lets_the_first_one_go(db, ward):
    create(db, ward, roles={Role.CMO})

    assert change_account(db, ward.khan, {Role.ADMINISTRATOR}, by=ward.tara).active


def test_a_disabled_cmo_does_not_count(db, ward):
    uma = create(db, ward, roles={Role.CMO})
    change_account(db, uma, {Role.CMO}, by=ward.tara, active=False)

    with pytest.raises(LastChief):
        change_account(db, ward.khan, {Role.ADMINISTRATOR}, by=ward.tara)


def test_the_last_administrator_keeps_the_role(db, ward):
    change_account(db, ward.khan, {Role.CMO}, by=ward.tara)

    with pytest.raises(LastChief, match="administrator"):
        change_account(db, ward.tara, {Role.FINANCE}, by=ward.tara)


def test_roles_may_come_from_a_generator(db, ward):
    change_account(db, ward.meera, (role for role in [Role.FINANCE]), by=ward.tara)

    assert roles_of(db, ward.meera) == {Role.FINANCE}


def test_a_doctors_account_belongs_to_one_doctor(db, ward):
    sen = register_doctor(db, SEN, by=ward.khan)
    account = create(db, ward, roles={Role.DOCTOR}, doctor_id=sen.id)
    assert account.doctor_id == sen.id

    change_account(db, account, {Role.FINANCE}, by=ward.tara)
    assert account.doctor_id is None
    with pytest.raises(DoctorHasAccount):
        change_account(db, account, {Role.DOCTOR}, by=ward.tara, doctor_id=ward.rao.id)


def test_the_cmo_designates_registrars_and_takes_it_back(db, ward):
    designate_registrar(db, ward.meera, by=ward.khan, may=True)
    designate_registrar(db, ward.meera, by=ward.khan, may=True)
    assert register_doctor(db, SEN, by=ward.meera).number == "DOC-0003"

    designate_registrar(db, ward.meera, by=ward.khan, may=False)
    assert roles_of(db, ward.meera) == {Role.FRONT_DESK}
    with pytest.raises(NotPermitted, match="designate registrars"):
        designate_registrar(db, ward.meera, by=ward.tara, may=True)


# What ends a sign-in


def is_live(db, token):
    try:
        live_account(db, token)
    except SignedOut:
        return False
    return True


@pytest.mark.parametrize(
    "deed",
    [
        lambda db, ward: change_account(db, ward.meera, {Role.FINANCE}, by=ward.tara),
        lambda db, ward: change_account(
            db, ward.meera, {Role.FRONT_DESK}, by=ward.tara, active=False
        ),
        lambda db, ward: issue_code(db, ward.meera, by=ward.tara),
        lambda db, ward: choose_anew(db, ward.meera, PASSWORD, NEW),
    ],
    ids=["role", "disabled", "reset", "own password"],
)
def test_sign_ins_end_with_a_change_of_the_account(db, ward, deed):
    hers, others = begin_sign_in(db, ward.meera), begin_sign_in(db, ward.ishaan)
    deed(db, ward)

    assert not is_live(db, hers)
    assert is_live(db, others)


def test_whoever_changes_the_own_password_stays_signed_in_here_only(db, ward):
    here, elsewhere = begin_sign_in(db, ward.meera), begin_sign_in(db, ward.meera)
    choose_anew(db, live_account(db, here), PASSWORD, NEW)

    assert is_live(db, here)
    assert not is_live(db, elsewhere)


@pytest.mark.parametrize("may", [True, False])
def test_designating_a_registrar_ends_the_sign_ins_where_it_changes_the_roles(db, ward, may):
    designate_registrar(db, ward.meera, by=ward.khan, may=not may)
    token = begin_sign_in(db, ward.meera)
    designate_registrar(db, ward.meera, by=ward.khan, may=not may)
    assert is_live(db, token)

    designate_registrar(db, ward.meera, by=ward.khan, may=may)
    assert not is_live(db, token)


@pytest.mark.parametrize("typed", ["", "a loud corridor", PASSWORD.upper()])
def test_the_own_password_is_asked_for_first(db, ward, typed):
    with pytest.raises(WrongPassword) as refused:
        choose_anew(db, ward.meera, typed, NEW)
    assert refused.value.field == "Present password"
