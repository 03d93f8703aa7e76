"""Ledger lines in, named summaries out: pandas, pure, whole paise to the last step.

Every function takes frames made by a `…frame_of` function and returns a new one. Columns that
end in `_paise` are int64 paise; days, weeks and months are datetime64 at midnight (a week is
its Monday, a month its first day); the rest is text or counts. An empty frame gives an empty
result with the same columns and types.
"""

from mediklaud.ages import AGE_ENDS, AGES
from mediklaud.reports.comparison import compared, percent_words, period_before, side_by_side
from mediklaud.reports.dues import (
    ageing,
    ageing_by_doctor,
    ageing_by_specialty,
    open_bills_as_of,
    owed_as_of,
    owed_before,
    owed_by_patient,
)
from mediklaud.reports.frames import (
    AGED_COLUMNS,
    ALLOCATION_COLUMNS,
    BILL_COLUMNS,
    CREDIT_COLUMNS,
    OPEN_BILL_COLUMNS,
    PAYMENT_COLUMNS,
    Movements,
    aged_frame,
    allocations_frame,
    bills_frame,
    credits_frame,
    open_bills_frame,
    payments_frame,
)
from mediklaud.reports.shares import (
    SHARE_COLUMNS,
    TERM_COLUMNS,
    share_paise,
    shares_by_line,
    shares_by_month,
    shares_by_receipt,
    shares_frame,
    terms_frame,
    terms_words,
)
from mediklaud.reports.statements import (
    BROUGHT_FORWARD,
    STATEMENT_COLUMNS,
    statement,
    statement_frame,
)
from mediklaud.reports.summaries import (
    ADVANCES,
    received_by_mode,
    summary_by_day,
    summary_by_doctor,
    summary_by_kind,
    summary_by_month,
    summary_by_specialty,
    summary_by_week,
    summary_of_period,
)

__all__ = [
    "ADVANCES",
    "AGED_COLUMNS",
    "AGES",
    "AGE_ENDS",
    "ALLOCATION_COLUMNS",
    "BILL_COLUMNS",
    "BROUGHT_FORWARD",
    "CREDIT_COLUMNS",
    "OPEN_BILL_COLUMNS",
    "PAYMENT_COLUMNS",
    "SHARE_COLUMNS",
    "STATEMENT_COLUMNS",
    "TERM_COLUMNS",
    "Movements",
    "aged_frame",
    "ageing",
    "ageing_by_doctor",
    "ageing_by_specialty",
    "allocations_frame",
    "bills_frame",
    "compared",
    "credits_frame",
    "open_bills_as_of",
    "open_bills_frame",
    "owed_as_of",
    "owed_before",
    "owed_by_patient",
    "payments_frame",
    "percent_words",
    "period_before",
    "received_by_mode",
    "share_paise",
    "shares_by_line",
    "shares_by_month",
    "shares_by_receipt",
    "shares_frame",
    "side_by_side",
    "statement",
    "statement_frame",
    "summary_by_day",
    "summary_by_doctor",
    "summary_by_kind",
    "summary_by_month",
    "summary_by_specialty",
    "summary_by_week",
    "summary_of_period",
    "terms_frame",
    "terms_words",
]
