"""An invented hospital."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class DemoAccount:
    username: str
    name: str
    what: str


DEMO_ACCOUNTS: tuple[DemoAccount, ...] = ()


def demo_password() -> str:
    return ""


def load_demo(*, progress: Callable[[float], None] = lambda part: None) -> None:
    """"""
