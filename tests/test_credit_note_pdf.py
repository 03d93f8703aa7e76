"""The credit note: it names what it corrects, and says when it holds no more."""

from dataclasses import replace

import pytest

from mediklaud.invoice_pdf import credit_note_pdf
from tests.specimens import CREDIT_NOTE
from tests.test_invoice_pdf import text_of

CANCELLED = "Cancelled on 25 November 2026 by Ishaan Mehta: entered twice."


def test_a_credit_note_names_the_bill_it_corrects_with_its_date():
    text = text_of(credit_note_pdf(CREDIT_NOTE))

    for said in (
        "Credit Note",
        "JMC/2627/000001",
        "Bill JMI/2627/000002",
        "of 20 November 2026",
        "Correction: The second sitting was not given",
        "Karnataka Medical Council 45678",
        "Rupees Four Thousand Only",
        "Issued by Ishaan Mehta",
    ):
        assert said in text


def test_a_credit_note_gives_back_the_tax_too():
    text = " ".join(text_of(credit_note_pdf(CREDIT_NOTE)).split())

    assert "3,389.83 18% 610.17 4,000.00" in text
    assert "CGST 9% ₹305.09 SGST 9% ₹305.08 Credited ₹4,000.00" in text


def test_a_credit_of_exempt_lines_speaks_of_no_tax():
    line = replace(CREDIT_NOTE.lines[0], tax_basis_points=0, tax_paise=0)
    note = replace(CREDIT_NOTE, lines=(line,), total_paise=line.amount_paise)

    assert "GST %" not in text_of(credit_note_pdf(note))


def test_a_cancelled_credit_note_says_so():
    text = text_of(credit_note_pdf(replace(CREDIT_NOTE, cancelled=CANCELLED)))

    assert "CANCELLED" in text
    assert CANCELLED in text
    assert "CANCELLED" not in text_of(credit_note_pdf(CREDIT_NOTE))


def test_a_credit_note_whose_lines_do_not_make_its_total_is_not_printed():
    with pytest.raises(AssertionError):
        credit_note_pdf(replace(CREDIT_NOTE, total_paise=1))
