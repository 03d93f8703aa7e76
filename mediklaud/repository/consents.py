"""Which letters a patient agreed to: for care and bills, and for reminders; when, and by whom."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known
from mediklaud.models import Account, Consent, Patient, Purpose
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit

# Where the patient's row says how the newest consent of a purpose stands.
_WORDS = {Purpose.CARE: "mail_for_care", Purpose.REMINDERS: "mail_for_reminders"}


def note_consents(
    db: Session, patient: Patient, *, before: dict[str, Any] | None, by: Account
) -> None:
    """Write down what a patient now agrees to, in the transaction that changes it; for siblings.

    `before` holds what stood there, nothing for somebody new: then only a yes is written.
    """
    for purpose, word in _WORDS.items():
        given = bool(getattr(patient, word))
        if given != (before[word] if before else False):
            db.add(
                Consent(
                    patient_id=patient.id or 0,
                    purpose=purpose,
                    given=given,
                    said_at=clock.now(),
                    account_id=by.id,
                )
            )
    db.flush()


def consents_of(
    db: Session, patient_id: int, *, by: Account
) -> Sequence[tuple[Consent, str | None]]:
    """What a patient said about letters, the newest first, with who wrote it down."""
    permit(db, by, Deed.FIND_PATIENT, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    rows = (
        select(Consent, Account.name)
        .outerjoin(Account, col(Account.id) == col(Consent.account_id))
        .where(Consent.patient_id == patient_id)
        .order_by(col(Consent.said_at).desc(), col(Consent.id).desc())
        .limit(20)
    )
    return db.exec(rows).all()
