"""No patient's document without a live sign-in: before it, after it, or by a known address."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
import time_machine
from sqlmodel import select
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from mediklaud import handouts
from mediklaud.config import settings
from mediklaud.database import reading, transaction
from mediklaud.handouts import hand_out, is_for
from mediklaud.models import Patient
from mediklaud.repository import account_named, begin_sign_in, end_sign_in
from mediklaud.server import FilesBehindSignIn
from mediklaud.ui.sign_in import COOKIE
from tests.browser import Server, serving
from tests.day import live_through_a_day
from tests.line import Line, line_to, whose, with_choices
from tests.test_browser import true_now
from tests.test_front_door import PAGES, cookie_of, url_of

# Every path that Streamlit or the house answers, to whoever asks.
OPEN_PATHS = (
    *("/", "/healthz", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics"),
    *("/_stcore/script-health-check", "/_stcore/upload_file/a/b", "/media/a.pdf", "/app/static/a"),
    *("/component/a/b", "/_stcore/bidi-components/a/b", "/static/x.js", "/oauth2callback"),
    *("/auth/login", "/auth/logout", "/calendar/guess.ics", "/mediklaud.db", "/data/mediklaud.db"),
    *("/.streamlit/secrets.toml", "/..%2fdata%2fmediklaud.key", "/app/static/../Home.py"),
    *("/_stcore/agent", "/_stcore/agent/sessions", "/docs", "/openapi.json", "/robots.txt"),
)
# Every address of a file or an inner part of Streamlit that a page may name.
_ADDRESSES = re.compile(r"/media/[\w.-]+|/_stcore/[\w./-]+|/component/[\w./-]+")


def get(server: Server, path: str, cookie: str = "") -> tuple[int, bytes, dict[str, str]]:
    """What the server answers to a plain request."""
    asked = urllib.request.Request(server.url + path)  # noqa: S310  our own server
    if cookie:
        asked.add_header("Cookie", f"{COOKIE}={cookie}")
    if path.startswith("/media/"):
        # As a browser asks: what is long may come packed, and is the same file still.
        asked.add_header("Accept-Encoding", "gzip, deflate, br, zstd")
    try:
        with urllib.request.urlopen(asked, timeout=20) as got:  # noqa: S310
            return got.status, got.read(), {k.lower(): v for k, v in got.headers.items()}
    except urllib.error.HTTPError as refused:
        headers = {k.lower(): v for k, v in refused.headers.items()}
        return refused.code, refused.read(), headers


@pytest.fixture
def server(drilled_house: Path, nine_o_clock: time_machine.Traveller) -> Iterator[Server]:
    """The cast's house with a day of bills and papers behind it."""
    live_through_a_day(nine_o_clock)
    nine_o_clock.move_to(true_now())
    with serving(drilled_house, url=settings().database_url) as running:
        yield running


def sign_in(username: str) -> str:
    """A live sign-in's token."""
    with transaction() as db:
        return begin_sign_in(db, account_named(db, username))


def of_patients() -> list[bytes]:
    """What would tell of a patient: names, numbers, phones."""
    with reading() as db:
        told = [(one.name, one.number, one.phone) for one in db.exec(select(Patient))]
    return [word.encode() for words in told for word in words if word]


def a_download(line: Line) -> str:
    """The address of a file that a page made on the click."""
    drawn = line.open(url_of("finance/dues"))
    assert drawn.downloads
    return line.fetch(drawn.downloads[0])


def test_a_file_that_was_made_is_for_live_sign_ins_alone(server: Server) -> None:
    token = sign_in("ishaan")
    cookie = cookie_of(token)
    with line_to(server, cookie) as line:
        address = a_download(line)
        assert address.startswith("/media/")

        status, octets, headers = get(server, address, cookie)
        assert status == 200
        assert len(octets) > 20
        assert headers["cache-control"] == "private, no-store"
        for other in ("", "nonsense", cookie_of("SI-guess"), cookie_of(token, "f" * 64)):
            assert get(server, address, other)[:2] == (404, b"")

        # Signed out, and the tab is still open.
        with transaction() as db:
            end_sign_in(db, token)
        assert get(server, address, cookie)[:2] == (404, b"")
        assert get(server, f"/{address.lstrip('/')}?title=x", cookie)[0] == 404
    assert get(server, address, cookie)[:2] == (404, b"")


def test_a_file_under_another_suffix_is_the_same_file(server: Server) -> None:
    token = sign_in("ishaan")
    with line_to(server, cookie_of(token)) as line:
        bare = a_download(line).rpartition(".")[0]
        for suffix in (
            "",
            ".csv",
            ".png",
            ".PNG",
            ".svg",
            ".jpg",
            ".webp",
            ".x.png",
            ".png?a=.csv",
        ):
            assert get(server, f"{bare}{suffix}")[:2] == (404, b""), suffix


def test_a_file_is_for_the_sign_in_alone_that_it_was_made_for(server: Server) -> None:
    token = sign_in("ishaan")
    cookie = cookie_of(token)
    with line_to(server, cookie) as line:
        address = a_download(line)
        assert get(server, address, cookie)[0] == 200
        # A doctor, another clerk of finance's own account, and the CMO who sees the dues too.
        for username in ("rao", "ishaan", "khan"):
            assert get(server, address, cookie_of(sign_in(username)))[:2] == (404, b""), username
        # Whoever made the very same file for themselves has it, and the first one still.
        with line_to(server, cookie_of(second := sign_in("ishaan"))) as other:
            theirs = a_download(other)
            assert get(server, theirs, cookie_of(second))[0] == 200
        assert get(server, address, cookie)[0] == 200


@pytest.mark.parametrize("asks", ["HEAD", "OPTIONS", "range"])
def test_nothing_is_told_of_a_file_by_another_question(server: Server, asks: str) -> None:
    token = sign_in("ishaan")
    with line_to(server, cookie_of(token)) as line:
        address = server.url + a_download(line)
        part = {"Range": "bytes=0-9"} if asks == "range" else {}
        asked = urllib.request.Request(  # noqa: S310  our own server
            address, headers=part, method="GET" if asks == "range" else asks
        )
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=20)  # noqa: S310
        assert refused.value.code == 404
        assert "content-disposition" not in refused.value.headers


def test_what_was_not_made_yet_is_not_made_after_the_sign_in(server: Server) -> None:
    token = sign_in("ishaan")
    with line_to(server, cookie_of(token)) as line:
        drawn = line.open(url_of("finance/dues"))
        made = [one for one in drawn.downloads if line.fetch(one)]
        assert made

        with transaction() as db:
            end_sign_in(db, token)

        assert [line.fetch(one) for one in made] == [""] * len(made)
    # Another tab, which knows what the first one was offered, has its own session alone.
    with line_to(server) as stranger:
        stranger.open("")
        assert [stranger.fetch(one) for one in made] == [""] * len(made)


def handed_out_by(line: Line, page: str) -> tuple[list[str], set[str]]:
    """The downloads of a page, with rows chosen, and every address that the server gave out."""
    drawn = with_choices(line, line.open(url_of(page)))
    assert all(drawn.downloads), f"{page} hands out bytes"
    made = {line.fetch(one) for one in drawn.downloads}
    assert made - {""} or not drawn.downloads, f"{page} refuses every download"
    return drawn.downloads, {*made - {""}, *_ADDRESSES.findall(drawn.said)}


def tells(server: Server, addresses: set[str], words: list[bytes], cookie: str = "") -> list[str]:
    """The addresses that tell of a patient, or hand out a file, to whoever has this cookie."""
    answers = {one: get(server, one, cookie) for one in addresses}
    return [
        one
        for one, (status, told, _) in answers.items()
        if any(word in told for word in words) or (one in _files(addresses) and status != 404)
    ]


def _files(addresses: set[str]) -> set[str]:
    return {one for one in addresses if one.startswith("/media/")}


@pytest.mark.parametrize(
    "staff",
    [(), pytest.param(("khan", "tara", "meera", "ishaan", "rao"), marks=pytest.mark.drill)],
    ids=["whose-page-it-is", "everybody"],
)
def test_no_page_puts_a_file_where_nobody_is_asked(
    server: Server, staff: tuple[str, ...], record_property: Callable[[str, object], None]
) -> None:
    words, offered, given = of_patients(), 0, 0
    visits = [(page, who) for page in PAGES for who in staff or (whose(page),)]
    for page, username in visits:
        token = sign_in(username)
        cookie = cookie_of(token)
        with line_to(server, cookie) as line:
            downloads, addresses = handed_out_by(line, page)
            offered, given = offered + len(downloads), given + len(addresses)
            # The sign-in that asked for a file has it; nobody else has.
            assert set(tells(server, addresses, words, cookie)) >= _files(addresses), page
            assert tells(server, addresses, words) == [], page
            with transaction() as db:
                end_sign_in(db, token)
            assert tells(server, addresses, words, cookie) == [], page
            assert not any(map(line.fetch, downloads)), page
        assert tells(server, addresses, words, cookie) == [], page
    assert offered >= 10
    record_property(
        "proof",
        f"{len(visits)} visits of {len(PAGES)} pages were offered {offered} files at {given} "
        "addresses: none without a live sign-in",
    )


def test_no_path_tells_of_a_patient(server: Server) -> None:
    token = sign_in("ishaan")
    with line_to(server, cookie_of(token)) as line:
        line.open(url_of("finance/dues"))
        words = [*of_patients(), b"SQLite format 3", b"Traceback"]
        for path in (*OPEN_PATHS, *(f"/{url_of(page)}" for page in PAGES)):
            _, told, headers = get(server, path)
            assert not [word for word in words if word in told], path
            assert headers["x-content-type-options"] == "nosniff", path
            assert headers["x-frame-options"] == "SAMEORIGIN", path
            assert headers.get("access-control-allow-origin") in (None, ""), path


def test_the_fonts_of_the_screens_are_open_to_all(server: Server) -> None:
    fonts = Path(st.__file__).parent / "static" / "static" / "media"
    font = sorted(fonts.glob("*.woff2"))[0]

    status, told, _ = get(server, f"/static/media/{font.name}")

    assert (status, told) == (200, font.read_bytes())


def test_the_way_back_from_a_provider_leads_home_where_none_is_set(server: Server) -> None:
    status, told, headers = get(server, "/oauth2callback?code=x&state=y")

    assert status == 200
    assert b"<title>Streamlit</title>" in told
    assert "_streamlit_user" not in headers.get("set-cookie", "")


@pytest.mark.parametrize(
    ("kind", "octets", "status"),
    [("image/png", b"a picture", 200), ("image/png", b"a record", 404), ("text/csv", b"rows", 404)],
)
def test_only_pictures_that_are_nobodys_file_are_open(kind, octets, status) -> None:
    hand_out(b"a record", "somebody's sign-in")

    async def streamlit(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(octets, media_type=kind)(scope, receive, send)

    got = TestClient(FilesBehindSignIn(streamlit)).get("/media/1.png")

    assert (got.status_code, got.content) == (status, octets if status == 200 else b"")


def test_the_register_of_files_does_not_grow_for_ever(monkeypatch) -> None:
    monkeypatch.setattr(handouts, "_MOST", 3)
    files = [f"file {number}".encode() for number in range(5)]
    for file in files:
        hand_out(file, "held")

    assert [is_for(file, "held") for file in files] == [False, False, True, True, True]
