"""Finance sees who is on hold, why, since when and what was said, and reminds whoever owes."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    OwedWhere,
    contacts_of,
    due_numbers,
    dues_letters_of,
    minors_held_by,
    owed_by,
    owed_numbers,
    policy_words,
    the_hospital,
)
from mediklaud.ui import choose, gate, plans, show
from mediklaud.ui.desk import open_desk
from mediklaud.ui.plain import plain

me = open_desk("Patients on hold", Role.FINANCE)

with reading() as db:
    hospital = the_hospital(db)
    found = owed_numbers(db, OwedWhere(on_hold=True), by=me)
    due = due_numbers(db, by=me)
today = clock.today(hospital.zone)

gate.numbers(found, due)
st.caption(plain(f"Routine booking is on hold with {policy_words(hospital)}."))
gate.letters_card(due, me)
chosen = gate.choose_payer(found, due, hospital, me, today)
if chosen is None:
    st.caption("Choose a row for the bills, what was said, and what can be done.")
    st.stop()

choose.keep_patient(chosen)
payer = choose.opened(chosen, me)
with reading() as db:
    owed = owed_by(db, chosen, by=me)
    talked = contacts_of(db, chosen, by=me)
    written = dues_letters_of(db, chosen, by=me)
    minors = minors_held_by(db, [chosen], by=me) if owed.on_hold else {}

with st.container(border=True):
    st.subheader(plain(f"{payer.name} · {payer.number}"), anchor=False)
    gate.ways_on(payer, me)
    left, right = st.columns(2, gap="large")
    with left:
        show.dues(owed, brief=True)
        gate.held_too(minors.get(chosen, []))
        gate.reminders(payer, me, today)
    with right:
        plans.talks(talked, hospital, written)
        with st.expander("Note a talk", icon=":material/edit_note:"):
            plans.talk(payer, me, today)
