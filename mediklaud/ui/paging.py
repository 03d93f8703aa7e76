"""A long list, page by page."""

import streamlit as st


def first_row(key: str) -> int:
    """Which row the page shown begins with; 0 until the person turns it."""
    return (st.session_state.get(key, 1) - 1) * ROWS


def turn(key: str, count: int) -> None:
    """The page numbers below a list, where one page does not hold it all."""
    if count > ROWS:
        st.pagination(-(-count // ROWS), key=key)
        st.caption(f"{count} in all")


ROWS = 50
