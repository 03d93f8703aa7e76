"""Who may do it, and the row that says who did: the two ends of every deed."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, event, exists, insert, text
from sqlmodel import Session, SQLModel, col, select

from mediklaud import clock, config
from mediklaud.errors import NotPermitted, SignedOut
from mediklaud.models import Account, AccountRole, AuditEvent, Role, SignIn
from mediklaud.permissions import MAY, Deed

# Whoever can run commands on the server owns its database; the log says "console".
CONSOLE = Account(
    username="console",
    name="Console",
    password_hash="-",  # noqa: S106  no password opens it: it is no row
    created_at=datetime.min.replace(tzinfo=UTC),
)
AUDIT_SERIES = "audit"
IDLE_MINUTES = 15
_ROLES = (
    select(col(AccountRole.role))
    .join(Account, col(Account.id) == col(AccountRole.account_id))
    .where(col(Account.id) == bindparam("account_id"), col(Account.active))
)
# A sign-in that was neither ended nor has fallen idle or expired at a moment.
IS_LIVE = (
    col(SignIn.ended_at).is_(None),
    col(SignIn.expires_at) > bindparam("now"),
    col(SignIn.last_seen_at) > bindparam("idle_since"),
)
_SIGNED_IN = exists().where(
    col(SignIn.id) == bindparam("sign_in_id"),
    col(SignIn.account_id) == bindparam("account_id"),
    *IS_LIVE,
)
_ROLES_WHILE_SIGNED_IN = _ROLES.where(_SIGNED_IN)
_NEWEST_SEAL = select(AuditEvent.seal).order_by(col(AuditEvent.id).desc()).limit(1)
_WRITE = insert(SQLModel.metadata.tables["audit_event"])
_COUNT = text(
    "INSERT INTO number_series (name, last) VALUES (:name, :written) "
    "ON CONFLICT (name) DO UPDATE SET last = number_series.last + :written"
)


@dataclass(frozen=True)
class _Entry:
    at: datetime
    account_id: int | None
    account_name: str
    deed: str
    subject: str
    detail: str


def roles_of(db: Session, account: Account) -> frozenset[Role]:
    """The roles an active account holds now; none for a disabled one.

    None either once the sign-in has ended through which the account was fetched.
    """
    db.flush()
    asked = _ROLES if account.sign_in_id is None else _ROLES_WHILE_SIGNED_IN
    return frozenset(db.connection().execute(asked, _who(account)).scalars())


def is_signed_out(db: Session, account: Account) -> bool:
    """Whether the sign-in has ended through which the account was fetched."""
    if account.sign_in_id is None:
        return False
    db.flush()
    return not db.connection().execute(select(_SIGNED_IN), _who(account)).scalar()


def _who(account: Account) -> dict[str, object]:
    if account.sign_in_id is None:
        return {"account_id": account.id}
    return {"account_id": account.id, "sign_in_id": account.sign_in_id, **moment()}


def moment() -> dict[str, datetime]:
    """What IS_LIVE is told of this moment."""
    at = clock.now()
    return {"now": at, "idle_since": at - timedelta(minutes=IDLE_MINUTES)}


def permit(db: Session, by: Account, deed: Deed) -> None:
    """Refuse (NotPermitted) unless the account holds a role for the deed at this moment.

    Roles and sign-in are read anew inside the deed's transaction, in one look: a page, a
    fragment or a callback that was drawn earlier may still be open after the role is gone,
    or after the sign-in was ended elsewhere (SignedOut).
    """
    if by is not CONSOLE and not roles_of(db, by) & MAY[deed]:
        if is_signed_out(db, by):
            raise SignedOut()
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


def noted(db: Session, by: Account, deed: str, subject: str, *, since: datetime) -> bool:
    """Whether this account left such a row since a moment."""
    row = select(AuditEvent.id).where(
        AuditEvent.subject == subject,
        AuditEvent.deed == deed,
        AuditEvent.account_id == by.id,
        AuditEvent.at >= since,
    )
    return db.exec(row.limit(1)).first() is not None


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
