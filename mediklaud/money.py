"""Money is whole paise: how it is shown, written in words, and read from what a clerk typed."""

import re
import unicodedata

from mediklaud.errors import (
    AmountCommasMisplaced,
    AmountMissing,
    AmountNegative,
    AmountTooFine,
    AmountTooLarge,
    AmountUnreadable,
    Refusal,
)

MOST_PAISE = 10**13
# So much is read at all; a paste of megabytes is no amount, and is not looked through.
_LONGEST = 10_000

# fmt: off
_ONES = (
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine",
    "Ten", "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen",
    "Eighteen", "Nineteen",
)
# fmt: on
_TENS = ("", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")
_SIZES = ((10**7, "Crore"), (10**5, "Lakh"), (10**3, "Thousand"), (100, "Hundred"))

# A rupee sign, or Rs, Rs. and INR in any case, may stand before the figures.
_CURRENCY = re.compile(r"^(₹|rs\.?|inr)\s*", re.IGNORECASE)
# Numbers without commas; 12,34,567 the Indian way; 1,234,567 the western way.
_WHOLE = re.compile(r"\d+|\d{1,2}(,\d{2})*,\d{3}|\d{1,3}(,\d{3})+")
_SIGNS = str.maketrans({"٫": ".", "٬": ",", "−": "-", "–": "-"})


def figures(paise: int) -> str:
    """The amount in Indian figures, always with two decimals: 1,23,456.50."""
    whole, coins = divmod(abs(paise), 100)
    sign = "-" if paise < 0 else ""
    return f"{sign}{_grouped(whole)}.{coins:02d}"


def rupees(paise: int) -> str:
    """The amount as a paper shows it: ₹1,23,456.50, and -₹1.00 below zero."""
    sign = "-" if paise < 0 else ""
    return f"{sign}₹{figures(abs(paise))}"


def in_words(paise: int) -> str:
    """The amount as a cheque says it: Rupees One Lakh and Fifty Paise Only."""
    assert paise >= 0, "a paper never owes its reader"
    whole, coins = divmod(paise, 100)
    tail = f" and {_spelt(coins)} Paise" if coins else ""
    return f"Rupees {_spelt(whole)}{tail} Only"


def tax_on(amount_paise: int, basis_points: int) -> int:
    """The tax on an amount at a rate in hundredths of a per cent; half a paisa is rounded up."""
    return (amount_paise * basis_points + 5_000) // 10_000


def read_rupees(typed: str, *, field: str = "Amount") -> int:
    """What a clerk typed, as paise; refused when it could be read in two ways or in none.

    Digits of any script are read, since a phone's keyboard may write १२३ or ١٢٣. `field` is
    the label a refusal belongs beside.
    """
    try:
        return _read(typed)
    except Refusal as refusal:
        refusal.field = field
        raise


def _read(typed: str) -> int:
    """The typed text as paise."""
    told = typed[:_LONGEST].strip()[:40]
    if len(typed) > _LONGEST:
        raise AmountUnreadable(typed=told)
    plain = _plain(typed)
    if not plain:
        raise AmountMissing
    if re.fullmatch(r"-\s*[\d,.]+", plain):
        raise AmountNegative(typed=told)
    if not re.fullmatch(r"\d[\d,]*(\.\d+)?", plain):
        raise AmountUnreadable(typed=told)
    whole, _, coins = plain.partition(".")
    return _paise(whole, coins, told)


def _paise(whole: str, coins: str, typed: str) -> int:
    """Whole rupees and decimals, each checked, as paise."""
    if len(coins) > 2:
        raise AmountTooFine(typed=typed)
    if not _WHOLE.fullmatch(whole):
        raise AmountCommasMisplaced(typed=typed)
    digits = whole.replace(",", "").lstrip("0")
    # By its length first: Python itself will not read a number of 5,000 digits.
    if len(digits) > len(str(MOST_PAISE)) or int(digits + coins.ljust(2, "0")) > MOST_PAISE:
        raise AmountTooLarge(typed=typed, most=rupees(MOST_PAISE))
    return int(digits + coins.ljust(2, "0"))


def _plain(typed: str) -> str:
    """The typed text in ASCII digits, without space around it or a currency before it."""
    ascii_digits = "".join(_ascii(char) for char in typed.translate(_SIGNS).strip())
    sign = "-" if ascii_digits.startswith("-") else ""
    return sign + _CURRENCY.sub("", ascii_digits.removeprefix("-").strip())


def _ascii(char: str) -> str:
    """A decimal digit of any script as 0-9; anything else as it is."""
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def _grouped(whole: int) -> str:
    """The last three digits, then pairs: 1,23,45,678."""
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail])


def _spelt(number: int) -> str:
    """A whole number in words, in crores, lakhs and thousands."""
    for size, name in _SIZES:
        if number >= size:
            # Crores are themselves spelt this way, so 120 crore and a lakh crore come right.
            head, rest = divmod(number, size)
            return " ".join([_spelt(head), name, *([_spelt(rest)] if rest else [])])
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return " ".join([_TENS[tens], *([_ONES[ones]] if ones else [])])
