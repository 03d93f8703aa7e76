"""Codes with which a person chooses an own password: once, and within half an hour."""

from datetime import timedelta

from sqlalchemy import CursorResult, exists, update
from sqlmodel import Session, col

from mediklaud import clock, config
from mediklaud.errors import AccountDisabled
from mediklaud.models import Account, PasswordCode
from mediklaud.passwords import NO_PASSWORD, code_as_typed, new_code
from mediklaud.permissions import Deed
from mediklaud.repository.accounts import choose_password, end_codes, locked_account
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.sign_ins import end_sign_ins
from mediklaud.repository.tries import begin_try, forget_tries, note_wrong

CODE_MINUTES = 30


def issue_code(db: Session, account: Account, *, by: Account) -> str:
    """A code for a first password, or in place of a forgotten one; only its digest is kept.

    From now on the present password opens nothing, every sign-in of the account has ended,
    and so has an older code. Two desks wait for one another at the account's row, so that
    one open code is left (one_open_code_per_account).
    """
    permit(db, by, Deed.KEEP_ACCOUNTS, account)
    kept = locked_account(db, account.id)
    if not kept.active:
        raise AccountDisabled()
    kept.password_hash = NO_PASSWORD
    db.add(kept)
    end_sign_ins(db, kept)
    end_codes(db, kept)
    code, at = new_code(), clock.now()
    db.add(
        PasswordCode(
            account_id=kept.id or 0,
            digest=_digest(kept.id, code),
            issued_at=at,
            issued_by=by.id,
            expires_at=at + timedelta(minutes=CODE_MINUTES),
        )
    )
    db.flush()
    note_deed(db, by, "code issued", f"account/{kept.id}")
    return code


def use_code(db: Session, username: str, code: str, new: str) -> Account | None:
    """Choose the own password with a code; None where the code is wrong, used, ended or late.

    A wrong one counts as a wrong try at the name. A right one opens a locked name as well, so
    nobody is kept out for good by whoever hammers at it. A password that cannot be leaves the
    code unused. Two browsers with one code write one row: the second finds it used.
    """
    tried = begin_try(db, username)
    # Where only single sign-on lets anybody in, no code does either.
    opens = config.settings().password_sign_in
    if not opens or not _takes(db, tried.account_id or 0, code):
        note_wrong(db, tried, "code")
        return None
    account = locked_account(db, tried.account_id)
    forget_tries(db, tried)
    choose_password(db, account, new)
    end_sign_ins(db, account)
    note_deed(db, account, "password chosen", f"account/{account.id}")
    return account


def _takes(db: Session, account_id: int, code: str) -> bool:
    at = clock.now()
    works = exists().where(col(Account.id) == account_id, col(Account.active))
    unused = update(PasswordCode).where(
        col(PasswordCode.account_id) == account_id,
        col(PasswordCode.digest) == _digest(account_id, code),
        col(PasswordCode.used_at).is_(None),
        col(PasswordCode.ended_at).is_(None),
        col(PasswordCode.expires_at) > at,
        works,
    )
    done = db.execute(unused.values(used_at=at))
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


def _digest(account_id: int | None, code: str) -> str:
    return config.keyed(f"password code {account_id} {code_as_typed(code)}").hex()
