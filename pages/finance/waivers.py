"""Finance takes a sum off a bill within its limit or asks for more; another person decides."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.money import rupees
from mediklaud.repository import (
    ask_waiver,
    asked_waivers,
    discount_left,
    give_discount,
    owed_by,
    roles_of,
    the_hospital,
    waivers_of,
)
from mediklaud.ui import choose, papers, waivers
from mediklaud.ui.desk import carry, open_desk, record, say, submission_id
from mediklaud.ui.plain import plain

me = open_desk("Discounts and waivers", Role.FINANCE, Role.CMO)

with reading() as db:
    hospital = the_hospital(db)
    finance = Role.FINANCE in roles_of(db, me)
    asked = asked_waivers(db, by=me)

papers.issued(submission_id())
st.subheader(waivers.ASKED, anchor=False)
chosen = waivers.asked_list(asked, hospital)
if chosen is not None:
    waivers.decide(chosen, me, prints=finance)
    st.stop()

if not finance:
    st.stop()

st.subheader("Take something off a bill", anchor=False)
patient = choose.patient(me)
if patient is None:
    st.caption("Find the patient: the open bills follow.")
    st.stop()

with reading() as db:
    bills = owed_by(db, patient.id, by=me).bills
if not bills:
    st.success(plain(f"{patient.name} owes nothing."), icon=":material/check_circle:")
    st.stop()

# The bill is no part of the deed's form: a sum typed for one is never shown for the next.
bill = waivers.choose_bill(submission_id(patient.number), bills)
if bill is None:
    st.stop()

with reading() as db:
    left = discount_left(db, bill.number, by=me)
    before = waivers_of(db, bill.number, by=me)

form = f"{submission_id(patient.number)}/{bill.number}"
with st.container(border=True, width=620):
    typed = waivers.fields(form, bill, left)
    with st.container(horizontal=True):
        now = st.button(
            "Take it off now",
            key=f"{form}/now",
            type="primary" if left else "secondary",
            icon=":material/percent:",
            disabled=not left,
        )
        asks = st.button(
            "Ask for a waiver",
            key=f"{form}/ask",
            type="secondary" if left else "primary",
            icon=":material/how_to_reg:",
        )

if now:
    with record() as db:
        note = give_discount(db, bill.number, typed.paise, typed.reason, form=form, by=me)
        say(db, f"{rupees(note.total_paise)} is taken off by credit note {note.number}.")
        carry(db, **papers.just_issued(note))
elif asks:
    with record("The waiver is asked for. Another person decides it.") as db:
        ask_waiver(db, bill.number, typed.paise, typed.reason, form=form, by=me)

waivers.history(before, hospital)
