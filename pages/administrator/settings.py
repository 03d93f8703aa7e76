"""The administrator changes what the hospital says of itself and its dues rule."""

import streamlit as st

from mediklaud import contact
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.money import read_rupees
from mediklaud.repository import (
    HospitalForm,
    change_settings,
    outbox_state,
    policy_words,
    the_hospital,
)
from mediklaud.ui import choose, show
from mediklaud.ui.desk import fresh_forms, open_desk, record, submission_id
from mediklaud.ui.plain import plain

me = open_desk("Settings", Role.ADMINISTRATOR)
form = submission_id()

with reading() as db:
    hospital = the_hospital(db)
    mail = outbox_state(db)

with st.form(form):
    st.subheader("The hospital", anchor=False)
    st.caption(
        "Bills, receipts and letters carry these from now on; issued papers stay as they are."
    )
    left, right = st.columns(2)
    with left:
        name = choose.words("Hospital's name", form, value=hospital.name)
        phone = choose.words("Phone", form, value=contact.phone_words(hospital.phone))
        email = choose.words("Email", form, value=hospital.email)
    with right:
        address = choose.lines("Address", form, value=hospital.address, height=152)
        gstin = choose.words(
            "GSTIN", form, value=hospital.gstin or "", placeholder="May stay empty"
        )
    zone = choose.zone("Time zone", form, value=hospital.zone)

    st.subheader("Numbers", anchor=False)
    st.caption("1 to 3 capital letters or digits stand before every number given from now on.")
    first, second, third = st.columns(3)
    with first:
        patients = choose.words("Patient prefix", form, value=hospital.patient_prefix)
    with second:
        bills = choose.words("Bill prefix", form, value=hospital.bill_prefix)
    with third:
        receipts = choose.words("Receipt prefix", form, value=hospital.receipt_prefix)

    st.subheader("Dues", anchor=False)
    st.caption(
        "A patient who owes more than the limit, on bills at least as old as the days of grace, "
        "gets no new routine appointment until the dues are cleared. With 0 and 0, any dues at "
        "all hold it back. Emergencies, changes and cancellations are never held back."
    )
    left, right = st.columns(2)
    with left:
        limit = choose.amount("Dues limit", form, value_paise=hospital.dues_limit_paise)
    with right:
        grace = choose.number("Days of grace", form, value=hospital.dues_grace_days, most=365)
    st.caption(f"Booking is held back now by {plain(policy_words(hospital))}.")
    with st.container(horizontal=True):
        asked = st.form_submit_button("Save the settings", type="primary", icon=":material/save:")
        st.form_submit_button(
            "Show them as they are kept", icon=":material/undo:", on_click=fresh_forms
        )

if asked:
    with record("The settings are saved.") as db:
        typed = HospitalForm(
            name,
            address,
            phone,
            email,
            gstin,
            zone,
            patients,
            bills,
            receipts,
            read_rupees(limit, field="Dues limit"),
            choose.given(grace, "Days of grace"),
        )
        change_settings(db, typed, by=me)

st.subheader("Mail", anchor=False)
show.outbox(mail)
