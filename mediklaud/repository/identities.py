"""Single sign-on: whom the provider names is matched with an account, and never made one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import expecting
from mediklaud.errors import (
    IdentityAccountDisabled,
    IdentityNotFresh,
    IdentityNotTrusted,
    IdentityUnknown,
    Refusal,
)
from mediklaud.models import Account, LinkedIdentity
from mediklaud.permissions import Deed
from mediklaud.repository.accounts import end_identity, locked_account
from mediklaud.repository.audit import note_deed, noted, outsider, permit
from mediklaud.repository.entrance import Halfway, come_in

# The way back from the provider takes seconds; what it said is worth nothing afterwards, since
# the browser keeps it for a month and our own sign-ins end sooner.
FRESH = timedelta(minutes=5)
# How far ahead of ours the provider's clock may be.
_AHEAD = timedelta(minutes=1)
_NOTED_EVERY = timedelta(minutes=1)
# Whoever the provider named and no account matched; the log says "single sign-on".
_STRANGER = outsider("single sign-on", "Single sign-on")


@dataclass(frozen=True)
class Identity:
    """What the provider said of a person, in its signed token."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    issued_at: datetime

    @classmethod
    def said(cls, claims: dict[str, Any], *, issuer: str) -> Self:
        """Read the token's claims; refuses another issuer's, or what names nobody."""
        named, subject, issued = (claims.get(word) for word in ("iss", "sub", "iat"))
        whole = _is_subject(subject) and _is_moment(issued)
        if not issuer or named != issuer or not whole:
            raise IdentityNotTrusted()
        email = claims.get("email")
        return cls(
            issuer=issuer,
            subject=str(subject),
            email=email.strip() if isinstance(email, str) and email.isprintable() else "",
            # The word "true" is no proof: only the truth itself is.
            email_verified=claims.get("email_verified") is True,
            issued_at=datetime.fromtimestamp(issued or 0, UTC),
        )


def _is_subject(said: object) -> bool:
    # OpenID Connect Core 1.0, section 2: at most 255 ASCII characters.
    words = said if isinstance(said, str) and said.isascii() and said.isprintable() else ""
    return bool(words.strip()) and len(words) <= 255


def _is_moment(said: Any) -> bool:
    # Later than any clock says, and no moment at all, is not even too old.
    return type(said) in (int, float) and 0 < said < 2**33


def come_by_identity(db: Session, said: Identity, *, browser: str) -> Halfway | str:
    """Let in whom the provider named a moment ago: a token, or the second step, as `come_in` says.

    A linked account is found by the provider's subject, whatever its email is by now; another
    one by its verified email, and linked. Each word of the provider opens one sign-in: two
    tabs that bring the same one meet at the account's row, and the second is refused.
    """
    at = clock.now()
    if not at - FRESH <= said.issued_at <= at + _AHEAD:
        raise IdentityNotFresh()
    account = _linked(db, said) or _by_email(db, said)
    if not account.active:
        raise IdentityAccountDisabled()
    kept = db.get_one(LinkedIdentity, account.id)
    if kept.issued_at >= said.issued_at:
        raise IdentityNotFresh()
    kept.issued_at = said.issued_at
    return come_in(db, account, browser=browser)


def note_refused_identity(db: Session, said: Identity, refusal: Refusal) -> None:
    """Leave an audit row for whom no account let in, at most one a minute for each."""
    at, subject = clock.now(), f"identity/{said.subject[:100]}"
    deed = "single sign-on refused"
    why, verified = type(refusal).__name__, said.email_verified
    told = {"why": why, "email": said.email[:200], "verified": verified}
    if not noted(db, _STRANGER, deed, subject, since=at - _NOTED_EVERY, **told):
        note_deed(db, _STRANGER, deed, subject, **told)


def unlink_identity(db: Session, account: Account, *, by: Account) -> None:
    """Forget whom the provider knows an account as, so that its email is matched anew."""
    permit(db, by, Deed.KEEP_ACCOUNTS, account)
    end_identity(db, locked_account(db, account.id), who=by)


def _linked(db: Session, said: Identity) -> Account | None:
    row = select(LinkedIdentity.account_id).where(
        LinkedIdentity.issuer == said.issuer, LinkedIdentity.subject == said.subject
    )
    found = db.exec(row).first()
    return locked_account(db, found) if found is not None else None


def _by_email(db: Session, said: Identity) -> Account:
    """The one account with this verified email, linked from now on."""
    if not (said.email and said.email_verified):
        raise IdentityUnknown()
    # Beyond ASCII some letters have those of another address as their small ones (U+212A: k).
    folded = func.lower(col(Account.email)) == said.email.lower()
    same = folded if said.email.isascii() else col(Account.email) == said.email
    ids = db.exec(select(Account.id).where(same).limit(2)).all()
    # Of two accounts with one email neither is proved.
    if len(ids) != 1 or db.get(LinkedIdentity, ids[0]) is not None:
        raise IdentityUnknown()
    account = locked_account(db, ids[0])
    if not account.active:
        raise IdentityAccountDisabled()
    link = LinkedIdentity(
        account_id=account.id or 0,
        issuer=said.issuer,
        subject=said.subject,
        linked_at=clock.now(),
        issued_at=datetime.fromtimestamp(0, UTC),
    )
    with expecting(db, one_account_per_identity=IdentityNotFresh()):
        db.add(link)
    note_deed(db, account, "single sign-on linked", f"account/{account.id}", issuer=said.issuer)
    return account
