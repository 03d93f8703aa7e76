"""A safe start: nobody is served by a house that is not safe, and each sentence says the mend."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from streamlit import config as streamlit_config
from streamlit.runtime.secrets import AttrDict

from mediklaud import config, database, guards, house, migrations, safe_start
from mediklaud.errors import KeyDamaged, KeyMissing, KeyOfAnotherHouse, Refusal
from tests.browser import on_the_command_line, serving
from tests.conftest import open_copy
from tests.desk import said, sit
from tests.post import free_port
from tests.test_front_door import visit

ANOTHER = bytes(range(100, 132)).hex()
AUTH = {
    "redirect_uri": "https://desk.example.org/oauth2callback",
    "cookie_secret": "Zk8wq1PmV0cX7yT5rB3nLs9DhG2fJ6aE",
    "client_id": "mediklaud",
    "client_secret": "told by the provider",
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
}


def sentences() -> list[str]:
    """Why this house may not be served now."""
    config.key.cache_clear()
    return [str(danger) for danger in safe_start.dangers()]


def refused(data_dir: Path, cwd: Path = config.ROOT, **environment: str) -> str:
    """The one sentence of `serve` that was refused, with exit code 1 and no traceback."""
    ended = subprocess.run(
        [sys.executable, "-m", "mediklaud", "serve", "--port", str(free_port())],
        cwd=cwd,
        env={**on_the_command_line(data_dir), "PYTHONPATH": str(cwd), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    (sentence,) = ended.stderr.splitlines()
    return sentence


def test_the_house_as_it_is_given_out_is_safe(sqlite_house: Path) -> None:
    assert sentences() == []
    assert safe_start.check_start().green


# The key


def _gone(path: Path) -> None:
    path.unlink()


def _holding(words: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(words)

    return write


def _open(path: Path) -> None:
    path.chmod(0o640)


BAD_KEYS = {
    "missing": (_gone, "is missing, and the database already holds rows"),
    "empty": (_holding(""), "it has 0 bytes of 32"),
    "short": (_holding("5ea1" * 8), "it has 16 bytes of 32"),
    "default": (_holding("00" * 32), "its bytes are not random"),
    "repeated": (_holding("deadbeef" * 8), "its bytes are not random"),
    "torn": (_holding(ANOTHER[:-1]), "it holds other signs than hexadecimal ones"),
    "words": (_holding("change-me"), "it holds other signs than hexadecimal ones"),
    "another": (_holding(ANOTHER), "is not the key that this database's audit log was sealed"),
    "open": (_open, 'Run "chmod 600 '),
}


@pytest.mark.parametrize("ill", BAD_KEYS)
def test_a_key_that_is_not_safe_is_named_with_its_mend(
    request: pytest.FixtureRequest, sqlite_house: Path, ill: str
) -> None:
    spoil, words = BAD_KEYS[ill]
    path, kept = config.key_path(), config.key_path().read_text()
    spoil(path)
    try:
        (sentence,) = sentences()
    finally:
        path.write_text(kept)
        path.chmod(0o600)
        config.key.cache_clear()

    assert words in sentence
    assert str(path) in sentence


def test_a_lost_key_is_never_made_anew_by_any_command(broken_house: Path) -> None:
    config.key_path().unlink()
    config.key.cache_clear()

    migrations.upgrade()
    with pytest.raises(KeyMissing):
        house.open_house()
    with pytest.raises(KeyMissing):
        config.key()
    assert not config.key_path().exists()


def test_a_database_that_holds_nothing_yet_gets_a_key_again(empty_house: Path) -> None:
    config.key_path().unlink()
    config.key.cache_clear()
    assert sentences() == []

    migrations.upgrade()

    assert len(config.key()) == 32
    assert config.key_path().stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("written", ["00" * 32, "nonsense", "ab"])
def test_a_damaged_key_is_a_refusal_wherever_it_is_asked_for(tmp_path: Path, written: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MEDIKLAUD_DATA_DIR", str(tmp_path))
        config.settings.cache_clear()
        config.key.cache_clear()
        config.key_path().write_text(written)
        with pytest.raises(KeyDamaged):
            config.key()
    config.settings.cache_clear()


def test_one_audit_row_that_was_tampered_with_closes_no_hospital(broken_house: Path) -> None:
    with database.reading() as db:
        newest = db.execute(text("SELECT max(id) FROM audit_event")).scalar()
    with database.engine().begin() as connection:
        guards.remove(connection)
        connection.execute(text("UPDATE audit_event SET deed = 'x' WHERE id = :id"), {"id": newest})
        guards.install(connection)

    assert sentences() == []


def test_a_key_that_sealed_nothing_here_is_another_houses(broken_house: Path) -> None:
    config.key_path().write_text(ANOTHER)
    config.key.cache_clear()

    with pytest.raises(KeyOfAnotherHouse):
        safe_start.refuse_unsafe()


# Streamlit's switches

UNSAFE = {
    "server.enableXsrfProtection": False,
    "server.enableCORS": False,
    "client.showErrorDetails": "full",
    "global.developmentMode": True,
    "server.enableAgentApi": True,
    "server.enableStaticServing": True,
    "server.trustedUserHeaders": {"X-User": "email"},
}


@pytest.mark.parametrize("switch", UNSAFE)
def test_a_switch_that_is_not_safe_is_named_with_its_mend(
    sqlite_house: Path, monkeypatch: pytest.MonkeyPatch, switch: str
) -> None:
    asked = streamlit_config.get_option
    monkeypatch.setattr(
        streamlit_config,
        "get_option",
        lambda name: UNSAFE[name] if name == switch else asked(name),
    )

    (sentence,) = sentences()

    assert switch in sentence
    assert f"take {streamlit_config._config_options_template[switch].env_var} out" in sentence
    assert not safe_start.check_start().green
    with pytest.raises(Refusal):
        house.open_house()


@pytest.mark.parametrize("details", ["full", "stacktrace", "type", "true", "false"])
def test_error_details_are_off_or_nobody_is_served(
    sqlite_house: Path, monkeypatch: pytest.MonkeyPatch, details: str
) -> None:
    asked = streamlit_config.get_option
    there = {"client.showErrorDetails": details}
    monkeypatch.setattr(streamlit_config, "get_option", lambda name: there.get(name) or asked(name))

    assert len(sentences()) == 1


def test_every_switch_has_a_case() -> None:
    assert set(UNSAFE) == {switch for switch, _, _ in safe_start.SWITCHES}


# The command itself, as a hospital starts it


@pytest.fixture
def broken_house_on_sqlite(request: pytest.FixtureRequest, address: Path) -> Iterator[Path]:
    """The cast on SQLite, in a house that is left as it may not be served."""
    with open_copy(request, "sqlite", address) as data_dir:
        yield data_dir


def test_serve_refuses_what_its_own_file_switches(sqlite_house: Path, tmp_path: Path) -> None:
    for part in ("mediklaud", "pages", ".streamlit"):
        shutil.copytree(config.ROOT / part, tmp_path / part)
    shutil.copy(config.ROOT / "Home.py", tmp_path)
    switches = tmp_path / ".streamlit" / "config.toml"
    safe = switches.read_text()
    switches.write_text(safe.replace("enableXsrfProtection = true", "enableXsrfProtection = false"))

    sentence = refused(sqlite_house, tmp_path)

    assert "server.enableXsrfProtection is false" in sentence


def test_serve_refuses_half_a_single_sign_on(sqlite_house: Path) -> None:
    told = refused(sqlite_house, MEDIKLAUD_OIDC_ISSUER="https://id.example.org")

    assert "[auth] is not there" in told


def test_serve_refuses_a_house_whose_key_is_lost(broken_house_on_sqlite: Path) -> None:
    (broken_house_on_sqlite / "mediklaud.key").unlink()

    assert "mediklaud.key is missing" in refused(broken_house_on_sqlite)
    assert not (broken_house_on_sqlite / "mediklaud.key").exists()


def test_serve_refuses_a_database_of_a_newer_release(broken_house_on_sqlite: Path) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    assert "written by a newer MediKlaud (9999)" in refused(broken_house_on_sqlite)


@pytest.mark.parametrize("ill", ["key", "switch"])
def test_streamlit_run_shows_the_sentence_and_no_page(
    broken_house_on_sqlite: Path, monkeypatch: pytest.MonkeyPatch, ill: str
) -> None:
    if ill == "key":
        (broken_house_on_sqlite / "mediklaud.key").write_text("00" * 32)
    else:
        # Here, other than with the house's own command, the environment wins over the file.
        monkeypatch.setenv("STREAMLIT_CLIENT_SHOW_ERROR_DETAILS", "full")
    with serving(broken_house_on_sqlite, plainly=True) as server:
        drawn = visit(server, "finance/payment")

    words = {"key": "its bytes are not random", "switch": "an error would show the program"}
    assert words[ill] in drawn
    assert "Password" not in drawn
    assert "Traceback" not in server.printed()


# Single sign-on


@pytest.fixture
def auth(monkeypatch: pytest.MonkeyPatch, sqlite_house: Path) -> dict[str, object]:
    """A provider that is set up safely; a test spoils it."""
    told: dict[str, object] = dict(AUTH)
    monkeypatch.setattr(safe_start, "get_secrets_auth_section", lambda: AttrDict(told))
    monkeypatch.setattr(safe_start, "speaks_oidc", lambda: True)
    monkeypatch.setenv("MEDIKLAUD_OIDC_ISSUER", "https://id.example.org")
    config.settings.cache_clear()
    return told


def test_a_provider_that_is_set_up_safely_is_served(auth: dict[str, object]) -> None:
    assert sentences() == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        *((name, "", f"{name} is missing") for name in AUTH),
        ("cookie_secret", "xxx", "no random word"),
        ("cookie_secret", "x" * 64, "no random word"),
        ("redirect_uri", "https://desk.example.org/", "does not end in /oauth2callback"),
        ("server_metadata_url", "http://id.example.org/x", "is not https"),
    ],
)
def test_a_provider_that_is_not_set_up_safely_is_named(
    auth: dict[str, object], name: str, value: str, why: str
) -> None:
    auth[name] = value

    (sentence,) = sentences()

    assert why in sentence


def test_a_provider_that_nobody_could_ask_is_named(
    auth: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_start, "speaks_oidc", lambda: False)

    (sentence,) = sentences()

    assert "Authlib and httpx2 of requirements.txt are not installed" in sentence


def test_a_house_without_any_way_in_is_not_served(
    sqlite_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIKLAUD_PASSWORD_SIGN_IN", "false")
    config.settings.cache_clear()

    (sentence,) = sentences()

    assert "leaves nobody a way in" in sentence


def test_the_page_of_the_self_check_has_the_line(
    sqlite_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = sit(monkeypatch, "tara", "administrator/self_check")

    (check,) = [one for one in page.button if one.label == "Check the house now"]
    check.click().run()

    assert "**Safe start**" in said(page)
