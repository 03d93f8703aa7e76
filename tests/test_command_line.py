"""The command line: one line a person understands, and a refusal as its sentence."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from mediklaud import config, database, demo, guards, migrations
from mediklaud.__main__ import ROLES, app
from mediklaud.errors import SignedOut
from mediklaud.mailroom import Mailroom
from mediklaud.models import Account, AuditEvent, Role
from mediklaud.passwords import NO_PASSWORD, is_password
from mediklaud.repository import (
    account_named,
    begin_sign_in,
    enroll_factor,
    has_factor,
    is_locked,
    live_account,
    new_secret,
    roles_of,
    use_code,
)
from tests.phones import code_now
from tests.tries import note_wrong_try

_CODE = re.compile(r"[a-z2-9]{4}(-[a-z2-9]{4}){4}")


def run(*words: str) -> Result:
    """A command in this process."""
    return CliRunner().invoke(app, list(words))


def start(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """A command in a process of its own, as it is typed."""
    return subprocess.run(
        [sys.executable, "-m", "mediklaud", *words],
        cwd=config.ROOT,
        env={**os.environ, "MEDIKLAUD_DATA_DIR": str(folder), "MEDIKLAUD_DATABASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def account(username: str) -> Account:
    with database.reading() as db:
        return account_named(db, username)


def refused(result: Result) -> str:
    """The sentence on stderr of a command that was refused, and nothing else of a failure."""
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert len(result.stderr.splitlines()) == 1
    return result.stderr.strip()


def test_init_says_the_revision_and_the_code(empty_sqlite: Path) -> None:
    said = run("init")

    assert said.exit_code == 0
    assert f"ready already, at revision {migrations.newest()}." in said.stdout
    assert re.search(r"one-time code ([A-Z2-7]{4}-){2}[A-Z2-7]{4}\.", said.stdout)


def test_init_keeps_the_code_to_itself_once_the_hospital_is_set_up(sqlite_house: Path) -> None:
    assert "code" not in run("init").stdout


def test_init_of_a_new_machine_creates_the_database(tmp_path: Path) -> None:
    said = start(tmp_path / "new", "init")

    assert (said.returncode, said.stderr) == (0, "")
    assert "The database is ready, at revision" in said.stdout
    assert (tmp_path / "new" / "mediklaud.db").exists()


def test_help_answers_without_the_house() -> None:
    heavy = {"streamlit", "sqlmodel", "sqlalchemy", "pandas", "pydantic"}
    asked = f"import sys, mediklaud.__main__; print({heavy} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", asked], cwd=config.ROOT, capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == "set()"


def test_the_demo_command_loads_the_demo_and_says_how_to_sign_in(
    empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = partial(demo.load_demo, patients=10, weeks_back=1, weeks_ahead=1)
    monkeypatch.setattr(demo, "load_demo", tiny)

    said = run("demo", "--seed", "7", "--date", "2026-11-20")

    assert said.exit_code == 0
    assert "the sign-in page shows who can sign in" in said.stdout
    with database.reading() as db:
        newest = db.exec(select(AuditEvent.at).order_by(AuditEvent.at.desc())).first()
    assert newest.date() < date(2026, 11, 20)


def test_the_demo_is_refused_where_a_hospital_is(sqlite_house: Path) -> None:
    assert refused(run("demo")).startswith("The database already holds a hospital.")


def test_a_created_account_has_a_code_printed_once(sqlite_house: Path) -> None:
    said = run("account", "create", "Nisha", "Nisha Kulkarni", "--role", "registrar")

    printed = _CODE.search(said.stdout)
    assert printed is not None
    assert account("nisha").password_hash == NO_PASSWORD
    assert printed.group() not in run("account", "list").stdout
    with database.transaction() as db:
        assert use_code(db, "nisha", printed.group(), "a much quieter corridor")


def test_what_the_console_did_stands_in_the_audit_log(sqlite_house: Path) -> None:
    run("account", "create", "nisha", "Nisha Kulkarni", "--role", "registrar")

    with database.reading() as db:
        newest = db.exec(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(2)).all()
    assert [(row.account_name, row.deed) for row in newest] == [
        ("console", "code issued"),
        ("console", "account created"),
    ]


def test_a_doctors_account_is_created_by_the_doctors_number(sqlite_house: Path) -> None:
    taken = run("account", "create", "rao2", "Dr Rao", "--role", "doctor", "--doctor", "doc-0001")
    unknown = run("account", "create", "rao2", "Dr Rao", "--role", "doctor", "--doctor", "DOC-9")

    assert refused(taken).startswith("This doctor has an account already.")
    assert refused(unknown).startswith("There is no doctor like that.")


def test_an_unknown_role_is_named_with_the_known_ones(sqlite_house: Path) -> None:
    said = run("account", "create", "nisha", "Nisha", "--role", "boss")

    assert said.exit_code == 2
    assert "boss is no role" in said.stderr
    assert all(role in said.stderr for role in ROLES)


def test_the_command_line_knows_every_role() -> None:
    assert tuple(role.value for role in Role) == ROLES


def test_a_taken_username_is_refused_in_its_words(sqlite_house: Path) -> None:
    said = run("account", "create", "meera", "Another Meera", "--role", "front_desk")

    assert refused(said).startswith("Another account already has the username meera.")


def test_a_code_from_the_terminal_opens_a_locked_name_and_the_old_password_is_dead(
    sqlite_house: Path,
) -> None:
    with database.transaction() as db:
        for _ in range(10):
            note_wrong_try(db, "khan")
    printed = _CODE.search(run("account", "password", "khan").stdout)

    assert printed is not None
    assert not is_password("a quiet corridor", account("khan").password_hash)
    with database.transaction() as db:
        assert is_locked(db, "khan")
        assert use_code(db, "khan", printed.group(), "a much quieter corridor")
        assert not is_locked(db, "khan")


def test_a_lost_phone_is_no_end_for_the_last_administrator(sqlite_house: Path) -> None:
    with database.transaction() as db:
        secret = new_secret()
        enroll_factor(db, account_named(db, "khan"), secret, code_now(secret))

    assert run("account", "factor", "khan").exit_code == 0
    assert refused(run("account", "factor", "khan")).startswith("This account has no second")
    with database.reading() as db:
        assert not has_factor(db, account_named(db, "khan"))


def test_whoever_is_disabled_is_out_at_once_and_keeps_no_role(sqlite_house: Path) -> None:
    with database.transaction() as db:
        token = begin_sign_in(db, account_named(db, "meera"))

    said = run("account", "disable", "meera")
    again = run("account", "disable", "meera")

    assert said.stdout == again.stdout == "The account meera is disabled.\n"
    with database.reading() as db, pytest.raises(SignedOut):
        live_account(db, token)
    with database.reading() as db:
        assert roles_of(db, account_named(db, "meera")) == frozenset()
    assert re.search(r"meera .*disabled", run("account", "list").stdout)


def test_an_accounts_email_is_changed_and_nothing_else(sqlite_house: Path) -> None:
    before = account("rao")
    with database.transaction() as db:
        token = begin_sign_in(db, account_named(db, "rao"))
        roles = roles_of(db, before)

    said = run("account", "email", "rao", "anjali@example.org")

    assert said.stdout == "The account rao is written to at anjali@example.org.\n"
    after = account("rao")
    kept = ("anjali@example.org", True, before.doctor_id)
    assert (after.email, after.active, after.doctor_id) == kept
    with database.reading() as db:
        newest = db.exec(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
        assert (newest.account_name, newest.deed) == ("console", "account changed")
        assert set(json.loads(newest.detail)) == {"email"}
        assert roles_of(db, after) == roles
    with database.reading() as db, pytest.raises(SignedOut):
        live_account(db, token)


def test_an_accounts_email_is_taken_away(sqlite_house: Path) -> None:
    run("account", "email", "rao", "anjali@example.org")

    assert "at no address" in run("account", "email", "rao", "").stdout
    assert account("rao").email is None


def test_another_email_leaves_a_disabled_account_disabled(sqlite_house: Path) -> None:
    run("account", "disable", "meera")
    run("account", "email", "meera", "meera@jmi.example.org")

    assert (account("meera").email, account("meera").active) == ("meera@jmi.example.org", False)


def test_what_is_no_email_is_refused(sqlite_house: Path) -> None:
    assert "email" in refused(run("account", "email", "meera", "meera at home"))
    assert refused(run("account", "email", "nobody", "a@example.org")).startswith("There is no")


def test_the_last_chief_cannot_be_disabled(sqlite_house: Path) -> None:
    assert "without anyone who is CMO" in refused(run("account", "disable", "khan"))
    assert account("khan").active


def test_accounts_wait_for_the_hospital(empty_sqlite: Path) -> None:
    said = run("account", "create", "khan", "Dr Khan", "--role", "cmo")

    assert refused(said).startswith("The hospital is not set up yet.")


def test_check_prints_a_green_line_for_every_rule(sqlite_house: Path) -> None:
    said = run("check")

    *lines, last = said.stdout.splitlines()
    assert said.exit_code == 0
    assert len(lines) > 15
    assert all(line.startswith("green  ") for line in lines)
    assert last == "Every rule is green."
    assert "\x1b" not in said.stdout


def test_check_names_the_rows_of_a_red_rule_and_fails(sqlite_house: Path) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER payment_is_frozen_on_update")
        connection.exec_driver_sql("DROP TRIGGER payment_is_frozen_on_delete")
    said = run("check")
    with database.engine().begin() as connection:
        guards.install(connection)

    red = [line for line in said.stdout.splitlines() if line.startswith("red")]
    assert said.exit_code == 1
    assert [line.endswith(": guard payment_is_frozen") for line in red] == [True]
    assert re.search(r"\n1 of \d+ rules are red\.\n$", said.stdout)


def test_check_colours_its_words_on_a_terminal(sqlite_house: Path) -> None:
    said = CliRunner().invoke(app, ["check"], color=True)

    assert "\x1b[32mgreen\x1b[0m" in said.stdout


def test_the_commands_work_in_processes_of_their_own(sqlite_house: Path) -> None:
    created = start(sqlite_house, "account", "create", "nisha", "निशा", "--role", "registrar")
    checked = start(sqlite_house, "check")

    assert (created.returncode, created.stderr) == (0, "")
    assert created.stdout.startswith("The account nisha is created.")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.endswith("Every rule is green.\n")
    assert account("nisha").name == "निशा"


def test_a_refusal_of_a_process_is_one_sentence_on_stderr(sqlite_house: Path) -> None:
    said = start(sqlite_house, "account", "password", "nobody")

    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "There is no account like that. It may have been typed wrong.\n"


def test_check_does_not_touch_a_database_of_another_release(empty_sqlite: Path) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    assert "found 9999" in refused(run("check"))
    assert refused(run("init")).startswith("This database was written by a newer MediKlaud (9999)")


def test_a_database_that_is_not_reached_is_said_so(
    empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIKLAUD_DATABASE_URL", "postgresql://u:secret-word@127.0.0.1:1/none")
    config.settings.cache_clear()

    for words in (("init",), ("check",), ("mailroom",), ("account", "list")):
        sentence = refused(run(*words))
        assert sentence.startswith("The database cannot be reached.")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("MEDIKLAUD_PORT", "eighty", "The setting MEDIKLAUD_PORT cannot be used"),
        ("MEDIKLAUD_DATABASE_URL", "secret-word", "MEDIKLAUD_DATABASE_URL cannot be read"),
        ("MEDIKLAUD_DATABASE_URL", "no://secret-word@x/y", "MEDIKLAUD_DATABASE_URL cannot be read"),
        ("MEDIKLAUD_DATA_DIR", "/dev/null/data", "/dev/null/data cannot be read or written"),
    ],
)
def test_a_wrong_setting_is_named_and_never_shown(
    empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(name, value)
        config.settings.cache_clear()
        sentence = refused(run("init"))
    config.settings.cache_clear()

    assert sentence.startswith(says)
    assert "secret-word" not in sentence


def test_serve_listens_where_it_is_told(
    sqlite_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened: list[tuple[str, int]] = []
    # Set here first, so that they are put back when the test is over.
    monkeypatch.setenv("MEDIKLAUD_HOST", "127.0.0.1")
    monkeypatch.setenv("MEDIKLAUD_PORT", "8501")
    monkeypatch.setattr(
        "mediklaud.server.serve",
        lambda: listened.append((config.settings().host, config.settings().port)),
    )

    said = run("serve", "--host", "0.0.0.0", "--port", "9000")  # noqa: S104

    assert listened == [("0.0.0.0", 9000)]  # noqa: S104
    assert said.stdout == "MediKlaud opens at http://localhost:9000. Stop it with Ctrl+C.\n"


def test_the_mailroom_says_where_letters_go(
    sqlite_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Mailroom, "run", lambda self: None)

    said = run("mailroom")

    assert f"letters are kept as files in {sqlite_house / 'letters'}" in said.stdout
