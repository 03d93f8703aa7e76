"""Appointments: one booking path, whatever the door, with the dues gate inside it."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import expecting
from mediklaud.errors import (
    DoctorOnLeave,
    NoSuchSlot,
    NotBookedAnyMore,
    NotThatDay,
    NotYetTime,
    OnHold,
    PastTime,
    PatientBusy,
    SlotTaken,
    StaleForm,
    TooFarAhead,
)
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    EmergencyReason,
    Encounter,
    Patient,
    Priority,
    VisitKind,
)
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.confirmations import tell_the_cmo, write_letter
from mediklaud.repository.doctors import doctor_with, locked_doctor, refuse_unbookable
from mediklaud.repository.dues import Dues, dues_of
from mediklaud.repository.free_times import FURTHEST_DAYS, next_free
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.sessions import leaves_of, sessions_of
from mediklaud.timetable import Slot, slots_on

STATUS_WORDS = {
    AppointmentStatus.BOOKED: "booked",
    AppointmentStatus.ARRIVED: "marked as arrived",
    AppointmentStatus.FULFILLED: "fulfilled",
    AppointmentStatus.CANCELLED: "cancelled",
    AppointmentStatus.NO_SHOW: "marked as not come",
}


def book_appointment(
    db: Session,
    patient: Patient,
    doctor: Doctor,
    starts_at: datetime,
    kind: VisitKind,
    *,
    form: str,
    by: Account,
    emergency: EmergencyReason | None = None,
) -> Appointment:
    """Promise a free slot of a doctor to a patient and queue the confirmation.

    The dues gate is asked with the patient's row locked, which every deed that changes dues
    locks too. Two desks that want one time meet at no_overlapping_appointments_of_a_doctor:
    one is booked, the other is told the next free time. A second click is the same
    appointment. An emergency passes the gate, never the overlap.
    """
    permit(db, by, Deed.BOOK)
    locked = locked_patient(db, patient.id)
    same_click = db.exec(select(Appointment).where(Appointment.form == form)).first()
    if same_click is not None and same_click.patient_id == locked.id:
        return same_click
    dues = dues_of(db, locked.id)
    if dues.on_hold and emergency is None:
        raise _held_back(locked, dues)
    slot = _bookable(db, doctor, starts_at)
    appointment = Appointment(
        doctor_id=doctor.id or 0,
        patient_id=locked.id or 0,
        kind=VisitKind(kind),
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        priority=Priority.EMERGENCY if emergency else Priority.ROUTINE,
        emergency_reason=emergency,
        **_seen(dues),
        booked_at=clock.now(),
        booked_by=by.id,
        form=form,
    )
    _promise(db, appointment, locked, doctor)
    note_deed(
        db,
        by,
        "appointment booked",
        f"appointment/{appointment.id}",
        patient=locked.id,
        doctor=doctor.id,
        priority=appointment.priority.value,
        dues_paise=dues.total_paise,
    )
    write_letter(db, "booked", appointment, locked, doctor)
    if emergency is not None:
        tell_the_cmo(db, appointment, locked, doctor, by)
    return appointment


def move_appointment(
    db: Session,
    appointment: Appointment,
    doctor: Doctor,
    starts_at: datetime,
    *,
    form: str,
    by: Account,
) -> Appointment:
    """Move a booked appointment to another time or doctor: a new row linked to the old one.

    A change is never blocked by dues. The old time is free the moment the new one is taken;
    where that fails, the old one stands.
    """
    permit(db, by, Deed.CHANGE_APPOINTMENT)
    patient = locked_patient(db, appointment.patient_id)
    same_click = db.exec(select(Appointment).where(Appointment.form == form)).first()
    if same_click is not None and same_click.moved_from_id == appointment.id:
        return same_click
    old = _still(db, appointment, AppointmentStatus.BOOKED, wanted="moved")
    slot = _bookable(db, doctor, starts_at)
    dues = dues_of(db, patient.id)
    _cancel(db, old, reason="Moved to another time")
    moved = Appointment(
        doctor_id=doctor.id or 0,
        patient_id=old.patient_id,
        kind=old.kind,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        priority=old.priority,
        emergency_reason=old.emergency_reason,
        **_seen(dues),
        booked_at=clock.now(),
        booked_by=by.id,
        moved_from_id=old.id,
        form=form,
    )
    _promise(db, moved, patient, doctor)
    note_deed(db, by, "appointment moved", f"appointment/{moved.id}", moved_from=old.id)
    write_letter(db, "moved", moved, patient, doctor)
    return moved


def cancel_appointment(
    db: Session, appointment: Appointment, reason: str, *, by: Account
) -> Appointment:
    """Cancel an appointment; its time is free at once. Dues never block it.

    Once the doctor has begun, there is a consultation to finish and nothing to cancel; the
    two desks wait for each other at the patient's row.
    """
    permit(db, by, Deed.CHANGE_APPOINTMENT)
    patient = locked_patient(db, appointment.patient_id)
    wanted = text.needed(reason, field="Reason", at_most=200)
    live = (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED)
    kept = _still(db, appointment, *live, wanted="cancelled")
    if db.exec(select(Encounter).where(Encounter.appointment_id == kept.id)).first() is not None:
        raise NotBookedAnyMore(status="with the doctor", wanted="cancelled")
    _cancel(db, kept, reason=wanted)
    note_deed(db, by, "appointment cancelled", f"appointment/{kept.id}", reason=wanted)
    write_letter(db, "cancelled", kept, patient, doctor_with(db, kept.doctor_id))
    return kept


def arrive(db: Session, appointment: Appointment, *, by: Account) -> Appointment:
    """Note that the patient is in the waiting room, on the appointment's own day."""
    permit(db, by, Deed.CHANGE_APPOINTMENT)
    locked_patient(db, appointment.patient_id)
    kept = _still(db, appointment, AppointmentStatus.BOOKED, wanted="marked as arrived")
    zone = the_hospital(db).zone
    if clock.day_of(kept.starts_at, zone) != clock.today(zone):
        raise NotThatDay()
    kept.sqlmodel_update({"status": AppointmentStatus.ARRIVED, "arrived_at": clock.now()})
    db.add(kept)
    db.flush()
    note_deed(db, by, "patient arrived", f"appointment/{kept.id}")
    return kept


def note_no_show(db: Session, appointment: Appointment, *, by: Account) -> Appointment:
    """Note that the patient did not come, once the appointment's time has begun."""
    permit(db, by, Deed.CHANGE_APPOINTMENT)
    locked_patient(db, appointment.patient_id)
    kept = _still(db, appointment, AppointmentStatus.BOOKED, wanted="marked as not come")
    if kept.starts_at > clock.now():
        raise NotYetTime(hour=clock.hour_words(kept.starts_at, the_hospital(db).zone))
    kept.status = AppointmentStatus.NO_SHOW
    db.add(kept)
    db.flush()
    note_deed(db, by, "patient did not come", f"appointment/{kept.id}")
    return kept


def _seen(dues: Dues) -> dict[str, Any]:
    """What the gate saw, as the appointment keeps it for the self-check."""
    return {
        "dues_then_paise": dues.total_paise,
        "overdue_then_paise": dues.overdue_paise,
        "dues_limit_then_paise": dues.limit_paise,
        "grace_days_then": dues.grace_days,
        "on_hold": dues.on_hold,
    }


def _held_back(patient: Patient, dues: Dues) -> OnHold:
    listed = ", ".join(
        f"bill {bill.number} of {bill.issued_on:%d %B %Y} ({rupees(bill.owed_paise)})"
        for bill in dues.bills[:4]
    )
    more = f" and {len(dues.bills) - 4} more" if len(dues.bills) > 4 else ""
    return OnHold(patient=patient.name, owed=rupees(dues.total_paise), bills=listed + more)


def _bookable(db: Session, doctor: Doctor, starts_at: datetime) -> Slot:
    zone = the_hospital(db).zone
    day = clock.day_of(starts_at, zone)
    seen = locked_doctor(db, doctor.id)
    if starts_at <= clock.now():
        raise PastTime()
    if day > clock.today(zone) + timedelta(days=FURTHEST_DAYS):
        raise TooFarAhead(days=FURTHEST_DAYS)
    refuse_unbookable(seen, day)
    sessions = sessions_of(db, [seen.id], on_or_after=day)
    slot = next((one for one in slots_on(sessions, day, zone) if one.starts_at == starts_at), None)
    if slot is None:
        raise NoSuchSlot(name=seen.name)
    if leaves_of(db, [seen.id], after=slot.starts_at, before=slot.ends_at):
        raise DoctorOnLeave(name=seen.name)
    return slot


def _promise(db: Session, appointment: Appointment, patient: Patient, doctor: Doctor) -> None:
    try:
        with expecting(
            db,
            no_overlapping_appointments_of_a_doctor=SlotTaken(way_on=""),
            no_overlapping_appointments_of_a_patient=PatientBusy(patient="", doctor="", hour=""),
            a_second_click_is_the_same_appointment=StaleForm(),
            an_appointment_is_moved_once=StaleForm(),
        ):
            db.add(appointment)
    except SlotTaken as taken:
        raise SlotTaken(way_on=next_free(db, doctor, appointment.starts_at)) from taken
    except PatientBusy as busy:
        raise _busy(db, patient, appointment) from busy


def _busy(db: Session, patient: Patient, wanted: Appointment) -> PatientBusy:
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
    appointment, doctor = db.exec(other).one()
    hour = clock.hour_words(appointment.starts_at, the_hospital(db).zone)
    return PatientBusy(patient=patient.name, doctor=doctor.name, hour=hour)


def _still(
    db: Session, appointment: Appointment, *statuses: AppointmentStatus, wanted: str
) -> Appointment:
    row = select(Appointment).where(Appointment.id == appointment.id).with_for_update()
    kept = db.exec(row.execution_options(populate_existing=True)).one()
    if kept.status not in statuses:
        raise NotBookedAnyMore(status=STATUS_WORDS[kept.status], wanted=wanted)
    return kept


def _cancel(db: Session, appointment: Appointment, *, reason: str) -> None:
    cancelled = {"cancelled_at": clock.now(), "cancel_reason": reason}
    appointment.sqlmodel_update({"status": AppointmentStatus.CANCELLED, **cancelled})
    db.add(appointment)
    db.flush()
