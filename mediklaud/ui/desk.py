"""Opening a desk's page, and recording one deed from it."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import streamlit as st
from sqlmodel import Session

from mediklaud import clock
from mediklaud.database import reading, transaction
from mediklaud.errors import Refusal, SignedOut
from mediklaud.models import Account, Role
from mediklaud.repository import (
    ToBeWrittenDown,
    Try,
    begin_own_try,
    end_own_try,
    is_stale,
    live_account,
    note_seen,
    roles_of,
    watching_account,
)
from mediklaud.ui.plain import plain

Seen = TypeVar("Seen")
_FORMS, _TOLD, _BESIDE = "_forms", "_told", "_beside"
_DOUBLE_CLICK = timedelta(seconds=1)


def token() -> str:
    """The sign-in this browser carries; empty when signed out."""
    return st.session_state.get("username") or ""


def open_desk(title: str, *roles: Role, hangs: bool = False) -> Account:
    """Draw the page's head and return the signed-in account, or stop the page.

    With roles named, an account that holds none of them is told so. The deed checks its
    permission again: this door is a courtesy. What hangs on a wall opens for a sign-in that
    fell idle too, and does not keep it from falling idle.
    """
    with reading() as db:
        me = watching(db) if hangs else sitting(db)
        stale = not hangs and is_stale(db, token())
        held = roles_of(db, me)
    if stale:
        with transaction() as db:
            note_seen(db, token())
    st.title(title, anchor=False)
    st.session_state[_BESIDE] = {}
    if roles and not held & set(roles):
        st.error("This page belongs to another role. Choose one of yours in the menu.")
        st.stop()
    _tell()
    return me


def submission_id(form: str = "form") -> str:
    """The id of a form as it is shown now: in its key, and in the deed's unique column.

    It changes when a deed of this page was recorded, so a second click on what was shown
    before is the same deed, and the next form starts empty.
    """
    forms = st.session_state.setdefault(_FORMS, {})
    return str(forms.setdefault(form, uuid.uuid4().hex))


def fresh_forms() -> None:
    """Let every form start anew; the menu does it when another page is opened."""
    st.session_state.pop(_FORMS, None)


def sitting(db: Session) -> Account:
    """The account that sits at this desk, asked anew; refuses one that is signed out."""
    return live_account(db, token())


def watching(db: Session) -> Account:
    """Whose sign-in shows what hangs on the wall, though nobody touches it."""
    return watching_account(db, token())


def see(read: Callable[[Session], Seen], held: str = "") -> Seen:
    """What a verb that opens a patient's record brings; a row is written where one is due.

    First a look that waits for nobody. Where the log has no row of this reading yet, it is
    read anew in one transaction with its row. Nothing of Streamlit may be called inside.
    A download says for which sign-in, since it has no page.
    """
    try:
        with reading() as db:
            return read(db)
    except ToBeWrittenDown:
        with transaction() as db:
            live_account(db, held or token())
            return read(db)


@contextmanager
def meanwhile() -> Iterator[Session]:
    """One deed in one transaction while a form is being filled in: the page just goes on.

    As with `record`, nothing of Streamlit may be called inside the block. What is refused is
    shown, and nothing is written.
    """
    try:
        with transaction() as db:
            sitting(db)
            yield db
    except Refusal as refusal:
        refuse(refusal)


@contextmanager
def record(
    done: str = "", *, ends: str | None = None, tried: Try | None = None
) -> Iterator[Session]:
    """One deed in one transaction; its refusal is shown beside the field it speaks of.

    Nothing of Streamlit may be called inside the block, since every call is a point where
    the run can be cut off. When the block is written, the page starts anew and says `done`,
    or what the block said with `say`. It ends every form of the page, or the one named. A
    deed that judges the own password is told the try that was counted for it (`own_try`).
    """
    # Fetched before the deed, since every touch of the session's state is such a point too:
    # a click that comes while the deed is written would keep the old form, and the next
    # payment on it would be taken for the same one.
    forms, told = (st.session_state.setdefault(word, {}) for word in (_FORMS, _TOLD))
    try:
        with transaction() as db:
            sitting(db)
            yield db
            sentence, carried = db.info.get("say", done), db.info.get("carry", {})
    except SignedOut as refusal:
        st.error(plain(str(refusal)))
    except Refusal as refusal:
        if tried is not None:
            with transaction() as db:
                end_own_try(db, sitting(db), tried, refusal)
        refuse(refusal)
    else:
        told.clear()
        told.update(sentence=sentence, carried=carried)
        for form in list(forms) if ends is None else [ends]:
            forms.pop(form, None)
        st.rerun()


def own_try() -> Try:
    """Count a try at the own password, before the deed that judges it."""
    with transaction() as db:
        return begin_own_try(db, sitting(db))


def say(db: Session, sentence: str) -> None:
    """What the page says once the deed is written."""
    db.info["say"] = sentence


def carry(db: Session, **kept: Any) -> None:
    """What the page remembers once the deed is written."""
    db.info.setdefault("carry", {}).update(kept)


def carried(word: str, form: str) -> dict[str, Any] | None:
    """What the last deed carried here, until the next deed or another page begins new forms."""
    kept: dict[str, Any] | None = st.session_state.get(word)
    if kept is not None and kept.setdefault("form", form) != form:
        del st.session_state[word]
        return None
    return kept


def shown_before(key: str, now: Seen) -> Seen:
    """What this form showed of a thing when it was last drawn; what it shows now is kept.

    A click confirms what stood on the screen, and not what another desk made of it meanwhile.
    A form that is drawn for the first time has shown nothing else.
    """
    before: Seen = st.session_state.get(key, now)
    st.session_state[key] = now
    return before


def beside(label: str) -> None:
    """Keep a place beside the field just drawn, for the sentence that refuses it."""
    st.session_state.setdefault(_BESIDE, {})[label] = st.empty()


def refuse(refusal: Refusal) -> None:
    """Show a refusal beside the field it speaks of, or below the form."""
    place = st.session_state.get(_BESIDE, {}).get(refusal.field) or st
    place.error(plain(str(refusal)), icon=":material/block:")


def _tell() -> None:
    told = st.session_state.get(_TOLD, {})
    st.session_state.update(told.pop("carried", {}))
    # The second click of a double one draws the page anew and must not wipe the sentence.
    if told and clock.now() - told.setdefault("at", clock.now()) > _DOUBLE_CLICK:
        told.clear()
    # In a place that is there in every run, or the fields below would be drawn anew once it goes.
    with st.container():
        if told.get("sentence"):
            st.success(plain(told["sentence"]), icon=":material/check_circle:")
