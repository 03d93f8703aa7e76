"""Pure: how long something took, trial by trial, as figures and as a table of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_HEAD = ("p50 ms", "p99 ms", "per second", "of it our CPU", "against raw", "against the first")


@dataclass(frozen=True)
class Figures:
    """What many trials of one thing took, in milliseconds, and how many a second would hold.

    `cpu_ms` is what this process itself computed in a trial of the middle: on a busy machine
    it tells more than the clock, which also runs while others compute and the disk writes.
    """

    p50_ms: float
    p99_ms: float
    per_second: float
    cpu_ms: float


@dataclass(frozen=True)
class Line:
    """A line of the table: what was measured, at how many rows, and beside what."""

    what: str
    size: int
    figures: Figures
    raw: Figures | None = None
    first: Figures | None = None


def figures_of(trials: Sequence[tuple[float, float]]) -> Figures:
    """The figures of trials that took so many seconds each, on the clock and of the CPU."""
    rising, computed = (sorted(seconds) for seconds in zip(*trials, strict=True))
    return Figures(
        p50_ms=1000 * rising[len(rising) // 2],
        p99_ms=1000 * rising[len(rising) * 99 // 100],
        per_second=len(rising) / sum(rising),
        cpu_ms=1000 * computed[len(computed) // 2],
    )


def table(lines: Iterable[Line], counted: str) -> str:
    """Lines as a table for people: ratios are of the p50, 3.0 x is three times as long.

    `counted` is what the sizes are of, such as appointments.
    """
    rows = [("", counted, *_HEAD), *map(_cells, lines)]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_row(cells, wide) for cells in rows)


def _cells(line: Line) -> tuple[str, ...]:
    took = line.figures
    return (
        line.what,
        f"{line.size:,}",
        f"{took.p50_ms:.2f}",
        f"{took.p99_ms:.2f}",
        f"{took.per_second:,.0f}",
        f"{took.cpu_ms:.2f}",
        _times(took, line.raw),
        _times(took, line.first),
    )


def _times(took: Figures, beside: Figures | None) -> str:
    return f"{took.p50_ms / beside.p50_ms:.2f} x" if beside else ""


def _row(cells: Sequence[str], wide: Sequence[int]) -> str:
    first, *rest = (
        cell.rjust(width) if place else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, wide, strict=True))
    )
    return "   ".join([first, *rest]).rstrip()
