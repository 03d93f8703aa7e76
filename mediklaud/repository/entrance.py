"""Coming in: the password, then the second factor where there is one, and only then a sign-in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from mediklaud import clock
from mediklaud.errors import SignedOut
from mediklaud.models import Account
from mediklaud.repository.accounts import locked_account
from mediklaud.repository.factors import enroll_factor, has_factor, needs_factor, passes_factor
from mediklaud.repository.sign_ins import begin_sign_in
from mediklaud.repository.tries import Try, begin_try, note_right, note_wrong

_HALFWAY = timedelta(minutes=5)


@dataclass(frozen=True)
class Halfway:
    """Somebody who said the password and has not come in yet. It never leaves the server."""

    account_id: int
    username: str
    # What was proved: another password since then is not.
    password_hash: str
    since: datetime
    # Whether there is no second factor yet, and one must be set up before anything else.
    enrolls: bool


def judge_password(db: Session, tried: Try, right: bool, *, browser: str) -> Halfway | str | None:
    """What comes of a counted try at a password: a token, the second step, or None."""
    account = locked_account(db, tried.account_id) if right else None
    if account is None or not account.active or account.password_hash != tried.password_hash:
        note_wrong(db, tried, "password")
        return None
    note_right(db, tried)
    return come_in(db, account, browser=browser)


def come_in(db: Session, account: Account, *, browser: str) -> Halfway | str:
    """A token for whoever needs no second factor, and the second step for everybody else."""
    enrolls = not has_factor(db, account)
    if enrolls and not needs_factor(db, account):
        return begin_sign_in(db, account, browser=browser)
    proved = (account.id or 0, account.username, account.password_hash)
    return Halfway(*proved, since=clock.now(), enrolls=enrolls)


def judge_factor(db: Session, halfway: Halfway, typed: str, *, browser: str) -> str | None:
    """A token where the second factor is right; a wrong one counts as a wrong try at the name.

    Refused where the first step is too long ago, or does not hold any more (SignedOut).
    """
    account = still_halfway(db, halfway)
    tried = begin_try(db, account.username)
    if tried.locked or not passes_factor(db, account, typed):
        note_wrong(db, tried, "second factor")
        return None
    note_right(db, tried)
    return begin_sign_in(db, account, browser=browser)


def enroll_and_come_in(
    db: Session, halfway: Halfway, secret: str, typed: str, *, browser: str
) -> tuple[str, list[str]]:
    """Set a second factor up where the hospital asks for one, then sign in; with recovery codes."""
    account = still_halfway(db, halfway)
    codes = enroll_factor(db, account, secret, typed)
    return begin_sign_in(db, account, browser=browser), codes


def still_halfway(db: Session, halfway: Halfway) -> Account:
    """The account of a first step that still holds; refuses any other (SignedOut)."""
    account = locked_account(db, halfway.account_id)
    late = clock.now() - halfway.since > _HALFWAY
    if late or not account.active or account.password_hash != halfway.password_hash:
        raise SignedOut()
    return account
