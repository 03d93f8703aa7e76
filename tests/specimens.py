"""One specimen of every paper, as the till would fill it, and how each is drawn."""

from dataclasses import replace
from datetime import date, timedelta

from mediklaud.check_pdf import check_pdf
from mediklaud.invoice_pdf import advance_pdf, bill_pdf, credit_note_pdf, receipt_pdf, refund_pdf
from mediklaud.papers import (
    AdvanceReceipt,
    Bill,
    CreditLine,
    CreditNote,
    Hospital,
    Line,
    Receipt,
    ReceiptLine,
    RefundVoucher,
    Tender,
)
from mediklaud.statement_pdf import doctor_statement_pdf, statement_pdf
from mediklaud.statements import (
    CheckLine,
    CheckReport,
    DoctorStatement,
    Entry,
    SeriesLine,
    ShareLine,
    Statement,
    StatementLine,
)

DAY = date(2026, 11, 23)
AT = "23 November 2026, 10:42 AM IST"
JMI = Hospital(
    name="JMI Hospital",
    address="14 Richmond Road, Bengaluru 560025",
    phone="+91 80 4123 4567",
    email="desk@jmi.example",
    gstin="29ABCDE1234F1ZW",
)
ASHA = {
    "patient_number": "P-000123",
    "patient_name": "Asha Kulkarni",
    "patient_phone": "+91 98450 12345",
}
HOME = {"patient_address": "22, 3rd Cross, Malleshwaram\nBengaluru 560003"}
RAO = {"doctor_name": "Dr Sunita Rao", "doctor_registration": "Karnataka Medical Council 45678"}
HEAD = {"issued_on": DAY, "issued_at_words": AT, "hospital": JMI}

INVOICE = Bill(
    number="JMI/2627/000002",
    **HEAD,
    **ASHA,
    **HOME,
    **RAO,
    doctor_specialty="Dermatology",
    lines=(
        Line("Consultation, Dr Sunita Rao (23 Nov 2026)", "999312", 1, 800_00, 800_00),
        Line("Hair transplant, first sitting", "999722", 1, 45_000_00, 45_000_00, 1800, 8_100_00),
        Line("Dermal kit", "300490", 3, 333_35, 1000_05, 500, 50_01),
    ),
    total_paise=54_950_06,
    paid_paise=50_000_00,
    credited_paise=4000_00,
    payer_name="Meera Kulkarni",
)
CREDIT_NOTE = CreditNote(
    number="JMC/2627/000001",
    **HEAD,
    **ASHA,
    **HOME,
    **RAO,
    bill_number="JMI/2627/000002",
    bill_date=date(2026, 11, 20),
    kind="Correction",
    reason="The second sitting was not given",
    lines=(CreditLine("Hair transplant, first sitting", "999722", 3389_83, 1800, 610_17),),
    total_paise=4000_00,
    issued_by="Ishaan Mehta",
)
RECEIPT = Receipt(
    number="JMR/2627/000001",
    **HEAD,
    **ASHA,
    tenders=(
        Tender("Cash", 5000_00, None, 6000_00),
        Tender("UPI", 20_000_00, "632144559981"),
        Tender("Cheque", 25_000_00, "004512"),
    ),
    amount_paise=50_000_00,
    lines=(
        ReceiptLine("JMI/2627/000001", date(2026, 11, 20), *RAO.values(), 800_00),
        ReceiptLine("JMI/2627/000002", date(2026, 11, 23), *RAO.values(), 48_200_00),
    ),
    received_by="Ishaan Mehta",
)
ADVANCE = AdvanceReceipt(
    number="JMA/2627/000001",
    **HEAD,
    **ASHA,
    tenders=(Tender("Cash", 4500_00, None, 5000_00),),
    amount_paise=4500_00,
    received_by="Ishaan Mehta",
)
VOUCHER = RefundVoucher(
    number="JMF/2627/000001",
    **HEAD,
    **ASHA,
    receipt_number="JMA/2627/000001",
    receipt_date=date(2026, 11, 20),
    method="UPI",
    reference="632144559999",
    reason="The operation was put off; the patient asked for the money",
    amount_paise=3000_00,
    refunded_by="Ishaan Mehta",
)
STATEMENT = Statement(
    **HEAD,
    **ASHA,
    **HOME,
    begins=date(2026, 4, 1),
    ends=DAY,
    opening_paise=-500_00,
    lines=tuple(
        StatementLine(date(2026, 4, 2) + timedelta(days=17 * place), entry, number, about, paise)
        for place, (entry, number, about, paise) in enumerate(
            [
                (Entry.BILLED, "JMI/2627/000001", "Consultation, Dr Sunita Rao", 800_00),
                (Entry.RECEIVED, "JMR/2627/000001", "Cheque 004512", 300_00),
                (Entry.REVERSED, "JMR/2627/000001", "The cheque was not honoured", 300_00),
                (Entry.BILLED, "JMI/2627/000002", "Hair transplant, Dr Sunita Rao", 54_950_06),
                (Entry.CREDITED, "JMC/2627/000001", "Correction of JMI/2627/000002", 4000_00),
                (Entry.RECEIVED, "JMR/2627/000002", "Cash, UPI", 60_000_00),
                (Entry.REFUNDED, "JMF/2627/000001", "UPI 632144559999", 3000_00),
                (Entry.CREDIT_CANCELLED, "JMC/2627/000001", "Entered twice", 4000_00),
                (Entry.BILLED, "JMI/2627/000003", "Follow-up, Dr Sunita Rao", 400_00),
            ]
        )
    ),
)
SHARES = DoctorStatement(
    **HEAD,
    **RAO,
    doctor_specialty="Dermatology",
    month=date(2026, 11, 1),
    lines=(
        ShareLine(
            date(2026, 11, 3),
            "JMR/2627/000001",
            "JMI/2627/000001",
            "Asha Kulkarni",
            800_00,
            "60%",
            480_00,
        ),
        ShareLine(
            date(2026, 11, 9),
            "JMR/2627/000004",
            "JMI/2627/000007",
            "Ben D’Souza",
            1200_50,
            "60%",
            720_30,
        ),
        ShareLine(
            date(2026, 11, 12),
            "JMR/2627/000001",
            "JMI/2627/000001",
            "Asha Kulkarni",
            -800_00,
            "60%, taken back",
            -480_00,
        ),
    ),
    received_paise=1200_50,
    share_paise=720_30,
)
CHECK = CheckReport(
    **HEAD,
    checked_by="Ishaan Mehta",
    lines=(
        CheckLine("lines and total", "the lines of every bill sum to its total"),
        CheckLine(
            "bill numbers",
            "bills run 1, 2, 3 … in each financial year, in order of issue",
            ("JMI/2627/000004", "series bill/2627"),
        ),
        CheckLine("not over-allocated", "no bill is paid more than it is for"),
        CheckLine("settled moment", "a bill is settled when, and only when, nothing is owed on it"),
    ),
    series=(
        SeriesLine("Bills 2025-26", "JMI/2526/000001", "JMI/2526/004711", 4711, 47_11_000_00),
        SeriesLine("Bills 2026-27", "JMI/2627/000001", "JMI/2627/000003", 3, 56_150_06),
        SeriesLine("Receipts 2026-27", "JMR/2627/000001", "JMR/2627/000002", 2, 60_300_00),
    ),
)

# Every paper with what draws it.
SPECIMENS = {
    "bill": (
        bill_pdf,
        replace(
            INVOICE, lines=INVOICE.lines[:1], total_paise=800_00, paid_paise=0, credited_paise=0
        ),
    ),
    "invoice": (bill_pdf, INVOICE),
    "credit note": (credit_note_pdf, CREDIT_NOTE),
    "receipt": (receipt_pdf, RECEIPT),
    "advance": (advance_pdf, ADVANCE),
    "refund": (refund_pdf, VOUCHER),
    "statement": (statement_pdf, STATEMENT),
    "shares": (doctor_statement_pdf, SHARES),
    "check": (check_pdf, CHECK),
}
