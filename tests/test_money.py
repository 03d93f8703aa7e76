"""Sums of money as they are shown, spelt and typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediklaud.errors import (
    AmountCommasMisplaced,
    AmountMissing,
    AmountNegative,
    AmountTooFine,
    AmountTooLarge,
    AmountUnreadable,
    Refusal,
)
from mediklaud.money import MOST_PAISE, figures, in_words, read_rupees, rupees

WORTH = {
    word: worth
    for worth, word in enumerate(
        "Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve Thirteen Fourteen "  # noqa: SIM905
        "Fifteen Sixteen Seventeen Eighteen Nineteen".split()
    )
} | {
    word: worth * 10
    for worth, word in enumerate(
        "Twenty Thirty Forty Fifty Sixty Seventy Eighty Ninety".split(),  # noqa: SIM905
        start=2,
    )
}
SIZES = {"Hundred": 100, "Thousand": 10**3, "Lakh": 10**5, "Crore": 10**7}


def worth_of(words: str) -> int:
    """The number the words say, read from their largest size downwards."""
    for size in ("Crore", "Lakh", "Thousand", "Hundred"):
        head, found, rest = words.rpartition(f"{size}")
        if found:
            return worth_of(head) * SIZES[size] + worth_of(rest)
    return sum(WORTH[word] for word in words.split())


@pytest.mark.parametrize(
    ("paise", "shown"),
    [
        (0, "₹0.00"),
        (5, "₹0.05"),
        (99_900, "₹999.00"),
        (100_000, "₹1,000.00"),
        (12_345_650, "₹1,23,456.50"),
        (-100, "-₹1.00"),
        (-12_345_650, "-₹1,23,456.50"),
        (10**13, "₹1,00,00,00,00,000.00"),
    ],
)
def test_rupees_are_grouped_the_indian_way(paise, shown):
    assert rupees(paise) == shown
    assert figures(paise) == shown.replace("₹", "")


@pytest.mark.parametrize(
    ("paise", "words"),
    [
        (0, "Rupees Zero Only"),
        (50, "Rupees Zero and Fifty Paise Only"),
        (100, "Rupees One Only"),
        (
            12_345_650,
            "Rupees One Lakh Twenty Three Thousand Four Hundred Fifty Six and Fifty Paise Only",
        ),
        (120 * 10**9, "Rupees One Hundred Twenty Crore Only"),
        (10**15, "Rupees Ten Lakh Crore Only"),
        (10_000_100, "Rupees One Lakh One Only"),
    ],
)
def test_an_amount_in_words(paise, words):
    assert in_words(paise) == words


@given(st.integers(min_value=0, max_value=10**17))
def test_the_words_say_the_same_sum_as_the_figures(paise):
    whole, _, coins = in_words(paise)[len("Rupees ") : -len(" Only")].partition(" and ")

    assert worth_of(whole) * 100 + worth_of(coins.removesuffix("Paise")) == paise


def test_a_negative_amount_has_no_words():
    with pytest.raises(AssertionError):
        in_words(-1)


@given(st.integers(min_value=0, max_value=MOST_PAISE))
def test_what_a_paper_shows_is_read_back_as_the_same_sum(paise):
    assert read_rupees(figures(paise)) == paise
    assert read_rupees(rupees(paise)) == paise


@pytest.mark.parametrize(
    ("typed", "paise"),
    [
        ("500", 50_000),
        ("  ₹ 1,23,456.50 ", 12_345_650),
        ("Rs 12.5", 1_250),
        ("Rs. 12", 1_200),
        ("rs.0.05", 5),
        ("123,456.50", 12_345_650),
        ("1,234,567", 123_456_700),
        ("12,34,567", 123_456_700),
        ("0500", 50_000),
        ("१,२३,४५६.५०", 12_345_650),
        ("১২৩", 12_300),
        ("٥٠٠٫٢٥", 50_025),
        ("۱۲۳", 12_300),
        ("0.10", 10),
        ("1,00,00,00,00,000.00", MOST_PAISE),
    ],
)
def test_what_a_clerk_types_is_read_exactly(typed, paise):
    assert read_rupees(typed) == paise


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", AmountMissing),
        ("   ", AmountMissing),
        ("₹", AmountMissing),
        ("five hundred", AmountUnreadable),
        ("NaN", AmountUnreadable),
        ("inf", AmountUnreadable),
        ("1e3", AmountUnreadable),
        ("0x10", AmountUnreadable),
        ("1_000", AmountUnreadable),
        ("1 000", AmountUnreadable),
        ("1.2.3", AmountUnreadable),
        ("12.", AmountUnreadable),
        (".5", AmountUnreadable),
        ("½", AmountUnreadable),
        ("5²", AmountUnreadable),
        ("+5", AmountUnreadable),
        ("5\n6", AmountUnreadable),
        ("-5", AmountNegative),
        ("-₹1.00", AmountNegative),
        ("₹ -1.00", AmountNegative),
        ("−5", AmountNegative),
        ("1.005", AmountTooFine),
        ("1,2", AmountCommasMisplaced),
        ("12,34", AmountCommasMisplaced),
        ("1,23,4567", AmountCommasMisplaced),
        ("1,,234", AmountCommasMisplaced),
        ("1234,567", AmountCommasMisplaced),
        ("123,45,678", AmountCommasMisplaced),
        ("1,00,00,00,00,000.01", AmountTooLarge),
        ("9" * 6000, AmountTooLarge),
    ],
)
def test_what_cannot_be_one_sum_is_refused(typed, refusal):
    with pytest.raises(refusal):
        read_rupees(typed)


@given(st.text())
def test_anything_typed_is_a_sum_or_a_refusal(typed):
    try:
        paise = read_rupees(typed)
    except Refusal:
        return
    assert 0 <= paise <= MOST_PAISE


def test_a_refusal_names_what_was_typed_and_what_to_do():
    with pytest.raises(AmountCommasMisplaced) as told:
        read_rupees("1,2")

    assert str(told.value) == (
        'The commas in "1,2" are misplaced. Write 1,23,456.50, or leave the commas out.'
    )
