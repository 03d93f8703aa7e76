"""Files to take along: each is read and drawn on the click, for the sign-in that clicks."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import streamlit as st
from sqlmodel import Session

from mediklaud.handouts import hand_out
from mediklaud.models import Account
from mediklaud.permissions import Deed
from mediklaud.repository import live_account, permit
from mediklaud.ui.desk import see, token

Some = TypeVar("Some")
# What a file is made of, as the account that asks may read it.
Read = Callable[[Session, Account], Some]
# What a browser and a desk are told of a file by its ending.
_KINDS = {
    "pdf": ("application/pdf", ":material/picture_as_pdf:"),
    "csv": ("text/csv", ":material/download:"),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ":material/download:",
    ),
}


def button(
    label: str, read: Read[Some], draw: Callable[[Some], bytes], *, name: str, **options: Any
) -> None:
    """A button for a file of this name, of which nothing is read before the click.

    Bytes given to the page would lie at an address that asks nobody.
    """
    mime, icon = _KINDS[name.rpartition(".")[2]]
    st.download_button(
        label,
        data=partial(made, token(), read, draw),
        file_name=name,
        mime=mime,
        on_click="ignore",
        **{"icon": icon, **options},
    )


def made(held: str, read: Read[Some], draw: Callable[[Some], bytes]) -> bytes:
    """The file for the sign-in that asks; refuses one that has ended or may not.

    It is drawn when the look at the database is over.
    """
    return hand_out(draw(see(lambda db: read(db, live_account(db, held)), held)), held)


def shown(what: Some, deed: Deed) -> Read[Some]:
    """What stands on the screen already, for whoever may see it still."""

    def read(db: Session, me: Account) -> Some:
        permit(db, me, deed)
        return what

    return read
