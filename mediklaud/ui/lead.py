"""The keyboard's way through a screen: the field or button with which the desk goes on."""

from pathlib import Path

import streamlit as st

_MOUNT = st.components.v2.component(
    "mediklaud_lead",
    html="<span class='lead'></span>",
    js=(Path(__file__).parent / "lead.js").read_text("utf-8"),
)


def on(to: str, step: str) -> None:
    """Put the keyboard's focus on what a CSS selector names, once for each step."""
    _MOUNT(key="lead", data={"to": to, "step": step}, height=1)
