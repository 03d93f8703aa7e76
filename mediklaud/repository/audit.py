"""Who may do it, and the row that says who did: the two ends of every deed."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, event, insert, text
from sqlmodel import Session, SQLModel, col, select

from mediklaud import clock, config
from mediklaud.errors import NotPermitted
from mediklaud.models import Account, AccountRole, AuditEvent, Role
from mediklaud.permissions import MAY, Deed

# Whoever can run commands on the server owns its database; the log says "console".
CONSOLE = Account(
    username="console",
    name="Console",
    password_hash="-",  # noqa: S106  no password opens it: it is no row
    created_at=datetime.min.replace(tzinfo=UTC),
)
AUDIT_SERIES = "audit"
# A record stays open on a screen through many runs; that is one reading.
_ONE_OPENING = timedelta(minutes=15)
_ROLES = (
    select(col(AccountRole.role))
    .join(Account, col(Account.id) == col(AccountRole.account_id))
    .where(col(Account.id) == bindparam("account_id"), col(Account.active))
)
_NEWEST_SEAL = select(AuditEvent.seal).order_by(col(AuditEvent.id).desc()).limit(1)
_WRITE = insert(SQLModel.metadata.tables["audit_event"])
_COUNT = text(
    "INSERT INTO number_series (name, last) VALUES (:name, :written) "
    "ON CONFLICT (name) DO UPDATE SET last = number_series.last + :written"
)


class ToBeWrittenDown(Exception):
    """This reading must leave an audit row, and the present look cannot write one."""


@dataclass(frozen=True)
class _Entry:
    at: datetime
    account_id: int | None
    account_name: str
    deed: str
    subject: str
    detail: str


def roles_of(db: Session, account: Account) -> frozenset[Role]:
    """The roles an active account holds now; none for a disabled one."""
    db.flush()
    return frozenset(db.connection().execute(_ROLES, {"account_id": account.id}).scalars())


def permit(db: Session, by: Account, deed: Deed) -> None:
    """Refuse (NotPermitted) unless the account holds a role for the deed at this moment.

    The roles are read anew inside the deed's transaction: a page, a fragment or a callback
    that was drawn earlier may still be open after the role is gone. What was asked last is
    kept, for the audit row of a refusal (`refusals`).
    """
    db.info["asked"] = (by.id, deed)
    if by is not CONSOLE and not roles_of(db, by) & MAY[deed]:
        raise NotPermitted(deed=deed.value)


def note_deed(db: Session, by: Account, deed: str, subject: str, **detail: object) -> None:
    """Leave one audit row for a deed; it is sealed and written when the transaction commits.

    `subject` is the table and key, such as patient/12. Only then is the end of the chain
    locked, so desks wait for one another no longer than a commit takes.
    """
    entry = _Entry(
        clock.now(), by.id, by.username, deed, subject, json.dumps(detail, sort_keys=True)
    )
    db.info.setdefault("deeds", []).append(entry)


def note_opened(
    db: Session, by: Account, patient_id: int, deed: str = "record opened", **why: object
) -> None:
    """Note that somebody opened what is kept of one patient; once a quarter hour for each deed.

    Called by the very verb that reads it. On a look that cannot write it raises
    ToBeWrittenDown where a row is due, so nothing is read unnoted, and a reading that is
    noted already takes no lock. What the console reads is not a person's reading.
    """
    subject = f"patient/{patient_id}"
    if by.id is None or noted(db, by, deed, subject, since=clock.now() - _ONE_OPENING):
        return
    if db.connection().get_execution_options().get("reading"):
        raise ToBeWrittenDown(deed)
    note_deed(db, by, deed, subject, **why)


def noted(db: Session, by: Account, deed: str, subject: str, *, since: datetime) -> bool:
    """Whether this account left such a row since a moment, or does so in this transaction."""
    if any((one.account_id, one.deed, one.subject) == (by.id, deed, subject) for one in _due(db)):
        return True
    row = select(AuditEvent.id).where(
        AuditEvent.subject == subject,
        AuditEvent.deed == deed,
        AuditEvent.account_id == by.id,
        AuditEvent.at >= since,
    )
    return db.exec(row.limit(1)).first() is not None


def _due(db: Session) -> list[_Entry]:
    entries: list[_Entry] = db.info.get("deeds", [])
    return entries


def seal_of(row: AuditEvent) -> str:
    """The row's HMAC-SHA256 over its own words and the seal before it."""
    return _seal(row, row.previous_seal)


def _seal(row: AuditEvent | _Entry, previous_seal: str) -> str:
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    words = (at, str(row.account_id), row.account_name, row.deed, row.subject, row.detail)
    sealed = json.dumps([previous_seal, *words]).encode()
    return hmac.new(config.key(), sealed, hashlib.sha256).hexdigest()


@event.listens_for(Session, "before_commit")
def _write_deeds(db: Session) -> None:
    if db.in_nested_transaction():
        return
    entries: list[_Entry] = db.info.pop("deeds", [])
    if not entries:
        return
    # All else is written before the counter's row, which is the lock of the chain's end and
    # shows a tail that was cut off.
    db.flush()
    connection = db.connection()
    connection.execute(_COUNT, {"name": AUDIT_SERIES, "written": len(entries)})
    last = connection.execute(_NEWEST_SEAL).scalar() or ""
    rows = []
    for entry in entries:
        row = {**vars(entry), "previous_seal": last}
        last = _seal(entry, last)
        rows.append({**row, "seal": last})
    # In the order of the chain, which their ids follow.
    connection.execute(_WRITE, rows)
