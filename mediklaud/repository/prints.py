"""Papers as they leave the printer: the first print is the original, later ones duplicates."""

from sqlmodel import Session, col, select

from mediklaud.errors import NotFound
from mediklaud.models import Account, AuditEvent, CreditNote, Invoice, Receipt, Refund
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit, write_down

_PRINTED = "paper printed"


def print_paper(db: Session, number: str, *, by: Account) -> bool:
    """Note in the log that a paper is printed; whether it was before, so this is a duplicate.

    With the paper's row locked, so that of two prints at once one is the duplicate.
    """
    permit(db, by, Deed.SEE_PAPERS, f"paper/{number}")
    # Before the lock, which a look that cannot write may not ask for.
    write_down(db, _PRINTED)
    for table in (Invoice, Receipt, CreditNote, Refund):
        row = select(table).where(col(table.number) == number)
        if db.exec(row.with_for_update()).first() is not None:
            break
    else:
        raise NotFound(what="paper", subject=f"paper/{number}")
    subject = f"{table.__tablename__}/{number}"
    printed = select(AuditEvent.id).where(
        AuditEvent.subject == subject, AuditEvent.deed == _PRINTED
    )
    before = db.exec(printed.limit(1)).first() is not None
    note_deed(db, by, _PRINTED, subject)
    return before
