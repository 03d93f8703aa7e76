"""Statements as PDF: a patient's account, and a doctor's share of a month."""

from datetime import date
from functools import partial

from mediklaud.closings import add_note, add_sums
from mediklaud.columns import Cell, Column, Row, Table
from mediklaud.letterhead import Block, Paper, day_words, print_paper
from mediklaud.money import figures, rupees
from mediklaud.sheet import HEAD, LABEL, NAME, STRONG, SUM, TEXT, Page, Pen
from mediklaud.statements import DoctorStatement, Statement, StatementLine

IN_ADVANCE = "A balance below zero is money held in advance."
NOTHING = "Nothing was received for this doctor in this month."


def statement_pdf(statement: Statement) -> bytes:
    """A patient's account: what was owed, each entry with the balance after it, what is owed."""
    paper = Paper(
        statement.hospital,
        "Statement",
        statement.patient_number,
        statement.issued_at_words,
        statement.duplicate,
        "This is a computer-generated statement.",
    )
    sides = (_patient(statement), _account(statement))
    closing = partial(_statement_closing, statement)
    return print_paper(paper, statement.issued_on, sides, [_entries(statement)], closing)


def doctor_statement_pdf(statement: DoctorStatement) -> bytes:
    """A doctor's share of the money received in a month, receipt by receipt."""
    lines = statement.lines
    assert sum(line.received_paise for line in lines) == statement.received_paise
    assert sum(line.share_paise for line in lines) == statement.share_paise
    paper = Paper(
        statement.hospital,
        "Doctor's Share",
        f"{statement.month:%B %Y}",
        statement.issued_at_words,
        statement.duplicate,
        "This is a computer-generated statement.",
    )
    sides = (_doctor(statement), _share(statement))
    closing = partial(_share_closing, statement)
    return print_paper(paper, statement.issued_on, sides, [_shares(statement)], closing)


def _patient(statement: Statement) -> Block:
    """Whose account it is."""
    return [
        ("PATIENT", LABEL),
        (statement.patient_name, NAME),
        (f"Patient no. {statement.patient_number}", TEXT),
        (statement.patient_address, TEXT),
        (statement.patient_phone, TEXT),
    ]


def _account(statement: Statement) -> Block:
    """What comes of it, and from when to when."""
    return [
        (_owed(statement).upper(), LABEL),
        (rupees(abs(statement.closing_paise)), HEAD),
        (f"{day_words(statement.begins)} to {day_words(statement.ends)}", TEXT),
    ]


def _owed(statement: Statement) -> str:
    """Which way the balance goes."""
    return "Held in advance" if statement.closing_paise < 0 else "To pay"


def _entries(statement: Statement) -> Table:
    """The opening balance, then the entries by date with the balance after each."""
    columns = [
        Column("Date", 25),
        Column("Paper", 42),
        Column("Particulars", 40, grows=True),
        Column("Charged (₹)", right=True),
        Column("Settled (₹)", right=True),
        Column("Balance (₹)", right=True),
    ]
    opening = (figures(statement.opening_paise), STRONG)
    first: Row = (_short(statement.begins), ("Opening balance", STRONG), "", "", "", opening)
    rows = [
        _entry(line, balance)
        for line, balance in zip(statement.lines, statement.balances, strict=True)
    ]
    return Table(columns, [first, *rows])


def _entry(line: StatementLine, balance_paise: int) -> Row:
    """One entry, its sum on the side it belongs to."""
    amount = figures(line.amount_paise)
    sides = (amount, "") if line.entry.owing else ("", amount)
    paper = f"{line.entry}\n{line.number}"
    return (_short(line.day), paper, line.about, *sides, figures(balance_paise))


def _statement_closing(statement: Statement, page: Page, y: float) -> float:
    """Where the account began, what came to it, and what is owed now."""
    sums = [
        ("Opening balance", rupees(statement.opening_paise), TEXT),
        *[(entry.sum, rupees(paise), TEXT) for entry, paise in statement.changes.items()],
        (_owed(statement), rupees(abs(statement.closing_paise)), SUM),
    ]
    y = add_sums(page, y, sums, abs(statement.closing_paise))
    below = min((statement.opening_paise, *statement.balances)) < 0
    return add_note(page, y + 1, IN_ADVANCE) if below else y


def _doctor(statement: DoctorStatement) -> Block:
    """Whose share it is."""
    return [
        ("DOCTOR", LABEL),
        (statement.doctor_name, NAME),
        (statement.doctor_specialty, TEXT),
        (f"Registration: {statement.doctor_registration}", TEXT),
    ]


def _share(statement: DoctorStatement) -> Block:
    """The share, and the money it is reckoned on."""
    return [
        (_due(statement).upper(), LABEL),
        (rupees(abs(statement.share_paise)), HEAD),
        (f"for {statement.month:%B %Y}", TEXT),
        (f"on {rupees(statement.received_paise)} received", TEXT),
    ]


def _due(statement: DoctorStatement) -> str:
    """Which way the share goes: more may have been taken back than received."""
    return "To be taken back" if statement.share_paise < 0 else "Doctor's share"


def _shares(statement: DoctorStatement) -> Table:
    """Each receipt's part for a bill of the doctor, and the share of it."""
    columns = [
        Column("Date", 25),
        Column("Receipt and bill", 36),
        Column("Patient", 36, grows=True),
        Column("Received (₹)", right=True),
        Column("Share", 26),
        Column("Amount (₹)", right=True),
    ]
    rows: list[Row] = [
        (
            _short(line.day),
            f"{line.receipt_number}\n{line.bill_number}",
            line.patient_name,
            figures(line.received_paise),
            line.terms,
            figures(line.share_paise),
        )
        for line in statement.lines
    ]
    nothing: tuple[Cell, ...] = ("", "", NOTHING, "", "", "")
    return Table(columns, rows or [nothing])


def _share_closing(statement: DoctorStatement, page: Page, y: float) -> float:
    """What was received, and the doctor's share of it."""
    sums = [
        ("Received", rupees(statement.received_paise), TEXT),
        *_tie(statement),
        (_due(statement), rupees(abs(statement.share_paise)), SUM),
    ]
    return add_sums(page, y, sums, abs(statement.share_paise))


def _tie(statement: DoctorStatement) -> list[tuple[str, str, Pen]]:
    """The receipts' sum on the doctor's bills, where it was asked for."""
    if statement.receipts_paise is None:
        return []
    words = "Receipts on these bills" if statement.ties else "RECEIPTS DIFFER"
    return [(words, rupees(statement.receipts_paise), TEXT)]


def _short(day: date) -> str:
    """A day in a column: 03 Apr 2026."""
    return f"{day:%d %b %Y}"
