"""The hospital's desks as the state machine plays them: each deed, and what it is done to.

A deed asks the model first what will come of it, and is then done in a transaction of its own.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlmodel import Session, select

from mediklaud import repository
from mediklaud.database import transaction
from mediklaud.errors import Refusal
from mediklaud.models import (
    Appointment,
    EmergencyReason,
    Encounter,
    Hospital,
    Leave,
    Method,
    Role,
    Tariff,
    VisitKind,
    WaitlistEntry,
    WorkingSession,
)
from mediklaud.models import AppointmentStatus as Status
from mediklaud.models import Doctor as DoctorRow
from mediklaud.models import Holiday as HolidayRow
from mediklaud.models import Patient as PatientRow
from tests import booking_things as plain
from tests.booking_model import Model
from tests.booking_things import Doctor, Hours, Said, Visit, moment
from tests.hospital import ASHA, IYER, NINE_O_CLOCK, PASSWORD, TODAY, ward_of

CLERKS = ("meera", "nila")
KINDS = tuple(VisitKind)
# So many days are looked at, today the first.
HORIZON = 3
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Turn:
    """What a deed chooses by: of all that fits the one, or by a slip something that may not."""

    pick: int
    slip: bool
    kind: VisitKind
    clerk: str


class Desks:
    """The front desk, the consulting rooms, the till and the CMO's office."""

    def __init__(self, move_clock: Callable[[datetime], None]) -> None:
        self.move_clock = move_clock
        self.counted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.forms = (f"form {number}" for number in count(1))
        self.clicks: list[tuple[str, int, int, datetime, VisitKind]] = []
        self.model = Model(NINE_O_CLOCK)
        move_clock(NINE_O_CLOCK)
        with transaction() as db:
            self._set_stage(db)

    def _set_stage(self, db: Session) -> None:
        ward = ward_of(db)
        db.get_one(Hospital, 1).sqlmodel_update(
            {"follow_up_visits": plain.FREE_FOLLOW_UPS, "follow_up_days": plain.FREE_FOR.days}
        )
        nila = repository.create_account(
            db, "nila", "Nila Roy", PASSWORD, {Role.FRONT_DESK}, by=ward.tara
        )
        typed = replace(IYER, follow_up_fee_paise=400_00, consultation_fee_paise=800_00)
        repository.edit_doctor(db, ward.iyer, typed, version=ward.iyer.version, by=ward.khan)
        # Procedures have their price with Dr Rao alone.
        price = plain.PRICES[VisitKind.PROCEDURE]
        told = {"kind": VisitKind.PROCEDURE, "effective_from": TODAY, "price_paise": price}
        db.add(Tariff(doctor_id=ward.rao.id, **told))
        self.accounts = {"meera": ward.meera, "nila": nila, "khan": ward.khan}
        self.accounts |= {"ishaan": ward.ishaan, "tara": ward.tara}
        self.rooms = {ward.rao.id: ward.rao_account, ward.iyer.id: ward.iyer_account}
        for one in db.exec(select(WorkingSession).where(WorkingSession.doctor_id == ward.rao.id)):
            one.procedure_minutes = 45
        every = frozenset(KINDS)
        for row, seen in ((ward.rao, every), (ward.iyer, every - {VisitKind.PROCEDURE})):
            doctor = self.model.doctors[row.id] = Doctor(row.id, seen)
            for one in db.exec(select(WorkingSession).where(WorkingSession.doctor_id == row.id)):
                lengths = {kind: one.minutes_of(kind) for kind in KINDS}
                hours = (one.weekday, one.begins_minute, one.ends_minute, one.slot_minutes)
                doctor.hours[one.id] = Hours(one.id, *hours, lengths, one.valid_from, None)
        self.rao, self.iyer = (self.model.doctors[one.id] for one in (ward.rao, ward.iyer))
        self.model.owed = {ward.asha.id: 0, ward.ben.id: 0}

    def deed(self, name: str, said: Said, done: Callable[[Session], Any]) -> Any:
        """Do what the model has foretold, and see that it comes out as it said."""
        result = refused = None
        try:
            with transaction() as db:
                result = done(db)
        except Refusal as refusal:
            refused = type(refusal)
        else:
            said.then(result)
        foretold = said.refusals or {None}
        assert refused in foretold, f"{name}: {refused}, not {foretold}"
        self.counted[name] += 1
        self.refused[name] += refused is not None
        self.let_pass(timedelta(seconds=1))
        return result

    def let_pass(self, length: timedelta) -> None:
        """Time passes."""
        self.model.now += length
        self.move_clock(self.model.now)

    # Choosing: mostly what can be done, as the model knows it.

    def doctor(self, pick: int) -> Doctor:
        """Dr Rao or Dr Iyer."""
        return (self.rao, self.iyer)[pick % 2]

    def patient(self, pick: int, slip: bool = False) -> int:
        """A patient, by preference one whom the gate lets pass."""
        owing = self.model.owed
        passing = [one for one in owing if not owing[one]]
        return _one_of(list(owing) if slip or not passing else passing, pick // 7)

    def time(self, pick: int, slip: bool, doctor: Doctor, kind: VisitKind, clerk: str) -> datetime:
        """One of the first free times; or any at all, on the grid or off it."""
        days = [self.model.today + number * A_DAY for number in range(HORIZON)]
        free = [time for day in days for time in self.model.free(doctor, day, kind, clerk)]
        if free and not slip:
            return _one_of(free[:: 1 + pick % 3][:12], pick // 3)[0]
        day = self.model.today + (pick % 5 - 1) * A_DAY if pick % 17 else TODAY + 200 * A_DAY
        return moment(day, 570 + 15 * (pick % 29) + (5 if pick % 7 == 0 else 0))

    def visit(self, pick: int, slip: bool, fits: Callable[[Visit], bool]) -> Visit:
        """An appointment that fits, or any."""
        every = list(self.model.visits.values())
        fitting = [one for one in every if fits(one)]
        return _one_of(every if slip or not fitting else fitting, pick // 5)

    # The desk's deeds.

    def enroll(self, turn: Turn) -> None:
        """Enroll a patient, and click twice."""
        number, meera = len(self.model.owed) + 1, self.accounts["meera"]
        typed, form = replace(ASHA, name=f"Patient {number}"), f"patient {number}"

        def done(db: Session) -> Any:
            return repository.enroll_patient(db, typed, form=form, by=meera)

        def then(row: Any) -> None:
            assert row.number == f"JMI-{number:06d}"
            self.model.owed[row.id] = 0

        self.deed("enroll", Said(frozenset(), then), done)
        self.deed("enroll", Said(frozenset(), lambda row: None), done)

    def book(self, turn: Turn) -> None:
        """Book a time; a patient on hold now and then as an emergency."""
        doctor, patient = self.doctor(turn.pick), self.patient(turn.pick, turn.slip)
        urgent = turn.pick % 2 == 0
        emergency = EmergencyReason.INJURY if turn.slip and urgent else None
        form = self._a_form(turn.pick, turn.slip and not urgent)
        starts_at = self.time(
            turn.pick, turn.slip and bool(turn.pick % 3), doctor, turn.kind, turn.clerk
        )
        self._book(
            patient, doctor, starts_at, turn.kind, form=form, clerk=turn.clerk, emergency=emergency
        )

    def _book(self, patient: int, doctor: Doctor, starts_at: datetime, kind: VisitKind, **more):
        said = self.model.book(patient, doctor, starts_at, kind, **more)
        told = {**more, "by": self.accounts[more["clerk"]]}
        del told["clerk"]

        def done(db: Session) -> Any:
            who, whom = db.get_one(PatientRow, patient), db.get_one(DoctorRow, doctor.id)
            return repository.book_appointment(db, who, whom, starts_at, kind, **told)

        if self.deed("book", said, done):
            self.clicks.append((more["form"], patient, doctor.id, starts_at, kind))

    def _a_form(self, pick: int, used: bool) -> str:
        if used and self.clicks:
            return _one_of(self.clicks, pick)[0]
        return next(self.forms)

    def click_again(self, turn: Turn) -> None:
        """The very same booking is clicked once more."""
        if not self.clicks:
            self.book(turn)
            return
        form, patient, doctor, starts_at, kind = _one_of(self.clicks, turn.pick)
        whom = self.model.doctors[doctor]
        self._book(patient, whom, starts_at, kind, form=form, clerk=turn.clerk)

    def hold(self, turn: Turn) -> None:
        """Hold a time."""
        doctor, form = self.doctor(turn.pick), next(self.forms)
        starts_at = self.time(turn.pick, turn.slip, doctor, turn.kind, turn.clerk)
        told = {"form": form, "by": self.accounts[turn.clerk]}

        def done(db: Session) -> Any:
            whom = db.get_one(DoctorRow, doctor.id)
            return repository.hold_time(db, whom, starts_at, turn.kind, **told)

        for _ in range(2 if turn.pick % 4 == 0 else 1):  # a second click is the same hold
            said = self.model.hold(doctor, starts_at, turn.kind, form=form, clerk=turn.clerk)
            self.deed("hold", said, done)

    def book_held(self, turn: Turn) -> None:
        """Book the time that was held, if it still is; by a slip another time."""
        clerk = _one_of(sorted(self.model.holds), turn.pick)
        held = self.model.holds[clerk]
        whose = CLERKS[turn.pick % 2] if turn.slip else clerk
        told = {"form": next(self.forms), "clerk": whose, "hold": held.form}
        doctor, starts_at = self.model.doctors[held.doctor], held.starts_at
        if turn.slip and turn.pick % 3 == 0:
            starts_at = self.time(turn.pick, False, doctor, turn.kind, whose)
        self._book(self.patient(turn.pick, turn.slip), doctor, starts_at, turn.kind, **told)

    def extend(self, turn: Turn) -> None:
        """Extend a hold."""
        clerk = _one_of(sorted(self.model.holds), turn.pick)
        form = self.model.holds[clerk].form
        whose = CLERKS[turn.pick % 2] if turn.slip else clerk
        by = self.accounts[whose]
        said = self.model.extend(form, clerk=whose)
        self.deed("extend", said, lambda db: repository.extend_hold(db, form, by=by))

    def release(self, turn: Turn) -> None:
        """Release a hold."""
        clerk = _one_of(sorted(self.model.holds), turn.pick)
        form = self.model.holds[clerk].form
        whose = CLERKS[turn.pick % 2] if turn.slip else clerk
        by = self.accounts[whose]
        said = self.model.release(form, clerk=whose)
        self.deed("release", said, lambda db: repository.release_hold(db, form, by=by))

    def wait(self, turn: Turn) -> None:
        """Time passes, and holds run out."""
        self.let_pass(timedelta(minutes=_one_of([1, 2, 4, 6, 40, 90], turn.pick)))

    def go_home(self, turn: Turn) -> None:
        """The next morning comes."""
        self.let_pass(moment(self.model.today + A_DAY, 540) - self.model.now)

    def overbook(self, turn: Turn) -> None:
        """Book over a time that is taken."""
        taken = self.visit(
            turn.pick, turn.slip, lambda one: one.live and one.ends_at > self.model.now
        )
        doctor, patient = self.model.doctors[taken.doctor], self.patient(turn.pick, turn.slip)
        form, by = self._a_form(turn.pick, turn.slip), self.accounts[turn.clerk]
        told = (patient, doctor, taken.starts_at, turn.kind)
        said = self.model.overbook(*told, form=form, clerk=turn.clerk)

        def done(db: Session) -> Any:
            who, whom = db.get_one(PatientRow, patient), db.get_one(DoctorRow, doctor.id)
            told = (who, whom, taken.starts_at, turn.kind, "Squeezed in")
            return repository.overbook_appointment(db, *told, form=form, by=by)

        self.deed("overbook", said, done)

    def move(self, turn: Turn) -> None:
        """Move a visit, and sometimes click twice."""
        visit = self.visit(turn.pick, turn.slip, self.model.not_begun)
        self._move("move", turn, visit, self.model.move, repository.move_appointment)

    def relocate(self, turn: Turn) -> None:
        """Move a visit whose time is gone."""
        visit = self.visit(turn.pick, turn.slip, self.model.to_relocate)
        self._move("relocate", turn, visit, self.model.relocate, repository.relocate)

    def _move(
        self,
        name: str,
        turn: Turn,
        visit: Visit,
        foretell: Callable[..., Said],
        verb: Callable[..., Any],
    ) -> None:
        doctor, by = self.doctor(turn.pick), self.accounts[turn.clerk]
        starts_at = self.time(turn.pick, turn.slip, doctor, visit.kind, turn.clerk)
        form = self._a_form(turn.pick, turn.slip)

        def done(db: Session) -> Any:
            old, whom = db.get_one(Appointment, visit.id), db.get_one(DoctorRow, doctor.id)
            return verb(db, old, whom, starts_at, form=form, by=by)

        for _ in range(2 if turn.pick % 4 == 0 else 1):
            said = foretell(visit, doctor, starts_at, form=form, clerk=turn.clerk)
            self.deed(name, said, done)

    def _change(self, name: str, visit: Visit, said: Said, verb: Callable[..., Any], **more: Any):
        self.deed(name, said, lambda db: verb(db, db.get_one(Appointment, visit.id), **more))

    def cancel(self, turn: Turn) -> None:
        """Cancel a visit."""
        visit = self.visit(turn.pick, turn.slip, lambda one: one.status is Status.BOOKED)
        reason = "" if turn.slip and turn.pick % 5 == 0 else "A slip"
        by, said = self.accounts["meera"], self.model.cancel(visit, reason)
        self._change("cancel", visit, said, repository.cancel_appointment, reason=reason, by=by)

    def restore(self, turn: Turn) -> None:
        """Undo a cancellation."""
        cancelled = Status.CANCELLED
        moved = {one.moved_from for one in self.model.visits.values()}
        visit = self.visit(
            turn.pick, turn.slip, lambda one: one.status is cancelled and one.id not in moved
        )
        emergency = EmergencyReason.INJURY if turn.pick % 4 == 0 else None
        said = self.model.restore(visit, clerk=turn.clerk, emergency=emergency)
        told = {"by": self.accounts[turn.clerk], "emergency": emergency}
        self._change("restore", visit, said, repository.restore_appointment, **told)

    def arrive(self, turn: Turn) -> None:
        """A patient arrives."""
        visit = self.visit(
            turn.pick, turn.slip, lambda one: one.status is Status.BOOKED and self._now(one)
        )
        by = self.accounts["meera"]
        self._change("arrive", visit, self.model.arrive(visit), repository.arrive, by=by)

    def _now(self, visit: Visit) -> bool:
        return self.model.of_the_day_at_work(visit)

    def undo_arrival(self, turn: Turn) -> None:
        """Undo an arrival."""
        visit = self.visit(
            turn.pick, turn.slip, lambda one: can_undo_arrival(one) and self._now(one)
        )
        said, by = self.model.undo_arrival(visit), self.accounts["meera"]
        self._change("undo arrival", visit, said, repository.undo_arrival, by=by)

    def no_show(self, turn: Turn) -> None:
        """A patient did not come."""
        visit = self.visit(
            turn.pick, turn.slip, lambda one: self.model.missed(one) and self._now(one)
        )
        said, by = self.model.no_show(visit), self.accounts["meera"]
        self._change("no-show", visit, said, repository.note_no_show, by=by)

    def undo_no_show(self, turn: Turn) -> None:
        """Undo a no-show."""
        visit = self.visit(turn.pick, turn.slip, self.model.missed_today)
        said, by = self.model.undo_no_show(visit, clerk=turn.clerk), self.accounts[turn.clerk]
        self._change("undo no-show", visit, said, repository.undo_no_show, by=by)

    def walk_in(self, turn: Turn) -> None:
        """A patient stands at the desk."""
        doctor, patient = self.doctor(turn.pick), self.patient(turn.pick, turn.slip)
        form, by = self._a_form(turn.pick, turn.slip), self.accounts[turn.clerk]
        said = self.model.walk_in(patient, doctor, turn.kind, form=form, clerk=turn.clerk)

        def done(db: Session) -> Any:
            who, whom = db.get_one(PatientRow, patient), db.get_one(DoctorRow, doctor.id)
            return repository.walk_in(db, who, whom, turn.kind, form=form, by=by)

        self.deed("walk-in", said, done)

    def begin(self, turn: Turn) -> None:
        """The doctor begins a consultation."""
        visit = self.visit(turn.pick, turn.slip, lambda one: one.status is Status.ARRIVED)
        said, by = self.model.begin(visit), self.rooms[visit.doctor]
        self._change("begin", visit, said, repository.begin_consultation, by=by)

    def finish(self, turn: Turn) -> None:
        """The doctor finishes; the bill is written, and the patient is on hold."""
        begun = [one for one in self.model.visits.values() if one.begun]
        still_open = [one for one in begun if one.status is not Status.FULFILLED]
        visit = _one_of(begun if turn.slip or not still_open else still_open, turn.pick)
        by = self.rooms[visit.doctor]

        def done(db: Session) -> Any:
            encounter = db.exec(select(Encounter).where(Encounter.appointment_id == visit.id)).one()
            return repository.finish_consultation(db, encounter, "Rest.", by=by)

        self.deed("finish", self.model.finish(visit), done)

    def pay(self, turn: Turn) -> None:
        """The cashier takes all that is owed, or a part, or too much."""
        owing = [one for one, owed in self.model.owed.items() if owed or turn.slip]
        patient = _one_of(owing, turn.pick)
        owed = self.model.owed[patient]
        paise = _one_of([owed, owed, owed // 2, owed + 1, 0], turn.pick if turn.slip else 0)
        form, by = next(self.forms), self.accounts["ishaan"]

        def done(db: Session) -> Any:
            who = db.get_one(PatientRow, patient)
            return repository.take_payment(db, who, paise, Method.CASH, form=form, by=by)

        self.deed("pay", self.model.pay(patient, paise), done)

    # The waitlist.

    def put_on_waitlist(self, turn: Turn) -> None:
        """A patient waits for a doctor."""
        doctor, patient = self.doctor(turn.pick), self.patient(turn.pick, turn.slip)
        last_day = self.model.today + (turn.pick % 9 - (turn.slip and 4)) * A_DAY
        first, form, by = self.model.today - A_DAY, next(self.forms), self.accounts[turn.clerk]
        said = self.model.put_on_waitlist(patient, turn.kind, doctor, last_day)

        def done(db: Session) -> Any:
            typed = repository.WaitForm(turn.kind, first, last_day, doctor.id)
            who = db.get_one(PatientRow, patient)
            return repository.put_on_waitlist(db, who, typed, form=form, by=by)

        self.deed("wait", said, done)

    def _wait(self, turn: Turn) -> int:
        waits = self.model.waits
        still = [one for one, wait in waits.items() if not wait.closed]
        return _one_of(list(waits) if turn.slip or not still else still, turn.pick // 5)

    def withdraw_wait(self, turn: Turn) -> None:
        """A patient waits no more."""
        number, by = self._wait(turn), self.accounts[turn.clerk]
        said = self.model.withdraw_wait(self.model.waits[number])

        def done(db: Session) -> Any:
            return repository.withdraw_wait(db, db.get_one(WaitlistEntry, number), by=by)

        self.deed("withdraw wait", said, done)

    def book_waiting(self, turn: Turn) -> None:
        """Book a time for somebody who waits, and sometimes click twice."""
        number, by, doctor = self._wait(turn), self.accounts[turn.clerk], self.doctor(turn.pick)
        wait, form = self.model.waits[number], next(self.forms)
        starts_at = self.time(turn.pick, turn.slip, doctor, wait.kind, turn.clerk)
        told = {"form": form, "clerk": turn.clerk}

        def done(db: Session) -> Any:
            entry, whom = db.get_one(WaitlistEntry, number), db.get_one(DoctorRow, doctor.id)
            return repository.book_waiting(db, entry, whom, starts_at, form=form, by=by)

        for _ in range(2 if turn.pick % 4 == 0 else 1):
            said = self.model.book_waiting(wait, doctor, starts_at, **told)
            self.deed("book waiting", said, done)

    # The CMO's office.

    def open_hours(self, turn: Turn) -> None:
        """Open a weekly session in the afternoon, or over another one."""
        doctor, pick = self.doctor(turn.pick), turn.pick // 2
        begins = 600 if turn.slip else 840 + 60 * (pick % 4)
        ends = begins + (5 if turn.slip and pick % 2 else 60 * (1 + pick % 3))
        grid = _one_of([10, 15, 20, 30], pick // 3)
        lengths = [_one_of([10, 15, 20, 30, 45], pick // 4), _one_of([10, 15, 20], pick // 5)]
        seen = turn.slip or VisitKind.PROCEDURE in doctor.kinds
        lengths.append(_one_of([None, 45, 60], pick // 6) if seen else None)
        first = self.model.today + (pick % 3) * A_DAY
        last_days = [None, first, first + 14 * A_DAY, first - A_DAY if turn.slip else None]
        until = _one_of(last_days, pick // 7)
        by_kind = dict(zip(KINDS, lengths, strict=True))
        wanted = Hours(0, first.weekday(), begins, ends, grid, by_kind, first, until)
        typed = repository.SessionForm(first.weekday(), begins, ends, grid, first, until, *lengths)
        said = self.model.open_hours(doctor, wanted)
        self._office("open session", said, doctor, repository.open_session, typed)

    def _office(
        self,
        name: str,
        said: Said,
        doctor: Doctor,
        verb: Callable[..., Any],
        *things: Any,
        **more: Any,
    ):
        khan = self.accounts["khan"]
        self.deed(
            name,
            said,
            lambda db: verb(db, db.get_one(DoctorRow, doctor.id), *things, by=khan, **more),
        )

    def close_hours(self, turn: Turn) -> None:
        """Close a weekly session; those of the afternoon by preference."""
        doctor = self.doctor(turn.pick)
        hours = [one for one in doctor.hours.values() if turn.slip or one.begins >= 840]
        if not hours:
            return
        chosen, khan = _one_of(hours, turn.pick), self.accounts["khan"]
        last_day = self.model.today + (turn.pick % 9 - 1) * A_DAY
        said = self.model.close_hours(doctor, chosen, last_day)

        def done(db: Session) -> Any:
            row = db.get_one(WorkingSession, chosen.id)
            return repository.close_session(db, row, last_day=last_day, by=khan)

        self.deed("close session", said, done)

    def grant_leave(self, turn: Turn) -> None:
        """Grant an hour or two of leave, now and then a whole day; a second click is the same."""
        doctor, day = self.doctor(turn.pick), self.model.today + (turn.pick % HORIZON) * A_DAY
        begins = 600 + 15 * (turn.pick % 30)
        ends = begins + 60 if turn.pick % 4 else 1440
        ends = begins - 15 if turn.slip and turn.pick % 3 == 0 else ends
        form = next(self.forms)
        told = {"form": form, "begins_minute": begins, "ends_minute": ends}
        for _ in range(2 if turn.slip else 1):
            said = self.model.grant_leave(doctor, moment(day, begins), moment(day, ends), form=form)
            self._office("grant leave", said, doctor, repository.grant_leave, day, day, **told)

    def withdraw_leave(self, turn: Turn) -> None:
        """Take leave back."""
        every = [(one, leave) for one in self.model.doctors.values() for leave in one.leaves]
        (doctor, leave), khan = _one_of(every, turn.pick), self.accounts["khan"]
        said = Said(frozenset(), lambda _: doctor.leaves.pop(leave))
        self.deed(
            "withdraw leave",
            said,
            lambda db: repository.withdraw_leave(db, db.get_one(Leave, leave), by=khan),
        )

    def declare_holiday(self, turn: Turn) -> None:
        """Declare a holiday; the same once more by mistake."""
        day, khan = self.model.today + (1 + turn.pick % 4) * A_DAY, self.accounts["khan"]
        for _ in range(2 if turn.slip else 1):
            said = self.model.declare_holiday(day)
            self.deed(
                "holiday", said, lambda db: repository.declare_holiday(db, day, "Feast", by=khan)
            )

    def withdraw_holiday(self, turn: Turn) -> None:
        """Make a holiday a working day again."""
        day, khan = _one_of(sorted(self.model.holidays), turn.pick), self.accounts["khan"]
        row = self.model.holidays[day]
        said = Said(frozenset(), lambda _: self.model.holidays.pop(day))
        self.deed(
            "withdraw holiday",
            said,
            lambda db: repository.withdraw_holiday(db, db.get_one(HolidayRow, row), by=khan),
        )

    def deactivate(self, turn: Turn) -> None:
        """Dr Iyer leaves, now and then, and comes back."""
        if self.iyer.active and turn.pick % 4:
            return
        verb = repository.deactivate_doctor if self.iyer.active else repository.reactivate_doctor
        active = not self.iyer.active
        said = Said(frozenset(), lambda _: setattr(self.iyer, "active", active))
        self._office("deactivate", said, self.iyer, verb)

    def register_until(self, turn: Turn) -> None:
        """Dr Iyer's registration runs out soon, now and then, and is renewed."""
        if self.iyer.expires_on is None and turn.pick % 4:
            return
        until: date | None = None
        if self.iyer.expires_on is None:
            until = self.model.today + (turn.pick % 3 - 1) * A_DAY
        typed = replace(IYER, follow_up_fee_paise=400_00, consultation_fee_paise=800_00)
        typed, khan = replace(typed, registration_expires_on=until), self.accounts["khan"]

        def done(db: Session) -> Any:
            row = db.get_one(DoctorRow, self.iyer.id)
            return repository.edit_doctor(db, row, typed, version=row.version, by=khan)

        said = Said(frozenset(), lambda _: setattr(self.iyer, "expires_on", until))
        self.deed("registration", said, done)


def can_undo_arrival(visit: Visit) -> bool:
    """Whether the patient waits, was expected, and is not with the doctor."""
    return visit.status is Status.ARRIVED and not visit.begun and not visit.walk_in


def _one_of(things: list[Any], pick: int) -> Any:
    return things[pick % len(things)]
