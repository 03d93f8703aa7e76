"""Break-glass on the screen: the way to another doctor's patient, and the CMO's review of it."""

from dataclasses import dataclass

import streamlit as st

from mediklaud import clock
from mediklaud.models import Account, BreakGlass, GlassReason, Hospital, Patient
from mediklaud.repository import GLASS_MINUTES, Broken, find_exactly
from mediklaud.ui import choose, show
from mediklaud.ui.desk import see
from mediklaud.ui.plain import plain

REASON_WORDS = {
    GlassReason.EMERGENCY_CARE: "Emergency care",
    GlassReason.COVERING: "Covering for a colleague",
    GlassReason.PATIENT_ASKS: "The patient asks for it",
    GlassReason.OTHER: "Another reason",
}


@dataclass(frozen=True)
class Asked:
    """Whose record a doctor asks for beyond the own patients, and why."""

    patient: Patient
    reason: GlassReason | None
    words: str


def beyond(form: str, me: Account, hospital: Hospital) -> Asked | None:
    """The way to somebody else's patient: exactly found, then a reason; None until it is given."""
    with st.expander("Somebody else's patient", icon=":material/emergency_share:"):
        st.caption(
            "Type the whole hospital number or phone. The record opens for "
            f"{GLASS_MINUTES} minutes, the audit log keeps it, and the Chief Medical Officer "
            "reviews it."
        )
        typed = choose.words("Number or phone", form, placeholder=f"{hospital.patient_prefix}-…")
        found = list(see(lambda db: find_exactly(db, typed, by=me))) if typed.strip() else []
        if typed.strip() and not found:
            st.info("Nobody has exactly this number or phone.", icon=":material/search_off:")
        if not found:
            return None
        patient = choose.one(
            "Patient",
            found,
            form,
            shown=lambda one: _told_apart(one, hospital),
            chosen=found[0] if len(found) == 1 else None,
        )
        return _asked(patient, form) if patient else None


def _told_apart(patient: Patient, hospital: Hospital) -> str:
    age = clock.age_words(patient.birth_date, clock.today(hospital.zone))
    return f"{patient.name} · {patient.number} · {age}, {show.SEX_WORDS[patient.sex].lower()}"


def _asked(patient: Patient, form: str) -> Asked | None:
    key = f"{form}/{patient.id}"
    st.warning(
        f"{plain(patient.name)} is not your patient. Say why you need the record now.",
        icon=":material/lock:",
    )
    with st.form(key, border=False):
        reason = choose.few("Reason", list(GlassReason), key, shown=REASON_WORDS.__getitem__)
        words = choose.words("In words", key, placeholder="Needed for another reason")
        pressed = st.form_submit_button(
            f"Open for {GLASS_MINUTES} minutes", type="primary", icon=":material/lock_open:"
        )
    return Asked(patient, reason, words) if pressed else None


def banner(glass: BreakGlass | None, hospital: Hospital) -> None:
    """That a record is open by break-glass, and until when; nothing over an own patient's."""
    if glass is None:
        return
    until = f"{clock.local(glass.expires_at, hospital.zone):%H:%M}"
    st.warning(
        f"**Not your patient: open until {until}.** {REASON_WORDS[glass.reason]}. "
        "The Chief Medical Officer will review it.",
        icon=":material/lock_open:",
    )


def broken_words(glass: BreakGlass, hospital: Hospital) -> str:
    """What the page says once a record is open."""
    until = f"{clock.local(glass.expires_at, hospital.zone):%H:%M}"
    return f"The record is open to you until {until}. It closes by itself."


def card(one: Broken, hospital: Hospital) -> None:
    """Who opened whose record, why, and when."""
    glass = one.glass
    at = clock.moment_words(glass.broken_at, hospital.zone)
    st.markdown(f"#### {plain(one.doctor.name)} → {plain(one.patient.name)}")
    with st.container(horizontal=True, gap="xsmall"):
        st.badge(REASON_WORDS[glass.reason], icon=":material/lock_open:", color="orange")
        st.badge(plain(one.patient.number), color="gray")
        st.badge(plain(one.account.username), icon=":material/person:", color="gray")
    if glass.words:
        st.text(glass.words)
    st.caption(plain(f"{at} · {_opened_words(one, hospital)}"))


def _opened_words(one: Broken, hospital: Hospital) -> str:
    """When the record was read meanwhile; the log keeps one row a quarter hour."""
    if not one.opened_at:
        return "the record was not read"
    times = ", ".join(f"{clock.local(at, hospital.zone):%H:%M}" for at in one.opened_at)
    return f"the record was read at {times}"


def review(one: Broken, form: str) -> str | None:
    """What came of looking into it, once the CMO says so."""
    key = f"{form}/{one.glass.id}"
    with st.form(key, border=False):
        note = choose.lines("Note", key, height=70)
        pressed = st.form_submit_button("Reviewed", type="primary", icon=":material/task_alt:")
    return note if pressed else None


def reviewed(found: list[Broken], hospital: Hospital) -> None:
    """What was reviewed, the newest first."""
    if not found:
        st.caption("Nothing was reviewed yet.")
        return
    rows = [
        {
            "Day": clock.local(one.glass.broken_at, hospital.zone).date(),
            "Time": f"{clock.local(one.glass.broken_at, hospital.zone):%H:%M}",
            "Doctor": one.doctor.name,
            "Patient": one.patient.name,
            "Number": one.patient.number,
            "Reason": REASON_WORDS[one.glass.reason],
            "Reviewed by": one.reviewer,
            "Note": one.glass.review_note,
        }
        for one in found
    ]
    show.table(rows, alt="Reviewed", height="content")
