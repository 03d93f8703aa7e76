"""Bills and the credit notes that correct them: frozen paper in, PDF bytes out."""

from functools import partial

from mediklaud.closings import add_note, add_sums, rate_words, tax_sums
from mediklaud.columns import Column, Row, Table
from mediklaud.letterhead import Block, Paper, day_words, print_paper
from mediklaud.money import figures, rupees
from mediklaud.papers import Bill, CreditLine, CreditNote, Line
from mediklaud.receipt_pdf import advance_pdf, receipt_pdf, refund_pdf
from mediklaud.sheet import LABEL, NAME, STRONG, SUM, TEXT, Page, Pen

__all__ = ["EXEMPT", "advance_pdf", "bill_pdf", "credit_note_pdf", "receipt_pdf", "refund_pdf"]

EXEMPT = "Consultation exempt from GST under Notification 12/2017-CT(Rate), Sl. 74"
# Rule 46(p) of the CGST Rules wants it said.
NO_REVERSE_CHARGE = "Tax is not payable on reverse charge."
UNTAXED = "–"


def bill_pdf(bill: Bill) -> bytes:
    """The bill of supply, or the tax invoice where a line is taxed.

    GST is spoken of only by a hospital that has a GSTIN.
    """
    assert sum(line.total_paise for line in bill.lines) == bill.total_paise
    paper = Paper(
        bill.hospital,
        "Tax Invoice" if bill.taxed else "Bill of Supply",
        bill.number,
        bill.issued_at_words,
        bill.duplicate,
        f"This is a computer-generated {'invoice' if bill.taxed else 'bill'}.",
    )
    sides = (_patient(bill), _doctor(bill))
    closing = partial(_bill_closing, bill)
    return print_paper(paper, bill.issued_on, sides, [_bill_table(bill)], closing)


def credit_note_pdf(note: CreditNote) -> bytes:
    """The credit note, with the bill it corrects; a cancelled one says so."""
    assert sum(line.total_paise for line in note.lines) == note.total_paise
    paper = Paper(
        note.hospital,
        "Credit Note",
        note.number,
        note.issued_at_words,
        note.duplicate,
        "This is a computer-generated credit note.",
        stamp="CANCELLED" if note.cancelled else "",
        notice=note.cancelled,
    )
    sides = (_patient(note), _corrected(note))
    closing = partial(_credit_closing, note)
    return print_paper(paper, note.issued_on, sides, [_credit_table(note)], closing)


def _patient(paper: Bill | CreditNote) -> Block:
    """Whom the paper is for, and who pays where that is another."""
    return [
        ("PATIENT", LABEL),
        (paper.patient_name, NAME),
        (f"Patient no. {paper.patient_number}", TEXT),
        (paper.patient_address, TEXT),
        (paper.patient_phone, TEXT),
        (f"Paid for by {paper.payer_name}" if paper.payer_name else "", TEXT),
    ]


def _doctor(bill: Bill) -> Block:
    """Who was consulted, with the registration number the Medical Council wants on papers."""
    return [
        ("DOCTOR", LABEL),
        (bill.doctor_name, NAME),
        (bill.doctor_specialty, TEXT),
        (f"Registration: {bill.doctor_registration}", TEXT),
    ]


def _corrected(note: CreditNote) -> Block:
    """The bill the note corrects, and why."""
    return [
        ("CORRECTS", LABEL),
        (f"Bill {note.bill_number}", NAME),
        (f"of {day_words(note.bill_date)}", TEXT),
        (f"{note.doctor_name}, {note.doctor_registration}", TEXT),
        (f"{note.kind}: {note.reason}", STRONG),
    ]


def _bill_table(bill: Bill) -> Table:
    """The bill's lines with their services accounting code, and their tax where there is any."""
    columns = [
        Column("#", 9),
        Column("Description", 44 if bill.taxed else 78, grows=True),
        Column("SAC", 18),
        Column("Qty", 12, right=True),
        Column("Rate (₹)", 0 if bill.taxed else 27, right=True),
        *(_tax_headings(bill) if bill.taxed else []),
        Column("Amount (₹)", 0 if bill.taxed else 30, right=True),
    ]
    rows: list[Row] = [
        (
            str(place),
            line.description,
            line.sac,
            str(line.quantity),
            figures(line.unit_price_paise),
            *(_tax_cells(line) if bill.taxed else ()),
            figures(line.total_paise),
        )
        for place, line in enumerate(bill.lines, start=1)
    ]
    return Table(columns, rows)


def _credit_table(note: CreditNote) -> Table:
    """What is given back of the bill's lines, and the tax with it."""
    columns = [
        Column("#", 9),
        Column("Description", 44, grows=True),
        Column("SAC", 18),
        *(_tax_headings(note) if note.taxed else []),
        Column("Credited (₹)", 30, right=True),
    ]
    rows: list[Row] = [
        (
            str(place),
            line.description,
            line.sac,
            *(_tax_cells(line) if note.taxed else ()),
            figures(line.total_paise),
        )
        for place, line in enumerate(note.lines, start=1)
    ]
    return Table(columns, rows)


def _tax_headings(paper: Bill | CreditNote) -> list[Column]:
    """What rule 46 of the CGST Rules wants of each line: taxable value, rate and tax."""
    name = "GST" if paper.hospital.gstin else "Tax"
    return [
        Column("Value (₹)", right=True),
        Column(f"{name} %", right=True),
        Column(f"{name} (₹)", right=True),
    ]


def _tax_cells(line: Line | CreditLine) -> tuple[str, str, str]:
    """A line's value, its rate and its tax; an exempt line has neither."""
    if not line.tax_basis_points:
        return figures(line.amount_paise), UNTAXED, UNTAXED
    return figures(line.amount_paise), rate_words(line.tax_basis_points), figures(line.tax_paise)


def _bill_closing(bill: Bill, page: Page, y: float) -> float:
    """The sums, the total in words, and what the law wants said of tax."""
    sums = [
        *_before_total(bill),
        ("Total", rupees(bill.total_paise), STRONG),
        ("Paid", rupees(bill.paid_paise), TEXT),
        ("Balance due", rupees(bill.balance_paise), SUM),
    ]
    if bill.credited_paise:
        sums.insert(-2, ("Credited", rupees(bill.credited_paise), TEXT))
    y = add_sums(page, y, sums, bill.total_paise)
    if not bill.hospital.gstin:
        return y
    exempt = not all(line.tax_basis_points for line in bill.lines)
    said = [EXEMPT if exempt else "", NO_REVERSE_CHARGE if bill.taxed else ""]
    return add_note(page, y + 1, "\n".join(said))


def _credit_closing(note: CreditNote, page: Page, y: float) -> float:
    """The sums and the credit in words, and who issued it."""
    sums = [*_before_total(note), ("Credited", rupees(note.total_paise), SUM)]
    y = add_sums(page, y, sums, note.total_paise)
    return add_note(page, y + 1, f"Issued by {note.issued_by}")


def _before_total(paper: Bill | CreditNote) -> list[tuple[str, str, Pen]]:
    """The value and each tax, where there is tax."""
    if not paper.taxed:
        return []
    return [
        ("Value before tax", rupees(paper.value_paise), TEXT),
        *tax_sums(paper.lines, gst=bool(paper.hospital.gstin)),
    ]
