"""Take README's pictures: load the demo hospital, sign in as each role, photograph its screen.

Run from anywhere with the interpreter of requirements-dev.txt, on a machine with Chromium:

    .venv/bin/python docs/take_pictures.py
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 800}
COLOURS = 128
# The picture, who signs in for it, and the page that is this role's main screen.
SCREENS = (
    ("front_desk", "meera", "front-desk-book"),
    ("doctor", "rao", "doctor-today"),
    ("finance", "ishaan", "finance-dues"),
    ("cmo", "khan", "cmo-sessions"),
    ("registrar", "nisha", "cmo-register-doctor"),
    ("administrator", "tara", "administrator-accounts"),
)
# Debian's Chromium as root asks for no sandbox; the rest keeps it from calling home.
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)


def main() -> None:
    """Load, serve, photograph; the hospital of the pictures is thrown away afterwards."""
    from mediklaud.demo import DEMO_ACCOUNTS, demo_password

    known = {account.username for account in DEMO_ACCOUNTS}
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        os.environ.update(MEDIKLAUD_DATA_DIR=folder, MEDIKLAUD_DATABASE_URL="")
        os.environ.update(MEDIKLAUD_SMTP_URL="")
        subprocess.run([sys.executable, "-m", "mediklaud", "demo"], cwd=ROOT, check=True)
        chromium = shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=list(QUIET))
        with served() as address:
            for name, username, page in SCREENS:
                assert username in known, f"{username} is no account of the demo hospital"
                photograph(browser, address, name, username, demo_password(), page)
        browser.close()


@contextmanager
def served() -> Iterator[str]:
    """MediKlaud on a free port of this machine, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mediklaud", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as server:  # noqa: S603
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def wait_for(address: str, *, seconds: int = 60) -> None:
    """Return once the address answers."""
    for _ in range(seconds * 4):
        try:
            urlopen(address, timeout=5).close()  # noqa: S310
            return
        except OSError:
            time.sleep(0.25)
    raise TimeoutError(address)


def photograph(
    browser: Browser, address: str, name: str, username: str, password: str, page: str
) -> None:
    """Sign in, open the page, and keep a picture of it."""
    context = browser.new_context(viewport=SIZE, color_scheme="light")
    tab = context.new_page()
    tab.goto(address)
    expect(tab.get_by_label("Username")).to_be_visible(timeout=30_000)
    rest(tab)
    tab.get_by_label("Username").fill(username)
    tab.get_by_role("textbox", name="Password").fill(password)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible(timeout=30_000)
    # Until the browser has its cookie, the page's own URL would show the sign-in form.
    rest(tab)
    tab.goto(f"{address}/{page}")
    expect(tab.get_by_role("button", name="Sign out")).to_be_visible(timeout=30_000)
    rest(tab)
    if name == "front_desk":
        find_a_patient(tab)
        choose(tab, "Doctor or specialty", "Cardiology")
    if name == "cmo":
        choose(tab, "Doctor", "Rao")
    keep(tab, name)
    context.close()


def rest(tab: Page) -> None:
    """Wait until nothing on the page moves any more."""
    tab.get_by_test_id("stStatusWidget").wait_for(state="hidden", timeout=30_000)
    expect(tab.get_by_test_id("stSkeleton")).to_have_count(0, timeout=30_000)
    tab.wait_for_timeout(1_500)


def find_a_patient(tab: Page) -> None:
    """Type a hospital number and choose its patient, so that free times show."""
    tab.get_by_label("Find a patient").fill("JMI-000001")
    tab.get_by_label("Find a patient").press("Enter")
    tab.locator("[class*='st-key-patient-'] button").first.click()
    expect(tab.get_by_role("button", name="Another patient")).to_be_visible(timeout=30_000)
    rest(tab)


def choose(tab: Page, label: str, words: str) -> None:
    """Choose the first thing on offer that has these words."""
    field = tab.get_by_role("combobox", name=label)
    field.click()
    field.press_sequentially(words)
    tab.get_by_role("option").filter(has_text=words).first.click()
    rest(tab)


def keep(tab: Page, name: str) -> None:
    """Write the picture with few colours, so that it stays small."""
    # Away from the last click, so that nothing shows that only a pointer calls up.
    tab.mouse.move(640, 5)
    tab.wait_for_timeout(500)
    taken = Image.open(io.BytesIO(tab.screenshot()))
    few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    path = PICTURES / f"{name}.png"
    few.save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
