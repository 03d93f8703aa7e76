"""Follow-ups in weeks of random deeds: price and count are those of a naive recount."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediklaud import database
from mediklaud.models import LIVE, Appointment, AppointmentStatus, CreditKind
from mediklaud.repository import (
    cancel_appointment,
    edit_doctor,
    issue_credit_note,
    move_appointment,
    note_no_show,
    restore_appointment,
)
from mediklaud.repository.entitlements import follow_ups_of
from mediklaud.repository.invoices import bill_with
from tests.follow_ups import charge_of, follow_up, paid_visit, pay, policy
from tests.hospital import RAO, TODAY, at, ward_of
from tests.visits import a_form, finish


@dataclass
class Given:
    """What a paid visit gave, as the recount remembers it."""

    visit_id: int
    doctor_id: int
    visits: int
    percent: int
    last_day: date
    voided: bool = False


@dataclass
class Told:
    """A follow-up, as the recount remembers it."""

    row: Appointment
    given: Given | None
    kept: bool

    @property
    def live(self):
        return self.row.status in LIVE


class Recount:
    """A patient's weeks at two doctors, and a list of all that happened, counted anew each time."""

    def __init__(self, db, ward, wall_clock):
        self.db, self.ward, self.wall_clock, self.day = db, ward, wall_clock, TODAY
        self.doctors, self.fees = (ward.rao, ward.iyer), {ward.rao.id: 400_00, ward.iyer.id: 350_01}
        self.rule, self.given, self.told, self.slots = (0, 0, 0), [], [], {}
        wall_clock.move_to(at(9))
        typed = replace(
            RAO, name="Dr Suresh Iyer", registration="KMC 11223", follow_up_fee_paise=350_01
        )
        edit_doctor(db, ward.iyer, typed, version=ward.iyer.version, by=ward.khan)

    def _left(self, given):
        return given.visits - sum(one.live and one.given is given for one in self.told)

    def _choose(self, doctor_id, day):
        fitting = [
            one
            for one in self.given
            if one.doctor_id == doctor_id and day <= one.last_day
            if self._left(one) > 0 and not one.voided
        ]
        return min(fitting, key=lambda one: (one.last_day, self.given.index(one)), default=None)

    def _slot(self, day):
        """A time of its own for everything on a day; None when the day is full."""
        used = self.slots.get(day, 0)
        self.slots[day] = used + 1
        return at(10, 15 * used, day=day) if used < 12 else None

    def rules(self, visits, days, percent):
        self.rule = (visits, days, percent)
        policy(self.db, self.ward, visits, days, percent)

    def pay(self, doctor):
        slot = self._slot(self.day)
        if slot:
            booked, _ = paid_visit(self.db, self.ward, None, self.doctors[doctor], slot)
            self._grant(booked)

    def _grant(self, booked):
        visits, days, percent = self.rule
        if visits:
            last_day = self.day + timedelta(days=days)
            self.given.append(Given(booked.id, booked.doctor_id, visits, percent, last_day))

    def book(self, doctor, ahead, kept):
        day = self.day + timedelta(days=ahead)
        slot, whom = self._slot(day), self.doctors[doctor]
        if slot:
            chosen = self._choose(whom.id, day)
            self.told.append(Told(follow_up(self.db, self.ward, slot, doctor=whom), chosen, kept))

    def void(self, which):
        """The bill of a visit that gives follow-ups is taken back whole."""
        standing = [one for one in self.given if not one.voided]
        if standing:
            chosen = standing[which % len(standing)]
            told = {"form": a_form(), "by": self.ward.ishaan}
            bill = bill_with(self.db, charge_of(self.db, self.db.get(Appointment, chosen.visit_id)))
            issue_credit_note(self.db, bill.number, CreditKind.VOID, "Never seen", **told)
            chosen.voided = True

    def _pick(self, which, *statuses):
        fitting = [
            one for one in self.told if one.row.status in statuses and day_of(one) >= self.day
        ]
        return fitting[which % len(fitting)] if fitting else None

    def cancel(self, which):
        one = self._pick(which, AppointmentStatus.BOOKED)
        if one:
            cancel_appointment(self.db, one.row, "Feels better", by=self.ward.meera)

    def restore(self, which):
        one = self._pick(which, AppointmentStatus.CANCELLED)
        moved_on = one and any(other.row.moved_from_id == one.row.id for other in self.told)
        if one and not moved_on:
            one.given = self._choose(one.row.doctor_id, day_of(one))
            restore_appointment(self.db, one.row, by=self.ward.meera)

    def move(self, which, doctor, ahead):
        one = self._pick(which, AppointmentStatus.BOOKED)
        day = self.day + timedelta(days=ahead)
        slot = one and self._slot(day)
        if slot:
            told = {"form": a_form(), "by": self.ward.meera}
            row = move_appointment(self.db, one.row, self.doctors[doctor], slot, **told)
            self.told.append(Told(row, self._choose(row.doctor_id, day), one.kept))

    def wait(self):
        """The day goes by: some come, and are billed; the others did not come."""
        today = [one for one in self.told if day_of(one) == self.day and one.row.status == "booked"]
        for one in today:
            if one.kept:
                self._come(one)
        self.wall_clock.move_to(at(14, day=self.day))
        for one in today:
            if not one.kept:
                note_no_show(self.db, one.row, by=self.ward.meera)
        self.day += timedelta(days=1)
        self.wall_clock.move_to(at(9, day=self.day))

    def _come(self, one):
        if one.given is None:
            one.given = self._choose(one.row.doctor_id, self.day)
        fee = self.fees[one.row.doctor_id]
        price = fee if one.given is None else (fee * one.given.percent * 2 + 100) // 200
        bill = finish(self.db, self.ward, one.row)
        pay(self.db, self.ward, self.ward.asha)
        assert charge_of(self.db, one.row).price_paise == price
        assert (bill.total_paise if bill else 0) == price
        if one.given is None:
            self._grant(one.row)

    def agree(self):
        """The database and the recount say the same of every follow-up and of what is left."""
        for one in self.told:
            if one.live:
                assert one.row.entitled_by_id == (one.given and one.given.visit_id)
        for doctor in self.doctors:
            chosen = self._choose(doctor.id, self.day)
            found = follow_ups_of(self.db, self.ward.asha.id, doctor.id, self.day)
            assert (found and found.granted_by_id) == (chosen and chosen.visit_id)
            assert found is None or found.visits - found.used == self._left(chosen)


def day_of(one):
    """The day of a follow-up; the hospital's mornings are the same day in UTC."""
    return one.row.starts_at.date()


DOCTOR, WHICH, AHEAD = st.integers(0, 1), st.integers(0, 9), st.integers(1, 3)
RULES = st.tuples(st.integers(1, 2), st.integers(2, 5), st.sampled_from([0, 33, 99]))
BOOK = st.tuples(st.just("book"), DOCTOR, AHEAD, st.booleans())
WAIT = st.tuples(st.just("wait"))
DEEDS = st.one_of(
    *(BOOK, BOOK, BOOK, WAIT, WAIT),
    RULES.map(lambda rule: ("rules", *rule)),
    st.just(("rules", 0, 0, 0)),
    st.tuples(st.just("pay"), DOCTOR),
    st.tuples(st.just("void"), WHICH),
    st.tuples(st.just("cancel"), WHICH),
    st.tuples(st.just("restore"), WHICH),
    st.tuples(st.just("move"), WHICH, DOCTOR, AHEAD),
)


LIVES = {"rule": RULES, "deeds": st.lists(DEEDS, min_size=10, max_size=25)}


def live_weeks(rule, deeds, wall_clock):
    """Live through the deeds, compare after each, and put everything back."""
    with database.transaction() as db:
        weeks = Recount(db, ward_of(db), wall_clock)
        weeks.rules(*rule)
        weeks.pay(0)
        weeks.pay(1)
        for name, *told in deeds:
            getattr(weeks, name)(*told)
            weeks.agree()
        db.rollback()


WEEKS = settings(suppress_health_check=list(HealthCheck), max_examples=25)


@settings(WEEKS)
@given(**LIVES)
def test_price_and_count_are_those_of_a_naive_recount(sqlite_house, nine_o_clock, rule, deeds):
    live_weeks(rule, deeds, nine_o_clock)


@settings(WEEKS, max_examples=8)
@given(**LIVES)
def test_price_and_count_are_those_of_a_recount_on_postgresql(
    postgresql_house, nine_o_clock, rule, deeds
):
    live_weeks(rule, deeds, nine_o_clock)
