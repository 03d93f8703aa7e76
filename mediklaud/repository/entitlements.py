"""Free or cheaper follow-ups: what a paid visit gives, and how much of it is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known
from mediklaud.models import (
    LIVE,
    Account,
    Appointment,
    Charge,
    Doctor,
    Entitlement,
    Hospital,
    Patient,
    VisitKind,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital


@dataclass(frozen=True)
class FollowUps:
    """What is left of an entitlement: so many of its visits used, at this share of the fee."""

    granted_by_id: int
    used: int
    visits: int
    percent: int
    last_day: date

    @property
    def words(self) -> str:
        """As the desk reads it: free visit 1 of 2 until 30 Nov."""
        price = "free" if self.percent == 0 else "cheaper"
        share = f" at {self.percent} % of the fee" if self.percent else ""
        until = f"{self.last_day.day} {self.last_day:%b}"
        return f"{price} visit {self.used + 1} of {self.visits}{share} until {until}"


@dataclass(frozen=True)
class Terms:
    """What an entitled follow-up costs: this share of the fee, after the visit of that day."""

    percent: int
    visit_day: date

    def price(self, fee_paise: int) -> int:
        """The share of a fee, in paise; half a paisa is rounded up."""
        return (fee_paise * self.percent + 50) // 100

    @property
    def words(self) -> str:
        """As a bill's line says it: free after the visit of 23 Nov 2026."""
        share = f"at {self.percent} % of the fee" if self.percent else "free"
        return f"{share} after the visit of {self.visit_day:%d %b %Y}"


# Once its bill is voided, a paid visit gives no more.
_STANDS = (
    select(Charge.id)
    .where(
        col(Charge.appointment_id) == col(Entitlement.granted_by_id),
        col(Charge.voided_at).is_(None),
    )
    .exists()
)
# A cancelled or missed visit counts for nothing, so it comes back by itself.
_USED = (
    select(func.count())
    .select_from(Appointment)
    .where(
        col(Appointment.entitled_by_id) == col(Entitlement.granted_by_id),
        col(Appointment.status).in_(LIVE),
    )
    .correlate(Entitlement)
    .scalar_subquery()
)
_GIVEN = (
    select(Entitlement, _USED)
    .where(_STANDS)
    .order_by(col(Entitlement.last_day), col(Entitlement.id))
)


def follow_ups_of(db: Session, patient_id: int, doctor_id: int, day: date) -> FollowUps | None:
    """The entitlement a follow-up on a day would use, the first to run out; None where none is."""
    rows = _GIVEN.where(
        Entitlement.patient_id == patient_id,
        Entitlement.doctor_id == doctor_id,
        Entitlement.last_day >= day,
        col(Entitlement.visits) > _USED,
    )
    found = db.exec(rows.limit(1)).first()
    return _left(*found) if found else None


def follow_ups_there(
    db: Session, moves: Sequence[tuple[Appointment, int, date]]
) -> dict[int, FollowUps]:
    """The same of follow-ups that would go to a doctor on a day, by appointment; in one read.

    The one that is to be moved counts for nothing itself.
    """
    if not moves:
        return {}
    rows = _GIVEN.where(
        col(Entitlement.patient_id).in_({visit.patient_id for visit, _, _ in moves}),
        col(Entitlement.doctor_id).in_({doctor_id for _, doctor_id, _ in moves}),
        col(Entitlement.last_day) >= min(day for _, _, day in moves),
    )
    given = db.exec(rows).all()
    there = {move[0].id or 0: _first_left(given, *move) for move in moves}
    return {one: left for one, left in there.items() if left}


def _first_left(
    given: Sequence[tuple[Entitlement, int]], visit: Appointment, doctor_id: int, day: date
) -> FollowUps | None:
    for kept, used in given:
        own = visit.status in LIVE and visit.entitled_by_id == kept.granted_by_id
        theirs = (kept.patient_id, kept.doctor_id) == (visit.patient_id, doctor_id)
        if theirs and kept.last_day >= day and used - own < kept.visits:
            return _left(kept, used - own)
    return None


def _left(kept: Entitlement, used: int) -> FollowUps:
    return FollowUps(kept.granted_by_id, used, kept.visits, kept.percent, kept.last_day)


def follow_ups_left(
    db: Session, patient_id: int, doctor_id: int, day: date, *, by: Account
) -> FollowUps | None:
    """The same as `follow_ups_of`, for the desk that books."""
    permit(db, by, Deed.BOOK, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    known(db, Doctor, doctor_id)
    return follow_ups_of(db, patient_id, doctor_id, day)


def entitling_visit(
    db: Session, patient: Patient, doctor_id: int | None, kind: VisitKind, day: date
) -> int | None:
    """The paid visit that entitles a visit of this kind on a day; asked with the patient locked.

    no_more_follow_ups_than_entitled and a_voided_visit_gives_no_more_follow_ups keep it in the
    database.
    """
    if kind is not VisitKind.FOLLOW_UP:
        return None
    found = follow_ups_of(db, patient.id or 0, doctor_id or 0, day)
    return found.granted_by_id if found else None


def grant_follow_ups(db: Session, appointment: Appointment, price_paise: int) -> None:
    """Let a visit that was charged in full give the follow-ups the hospital allows that day.

    Part of billing it; a procedure and an entitled visit give none (a_visit_entitles_once).
    """
    hospital = the_hospital(db)
    full = price_paise > 0 and appointment.entitled_by_id is None
    if not hospital.follow_up_visits or not full or appointment.kind is VisitKind.PROCEDURE:
        return
    day = clock.day_of(appointment.starts_at, hospital.zone)
    db.add(
        Entitlement(
            granted_by_id=appointment.id or 0,
            patient_id=appointment.patient_id,
            doctor_id=appointment.doctor_id,
            visits=hospital.follow_up_visits,
            percent=hospital.follow_up_percent,
            last_day=day + timedelta(days=hospital.follow_up_days),
            granted_at=clock.now(),
        )
    )
    db.flush()


def claim_follow_up(db: Session, appointment: Appointment) -> None:
    """Let a follow-up use what is left now, where it was booked before its paid visit was billed.

    Part of billing it, with the patient's row locked like every deed that uses one.
    """
    if appointment.entitled_by_id is not None or appointment.kind is not VisitKind.FOLLOW_UP:
        return
    day = clock.day_of(appointment.starts_at, the_hospital(db).zone)
    left = follow_ups_of(db, appointment.patient_id, appointment.doctor_id, day)
    appointment.entitled_by_id = left.granted_by_id if left else None
    db.add(appointment)
    db.flush()


def terms_of(db: Session, appointment: Appointment) -> Terms | None:
    """The terms of an entitled follow-up; None where a visit costs its fee."""
    given = (
        select(Entitlement.percent, Appointment.starts_at)
        .join(Appointment, col(Appointment.id) == col(Entitlement.granted_by_id))
        .where(Entitlement.granted_by_id == appointment.entitled_by_id)
    )
    found = db.exec(given).first()
    zone = the_hospital(db).zone
    return Terms(found[0], clock.day_of(found[1], zone)) if found else None


def follow_up_words(hospital: Hospital) -> str:
    """The hospital's rule for follow-ups in a sentence's words, from its settings."""
    visits, percent = hospital.follow_up_visits, hospital.follow_up_percent
    if not visits:
        return "every follow-up costs its fee"
    price = "free follow-up" if percent == 0 else f"follow-up at {percent} % of the fee"
    counted = f"{visits} {price}" if visits == 1 else f"{visits} {_several(price)}"
    days = "1 day" if hospital.follow_up_days == 1 else f"{hospital.follow_up_days} days"
    return f"{counted} within {days} of a paid visit with the same doctor"


def _several(price: str) -> str:
    return price.replace("follow-up", "follow-ups")
