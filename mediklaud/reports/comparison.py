"""A period beside the one before it."""

from datetime import date, timedelta

import pandas as pd

from mediklaud.reports.frames import Movements
from mediklaud.reports.summaries import summary_of_period

_MEASURES = {
    "billed_paise": "Billed",
    "credited_paise": "Credited",
    "received_paise": "Received",
    "change_paise": "Change of dues",
}
_DAY = timedelta(days=1)


def period_before(first_day: date, last_day: date) -> tuple[date, date]:
    """The period to compare with: of whole months as many months before, else as many days."""
    ends = first_day - _DAY
    if first_day.day == 1 and (last_day + _DAY).day == 1:
        months = (last_day.year - first_day.year) * 12 + last_day.month - first_day.month + 1
        year, month = divmod(first_day.year * 12 + first_day.month - 1 - months, 12)
        return date(year, month + 1, 1), ends
    return ends - (last_day - first_day), ends


def compared(now: Movements, before: Movements) -> pd.DataFrame:
    """Each sum of a period beside the period before: measure, now_paise, before_paise,
    change_paise, change_basis_points (of before; missing where that was nothing)."""
    sides = [summary_of_period(moved)[list(_MEASURES)].T[0] for moved in (now, before)]
    told = pd.DataFrame({"now_paise": sides[0], "before_paise": sides[1]})
    return _with_change(told.rename(index=_MEASURES).rename_axis("measure").reset_index())


def side_by_side(
    now: pd.DataFrame, before: pd.DataFrame, word: str, sums: str, *, name: str | None = None
) -> pd.DataFrame:
    """Two summaries of one cut side by side: word, (name), now_paise, before_paise,
    change_paise, change_basis_points; the largest now first.

    `word` tells the rows apart (doctor_number), `sums` is the column compared, `name` a
    column to show beside the word (doctor_name), as the later summary has it.
    """
    key = [word] if name is None else [word, name]
    left, right = (side.set_index(word)[sums] for side in (now, before))
    words = pd.concat([before[key], now[key]]).drop_duplicates(word, keep="last").set_index(word)
    told = words.assign(
        now_paise=left.reindex(words.index, fill_value=0),
        before_paise=right.reindex(words.index, fill_value=0),
    )
    told = told.reset_index().sort_values(["now_paise", word], ascending=[False, True])
    return _with_change(told.reset_index(drop=True))


def percent_words(basis_points: int | None) -> str:
    """A change as people read it: +12.5 %, −3.0 %; a dash where there is nothing to compare."""
    if basis_points is None or pd.isna(basis_points):
        return "–"
    tenths = _rounded(abs(int(basis_points)), 10)
    sign = "" if not tenths else "+" if basis_points > 0 else "−"
    return f"{sign}{tenths // 10:,}.{tenths % 10} %"


def _with_change(told: pd.DataFrame) -> pd.DataFrame:
    change = told["now_paise"] - told["before_paise"]
    pairs = zip(change.tolist(), told["before_paise"].tolist(), strict=True)
    # Python's own integers: a crore of crores times 10,000 is beyond int64.
    grown = [_basis_points(grew, was) for grew, was in pairs]
    return told.assign(change_paise=change, change_basis_points=pd.array(grown, dtype="Int64"))


def _basis_points(grew: int, was: int) -> int | None:
    if not was:
        return None
    whole = _rounded(abs(grew) * 10_000, abs(was))
    return whole if grew >= 0 else -whole


def _rounded(whole: int, parts: int) -> int:
    return (2 * whole + parts) // (2 * parts)
