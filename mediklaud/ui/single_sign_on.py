"""Signing in by the hospital's own provider (OIDC), through Streamlit's st.login.

Streamlit keeps what the provider said in a cookie for a month. Here it opens one sign-in of
our own, a moment after the way back; from then on only that sign-in counts.
"""

import streamlit as st

from mediklaud.config import settings
from mediklaud.database import transaction
from mediklaud.errors import IdentityNotFresh, Refusal
from mediklaud.repository import Halfway, Identity, come_by_identity, note_refused_identity
from mediklaud.ui.plain import plain
from mediklaud.ui.sign_in import cookie_is_dropped, go_to_the_provider, this_browser

_TAKEN, _REFUSED, _LEAVING = "_identity_taken", "_identity_refused", "_leaving_the_provider"
# Of several providers that Streamlit may be told of, only the one of [auth] itself is ours.
_PROVIDER = "default"


def taken() -> Halfway | str | None:
    """What comes of whom the provider has just named; asked once in each visit of the browser."""
    if not _is_named() or st.session_state.get(_TAKEN) or st.session_state.get(_LEAVING):
        return None
    st.session_state[_TAKEN] = True
    try:
        return _come()
    except IdentityNotFresh:
        return None
    except Refusal as refusal:
        st.session_state[_REFUSED] = str(refusal)
        return None


def offer() -> None:
    """The button that leads to the provider, and what came of the last way back."""
    if not settings().oidc_issuer:
        return
    refused = st.session_state.get(_REFUSED) if _is_named() else None
    if refused:
        st.error(plain(refused), icon=":material/block:")
        if st.button("Use another account", icon=":material/logout:", width="stretch"):
            st.logout()
    elif st.button(
        f"Sign in with {plain(settings().oidc_name)}",
        type="secondary" if settings().password_sign_in else "primary",
        icon=":material/key:",
        width="stretch",
    ):
        go_to_the_provider()
        st.login()


def leave() -> None:
    """After the own sign-in was ended here: forget what the provider said, too, as `go` does."""
    if _is_named():
        st.session_state[_LEAVING] = True


def go() -> None:
    """Go to the provider to sign out there, once the own cookie is dropped.

    In every run until the browser has gone: a run that follows at once takes back the way there
    that st.logout has put down, and whoever signed out would stay known to the provider.
    """
    if st.session_state.get(_LEAVING) and cookie_is_dropped():
        st.logout()


def _is_named() -> bool:
    return bool(settings().oidc_issuer and st.user.get("is_logged_in"))


def _come() -> Halfway | str:
    claims = dict(st.user)
    issuer = settings().oidc_issuer if claims.get("provider") == _PROVIDER else ""
    said = Identity.said(claims, issuer=issuer)
    try:
        with transaction() as db:
            return come_by_identity(db, said, browser=this_browser())
    except IdentityNotFresh:
        raise
    except Refusal as refusal:
        with transaction() as db:
            note_refused_identity(db, said, refusal)
        raise
