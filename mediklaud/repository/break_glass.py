"""Whose record a doctor may open: own patients; another's for an hour, with a reason, reviewed."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_
from sqlalchemy import select as rows_of
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from mediklaud import clock, contact, text
from mediklaud.database import expecting
from mediklaud.errors import (
    AlreadyReviewed,
    EmptyField,
    GlassOfAnInactiveDoctor,
    NeedsAPerson,
    NotFound,
    NotYourPatient,
    OwnGlass,
    OwnPatient,
    PhoneNotUnderstood,
    StaleForm,
)
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    AppointmentStatus,
    AuditEvent,
    BreakGlass,
    Doctor,
    Encounter,
    GlassReason,
    Patient,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, note_opened, permit, told_as
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.patients import locked_patient

GLASS_MINUTES = 60
GLASSES_A_PAGE = 50
_TO_COME = (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED)
BY_GLASS = "record opened by break-glass"
# A family shares a phone; more than these share none.
_FOUND_AT_MOST = 10


@dataclass(frozen=True)
class Broken:
    """A broken glass as the CMO reviews it: who, whom, why, and when the record was opened."""

    glass: BreakGlass
    account: Account
    doctor: Doctor
    patient: Patient
    reviewer: str
    opened_at: tuple[datetime, ...]


def own_visit(doctor_id: int | None) -> ColumnElement[bool]:
    """An appointment that makes its patient a doctor's own; for siblings.

    It stands, or there was a consultation: one that was cancelled or missed opens nothing.
    To a doctor who was deactivated only what is still to come does.
    """
    consulted = exists().where(col(Encounter.appointment_id) == col(Appointment.id))
    stands = or_(col(Appointment.status).in_(LIVE), consulted)
    sees = or_(col(Appointment.status).in_(_TO_COME), _practises(doctor_id))
    return (col(Appointment.doctor_id) == doctor_id) & stands & sees


def opening_of(db: Session, patient_id: int, *, by: Account) -> BreakGlass | None:
    """Under which broken glass a doctor opens a record; None for an own patient. For siblings.

    Refuses (NotYourPatient) where there is neither. The opening is noted.
    """
    if _is_own(db, patient_id, by):
        note_opened(db, by, patient_id, doctor=by.doctor_id)
        return None
    glass = _live_glass(db, patient_id, by)
    if glass is None or not _is_active(db, by):
        raise NotYourPatient(subject=f"patient/{patient_id}")
    note_opened(db, by, patient_id, BY_GLASS, glass=glass.id)
    return glass


def find_exactly(db: Session, words: str, *, by: Account) -> Sequence[Patient]:
    """Patients by their whole hospital number or phone; nothing less finds anybody.

    That a doctor looked for somebody else's patient is noted. Refuses one who was deactivated
    (GlassOfAnInactiveDoctor).
    """
    permit(db, by, Deed.BREAK_GLASS)
    _refuse_inactive(db, by)
    found = exactly(db, words)
    for patient in found:
        note_opened(db, by, patient.id or 0, "patient looked for", doctor=by.doctor_id)
    return found


def exactly(db: Session, words: str) -> Sequence[Patient]:
    """Patients by their whole hospital number or phone; for siblings, which ask first."""
    wanted = text.line(words, field="Number or phone")
    if not wanted:
        return []
    same = [col(Patient.number) == wanted.upper()]
    with suppress(PhoneNotUnderstood):
        same.append(col(Patient.phone) == contact.phone(wanted, country=the_hospital(db).country))
    rows = select(Patient).where(or_(*same)).order_by(Patient.number)
    return db.exec(rows.limit(_FOUND_AT_MOST)).all()


def break_glass(
    db: Session,
    patient: Patient,
    reason: GlassReason | None,
    words: str = "",
    *,
    form: str,
    by: Account,
) -> BreakGlass:
    """Open the record of another doctor's patient to this doctor for 60 minutes.

    A glass that is still open is the same one; two clicks meet at the patient's row, and at
    a_second_click_is_the_same_glass. The CMO finds it in the review. Refuses a doctor who was
    deactivated (GlassOfAnInactiveDoctor).
    """
    permit(db, by, Deed.BREAK_GLASS, patient)
    _refuse_inactive(db, by, subject=f"patient/{patient.id}")
    told = text.note(words, field="In words", at_most=400)
    if reason is None:
        raise EmptyField(field="Reason")
    if reason is GlassReason.OTHER and not told:
        raise EmptyField(field="In words")
    if by.doctor_id is None:
        raise NotFound(what="doctor")
    kept = locked_patient(db, patient.id)
    if _is_own(db, kept.id or 0, by):
        raise OwnPatient(patient=kept.name)
    standing = _live_glass(db, kept.id or 0, by)
    if standing is not None:
        return standing
    at = clock.now()
    glass = BreakGlass(
        account_id=by.id or 0,
        doctor_id=by.doctor_id,
        patient_id=kept.id or 0,
        reason=GlassReason(reason),
        words=told,
        broken_at=at,
        expires_at=at + timedelta(minutes=GLASS_MINUTES),
        form=form,
    )
    with expecting(db, a_second_click_is_the_same_glass=StaleForm()):
        db.add(glass)
    note_deed(db, by, "glass broken", f"patient/{kept.id}", glass=glass.id, reason=reason.value)
    return glass


def unreviewed_glasses(db: Session, *, by: Account) -> int:
    """How many broken glasses the CMO has not looked at yet."""
    permit(db, by, Deed.REVIEW_GLASS)
    waiting = select(func.count()).select_from(BreakGlass)
    return db.exec(waiting.where(col(BreakGlass.reviewed_at).is_(None))).one()


def glasses_broken(
    db: Session, *, by: Account, reviewed: bool = False, page: int = 1
) -> list[Broken]:
    """The CMO's review: what waits, the oldest first; or what was reviewed, the newest first."""
    permit(db, by, Deed.REVIEW_GLASS)
    reviewer = aliased(Account)
    moment = col(BreakGlass.reviewed_at)
    rows = (
        rows_of(BreakGlass, Account, Doctor, Patient, col(reviewer.name))
        .join(Account, col(Account.id) == col(BreakGlass.account_id))
        .join(Doctor, col(Doctor.id) == col(BreakGlass.doctor_id))
        .join(Patient, col(Patient.id) == col(BreakGlass.patient_id))
        .outerjoin(reviewer, col(reviewer.id) == col(BreakGlass.reviewed_by))
        .where(moment.is_not(None) if reviewed else moment.is_(None))
        .order_by(moment.desc() if reviewed else col(BreakGlass.broken_at))
        .offset((page - 1) * GLASSES_A_PAGE)
        .limit(GLASSES_A_PAGE)
    )
    return [
        Broken(glass, account, doctor, patient, name or "", _openings(db, glass))
        for glass, account, doctor, patient, name in db.execute(rows)
    ]


def review_glass(db: Session, glass_id: int | None, note: str, *, by: Account) -> BreakGlass:
    """Say what came of looking into a broken glass; once, and never of the own one.

    Two CMOs wait for each other at its row; past it stand a_glass_is_reviewed_once and
    nobody_reviews_their_own_glass.
    """
    permit(db, by, Deed.REVIEW_GLASS, f"break_glass/{glass_id}")
    told = text.needed_note(note, field="Note", at_most=1000)
    row = select(BreakGlass).where(BreakGlass.id == glass_id).with_for_update()
    glass = db.exec(row.execution_options(populate_existing=True)).first()
    if glass is None:
        raise NotFound(what="broken glass", subject=f"break_glass/{glass_id}")
    if by.id is None:
        raise NeedsAPerson()
    if glass.reviewed_at is not None:
        raise AlreadyReviewed()
    if glass.account_id == by.id:
        raise OwnGlass(subject=f"break_glass/{glass.id}")
    changed: dict[str, Any] = {"reviewed_at": clock.now(), "reviewed_by": by.id}
    glass.sqlmodel_update({**changed, "review_note": told})
    db.add(glass)
    db.flush()
    note_deed(db, by, "glass reviewed", f"patient/{glass.patient_id}", glass=glass.id)
    return glass


def _practises(doctor_id: int | None) -> ColumnElement[bool]:
    return exists().where(col(Doctor.id) == doctor_id, col(Doctor.active))


def _is_active(db: Session, by: Account) -> bool:
    return db.exec(select(_practises(by.doctor_id))).one()


def _refuse_inactive(db: Session, by: Account, *, subject: str = "") -> None:
    if by.doctor_id is not None and not _is_active(db, by):
        raise GlassOfAnInactiveDoctor(subject=subject)


def _is_own(db: Session, patient_id: int, by: Account) -> bool:
    own = select(Appointment.id).where(
        Appointment.patient_id == patient_id, own_visit(by.doctor_id)
    )
    return db.exec(own.limit(1)).first() is not None


def _live_glass(db: Session, patient_id: int, by: Account) -> BreakGlass | None:
    live = select(BreakGlass).where(
        BreakGlass.patient_id == patient_id,
        BreakGlass.account_id == by.id,
        BreakGlass.doctor_id == by.doctor_id,
        BreakGlass.expires_at > clock.now(),
    )
    return db.exec(live.order_by(col(BreakGlass.expires_at).desc())).first()


def _openings(db: Session, glass: BreakGlass) -> tuple[datetime, ...]:
    rows = select(AuditEvent.at).where(
        AuditEvent.subject == f"patient/{glass.patient_id}",
        AuditEvent.deed == BY_GLASS,
        AuditEvent.account_id == glass.account_id,
        AuditEvent.detail == told_as(glass=glass.id),
        AuditEvent.at >= glass.broken_at,
        AuditEvent.at < glass.expires_at,
    )
    return tuple(db.exec(rows.order_by(col(AuditEvent.at))))
