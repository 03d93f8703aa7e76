"""What stands between the street and a page: first visit, sign-in, menu, and a safety net."""

import logging
import secrets
import traceback
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page
from streamlit.runtime.pages_manager import PagesManager

from mediklaud.config import ROOT
from mediklaud.database import reading
from mediklaud.errors import Refusal
from mediklaud.house import open_house
from mediklaud.models import Hospital
from mediklaud.repository import is_set_up, roles_of, the_hospital
from mediklaud.ui import entrance, first_visit, single_sign_on
from mediklaud.ui.factor import recovery_codes_shown
from mediklaud.ui.menu import every_page, run_menu, url_of
from mediklaud.ui.plain import plain
from mediklaud.ui.sign_in import (
    drop_cookie,
    keep_cookie,
    leave_ended,
    shows_the_wall,
    signed_in,
)

log = logging.getLogger("mediklaud")
# All that a sign-in still opens once it has fallen idle.
_BOARD = url_of("front_desk/board")


def open_front_door() -> None:
    """Run one of: the first visit, the sign-in form, or the page this person chose."""
    # Without this a file under pages/ could be asked for by its URL alone.
    PagesManager.uses_pages_directory = False
    with SafetyNet():
        _open()


def _open() -> None:
    open_house()
    with reading() as db:
        hospital = the_hospital(db) if is_set_up(db) else None
    if hospital is None:
        _close_pages()
        first_visit.draw()
        return
    # The library's unseen component has a place of its own in every run: were it drawn above
    # the page in one and not in the next, the browser would draw all below it anew, and what
    # is being typed or clicked there would be lost.
    unseen = st.container()
    with unseen:
        me = signed_in()
    if me is None:
        page = _close_pages()
        if page.url_path == _BOARD and shows_the_wall():
            page.run()
            return
        leave_ended()
        _signed_out(hospital, unseen)
        return
    with unseen:
        keep_cookie()
    _head(hospital)
    if recovery_codes_shown():
        _close_pages()
        return
    with reading() as db:
        roles = roles_of(db, me)
    run_menu(me, roles).run()


def _close_pages() -> Page:
    """Every URL is known, so that it is kept, and none is run; which one is asked for."""
    return st.navigation(every_page(), position="hidden")


def _signed_out(hospital: Hospital, unseen: DeltaGenerator) -> None:
    entrance.come_by_identity()
    with unseen:
        drop_cookie()
    single_sign_on.go()
    _, middle, _ = st.columns([1, 1.4, 1])
    with middle:
        st.title(plain(hospital.name), anchor=False)
        st.caption("Front desk, consulting rooms and till")
        entrance.draw()
        if hospital.is_demo:
            first_visit.draw_demo_sign_ins()


def _head(hospital: Hospital) -> None:
    st.sidebar.subheader(plain(hospital.name), anchor=False)


class SafetyNet:
    """No traceback reaches a person: an unexpected error becomes a reference number."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Refusal):
            st.error(plain(str(error)), icon=":material/block:")
            return True
        if isinstance(error, Exception):
            tell(error)
            return True
        return False


def _way(error: Exception) -> str:
    """Where it happened, innermost first: our own files and lines, never a value or a message.

    A message may carry what a patient said, and a traceback the server's paths.
    """
    frames = [
        f"{Path(frame.filename).relative_to(ROOT)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(ROOT) and ".venv" not in frame.filename
    ]
    return " < ".join(reversed(frames))


def tell(error: Exception) -> bool:
    """Log an error under a reference number, and show only that number."""
    reference = secrets.token_hex(4).upper()
    log.error("reference %s: %s at %s", reference, type(error).__name__, _way(error))
    st.error(
        f"Something went wrong, and nothing was saved. Tell the administrator the reference "
        f"**{reference}**.",
        icon=":material/error:",
    )
    return True
