"""The waitlist on a screen: what is asked, who waits, and the one click that books a free time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.models import (
    Account,
    Appointment,
    Doctor,
    EmergencyReason,
    Hospital,
    VisitKind,
)
from mediklaud.money import rupees
from mediklaud.repository import (
    FURTHEST_DAYS,
    Fit,
    Freed,
    FreeTime,
    Wait,
    WaitForm,
    WaitingPage,
    book_waiting,
    doctor_with,
    the_hospital,
    weekdays_of,
    who_fits,
)
from mediklaud.timetable import Slot
from mediklaud.ui import booking, choose, show, wishes
from mediklaud.ui.desk import beside, carried, record, say, submission_id
from mediklaud.ui.plain import plain

_FREED, _CHOSEN, _PAGE = "_freed", "_chosen-from-waitlist", "waitlist/page"
_HOURS = {"All day": (0, clock.MINUTES_A_DAY), **wishes.HALVES}


@dataclass(frozen=True)
class _Choice:
    """A time chosen for somebody who waits, and the card it was chosen on."""

    wait: Wait
    time: FreeTime
    emergency: EmergencyReason | None
    place: str


def fields(form: str, doctors: Sequence[Doctor], hospital: Hospital) -> WaitForm:
    """Whom the patient waits for, on which days and at what hours; a form goes around them."""
    whom = {f"{one.name} · {one.specialty} · {one.number}": one for one in doctors}
    anyone = {f"Any doctor of {one}": one for one in sorted({one.specialty for one in doctors})}
    words = choose.one("Doctor or specialty", [*whom, *anyone], form) or ""
    kinds = list(VisitKind)
    kind = choose.few(
        "Visit", kinds, form, shown=show.KIND_WORDS.__getitem__, chosen=VisitKind.FIRST
    )
    today = clock.today(hospital.zone)
    furthest = today + timedelta(days=FURTHEST_DAYS)
    first_day = choose.day("First day", form, value=today, first=today, last=furthest)
    in_a_fortnight = today + timedelta(days=14)
    last_day = choose.day("Last day", form, value=in_a_fortnight, first=today, last=furthest)
    weekdays = st.pills(
        "Weekdays",
        list(range(7)),
        selection_mode="multi",
        default=list(range(7)),
        format_func=wishes.WEEKDAYS.__getitem__,
        key=f"{form}/Weekdays",
    )
    beside("Weekdays")
    hours = choose.few("Hours", list(_HOURS), form, chosen="All day")
    st.caption("Morning is before 12:00, afternoon from 12:00 on.")
    urgent = st.toggle("Urgent: offered before all others", key=f"{form}/urgent")
    begins, ends = _HOURS[hours]
    doctor = whom.get(words)
    return WaitForm(
        kind,
        first_day,
        last_day,
        doctor.id if doctor else None,
        anyone.get(words, ""),
        frozenset(weekdays),
        begins,
        ends,
        urgent,
    )


def own(waits: Sequence[Wait]) -> None:
    """What a patient waits for already, a line each."""
    for wait in waits:
        st.markdown(f":material/hourglass_top: Waits already: {plain(wish_words(wait))}")


def may_wait(on_hold: bool) -> None:
    """What is said of a patient on hold: waiting is open, booking is not."""
    if on_hold:
        st.caption("May wait all the same: the dues are asked again when a time is booked.")


def wish_words(wait: Wait) -> str:
    """What somebody waits for, in a line."""
    entry = wait.entry
    weekdays = sorted(weekdays_of(entry))
    words = (
        wait.doctor.name if wait.doctor else f"Any doctor of {entry.specialty}",
        show.KIND_WORDS[entry.kind],
        f"{entry.first_day:%d %b} – {entry.last_day:%d %b %Y}",
        ", ".join(map(wishes.WEEKDAYS.__getitem__, weekdays)) if len(weekdays) < 7 else "",
        _hours_words(entry.begins_minute, entry.ends_minute),
    )
    return " · ".join(filter(None, words))


def _hours_words(begins: int, ends: int) -> str:
    named = {hours: name.lower() for name, hours in _HOURS.items()}
    if (begins, ends) == _HOURS["All day"]:
        return ""
    hours = f"{clock.minute_words(begins)}–{clock.minute_words(ends)}"
    return named.get((begins, ends), hours)


def page_number() -> int:
    """Which page of the list is in sight."""
    return int(st.session_state.get(_PAGE, 1))


def head(found: WaitingPage) -> None:
    """How the list is ordered and what ends a wait; what to do where nobody waits."""
    if not found.count:
        st.info("Nobody waits. Find a patient to put on the list.", icon=":material/hourglass:")
        return
    st.caption(
        "Urgent first, then who has waited longest. A booking from here ends the wait for good: "
        "where it is cancelled later, put the patient on the list again."
    )


def turn(found: WaitingPage) -> None:
    """The page numbers below the list, where one page does not hold it all."""
    if found.pages > 1:
        st.pagination(found.pages, key=_PAGE)
        st.caption(f"{found.count} wait in all.")


def listed(
    waits: Sequence[Wait], earliest: dict[int, FreeTime], hospital: Hospital, form: str
) -> Wait | None:
    """Those who wait, each with the earliest time that fits; returns whom to withdraw."""
    withdrawn = None
    names = _names(earliest.values())
    for wait in waits:
        key = f"{form}/waiting/{wait.entry.id}"
        with st.container(border=True, gap="xsmall"):
            _head(wait, hospital)
            time = earliest.get(wait.entry.id or 0)
            if time is None:
                st.caption(":material/event_busy: No time that fits is free yet.")
            else:
                when = clock.moment_words(time.starts_at, hospital.zone)
                st.markdown(f":material/event_available: Earliest: **{plain(when)}**")
            urgent = _ways_on(wait, key) if time else booking.Urgency()
            with st.container(horizontal=True, vertical_alignment="center"):
                if time is not None:
                    _book_button(wait, time, names[time.doctor_id], urgent, hospital, key)
                if _withdraw_button(key):
                    withdrawn = wait
    return withdrawn


def in_vain(waits: Sequence[Wait], count: int, form: str) -> Wait | None:
    """Those whose last day passed without a time; returns whom to take off the list."""
    withdrawn = None
    words = "1 wait has run out" if count == 1 else f"{count} waits have run out"
    with st.expander(f"{words} without a time", icon=":material/hourglass_disabled:"):
        st.caption("Call these patients, then take them off or put them on the list again.")
        for wait in waits:
            with st.container(horizontal=True, vertical_alignment="center"):
                phone = contact.phone_words(wait.patient.phone)
                who = f"**{plain(wait.patient.name)}** · {plain(phone)}"
                st.markdown(f"{who}  \n{plain(wish_words(wait))}", width="content")
                if st.button("Take off", key=f"{form}/vain/{wait.entry.id}"):
                    withdrawn = wait
        if count > len(waits):
            st.caption(f"The latest {len(waits)} of {count}.")
    return withdrawn


def just_freed(found: Sequence[Freed], hospital: Hospital, form: str) -> None:
    """The times just freed, each with those whom it suits."""
    for freed in found:
        with st.container(border=True, gap="xsmall"):
            _stretch(freed.doctor, freed.slot, hospital)
            _fits(freed.fits, freed.doctor, hospital, f"{form}/freed/{freed.slot.starts_at}")


def freed(appointment: Appointment) -> dict[str, object]:
    """What a page carries from the deed that frees an appointment's time, for `offer_freed`."""
    stretch = {"starts_at": appointment.starts_at, "ends_at": appointment.ends_at}
    return {_FREED: {"doctor_id": appointment.doctor_id, **stretch}}


def offer_freed(me: Account) -> None:
    """Show whom the time suits that was freed a moment ago, and book the one clicked."""
    form = submission_id()
    kept = carried(_FREED, form)
    if kept is None:
        return
    with reading() as db:
        hospital = the_hospital(db)
        doctor = doctor_with(db, kept["doctor_id"])
        slot = Slot(kept["starts_at"], kept["ends_at"])
        fits = who_fits(db, doctor, slot, by=me)
    with st.container(border=True, gap="xsmall"):
        _stretch(doctor, slot, hospital)
        if not fits:
            st.caption("It suits nobody on the waitlist.")
        _fits(fits, doctor, hospital, f"{form}/offer")
    book_chosen(me, form, hospital)


def book_chosen(me: Account, form: str, hospital: Hospital) -> None:
    """Book the time that was clicked; a refusal stands on the card it was clicked on."""
    choice: _Choice | None = st.session_state.pop(_CHOSEN, None)
    if choice is None:
        return
    with record() as db:
        doctor = doctor_with(db, choice.time.doctor_id)
        booked = book_waiting(
            db,
            choice.wait.entry,
            doctor,
            choice.time.starts_at,
            form=f"{form}/{choice.wait.entry.id}",
            by=me,
            emergency=choice.emergency,
        )
        patient = choice.wait.patient
        hour = clock.moment_words(booked.starts_at, hospital.zone)
        told = booking.letter_words(patient)
        say(db, f"{patient.name} is booked: {hour}, with {doctor.name}. {told}")


def place_for_refusal() -> None:
    """Keep a place for what is refused, where the card that was clicked is gone by now."""
    if _CHOSEN in st.session_state:
        beside("")


def _stretch(doctor: Doctor, slot: Slot, hospital: Hospital) -> None:
    when = clock.moment_words(slot.starts_at, hospital.zone)
    until = clock.hour_words(slot.ends_at, hospital.zone)
    st.markdown(f"**{plain(f'{when} – {until}')}**  \n{plain(doctor.name)} is free again.")


def _fits(fits: Sequence[Fit], doctor: Doctor, hospital: Hospital, key: str) -> None:
    for fit in fits:
        own = f"{key}/{fit.wait.entry.id}"
        with st.container(border=True, gap="xsmall"):
            _head(fit.wait, hospital)
            urgent = _ways_on(fit.wait, own)
            with st.container(horizontal=True):
                _book_button(fit.wait, fit.time, doctor.name, urgent, hospital, own)


def _head(wait: Wait, hospital: Hospital) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(wait.patient.name)}**", width="content")
        st.badge(plain(wait.patient.number), color="gray")
        if wait.entry.urgent:
            st.badge("Urgent", icon=":material/priority_high:", color="red")
        if wait.owed.on_hold:
            st.badge("On hold", icon=":material/front_hand:", color="orange")
    st.markdown(plain(wish_words(wait)))
    since = clock.local(wait.entry.asked_at, hospital.zone)
    phone = contact.phone_words(wait.patient.phone)
    st.caption(plain(f"Waits since {since:%d %b %Y, %H:%M} · {phone}"))
    if wait.booked is not None:
        _booked(*wait.booked, hospital)


def _booked(starts_at: datetime, name: str, hospital: Hospital) -> None:
    when = clock.moment_words(starts_at, hospital.zone)
    st.info(
        f"Has an appointment already: {plain(when)}, with {plain(name)}. Withdraw the wait if "
        "that is enough; after booking an earlier time, cancel that one.",
        icon=":material/event:",
    )


def _ways_on(wait: Wait, key: str) -> booking.Urgency:
    """What holds a routine booking back, and the emergency that nothing does."""
    if wait.owed.on_hold:
        owed = plain(rupees(wait.owed.total_paise))
        st.caption(
            f":material/front_hand: Routine booking is on hold: {owed} is owed. Take the "
            "payment, or say that it is an emergency and choose its reason."
        )
    return booking.emergency(key)


def _book_button(
    wait: Wait,
    time: FreeTime,
    name: str,
    urgent: booking.Urgency,
    hospital: Hospital,
    key: str,
) -> None:
    hour = f"{clock.local(time.starts_at, hospital.zone):%I:%M %p}".lstrip("0")
    # A click on what was drawn before books that very time, or is told that it is gone.
    st.button(
        f"Book {plain(hour)} with {plain(name)}",
        key=f"{key}/{time.doctor_id}/{time.starts_at:%Y%m%dT%H%M}",
        on_click=_choose,
        args=(_Choice(wait, time, urgent.reason, key),),
        type="primary",
        icon=":material/event_available:",
        disabled=urgent.waits(wait.owed),
    )
    chosen: _Choice | None = st.session_state.get(_CHOSEN)
    if chosen is not None and chosen.place == key:
        beside("")


def _choose(choice: _Choice) -> None:
    st.session_state[_CHOSEN] = choice


def _withdraw_button(key: str) -> bool:
    with st.popover("Withdraw", icon=":material/undo:", key=f"{key}/ask"):
        st.caption("The patient leaves the list and loses the place in it.")
        return st.button("Withdraw the wait", key=f"{key}/withdraw", type="primary")


def _names(times: Sequence[FreeTime]) -> dict[int, str]:
    with reading() as db:
        return {time.doctor_id: doctor_with(db, time.doctor_id).name for time in times}
