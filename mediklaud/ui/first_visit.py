"""The first visit: set the hospital up, or load the demo one; both behind the one-time code."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mediklaud.database import transaction
from mediklaud.demo import DEMO_ACCOUNTS, demo_password, load_demo
from mediklaud.errors import AlreadySetUp, NotEmpty, Refusal
from mediklaud.models import Role
from mediklaud.repository import HospitalForm, check_code, create_account, open_hospital
from mediklaud.ui import choose, settings
from mediklaud.ui.desk import refuse
from mediklaud.ui.plain import plain

_FORM = "first-visit"


def draw() -> None:
    """The page of an empty database."""
    _, middle, _ = st.columns([1, 3, 1])
    with middle:
        st.title("Welcome to MediKlaud", anchor=False)
        st.write(
            "This database is empty. Set up your hospital, or load an invented one to look "
            "around. Either way, first type the one-time code that the server printed in its "
            "terminal."
        )
        with st.container(width=360):
            code = choose.words("One-time code", _FORM, placeholder="ABCD-EFGH-IJKL")
        ours, demo = st.tabs(
            [":material/local_hospital: Set up our hospital", ":material/science: Try the demo"]
        )
        with ours:
            _set_up(code)
        with demo:
            _try_demo(code)


def _set_up(code: str) -> None:
    with st.form(_FORM, border=False):
        st.subheader("The hospital", anchor=False)
        name = choose.words("Hospital's name", _FORM, placeholder="JMI Hospital")
        address = choose.lines("Address", _FORM)
        left, right = st.columns(2)
        with left:
            phone = choose.words("Phone", _FORM, placeholder="011 2345 6789")
        with right:
            email = choose.words("Email", _FORM, placeholder="desk@hospital.example.org")
        left, right = st.columns(2)
        with left:
            zone = choose.zone("Time zone", _FORM)
        with right:
            gstin = choose.words("GSTIN", _FORM, placeholder="Only where registered for GST")
        rules = {**settings.prefixes(_FORM, HospitalForm), **settings.billing(_FORM, HospitalForm)}
        st.subheader("The Chief Medical Officer's account", anchor=False)
        st.caption("This first account is administrator too, so that it can create the others.")
        left, right = st.columns(2)
        with left:
            chief = choose.words("Name", _FORM, placeholder="Dr Imran Khan")
        with right:
            username = choose.words("Username", _FORM, placeholder="khan")
        left, right = st.columns(2)
        with left:
            first = choose.password("New password", _FORM)
        with right:
            again = choose.password("Repeat the new password", _FORM)
        st.caption("A password has at least 12 characters; a few words in a row make a good one.")
        asked = st.form_submit_button("Set up the hospital", type="primary")
    if asked:
        typed = HospitalForm(name, address, phone, email, gstin, zone or "", **rules)
        with _opening():
            check_code(code)
            _open(typed, chief, username, choose.same(first, again))


def _open(typed: HospitalForm, chief: str, username: str, password: str) -> None:
    with transaction() as db:
        open_hospital(db, typed)
        create_account(
            db,
            username,
            chief,
            password,
            {Role.CMO, Role.ADMINISTRATOR},
            by=None,
            email=typed.email,
        )


@contextmanager
def _opening() -> Iterator[None]:
    """Open the hospital, or say beside which field why not; then the sign-in form takes over."""
    try:
        yield
    except (AlreadySetUp, NotEmpty) as refusal:
        refuse(refusal)
        # Somebody else was faster; any click leads to the form.
        st.button("Go to the sign-in form", icon=":material/login:")
    except Refusal as refusal:
        refuse(refusal)
        if refusal.field:
            st.caption(
                ":material/arrow_upward: Nothing was saved. The reason stands beside a field above."
            )
    else:
        st.rerun()


def _try_demo(code: str) -> None:
    st.write(
        "Twelve doctors of eight specialties, 400 patients, four weeks of appointments, bills "
        "and payments behind and two ahead. Nobody in it is real, and the letters in it went to "
        "nobody. For your own hospital, begin with an empty database again."
    )
    asked = st.button(
        "Load the demo hospital", type="primary", key="load-demo", icon=":material/play_arrow:"
    )
    # What is shown while it loads stays in one place, so that a refusal can clear it.
    place = st.empty()
    if asked:
        with _opening():
            _load(code, place)


def _load(code: str, place: DeltaGenerator) -> None:
    check_code(code)
    bar = place.progress(0.0, "Opening the demo hospital …")
    words = "The hospital lives its weeks. This takes about half a minute; stay on this page."
    try:
        # A run that is cut off in here undoes the whole load, so a new click starts anew.
        load_demo(progress=lambda part: bar.progress(part, words))
    finally:
        place.empty()


def draw_demo_sign_ins() -> None:
    """Who can sign in to the demo hospital; a real hospital never shows this."""
    st.info(
        "This is the demo hospital: everybody in it is invented. Sign in as any of these; the "
        f"password of all is **{plain(demo_password())}**",
        icon=":material/science:",
    )
    rows = [
        {
            "Username": plain(account.username),
            "Who": f"{plain(account.name)} — {plain(account.what)}",
        }
        for account in DEMO_ACCOUNTS
    ]
    st.table(rows, border="horizontal", hide_index=True)
    st.caption("Every other doctor signs in by the family name, such as kaur or menon.")
