"""The CMO hands a patient all that the hospital keeps of them."""

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import the_hospital
from mediklaud.ui import choose, exports
from mediklaud.ui.desk import open_desk, submission_id

me = open_desk("Export a record", Role.CMO)
form = submission_id()

with reading() as db:
    hospital = the_hospital(db)

st.caption(
    "Whoever asks for their own record gets it within 72 hours: identity, appointments, "
    "consultation notes, bills, money, letters and who opened it. The file is a ZIP with a page "
    "to read and the same as a FHIR Bundle. The audit log keeps each export."
)
patient = exports.found(form, me, hospital)
if patient is None:
    st.stop()
reason = choose.one("Reason", exports.REASONS, form, more=True)
if reason:
    exports.button(patient, reason)
else:
    st.caption("Say why it is handed over: the file follows.")
