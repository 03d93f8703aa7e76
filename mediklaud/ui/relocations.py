"""The list of patients whose time is gone: each with why, the phone, and where to move."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    Hospital,
    Leave,
    MessageStatus,
    Patient,
    Priority,
)
from mediklaud.repository import (
    NEAR_DAYS,
    LeftInLeave,
    MovedPrice,
    Offer,
    Stranded,
    Worklist,
    best_times,
    count_stranded,
    leave_words,
    prices_there,
    relocate,
    stranded,
)
from mediklaud.repository import other_times as read_other_times
from mediklaud.ui import booking, choose, show
from mediklaud.ui.desk import record, say
from mediklaud.ui.menu import page_file
from mediklaud.ui.plain import plain

_ROWS = 10
_ASKED, _OPENED = "_relocation", "_relocation_opened"
# A letter about a time that comes sooner may be read too late.
_SOON = timedelta(days=1)
_UNDELIVERED = (MessageStatus.FAILED, MessageStatus.UNADDRESSED)


@dataclass(frozen=True)
class Move:
    """What was pressed: who goes where, on which form, and where a refusal is shown."""

    appointment: Appointment
    patient: Patient
    offer: Offer
    form: str
    place: DeltaGenerator


def worklist(
    found: Sequence[Stranded],
    best: Mapping[int, Offer],
    form: str,
    hospital: Hospital,
    *,
    me: Account,
    leave: Leave | None = None,
) -> Move | None:
    """Draw the patients to move, some at a time, or those of a leave; returns what was pressed.

    A click keeps the very time that stood on its button: the list may have changed by the
    time it is drawn anew, and then the row shows the next best time below the refusal.
    """
    own_form = f"{form}/leave-{leave.id}" if leave else f"{form}/list"
    turned = f"relocations/{leave.id}" if leave else "relocations"
    pages = max(1, -(-len(found) // _ROWS))
    first = (min(int(st.session_state.get(turned, 1)), pages) - 1) * _ROWS
    elsewhere = st.container()
    shown = found[first : first + _ROWS]
    with reading() as db:
        prices = prices_there(db, shown, best, by=me)
    places = {
        one.visit.appointment.id: _row(one, best, prices, own_form, hospital, me, leave)
        for one in shown
    }
    if pages > 1:
        st.pagination(pages, key=turned)
    return _pressed(own_form, places, elsewhere)


def _pressed(
    form: str, places: Mapping[int | None, DeltaGenerator], elsewhere: DeltaGenerator
) -> Move | None:
    asked = st.session_state.get(_ASKED)
    if asked is None or asked[0] != form:
        return None
    del st.session_state[_ASKED]
    one, offer = asked[1:]
    appointment = one.visit.appointment
    place = places.get(appointment.id, elsewhere)
    return Move(appointment, one.visit.patient, offer, f"{form}/{appointment.id}", place)


def _row(
    one: Stranded,
    best: Mapping[int, Offer],
    prices: Mapping[int, MovedPrice],
    form: str,
    hospital: Hospital,
    me: Account,
    leave: Leave | None,
) -> DeltaGenerator:
    key = f"{form}/{one.visit.appointment.id}"
    opened = st.session_state.get(_OPENED) == key
    with st.container(border=True):
        about = st.container()
        place = st.container()
        own = one.visit.appointment.id or 0
        offer, price = best.get(own), ""
        if own in prices:
            price = booking.price_there_words(one.visit, prices[own])
        other = _other(one, key, hospital, me) if opened else None
        if other is not None and other != offer:
            offer, price = other, booking.moved_price_words(one.visit, other)
        with about:
            _who(one, offer, price, hospital, leave)
        with st.container(horizontal=True, vertical_alignment="center"):
            if offer is None:
                st.markdown(f"No equal time is free within {NEAR_DAYS} days.", width="content")
            else:
                st.button(
                    f"Move to {plain(offer_words(offer, hospital))}",
                    key=f"{key}/{offer.doctor.id}/{offer.starts_at:%Y%m%dT%H%M}",
                    type="primary",
                    icon=":material/event_upcoming:",
                    on_click=_keep,
                    args=(_ASKED, (form, one, offer)),
                )
            if not opened:
                st.button(
                    "Another time",
                    key=f"{key}/other",
                    icon=":material/edit_calendar:",
                    on_click=_keep,
                    args=(_OPENED, key),
                )
    return place


def _who(
    one: Stranded, offer: Offer | None, price: str, hospital: Hospital, leave: Leave | None
) -> None:
    visit = one.visit
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(visit.patient.name)}**", width="content")
        st.caption(plain(visit.patient.number), width="content")
        if visit.appointment.priority is Priority.EMERGENCY:
            st.badge("Emergency", icon=":material/emergency:", color="red")
        if visit.appointment.status is AppointmentStatus.ARRIVED:
            waits = f"Waits here: token {visit.appointment.token}"
            st.badge(waits, icon=":material/chair:", color="orange")
    when = _time_words(visit.appointment.starts_at, hospital)
    kind = show.KIND_WORDS.get(visit.appointment.kind, "Procedure")
    st.markdown(
        f":material/event_busy: {plain(f'{when} · {visit.doctor.name} · {kind}')}  \n"
        f":material/call: {plain(contact.phone_words(visit.patient.phone))} · {_told(one, offer)}"
    )
    if offer is not None and offer.doctor.id != visit.doctor.id:
        other = plain(f"{offer.doctor.name} · {offer.doctor.specialty}")
        st.markdown(f":material/swap_horiz: With another doctor: **{other}**")
    if offer is not None:
        st.markdown(f":material/payments: There: {plain(price)}")
    if leave is None:
        st.caption(plain(one.why))


def _told(one: Stranded, offer: Offer | None) -> str:
    """Whether the letter of a move reaches the patient in time, or somebody calls."""
    letter = one.visit.letter
    if one.visit.appointment.status is AppointmentStatus.ARRIVED:
        return "**is in the waiting room: tell them there**"
    if not one.visit.patient.email:
        return "**no email: call**"
    if letter is not None and letter.status in _UNDELIVERED:
        return "**the last letter failed: call**"
    if offer is not None and offer.starts_at - clock.now() < _SOON:
        return "a letter goes out, but the new time is near: **call too**"
    return "a letter goes out"


def _other(one: Stranded, key: str, hospital: Hospital, me: Account) -> Offer | None:
    """Another time of the doctor or the specialty, chosen from a list."""
    with reading() as db:
        offers = read_other_times(db, one, by=me)
    if not offers:
        st.caption("No other time is free. Open a session, or cancel with the patient's word.")
        return None
    words = {offer_words(offer, hospital): offer for offer in offers}
    return words.get(choose.one("Another time", list(words), key) or "")


def offer_words(offer: Offer, hospital: Hospital) -> str:
    """A time and whose it is: Tue 24 Nov, 10:15 AM with Dr Rao."""
    return f"{_time_words(offer.starts_at, hospital)} with {offer.doctor.name}"


def _time_words(moment: datetime, hospital: Hospital) -> str:
    at = clock.local(moment, hospital.zone)
    return f"{at:%a} {at.day} {at:%b}, " + f"{at:%I:%M %p}".lstrip("0")


def of_doctor(doctor: Doctor, form: str, hospital: Hospital, me: Account) -> None:
    """Whoever of a doctor is to be moved, for whatever reason, each with where to go."""
    with reading() as db:
        listed = stranded(db, doctor=doctor, by=me)
        best = best_times(db, listed.found, by=me)
    if listed.count:
        st.subheader("Patients to move", anchor=False)
        st.warning(count_words(listed.count), icon=":material/event_busy:")
        make(worklist(listed.found, best, form, hospital, me=me), hospital, me)


def make(asked: Move | None, hospital: Hospital, me: Account) -> None:
    """Make the move whose button was pressed, if any; a refusal stands in its row."""
    if asked is None:
        return
    with asked.place, record() as db:
        moved = relocate(
            db,
            asked.appointment,
            asked.offer.doctor,
            asked.offer.starts_at,
            form=asked.form,
            by=me,
        )
        say(db, _moved_words(moved, asked, hospital))


def _moved_words(moved: Appointment, asked: Move, hospital: Hospital) -> str:
    """What is said once a patient is moved: the new time, and who tells it."""
    when = clock.moment_words(moved.starts_at, hospital.zone)
    told = booking.letter_words(asked.patient, "A letter about it", "call")
    return f"{asked.patient.name} is moved: {when}, with {asked.offer.doctor.name}. {told}"


def head(listed: Worklist) -> None:
    """How many are to be moved, and what this list is."""
    if not listed.count:
        st.success("Nobody has to be moved.", icon=":material/task_alt:")
        st.caption(
            "Who is booked or waits in a leave, on a holiday, outside the sessions or with a "
            "doctor who left stands here until moved."
        )
        return
    st.warning(count_words(listed.count), icon=":material/event_busy:")
    st.caption(
        "Their time can no longer be kept. Each is offered the nearest time of the same kind; "
        "one click moves the patient and writes the letter."
    )
    if listed.count > len(listed.found):
        st.caption(f"The first {len(listed.found)} are shown; the next come up as these move.")


def together(lists: Iterable[Sequence[Stranded]]) -> list[Stranded]:
    """Several lists as one, each appointment once."""
    found = {one.visit.appointment.id: one for listed in lists for one in listed}
    return list(found.values())


def leave_head(leave: Leave, form: str, hospital: Hospital) -> bool:
    """When a leave is and why; whether it is withdrawn."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        words = f"**{leave_words(leave, hospital.zone)}**  \n{plain(leave.reason)}"
        st.markdown(words, width="content")
        key = f"{form}/withdraw/{leave.id}"
        return st.button("Withdraw", key=key, icon=":material/undo:")


def left(state: LeftInLeave) -> None:
    """Who of a leave is left, until nobody is."""
    if not state.hit:
        st.caption("Nobody is booked in it.")
    elif not state.left:
        st.success(
            f"Nobody is left: {_patients(state.hit)} stood in it.", icon=":material/task_alt:"
        )
    else:
        of = f"{state.left} of {_patients(state.hit)}"
        st.warning(
            f"{of} {'is' if state.left == 1 else 'are'} still to be moved.",
            icon=":material/event_busy:",
        )


def count_words(count: int) -> str:
    """How many are to be moved, as a sentence."""
    if not count:
        return "Nobody has to be moved."
    return f"{_patients(count)} {'is' if count == 1 else 'are'} to be moved."


def _patients(count: int) -> str:
    return "1 patient" if count == 1 else f"{count} patients"


def pointer(me: Account) -> None:
    """How many patients are to be moved, with the way to them; for pages that close time."""
    with reading() as db:
        count = count_stranded(db, by=me)
    if count:
        st.warning(count_words(count), icon=":material/event_busy:")
        st.page_link(
            page_file("front_desk/relocations"),
            label="Patients to move",
            icon=":material/event_repeat:",
        )


def _keep(word: str, value: object) -> None:
    st.session_state[word] = value
