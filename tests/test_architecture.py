"""Imports point one way, and each room keeps to its own: read from the source, file by file.

Every rule stands beside violations that it must catch, so that none of them is blind.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import PurePosixPath

import pytest

from mediklaud.config import ROOT

House = dict[str, str]
Rule = Callable[[House], list[str]]

# The one order of the repository: a file imports only siblings that stand before it.
ORDER = (
    *("audit", "refusals", "consents", "sign_ins", "hospital", "tries", "accounts", "factors"),
    *("codes", "entrance", "identities", "doctors", "outbox", "addresses", "patients", "payers"),
    *("sessions", "leaves", "holidays", "allocations", "standings", "dues"),
    *("entitlements", "confirmations", "invoices", "credit_lines", "credit_notes", "free_times"),
    *("visits", "histories", "calls", "feeds", "promises", "holds", "appointments"),
    *("waitlist", "openings", "arrivals", "queue", "relocations", "reminders", "offers", "tariff"),
    *("payments", "advances", "refunds", "ledger", "prints", "unpaid", "owing"),
    *("gate_days", "turnover", "statements", "plans"),
    *("waivers", "day_close", "contacts", "dues_letters", "shares", "break_glass", "encounters"),
    *("belongings", "exports", "overview", "proofs", "mail"),
    *(
        "deeds_in_order",
        "proofs_of_times",
        "proofs_of_money",
        "proofs_of_the_till",
        "proofs_of_the_house",
    ),
    *("proofs_of_privacy", "audit_log"),
    "self_check",
)
# Rooms that compute, and never ask the database.
PURE = (
    *("timetable", "money", "papers", "statements", "letters", "calendars", "languages"),
    *("lettering", "letterhead", "invoice_pdf", "receipt_pdf", "statement_pdf", "check_pdf"),
    *("closings", "columns", "press", "typeface", "shaping", "sheet", "reports", "clock"),
    *("anchors", "ages", "text", "contact", "envelope", "errors", "registers", "waiting"),
    *("spreadsheet", "records", "record_bundle", "record_file", "passwords", "browsers"),
)
DATABASE = ("mediklaud.database", "mediklaud.repository", "mediklaud.migrations")
# What a page may name: the desk, the verbs, and words to speak with.
A_PAGE_IMPORTS = (
    *("streamlit", "mediklaud.ui", "mediklaud.repository", "mediklaud.models"),
    *("mediklaud.database.reading", "mediklaud.database.transaction", "mediklaud.errors"),
    *("mediklaud.permissions", "mediklaud.registers", "mediklaud.money", "mediklaud.clock"),
    *("mediklaud.contact", "mediklaud.reports", "mediklaud.letters", "mediklaud.papers"),
    *("mediklaud.invoice_pdf", "mediklaud.timetable"),
    *("datetime", "collections", "functools", "typing", "dataclasses"),
)
STREAMLIT_ROOMS = (
    *("Home.py", "pages/", "mediklaud/ui/", "mediklaud/server.py"),
    "mediklaud/safe_start.py",
)
ASKS_THE_MACHINE = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}


def the_house() -> House:
    """Every source file of the program, by its path."""
    found = [ROOT / "Home.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("mediklaud/**/*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in found}


@cache
def nodes_of(source: str) -> tuple[ast.AST, ...]:
    """Everything a file says, as Python reads it."""
    return tuple(ast.walk(ast.parse(source)))


@cache
def imports(source: str) -> frozenset[str]:
    """Every name a file imports, wherever it does, as a dotted path."""
    found: set[str] = set()
    for node in nodes_of(source):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # A relative import hides where it points, so its dots are kept and fit nowhere.
            room = "." * node.level + (node.module or "")
            found.update(f"{room}.{alias.name}" for alias in node.names)
    return frozenset(found)


def within(name: str, *rooms: str) -> bool:
    """Whether a dotted name is one of the rooms or lies in it."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def importing(house: House, *rooms: str, but: tuple[str, ...] = ()) -> list[str]:
    """Who imports from these rooms, apart from those who may."""
    return [
        f"{path} imports {name}"
        for path, source in house.items()
        if not path.startswith(but)
        for name in sorted(imports(source))
        if within(name, *rooms)
    ]


def pages_of(house: House) -> Iterator[tuple[str, str]]:
    """The pages among the files."""
    return ((path, source) for path, source in house.items() if path.startswith("pages/"))


def pages_speak_to_the_desk_only(house: House) -> list[str]:
    return [
        f"{path} imports {name}"
        for path, source in pages_of(house)
        for name in sorted(imports(source))
        if not within(name, *A_PAGE_IMPORTS) or _past_the_front_door(name)
    ]


def _past_the_front_door(name: str) -> bool:
    return within(name, "mediklaud.repository") and name.count(".") > 2


def pages_leave_errors_to_the_desk(house: House) -> list[str]:
    return [
        f"{path}:{node.lineno} has a try"
        for path, source in pages_of(house)
        for node in nodes_of(source)
        if isinstance(node, ast.Try | ast.TryStar)
    ]


def pages_open_the_desk_first(house: House) -> list[str]:
    return [path for path, source in pages_of(house) if not _opens_the_desk(ast.parse(source))]


def _opens_the_desk(page: ast.Module) -> bool:
    docstring, *rest = page.body
    first = next((node for node in rest if not _is_import_or_constant(node)), None)
    called = getattr(getattr(first, "value", None), "func", None)
    return (
        ast.get_docstring(page) is not None
        and isinstance(docstring, ast.Expr)
        and isinstance(first, ast.Assign | ast.Expr)
        and getattr(called, "id", "") == "open_desk"
    )


def _is_import_or_constant(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return all(ast.unparse(target).isupper() for target in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom)


def pages_lie_in_a_roles_folder(house: House) -> list[str]:
    return [path for path, _ in pages_of(house) if len(PurePosixPath(path).parts) != 3]


def nothing_is_shown_as_html(house: House) -> list[str]:
    return [
        f"{path}:{node.lineno}"
        for path, source in house.items()
        for node in nodes_of(source)
        if (isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in ("st.html", "v1.html"))
        or (isinstance(node, ast.Attribute) and ast.unparse(node).startswith("st.components.v1"))
    ]


def only_the_screen_knows_streamlit(house: House) -> list[str]:
    return importing(house, "streamlit", "streamlit_authenticator", but=STREAMLIT_ROOMS)


def nothing_imports_pages(house: House) -> list[str]:
    return importing(house, "pages", "Home")


def only_the_screen_imports_the_screen(house: House) -> list[str]:
    return importing(house, "mediklaud.ui", but=STREAMLIT_ROOMS)


def repository_files_import_only_earlier_ones(house: House) -> list[str]:
    found = []
    for path, source in house.items():
        name = PurePosixPath(path).stem
        if not path.startswith("mediklaud/repository/") or name == "__init__":
            continue
        if name not in ORDER:
            found.append(f"{path} has no place in the order")
            continue
        later = [f"mediklaud.repository.{sibling}" for sibling in ORDER[ORDER.index(name) :]]
        # Through the package's own front door there is no order at all.
        door = [one for one in imports(source) if one.count(".") == 2 and _at_the_door(one)]
        found += [f"{path} imports {one}" for one in imports(source) if within(one, *later)]
        found += [f"{path} imports {one}" for one in door]
    return found


def _at_the_door(name: str) -> bool:
    room, _, what = name.rpartition(".")
    return room == "mediklaud.repository" and what not in ORDER


def pure_rooms_never_reach_the_database(house: House) -> list[str]:
    return [
        f"{room} reaches {name}"
        for room in PURE
        if f"mediklaud/{room}.py" in house or f"mediklaud/{room}/__init__.py" in house
        for name in sorted(_reached(house, f"mediklaud.{room}"))
        if within(name, *DATABASE)
    ]


def _reached(house: House, room: str) -> set[str]:
    """Every name that importing a room imports, step by step."""
    reached: set[str] = set()
    ahead = [room]
    while ahead:
        path = ahead.pop().replace(".", "/")
        source = house.get(f"{path}.py") or house.get(f"{path}/__init__.py") or ""
        for name in imports(source) - reached:
            reached.add(name)
            ahead += [name, name.rpartition(".")[0]]
    return reached


def only_the_clock_asks_the_machine_for_the_time(house: House) -> list[str]:
    return [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, source in house.items()
        if path != "mediklaud/clock.py"
        for node in nodes_of(source)
        if isinstance(node, ast.Attribute)
        and ".".join(ast.unparse(node).split(".")[-2:]) in ASKS_THE_MACHINE
    ]


def only_the_carriers_speak_smtp(house: House) -> list[str]:
    return importing(house, "smtplib", "aiosmtplib", "aiosmtpd", but=("mediklaud/carriers.py",))


def no_room_is_a_lumber_room(house: House) -> list[str]:
    lumber = {"utils", "helpers", "crud", "services", "queries", "common", "misc"}
    return [path for path in house if PurePosixPath(path).stem in lumber]


A_PAGE = '"""Here."""\nfrom mediklaud.ui.desk import open_desk\nme = open_desk("Here")\n'
# The rule, and what it must catch: a path and a source each.
RULES: tuple[tuple[Rule, tuple[tuple[str, str], ...]], ...] = (
    (
        pages_speak_to_the_desk_only,
        (
            ("pages/cmo/a.py", "import sqlalchemy"),
            ("pages/cmo/a.py", "from sqlmodel import select"),
            ("pages/cmo/a.py", "def late():\n    import pandas"),
            ("pages/cmo/a.py", "from mediklaud.database import engine"),
            ("pages/cmo/a.py", "from mediklaud import database"),
            ("pages/cmo/a.py", "from mediklaud.repository.patients import locked_patient"),
            ("pages/cmo/a.py", "from ...mediklaud import guards"),
        ),
    ),
    (
        pages_leave_errors_to_the_desk,
        (("pages/cmo/a.py", "try:\n    pass\nexcept Exception:\n    pass"),),
    ),
    (
        pages_open_the_desk_first,
        (
            ("pages/cmo/a.py", '"""Here."""\nimport streamlit as st\nst.write("Hello")\n' + A_PAGE),
            ("pages/cmo/a.py", '"""Here."""'),
            ("pages/cmo/a.py", 'me = open_desk("No docstring")'),
        ),
    ),
    (
        pages_lie_in_a_roles_folder,
        (("pages/a.py", A_PAGE), ("pages/cmo/old/a.py", A_PAGE)),
    ),
    (
        nothing_is_shown_as_html,
        (
            ("mediklaud/ui/a.py", "st.markdown(name, unsafe_allow_html=True)"),
            ("pages/cmo/a.py", "st.html(name)"),
            ("mediklaud/ui/a.py", "st.components.v1.html(name)"),
        ),
    ),
    (
        only_the_screen_knows_streamlit,
        (
            ("mediklaud/money.py", "import streamlit as st"),
            ("mediklaud/repository/dues.py", "def late():\n    from streamlit import cache_data"),
            ("mediklaud/mailroom.py", "import streamlit_authenticator"),
        ),
    ),
    (
        nothing_imports_pages,
        (
            ("mediklaud/ui/menu.py", "from pages.cmo import leave"),
            ("pages/cmo/a.py", "import pages.cmo.leave"),
        ),
    ),
    (
        only_the_screen_imports_the_screen,
        (
            ("mediklaud/repository/dues.py", "from mediklaud.ui import show"),
            ("mediklaud/__main__.py", "from mediklaud import ui"),
        ),
    ),
    (
        repository_files_import_only_earlier_ones,
        (
            ("mediklaud/repository/dues.py", "from mediklaud.repository.payments import rupees"),
            ("mediklaud/repository/dues.py", "from mediklaud.repository import payments"),
            ("mediklaud/repository/dues.py", "from mediklaud.repository import take_payment"),
            ("mediklaud/repository/crud.py", ""),
        ),
    ),
    (
        pure_rooms_never_reach_the_database,
        (
            ("mediklaud/money.py", "from mediklaud.database import engine"),
            ("mediklaud/errors/house.py", "def late():\n    from mediklaud import repository"),
            ("mediklaud/reports/dues.py", "from mediklaud.database import engine"),
        ),
    ),
    (
        only_the_clock_asks_the_machine_for_the_time,
        (
            ("mediklaud/money.py", "from datetime import datetime\ndatetime.now()"),
            ("mediklaud/money.py", "import datetime as dt\nday = dt.date.today()"),
            ("pages/cmo/a.py", "import datetime\ndatetime.datetime.utcnow()"),
            ("mediklaud/mailroom.py", "import time\nat = time.time()"),
            ("mediklaud/papers.py", "made_at = field(default_factory=datetime.now)"),
        ),
    ),
    (
        only_the_carriers_speak_smtp,
        (
            ("pages/front_desk/book.py", "import smtplib"),
            ("mediklaud/repository/outbox.py", "from smtplib import SMTP"),
        ),
    ),
    (no_room_is_a_lumber_room, (("mediklaud/utils.py", ""),)),
)
PLANTS = [(rule, path, source) for rule, plants in RULES for path, source in plants]


@pytest.mark.parametrize("rule", [rule for rule, _ in RULES], ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule):
    assert rule(the_house()) == []


@pytest.mark.parametrize(
    ("rule", "path", "source"), PLANTS, ids=[f"{one[0].__name__}-{one[1]}" for one in PLANTS]
)
def test_a_planted_violation_is_caught(rule, path, source):
    assert rule({**the_house(), path: source}) != []


def test_every_rule_has_a_violation_that_it_catches():
    assert all(plants for _, plants in RULES)
    assert len(the_house()) > 60


def test_every_file_says_in_its_first_line_what_it_is_for():
    mute = [
        path for path, source in the_house().items() if not ast.get_docstring(ast.parse(source))
    ]
    assert mute == []
