"""Pure: which slots of the demo's weeks are still free, and at which hours the desk works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from mediklaud.clock import MINUTES_A_DAY, day_of, local, moment_at
from mediklaud.demo.roster import ZONE
from mediklaud.models import Doctor, VisitKind, WorkingSession
from mediklaud.timetable import Slot, days, slots_on

SUNDAY = 6
_OPENS, _CLOSES = 8 * 60 + 30, 17 * 60 + 30
# How long before its day an appointment is booked: mostly a few days.
_LEADS, _LEAD_WEIGHTS = (0, 1, 2, 3, 5, 8), (22, 24, 18, 14, 12, 10)


@dataclass(frozen=True)
class Window:
    """The days of the demo: it opens, its first patients come, today, and its last day."""

    opened_on: date
    first_day: date
    today: date
    last_day: date

    @property
    def until(self) -> datetime:
        """The end of what has been lived: the midnight before today."""
        return moment_at(self.today, 0, ZONE)

    @property
    def last_desk_day(self) -> date:
        """The last day before today on which the desk was open."""
        return weekday_before(self.today)


@dataclass(frozen=True)
class Free:
    """A slot of a doctor that nobody has taken."""

    doctor: Doctor
    slot: Slot

    @property
    def day(self) -> date:
        """The hospital's calendar day of the slot."""
        return day_of(self.slot.starts_at, ZONE)


class Agenda:
    """The free slots of the whole window, day by day; each is given away once."""

    def __init__(
        self, window: Window, doctors: Sequence[Doctor], sessions: Sequence[WorkingSession]
    ) -> None:
        """Cut every doctor's sessions into slots."""
        count = (window.last_day - window.first_day).days + 1
        self._sessions = sessions
        self._free: dict[date, list[Free]] = {
            day: [Free(doctor, slot) for doctor in doctors for slot in self._apart(doctor, day)]
            for day in days(window.first_day, count)
        }

    def _cut(self, doctor: Doctor, day: date, kind: VisitKind) -> list[Slot]:
        own = [session for session in self._sessions if session.doctor_id == doctor.id]
        return slots_on(own, day, ZONE, kind)

    def _apart(self, doctor: Doctor, day: date) -> list[Slot]:
        """The slots of first visits, each beginning where the one before has ended."""
        apart: list[Slot] = []
        for slot in self._cut(doctor, day, VisitKind.FIRST):
            if not apart or slot.starts_at >= apart[-1].ends_at:
                apart.append(slot)
        return apart

    def close(self, doctor: Doctor, first_day: date, last_day: date) -> None:
        """Give no slot of a doctor's leave away."""
        for day in self._free:
            if first_day <= day <= last_day:
                self._free[day] = [one for one in self._free[day] if one.doctor.id != doctor.id]

    def working_days(self, doctor: Doctor, *, after: date) -> list[date]:
        """The days after a day on which a doctor has free slots."""
        return [
            day
            for day, free in self._free.items()
            if day > after and any(one.doctor.id == doctor.id for one in free)
        ]

    def sample(self, random: Random, day: date, count: int) -> list[Free]:
        """So many free slots of a day, taken off the list."""
        free = self._free[day]
        taken = random.sample(range(len(free)), min(count, len(free)))
        found = [free[at] for at in taken]
        self._free[day] = [one for at, one in enumerate(free) if at not in set(taken)]
        return found

    def lengthened(self, given: Free) -> Free | None:
        """A slot that was given away, as long as a procedure; None where that is not free.

        What it takes of the slots behind it is off the list.
        """
        slots = self._cut(given.doctor, given.day, VisitKind.PROCEDURE)
        long = next((one for one in slots if one.starts_at == given.slot.starts_at), None)
        if long is None:
            return None
        behind = [
            Free(given.doctor, slot)
            for slot in self._apart(given.doctor, given.day)
            if slot.overlaps(long) and slot != given.slot
        ]
        free = self._free[given.day]
        if not all(one in free for one in behind):
            return None
        self._free[given.day] = [one for one in free if one not in behind]
        return Free(given.doctor, long)

    def take(self, doctor: Doctor, slot: Slot) -> Free | None:
        """A doctor's slot, taken off the list; None where it was given away."""
        wanted, free = Free(doctor, slot), self._free[day_of(slot.starts_at, ZONE)]
        if wanted not in free:
            return None
        free.remove(wanted)
        return wanted

    def another(
        self, random: Random, doctor: Doctor, *, after: datetime, within_days: int
    ) -> Free | None:
        """A free slot of the doctor soon after a moment, taken off the list; None without one."""
        first = day_of(after, ZONE)
        soon = [
            one
            for day in days(first, within_days + 1)
            for one in self._free.get(day, [])
            if one.doctor.id == doctor.id and one.slot.starts_at > after
        ]
        if not soon:
            return None
        chosen = random.choice(soon)
        self._free[chosen.day].remove(chosen)
        return chosen


def weekday_before(day: date) -> date:
    """The last day before a day that is no Sunday."""
    before = day - timedelta(days=1)
    return before - timedelta(days=before.weekday() == SUNDAY)


def desk_moment(random: Random, day: date, *, before: datetime | None = None) -> datetime:
    """A moment of a day at which somebody sits at the desk, a quarter hour before another."""
    last = _CLOSES
    if before is not None and day_of(before, ZONE) == day:
        at = local(before, ZONE)
        last = min(last, 60 * at.hour + at.minute - 15)
    minute = random.randrange(_OPENS, max(last, _OPENS + 1)) % MINUTES_A_DAY
    return moment_at(day, minute, ZONE) + timedelta(seconds=random.randrange(60))


def booking_moment(random: Random, window: Window, free: Free) -> datetime:
    """When somebody called for a slot: some days before it, and before today."""
    lead = random.choices(_LEADS, _LEAD_WEIGHTS)[0]
    opens = moment_at(free.day, _OPENS + 30, ZONE)
    if lead == 0 and free.slot.starts_at <= opens:
        lead = 1
    called_on = min(free.day - timedelta(days=lead), window.last_desk_day)
    called_on = max(called_on, window.opened_on + timedelta(days=1))
    if called_on.weekday() == SUNDAY:
        called_on -= timedelta(days=1)
    return desk_moment(random, called_on, before=free.slot.starts_at)
