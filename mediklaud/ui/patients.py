"""What the front desk asks and shows of a patient: the fields, the likely duplicates, the card."""

from collections.abc import Sequence
from datetime import date

import streamlit as st

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.languages import USUAL, languages
from mediklaud.models import Account, Hospital, Patient, Purpose, Sex
from mediklaud.repository import (
    Likeness,
    NoShows,
    PatientForm,
    consents_of,
    likely_duplicates,
)
from mediklaud.repository.patients import OLDEST_YEARS
from mediklaud.ui import choose, show
from mediklaud.ui.desk import fresh_forms
from mediklaud.ui.plain import plain

BOOKING_PAGE = "pages/front_desk/book.py"
_ENROLLED, _ENROLLING = "_enrolled", "_enrolling"
_PURPOSE_WORDS = {
    Purpose.CARE: "letters about care and bills",
    Purpose.REMINDERS: "reminders",
}
_AGREES_WORDS = {"name": "similar name", "birth_date": "same date of birth", "phone": "same phone"}


def fields(
    form: str, hospital: Hospital, kept: Patient | None = None, *, typed: str = ""
) -> PatientForm:
    """The fields of a patient, filled in with what is `kept`, or was `typed` to find somebody.

    A form goes around them.
    """
    named, dialled = _read(typed)
    name = choose.words("Name", form, value=kept.name if kept else named)
    words = show.SEX_WORDS.__getitem__
    sex = choose.few("Sex", list(Sex), form, shown=words, chosen=kept.sex if kept else None)
    born, age = _birth(form, clock.today(hospital.zone), kept)
    left, right = st.columns(2)
    with left:
        dialled = contact.phone_words(kept.phone) if kept else dialled
        phone = choose.words("Phone", form, value=dialled)
    with right:
        email = (kept.email or "") if kept else ""
        email = choose.words("Email", form, value=email, placeholder="Empty where there is none")
    address = choose.lines("Address", form, value=kept.address if kept else "")
    return PatientForm(name, sex, phone, address, born, age, email, *_letters(form, kept))


def _letters(form: str, kept: Patient | None) -> tuple[str, bool, bool]:
    """In which language letters are written, and which of them the patient agreed to."""
    named = languages()
    chosen = kept.language if kept and kept.language in named else USUAL
    label = "Language of letters"
    language = choose.few(label, list(named), form, shown=named.__getitem__, chosen=chosen)
    with st.container(horizontal=True):
        care = choose.yes(
            "Agrees to letters about care and bills", form, kept.mail_for_care if kept else True
        )
        reminders = choose.yes(
            "Agrees to reminders", form, kept.mail_for_reminders if kept else False
        )
    return language, care, reminders


def email_doubt(typed: PatientForm, hospital: Hospital) -> str:
    """A sentence where letters may not reach the email that was typed; mostly empty."""
    return contact.doubt(typed.email, known=hospital.email)


def consents(kept: Patient, me: Account, hospital: Hospital) -> None:
    """What the patient said about letters, when, and who wrote it down."""
    with reading() as db:
        found = consents_of(db, kept.id or 0, by=me)
    if not found:
        st.caption("Nothing was said about letters yet.")
    for consent, name in found:
        at = f"{clock.local(consent.said_at, hospital.zone):%d %b %Y, %H:%M}"
        said = "agreed to" if consent.given else "ended"
        by = f", written down by {name}" if name else ""
        st.caption(plain(f"{at}: {said} {_PURPOSE_WORDS[consent.purpose]}{by}"))


def _read(typed: str) -> tuple[str, str]:
    """A name, or digits that may be a phone, from what was typed into the search."""
    words = " ".join(typed.split())
    digits = sum(letter.isdigit() for letter in words)
    if not digits:
        return words, ""
    return "", "" if any(letter.isalpha() for letter in words) else words


def _birth(form: str, today: date, kept: Patient | None) -> tuple[date | None, int | None]:
    """The birth date, or the age; an age kept earlier comes back as an age."""
    estimated = kept is not None and kept.birth_date_is_estimated
    value = kept.birth_date if kept and not estimated else None
    years = today.year - kept.birth_date.year if kept and estimated else None
    oldest = min(date(today.year - OLDEST_YEARS, 1, 1), value or today)
    left, right = st.columns(2)
    with left:
        born = choose.day("Date of birth", form, value=value, first=oldest, last=today)
    with right:
        age = choose.number("Age in years", form, value=years)
    st.caption("One of the two is enough. The date of birth counts where both are given.")
    return born, age


def asked(
    label: str,
    anyway: str,
    typed: PatientForm,
    form: str,
    *,
    me: Account,
    but: int | None = None,
    looks: bool = True,
) -> bool:
    """The form's button, and who may be the same person; whether it may be written now.

    All buttons stand inside the form, so that what its fields hold is what is sent. The
    word that it is another person counts only for those in sight when it was given.
    """
    pressed = st.form_submit_button(label, type="primary")
    in_sight = st.session_state.get(f"{form}/alike", frozenset())
    if not looks or not (pressed or in_sight):
        return pressed
    with reading() as db:
        found = likely_duplicates(db, typed, by=me, but=but)
    # A second click may come when the first one is written already: not a duplicate of itself.
    alike = [one for one in found if one.patient.form != form]
    ids = frozenset(one.patient.id for one in alike)
    st.session_state[f"{form}/alike"] = ids
    if not alike and not in_sight:
        return pressed
    said = _draw_alike(alike, anyway, form)
    return ids <= in_sight if said else pressed and not alike


def _draw_alike(alike: Sequence[Likeness], anyway: str, form: str) -> bool:
    with st.container(border=True):
        if alike:
            st.warning(
                "This may be a person the hospital knows already. Nothing is saved yet.",
                icon=":material/person_search:",
            )
        for one in alike:
            _draw_likeness(one)
        return st.form_submit_button(anyway, key=f"{form}/anyway", icon=":material/person_add:")


def _draw_likeness(one: Likeness) -> None:
    known = one.patient
    words, this_one = st.columns([3, 1], vertical_alignment="center")
    with words:
        agrees = ", ".join(_AGREES_WORDS[word] for word in one.agrees)
        st.markdown(f"**{plain(known.name)}** · {plain(known.number)} · {agrees}")
        st.caption(identity(known, clock.now().date()))
    with this_one:
        if st.form_submit_button("This is the one", key=f"this-is-{known.id}", width="stretch"):
            choose.keep_patient(known.id)
            st.switch_page(BOOKING_PAGE)


def version_shown(kept: Patient, form: str) -> int:
    """The version of the record that this form was first filled in with."""
    version = int(st.session_state.setdefault(f"{form}/version", kept.version))
    if version != kept.version:
        st.warning("Somebody changed this record meanwhile.", icon=":material/sync_problem:")
        st.button("Show it as it is now", on_click=fresh_forms, icon=":material/refresh:")
    return version


def is_changed_person(typed: PatientForm, kept: Patient) -> bool:
    """Whether what duplicates are found by was changed in the form."""
    estimated = kept.birth_date_is_estimated
    return (
        typed.name != kept.name
        or typed.phone != contact.phone_words(kept.phone)
        or typed.birth_date != (None if estimated else kept.birth_date)
    )


def enrolled(new: Patient) -> dict[str, int | None]:
    """What the desk remembers of a patient just enrolled: it is busy with that one now."""
    return {choose.PATIENT: new.id, _ENROLLED: new.id}


def offer_booking() -> None:
    """The next step for the patient just enrolled, while the desk is still busy with that one."""
    new = st.session_state.get(_ENROLLED)
    if not new or new != st.session_state.get(choose.PATIENT):
        return
    if st.button("Book an appointment", type="primary", icon=":material/event_available:"):
        st.switch_page(BOOKING_PAGE)


def enrolling(me: Account, hospital: Hospital, form: str) -> PatientForm | None:
    """The way on for somebody new, right where the search is: what is to be enrolled now.

    What was typed to find the person stands in its field already.
    """
    if not is_enrolling(form):
        st.button(
            "Enroll a new patient",
            icon=":material/person_add:",
            on_click=_remember,
            args=(_ENROLLING, form),
            shortcut="Alt+N",
        )
        return None
    with st.container(key="enrolling"), st.form(form):
        st.markdown("**A new patient**")
        searched = st.session_state.get(choose.SEARCH, "")
        typed = fields(form, hospital, typed=searched)
        pressed = asked("Enroll", "Enroll anyway, it is another person", typed, form, me=me)
    st.button("Do not enroll", on_click=_remember, args=(_ENROLLING, ""))
    return typed if pressed else None


def is_enrolling(form: str) -> bool:
    """Whether somebody new is being typed in."""
    return bool(st.session_state.get(_ENROLLING) == form)


def _remember(word: str, what: str) -> None:
    st.session_state[word] = what


def identity(known: Patient, today: date) -> str:
    """Age, sex and phone in a line, safe to show as Markdown."""
    about = "about " if known.birth_date_is_estimated else ""
    age = about + clock.age_words(known.birth_date, today)
    words = (age, show.SEX_WORDS[known.sex], contact.phone_words(known.phone))
    return " · ".join(map(plain, words))


def card(known: Patient, hospital: Hospital, missed: NoShows) -> None:
    """Who is on the phone, and how often that person did not come."""
    st.markdown(identity(known, clock.today(hospital.zone)))
    st.caption(f":material/mail: {plain(known.email or 'no email: tell the time on the phone')}")
    if missed.last_at:
        times = "once" if missed.count == 1 else f"{missed.count} times"
        last = f"{clock.day_of(missed.last_at, hospital.zone):%d %b %Y}"
        on = f"on {last}" if missed.count == 1 else f"last on {last}"
        st.markdown(f":orange-badge[:material/person_off: Did not come {times}, {on}]")
