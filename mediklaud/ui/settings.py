"""The fields of the hospital's settings: itself, its numbers, and its rules."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from mediklaud import contact
from mediklaud.models import BillWhen, Hospital
from mediklaud.money import read_rupees
from mediklaud.repository import HospitalForm, follow_up_words, policy_words
from mediklaud.ui import choose
from mediklaud.ui.plain import plain

# Numbers that may not stay empty, and their labels.
_COUNTS = {
    "dues_grace_days": "Days of grace",
    "follow_up_visits": "Follow-ups after a paid visit",
    "follow_up_days": "Within days",
    "follow_up_percent": "Per cent of the fee",
    "overbookings_a_session": "Overbookings a session",
    "letter_grace_seconds": "Seconds a letter rests",
    "reminder_hours": "Hours before, for reminders",
}


_BILL_WHEN = {BillWhen.ARRIVAL: "As the patient arrives", BillWhen.FINISH: "As it is finished"}
_PREFIXES = {
    "patient_prefix": "Patient prefix",
    "bill_prefix": "Bill prefix",
    "receipt_prefix": "Receipt prefix",
    "credit_prefix": "Credit note prefix",
    "refund_prefix": "Refund prefix",
    "advance_prefix": "Advance prefix",
}


@dataclass(frozen=True)
class TypedSettings:
    """The settings as typed: words, numbers that may be missing yet, and a sum in words."""

    words: dict[str, Any]
    counts: dict[str, int | None]
    dues_limit: str

    def form(self) -> HospitalForm:
        """The same, to be kept; refuses what is no amount and a number that is missing."""
        return HospitalForm(
            **self.words,
            dues_limit_paise=read_rupees(self.dues_limit, field="Dues limit"),
            **{word: choose.given(count, _COUNTS[word]) for word, count in self.counts.items()},
        )


def fields(form: str, hospital: Hospital) -> TypedSettings:
    """The fields of the settings, filled with what is kept."""
    words = {**_itself(form, hospital), **prefixes(form, hospital), **billing(form, hospital)}
    limit, grace = _dues(form, hospital)
    counts = {**grace, **_follow_ups(form, hospital), **_overbooking(form, hospital)}
    counts |= _letters(form, hospital)
    words |= _signing_in(form, hospital)
    return TypedSettings(words, counts, limit)


def _count(word: str, form: str, hospital: Hospital, most: int) -> dict[str, int | None]:
    kept = getattr(hospital, word)
    return {word: choose.number(_COUNTS[word], form, value=kept, most=most)}


def _itself(form: str, hospital: Hospital) -> dict[str, Any]:
    st.subheader("The hospital", anchor=False)
    st.caption(
        "Bills, receipts and letters carry these from now on; issued papers stay as they are. "
        "The time zone can be changed only until the first paper is issued."
    )
    left, right = st.columns(2)
    with left:
        name = choose.words("Hospital's name", form, value=hospital.name)
        phone = choose.words("Phone", form, value=contact.phone_words(hospital.phone))
        email = choose.words("Email", form, value=hospital.email)
    with right:
        address = choose.lines("Address", form, value=hospital.address, height=152)
        gstin = choose.words(
            "GSTIN", form, value=hospital.gstin or "", placeholder="May stay empty"
        )
    zone = choose.zone("Time zone", form, value=hospital.zone)
    about = {"name": name, "phone": phone, "email": email, "address": address}
    return {**about, "gstin": gstin, "zone": zone}


def prefixes(form: str, kept: Hospital | type[HospitalForm]) -> dict[str, Any]:
    """What stands before every number, filled with what is kept or usual."""
    st.subheader("Numbers", anchor=False)
    st.caption("1 to 3 capital letters or digits stand before every number given from now on.")
    typed = {}
    # Two rows of three, which keep their order where columns stand below each other.
    columns = (*st.columns(3), *st.columns(3))
    for column, (prefix, label) in zip(columns, _PREFIXES.items(), strict=True):
        with column:
            typed[prefix] = choose.words(label, form, value=getattr(kept, prefix))
    return typed


def billing(form: str, kept: Hospital | type[HospitalForm]) -> dict[str, Any]:
    """When a consultation is billed."""
    st.subheader("Billing", anchor=False)
    st.caption("A consultation is billed once, whichever moment is chosen and whenever it changes.")
    when = choose.few(
        "Consultations are billed",
        list(BillWhen),
        form,
        shown=lambda one: _BILL_WHEN[one],
        chosen=kept.bill_when,
    )
    return {"bill_when": when}


def _dues(form: str, hospital: Hospital) -> tuple[str, dict[str, int | None]]:
    st.subheader("Dues", anchor=False)
    st.caption(
        "A patient who owes more than the limit, on bills at least as old as the days of grace, "
        "gets no new routine appointment until the dues are cleared. With 0 and 0, any dues at "
        "all hold it back. Emergencies, changes and cancellations are never held back."
    )
    left, right = st.columns(2)
    with left:
        limit = choose.amount("Dues limit", form, value_paise=hospital.dues_limit_paise)
    with right:
        grace = _count("dues_grace_days", form, hospital, 365)
    st.caption(f"Booking is held back now by {plain(policy_words(hospital))}.")
    return limit, grace


def _follow_ups(form: str, hospital: Hospital) -> dict[str, int | None]:
    st.subheader("Follow-ups", anchor=False)
    st.caption(
        "A paid visit may give its patient follow-ups with the same doctor at a share of their "
        "fee; 0 per cent is free. What a visit has given stays as it is, whatever changes here."
    )
    first, second, third = st.columns(3)
    with first:
        visits = _count("follow_up_visits", form, hospital, 20)
    with second:
        days = _count("follow_up_days", form, hospital, 365)
    with third:
        percent = _count("follow_up_percent", form, hospital, 99)
    st.caption(f"The rule now: {plain(follow_up_words(hospital))}.")
    return {**visits, **days, **percent}


def _overbooking(form: str, hospital: Hospital) -> dict[str, int | None]:
    st.subheader("Overbooking", anchor=False)
    st.caption(
        "The front desk may book so many patients over the times of a session, each with a reason."
    )
    with st.container(width=240):
        return _count("overbookings_a_session", form, hospital, 20)


def _letters(form: str, hospital: Hospital) -> dict[str, int | None]:
    st.subheader("Letters", anchor=False)
    st.caption(
        "A letter about an appointment rests before it leaves, so that a slip put right at once "
        "is not mailed. Reminders go to patients who agreed to them; with 0 nobody is reminded."
    )
    left, right = st.columns(2)
    with left:
        rests = _count("letter_grace_seconds", form, hospital, 600)
    with right:
        before = _count("reminder_hours", form, hospital, 168)
    return {**rests, **before}


def _signing_in(form: str, hospital: Hospital) -> dict[str, Any]:
    st.subheader("Signing in", anchor=False)
    st.caption(
        "With a second factor, a code of an app on the phone is asked for after the password. "
        "Anybody may set one up under My account. Whoever must have one and has none is signed "
        "out and sets it up first."
    )
    kept = hospital.second_factor_required
    required = choose.yes("The CMO and administrators need a second factor", form, kept)
    return {"second_factor_required": required}
