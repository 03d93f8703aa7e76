"""The administrator changes what the hospital says of itself, and its rules."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import change_settings, outbox_state, the_hospital
from mediklaud.ui import settings, show
from mediklaud.ui.desk import fresh_forms, open_desk, record, submission_id

me = open_desk("Settings", Role.ADMINISTRATOR)
form = submission_id()

with reading() as db:
    hospital = the_hospital(db)
    mail = outbox_state(db)

with st.form(form):
    typed = settings.fields(form, hospital)
    with st.container(horizontal=True):
        asked = st.form_submit_button("Save the settings", type="primary", icon=":material/save:")
        st.form_submit_button(
            "Show them as they are kept", icon=":material/undo:", on_click=fresh_forms
        )

if asked:
    with record("The settings are saved.") as db:
        change_settings(db, typed.form(), by=me)

st.subheader("Mail", anchor=False)
show.outbox(mail)
