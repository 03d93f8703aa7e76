"""The front desk sees what came of the waivers it asked for at the phone."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import own_waivers, the_hospital
from mediklaud.ui import waivers
from mediklaud.ui.desk import open_desk
from mediklaud.ui.paging import ROWS, first_row, turn

PAGES = "own-waivers-page"

me = open_desk("Waivers I asked for", Role.FRONT_DESK)

with reading() as db:
    hospital = the_hospital(db)
    found, count = own_waivers(db, by=me, first=first_row(PAGES), at_most=ROWS)

if not found:
    st.info(
        "You asked for no waiver yet. Where dues hold a booking back, ask on the page "
        "*Book an appointment*, beside the bills.",
        icon=":material/percent:",
    )
    st.stop()

st.caption("Another person decides. Once a waiver is approved, its sum is owed no more.")
waivers.own_list(found, hospital)
turn(PAGES, count)
