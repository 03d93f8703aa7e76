"""Signing in: opaque tokens that can be ended, here and everywhere."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.errors import NotFound, SignedOut
from mediklaud.models import Account, Hold, SignIn
from mediklaud.repository.audit import IS_LIVE, is_signed_out, moment, note_deed, sit_down

ABSOLUTE_HOURS = 12
_TOKEN = "SI-"  # noqa: S105  how every token begins
# A look at every run is enough; a write at every run would keep the disk busy for nothing.
_SEEN_EVERY = timedelta(seconds=60)
_OF_A_TOKEN = select(SignIn, Account).join(Account, col(Account.id) == col(SignIn.account_id))


def is_token(word: str) -> bool:
    """Whether a word has the form of a token, which no username has."""
    return word.startswith(_TOKEN)


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def begin_sign_in(db: Session, account: Account, *, browser: str = "") -> str:
    """Sign an account in; returns the new random token that its cookie will carry."""
    token = _TOKEN + secrets.token_urlsafe(32)
    at = clock.now()
    sign_in = SignIn(
        token_hash=token_hash(token),
        account_id=account.id or 0,
        signed_in_at=at,
        last_seen_at=at,
        expires_at=at + timedelta(hours=ABSOLUTE_HOURS),
        browser=text.short(browser, at_most=80),
    )
    db.add(sign_in)
    db.flush()
    sit_down(db, sign_in.account_id, sign_in.id)
    note_deed(db, account, "signed in", f"sign_in/{sign_in.id}", browser=sign_in.browser)
    return token


def live_account(db: Session, token: str) -> Account:
    """The account of a live sign-in, which from now on carries that sign-in's id.

    Refuses (SignedOut) an unknown, ended, expired or idle one, and a disabled account.
    """
    sign_in, account = _live(db, token)
    if not account.active:
        raise SignedOut()
    sit_down(db, sign_in.account_id, sign_in.id)
    # Of this object alone: permit asks for it again with every deed.
    vars(account)["sign_in_id"] = sign_in.id
    return account


def watching_account(db: Session, token: str) -> Account:
    """The account of a sign-in that may have fallen idle; for the board on the wall alone.

    It names nobody, and hangs where nobody touches it. Refuses (SignedOut) an unknown, ended
    or expired one, and a disabled account.
    """
    stands = col(SignIn.ended_at).is_(None) & (col(SignIn.expires_at) > clock.now())
    found = db.exec(_OF_A_TOKEN.where(SignIn.token_hash == token_hash(token), stands)).first()
    if found is None or not found[1].active:
        raise SignedOut()
    return found[1]


def is_stale(db: Session, token: str) -> bool:
    """Whether a live sign-in should be noted as seen."""
    sign_in, _ = _live(db, token)
    return clock.now() - sign_in.last_seen_at > _SEEN_EVERY


def note_seen(db: Session, token: str) -> None:
    """Note that the person is still there, so that the sign-in does not fall idle."""
    sign_in, _ = _live(db, token)
    sign_in.last_seen_at = clock.now()
    db.flush()


def end_sign_in(db: Session, token: str) -> None:
    """Sign out. Ending a sign-in twice, or an unknown one, is no mistake."""
    asked = _OF_A_TOKEN.where(SignIn.token_hash == token_hash(token))
    found = db.exec(asked).first()
    if found is not None and found[0].ended_at is None:
        sign_in, account = found
        sign_in.ended_at = clock.now()
        _release_holds(db, sign_in.account_id)
        sit_down(db, sign_in.account_id, sign_in.id)
        note_deed(db, account, "signed out", f"sign_in/{sign_in.id}")


def end_sign_ins(db: Session, account: Account, *, but: int | None = None) -> None:
    """End every sign-in of an account but one, on every server, within its next run.

    Where none is left, what the account holds is free in the same transaction.
    """
    ended = update(SignIn).where(
        col(SignIn.account_id) == account.id,
        col(SignIn.id) != (but or 0),
        col(SignIn.ended_at).is_(None),
    )
    db.flush()
    db.execute(ended.values(ended_at=clock.now()))
    _release_holds(db, account.id)


def own_sign_ins(db: Session, me: Account) -> Sequence[SignIn]:
    """Where an account is signed in now, the one used last first."""
    refuse_signed_out(db, me)
    live = select(SignIn).where(SignIn.account_id == me.id, *IS_LIVE)
    ordered = live.order_by(col(SignIn.last_seen_at).desc(), col(SignIn.id).desc())
    return db.exec(ordered, params=moment()).all()


def end_own_sign_in(db: Session, me: Account, sign_in_id: int) -> None:
    """A person ends one of the own sign-ins, such as one left open on another machine.

    Ending it twice is no mistake; somebody else's is not found (NotFound).
    """
    refuse_signed_out(db, me)
    sign_in = db.get(SignIn, sign_in_id)
    if sign_in is None or sign_in.account_id != me.id:
        raise NotFound(what="sign-in", subject=f"sign_in/{sign_in_id}")
    if sign_in.ended_at is None:
        sign_in.ended_at = clock.now()
        _release_holds(db, me.id)
        note_deed(db, me, "sign-in ended", f"sign_in/{sign_in_id}")


def sign_out_elsewhere(db: Session, me: Account) -> None:
    """End every own sign-in but this one."""
    refuse_signed_out(db, me)
    end_sign_ins(db, me, but=me.sign_in_id)
    note_deed(db, me, "signed out elsewhere", f"account/{me.id}")


def sign_out_everywhere(db: Session, me: Account) -> None:
    """End every own sign-in, this one too."""
    refuse_signed_out(db, me)
    end_sign_ins(db, me)
    note_deed(db, me, "signed out everywhere", f"account/{me.id}")


def _release_holds(db: Session, account_id: int | None) -> None:
    """Nobody waits for a caller whose clerk has gone, from the last machine where one was.

    A hold whose clerk is just giving it up for another is not waited for: that desk may wait
    for the account's row, which is locked where somebody else ends its sign-ins.
    """
    db.flush()
    live = select(SignIn.id).where(SignIn.account_id == account_id, *IS_LIVE)
    if db.exec(live.limit(1), params=moment()).first() is None:
        held = select(Hold.id).where(Hold.account_id == account_id)
        ids = db.exec(held.with_for_update(skip_locked=True)).all()
        db.execute(delete(Hold).where(col(Hold.id).in_(ids)))


def refuse_signed_out(db: Session, me: Account) -> None:
    """What permit asks first, for deeds on the own account that need no role (SignedOut)."""
    if is_signed_out(db, me):
        raise SignedOut()


def _live(db: Session, token: str) -> tuple[SignIn, Account]:
    asked = _OF_A_TOKEN.where(SignIn.token_hash == token_hash(token), *IS_LIVE)
    found = db.exec(asked, params=moment()).first()
    if found is None:
        raise SignedOut()
    return found
