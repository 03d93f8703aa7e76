"""What the cast does in a row: an appointment booked, a consultation seen and billed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count

from sqlmodel import Session

from mediklaud.database import transaction
from mediklaud.models import Appointment, Doctor, Invoice, Patient, VisitKind
from mediklaud.repository import begin_consultation, book_appointment, finish_consultation
from tests.hospital import Ward, at, ward_of

_forms = count(1)


def a_form() -> str:
    """The id of a form that nobody clicked before."""
    return f"visit-{next(_forms)}"


@contextmanager
def desk() -> Iterator[tuple[Session, Ward]]:
    """One deed in a transaction of its own, with the cast as it sees it."""
    with transaction() as db:
        yield db, ward_of(db)


def book(
    db: Session,
    ward: Ward,
    patient: Patient,
    doctor: Doctor,
    starts_at: datetime | None = None,
    kind: VisitKind = VisitKind.FIRST,
    **asked: object,
) -> Appointment:
    """Meera books a visit, at ten today unless told otherwise."""
    told = {"form": a_form(), "by": ward.meera, **asked}
    return book_appointment(db, patient, doctor, starts_at or at(10), kind, **told)


def finish(db: Session, ward: Ward, appointment: Appointment) -> Invoice | None:
    """The doctor of the appointment sees the patient; returns the bill."""
    by = ward.rao_account if appointment.doctor_id == ward.rao.id else ward.iyer_account
    encounter = begin_consultation(db, appointment, by=by)
    return finish_consultation(db, encounter, "Rest and water.", by=by)


def visit(
    db: Session,
    ward: Ward,
    patient: Patient,
    doctor: Doctor,
    starts_at: datetime | None = None,
    kind: VisitKind = VisitKind.FIRST,
    **asked: object,
) -> Invoice | None:
    """A visit from its booking to its bill, on the day it is booked for."""
    return finish(db, ward, book(db, ward, patient, doctor, starts_at, kind, **asked))
