"""Trials of one thing: done by turns with what it stands beside, on the clock and the CPU."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter, thread_time

Deed = Callable[[], object]
# Seconds on the clock, and those this process computed.
Took = tuple[float, float]
WARM_UP = 10


def by_turns(turn: int, deeds: dict[str, Deed], took: dict[str, list[Took]]) -> None:
    """Do each once; who goes first changes, so whatever else the machine does hits all."""
    for what in deeds if turn % 2 else reversed(deeds):
        took.setdefault(what, []).append(timed(deeds[what]))


def timed(deed: Deed) -> Took:
    """How long a deed takes."""
    begun, computed = perf_counter(), thread_time()
    deed()
    return perf_counter() - begun, thread_time() - computed


@contextmanager
def settled() -> Iterator[None]:
    """The collector's heap at rest, as the server keeps it."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
