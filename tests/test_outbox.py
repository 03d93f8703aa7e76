"""The outbox: one letter per event, claimed by one mailroom, tried again with patience."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update

from mediklaud import clock
from mediklaud.database import broken_rule, engine, reading, transaction
from mediklaud.models import Appointment, Doctor, Message, MessageStatus, Patient, Sex, VisitKind
from mediklaud.repository.outbox import (
    LEASE,
    LEAST_ATTEMPTS,
    LINE_LOST,
    OutboxState,
    any_put_off,
    claim_letters,
    claim_put_off,
    letters_of,
    note_failed,
    note_sent,
    outbox_state,
    put_back,
    put_off_letters,
)
from tests.conftest import bare_ground
from tests.post import STARTS, close_house, open_house, queue, row


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request, monkeypatch, tmp_path):
    with bare_ground(request, request.param, tmp_path):
        open_house(monkeypatch, tmp_path)
        yield request.param
        close_house()


only_postgresql = pytest.mark.parametrize("house", ["postgresql"], indirect=True)


@pytest.fixture
def two_desks(house):
    """Two writing transactions open at once, which SQLite never has."""
    with Session(engine()) as first, Session(engine()) as second:
        yield first, second


def claim(at_most: int = 100) -> list[int]:
    with transaction() as db:
        return [message.id for message in claim_letters(db, at_most=at_most)]


def lease(message_pk: int) -> datetime:
    """The end of the lease a letter is on."""
    with reading() as db:
        return db.get_one(Message, message_pk).next_attempt_at


def fail(message_pk: int, *, why: str = "451 later", final: bool = False) -> Message:
    with transaction() as db:
        note_failed(db, message_pk, lease=lease(message_pk), why=why, final=final)
    return row(message_pk)


def test_a_letter_waits_from_the_moment_it_is_written(house):
    message = row(queue())

    assert message.status is MessageStatus.QUEUED
    assert message.next_attempt_at == message.queued_at
    assert message.message_id.endswith("@jmi.example>")


def test_a_letter_without_an_address_waits_for_a_call_instead(house):
    without, blank = queue(1, to=None), queue(2, to="")

    assert row(without).status is row(blank).status is MessageStatus.UNADDRESSED
    assert claim() == []


def test_one_letter_per_event(house):
    queue(1)

    with pytest.raises(IntegrityError) as error:
        queue(1)
    assert broken_rule(error.value) in ("one_letter_per_event", "one_message_id_per_letter")


def test_a_claimed_letter_is_leased_and_not_claimed_again(house):
    message_pk = queue()

    assert claim() == [message_pk]
    assert claim() == []
    message = row(message_pk)
    assert message.status is MessageStatus.SENDING
    assert message.attempts == 1
    assert timedelta() < message.next_attempt_at - clock.now() <= LEASE


def test_a_letter_of_a_mailroom_that_died_is_due_again_after_its_lease(house):
    message_pk = queue()
    claim()

    with time_machine.travel(clock.now() + LEASE - timedelta(seconds=10)):
        assert claim() == []
    with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1)):
        assert claim() == [message_pk]
    assert row(message_pk).attempts == 2


def test_no_more_is_claimed_than_asked_for_and_the_longest_due_goes_first(house):
    first, second, third = queue(1), queue(2), queue(3)

    assert claim(2) == [first, second]
    assert claim(2) == [third]


@only_postgresql
def test_two_mailrooms_never_claim_the_same_letter(two_desks):
    pks = {queue(number) for number in range(1, 7)}
    one, other = two_desks

    mine = {message.id for message in claim_letters(one, at_most=4)}
    others = {message.id for message in claim_letters(other, at_most=4)}

    assert len(mine) == 4
    assert mine | others == pks
    assert not mine & others


@only_postgresql
def test_without_the_lock_two_mailrooms_would_claim_the_same_letter(two_desks):
    message_pk = queue()
    one, other = two_desks
    unlocked = select(Message.id).where(col(Message.next_attempt_at) <= clock.now())

    assert one.exec(unlocked).all() == other.exec(unlocked).all() == [message_pk]


def test_a_sent_letter_keeps_its_moment_and_the_servers_reply(house):
    message_pk = queue()
    claim()

    with transaction() as db:
        note_sent(
            db, message_pk, lease=lease(message_pk), reply="250 kept\r\n as 4711\x00" + "x" * 9000
        )

    message = row(message_pk)
    assert message.status is MessageStatus.SENT
    assert message.sent_at is not None
    assert message.outcome.startswith("250 kept\n as 4711xxx")
    assert len(message.outcome) <= 500


def test_a_failed_letter_waits_longer_each_time_and_an_hour_at_most(house):
    message_pk = queue()
    waits = []
    for _ in range(LEAST_ATTEMPTS - 1):
        with time_machine.travel(row(message_pk).next_attempt_at, tick=False):
            claim()
            waits.append((fail(message_pk).next_attempt_at - clock.now()) / timedelta(minutes=1))

    expected = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(least <= wait <= least * 1.25 for wait, least in zip(waits, expected, strict=True))
    assert len(set(waits[-3:])) > 1


@pytest.mark.parametrize(
    ("hours", "attempts", "status"),
    [
        (23, 25, MessageStatus.QUEUED),
        (24, 9, MessageStatus.QUEUED),
        (24, 10, MessageStatus.FAILED),
    ],
)
def test_after_a_day_and_ten_attempts_a_letter_is_left_to_a_person(house, hours, attempts, status):
    message_pk = queue()
    with time_machine.travel(clock.now() + timedelta(hours=hours)):
        with transaction() as db:
            db.exec(update(Message).values(attempts=attempts - 1))
        claim()

        assert fail(message_pk).status is status
        assert claim() == []


def test_a_letter_that_may_have_arrived_ten_times_is_left_to_a_person(house):
    message_pk = queue()
    with transaction() as db:
        db.exec(update(Message).values(attempts=LEAST_ATTEMPTS - 1))
    claim()

    assert fail(message_pk, why=LINE_LOST).status is MessageStatus.FAILED


def test_a_final_no_is_not_asked_again(house):
    message_pk = queue()
    claim()

    message = fail(message_pk, final=True)

    assert message.status is MessageStatus.FAILED
    assert message.outcome == "451 later"


def test_a_note_of_a_lost_lease_changes_nothing(house):
    message_pk = queue()
    claim()
    lost = lease(message_pk)
    with time_machine.travel(lost + timedelta(seconds=1)):
        claim()

        with transaction() as db:
            note_sent(db, message_pk, lease=lost, reply="250 late")
            note_failed(db, message_pk, lease=lost, why="550 late", final=True)
            put_back(db, [message_pk], lease=lost, why="late", until=STARTS)

    message = row(message_pk)
    assert (message.status, message.outcome) == (MessageStatus.SENDING, "")
    assert (message.attempts, message.next_attempt_at) == (2, lease(message_pk))


def test_a_letter_put_back_uses_up_no_attempt(house):
    message_pk = queue()
    claim()
    until = clock.now() + timedelta(seconds=10)
    with transaction() as db:
        put_back(db, [message_pk], lease=lease(message_pk), why="nobody home", until=until)

    message = row(message_pk)
    assert (message.status, message.attempts) == (MessageStatus.QUEUED, 0)
    assert (message.next_attempt_at, message.outcome) == (until, "nobody home")


def test_what_was_put_off_may_be_offered_early_and_goes_back_to_its_moment(house):
    put_off, resting = queue(1), queue(2, rests=timedelta(minutes=1))
    claim()
    was_due_at = fail(put_off).next_attempt_at
    with transaction() as db:
        assert put_off_letters(db) == [put_off]
        ((letter, before),) = claim_put_off(db, [put_off, resting])
        assert (letter.id, before) == (put_off, was_due_at)
    with transaction() as db:
        put_back(db, [put_off], lease=lease(put_off), why="451 later", until=before)

    assert (row(put_off).attempts, row(put_off).next_attempt_at) == (1, was_due_at)
    assert row(resting).attempts == 0


@pytest.mark.parametrize(("why", "early"), [("451 later", True), ("connection lost: Any", False)])
def test_a_letter_that_may_have_arrived_is_offered_early_a_few_times_only(house, why, early):
    message_pk = queue()
    with transaction() as db:
        db.exec(update(Message).values(outcome=why, attempts=4))
        assert put_off_letters(db) == [message_pk]
        db.exec(update(Message).values(attempts=5))

    with transaction() as db:
        assert bool(put_off_letters(db)) is any_put_off(db) is early
        assert bool(claim_put_off(db, [message_pk])) is early


def test_a_late_note_changes_nothing_once_a_letter_was_sent(house):
    message_pk = queue()
    claim()
    with transaction() as db:
        note_sent(db, message_pk, lease=lease(message_pk), reply="250 first")
    with transaction() as db:
        note_sent(db, message_pk, lease=lease(message_pk), reply="250 second")

    assert fail(message_pk, final=True).outcome == "250 first"
    assert row(message_pk).status is MessageStatus.SENT


def test_the_newest_letter_of_each_appointment(house):
    with transaction() as db:
        appointments = _three_appointments(db)
    first, _second, third = appointments
    letters = [queue(number) for number in range(1, 4)]
    with transaction() as db:
        for message_pk, appointment in zip(letters, [first, first, third], strict=True):
            db.get_one(Message, message_pk).appointment_id = appointment

    with transaction() as db:
        newest = letters_of(db, appointments)
        assert letters_of(db, []) == {}
    assert {key: message.id for key, message in newest.items()} == {
        first: letters[1],
        third: letters[2],
    }


def _three_appointments(db: Session) -> list[int]:
    doctor = Doctor(
        number="D1",
        name="Dr Rao",
        phone="+911126981717",
        email="rao@jmi.example",
        specialty="Cardiology",
        qualifications="MD",
        council="Delhi",
        registration="DMC1",
        registered_at=STARTS,
    )
    patient = Patient(
        number="JMI1",
        name="Asha Devi",
        sex=Sex.FEMALE,
        birth_date=date(1990, 1, 1),
        phone="+919876543210",
        address="Okhla",
        search_text="asha devi",
        enrolled_at=STARTS,
        form="f",
    )
    db.add_all([doctor, patient])
    db.flush()
    return [_appointment(db, doctor.id, patient.id, hours) for hours in range(3)]


def _appointment(db: Session, doctor_id: int, patient_id: int, hours: int) -> int:
    starts_at = STARTS + timedelta(hours=hours)
    appointment = Appointment(
        doctor_id=doctor_id,
        patient_id=patient_id,
        kind=VisitKind.FIRST,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=15),
        booked_at=STARTS,
        promised_at=STARTS,
        form=f"f{hours}",
    )
    db.add(appointment)
    db.flush()
    return appointment.id


def test_the_state_of_the_outbox(house):
    with transaction() as db:
        assert outbox_state(db) == OutboxState(0, 0, 0, None)
    sent, failed, *_ = [queue(number) for number in range(1, 6)]
    claim(3)
    with transaction() as db:
        note_sent(db, sent, lease=lease(sent), reply="250")
        note_failed(db, failed, lease=lease(failed), why="550", final=True)

    with transaction() as db:
        state = outbox_state(db)
    assert (state.queued, state.failed, state.unaddressed) == (3, 1, 0)
    assert state.oldest_queued_at == row(3).queued_at


def test_due_letters_and_the_state_of_the_outbox_are_found_by_an_index(monkeypatch, tmp_path):
    open_house(monkeypatch, tmp_path)
    asked = []
    event.listen(engine(), "before_cursor_execute", lambda *said: asked.append(said[2:4]))
    claim()
    with transaction() as db:
        outbox_state(db)
        plans = [
            str(db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
            for statement, values in list(asked)
            if "FROM message" in statement
        ]
    close_house()

    assert len(plans) == 5
    assert all("SEARCH message USING" in plan for plan in plans)
