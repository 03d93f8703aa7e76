"""Finance or the CMO keeps the services, their SAC and tax, and their prices from a day on."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.money import read_rupees, rupees
from mediklaud.repository import keep_service, price_service, priced_services, the_hospital
from mediklaud.ui import choose, tariff
from mediklaud.ui.desk import open_desk, record, say, submission_id

me = open_desk("Services and prices", Role.FINANCE, Role.CMO)

with reading() as db:
    today = clock.today(the_hospital(db).zone)
    found = priced_services(db, today, with_inactive=True)

left, right = st.columns([3, 2], gap="large")
with left:
    chosen = tariff.table(found)
    if found:
        st.caption("Choose a row to change a service or its price. Issued bills stay as they are.")

form = submission_id() if chosen is None else f"{submission_id()}/{chosen.service.id}"
with right.container(border=True):
    st.subheader("Change the service" if chosen else "Add a service", anchor=False)
    version = tariff.version_shown(chosen.service, form) if chosen else 0
    typed = tariff.fields(form, chosen.service if chosen else None)
    cost, day = ("", None) if chosen else tariff.price(form, today)
    asked = st.button("Save" if chosen else "Add", key=f"{form}/save", type="primary")

if asked and chosen:
    with record() as db:
        kept = keep_service(db, typed, by=me, service=chosen.service, version=version)
        say(db, f"{kept.name} is saved.")
elif asked:
    with record() as db:
        kept = keep_service(db, typed, by=me)
        paise = read_rupees(cost, field="Price")
        price_service(db, kept, paise, choose.given(day, "From"), by=me)
        say(db, f"{kept.name} is added at {rupees(paise)}.")

if chosen is None:
    st.stop()

own = f"{form}/price"
with right.container(border=True):
    st.subheader("Set a price", anchor=False)
    cost, day = tariff.price(own, today, value_paise=chosen.price_paise)
    st.caption("Before tax. It holds from that day until another price begins.")
    priced = st.button("Set the price", key=f"{own}/set", type="primary")

if priced:
    with record() as db:
        paise = read_rupees(cost, field="Price")
        begins = choose.given(day, "From")
        price_service(db, chosen.service, paise, begins, by=me)
        say(db, f"{chosen.service.name} costs {rupees(paise)} from {begins:%d %b %Y}.")
