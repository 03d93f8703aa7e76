"""What a patient's earlier appointments tell the desk before it books another one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediklaud.database import known
from mediklaud.models import Account, Appointment, AppointmentStatus, Patient
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit


@dataclass(frozen=True)
class NoShows:
    """How often a patient did not come, and when that was last."""

    count: int
    last_at: datetime | None


def no_shows_of(db: Session, patient_id: int, *, by: Account) -> NoShows:
    """A patient's missed appointments. One whose note was a slip and undone is not counted."""
    permit(db, by, Deed.SEE_DAY, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    missed = select(func.count(), func.max(Appointment.starts_at)).where(
        Appointment.patient_id == patient_id,
        col(Appointment.status) == AppointmentStatus.NO_SHOW,
    )
    return NoShows(*db.exec(missed).one())
