"""A doctor's own calendar address: opened, shown once, and ended."""

import streamlit as st

from mediklaud import clock
from mediklaud.models import Account, CalendarFeed, Hospital
from mediklaud.repository import close_feed, open_feed
from mediklaud.ui.desk import carried, carry, record, submission_id

_SHOWN = "_feed"


def address(kept: CalendarFeed | None, me: Account, hospital: Hospital) -> None:
    """The private address under which the doctor's calendar program reads the appointments."""
    shown = carried(_SHOWN, submission_id("feed"))
    token = shown["token"] if shown and kept else ""
    title, icon = "My appointments in my own calendar", ":material/calendar_add_on:"
    with st.expander(title, icon=icon, expanded=bool(token)):
        st.caption(
            "A private address that your calendar program reads by itself. It names patients by "
            "their initials only. Whoever has the address can read it, so give it to nobody; "
            "end it here when a phone is lost."
        )
        if token:
            st.markdown("Copy it now, it is not shown again:")
            st.code(f"{_here()}/calendar/{token}.ics", language=None, wrap_lines=True)
        elif kept:
            since = f"{clock.local(kept.opened_at, hospital.zone):%d %b %Y, %H:%M}"
            st.markdown(f":green[:material/check_circle:] An address holds since {since}.")
        with st.container(horizontal=True):
            if st.button("Open a new address" if kept else "Open an address", key="open-feed"):
                with record("The address is open. An earlier one has ended.") as db:
                    carry(db, **{_SHOWN: {"token": open_feed(db, by=me)}})
            if kept and st.button("End the address", key="close-feed", icon=":material/link_off:"):
                with record("The address has ended.") as db:
                    close_feed(db, by=me)
                    carry(db, **{_SHOWN: None})


def _here() -> str:
    url = st.context.url or ""
    return "/".join(url.split("/")[:3])
