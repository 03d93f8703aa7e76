"""Appointments: one booking path, whatever the door, with the dues gate inside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from mediklaud import clock, letters, text
from mediklaud.database import expecting
from mediklaud.envelope import domain_of
from mediklaud.errors import (
    DoctorOnLeave,
    NoSuchSlot,
    NotBookedAnyMore,
    NotFound,
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
    AccountRole,
    Appointment,
    AppointmentStatus,
    Doctor,
    EmergencyReason,
    Encounter,
    Message,
    Patient,
    Priority,
    Role,
    VisitKind,
)
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.doctors import doctor_with, locked_doctor, refuse_unbookable
from mediklaud.repository.dues import Dues, dues_of
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.outbox import letters_of, queue_letter
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.sessions import leaves_of, sessions_of, taken_by_leave
from mediklaud.timetable import Slot, days, free, slots_on

FURTHEST_DAYS = 180
VISITS_A_PAGE = 200
STATUS_WORDS = {
    AppointmentStatus.BOOKED: "booked",
    AppointmentStatus.ARRIVED: "marked as arrived",
    AppointmentStatus.FULFILLED: "fulfilled",
    AppointmentStatus.CANCELLED: "cancelled",
    AppointmentStatus.NO_SHOW: "marked as not come",
}


@dataclass(frozen=True)
class Visit:
    """An appointment with the people it concerns and the state of its newest letter."""

    appointment: Appointment
    patient: Patient
    doctor: Doctor
    letter: Message | None


def free_slots(
    db: Session, doctors: Sequence[Doctor], first_day: date, count: int
) -> dict[int, list[Slot]]:
    """The free times of doctors over so many days from the first, by doctor's id.

    Free times are sessions, minus leave, minus live appointments, after this moment. Days
    past the booking horizon or the doctor's council registration have none.
    """
    hospital = the_hospital(db)
    ids = [doctor.id for doctor in doctors]
    furthest = clock.today(hospital.zone) + timedelta(days=FURTHEST_DAYS)
    wanted = [day for day in days(first_day, count) if day <= furthest]
    if not wanted:
        return {doctor_id: [] for doctor_id in ids if doctor_id}
    after = clock.day_bounds(wanted[0], hospital.zone)[0]
    before = clock.day_bounds(wanted[-1], hospital.zone)[1]
    sessions = sessions_of(db, ids, on_or_after=wanted[0])
    taken = taken_by_leave(leaves_of(db, ids, after=after, before=before))
    for doctor_id, slot in _promised(db, ids, after, before):
        taken.setdefault(doctor_id, []).append(slot)
    found = {}
    for doctor in doctors:
        own = [session for session in sessions if session.doctor_id == doctor.id]
        expires_on = doctor.registration_expires_on or furthest
        cut = (slots_on(own, day, hospital.zone) for day in wanted if day <= expires_on)
        slots = [slot for of_day in cut for slot in of_day] if doctor.active else []
        found[doctor.id or 0] = free(slots, taken.get(doctor.id or 0, []), after=clock.now())
    return found


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
    _write_letter(db, "booked", appointment, locked, doctor)
    if emergency is not None:
        _tell_the_cmo(db, appointment, locked, doctor, by)
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
    _write_letter(db, "moved", moved, patient, doctor)
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
    _write_letter(db, "cancelled", kept, patient, doctor_with(db, kept.doctor_id))
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


def appointment_with(db: Session, appointment_id: int) -> Appointment:
    """The appointment of an id; refuses an unknown one (NotFound)."""
    found = db.get(Appointment, appointment_id)
    if found is None:
        raise NotFound(what="appointment")
    return found


def day_visits(
    db: Session, day: date, *, by: Account, doctor_id: int | None = None, page: int = 1
) -> list[Visit]:
    """The front desk's list of a day, by time, cancelled ones too; a page of it at a time."""
    permit(db, by, Deed.SEE_DAY)
    skipped = (page - 1) * VISITS_A_PAGE
    return visits_where(db, *_of_day(db, day, doctor_id), at_most=VISITS_A_PAGE, skipped=skipped)


def day_pages(db: Session, day: date, *, by: Account, doctor_id: int | None = None) -> int:
    """How many pages the list of a day has; an empty day has one."""
    permit(db, by, Deed.SEE_DAY)
    size = select(func.count()).select_from(Appointment).where(*_of_day(db, day, doctor_id))
    return max(1, -(-db.exec(size).one() // VISITS_A_PAGE))


def _of_day(db: Session, day: date, doctor_id: int | None) -> list[ColumnElement[bool]]:
    begins_at, ends_at = clock.day_bounds(day, the_hospital(db).zone)
    conditions = [col(Appointment.starts_at) >= begins_at, col(Appointment.starts_at) < ends_at]
    if doctor_id is not None:
        conditions.append(col(Appointment.doctor_id) == doctor_id)
    return conditions


def upcoming_visits(db: Session, patient_id: int, *, by: Account) -> list[Visit]:
    """A patient's booked appointments that are still to come, for the front desk."""
    permit(db, by, Deed.SEE_DAY)
    return visits_where(
        db,
        Appointment.patient_id == patient_id,
        Appointment.status == AppointmentStatus.BOOKED,
        Appointment.ends_at > clock.now(),
    )


def letters_to_call(db: Session, *, by: Account) -> list[Visit]:
    """Appointments to come whose letter cannot be delivered: these patients are called."""
    permit(db, by, Deed.SEE_DAY)
    visits = visits_where(
        db,
        Appointment.status == AppointmentStatus.BOOKED,
        Appointment.starts_at > clock.now(),
        col(Appointment.id).in_(
            select(Message.appointment_id).where(col(Message.status).in_(("failed", "unaddressed")))
        ),
    )
    undelivered = ("failed", "unaddressed")
    return [one for one in visits if one.letter and one.letter.status in undelivered]


def visits_where(
    db: Session, *conditions: object, at_most: int = 500, skipped: int = 0
) -> list[Visit]:
    """Appointments with patient, doctor and newest letter, by time. For siblings, not pages."""
    rows = (
        select(Appointment, Patient, Doctor)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .join(Doctor, col(Doctor.id) == col(Appointment.doctor_id))
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(col(Appointment.starts_at), Doctor.name, col(Appointment.id))
        .offset(skipped)
        .limit(at_most)
    )
    found = db.exec(rows).all()
    newest = letters_of(db, [appointment.id or 0 for appointment, _, _ in found])
    return [
        Visit(appointment, patient, doctor, newest.get(appointment.id or 0))
        for appointment, patient, doctor in found
    ]


def _promised(
    db: Session, doctor_ids: Sequence[int | None], after: datetime, before: datetime
) -> list[tuple[int, Slot]]:
    rows = select(Appointment.doctor_id, Appointment.starts_at, Appointment.ends_at).where(
        col(Appointment.doctor_id).in_(doctor_ids),
        col(Appointment.status).in_(LIVE),
        # No slot is longer than 4 hours, so none from before that reaches in.
        Appointment.starts_at > after - timedelta(hours=4),
        Appointment.starts_at < before,
    )
    return [(doctor_id, Slot(starts, ends)) for doctor_id, starts, ends in db.exec(rows)]


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
        raise SlotTaken(way_on=_next_free(db, doctor, appointment.starts_at)) from taken
    except PatientBusy as busy:
        raise _busy(db, patient, appointment) from busy


def _next_free(db: Session, doctor: Doctor, starts_at: datetime) -> str:
    zone = the_hospital(db).zone
    found = free_slots(db, [doctor], clock.day_of(starts_at, zone), 28)[doctor.id or 0]
    later = [slot for slot in found if slot.starts_at > starts_at] or found
    if not later:
        return f"{doctor.name} has no free time within four weeks; choose another doctor."
    return f"The next free time is {clock.moment_words(later[0].starts_at, zone)}."


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


def _chain(db: Session, appointment: Appointment) -> tuple[int, int]:
    """The first appointment of a chain of moves, and how many moves it took."""
    moves, first = 0, appointment
    while first.moved_from_id is not None:
        first = db.get_one(Appointment, first.moved_from_id)
        moves += 1
    return first.id or 0, moves


def _write_letter(
    db: Session, kind: str, appointment: Appointment, patient: Patient, doctor: Doctor
) -> None:
    hospital = the_hospital(db)
    first_id, moves = _chain(db, appointment)
    facts = letters.Booking(
        # The calendar entry of a moved appointment moves with it, so it keeps the first id.
        appointment_id=first_id,
        version=1 + moves + (kind == "cancelled"),
        hospital_name=hospital.name,
        hospital_address=hospital.address,
        hospital_phone=hospital.phone,
        hospital_email=hospital.email,
        patient_name=patient.name,
        patient_email=patient.email,
        doctor_name=doctor.name,
        specialty=doctor.specialty,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=hospital.zone,
        sent_at=clock.now(),
    )
    write = {"booked": letters.booked, "moved": letters.moved, "cancelled": letters.cancelled}
    queue_letter(
        db,
        write[kind](facts),
        subject=f"appointment/{appointment.id}",
        kind=kind,
        appointment_id=appointment.id,
        to_address=patient.email,
        to_name=patient.name,
        domain=domain_of(hospital.email),
        version=facts.version,
    )


def _tell_the_cmo(
    db: Session, appointment: Appointment, patient: Patient, doctor: Doctor, by: Account
) -> None:
    hospital, reason = the_hospital(db), appointment.emergency_reason
    assert reason is not None, "an_emergency_has_a_reason"
    told = letters.Emergency(
        hospital_name=hospital.name,
        hospital_address=hospital.address,
        hospital_phone=hospital.phone,
        patient_number=patient.number,
        doctor_name=doctor.name,
        starts_at=appointment.starts_at,
        zone=hospital.zone,
        reason=reason,
        owed=rupees(appointment.dues_then_paise),
        booked_by=by.name,
    )
    chiefs = (
        select(Account)
        .join(AccountRole, col(AccountRole.account_id) == col(Account.id))
        .where(AccountRole.role == Role.CMO, col(Account.active))
    )
    for chief in db.exec(chiefs).all():
        queue_letter(
            db,
            letters.emergency_notice(told),
            subject=f"appointment/{appointment.id}/account/{chief.id}",
            kind="emergency",
            appointment_id=None,
            to_address=chief.email,
            to_name=chief.name,
            domain=domain_of(hospital.email),
        )
