"""One working day of the cast, lived by real deeds: every table holds a row when it ends."""

from datetime import date, datetime

from sqlmodel import Session, select
from time_machine import Traveller

from mediklaud.database import transaction
from mediklaud.models import Account, Appointment, EmergencyReason, Method, VisitKind
from mediklaud.repository import (
    begin_consultation,
    begin_sign_in,
    book_appointment,
    cancel_appointment,
    finish_consultation,
    grant_leave,
    move_appointment,
    note_wrong_try,
    open_record,
    take_payment,
)
from mediklaud.repository.outbox import claim_letters, note_sent
from tests.hospital import at, ward_of

TOMORROW, NEXT_WEEK = date(2026, 11, 24), date(2026, 12, 1)


def live_through_a_day(wall_clock: Traveller) -> None:
    """Bookings, a move, a cancellation, an emergency, four consultations, two payments.

    Asha has paid JMI/2627/000001 by UPI and owes 300 on JMI/2627/000002; Ben's follow-up
    was free, and he owes all of JMI/2627/000003.
    """
    _before_the_doors_open()
    wall_clock.move_to(at(10))
    _consult("asha-rao", "ben-iyer")
    wall_clock.move_to(at(11))
    _asha_has_an_emergency_and_pays()
    wall_clock.move_to(at(12, 45))
    _consult("ben-moved")


def _before_the_doors_open() -> None:
    with transaction() as db:
        ward = ward_of(db)
        begin_sign_in(db, ward.meera)
        note_wrong_try(db, "meera")
        grant_leave(db, ward.rao, NEXT_WEEK, NEXT_WEEK, form="leave", by=ward.khan, reason="Rest")
        _book(db, "asha", "rao", at(10), "asha-rao")
        _book(db, "ben", "iyer", at(10), "ben-iyer", VisitKind.FOLLOW_UP)
        _book(db, "asha", "iyer", at(11), "asha-iyer")
        _book(db, "asha", "rao", at(10, day=TOMORROW), "asha-tomorrow")
        early = _book(db, "ben", "rao", at(11), "ben-rao")
        move_appointment(db, early, ward.rao, at(12, 45), form="ben-moved", by=ward.meera)
        unneeded = _book(db, "ben", "iyer", at(12), "ben-cancelled")
        cancel_appointment(db, unneeded, "Feels better", by=ward.meera)
    with transaction() as db:
        (letter,) = claim_letters(db, at_most=1)
        note_sent(db, letter.id or 0, reply="250 fine")


def _book(
    db: Session,
    patient: str,
    doctor: str,
    starts_at: datetime,
    form: str,
    kind: VisitKind = VisitKind.FIRST,
    emergency: EmergencyReason | None = None,
) -> Appointment:
    ward = ward_of(db)
    who, whom = getattr(ward, patient), getattr(ward, doctor)
    return book_appointment(
        db, who, whom, starts_at, kind, form=form, by=ward.meera, emergency=emergency
    )


def _consult(*forms: str) -> None:
    for form in forms:
        with transaction() as db:
            booked = db.exec(select(Appointment).where(Appointment.form == form)).one()
            doctor = db.exec(select(Account).where(Account.doctor_id == booked.doctor_id)).one()
            open_record(db, booked.patient_id, by=doctor)
            encounter = begin_consultation(db, booked, by=doctor)
            finish_consultation(db, encounter, "Rest and water.", by=doctor)


def _asha_has_an_emergency_and_pays() -> None:
    with transaction() as db:
        pain = EmergencyReason.ACUTE_PAIN
        _book(db, "asha", "iyer", at(12, 30), "asha-emergency", emergency=pain)
    _consult("asha-iyer")
    with transaction() as db:
        ward = ward_of(db)
        take_payment(
            db, ward.asha, 800_00, Method.UPI, form="by-upi", by=ward.ishaan, reference="UPI42"
        )
        take_payment(db, ward.asha, 200_00, Method.CASH, form="in-cash", by=ward.ishaan)
