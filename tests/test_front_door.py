"""The front door: nothing of a page for whoever is signed out, whatever is asked for first."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import jwt
import psycopg
import pytest
import time_machine
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import pages_manager
from streamlit.runtime.pages_manager import PagesManager
from websockets.sync.client import connect

from mediklaud import config, repository
from mediklaud.config import ROOT
from mediklaud.database import transaction
from mediklaud.repository import account_named, begin_sign_in, end_sign_in
from mediklaud.ui.sign_in import COOKIE
from tests.browser import Server, serving
from tests.desk import sit

PAGES = tuple(sorted(f"{path.parent.name}/{path.stem}" for path in ROOT.glob("pages/*/*.py")))
# Each of these is the first request of a server of its own.
FIRST_ASKED = ("finance/payment", "doctor/patient", "administrator/settings")


def url_of(page: str) -> str:
    """The name under which the menu knows a page; home has none."""
    return "" if page == "home/today" else page.replace("/", "-").replace("_", "-")


def words_of(page: str) -> tuple[str, ...]:
    """What only this page says: its title, and every sentence of its source."""
    tree = ast.parse((ROOT / "pages" / f"{page}.py").read_text())
    said = [one.value for one in ast.walk(tree) if isinstance(one, ast.Constant)]
    title = next(
        one.args[0].value
        for one in ast.walk(tree)
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "open_desk"
    )
    docstring = ast.get_docstring(tree)
    sentences = [one for one in said if isinstance(one, str) and len(one) > 20 and one != docstring]
    return (f'body: "{title}"', *sentences)


def visit(server: Server, page: str, cookie: str = "") -> str:
    """Ask for a page's URL without a browser; everything the server sends until it is drawn."""
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
    asked = BackMsg()
    asked.rerun_script.page_name = url_of(page)
    asked.rerun_script.context_info.timezone = "Asia/Kolkata"
    sent = []
    with connect(
        address, subprotocols=["streamlit"], additional_headers=headers, max_size=None
    ) as line:
        line.send(asked.SerializeToString())
        while True:
            message = ForwardMsg.FromString(line.recv(timeout=60))
            sent.append(str(message))
            if message.WhichOneof("type") == "script_finished" and not message.script_finished:
                return "\n".join(sent)


def is_only_the_form(drawn: str, page: str) -> None:
    """The sign-in form, and nothing that the page says."""
    said = re.findall(r'(?:body|label): "(.*)"', drawn)
    assert 'label: "Username"' in drawn, f"{page} drew {said}"
    assert 'label: "Password"' in drawn
    assert [words for words in words_of(page) if words in drawn] == []


@pytest.fixture
def true_time(nine_o_clock: time_machine.Traveller) -> None:
    """The machine's own time, by which a server in another process lives."""
    nine_o_clock.move_to(time_machine.escape_hatch.time.time())


@pytest.fixture
def server(sqlite_house: Path) -> Iterator[Server]:
    """A fresh server on the cast's house."""
    with serving(sqlite_house) as running:
        yield running


@pytest.mark.parametrize("page", FIRST_ASKED)
def test_the_first_request_of_a_fresh_server_sees_only_the_form(server: Server, page: str) -> None:
    is_only_the_form(visit(server, page), page)


def test_every_pages_url_shows_only_the_form(server: Server) -> None:
    assert len(PAGES) > 20
    for page in PAGES:
        is_only_the_form(visit(server, page), page)


@pytest.mark.parametrize("page", FIRST_ASKED[:1])
def test_streamlit_run_shows_only_the_form_too(sqlite_house: Path, page: str) -> None:
    with serving(sqlite_house, plainly=True) as server:
        for asked in (page, *PAGES):
            is_only_the_form(visit(server, asked), asked)


def cookie_of(token: str, key: str = "", hours: int = 1) -> str:
    """A cookie as the library writes it, or one that somebody else made."""
    ends = time_machine.escape_hatch.time.time() + 3600 * hours
    said = {"username": token, "exp_date": ends}
    return jwt.encode(said, key or config.key().hex(), algorithm="HS256")


@pytest.fixture
def token(true_time: None, sqlite_house: Path) -> str:
    """A live sign-in of finance."""
    with transaction() as db:
        return begin_sign_in(db, account_named(db, "ishaan"))


def test_only_a_live_cookie_of_this_house_opens_a_page(server: Server, token: str) -> None:
    page = "finance/payment"
    assert words_of(page)[0] in visit(server, page, cookie_of(token))

    forged = {
        "another key": cookie_of(token, "f" * 64),
        "no signature": jwt.encode({"username": token, "exp_date": 9e9}, None, algorithm="none"),
        "a name instead of a sign-in": cookie_of("ishaan"),
        "a guess": cookie_of("SI-guess"),
        "no cookie of ours": "nonsense",
        "too old": cookie_of(token, hours=-1),
    }
    for cookie in forged.values():
        is_only_the_form(visit(server, page, cookie), page)
    with transaction() as db:
        end_sign_in(db, token)
    is_only_the_form(visit(server, page, cookie_of(token)), page)


def test_health_is_green_until_the_database_is_gone(postgresql: str, tmp_path: Path) -> None:
    with psycopg.connect(postgresql, autocommit=True) as engine:
        engine.execute("CREATE DATABASE health")
        url = postgresql.replace("/postgres?", "/health?")
        with serving(tmp_path / "data", url=url) as server:
            assert server.answer("/healthz") == 200
            engine.execute("DROP DATABASE health WITH (FORCE)")

            assert server.answer("/healthz") == 503
            assert "Traceback" not in server.printed()


def test_streamlit_still_knows_the_switch_that_closes_its_pages_folder() -> None:
    # A private name: where it goes away, setting it would be a wish and nothing more.
    source = inspect.getsource(pages_manager)

    assert "uses_pages_directory" in vars(PagesManager)
    assert "PagesManager.uses_pages_directory" in source.replace("self.", "PagesManager.")


def test_an_unexpected_error_shows_a_reference_that_the_log_carries(
    sqlite_house: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def fall(*_: object, **__: object) -> None:
        raise RuntimeError("secret patient Asha")

    monkeypatch.setattr(repository, "whose_bills", fall)
    desk = sit(monkeypatch, "ishaan", "finance/dues")

    (told,) = [one.value for one in desk.error]
    reference = told.split("**")[1]
    logged = caplog.text + "".join(capfd.readouterr())
    assert f"reference {reference}: RuntimeError at " in logged
    assert "pages/finance/dues.py:" in logged
    assert len(desk.exception) == 0
    assert not [word for word in ("Asha", "secret", "Traceback") if word in logged + str(desk)]


def test_a_sign_in_ended_elsewhere_ends_the_page_at_its_next_run(
    sqlite_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = sit(monkeypatch, "meera", "front_desk/book")
    assert [one.value for one in desk.title] == ["Book an appointment"]
    with transaction() as db:
        end_sign_in(db, desk.session_state["username"])

    desk.run()

    assert [one.label for one in desk.text_input] == ["Username", "Password"]
    assert "Book an appointment" not in [one.value for one in desk.title]
