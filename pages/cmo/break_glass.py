"""The CMO reviews each record that a doctor opened by break-glass: who, whose, why."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import (
    GLASSES_A_PAGE,
    glasses_broken,
    review_glass,
    the_hospital,
    unreviewed_glasses,
)
from mediklaud.ui import chart, glass
from mediklaud.ui.desk import open_desk, record, submission_id

me = open_desk("Break-glass review", Role.CMO)
form = submission_id()

with reading() as db:
    hospital, waiting = the_hospital(db), unreviewed_glasses(db, by=me)
    page = chart.page(waiting, GLASSES_A_PAGE, key="waiting")
    broken = glasses_broken(db, by=me, page=page)
    done = glasses_broken(db, by=me, reviewed=True)

if not broken:
    st.success("Nothing waits for your review.", icon=":material/verified_user:")
for one in broken:
    with st.container(border=True):
        glass.card(one, hospital)
        place = st.container()
        if one.account.id == me.id:
            st.info("You opened this record yourself: another Chief Medical Officer reviews it.")
            continue
        note = glass.review(one, form)
    if note is not None:
        with place, record("The review is noted.") as db:
            review_glass(db, one.glass.id, note, by=me)

st.subheader("Reviewed lately", anchor=False)
glass.reviewed(done, hospital)
