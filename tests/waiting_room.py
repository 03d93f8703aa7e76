"""What the tests of the waiting room share: patients, walk-ins, tokens and notices."""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session, select

from mediklaud.models import Appointment, Doctor, Message, Patient, VisitKind
from mediklaud.repository import enroll_patient, walk_in
from tests.hospital import ASHA, TODAY, Ward
from tests.visits import a_form

TOMORROW = TODAY + timedelta(days=1)
FIRST = VisitKind.FIRST


def enrolled(db: Session, ward: Ward, count: int) -> list[Patient]:
    """So many patients more, each with a name of their own."""
    return [
        enroll_patient(
            db,
            replace(ASHA, name=f"Patient {one}", phone=f"98860 3{one:04d}"),
            form=f"patient-{one}",
            by=ward.meera,
        )
        for one in range(1, count + 1)
    ]


def walks_in(db: Session, ward: Ward, patient: Patient, doctor: Doctor, **asked) -> Appointment:
    """A patient at Meera's desk, without an appointment."""
    told = {"form": a_form(), "by": ward.meera, **asked}
    return walk_in(db, patient, doctor, told.pop("kind", FIRST), **told)


def notices(db: Session) -> list[Message]:
    """What the CMO was told of emergencies."""
    return list(db.exec(select(Message).where(Message.kind == "emergency")))
