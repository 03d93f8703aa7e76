"""A hospital's desk in plain Python: what must come of every deed, said before it is done.

Nothing of the house's own reckoning is used here, only its words and its refusals. Each method
named like a deed answers with what will be refused, or how the model stands afterwards.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import wraps
from typing import Any

from mediklaud import errors
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


def _meet(one: Any, starts_at: datetime, ends_at: datetime) -> bool:
    return bool(one.starts_at < ends_at and starts_at < one.ends_at)


class Model:
    """The desk as it stands."""

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

    def missed_today(self, visit: Visit) -> bool:
        """Whether somebody did not come today."""
        return visit.status is Status.NO_SHOW and day_of(visit.starts_at) == self.today

    def stranded(self, visit: Visit) -> bool:
        """Whether a time to come cannot be kept: leave, a holiday, the doctor or the hours."""
        doctor, day = self.doctors[visit.doctor], day_of(visit.starts_at)
        if visit.starts_at <= self.now:
            return False
        expired = doctor.expires_on is not None and doctor.expires_on < day
        if expired or not doctor.active or self._closed(doctor, visit.starts_at, visit.ends_at):
            return True
        reached = visit.starts_at
        for hours in sorted(doctor.hours.values(), key=lambda one: one.begins):
            seen = hours.lengths[visit.kind] is not None and hours.held_on(day)
            if seen and moment(day, hours.begins) <= reached:
                reached = max(reached, moment(day, hours.ends))
        return reached < visit.ends_at

    def to_relocate(self, visit: Visit) -> bool:
        """Whether somebody is expected at a time that is gone."""
        return visit.status is Status.BOOKED and self.stranded(visit)

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
        if any(one.doctor == doctor.id and _meet(one, *when) for one in promised):
            no.add(errors.SlotTaken)
        others = (one for name, one in self.live_holds().items() if name != clerk)
        if any(one.doctor == doctor.id and _meet(one, *when) for one in others):
            no.add(errors.TimeHeld)
        return no | self._closed(doctor, *when)

    def _closed(self, doctor: Doctor, starts_at: datetime, ends_at: datetime) -> set[type[Refusal]]:
        no: set[type[Refusal]] = set()
        if any(begins < ends_at and starts_at < ends for begins, ends in doctor.leaves.values()):
            no.add(errors.DoctorOnLeave)
        if day_of(starts_at) in self.holidays:
            no.add(errors.HospitalClosed)
        return no

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
        day = day_of(starts_at)
        if starts_at <= self.now:
            raise No(errors.PastTime)
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
        if any(one.patient == wanted.patient and _meet(one, *when) for one in self.live(but)):
            no.add(errors.PatientBusy)
        if any(one.form == form for one in self.visits.values()):
            no.add(errors.StaleForm)
        if no:
            raise No(*no)

    def _place_over(self, doctor: int, session: datetime) -> int:
        """The first of a session's overbookings that is not used."""
        of_session = [one for one in self.live() if (one.doctor, one.session) == (doctor, session)]
        used = {one.overbook for one in of_session}
        left = [number for number in range(1, CAP + 1) if number not in used]
        if not left:
            raise No(errors.SessionFull)
        return left[0]

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
        """The clerk's own hold goes where it was named, or where it stands in the way."""
        own = self.holds.get(clerk)
        if own is None or own.doctor != wanted.doctor:
            return
        if own.form == hold or _meet(own, wanted.starts_at, wanted.ends_at):
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

    @foretold
    def book(self, patient, doctor, starts_at, kind, *, form, clerk, emergency=None, hold=None):
        """Book a free time, perhaps by the hold that names it."""
        clicked = self._clicked(form)
        if clicked is not None and clicked.patient == patient:
            return self._same(clicked)
        self._gate(patient, emergency)
        ends_at, session = self._place(doctor, starts_at, kind)
        own = self.live_holds().get(clerk)
        if hold is not None and (own is None or (own.form, own.doctor) != (hold, doctor.id)):
            raise No(errors.HoldRanOut)
        wanted = Visit(0, doctor.id, patient, kind, starts_at, ends_at, session, form)
        wanted.emergency = emergency
        self._refuse_promised(wanted, clerk, form=form)
        wanted.entitled_by = self._entitling(patient, doctor.id, kind, day_of(starts_at))
        return self._kept(wanted, clerk, hold)

    @foretold
    def overbook(self, patient, doctor, starts_at, kind, *, form, clerk):
        """Book over a time that is taken."""
        clicked = self._clicked(form)
        if clicked is not None and clicked.patient == patient:
            return self._same(clicked)
        self._gate(patient, None)
        ends_at, session = self._place(doctor, starts_at, kind)
        taken = self._in_the_way(doctor, starts_at, ends_at, clerk)
        if not taken & {errors.SlotTaken, errors.TimeHeld}:
            raise No(errors.NotOverFree)
        wanted = Visit(0, doctor.id, patient, kind, starts_at, ends_at, session, form)
        wanted.overbook = self._place_over(doctor.id, session)
        self._refuse_promised(wanted, clerk, form=form)
        wanted.entitled_by = self._entitling(patient, doctor.id, kind, day_of(starts_at))
        return self._kept(wanted, clerk)

    @foretold
    def move(self, visit, doctor, starts_at, *, form, clerk):
        """Move a booked visit to another time or doctor."""
        clicked = self._clicked(form)
        if clicked is not None and clicked.moved_from == visit.id:
            return self._same(clicked)
        if visit.status is not Status.BOOKED:
            raise No(errors.NotBookedAnyMore)
        ends_at, session = self._place(doctor, starts_at, visit.kind)
        wanted = Visit(0, doctor.id, visit.patient, visit.kind, starts_at, ends_at, session, form)
        wanted.moved_from, wanted.emergency = visit.id, visit.emergency
        self._refuse_promised(wanted, clerk, but=visit, form=form)
        told = (visit.patient, doctor.id, visit.kind, day_of(starts_at))
        wanted.entitled_by = self._entitling(*told, but=visit)

        def then(row: Any) -> None:
            visit.status = Status.CANCELLED
            self._kept(wanted, clerk)(row)

        return then

    @foretold
    def relocate(self, visit, doctor, starts_at, *, form, clerk):
        """Move a visit whose time is gone."""
        clicked = self._clicked(form)
        if clicked is not None and clicked.moved_from == visit.id:
            return self._same(clicked)
        if not self.stranded(visit):
            raise No(errors.NotStranded)
        said = self.move(visit, doctor, starts_at, form=form, clerk=clerk)
        if said.refusals:
            raise No(*said.refusals)
        return said.then

    @foretold
    def cancel(self, visit, reason):
        """Cancel a visit the doctor has not begun."""
        if not reason:
            raise No(errors.EmptyField)
        if visit.status not in (Status.BOOKED, Status.ARRIVED) or visit.begun:
            raise No(errors.NotBookedAnyMore)
        return lambda _: setattr(visit, "status", Status.CANCELLED)

    @foretold
    def restore(self, visit, *, clerk, emergency=None):
        """Undo a cancellation: a booking anew."""
        moved_on = any(one.moved_from == visit.id for one in self.visits.values())
        if moved_on or visit.status is not Status.CANCELLED:
            raise No(errors.NothingToUndo)
        self._gate(visit.patient, emergency or visit.emergency)
        told = (self.doctors[visit.doctor], visit.starts_at, visit.kind)
        ends_at, session = self._place(*told)
        session = session if visit.token is None else visit.session
        return self._revived(visit, ends_at, session, clerk, emergency)

    @foretold
    def undo_no_show(self, visit, *, clerk):
        """Undo a no-show of today."""
        if visit.status is not Status.NO_SHOW:
            raise No(errors.NotBookedAnyMore)
        if day_of(visit.starts_at) != self.today:
            raise No(errors.NotThatDay)
        self._refuse_unbookable(self.doctors[visit.doctor], self.today)
        self._gate(visit.patient, visit.emergency)
        return self._revived(visit, visit.ends_at, visit.session, clerk, None)

    def _revived(
        self,
        visit: Visit,
        ends_at: datetime,
        session: datetime,
        clerk: str,
        emergency: str | None,
    ) -> Callable[[Any], None]:
        day = day_of(visit.starts_at)
        changed = {
            "status": Status.ARRIVED if visit.arrived else Status.BOOKED,
            "ends_at": ends_at,
            "session": session,
            "emergency": emergency or visit.emergency,
            "entitled_by": self._entitling(visit.patient, visit.doctor, visit.kind, day),
            "overbook": visit.overbook and self._place_over(visit.doctor, session),
        }
        self._refuse_promised(replace(visit, **changed), clerk)

        def then(_: Any) -> None:
            vars(visit).update(changed)
            self._clear(clerk, visit)

        return then

    # Holds.

    @foretold
    def hold(self, doctor, starts_at, kind, *, form, clerk):
        """Hold a free time; the clerk's other hold goes."""
        ends_at, _ = self._place(doctor, starts_at, kind)
        closed = self._closed(doctor, starts_at, ends_at)
        if closed:
            raise No(*closed)
        own = self.live_holds().get(clerk)
        if own is not None and own.form == form:
            return lambda row: None
        no = self._in_the_way(doctor, starts_at, ends_at, clerk)
        if no:
            raise No(*no)
        held = Held(doctor.id, starts_at, ends_at, self.now + HOLD, form)
        return lambda _: self.holds.update({clerk: held})

    @foretold
    def extend(self, form, *, clerk):
        """Give a hold five minutes more, once."""
        own = self.live_holds().get(clerk)
        if own is None or own.form != form:
            raise No(errors.HoldRanOut)
        if own.extended:
            raise No(errors.HoldExtended)

        def then(_: Any) -> None:
            own.expires_at, own.extended = self.now + HOLD, True

        return then

    @foretold
    def release(self, form, *, clerk):
        """Give a hold back; one that is gone is no mistake."""
        own = self.holds.get(clerk)
        return lambda _: own and own.form == form and self.holds.pop(clerk)

    # The waiting room, the consulting room and the till.

    def _next_token(self, visit: Visit) -> int:
        place = (visit.doctor, visit.session)
        self.tokens[place] = self.tokens.get(place, 0) + 1
        return self.tokens[place]

    def _arrived(self, visit: Visit) -> None:
        visit.token = visit.token or self._next_token(visit)
        visit.status, visit.arrived = Status.ARRIVED, True

    @foretold
    def arrive(self, visit):
        """The patient is in the waiting room."""
        if visit.status is not Status.BOOKED:
            raise No(errors.NotBookedAnyMore)
        if day_of(visit.starts_at) != self.today:
            raise No(errors.NotThatDay)
        return lambda _: self._arrived(visit)

    @foretold
    def undo_arrival(self, visit):
        """Undo an arrival of today; the token stays."""
        if visit.status is not Status.ARRIVED or visit.begun:
            raise No(errors.NotBookedAnyMore)
        if day_of(visit.starts_at) != self.today:
            raise No(errors.NotThatDay)
        if visit.walk_in:
            raise No(errors.NothingToUndo)

        def then(_: Any) -> None:
            visit.status, visit.arrived = Status.BOOKED, False

        return then

    @foretold
    def no_show(self, visit):
        """The patient did not come."""
        if visit.status is not Status.BOOKED:
            raise No(errors.NotBookedAnyMore)
        if visit.starts_at > self.now:
            raise No(errors.NotYetTime)
        return lambda _: setattr(visit, "status", Status.NO_SHOW)

    @foretold
    def walk_in(self, patient, doctor, kind, *, form, clerk):
        """The next free time of today, and a token."""
        clicked = self._clicked(form)
        if clicked is not None and clicked.patient == patient:
            return self._same(clicked)
        for one in self.visits.values():
            here = one.status is Status.ARRIVED and day_of(one.starts_at) == self.today
            if here and (one.patient, one.doctor) == (patient, doctor.id):
                raise No(errors.AlreadyInQueue)
        self._gate(patient, None)
        self._refuse_unbookable(doctor, self.today)
        # Nor is what the clerk holds for a caller on the phone.
        free = self.free(doctor, self.today, kind, clerk="")
        if not free:
            raise No(errors.NoTimeLeft)
        ends_at, session = self._place(doctor, free[0][0], kind)
        wanted = Visit(0, doctor.id, patient, kind, free[0][0], ends_at, session, form)
        self._refuse_promised(wanted, clerk, form=form)
        wanted.entitled_by = self._entitling(patient, doctor.id, kind, self.today)
        wanted.walk_in = True

        def then(row: Any) -> None:
            self._arrived(wanted)
            self._kept(wanted, clerk)(row)

        return then

    @foretold
    def begin(self, visit):
        """The doctor begins."""
        if visit.begun:
            return lambda _: None
        if visit.status not in (Status.BOOKED, Status.ARRIVED):
            raise No(errors.NotBookedAnyMore)
        if day_of(visit.starts_at) != self.today:
            raise No(errors.NotThatDay)
        if any(one.doctor == visit.doctor and self._open(one) for one in self.visits.values()):
            raise No(errors.OtherConsultationOpen)

        def then(_: Any) -> None:
            visit.begun = True
            if visit.status is Status.BOOKED:
                self._arrived(visit)

        return then

    def _open(self, visit: Visit) -> bool:
        return visit.begun and visit.status is not Status.FULFILLED

    @foretold
    def finish(self, visit):
        """The doctor finishes, and the visit is billed."""
        if visit.status is Status.FULFILLED:
            raise No(errors.AlreadyFinished)

        def then(_: Any) -> None:
            if visit.entitled_by is None:
                # It was booked before the paid visit was billed.
                told = (visit.patient, visit.doctor, visit.kind, day_of(visit.starts_at))
                visit.entitled_by = self._entitling(*told)
            visit.status = Status.FULFILLED
            if visit.entitled_by is not None:
                return
            self.owed[visit.patient] += PRICES[visit.kind]
            if visit.kind is not VisitKind.PROCEDURE:
                last_day = day_of(visit.starts_at) + FREE_FOR
                self.entitlements.append((visit.id, visit.patient, visit.doctor, last_day))

        return then

    @foretold
    def pay(self, patient, paise):
        """The cashier takes money."""
        if paise <= 0:
            raise No(errors.AmountNotPossible)
        if not self.owed[patient]:
            raise No(errors.NothingOwed)
        if paise > self.owed[patient]:
            raise No(errors.MoreThanOwed)
        return lambda _: self.owed.update({patient: self.owed[patient] - paise})

    # The waitlist.

    @foretold
    def put_on_waitlist(self, patient, kind, doctor, last_day):
        """A patient waits for a doctor."""
        if not doctor.active:
            raise No(errors.DoctorInactive)
        if last_day < self.today:
            raise No(errors.WaitNotPossible)
        return lambda row: self.waits.update({row.id: Wait(patient, kind)})

    @foretold
    def withdraw_wait(self, wait):
        """A patient waits no more."""
        if wait.visit is not None:
            raise No(errors.WaitsNoMore)
        return lambda _: setattr(wait, "closed", True)

    @foretold
    def book_waiting(self, wait, doctor, starts_at, *, form, clerk):
        """One click books, and ends the wait."""
        if wait.visit is not None and self.visits[wait.visit].form == form:
            return self._same(self.visits[wait.visit])
        if wait.closed:
            raise No(errors.WaitsNoMore)
        said = self.book(wait.patient, doctor, starts_at, wait.kind, form=form, clerk=clerk)
        if said.refusals:
            raise No(*said.refusals)

        def then(row: Any) -> None:
            said.then(row)
            wait.closed, wait.visit = True, row.id

        return then

    # The CMO's office.

    @foretold
    def open_hours(self, doctor, wanted):
        """Open a weekly session."""
        length = wanted.ends - wanted.begins
        fits = [one for one in wanted.lengths.values() if one is not None]
        if wanted.grid > length:
            raise No(errors.SlotNotPossible)
        if any(not 5 <= one <= length for one in fits):
            raise No(errors.VisitLengthNotPossible)
        if wanted.valid_to is not None and wanted.valid_to < wanted.valid_from:
            raise No(errors.SessionNeverHeld)
        procedures = wanted.lengths[VisitKind.PROCEDURE]
        if procedures is not None and VisitKind.PROCEDURE not in doctor.kinds:
            raise No(errors.ProcedureNotPriced)
        for one in doctor.hours.values():
            hours = one.begins < wanted.ends and wanted.begins < one.ends
            dates = one.valid_from <= (wanted.valid_to or date.max)
            dates = dates and wanted.valid_from <= (one.valid_to or date.max)
            if hours and dates and one.weekday == wanted.weekday:
                raise No(errors.SessionsOverlap)
        return lambda row: doctor.hours.update({row.id: replace(wanted, id=row.id)})

    @foretold
    def close_hours(self, doctor, hours, last_day):
        """Hold a session for the last time on a day."""
        if hours.id not in doctor.hours:
            raise No(errors.NotFound)

        def then(_: Any) -> None:
            if last_day < hours.valid_from:
                del doctor.hours[hours.id]
            else:
                hours.valid_to = min(last_day, hours.valid_to or last_day)

        return then

    @foretold
    def grant_leave(self, doctor, begins_at, ends_at, *, form):
        """Grant leave; what is booked stays."""
        if form in self.leave_forms:
            return lambda row: None
        if ends_at <= begins_at:
            raise No(errors.LeaveNotPossible)

        def then(row: Any) -> None:
            self.leave_forms[form] = row.id
            doctor.leaves[row.id] = (begins_at, ends_at)

        return then

    @foretold
    def declare_holiday(self, day):
        """Nobody is booked that day from now on."""
        if day in self.holidays:
            raise No(errors.HolidayStands)
        return lambda row: self.holidays.update({day: row.id})
