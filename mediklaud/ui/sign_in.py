"""Signing in over streamlit-authenticator, with what it lacks kept in our database.

The library draws the form, checks bcrypt and sets the cookie. The cookie carries only the
random id of a sign-in, which our table can end; wrong tries are counted there too.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import bcrypt
import streamlit as st
import streamlit_authenticator as stauth
from jwt import PyJWTError
from streamlit.delta_generator import DeltaGenerator
from streamlit_authenticator.utilities import LoginError

from mediklaud import config
from mediklaud.database import reading, transaction
from mediklaud.errors import NotFound, SignedOut
from mediklaud.models import Account
from mediklaud.repository import (
    ABSOLUTE_HOURS,
    account_named,
    begin_sign_in,
    end_sign_in,
    is_locked,
    is_token,
    live_account,
    note_wrong_try,
)
from mediklaud.ui.desk import token

COOKIE = "mediklaud"
_DRAWN = "_authenticator"
_ENDED, _COOKIE_DUE, _COOKIE_DEAD = "_sign_in_ended", "_cookie_due", "_cookie_dead"
# An unknown name costs the same bcrypt as a known one.
_NOBODY = bcrypt.hashpw(b"nobody has this password", bcrypt.gensalt()).decode()


class _Names(Mapping[str, dict[str, Any]]):
    """Credentials that look up only the name asked for: a typed one, or a cookie's token.

    The library writes typed names in small letters, so a token, which begins with capitals,
    can never be typed.
    """

    def __init__(self) -> None:
        self.asked = ""
        self._found: dict[str, dict[str, Any]] = {}

    def __contains__(self, name: object) -> bool:
        # Every typed name is "known", so that all take the same time to refuse.
        return _is_live(str(name)) if is_token(str(name)) else True

    def __getitem__(self, name: str) -> dict[str, Any]:
        if is_token(name):
            return {"name": ""}
        self.asked = name
        # The library counts tries in what it was given, so one look-up gives one dict.
        if name not in self._found:
            self._found[name] = {"name": "", "password": _hash_of(name)}
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Credentials(dict[str, Any]):
    """The library replaces an empty table of names by one of its own; ours must stay."""

    def __init__(self, names: _Names) -> None:
        self.names = names
        super().__init__()

    def __getitem__(self, _word: str) -> _Names:
        return self.names

    def __setitem__(self, _word: str, _names: object) -> None:
        return


def _is_live(found: str) -> bool:
    try:
        with reading() as db:
            live_account(db, found)
    except SignedOut:
        return False
    return True


def _hash_of(name: str) -> str:
    if not config.settings().password_sign_in:
        return _NOBODY
    with reading() as db:
        if is_locked(db, name):
            return _NOBODY
        try:
            account = account_named(db, name)
        except NotFound:
            return _NOBODY
        return account.password_hash if account.active else _NOBODY


def _authenticator(names: _Names) -> stauth.Authenticate:
    return stauth.Authenticate(
        _Credentials(names),
        COOKIE,
        config.key().hex(),
        ABSOLUTE_HOURS / 24,
        auto_hash=False,
        login_sleep_time=0,
    )


def signed_in() -> Account | None:
    """The account of this browser's sign-in, or None; asked anew at every run."""
    if not token() and not st.session_state.get("logout") and COOKIE in st.context.cookies:
        _take_cookie()
    if not token():
        return None
    try:
        with reading() as db:
            return live_account(db, token())
    except SignedOut:
        # Its cookie is as dead: were it read again, the form's next click would be lost to it.
        _forget()
        for word in (_ENDED, _COOKIE_DEAD, "logout"):
            st.session_state[word] = True
        return None


def _take_cookie() -> None:
    """Go on with the sign-in of the browser's cookie, before any page is chosen."""
    names = _Names()
    authenticator = _authenticator(names)
    ended = False
    try:
        authenticator.login(location="unrendered")
    except LoginError:
        ended = True
    except PyJWTError:
        pass  # not one of ours, so nothing of this person's has ended
    if not is_token(token()):
        # A cookie whose sign-in has ended, or that this house never gave: away with it, and
        # the form instead, drawn by this same object, since the library's component may be
        # drawn only once in a run, and a run begun anew here would forget the page's URL.
        _forget()
        st.session_state[_COOKIE_DEAD] = st.session_state["logout"] = True
        st.session_state[_ENDED] = ended
        st.session_state[_DRAWN] = (names, authenticator)


def sign_in_form(foot: DeltaGenerator) -> None:
    """The form for a name and a password.

    The library's unseen component takes up room, so it is drawn at the page's `foot`.
    """
    names, authenticator = st.session_state.pop(_DRAWN, (None, None))
    if authenticator is None:
        names = _Names()
        with foot:
            authenticator = _authenticator(names)
    fields = {"Form name": "Sign in", "Username": "Username", "Login": "Sign in"}
    if config.settings().password_sign_in:
        authenticator.login(fields=fields, key="sign-in", callback=_begin)
    if token():
        st.rerun()
    # Drawn until the browser answers under the key "delete", as keep_cookie draws "set".
    if st.session_state.get("delete"):
        st.session_state.pop(_COOKIE_DEAD, None)
    elif st.session_state.get(_COOKIE_DEAD):
        authenticator.cookie_controller.delete_cookie()
    if names.asked:
        _refuse(names.asked)
    elif st.session_state.pop(_ENDED, False):
        st.info("Your sign-in has ended. Sign in again to go on.", icon=":material/lock_clock:")


def keep_cookie() -> None:
    """Draw the component that sets the cookie until the browser says it did.

    A run that ends before the browser has drawn it would leave the person signed in for
    this tab only.
    """
    if not st.session_state.get(_COOKIE_DUE):
        return
    # "set" is the key under which the library's component answers.
    if st.session_state.get("set"):
        del st.session_state[_COOKIE_DUE]
    else:
        _authenticator(_Names()).cookie_controller.set_cookie()


def sign_out() -> None:
    """End this sign-in in the database, then forget it in the browser."""
    with transaction() as db:
        end_sign_in(db, token())
    _forget()
    st.session_state[_COOKIE_DEAD] = st.session_state["logout"] = True


def _begin(said: dict[str, Any]) -> None:
    with transaction() as db:
        begun = begin_sign_in(db, account_named(db, said["username"]))
    come_in_with(begun)


def come_in_with(begun: str) -> None:
    """Go on as a sign-in that has just begun, and let the browser keep its token."""
    # What the library puts into its cookie next.
    st.session_state["username"] = begun
    st.session_state[_COOKIE_DUE] = True
    st.session_state.pop(_COOKIE_DEAD, None)


def _refuse(name: str) -> None:
    with transaction() as db:
        note_wrong_try(db, name)
        locked = is_locked(db, name)
    if locked:
        st.error(
            "Too many wrong tries. This name is locked for 15 minutes; the administrator can "
            "give a new password meanwhile.",
            icon=":material/lock:",
        )
    else:
        st.error("Username or password is wrong. Type both again.", icon=":material/block:")


def _forget() -> None:
    """Leave nothing of this person to whoever uses the tab next."""
    for word in list(st.session_state):
        del st.session_state[word]
