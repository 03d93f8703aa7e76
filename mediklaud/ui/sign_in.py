"""Who this browser is: its sign-in, kept by streamlit-authenticator's cookie, ended by our table.

The cookie carries only the random id of a sign-in. Nothing of a person is in it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import streamlit as st
import streamlit_authenticator as stauth
from jwt import PyJWTError
from streamlit_authenticator.utilities import LoginError

from mediklaud import clock, config
from mediklaud.browsers import browser_words
from mediklaud.database import reading, transaction
from mediklaud.errors import SignedOut
from mediklaud.models import Account
from mediklaud.repository import (
    ABSOLUTE_HOURS,
    end_sign_in,
    is_token,
    live_account,
    watching_account,
)
from mediklaud.ui.desk import token

COOKIE = "mediklaud"
# How the key of a field begins whose words outlast an idle sign-in, for the same person.
DRAFT = "draft/"
_DRAWN = "_authenticator"
_ENDED, _COOKIE_DUE, _COOKIE_DEAD = "_sign_in_ended", "_cookie_due", "_cookie_dead"
_WHO, _LEFT = "_who", "_left_behind"
# What somebody was writing who has gone to the provider, and when; only this server has it.
_AWAY: dict[int, tuple[datetime, dict[str, Any]]] = {}
_AWAY_FOR = timedelta(minutes=15)


class _Tokens(Mapping[str, dict[str, Any]]):
    """The library's table of names: a name is the token of a cookie, known while it is live."""

    def __contains__(self, name: object) -> bool:
        return is_token(str(name)) and _is_live(str(name))

    def __getitem__(self, name: str) -> dict[str, Any]:
        return {"name": ""}

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class _Credentials(dict[str, Any]):
    """The library replaces an empty table of names by one of its own; ours must stay."""

    def __getitem__(self, _word: str) -> _Tokens:
        return _Tokens()

    def __setitem__(self, _word: str, _names: object) -> None:
        return


def _is_live(found: str) -> bool:
    try:
        with reading() as db:
            live_account(db, found)
    except SignedOut:
        return False
    return True


def _authenticator() -> stauth.Authenticate:
    return stauth.Authenticate(
        _Credentials(),
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
            me = live_account(db, token())
    except SignedOut:
        return None
    st.session_state[_WHO] = me.id
    return me


def shows_the_wall() -> bool:
    """Whether this browser's sign-in has only fallen idle, which still shows the board."""
    try:
        with reading() as db:
            watching_account(db, token())
    except SignedOut:
        return False
    return True


def leave_ended() -> None:
    """Leave a sign-in that has ended by itself, if this browser still carries one."""
    if not token():
        return
    left = _left_behind()
    # Its cookie is as dead: were it read again, the form's next click would be lost to it.
    _forget()
    st.session_state[_LEFT] = left
    for word in (_ENDED, _COOKIE_DEAD, "logout"):
        st.session_state[word] = True


def _take_cookie() -> None:
    """Go on with the sign-in of the browser's cookie, before any page is chosen."""
    authenticator = _authenticator()
    ended = False
    try:
        authenticator.login(location="unrendered")
    except LoginError:
        ended = True
    except PyJWTError:
        pass  # not one of ours, so nothing of this person's has ended
    if not is_token(token()):
        # A cookie whose sign-in has ended, or that this house never gave: away with it, and
        # the form instead, beside this same object, since the library's component may be
        # drawn only once in a run, and a run begun anew here would forget the page's URL.
        _forget()
        st.session_state[_COOKIE_DEAD] = st.session_state["logout"] = True
        st.session_state[_ENDED] = ended
        st.session_state[_DRAWN] = authenticator


def drop_cookie() -> None:
    """Draw the component that deletes a dead cookie until the browser says it did."""
    drawn = st.session_state.pop(_DRAWN, None)
    if not st.session_state.get(_COOKIE_DEAD):
        return
    # "delete" is the key under which the library's component answers.
    if st.session_state.get("delete"):
        del st.session_state[_COOKIE_DEAD]
    else:
        (drawn or _authenticator()).cookie_controller.delete_cookie()


def cookie_is_dropped() -> bool:
    """Whether the browser carries no dead cookie of ours any more."""
    return not st.session_state.get(_COOKIE_DEAD)


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
        _authenticator().cookie_controller.set_cookie()


def come_in_with(begun: str) -> None:
    """Let this browser carry a sign-in that has just begun; nothing of before is left in it.

    But whoever comes back finds what was being written when the sign-in fell idle.
    """
    with reading() as db:
        me = live_account(db, begun)
    whose, drafts = st.session_state.get(_LEFT, (None, {}))
    _forget()
    st.session_state.update(_brought_back(me.id))
    if whose == me.id:
        st.session_state.update(drafts)
    st.session_state["username"] = begun
    st.session_state[_COOKIE_DUE] = True


def go_to_the_provider() -> None:
    """Lay by what was being written: the way back from the provider loads the page anew."""
    whose, drafts = st.session_state.pop(_LEFT, (None, {}))
    if whose is not None and drafts:
        _AWAY[whose] = clock.now(), drafts


def _brought_back(whose: int | None) -> dict[str, Any]:
    """What somebody laid by a moment ago, and nothing of what anybody left for longer."""
    late = clock.now() - _AWAY_FOR
    for one in [one for one, (since, _) in list(_AWAY.items()) if since < late]:
        _AWAY.pop(one, None)
    return _AWAY.pop(whose or 0, (late, {}))[1]


def sign_out() -> None:
    """End this sign-in in the database, then forget it in the browser."""
    with transaction() as db:
        end_sign_in(db, token())
    _forget()
    st.session_state[_COOKIE_DEAD] = st.session_state["logout"] = True


def has_ended() -> bool:
    """Whether this browser's sign-in ended by itself, and nobody has come in since."""
    return bool(st.session_state.get(_ENDED))


def this_browser() -> str:
    """The browser in front of us, in plain words."""
    return browser_words(st.context.headers.get("User-Agent", ""))


def _left_behind() -> tuple[int | None, dict[str, Any]]:
    """Whose sign-in has ended here by itself, and what was being written; only the server has it.

    It comes with the very run that finds the sign-in ended, before any field is drawn.
    """
    words = [str(word) for word in st.session_state if str(word).startswith(DRAFT)]
    return st.session_state.get(_WHO), {word: st.session_state[word] for word in words}


def _forget() -> None:
    """Leave nothing of this person to whoever uses the tab next."""
    for word in list(st.session_state):
        del st.session_state[word]
