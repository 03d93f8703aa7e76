"""The tuned server: st.App around Home.py, a mailroom beside it, health inside."""

import gc
import importlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import jwt
import streamlit as st
import uvicorn
from sqlalchemy import text
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config as streamlit_config
from streamlit.runtime.pages_manager import PagesManager

from mediklaud import clock
from mediklaud.calendars import Entry, published
from mediklaud.config import ROOT, key, settings
from mediklaud.database import reading
from mediklaud.errors import NotFound, Refusal
from mediklaud.handouts import is_for, is_handout
from mediklaud.house import close_house, open_house
from mediklaud.repository import late_since, live_account, read_feed

log = logging.getLogger("mediklaud")

_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"SAMEORIGIN",
    b"referrer-policy": b"same-origin",
}


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the house before the first visitor, and close it after the last."""
    # Streamlit would run a file under pages/ for whoever asks for its URL first.
    PagesManager.uses_pages_directory = False
    await anyio.to_thread.run_sync(open_house)
    for heavy in ("pandas", "pyarrow", "altair", "mediklaud.invoice_pdf"):
        importlib.import_module(heavy)
    # Streamlit collects garbage after every run: what is loaded by now need not be looked
    # through each time (measured: 9 to 14 times the throughput).
    gc.collect()
    gc.freeze()
    try:
        yield {}
    finally:
        await anyio.to_thread.run_sync(close_house)


async def healthz(_request: Request) -> Response:
    """Green while the database answers and letters leave; red (503) otherwise."""
    try:
        waits = await anyio.to_thread.run_sync(_ask_database)
    except Refusal:
        return JSONResponse({"status": "red", "database": "not reached"}, status_code=503)
    if waits:
        said = {"status": "red", "database": "reached", "oldest_letter_minutes": waits}
        return JSONResponse(said, status_code=503)
    return JSONResponse({"status": "green", "database": "reached"})


def _ask_database() -> int:
    """For how many minutes the oldest letter waits, where that is too long."""
    with reading() as db:
        db.execute(text("SELECT 1 FROM hospital"))
        since = late_since(db)
    return int((clock.now() - since).total_seconds()) // 60 if since else 0


async def calendar(request: Request) -> Response:
    """A doctor's own appointments as a calendar program reads them; the token is the key."""
    headers = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
    try:
        octets = await anyio.to_thread.run_sync(_calendar, request.path_params["token"])
    except NotFound:
        return Response(status_code=404, headers=headers)
    except Refusal:
        return Response(status_code=503, headers=headers)
    return Response(octets, media_type="text/calendar; charset=utf-8", headers=headers)


def _calendar(token: str) -> bytes:
    with reading() as db:
        feed = read_feed(db, token)
    return published(
        f"{feed.doctor.name}, {feed.hospital.name}",
        [
            Entry(
                uid=feed.names[visit.id or 0],
                sequence=visit.calendar_sequence,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                written_at=visit.promised_at,
                summary=initials,
                place=feed.hospital.name,
                description="",
            )
            for visit, initials in feed.visits
        ],
    )


class SafeHeaders:
    """Headers that keep other sites from framing a page or guessing at its type."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add the headers where a response starts."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS.items()]
            await send(message)

        await self.app(scope, receive, with_headers)


class FilesBehindSignIn:
    """Files that pages hand out, each for the live sign-in alone that it was made for.

    Streamlit keeps a file that was asked for at an address of its own, /media/…, and gives it
    to whoever knows it, while the tab that asked is open. It looks at a part of that address
    alone, so what is asked for is told by the answer. Pictures of the screens are left open:
    the way in may show one before anybody is signed in, and none is a patient's.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 404 where a file is asked for that was not made for whoever asks."""
        if scope["type"] != "http" or not _is_file(scope["path"]):
            await self.app(scope, receive, send)
            return
        # The whole file as it was made: neither a part of it nor a packed one could be told.
        kept = [one for one in scope["headers"] if one[0] not in (b"range", b"accept-encoding")]
        asked = {**scope, "headers": kept}
        answer = _Answer()
        await self.app(asked, receive, answer.keep)
        told = (Request(scope).cookies, answer)
        if scope["method"] == "GET" and await anyio.to_thread.run_sync(_may_have, *told):
            await answer.pass_on(send)
        else:
            await Response(status_code=404)(scope, receive, send)


class _Answer:
    """What the app answers, kept until it is known who may have it."""

    def __init__(self) -> None:
        self._start: Message = {"type": "http.response.start", "status": 404, "headers": []}
        self.octets = b""

    async def keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        self.octets += message.get("body", b"")

    @property
    def is_picture(self) -> bool:
        kinds = [value for name, value in self._start["headers"] if name == b"content-type"]
        return bool(kinds) and all(kind.startswith(b"image/") for kind in kinds)

    async def pass_on(self, send: Send) -> None:
        headers = self._start["headers"]
        if not self.is_picture:
            headers = [one for one in headers if one[0].lower() != b"cache-control"]
            headers = [*headers, (b"cache-control", b"private, no-store")]
        await send({**self._start, "headers": headers})
        await send({"type": "http.response.body", "body": self.octets})


def _is_file(path: str) -> bool:
    # Not the fonts of the screens, which lie under /static/media/.
    base = str(streamlit_config.get_option("server.baseUrlPath")).strip("/")
    return path.startswith(f"/{base}/media/" if base else "/media/")


def _may_have(cookies: dict[str, str], answer: _Answer) -> bool:
    if answer.is_picture and not is_handout(answer.octets):
        return True
    held = _live_sign_in(cookies)
    return held is not None and is_for(answer.octets, held)


def _live_sign_in(cookies: dict[str, str]) -> str | None:
    """The token of the cookie's sign-in, while it lives."""
    from mediklaud.ui.sign_in import COOKIE

    try:
        said = jwt.decode(cookies.get(COOKIE, ""), key().hex(), algorithms=["HS256"])
        held = str(said.get("username", ""))
        with reading() as db:
            live_account(db, held)
    except (jwt.PyJWTError, Refusal):
        return None
    return held


def tell(error: Exception) -> bool:
    """Show an unexpected error of a callback as a reference number."""
    # Components register themselves on import, which must wait until Streamlit runs.
    from mediklaud.ui.front_door import tell as tell_by_reference

    return tell_by_reference(error)


ROUTES = [Route("/healthz", healthz), Route("/calendar/{token}.ics", calendar)]
app = st.App(
    ROOT / "Home.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=[Middleware(SafeHeaders), Middleware(FilesBehindSignIn)],
    on_script_error=tell,
)


def serve() -> None:
    """Serve until stopped, on the address and port of the settings."""
    uvicorn.run(
        app,
        host=settings().host,
        port=settings().port,
        log_config=None,
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=st.get_option("server.maxMessageSize") * 1_000_000,
        timeout_graceful_shutdown=5,
    )
