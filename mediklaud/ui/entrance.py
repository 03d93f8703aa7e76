"""The entrance: name and password, the second factor, and a code for whoever has no password."""

import streamlit as st

from mediklaud.config import settings
from mediklaud.database import reading, transaction
from mediklaud.errors import Refusal, SignedOut
from mediklaud.passwords import is_password
from mediklaud.repository import (
    Halfway,
    begin_try,
    come_in,
    enroll_and_come_in,
    is_locked,
    judge_factor,
    judge_password,
    new_secret,
    secret_address,
    still_halfway,
    use_code,
)
from mediklaud.ui import choose, single_sign_on
from mediklaud.ui.desk import refuse
from mediklaud.ui.factor import keep_recovery_codes, show_secret
from mediklaud.ui.sign_in import come_in_with, has_ended, this_browser

_HALFWAY, _BY_CODE, _SECRET, _TOO_LATE = "_halfway", "_by_code", "_secret", "_too_late"
_FORM = "entrance"
_LOCKED = (
    "Too many wrong tries. This name is locked for 15 minutes; the administrator can give a "
    "code meanwhile."
)


def come_by_identity() -> None:
    """Let in whom the hospital's own provider has just named, before anything is drawn."""
    come = single_sign_on.taken()
    if come is not None:
        _go_on(come)


def draw() -> None:
    """One of: name and password, a code in their place, or the second step."""
    halfway: Halfway | None = st.session_state.get(_HALFWAY)
    if halfway is not None:
        _second_step(halfway)
        return
    if not settings().password_sign_in:
        _tell_what_ended()
    elif st.session_state.get(_BY_CODE):
        _by_code()
    else:
        _by_password()
    single_sign_on.offer()


def _by_password() -> None:
    with st.form("sign-in"):
        st.subheader("Sign in", anchor=False)
        name = _name()
        password = st.text_input("Password", type="password", autocomplete="current-password")
        asked = st.form_submit_button("Sign in", type="primary", width="stretch")
    if asked:
        _try_password(name, password)
    else:
        _tell_what_ended()
    st.button(
        "I have a code",
        icon=":material/password:",
        on_click=_choose,
        args=(True,),
        help="For a first password, or in place of a forgotten one.",
    )


def _tell_what_ended() -> None:
    if has_ended():
        st.info("Your sign-in has ended. Sign in again to go on.", icon=":material/lock_clock:")
    elif st.session_state.pop(_TOO_LATE, False):
        st.info("That took too long. Begin again.", icon=":material/timer:")


def _name() -> str:
    return st.text_input("Username", autocomplete="username")


def _choose(by_code: bool) -> None:
    for word in (_HALFWAY, _SECRET):
        st.session_state.pop(word, None)
    st.session_state[_BY_CODE] = by_code


def _try_password(name: str, password: str) -> None:
    with transaction() as db:
        tried = begin_try(db, name)
    # Between two transactions: bcrypt is slow by intention, and nobody should wait for it.
    right = is_password(password, tried.password_hash)
    with transaction() as db:
        come = judge_password(db, tried, right, browser=this_browser())
    if come is not None:
        _go_on(come)
    elif tried.locked or tried.last:
        st.error(_LOCKED, icon=":material/lock:")
    else:
        st.error("Username or password is wrong. Type both again.", icon=":material/block:")


def _go_on(come: Halfway | str) -> None:
    if isinstance(come, str):
        come_in_with(come)
    else:
        st.session_state[_HALFWAY] = come
    st.rerun()


def _by_code() -> None:
    with st.form(_FORM):
        st.subheader("Choose your password", anchor=False)
        st.caption(
            "The administrator gave you a code. It works once, within 30 minutes, and opens "
            "nothing but this."
        )
        name = _name()
        code = choose.words("Code", _FORM, placeholder="abcd-efgh-jkmn-pqrs-tuvw")
        new = choose.password("New password", _FORM)
        again = choose.password("Repeat the new password", _FORM)
        st.caption("At least 12 characters; a few words in a row make a good one.")
        asked = st.form_submit_button(
            "Keep the password and sign in", type="primary", width="stretch"
        )
    if asked:
        _try_code(name, code, new, again)
    _back()


def _try_code(name: str, code: str, new: str, again: str) -> None:
    try:
        chosen = choose.same(new, again)
        with transaction() as db:
            account = use_code(db, name, code, chosen)
            come = account and come_in(db, account, browser=this_browser())
    except Refusal as refusal:
        refuse(refusal)
        return
    if come is not None:
        _go_on(come)
    else:
        st.error(
            "This code is not right, was used, or is too old. Type name and code again, or ask "
            "the administrator for a new code.",
            icon=":material/block:",
        )


def _second_step(halfway: Halfway) -> None:
    try:
        if halfway.enrolls:
            _enroll(halfway)
        else:
            _ask_factor(halfway)
    except SignedOut:
        _choose(by_code=False)
        st.session_state[_TOO_LATE] = True
        st.rerun()
    _back()


def _ask_factor(halfway: Halfway) -> None:
    with st.form("second-factor"):
        st.subheader("Second step", anchor=False)
        st.caption("The password is right. Now the code that your app shows for this hospital.")
        typed = st.text_input(
            "Code from the app",
            autocomplete="one-time-code",
            placeholder="123456",
            help="Without the phone: one of your recovery codes, each of which works once.",
        )
        asked = st.form_submit_button("Sign in", type="primary", width="stretch")
    if not asked:
        return
    with transaction() as db:
        begun = judge_factor(db, halfway, typed, browser=this_browser())
    if begun is not None:
        _go_on(begun)
    with reading() as db:
        locked = is_locked(db, halfway.username)
    wrong = "This code is not right, or it was used before. Wait for the next one."
    st.error(_LOCKED if locked else wrong, icon=":material/block:")


def _enroll(halfway: Halfway) -> None:
    secret = st.session_state.setdefault(_SECRET, new_secret())
    with reading() as db:
        address = secret_address(db, still_halfway(db, halfway), secret)
    st.subheader("Set up your second factor", anchor=False)
    st.caption("The hospital asks for one from the CMO and administrators, before anything else.")
    typed, asked = show_secret(_FORM, secret, address)
    if not asked:
        return
    try:
        with transaction() as db:
            begun, codes = enroll_and_come_in(db, halfway, secret, typed, browser=this_browser())
    except SignedOut:
        raise
    except Refusal as refusal:
        refuse(refusal)
        return
    come_in_with(begun)
    keep_recovery_codes(codes)
    st.rerun()


def _back() -> None:
    st.button(
        "Back to the sign-in form", icon=":material/arrow_back:", on_click=_choose, args=(False,)
    )
