"""The CMO and the administrator search the audit log: who did what, when, before and after."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import accounts_with_roles, audit_deeds, audit_lines, the_hospital
from mediklaud.ui import audit
from mediklaud.ui.desk import open_desk

me = open_desk("Audit log", Role.CMO, Role.ADMINISTRATOR)

st.write(
    "Every deed, and every patient's record that was opened, is a row that nobody can change "
    "unnoticed. The self-check proves it."
)
with reading() as db:
    hospital, deeds = the_hospital(db), audit_deeds(db, by=me)
    staff = [account for account, _ in accounts_with_roles(db, by=me)]

asked = audit.search(staff, deeds, hospital)
if asked is None:
    st.stop()

with reading() as db:
    lines = audit_lines(db, asked, by=me, after=audit.page_key(asked))
audit.listed(lines, hospital)
if lines:
    audit.download(asked)
