"""Free times as buttons, by day and doctor, and in their place what other desks hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

import streamlit as st

from mediklaud import clock
from mediklaud.config import ROOT
from mediklaud.database import reading
from mediklaud.errors import NotPermitted, SignedOut
from mediklaud.models import Hospital
from mediklaud.repository import FreeTime, HeldTime, first_free, held_times
from mediklaud.ui import countdown, holding, wishes
from mediklaud.ui.desk import sitting
from mediklaud.ui.plain import plain
from mediklaud.ui.wishes import Wanted

# A screenful; the rest of a row that was begun is shown as well.
_AT_ONCE = 24
# Where several doctors are asked, so many of each a day until more of one are asked for.
_OF_EACH = 6
# How often the times are looked at anew: what another desk takes is seen about as soon.
_EVERY_SECONDS = 5
_WAITLIST = "pages/front_desk/waitlist.py"


@dataclass(frozen=True, order=True)
class _Place:
    """A place in the list: a free time's button, or who holds it."""

    starts_at: datetime
    doctor_id: int
    free: FreeTime | None = None
    held: HeldTime | None = None


def times(asked: Wanted, hospital: Hospital) -> None:
    """Free times as buttons, the earliest days first; a click holds one for this desk.

    The list looks anew by itself, and only the list: what is typed or focused elsewhere stays,
    and it does not count as somebody sitting here, so the desk still falls idle.
    """
    with st.container(key="times"):
        st.fragment(_draw, run_every=_EVERY_SECONDS)(asked, hospital)


def _draw(asked: Wanted, hospital: Hospital) -> None:
    if holding.is_asked(asked.form):
        st.rerun()
    limit = int(st.session_state.get(f"{asked.form}/limit", _AT_ONCE))
    try:
        places = _places(asked, hospital, limit + 1)
    except (SignedOut, NotPermitted):
        # The whole page, so that its door says why.
        st.rerun()
    if not places:
        waitlist = _WAITLIST if (ROOT / _WAITLIST).exists() else ""
        wishes.nothing_free(asked, waitlist)
    drawn = 0
    for day, of_day in _by_day(places, hospital):
        if drawn >= limit:
            _more(f"{asked.form}/limit", limit + _AT_ONCE, "More days", "expand_more")
            return
        st.markdown(f"**{plain(clock.day_words(day))}**")
        for doctor_id, row in _by_doctor(of_day):
            if drawn >= limit:
                _more(f"{asked.form}/limit", limit + _AT_ONCE, "More doctors", "expand_more")
                return
            if len(asked.doctors) > 1:
                st.caption(plain(asked.name_of(doctor_id)))
            drawn += _row(row, asked, hospital, f"{asked.form}/{day}/{doctor_id}/all")
    if sum(one.free is not None for one in places) > limit:
        _more(f"{asked.form}/limit", limit + _AT_ONCE, "More days", "expand_more")


def _places(asked: Wanted, hospital: Hospital, at_least: int) -> list[_Place]:
    """Free times and held ones together, in order, as far as the free ones reach."""
    with reading() as db:
        me = sitting(db)
        free = first_free(
            db,
            asked.doctors,
            asked.kind,
            first_day=asked.first_day,
            wishes=asked.wishes,
            at_least=at_least,
            clerk=me,
        )
        held = held_times(db, [one.id or 0 for one in asked.doctors], by=me)
    last = clock.day_of(free[-1].starts_at, hospital.zone) if free else date.max
    suit = [
        one
        for one in held
        if asked.wishes.fit(one.slot, hospital.zone)
        and asked.first_day <= clock.day_of(one.slot.starts_at, hospital.zone) <= last
    ]
    places = [_Place(one.starts_at, one.doctor_id, free=one) for one in free]
    places += [_Place(one.slot.starts_at, one.doctor_id, held=one) for one in suit]
    return sorted(places, key=lambda one: (one.starts_at, one.doctor_id))


def _by_day(places: Iterable[_Place], hospital: Hospital) -> list[tuple[date, list[_Place]]]:
    def day_of(one: _Place) -> date:
        return clock.day_of(one.starts_at, hospital.zone)

    return [(day, list(of_day)) for day, of_day in groupby(places, key=day_of)]


def _by_doctor(of_day: Sequence[_Place]) -> list[tuple[int, list[_Place]]]:
    """The rows of a day, whoever is free first at the top."""
    rows: dict[int, list[_Place]] = {}
    for one in of_day:
        rows.setdefault(one.doctor_id, []).append(one)
    return list(rows.items())


def _row(row: Sequence[_Place], asked: Wanted, hospital: Hospital, key: str) -> int:
    everything = len(asked.doctors) == 1 or st.session_state.get(key)
    shown = row if everything else row[:_OF_EACH]
    with st.container(horizontal=True, gap="xsmall"):
        for one in shown:
            _place(one, asked, hospital)
        if len(row) > len(shown):
            _more(key, True, f"{len(row) - len(shown)} more", "more_horiz")
    return len(shown)


def _place(one: _Place, asked: Wanted, hospital: Hospital) -> None:
    words = holding.hour(one.starts_at, hospital)
    key = f"{asked.form}/{one.doctor_id}/{one.starts_at:%Y%m%dT%H%M}"
    if one.held:
        countdown.chip(f"{words} · held by {one.held.clerk},", one.held.expires_at, f"{key}/held")
    else:
        own: holding.Chosen | None = st.session_state.get(holding.HELD)
        is_own = own and (own.doctor_id, own.starts_at) == (one.doctor_id, one.starts_at)
        st.button(
            words,
            key=key,
            type="primary" if is_own and own.lasts else "secondary",
            on_click=holding.ask,
            args=(asked.form, one.free),
        )


def _more(key: str, value: object, words: str, icon: str) -> None:
    st.button(
        words, key=f"{key}/more", icon=f":material/{icon}:", on_click=_keep, args=(key, value)
    )


def _keep(key: str, value: object) -> None:
    st.session_state[key] = value
