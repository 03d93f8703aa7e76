"""What all papers share: figures to the paisa, the stamp of a second copy, scripts, sheets."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from mediklaud import lettering
from mediklaud.check_pdf import check_pdf
from mediklaud.invoice_pdf import advance_pdf, bill_pdf, credit_note_pdf, receipt_pdf, refund_pdf
from mediklaud.money import MOST_PAISE, figures
from mediklaud.papers import CreditLine, Line, ReceiptLine, Tender
from mediklaud.sheet import BOTTOM, LEFT, RIGHT, Bar
from mediklaud.statement_pdf import doctor_statement_pdf, statement_pdf
from mediklaud.statements import Entry, SeriesLine, ShareLine, StatementLine
from tests.specimens import (
    ADVANCE,
    CHECK,
    CREDIT_NOTE,
    INVOICE,
    RECEIPT,
    SHARES,
    SPECIMENS,
    STATEMENT,
    VOUCHER,
)
from tests.test_invoice_pdf import NAMES, lowest, no_words_overlap, text_of

# A sum of money as papers show it; a rate of tax has its sign behind it.
A_SUM = re.compile(r"(?<![\d.,])-?₹?[\d,]+\.\d\d(?![\d%])")
SUMS = st.integers(0, 10**9)
RATES = st.sampled_from([0, 0, 25, 500, 1200, 1800, 2800])
WORDS = st.text("abc äÖ अ த", min_size=1, max_size=40).filter(str.strip)
DAYS = st.dates(date(2026, 4, 1), date(2027, 3, 31))


def sums_in(pdf: bytes) -> Counter[str]:
    """Every sum of money a reader finds in a PDF."""
    return Counter(said.replace("₹", "") for said in A_SUM.findall(text_of(pdf)))


def shown(*paise: int) -> Counter[str]:
    """The same sums as a paper should show them."""
    return Counter(map(figures, paise))


def halves(lines, gst: bool) -> list[int]:
    """The tax of each rate, halved where it is GST."""
    found = []
    for rate in {line.tax_basis_points for line in lines} - {0}:
        of_rate = [line for line in lines if line.tax_basis_points == rate]
        if gst:
            found.append(sum(line.tax_paise - line.tax_paise // 2 for line in of_rate))
            found.append(sum(line.tax_paise // 2 for line in of_rate))
        else:
            found.append(sum(line.tax_paise for line in of_rate))
    return found


@st.composite
def bill_lines(draw):
    rate, quantity, price = draw(RATES), draw(st.integers(1, 99)), draw(SUMS)
    value = quantity * price
    tax = (value * rate + 5000) // 10_000
    return Line(draw(WORDS), "999312", quantity, price, value, rate, tax)


@st.composite
def bills(draw):
    lines = tuple(draw(st.lists(bill_lines(), min_size=1, max_size=40)))
    total = sum(line.amount_paise + line.tax_paise for line in lines)
    credited = draw(st.integers(0, total))
    gstin = draw(st.sampled_from([None, INVOICE.hospital.gstin]))
    return replace(
        INVOICE,
        hospital=replace(INVOICE.hospital, gstin=gstin),
        patient_name=draw(WORDS),
        lines=lines,
        total_paise=total,
        credited_paise=credited,
        paid_paise=draw(st.integers(0, total - credited)),
    )


@settings(max_examples=60, deadline=None)
@given(bills())
def test_a_bill_shows_every_sum_to_the_paisa_and_no_other(bill):
    expected = [bill.total_paise, bill.paid_paise]
    expected.append(bill.total_paise - bill.credited_paise - bill.paid_paise)
    taxed = any(line.tax_basis_points for line in bill.lines)
    if bill.credited_paise:
        expected.append(bill.credited_paise)
    for line in bill.lines:
        expected += [line.unit_price_paise, line.amount_paise + line.tax_paise]
        expected += [line.amount_paise] if taxed else []
        expected += [line.tax_paise] if line.tax_basis_points else []
    if taxed:
        expected.append(sum(line.amount_paise for line in bill.lines))
        expected += halves(bill.lines, gst=bill.hospital.gstin is not None)

    assert sums_in(bill_pdf(bill)) == shown(*expected)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(WORDS, SUMS, RATES, SUMS), min_size=1, max_size=30))
def test_a_credit_note_shows_every_sum_to_the_paisa_and_no_other(drawn):
    lines = tuple(
        CreditLine(words, "999312", paise, rate, tax if rate else 0)
        for words, paise, rate, tax in drawn
    )
    value = sum(line.amount_paise for line in lines)
    total = value + sum(line.tax_paise for line in lines)
    taxed = any(line.tax_basis_points for line in lines)
    expected = [total, *(line.amount_paise + line.tax_paise for line in lines)]
    expected += [line.tax_paise for line in lines if line.tax_basis_points]
    if taxed:
        expected += [value, *(line.amount_paise for line in lines), *halves(lines, gst=True)]

    pdf = credit_note_pdf(replace(CREDIT_NOTE, lines=lines, total_paise=total))
    assert sums_in(pdf) == shown(*expected)


TENDERS = st.tuples(SUMS, st.none() | st.integers(0, 10**6))


def tender(paise: int, change: int | None) -> Tender:
    """Cash with its change, or a payment with its reference."""
    if change is None:
        return Tender("UPI", paise, "632144559981")
    return Tender("Cash", paise, None, paise + change)


def said_of(tenders, *, tabled: bool) -> list[int]:
    """The sums a paper says of its tenders."""
    cash = [one for one in tenders if one.tendered_paise is not None]
    found = [one.tendered_paise for one in cash]
    found += [one.tendered_paise - one.amount_paise for one in cash]
    return found + [one.amount_paise for one in tenders if tabled]


@settings(max_examples=60, deadline=None)
@given(st.lists(TENDERS, min_size=1, max_size=6), st.lists(st.integers(0, 99), max_size=12))
def test_a_receipt_shows_every_sum_to_the_paisa_and_no_other(drawn, parts):
    tenders = tuple(tender(*one) for one in drawn)
    total = sum(one.amount_paise for one in tenders)
    lines = tuple(
        ReceiptLine("JMI/2627/000001", date(2026, 11, 20), "Dr Rao", "KMC", total * part // 1200)
        for part in parts
    )
    held = total - sum(line.amount_paise for line in lines)
    tabled = len(tenders) > 1 or not lines
    expected = [total, total, *(line.amount_paise for line in lines), *([held] if held else [])]

    pdf = receipt_pdf(replace(RECEIPT, tenders=tenders, amount_paise=total, lines=lines))
    assert sums_in(pdf) == shown(*expected, *said_of(tenders, tabled=tabled))


@settings(max_examples=30, deadline=None)
@given(st.lists(TENDERS, min_size=1, max_size=6))
def test_an_advance_shows_every_sum_to_the_paisa_and_no_other(drawn):
    tenders = tuple(tender(*one) for one in drawn)
    total = sum(one.amount_paise for one in tenders)

    pdf = advance_pdf(replace(ADVANCE, tenders=tenders, amount_paise=total))
    assert sums_in(pdf) == shown(total, total, *said_of(tenders, tabled=True))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, MOST_PAISE))
def test_a_refund_shows_its_sum_to_the_paisa_and_no_other(paise):
    assert sums_in(refund_pdf(replace(VOUCHER, amount_paise=paise))) == shown(paise, paise, paise)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.tuples(DAYS, st.sampled_from(Entry), WORDS, SUMS), max_size=60),
)
def test_a_statement_shows_every_balance_to_the_paisa_and_no_other_sum(opening, drawn):
    lines = tuple(
        StatementLine(day, kind, "JMI/1", words, paise) for day, kind, words, paise in drawn
    )
    expected, balance, by_kind = [opening, opening], opening, Counter()
    for line in lines:
        less = line.entry in (Entry.CREDITED, Entry.RECEIVED)
        change = -line.amount_paise if less else line.amount_paise
        balance += change
        by_kind[line.entry] += change
        expected += [line.amount_paise, balance]
    expected += [abs(balance), abs(balance), *by_kind.values()]

    pdf = statement_pdf(replace(STATEMENT, opening_paise=opening, lines=lines))
    assert sums_in(pdf) == shown(*expected)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(DAYS, WORDS, st.integers(-(10**9), 10**9), SUMS), max_size=60))
def test_a_doctors_month_shows_every_sum_to_the_paisa_and_no_other(drawn):
    lines = tuple(
        ShareLine(day, "JMR/1", "JMI/1", words, received, "60%", share)
        for day, words, received, share in drawn
    )
    received, share = sum(one[2] for one in drawn), sum(one[3] for one in drawn)
    each = [paise for line in lines for paise in (line.received_paise, line.share_paise)]

    pdf = doctor_statement_pdf(
        replace(SHARES, lines=lines, received_paise=received, share_paise=share)
    )
    assert sums_in(pdf) == shown(received, received, share, share, *each)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, MOST_PAISE * 1000), min_size=1, max_size=80))
def test_the_auditors_print_shows_every_series_to_the_paisa(drawn):
    series = tuple(SeriesLine("Bills", "JMI/1", "JMI/2", 2, paise) for paise in drawn)

    assert sums_in(check_pdf(replace(CHECK, series=series))) == shown(*drawn)


def test_a_paisa_too_many_would_be_noticed():
    assert sums_in(refund_pdf(VOUCHER)) != shown(*[VOUCHER.amount_paise + 1] * 3)


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_second_copy_of_every_paper_says_duplicate_on_every_sheet(name):
    draw, paper = SPECIMENS[name]
    once, again = draw(paper), draw(replace(paper, duplicate=True))

    assert "DUPLICATE" not in text_of(once)
    assert all("DUPLICATE" in page.extract_text() for page in PdfReader(BytesIO(again)).pages)


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_paper_is_the_same_bytes_again(name):
    draw, paper = SPECIMENS[name]

    assert draw(paper) == draw(paper)


@pytest.mark.parametrize("name", SPECIMENS)
@pytest.mark.parametrize("script", ["Devanagari", "Tamil", "Bengali", "Urdu"])
def test_a_name_in_any_script_stands_on_every_paper(name, script, monkeypatch):
    draw, paper = SPECIMENS[name]
    field = next(f for f in ("patient_name", "doctor_name", "checked_by") if hasattr(paper, f))

    pages = pages_of(monkeypatch, draw, replace(paper, **{field: NAMES[script]}))

    assert lettering.clean(NAMES[script]) in [mark.text for mark in marks_of(pages)]


def lengthened(name, count):
    """A paper of so many rows, and a word that stands once in each of them."""
    _, paper = SPECIMENS[name]
    row, word = paper.lines[0], {"receipt": "Karnataka", "check": "lines and total"}.get(name)
    rows = (row,) * count
    if name in ("invoice", "credit note"):
        return replace(paper, lines=rows, total_paise=count * row.total_paise), row.description
    if name == "receipt":
        total = count * row.amount_paise
        tenders = (Tender("UPI", total, "632144559981"),)
        return replace(paper, lines=rows, tenders=tenders, amount_paise=total), word
    if name == "shares":
        received, share = count * row.received_paise, count * row.share_paise
        return replace(paper, lines=rows, received_paise=received, share_paise=share), "Asha"
    return replace(paper, lines=rows), word or "Consultation"


@pytest.mark.parametrize(
    "name", ["invoice", "credit note", "receipt", "statement", "shares", "check"]
)
@pytest.mark.parametrize("count", [1, 20, 55, 130])
def test_a_long_paper_keeps_every_row_over_many_sheets(name, count, monkeypatch):
    longer, word = lengthened(name, count)
    pages = pages_of(monkeypatch, SPECIMENS[name][0], longer)
    words = [[mark.text for mark in marks_of([page])] for page in pages]

    assert sum(said.startswith(word) for page in words for said in page) == count
    for place, page in enumerate(words, start=1):
        assert page[-1].endswith(f"Page {place} of {len(pages)}")
    assert lowest(pages) < BOTTOM + 13
    assert no_words_overlap(pages)


@pytest.mark.parametrize("name", SPECIMENS)
def test_words_of_every_paper_stay_within_its_margins(name, monkeypatch):
    draw, paper = SPECIMENS[name]
    long = "Venkatanarasimharajuvaripeta Thiruvananthapuram " * 20
    said = {
        field: long
        for field in (
            "patient_name",
            "doctor_name",
            "checked_by",
            "reason",
            "kind",
            "received_by",
            "refunded_by",
            "issued_by",
            "payer_name",
            "cancelled",
            "doctor_registration",
        )
        if hasattr(paper, field)
    }
    pages = pages_of(monkeypatch, draw, replace(paper, **said))

    for mark in marks_of(pages):
        wide = lettering.width(mark.text, mark.pen.size, mark.pen.bold)
        assert mark.x >= LEFT - 0.01
        assert mark.x + wide <= RIGHT + 0.01
    assert no_words_overlap(pages)


def marks_of(pages):
    """All lines of words."""
    return [mark for page in pages for mark in page.marks if not isinstance(mark, Bar)]


def pages_of(monkeypatch, draw, paper):
    """The marks of a paper's pages, before they become a PDF."""
    taken = []

    def take(pages, title, day):
        taken.extend(pages)
        return b""

    monkeypatch.setattr("mediklaud.letterhead.print_pages", take)
    draw(paper)
    return taken
