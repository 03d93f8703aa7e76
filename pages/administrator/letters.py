"""The administrator sees whether letters leave, and tries the mail server."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import letter_numbers, send_trial, the_hospital, undelivered_letters
from mediklaud.ui import choose, mail
from mediklaud.ui.desk import open_desk, record, submission_id

me = open_desk("Letters", Role.ADMINISTRATOR)
form = submission_id()

with reading() as db:
    hospital, state = the_hospital(db), letter_numbers(db, by=me)
    lately = undelivered_letters(db, by=me)

mail.queue(state)
mail.server()

with st.form(form, border=False, width=420):
    to = choose.words("Email", form, value=me.email or "")
    asked = st.form_submit_button("Send a letter to try it", icon=":material/outgoing_mail:")

if asked:
    with record("The letter is queued. It arrives within a minute where the mail works.") as db:
        send_trial(db, to, by=me)

mail.failed(me, lately, hospital)
