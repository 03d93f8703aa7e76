"""The waiting room: who arrived under which token, who did not come, and slips undone."""

from datetime import datetime

from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known
from mediklaud.errors import (
    AlreadyInQueue,
    NothingToUndo,
    NoTimeLeft,
    NotThatDay,
    NotYetTime,
)
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    AppointmentStatus,
    BillWhen,
    Doctor,
    EmergencyReason,
    Patient,
    VisitKind,
)
from mediklaud.permissions import Deed
from mediklaud.repository.appointments import (
    announce,
    clicked,
    new_appointment,
    overbooking_in,
    refuse_begun,
    revive,
    still,
)
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.confirmations import tell_the_cmo
from mediklaud.repository.credit_notes import unbill
from mediklaud.repository.doctors import locked_doctor, refuse_unbookable
from mediklaud.repository.free_times import free_slots
from mediklaud.repository.hospital import next_number, the_hospital
from mediklaud.repository.invoices import bill_consultation
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.promises import (
    bookable,
    busy_then,
    passed_gate,
    place_of_any_hour,
    promise,
)
from mediklaud.repository.sessions import session_at
from mediklaud.timetable import Slot
from mediklaud.waiting import working_day


def arrive(db: Session, appointment: Appointment, *, by: Account) -> Appointment:
    """Note that the patient is in the waiting room, on the appointment's own day.

    The session's next token is given (one_patient_a_token_in_a_session); who has one keeps it.
    Desks that mark a doctor's patients at the same moment wait at the doctor's row.
    """
    permit(db, by, Deed.CHANGE_APPOINTMENT, appointment)
    patient = locked_patient(db, appointment.patient_id)
    kept = still(db, appointment, AppointmentStatus.BOOKED, wanted="marked as arrived")
    refuse_other_day(db, kept)
    # Before the counter of tokens, as at a walk-in: two orders would lock each other out.
    doctor = locked_doctor(db, kept.doctor_id)
    note_arrival(db, kept)
    bill_at_arrival(db, kept, patient, doctor, by=by)
    note_deed(db, by, "patient arrived", f"appointment/{kept.id}", token=kept.token)
    return kept


def note_arrival(db: Session, kept: Appointment) -> None:
    """Mark an appointment as arrived and give its token, with it and the doctor locked.

    The token is of the session that holds the time by now, whatever its hours were when it was
    booked, and of the one it was booked in where none does. For siblings: a consultation that
    begins brings its patient in.
    """
    if kept.token is None:
        by_now = _counted_in(db, kept.doctor_id, kept.starts_at)
        session = by_now or kept.session_begins_at or kept.starts_at
        place = overbooking_in(db, kept, session)
        token = _next_token(db, kept.doctor_id, session)
        kept.sqlmodel_update({"session_begins_at": session, "token": token, **place})
    kept.sqlmodel_update({"status": AppointmentStatus.ARRIVED, "arrived_at": clock.now()})
    db.add(kept)
    db.flush()


def bill_at_arrival(
    db: Session, kept: Appointment, patient: Patient, doctor: Doctor, *, by: Account
) -> None:
    """Bill a visit as its patient arrives, where the hospital's setting says so; for siblings."""
    if the_hospital(db).bill_when is BillWhen.ARRIVAL:
        bill_consultation(db, kept, patient, doctor, by=by)


def undo_arrival(db: Session, appointment: Appointment, *, by: Account) -> Appointment:
    """Undo an arrival that was a slip, on its own day; the token stays the patient's own.

    A bill of the arrival is voided by a credit note, and what was paid on it is the payer's
    advance: the slip is the front desk's to mend, and nobody is held back for it meanwhile.
    Refuses what the doctor has begun, and a walk-in, who was never expected.
    """
    permit(db, by, Deed.CHANGE_APPOINTMENT, appointment)
    locked_patient(db, appointment.patient_id)
    kept = still(db, appointment, AppointmentStatus.ARRIVED, wanted="marked as not arrived")
    refuse_begun(db, kept, wanted="marked as not arrived")
    refuse_other_day(db, kept)
    if kept.walk_in:
        raise NothingToUndo(status="a walk-in's: cancel it instead")
    kept.sqlmodel_update({"status": AppointmentStatus.BOOKED, "arrived_at": None})
    db.add(kept)
    db.flush()
    unbill(db, kept, "The arrival was undone", by=by)
    note_deed(db, by, "arrival undone", f"appointment/{kept.id}")
    return kept


def note_no_show(db: Session, appointment: Appointment, *, by: Account) -> Appointment:
    """Note that the patient did not come, once the appointment's time has begun."""
    permit(db, by, Deed.CHANGE_APPOINTMENT, appointment)
    locked_patient(db, appointment.patient_id)
    kept = still(db, appointment, AppointmentStatus.BOOKED, wanted="marked as not come")
    if kept.starts_at > clock.now():
        raise NotYetTime(hour=clock.hour_words(kept.starts_at, the_hospital(db).zone))
    kept.status = AppointmentStatus.NO_SHOW
    db.add(kept)
    db.flush()
    note_deed(db, by, "patient did not come", f"appointment/{kept.id}")
    return kept


def undo_no_show(
    db: Session,
    appointment: Appointment,
    *,
    by: Account,
    emergency: EmergencyReason | None = None,
) -> Appointment:
    """Undo a no-show that was a slip, on its own day, through the one door to a live time.

    It is a booking anew: the gate, the sessions and the kind of visit are asked again, and where
    the time went to somebody else meanwhile it is refused. An emergency that passes the gate
    only now is told to the CMO.
    """
    permit(db, by, Deed.CHANGE_APPOINTMENT, appointment)
    patient = locked_patient(db, appointment.patient_id)
    kept = still(db, appointment, AppointmentStatus.NO_SHOW, wanted="marked as expected")
    refuse_other_day(db, kept)
    doctor = locked_doctor(db, kept.doctor_id)
    was_emergency = kept.emergency_reason is not None
    gate = passed_gate(db, patient, emergency or kept.emergency_reason)
    place = place_of_any_hour(db, doctor, kept.starts_at, kept.kind)
    revive(db, kept, patient, doctor, place, by=by, **gate)
    note_deed(db, by, "no-show undone", f"appointment/{kept.id}")
    if emergency is not None and not was_emergency:
        tell_the_cmo(db, kept, patient, doctor, by)
    return kept


def walk_in(
    db: Session,
    patient: Patient,
    doctor: Doctor,
    kind: VisitKind,
    *,
    form: str,
    by: Account,
    emergency: EmergencyReason | None = None,
) -> Appointment:
    """Give a patient who stands at the desk the doctor's next free time of today, and a token.

    It is a booking like any other, so the gate and both overlaps hold. Refuses a patient who
    waits for this doctor already (AlreadyInQueue), and a day without a free time (NoTimeLeft).
    A time in which the patient is busy elsewhere is passed over where another one is free.
    """
    permit(db, by, Deed.BOOK, patient)
    locked = locked_patient(db, patient.id)
    same_click = clicked(db, form, locked)
    if same_click is not None:
        return same_click
    _refuse_waiting(db, locked, doctor)
    gate = passed_gate(db, locked, emergency)
    today = clock.today(the_hospital(db).zone)
    refuse_unbookable(locked_doctor(db, doctor.id), today)
    place = bookable(db, doctor, _first_for(db, locked, doctor, kind).starts_at, kind)
    row = new_appointment(db, locked, doctor, kind, place, form=form, by=by, **gate)
    arrived = {"status": AppointmentStatus.ARRIVED, "arrived_at": clock.now(), "walk_in": True}
    session = _counted_in(db, doctor.id or 0, place.slot.starts_at) or place.session_begins_at
    row |= {**arrived, "session_begins_at": session, "token": _next_token(db, doctor.id, session)}
    appointment = promise(db, row, locked, doctor, by=by)
    # In the log as it was done: the time was promised before there was anything to owe.
    announce(db, appointment, locked, doctor, by=by)
    bill_at_arrival(db, appointment, locked, doctor, by=by)
    return appointment


def walk_in_time(
    db: Session, patient: Patient, doctor: Doctor, kind: VisitKind, *, by: Account
) -> Slot:
    """The time of a doctor that this patient would get by walking in now.

    Refuses a day without a free time (NoTimeLeft), and one on which the patient is elsewhere
    at each (PatientBusy).
    """
    permit(db, by, Deed.BOOK, patient)
    known(db, Patient, patient.id)
    known(db, Doctor, doctor.id)
    return _first_for(db, patient, doctor, kind)


def _first_for(db: Session, patient: Patient, doctor: Doctor, kind: VisitKind) -> Slot:
    """The first free time of today in which the patient is nowhere else."""
    today = clock.today(the_hospital(db).zone)
    free = free_slots(db, [doctor], today, 1, kind)[doctor.id or 0]
    if not free:
        raise NoTimeLeft(name=doctor.name)
    busy = select(Appointment.starts_at, Appointment.ends_at).where(
        Appointment.patient_id == patient.id,
        col(Appointment.status).in_(LIVE),
        Appointment.ends_at > free[0].starts_at,
        Appointment.starts_at < free[-1].ends_at,
    )
    elsewhere = [Slot(*times) for times in db.exec(busy)]
    for one in free:
        if not any(map(one.overlaps, elsewhere)):
            return one
    raise busy_then(db, patient, free[0])


def _refuse_waiting(db: Session, patient: Patient, doctor: Doctor) -> None:
    begins_at, ends_at = working_day(clock.now(), the_hospital(db).zone)
    row = select(Appointment).where(
        Appointment.patient_id == patient.id,
        Appointment.doctor_id == doctor.id,
        Appointment.status == AppointmentStatus.ARRIVED,
        Appointment.starts_at >= begins_at,
        Appointment.starts_at < ends_at,
    )
    waiting = db.exec(row.limit(1)).first()
    if waiting is not None:
        raise AlreadyInQueue(patient=patient.name, token=waiting.token, name=doctor.name)


def refuse_other_day(db: Session, kept: Appointment) -> None:
    """Refuse (NotThatDay) what is not of the day at work; for siblings."""
    begins_at, ends_at = working_day(clock.now(), the_hospital(db).zone)
    if not begins_at <= kept.starts_at < ends_at:
        raise NotThatDay()


def _next_token(db: Session, doctor_id: int | None, session_begins_at: datetime) -> int:
    """The session's next token, from 1 without a gap: its counter's row is locked till the end."""
    series = f"token/{doctor_id}/{session_begins_at:%Y-%m-%dT%H:%MZ}"
    return next_number(db, series)


def _counted_in(db: Session, doctor_id: int, starts_at: datetime) -> datetime | None:
    """The session by which a time counts its token; None where no session holds it now.

    Where its hours changed after it gave the first token, it goes on counting as it began.
    """
    held = session_at(db, doctor_id, starts_at)
    if held is None:
        return None
    given = select(Appointment.session_begins_at).where(
        Appointment.doctor_id == doctor_id,
        Appointment.starts_at >= held.begins_at,
        Appointment.starts_at < held.ends_at,
        col(Appointment.token).is_not(None),
    )
    newest = given.order_by(col(Appointment.token).desc(), col(Appointment.id).desc())
    return db.exec(newest.limit(1)).first() or held.begins_at
