"""Picking one thing out of a table by its row."""

from collections.abc import Sequence
from typing import TypeVar

from mediklaud.ui import show

Thing = TypeVar("Thing")


def row(
    rows: Sequence[dict[str, object]], things: Sequence[Thing], ids: Sequence[int], *, alt: str
) -> Thing | None:
    """Draw the rows of these things; returns the one whose row is selected, or None.

    A selection is a place in the list. The key says who stands at which place, so a list
    that changed meanwhile selects nobody rather than somebody else.
    """
    chosen = show.table(
        rows,
        alt=alt,
        key=key_of(alt, ids),
        on_select="rerun",
        selection_mode="single-row",
        height="content",
    )
    places = [place for place in chosen.selection.rows if place < len(things)]
    return things[places[0]] if places else None


def key_of(alt: str, ids: Sequence[int]) -> str:
    """The key under which a table of these rows keeps its selection."""
    return f"{alt}/{hash(tuple(ids)):x}"
