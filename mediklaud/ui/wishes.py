"""What the caller wants: whose time, for what kind of visit, from which day, at what hours."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Doctor, Hospital, Patient, VisitKind, WorkingSession
from mediklaud.money import rupees
from mediklaud.repository import FURTHEST_DAYS, Wishes, fees_today, follow_ups_left, sessions_of
from mediklaud.ui import choose, show
from mediklaud.ui.desk import sitting
from mediklaud.ui.plain import plain

_ANYBODY = "Any doctor"
_NOON = 12 * 60
# The halves of a day, in minutes after midnight.
HALVES = {"Morning": (0, _NOON), "Afternoon": (_NOON, clock.MINUTES_A_DAY)}
_HOURS = {"Any hour": (0, clock.MINUTES_A_DAY), **HALVES}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Wanted:
    """Whose time the caller wants, and which; what is chosen of it is kept under `form`."""

    doctors: tuple[Doctor, ...]
    first_day: date
    form: str
    kind: VisitKind = VisitKind.FIRST
    wishes: Wishes = field(default_factory=Wishes)

    def name_of(self, doctor_id: int) -> str:
        """The name of one of the doctors."""
        return next(one.name for one in self.doctors if one.id == doctor_id)


def wanted(
    doctors: Sequence[Doctor],
    form: str,
    hospital: Hospital,
    *,
    whose: str = "",
    kind: VisitKind = VisitKind.FIRST,
) -> Wanted:
    """Ask for one doctor, or any of a specialty, in one list searched by typing; and when."""
    options = _options(doctors)
    own = next((words for words in options if whose and words.endswith(f"· {whose}")), None)
    today = clock.today(hospital.zone)
    furthest = today + timedelta(days=FURTHEST_DAYS)
    left, right = st.columns([3, 2])
    with left.container(key="whom"):
        words = choose.one("Doctor or specialty", list(options), form, chosen=own)
    with right:
        first = choose.day("Earliest from", form, value=today, first=today, last=furthest)
    found = options.get(words or "", ())
    return Wanted(found, first or today, form, kind, _wishes(form) if found else Wishes())


def _options(doctors: Sequence[Doctor]) -> dict[str, tuple[Doctor, ...]]:
    anybody = {_ANYBODY: tuple(doctors)} if len(doctors) > 1 else {}
    specialties = sorted({doctor.specialty for doctor in doctors})
    return {
        **anybody,
        **{f"{one.name} · {one.specialty} · {one.number}": (one,) for one in doctors},
        **{
            f"{_ANYBODY} of {word}": tuple(one for one in doctors if one.specialty == word)
            for word in specialties
        },
    }


def _wishes(form: str) -> Wishes:
    with st.container(horizontal=True, gap="small"):
        hours = st.segmented_control(
            "Time of day",
            list(_HOURS),
            default="Any hour",
            required=True,
            key=f"{form}/Time of day",
            label_visibility="collapsed",
            wrap=True,
        )
        # None chosen: any day of the week suits.
        days = st.segmented_control(
            "Weekdays",
            range(len(WEEKDAYS)),
            selection_mode="multi",
            format_func=WEEKDAYS.__getitem__,
            key=f"{form}/Weekdays",
            label_visibility="collapsed",
            wrap=True,
        )
    begins, ends = _HOURS[hours]
    return Wishes(frozenset(days or range(len(WEEKDAYS))), begins, ends)


def of_kind(asked: Wanted, patient: Patient | None = None) -> Wanted:
    """Ask for the kind of visit, with its length and price where these doctors agree on them.

    A kind is offered where a doctor has a price for it and a session that sees it; the
    doctors who do not see the chosen kind are left out. Until the clerk chooses another kind,
    it is a follow-up where a free or cheaper one is left for this patient with the one doctor.
    """
    if not asked.doctors:
        return asked
    ids = [one.id or 0 for one in asked.doctors]
    with reading() as db:
        fees = fees_today(db, ids)
        sessions = sessions_of(db, ids, on_or_after=asked.first_day)
    seen = {kind: _seeing(kind, asked.doctors, fees, sessions) for kind in VisitKind}
    offered = [kind for kind in VisitKind if seen[kind]]
    if not offered:
        st.info("No weekly session is open here any more. Choose another doctor.")
        return replace(asked, doctors=())

    def shown(kind: VisitKind) -> str:
        own = {one.id for one in seen[kind]}
        minutes = {one.minutes_of(kind) for one in sessions if one.doctor_id in own} - {None}
        prices = {fees[one.id or 0, kind] for one in seen[kind]}
        length = f"{minutes.pop()} min" if len(minutes) == 1 else ""
        price = fee_words(prices.pop()) if len(prices) == 1 else ""
        return " · ".join(filter(None, (show.KIND_WORDS[kind], length, price)))

    usual = _usual(asked, patient, offered)
    kind = _kind(usual, offered, asked.form, shown)
    return replace(asked, kind=kind, doctors=tuple(seen[kind]))


def _usual(asked: Wanted, patient: Patient | None, offered: Sequence[VisitKind]) -> VisitKind:
    if patient and len(asked.doctors) == 1 and VisitKind.FOLLOW_UP in offered:
        with reading() as db:
            whose, day = asked.doctors[0].id or 0, asked.first_day
            if follow_ups_left(db, patient.id or 0, whose, day, by=sitting(db)):
                return VisitKind.FOLLOW_UP
    return offered[0]


def _kind(
    usual: VisitKind,
    offered: Sequence[VisitKind],
    form: str,
    shown: Callable[[VisitKind], str],
) -> VisitKind:
    """The kind the clerk chose, or else the usual one, which another doctor or patient changes."""
    own, begun = f"{form}/own kind", f"{form}/kind begins"
    chosen = st.session_state.get(own)
    before, begins = st.session_state.get(begun, (None, None))
    if before != usual or begins not in offered:
        begins = chosen if chosen in offered else usual
        st.session_state[begun] = usual, begins
    # The field is another one for each usual kind, so that it begins anew.
    kind = choose.few("Visit", offered, f"{form}/{usual.value}", shown=shown, chosen=begins)
    if chosen or kind != begins:
        st.session_state[own] = kind
    return kind


def _seeing(
    kind: VisitKind,
    doctors: Sequence[Doctor],
    fees: Mapping[tuple[int, VisitKind], int],
    sessions: Sequence[WorkingSession],
) -> list[Doctor]:
    open_to_it = {one.doctor_id for one in sessions if one.minutes_of(kind) is not None}
    return [one for one in doctors if one.id in open_to_it and (one.id or 0, kind) in fees]


def fee_words(fee_paise: int) -> str:
    """A fee as the caller is told it."""
    return rupees(fee_paise) if fee_paise else "free"


def nothing_free(asked: Wanted, waitlist: str) -> None:
    """Say that nothing suits, and what to do next; `waitlist` is its page, or empty."""
    narrowed = asked.wishes != Wishes()
    looser = "Ask for other hours or weekdays, or choose" if narrowed else "Choose"
    st.info(
        plain(
            f"Nothing suits within {FURTHEST_DAYS} days of booking. {looser} another doctor or "
            "the whole specialty" + (", or put the patient on the waitlist." if waitlist else ".")
        ),
        icon=":material/event_busy:",
    )
    if waitlist and st.button("Put on the waitlist", icon=":material/hourglass_top:"):
        st.switch_page(waitlist)
