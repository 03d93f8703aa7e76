"""The benchmark: one booking beside raw SQL that writes the same, at several sizes."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from mediklaud.bench.booking import BY_REPOSITORY, RAW, SEARCH, measure
from mediklaud.bench.figures import Figures, Line, table
from mediklaud.bench.filling import grow
from mediklaud.bench.ground import postgresql, prepare, throwaway
from mediklaud.bench.opening import open_bench

__all__ = ["measured", "postgresql", "table", "throwaway"]

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
