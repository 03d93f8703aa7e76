"""Two desks at once: eight threads in two processes, on both engines, and what the guards do.

Every race of a guard has a twin with the guard off, which loses: a race that cannot be
lost proves nothing.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

import pytest
from sqlalchemy import text as sql
from sqlmodel import select

from mediklaud import database
from mediklaud.errors import HoldRanOut, OnHold, Refusal
from mediklaud.models import (
    LIVE,
    Appointment,
    Encounter,
    Invoice,
    Patient,
    Role,
    VisitKind,
)
from mediklaud.repository import (
    CONSOLE,
    SessionForm,
    appointments,
    begin_consultation,
    cancel_appointment,
    change_account,
    check_house,
    create_account,
    enroll_patient,
    extend_hold,
    finish_consultation,
    hold_time,
    open_session,
    register_doctor,
    release_hold,
)
from tests.breach import take_away
from tests.hospital import ASHA, PASSWORD, RAO, TODAY, at
from tests.racing import Race
from tests.visits import book, desk, visit


@pytest.fixture(scope="module")
def race() -> Iterator[Race]:
    """Two processes of desks, which move from house to house."""
    both = Race()
    yield both
    both.close()


def crowd(db, ward, count):
    """So many more patients, named by their number."""
    return [
        enroll_patient(db, replace(ASHA, name=f"Patient {one}"), form=f"crowd-{one}", by=ward.meera)
        for one in range(count)
    ]


def booking(patient, doctor, starts_at, form=""):
    made = form or f"race-{patient.id}-{doctor.id}-{starts_at:%H%M}"
    told = {"patient": patient.id, "doctor": doctor.id, "starts_at": starts_at.isoformat()}
    return {"do": "book", "form": made, **told}


def moving(appointment, doctor, starts_at):
    told = {"doctor": doctor.id, "starts_at": starts_at.isoformat()}
    return {"do": "move", "form": f"move-{appointment.id}", "appointment": appointment.id, **told}


def cancel(outcomes):
    """Cancel what was got."""
    with desk() as (db, ward):
        for one in outcomes:
            cancel_appointment(db, db.get_one(Appointment, int(one.got)), "Race", by=ward.meera)


def split(outcomes):
    """What was got, and what was refused."""
    return [one for one in outcomes if one.got], [one for one in outcomes if not one.got]


def live(db, *conditions):
    rows = select(Appointment).where(Appointment.status.in_(LIVE), *conditions)
    return db.exec(rows).all()


# One slot


def test_eight_desks_ask_for_one_slot_and_one_is_booked(house, race):
    with desk() as (db, ward):
        patients = crowd(db, ward, 8)
    booked, refused = split(race.run(*(booking(one, ward.rao, at(10)) for one in patients)))

    assert len(booked) == 1
    assert [one.refusal for one in refused] == ["SlotTaken"] * 7
    assert {one.said for one in refused} == {
        "This time was just taken. The next free time is Monday 23 November 2026, 10:15 AM IST."
    }
    with desk() as (db, _):
        assert len(live(db)) == 1


def test_without_its_guard_one_slot_is_booked_by_all(broken_house, race):
    with desk() as (db, ward):
        patients = crowd(db, ward, 8)
        take_away(db.connection(), "no_overlapping_appointments_of_a_doctor")
    race.run(*(booking(one, ward.rao, at(10)) for one in patients))

    with desk() as (db, ward):
        assert len(live(db, Appointment.doctor_id == ward.rao.id)) == 8


# One patient


def test_a_patient_asked_for_by_two_doctors_at_once_is_booked_with_one(house, race):
    with desk() as (_, ward):
        calls = [booking(ward.asha, one, at(10)) for one in (ward.rao, ward.iyer)]
    booked, refused = split(race.run(*calls))

    assert len(booked) == 1
    (told,) = refused
    assert told.refusal == "PatientBusy"
    assert "Asha Menon already has an appointment with Dr" in told.said


def test_without_its_guard_a_patient_is_promised_to_two_doctors(broken_house, race):
    with desk() as (db, ward):
        calls = [booking(ward.asha, one, at(10)) for one in (ward.rao, ward.iyer)]
        take_away(db.connection(), "no_overlapping_appointments_of_a_patient")
    race.run(*calls)

    with desk() as (db, ward):
        assert len(live(db, Appointment.patient_id == ward.asha.id)) == 2


# The dues gate against a bill being issued


def test_bookings_against_a_bill_being_issued_are_before_it_or_held_back(house, race):
    with desk() as (db, ward):
        seen = book(db, ward, ward.asha, ward.rao)
    calls = [
        booking(
            ward.asha,
            ward.iyer,
            at(
                11,
                15 * (n % 4),
            ),
            f"g{n}",
        )
        for n in range(4)
    ]
    late = [booking(ward.asha, ward.iyer, at(12, 15 * n), f"h{n}") for n in range(3)]
    finishing = {"do": "see", "appointment": seen.id, "by": "rao"}
    outcomes = race.run(*calls[:2], finishing, *calls[2:], *late)

    assert {one.refusal for one in outcomes} <= {"", "OnHold"}
    with desk() as (db, ward):
        (bill,) = db.exec(select(Invoice)).all()
        booked = live(db, Appointment.doctor_id == ward.iyer.id)
        assert all(one.booked_at < bill.issued_at and not one.dues_then_paise for one in booked)
        assert len(booked) == sum(one.got != "" for one in outcomes) - 1


class Desk(threading.Thread):
    """A second desk that books Asha while the first one's transaction is still open."""

    def __init__(self) -> None:
        super().__init__()
        self.booked: int | None = None
        self.refusal: Exception | None = None

    def run(self) -> None:
        try:
            with desk() as (db, ward):
                self.booked = book(db, ward, ward.asha, ward.iyer, at(11)).id
        except OnHold as refusal:
            self.refusal = refusal


def bill_while_another_desk_books(patience):
    """Issue a bill, and commit it only after the other desk had that many seconds to book."""
    with desk() as (db, ward):
        encounter = begin_consultation(db, book(db, ward, ward.asha, ward.rao), by=ward.rao_account)
    other = Desk()
    with desk() as (db, ward):
        finish_consultation(db, encounter, "Rest.", by=ward.rao_account)
        other.start()
        other.join(patience)
        waited = other.is_alive()
    other.join()
    return other, waited


def test_a_booking_waits_for_a_bill_that_is_being_issued(house):
    other, waited = bill_while_another_desk_books(0.3)

    assert waited
    assert isinstance(other.refusal, OnHold)


def test_without_the_patients_lock_a_booking_slips_past_the_bill(postgresql_house, monkeypatch):
    monkeypatch.setattr(appointments, "lock_patient", lambda db, id_: db.get_one(Patient, id_))
    other, _ = bill_while_another_desk_books(0.3)

    assert other.refusal is None
    with desk() as (db, _):
        red = [one.rule for one in check_house(db, by=CONSOLE) if not one.green]
        assert red == ["dues gate"]
        # As if it had been booked before the bill, so that the house can be left green.
        slipped = db.get_one(Appointment, other.booked)
        slipped.booked_at = slipped.promised_at = at(8)


# Moves that cross


def test_two_moves_that_cross_do_not_wait_for_each_other(house, race):
    with desk() as (db, ward):
        pairs = [
            (
                book(db, ward, ward.asha, ward.rao, at(10, 15 * n)),
                book(db, ward, ward.ben, ward.iyer, at(11, 15 * n)),
            )
            for n in range(4)
        ]
    for mine, yours in pairs:
        changes = ((mine, ward.iyer, at(12)), (yours, ward.rao, at(12)))
        outcomes = race.run(*(moving(*one) for one in changes))
        assert [one.refusal for one in outcomes] == ["", ""]
        cancel(outcomes)


# Holds


def test_a_hold_given_back_in_another_window_is_not_extended(postgresql_house):
    with desk() as (db, ward):
        told = (ward.rao, at(10), VisitKind.FIRST)
        hold_time(db, *told, form="h", by=ward.meera)
    refused = []

    def extend():
        try:
            with desk() as (db, ward):
                extend_hold(db, "h", by=ward.meera)
        except Refusal as refusal:
            refused.append(type(refusal))

    other = threading.Thread(target=extend)
    with desk() as (db, ward):
        release_hold(db, "h", by=ward.meera)
        other.start()
        other.join(0.3)
        assert other.is_alive()
    other.join()
    assert refused == [HoldRanOut]


# Double clicks


def test_a_booking_clicked_eight_times_at_once_is_one(house, race):
    with desk() as (db, ward):
        call = booking(ward.asha, ward.rao, at(10), "one form")
    outcomes = race.run(*[call] * 8)

    assert len({one.got for one in outcomes}) == 1
    with desk() as (db, _):
        assert [str(one.id) for one in live(db)] == [outcomes[0].got]


def test_an_enrollment_clicked_eight_times_at_once_is_one(house, race):
    outcomes = race.run(*[{"do": "enroll", "form": "one form"}] * 8)
    others = race.run(*({"do": "enroll", "form": f"form {n}"} for n in range(8)))

    assert [one.got for one in outcomes] == ["JMI-000003"] * 8
    assert sorted(one.got for one in others) == [f"JMI-{n:06d}" for n in range(4, 12)]


def test_a_payment_clicked_eight_times_at_once_is_one(house, race):
    with desk() as (db, ward):
        visit(db, ward, ward.asha, ward.rao)
    call = {"do": "pay", "patient": ward.asha.id, "paise": 100_00, "form": "one form"}
    outcomes = race.run(*[call] * 8)
    others = race.run(*({**call, "form": f"form {n}"} for n in range(8)))

    assert [one.got for one in outcomes] == ["JMR/2627/000001"] * 8
    paid, refused = split(others)
    assert len(paid) == 7
    assert [one.refusal for one in refused] == ["NothingOwed"]


# Numbers


def cardiologists(db, ward, count):
    """So many more doctors with an account, who work today from ten to one."""
    for one in range(count):
        typed = replace(RAO, name=f"Dr Number {one}", registration=f"KMC 9000{one}")
        doctor = register_doctor(db, typed, by=ward.khan)
        open_session(db, doctor, SessionForm(0, 600, 780, 15, valid_from=TODAY), by=ward.khan)
        username, roles = f"doctor{one}", {Role.DOCTOR}
        create_account(
            db, username, doctor.name, PASSWORD, roles, by=ward.tara, doctor_id=doctor.id
        )
        yield username, doctor


def test_forty_bills_and_forty_receipts_at_once_are_numbered_one_to_forty(house, race):
    with desk() as (db, ward):
        doctors = list(cardiologists(db, ward, 8))
        visits = [
            (patient, *doctor, at(10, 15 * (n // 8)))
            for n, (patient, doctor) in enumerate(zip(crowd(db, ward, 40), cycle(doctors)))
        ]
        seen = [
            {"do": "see", "by": by, "appointment": book(db, ward, patient, doctor, starts).id}
            for patient, by, doctor, starts in visits
        ]
    paid = [
        {"do": "pay", "form": f"p{one.id}", "patient": one.id, "paise": 800_00}
        for one, *_ in visits
    ]
    bills = race.run(*(seen[n::8] for n in range(8)))
    receipts = race.run(*(paid[n::8] for n in range(8)))

    for prefix, outcomes in (("JMI", bills), ("JMR", receipts)):
        wanted = [f"{prefix}/2627/{n:06d}" for n in range(1, 41)]
        assert sorted(one.got or one.said for one in outcomes) == wanted


def test_a_counter_that_is_only_read_gives_one_number_twice(postgresql_house):
    """The twin: whoever reads the last number and adds one gives what another desk gives."""
    with desk() as (db, ward):
        visit(db, ward, ward.asha, ward.rao)

    with database.transaction() as one, database.transaction() as other:
        assert careless_number(one) == careless_number(other) == 2


def careless_number(db):
    last = db.execute(sql("SELECT last FROM number_series WHERE name = 'bill/2627'"))
    return last.scalar_one() + 1


# People


def test_a_doctor_who_begins_two_patients_at_once_has_one_open(house, race):
    with desk() as (db, ward):
        ids = [
            book(db, ward, ward.asha, ward.rao).id,
            book(db, ward, ward.ben, ward.rao, at(11)).id,
        ]
    begun, refused = split(
        race.run(*({"do": "begin", "appointment": one, "by": "rao"} for one in ids))
    )

    assert len(begun) == 1
    assert [one.refusal for one in refused] == ["OtherConsultationOpen"]
    with desk() as (db, _):
        assert len(db.exec(select(Encounter)).all()) == 1


def test_two_administrators_who_disable_each_other_leave_one(house, race):
    with desk() as (db, ward):
        roles = {Role.ADMINISTRATOR}
        create_account(db, "uma", "Uma Das", PASSWORD, roles, by=ward.tara)
        change_account(db, ward.khan, {Role.CMO}, by=ward.tara)
    calls = (
        {"do": "disable", "by": "tara", "account": "uma"},
        {"do": "disable", "by": "uma", "account": "tara"},
    )
    disabled, refused = split(race.run(*calls))

    assert len(disabled) == 1
    assert refused[0].refusal in ("LastChief", "NotPermitted")
