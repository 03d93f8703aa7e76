"""The time that is held for this desk: chosen, shown with what is left of it, given back.

A click only notes what it asks for; the deed is done in the next run, before anything is
drawn of it. What is held is kept in the database, and asked for anew at every run.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Hold, Hospital, VisitKind
from mediklaud.repository import (
    HOLD_MINUTES,
    FreeTime,
    doctor_with,
    extend_hold,
    hold_time,
    own_hold,
    release_hold,
)
from mediklaud.ui import countdown, show
from mediklaud.ui.desk import meanwhile, sitting
from mediklaud.ui.plain import plain
from mediklaud.ui.wishes import Wanted

# Where a desk remembers the time it holds.
HELD = "_held"
_MORE, _LET_GO = "more", "let go"


@dataclass(frozen=True)
class Chosen:
    """The time that waits to be confirmed, in UTC, and the hold that keeps it.

    `call` is the form of the page on which it was chosen. It `lasts` while the database
    keeps it for this desk.
    """

    call: str
    doctor_id: int
    doctor_name: str
    starts_at: datetime
    kind: VisitKind
    hold: str
    until: datetime
    extended: bool = False
    lasts: bool = True

    def kept_by(self, hold: Hold | None) -> "Chosen":
        """The same time as the database keeps it for this desk now."""
        if hold is None or hold.form != self.hold:
            return replace(self, lasts=False)
        return replace(self, until=hold.expires_at, extended=hold.extended, lasts=True)


def chosen_time(asked: Wanted) -> Chosen | None:
    """The time this desk holds and has to confirm, after what was clicked last is done."""
    chosen: Chosen | None = st.session_state.get(HELD)
    if chosen and chosen.call != asked.form:
        let_go()
        chosen = None
    wish = st.session_state.pop(_wish(asked.form), None)
    if wish == _LET_GO:
        let_go()
        return None
    if chosen and wish == _MORE:
        _extend(chosen)
    elif isinstance(wish, FreeTime):
        chosen = _hold(asked, wish.doctor_id, wish.starts_at) or chosen
    elif chosen and chosen.kind is not asked.kind and _sees(asked, chosen):
        # Another kind of visit has another length, so its time is asked for anew.
        before, chosen = chosen, _hold(asked, chosen.doctor_id, chosen.starts_at)
        if chosen is None:
            _release(before)
    if chosen:
        with reading() as db:
            chosen = chosen.kept_by(own_hold(db, by=sitting(db)))
    st.session_state[HELD] = chosen
    return chosen


def _sees(asked: Wanted, chosen: Chosen) -> bool:
    return chosen.doctor_id in {one.id for one in asked.doctors}


def _hold(asked: Wanted, doctor_id: int, starts_at: datetime) -> Chosen | None:
    """Hold a time for this desk; what is refused is said, and what was held stays held."""
    form = f"{asked.form}/{doctor_id}/{starts_at:%Y%m%dT%H%M}/{asked.kind.value}"
    held = None
    with meanwhile() as db:
        doctor = doctor_with(db, doctor_id)
        held = hold_time(db, doctor, starts_at, asked.kind, form=form, by=sitting(db))
    if held is None:
        return None
    return Chosen(asked.form, doctor_id, doctor.name, starts_at, asked.kind, form, held.expires_at)


def _extend(chosen: Chosen) -> None:
    with meanwhile() as db:
        extend_hold(db, chosen.hold, by=sitting(db))


def _release(chosen: Chosen) -> None:
    with meanwhile() as db:
        release_hold(db, chosen.hold, by=sitting(db))


def let_go() -> None:
    """Give back what this desk holds, if anything; the menu does it when the page is left."""
    chosen: Chosen | None = st.session_state.pop(HELD, None)
    if chosen:
        _release(chosen)


def is_asked(form: str) -> bool:
    """Whether a click waits to be done by the next run of the page."""
    return _wish(form) in st.session_state


def ask(form: str, wish: object) -> None:
    """Note what a click asks for: a free time to be held, or what becomes of the one held."""
    st.session_state[_wish(form)] = wish


def _wish(form: str) -> str:
    return f"{form}/wish"


def _pressed(form: str) -> str:
    return f"{form}/pressed"


def _press(form: str, hold: str) -> None:
    st.session_state[_pressed(form)] = hold


def hour(moment: datetime, hospital: Hospital) -> str:
    """The hour as a caller is told it: 10:15 AM."""
    return f"{clock.local(moment, hospital.zone):%I:%M %p}".lstrip("0")


def confirm(
    verb: str,
    one: Chosen,
    asked: Wanted,
    hospital: Hospital,
    *,
    note: str = "",
    missing: str = "",
) -> bool:
    """The chosen time with its one button, pressed or not; `missing` says what it waits for."""
    # Noted by the click itself: a second one still counts when the first has used the hold.
    pressed = st.session_state.pop(_pressed(asked.form), None) == one.hold
    with st.container(border=True, key="confirm"):
        moment = clock.moment_words(one.starts_at, hospital.zone)
        st.subheader(plain(moment), anchor=False)
        words = (one.doctor_name, note or show.KIND_WORDS[one.kind])
        st.markdown(" · ".join(map(plain, words)))
        if missing:
            st.caption(f":material/front_hand: {missing}")
        if one.lasts:
            _buttons(verb, one, asked, hospital, ready=not missing)
        elif not pressed:
            _ran_out(one, asked)
    return pressed and not missing


def _buttons(verb: str, one: Chosen, asked: Wanted, hospital: Hospital, *, ready: bool) -> None:
    st.button(
        f"{verb} {plain(hour(one.starts_at, hospital))} with {plain(one.doctor_name)}",
        key=f"{one.hold}/confirm",
        type="primary",
        icon=":material/event_available:",
        disabled=not ready,
        shortcut="Ctrl+Enter",
        on_click=_press,
        args=(asked.form, one.hold),
        wrap=True,
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        countdown.own("Held for you,", one.until, "own-hold")
        st.button(
            f"{HOLD_MINUTES} minutes more",
            on_click=ask,
            args=(asked.form, _MORE),
            disabled=one.extended,
            help="Once for each time that is held.",
        )
        st.button("Another time", on_click=ask, args=(asked.form, _LET_GO))


def _ran_out(one: Chosen, asked: Wanted) -> None:
    ended = (
        f"Your hold on this time ran out after {HOLD_MINUTES} minutes. Nothing is booked."
        if one.until <= clock.now()
        else "This time is not held for you any more."
    )
    st.warning(
        f"{ended} Hold it again if it is still free, or choose another time.",
        icon=":material/timer_off:",
    )
    again = FreeTime(one.starts_at, one.starts_at, one.doctor_id)
    with st.container(horizontal=True):
        st.button(
            "Hold it again",
            type="primary",
            icon=":material/replay:",
            on_click=ask,
            args=(asked.form, again),
        )
        st.button("Another time", on_click=ask, args=(asked.form, _LET_GO))
