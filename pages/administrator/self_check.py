"""Finance, the CMO and the administrator let the house prove its promises."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import check_house, check_mail, the_hospital
from mediklaud.ui import findings
from mediklaud.ui.desk import open_desk

me = open_desk("Self-check", Role.CMO, Role.FINANCE, Role.ADMINISTRATOR)

st.write(
    "Every promise of the house is recounted from the rows of the live database. Nothing is "
    "changed, and everybody can go on working meanwhile."
)
if not st.button("Check the house now", type="primary", icon=":material/verified:"):
    st.stop()

with st.spinner("Recounting …"), reading() as db:
    zone = the_hospital(db).zone
    found = [*check_house(db, by=me), check_mail(db, by=me), findings.of_the_start()]
findings.summary(found, clock.paper_words(clock.now(), zone))
findings.listed(found)
