"""Coming in: tries and locks, codes for a password, and the second factor."""

import statistics
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import bcrypt
import pytest
from sqlalchemy import event
from sqlmodel import select

from mediklaud import config, database
from mediklaud.database import reading, transaction
from mediklaud.errors import (
    AccountDisabled,
    FactorNotConfirmed,
    FactorRequired,
    FactorStands,
    NameLocked,
    NoFactor,
    PasswordTooCommon,
    PasswordTooShort,
    SignedOut,
    WrongFactor,
    WrongPassword,
)
from mediklaud.models import AuditEvent, PasswordCode, SecondFactor, SignIn, SignInAttempt
from mediklaud.passwords import is_password, nobodys, password_hash
from mediklaud.repository import (
    Halfway,
    account_named,
    begin_own_try,
    begin_sign_in,
    begin_try,
    change_account,
    change_own_password,
    change_settings,
    come_in,
    end_own_try,
    enroll_and_come_in,
    enroll_factor,
    has_factor,
    is_locked,
    issue_code,
    judge_factor,
    judge_password,
    live_account,
    new_secret,
    recovery_codes_left,
    remove_factor,
    renew_recovery_codes,
    reset_factor,
    roles_of,
    secret_address,
    the_hospital,
    use_code,
)
from mediklaud.repository.factors import passes_factor
from tests.conftest import _gensalt as as_in_life
from tests.hospital import HOSPITAL, NINE_O_CLOCK, PASSWORD
from tests.phones import code_now
from tests.tries import choose_anew, note_wrong_try

NEW = "a much quieter corridor"
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
HERE = "Firefox on Windows"


@pytest.fixture(autouse=True)
def still(nine_o_clock):
    """Here the clock stands still, so that the last second can be told from the next."""
    nine_o_clock.move_to(NINE_O_CLOCK, tick=False)


def come(db, username, password=PASSWORD):
    """What comes of a name and a password."""
    tried = begin_try(db, username)
    right = is_password(password, tried.password_hash)
    return judge_password(db, tried, right, browser=HERE)


def deeds(db, count):
    """The last rows that this transaction writes into the log."""
    return [(row.account_name, row.deed, row.subject) for row in db.info["deeds"][-count:]]


# The password


def test_the_right_password_begins_a_sign_in_with_its_browser(db, ward):
    token = come(db, " Meera ")

    assert live_account(db, token).username == "meera"
    assert db.exec(select(SignIn.browser)).one() == HERE
    assert db.exec(select(SignInAttempt)).all() == []


@pytest.mark.parametrize(
    "typed", ["", "a loud corridor", PASSWORD.upper(), "x" * 73, "\0", "\ud800"]
)
def test_a_wrong_password_begins_nothing_and_counts(db, ward, typed):
    assert come(db, "meera", typed) is None
    assert db.exec(select(SignIn)).all() == []
    assert len(db.exec(select(SignInAttempt)).all()) == 1


def test_a_password_that_was_changed_while_it_was_judged_does_not_open(db, ward):
    tried = begin_try(db, "meera")
    choose_anew(db, ward.meera, PASSWORD, NEW)

    assert judge_password(db, tried, True, browser="") is None


def test_a_disabled_account_is_opened_by_no_password(db, ward):
    change_account(db, ward.meera, roles_of(db, ward.meera), by=ward.tara, active=False)

    assert come(db, "meera") is None


def test_wrong_tries_and_the_lock_stand_in_the_log_without_what_was_typed(db, ward):
    for _ in range(10):
        come(db, "meera", "wrong")
    assert deeds(db, 2) == [
        ("visitor", "wrong password", f"account/{ward.meera.id}"),
        ("visitor", "name locked", f"account/{ward.meera.id}"),
    ]

    come(db, "My Secret Password")
    ((_, deed, subject),) = deeds(db, 1)
    assert deed == "wrong password"
    kept = str(db.info["deeds"]) + str(db.exec(select(SignInAttempt)).all())
    assert subject.startswith("name/")
    assert "secret" not in kept.lower()


# The lock


def test_a_locked_name_is_opened_by_no_password_until_a_quarter_hour_is_over(
    db, ward, nine_o_clock
):
    for _ in range(10):
        assert come(db, "meera", "wrong") is None
    assert is_locked(db, "meera")
    assert come(db, "meera") is None

    nine_o_clock.move_to(NINE_O_CLOCK + 15 * MINUTE - SECOND, tick=False)
    assert come(db, "meera") is None
    nine_o_clock.move_to(NINE_O_CLOCK + 15 * MINUTE, tick=False)
    assert come(db, "meera")


def test_nine_wrong_tries_lock_nothing(db, ward):
    for _ in range(9):
        come(db, "meera", "wrong")
    assert come(db, "meera")


def test_a_lock_is_the_same_on_every_server_and_after_a_restart(sqlite_house):
    for _ in range(10):
        with transaction() as db:
            note_wrong_try(db, "meera")
    database.engine().dispose()
    database.engine_for.cache_clear()

    with transaction() as db:
        assert come(db, "meera") is None


def test_a_crowd_gets_ten_tries_and_no_more(postgresql_house):
    judged = []

    def guess():
        with transaction() as db:
            tried = begin_try(db, "meera")
        judged.append(tried.locked)

    crowd = [threading.Thread(target=guess) for _ in range(24)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert sorted(judged) == [False] * 10 + [True] * 14


def guess_at_the_own_password(told):
    """What a page does with a wrong present password."""
    with transaction() as db:
        meera = account_named(db, "meera")
        tried = begin_own_try(db, meera)
    try:
        with transaction() as db:
            change_own_password(db, meera, "a loud corridor", NEW, tried=tried)
    except (WrongPassword, NameLocked) as refusal:
        told.append(type(refusal))
        with transaction() as db:
            end_own_try(db, meera, tried, refusal)


def test_a_crowd_gets_ten_tries_at_the_present_password(house):
    told = []
    crowd = [threading.Thread(target=guess_at_the_own_password, args=(told,)) for _ in range(24)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert Counter(told) == {WrongPassword: 10, NameLocked: 14}
    with transaction() as db:
        assert come(db, "meera") is None
        rows = db.exec(select(AuditEvent).where(AuditEvent.deed == "wrong password")).all()
        assert [row.account_name for row in rows] == ["meera"] * 10


def test_only_what_was_wrong_stays_counted(house):
    with transaction() as db:
        meera = account_named(db, "meera")
        tried = begin_own_try(db, meera)
    with pytest.raises(PasswordTooShort) as refused, transaction() as db:
        change_own_password(db, meera, PASSWORD, "short", tried=tried)

    with transaction() as db:
        end_own_try(db, meera, tried, refused.value)
        assert db.exec(select(SignInAttempt)).all() == []


def test_old_tries_are_swept(db, ward, nine_o_clock):
    for name in ("meera", "nobody"):
        note_wrong_try(db, name)
    nine_o_clock.move_to(NINE_O_CLOCK + 30 * MINUTE, tick=False)
    note_wrong_try(db, "ishaan")

    assert len(db.exec(select(SignInAttempt)).all()) == 1


# The same time for every name


def what_it_costs(monkeypatch, username):
    """The statements and bcrypts of one wrong try, as the form does it."""
    asked, hashed, checkpw = [], [], bcrypt.checkpw

    def note(_on, _by, statement, *_):
        asked.append(statement)

    def check(word, kept):
        hashed.append(kept[:7])
        return checkpw(word, kept)

    nobodys()
    event.listen(database.engine(), "before_cursor_execute", note)
    with monkeypatch.context() as patch:
        patch.setattr(bcrypt, "checkpw", check)
        with transaction() as db:
            tried = begin_try(db, username)
        right = is_password("a loud corridor", tried.password_hash)
        with transaction() as db:
            judge_password(db, tried, right, browser="")
    event.remove(database.engine(), "before_cursor_execute", note)
    return asked, hashed


def four_names():
    """A known name, an unknown one, a disabled and a locked one; the locks are in place."""
    with transaction() as db:
        khan = account_named(db, "khan")
        for name, active in (("ishaan", False), ("rao", True)):
            account = account_named(db, name)
            held, doctor = roles_of(db, account), account.doctor_id
            change_account(db, account, held, by=khan, doctor_id=doctor, active=active)
        for _ in range(10):
            note_wrong_try(db, "rao")
    return ("meera", "nobody-at-all", "ishaan", "rao")


def test_known_unknown_disabled_and_locked_names_cost_the_same(house, monkeypatch):
    known, *others = [what_it_costs(monkeypatch, name) for name in four_names()]

    assert len(known[1]) == 1
    assert others == [known, known, known]


@pytest.mark.drill
def test_known_unknown_disabled_and_locked_names_take_the_same_time(
    sqlite_house, monkeypatch, record_property
):
    monkeypatch.setattr(bcrypt, "gensalt", as_in_life)
    nobodys.cache_clear()
    names = four_names()
    with transaction() as db:
        account_named(db, "meera").password_hash = password_hash(PASSWORD)
    took = {name: [] for name in names}
    # By turns, so that whatever else the machine does falls on all of them.
    for _ in range(21):
        for name in names:
            took[name].append(_seconds(name))
    nobodys.cache_clear()
    middle = {name: statistics.median(times) for name, times in took.items()}
    ratios = {name: seconds / middle["meera"] for name, seconds in middle.items()}
    said = ", ".join(f"{name} {ratio:.3f}" for name, ratio in ratios.items())
    record_property("proof", f"a wrong password, beside that of a known name: {said}")

    assert all(0.8 < ratio < 1.2 for ratio in ratios.values())


def _seconds(name):
    begun = time.perf_counter()
    with transaction() as db:
        tried = begin_try(db, name)
    right = is_password("a loud corridor", tried.password_hash)
    with transaction() as db:
        judge_password(db, tried, right, browser="")
    return time.perf_counter() - begun


def test_where_only_single_sign_on_lets_in_no_password_and_no_code_does(db, ward, monkeypatch):
    code = issue_code(db, ward.ishaan, by=ward.tara)
    monkeypatch.setenv("MEDIKLAUD_PASSWORD_SIGN_IN", "false")
    config.settings.cache_clear()

    assert come(db, "meera") is None
    assert use_code(db, "ishaan", code, NEW) is None

    monkeypatch.delenv("MEDIKLAUD_PASSWORD_SIGN_IN")
    config.settings.cache_clear()
    assert come(db, "meera")
    assert use_code(db, "ishaan", code, NEW)


# Codes


def test_a_code_chooses_a_password_once(db, ward):
    code = issue_code(db, ward.meera, by=ward.tara)
    assert come(db, "meera") is None

    assert use_code(db, " MEERA ", code.replace("-", " ").upper(), NEW).id == ward.meera.id
    assert come(db, "meera", NEW)
    assert use_code(db, "meera", code, "yet another corridor") is None
    assert code.replace("-", "") not in str(db.exec(select(PasswordCode)).all())


def test_a_code_is_for_its_own_account_only(db, ward):
    code = issue_code(db, ward.meera, by=ward.tara)
    issue_code(db, ward.ishaan, by=ward.tara)

    assert use_code(db, "ishaan", code, NEW) is None
    assert use_code(db, "nobody", code, NEW) is None
    assert use_code(db, "meera", code, NEW)


def test_a_code_expires_after_half_an_hour(db, ward, nine_o_clock):
    code = issue_code(db, ward.meera, by=ward.tara)
    other = issue_code(db, ward.ishaan, by=ward.tara)

    nine_o_clock.move_to(NINE_O_CLOCK + 30 * MINUTE - SECOND, tick=False)
    assert use_code(db, "meera", code, NEW)
    nine_o_clock.move_to(NINE_O_CLOCK + 30 * MINUTE, tick=False)
    assert use_code(db, "ishaan", other, NEW) is None


def test_a_newer_code_ends_the_older(db, ward):
    older, newer = (issue_code(db, ward.meera, by=ward.tara) for _ in range(2))

    assert use_code(db, "meera", older, NEW) is None
    assert use_code(db, "meera", newer, NEW)


def test_disabling_an_account_ends_its_code(db, ward):
    code = issue_code(db, ward.meera, by=ward.tara)
    held = roles_of(db, ward.meera)
    change_account(db, ward.meera, held, by=ward.tara, active=False)
    assert use_code(db, "meera", code, NEW) is None
    with pytest.raises(AccountDisabled):
        issue_code(db, ward.meera, by=ward.tara)

    change_account(db, ward.meera, held, by=ward.tara)
    assert use_code(db, "meera", code, NEW) is None


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [("short", PasswordTooShort), ("Meera Nair 26", PasswordTooCommon)],
)
def test_a_password_that_cannot_be_leaves_the_code_unused(house, typed, refusal):
    with transaction() as db:
        code = issue_code(db, account_named(db, "meera"), by=account_named(db, "tara"))
    with pytest.raises(refusal), transaction() as db:
        use_code(db, "meera", code, typed)

    with transaction() as db:
        assert use_code(db, "meera", code, NEW)


def test_wrong_codes_lock_the_name_and_the_right_one_opens_it(db, ward):
    code = issue_code(db, ward.khan, by=ward.tara)
    for _ in range(12):
        assert use_code(db, "khan", "aaaa-bbbb-cccc-dddd-eeee", NEW) is None
    assert is_locked(db, "khan")

    assert use_code(db, "khan", code, NEW)
    assert come(db, "khan", NEW)


def test_a_code_ends_every_sign_in_when_it_is_issued(db, ward):
    token = begin_sign_in(db, ward.meera)
    issue_code(db, ward.meera, by=ward.tara)

    with pytest.raises(SignedOut):
        live_account(db, token)


# The second factor


@pytest.fixture
def phone(db, ward, nine_o_clock):
    """Khan's phone: its secret, and the recovery codes he wrote down, half a minute ago."""
    secret = new_secret()
    codes = enroll_factor(db, ward.khan, secret, code_now(secret))
    nine_o_clock.move_to(NINE_O_CLOCK + MINUTE, tick=False)
    return secret, codes


def test_no_sign_in_begins_before_the_second_factor(db, ward, phone):
    halfway = come(db, "khan")
    assert isinstance(halfway, Halfway)
    assert db.exec(select(SignIn)).all() == []

    token = judge_factor(db, halfway, code_now(phone[0]), browser=HERE)
    assert live_account(db, token).username == "khan"


def test_the_secret_is_sealed_for_its_account_alone(db, ward, phone):
    sealed = db.exec(select(SecondFactor)).one().sealed_secret
    assert phone[0] not in sealed

    db.add(
        SecondFactor(
            account_id=ward.tara.id, sealed_secret=sealed, last_step=0, enrolled_at=NINE_O_CLOCK
        )
    )
    assert not passes_factor(db, ward.tara, code_now(phone[0]))
    assert passes_factor(db, ward.khan, code_now(phone[0]))


@pytest.mark.parametrize(
    ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_of_half_a_minute_off_is_right(db, ward, phone, steps, right):
    assert passes_factor(db, ward.khan, code_now(phone[0], steps=steps)) is right


def test_a_code_is_never_accepted_twice_nor_one_before_it(db, ward, phone):
    code, before = code_now(phone[0]), code_now(phone[0], steps=-1)

    assert passes_factor(db, ward.khan, f"{code[:3]} {code[3:]}")
    assert not passes_factor(db, ward.khan, code)
    assert not passes_factor(db, ward.khan, before)
    assert passes_factor(db, ward.khan, code_now(phone[0], steps=1))


def test_the_code_that_confirmed_it_opens_nothing(db, ward):
    secret = new_secret()
    enroll_factor(db, ward.khan, secret, code_now(secret))

    assert not passes_factor(db, ward.khan, code_now(secret))


@pytest.mark.parametrize("typed", ["", "000000", "12345", "२३४५६७", "x" * 500, "\ud800"])
def test_what_is_no_code_passes_nothing(db, ward, phone, typed):
    assert not passes_factor(db, ward.khan, typed)


def test_a_recovery_code_opens_once(db, ward, phone):
    codes = phone[1]
    assert len(set(codes)) == 10

    assert passes_factor(db, ward.khan, codes[3].upper().replace("-", ""))
    assert not passes_factor(db, ward.khan, codes[3])
    assert not passes_factor(db, ward.tara, codes[4])
    assert recovery_codes_left(db, ward.khan) == 9


def test_new_recovery_codes_replace_the_old(db, ward, phone):
    secret, codes = phone
    tried = begin_own_try(db, ward.khan)
    new = renew_recovery_codes(db, ward.khan, PASSWORD, code_now(secret), tried=tried)

    assert not passes_factor(db, ward.khan, codes[0])
    assert passes_factor(db, ward.khan, new[0])


def test_wrong_second_factors_lock_the_name(db, ward, phone):
    halfway = come(db, "khan")
    for _ in range(10):
        assert judge_factor(db, halfway, "000000", browser="") is None

    assert judge_factor(db, halfway, code_now(phone[0]), browser="") is None
    assert come(db, "khan") is None
    assert ("visitor", "wrong second factor", f"account/{ward.khan.id}") in deeds(db, 4)


def test_the_first_step_holds_five_minutes(db, ward, phone, nine_o_clock):
    halfway = come(db, "khan")
    nine_o_clock.move_to(NINE_O_CLOCK + 6 * MINUTE + SECOND, tick=False)

    with pytest.raises(SignedOut):
        judge_factor(db, halfway, code_now(phone[0]), browser="")


@pytest.mark.parametrize("reset", [True, False])
def test_the_first_step_falls_with_the_password_and_with_the_account(db, ward, phone, reset):
    halfway = come(db, "khan")
    if reset:
        issue_code(db, ward.khan, by=ward.tara)
    else:
        db.merge(ward.khan).active = False

    with pytest.raises(SignedOut):
        judge_factor(db, halfway, code_now(phone[0]), browser="")
    ward.khan.active = True


def test_a_code_for_a_password_does_not_replace_the_phone(db, ward, phone):
    account = use_code(db, "khan", issue_code(db, ward.khan, by=ward.tara), NEW)

    assert isinstance(come_in(db, account, browser=""), Halfway)


def test_a_second_factor_is_kept_only_with_a_right_code(db, ward):
    with pytest.raises(FactorNotConfirmed):
        enroll_factor(db, ward.khan, new_secret(), "000000")
    assert not has_factor(db, ward.khan)


def test_another_phone_does_not_slip_in(db, ward, phone):
    secret = new_secret()

    with pytest.raises(FactorStands):
        enroll_factor(db, ward.khan, secret, code_now(secret))
    assert passes_factor(db, ward.khan, code_now(phone[0]))


def test_setting_it_up_ends_the_other_sign_ins(db, ward):
    here, elsewhere = begin_sign_in(db, ward.khan), begin_sign_in(db, ward.khan)
    secret = new_secret()
    enroll_factor(db, live_account(db, here), secret, code_now(secret))

    assert live_account(db, here)
    with pytest.raises(SignedOut):
        live_account(db, elsewhere)


def test_it_is_taken_away_with_password_and_code(db, ward, phone):
    def remove(password, typed):
        remove_factor(db, ward.khan, password, typed, tried=begin_own_try(db, ward.khan))

    with pytest.raises(WrongPassword):
        remove("a loud corridor", code_now(phone[0]))
    with pytest.raises(WrongFactor):
        remove(PASSWORD, "000000")

    remove(PASSWORD, code_now(phone[0]))
    assert isinstance(come(db, "khan"), str)
    with pytest.raises(NoFactor):
        remove(PASSWORD, code_now(phone[0]))


def test_a_locked_name_proves_no_password(db, ward):
    for _ in range(10):
        note_wrong_try(db, "khan")

    with pytest.raises(NameLocked):
        choose_anew(db, ward.khan, PASSWORD, NEW)


def test_the_administrator_takes_a_lost_phones_factor_away(db, ward, phone):
    token = begin_sign_in(db, ward.khan)
    reset_factor(db, ward.khan, by=ward.tara)

    assert not has_factor(db, ward.khan)
    assert not passes_factor(db, ward.khan, phone[1][0])
    with pytest.raises(SignedOut):
        live_account(db, token)
    assert deeds(db, 1) == [("tara", "second factor reset", f"account/{ward.khan.id}")]
    with pytest.raises(NoFactor):
        reset_factor(db, ward.khan, by=ward.tara)


def test_where_the_hospital_asks_for_it_keepers_enroll_before_anything_else(db, ward):
    the_hospital(db).second_factor_required = True
    db.flush()
    assert isinstance(come(db, "meera"), str)
    halfway, secret = come(db, "tara"), new_secret()
    assert halfway.enrolls

    token, codes = enroll_and_come_in(db, halfway, secret, code_now(secret), browser=HERE)
    assert live_account(db, token).username == "tara"
    assert len(codes) == 10
    tried = begin_own_try(db, ward.tara)
    with pytest.raises(FactorRequired):
        remove_factor(db, ward.tara, PASSWORD, code_now(secret, steps=1), tried=tried)


def test_asking_for_it_ends_the_sign_ins_of_keepers_who_have_none(db, ward, phone):
    tokens = {
        name: begin_sign_in(db, account_named(db, name)) for name in ("khan", "tara", "meera")
    }
    change_settings(db, HOSPITAL, by=ward.khan)
    assert live_account(db, tokens["tara"])

    asked = replace(HOSPITAL, second_factor_required=True)
    change_settings(db, asked, by=ward.khan)
    with pytest.raises(SignedOut):
        live_account(db, tokens["tara"])
    assert live_account(db, tokens["khan"])
    assert live_account(db, tokens["meera"])


def test_an_app_reads_the_secret_with_the_hospitals_name(db, ward):
    address = secret_address(db, ward.khan, "ABCDEFGH" * 4)

    said = "otpauth://totp/JMI%20Hospital:khan?secret={}&issuer=JMI%20Hospital"
    assert address == said.format("ABCDEFGH" * 4)


def test_without_the_key_of_the_installation_no_code_is_right(sqlite_house, monkeypatch):
    secret = new_secret()
    with transaction() as db:
        enroll_factor(db, account_named(db, "khan"), secret, code_now(secret))
    with monkeypatch.context() as patch, reading() as db:
        patch.setattr("mediklaud.config.key", lambda: bytes(32))
        assert not passes_factor(db, account_named(db, "khan"), code_now(secret, steps=1))
