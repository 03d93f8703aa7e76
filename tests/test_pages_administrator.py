"""The administrator's pages: accounts, settings, and the self-check that others see too."""

from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import text
from sqlmodel import select

from mediklaud import guards
from mediklaud.database import reading, transaction
from mediklaud.errors import NotPermitted
from mediklaud.models import Account, Role
from mediklaud.passwords import NO_PASSWORD, is_password
from mediklaud.repository import (
    check_report,
    create_account,
    designate_registrar,
    enroll_factor,
    has_factor,
    needs_factor,
    new_secret,
    register_doctor,
    roles_of,
    the_hospital,
    use_code,
)
from mediklaud.ui.plain import plain
from tests.desk import files_of, made_for, signed_in, sit
from tests.fields import beside, field, fill, has, open_every_menu, press
from tests.hospital import IYER, PASSWORD, Ward, ward_of
from tests.phones import code_now
from tests.till import bill_of, pay

NEW = "a much quieter corridor"
ODD = "**Dr** <b>x</b> :smile:"
pytestmark = pytest.mark.usefixtures("sqlite_house")


@pytest.fixture
def cast(sqlite_house: object) -> Ward:
    """The cast, to be read only."""
    with reading() as db:
        return ward_of(db)


def _account(username: str) -> tuple[Account | None, frozenset[Role]]:
    with reading() as db:
        found = db.exec(select(Account).where(Account.username == username)).first()
        return found, roles_of(db, found) if found else frozenset()


def _change(monkeypatch, chosen: str):
    desk = sit(monkeypatch, "tara", "administrator/accounts")
    desk.segmented_control[0].set_value("Change an account").run()
    return field(desk, "Account").select(chosen).run()


@pytest.mark.parametrize(
    ("username", "page", "button"),
    [
        ("meera", "administrator/accounts", "Create the account"),
        ("ishaan", "administrator/settings", "Save the settings"),
        ("rao", "administrator/self_check", "Check the house now"),
    ],
)
def test_another_role_sees_nothing_of_the_page(monkeypatch, username, page, button):
    open_every_menu(monkeypatch)
    assert has(sit(monkeypatch, "tara", page), button)
    desk = sit(monkeypatch, username, page)

    assert "belongs to another role" in desk.error[0].value
    assert not has(desk, button)


# Accounts


def test_a_new_account_has_a_code_with_which_its_password_is_chosen(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/accounts")
    fill(desk, Name="Nila Das", Username="nila", Roles=[Role.FRONT_DESK, Role.FINANCE])
    press(desk, "Create the account")

    account, roles = _account("nila")
    assert roles == {Role.FRONT_DESK, Role.FINANCE}
    assert account.password_hash == NO_PASSWORD
    with transaction() as db:
        assert use_code(db, "nila", desk.code[0].value, NEW).id == account.id
    assert is_password(NEW, _account("nila")[0].password_hash)


def test_a_code_is_gone_with_the_next_page(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/accounts")
    fill(desk, Name="Nila Das", Username="nila", Roles=[Role.FRONT_DESK])
    press(desk, "Create the account")
    desk.switch_page("pages/administrator/settings.py").run()
    desk.switch_page("pages/administrator/accounts.py").run()

    assert not desk.code


def test_a_username_in_use_is_refused_beside_its_field(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/accounts")
    fill(desk, Name="Meera Das", Username="meera", Roles=[Role.FINANCE])
    press(desk, "Create the account")

    assert "Another account already has" in beside(desk, "Username")
    assert field(desk, "Name").value == "Meera Das"
    assert field(desk, "Roles").value == [Role.FINANCE]
    assert _account("meera")[0].name == "Meera Nair"
    assert not desk.code


def test_an_account_without_a_role_is_refused_beside_its_field(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/accounts")
    fill(desk, Name="Nila Das", Username="nila")
    press(desk, "Create the account")

    assert "without a role" in beside(desk, "Roles")
    assert _account("nila")[0] is None


def test_a_doctors_account_asks_which_doctor(monkeypatch, cast):
    desk = sit(monkeypatch, "tara", "administrator/accounts")
    assert not has(desk, "Doctor")
    fill(desk, Name="Dr Nila Das", Username="nila")
    field(desk, "Roles").set_value([Role.DOCTOR]).run()
    press(desk, "Create the account")
    assert "belongs to one registered doctor" in beside(desk, "Doctor")

    field(desk, "Doctor").set_value(cast.rao.id)
    press(desk, "Create the account")
    assert "has an account already" in beside(desk, "Doctor")
    assert _account("nila")[0] is None


def test_a_doctors_account_belongs_to_the_doctor(monkeypatch, cast):
    with transaction() as db:
        typed = type(IYER)(**{**vars(IYER), "registration": "KMC 9"})
        doctor = register_doctor(db, typed, by=cast.khan)
    desk = sit(monkeypatch, "tara", "administrator/accounts")
    fill(desk, Name="Dr Nila Das", Username="nila")
    field(desk, "Roles").set_value([Role.DOCTOR]).run()
    field(desk, "Doctor").set_value(doctor.id)
    press(desk, "Create the account")

    assert _account("nila")[0].doctor_id == doctor.id


def test_changed_roles_hold_at_once(monkeypatch):
    desk = _change(monkeypatch, "Meera Nair · meera")
    fill(desk, Roles=[Role.FINANCE])
    press(desk, "Save the change")

    assert _account("meera")[1] == {Role.FINANCE}
    assert desk.success[0].value == plain("The account meera is changed.")


def test_an_email_is_given_to_an_account_that_had_none(monkeypatch):
    desk = _change(monkeypatch, "Meera Nair · meera")
    fill(desk, Email="meera@")
    press(desk, "Save the change")
    assert "not an email address" in beside(desk, "Email")

    fill(desk, Email="meera@example.org")
    press(desk, "Save the change")
    assert _account("meera")[0].email == "meera@example.org"
    assert _account("meera")[1] == {Role.FRONT_DESK}


def test_a_discount_limit_is_set_by_another_administrator(monkeypatch):
    desk = _change(monkeypatch, "Ishaan Shah · ishaan")
    fill(desk, Discount_limit="-5")
    press(desk, "Set the limit")
    assert "below zero" in beside(desk, "Discount limit")
    fill(desk, Discount_limit="1,500")
    press(desk, "Set the limit")

    assert _account("ishaan")[0].discount_limit_paise == 1_500_00
    limits = dict(desk.dataframe[0].value[["Username", "Discount limit"]].values.tolist())
    assert limits["ishaan"] == "₹1,500.00"
    assert limits["meera"] == "₹0.00"


def test_nobody_is_offered_the_own_discount_limit(monkeypatch):
    desk = _change(monkeypatch, "Tara Bose · tara")

    assert not has(desk, "Set the limit")
    assert any("another administrator sets it" in one.value for one in desk.caption)


def test_a_disabled_account_comes_back_with_its_roles(monkeypatch):
    desk = _change(monkeypatch, "Meera Nair · meera")
    field(desk, "May sign in").set_value(False)
    press(desk, "Save the change")
    assert not _account("meera")[0].active

    field(desk, "Account").select("Meera Nair · meera · disabled").run()
    field(desk, "May sign in").set_value(True)
    press(desk, "Save the change")
    assert _account("meera")[0].active
    assert _account("meera")[1] == {Role.FRONT_DESK}


def test_an_account_left_without_a_role_can_be_disabled(monkeypatch, cast):
    with transaction() as db:
        roles = {Role.REGISTRAR}
        nila = create_account(db, "nila", "Nila Das", PASSWORD, roles, by=cast.tara)
    with transaction() as db:
        designate_registrar(db, nila, by=cast.khan, may=False)
    desk = _change(monkeypatch, "Nila Das · nila")
    field(desk, "May sign in").set_value(False)
    press(desk, "Save the change")

    assert not _account("nila")[0].active


def test_the_last_cmo_stays(monkeypatch):
    desk = _change(monkeypatch, "Dr Imran Khan · khan")
    fill(desk, Roles=[Role.ADMINISTRATOR])
    press(desk, "Save the change")

    assert "without anyone who is CMO" in desk.error[0].value
    assert Role.CMO in _account("khan")[1]


def test_a_code_for_a_forgotten_password_is_shown_and_the_old_one_is_dead(monkeypatch):
    desk = _change(monkeypatch, "Meera Nair · meera")
    press(desk, "Issue a code")

    assert _account("meera")[0].password_hash == NO_PASSWORD
    with transaction() as db:
        assert use_code(db, "meera", desk.code[0].value, NEW)


def test_a_lost_phones_factor_is_taken_away(monkeypatch, cast):
    with transaction() as db:
        secret = new_secret()
        enroll_factor(db, cast.meera, secret, code_now(secret))
    desk = _change(monkeypatch, "Meera Nair · meera")
    assert list(desk.dataframe[0].value["Second factor"]).count("yes") == 1
    press(desk, "Take the second factor away")

    with reading() as db:
        assert not has_factor(db, cast.meera)
    assert not has(desk, "Take the second factor away")


def test_the_second_factor_of_keepers_is_a_setting(monkeypatch, cast):
    desk = sit(monkeypatch, "tara", "administrator/settings")
    field(desk, "The CMO and administrators need a second factor").check()
    press(desk, "Save the settings")

    with reading() as db:
        assert needs_factor(db, cast.khan)
        assert needs_factor(db, cast.tara)
        assert not needs_factor(db, cast.meera)
    assert "Your sign-in has ended" in desk.info[0].value


def test_a_name_with_marks_is_shown_as_text(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/accounts")
    fill(desk, Name=ODD, Username="odd", Roles=[Role.FRONT_DESK])
    press(desk, "Create the account")

    assert desk.success[0].value == plain(f"The account odd of {ODD} is created.")
    assert ODD in list(desk.dataframe[0].value["Name"])


# Settings


def test_saved_settings_are_the_hospitals(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/settings")
    fill(desk, Bill_prefix="jm", Dues_limit="1,000", Days_of_grace=7)
    press(desk, "Save the settings")

    with reading() as db:
        kept = the_hospital(db)
    assert (kept.bill_prefix, kept.dues_limit_paise, kept.dues_grace_days) == ("JM", 1000_00, 7)
    assert any("₹1,000" in words.value for words in desk.caption)


def test_the_rules_for_follow_ups_and_overbooking_are_kept_and_told(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/settings")
    rules = {"Follow-ups_after_a_paid_visit": 2, "Within_days": 14, "Per_cent_of_the_fee": 50}
    fill(desk, **rules, Overbookings_a_session=5)
    press(desk, "Save the settings")

    with reading() as db:
        kept = the_hospital(db)
    found = (kept.follow_up_visits, kept.follow_up_days, kept.follow_up_percent)
    assert (*found, kept.overbookings_a_session) == (2, 14, 50, 5)
    rule = "2 follow-ups at 50 % of the fee within 14 days of a paid visit with the same doctor"
    assert f"The rule now: {plain(rule)}." in [words.value for words in desk.caption]


def test_follow_ups_without_days_are_refused_beside_the_days(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/settings")
    field(desk, "Follow-ups after a paid visit").set_value(2)
    press(desk, "Save the settings")

    assert "within 1 to 365 days" in beside(desk, "Within days")
    with reading() as db:
        assert the_hospital(db).follow_up_visits == 0


@pytest.mark.parametrize(
    ("label", "typed", "said"),
    [
        ("Hospital's name", "", "is empty"),
        ("Phone", "12", "not a phone number"),
        ("Patient prefix", "JMIX", "1 to 3 capital letters"),
        ("Receipt prefix", "JMI", "a prefix of its own"),
        ("Dues limit", "much", "is not an amount"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_beside_its_field(monkeypatch, label, typed, said):
    desk = sit(monkeypatch, "tara", "administrator/settings")
    field(desk, "GSTIN").set_value("29ABCDE1234F1ZW")
    field(desk, label).set_value(typed)
    press(desk, "Save the settings")

    assert said in beside(desk, label)
    assert field(desk, label).value == typed
    assert field(desk, "GSTIN").value == "29ABCDE1234F1ZW"
    with reading() as db:
        assert the_hospital(db).gstin is None


def test_what_is_no_gstin_is_refused_beside_its_field(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/settings")
    field(desk, "GSTIN").set_value("29ABCDE1234F1Z5")
    press(desk, "Save the settings")

    assert "is not a GSTIN" in beside(desk, "GSTIN")
    with reading() as db:
        assert the_hospital(db).gstin is None


def test_settings_say_where_letters_go(monkeypatch):
    desk = sit(monkeypatch, "tara", "administrator/settings")

    assert any("No mail server is set" in words.value for words in desk.caption)
    assert [number.value for number in desk.metric] == ["0", "0", "0"]


# The self-check


@pytest.mark.parametrize("username", ["khan", "ishaan", "tara"])
def test_a_sound_house_is_green(monkeypatch, username):
    desk = sit(monkeypatch, username, "administrator/self_check")
    assert not desk.success
    press(desk, "Check the house now")

    assert "rules hold" in desk.success[0].value
    assert "23 November 2026, 9:00 AM IST" in desk.success[0].value.replace("\\", "")


def test_a_rule_that_was_taken_out_turns_its_line_red(monkeypatch, request):
    request.addfinalizer(_put_guards_back)
    with transaction() as db:
        db.execute(text("DROP TRIGGER numbers_only_grow_on_update"))
    desk = sit(monkeypatch, "ishaan", "administrator/self_check")
    press(desk, "Check the house now")

    (line,) = [words.value for words in desk.markdown if ":red[" in words.value]
    assert "Broken rules: 1 of" in desk.error[0].value
    assert plain("guard numbers_only_grow") in line


def test_the_self_check_prints_what_the_screen_says_with_the_numbers_of_each_series(monkeypatch):
    with transaction() as db:
        ward = ward_of(db)
        for paise in (300_00, 200_00):
            bill_of(db, ward, ward.asha, paise)
        pay(db, ward, ward.asha, 500_00)
    with reading() as db:
        report = check_report(db, by=ward.tara)
    files = files_of(monkeypatch)
    desk = press(sit(monkeypatch, "tara", "administrator/self_check"), "Check the house now")
    given = desk.dataframe[0].value

    assert given[["Papers", "From number", "To number", "Count", "Total"]].values.tolist() == [
        ["Bills 2026–27", "JMI/2627/000001", "JMI/2627/000002", 2, "₹500.00"],
        ["Receipts 2026–27", "JMR/2627/000001", "JMR/2627/000001", 1, "₹500.00"],
    ]
    pages = PdfReader(BytesIO(files["self-check-pdf"]())).pages
    words = " ".join("".join(page.extract_text() for page in pages).split())
    for said in (
        # With the line of the safe start, which is the server's and not the database's.
        f"All {len(report.lines) + 1} rules hold",
        "Tara Bose",
        "JMI/2627/000002",
        "letters leave",
    ):
        assert said in words
    with pytest.raises(NotPermitted):
        made_for(signed_in("meera"), files["self-check-pdf"])


def _put_guards_back() -> None:
    with transaction() as db:
        guards.install(db.connection())
