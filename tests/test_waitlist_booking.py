"""The waitlist: the one click that books, and what ends a wait."""

import threading
from datetime import datetime

import pytest
from sqlmodel import Session, select

from mediklaud.database import transaction
from mediklaud.errors import (
    DoctorInactive,
    OnHold,
    PatientBusy,
    Refusal,
    SlotTaken,
    TimeHeld,
    WaitsNoMore,
)
from mediklaud.models import (
    LIVE,
    Appointment,
    AuditEvent,
    EmergencyReason,
    Patient,
    Role,
    VisitKind,
    WaitlistEntry,
)
from mediklaud.repository import (
    book_waiting,
    cancel_appointment,
    create_account,
    deactivate_doctor,
    hold_time,
    openings_for,
    waiting,
    withdraw_wait,
)
from mediklaud.repository import waitlist as the_waitlist
from tests.hospital import PASSWORD, at
from tests.visits import a_form, book, desk, visit
from tests.waits import IN_A_WEEK, a_patient, wait


def booked_for(db: Session, patient: Patient) -> list[Appointment]:
    """A patient's live appointments."""
    rows = select(Appointment).where(Appointment.patient_id == patient.id)
    return [one for one in db.exec(rows) if one.status in LIVE]


def test_booking_ends_the_wait_with_its_appointment(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)

    booked = book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    assert (entry.appointment_id, entry.closed_at is not None) == (booked.id, True)
    assert (booked.kind, booked.patient_id) == (VisitKind.FIRST, ward.asha.id)
    assert waiting(db, by=ward.meera).count == 0


def test_every_deed_of_the_waitlist_leaves_its_audit_row(house):
    with desk() as (db, ward):
        entry, other = (wait(db, ward, one, ward.rao) for one in (ward.asha, ward.ben))
        book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)
        withdraw_wait(db, other, by=ward.meera)

    with desk() as (db, _):
        kept = db.exec(select(AuditEvent).where(AuditEvent.subject == f"waitlist/{entry.id}"))
        assert [row.deed for row in kept] == ["put on the waitlist", "wait booked"]
        kept = db.exec(select(AuditEvent).where(AuditEvent.subject == f"waitlist/{other.id}"))
        assert [row.deed for row in kept] == ["put on the waitlist", "wait withdrawn"]


def test_a_second_click_is_the_same_appointment(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    first = book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)
    again = book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    assert again.id == first.id
    assert len(booked_for(db, ward.asha)) == 1


def test_another_click_on_an_ended_wait_is_refused(db, ward):
    booked, withdrawn = (wait(db, ward, ward.asha, ward.rao) for _ in range(2))
    book_waiting(db, booked, ward.rao, at(10), form="b1", by=ward.meera)
    withdraw_wait(db, withdrawn, by=ward.meera)

    for entry in (booked, withdrawn):
        with pytest.raises(WaitsNoMore, match="Look at the list again"):
            book_waiting(db, entry, ward.rao, at(11), form="b2", by=ward.meera)


def test_the_gate_refuses_and_the_patient_waits_on(house, nine_o_clock):
    with desk() as (db, ward):
        entry = wait(db, ward, ward.asha, ward.iyer)
        visit(db, ward, ward.asha, ward.rao)

    with pytest.raises(OnHold, match="Asha Menon owes"), desk() as (db, ward):
        book_waiting(db, entry, ward.iyer, at(11), form="b1", by=ward.meera)

    with desk() as (db, ward):
        assert waiting(db, by=ward.meera).count == 1
        pain = EmergencyReason.ACUTE_PAIN
        told = {"form": "b1", "by": ward.meera, "emergency": pain}
        booked = book_waiting(db, entry, ward.iyer, at(11), **told)
        assert (booked.on_hold, booked.emergency_reason) == (True, pain)
        assert waiting(db, by=ward.meera).count == 0


@pytest.mark.parametrize("refusal", [SlotTaken, TimeHeld, PatientBusy])
def test_who_is_refused_the_time_waits_on(house, refusal):
    with desk() as (db, ward):
        entry = wait(db, ward, ward.asha, ward.rao)
        nina = create_account(db, "nina", "Nina", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
        if refusal is SlotTaken:
            book(db, ward, ward.ben, ward.rao)
        elif refusal is TimeHeld:
            hold_time(db, ward.rao, at(10), VisitKind.FIRST, form="h1", by=nina)
        else:
            book(db, ward, ward.asha, ward.iyer)

    with pytest.raises(refusal), desk() as (db, ward):
        book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    with desk() as (db, ward):
        assert waiting(db, by=ward.meera).count == 1


def test_an_inactive_doctor_is_not_booked_from_the_list(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    deactivate_doctor(db, ward.rao, by=ward.khan)

    with pytest.raises(DoctorInactive):
        book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)
    assert openings_for(db, [entry], by=ward.meera) == {}


def test_the_wait_stays_ended_when_its_appointment_is_cancelled(db, ward):
    entry = wait(db, ward, ward.asha, ward.rao)
    booked = book_waiting(db, entry, ward.rao, at(10), form="b1", by=ward.meera)

    cancel_appointment(db, booked, "Fever", by=ward.meera)

    assert waiting(db, by=ward.meera).count == 0
    with pytest.raises(WaitsNoMore):
        book_waiting(db, entry, ward.rao, at(11), form="b2", by=ward.meera)


def race(entry: WaitlistEntry, *hours: datetime) -> list[str]:
    """So many clerks book one entry at once, each another time; what each was told."""
    told: list[str] = []
    start = threading.Barrier(len(hours))

    def click(hour: datetime) -> None:
        start.wait()
        try:
            with desk() as (db, ward):
                book_waiting(db, entry, ward.rao, hour, form=a_form(), by=ward.meera)
            told.append("booked")
        except Refusal as refusal:
            told.append(type(refusal).__name__)

    clerks = [threading.Thread(target=click, args=(hour,)) for hour in hours]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    return sorted(told)


def test_of_clerks_who_book_one_entry_at_once_one_succeeds(house):
    for number in range(5):
        with desk() as (db, ward):
            patient = a_patient(db, ward, number)
            entry = wait(db, ward, patient, ward.rao)

        told = race(entry, *(at(10 + hour, 15 * (number % 4), IN_A_WEEK) for hour in range(3)))

        assert told == ["WaitsNoMore", "WaitsNoMore", "booked"]
        with transaction() as db:
            assert len(booked_for(db, patient)) == 1
            for one in booked_for(db, patient):
                cancel_appointment(db, one, "Next trial", by=ward.meera)


def test_without_the_second_look_at_the_entry_all_of_them_succeed(house, monkeypatch):
    def blind(db: Session, entry: WaitlistEntry) -> WaitlistEntry:
        return WaitlistEntry(**{**entry.model_dump(), "id": None, "form": a_form()})

    monkeypatch.setattr(the_waitlist, "_locked_entry", blind)
    with desk() as (db, ward):
        entry = wait(db, ward, ward.asha, ward.rao)

    assert race(entry, at(10), at(11), at(12)) == ["booked"] * 3
