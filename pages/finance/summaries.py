"""Finance and the CMO see what was billed and received, by day, month, doctor and more."""

import streamlit as st

from mediklaud import clock, reports
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository import billed_lines, received_lines, the_hospital
from mediklaud.ui import charts, papers, sums
from mediklaud.ui.desk import open_desk
from mediklaud.ui.period import choose_period, period_words

me = open_desk("Billing summaries", Role.FINANCE, Role.CMO)

with reading() as db:
    zone = the_hospital(db).zone
period = choose_period(clock.today(zone))
if period is None:
    st.info("Choose both days.")
    st.stop()

with reading() as db:
    received = received_lines(db, *period, by=me)
    moved = reports.Movements(
        reports.bills_frame(billed_lines(db, *period, by=me)),
        payments=reports.payments_frame(received),
        # What is received is set against bills at once.
        allocations=reports.allocations_frame(received),
    )

st.subheader(period_words(*period), anchor=False)
whole = reports.summary_of_period(moved).iloc[0]
sums.metrics(
    {
        "Billed": rupees(whole["billed_paise"]),
        "Received": rupees(whole["received_paise"]),
        "Change of dues": rupees(whole["change_paise"]),
        "Still owed": rupees(whole["unpaid_paise"]),
    },
    **{
        "Change of dues": "Billed minus received: by how much outstanding dues grew.",
        "Still owed": "What is not yet paid of the bills of this period.",
    },
)
if moved.empty:
    st.info("Nothing was billed or received in this period. Choose another one.")
    st.stop()

BILLED = {"billed_paise": "Billed", "bills": "Bills"}
BOTH = {
    "billed_paise": "Billed",
    "received_paise": "Received",
    "change_paise": "Change of dues",
    "bills": "Bills",
}
days = sums.days_words(*period)
day, month, doctor, specialty, mode = st.tabs(["Day", "Month", "Doctor", "Specialty", "Mode"])

for tab, word, summary in (
    (day, "day", reports.summary_by_day),
    (month, "month", reports.summary_by_month),
):
    with tab:
        frame = summary(moved)
        charts.both_sides(summary(moved, every=period), word, alt=f"Billed and received by {word}")
        names = {word: word.capitalize(), **BOTH}
        sums.listing(frame, names, name=f"by-{word}-{days}", deed=Deed.SEE_SUMMARIES)

billed = reports.Movements(moved.bills)
modes = reports.received_by_mode(moved.payments)
modes["mode"] = modes["method"].map(papers.METHOD_NAMES)
for tab, word, frame, names in (
    (
        doctor,
        "doctor_name",
        reports.summary_by_doctor(billed),
        {"doctor_name": "Doctor", **BILLED, "doctor_number": "Number"},
    ),
    (
        specialty,
        "specialty",
        reports.summary_by_specialty(billed),
        {"specialty": "Specialty", **BILLED},
    ),
    (
        mode,
        "mode",
        modes,
        {"mode": "Mode", "lines": "Payments", "received_paise": "Received"},
    ),
):
    with tab:
        name = f"by-{names[word].lower()}-{days}"
        sums.breakdown(frame, word, names, name=name, deed=Deed.SEE_SUMMARIES)
