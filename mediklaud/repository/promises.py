"""The one way a time becomes live: the gate, the time itself, and the database's own no.

Booking, overbooking, moving, restoring, walk-ins and the waitlist all come through here, so
that no door is left open. Whoever comes locks the patient's row, then the doctor's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, or_
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import expecting, expecting_at_once, written
from mediklaud.errors import (
    DoctorOnLeave,
    HoldRanOut,
    HospitalClosed,
    KindNotSeen,
    NoSuchSlot,
    NotYourHold,
    OnHold,
    PastTime,
    PatientBusy,
    Refusal,
    SessionFull,
    SlotTaken,
    StaleForm,
    TimeHeld,
    TooFarAhead,
    TwoDesksMet,
)
from mediklaud.hot import Hot
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    Doctor,
    EmergencyReason,
    Hold,
    Patient,
    Priority,
    VisitKind,
    WorkingSession,
)
from mediklaud.money import rupees
from mediklaud.repository.allocations import left_of_payers
from mediklaud.repository.doctors import PRICED, Standing, lock_standing, refuse_unbookable
from mediklaud.repository.dues import Dues, OpenBill, dues_now
from mediklaud.repository.free_times import FURTHEST_DAYS, free_slots, hours_for, next_free
from mediklaud.repository.holidays import holidays_between
from mediklaud.repository.hospital import rules_of_the_house, the_hospital
from mediklaud.timetable import Hours, Slot, occurrence_at, slot_at

KIND_WORDS = {
    VisitKind.FIRST: "first visits",
    VisitKind.FOLLOW_UP: "follow-ups",
    VisitKind.PROCEDURE: "procedures",
}


_ON_THE_DAY = and_(
    col(WorkingSession.doctor_id) == bindparam("doctor_id"),
    col(WorkingSession.weekday) == bindparam("weekday"),
    col(WorkingSession.valid_from) <= bindparam("day"),
    or_(col(WorkingSession.valid_to).is_(None), col(WorkingSession.valid_to) >= bindparam("day")),
)
_SESSIONS_THEN = {
    kind: Hot(hours_for(kind).add_columns(PRICED).where(_ON_THE_DAY)) for kind in VisitKind
}
_CLEAR = delete(Hold).where(
    col(Hold.doctor_id) == bindparam("doctor_id"),
    or_(
        col(Hold.expires_at) <= bindparam("now"),
        and_(
            col(Hold.account_id) == bindparam("account_id"),
            col(Hold.starts_at) < bindparam("ends_at"),
            col(Hold.ends_at) > bindparam("starts_at"),
        ),
    ),
)


@dataclass(frozen=True)
class Place:
    """A slot of a doctor that can be promised, and the session it lies in."""

    slot: Slot
    session_begins_at: datetime
    # Whether no other visit of this length begins after it in the session.
    is_last: bool = False


def passed_gate(db: Session, patient: Patient, emergency: EmergencyReason | None) -> dict[str, Any]:
    """Ask the dues gate, with the patient's row locked; what it saw, as appointments keep it.

    Refuses a patient on hold (OnHold) unless it is an emergency.
    """
    dues = dues_now(db, patient)
    if dues.on_hold and emergency is None:
        raise _held_back(db, patient, dues)
    priority = Priority.EMERGENCY if emergency else Priority.ROUTINE
    return {**seen(dues), "priority": priority, "emergency_reason": emergency}


def seen(dues: Dues) -> dict[str, Any]:
    """What the gate saw, as the appointment keeps it for the self-check."""
    return {
        "dues_then_paise": dues.total_paise,
        "overdue_then_paise": dues.overdue_paise,
        "dues_limit_then_paise": dues.limit_paise,
        "grace_days_then": dues.grace_days,
        "payer_then_id": dues.payer_id,
        "on_hold": dues.on_hold,
    }


def bookable(db: Session, doctor: Doctor, starts_at: datetime, kind: VisitKind) -> Place:
    """Lock the doctor's row and find the slot of a kind that begins at a moment, taken or not.

    Refuses the past, days beyond the horizon, a doctor who cannot be booked that day, hours
    outside the sessions and kinds not seen in them.
    """
    kept = lock_standing(db, doctor.id)
    if starts_at <= clock.now():
        raise PastTime()
    return _place(db, kept, starts_at, kind)


def place_of_any_hour(db: Session, doctor: Doctor, starts_at: datetime, kind: VisitKind) -> Place:
    """The same for a time that may have begun: of a slip that is undone, or of an overbooking."""
    return _place(db, lock_standing(db, doctor.id), starts_at, kind)


def _place(db: Session, kept: Standing, starts_at: datetime, kind: VisitKind) -> Place:
    zone = rules_of_the_house(db).zone
    day = clock.day_of(starts_at, zone)
    if day > clock.today(zone) + timedelta(days=FURTHEST_DAYS):
        raise TooFarAhead(days=FURTHEST_DAYS)
    refuse_unbookable(kept, day)
    then = {"doctor_id": kept.id, "weekday": day.weekday(), "day": day, "kind": kind}
    sessions = _SESSIONS_THEN[kind].rows(db, then)
    held = occurrence_at((Hours._make(hours) for *hours, _ in sessions), starts_at, zone)
    if held is None:
        raise NoSuchSlot(name=kept.name)
    priced = sessions[0][-1]
    if held.session.visit_minutes is None or not priced:
        raise KindNotSeen(name=kept.name, kind=KIND_WORDS[kind])
    slot = slot_at(held.session, starts_at, zone)
    if slot is None:
        raise NoSuchSlot(name=kept.name)
    next_ends_at = slot.ends_at + timedelta(minutes=held.session.slot_minutes)
    return Place(slot, held.begins_at, is_last=next_ends_at > held.ends_at)


def promise(
    db: Session,
    row: dict[str, Any],
    patient: Patient,
    doctor: Doctor,
    *,
    by: Account,
    hold: str | None = None,
) -> Appointment:
    """Write a new live appointment; the database's no becomes the refusal it stands for.

    A hold is named by its form and goes with the booking; one that has run out, or is of another
    time, books nothing (HoldRanOut). Two desks that want one time meet at
    no_overlapping_appointments_of_a_doctor or no_appointment_takes_a_held_time: one gets it,
    the other is told the next free time.
    """
    slot, kind = Slot(row["starts_at"], row["ends_at"]), row["kind"]
    if hold is not None:
        _use_hold(db, slot, kind, doctor, hold, by)
    with _way_on(db, slot, kind, patient, doctor):
        try:
            return _write(db, row, doctor)
        except TimeHeld:
            # Mostly nothing is in the way, so it is looked for only once the database says no.
            if not clear_holds(db, doctor, slot, by=by):
                raise
            return _write(db, row, doctor)


def _write(db: Session, row: dict[str, Any], doctor: Doctor) -> Appointment:
    with expecting_at_once(db, lambda: _refusals(doctor, row["overbook_cap_then"])):
        return written(db, Appointment, row)


def promise_again(
    db: Session,
    kept: Appointment,
    patient: Patient,
    doctor: Doctor,
    *,
    by: Account,
    changes: dict[str, Any],
) -> None:
    """Make a standing row live by these changes, undone where the database says no."""
    slot = Slot(kept.starts_at, changes.get("ends_at", kept.ends_at))
    # An overbooking takes no time of its own, so what is held stays held.
    if kept.overbook_number is None:
        clear_holds(db, doctor, slot, by=by)
    refusals = _refusals(doctor, kept.overbook_cap_then)
    with _way_on(db, slot, kept.kind, patient, doctor), expecting(db, **refusals):
        kept.sqlmodel_update(changes)


def _refusals(doctor: Doctor, overbook_cap: int | None) -> dict[str, Refusal]:
    """What each rule of the database means to a desk; the gaps are filled when it is broken."""
    return {
        "no_overlapping_appointments_of_a_doctor": SlotTaken(way_on=""),
        "no_overlapping_appointments_of_a_patient": PatientBusy(patient="", doctor="", hour=""),
        "no_appointment_takes_a_held_time": TimeHeld(name="", left="", way_on=""),
        "no_appointment_is_promised_in_a_leave": DoctorOnLeave(name=doctor.name),
        "no_appointment_is_promised_on_a_holiday": HospitalClosed(holiday=""),
        "one_overbooking_a_place": SessionFull(cap=overbook_cap or 0),
        "a_second_click_is_the_same_appointment": StaleForm(),
        "an_appointment_is_moved_once": StaleForm(),
    }


def clear_holds(db: Session, doctor: Doctor, slot: Slot, *, by: Account) -> int:
    """Clear a slot's way, with the doctor's row locked: what has run out, and a hold of one's own.

    What the clerk holds at another hour, for a caller on the phone, stays. Returns how many
    holds have gone.
    """
    told = {"doctor_id": doctor.id, "now": clock.now(), "account_id": by.id, **vars(slot)}
    return db.connection().execute(_CLEAR, told).rowcount


def _use_hold(
    db: Session, slot: Slot, kind: VisitKind, doctor: Doctor, form: str, by: Account
) -> None:
    held = db.exec(
        select(Hold).where(Hold.form == form).execution_options(populate_existing=True)
    ).first()
    if held is not None:
        refuse_anothers(held, by)
    at_doctor = (doctor.id, by.id, slot.starts_at)
    its_own = held is not None and at_doctor == (held.doctor_id, held.account_id, held.starts_at)
    if held is None or not its_own or _ran_out(held):
        raise HoldRanOut(way_on=_way_on_from(db, slot, kind, doctor, by))
    db.delete(held)
    db.flush()


def _way_on_from(db: Session, slot: Slot, kind: VisitKind, doctor: Doctor, by: Account) -> str:
    zone = the_hospital(db).zone
    free = free_slots(db, [doctor], clock.day_of(slot.starts_at, zone), 1, kind, clerk=by)
    if slot in free[doctor.id or 0]:
        return f"{clock.moment_words(slot.starts_at, zone)} is still free: choose it again."
    return next_free(db, doctor, slot.starts_at, kind, clerk=by)


def refuse_anothers(hold: Hold, by: Account) -> None:
    """Refuse (NotYourHold) a hold of another clerk, while it keeps a time; for siblings."""
    if hold.account_id != by.id and not _ran_out(hold):
        raise NotYourHold(subject=f"hold/{hold.id}")


def _ran_out(held: Hold) -> bool:
    return held.expires_at <= clock.now()


@contextmanager
def _way_on(
    db: Session, slot: Slot, kind: VisitKind, patient: Patient, doctor: Doctor
) -> Iterator[None]:
    """Fill the gaps of a refusal once it has come: who, until when, and the way on."""
    try:
        yield
    except PatientBusy as busy:
        raise busy_then(db, patient, slot) from busy
    except HospitalClosed as holiday:
        raise closed(db, slot) from holiday
    except SlotTaken as taken:
        raise SlotTaken(way_on=next_free(db, doctor, slot.starts_at, kind)) from taken
    except TimeHeld as held:
        raise held_by(db, doctor, slot, kind) from held


def held_by(db: Session, doctor: Doctor, slot: Slot, kind: VisitKind) -> Refusal:
    """The refusal that another clerk holds a time: who, how long yet, and what is free instead.

    Two may hold parts of a long visit's time; the one whose hold lasts longest is named. A
    hold given back at this very moment leaves nobody to name (TwoDesksMet).
    """
    row = (
        select(Hold, Account.name)
        .join(Account, col(Account.id) == col(Hold.account_id))
        .where(
            Hold.doctor_id == doctor.id,
            Hold.starts_at < slot.ends_at,
            Hold.ends_at > slot.starts_at,
        )
        .order_by(col(Hold.expires_at).desc())
    )
    found = db.exec(row).first()
    if found is None:
        return TwoDesksMet()
    hold, name = found
    return TimeHeld(
        name=name,
        left=clock.left_words(hold.expires_at - clock.now()),
        way_on=next_free(db, doctor, slot.starts_at, kind),
    )


def closed(db: Session, slot: Slot) -> HospitalClosed:
    """The refusal that the day of a slot is a holiday."""
    day = clock.day_of(slot.starts_at, the_hospital(db).zone)
    named = [holiday.name for holiday in holidays_between(db, day, day)]
    return HospitalClosed(holiday=", ".join(named) or "a holiday")


def _held_back(db: Session, patient: Patient, dues: Dues) -> OnHold:
    other = db.get(Patient, dues.payer_id) if dues.payer_id is not None else None
    theirs = [bill for bill in dues.bills if other is not None and bill.payer_id == other.id]
    owes = patient.name
    if other is not None and len(theirs) == len(dues.bills):
        owes, theirs = f"{other.name}, who pays for {patient.name},", []
    words = [_bill_words(bill, other if bill in theirs else None) for bill in dues.bills[:4]]
    more = f" and {len(dues.bills) - 4} more" if len(dues.bills) > 4 else ""
    # Whose money the hospital has already is not sent for more before it is used.
    left = left_of_payers(db, {bill.payer_id for bill in dues.bills})
    return OnHold(
        patient=owes,
        owed=rupees(dues.total_paise),
        bills=", ".join(words) + more,
        rule=dues.rule,
        advance=f" {rupees(left)} is paid in advance: finance can use it now." if left else "",
    )


def _bill_words(bill: OpenBill, payer: Patient | None) -> str:
    age = "of today" if not bill.age_days else f"{bill.age_days} days old"
    plans = {None: "", True: ", on a payment plan", False: ", its payment plan is missed"}
    owed_by = f", owed by {payer.name}" if payer is not None else ""
    told = f"{rupees(bill.owed_paise)}, {age}{owed_by}{plans[bill.on_kept_plan]}"
    return f"bill {bill.number} of {bill.issued_on:%d %B %Y} ({told})"


def busy_then(db: Session, patient: Patient, wanted: Slot) -> PatientBusy:
    """The refusal that a patient is elsewhere at a time: with whom, and when."""
    other = (
        select(Appointment, Doctor)
        .join(Doctor, col(Doctor.id) == col(Appointment.doctor_id))
        .where(
            Appointment.patient_id == patient.id,
            col(Appointment.status).in_(LIVE),
            Appointment.starts_at < wanted.ends_at,
            Appointment.ends_at > wanted.starts_at,
        )
    )
    appointment, doctor = db.exec(other.limit(1)).one()
    hour = clock.hour_words(appointment.starts_at, the_hospital(db).zone)
    return PatientBusy(patient=patient.name, doctor=doctor.name, hour=hour)
