"""A call: what belongs to the caller on the line, from the search to the confirmation."""

import streamlit as st

from mediklaud.models import Patient
from mediklaud.repository import Dues
from mediklaud.ui import choose, lead
from mediklaud.ui.booking import Urgency
from mediklaud.ui.desk import fresh_forms, submission_id
from mediklaud.ui.wishes import Wanted

_CALLER = "_caller"


def form_of(patient: Patient | None) -> str:
    """The form of this call. It goes on when its patient is found, and ends with another one.

    So a doctor and a time may be chosen first, while somebody new is being enrolled.
    """
    patient_id = patient.id if patient else None
    form, before = st.session_state.get(_CALLER, ("", None))
    if form == submission_id() and before not in (None, patient_id):
        fresh_forms()
    st.session_state[_CALLER] = (submission_id(), patient_id)
    return submission_id()


def missing(patient: Patient | None, owed: Dues | None, urgent: Urgency) -> str:
    """What a chosen time still waits for before it can be booked; empty where it is nothing."""
    if patient is None:
        return "Find the patient, or enroll a new one. The time stays held meanwhile."
    if owed is None or not urgent.waits(owed):
        return ""
    if urgent.said:
        return "Choose the reason of the emergency."
    return (
        "Routine booking is on hold. Take the payment, or say that it is an emergency and "
        "choose its reason."
    )


def keys(patient: Patient | None, asked: Wanted, *, held: bool, enrolling: bool) -> None:
    """Lead the keyboard from step to step, and say which keys there are."""
    if patient is None:
        step, to = ("enroll", "enrolling") if enrolling else ("search", choose.SEARCH)
        to = f".st-key-{to} input"
    elif held:
        step, to = "confirm", ".st-key-confirm"
    elif asked.doctors:
        step, to = "time", ".st-key-times button:not([disabled])"
    else:
        step, to = "doctor", ".st-key-whom input"
    st.caption(
        ":material/keyboard: By keyboard: type and press Enter in the search and the list of "
        "doctors, Tab goes on, the arrow keys go from time to time, Enter chooses. Alt+N enrolls "
        "a new patient, Alt+P turns to another one, Ctrl+Enter books the time that is held."
    )
    lead.on(to, f"{asked.form}/{step}")
