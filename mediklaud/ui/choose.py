"""Fields of a form, each with a place beside it for the sentence that refuses it.

`form` is the submission id: a field keeps what was typed until the deed is written, and
starts empty with the next form.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

import streamlit as st

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.errors import EmptyField, NotFound, PasswordsDiffer
from mediklaud.models import Account, Doctor, Patient, Role
from mediklaud.money import figures
from mediklaud.repository import (
    FoundPatient,
    find_patients,
    patient_with,
    roles_of,
    the_hospital,
)
from mediklaud.ui import show
from mediklaud.ui.desk import beside, see
from mediklaud.ui.plain import plain

Choice = TypeVar("Choice")
# Where a desk remembers the patient it is busy with, and what it typed to find one.
PATIENT = "_patient"
SEARCH = "find-patient"
# More than a family has; the names of a long list are told apart by typing on.
_FOUND_AT_MOST = 24


def words(label: str, form: str, *, value: str = "", placeholder: str = "", hint: str = "") -> str:
    """One line of text."""
    key = f"{form}/{label}"
    typed = st.text_input(label, value, key=key, placeholder=placeholder, help=hint or None)
    beside(label)
    return typed


def lines(label: str, form: str, *, value: str = "", height: int = 100) -> str:
    """Several lines of text."""
    typed = st.text_area(label, value, key=f"{form}/{label}", height=height)
    beside(label)
    return typed


def password(label: str, form: str, *, present: bool = False) -> str:
    """A password, never shown; a program that keeps passwords is told whether it has it."""
    known = "current-password" if present else "new-password"
    typed = st.text_input(label, type="password", key=f"{form}/{label}", autocomplete=known)
    beside(label)
    return typed


def same(first: str, second: str) -> str:
    """The password, where both fields agree; refuses otherwise (PasswordsDiffer)."""
    if first != second:
        raise PasswordsDiffer()
    return first


def given(found: Choice | None, label: str) -> Choice:
    """What was chosen; refuses where nothing was (EmptyField)."""
    if found is None:
        raise EmptyField(field=label)
    return found


def one(
    label: str,
    options: Sequence[Choice],
    form: str,
    *,
    shown: Callable[[Choice], str] = str,
    chosen: Choice | None = None,
    more: bool = False,
) -> Choice:
    """One of a list; with `more`, another word may be typed. None where nothing is chosen."""
    index = list(options).index(chosen) if chosen in options else None
    found = st.selectbox(
        label,
        options,
        index=index,
        format_func=shown,
        key=f"{form}/{label}",
        placeholder="Choose …",
        accept_new_options=more,
    )
    beside(label)
    return found


def few(
    label: str,
    options: Sequence[Choice],
    form: str,
    *,
    shown: Callable[[Choice], str] = str,
    chosen: Choice | None = None,
) -> Choice:
    """One of two to six, all in sight."""
    found = st.segmented_control(
        label,
        options,
        format_func=lambda option: plain(shown(option)),
        default=chosen,
        key=f"{form}/{label}",
        required=chosen is not None,
        wrap=True,
    )
    beside(label)
    return found


def yes(label: str, form: str, value: bool) -> bool:
    """Yes or no."""
    return st.checkbox(label, value, key=f"{form}/{label}")


def day(
    label: str,
    form: str,
    *,
    value: date | None = None,
    first: date | None = None,
    last: date | None = None,
) -> date | None:
    """A calendar day."""
    found = st.date_input(label, value, first, last, format="DD/MM/YYYY", key=f"{form}/{label}")
    beside(label)
    return found


def number(
    label: str, form: str, *, value: int | None = None, least: int = 0, most: int = 999
) -> int | None:
    """A whole number."""
    found = st.number_input(label, least, most, value, step=1, key=f"{form}/{label}")
    beside(label)
    return found


def amount(label: str, form: str, *, value_paise: int | None = None) -> str:
    """A sum in rupees as typed; money.read_rupees makes paise of it inside the deed."""
    value = "" if value_paise is None else figures(value_paise)
    return words(label, form, value=value, placeholder="₹ 0.00")


def minute(label: str, form: str, *, value: int) -> int:
    """A time of day, as minutes after midnight."""
    quarters = range(0, clock.MINUTES_A_DAY + 1, 15)
    return one(label, quarters, form, shown=clock.minute_words, chosen=value)


def zone(label: str, form: str, *, value: str = "Asia/Kolkata") -> str:
    """A time zone."""
    return one(label, sorted(clock.zones()), form, chosen=value)


def doctor(
    label: str, doctors: Sequence[Doctor], form: str, *, chosen: Doctor | None = None
) -> Doctor | None:
    """A doctor, told apart by specialty and number."""

    def shown(one_of_them: Doctor) -> str:
        return f"{one_of_them.name} · {one_of_them.specialty} · {one_of_them.number}"

    return one(label, doctors, form, shown=shown, chosen=chosen)


def patient(me: Account) -> Patient | None:
    """The patient this desk is busy with: found by phone, name or number, kept across pages."""
    chosen = st.session_state.get(PATIENT)
    if chosen and (kept := _still_there(chosen, me)):
        return _kept(kept)
    with reading() as db:
        zone = the_hospital(db).zone
        typed = st.text_input(
            "Find a patient",
            key=SEARCH,
            placeholder="Phone, name or number",
            icon=":material/search:",
            live="300ms",
        )
        most, calls = _FOUND_AT_MOST, Role.FRONT_DESK in roles_of(db, me)
        found = find_patients(db, typed, by=me, at_most=most + 1) if typed.strip() else []
    if typed.strip() and not found:
        st.info(
            "Nobody is found. Try fewer digits or letters; a new patient is enrolled first.",
            icon=":material/person_off:",
        )
    for one_of_them in found[:most]:
        st.button(
            _told_apart(one_of_them, zone, calls=calls),
            key=f"patient-{one_of_them.patient.id}",
            on_click=keep_patient,
            args=(one_of_them.patient.id,),
            width="stretch",
            icon=":material/person:",
            wrap=True,
        )
    if len(found) > most:
        st.caption(
            f"The first {most} are shown; there are more. Type another piece: a name, or more "
            "digits of the phone."
        )
    return None


def opened(patient_id: int, me: Account) -> Patient:
    """A patient whose details are shown from now on; the audit log says so."""
    return see(lambda db: patient_with(db, patient_id, by=me))


def _still_there(patient_id: int, me: Account) -> Patient | None:
    """The kept patient; one who is no longer on record is forgotten."""
    try:
        return opened(patient_id, me)
    except NotFound:
        keep_patient(None)
        return None


def keep_patient(patient_id: int | None) -> None:
    """Let this desk be busy with a patient, or with nobody."""
    st.session_state[PATIENT] = patient_id


def _kept(kept: Patient) -> Patient:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(kept.name), anchor=False, width="content")
        st.badge(plain(kept.number), color="gray")
        st.button(
            "Another patient",
            on_click=keep_patient,
            args=(None,),
            icon=":material/undo:",
            shortcut="Alt+P",
        )
    return kept


def _told_apart(found: FoundPatient, zone: str, *, calls: bool) -> str:
    """A family shares a phone: name, age, sex, number, phone and last visit tell it apart.

    Whoever does not call the patient sees the phone's end.
    """
    kept, last = found.patient, found.last_visit_at
    phone = contact.phone_words(kept.phone) if calls else contact.phone_end(kept.phone)
    words = (
        kept.number,
        clock.age_words(kept.birth_date, clock.today(zone)),
        show.SEX_WORDS[kept.sex],
        phone.replace(" ", "\u00a0"),
        f"last visit {clock.day_of(last, zone):%d %b %Y}" if last else "no visit yet",
    )
    return f"**{plain(kept.name)}** · " + " · ".join(map(plain, words))
