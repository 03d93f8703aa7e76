"""A page that stays open when access is gone: buttons, fragments and callbacks write nothing.

The line to the server says which fragment a button lies in, so a fragment runs without its
page's guard, and a callback before it, as in a browser.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import delete, update
from sqlmodel import SQLModel, col, select

from mediklaud import clock
from mediklaud.config import settings
from mediklaud.database import engine, reading, transaction
from mediklaud.errors import NoTimeLeft
from mediklaud.models import (
    Account,
    AccountRole,
    Message,
    MessageStatus,
    Patient,
    SignIn,
    VisitKind,
)
from mediklaud.repository import (
    SessionForm,
    account_named,
    begin_sign_in,
    book_appointment,
    first_free,
    grant_leave,
    open_session,
    walk_in,
)
from tests.browser import Server, eventually, serving
from tests.day import live_through_a_day
from tests.hospital import ZONE, ward_of
from tests.line import Button, Line, line_to, whose, with_choices
from tests.test_browser import true_now
from tests.test_front_door import PAGES, cookie_of, url_of

# What signing in and out may write.
NOT_COUNTED = ("sign_in", "audit_", "number_series")
MOST = 10
SAMPLE = ("doctor/week", "finance/payment", "front_desk/book", "cmo/holidays")


def rows_of() -> dict[str, str]:
    """What stands in every table but those of signing in."""
    with engine().connect() as connection:
        return {
            name: repr(connection.execute(table.select().order_by(*table.primary_key)).all())
            for name, table in SQLModel.metadata.tables.items()
            if not name.startswith(NOT_COUNTED)
        }


def changed(before: dict[str, str]) -> list[str]:
    """The tables that are not as they were."""
    after = rows_of()
    return sorted(name for name in after if before[name] != after[name])


# Each takes the access away, and gives it back by what it returns.


def disabled(username: str, _token: str) -> Callable[[], None]:
    """The account is disabled."""

    def make(active: bool) -> None:
        with transaction() as db:
            account = account_named(db, username)
            db.execute(update(Account).where(col(Account.id) == account.id).values(active=active))

    make(False)
    return lambda: make(True)


def without_roles(username: str, _token: str) -> Callable[[], None]:
    """Every role of the account is taken away."""
    with transaction() as db:
        account = account_named(db, username)
        mine = col(AccountRole.account_id) == account.id
        held = [dict(row) for row in db.execute(_ROLES_TABLE.select().where(mine)).mappings()]
        db.execute(delete(AccountRole).where(mine))

    def back() -> None:
        with transaction() as db:
            db.execute(_ROLES_TABLE.insert(), held)

    return back


def signed_out(_username: str, token: str) -> Callable[[], None]:
    """The sign-in is ended elsewhere."""
    with transaction() as db:
        db.execute(
            update(SignIn).where(col(SignIn.ended_at).is_(None)).values(ended_at=clock.now())
        )
    return lambda: None


_ROLES_TABLE = AccountRole.__table__  # type: ignore[attr-defined]  SQLModel does not declare it
REVOKED = (disabled, without_roles, signed_out)


@pytest.fixture
def server(drilled_house: Path, nine_o_clock: time_machine.Traveller) -> Iterator[Server]:
    """A house with a day behind it, and its letters sent, so that only desks write."""
    live_through_a_day(nine_o_clock)
    nine_o_clock.move_to(true_now())
    today_has_work()
    with serving(drilled_house, url=settings().database_url) as running:
        eventually(lambda: not waiting(), "the letters leave")
        yield running


def today_has_work() -> None:
    """By the true clock a patient waits for Dr Rao, and Dr Iyer's leave leaves one to be moved."""
    with transaction() as db:
        ward, today = ward_of(db), clock.today(ZONE)
        dev, cara = (
            db.exec(select(Patient).where(col(Patient.name).startswith(name))).one()
            for name in ("Dev", "Cara")
        )
        for begins, ends in ((0, 600), (780, 1440)):
            session = SessionForm(today.weekday(), begins, ends, 15, valid_from=today)
            open_session(db, ward.rao, session, by=ward.khan)
        # In the last minutes of a day nobody else is seen.
        with suppress(NoTimeLeft):
            walk_in(db, dev, ward.rao, VisitKind.FIRST, form="walks in", by=ward.meera)
        tomorrow = today + timedelta(days=1)
        first, *_ = first_free(db, [ward.iyer], VisitKind.FIRST, first_day=tomorrow)
        told_of = {"form": "to be moved", "by": ward.meera}
        book_appointment(db, cara, ward.iyer, first.starts_at, VisitKind.FIRST, **told_of)
        day = clock.day_of(first.starts_at, ZONE)
        grant_leave(db, ward.iyer, day, day, form="away", by=ward.khan)


def waiting() -> int:
    """How many letters have not left."""
    with reading() as db:
        queued = select(Message.id).where(Message.status == MessageStatus.QUEUED)
        return len(db.exec(queued).all())


def opened(server: Server, page: str) -> Iterator[tuple[str, Line, list[Button]]]:
    """The page in a fresh tab of a fresh sign-in, with its own buttons, again and again."""
    while True:
        with transaction() as db:
            token = begin_sign_in(db, account_named(db, whose(page)))
        with line_to(server, cookie_of(token)) as line:
            drawn = with_choices(line, line.open(url_of(page)))
            assert 'label: "Sign out"' in drawn.said, page
            own = [one for one in drawn.buttons if one.label != "Sign out"]
            # Of hundreds of free times a few are enough; what is last is what a choice opened.
            yield token, line, own if len(own) <= MOST else own[: MOST // 2] + own[-MOST // 2 :]


def pressed_after(
    server: Server, page: str, revoke: Callable[[str, str], Callable[[], None]]
) -> Iterator[tuple[Button, list[str], str]]:
    """Every button of a page, pressed after the access was taken away: what it wrote and said."""
    for place, (token, line, buttons) in enumerate(opened(server, page)):
        if place >= len(buttons):
            return
        give_back = revoke(whose(page), token)
        before = rows_of()
        try:
            drawn = line.press(buttons[place])
            wrote = changed(before)
        finally:
            give_back()
        yield buttons[place], wrote, drawn.said


def written_by(server: Server, page: str) -> int:
    """How many of a page's buttons write something for whoever may: the twin."""
    wrote = 0
    for place, (_, line, buttons) in enumerate(opened(server, page)):
        if place >= len(buttons):
            return wrote
        before = rows_of()
        line.press(buttons[place])
        wrote += bool(changed(before))
    return wrote


@pytest.mark.parametrize(
    "pages", [SAMPLE, pytest.param(PAGES, marks=pytest.mark.drill)], ids=["sample", "drill"]
)
def test_nothing_is_written_from_a_page_whose_access_is_gone(
    server: Server, pages: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    pressed, in_fragments, wrote, unkind = 0, 0, [], []
    for page in pages:
        for revoke in REVOKED if len(pages) > len(SAMPLE) else REVOKED[:2]:
            for button, written, told in pressed_after(server, page, revoke):
                pressed += 1
                in_fragments += button.fragment_id != ""
                if written:
                    wrote.append(f"{page}, {revoke.__name__}: {button.label}: {written}")
                if "Something went wrong" in told or "Traceback" in told or "exception {" in told:
                    unkind.append(f"{page}, {revoke.__name__}: {button.label}")

    assert wrote == []
    assert unkind == []
    assert pressed > 3 * len(SAMPLE)
    assert in_fragments > 0
    # The same buttons do write while the access stands, or the above would prove nothing.
    would = sum(written_by(server, page) for page in pages)
    assert would >= len(SAMPLE) // 2
    record_property(
        "proof",
        f"{pressed} presses after revocation, {in_fragments} of them in fragments, wrote nothing; "
        f"{would} did before",
    )
