"""A person at a desk, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mediklaud.database import transaction
from mediklaud.repository import account_named, begin_sign_in
from mediklaud.ui import front_door

HOME = Path(__file__).parents[1] / "Home.py"


def sit(patch: pytest.MonkeyPatch, username: str, page: str = "") -> AppTest:
    """A signed-in person's desk, with a page such as finance/dues open; no mailroom runs."""
    patch.setattr(front_door, "open_house", lambda: None)
    with transaction() as db:
        token = begin_sign_in(db, account_named(db, username))
    desk = AppTest.from_file(HOME, default_timeout=30)
    desk.session_state["username"] = token
    desk.run()
    return desk.switch_page(f"pages/{page}.py").run() if page else desk
