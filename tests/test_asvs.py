"""The sheet of OWASP ASVS 5.0.0: no number left out, and every test it names is there."""

import ast
import inspect
import re
from functools import cache

import bcrypt
import pytest

from mediklaud.config import ROOT
from mediklaud.repository import accounts
from tests.conftest import _gensalt

SHEET = (ROOT / "docs" / "asvs.md").read_text()
# How many requirements each section of the standard has, and which of them are of level 3 alone.
SECTIONS = {
    "1.1": (2, ""), "1.2": (10, "10"), "1.3": (12, "12"), "1.4": (3, ""), "1.5": (3, "3"),
    "2.1": (3, ""), "2.2": (3, ""), "2.3": (5, "5"), "2.4": (2, "2"),
    "3.1": (1, "1"), "3.2": (3, "3"), "3.3": (5, "5"), "3.4": (8, "7 8"), "3.5": (8, "6 7 8"),
    "3.6": (1, "1"), "3.7": (5, "3 4 5"),
    "4.1": (5, "4 5"), "4.2": (5, "2 3 4 5"), "4.3": (2, ""), "4.4": (4, ""),
    "5.1": (1, ""), "5.2": (6, "4 5 6"), "5.3": (3, "3"), "5.4": (3, ""),
    "6.1": (3, ""), "6.2": (12, ""), "6.3": (8, "5 6 7 8"), "6.4": (6, "5 6"),
    "6.5": (8, "6 7 8"), "6.6": (4, "4"), "6.7": (2, "1 2"), "6.8": (4, ""),
    "7.1": (3, ""), "7.2": (4, ""), "7.3": (2, ""), "7.4": (5, ""), "7.5": (3, "3"), "7.6": (2, ""),
    "8.1": (4, "3 4"), "8.2": (4, "4"), "8.3": (3, "2 3"), "8.4": (2, "2"),
    "9.1": (3, ""), "9.2": (4, ""),
    "10.1": (2, ""), "10.2": (3, "3"), "10.3": (5, "5"), "10.4": (16, "12 13 14 15 16"),
    "10.5": (5, ""), "10.6": (2, ""), "10.7": (3, ""),
    "11.1": (4, "3 4"), "11.2": (5, "4 5"), "11.3": (5, "4 5"), "11.4": (4, ""),
    "11.5": (2, "2"), "11.6": (2, "2"), "11.7": (2, "1 2"),
    "12.1": (5, "4 5"), "12.2": (2, ""), "12.3": (5, "5"),
    "13.1": (4, "2 3 4"), "13.2": (6, "6"), "13.3": (4, "3 4"), "13.4": (7, "6 7"),
    "14.1": (2, ""), "14.2": (8, "5 6 7 8"), "14.3": (3, ""),
    "15.1": (5, "4 5"), "15.2": (5, "4 5"), "15.3": (7, ""), "15.4": (4, "1 2 3 4"),
    "16.1": (1, ""), "16.2": (5, ""), "16.3": (4, ""), "16.4": (3, ""), "16.5": (4, "4"),
    "17.1": (2, "2"), "17.2": (8, "5 6 7 8"), "17.3": (2, ""),
}  # fmt: skip
STATES = ("met", "not met", "not applicable")


def wanted() -> set[str]:
    """Every requirement of levels 1 and 2."""
    return {
        f"V{section}.{number}"
        for section, (count, third) in SECTIONS.items()
        for number in range(1, count + 1)
        if str(number) not in third.split()
    }


def rows(sheet: str) -> list[list[str]]:
    """The rows of the sheet: numbers, state, sentence, proof."""
    lines = [line for line in sheet.splitlines() if re.match(r"\| \**V\d", line)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def numbers(sheet: str) -> list[str]:
    return [number for row in rows(sheet) for number in re.findall(r"V\d+\.\d+\.\d+", row[0])]


@cache
def proofs_of(path: str) -> frozenset[str]:
    """The tests of a file."""
    place = ROOT / path
    tree = ast.parse(place.read_text()) if place.exists() else ast.parse("")
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def faults(sheet: str) -> list[str]:
    """What is wrong with the sheet."""
    found = []
    if sorted(numbers(sheet)) != sorted(wanted()):
        found.append("a number is missing, or stands twice")
    for told, state, words, *proof in rows(sheet):
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", " ".join(proof))
        if state not in STATES or not words.endswith("."):
            found.append(f"{told}: {state}")
        if (state == "met") != bool(named):
            found.append(f"{told} is {state} with {len(named)} tests")
        found += [f"{told}: no test {name}" for path, name in named if name not in proofs_of(path)]
    return found


def test_the_standard_has_253_requirements_of_levels_1_and_2():
    assert sum(count for count, _ in SECTIONS.values()) == 345
    assert len(wanted()) == 253


def test_the_sheet_is_whole_and_its_tests_are_there():
    assert faults(SHEET) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("V1.1.2", "V1.1.9"),
        ("| met |", "| nearly met |"),
        ("| not met |", "| met |"),
        ("::test_filtering_twice", "::test_filtering_thrice"),
    ],
)
def test_a_slip_in_the_sheet_is_noticed(old, new):
    assert old in SHEET
    assert faults(SHEET.replace(old, new, 1))


def test_passwords_are_hashed_at_bcrypts_usual_cost():
    # The tests' own passwords are cheaper; this is what the house asks for.
    assert inspect.signature(_gensalt).parameters["rounds"].default == 12
    assert "bcrypt.gensalt())" in inspect.getsource(accounts.password_hash)
    assert bcrypt.gensalt is not _gensalt
