"""Fail where tests of the browser or of PostgreSQL were skipped, or none of them ran."""

import sys
from collections.abc import Callable
from xml.etree import ElementTree  # our own pytest wrote what is read here

Test = ElementTree.Element

KINDS: dict[str, Callable[[Test], bool]] = {
    "the browser": lambda test: test.get("classname", "").startswith("tests.test_browser"),
    "PostgreSQL": lambda test: "postgresql" in test.get("name", ""),
}


def complaints(report: Test) -> list[str]:
    """What is wrong with a JUnit report, a sentence each; empty where all of them ran."""
    found = []
    for kind, belongs in KINDS.items():
        tests = [test for test in report.iter("testcase") if belongs(test)]
        skipped = [test.get("name", "") for test in tests if test.find("skipped") is not None]
        if not tests:
            found.append(f"No test of {kind} ran.")
        found += [f"A test of {kind} was skipped: {name}." for name in skipped]
    return found


if __name__ == "__main__":
    said = complaints(ElementTree.parse(sys.argv[1]).getroot())  # noqa: S314
    print("\n".join(said) or "The tests of the browser and of PostgreSQL ran, none was skipped.")
    sys.exit(bool(said))
