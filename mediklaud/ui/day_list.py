"""The front desk's list of a day: whose, which page, which row, and what is done with it."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from mediklaud import clock, contact
from mediklaud.models import AppointmentStatus, Doctor, Hospital, MessageStatus
from mediklaud.repository import Visit
from mediklaud.ui import choose, show
from mediklaud.ui.plain import plain

MOVE, CANCEL = "Move to another time", "Cancel"
CANCEL_REASONS = (
    "The patient asked for it",
    "The patient is ill",
    "The doctor is not available",
    "Booked by mistake",
)
_BADGES = {
    AppointmentStatus.BOOKED: ("event", "blue"),
    AppointmentStatus.ARRIVED: ("chair", "orange"),
    AppointmentStatus.FULFILLED: ("check_circle", "green"),
    AppointmentStatus.CANCELLED: ("event_busy", "gray"),
    AppointmentStatus.NO_SHOW: ("person_off", "red"),
}
_COLUMNS = ("Time", "Patient", "State", "Doctor", "Number", "Visit", "Letter")


def filters(doctors: Sequence[Doctor], hospital: Hospital) -> tuple[date, int | None]:
    """The day, and the doctor where only one's list is wanted."""
    today = clock.today(hospital.zone)
    left, right = st.columns(2)
    with left:
        day = choose.day("Day", "day-list", value=today)
    with right:
        one = choose.doctor("Doctor (all where none is chosen)", doctors, "day-list")
    return day or today, one.id if one else None


def page(pages: int, day: date, doctor_id: int | None) -> int:
    """Which page of a long list is in sight."""
    if pages == 1:
        return 1
    return st.pagination(pages, key=f"day-list/{day}/{doctor_id}/page")


def pick(visits: Sequence[Visit], hospital: Hospital, form: str) -> Visit | None:
    """The list, and the appointment whose row is chosen.

    A row is known by its place, so the choice lasts only as long as the list is the same:
    another desk's booking must not put a neighbour under the clerk's next click.
    """
    if not visits:
        st.info("Nobody is booked that day.", icon=":material/event_busy:")
        return None
    rows = [show.visit_row(visit, hospital) for visit in visits]
    same_list = hash(tuple(visit.appointment.id for visit in visits))
    seen = show.table(
        [{name: row[name] for name in _COLUMNS} for row in rows],
        alt="The day's appointments",
        key=f"{form}/rows/{same_list}",
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = seen.selection.rows
    if not chosen:
        st.caption("Choose a row, at its left end, to mark it as arrived, move it or cancel it.")
        return None
    return visits[chosen[0]]


def actions(visit: Visit, form: str, hospital: Hospital) -> tuple[bool, bool, str | None]:
    """What the clerk asks for: arrived, did not come, or a change that needs more words."""
    status = visit.appointment.status
    arrived = missed = False
    change = None
    _head(visit, hospital)
    with st.container(horizontal=True, vertical_alignment="center"):
        if status is AppointmentStatus.BOOKED:
            arrived = st.button(
                "Mark as arrived", key=f"{form}/arrived", type="primary", icon=":material/chair:"
            )
            missed = st.button("Did not come", key=f"{form}/missed", icon=":material/person_off:")
            change = _change((MOVE, CANCEL), form)
        elif status is AppointmentStatus.ARRIVED:
            change = _change((CANCEL,), form)
    return arrived, missed, change


def _head(visit: Visit, hospital: Hospital) -> None:
    icon, color = _BADGES[visit.appointment.status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {plain(visit.patient.name)}", width="content")
        words = show.STATUS_WORDS[visit.appointment.status]
        st.badge(words, icon=f":material/{icon}:", color=color)
    at = clock.moment_words(visit.appointment.starts_at, hospital.zone)
    phone = contact.phone_words(visit.patient.phone)
    st.markdown(" · ".join(map(plain, (at, visit.doctor.name, visit.patient.number, phone))))
    if visit.appointment.cancel_reason:
        st.caption(f"Reason: {plain(visit.appointment.cancel_reason)}")


def _change(options: Sequence[str], form: str) -> str | None:
    return st.segmented_control(
        "Change", options, key=f"{form}/change", label_visibility="collapsed"
    )


def calls(visits: Sequence[Visit], hospital: Hospital) -> None:
    """Whose letter cannot be delivered: these patients are called."""
    st.subheader("Call these patients", anchor=False)
    if not visits:
        st.caption("Nobody has to be called: no letter has failed, and nobody is without email.")
        return
    show.table(
        [
            {
                "Patient": visit.patient.name,
                "Phone": contact.phone_words(visit.patient.phone),
                **_when(visit, hospital),
                "Doctor": visit.doctor.name,
                "Why": _why(visit),
                "Number": visit.patient.number,
            }
            for visit in visits
        ],
        alt="Patients whose letter cannot be delivered",
    )


def _when(visit: Visit, hospital: Hospital) -> dict[str, object]:
    row = show.visit_row(visit, hospital)
    return {"Day": row["Day"], "Time": row["Time"]}


def _why(visit: Visit) -> str:
    if visit.letter is None or visit.letter.status is MessageStatus.UNADDRESSED:
        return "no email"
    return f"letter failed: {visit.letter.outcome}"
