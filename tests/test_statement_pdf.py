"""A patient's statement and a doctor's month, as a reader finds them."""

from dataclasses import replace
from datetime import date

import pytest

from mediklaud.statement_pdf import IN_ADVANCE, NOTHING, doctor_statement_pdf, statement_pdf
from mediklaud.statements import Entry, StatementLine
from tests.specimens import SHARES, STATEMENT
from tests.test_invoice_pdf import text_of


def said(pdf: bytes) -> str:
    """The words of a paper on one line."""
    return " ".join(text_of(pdf).split())


def test_balances_run_from_the_opening_one():
    day = date(2026, 11, 20)
    lines = (
        StatementLine(day, Entry.BILLED, "JMI/2627/000001", "", 800_00),
        StatementLine(day, Entry.RECEIVED, "JMR/2627/000001", "", 300_00),
        StatementLine(day, Entry.CREDITED, "JMC/2627/000001", "", 100_00),
        StatementLine(day, Entry.REVERSED, "JMR/2627/000001", "", 300_00),
        StatementLine(day, Entry.CREDIT_CANCELLED, "JMC/2627/000001", "", 100_00),
        StatementLine(day, Entry.REFUNDED, "JMF/2627/000001", "", 50_00),
    )
    found = replace(STATEMENT, opening_paise=200_00, lines=lines)

    assert found.balances == (1000_00, 700_00, 600_00, 900_00, 1000_00, 1050_00)
    assert found.closing_paise == 1050_00
    assert sum(found.changes.values()) == 850_00


def test_a_statement_says_whose_from_when_and_what_is_owed():
    owed = replace(STATEMENT, opening_paise=5000_00)
    text = said(statement_pdf(owed))

    assert "TO PAY ₹4,150.06 1 April 2026 to 23 November 2026" in text
    assert "01 Apr 2026 Opening balance 5,000.00" in text
    assert "Bill JMI/2627/000001 Consultation, Dr Sunita Rao 800.00 5,800.00" in text
    assert "Receipt JMR/2627/000001 Cheque 004512 300.00 5,500.00" in text
    assert "Rupees Four Thousand One Hundred Fifty and Six Paise Only" in text


def test_money_held_for_the_patient_is_not_called_owed():
    text = said(statement_pdf(STATEMENT))

    assert "HELD IN ADVANCE ₹1,349.94" in text
    assert "Held in advance ₹1,349.94" in text
    assert IN_ADVANCE in text
    assert IN_ADVANCE not in said(statement_pdf(replace(STATEMENT, opening_paise=90_000_00)))


def test_a_statement_of_nothing_is_the_opening_balance():
    text = said(statement_pdf(replace(STATEMENT, opening_paise=0, lines=())))

    assert "Opening balance 0.00" in text
    assert "To pay ₹0.00" in text
    assert "Billed" not in text


def test_a_doctors_month_names_each_receipt_and_bill():
    text = said(doctor_statement_pdf(SHARES))

    assert "Doctor's Share November 2026" in text
    assert "DOCTOR'S SHARE ₹720.30 for November 2026 on ₹1,200.50 received" in text
    assert "JMR/2627/000004 JMI/2627/000007 Ben D’Souza 1,200.50 60% 720.30" in text
    assert "Asha Kulkarni -800.00 60%, taken back -480.00" in text


def test_a_month_in_which_more_was_taken_back_than_received_says_so():
    back = SHARES.lines[2:]
    month = replace(SHARES, lines=back, received_paise=-800_00, share_paise=-480_00)

    assert "To be taken back ₹480.00" in said(doctor_statement_pdf(month))


def test_a_month_without_money_says_so():
    month = replace(SHARES, lines=(), received_paise=0, share_paise=0)

    assert NOTHING in said(doctor_statement_pdf(month))


@pytest.mark.parametrize("wrong", ["received_paise", "share_paise"])
def test_a_month_that_does_not_tie_to_its_receipts_is_not_printed(wrong):
    with pytest.raises(AssertionError):
        doctor_statement_pdf(replace(SHARES, **{wrong: getattr(SHARES, wrong) + 1}))
