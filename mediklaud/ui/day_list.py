"""The front desk's list of a day: whose, which page, which row, and what can be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.models import (
    AppointmentStatus,
    Doctor,
    EmergencyReason,
    Hospital,
)
from mediklaud.repository import Visit, owed_by
from mediklaud.ui import booking, choose, letters, show
from mediklaud.ui.desk import sitting
from mediklaud.ui.plain import plain
from mediklaud.waiting import working_day

ARRIVED, MISSED = "Mark as arrived", "Did not come"
NOT_ARRIVED, CAME, RESTORED = "Undo the arrival", "Undo the no-show", "Undo the cancellation"
MOVE, CANCEL = "Move to another time", "Cancel"
CANCEL_REASONS = (
    "The patient asked for it",
    "The patient is ill",
    "The doctor is not available",
    "Booked by mistake",
)
_ICONS = {
    ARRIVED: "chair",
    MISSED: "person_off",
    NOT_ARRIVED: "undo",
    CAME: "undo",
    RESTORED: "undo",
}
# What is asked again when a slip is undone, said before the click.
_RECHECKED = {
    NOT_ARRIVED: "The patient is expected again and keeps the token.",
    CAME: "The dues are asked again, and whether the time is still the patient's.",
    RESTORED: "It is booked anew: dues, leave and the time itself are asked again, and a letter "
    "tells the patient.",
}
_BADGES = {
    "Booked": ("event", "blue"),
    "Arrived": ("chair", "orange"),
    "In consultation": ("stethoscope", "violet"),
    "Done": ("check_circle", "green"),
    "Cancelled": ("event_busy", "gray"),
    "Moved": ("event_repeat", "gray"),
    "Did not come": ("person_off", "red"),
}
_BOOKED, _ARRIVED = AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED
_COLUMNS = ("Time", "Patient", "State", "Token", "Doctor", "Note", "Number", "Visit", "Letter")


@dataclass(frozen=True)
class Asked:
    """What the clerk asks for: a button pressed, or a change that needs more words."""

    deed: str | None = None
    change: str | None = None
    emergency: EmergencyReason | None = None


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
    same_list = hash(tuple(visit.appointment.id for visit in visits))
    seen = show.table(
        [_row(visit, hospital) for visit in visits],
        alt="The day's appointments",
        key=f"{form}/rows/{same_list}",
        on_select="rerun",
        selection_mode="single-row",
    )
    chosen = seen.selection.rows
    if not chosen:
        st.caption("Choose a row, at its left end, to mark, move or cancel it, or to undo a slip.")
        return None
    return visits[chosen[0]]


def _row(visit: Visit, hospital: Hospital) -> dict[str, object]:
    row = show.visit_row(visit, hospital)
    token = visit.appointment.token
    more = {"Token": str(token) if token else "", "Note": show.note_words(visit)}
    return {name: {**row, **more}[name] for name in _COLUMNS}


def actions(visit: Visit, form: str, hospital: Hospital) -> Asked:
    """One appointment with what the rules still allow: its next step, a change, or an undo."""
    _head(visit, hospital)
    deeds, changes = _allowed(visit, hospital)
    undo = next((deed for deed in deeds if deed in _RECHECKED), None)
    emergency, held = None, False
    if undo in (CAME, RESTORED):
        emergency, held = _gate(visit, form)
    pressed = change = None
    with st.container(horizontal=True, vertical_alignment="center"):
        for deed in deeds:
            if st.button(
                deed,
                key=f"{form}/{deed}",
                type="primary" if deed == ARRIVED else "secondary",
                icon=f":material/{_ICONS[deed]}:",
                disabled=held,
            ):
                pressed = deed
        if changes:
            change = st.segmented_control(
                "Change", changes, key=f"{form}/change", label_visibility="collapsed"
            )
    if visit.appointment.status is _BOOKED:
        letters.slip_button(visit)
    if undo:
        st.caption(f"A slip? {_RECHECKED[undo]}")
    return Asked(pressed, change, emergency)


def _allowed(visit: Visit, hospital: Hospital) -> tuple[list[str], list[str]]:
    """Which buttons, and which changes, make sense now; the deeds ask everything again."""
    one, now = visit.appointment, clock.now()
    begins_at, ends_at = working_day(now, hospital.zone)
    today = begins_at <= one.starts_at < ends_at
    if one.status is _BOOKED:
        return [ARRIVED, MISSED] if today else [MISSED], [MOVE, CANCEL]
    if one.status is _ARRIVED and visit.begun_at is None:
        return [NOT_ARRIVED] if today and not one.walk_in else [], [MOVE, CANCEL]
    if one.status is AppointmentStatus.NO_SHOW and today:
        return [CAME], []
    restorable = visit.moved_to_id is None and one.starts_at > now
    if one.status is AppointmentStatus.CANCELLED and restorable:
        return [RESTORED], []
    return [], []


def _gate(visit: Visit, form: str) -> tuple[EmergencyReason | None, bool]:
    """Whether the gate holds an undo back, and the emergency for which it does not."""
    with reading() as db:
        owed = owed_by(db, visit.patient.id, by=sitting(db))
    if not owed.on_hold or visit.appointment.emergency_reason is not None:
        return None, False
    show.dues(owed, brief=True)
    emergency = booking.emergency(form).reason
    return emergency, emergency is None


def _head(visit: Visit, hospital: Hospital) -> None:
    one, words = visit.appointment, show.state_words(visit)
    icon, color = _BADGES[words]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"#### {plain(visit.patient.name)}", width="content")
        st.badge(words, icon=f":material/{icon}:", color=color)
        if one.token:
            st.badge(f"Token {one.token}", icon=":material/confirmation_number:", color="gray")
        if note := show.note_words(visit):
            st.badge(note.capitalize(), color="red" if one.emergency_reason else "gray")
    at = clock.moment_words(one.starts_at, hospital.zone)
    phone = contact.phone_words(visit.patient.phone)
    st.markdown(" · ".join(map(plain, (at, visit.doctor.name, visit.patient.number, phone))))
    for label, reason in (("Reason", one.cancel_reason), ("Overbooked", one.overbook_reason)):
        if reason:
            st.caption(f"{label}: {plain(reason)}")


def cancel(form: str) -> str | None:
    """Why the appointment is cancelled, once the clerk has said so; empty where nothing was."""
    with st.form(f"{form}/cancel", border=False):
        reason = choose.one("Reason", CANCEL_REASONS, form, more=True)
        asked = st.form_submit_button("Cancel the appointment", type="primary")
    return (reason or "") if asked else None
