"""What a hospital's desk in plain Python is made of: doctors, hours, visits, holds, waits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import wraps
from typing import Any

from mediklaud.errors import Refusal
from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import VisitKind

IST = timezone(timedelta(hours=5, minutes=30))
LIVE = (Status.BOOKED, Status.ARRIVED, Status.FULFILLED)
HOLD = timedelta(minutes=5)
FURTHEST = timedelta(days=180)
CAP = 2
FREE_FOLLOW_UPS, FREE_FOR = 1, timedelta(days=30)
PRICES = {VisitKind.FIRST: 800_00, VisitKind.FOLLOW_UP: 400_00, VisitKind.PROCEDURE: 1500_00}


def moment(day: date, minute: int) -> datetime:
    """A minute after midnight on the wall clock of a hospital in India."""
    return datetime.combine(day, time(), IST) + timedelta(minutes=minute)


def day_of(at: datetime) -> date:
    """The hospital's day of a moment."""
    return at.astimezone(IST).date()


@dataclass
class Hours:
    """A weekly session."""

    id: int
    weekday: int
    begins: int
    ends: int
    grid: int
    lengths: dict[VisitKind, int | None]
    valid_from: date
    valid_to: date | None

    def held_on(self, day: date) -> bool:
        """Whether it takes place on a day."""
        in_time = self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
        return in_time and self.weekday == day.weekday()


@dataclass
class Doctor:
    """A doctor: hours, leave, and until when patients may come."""

    id: int
    kinds: frozenset[VisitKind]
    hours: dict[int, Hours] = field(default_factory=dict)
    leaves: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    active: bool = True
    expires_on: date | None = None


@dataclass
class Visit:
    """An appointment."""

    id: int
    doctor: int
    patient: int
    kind: VisitKind
    starts_at: datetime
    ends_at: datetime
    session: datetime
    form: str
    status: Status = Status.BOOKED
    token: int | None = None
    walk_in: bool = False
    overbook: int | None = None
    entitled_by: int | None = None
    moved_from: int | None = None
    emergency: str | None = None
    arrived: bool = False
    begun: bool = False

    @property
    def live(self) -> bool:
        """Whether somebody's time is promised by it."""
        return self.status in LIVE


@dataclass
class Held:
    """A clerk's hold."""

    doctor: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    form: str
    extended: bool = False


@dataclass
class Wait:
    """A patient on the waitlist, until an appointment or a withdrawal ends it."""

    patient: int
    kind: VisitKind
    closed: bool = False
    visit: int | None = None


class No(Exception):
    """It will be refused, for one of these reasons, all of them true."""


@dataclass(frozen=True)
class Said:
    """What will come of a deed: one of the refusals, or the model changed by its result."""

    refusals: frozenset[type[Refusal]]
    then: Callable[[Any], None]


def foretold(deed: Callable[..., Callable[[Any], None]]) -> Callable[..., Said]:
    """Let a method say what will come of a deed instead of raising No."""

    @wraps(deed)
    def told(*things: Any, **more: Any) -> Said:
        try:
            return Said(frozenset(), deed(*things, **more))
        except No as no:
            return Said(frozenset(no.args), lambda _: None)

    return told
