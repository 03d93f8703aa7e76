"""The real server in a process of its own, and Chromium as the person in front of it."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect
from playwright.sync_api import TimeoutError as TookTooLong

from mediklaud.config import ROOT
from mediklaud.ui.sign_in import COOKIE
from tests.post import free_port

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
PATIENCE_SECONDS = 60
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


def eventually(
    asked: Callable[[], object],
    what: str,
    seconds: int = PATIENCE_SECONDS,
    page: Page | None = None,
) -> None:
    """Ask again and again until the answer is yes; fails after so many seconds."""
    until = time.monotonic() + seconds
    while not asked():
        assert time.monotonic() < until, f"{what}: not within {seconds} seconds"
        # A page lives on only while playwright waits.
        if page is not None:
            page.wait_for_timeout(100)
        else:
            time.sleep(0.1)


@dataclass(frozen=True)
class Server:
    """A running MediKlaud."""

    port: int
    data_dir: Path
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Where its front door is."""
        return f"http://127.0.0.1:{self.port}"

    def printed(self) -> str:
        """Everything it wrote in its terminal."""
        return self.log.read_text()

    def answer(self, path: str) -> int:
        """The HTTP status of a path; 0 while nobody listens."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as got:  # noqa: S310
                return int(got.status)
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return 0


def on_the_command_line(data_dir: Path, url: str = "", mail: str = "") -> dict[str, str]:
    """The environment of a process that lives in a data folder, without a mail server or with."""
    told = {"DATA_DIR": str(data_dir), "DATABASE_URL": url, "SMTP_URL": mail, "MAIL_FROM": ""}
    return {**os.environ, **{f"MEDIKLAUD_{name}": value for name, value in told.items()}}


@contextmanager
def serving(
    data_dir: Path, *, url: str = "", plainly: bool = False, mail: str = "", port: int = 0
) -> Iterator[Server]:
    """The server on a free port, by its own command or plainly by `streamlit run`."""
    port, log = port or free_port(), data_dir.with_name(f"{data_dir.name}.log")
    address = ("--server.address", "127.0.0.1", "--server.port", str(port))
    own = ("mediklaud", "serve", "--host", "127.0.0.1", "--port", str(port))
    command = ("streamlit", "run", "Home.py", *address) if plainly else own
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", *command],
            cwd=ROOT,
            env=on_the_command_line(data_dir, url, mail),
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    server = Server(port, data_dir, log, process)
    try:
        _wait_until_open(server, "/_stcore/health" if plainly else "/healthz")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def _wait_until_open(server: Server, health: str) -> None:
    def answers() -> bool:
        assert server.process.poll() is None, f"the server stopped: {server.printed()}"
        return server.answer(health) == 200

    eventually(answers, "the server opens")


@contextmanager
def chromium(play: Playwright) -> Iterator[Browser]:
    """Chromium of this machine, or playwright's own; skips the test where there is neither."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None) or play.chromium.executable_path
    if not Path(found).exists():
        pytest.skip("no Chromium on this machine: apt install chromium")
    browser = play.chromium.launch(executable_path=found, args=list(ARGUMENTS))
    try:
        yield browser
    finally:
        browser.close()


class Desk:
    """One tab, worked as a person works it: by what is written beside a field or on a button."""

    def __init__(self, page: Page) -> None:
        """A desk in a tab that is open already."""
        self.page = page
        page.set_default_timeout(PATIENCE_MS)

    def rest(self) -> None:
        """Wait until the page is drawn."""
        resting = '[data-testid="stApp"][data-test-script-state="notRunning"]'
        self.page.locator(resting).wait_for()

    def go(self, title: str, head: str = "") -> None:
        """Open a page from the menu; its head may say more than the menu does."""
        self.page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
        self.page.get_by_role("heading", name=head or title, exact=True, level=1).first.wait_for()
        self.rest()

    def button(self, words: str) -> Locator:
        """The one button that says these words, and its key where it has one."""
        # A slash is none of Python's signs, but ends a pattern in the browser.
        told = re.escape(words).replace("/", r"\/")
        says = re.compile(rf"{told}( Shortcut .*)?$")
        return self.page.get_by_test_id("stApp").get_by_role("button", name=says)

    def press(self, words: str) -> None:
        """Press a button and wait for what it brings."""
        self.button(words).click()
        self.rest()

    def type(self, label: str, words: str) -> None:
        """Type into a field, and leave it."""
        # What is typed into a page that is still being drawn may go with what is replaced.
        self.rest()
        field = self.page.get_by_label(label, exact=True)
        # While a form is drawn anew its last one may still stand beside it.
        expect(field).to_have_count(1)
        field.fill(words)
        field.press("Tab")
        self.rest()

    def fill(self, **typed: str) -> None:
        """Type into several fields; an underscore stands for a space."""
        for label, words in typed.items():
            self.type(label.replace("_", " "), words)

    def choose(self, label: str, option: str, *, kind: str = "stSelectbox") -> None:
        """Choose from a list, found by typing."""
        has_label = self.page.get_by_text(label, exact=True)
        field = self.page.get_by_test_id(kind).filter(has=has_label).locator("input").first
        offered = self.page.get_by_role("option", name=option).first
        for patience in (2_000, 2_000, PATIENCE_MS):
            # A run that was still under way draws the list anew and closes it.
            with suppress(TookTooLong) if patience < PATIENCE_MS else nullcontext():
                field.click()
                field.fill(option)
                offered.click(timeout=patience)
                break
            self.rest()
        self.rest()

    def pick(self, option: str) -> None:
        """Choose one of those in sight."""
        self.page.get_by_test_id("stButtonGroup").get_by_text(option, exact=True).click()
        self.rest()

    def sees(self, words: str | re.Pattern[str]) -> None:
        """Wait until the page says it."""
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=PATIENCE_MS)

    def download(self, words: str) -> bytes:
        """Press a button that hands out a file, and read the file."""
        with self.page.expect_download(timeout=PATIENCE_MS) as handed:
            self.button(words).first.click()
        return Path(handed.value.path()).read_bytes()

    def sign_in(self, username: str, password: str) -> None:
        """Through the form of the front door."""
        self.fill(Username=username, Password=password)
        self.come_in("Sign in")

    def come_in(self, words: str) -> None:
        """Press the last button of the entrance, and wait until the house is open."""
        self.button(words).click()
        self.page.get_by_test_id("stSidebar").wait_for()
        self.is_kept()

    def is_kept(self) -> None:
        """Wait until the browser keeps the sign-in."""
        # The library's component sets the cookie and draws the page once more: what is
        # clicked before that second drawing can be lost.
        eventually(self._has_cookie, "the cookie is set", 20, self.page)
        expect(self.page.locator("iframe")).to_have_count(0, timeout=PATIENCE_MS)
        self.rest()

    def sign_out(self) -> None:
        """Leave the desk to the next person."""
        self.press("Sign out")
        self.button("Sign in").wait_for()
        eventually(lambda: not self._has_cookie(), "the cookie is deleted", 20, self.page)
        self.rest()

    def _has_cookie(self) -> bool:
        return COOKIE in {one["name"] for one in self.page.context.cookies()}
