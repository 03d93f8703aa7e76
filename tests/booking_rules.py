"""A hospital's desk in plain Python: what stands, and what stands in the way of a deed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from mediklaud import errors
from mediklaud.errors import Refusal
from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import VisitKind
from tests.booking_things import (
    CAP,
    FREE_FOLLOW_UPS,
    FURTHEST,
    Doctor,
    Held,
    No,
    Visit,
    Wait,
    day_of,
    moment,
)


def meet(one: Any, starts_at: datetime, ends_at: datetime) -> bool:
    return bool(one.starts_at < ends_at and starts_at < one.ends_at)


class Rules:
    """The desk as it stands, and what stands in the way of a deed."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.doctors: dict[int, Doctor] = {}
        self.owed: dict[int, int] = {}
        self.visits: dict[int, Visit] = {}
        self.holds: dict[str, Held] = {}
        self.waits: dict[int, Wait] = {}
        self.holidays: dict[date, int] = {}
        self.leave_forms: dict[str, int] = {}
        self.tokens: dict[tuple[int, datetime], int] = {}
        # The paid visit, whose and with whom, and the last day.
        self.entitlements: list[tuple[int, int, int, date]] = []

    # What stands.

    @property
    def today(self) -> date:
        """The hospital's day."""
        return day_of(self.now)

    def live_holds(self) -> dict[str, Held]:
        """The holds that have not run out, by clerk."""
        return {clerk: one for clerk, one in self.holds.items() if one.expires_at > self.now}

    def live(self, but: Visit | None = None) -> Iterator[Visit]:
        """The live appointments."""
        return (one for one in self.visits.values() if one.live and one is not but)

    def missed(self, visit: Visit) -> bool:
        """Whether somebody is expected whose time has begun."""
        return visit.status is Status.BOOKED and visit.starts_at <= self.now

    def of_the_day_at_work(self, visit: Visit) -> bool:
        """Whether a visit is of today, or was promised for the last six hours."""
        recent = self.now - timedelta(hours=6) <= visit.starts_at <= self.now
        return recent or day_of(visit.starts_at) == self.today

    def missed_today(self, visit: Visit) -> bool:
        """Whether somebody did not come today."""
        return visit.status is Status.NO_SHOW and self.of_the_day_at_work(visit)

    def not_begun(self, visit: Visit) -> bool:
        """Whether somebody is expected or waits, and the doctor has not begun."""
        return visit.status in (Status.BOOKED, Status.ARRIVED) and not visit.begun

    def stranded(self, visit: Visit) -> bool:
        """Whether a time that is not over cannot be kept: leave, holiday, doctor or hours."""
        doctor, day = self.doctors[visit.doctor], day_of(visit.starts_at)
        if visit.ends_at <= self.now:
            return False
        expired = doctor.expires_on is not None and doctor.expires_on < day
        on_leave = any(
            self.now < ends and meet(visit, begins, ends) for begins, ends in doctor.leaves.values()
        )
        if expired or not doctor.active or on_leave or day in self.holidays:
            return True
        reached = visit.starts_at
        for hours in sorted(doctor.hours.values(), key=lambda one: one.begins):
            seen = hours.lengths[visit.kind] is not None and hours.held_on(day)
            if seen and moment(day, hours.begins) <= reached:
                reached = max(reached, moment(day, hours.ends))
        return reached < visit.ends_at

    def to_relocate(self, visit: Visit) -> bool:
        """Whether somebody is expected or waits whose time is gone."""
        return self.not_begun(visit) and self.stranded(visit)

    def free(
        self, doctor: Doctor, day: date, kind: VisitKind, clerk: str
    ) -> list[tuple[datetime, datetime]]:
        """Sessions − leave − holidays − live appointments − the other clerks' holds."""
        until = doctor.expires_on or day
        if not doctor.active or until < day or day in self.holidays or kind not in doctor.kinds:
            return []
        found = []
        for hours in sorted(doctor.hours.values(), key=lambda one: one.begins):
            length = hours.lengths[kind]
            if length is None or not hours.held_on(day):
                continue
            for minute in range(hours.begins, hours.ends - length + 1, hours.grid):
                starts_at, ends_at = moment(day, minute), moment(day, minute + length)
                if starts_at > self.now and not self._in_the_way(doctor, starts_at, ends_at, clerk):
                    found.append((starts_at, ends_at))
        return found

    def _in_the_way(
        self,
        doctor: Doctor,
        starts_at: datetime,
        ends_at: datetime,
        clerk: str,
        but: Visit | None = None,
    ) -> set[type[Refusal]]:
        """What of a doctor's time stands against a promise."""
        when, no = (starts_at, ends_at), set()
        promised = (one for one in self.live(but) if one.overbook is None)
        if any(one.doctor == doctor.id and meet(one, *when) for one in promised):
            no.add(errors.SlotTaken)
        others = (one for name, one in self.live_holds().items() if name != clerk)
        if any(one.doctor == doctor.id and meet(one, *when) for one in others):
            no.add(errors.TimeHeld)
        return no | self._closed(doctor, *when)

    def _closed(self, doctor: Doctor, starts_at: datetime, ends_at: datetime) -> set[type[Refusal]]:
        no: set[type[Refusal]] = set()
        if any(begins < ends_at and starts_at < ends for begins, ends in doctor.leaves.values()):
            no.add(errors.DoctorOnLeave)
        if day_of(starts_at) in self.holidays:
            no.add(errors.HospitalClosed)
        return no

    def _runs_late(
        self, doctor: Doctor, starts_at: datetime, kind: VisitKind, session: datetime
    ) -> bool:
        """Whether somebody of a session is here, and this is its last time."""
        day, here = day_of(starts_at), Status.ARRIVED
        hours = next(
            one
            for one in doctor.hours.values()
            if one.held_on(day) and moment(day, one.begins) == session
        )
        starts = range(hours.begins, hours.ends - (hours.lengths[kind] or 0) + 1, hours.grid)
        whose = (one for one in self.visits.values() if one.status is here)
        waits = any((one.doctor, one.session) == (doctor.id, session) for one in whose)
        return waits and starts_at == moment(day, starts[-1])

    # Promises.

    def _gate(self, patient: int, emergency: str | None) -> None:
        if self.owed[patient] and emergency is None:
            raise No(errors.OnHold)

    def _refuse_unbookable(self, doctor: Doctor, day: date) -> None:
        if not doctor.active:
            raise No(errors.DoctorInactive)
        if doctor.expires_on is not None and doctor.expires_on < day:
            raise No(errors.RegistrationExpired)

    def _place(
        self, doctor: Doctor, starts_at: datetime, kind: VisitKind
    ) -> tuple[datetime, datetime]:
        """When a visit that begins at a moment ends, and when its session began."""
        if starts_at <= self.now:
            raise No(errors.PastTime)
        return self._place_of_any_hour(doctor, starts_at, kind)

    def _place_of_any_hour(
        self, doctor: Doctor, starts_at: datetime, kind: VisitKind
    ) -> tuple[datetime, datetime]:
        """The same for a time that may have begun."""
        day = day_of(starts_at)
        if day > self.today + FURTHEST:
            raise No(errors.TooFarAhead)
        self._refuse_unbookable(doctor, day)
        minute = int((starts_at - moment(day, 0)).total_seconds()) // 60
        for hours in doctor.hours.values():
            if hours.held_on(day) and hours.begins <= minute < hours.ends:
                length = hours.lengths[kind]
                if length is None or kind not in doctor.kinds:
                    raise No(errors.KindNotSeen)
                if (minute - hours.begins) % hours.grid or minute + length > hours.ends:
                    break
                return starts_at + timedelta(minutes=length), moment(day, hours.begins)
        raise No(errors.NoSuchSlot)

    def _refuse_promised(
        self, wanted: Visit, clerk: str, *, but: Visit | None = None, form: str = ""
    ) -> None:
        """Refuse what the database refuses: each reason is true, and any may be named."""
        doctor, when = self.doctors[wanted.doctor], (wanted.starts_at, wanted.ends_at)
        if wanted.overbook:
            no = self._closed(doctor, *when)
        else:
            no = self._in_the_way(doctor, *when, clerk, but)
        if any(one.patient == wanted.patient and meet(one, *when) for one in self.live(but)):
            no.add(errors.PatientBusy)
        if any(one.form == form for one in self.visits.values()):
            no.add(errors.StaleForm)
        if no:
            raise No(*no)

    def _held(self, doctor: int, at: datetime) -> tuple[datetime, datetime] | None:
        """When the session that is held at a moment begins and ends, as the hours are now."""
        day = day_of(at)
        for hours in self.doctors[doctor].hours.values():
            begins_at, ends_at = moment(day, hours.begins), moment(day, hours.ends)
            if hours.held_on(day) and begins_at <= at < ends_at:
                return begins_at, ends_at
        return None

    def _with_it(self, visit: Visit) -> list[Visit]:
        """Every visit whose time lies in the session that holds this one's time now."""
        held = self._held(visit.doctor, visit.starts_at)
        return [
            one
            for one in self.visits.values()
            if held and one.doctor == visit.doctor and held[0] <= one.starts_at < held[1]
        ]

    def _counted_in(self, visit: Visit) -> datetime:
        """The session by which a visit's token is counted."""
        held = self._held(visit.doctor, visit.starts_at)
        if held is None:
            return visit.session
        given = [(one.token, one.id, one.session) for one in self._with_it(visit) if one.token]
        return max(given)[-1] if given else held[0]

    def _places(self, visit: Visit, session: datetime, but: Visit | None) -> list[int]:
        """The places that overbookings of a session have."""
        near = [one.id for one in self._with_it(visit)]
        return [
            one.overbook
            for one in self.live(but)
            if one.overbook
            and ((one.doctor, one.session) == (visit.doctor, session) or one.id in near)
        ]

    def _first_place(self, visit: Visit, session: datetime, but: Visit | None = None) -> int:
        used = self._places(visit, session, but)
        return min(set(range(1, len(used) + 2)) - set(used))

    def _place_over(self, visit: Visit, session: datetime) -> int:
        """The first of a session's overbookings that is not used."""
        if len(self._places(visit, session, None)) >= CAP:
            raise No(errors.SessionFull)
        return self._first_place(visit, session)

    def _entitling(
        self, patient: int, doctor: int, kind: VisitKind, day: date, but: Visit | None = None
    ) -> int | None:
        if kind is not VisitKind.FOLLOW_UP:
            return None
        left = [
            (last_day, granted_by)
            for granted_by, whose, whom, last_day in self.entitlements
            if (whose, whom) == (patient, doctor)
            and last_day >= day
            and sum(one.entitled_by == granted_by for one in self.live(but)) < FREE_FOLLOW_UPS
        ]
        # Those of one day are used in the order they were granted.
        return min(left, key=lambda one: one[0])[1] if left else None

    def _clear(self, clerk: str, wanted: Visit, hold: str | None = None) -> None:
        """The clerk's own hold goes where it was named, or where it stands in the way.

        Nothing stands in the way of an overbooking, which takes no time of its own.
        """
        own = self.holds.get(clerk)
        if own is None or own.doctor != wanted.doctor or wanted.overbook is not None:
            return
        if own.form == hold or meet(own, wanted.starts_at, wanted.ends_at):
            del self.holds[clerk]

    def _kept(self, wanted: Visit, clerk: str, hold: str | None = None) -> Callable[[Any], None]:
        def then(row: Any) -> None:
            self.visits[row.id] = replace(wanted, id=row.id)
            self._clear(clerk, wanted, hold)

        return then

    def _same(self, visit: Visit) -> Callable[[Any], None]:
        def then(row: Any) -> None:
            assert row.id == visit.id, "a second click is the same appointment"

        return then

    def _clicked(self, form: str) -> Visit | None:
        return next((one for one in self.visits.values() if one.form == form), None)
