"""The tax invoice: what rule 46 of the CGST Rules wants on it, and nothing of GST without one."""

import re
from dataclasses import replace

import pytest

from mediklaud.closings import rate_words
from mediklaud.invoice_pdf import EXEMPT, NO_REVERSE_CHARGE, bill_pdf, credit_note_pdf
from tests.specimens import CREDIT_NOTE, INVOICE, JMI
from tests.test_invoice_pdf import text_of

UNREGISTERED = replace(JMI, gstin=None)


def test_a_bill_with_a_taxed_line_is_a_tax_invoice():
    assert "Tax Invoice" in text_of(bill_pdf(INVOICE))
    assert "This is a computer-generated invoice." in text_of(bill_pdf(INVOICE))


def test_a_bill_whose_lines_are_all_exempt_stays_a_bill_of_supply():
    exempt = replace(INVOICE, lines=INVOICE.lines[:1], total_paise=800_00)
    text = text_of(bill_pdf(exempt))

    assert "Bill of Supply" in text
    assert "GST %" not in text
    assert NO_REVERSE_CHARGE not in text


def test_each_line_shows_its_value_its_rate_and_its_tax():
    text = " ".join(text_of(bill_pdf(INVOICE)).split())

    assert "1 45,000.00 45,000.00 18% 8,100.00 53,100.00" in text
    assert "3 333.35 1,000.05 5% 50.01 1,050.06" in text
    assert "1 800.00 800.00 – – 800.00" in text


def test_tax_is_halved_by_rate_and_no_paisa_is_lost():
    text = " ".join(text_of(bill_pdf(INVOICE)).split())

    said = ("Value before tax ₹46,800.05", "CGST 2.5% ₹25.01", "SGST 2.5% ₹25.00")
    assert all(one in text for one in (*said, "CGST 9% ₹4,050.00", "SGST 9% ₹4,050.00"))
    assert "Total ₹54,950.06" in text


def test_what_is_credited_lessens_what_is_due():
    text = " ".join(text_of(bill_pdf(INVOICE)).split())

    assert "Credited ₹4,000.00 Paid ₹50,000.00 Balance due ₹950.06" in text


def test_who_pays_for_a_minor_is_named():
    assert "Paid for by Meera Kulkarni" in text_of(bill_pdf(INVOICE))
    assert "Paid for by" not in text_of(bill_pdf(replace(INVOICE, payer_name="")))


def test_exempt_and_taxed_lines_are_both_explained():
    text = text_of(bill_pdf(INVOICE))

    assert EXEMPT in text
    assert NO_REVERSE_CHARGE in text
    taxed = replace(INVOICE, lines=INVOICE.lines[1:], total_paise=INVOICE.total_paise - 800_00)
    assert EXEMPT not in text_of(bill_pdf(taxed))


@pytest.mark.parametrize(("draw", "paper"), [(bill_pdf, INVOICE), (credit_note_pdf, CREDIT_NOTE)])
def test_without_a_gstin_tax_is_shown_and_gst_is_not_spoken_of(draw, paper):
    text = text_of(draw(replace(paper, hospital=UNREGISTERED)))

    assert not re.search("GST|exempt|reverse charge", text)
    assert "Tax 18%" in text


def test_an_invoice_whose_tax_is_not_in_its_total_is_not_printed():
    with pytest.raises(AssertionError):
        bill_pdf(replace(INVOICE, total_paise=sum(line.amount_paise for line in INVOICE.lines)))


@pytest.mark.parametrize(
    ("basis_points", "whole", "half"),
    [(1800, "18%", "9%"), (500, "5%", "2.5%"), (25, "0.25%", "0.125%"), (28_00, "28%", "14%")],
)
def test_rates_are_said_exactly(basis_points, whole, half):
    assert rate_words(basis_points) == whole
    assert rate_words(basis_points, halved=True) == half


def test_sums_in_many_columns_are_set_smaller_and_never_parted():
    price = 33_333_333_333_33
    line = replace(INVOICE.lines[1], quantity=3, unit_price_paise=price, amount_paise=3 * price)
    line = replace(line, tax_paise=18 * line.amount_paise // 100)
    total = line.amount_paise + line.tax_paise
    bill = replace(INVOICE, lines=(line,), total_paise=total, credited_paise=0, paid_paise=0)

    assert text_of(bill_pdf(bill)).count("1,17,99,99,99,999.98") == 3
