"""The last follow-up is used once: by two clerks at once, and past the repository."""

import threading

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import func, select

from mediklaud import database
from mediklaud.database import broken_rule, kind_words
from mediklaud.errors import TwoDesksMet
from mediklaud.models import LIVE, Appointment
from mediklaud.repository import cancel_appointment
from tests.breach import copy, take_away
from tests.follow_ups import follow_up, on, paid_visit, policy
from tests.visits import desk

RULE = "no_more_follow_ups_than_entitled"


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

    def write(hour, *, together):
        with kind_words(), database.engine().begin() as connection:
            if together and connection.dialect.name == "postgresql":
                connection.exec_driver_sql("SELECT 1")
                start.wait()
            another(hour)(connection)

    def sit(hour):
        try:
            try:
                write(hour, together=True)
            except TwoDesksMet:
                # A raw row names its doctor before a guard locks her, which no desk does. Where
                # both rows have named her, neither gets the lock: the engine gives one up, and
                # it comes again.
                write(hour, together=False)
            told.append("")
        except IntegrityError as error:
            told.append(broken_rule(error))

    desks = [threading.Thread(target=sit, args=(hour,)) for hour in hours]
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
