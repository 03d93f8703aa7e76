"""The administrator creates accounts, gives them roles, disables them and issues codes."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    accounts_with_roles,
    change_account,
    create_account,
    doctors,
    issue_code,
    reset_factor,
    with_factor,
)
from mediklaud.ui import accounts, choose
from mediklaud.ui.desk import open_desk, record, say, submission_id
from mediklaud.ui.paging import ROWS, first_row, turn

PAGES, NEW, CHANGE = "accounts-page", "New account", "Change an account"

me = open_desk("Accounts and roles", Role.ADMINISTRATOR)
accounts.hand_over(submission_id())

with reading() as db:
    staff = accounts_with_roles(db, by=me)
    secured = with_factor(db, by=me)
    by_id = {doctor.id: doctor for doctor in doctors(db, inactive_too=True)}

first = first_row(PAGES)
accounts.listed(staff[first : first + ROWS], by_id, secured)
turn(PAGES, len(staff))

task = st.segmented_control(
    "Task", (NEW, CHANGE), default=NEW, required=True, key="task", label_visibility="collapsed"
)

if task == NEW:
    form = submission_id("new")
    with st.container(border=True):
        left, right = st.columns(2)
        with left:
            name = choose.words("Name", form)
            username = choose.words("Username", form, placeholder="Small letters, such as meera")
        with right:
            email = choose.words("Email", form, placeholder="May stay empty")
            roles, doctor_id = accounts.roles_and_doctor(form, by_id)
        st.caption("A one-time code is made and shown once; with it the person chooses a password.")
        asked = st.button("Create the account", type="primary", key=f"{form}/create")
    if asked:
        with record() as db:
            made = create_account(
                db, username, name, None, roles, by=me, email=email, doctor_id=doctor_id
            )
            say(db, f"The account {made.username} of {made.name} is created.")
            accounts.give(db, made, issue_code(db, made, by=me))

if task == CHANGE:
    account, held = accounts.chosen(staff)
    form = submission_id(f"change/{account.id}")
    with st.container(border=True):
        roles, doctor_id = accounts.roles_and_doctor(form, by_id, held, account.doctor_id)
        email = accounts.email(form, account)
        active = st.toggle("May sign in", account.active, key=f"{form}/active")
        st.caption("Saving signs the account out everywhere, so that the change holds at once.")
        asked = st.button("Save the change", type="primary", key=f"{form}/save")
    if asked:
        with record(f"The account {account.username} is changed.") as db:
            told = {"doctor_id": doctor_id, "active": active, "email": email}
            change_account(db, account, roles, by=me, **told)

    accounts.discount_limit(account, me)

    with st.container(border=True):
        st.write("For a forgotten password, or a name that is locked: the person chooses anew.")
        st.caption("The present password opens nothing any more, and every sign-in ends.")
        asked = st.button("Issue a code", key=f"{form}/code", icon=":material/lock_reset:")
    if asked:
        with record(f"A code for {account.username} is issued.") as db:
            accounts.give(db, account, issue_code(db, account, by=me))

    if account.id in secured:
        with st.container(border=True):
            st.write("For a phone that is lost: the account signs in with its password alone.")
            asked = st.button("Take the second factor away", key=f"{form}/factor")
        if asked:
            with record(f"The second factor of {account.username} is taken away.") as db:
                reset_factor(db, account, by=me)
