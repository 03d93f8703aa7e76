"""Tokens in type that is read from afar: the waiting room's board, and the one just given."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.errors import NotPermitted, Refusal, SignedOut
from mediklaud.models import Appointment, Doctor, Hospital
from mediklaud.repository import BoardLine, board
from mediklaud.ui.desk import watching
from mediklaud.ui.plain import plain

_HERE = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "mediklaud_tokens",
    html="<div class='tokens' aria-live='polite'></div><p class='foot'></p>",
    css=(_HERE / "tokens.css").read_text("utf-8"),
    js=(_HERE / "tokens.js").read_text("utf-8"),
)
EVERY_SECONDS = 10
# So many doctors fit on a screen in this type; where there are more, they take turns.
_AT_ONCE = 4
# So many are called in next; the rest is a number.
_NEXT = 3


def make_room() -> None:
    """The menu folds away: a screen on the wall is for the tokens."""
    st.set_page_config(initial_sidebar_state="collapsed")


def whose(doctors: Sequence[Doctor]) -> list[int]:
    """The doctors this screen shows, where a waiting room is not everybody's."""
    with st.popover("Doctors on this screen", icon=":material/tune:", type="tertiary"):
        chosen = st.multiselect(
            "Doctors",
            doctors,
            format_func=lambda doctor: f"{doctor.name} · {doctor.specialty}",
            key="board/doctors",
            placeholder="All who have a session today",
        )
    return [doctor.id or 0 for doctor in chosen]


def hang(doctor_ids: Sequence[int], hospital: Hospital) -> None:
    """The board, drawn anew by itself; whoever loses access loses it with the next drawing."""
    st.fragment(_draw, run_every=EVERY_SECONDS)(doctor_ids, hospital)


def _draw(doctor_ids: Sequence[int], hospital: Hospital) -> None:
    try:
        with reading() as db:
            lines = board(db, by=watching(db))
    except (SignedOut, NotPermitted):
        # The whole page, so that its door says why.
        st.rerun()
    except Refusal as refusal:
        st.error(plain(str(refusal)), icon=":material/sync_problem:")
        st.caption(f"The board tries again every {EVERY_SECONDS} seconds.")
        return
    shown = [line for line in lines if not doctor_ids or line.doctor_id in doctor_ids]
    if not shown:
        st.info("No doctor has a session today, and nobody waits.", icon=":material/chair:")
        return
    cards, foot = in_turn(shown, hospital)
    _MOUNT(key="board", data={"cards": cards, "foot": foot})


def in_turn(lines: Sequence[BoardLine], hospital: Hospital) -> tuple[list[dict[str, Any]], str]:
    """A screenful of doctors, another one at every drawing, and the hour below them."""
    seconds = int(clock.now().timestamp())
    pages = -(-len(lines) // _AT_ONCE)
    page, at_once = seconds // EVERY_SECONDS % pages, -(-len(lines) // pages)
    of_page = lines[page * at_once : (page + 1) * at_once]
    hour = f"{clock.local(clock.now(), hospital.zone):%H:%M}"
    turn = f" · screen {page + 1} of {pages}" if pages > 1 else ""
    return [_card(line, hospital) for line in of_page], f"{hour}{turn}"


def _card(line: BoardLine, hospital: Hospital) -> dict[str, Any]:
    more = len(line.waiting) - _NEXT
    begins_at = line.session_begins_at
    session = begins_at and f"session of {clock.hour_words(begins_at, hospital.zone)}"
    waiting = f"and {more} more wait" if more > 0 else "" if line.waiting else "Nobody waits"
    return {
        "doctor": line.doctor_name,
        "more": " · ".join(filter(None, (line.specialty, session))),
        "now_label": "Now",
        "now": None if line.now is None else str(line.now),
        "next_label": "Next" if line.waiting else "",
        "next": [str(token) for token in line.waiting[:_NEXT]],
        "waiting": waiting,
    }


def ticket(given: Appointment, doctor: Doctor, hospital: Hospital) -> dict[str, Any]:
    """What the desk remembers of a token just given, to show it once."""
    hour = clock.hour_words(given.starts_at, hospital.zone)
    return {"doctor": doctor.name, "more": f"about {hour}", "token": str(given.token)}


def last_ticket(kept: dict[str, Any] | None) -> None:
    """The token just given, large enough to be read across the desk."""
    if kept:
        words = {"doctor": kept["doctor"], "more": kept["more"], "now_label": "Token"}
        card = {**words, "now": kept["token"], "ticket": True}
        _MOUNT(key="ticket", data={"cards": [card], "foot": ""})
