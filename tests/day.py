"""One working day of the cast, lived by real deeds: every table holds a row when it ends."""

from datetime import date, datetime
from typing import Any

from sqlmodel import Session, select, update
from time_machine import Traveller

from mediklaud.database import transaction
from mediklaud.models import (
    Account,
    Appointment,
    CallOutcome,
    CreditKind,
    EmergencyReason,
    GlassReason,
    InvoiceLine,
    Message,
    MessageStatus,
    Method,
    Patient,
    Payment,
    Receipt,
    VisitKind,
    WaitlistEntry,
)
from mediklaud.repository import (
    CreditLine,
    Item,
    ServiceForm,
    Tender,
    begin_consultation,
    begin_sign_in,
    bill_services,
    book_appointment,
    break_glass,
    cancel_appointment,
    cancel_credit_note,
    declare_holiday,
    end_sign_in,
    enroll_factor,
    enroll_patient,
    finish_consultation,
    grant_leave,
    hold_time,
    issue_code,
    issue_credit_note,
    keep_service,
    log_call,
    move_appointment,
    name_payer,
    new_secret,
    open_feed,
    open_record,
    overbook_appointment,
    price_service,
    refund_payment,
    reverse_payment,
    review_glass,
    take_advance,
    take_payment,
    the_hospital,
    use_advance,
    use_code,
)
from mediklaud.repository.factors import passes_factor
from mediklaud.repository.outbox import claim_letters, note_sent
from tests.evening import close_the_till
from tests.hospital import CARA, DEV, TODAY, Ward, at, ward_of
from tests.phones import code_now
from tests.tries import note_wrong_try

TOMORROW, NEXT_WEEK = date(2026, 11, 24), date(2026, 12, 1)
CHRISTMAS = date(2026, 12, 25)


def live_through_a_day(wall_clock: Traveller, *, evening: bool = True) -> None:
    """Bookings, a move, a cancellation, an emergency, four consultations, two payments.

    Whoever paid a visit has one free follow-up within two weeks. Ben has waited for
    Dr Iyer and comes tomorrow at noon, and Asha is booked over him. At the end of the day
    Meera holds half past eleven of tomorrow with Dr Rao. Christmas is a holiday.
    Asha has paid JMI/2627/000001 by UPI and owes 300 on JMI/2627/000002; Ben's follow-up
    was free, and he owes all of JMI/2627/000003. JMI/2627/000004 is Asha's for a dressing and
    an injection: a cheque for it bounced, she paid in cash with change, 100 were credited and
    60 of them refunded; a second credit note was cancelled and the bill paid from what was
    left. Dev has paid 1000 in advance and pays for his daughter Cara. Rao broke the glass of
    Dev's record, which Khan reviewed, and Iyer that of Cara's, which waits. How finance ends
    the day is told in tests/evening.py.
    """
    _before_the_doors_open()
    wall_clock.move_to(at(10))
    _consult("asha-rao", "ben-iyer")
    wall_clock.move_to(at(11))
    _asha_has_an_emergency_and_pays()
    wall_clock.move_to(at(12, 45))
    _consult("ben-moved")
    _finance_mends_a_bill()
    _a_child_has_a_payer()
    _two_glasses_are_broken()
    if evening:
        close_the_till()
    with transaction() as db:
        ward, held = ward_of(db), at(11, 30, day=TOMORROW)
        hold_time(db, ward.rao, held, VisitKind.FIRST, form="hold", by=ward.meera)


def _two_glasses_are_broken() -> None:
    with transaction() as db:
        ward = ward_of(db)
        named = [select(Patient).where(Patient.name == one.name) for one in (DEV, CARA)]
        dev, cara = (db.exec(one).one() for one in named)
        covering = GlassReason.COVERING
        glass = break_glass(db, dev, covering, form="glass-1", by=ward.rao_account)
        open_record(db, dev.id or 0, by=ward.rao_account)
        review_glass(db, glass.id, "Dr Iyer was away", by=ward.khan)
        asked = GlassReason.PATIENT_ASKS
        break_glass(db, cara, asked, form="glass-2", by=ward.iyer_account)
        open_record(db, cara.id or 0, by=ward.iyer_account)


def _before_the_doors_open() -> None:
    with transaction() as db:
        ward = ward_of(db)
        begin_sign_in(db, ward.meera)
        _doors_and_keys(db, ward)
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


def _doors_and_keys(db: Session, ward: Ward) -> None:
    """Codes used and open, a second factor with a recovery code gone, and a sign-in ended."""
    end_sign_in(db, begin_sign_in(db, ward.tara))
    use_code(db, "meera", issue_code(db, ward.meera, by=ward.tara), "a much quieter corridor")
    issue_code(db, ward.ishaan, by=ward.tara)
    secret = new_secret()
    first, *_ = enroll_factor(db, ward.tara, secret, code_now(secret))
    passes_factor(db, ward.tara, first)


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


def _finance_mends_a_bill() -> None:
    with transaction() as db:
        ward = ward_of(db)
        by, today = ward.ishaan, TODAY
        items = []
        for name in ("Dressing", "Injection"):
            service = keep_service(db, ServiceForm(name, "999312"), by=by)
            price_service(db, service, 150_00, today, by=by)
            items.append(Item(service))
        bill = bill_services(db, ward.asha, ward.rao, items, form="dressing", by=by)
        line = db.exec(select(InvoiceLine).where(InvoiceLine.description == "Dressing")).one()
        told: dict[str, Any] = {"bills": [bill.number], "by": by}
        bounced = take_payment(
            db, ward.asha, 300_00, Method.CHEQUE, form="cheque", reference="000123", **told
        )
        reverse_payment(db, payment_on(db, bounced), "Bounced", by=by)
        cash = take_payment(
            db, ward.asha, 300_00, Method.CASH, form="change", tendered_paise=500_00, **told
        )
        for amount, form in ((100_00, "credit-1"), (50_00, "credit-2")):
            part = [CreditLine(line.id or 0, amount)]
            kind = CreditKind.CORRECTION
            note = issue_credit_note(
                db, bill.number, kind, "One was smaller", form=form, by=by, lines=part
            )
        paid = payment_on(db, cash)
        refund_payment(
            db, paid, 60_00, Method.UPI, "Asked for it", form="refund", by=by, reference="R1"
        )
        cancel_credit_note(db, note.number, "Both were large", by=by)
        use_advance(db, ward.asha, bills=[bill.number], by=by)


def payment_on(db: Session, receipt: Receipt) -> Payment:
    """The one payment on a receipt."""
    return db.exec(select(Payment).where(Payment.receipt_number == receipt.number)).one()


def _a_child_has_a_payer() -> None:
    with transaction() as db:
        ward = ward_of(db)
        dev, cara = (
            enroll_patient(db, typed, form=f"enroll-{typed.name}", by=ward.meera)
            for typed in (DEV, CARA)
        )
        name_payer(db, cara, dev, by=ward.meera)
        tender = [Tender(1000_00, Method.CASH)]
        take_advance(db, dev, tender, form="advance", by=ward.ishaan)
