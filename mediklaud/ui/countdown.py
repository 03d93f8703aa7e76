"""What is left of a time that is held, counted down in the browser without asking the server."""

from datetime import datetime
from pathlib import Path

import streamlit as st

from mediklaud import clock

_HERE = Path(__file__).parent
_MOUNT = st.components.v2.component(
    "mediklaud_countdown",
    html="<div class='countdown' role='timer'><span></span><span></span></div>",
    css=(_HERE / "countdown.css").read_text("utf-8"),
    js=(_HERE / "countdown.js").read_text("utf-8"),
)


def own(words: str, until: datetime, key: str) -> None:
    """What this desk holds."""
    _draw(words, until, "own", key)


def chip(words: str, until: datetime, key: str) -> None:
    """What another desk holds, in the place of the button that it would be."""
    _draw(words, until, "chip", key)


def _draw(words: str, until: datetime, look: str, key: str) -> None:
    left = max(0, int((until - clock.now()).total_seconds()))
    data = {"words": words, "left": left, "look": look}
    # At its end the page, or the fragment it stands in, is drawn anew.
    _MOUNT(key=key, data=data, width="content", on_over_change=lambda: None)
