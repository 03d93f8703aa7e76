"""The first visit: set the hospital up, or load the demo one; both behind the one-time code."""

import streamlit as st

from mediklaud.database import transaction
from mediklaud.demo import DEMO_ACCOUNTS, demo_password, load_demo
from mediklaud.errors import Refusal
from mediklaud.models import Role
from mediklaud.repository import HospitalForm, check_code, create_account, open_hospital
from mediklaud.ui import choose
from mediklaud.ui.desk import refuse
from mediklaud.ui.plain import plain

_FORM = "first-visit"


def draw() -> None:
    """The page of an empty database."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        st.title("Welcome to MediKlaud", anchor=False)
        st.write(
            "This database is empty. Set up your hospital, or load an invented one to look "
            "around. Either way, type the one-time code that the server printed in its terminal."
        )
        code = choose.words("One-time code", _FORM, placeholder="ABCD-EFGH-IJKL")
        ours, demo = st.tabs(["Set up our hospital", "Try the demo hospital"])
        with ours:
            _set_up(code)
        with demo:
            _try_demo(code)


def _set_up(code: str) -> None:
    with st.form(_FORM, border=False):
        st.subheader("The hospital", anchor=False)
        name = choose.words("Hospital's name", _FORM, value="JMI Hospital")
        address = choose.lines("Address", _FORM)
        left, right = st.columns(2)
        with left:
            phone = choose.words("Phone", _FORM)
            zone = choose.zone("Time zone", _FORM)
        with right:
            email = choose.words("Email", _FORM)
            gstin = choose.words("GSTIN (empty where there is none)", _FORM)
        st.subheader("The Chief Medical Officer's account", anchor=False)
        st.caption("This first account is administrator too, so that it can create the others.")
        left, right = st.columns(2)
        with left:
            chief = choose.words("Name", _FORM)
            password = choose.password("New password", _FORM)
        with right:
            username = choose.words("Username", _FORM)
            again = choose.password("Repeat the new password", _FORM)
        asked = st.form_submit_button("Set up the hospital", type="primary")
    if asked:
        typed = HospitalForm(name, address, phone, email, gstin, zone)
        _open(code, typed, chief, username, choose.same(password, again))


def _open(code: str, typed: HospitalForm, chief: str, username: str, password: str) -> None:
    try:
        with transaction() as db:
            check_code(code)
            open_hospital(db, typed)
            create_account(
                db,
                username,
                chief,
                password,
                {Role.CMO, Role.ADMINISTRATOR},
                by=None,
                email=typed.email,
                must_change_password=False,
            )
    except Refusal as refusal:
        refuse(refusal)
    else:
        st.rerun()


def _try_demo(code: str) -> None:
    st.write(
        "Twelve doctors of eight specialties, 400 patients, four weeks of appointments, bills "
        "and payments behind and two ahead. Nobody in it is real; begin with an empty database "
        "again before your own hospital's first day."
    )
    if st.button("Load the demo hospital", type="primary", key="load-demo"):
        bar = st.progress(0.0, "Opening the demo hospital …")
        try:
            check_code(code)
            load_demo(progress=lambda part: bar.progress(part, "The hospital lives its weeks …"))
        except Refusal as refusal:
            bar.empty()
            refuse(refusal)
        else:
            st.rerun()


def draw_demo_sign_ins() -> None:
    """Who can sign in to the demo hospital; a real hospital never shows this."""
    st.info(
        "This is the demo hospital: everybody in it is invented. Sign in as any of these, all "
        f"with the password **{plain(demo_password())}**",
        icon=":material/science:",
    )
    rows = {
        plain(account.username): f"{plain(account.name)} — {account.what}"
        for account in DEMO_ACCOUNTS
    }
    st.table(rows, border="horizontal")
