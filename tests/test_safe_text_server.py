"""What comes in over the wire: the sign-in form, long messages, and files that nobody asked for."""

import re
import shutil
import time
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mediklaud.config import ROOT
from mediklaud.ui import front_door
from tests.browser import Server, serving
from tests.desk import HOME
from tests.every_text import NAUGHTY
from tests.hospital import PASSWORD

MB = 1024 * 1024


def try_to_sign_in(
    patch: pytest.MonkeyPatch, username: str, password: str
) -> tuple[AppTest, float]:
    """The sign-in form, filled in and sent; the page, and the seconds of processor time it took."""
    patch.setattr(front_door, "open_house", lambda: None)
    page = AppTest.from_file(HOME, default_timeout=30).run()
    name, secret = page.text_input
    name.input(username)
    secret.input(password)
    (asked,) = [one for one in page.button if one.label == "Sign in"]
    asked.click()
    began = time.process_time()
    page.run()
    return page, time.process_time() - began


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("x" * 10_000_000, PASSWORD),
        ("meera", "x" * 10_000_000),
        ("meera", "\U0001f600" * 3_000_000),
        ("\u202e" * 3_000_000, "x"),
    ],
    ids=["long name", "long password", "long password in signs", "turned name"],
)
def test_ten_megabytes_in_the_sign_in_form_are_refused_within_a_second(
    sqlite_house, monkeypatch, username, password
):
    try_to_sign_in(monkeypatch, "meera", "wrong")
    page, took = try_to_sign_in(monkeypatch, username, password)

    assert len(page.exception) == 0
    assert [one.value for one in page.error] != []
    assert "username" not in page.session_state or not page.session_state["username"]
    assert took < 1


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_naughty_strings_in_the_sign_in_form_are_a_wrong_name(request, monkeypatch, engine):
    request.getfixturevalue(f"{engine}_house")
    # A browser cannot send half a letter.
    sent = [one for one in NAUGHTY if one.strip() and not re.search("[\ud800-\udfff]", one)]
    for typed in (sent[0], *sent[30::110]):
        page, _ = try_to_sign_in(monkeypatch, typed, typed)
        assert len(page.exception) == 0
        assert [one.value for one in page.error] != [], typed
        assert "Something went wrong" not in page.error[0].value, typed


@pytest.fixture(scope="module")
def server(sqlite_ward: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all of these; nothing is written."""
    folder = tmp_path_factory.mktemp("wire") / "data"
    shutil.copytree(sqlite_ward, folder)
    with serving(folder) as running:
        yield running


def asked_for(query: str) -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = query
    return message.SerializeToString()


def line_to(server: Server) -> ClientConnection:
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    return connect(address, subprotocols=["streamlit"], max_size=None)


def until_drawn(line: ClientConnection) -> str:
    """The id of the session, once the page is drawn."""
    session = ""
    while True:
        message = ForwardMsg.FromString(line.recv(timeout=60))
        session = message.new_session.initialize.session_id or session
        if message.WhichOneof("type") == "script_finished":
            return session


def test_a_message_of_ten_megabytes_is_answered_and_one_of_thirteen_ends_the_line(server):
    with line_to(server) as line:
        line.send(asked_for("x=" + "a" * 10_000_000))
        until_drawn(line)
    with line_to(server) as line:
        line.send(asked_for("x=" + "a" * 13_000_000))
        with pytest.raises(ConnectionClosed) as closed:
            until_drawn(line)
    assert closed.value.rcvd.code == 1009
    assert server.answer("/healthz") == 200


def put(server: Server, place: str, size: int, headers: dict[str, str], chunked: bool) -> int:
    """The status of a file that is sent whole, by its length or without saying one."""
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="x.bin"\r\n\r\n'
    body = head + b"x" * size + b"\r\n--x--\r\n"
    told = {"Content-Type": "multipart/form-data; boundary=x", **headers}
    line = HTTPConnection("127.0.0.1", server.port, timeout=30)
    # What is refused is not read to its end.
    with suppress(BrokenPipeError, ConnectionResetError):
        line.request("PUT", place, iter([body]) if chunked else body, told, encode_chunked=chunked)
    with suppress(ConnectionResetError):
        return line.getresponse().status
    return 413


def key_of(server: Server) -> dict[str, str]:
    """What a page of this house sends with a file, so that no other site can."""
    line = HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.request("GET", "/_stcore/health")
    cookie = line.getresponse().getheader("Set-Cookie") or ""
    (token,) = re.findall(r"_streamlit_xsrf=([^;]+)", cookie)
    return {"Cookie": f"_streamlit_xsrf={token}", "X-Xsrftoken": token}


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "without its length"])
def test_a_file_over_five_megabytes_is_refused(server, chunked):
    with line_to(server) as line:
        line.send(asked_for(""))
        place = f"/_stcore/upload_file/{until_drawn(line)}/nobody-asked"
        key = key_of(server)

        assert put(server, place, 7 * MB, key, chunked) == 413
        assert put(server, place, 1000, {}, chunked) == 403
        # The limit is what refuses: a small one is taken, and dropped with its session.
        assert put(server, place, 1000, key, chunked) == 204
    assert put(server, "/_stcore/upload_file/no-session/x", 1000, key, chunked) == 400


# What every answer says, and what none does


def get(server: Server, path: str, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    line = HTTPConnection("127.0.0.1", server.port, timeout=30)
    line.request(method, path)
    got = line.getresponse()
    return got.status, {word.lower(): said for word, said in got.getheaders()}, got.read()


@pytest.mark.parametrize("path", ["/", "/healthz", "/_stcore/health", "/calendar/x.ics", "/none"])
def test_every_answer_carries_the_safe_headers(server, path):
    _, told, _ = get(server, path)

    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "same-origin"
    assert told["x-frame-options"] == "SAMEORIGIN"


SOURCES = (
    *(".git/config", "data/mediklaud.key", "data/mediklaud.db", ".streamlit/config.toml"),
    *("mediklaud/text.py", "pages/finance/dues.py", "Home.py", "requirements.txt", "static/"),
    *("app/", "..%2f..%2fetc/passwd", "static/../../../Home.py", "media/../Home.py", "_stcore/"),
)


@pytest.mark.parametrize("path", SOURCES)
def test_nothing_of_the_source_is_served(server, path):
    _, _, front = get(server, "/")
    status, _, body = get(server, f"/{path}")

    # Streamlit answers what it does not know with its own empty page.
    assert status >= 300 or body == front
    assert get(server, f"/{path}", "TRACE")[0] >= 300


def test_nobody_is_told_how_the_house_is_used():
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())

    assert told["browser"]["gatherUsageStats"] is False
    assert told["server"]["maxUploadSize"] <= 5
    assert told["server"]["maxMessageSize"] == 12
