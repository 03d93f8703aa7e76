"""What is told when an appointment is booked or moved: the price, the letter, the emergency."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.letters import reason_words
from mediklaud.models import (
    Account,
    Appointment,
    Doctor,
    EmergencyReason,
    Hospital,
    Patient,
    VisitKind,
)
from mediklaud.repository import (
    Dues,
    MovedPrice,
    Offer,
    Visit,
    address_of,
    fees_then,
    follow_ups_left,
    price_if_moved,
)
from mediklaud.ui import choose, letters, show, waivers
from mediklaud.ui.desk import sitting
from mediklaud.ui.holding import Chosen, chosen_time, confirm
from mediklaud.ui.plain import plain
from mediklaud.ui.times import times
from mediklaud.ui.wishes import Wanted, fee_words, wanted

__all__ = ["chosen_time", "confirm", "times", "wanted"]


@dataclass(frozen=True)
class Urgency:
    """Whether it is said to be an emergency, and its coded reason once that is chosen."""

    said: bool = False
    reason: EmergencyReason | None = None

    def waits(self, owed: Dues) -> bool:
        """Whether booking waits: for the dues, or for the reason of the emergency."""
        return self.reason is None and (self.said or owed.on_hold)


def emergency(form: str) -> Urgency:
    """Asked of anybody: an emergency stands first in the queue, and no dues hold it back."""
    said = st.toggle(
        "This is an emergency",
        key=f"{form}/emergency",
        help="It comes first in the queue, dues never hold it back, and the Chief Medical "
        "Officer is told.",
    )
    if not said:
        return Urgency()
    reasons = list(EmergencyReason)
    reason = choose.one(
        "Emergency reason", reasons, form, shown=lambda one: reason_words(one).capitalize()
    )
    return Urgency(said, reason)


def ways_on(owed: Dues, form: str, me: Account) -> Urgency:
    """On hold, a waiver may be asked for; an emergency is booked all the same."""
    waivers.ask_for(owed, me)
    return emergency(form)


def price_words(chosen: Chosen | None, patient: Patient | None, hospital: Hospital) -> str:
    """The kind of visit, and what it costs this patient with the doctor whose time is chosen."""
    if chosen is None:
        return ""
    day = clock.day_of(chosen.starts_at, hospital.zone)
    with reading() as db:
        asked = (chosen.doctor_id, chosen.kind, day)
        fees = fees_then(db, [asked])
        free = None
        if patient:
            free = follow_ups_left(db, patient.id or 0, chosen.doctor_id, day, by=sitting(db))
    fee = fee_words(fees[asked])
    if free and chosen.kind is VisitKind.FOLLOW_UP:
        fee = free.words
    return f"{show.KIND_WORDS[chosen.kind]} · {fee}"


def moved_price_words(visit: Visit, there: Chosen | Offer) -> str:
    """The same of a visit that is to be moved there."""
    with reading() as db:
        price = price_if_moved(
            db, visit.appointment, there.doctor_id, there.starts_at, by=sitting(db)
        )
    return price_there_words(visit, price)


def price_there_words(visit: Visit, price: MovedPrice) -> str:
    """What a moved visit costs, and that it is no longer free where that is so."""
    fee = price.left.words if price.left else fee_words(price.fee_paise)
    words = f"{show.KIND_WORDS[visit.appointment.kind]} · {fee}"
    if price.lost is None or not price.fee_paise:
        return words
    was, until = "cheaper" if price.lost.percent else "free", price.lost.last_day
    return (
        f"{words} · no longer {was}: the {was} visit is with {visit.doctor.name}, "
        f"until {until.day} {until:%b}"
    )


def follow_ups(asked: Wanted, patient: Patient | None) -> None:
    """Which of the wanted doctors owe this patient a free or cheaper follow-up."""
    if patient is None or asked.kind is not VisitKind.FOLLOW_UP:
        return
    with reading() as db:
        me, day = sitting(db), asked.first_day
        found = [
            (one.name, left.words)
            for one in asked.doctors
            if (left := follow_ups_left(db, patient.id or 0, one.id or 0, day, by=me))
        ]
    for name, words in found:
        st.success(plain(f"{name}: {words}"), icon=":material/loyalty:")
    if not found:
        st.caption("No free or cheaper follow-up is left here; the fee is asked.")


def booked_words(booked: Appointment, patient: Patient, doctor: Doctor, hospital: Hospital) -> str:
    """What the clerk reads out once it is written."""
    hour = clock.moment_words(booked.starts_at, hospital.zone)
    over = " over a time that was taken" if booked.overbook_number else ""
    told = letter_words(patient)
    return f"{patient.name} is booked{over}: {hour}, with {doctor.name}. {told}"


def letter_words(
    patient: Patient,
    letter: str = "A confirmation letter",
    otherwise: str = "tell the time on the phone,",
) -> str:
    """What happens about the letter, said honestly: it is queued, or somebody calls."""
    if address_of(patient):
        return f"{letter} is queued."
    if patient.email:
        phone = contact.phone_words(patient.phone)
        return f"{patient.name} wants no letters: {otherwise} {phone}."
    return f"{patient.name} has no email: {otherwise} {contact.phone_words(patient.phone)}."


def upcoming(found: Sequence[Visit], hospital: Hospital) -> None:
    """A patient's appointments to come, a line each."""
    if not found:
        st.caption("No other appointment is booked.")
        return
    st.markdown("**Booked already**")
    for visit in found:
        when = clock.moment_words(visit.appointment.starts_at, hospital.zone)
        kind = show.KIND_WORDS[visit.appointment.kind]
        failed = " · :red[:material/unsubscribe: letter failed]"
        mark = failed if show.letter_mark(visit.letter) == "letter failed" else ""
        st.markdown(f":material/event: {plain(when)}  \n{plain(visit.doctor.name)} · {kind}{mark}")
        if address_of(visit.patient) is None:
            letters.slip_button(visit)
