"""What is still to happen in the demo, in order of time, each deed at a moment of its own."""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush

from mediklaud import clock


class Timeline:
    """Deeds with their moments, from one moment until another."""

    def __init__(self, begins_at: datetime, until: datetime) -> None:
        """Nothing is planned yet."""
        self.now = begins_at
        # A number of the deed under way, for whatever must be unique.
        self.serial = 0
        self._begins_at, self._until = begins_at, until
        self._planned = 0
        self._to_come: list[tuple[datetime, int, Callable[[], None]]] = []

    def at(self, moment: datetime, deed: Callable[[], None]) -> None:
        """Plan a deed; what would come too late never happens."""
        if moment < self._until:
            self._planned += 1
            heappush(self._to_come, (moment, self._planned, deed))

    def live(self, progress: Callable[[float], None]) -> None:
        """Do every deed at its moment, also those that are planned on the way."""
        told, whole = 0.0, self._until - self._begins_at
        while self._to_come:
            moment, self.serial, deed = heappop(self._to_come)
            # No two deeds share a moment, so their order can be read from the rows.
            self.now = max(moment, self.now + timedelta(seconds=1))
            with clock.pretend(self.now):
                deed()
            part = min((self.now - self._begins_at) / whole, 1.0)
            if part - told >= 0.01:
                told = part
                progress(part)
