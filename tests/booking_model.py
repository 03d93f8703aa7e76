"""A hospital's desk in plain Python: what must come of every deed, said before it is done.

Nothing of the house's own reckoning is used here, only its words and its refusals. Each method
named like a deed answers with what will be refused, or how the model stands afterwards.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from mediklaud import errors
from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import VisitKind
from tests.booking_rules import Rules, meet
from tests.booking_things import FREE_FOR, HOLD, PRICES, Held, No, Visit, Wait, day_of, foretold


class Model(Rules):
    """The desk, and what comes of each deed."""

    @foretold
    def book(self, patient, doctor, starts_at, kind, *, form, clerk, emergency=None, hold=None):
        """Book a free time, perhaps by the hold that names it."""
        clicked = self._clicked(form)
        if clicked is not None and clicked.patient == patient:
            return self._same(clicked)
        self._gate(patient, emergency)
        ends_at, session = self._place(doctor, starts_at, kind)
        self._refuse_anothers(hold, clerk)
        own = self.live_holds().get(clerk)
        named = own and (own.form, own.doctor, own.starts_at)
        if hold is not None and named != (hold, doctor.id, starts_at):
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
        ends_at, session = self._place_of_any_hour(doctor, starts_at, kind)
        if ends_at <= self.now and not self._runs_late(doctor, starts_at, kind, session):
            raise No(errors.PastTime)
        taken = self._in_the_way(doctor, starts_at, ends_at, clerk)
        if starts_at > self.now and not taken & {errors.SlotTaken, errors.TimeHeld}:
            raise No(errors.NotOverFree)
        wanted = Visit(0, doctor.id, patient, kind, starts_at, ends_at, session, form)
        wanted.overbook = self._place_over(wanted, session)
        self._refuse_promised(wanted, clerk, form=form)
        wanted.entitled_by = self._entitling(patient, doctor.id, kind, day_of(starts_at))
        return self._kept(wanted, clerk)

    @foretold
    def move(self, visit, doctor, starts_at, *, form, clerk):
        """Move a booked visit to another time or doctor."""
        clicked = self._clicked(form)
        if clicked is not None and clicked.moved_from == visit.id:
            return self._same(clicked)
        if not self.not_begun(visit):
            raise No(errors.NotBookedAnyMore)
        ends_at, session = self._place(doctor, starts_at, visit.kind)
        if visit.ends_at <= self.now:
            self._gate(visit.patient, visit.emergency)
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
        if not self.not_begun(visit):
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
        if not self.of_the_day_at_work(visit):
            raise No(errors.NotThatDay)
        self._gate(visit.patient, visit.emergency)
        told = (self.doctors[visit.doctor], visit.starts_at, visit.kind)
        ends_at, session = self._place_of_any_hour(*told)
        session = session if visit.token is None else visit.session
        return self._revived(visit, ends_at, session, clerk, None)

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
            "overbook": visit.overbook and self._place_over(visit, session),
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

    def _refuse_anothers(self, form: str | None, clerk: str) -> None:
        if any(one.form == form for whose, one in self.live_holds().items() if whose != clerk):
            raise No(errors.NotYourHold)

    @foretold
    def extend(self, form, *, clerk):
        """Give a hold five minutes more, once."""
        self._refuse_anothers(form, clerk)
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
        self._refuse_anothers(form, clerk)
        own = self.holds.get(clerk)
        return lambda _: own and own.form == form and self.holds.pop(clerk)

    # The waiting room, the consulting room and the till.

    def _next_token(self, visit: Visit) -> int:
        place = (visit.doctor, visit.session)
        self.tokens[place] = self.tokens.get(place, 0) + 1
        return self.tokens[place]

    def _arrived(self, visit: Visit) -> None:
        if visit.token is None:
            session = self._counted_in(visit)
            if visit.overbook and session != visit.session:
                visit.overbook = self._first_place(visit, session, but=visit)
            visit.session = session
            visit.token = self._next_token(visit)
        visit.status, visit.arrived = Status.ARRIVED, True

    @foretold
    def arrive(self, visit):
        """The patient is in the waiting room."""
        if visit.status is not Status.BOOKED:
            raise No(errors.NotBookedAnyMore)
        if not self.of_the_day_at_work(visit):
            raise No(errors.NotThatDay)
        return lambda _: self._arrived(visit)

    @foretold
    def undo_arrival(self, visit):
        """Undo an arrival of today; the token stays."""
        if visit.status is not Status.ARRIVED or visit.begun:
            raise No(errors.NotBookedAnyMore)
        if not self.of_the_day_at_work(visit):
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
            here = one.status is Status.ARRIVED and self.of_the_day_at_work(one)
            if here and (one.patient, one.doctor) == (patient, doctor.id):
                raise No(errors.AlreadyInQueue)
        self._gate(patient, None)
        self._refuse_unbookable(doctor, self.today)
        # Nor is what the clerk holds for a caller on the phone.
        free = self.free(doctor, self.today, kind, clerk="")
        if not free:
            raise No(errors.NoTimeLeft)
        busy = [one for one in self.live() if one.patient == patient]
        fits = [time for time in free if not any(meet(one, *time) for one in busy)]
        starts_at = (fits or free)[0][0]
        ends_at, session = self._place(doctor, starts_at, kind)
        wanted = Visit(0, doctor.id, patient, kind, starts_at, ends_at, session, form)
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
        if not self.of_the_day_at_work(visit):
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
