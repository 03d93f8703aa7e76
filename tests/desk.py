"""A person at a desk, without a browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import streamlit
from sqlmodel import Session, select
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import Appointment
from mediklaud.repository import account_named, begin_sign_in
from mediklaud.ui import desk as ui_desk
from mediklaud.ui import front_door

HOME = Path(__file__).parents[1] / "Home.py"


def sit(patch: pytest.MonkeyPatch, username: str, page: str = "") -> AppTest:
    """A signed-in person's desk, with a page such as finance/dues open; no mailroom runs."""
    patch.setattr(front_door, "open_house", lambda: None)
    desk = AppTest.from_file(HOME, default_timeout=30)
    desk.session_state["username"] = signed_in(username)
    desk.run()
    return desk.switch_page(f"pages/{page}.py").run() if page else desk


def the(found, label):
    """The one element with this label, whatever Markdown needs to show it."""
    (one,) = [element for element in found if element.label.replace("\\", "") == label]
    return one


def said(page: AppTest) -> str:
    """Every sentence of the page, good or bad."""
    kinds = (page.success, page.error, page.warning, page.info, page.caption, page.markdown)
    return "\n".join(one.value.replace("\\", "") for kind in kinds for one in kind)


def click(page: AppTest, label: str) -> AppTest:
    """Click the button with this label."""
    return the(page.button, label).click().run()


def find(page: AppTest, words: str) -> AppTest:
    """Type into the search for a patient."""
    return the(page.text_input, "Find a patient").input(words).run()


def take(page: AppTest, number: str) -> AppTest:
    """Click the patient found with this hospital number."""
    (one,) = [button for button in page.button if number in button.label.replace("\\", "")]
    return one.click().run()


def files_of(patch: pytest.MonkeyPatch) -> dict[str, partial[bytes]]:
    """What each download button builds on its click, by its key, once the page was drawn."""
    caught: dict[str, partial[bytes]] = {}

    def button(_label: str, data: partial[bytes], *, key: str, **_options: object) -> None:
        caught[key] = data

    patch.setattr(streamlit, "download_button", button)
    return caught


def made_for(token: str, file: partial[bytes]) -> bytes:
    """The file of a download button, asked for by another sign-in."""
    _, *made_of = file.args
    return file.func(token, *made_of)


def signed_in(username: str) -> str:
    """Somebody's new sign-in."""
    with transaction() as db:
        return begin_sign_in(db, account_named(db, username))


def booked() -> list[Appointment]:
    """Every appointment in the house."""
    with reading() as db:
        return list(db.exec(select(Appointment).order_by(Appointment.id)))


@contextmanager
def cut_off_after_the_commit(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A second click ends the run of the first one, just after it was written."""

    @contextmanager
    def cut_off() -> Iterator[Session]:
        with transaction() as db:
            yield db
        raise StopException

    with patch.context() as inside:
        inside.setattr(ui_desk, "transaction", cut_off)
        yield
