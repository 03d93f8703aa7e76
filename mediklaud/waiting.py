"""Pure: in which order the waiting room is called in, and that one rule in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mediklaud import clock

GRACE_MINUTES = 10
RULE = (
    "Emergencies come first. Everybody else comes by the promised hour; a walk-in's is the free "
    f"time it was given. Who comes more than {GRACE_MINUTES} minutes late comes by the hour of "
    "arrival instead."
)
# After midnight, whoever was promised an hour so shortly before still belongs to the day at work.
NIGHT_HOURS = 6


def working_day(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """From when to when appointments are of the day at work: today's, and at night last evening's.

    A session may end at midnight while people wait; who came in the morning waits no more.
    """
    begins_at, ends_at = clock.day_bounds(clock.day_of(now, zone), zone)
    return min(begins_at, now - timedelta(hours=NIGHT_HOURS)), ends_at


@dataclass(frozen=True)
class Place:
    """What decides a patient's turn, whether booked or walked in."""

    emergency: bool
    promised_at: datetime
    arrived_at: datetime
    token: int

    @property
    def late(self) -> bool:
        """Whether the promised hour counts no more."""
        return self.arrived_at - self.promised_at > timedelta(minutes=GRACE_MINUTES)

    @property
    def counts_from(self) -> datetime:
        """The hour by which the patient queues."""
        return self.arrived_at if self.late else self.promised_at

    @property
    def turn(self) -> tuple[bool, datetime, datetime, int]:
        """The key that sorts a queue: the smallest is called in first."""
        return not self.emergency, self.counts_from, self.arrived_at, self.token
