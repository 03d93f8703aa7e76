"""The self-check as the auditor gets it."""

from dataclasses import replace

from mediklaud.check_pdf import check_pdf
from mediklaud.statements import CheckLine
from tests.specimens import CHECK
from tests.test_invoice_pdf import text_of


def said(pdf: bytes) -> str:
    """The words of a paper on one line."""
    return " ".join(text_of(pdf).split())


def test_every_rule_stands_with_its_promise_and_result():
    text = said(check_pdf(CHECK))

    assert "1 lines and total the lines of every bill sum to its total holds" in text
    assert "in order of issue BROKEN Broken by JMI/2627/000004, series bill/2627" in text or (
        "in order of issue Broken by JMI/2627/000004, series bill/2627 BROKEN" in text
    )
    assert "CHECKED BY Ishaan Mehta RESULT" in text


def test_the_result_is_said_in_one_sentence():
    one, two = CHECK.lines[1], CheckLine("dues", "dues agree", ("patient 4",))
    green = tuple(line for line in CHECK.lines if line.green)

    assert "1 of 4 rules is broken" in said(check_pdf(CHECK))
    assert "2 of 2 rules are broken" in said(check_pdf(replace(CHECK, lines=(one, two))))
    assert "All 3 rules hold" in said(check_pdf(replace(CHECK, lines=green)))
    assert "BROKEN" not in said(check_pdf(replace(CHECK, lines=green)))


def test_the_numbers_of_each_series_are_listed():
    text = said(check_pdf(CHECK))

    assert "Numbers given" in text
    assert "Bills 2025-26 JMI/2526/000001 JMI/2526/004711 4711 47,11,000.00" in text
    assert "Numbers given" not in said(check_pdf(replace(CHECK, series=())))


def test_the_auditor_signs_below():
    assert "Auditor For JMI Hospital" in said(check_pdf(CHECK))
