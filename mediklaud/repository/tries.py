"""Tries at a name: counted before they are judged, so that many at once get no more than ten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from mediklaud import clock, config
from mediklaud.database import one_after_another
from mediklaud.models import Account, SignInAttempt
from mediklaud.passwords import nobodys
from mediklaud.repository.audit import note_deed, outsider

TRIES = 10
LOCKED_MINUTES = 15
_WINDOW = timedelta(minutes=LOCKED_MINUTES)
# Who was wrong is not known: whoever it was is not signed in.
VISITOR = outsider("visitor", "Somebody at the sign-in form")


@dataclass(frozen=True)
class Try:
    """A try at a name that was counted, and the hash it is judged by."""

    id: int
    name_digest: str
    # None where there is no such name.
    account_id: int | None
    # Nobody's, where no password may open the account now.
    password_hash: str
    locked: bool
    # Whether it locks the name, unless it is right.
    last: bool


def begin_try(db: Session, username: str) -> Try:
    """Count a try at a name, before it is judged; each kind of name takes the same statements.

    Desks that try one name wait for each other, so a thousand at once get ten tries as well.
    What is tried while the name is locked prolongs nothing.
    """
    name, at = _as_kept(username), clock.now()
    digest = _digest(name)
    one_after_another(db, digest)
    db.execute(delete(SignInAttempt).where(col(SignInAttempt.at) <= at - 2 * _WINDOW))
    tried = _moments(db, digest)
    locked = _is_locked(tried, at)
    attempt = insert(SignInAttempt).values(name_digest=digest, at=at, counted=not locked)
    attempt_id = db.execute(attempt.returning(col(SignInAttempt.id))).scalar_one()
    found = db.exec(select(Account).where(Account.username == name)).first()
    opens = found is not None and found.active and not locked and config.settings().password_sign_in
    return Try(
        id=attempt_id or 0,
        name_digest=digest,
        account_id=found.id if found else None,
        password_hash=found.password_hash if found and opens else nobodys(),
        locked=locked,
        last=not locked and _is_locked([at, *tried], at),
    )


def note_wrong(db: Session, tried: Try, what: str, *, who: Account = VISITOR) -> None:
    """A try was wrong: it stays counted, and the log says so, and who it was if that is known.

    A name that is no account's may be a password in the wrong field: the log has its digest.
    """
    known = tried.account_id is not None
    subject = f"account/{tried.account_id}" if known else f"name/{tried.name_digest[:12]}"
    note_deed(db, who, f"wrong {what}", subject, locked=tried.locked)
    if tried.last:
        note_deed(db, who, "name locked", subject, minutes=LOCKED_MINUTES)


def note_right(db: Session, tried: Try) -> None:
    """A try was right, so it does not count."""
    db.execute(delete(SignInAttempt).where(col(SignInAttempt.id) == tried.id))


def forget_tries(db: Session, tried: Try) -> None:
    """Open a name that may be locked: somebody vouched for the person with a code."""
    db.execute(delete(SignInAttempt).where(col(SignInAttempt.name_digest) == tried.name_digest))


def is_locked(db: Session, username: str) -> bool:
    """Whether a name is locked: for 15 minutes after the tenth wrong try within 15 minutes."""
    return _is_locked(_moments(db, _digest(_as_kept(username))), clock.now())


def _as_kept(username: str) -> str:
    return username[:200].strip().lower()


def _digest(name: str) -> str:
    return config.keyed(f"name {name}").hex()


def _moments(db: Session, digest: str) -> Sequence[datetime]:
    """When the name was tried, the newest first; of a lock and the quarter hour before it."""
    tried = select(SignInAttempt.at).where(
        SignInAttempt.name_digest == digest,
        col(SignInAttempt.counted),
        SignInAttempt.at > clock.now() - 2 * _WINDOW,
    )
    return db.exec(tried.order_by(col(SignInAttempt.at).desc()).limit(3 * TRIES)).all()


def _is_locked(tried: Sequence[datetime], at: datetime) -> bool:
    """Whether a try of the last quarter hour was the tenth within one."""
    tenths = zip(tried, tried[TRIES - 1 :], strict=False)
    return any(at - last < _WINDOW and last - first < _WINDOW for last, first in tenths)
