"""One working day of the cast, lived by real deeds: every table holds a row when it ends."""

from datetime import date, datetime

from sqlmodel import Session, select, update
from time_machine import Traveller

from mediklaud.database import transaction
from mediklaud.models import (
    Account,
    Appointment,
    CallOutcome,
    EmergencyReason,
    Message,
    MessageStatus,
    Method,
    VisitKind,
    WaitlistEntry,
)
from mediklaud.repository import (
    begin_consultation,
    begin_sign_in,
    book_appointment,
    cancel_appointment,
    declare_holiday,
    finish_consultation,
    grant_leave,
    hold_time,
    log_call,
    move_appointment,
    note_wrong_try,
    open_feed,
    open_record,
    overbook_appointment,
    take_payment,
    the_hospital,
)
from mediklaud.repository.outbox import claim_letters, note_sent
from tests.hospital import at, ward_of

TOMORROW, NEXT_WEEK = date(2026, 11, 24), date(2026, 12, 1)
CHRISTMAS = date(2026, 12, 25)


def live_through_a_day(wall_clock: Traveller) -> None:
    """Bookings, a move, a cancellation, an emergency, four consultations, two payments.

    Whoever paid a visit has one free follow-up within two weeks. Ben has waited for
    Dr Iyer and comes tomorrow at noon, and Asha is booked over him. At the end of the day
    Meera holds half past eleven of tomorrow with Dr Rao. Christmas is a holiday.
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
    with transaction() as db:
        ward, held = ward_of(db), at(11, 30, day=TOMORROW)
        hold_time(db, ward.rao, held, VisitKind.FIRST, form="hold", by=ward.meera)


def _before_the_doors_open() -> None:
    with transaction() as db:
        ward = ward_of(db)
        begin_sign_in(db, ward.meera)
        hospital = the_hospital(db)
        hospital.follow_up_visits, hospital.follow_up_days = 1, 14
        declare_holiday(db, CHRISTMAS, "Christmas", by=ward.khan)
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
        _book_over_and_end_a_wait(db)
    with transaction() as db:
        db.execute(update(Message).values(next_attempt_at=Message.queued_at))
        (letter,) = claim_letters(db, at_most=1)
        note_sent(db, letter.id or 0, lease=letter.next_attempt_at, reply="250 fine")
        _call_and_open_a_calendar(db)


def _call_and_open_a_calendar(db: Session) -> None:
    ward = ward_of(db)
    unheard = select(Message).where(Message.status == MessageStatus.UNADDRESSED)
    letter = db.exec(unheard.limit(1)).one()
    log_call(db, letter, CallOutcome.NO_ANSWER, "", form="call", by=ward.meera)
    open_feed(db, by=ward.rao_account)


def _book_over_and_end_a_wait(db: Session) -> None:
    ward = ward_of(db)
    first, noon = VisitKind.FIRST, at(12, day=TOMORROW)
    waited = _book(db, "ben", "iyer", noon, "ben-waited")
    overbook_appointment(
        *(db, ward.asha, ward.iyer, noon, first, "Fever, the doctor agreed"),
        form="overbooked",
        by=ward.meera,
    )
    db.add(
        WaitlistEntry(
            patient_id=ward.ben.id or 0,
            doctor_id=ward.iyer.id,
            kind=first,
            first_day=TOMORROW,
            last_day=TOMORROW,
            asked_at=waited.booked_at,
            closed_at=waited.booked_at,
            appointment_id=waited.id,
            form="wait",
        )
    )


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
