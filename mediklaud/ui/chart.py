"""What a doctor has on the desk: the own patients, a patient's record, the day's visits."""

from collections.abc import Sequence

import streamlit as st

from mediklaud import clock, contact
from mediklaud.errors import NotYourPatient
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Encounter,
    Hospital,
    Invoice,
    Patient,
)
from mediklaud.money import rupees
from mediklaud.repository import (
    DayNumbers,
    PastConsultation,
    PatientRecord,
    Visit,
    open_record,
)
from mediklaud.ui import show
from mediklaud.ui.desk import beside, refuse, see
from mediklaud.ui.menu import page_file
from mediklaud.ui.plain import plain
from mediklaud.ui.sign_in import DRAFT

OWN = "_own_patient"
# What the day's list says, by whether a consultation is open.
LIST_HINTS = {
    False: "Select a row to begin with that patient, or to open the record.",
    True: "Finish the open consultation before the next one begins. A row opens a record.",
}
_WAITING, _BOOKED = AppointmentStatus.ARRIVED, AppointmentStatus.BOOKED
_STATE_WORDS = {
    AppointmentStatus.BOOKED: "To come",
    AppointmentStatus.ARRIVED: "Waiting",
    AppointmentStatus.FULFILLED: "Done",
    AppointmentStatus.CANCELLED: "Cancelled",
    AppointmentStatus.NO_SHOW: "Did not come",
}


def keep(patient_id: int | None) -> None:
    """Let the doctor be busy with an own patient's record, or with none."""
    st.session_state[OWN] = patient_id


def kept() -> int | None:
    """The patient whose record the doctor last asked for."""
    return st.session_state.get(OWN)


def opened(patient_id: int, me: Account) -> PatientRecord | None:
    """The patient's record; None, and a sentence that says so, where it is not an own one."""
    try:
        return see(lambda db: open_record(db, patient_id, by=me))
    except NotYourPatient as refusal:
        keep(None)
        refuse(refusal)
        return None


def callable_now(queue: Sequence[Visit], visits: Sequence[Visit]) -> list[Visit]:
    """Who can be called in, in the order in which that is done: the queue, then who is to come."""
    return [*queue, *(visit for visit in visits if visit.appointment.status is _BOOKED)]


def in_turn(queue: Sequence[Visit], visits: Sequence[Visit]) -> list[Visit]:
    """The day's list as the doctor works through it: the queue first, then the rest by time."""
    turns = {visit.appointment.id: turn for turn, visit in enumerate(queue)}
    return sorted(visits, key=lambda visit: turns.get(visit.appointment.id, len(turns)))


def next_words(visit: Visit) -> str:
    """Who is called in next: by the token that the waiting room knows, where there is one."""
    waits = visit.appointment.status is _WAITING
    return f"Next: token {visit.appointment.token}" if waits else "Next: not marked as arrived yet"


def row(
    visit: Visit, hospital: Hospital, *, consulting: Appointment | None = None
) -> dict[str, object]:
    """A visit as a row of the doctor's day."""
    at = clock.local(visit.appointment.starts_at, hospital.zone)
    in_the_room = consulting is not None and visit.appointment.id == consulting.id
    return {
        "Time": f"{at:%H:%M}",
        "Patient": visit.patient.name,
        "State": "In the room" if in_the_room else _STATE_WORDS[visit.appointment.status],
        "Age, sex": age_and_sex(visit.patient, hospital),
        "Visit": show.KIND_WORDS[visit.appointment.kind],
        "Number": visit.patient.number,
    }


def day_row(
    visit: Visit, hospital: Hospital, *, consulting: Appointment | None = None
) -> dict[str, object]:
    """A visit as a row of the day's list, with the token that is called out."""
    token = str(visit.appointment.token or "")
    return {"Token": token, **row(visit, hospital, consulting=consulting)}


def card(visit: Visit, hospital: Hospital, *, state: str = "") -> None:
    """One visit, so that the right person is called in; how it stands, where that is known."""
    at = clock.local(visit.appointment.starts_at, hospital.zone)
    st.markdown(f"#### {plain(visit.patient.name)}")
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(f"{at:%H:%M}", icon=":material/schedule:", color="gray")
        st.badge(state or _STATE_WORDS[visit.appointment.status], color="gray")
        st.badge(show.KIND_WORDS[visit.appointment.kind], color="gray")
        if visit.appointment.emergency_reason is not None:
            st.badge("Emergency", icon=":material/emergency:", color="red")
    st.caption(f"{age_and_sex(visit.patient, hospital)} · {plain(visit.patient.number)}")


def age_and_sex(patient: Patient, hospital: Hospital) -> str:
    """Such as 36 y, female."""
    age = clock.age_words(patient.birth_date, clock.today(hospital.zone))
    return f"{age}, {show.SEX_WORDS[patient.sex].lower()}"


def numbers(found: DayNumbers) -> None:
    """How the doctor's day stands."""
    show.numbers({"Arrived": found.arrived, "Still to come": found.booked, "Done": found.fulfilled})


def nothing_today() -> None:
    """The empty day."""
    st.info("You have no appointments today.", icon=":material/event_available:")
    st.page_link(page_file("doctor/week"), label="Look at the week", icon=":material/date_range:")


def begin_button(visit: Visit, words: str, *, primary: bool = False) -> bool:
    """The button that begins this visit's consultation, and never another's.

    Its key names the appointment, so a click that arrives after the list has changed is
    dropped.
    """
    return st.button(
        words,
        key=f"begin/{words}/{visit.appointment.id}",
        type="primary" if primary else "secondary",
        icon=":material/play_arrow:",
    )


def record_link(patient: Patient) -> None:
    """The way to an own patient's record."""
    keep(patient.id)
    st.page_link(
        page_file("doctor/patient"), label="Open the record", icon=":material/clinical_notes:"
    )


def since_words(encounter: Encounter, hospital: Hospital) -> str:
    """When a consultation was begun: the hour, and the day where that was not today."""
    at = clock.local(encounter.begun_at, hospital.zone)
    today = at.date() == clock.today(hospital.zone)
    return f"{at:%H:%M}" if today else f"{at:%H:%M} on {at:%d %b %Y}"


def in_the_room(
    patient: Patient, encounter: Encounter, appointment: Appointment, hospital: Hospital
) -> None:
    """Who is being consulted, and since when."""
    st.subheader(plain(patient.name), anchor=False)
    with st.container(horizontal=True, gap="xsmall"):
        since = since_words(encounter, hospital)
        st.badge(f"In the room since {since}", icon=":material/door_open:", color="gray")
        st.badge(show.KIND_WORDS[appointment.kind], color="gray")
        st.badge(patient.number, color="gray")


def finished_words(bill: Invoice | None) -> str:
    """What the page says of a consultation that was just finished."""
    if bill is None:
        return "The consultation is finished. This visit is free, so there is no bill."
    total = rupees(bill.total_paise)
    return f"The consultation is finished. Bill {bill.number} of {total} is issued."


def head(patient: Patient) -> None:
    """Whose record is open, and the way to another one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(patient.name), anchor=False, width="content")
        st.badge(patient.number, color="gray")
        st.space("stretch")
        st.button("Another patient", on_click=keep, args=(None,), icon=":material/undo:")


def patient_row(patient: Patient, hospital: Hospital) -> dict[str, object]:
    """An own patient as a row."""
    return {
        "Patient": patient.name,
        "Age, sex": age_and_sex(patient, hospital),
        "Phone": contact.phone_end(patient.phone),
        "Number": patient.number,
    }


def page(count: int, at_most: int, *, key: str) -> int:
    """Which page of a long list is looked at, from 1."""
    pages = -(-count // at_most)
    return st.pagination(pages, key=key) if pages > 1 else 1


def note(encounter: Encounter) -> str:
    """The note of an open consultation.

    What is typed stays while other pages are read, and until the doctor has signed in again.
    """
    typed = st.text_area(
        "Note",
        key=f"{DRAFT}note/{encounter.id}",
        height=320,
        placeholder="Complaint, findings, diagnosis, advice, medicines …",
        persist_state="session",
    )
    beside("Note")
    return typed


def record(found: PatientRecord, hospital: Hospital) -> None:
    """What a doctor may know of a patient: identity, what was noted, what is to come."""
    show.patient(found.patient, hospital)
    st.markdown("##### Past consultations")
    if not found.past:
        st.caption("None yet: this is the patient's first consultation here.")
    for place, one in enumerate(found.past):
        _past(one, hospital, expanded=place == 0)
    st.markdown("##### Upcoming appointments")
    if not found.upcoming:
        st.caption("None is booked.")
    for visit in found.upcoming:
        at = clock.local(visit.appointment.starts_at, hospital.zone)
        st.markdown(f":material/event: {at:%d %b %Y, %H:%M} · {plain(visit.doctor.name)}")


def _past(one: PastConsultation, hospital: Hospital, *, expanded: bool) -> None:
    day = clock.day_of(one.encounter.begun_at, hospital.zone)
    label = f"{day:%d %b %Y} · {plain(one.doctor.name)} · {plain(one.doctor.specialty)}"
    with st.expander(label, expanded=expanded, icon=":material/clinical_notes:"):
        st.text(one.encounter.note or "")
