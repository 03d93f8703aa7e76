"""README says what is there, and all that is there: commands, settings, files, rules, roles.

Every rule stands beside a README that breaks it, so that none of them is blind.
"""

import os
import re
import runpy
import subprocess
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from PIL import Image
from sqlmodel import SQLModel

from mediklaud import guards
from mediklaud.config import ROOT, Settings
from mediklaud.models import Role
from mediklaud.permissions import MAY
from mediklaud.repository import (
    proofs_of_money,
    proofs_of_privacy,
    proofs_of_the_house,
    proofs_of_the_till,
    proofs_of_times,
)

README = (ROOT / "README.md").read_text()
TABLES = runpy.run_path(str(ROOT / "docs" / "tables.py"))
CI = runpy.run_path(str(ROOT / ".ci" / "nothing_skipped.py"))

RUN = (
    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
    " && .venv/bin/python -m mediklaud serve"
)
TEST = "python3 -m venv .venv && .venv/bin/pip install -r requirements-dev.txt && .venv/bin/pytest"
# What the hospital is promised, in the order of the table.
PROMISES = (
    *("A doctor's time and a patient's time", "The dues gate", "A letter for every booking"),
    *("Accurate bills", "Money is whole paise", "Who did what", "A doctor sees own patients only"),
    "Nothing is lost",
)
# Words between backticks that look like a place in the house.
_A_PLACE = re.compile(r"^(?:\.?[\w-]+/)+[\w.-]*$|^[\w.-]+\.(?:py|md|txt|toml)$")
_MADE_LATER = ("data/letters/", ".streamlit/secrets.toml", ".venv/")


def section(readme: str, title: str) -> str:
    """What stands below a heading of the second level."""
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def code_block(readme: str, title: str) -> str:
    """The first code block of a section."""
    found = re.search(r"^```\n(.*?)\n```$", section(readme, title), re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def quoted(words: str) -> list[str]:
    """Everything between backticks."""
    return re.findall(r"`([^`\n]+)`", words)


def promises(readme: str) -> list[list[str]]:
    """The rows of the table of promises: number, promise, rules, tests, lines of the check."""
    lines = section(readme, "What the hospital is promised").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if re.match(r"\| \d", line)
    ]


def rules_of_the_house() -> set[str]:
    """Every named constraint, index and guard."""
    of_tables = {
        str(rule.name)
        for table in SQLModel.metadata.tables.values()
        for rule in [*table.constraints, *table.indexes]
    }
    return of_tables | {guard.name for guard in guards.GUARDS}


def lines_of_the_check() -> set[str]:
    """The name of every line that the self-check prints."""
    houses = (proofs_of_the_till, proofs_of_the_house, proofs_of_privacy)
    rooms = (proofs_of_times, proofs_of_money, *houses)
    return {proof.rule for room in rooms for proof in room.PROOFS}


def tables_that_differ(readme: str) -> list[str]:
    return [
        f"the table {name} differs from the code: run docs/tables.py"
        for name, made in TABLES["TABLES"].items()
        if TABLES["written"](readme, name) != made()
    ]


def the_two_commands(readme: str) -> list[str]:
    there = {"Run": RUN, "Test": TEST}
    return [title for title, command in there.items() if code_block(readme, title) != command]


def places_that_are_not_there(readme: str) -> list[str]:
    return [
        place
        for place in quoted(readme)
        if _A_PLACE.match(place) and not place.startswith(_MADE_LATER)
        if not (ROOT / place).exists() and not (ROOT / "data" / place).exists()
    ]


def commands_that_are_not_there(readme: str) -> list[str]:
    known = {words[3] for words in map(str.split, quoted(TABLES["commands"]()))}
    return [word for word in re.findall(r"python -m mediklaud (\w+)", readme) if word not in known]


def settings_that_are_not_there(readme: str) -> list[str]:
    known = {f"MEDIKLAUD_{name.upper()}" for name in Settings.model_fields}
    return sorted(set(re.findall(r"\bMEDIKLAUD_[A-Z_]*[A-Z]\b", readme)) - known)


def promises_that_miss(readme: str) -> list[str]:
    told = [row[1] for row in promises(readme)]
    missing = [
        promise
        for place, promise in enumerate(PROMISES)
        if len(told) <= place or not told[place].startswith(promise)
    ]
    untested = [row[1] for row in promises(readme) if not quoted(row[3])]
    return missing + untested


def rules_that_are_not_there(readme: str) -> list[str]:
    named = {name for row in promises(readme) for name in quoted(row[2]) if "/" not in name}
    return sorted(named - rules_of_the_house())


def guards_that_are_left_out(readme: str) -> list[str]:
    named = {name for row in promises(readme) for name in quoted(row[2])}
    return sorted({guard.name for guard in guards.GUARDS} - named)


def check_lines_that_differ(readme: str) -> list[str]:
    named = {name for row in promises(readme) for name in quoted(row[4])}
    return sorted(named ^ lines_of_the_check())


def pictures_that_differ(readme: str) -> list[str]:
    shown = set(re.findall(r"!\[[^\]]+\]\((docs/pictures/[\w.]+)\)", readme))
    kept = {f"docs/pictures/{path.name}" for path in ROOT.glob("docs/pictures/*")}
    return sorted(shown ^ kept) + sorted(
        f"no picture of {role.value}"
        for role in Role
        if f"docs/pictures/{role.value}.png" not in shown
    )


def decisions_without_a_day(readme: str) -> list[str]:
    paragraphs = section(readme, "Decisions").strip().split("\n\n")
    dated = re.compile(r"\*\*\d{4}-\d\d-\d\d\. .+?\*\* .+")
    return [one for one in paragraphs if not dated.match(one)]


def changed(old: str, new: str) -> str:
    """README with a slip in it."""
    assert old in README, old
    return README.replace(old, new)


# Each rule, and slips that it must notice.
RULES: dict[Callable[[str], list[str]], tuple[tuple[str, str], ...]] = {
    tables_that_differ: (
        ("| `MEDIKLAUD_PORT` | `8501`", "| `MEDIKLAUD_PORT` | `8000`"),
        ("| Book appointments |  |  | ✓ |", "| Book appointments | ✓ |  | ✓ |"),
        ("| `python -m mediklaud init` |", "| `python -m mediklaud begin` |"),
        ("| `mediklaud/money.py` |", "| `mediklaud/coins.py` |"),
        ("| `pages/finance/dues.py` |", "| `pages/finance/debts.py` |"),
    ),
    the_two_commands: ((RUN, RUN.replace("serve", "demo")), (TEST, f"{TEST} -x")),
    places_that_are_not_there: (("`mediklaud/guards/`", "`mediklaud/watchmen/`"),),
    commands_that_are_not_there: (
        ("`python -m mediklaud check` re", "`python -m mediklaud prove`"),
    ),
    settings_that_are_not_there: (("Set `MEDIKLAUD_SMTP_URL`", "Set `MEDIKLAUD_MAIL_URL`"),),
    promises_that_miss: (("| 2 | The dues gate", "| 2 | The exit"), ("| 8 | Nothing", "| Nothing")),
    rules_that_are_not_there: (("`charge_is_billed_once`", "`charge_is_billed_twice`"),),
    guards_that_are_left_out: (("`lines_sum_to_the_total`, ", ""),),
    check_lines_that_differ: (("`billed once`, ", ""), ("`dues gate`", "`dues door`")),
    pictures_that_differ: (("(docs/pictures/finance.png)", "(docs/pictures/bank.png)"),),
    decisions_without_a_day: (("**2026-11-23. Papers in", "**Papers in"),),
}
SLIPS = [(rule, *slip) for rule, slips in RULES.items() for slip in slips]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_readme_keeps_the_rule(rule):
    assert rule(README) == []


@pytest.mark.parametrize(("rule", "old", "new"), SLIPS, ids=[rule.__name__ for rule, *_ in SLIPS])
def test_a_slip_is_noticed(rule, old, new):
    assert rule(changed(old, new))


def test_the_tables_are_written_where_they_belong():
    slip = changed("| `MEDIKLAUD_PORT` | `8501`", "| `MEDIKLAUD_PORT` | `8000`")

    assert TABLES["rewritten"](slip) == README


def test_an_empty_place_is_filled_and_nothing_after_it_is_lost():
    settings = TABLES["written"](README, "settings")

    assert TABLES["rewritten"](changed(f"{settings}\n", "")) == README


def test_every_deed_of_every_role_stands_in_the_table():
    table = TABLES["written"](README, "permissions").splitlines()
    rows = {row.split(" | ")[0].strip("| "): row.count("✓") for row in table[2:]}

    assert rows == {deed.value.capitalize(): len(may) for deed, may in MAY.items()}


def test_pictures_are_1280_wide_and_small():
    for path in sorted(ROOT.glob("docs/pictures/*.png")):
        with Image.open(path) as picture:
            assert picture.width == 1280, path.name
        assert path.stat().st_size < 200_000, path.name


def test_readme_and_its_neighbours_name_no_machine():
    for name in ("README.md", "CHANGELOG.md", "data/README.md"):
        words = (ROOT / name).read_text()
        assert not re.search(r"(?<![\w.])/(?:home|work|root|tmp|usr|Users)/", words), name


# .ci/run


def test_ci_runs_readmes_own_command():
    script = (ROOT / ".ci" / "run").read_text()
    line = next(line for line in script.splitlines() if line.startswith("command="))

    said = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f'{line}\nprintf %s "$command"'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == TEST
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


BROWSER = '<testcase classname="tests.test_browser" name="test_a_day"{0}'
POSTGRESQL = '<testcase classname="tests.test_races" name="test_a_race[postgresql]"{0}'
RAN, SKIPPED = "/>", '><skipped message="no Chromium"/></testcase>'


def complaints(*cases: str) -> list[str]:
    """What the pipeline says of a report with these tests in it."""
    report = f"<testsuites>{''.join(cases)}</testsuites>"
    return CI["complaints"](ElementTree.fromstring(report))  # noqa: S314  written above


def test_ci_is_content_when_all_of_them_ran():
    assert complaints(BROWSER.format(RAN), POSTGRESQL.format(RAN)) == []


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ((BROWSER.format(SKIPPED), POSTGRESQL.format(RAN)), "A test of the browser was skipped"),
        ((BROWSER.format(RAN), POSTGRESQL.format(SKIPPED)), "A test of PostgreSQL was skipped"),
        ((POSTGRESQL.format(RAN),), "No test of the browser ran"),
        ((BROWSER.format(RAN),), "No test of PostgreSQL ran"),
    ],
)
def test_ci_complains_of_what_was_skipped_or_did_not_run(cases, said):
    (complaint,) = complaints(*cases)

    assert complaint.startswith(said)
