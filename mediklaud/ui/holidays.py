"""What is said of the hospital's holidays."""

import streamlit as st

from mediklaud import clock
from mediklaud.models import Holiday


def declared_words(holiday: Holiday, booked: int) -> str:
    """What is said of a holiday just declared: who is booked on it is somebody's work."""
    todo = f"Appointments to be moved: {booked}." if booked else "Nobody is booked on it."
    return f"{holiday.name} is declared: {clock.day_words(holiday.day)}. {todo}"


def booked(count: int) -> None:
    """How many appointments lie on a holiday."""
    if count:
        st.warning(f"Booked on it and to be moved: {count}", icon=":material/event_busy:")
    else:
        st.caption("Nobody is booked on it.")
