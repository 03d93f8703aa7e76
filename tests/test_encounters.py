"""The consulting room: own schedule, own patients, and each consultation."""

from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud import database
from mediklaud.errors import (
    AlreadyFinished,
    EmptyField,
    NotBookedAnyMore,
    NotPermitted,
    NotThatDay,
    NotYourAppointment,
    NotYourPatient,
    OtherConsultationOpen,
    TextTooLong,
)
from mediklaud.models import AppointmentStatus, AuditEvent, Charge, Encounter, VisitKind
from mediklaud.repository import (
    ToBeWrittenDown,
    begin_consultation,
    cancel_appointment,
    day_numbers,
    finish_consultation,
    note_no_show,
    open_consultation,
    open_record,
    own_day_numbers,
    own_patients,
    schedule_of,
)
from tests.hospital import TODAY, at
from tests.visits import book, desk, finish, visit

TOMORROW = TODAY + timedelta(days=1)


def test_a_consultation_begins_and_the_patient_has_arrived(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    encounter = begin_consultation(db, booked, by=ward.rao_account)

    assert encounter.finished_at is None
    assert booked.status is AppointmentStatus.ARRIVED
    assert open_consultation(db, by=ward.rao_account) == (encounter, booked)


def test_a_consultation_begun_twice_is_the_same_one(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    first = begin_consultation(db, booked, by=ward.rao_account)

    assert begin_consultation(db, booked, by=ward.rao_account).id == first.id
    assert len(db.exec(select(Encounter)).all()) == 1


def test_a_doctor_has_one_consultation_open_at_a_time(db, ward):
    begin_consultation(db, book(db, ward, ward.asha, ward.rao), by=ward.rao_account)
    second = book(db, ward, ward.ben, ward.rao, at(11))

    with pytest.raises(OtherConsultationOpen, match="Asha Menon"):
        begin_consultation(db, second, by=ward.rao_account)


def test_another_doctors_appointment_is_refused(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    encounter = begin_consultation(db, booked, by=ward.rao_account)

    with pytest.raises(NotYourAppointment):
        begin_consultation(db, booked, by=ward.iyer_account)
    with pytest.raises(NotYourAppointment):
        finish_consultation(db, encounter, "Rest.", by=ward.iyer_account)


def test_a_consultation_begins_on_its_own_day_only(db, ward, nine_o_clock):
    booked = book(db, ward, ward.asha, ward.rao, at(10, day=TOMORROW))
    with pytest.raises(NotThatDay):
        begin_consultation(db, booked, by=ward.rao_account)

    nine_o_clock.move_to(at(10, day=TOMORROW))

    assert begin_consultation(db, booked, by=ward.rao_account).id


def test_what_was_cancelled_or_missed_does_not_begin(db, ward, nine_o_clock):
    gone = book(db, ward, ward.asha, ward.rao)
    cancel_appointment(db, gone, "Fever", by=ward.meera)
    missed = book(db, ward, ward.ben, ward.rao)
    nine_o_clock.move_to(at(10, 30))
    note_no_show(db, missed, by=ward.meera)

    with pytest.raises(NotBookedAnyMore, match="is cancelled already, so it cannot be begun"):
        begin_consultation(db, gone, by=ward.rao_account)
    with pytest.raises(NotBookedAnyMore, match="is marked as not come already"):
        begin_consultation(db, missed, by=ward.rao_account)


def test_a_finished_consultation_has_its_note_charge_and_bill(db, ward):
    booked = book(db, ward, ward.asha, ward.rao)
    encounter = begin_consultation(db, booked, by=ward.rao_account)
    bill = finish_consultation(db, encounter, " Rest.\nWater. ", by=ward.rao_account)

    kept = db.exec(select(Encounter).where(Encounter.appointment_id == booked.id)).one()
    assert kept.note == "Rest.\nWater."
    assert booked.status is AppointmentStatus.FULFILLED
    assert bill.total_paise == 800_00
    assert open_consultation(db, by=ward.rao_account) is None


def test_a_second_click_finishes_nothing_twice(db, ward):
    encounter = begin_consultation(db, book(db, ward, ward.asha, ward.rao), by=ward.rao_account)
    finish_consultation(db, encounter, "Rest.", by=ward.rao_account)

    with pytest.raises(AlreadyFinished):
        finish_consultation(db, encounter, "Rest again.", by=ward.rao_account)
    assert len(db.exec(select(Charge)).all()) == 1
    assert encounter.note == "Rest."


@pytest.mark.parametrize(
    ("note", "refusal"), [("", EmptyField), (" \n\t", EmptyField), ("x" * 4001, TextTooLong)]
)
def test_a_note_that_cannot_be_leaves_the_consultation_open(db, ward, note, refusal):
    encounter = begin_consultation(db, book(db, ward, ward.asha, ward.rao), by=ward.rao_account)

    with pytest.raises(refusal) as refused:
        finish_consultation(db, encounter, note, by=ward.rao_account)
    assert refused.value.field == "Note"
    assert encounter.finished_at is None


def test_a_free_follow_up_is_charged_nothing_and_has_no_bill(db, ward):
    booked = book(db, ward, ward.asha, ward.iyer, kind=VisitKind.FOLLOW_UP)

    assert finish(db, ward, booked) is None
    assert db.exec(select(Charge.price_paise)).all() == [0]
    assert book(db, ward, ward.asha, ward.rao, at(11)).dues_then_paise == 0


@pytest.mark.parametrize("name", ["khan", "meera", "ishaan", "tara"])
def test_only_doctors_consult(db, ward, name):
    booked, by = book(db, ward, ward.asha, ward.rao), getattr(ward, name)
    encounter = begin_consultation(db, booked, by=ward.rao_account)

    for deed in (
        lambda: begin_consultation(db, booked, by=by),
        lambda: finish_consultation(db, encounter, "Rest.", by=by),
        lambda: open_consultation(db, by=by),
        lambda: open_record(db, ward.asha.id, by=by),
        lambda: own_patients(db, by=by),
        lambda: schedule_of(db, TODAY, 1, by=by),
    ):
        with pytest.raises(NotPermitted):
            deed()


# Schedule and records


def test_a_doctor_sees_the_own_schedule_without_cancelled_visits(db, ward):
    mine = book(db, ward, ward.asha, ward.rao, at(11))
    book(db, ward, ward.ben, ward.iyer, at(11))
    cancel_appointment(db, book(db, ward, ward.ben, ward.rao, at(12)), "x", by=ward.meera)
    later = book(db, ward, ward.ben, ward.rao, at(10, day=TOMORROW))

    def ids(count):
        visits = schedule_of(db, TODAY, count, by=ward.rao_account)
        return [one.appointment.id for one in visits]

    assert ids(1) == [mine.id]
    assert ids(7) == [mine.id, later.id]
    assert schedule_of(db, TODAY - timedelta(days=7), 7, by=ward.rao_account) == []


def test_todays_numbers_of_a_doctor_are_the_own_ones(db, ward):
    book(db, ward, ward.asha, ward.rao, at(11))
    visit(db, ward, ward.ben, ward.iyer)
    cancel_appointment(db, book(db, ward, ward.asha, ward.iyer, at(12)), "x", by=ward.meera)

    doctors = own_day_numbers(db, by=ward.rao_account)
    desks = day_numbers(db, by=ward.meera)

    assert (doctors.booked, doctors.fulfilled, doctors.cancelled) == (1, 0, 0)
    assert (desks.booked, desks.fulfilled, desks.cancelled) == (1, 1, 1)
    with pytest.raises(NotPermitted):
        day_numbers(db, by=ward.ishaan)


def test_a_record_shows_past_notes_and_what_is_to_come(db, ward):
    visit(db, ward, ward.asha, ward.iyer, kind=VisitKind.FOLLOW_UP)
    ahead = book(db, ward, ward.asha, ward.rao, at(12))

    record = open_record(db, ward.asha.id, by=ward.rao_account)

    assert record.patient.name == "Asha Menon"
    assert [(one.doctor.name, one.encounter.note) for one in record.past] == [
        ("Dr Suresh Iyer", "Rest and water.")
    ]
    assert [one.appointment.id for one in record.upcoming] == [ahead.id]


def test_a_doctor_sees_own_patients_only(db, ward):
    book(db, ward, ward.asha, ward.rao)

    assert [patient.name for patient in own_patients(db, by=ward.rao_account)] == ["Asha Menon"]
    with pytest.raises(NotYourPatient):
        open_record(db, ward.ben.id, by=ward.rao_account)
    with pytest.raises(NotYourPatient):
        open_record(db, ward.asha.id, by=ward.iyer_account)
    with pytest.raises(NotYourPatient):
        open_record(db, 4711, by=ward.rao_account)


def openings(db):
    rows = select(AuditEvent.subject).where(AuditEvent.deed == "record opened")
    return db.exec(rows).all()


def test_opening_a_record_leaves_one_audit_row_a_quarter_hour(house, nine_o_clock):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao)
    for minutes in (1, 6, 15, 17):
        nine_o_clock.move_to(at(9, minutes))
        with desk() as (db, ward):
            open_record(db, ward.asha.id, by=ward.rao_account)

    with desk() as (db, ward):
        assert openings(db) == [f"patient/{ward.asha.id}"] * 2


def test_a_look_that_cannot_write_brings_nothing_until_its_row_is_there(house):
    with desk() as (db, ward):
        book(db, ward, ward.asha, ward.rao)
    with pytest.raises(ToBeWrittenDown), database.reading() as db:
        open_record(db, ward.asha.id, by=ward.rao_account)
    with desk() as (db, ward):
        open_record(db, ward.asha.id, by=ward.rao_account)
        open_record(db, ward.asha.id, by=ward.rao_account)

    with database.reading() as db:
        assert open_record(db, ward.asha.id, by=ward.rao_account).patient.name == "Asha Menon"
        assert openings(db) == [f"patient/{ward.asha.id}"]


def test_a_refused_reading_leaves_no_audit_row(house):
    with pytest.raises(NotYourPatient), desk() as (db, ward):
        open_record(db, ward.ben.id, by=ward.rao_account)

    with desk() as (db, _):
        assert openings(db) == []
