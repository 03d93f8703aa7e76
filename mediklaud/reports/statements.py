"""A payer's account, line by line, with what was left after each."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import pandas as pd

from mediklaud.reports.frames import DAY, TEXT, WHOLE, Row, frame_of

# A paper of the payer's account in the order of the ledger. `about` says what it is. What
# raises the balance is above zero: a bill, a refund, a reversal, a credit note cancelled.
# What lowers it is below: a receipt, an advance, a credit note. Allocations are no lines: they
# move money within the account.
STATEMENT_COLUMNS = {"day": DAY, "number": TEXT, "about": TEXT, "amount_paise": WHOLE}
BROUGHT_FORWARD = "Brought forward"


def statement_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """The papers of one payer as a frame of STATEMENT_COLUMNS, in the order they were given."""
    return frame_of(rows, STATEMENT_COLUMNS)


def statement(
    lines: pd.DataFrame,
    first_day: date | None = None,
    last_day: date | None = None,
    *,
    opening_paise: int = 0,
) -> pd.DataFrame:
    """An account with its running balance: day, number, about, charged_paise, paid_paise,
    balance_paise.

    The balance is dues − advance: below zero the hospital holds the payer's money. With a
    first day, a line before it all brings forward what stood then: opening_paise (what stood
    before the first of these lines) and the lines of earlier days.
    """
    ordered = lines.sort_values("day", kind="stable", ignore_index=True)
    if last_day is not None:
        ordered = ordered[ordered["day"] <= pd.Timestamp(last_day)]
    if first_day is not None:
        earlier = ordered["day"] < pd.Timestamp(first_day)
        forward = opening_paise + int(ordered["amount_paise"].where(earlier, 0).sum())
        ordered = pd.concat([_forward(first_day, forward), ordered[~earlier]], ignore_index=True)
        opening_paise = 0
    return _balanced(ordered.astype(STATEMENT_COLUMNS), opening_paise)


def _forward(day: date, paise: int) -> pd.DataFrame:
    row: dict[str, list[Any]] = {
        "day": [day],
        "number": [""],
        "about": [BROUGHT_FORWARD],
        "amount_paise": [paise],
    }
    return pd.DataFrame(row).astype(STATEMENT_COLUMNS)


def _balanced(ordered: pd.DataFrame, opening_paise: int) -> pd.DataFrame:
    amounts = ordered["amount_paise"]
    return ordered.assign(
        charged_paise=amounts.clip(lower=0),
        paid_paise=(-amounts).clip(lower=0),
        balance_paise=opening_paise + amounts.cumsum(),
    ).drop(columns="amount_paise")
