"""Papers of money that changed hands: receipt, advance receipt and refund voucher as PDF."""

from functools import partial

from mediklaud.closings import Sums, add_note, add_signatures, add_sums
from mediklaud.columns import Column, Row, Table
from mediklaud.letterhead import Block, Paper, day_words, print_paper
from mediklaud.money import figures, rupees
from mediklaud.papers import AdvanceReceipt, Receipt, RefundVoucher, Tender
from mediklaud.sheet import HEAD, LABEL, NAME, STAMP, SUM, TEXT, Page, Pen

ADVANCE = "Held for this patient. It pays later bills, or is given back on request."
RETURNED = Pen(colour=STAMP)


def receipt_pdf(receipt: Receipt) -> bytes:
    """The receipt for a payment, with the bills it was set against and their doctors."""
    assert receipt.unallocated_paise >= 0
    assert sum(tender.amount_paise for tender in receipt.parts) == receipt.amount_paise
    paper = _paper(receipt, "Receipt", receipt.parts)
    # One mode is said beside the sum; several have a table of their own.
    alone = len(receipt.parts) == 1 and bool(receipt.lines)
    bills = [_bills(receipt)] if receipt.lines else []
    tables = bills if alone else [_tenders(receipt.parts), *bills]
    said = _details(receipt.parts[0]) if alone else ""
    sides = (_payer(receipt), _payment(receipt, receipt.parts, said))
    closing = partial(_receipt_closing, receipt)
    return print_paper(paper, receipt.issued_on, sides, tables, closing)


def advance_pdf(receipt: AdvanceReceipt) -> bytes:
    """The receipt for money received before there is a bill."""
    assert sum(tender.amount_paise for tender in receipt.tenders) == receipt.amount_paise
    paper = _paper(receipt, "Advance Receipt", receipt.tenders)
    sides = (_payer(receipt), _payment(receipt, receipt.tenders, ""))
    closing = partial(_advance_closing, receipt)
    return print_paper(paper, receipt.issued_on, sides, [_tenders(receipt.tenders)], closing)


def refund_pdf(voucher: RefundVoucher) -> bytes:
    """The voucher for money given back, with the receipt it came from, to be signed for."""
    paper = _paper(voucher, "Refund Voucher", ())
    sides = (_payer(voucher), _refund(voucher))
    closing = partial(_refund_closing, voucher)
    return print_paper(paper, voucher.issued_on, sides, [_refunded(voucher)], closing)


def _paper(
    paper: Receipt | AdvanceReceipt | RefundVoucher, title: str, tenders: tuple[Tender, ...]
) -> Paper:
    """The head; a payment that came back is said at the top."""
    back = [tender for tender in tenders if tender.reversed]
    return Paper(
        paper.hospital,
        title,
        paper.number,
        paper.issued_at_words,
        paper.duplicate,
        f"This is a computer-generated {title.lower()}.",
        stamp="REVERSED" if back else "",
        notice="\n".join(
            f"{rupees(tender.amount_paise)} by {tender.method} came back: {tender.reversed}"
            for tender in back
        ),
    )


def _payer(paper: Receipt | AdvanceReceipt | RefundVoucher) -> Block:
    """From whom the money was received, or to whom it went back."""
    refund = isinstance(paper, RefundVoucher)
    return [
        ("PAID BACK TO" if refund else "RECEIVED WITH THANKS FROM", LABEL),
        (paper.patient_name, NAME),
        (f"Patient no. {paper.patient_number}", TEXT),
        (paper.patient_phone, TEXT),
    ]


def _payment(receipt: Receipt | AdvanceReceipt, tenders: tuple[Tender, ...], said: str) -> Block:
    """How much was received, how, and by whom."""
    methods = ", ".join(dict.fromkeys(tender.method for tender in tenders))
    return [
        ("AMOUNT RECEIVED", LABEL),
        (rupees(receipt.amount_paise), HEAD),
        (f"Paid by {methods}", TEXT),
        (said, TEXT),
        (f"Received by {receipt.received_by}", TEXT),
    ]


def _details(tender: Tender) -> str:
    """A tender's reference, or the cash laid down and the change given."""
    if tender.tendered_paise is not None:
        given, change = rupees(tender.tendered_paise), rupees(tender.change_paise)
        return f"Cash given {given}, change {change}"
    return f"Reference: {tender.reference}" if tender.reference else ""


def _refund(voucher: RefundVoucher) -> Block:
    """How much went back, how, and by whom."""
    return [
        ("AMOUNT REFUNDED", LABEL),
        (rupees(voucher.amount_paise), HEAD),
        (f"Paid by {voucher.method}", TEXT),
        (f"Reference: {voucher.reference}" if voucher.reference else "", TEXT),
        (f"Refunded by {voucher.refunded_by}", TEXT),
    ]


def _tenders(tenders: tuple[Tender, ...]) -> Table:
    """Each mode with its reference or its change."""
    columns = [
        Column("Paid by", 36),
        Column("Details", 60, grows=True),
        Column("Amount (₹)", 34, right=True),
    ]
    rows: list[Row] = [_tender_row(tender) for tender in tenders]
    return Table(columns, rows)


def _tender_row(tender: Tender) -> Row:
    """One mode's part; what came back is said in the colour of the stamp."""
    pen = RETURNED if tender.reversed else TEXT
    back = f"Came back: {tender.reversed}" if tender.reversed else ""
    details = "\n".join(part for part in (_details(tender), back) if part)
    return ((tender.method, pen), (details, pen), (figures(tender.amount_paise), pen))


def _bills(receipt: Receipt) -> Table:
    """The bills paid, each with its doctor."""
    columns = [
        Column("Bill", 36),
        Column("Dated", 36),
        Column("Doctor", 60, grows=True),
        Column("Amount (₹)", 34, right=True),
    ]
    rows: list[Row] = [
        (
            line.bill_number,
            day_words(line.bill_date),
            f"{line.doctor_name}\n{line.doctor_registration}",
            figures(line.amount_paise),
        )
        for line in receipt.lines
    ]
    return Table(columns, rows)


def _refunded(voucher: RefundVoucher) -> Table:
    """The receipt the money came from, and why it goes back."""
    columns = [
        Column("Out of receipt", 36),
        Column("Dated", 36),
        Column("Reason", 60, grows=True),
        Column("Amount (₹)", 34, right=True),
    ]
    row = (voucher.receipt_number, day_words(voucher.receipt_date), voucher.reason)
    return Table(columns, [(*row, figures(voucher.amount_paise))])


def _receipt_closing(receipt: Receipt, page: Page, y: float) -> float:
    """The sum received, in figures and in words; what is not yet set against a bill is said."""
    back = sum(tender.amount_paise for tender in receipt.parts if tender.reversed)
    sums = [("Received", rupees(receipt.amount_paise), TEXT if back else SUM)]
    if back:
        sums.append(("Came back", rupees(-back), RETURNED))
        sums.append(("Remains", rupees(receipt.amount_paise - back), SUM))
    elif receipt.unallocated_paise:
        sums.insert(0, ("Held in advance", rupees(receipt.unallocated_paise), TEXT))
    return add_sums(page, y, sums, receipt.amount_paise)


def _advance_closing(receipt: AdvanceReceipt, page: Page, y: float) -> float:
    """The sum received, and what becomes of it."""
    sums: Sums = [("Received in advance", rupees(receipt.amount_paise), SUM)]
    return add_note(page, add_sums(page, y, sums, receipt.amount_paise) + 1, ADVANCE)


def _refund_closing(voucher: RefundVoucher, page: Page, y: float) -> float:
    """The sum paid back, and the places to sign."""
    sums: Sums = [("Refunded", rupees(voucher.amount_paise), SUM)]
    y = add_sums(page, y, sums, voucher.amount_paise)
    return add_signatures(page, y, "Received by", f"For {voucher.hospital.name}")
