"""Anybody changes the own password."""

import streamlit as st

from mediklaud.repository import change_own_password
from mediklaud.ui import choose
from mediklaud.ui.desk import open_desk, record, submission_id, token

me = open_desk("My password")
form = submission_id()

with st.form(form, border=False, width=420):
    present = choose.password("Present password", form)
    new = choose.password("New password", form)
    again = choose.password("Repeat the new password", form)
    asked = st.form_submit_button("Change password", type="primary")

if asked:
    with record("The password is changed.") as db:
        change_own_password(db, me, present, choose.same(new, again), token=token())
