"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and codes for a lost phone."""

import base64
import hmac

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import CursorResult, Update, delete, func, update
from sqlmodel import Session, col, select

from mediklaud import clock, config
from mediklaud.database import expecting
from mediklaud.errors import (
    FactorNotConfirmed,
    FactorRequired,
    FactorStands,
    NoFactor,
    WrongFactor,
)
from mediklaud.models import Account, RecoveryCode, SecondFactor
from mediklaud.passwords import code_as_typed, new_code
from mediklaud.permissions import Deed
from mediklaud.repository.accounts import locked_account, proved
from mediklaud.repository.audit import note_deed, permit, roles_of
from mediklaud.repository.hospital import KEEPERS, the_hospital
from mediklaud.repository.sign_ins import end_sign_ins, refuse_signed_out
from mediklaud.repository.tries import Try, note_right

RECOVERY_CODES = 10
_SECONDS = 30
# Phones' clocks differ: the code before and the one after are right too.
_STEPS_OFF = 1


def has_factor(db: Session, account: Account) -> bool:
    """Whether an account signs in with a second factor."""
    return db.get(SecondFactor, account.id) is not None


def needs_factor(db: Session, account: Account) -> bool:
    """Whether the hospital asks this account for a second factor."""
    return the_hospital(db).second_factor_required and bool(roles_of(db, account) & KEEPERS)


def new_secret() -> str:
    """A secret of 160 bits to share with an app."""
    return pyotp.random_base32()


def secret_address(db: Session, account: Account, secret: str) -> str:
    """The secret as an app reads it from a picture, with the hospital's name."""
    named = {"name": account.username, "issuer_name": the_hospital(db).name}
    return pyotp.TOTP(secret).provisioning_uri(**named)


def enroll_factor(db: Session, me: Account, secret: str, typed: str) -> list[str]:
    """Keep a secret, sealed, once its app has shown a right code; returns the recovery codes.

    Every other sign-in of the account ends. Two browsers that meet write one row
    (pk_second_factor): the other is refused (FactorStands).
    """
    refuse_signed_out(db, me)
    step = _step_of(secret, typed)
    if step is None:
        raise FactorNotConfirmed()
    account = locked_account(db, me.id)
    if has_factor(db, account):
        raise FactorStands()
    with expecting(db, pk_second_factor=FactorStands()):
        db.add(
            SecondFactor(
                account_id=account.id or 0,
                sealed_secret=_seal(account.id, secret),
                last_step=step,
                enrolled_at=clock.now(),
            )
        )
    end_sign_ins(db, account, but=me.sign_in_id)
    note_deed(db, me, "second factor enrolled", f"account/{account.id}")
    return _new_recovery_codes(db, account)


def passes_factor(db: Session, account: Account, typed: str) -> bool:
    """Whether this is the app's code of now, or an unused recovery code; then it is used up.

    Two desks with one code write the same row: the second finds it used
    (no_code_of_an_app_is_accepted_twice, a_recovery_code_is_used_once).
    """
    word = code_as_typed(typed)
    return _takes_step(db, account, word) if word.isdecimal() else _takes_code(db, account, word)


def recovery_codes_left(db: Session, me: Account) -> int:
    """How many recovery codes an account may still use."""
    refuse_signed_out(db, me)
    left = select(func.count()).where(
        RecoveryCode.account_id == me.id, col(RecoveryCode.used_at).is_(None)
    )
    return db.exec(left).one()


def renew_recovery_codes(
    db: Session, me: Account, password: str, typed: str, *, tried: Try
) -> list[str]:
    """Ten new recovery codes; the old ones open nothing any more."""
    _proved_twice(db, me, password, typed, tried)
    note_deed(db, me, "recovery codes renewed", f"account/{me.id}")
    return _new_recovery_codes(db, me)


def remove_factor(db: Session, me: Account, password: str, typed: str, *, tried: Try) -> None:
    """A person takes the own second factor away, with password and code.

    Refused where the hospital asks for one (FactorRequired).
    """
    if needs_factor(db, me):
        raise FactorRequired()
    kept = _proved_twice(db, me, password, typed, tried)
    _take_away(db, kept)
    end_sign_ins(db, kept, but=me.sign_in_id)
    note_deed(db, me, "second factor removed", f"account/{me.id}")


def reset_factor(db: Session, account: Account, *, by: Account) -> None:
    """The administrator takes a second factor away, for a phone that is lost.

    The account's sign-ins end; where the hospital asks for a factor, the next one enrolls it.
    """
    permit(db, by, Deed.KEEP_ACCOUNTS, account)
    kept = locked_account(db, account.id)
    if not has_factor(db, kept):
        raise NoFactor()
    _take_away(db, kept)
    end_sign_ins(db, kept)
    note_deed(db, by, "second factor reset", f"account/{kept.id}")


def with_factor(db: Session, *, by: Account) -> frozenset[int]:
    """The ids of the accounts that sign in with a second factor."""
    permit(db, by, Deed.KEEP_ACCOUNTS)
    return frozenset(db.exec(select(SecondFactor.account_id)))


def _proved_twice(db: Session, me: Account, password: str, typed: str, tried: Try) -> Account:
    kept = proved(db, me, password, tried=tried)
    if not has_factor(db, kept):
        raise NoFactor()
    if not passes_factor(db, kept, typed):
        raise WrongFactor()
    note_right(db, tried)
    return kept


def _take_away(db: Session, account: Account) -> None:
    db.execute(delete(SecondFactor).where(col(SecondFactor.account_id) == account.id))
    db.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account.id))
    db.expire_all()


def _new_recovery_codes(db: Session, account: Account) -> list[str]:
    db.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account.id))
    codes = [new_code(3) for _ in range(RECOVERY_CODES)]
    digests = [_recovery_digest(account.id, code_as_typed(code)) for code in codes]
    db.add_all(RecoveryCode(account_id=account.id or 0, digest=digest) for digest in digests)
    db.flush()
    return codes


def _takes_step(db: Session, account: Account, typed: str) -> bool:
    factor = db.get(SecondFactor, account.id)
    step = _step_of(_opened(account.id, factor.sealed_secret), typed) if factor else None
    if step is None:
        return False
    newer = update(SecondFactor).where(
        col(SecondFactor.account_id) == account.id, col(SecondFactor.last_step) < step
    )
    return _hit(db, newer.values(last_step=step))


def _takes_code(db: Session, account: Account, typed: str) -> bool:
    unused = update(RecoveryCode).where(
        col(RecoveryCode.account_id) == account.id,
        col(RecoveryCode.digest) == _recovery_digest(account.id, typed),
        col(RecoveryCode.used_at).is_(None),
    )
    if not _hit(db, unused.values(used_at=clock.now())):
        return False
    note_deed(db, account, "recovery code used", f"account/{account.id}")
    return True


def _hit(db: Session, statement: Update) -> bool:
    done = db.execute(statement)
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


def _step_of(secret: str, typed: str) -> int | None:
    """The half minute whose code this is, of the one now and its two neighbours."""
    word = code_as_typed(typed)
    now = int(clock.now().timestamp()) // _SECONDS
    steps = range(now - _STEPS_OFF, now + _STEPS_OFF + 1)
    if not secret or not word:
        return None
    app = pyotp.TOTP(secret)
    right = [step for step in steps if hmac.compare_digest(app.generate_otp(step), word)]
    return right[-1] if right else None


def _recovery_digest(account_id: int | None, code: str) -> str:
    return config.keyed(f"recovery {account_id} {code}").hex()


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(config.keyed("second factor")))


def _seal(account_id: int | None, secret: str) -> str:
    return _box().encrypt(f"{account_id} {secret}".encode()).decode()


def _opened(account_id: int | None, sealed: str) -> str:
    """The secret; empty where it was sealed by another key, or for another account."""
    try:
        owner, _, secret = _box().decrypt(sealed.encode()).decode().partition(" ")
    except InvalidToken:
        return ""
    return secret if owner == str(account_id) else ""
