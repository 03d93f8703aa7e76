"""Who pays for a minor: who is named now, and naming another adult."""

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Account, Hospital, Patient
from mediklaud.repository import find_patients, is_minor, name_payer
from mediklaud.ui import choose
from mediklaud.ui.desk import record, say, submission_id
from mediklaud.ui.plain import plain

_FOUND_AT_MOST = 8


def card(patient: Patient, me: Account, hospital: Hospital) -> None:
    """The payer of a minor, and the way to name or remove one; nothing for an adult."""
    today = clock.today(hospital.zone)
    if not is_minor(patient.birth_date, today):
        return
    form = f"{submission_id('payer')}/{patient.id}"
    payer = choose.opened(patient.payer_id, me) if patient.payer_id else None
    title, icon = _title(patient, payer), ":material/family_restroom:"
    with st.expander(title, icon=icon, key=f"who-pays/{patient.id}"):
        st.caption(
            "Bills from now on are owed by the adult named here, and booking asks what that "
            "adult owes. Bills issued before stay as they are, and what that adult owes for this "
            "patient is cleared before somebody else is named."
        )
        found = _asked(form, patient, me, hospital)
        with st.container(horizontal=True):
            named = st.button("Name the payer", key=f"{form}/name", type="primary")
            gone = payer is not None and st.button(
                "Nobody pays any more", key=f"{form}/none", icon=":material/person_remove:"
            )
    if named:
        with record() as db:
            chosen = choose.given(found, "Payer")
            name_payer(db, patient, chosen, by=me)
            say(db, f"{chosen.name} pays {patient.name}'s bills from now on.")
    elif gone:
        with record(f"{patient.name}'s bills are in the own name from now on.") as db:
            name_payer(db, patient, None, by=me)


def _title(patient: Patient, payer: Patient | None) -> str:
    if payer is None:
        return plain(f"Who pays for {patient.name}, a minor? Nobody is named")
    return plain(f"{payer.name}, {payer.number}, pays for {patient.name}, a minor")


def _asked(form: str, patient: Patient, me: Account, hospital: Hospital) -> Patient | None:
    typed = choose.words("Find the payer", form, placeholder="Phone, name or number")
    found: list[Patient] = []
    if typed.strip():
        with reading() as db:
            met = find_patients(db, typed, by=me, at_most=_FOUND_AT_MOST)
        found = [one.patient for one in met if one.patient.id != patient.id]
    today = clock.today(hospital.zone)

    def shown(one: Patient) -> str:
        return f"{one.name} · {one.number} · {clock.age_words(one.birth_date, today)}"

    return choose.one("Payer", found, form, shown=shown)
