"""Accounts and the roles they hold."""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from mediklaud import clock, contact, text
from mediklaud.database import expecting, known, there
from mediklaud.errors import (
    AlreadySetUp,
    DoctorHasAccount,
    DoctorRoleNeedsDoctor,
    LastChief,
    NameLocked,
    NoRole,
    NotFound,
    Refusal,
    UsernameNotUnderstood,
    UsernameTaken,
    WrongPassword,
)
from mediklaud.models import (
    Account,
    AccountRole,
    Doctor,
    Hospital,
    LinkedIdentity,
    PasswordCode,
    Role,
)
from mediklaud.passwords import NO_PASSWORD, Hashed, is_password, password_hash
from mediklaud.permissions import Deed
from mediklaud.repository.audit import changes, note_deed, permit, roles_of
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.sign_ins import end_sign_ins, refuse_signed_out
from mediklaud.repository.tries import Try, begin_try, note_right, note_wrong

_USERNAME = re.compile(r"[a-z0-9][a-z0-9.-]{2,39}")
# Nobody could give these roles back to the hospital once they are gone.
_NEVER_GONE = (Role.CMO, Role.ADMINISTRATOR)


def create_account(
    db: Session,
    username: str,
    name: str,
    password: str | Hashed | None,
    roles: Iterable[Role],
    *,
    by: Account | None,
    email: str = "",
    doctor_id: int | None = None,
) -> Account:
    """A new account with its roles. `by` is None only for the hospital's very first one.

    Without a password nothing opens it until a code is issued (issue_code).
    Two desks that choose one username meet at one_account_per_username: one is refused.
    """
    if by is not None:
        permit(db, by, Deed.KEEP_ACCOUNTS)
    elif count_accounts(db):
        raise AlreadySetUp()
    wanted = text.line(username, field="Username").lower()
    if not _USERNAME.fullmatch(wanted):
        raise UsernameNotUnderstood()
    called = text.needed(name, field="Name")
    account = Account(
        username=wanted,
        name=called,
        email=contact.email(email),
        password_hash=_hash_of(password, (wanted, called, the_hospital(db).name)),
        created_at=clock.now(),
    )
    with expecting(db, one_account_per_username=UsernameTaken(username=wanted)):
        db.add(account)
    _hold(db, account, frozenset(roles), doctor_id, by=by or account)
    given = {"name": account.name, **_rights(db, account)}
    note_deed(
        db, by or account, "account created", f"account/{account.id}", username=wanted, **given
    )
    return account


def change_account(
    db: Session,
    account: Account,
    roles: Iterable[Role],
    *,
    by: Account,
    doctor_id: int | None = None,
    active: bool = True,
    email: str | None = None,
) -> Account:
    """Change an account's roles or its email, or disable it; each ends all its sign-ins at once.

    Without an email the present one stays, and an empty one takes it away. Another one ends
    what single sign-on knew the account as, so that it is matched anew.
    Two administrators who take each other's last role away wait for one another at the
    hospital's row, so one of them is refused (LastChief).
    """
    permit(db, by, Deed.KEEP_ACCOUNTS, account)
    db.exec(select(Hospital.id).with_for_update()).one()
    kept = locked_account(db, account.id)
    wanted = frozenset(roles)
    for role in _NEVER_GONE:
        if not (active and role in wanted) and _holders(db, role) == [kept.id]:
            raise LastChief(role=role.value.replace("cmo", "CMO"))
    before = {"email": kept.email, **_rights(db, kept)}
    kept.active = active
    if email is not None:
        kept.email = contact.email(email)
    _hold(db, kept, wanted, doctor_id, by=by)
    end_sign_ins(db, kept)
    if not active:
        end_codes(db, kept)
    changed = changes(before, {"email": kept.email, **_rights(db, kept)})
    note_deed(db, by, "account changed", f"account/{kept.id}", **changed)
    if "email" in changed:
        end_identity(db, kept, who=by)
    return kept


def designate_registrar(db: Session, account: Account, *, by: Account, may: bool) -> None:
    """The CMO lets an account register doctors, or takes that back; either ends its sign-ins."""
    permit(db, by, Deed.DESIGNATE_REGISTRAR, account)
    kept = locked_account(db, account.id)
    held = db.get(AccountRole, (kept.id, Role.REGISTRAR))
    if may and held is None:
        db.add(_grant(kept, Role.REGISTRAR, by))
    if not may and held is not None:
        db.delete(held)
    if may == (held is None):
        end_sign_ins(db, kept)
    db.flush()
    deed = "registrar designated" if may else "registrar withdrawn"
    note_deed(db, by, deed, f"account/{kept.id}")


def change_own_password(db: Session, me: Account, present: str, new: str, *, tried: Try) -> None:
    """A person changes the own password; every sign-in of the account but this one ends."""
    kept = proved(db, me, present, tried=tried)
    note_right(db, tried)
    choose_password(db, kept, new)
    end_sign_ins(db, kept, but=me.sign_in_id)
    note_deed(db, me, "password changed", f"account/{kept.id}")


def begin_own_try(db: Session, me: Account) -> Try:
    """Count a try at the own password before the deed that judges it.

    In a transaction of its own: what the deed counted would be undone where it is refused, and
    of many at once each would be judged before any is counted.
    """
    refuse_signed_out(db, me)
    return begin_try(db, me.username)


def end_own_try(db: Session, me: Account, tried: Try, refusal: Refusal) -> None:
    """What comes of a try whose deed was refused: only what was wrong stays counted."""
    refuse_signed_out(db, me)
    if refusal.wrong:
        note_wrong(db, tried, refusal.wrong, who=me)
    else:
        note_right(db, tried)


def proved(db: Session, me: Account, present: str, *, tried: Try) -> Account:
    """The own account, locked, once the present password was said; whoever asks notes it right.

    Refuses a wrong one (WrongPassword), and any where the name was locked (NameLocked).
    """
    refuse_signed_out(db, me)
    assert tried.account_id == me.id
    kept = locked_account(db, me.id)
    if tried.locked:
        raise NameLocked()
    if not is_password(present, kept.password_hash):
        raise WrongPassword()
    return kept


def choose_password(db: Session, account: Account, new: str) -> None:
    """Keep the hash of a new password; one made of the person's or hospital's names is refused."""
    about = (account.username, account.name, the_hospital(db).name)
    account.password_hash = password_hash(new, about=about)
    db.add(account)
    db.flush()


def account_named(db: Session, username: str) -> Account:
    """The account of a username; refuses an unknown one (NotFound)."""
    wanted = text.short(username).lower()
    found = db.exec(select(Account).where(Account.username == wanted)).first()
    if found is None:
        raise NotFound(what="account")
    return found


def accounts_with_roles(db: Session, *, by: Account) -> list[tuple[Account, frozenset[Role]]]:
    """Every account with its roles, by username; for the administrator and the CMO."""
    if Role.CMO not in roles_of(db, by):
        permit(db, by, Deed.KEEP_ACCOUNTS)
    held = _roles(db)
    accounts = db.exec(select(Account).order_by(Account.username)).all()
    return [(account, held.get(account.id or 0, frozenset())) for account in accounts]


def locked_account(db: Session, account_id: int | None) -> Account:
    """The account's row as it is now, locked until the transaction ends."""
    row = select(Account).where(Account.id == account_id).with_for_update()
    kept = db.exec(row.execution_options(populate_existing=True)).first()
    return there(kept, "account", account_id)


def end_codes(db: Session, account: Account) -> None:
    """End the open code of an account, if there is one."""
    codes = update(PasswordCode).where(
        col(PasswordCode.account_id) == account.id,
        col(PasswordCode.used_at).is_(None),
        col(PasswordCode.ended_at).is_(None),
    )
    db.execute(codes.values(ended_at=clock.now()))


def end_identity(db: Session, account: Account, *, who: Account) -> None:
    """Forget whom the provider knows an account as, if it knows it; for siblings, which ask."""
    kept = db.get(LinkedIdentity, account.id)
    if kept is not None:
        db.delete(kept)
        db.flush()
        note_deed(db, who, "single sign-on unlinked", f"account/{account.id}")


def _hash_of(password: str | Hashed | None, about: Iterable[str]) -> str:
    if password is None or isinstance(password, Hashed):
        return password or NO_PASSWORD
    return password_hash(password, about=about)


def _roles(db: Session) -> dict[int, frozenset[Role]]:
    held: dict[int, set[Role]] = {}
    for account_id, role in db.exec(select(col(AccountRole.account_id), col(AccountRole.role))):
        held.setdefault(account_id, set()).add(role)
    return {account_id: frozenset(roles) for account_id, roles in held.items()}


def _rights(db: Session, account: Account) -> dict[str, Any]:
    """What an account may be and do, for its audit row."""
    held = db.exec(select(AccountRole.role).where(AccountRole.account_id == account.id)).all()
    return {"roles": sorted(held), "active": account.active, "doctor_id": account.doctor_id}


def _holders(db: Session, role: Role) -> list[int]:
    holders = (
        select(AccountRole.account_id)
        .join(Account, col(Account.id) == col(AccountRole.account_id))
        .where(AccountRole.role == role, col(Account.active))
    )
    return list(db.exec(holders))


def _hold(
    db: Session, account: Account, roles: frozenset[Role], doctor_id: int | None, *, by: Account
) -> None:
    if not roles and account.active:
        raise NoRole()
    if (Role.DOCTOR in roles) != (doctor_id is not None):
        raise DoctorRoleNeedsDoctor()
    if doctor_id is not None:
        known(db, Doctor, doctor_id)
    account.doctor_id = doctor_id
    with expecting(db, one_account_per_doctor=DoctorHasAccount()):
        db.add(account)
    for held in db.exec(select(AccountRole).where(AccountRole.account_id == account.id)):
        if held.role not in roles:
            db.delete(held)
    for role in sorted(roles):
        if db.get(AccountRole, (account.id, role)) is None:
            db.add(_grant(account, role, by))
    db.flush()


def _grant(account: Account, role: Role, by: Account) -> AccountRole:
    assert account.id is not None
    return AccountRole(account_id=account.id, role=role, granted_at=clock.now(), granted_by=by.id)


def count_accounts(db: Session) -> int:
    """How many accounts there are."""
    return db.exec(select(func.count()).select_from(Account)).one()
