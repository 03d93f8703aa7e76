"""The weeks of the demo hospital, lived deed by deed at the hours they happened."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from sqlmodel import Session

from mediklaud import clock
from mediklaud.demo.agenda import (
    SUNDAY,
    Agenda,
    Free,
    Window,
    booking_moment,
    desk_moment,
    weekday_before,
)
from mediklaud.demo.glass import plan_glasses
from mediklaud.demo.notes import CANCEL_REASONS, NOTES
from mediklaud.demo.people import families
from mediklaud.demo.roster import HOLIDAY, HOLIDAY_DAYS, ZONE
from mediklaud.demo.staff import Staff
from mediklaud.demo.till import Till
from mediklaud.demo.timeline import Timeline
from mediklaud.models import (
    Account,
    Appointment,
    Doctor,
    EmergencyReason,
    Encounter,
    Patient,
    Sex,
    VisitKind,
)
from mediklaud.repository import (
    PatientForm,
    arrive,
    begin_consultation,
    book_appointment,
    cancel_appointment,
    declare_holiday,
    enroll_patient,
    finish_consultation,
    free_slots,
    grant_leave,
    move_appointment,
    note_no_show,
    walk_in,
)

# Of a hundred appointments so many are cancelled, moved, or not kept; the others take place.
_CANCELLED, _MOVED, _MISSED = 6, 5, 6
_EMERGENCIES, _EMERGENCY_GAP = 2, timedelta(days=5)
_GROWN_UP = 16
_WALK_INS = 3
# Of a doctor's known patients who call, so many come for a procedure where there are any.
_PROCEDURES = 0.4


class Weeks:
    """What has happened so far, and what is still to happen, in order of time."""

    def __init__(self, db: Session, staff: Staff, window: Window, random: Random) -> None:
        """Nothing has happened yet."""
        self._db, self._staff, self._window, self._random = db, staff, window, random
        self._agenda = Agenda(window, staff.doctors, staff.sessions)
        begins_at = clock.moment_at(window.opened_on, 8 * 60, ZONE)
        self._timeline = Timeline(begins_at, window.until - timedelta(hours=1))
        self._till = Till(db, self._timeline, random, staff.accounts["ishaan"])
        self._enrolled: list[Patient] = []
        self._expected: dict[int, set[date]] = {}
        # By doctor, then by patient's id.
        self._seen: dict[int, dict[int, Patient]] = {doctor.id or 0: {} for doctor in staff.doctors}
        self._emergencies: list[datetime] = []

    def plan(self, patients: int) -> None:
        """Plan who is enrolled when, each day's appointments and walk-ins, leave, emergencies."""
        self._plan_enrolment(patients)
        self._plan_leave()
        plan_glasses(self._db, self._staff, self._window, self._timeline, self._seen)
        window = self._window
        for day in _days(window.first_day, window.last_day):
            for free in self._agenda.sample(self._random, day, self._wanted(day, patients)):
                moment = booking_moment(self._random, window, free)
                self._timeline.at(moment, partial(self._book, free))
        for day in _days(window.first_day + timedelta(days=3), window.today):
            self._timeline.at(desk_moment(self._random, day), self._book_emergency)
            for _ in range(_WALK_INS):
                self._timeline.at(desk_moment(self._random, day), self._walk_in)

    def live(self, progress: Callable[[float], None]) -> None:
        """Let everything happen, up to the evening before today."""
        self._timeline.live(progress)

    def _wanted(self, day: date, patients: int) -> int:
        window, often = self._window, 0.1 * self._random.uniform(0.85, 1.15)
        if day.weekday() == SUNDAY - 1:
            often *= 0.6
        if day >= window.today:
            often *= 0.9 * (1 - (day - window.today).days / ((window.last_day - day).days + 20))
        return max(1, round(patients * often)) if day.weekday() != SUNDAY else 0

    # Enrolment and leave

    def _plan_enrolment(self, patients: int) -> None:
        window, random = self._window, self._random
        for family in families(random, patients, window.opened_on):
            early = random.random() < 0.6
            first, last = (
                (window.opened_on, window.first_day) if early else (window.first_day, window.today)
            )
            day = weekday_before(last - timedelta(days=random.randrange((last - first).days)))
            moment = desk_moment(random, max(day, window.opened_on))
            for place, typed in enumerate(family):
                self._timeline.at(
                    moment + timedelta(minutes=2 * place), partial(self._enroll, typed)
                )

    def _enroll(self, typed: PatientForm) -> None:
        form = f"demo/patient/{len(self._enrolled) + 1}"
        patient = enroll_patient(self._db, typed, form=form, by=self._desk())
        self._enrolled.append(patient)
        self._expected[patient.id or 0] = set()

    def _plan_leave(self) -> None:
        """One leave known from the beginning, and one granted when patients were booked."""
        window, agenda = self._window, self._agenda
        early, late = self._staff.doctors[9], self._staff.doctors[8]
        known = agenda.working_days(early, after=window.first_day + timedelta(days=1))[:2]
        sudden = agenda.working_days(late, after=window.today + timedelta(days=1))[:2]
        opened = clock.moment_at(window.opened_on, 9 * 60, ZONE)
        evening = clock.moment_at(window.last_desk_day, 18 * 60 + 30, ZONE)
        if known:
            agenda.close(early, known[0], known[-1])
            self._timeline.at(opened, partial(self._grant, early, known, "Conference"))
        if sudden:
            self._timeline.at(evening, partial(self._grant, late, sudden, "Family function"))
        # Declared when patients were booked on it, so that somebody has to move them.
        self._timeline.at(evening + timedelta(minutes=10), self._declare)

    def _declare(self) -> None:
        day = self._window.today + timedelta(days=HOLIDAY_DAYS)
        day += timedelta(days=day.weekday() == SUNDAY)
        declare_holiday(self._db, day, HOLIDAY, by=self._staff.accounts["khan"])

    def _grant(self, doctor: Doctor, off: list[date], reason: str) -> None:
        form = f"demo/leave/{doctor.number}"
        chief = self._staff.accounts["khan"]
        grant_leave(self._db, doctor, off[0], off[-1], form=form, by=chief, reason=reason)

    # Booking

    def _book(self, free: Free, emergency: EmergencyReason | None = None) -> None:
        patient = self._caller(free, owing=emergency is not None)
        if patient is None:
            return
        known = patient.id in self._seen[free.doctor.id or 0]
        kind = VisitKind.FOLLOW_UP if known else VisitKind.FIRST
        if known and free.doctor.number in self._staff.cutting and emergency is None:
            kind, free = self._procedure(free)
        appointment = book_appointment(
            self._db,
            patient,
            free.doctor,
            free.slot.starts_at,
            kind,
            form=f"demo/appointment/{self._timeline.serial}",
            by=self._desk(),
            emergency=emergency,
        )
        self._expected[patient.id or 0].add(free.day)
        self._decide(appointment, patient, free)

    def _procedure(self, free: Free) -> tuple[VisitKind, Free]:
        wanted = self._random.random() < _PROCEDURES
        long = self._agenda.lengthened(free) if wanted else None
        return (VisitKind.PROCEDURE, long) if long else (VisitKind.FOLLOW_UP, free)

    def _walk_in(self) -> None:
        """Somebody new at the desk, for whom a doctor has the next time of today."""
        doctor = self._random.choice(self._staff.doctors)
        today = clock.day_of(self._timeline.now, ZONE)
        slots = free_slots(self._db, [doctor], today, 1)[doctor.id or 0]
        soon = self._timeline.now + timedelta(minutes=5)
        if not slots or slots[0].starts_at < soon:
            return
        # One that was given away is still to be called for, later today.
        free = self._agenda.take(doctor, slots[0])
        patient = self._caller(free, owing=False) if free else None
        if free is None or patient is None or patient.id in self._seen[doctor.id or 0]:
            return
        form, desk = f"demo/appointment/{self._timeline.serial}", self._desk()
        appointment = walk_in(self._db, patient, doctor, VisitKind.FIRST, form=form, by=desk)
        self._expected[patient.id or 0].add(free.day)
        self._see(appointment, patient, free)

    def _book_emergency(self) -> None:
        gap = not self._emergencies or self._timeline.now - self._emergencies[-1] > _EMERGENCY_GAP
        if len(self._emergencies) == _EMERGENCIES or not gap:
            return
        doctor = self._staff.doctors[self._random.randrange(4)]
        soon = self._timeline.now + timedelta(minutes=30)
        free = self._agenda.another(self._random, doctor, after=soon, within_days=1)
        if free is not None and self._caller(free, owing=True) is not None:
            reasons = (EmergencyReason.BREATHLESSNESS, EmergencyReason.ACUTE_PAIN)
            self._book(free, self._random.choice(reasons))
            self._emergencies.append(self._timeline.now)

    def _caller(self, free: Free, *, owing: bool) -> Patient | None:
        """Somebody the doctor is for, not expected that day; who owes calls in an emergency."""

        def calls(patient: Patient) -> bool:
            number = patient.id or 0
            return (
                self._till.owes(patient) == owing
                and free.day not in self._expected[number]
                and _suits(patient, free.doctor, self._window.today)
            )

        again = [one for one in self._seen[free.doctor.id or 0].values() if calls(one)]
        if again and self._random.random() < 0.45:
            return self._random.choice(again)
        anybody = [one for one in self._enrolled if calls(one)]
        return self._random.choice(anybody) if anybody else None

    def _decide(self, appointment: Appointment, patient: Patient, free: Free) -> None:
        """What becomes of an appointment; what lies after today is never reached."""
        fate = self._random.randrange(100)
        between = self._moment_before(free)
        if fate < _CANCELLED + _MOVED and between is not None:
            deed = self._cancel if fate < _CANCELLED else self._move
            self._timeline.at(between, partial(deed, appointment, patient, free))
        else:
            missed = _CANCELLED + _MOVED <= fate < _CANCELLED + _MOVED + _MISSED
            self._expect(appointment, patient, free, missed=missed)

    def _moment_before(self, free: Free) -> datetime | None:
        """A moment at the desk between now and a slot; None where there is hardly time."""
        first, last = (
            clock.day_of(self._timeline.now, ZONE),
            min(free.day, self._window.last_desk_day),
        )
        day = first + timedelta(days=self._random.randint(0, max(0, (last - first).days)))
        moment = desk_moment(self._random, day, before=free.slot.starts_at)
        fits = self._timeline.now < moment < free.slot.starts_at and day.weekday() != SUNDAY
        return moment if fits else None

    def _cancel(self, appointment: Appointment, patient: Patient, free: Free) -> None:
        reason = self._random.choice(CANCEL_REASONS)
        cancel_appointment(self._db, appointment, reason, by=self._desk())
        self._expected[patient.id or 0].discard(free.day)

    def _move(self, appointment: Appointment, patient: Patient, free: Free) -> None:
        after = free.slot.ends_at + timedelta(hours=8)
        to = self._agenda.another(self._random, free.doctor, after=after, within_days=6)
        if to is None or to.day in self._expected[patient.id or 0]:
            self._expect(appointment, patient, free, missed=False)
            return
        form = f"demo/appointment/{self._timeline.serial}/moved"
        moved = move_appointment(
            self._db, appointment, to.doctor, to.slot.starts_at, form=form, by=self._desk()
        )
        self._expected[patient.id or 0] ^= {free.day, to.day}
        self._expect(moved, patient, to, missed=False)

    # The day itself

    def _expect(
        self, appointment: Appointment, patient: Patient, free: Free, *, missed: bool
    ) -> None:
        if missed:
            after = free.slot.ends_at + timedelta(seconds=self._random.randint(60, 900))
            self._timeline.at(after, partial(self._miss, appointment))
            return
        early = timedelta(seconds=self._random.randint(240, 1100))
        # Who books at the counter has arrived already.
        before = max(free.slot.starts_at - early, self._timeline.now + timedelta(minutes=2))
        self._timeline.at(before, partial(self._arrive, appointment, patient, free))

    def _miss(self, appointment: Appointment) -> None:
        note_no_show(self._db, appointment, by=self._desk())

    def _arrive(self, appointment: Appointment, patient: Patient, free: Free) -> None:
        arrive(self._db, appointment, by=self._desk())
        self._see(appointment, patient, free)

    def _see(self, appointment: Appointment, patient: Patient, free: Free) -> None:
        moment = free.slot.starts_at + timedelta(seconds=self._random.randint(0, 60))
        self._timeline.at(moment, partial(self._begin, appointment, patient, free))

    def _begin(self, appointment: Appointment, patient: Patient, free: Free) -> None:
        doctor = self._staff.accounts[free.doctor.number]
        encounter = begin_consultation(self._db, appointment, by=doctor)
        length = free.slot.ends_at - free.slot.starts_at
        moment = free.slot.starts_at + length * self._random.uniform(0.45, 0.9)
        self._timeline.at(moment, partial(self._finish, encounter, patient, free.doctor))

    def _finish(self, encounter: Encounter, patient: Patient, doctor: Doctor) -> None:
        note = self._random.choice(NOTES[doctor.specialty])
        account = self._staff.accounts[doctor.number]
        bill = finish_consultation(self._db, encounter, note, by=account)
        self._seen[doctor.id or 0][patient.id or 0] = patient
        if bill is not None:
            self._till.bill(patient, bill.total_paise)

    def _desk(self) -> Account:
        return self._staff.accounts[self._random.choice(("meera", "sameer"))]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]


def _suits(patient: Patient, doctor: Doctor, today: date) -> bool:
    years = (today - patient.birth_date).days / 365.25
    if doctor.specialty == "Paediatrics":
        return years < _GROWN_UP
    if doctor.specialty == "Obstetrics and gynaecology":
        return patient.sex is Sex.FEMALE and _GROWN_UP <= years < 60
    return years >= _GROWN_UP or doctor.specialty in ("ENT", "Dermatology", "Ophthalmology")
