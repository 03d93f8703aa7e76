"""The project's own rules of style and types are part of its tests."""

import subprocess
import sys

import pytest

from mediklaud.config import ROOT

# Findings of medium severity and above; those of low severity are ruff's S rules, all of them.
BANDIT = ("bandit", "-q", "-ll", "-c", "pyproject.toml")
TOOLS = {
    "ruff check": ("ruff", "check", "--no-cache", "."),
    "ruff format": ("ruff", "format", "--no-cache", "--check", "."),
    "mypy": ("mypy",),
    "bandit": (*BANDIT, "-r", "mediklaud", "pages", "Home.py"),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_the_project_is_clean(tool):
    ran = subprocess.run(
        [sys.executable, "-m", *TOOLS[tool]], cwd=ROOT, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr


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
    ran = subprocess.run(
        [sys.executable, "-m", *command, *config, str(faulty)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == 1, ran.stdout + ran.stderr
