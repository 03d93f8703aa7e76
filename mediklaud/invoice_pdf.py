"""The papers a patient takes home, bill of supply and receipt: frozen paper in, PDF bytes out."""

from datetime import date
from functools import partial

from mediklaud import lettering
from mediklaud.letterhead import (
    HEAD,
    INSET,
    LABEL,
    NAME,
    SMALL,
    STRONG,
    SUM,
    TEXT,
    Block,
    Column,
    Paper,
    Row,
    Table,
    add_sums,
    print_paper,
)
from mediklaud.money import figures, in_words, rupees
from mediklaud.papers import Bill, Receipt
from mediklaud.sheet import LEFT, RIGHT, Page

EXEMPT = "Consultation exempt from GST under Notification 12/2017-CT(Rate), Sl. 74"
DESCRIPTION = 78.0


def bill_pdf(bill: Bill) -> bytes:
    """The bill of supply; GST is spoken of only by a hospital that has a GSTIN."""
    assert sum(line.amount_paise for line in bill.lines) == bill.total_paise
    paper = Paper(
        bill.hospital,
        "Bill of Supply",
        bill.number,
        bill.issued_at_words,
        bill.duplicate,
        "This is a computer-generated bill.",
    )
    sides = (_patient(bill), _doctor(bill))
    closing = partial(_bill_closing, bill)
    return print_paper(paper, bill.issued_on, sides, _bill_table(bill), closing)


def receipt_pdf(receipt: Receipt) -> bytes:
    """The receipt for a payment, with the bills it was set against and their doctors."""
    assert receipt.unallocated_paise >= 0
    paper = Paper(
        receipt.hospital,
        "Receipt",
        receipt.number,
        receipt.issued_at_words,
        receipt.duplicate,
        "This is a computer-generated receipt.",
    )
    sides = (_payer(receipt), _payment(receipt))
    closing = partial(_receipt_closing, receipt)
    return print_paper(paper, receipt.issued_on, sides, _receipt_table(receipt), closing)


def _patient(bill: Bill) -> Block:
    """Whom the bill is for."""
    return [
        ("PATIENT", LABEL),
        (bill.patient_name, NAME),
        (f"Patient no. {bill.patient_number}", TEXT),
        (bill.patient_address, TEXT),
        (bill.patient_phone, TEXT),
    ]


def _doctor(bill: Bill) -> Block:
    """Who was consulted, with the registration number the Medical Council wants on papers."""
    return [
        ("DOCTOR", LABEL),
        (bill.doctor_name, NAME),
        (bill.doctor_specialty, TEXT),
        (f"Registration: {bill.doctor_registration}", TEXT),
    ]


def _payer(receipt: Receipt) -> Block:
    """For whom the money was received."""
    return [
        ("RECEIVED WITH THANKS FROM", LABEL),
        (receipt.patient_name, NAME),
        (f"Patient no. {receipt.patient_number}", TEXT),
        (receipt.patient_phone, TEXT),
    ]


def _payment(receipt: Receipt) -> Block:
    """How much was received, how, and by whom."""
    reference = f"Reference: {receipt.reference}" if receipt.reference else ""
    return [
        ("AMOUNT RECEIVED", LABEL),
        (rupees(receipt.amount_paise), HEAD),
        (f"Paid by {receipt.method}", TEXT),
        (reference, TEXT),
        (f"Received by {receipt.received_by}", TEXT),
    ]


def _bill_table(bill: Bill) -> Table:
    """The bill's lines with their services accounting code."""
    columns = [
        Column("#", 9),
        Column("Description", DESCRIPTION),
        Column("SAC", 18),
        Column("Qty", 12, right=True),
        Column("Rate (₹)", 27, right=True),
        Column("Amount (₹)", 30, right=True),
    ]
    rows: list[Row] = [
        (
            str(place),
            _whole_day(line.description),
            line.sac,
            str(line.quantity),
            figures(line.unit_price_paise),
            figures(line.amount_paise),
        )
        for place, line in enumerate(bill.lines, start=1)
    ]
    return columns, rows


def _whole_day(description: str) -> str:
    """The description, its day in brackets on a line of its own where one line is too short."""
    room = DESCRIPTION - 2 * INSET
    if lettering.width(description, TEXT.size, TEXT.bold) <= room:
        return description
    return "\n(".join(description.rsplit(" (", 1))


def _receipt_table(receipt: Receipt) -> Table:
    """The bills paid, each with its doctor."""
    columns = [
        Column("Bill", 36),
        Column("Dated", 36),
        Column("Doctor", 68),
        Column("Amount (₹)", 34, right=True),
    ]
    rows: list[Row] = [
        (
            line.bill_number,
            _day(line.bill_date),
            f"{line.doctor_name}\n{line.doctor_registration}",
            figures(line.amount_paise),
        )
        for line in receipt.lines
    ]
    return columns, rows


def _bill_closing(bill: Bill, page: Page, y: float) -> float:
    """The sums, the total in words, and the exemption when there is one to name."""
    sums = [
        ("Total", rupees(bill.total_paise), STRONG),
        ("Paid", rupees(bill.paid_paise), TEXT),
        ("Balance due", rupees(bill.balance_paise), SUM),
    ]
    y = add_sums(page, y, sums, in_words(bill.total_paise))
    if not bill.hospital.gstin:
        return y
    return page.write(LEFT, y + 4, EXEMPT, SMALL, room=RIGHT - LEFT)


def _receipt_closing(receipt: Receipt, page: Page, y: float) -> float:
    """The sum received, in figures and in words; what is not yet set against a bill is said."""
    sums = [("Received", rupees(receipt.amount_paise), SUM)]
    if receipt.unallocated_paise:
        sums.insert(0, ("Held in advance", rupees(receipt.unallocated_paise), TEXT))
    return add_sums(page, y, sums, in_words(receipt.amount_paise))


def _day(day: date) -> str:
    """A day in full: 3 April 2026."""
    return f"{day.day} {day:%B %Y}"
