"""The one clock: aware UTC inside, the hospital's zone outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

MINUTES_A_DAY = 24 * 60
_MINUTE = timedelta(minutes=1)
_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """This moment, aware, in UTC. Nothing else in the house asks the machine for the time."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def pretend(moment: datetime) -> Iterator[None]:
    """Let it be a moment inside the block, for this thread or task alone.

    Only for the demo hospital, whose past is lived through by the deeds of every day. The
    mailroom and other people's pages, in threads of their own, keep the true time.
    """
    mark = _pretended.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _pretended.reset(mark)


@cache
def zones() -> frozenset[str]:
    """Every IANA time zone; read once, since it takes a walk through the machine's folders."""
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    """Whether the name is an IANA time zone, such as Asia/Kolkata."""
    return name in zones()


def local(moment: datetime, zone: str) -> datetime:
    """The same moment on the wall clock of the zone."""
    return moment.astimezone(ZoneInfo(zone))


def today(zone: str) -> date:
    """The zone's calendar day of this moment."""
    return local(now(), zone).date()


def day_of(moment: datetime, zone: str) -> date:
    """The zone's calendar day of a moment."""
    return local(moment, zone).date()


def moment_at(day: date, minute: int, zone: str) -> datetime:
    """The UTC moment of a wall-clock minute after midnight; 1440 is the next midnight.

    A minute that a clock change skips is the moment of the change, so that a later minute
    is never an earlier moment. One that comes twice is the first of the two.
    """
    days, minute_of_day = divmod(minute, MINUTES_A_DAY)
    there = ZoneInfo(zone)
    at = time(minute_of_day // 60, minute_of_day % 60, tzinfo=there)
    wall = datetime.combine(day + timedelta(days=days), at)
    moment = wall.astimezone(UTC)
    # In a gap the later reading of the wall clock has the greater offset (PEP 495).
    skipped = _offset(wall.replace(fold=1)) > _offset(wall)
    while skipped and _offset((moment - _MINUTE).astimezone(there)) != _offset(wall):
        moment -= _MINUTE
    return moment


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The UTC moments between which the zone's calendar day lies, the last one excluded."""
    return moment_at(day, 0, zone), moment_at(day, MINUTES_A_DAY, zone)


def financial_year(day: date) -> str:
    """India's financial year of a day, 1 April to 31 March, as four digits: 2627 for 2026-27."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first % 100:02d}{(first + 1) % 100:02d}"


def hour_words(moment: datetime, zone: str) -> str:
    """The hour as a letter says it: 10:30 AM IST."""
    at = local(moment, zone)
    return f"{at:%I:%M %p} {at.tzname()}".lstrip("0")


def day_words(day: date) -> str:
    """The day as a letter says it: Monday 23 November 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def moment_words(moment: datetime, zone: str) -> str:
    """Day and hour as a letter says them: Monday 23 November 2026, 10:30 AM IST."""
    return f"{day_words(day_of(moment, zone))}, {hour_words(moment, zone)}"


def paper_words(moment: datetime, zone: str) -> str:
    """Day and hour as a paper says them: 23 November 2026, 10:30 AM IST."""
    day = day_of(moment, zone)
    return f"{day.day} {day:%B %Y}, {hour_words(moment, zone)}"


def minute_words(minute: int) -> str:
    """A minute after midnight as a timetable says it: 09:30."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def left_words(left: timedelta) -> str:
    """How long something still lasts, as minutes and seconds: 3:12."""
    seconds = max(0, int(left.total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


def age_words(birth_date: date, on: date) -> str:
    """A person's age: in years, in months below two years, in days below two months."""
    months = (on.year - birth_date.year) * 12 + on.month - birth_date.month
    months -= on.day < birth_date.day
    if months >= 24:
        return f"{months // 12} y"
    return f"{months} mo" if months >= 2 else f"{(on - birth_date).days} d"
