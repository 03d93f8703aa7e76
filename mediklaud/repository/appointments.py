"""Appointments: booked, booked over the session's times, moved, cancelled, and restored."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import there
from mediklaud.errors import (
    NotBookedAnyMore,
    NothingToUndo,
    NotOverFree,
    PastTime,
    Refusal,
    SessionFull,
)
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    EmergencyReason,
    Encounter,
    Hold,
    Patient,
    VisitKind,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import Change, note_deed, permit
from mediklaud.repository.confirmations import tell_the_cmo, write_letter
from mediklaud.repository.credit_notes import unbill
from mediklaud.repository.doctors import doctor_with, locked_doctor
from mediklaud.repository.dues import dues_of
from mediklaud.repository.entitlements import entitling_visit
from mediklaud.repository.hospital import rules_of_the_house, the_hospital
from mediklaud.repository.patients import lock_patient, locked_patient
from mediklaud.repository.promises import (
    Place,
    bookable,
    passed_gate,
    place_of_any_hour,
    promise,
    promise_again,
    seen,
)

_CLICKED = select(Appointment.id).where(
    col(Appointment.form) == bindparam("form"),
    col(Appointment.patient_id) == bindparam("patient_id"),
)
# What a new appointment is unless its booking says otherwise.
_AS_A_RULE = {
    word: field.default
    for word, field in Appointment.model_fields.items()
    if word != "id" and not field.is_required()
}
# What may still be cancelled or moved, as long as the doctor has not begun.
_NOT_BEGUN = (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED)
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
    hold: str | None = None,
) -> Appointment:
    """Promise a free slot of a doctor to a patient and queue the confirmation.

    The dues gate is asked with the patient's row locked, which every deed that changes dues
    locks too. Two desks that want one time meet at no_overlapping_appointments_of_a_doctor:
    one is booked, the other is told the next free time. A second click is the same
    appointment. An emergency passes the gate, never the overlap. With a hold named, it is
    used up, and one that has run out books nothing (HoldRanOut).
    """
    permit(db, by, Deed.BOOK)
    locked = lock_patient(db, patient.id)
    try:
        gate = passed_gate(db, locked, emergency)
        place = bookable(db, doctor, starts_at, kind)
        row = new_appointment(db, locked, doctor, kind, place, form=form, by=by, **gate)
        appointment = promise(db, row, locked, doctor, by=by, hold=hold)
    except Refusal:
        # A second click is refused in any case, at the latest by the first one's own row.
        same_click = clicked(db, form, locked)
        if same_click is None:
            raise
        return same_click
    announce(db, appointment, locked, doctor, by=by)
    return appointment


def overbook_appointment(
    db: Session,
    patient: Patient,
    doctor: Doctor,
    starts_at: datetime,
    kind: VisitKind,
    reason: str,
    *,
    form: str,
    by: Account,
    emergency: EmergencyReason | None = None,
) -> Appointment:
    """Promise a time that nobody can book any more to one patient more, for a reason.

    One that is taken, or that runs by now; the session's last one also after it, while somebody
    of the session is still here (PastTime otherwise). The hospital's cap counts for each session
    (one_overbooking_a_place, overbooking_stays_within_its_cap): refuses a session that is full
    (SessionFull), and a time that is free (NotOverFree). The patient's own time is never
    promised twice.
    """
    permit(db, by, Deed.OVERBOOK)
    locked = locked_patient(db, patient.id)
    same_click = clicked(db, form, locked)
    if same_click is not None:
        return same_click
    why = text.needed(reason, field="Reason", at_most=200)
    gate = passed_gate(db, locked, emergency)
    place = place_of_any_hour(db, doctor, starts_at, kind)
    if not _is_open_still(db, doctor, place):
        raise PastTime()
    if place.slot.starts_at > clock.now() and not _is_taken(db, doctor, place, by):
        raise NotOverFree()
    over = {**_overbooking(db, doctor, place.session_begins_at), "overbook_reason": why}
    row = new_appointment(db, locked, doctor, kind, place, form=form, by=by, **gate, **over)
    appointment = promise(db, row, locked, doctor, by=by)
    announce(db, appointment, locked, doctor, by=by)
    return appointment


def new_appointment(
    db: Session,
    patient: Patient,
    doctor: Doctor,
    kind: VisitKind,
    place: Place,
    *,
    form: str,
    by: Account,
    **more: Any,
) -> dict[str, Any]:
    """An appointment's row as it will be promised; for siblings, which hand it to `promise`."""
    now = clock.now()
    day = clock.day_of(place.slot.starts_at, rules_of_the_house(db).zone)
    return {
        **_AS_A_RULE,
        "doctor_id": doctor.id,
        "patient_id": patient.id,
        "kind": VisitKind(kind),
        "starts_at": place.slot.starts_at,
        "ends_at": place.slot.ends_at,
        "session_begins_at": place.session_begins_at,
        "entitled_by_id": entitling_visit(db, patient, doctor.id, kind, day),
        "booked_at": now,
        "promised_at": now,
        "booked_by": by.id,
        "form": form,
        **more,
    }


def announce(
    db: Session, appointment: Appointment, patient: Patient, doctor: Doctor, *, by: Account
) -> None:
    """Leave the audit row of a booking and queue its letters; for siblings."""
    note_deed(
        db,
        by,
        "appointment booked",
        f"appointment/{appointment.id}",
        patient=patient.id,
        doctor=doctor.id,
        priority=appointment.priority.value,
        dues_paise=appointment.dues_then_paise,
        **({"overbooked": appointment.overbook_reason} if appointment.overbook_reason else {}),
    )
    write_letter(db, "booked", appointment, patient, doctor)
    if appointment.emergency_reason is not None:
        tell_the_cmo(db, appointment, patient, doctor, by)


def move_appointment(
    db: Session,
    appointment: Appointment,
    doctor: Doctor,
    starts_at: datetime,
    *,
    form: str,
    by: Account,
    hold: str | None = None,
) -> Appointment:
    """Move an appointment to another time or doctor: a new row linked to the old one.

    A change is never blocked by dues, while there is a time to change: one that is over is
    booked anew, through the gate (a_past_time_is_not_moved_past_the_gate). The old time is free
    the moment the new one is taken; where that fails, the old one stands. Who waits already is
    expected anew: token, arrival and what the arrival was billed end with the old time.
    """
    permit(db, by, Deed.CHANGE_APPOINTMENT)
    return move_booked(db, appointment, doctor, starts_at, form=form, by=by, hold=hold)


def move_booked(
    db: Session,
    appointment: Appointment,
    doctor: Doctor,
    starts_at: datetime,
    *,
    form: str,
    by: Account,
    reason: str = "Moved to another time",
    hold: str | None = None,
) -> Appointment:
    """What moving is, once the desk is known to be allowed it; for siblings."""
    patient = locked_patient(db, appointment.patient_id)
    same_click = db.exec(select(Appointment).where(Appointment.form == form)).first()
    if same_click is not None and same_click.moved_from_id == appointment.id:
        return same_click
    old = still(db, appointment, *_NOT_BEGUN, wanted="moved")
    refuse_begun(db, old, wanted="moved")
    # Both doctors in one order, so that two moves that cross do not wait for each other.
    for doctor_id in sorted({old.doctor_id, doctor.id or 0}):
        locked_doctor(db, doctor_id)
    place = bookable(db, doctor, starts_at, old.kind)
    _cancel(db, old, reason=reason)
    # Who arrived may be billed already.
    unbill(db, old, "The visit was moved", by=by)
    row = new_appointment(
        db,
        patient,
        doctor,
        old.kind,
        place,
        form=form,
        by=by,
        **_gate_of_move(db, patient, old),
        moved_from_id=old.id,
        calendar_sequence=old.calendar_sequence + 1,
    )
    moved = promise(db, row, patient, doctor, by=by, hold=hold)
    note_deed(
        db,
        by,
        "appointment moved",
        f"appointment/{moved.id}",
        patient=patient.id,
        moved_from=old.id,
        starts_at=Change(old.starts_at, moved.starts_at),
        doctor=Change(old.doctor_id, moved.doctor_id),
    )
    write_letter(db, "moved", moved, patient, doctor)
    return moved


def _gate_of_move(db: Session, patient: Patient, old: Appointment) -> dict[str, Any]:
    """What a move's gate saw, and when: asked where the old time is over, else only noted."""
    now = clock.now()
    moment = {"booked_at": now, "promised_at": now}
    if old.ends_at <= now:
        return {**moment, **passed_gate(db, patient, old.emergency_reason)}
    urgent = {"priority": old.priority, "emergency_reason": old.emergency_reason}
    return {**moment, **urgent, **seen(dues_of(db, patient.id))}


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
    kept = still(db, appointment, *_NOT_BEGUN, wanted="cancelled")
    refuse_begun(db, kept, wanted="cancelled")
    _cancel(db, kept, reason=wanted)
    # Who arrived may be billed already.
    unbill(db, kept, "The visit was cancelled", by=by)
    kept.calendar_sequence += 1
    note_deed(
        db, by, "appointment cancelled", f"appointment/{kept.id}", patient=patient.id, reason=wanted
    )
    write_letter(db, "cancelled", kept, patient, doctor_with(db, kept.doctor_id))
    return kept


def restore_appointment(
    db: Session,
    appointment: Appointment,
    *,
    by: Account,
    emergency: EmergencyReason | None = None,
) -> Appointment:
    """Undo a cancellation that was a slip, and say so in a letter.

    It is a booking anew: the gate, the sessions, leave, holidays, holds and both overlaps are
    asked again. Refuses what was moved on or is not cancelled (NothingToUndo).
    """
    permit(db, by, Deed.CHANGE_APPOINTMENT)
    patient = locked_patient(db, appointment.patient_id)
    kept = _reread(db, appointment)
    moved_on = select(Appointment.id).where(Appointment.moved_from_id == kept.id)
    if db.exec(moved_on).first() is not None:
        raise NothingToUndo(status="moved to another time")
    if kept.status is not AppointmentStatus.CANCELLED:
        raise NothingToUndo(status=STATUS_WORDS[kept.status])
    doctor = doctor_with(db, kept.doctor_id)
    was_emergency = kept.emergency_reason is not None
    gate = passed_gate(db, patient, emergency or kept.emergency_reason)
    place = bookable(db, doctor, kept.starts_at, kept.kind)
    revive(db, kept, patient, doctor, place, by=by, **gate)
    kept.calendar_sequence += 1
    note_deed(db, by, "cancellation undone", f"appointment/{kept.id}")
    write_letter(db, "restored", kept, patient, doctor)
    if emergency is not None and not was_emergency:
        tell_the_cmo(db, kept, patient, doctor, by)
    return kept


def revive(
    db: Session,
    kept: Appointment,
    patient: Patient,
    doctor: Doctor,
    place: Place,
    *,
    by: Account,
    **changes: Any,
) -> None:
    """Make an appointment live again through the one door; for siblings."""
    day = clock.day_of(kept.starts_at, the_hospital(db).zone)
    arrived = kept.arrived_at is not None
    # The session may have been opened anew meanwhile; a token stays with the one it was given in.
    session = place.session_begins_at if kept.token is None else kept.session_begins_at
    changes = {
        "ends_at": place.slot.ends_at,
        "session_begins_at": session,
        "status": AppointmentStatus.ARRIVED if arrived else AppointmentStatus.BOOKED,
        "cancelled_at": None,
        "cancel_reason": None,
        "promised_at": clock.now(),
        "entitled_by_id": entitling_visit(db, patient, doctor.id, kept.kind, day),
        **changes,
    }
    if kept.overbook_number is not None:
        changes |= _overbooking(db, doctor, session)
    promise_again(db, kept, patient, doctor, by=by, changes=changes)


def still(
    db: Session, appointment: Appointment, *statuses: AppointmentStatus, wanted: str
) -> Appointment:
    """The appointment as it is now, locked; refuses where it has another status by now."""
    kept = _reread(db, appointment)
    if kept.status not in statuses:
        raise NotBookedAnyMore(status=STATUS_WORDS[kept.status], wanted=wanted)
    return kept


def refuse_begun(db: Session, kept: Appointment, *, wanted: str) -> None:
    """Refuse what the doctor has begun (NotBookedAnyMore): it can only be finished."""
    if db.exec(select(Encounter).where(Encounter.appointment_id == kept.id)).first() is not None:
        raise NotBookedAnyMore(status="with the doctor", wanted=wanted)


def _reread(db: Session, appointment: Appointment) -> Appointment:
    row = select(Appointment).where(Appointment.id == appointment.id).with_for_update()
    kept = db.exec(row.execution_options(populate_existing=True)).first()
    return there(kept, "appointment", appointment.id)


def clicked(db: Session, form: str, patient: Patient) -> Appointment | None:
    """What an earlier click on the same form booked for this patient; for siblings."""
    told = {"form": form, "patient_id": patient.id}
    found = db.connection().execute(_CLICKED, told).scalar()
    return db.get_one(Appointment, found) if found is not None else None


def _is_open_still(db: Session, doctor: Doctor, place: Place) -> bool:
    """Whether somebody can still come at a time: it is not over, or the doctor is late with it."""
    if place.slot.ends_at > clock.now():
        return True
    return place.is_last and runs_late(db, doctor, place.session_begins_at)


def runs_late(db: Session, doctor: Doctor, session_begins_at: datetime) -> bool:
    """Whether somebody of a session waits or is with the doctor; open to every desk."""
    here = select(Appointment.id).where(
        Appointment.doctor_id == doctor.id,
        Appointment.session_begins_at == session_begins_at,
        Appointment.status == AppointmentStatus.ARRIVED,
    )
    return db.exec(here.limit(1)).first() is not None


def _is_taken(db: Session, doctor: Doctor, place: Place, by: Account) -> bool:
    """Whether a time is promised, or held by another clerk than `by`."""
    taken = select(Appointment.id).where(
        Appointment.doctor_id == doctor.id,
        col(Appointment.status).in_(LIVE),
        col(Appointment.overbook_number).is_(None),
        Appointment.starts_at < place.slot.ends_at,
        Appointment.ends_at > place.slot.starts_at,
    )
    held = select(Hold.id).where(
        Hold.doctor_id == doctor.id,
        Hold.account_id != by.id,
        Hold.expires_at > clock.now(),
        Hold.starts_at < place.slot.ends_at,
        Hold.ends_at > place.slot.starts_at,
    )
    return any(db.exec(rows.limit(1)).first() is not None for rows in (taken, held))


def _overbooking(db: Session, doctor: Doctor, session_begins_at: datetime | None) -> dict[str, int]:
    """The first place that is free among the session's overbookings, with the doctor locked."""
    cap = the_hospital(db).overbookings_a_session
    used = db.exec(
        select(Appointment.overbook_number).where(
            Appointment.doctor_id == doctor.id,
            Appointment.session_begins_at == session_begins_at,
            col(Appointment.overbook_number).is_not(None),
            col(Appointment.status).in_(LIVE),
        )
    ).all()
    number = next((one for one in range(1, cap + 1) if one not in used), None)
    if number is None:
        raise SessionFull(cap=cap)
    return {"overbook_number": number, "overbook_cap_then": cap}


def overbookings_left(db: Session, doctor: Doctor, session_begins_at: datetime) -> int:
    """How many more may be booked over the times of a session; open to every desk."""
    used = select(func.count()).where(
        Appointment.doctor_id == doctor.id,
        Appointment.session_begins_at == session_begins_at,
        col(Appointment.overbook_number).is_not(None),
        col(Appointment.status).in_(LIVE),
    )
    return max(0, the_hospital(db).overbookings_a_session - db.exec(used).one())


def _cancel(db: Session, appointment: Appointment, *, reason: str) -> None:
    cancelled = {"cancelled_at": clock.now(), "cancel_reason": reason}
    appointment.sqlmodel_update({"status": AppointmentStatus.CANCELLED, **cancelled})
    db.add(appointment)
    db.flush()
