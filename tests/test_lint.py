"""The project's own rules of style and types are part of its tests."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mediklaud.config import ROOT

# Findings of medium severity and above; those of low severity are ruff's S rules, all of them.
# No settings are read, so that no rule can be skipped but on its line.
BANDIT = ("bandit", "-q", "-ll")
TOOLS = {
    "ruff check": ("ruff", "check", "--no-cache", "."),
    "ruff format": ("ruff", "format", "--no-cache", "--check", "."),
    "mypy": ("mypy",),
    "bandit": (*BANDIT, "-r", "mediklaud", "pages", "Home.py"),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_project_is_clean(tool):
    ran = run(*TOOLS[tool])

    assert ran.returncode == 0, ran.stdout + ran.stderr


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )


def houses_files() -> list[Path]:
    return [ROOT / "Home.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "mediklaud").rglob("*.py")]


def test_what_bandit_shall_pass_over_names_its_rule_and_the_reason():
    marks = [
        line.partition("# nosec")[2]
        for file in houses_files()
        for line in file.read_text().splitlines()
        if "nosec" in line
    ]

    assert marks
    assert [mark for mark in marks if not re.fullmatch(r" B\d{3} # \w[\w ]+", mark)] == []


STATEMENTS = (
    """db.execute(f"SELECT id FROM patient WHERE name = '{name}'")\n""",
    """db.execute("SELECT id FROM patient WHERE name = '" + name + "'")\n""",
    """db.execute("DELETE FROM patient WHERE name = '%s'" % name)\n""",
)


@pytest.mark.parametrize("line", STATEMENTS)
def test_a_planted_statement_made_of_what_was_typed_is_found(line, tmp_path):
    faulty = tmp_path / "faulty.py"
    faulty.write_text(line)

    assert run(*BANDIT, str(faulty)).returncode == 1


FAULTS = {
    "ruff check": "import os\n",
    "ruff format": "word = 'single quotes'\n",
    "mypy": "def double(number):\n    return 2 * number\n",
    "bandit": "import hashlib\n\nhashlib.md5(b'')\n",
}
PLACES = {".", "-r", "mediklaud", "pages", "Home.py"}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_planted_fault_is_found(tool, tmp_path):
    faulty = tmp_path / "faulty.py"
    faulty.write_text(FAULTS[tool])
    command = [one for one in TOOLS[tool] if one not in PLACES]
    config = {"mypy": ["--config-file", "pyproject.toml"], "bandit": []}.get(
        tool, ["--config", "pyproject.toml"]
    )
    ran = run(*command, *config, str(faulty))

    assert ran.returncode == 1, ran.stdout + ran.stderr
