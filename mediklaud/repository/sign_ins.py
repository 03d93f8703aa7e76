"""Signing in: opaque tokens that can be ended, and names locked after wrong tries."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.errors import SignedOut
from mediklaud.models import Account, Hold, SignIn, SignInAttempt
from mediklaud.repository.audit import note_deed, sit_down

IDLE_MINUTES = 15
ABSOLUTE_HOURS = 12
TRIES = 10
LOCKED_MINUTES = 15
_TOKEN = "SI-"  # noqa: S105  how every token begins
# A look at every run is enough; a write at every run would keep the disk busy for nothing.
_SEEN_EVERY = timedelta(seconds=60)


def is_token(word: str) -> bool:
    """Whether a word has the form of a token, which no username has."""
    return word.startswith(_TOKEN)


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_sign_in(db: Session, account: Account) -> str:
    """Sign an account in; returns the random token that its cookie will carry."""
    token = _TOKEN + secrets.token_urlsafe(32)
    at = clock.now()
    sign_in = SignIn(
        token_hash=token_hash(token),
        account_id=account.id or 0,
        signed_in_at=at,
        last_seen_at=at,
        expires_at=at + timedelta(hours=ABSOLUTE_HOURS),
    )
    db.add(sign_in)
    db.flush()
    sit_down(db, sign_in.account_id, sign_in.id)
    note_deed(db, account, "signed in", f"sign_in/{sign_in.id}")
    return token


def live_account(db: Session, token: str) -> Account:
    """The account of a live sign-in.

    Refuses (SignedOut) an unknown, ended, expired or idle one, and a disabled account.
    """
    sign_in = _live(db, token)
    account = db.get(Account, sign_in.account_id)
    if account is None or not account.active:
        raise SignedOut()
    sit_down(db, sign_in.account_id, sign_in.id)
    return account


def is_stale(db: Session, token: str) -> bool:
    """Whether a live sign-in should be noted as seen."""
    return clock.now() - _live(db, token).last_seen_at > _SEEN_EVERY


def note_seen(db: Session, token: str) -> None:
    """Note that the person is still there, so that the sign-in does not fall idle."""
    _live(db, token).last_seen_at = clock.now()
    db.flush()


def end_sign_in(db: Session, token: str) -> None:
    """Sign out. Ending a sign-in twice, or an unknown one, is no mistake."""
    sign_in = db.exec(select(SignIn).where(SignIn.token_hash == token_hash(token))).first()
    if sign_in is not None and sign_in.ended_at is None:
        sign_in.ended_at = clock.now()
        # Nobody waits for a caller whose clerk has gone.
        db.execute(delete(Hold).where(col(Hold.account_id) == sign_in.account_id))
        db.flush()
        account = db.get_one(Account, sign_in.account_id)
        sit_down(db, sign_in.account_id, sign_in.id)
        note_deed(db, account, "signed out", f"sign_in/{sign_in.id}")


def note_wrong_try(db: Session, username: str) -> None:
    """Remember a wrong password for a name, whether or not an account has it."""
    db.add(SignInAttempt(username=text.short(username), at=clock.now()))
    db.flush()


def is_locked(db: Session, username: str) -> bool:
    """Whether a name had 10 wrong tries in the last 15 minutes; then no password opens it."""
    since = clock.now() - timedelta(minutes=LOCKED_MINUTES)
    tries = select(func.count()).where(
        SignInAttempt.username == text.short(username), SignInAttempt.at > since
    )
    return db.exec(tries).one() >= TRIES


def _live(db: Session, token: str) -> SignIn:
    sign_in = db.exec(select(SignIn).where(SignIn.token_hash == token_hash(token))).first()
    at = clock.now()
    if (
        sign_in is None
        or sign_in.ended_at is not None
        or sign_in.expires_at <= at
        or sign_in.last_seen_at + timedelta(minutes=IDLE_MINUTES) <= at
    ):
        raise SignedOut()
    return sign_in
