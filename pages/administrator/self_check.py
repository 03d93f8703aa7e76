"""Finance, the CMO and the administrator let the house prove its promises."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import check_report
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
    report = findings.with_the_start(check_report(db, by=me))
findings.summary(report.lines, report.issued_at_words)
findings.print_button(report)
findings.listed(report.lines)
findings.series(report.series)
