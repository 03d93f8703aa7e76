"""What a person does about the own account: the second factor, and where it is signed in."""

from collections.abc import Sequence

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Account, SignIn
from mediklaud.repository import (
    end_own_sign_in,
    enroll_factor,
    new_secret,
    recovery_codes_left,
    remove_factor,
    renew_recovery_codes,
    secret_address,
    sign_out_elsewhere,
    sign_out_everywhere,
)
from mediklaud.ui import choose
from mediklaud.ui.desk import beside, carry, fresh_forms, own_try, record, submission_id
from mediklaud.ui.factor import RECOVERY_CODES, show_secret
from mediklaud.ui.plain import plain

_SECRET = "_new_secret"  # noqa: S105  where a secret waits for its app


def factor_to_set_up(me: Account, *, required: bool) -> None:
    """Offer a second factor to whoever has none."""
    st.caption(
        "A code from an app on your phone, asked for after the password. Whoever learns your "
        "password cannot sign in without the phone."
    )
    if required:
        st.warning("The hospital asks you for one at your next sign-in.", icon=":material/key:")
    if _SECRET not in st.session_state:
        st.button(
            "Set up a second factor",
            icon=":material/phonelink_lock:",
            on_click=lambda: st.session_state.update({_SECRET: new_secret()}),
        )
        return
    secret = st.session_state[_SECRET]
    with reading() as db:
        address = secret_address(db, me, secret)
    typed, asked = show_secret(submission_id("factor"), secret, address)
    st.button("Not now", on_click=_forget_secret)
    if asked:
        with record("The second factor is set up. Other sign-ins have ended.") as db:
            carry(db, **{RECOVERY_CODES: enroll_factor(db, me, secret, typed)})


def _forget_secret() -> None:
    st.session_state.pop(_SECRET, None)


def factor_in_use(me: Account, *, required: bool) -> None:
    """What can be done about a second factor that stands: new recovery codes, or its end."""
    _forget_secret()
    with reading() as db:
        left = recovery_codes_left(db, me)
    st.markdown(":green[:material/check_circle:] In use: your app's code follows the password.")
    st.caption(f"{left} of your recovery codes are left." if left != 1 else "1 is left.")
    form = submission_id("factor")
    with st.form(form, border=False):
        password = choose.password("Present password", form, present=True)
        typed = st.text_input(
            "Code from the app", key=f"{form}/Code from the app", autocomplete="one-time-code"
        )
        beside("Code from the app")
        with st.container(horizontal=True):
            renews = st.form_submit_button("New recovery codes", icon=":material/refresh:")
            ends = st.form_submit_button(
                "Take it away", icon=":material/phonelink_erase:", disabled=required
            )
    if required:
        st.caption("The hospital asks the CMO and administrators for it, so it stays.")
    if renews:
        tried = own_try()
        with record("The old recovery codes open nothing any more.", tried=tried) as db:
            codes = renew_recovery_codes(db, me, password, typed, tried=tried)
            carry(db, **{RECOVERY_CODES: codes})
    if ends:
        tried = own_try()
        with record(
            "The second factor is taken away. Other sign-ins have ended.", tried=tried
        ) as db:
            remove_factor(db, me, password, typed, tried=tried)


def sign_ins(me: Account, live: Sequence[SignIn], zone: str) -> None:
    """Where the account is signed in, each with its end, and the ways to end them together."""
    for one in live:
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            here = one.id == me.sign_in_id
            badge = "  :green-badge[this one]" if here else ""
            begun = f"{clock.local(one.signed_in_at, zone):%d %b %Y, %H:%M}"
            seen = f"{clock.local(one.last_seen_at, zone):%H:%M}"
            st.markdown(
                f"**{plain(one.browser or 'A browser')}**{badge}  \n"
                f":small[since {begun} · last used {seen}]",
                width="content",
            )
            if not here and st.button("End", key=f"end-{one.id}", icon=":material/logout:"):
                with record("That sign-in has ended.") as db:
                    end_own_sign_in(db, me, one.id or 0)
    st.caption("A sign-in ends by itself after 15 minutes without use, and after 12 hours.")
    with st.container(horizontal=True):
        if st.button("End all others", disabled=len(live) < 2, on_click=fresh_forms):
            with record("Every other sign-in has ended.") as db:
                sign_out_elsewhere(db, me)
        if st.button("Sign out everywhere", icon=":material/logout:"):
            with record() as db:
                sign_out_everywhere(db, me)
