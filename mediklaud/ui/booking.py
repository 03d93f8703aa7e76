"""Free times as buttons, by day and doctor; the one chosen waits for its confirmation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

import streamlit as st

from mediklaud import clock, contact
from mediklaud.database import reading
from mediklaud.letters import reason_words
from mediklaud.models import Doctor, EmergencyReason, Hospital, Patient, VisitKind
from mediklaud.money import rupees
from mediklaud.repository import FURTHEST_DAYS, Dues, Visit, free_slots
from mediklaud.ui import choose, show
from mediklaud.ui.plain import plain

_ANYBODY = "Any doctor"
# A screenful; the rest of a day that was begun is shown as well.
_AT_ONCE = 24
# Days read at a time, and how far one look goes before it says that nothing is free.
_STRETCH, _FAR = 7, 56


@dataclass(frozen=True)
class Wanted:
    """Whose time the caller wants and from which day on; what is chosen is kept under `form`."""

    doctors: tuple[Doctor, ...]
    first_day: date
    form: str


@dataclass(frozen=True, order=True)
class FreeTime:
    """A slot that can be promised, and whose it is."""

    starts_at: datetime
    doctor_name: str
    doctor_id: int


def wanted(doctors: Sequence[Doctor], form: str, hospital: Hospital, *, whose: str = "") -> Wanted:
    """Ask for one doctor, or any of a specialty, in one list searched by typing; and the day."""
    anybody = {_ANYBODY: tuple(doctors)} if len(doctors) > 1 else {}
    specialties = sorted({doctor.specialty for doctor in doctors})
    options = {
        **anybody,
        **{f"{one.name} · {one.specialty} · {one.number}": (one,) for one in doctors},
        **{
            f"{_ANYBODY} of {word}": tuple(one for one in doctors if one.specialty == word)
            for word in specialties
        },
    }
    own = next((words for words in options if whose and words.endswith(f"· {whose}")), None)
    today = clock.today(hospital.zone)
    furthest = today + timedelta(days=FURTHEST_DAYS)
    left, right = st.columns([3, 2])
    with left:
        words = choose.one("Doctor or specialty", list(options), form, chosen=own)
    with right:
        first = choose.day("Earliest from", form, value=today, first=today, last=furthest)
    day = first or today
    return Wanted(options.get(words or "", ()), day, f"{form}/{words}/{day}")


def visit_kind(
    doctors: Sequence[Doctor], fees: dict[tuple[int, VisitKind], int], form: str
) -> VisitKind:
    """First visit or follow-up, with what each costs where these doctors ask the same."""

    def shown(kind: VisitKind) -> str:
        prices = {fees[doctor.id or 0, kind] for doctor in doctors}
        fee = _fee_words(prices.pop()) if len(prices) == 1 else ""
        return " · ".join(filter(None, (show.KIND_WORDS[kind], fee)))

    return choose.few("Visit", list(VisitKind), form, shown=shown, chosen=VisitKind.FIRST)


def emergency(owed: Dues, form: str) -> EmergencyReason | None:
    """The coded reason for which a patient on hold is booked all the same."""
    if not owed.on_hold or not st.toggle("This is an emergency", key=f"{form}/emergency"):
        return None
    reasons = list(EmergencyReason)
    return choose.one(
        "Emergency reason", reasons, form, shown=lambda reason: reason_words(reason).capitalize()
    )


def chosen_time(asked: Wanted) -> FreeTime | None:
    """The time that waits to be confirmed."""
    return st.session_state.get(f"{asked.form}/time")


def times(asked: Wanted, hospital: Hospital) -> None:
    """Free times as buttons, the earliest days first; a click chooses one."""
    limit = int(st.session_state.get(f"{asked.form}/limit", _AT_ONCE))
    days = _by_day(free_times(asked, at_least=limit + 1), hospital)
    if not days:
        st.info(
            "Nothing is free within eight weeks of that day. Choose another doctor or day.",
            icon=":material/event_busy:",
        )
    drawn = 0
    for day, of_day in days:
        if drawn >= limit:
            more = (f"{asked.form}/limit", limit + _AT_ONCE)
            st.button("More days", icon=":material/expand_more:", on_click=_keep, args=more)
            break
        st.markdown(f"**{plain(clock.day_words(day))}**")
        for name, of_doctor in _by_doctor(of_day):
            if len(asked.doctors) > 1:
                st.caption(plain(name))
            _row(of_doctor, asked, hospital)
        drawn += len(of_day)


def free_times(asked: Wanted, *, at_least: int) -> list[FreeTime]:
    """The earliest free times of these doctors together: whole weeks, until there are enough."""
    names = {doctor.id: doctor.name for doctor in asked.doctors}
    found: list[FreeTime] = []
    with reading() as db:
        for ahead in range(0, _FAR, _STRETCH):
            first = asked.first_day + timedelta(days=ahead)
            slots = free_slots(db, asked.doctors, first, _STRETCH)
            found += sorted(
                FreeTime(slot.starts_at, names[doctor_id], doctor_id)
                for doctor_id, of_doctor in slots.items()
                for slot in of_doctor
            )
            if len(found) >= at_least:
                break
    return found


def _by_day(found: Iterable[FreeTime], hospital: Hospital) -> list[tuple[date, list[FreeTime]]]:
    def day_of(one: FreeTime) -> date:
        return clock.day_of(one.starts_at, hospital.zone)

    return [(day, list(of_day)) for day, of_day in groupby(found, key=day_of)]


def _by_doctor(found: Iterable[FreeTime]) -> list[tuple[str, list[FreeTime]]]:
    def whose(one: FreeTime) -> tuple[str, int]:
        return one.doctor_name, one.doctor_id

    ordered = sorted(found, key=lambda one: (whose(one), one.starts_at))
    return [(name, list(own)) for (name, _), own in groupby(ordered, key=whose)]


def _row(found: Iterable[FreeTime], asked: Wanted, hospital: Hospital) -> None:
    with st.container(horizontal=True, gap="small"):
        for one in found:
            st.button(
                hour(one, hospital),
                key=f"{asked.form}/{one.doctor_id}/{one.starts_at:%Y%m%dT%H%M}",
                on_click=_keep,
                args=(f"{asked.form}/time", one),
            )


def hour(one: FreeTime, hospital: Hospital) -> str:
    """The hour as a caller is told it: 10:15 AM."""
    return f"{clock.local(one.starts_at, hospital.zone):%I:%M %p}".lstrip("0")


def confirm(
    verb: str,
    one: FreeTime,
    asked: Wanted,
    hospital: Hospital,
    *,
    note: str = "",
    held: bool = False,
) -> bool:
    """The chosen time with its one button; whether it was pressed."""
    with st.container(border=True):
        st.markdown(f"#### {plain(clock.moment_words(one.starts_at, hospital.zone))}")
        st.markdown(plain(" · ".join(filter(None, (one.doctor_name, note)))))
        if held:
            st.caption(
                ":material/front_hand: Routine booking is on hold. Take the payment, or say that "
                "it is an emergency and choose its reason."
            )
        with st.container(horizontal=True):
            pressed = st.button(
                f"{verb} {plain(hour(one, hospital))} with {plain(one.doctor_name)}",
                key=f"{asked.form}/confirm",
                type="primary",
                icon=":material/event_available:",
                disabled=held,
            )
            st.button("Another time", on_click=_keep, args=(f"{asked.form}/time", None))
    return pressed


def _keep(word: str, value: object) -> None:
    st.session_state[word] = value


def price_words(
    fees: dict[tuple[int, VisitKind], int], one: FreeTime | None, kind: VisitKind
) -> str:
    """The kind of visit and today's fee of the doctor whose time is chosen."""
    return f"{show.KIND_WORDS[kind]} · {_fee_words(fees[one.doctor_id, kind])}" if one else ""


def _fee_words(fee_paise: int) -> str:
    return rupees(fee_paise) if fee_paise else "free"


def letter_words(
    patient: Patient,
    letter: str = "A confirmation letter",
    otherwise: str = "tell the time on the phone,",
) -> str:
    """What happens about the letter, said honestly: it is queued, or somebody calls."""
    if patient.email:
        return f"{letter} is queued."
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
        st.markdown(f":material/event: {plain(when)}  \n{plain(visit.doctor.name)} · {kind}")
