"""An authenticator app, as the phone in somebody's pocket shows it."""

from datetime import timedelta

import pyotp

from mediklaud import clock


def code_now(secret: str, *, steps: int = 0) -> str:
    """The six figures that the app shows now, or so many half minutes later."""
    return pyotp.TOTP(secret).at(clock.now() + timedelta(seconds=30 * steps))
