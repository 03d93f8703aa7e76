"""The benchmark: bookings, bills and payments beside raw SQL that writes the same, at sizes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from mediklaud.bench.bills import fill_till
from mediklaud.bench.booking import BY_REPOSITORY, RAW, SEARCH, measure
from mediklaud.bench.figures import Figures, Line, table
from mediklaud.bench.filling import grow
from mediklaud.bench.ground import postgresql, prepare, throwaway
from mediklaud.bench.money import (
    DASHBOARD,
    DUES,
    ISSUE,
    PAY,
    PDF,
    SUMMARIES,
    measure_money,
    raw,
    ways_to_bills,
)
from mediklaud.bench.opening import open_bench
from mediklaud.bench.till import open_till

__all__ = ["measured", "money_measured", "postgresql", "table", "throwaway"]

Bar = Callable[[str], AbstractContextManager[Callable[[float], None]]]


def measured(sizes: Sequence[int], *, trials: int, patients: int, bar: Bar) -> list[Line]:
    """Measure bookings in this empty database at each size in turn, the smallest first.

    Refuses a database that is not empty (BenchNeedsEmptyDatabase).
    """
    prepare()
    hospital = open_bench(patients)
    found: dict[int, dict[str, Figures]] = {}
    for size in sorted(set(sizes)):
        with bar(f"Filling {size:,} appointments") as progress:
            grow(hospital, size, progress)
        with bar(f"Booking at {size:,} appointments") as progress:
            found[size] = measure(hospital, trials, progress)
    first = found[min(found)]
    return [
        Line(what, size, took[what], _raw(what, took), first[what] if took is not first else None)
        for what in (BY_REPOSITORY, RAW, SEARCH)
        for size, took in found.items()
    ]


def _raw(what: str, took: dict[str, Figures]) -> Figures | None:
    return took[RAW] if what == BY_REPOSITORY else None


def money_measured(
    sizes: Sequence[int], *, trials: int, patients: int, bar: Bar
) -> tuple[list[Line], dict[int, set[str]]]:
    """Measure finance's deeds and reads in this empty database at so many bills, rising.

    Beside the lines stand the indexes by which the dues dashboard finds bills at each size.
    """
    prepare()
    till = open_till(patients)
    found: dict[int, dict[str, Figures]] = {}
    ways: dict[int, set[str]] = {}
    for size in sorted(set(sizes)):
        with bar(f"Filling {size:,} bills") as progress:
            fill_till(till, size, progress)
        with bar(f"Measuring at {size:,} bills") as progress:
            found[size], ways[size] = measure_money(till, trials, progress), ways_to_bills(till)
    first = found[min(found)]
    lines = [
        Line(
            what, size, took[what], took.get(raw(what)), first[what] if took is not first else None
        )
        for one in (ISSUE, PAY, DUES, DASHBOARD, SUMMARIES, PDF)
        for what in (one, raw(one))
        for size, took in found.items()
        if what in took
    ]
    return lines, ways
