"""The export of one record: what is typed for it, and the file made on the click."""

from functools import partial

import streamlit as st

from mediklaud import clock
from mediklaud.database import transaction
from mediklaud.handouts import hand_out
from mediklaud.models import Account, Hospital, Patient
from mediklaud.record_file import zipped
from mediklaud.repository import export_record, find_to_export, live_account
from mediklaud.ui import choose, show
from mediklaud.ui.desk import see, token

REASONS = ("The patient asked for it", "The patient's guardian asked for it", "A court asks for it")


def found(form: str, me: Account, hospital: Hospital) -> Patient | None:
    """Whose record it is: found by the whole number or phone."""
    hint = f"{hospital.patient_prefix}-…"
    typed = choose.words("Number or phone", form, placeholder=hint)
    if not typed.strip():
        return None
    patients = list(see(lambda db: find_to_export(db, typed, by=me)))
    if not patients:
        st.info("Nobody has exactly this number or phone.", icon=":material/search_off:")
        return None

    def shown(one: Patient) -> str:
        age = clock.age_words(one.birth_date, clock.today(hospital.zone))
        return f"{one.name} · {one.number} · {age}, {show.SEX_WORDS[one.sex].lower()}"

    only = patients[0] if len(patients) == 1 else None
    return choose.one("Patient", patients, form, shown=shown, chosen=only)


def button(patient: Patient, reason: str) -> None:
    """The file, made and noted on the click."""
    st.download_button(
        "Export the record",
        data=partial(file, token(), patient.id or 0, reason),
        file_name=f"{patient.number}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        type="primary",
        on_click="ignore",
    )


def file(held: str, patient_id: int, reason: str) -> bytes:
    """The ZIP for the sign-in that asks; refuses one that has ended or may not."""
    with transaction() as db:
        record = export_record(db, patient_id, reason, by=live_account(db, held))
    return hand_out(zipped(record), held)
