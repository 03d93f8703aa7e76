"""The self-check as PDF, for the auditor's file: every rule, every series, a place to sign."""

from functools import partial

from mediklaud.closings import add_signatures
from mediklaud.columns import Column, Row, Table
from mediklaud.letterhead import Block, Paper, day_words, print_paper
from mediklaud.money import figures
from mediklaud.sheet import LABEL, NAME, STAMP, TEAL, Page, Pen
from mediklaud.statements import CheckLine, CheckReport

HOLDS = Pen(bold=True, colour=TEAL)
BROKEN = Pen(bold=True, colour=STAMP)
VERDICT_HOLDS = Pen(15, bold=True, colour=TEAL)
VERDICT_BROKEN = Pen(15, bold=True, colour=STAMP)


def check_pdf(report: CheckReport) -> bytes:
    """What the self-check found, rule by rule, and the numbers given in each series."""
    assert report.lines
    paper = Paper(
        report.hospital,
        "Self-check",
        day_words(report.issued_on),
        report.issued_at_words,
        report.duplicate,
        "Recounted from the rows of the database.",
    )
    tables = [_rules(report), *([_series(report)] if report.series else [])]
    closing = partial(_closing, report)
    return print_paper(paper, report.issued_on, (_asked(report), _verdict(report)), tables, closing)


def _asked(report: CheckReport) -> Block:
    """Who asked."""
    return [("CHECKED BY", LABEL), (report.checked_by, NAME)]


def _verdict(report: CheckReport) -> Block:
    """Whether the books hold."""
    count = len(report.lines)
    if not report.broken:
        return [("RESULT", LABEL), (f"All {count} rules hold", VERDICT_HOLDS)]
    said = f"{report.broken} of {count} rules {'is' if report.broken == 1 else 'are'} broken"
    return [("RESULT", LABEL), (said, VERDICT_BROKEN)]


def _rules(report: CheckReport) -> Table:
    """Each rule, what it promises, and the rows that break it."""
    columns = [
        Column("#", 10),
        Column("Rule", 44),
        Column("What is promised", 80, grows=True),
        Column("Result", 26),
    ]
    return Table(columns, [_rule(place, line) for place, line in enumerate(report.lines, start=1)])


def _rule(place: int, line: CheckLine) -> Row:
    """One rule."""
    result = ("holds", HOLDS) if line.green else ("BROKEN", BROKEN)
    broken = f"\nBroken by {', '.join(line.breaches)}" if line.breaches else ""
    return (str(place), line.rule, line.promise + broken, result)


def _series(report: CheckReport) -> Table:
    """The papers of each series and year."""
    columns = [
        Column("Papers", 40, grows=True),
        Column("From", 36),
        Column("To", 36),
        Column("Count", 22, right=True),
        Column("Sum (₹)", 34, right=True),
    ]
    rows: list[Row] = [
        (line.paper, line.first, line.last, str(line.count), figures(line.total_paise))
        for line in report.series
    ]
    return Table(columns, rows, title="Numbers given")


def _closing(report: CheckReport, page: Page, y: float) -> float:
    """Two places to sign."""
    return add_signatures(page, y, "Auditor", f"For {report.hospital.name}")
