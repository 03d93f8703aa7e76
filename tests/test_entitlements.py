"""Follow-ups that a paid visit gives: how many, until when, at which price, and to whom."""

import threading
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select

from mediklaud import database
from mediklaud.database import broken_rule
from mediklaud.models import (
    LIVE,
    Appointment,
    AppointmentStatus,
    Charge,
    Entitlement,
    Invoice,
    Method,
    VisitKind,
)
from mediklaud.repository import (
    bill_paper,
    cancel_appointment,
    change_settings,
    edit_doctor,
    follow_ups_of,
    free_slots,
    move_appointment,
    note_no_show,
    restore_appointment,
    take_payment,
    undo_no_show,
)
from tests.breach import copy, take_away
from tests.hospital import HOSPITAL, RAO, TODAY, at, ward_of
from tests.visits import a_form, book, desk, finish, visit

FOLLOW_UP, FIRST = VisitKind.FOLLOW_UP, VisitKind.FIRST
RULE = "no_more_follow_ups_than_entitled"


def on(days, hour=10, minute=0):
    """An hour so many days from today."""
    return at(hour, minute, day=TODAY + timedelta(days=days))


def policy(db, ward, visits, days, percent=0):
    """The hospital's rule from now on."""
    rule = {"follow_up_visits": visits, "follow_up_days": days, "follow_up_percent": percent}
    change_settings(db, replace(HOSPITAL, **rule), by=ward.tara)


def pay(db, ward, patient):
    """Clear what the patient owes, so that the dues gate is open."""
    owed = sum(bill.total_paise for bill in unsettled(db, patient))
    if owed:
        take_payment(db, patient, owed, Method.CASH, form=a_form(), by=ward.ishaan)


def unsettled(db, patient):
    open_ones = select(Invoice).where(Invoice.patient_id == patient.id)
    return db.exec(open_ones.where(Invoice.settled_at.is_(None))).all()


def paid_visit(db, ward, patient=None, doctor=None, starts_at=None, kind=FIRST):
    """A visit from its booking to its payment."""
    patient, doctor = patient or ward.asha, doctor or ward.rao
    booked = book(db, ward, patient, doctor, starts_at or at(10), kind)
    bill = finish(db, ward, booked)
    pay(db, ward, patient)
    return booked, bill


def follow_up(db, ward, starts_at, patient=None, doctor=None):
    return book(db, ward, patient or ward.asha, doctor or ward.rao, starts_at, FOLLOW_UP)


def charge_of(db, appointment):
    return db.exec(select(Charge).where(Charge.appointment_id == appointment.id)).one()


def left(db, ward, days, doctor=None, patient=None):
    """What the desk reads of the follow-ups left on a day."""
    doctor, patient = doctor or ward.rao, patient or ward.asha
    found = follow_ups_of(db, patient.id, doctor.id, TODAY + timedelta(days=days))
    return found.words if found else None


# What a paid visit gives


def test_without_a_rule_a_paid_visit_gives_nothing(db, ward):
    paid_visit(db, ward)

    assert left(db, ward, 1) is None
    assert follow_up(db, ward, on(1)).entitled_by_id is None


def test_a_paid_visit_gives_free_follow_ups_until_a_day(db, ward):
    policy(db, ward, 2, 7)
    first, _ = paid_visit(db, ward)

    assert left(db, ward, 0) == "free visit 1 of 2 until 30 Nov"
    assert follow_up(db, ward, on(1)).entitled_by_id == first.id
    assert left(db, ward, 0) == "free visit 2 of 2 until 30 Nov"
    assert follow_up(db, ward, on(2)).entitled_by_id == first.id
    assert left(db, ward, 0) is None
    assert follow_up(db, ward, on(3)).entitled_by_id is None


def test_a_free_follow_up_issues_no_bill_but_a_charge_of_nothing(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1))

    assert finish(db, ward, booked) is None
    charge = charge_of(db, booked)
    assert charge.price_paise == 0
    assert charge.description == (
        "Follow-up consultation, free after the visit of 23 Nov 2026, Dr Anjali Rao (24 Nov 2026)"
    )
    assert unsettled(db, ward.asha) == []


@pytest.mark.parametrize(
    ("fee_paise", "percent", "price_paise"),
    [(400_00, 50, 200_00), (333_33, 50, 166_67), (333_33, 33, 110_00), (1, 50, 1), (1, 49, 0)],
)
def test_a_reduced_price_is_billed_to_the_paisa(
    db, ward, nine_o_clock, fee_paise, percent, price_paise
):
    policy(db, ward, 1, 7, percent)
    dearer = replace(RAO, follow_up_fee_paise=fee_paise)
    edit_doctor(db, ward.rao, dearer, version=ward.rao.version, by=ward.khan)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1))
    bill = finish(db, ward, booked)

    assert charge_of(db, booked).price_paise == price_paise
    assert (bill.total_paise if bill else 0) == price_paise


def test_the_line_of_the_bill_says_that_it_was_an_entitled_follow_up(db, ward, nine_o_clock):
    policy(db, ward, 2, 7, 50)
    paid_visit(db, ward)
    assert left(db, ward, 0) == "cheaper visit 1 of 2 at 50 % of the fee until 30 Nov"
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1))
    bill = finish(db, ward, booked)

    (line,) = bill_paper(db, bill.number, by=ward.ishaan).lines
    assert line.description == (
        "Follow-up consultation, at 50 % of the fee after the visit of 23 Nov 2026, "
        "Dr Anjali Rao (24 Nov 2026)"
    )
    assert line.amount_paise == 200_00


def test_the_line_of_a_follow_up_at_its_fee_says_nothing_more(db, ward):
    bill = visit(db, ward, ward.asha, ward.rao, kind=FOLLOW_UP)

    (line,) = bill_paper(db, bill.number, by=ward.ishaan).lines
    assert line.description == "Follow-up consultation, Dr Anjali Rao (23 Nov 2026)"


def test_a_follow_up_paid_in_full_entitles_like_a_first_visit(db, ward):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward, kind=FOLLOW_UP)

    assert follow_up(db, ward, on(1)).entitled_by_id == first.id


@pytest.mark.parametrize("percent", [0, 50])
def test_an_entitled_visit_entitles_to_nothing(db, ward, nine_o_clock, percent):
    policy(db, ward, 1, 7, percent)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1))
    finish(db, ward, booked)
    pay(db, ward, ward.asha)

    assert left(db, ward, 1) is None
    assert follow_up(db, ward, on(2)).entitled_by_id is None


def test_a_visit_without_charge_entitles_to_nothing(db, ward):
    policy(db, ward, 1, 7)
    visit(db, ward, ward.asha, ward.iyer, kind=FOLLOW_UP)

    assert db.exec(select(Entitlement)).all() == []


def test_a_visit_that_was_not_kept_entitles_to_nothing(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    missed = book(db, ward, ward.asha, ward.rao, at(10))
    nine_o_clock.move_to(at(10, 5))
    note_no_show(db, missed, by=ward.meera)

    assert db.exec(select(Entitlement)).all() == []


def test_first_visits_use_no_entitlement(db, ward):
    policy(db, ward, 1, 7)
    paid_visit(db, ward)

    assert book(db, ward, ward.asha, ward.rao, on(1), FIRST).entitled_by_id is None
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"


def test_an_entitlement_is_of_one_patient_and_one_doctor(db, ward):
    policy(db, ward, 1, 7)
    paid_visit(db, ward)

    assert follow_up(db, ward, on(1), doctor=ward.iyer).entitled_by_id is None
    assert follow_up(db, ward, on(1), patient=ward.ben).entitled_by_id is None
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"


def test_the_entitlement_that_ends_first_is_used_first(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward)
    nine_o_clock.move_to(on(2))
    second, _ = paid_visit(db, ward, starts_at=on(2, 10, 15))

    assert follow_up(db, ward, on(3)).entitled_by_id == first.id
    assert left(db, ward, 3) == "free visit 1 of 1 until 2 Dec"
    assert follow_up(db, ward, on(4)).entitled_by_id == second.id


def test_a_follow_up_booked_before_the_visit_was_billed_is_entitled_when_it_is(
    db, ward, nine_o_clock
):
    policy(db, ward, 1, 7)
    first = book(db, ward, ward.asha, ward.rao, at(10))
    ahead = follow_up(db, ward, on(3))
    finish(db, ward, first)
    pay(db, ward, ward.asha)
    nine_o_clock.move_to(on(3))

    assert ahead.entitled_by_id is None
    assert finish(db, ward, ahead) is None
    assert ahead.entitled_by_id == first.id


# The rule of the day


def test_the_rule_of_the_day_is_frozen(db, ward, nine_o_clock):
    policy(db, ward, 2, 7, 50)
    paid_visit(db, ward)
    policy(db, ward, 0, 0)
    booked = follow_up(db, ward, on(7))
    assert left(db, ward, 7) == "cheaper visit 2 of 2 at 50 % of the fee until 30 Nov"
    paid_visit(db, ward, ward.ben, starts_at=at(11))
    assert left(db, ward, 1, patient=ward.ben) is None
    nine_o_clock.move_to(on(7))

    assert finish(db, ward, booked).total_paise == 200_00


def test_the_last_day_counts_and_the_day_after_does_not(db, ward):
    policy(db, ward, 2, 7)
    first, _ = paid_visit(db, ward)

    assert follow_up(db, ward, on(8)).entitled_by_id is None
    assert follow_up(db, ward, on(7, 12, 45)).entitled_by_id == first.id
    assert left(db, ward, 7) == "free visit 2 of 2 until 30 Nov"
    assert left(db, ward, 8) is None


def test_the_last_day_is_the_hospitals_own(db, ward, nine_o_clock):
    moved = replace(HOSPITAL, zone="Pacific/Auckland", follow_up_visits=1, follow_up_days=7)
    change_settings(db, moved, by=ward.tara)
    # Ten on Tuesday in Auckland is still Monday in UTC.
    starts_at = free_slots(db, [ward.rao], TODAY + timedelta(days=1), 1)[ward.rao.id][0].starts_at
    assert starts_at.date() == TODAY
    booked = book(db, ward, ward.asha, ward.rao, starts_at)
    nine_o_clock.move_to(starts_at)
    finish(db, ward, booked)

    assert db.exec(select(Entitlement.last_day)).one() == TODAY + timedelta(days=8)


# What comes back, and what is lost


def test_a_cancelled_follow_up_comes_back_and_is_used_again_when_restored(db, ward):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    cancel_appointment(db, booked, "Feels better", by=ward.meera)
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"

    assert restore_appointment(db, booked, by=ward.meera).entitled_by_id == first.id
    assert left(db, ward, 1) is None


def test_a_restored_follow_up_pays_its_fee_where_another_one_used_it(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    cancel_appointment(db, booked, "Feels better", by=ward.meera)
    follow_up(db, ward, on(2))
    restore_appointment(db, booked, by=ward.meera)
    nine_o_clock.move_to(on(1))

    assert finish(db, ward, booked).total_paise == 400_00


def test_a_missed_follow_up_comes_back_and_is_used_again_when_it_was_a_slip(db, ward, nine_o_clock):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    nine_o_clock.move_to(on(1, 10, 5))
    note_no_show(db, booked, by=ward.meera)
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"

    undo_no_show(db, booked, by=ward.meera)
    assert booked.entitled_by_id == first.id
    assert left(db, ward, 1) is None


def test_a_moved_follow_up_takes_its_entitlement_with_it(db, ward):
    policy(db, ward, 1, 7)
    first, _ = paid_visit(db, ward)
    moved = move_appointment(
        db, follow_up(db, ward, on(1)), ward.rao, on(7), form="m1", by=ward.meera
    )

    assert moved.entitled_by_id == first.id
    assert left(db, ward, 1) is None


@pytest.mark.parametrize("to", ["another doctor", "past the last day"])
def test_a_follow_up_moved_out_of_its_entitlement_pays_the_fee(db, ward, nine_o_clock, to):
    policy(db, ward, 1, 7)
    charging = replace(RAO, name="Dr Suresh Iyer", registration="KMC 11223")
    edit_doctor(db, ward.iyer, charging, version=ward.iyer.version, by=ward.khan)
    paid_visit(db, ward)
    booked = follow_up(db, ward, on(1))
    doctor, day = (ward.iyer, 2) if to == "another doctor" else (ward.rao, 8)
    moved = move_appointment(db, booked, doctor, on(day), form="m1", by=ward.meera)

    assert moved.entitled_by_id is None
    assert left(db, ward, 1) == "free visit 1 of 1 until 30 Nov"
    nine_o_clock.move_to(on(day))
    assert finish(db, ward, moved).total_paise == 400_00


# Two clerks, and the database's own no


def both_at_once(*deeds):
    """Two desks, each in a transaction of its own, that begin together."""
    start, broken = threading.Barrier(len(deeds)), []

    def sit(deed):
        start.wait()
        try:
            with desk() as (db, ward):
                deed(db, ward)
        except Exception as error:
            broken.append(error)

    desks = [threading.Thread(target=sit, args=(deed,)) for deed in deeds]
    for one in desks:
        one.start()
    for one in desks:
        one.join()
    assert broken == []


def test_two_clerks_at_once_use_the_last_follow_up_once(house):
    with desk() as (db, ward):
        policy(db, ward, 1, 30)
        paid_visit(db, ward)
    for day in range(1, 6):
        both_at_once(
            lambda db, ward, day=day: follow_up(db, ward, on(day)),
            lambda db, ward, day=day: follow_up(db, ward, on(day, 11)),
        )
        with desk() as (db, ward):
            booked = db.exec(select(Appointment).where(Appointment.status == "booked")).all()
            assert [one.entitled_by_id is not None for one in booked].count(True) == 1
            for one in booked:
                cancel_appointment(db, one, "Once more", by=ward.meera)


def used_up():
    """A house in which the one follow-up of a paid visit is booked for tomorrow at ten."""
    with desk() as (db, ward):
        policy(db, ward, 1, 7)
        paid_visit(db, ward)
        follow_up(db, ward, on(1))


def another(hour, **changes):
    """A copy of the entitled follow-up at another hour, written past the repository."""
    times = {"starts_at": on(2, hour), "ends_at": on(2, hour, 15)}
    return copy("appointment", "entitled_by_id IS NOT NULL", form=f"raw{hour}", **times, **changes)


def test_the_database_refuses_one_follow_up_too_many(house):
    used_up()

    with pytest.raises(IntegrityError) as refused, database.engine().begin() as connection:
        another(10)(connection)
    assert broken_rule(refused.value) == RULE


@pytest.mark.parametrize("changes", [{"doctor_id": 2}, {"patient_id": 2}])
def test_the_database_refuses_an_entitlement_of_somebody_else(house, changes):
    with desk() as (db, ward):
        policy(db, ward, 2, 7)
        paid_visit(db, ward)
        follow_up(db, ward, on(1))

    with pytest.raises(IntegrityError) as refused, database.engine().begin() as connection:
        another(10, **changes)(connection)
    assert broken_rule(refused.value) == RULE


def test_the_database_refuses_a_visit_that_entitled_to_nothing(house):
    used_up()
    with desk() as (db, _):
        unpaid = db.exec(select(Appointment.id).where(Appointment.status == "booked")).one()

    with pytest.raises(IntegrityError) as refused, database.engine().begin() as connection:
        another(10, entitled_by_id=unpaid)(connection)
    assert broken_rule(refused.value) == RULE


def live_follow_ups():
    with database.reading() as db:
        entitled = Appointment.entitled_by_id.is_not(None), Appointment.status.in_(LIVE)
        return db.exec(select(func.count()).where(*entitled)).one()


def two_write_at_once(hours):
    """Two raw transactions that both insert before either commits, where the engine lets them."""
    start, told = threading.Barrier(len(hours)), []

    def write(hour):
        try:
            with database.engine().begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SELECT 1")
                    start.wait()
                another(hour)(connection)
            told.append("")
        except IntegrityError as error:
            told.append(broken_rule(error))

    desks = [threading.Thread(target=write, args=(hour,)) for hour in hours]
    for one in desks:
        one.start()
    for one in desks:
        one.join()
    return sorted(told)


def test_two_raw_inserts_at_once_use_the_last_follow_up_once(broken_house):
    leave_room_for_one()

    assert two_write_at_once([10, 11]) == ["", RULE]
    assert live_follow_ups() == 2


def test_without_its_guard_the_last_follow_up_is_used_twice(broken_house):
    leave_room_for_one()
    with database.engine().begin() as connection:
        take_away(connection, RULE)

    assert two_write_at_once([10, 11]) == ["", ""]
    assert live_follow_ups() == 3


def leave_room_for_one():
    """Two follow-ups are given and one of them is booked."""
    with desk() as (db, ward):
        policy(db, ward, 2, 7)
        paid_visit(db, ward)
        follow_up(db, ward, on(1))


# Whatever happens, price and count are those of a naive recount


@dataclass
class Given:
    """What a paid visit gave, as the recount remembers it."""

    visit_id: int
    doctor_id: int
    visits: int
    percent: int
    last_day: date


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
            if one.doctor_id == doctor_id and day <= one.last_day and self._left(one) > 0
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
