"""What somebody was refused leaves an audit row too, in a transaction of its own."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import WHEN_REFUSED, reading, transaction
from mediklaud.errors import AccessRefused, Refusal
from mediklaud.models import Account, AuditEvent
from mediklaud.repository.audit import note_deed, noted, sit_down

REFUSED = "access refused"
# A page that is refused on every run would fill the log: one row a minute says the same, and
# whoever was refused so often within the hour is found by the rows that stand.
_SAME = timedelta(minutes=1)
MOST_AN_HOUR = 60


def note_refused(asked: dict[Any, Any], refusal: Refusal) -> None:
    """Note who was refused what by which deed; the deed itself left nothing.

    Where even this cannot be written the refusal stands all the same.
    """
    account_id, sign_in_id, deed = asked.get("asked", (None, None, None))
    if not isinstance(refusal, AccessRefused) or account_id is None:
        return
    subject = refusal.subject[:80] or f"account/{account_id}"
    told = {"asked": deed.value, "refused": type(refusal).__name__}
    with suppress(Refusal, SQLAlchemyError):
        with reading() as db:
            sit_down(db, account_id, sign_in_id)
            by = db.get(Account, account_id)
            if by is None or _is_told(db, by, subject, told):
                return
        with transaction() as db:
            # From the sign-in that asked.
            sit_down(db, account_id, sign_in_id)
            note_deed(db, by, REFUSED, subject, **told)


def _is_told(db: Session, by: Account, subject: str, told: dict[str, str]) -> bool:
    now = clock.now()
    if noted(db, by, REFUSED, subject, since=now - _SAME, **told):
        return True
    lately = select(func.count()).where(
        col(AuditEvent.at) >= now - timedelta(hours=1),
        AuditEvent.deed == REFUSED,
        AuditEvent.account_id == by.id,
    )
    return db.exec(lately).one() >= MOST_AN_HOUR


WHEN_REFUSED.append(note_refused)
