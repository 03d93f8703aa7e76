"""Papers of money that changed hands: several modes, change, advances, refunds, bounced cheques."""

from dataclasses import replace

import pytest

from mediklaud.invoice_pdf import advance_pdf, receipt_pdf, refund_pdf
from mediklaud.papers import Receipt, Tender
from tests.specimens import ADVANCE, RECEIPT, VOUCHER
from tests.test_invoice_pdf import text_of

BOUNCED = replace(RECEIPT.tenders[2], reversed="not honoured, 2 December 2026")


def said(pdf: bytes) -> str:
    """The words of a paper on one line."""
    return " ".join(text_of(pdf).split())


def test_a_receipt_names_each_mode_with_its_reference():
    text = said(receipt_pdf(RECEIPT))

    assert "Paid by Cash, UPI, Cheque" in text
    assert "UPI Reference: 632144559981 20,000.00" in text
    assert "Cheque Reference: 004512 25,000.00" in text


def test_cash_received_and_change_given_are_on_the_receipt():
    text = said(receipt_pdf(RECEIPT))
    cash = replace(RECEIPT, tenders=(Tender("Cash", 50_000_00, None, 50_500_00),))

    assert "Cash given ₹6,000.00, change ₹1,000.00 5,000.00" in text
    assert "Paid by Cash Cash given ₹50,500.00, change ₹500.00" in said(receipt_pdf(cash))


def test_cash_that_fits_gives_no_change():
    assert Tender("Cash", 500_00, None, 500_00).change_paise == 0
    assert Tender("UPI", 500_00, "632144559981").change_paise == 0


def test_a_receipt_of_one_mode_may_name_it_without_tenders():
    fields = {**vars(RECEIPT), "tenders": (), "method": "UPI", "reference": "632144559981"}
    text = said(receipt_pdf(Receipt(**fields)))

    assert "Paid by UPI Reference: 632144559981 Received by Ishaan Mehta" in text


def test_a_cheque_that_came_back_is_said_at_the_top_and_taken_off():
    text = said(receipt_pdf(replace(RECEIPT, tenders=(*RECEIPT.tenders[:2], BOUNCED))))

    assert "REVERSED" in text
    assert "₹25,000.00 by Cheque came back: not honoured, 2 December 2026" in text
    assert "Received ₹50,000.00 Came back -₹25,000.00 Remains ₹25,000.00" in text
    assert "Held in advance" not in text
    assert "REVERSED" not in text_of(receipt_pdf(RECEIPT))


def test_an_advance_says_what_becomes_of_it():
    text = said(advance_pdf(ADVANCE))

    assert "Advance Receipt JMA/2627/000001" in text
    assert "Received in advance ₹4,500.00" in text
    assert "Cash given ₹5,000.00, change ₹500.00" in text
    assert "pays later bills, or is given back" in text


def test_a_refund_names_the_receipt_it_came_from_and_is_signed_for():
    text = said(refund_pdf(VOUCHER))

    for words in (
        "Refund Voucher JMF/2627/000001",
        "PAID BACK TO Asha Kulkarni",
        "JMA/2627/000001 20 November 2026",
        "Paid by UPI Reference: 632144559999 Refunded by Ishaan Mehta",
        "the patient asked for the money",
        "Rupees Three Thousand Only",
        "Received by",
        "For JMI Hospital",
    ):
        assert words in text


@pytest.mark.parametrize(("draw", "paper"), [(receipt_pdf, RECEIPT), (advance_pdf, ADVANCE)])
def test_modes_that_do_not_make_the_sum_are_not_printed(draw, paper):
    with pytest.raises(AssertionError):
        draw(replace(paper, amount_paise=paper.amount_paise + 1))
