"""Single sign-on at the front door: what the screen does, and once with a real provider."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
import time_machine
from playwright.sync_api import sync_playwright
from sqlmodel import func, select
from streamlit.testing.v1 import AppTest

from mediklaud import config
from mediklaud.database import reading, transaction
from mediklaud.models import Account, AuditEvent, SignIn
from mediklaud.repository import account_named, end_sign_in, is_token, live_account
from mediklaud.ui import front_door, single_sign_on
from mediklaud.ui.sign_in import COOKIE
from tests.browser import Desk, Server, chromium, eventually, serving
from tests.conftest import assert_house_is_green
from tests.desk import HOME, said
from tests.hospital import NINE_O_CLOCK, open_ward
from tests.post import free_port
from tests.provider import Provider, providing
from tests.test_browser import true_now

ISSUER = "https://id.jmi-hospital.example.org"
KHAN = "khan@jmi-hospital.example.org"
OFFER = "Sign in with JMI staff"
# Where Streamlit keeps what the provider said.
PROVIDERS_COOKIE = "_streamlit_user"


def rows(table: type) -> int:
    """How many rows a table holds."""
    with reading() as db:
        return db.exec(select(func.count()).select_from(table)).one()


# The screen, with Streamlit's st.user in our hands

Arrive = Callable[..., AppTest]


@pytest.fixture
def arrive(sqlite_house: Path, monkeypatch: pytest.MonkeyPatch) -> Arrive:
    """A browser that comes back from the provider, which said these claims."""
    monkeypatch.setattr(front_door, "open_house", lambda: None)
    monkeypatch.setenv("MEDIKLAUD_OIDC_ISSUER", ISSUER)
    monkeypatch.setenv("MEDIKLAUD_OIDC_NAME", "JMI staff")
    config.settings.cache_clear()
    left = []
    monkeypatch.setattr(st, "logout", lambda: left.append(1))

    def arrive(**claims: object) -> AppTest:
        told: dict[str, Any] = {
            "is_logged_in": True,
            "provider": "default",
            "iss": ISSUER,
            "sub": "s-1",
            "email": KHAN,
            "email_verified": True,
            "iat": NINE_O_CLOCK.timestamp() + 1,
            **claims,
        }
        monkeypatch.setattr(st, "user", told)
        monkeypatch.setattr(st, "logout", lambda: (left.append(1), told.clear()))
        page = AppTest.from_file(HOME, default_timeout=30).run()
        assert not page.exception
        return page

    arrive.left = left  # type: ignore[attr-defined]  how often st.logout was called
    return arrive


def is_in(page: AppTest) -> bool:
    """Whether somebody is signed in at this page."""
    return "username" in page.session_state and is_token(page.session_state["username"] or "")


def test_whoever_the_provider_names_is_signed_in_by_a_sign_in_of_ours(arrive: Arrive) -> None:
    page = arrive()

    assert is_in(page)
    with reading() as db:
        assert live_account(db, page.session_state["username"]).username == "khan"


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email": "stranger@example.org"}, "No account here has your verified email"),
        ({"email_verified": False}, "No account here has your verified email"),
        ({"iss": "https://evil.example.org"}, "cannot be trusted here"),
        ({"provider": "another"}, "cannot be trusted here"),
    ],
)
def test_whoever_is_not_matched_reads_why_and_may_leave(
    arrive: Arrive, claims: dict[str, object], words: str
) -> None:
    accounts = rows(Account)

    page = arrive(**claims)

    assert not is_in(page)
    assert words in said(page)
    assert (rows(Account), rows(SignIn)) == (accounts, 0)
    (leave,) = [one for one in page.button if one.label == "Use another account"]
    leave.click().run()
    assert arrive.left == [1]  # type: ignore[attr-defined]


def test_a_stranger_leaves_an_audit_row(arrive: Arrive) -> None:
    arrive(email="stranger@example.org")

    with reading() as db:
        refused = select(AuditEvent).where(AuditEvent.deed == "single sign-on refused")
        assert "stranger@example.org" in db.exec(refused).one().detail


def test_what_the_browser_kept_of_the_provider_opens_no_second_sign_in(arrive: Arrive) -> None:
    first = arrive()
    with transaction() as db:
        end_sign_in(db, first.session_state["username"])
    first.run()

    assert not is_in(first)
    again = arrive()
    assert not is_in(again)
    assert not again.error
    assert rows(SignIn) == 1
    assert OFFER in [one.label for one in again.button]


def test_signing_out_leaves_the_provider_too(arrive: Arrive) -> None:
    page = arrive()
    (out,) = [one for one in page.button if one.label == "Sign out"]

    out.click().run()

    # Not before the browser has dropped our own cookie, which the way there would cut off.
    assert arrive.left == []  # type: ignore[attr-defined]
    page.session_state["delete"] = True
    page.run()
    assert arrive.left == [1]  # type: ignore[attr-defined]
    # Nor may a run that follows at once take the way there back.
    page.run()
    assert arrive.left == [1, 1]  # type: ignore[attr-defined]
    with reading() as db:
        assert db.exec(select(SignIn)).one().ended_at is not None
    assert not is_in(page)


def test_without_the_setting_nothing_is_offered_or_taken(
    arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIKLAUD_OIDC_ISSUER", "")
    config.settings.cache_clear()

    page = arrive()

    assert not is_in(page)
    assert OFFER not in [one.label for one in page.button]


def test_a_hospital_may_let_nobody_in_by_password(
    arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIKLAUD_PASSWORD_SIGN_IN", "false")
    config.settings.cache_clear()

    page = arrive(is_logged_in=False)

    assert not page.text_input
    assert OFFER in [one.label for one in page.button]


def test_the_button_leads_to_the_provider(arrive: Arrive, monkeypatch: pytest.MonkeyPatch) -> None:
    led = []
    monkeypatch.setattr(single_sign_on.st, "login", lambda: led.append(1))
    page = arrive(is_logged_in=False)
    (offer,) = [one for one in page.button if one.label == OFFER]

    offer.click().run()

    assert led == [1]


# A real provider, a real browser


@contextmanager
def with_provider(patch: pytest.MonkeyPatch, data_dir: Path) -> Iterator[tuple[Server, Provider]]:
    """Our server told of a provider by a secrets.toml of its own home."""
    home, port = data_dir.with_name("home"), free_port()
    (home / ".streamlit").mkdir(parents=True)
    with providing() as provider:
        (home / ".streamlit" / "secrets.toml").write_text(
            "[auth]\n"
            f'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            f'cookie_secret = "{secrets.token_urlsafe(32)}"\n'
            'client_id = "mediklaud"\nclient_secret = "told"\n'
            f'server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"\n'
        )
        patch.setenv("HOME", str(home))
        patch.setenv("MEDIKLAUD_OIDC_ISSUER", provider.issuer)
        patch.setenv("MEDIKLAUD_OIDC_NAME", "JMI staff")
        with serving(data_dir, port=port) as server:
            yield server, provider


@dataclass(frozen=True)
class Street:
    """Somebody in front of the door: a tab, the provider's word, and the server behind it."""

    desk: Desk
    provider: Provider
    server: Server

    def come_as(self, subject: str, email: str) -> None:
        """Open the front door, and let the provider name this person."""
        self.provider.person = {"sub": subject, "email": email, "email_verified": True}
        self.desk.page.goto(self.server.url)
        self.desk.button(OFFER).click()

    def kept(self) -> set[str]:
        """The names of the cookies that the browser keeps."""
        return {one["name"] for one in self.desk.page.context.cookies()}

    def wait_until(self, asked: Callable[[], object], what: str) -> None:
        """Ask again and again until the answer is yes."""
        eventually(asked, what, page=self.desk.page)


@pytest.fixture
def street(
    empty_sqlite: Path, nine_o_clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Street]:
    """The cast's house behind a real provider, and Chromium before it."""
    nine_o_clock.move_to(true_now())
    with transaction() as db:
        open_ward(db)
    with (
        sync_playwright() as play,
        chromium(play) as browser,
        with_provider(monkeypatch, empty_sqlite) as (server, provider),
    ):
        yield Street(Desk(browser.new_context().new_page()), provider, server)
    assert_house_is_green()


def test_a_real_provider_signs_a_person_in_and_out(street: Street) -> None:
    desk = street.desk
    street.come_as("khan-7", KHAN)
    desk.sees("Dr Imran Khan")
    # Another tab goes on with the same sign-in.
    street.wait_until(lambda: COOKIE in street.kept(), "our cookie")
    assert PROVIDERS_COOKIE in street.kept()

    # Ended from elsewhere: what Streamlit keeps of the provider opens nothing.
    with transaction() as db:
        for one in db.exec(select(SignIn)):
            one.ended_at = true_now()
    desk.page.goto(street.server.url)
    desk.sees("Your sign-in has ended")
    assert rows(SignIn) == 1
    # The page is drawn once more when the browser has dropped the dead cookie.
    street.wait_until(lambda: COOKIE not in street.kept(), "our dead cookie goes")
    desk.rest()

    desk.button(OFFER).click()
    desk.sees("Dr Imran Khan")
    desk.button("Sign out").click()
    desk.button(OFFER).wait_for()
    street.wait_until(lambda: PROVIDERS_COOKIE not in street.kept(), "the provider's cookie goes")
    assert street.provider.signed_out == 1


def test_whom_a_real_provider_names_and_nobody_knows_stays_outside(street: Street) -> None:
    accounts = rows(Account)

    street.come_as("x-1", "stranger@example.org")

    street.desk.sees("No account here has your verified email")
    assert (rows(Account), rows(SignIn)) == (accounts, 0)
    # The way out leads to the provider, and another person may come.
    street.desk.button("Use another account").click()
    street.desk.button(OFFER).wait_for()
    assert street.provider.signed_out == 1
    # A token of another issuer than the metadata names is not taken at all.
    street.provider.changes = {"iss": "https://evil.example.org"}
    street.come_as("khan-7", KHAN)
    street.wait_until(lambda: "token exchange failed" in street.server.printed(), "the refusal")
    street.desk.button(OFFER).wait_for()
    assert PROVIDERS_COOKIE not in street.kept()
    assert rows(SignIn) == 0


def test_whom_a_real_provider_names_and_the_house_disabled_stays_outside(street: Street) -> None:
    with transaction() as db:
        account_named(db, "khan").active = False

    street.come_as("khan-7", KHAN)

    street.desk.sees("Your account is disabled")
    assert rows(SignIn) == 0
    assert COOKIE not in street.kept()
    with reading() as db:
        refused = select(AuditEvent).where(AuditEvent.deed == "single sign-on refused")
        assert "IdentityAccountDisabled" in db.exec(refused).one().detail
