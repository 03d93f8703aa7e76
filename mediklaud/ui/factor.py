"""The second factor on the screen: the picture an app reads, and recovery codes shown once."""

from collections.abc import Sequence

import segno
import streamlit as st

from mediklaud.ui.desk import beside

# Where recovery codes wait to be shown.
RECOVERY_CODES = "_recovery_codes"


def show_secret(form: str, secret: str, address: str) -> tuple[str, bool]:
    """A form with the picture, the secret to type where no camera is, and a field to confirm.

    Returns what was typed and whether it was sent. The picture is drawn into the page itself,
    so no address of the server gives it out.
    """
    with st.form(f"{form}/factor", border=True):
        picture, words = st.columns([1, 1.4], vertical_alignment="center", gap="large")
        with picture:
            st.image(_picture(address), width=220, alt="The secret as a picture for an app")
        with words:
            st.markdown("**1.** Open an authenticator app on your phone and scan the picture.")
            st.caption("Without a camera, type this into the app:")
            st.code(_in_groups(secret), language=None, wrap_lines=True)
            st.markdown("**2.** Type the six figures that the app shows now.")
            typed = st.text_input(
                "Code from the app",
                key=f"{form}/Code from the app",
                autocomplete="one-time-code",
                placeholder="123456",
            )
            beside("Code from the app")
            asked = st.form_submit_button("Set it up", type="primary")
    return typed, asked


def keep_recovery_codes(codes: Sequence[str]) -> None:
    """Let the next runs show them, until the person says they are kept."""
    st.session_state[RECOVERY_CODES] = list(codes)


def recovery_codes_shown() -> bool:
    """Show recovery codes that were just made, in place of any page; False where there are none."""
    codes = st.session_state.get(RECOVERY_CODES)
    if not codes:
        return False
    st.subheader("Your recovery codes", anchor=False)
    st.write(
        "Without your phone, each of these opens your account once in place of the app's code. "
        "Write them down or print this page, and keep them away from the phone."
    )
    with st.container(border=True, width=420):
        st.code("\n".join(codes), language=None)
    st.caption("They are shown this once and kept nowhere in clear.")
    st.button("I have kept them", type="primary", icon=":material/check:", on_click=_kept)
    return True


def _kept() -> None:
    st.session_state.pop(RECOVERY_CODES, None)


def _picture(address: str) -> str:
    # Light behind it in both themes: many cameras read no light code on dark.
    made: str = segno.make(address, error="m", micro=False).svg_inline(
        scale=6, border=4, dark="#000000", light="#ffffff"
    )
    return made


def _in_groups(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
