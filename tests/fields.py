"""What a person sees of a page, found by the words on it."""

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Node

from mediklaud.models import Role
from mediklaud.ui import menu


def field(desk: AppTest, label: str) -> Node:
    """The one field or button with this label."""
    found = [node for node in _drawn(desk) if getattr(node, "label", None) == label]
    assert len(found) == 1, f"{label!r} stands {len(found)} times on the page"
    return found[0]


def has(desk: AppTest, label: str) -> bool:
    """Whether a field or button with this label is there."""
    return any(getattr(node, "label", None) == label for node in _drawn(desk))


def fill(desk: AppTest, **typed: object) -> None:
    """Type into fields; a name's underscores are the label's blanks."""
    for word, value in typed.items():
        field(desk, word.replace("_", " ")).set_value(value)


def press(desk: AppTest, label: str) -> AppTest:
    """Press a button and let the page run."""
    return field(desk, label).click().run()


def beside(desk: AppTest, label: str) -> str:
    """The refusal drawn directly after a field; empty where none is."""
    drawn = _drawn(desk)
    after = drawn[drawn.index(field(desk, label)) + 1]
    return after.value if after.type == "error" else ""


def open_every_menu(patch: pytest.MonkeyPatch) -> None:
    """Put every page into everybody's menu, so that only the page's own door is left."""
    pages_of = menu.pages_of
    patch.setattr(menu, "pages_of", lambda _roles: pages_of(frozenset(Role)))


def _drawn(desk: AppTest) -> list[Node]:
    return [node for node in desk.main if not isinstance(node, Block)]
