"""Who may do it, and the row that says who did: the two ends of every deed."""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, event, exists, insert, inspect, update
from sqlmodel import Session, SQLModel, col, select

from mediklaud import anchors, clock, config
from mediklaud.errors import NotPermitted, SignedOut
from mediklaud.hot import Hot
from mediklaud.models import Account, AccountRole, AuditEvent, Role, SignIn
from mediklaud.permissions import MAY, Deed


def outsider(username: str, name: str) -> Account:
    """Somebody the log can name who has no account: no row, no role and no password."""
    never = datetime.min.replace(tzinfo=UTC)
    return Account(username=username, name=name, password_hash="-", created_at=never)  # noqa: S106


# Whoever can run commands on the server owns its database; the log says "console".
CONSOLE = outsider("console", "Console")
# A record stays open on a screen through many runs; that is one reading.
_ONE_OPENING = timedelta(minutes=15)
# Where rows written before a change was marked hold pairs of what was and what is.
_PAIRED = {
    *("account changed", "appointment moved", "discount limit set", "doctor edited"),
    *(
        "doctor registered",
        "patient edited",
        "payer named",
        "service added",
        "service changed",
        "service priced",
    ),
    *("settings changed", "share set"),
}
_SECRETS = ("password", "hash", "token", "digest", "secret")
# After so many rows, at the least, the log's end is noted outside the database.
ANCHORED_EVERY = 25
IDLE_MINUTES = 15
_ROLES_OF = (
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
_ROLES, _ROLES_WHILE_SIGNED_IN = Hot(_ROLES_OF), Hot(_ROLES_OF.where(_SIGNED_IN))
_EVENT, _HEAD = (SQLModel.metadata.tables[name] for name in ("audit_event", "audit_head"))
_END = select(*(_HEAD.c[word] for word in ("row_count", "last_id", "last_seal", "seal")))
_LOCK_END = Hot(_END.with_for_update())
_WRITE, _MOVE_END = Hot(insert(_EVENT)), Hot(update(_HEAD))
# What an end that was forged is followed by, so that no later deed makes it good.
_FORGED = "forged before"


class ToBeWrittenDown(Exception):
    """This reading must leave an audit row, and the present look cannot write one."""


class End(NamedTuple):
    """The end of the log: how many rows there are, the newest's id and seal, and its own seal."""

    row_count: int
    last_id: int
    last_seal: str
    seal: str

    @property
    def is_true(self) -> bool:
        """Whether this house wrote it; it may still be one of long ago."""
        return self.seal == seal_of_end(self.row_count, self.last_id, self.last_seal)


class Change(NamedTuple):
    """What a deed changed: how it was and how it is now. The row says it in these two words."""

    was: Any
    now: Any


class AuditRow(NamedTuple):
    """A row of the log as it is sealed; its columns in this order."""

    id: int
    at: datetime
    account_id: int | None
    account_name: str
    sign_in_id: int | None
    deed: str
    subject: str
    detail: str
    seal_version: int
    previous_seal: str
    seal: str


@dataclass(frozen=True)
class _Entry:
    at: datetime
    account_id: int | None
    account_name: str
    sign_in_id: int | None
    deed: str
    subject: str
    detail: str


def roles_of(db: Session, account: Account) -> frozenset[Role]:
    """The roles an active account holds now; none for a disabled one.

    None either once the sign-in has ended through which the account was fetched.
    """
    db.flush()
    asked = _ROLES if account.sign_in_id is None else _ROLES_WHILE_SIGNED_IN
    return frozenset(role for (role,) in asked.rows(db, _who(account)))


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


def permit(db: Session, by: Account, deed: Deed, asked_for: SQLModel | str | None = None) -> None:
    """Refuse (NotPermitted) unless the account holds a role for the deed at this moment.

    A verb about one thing says which: the row it was given, or table and key, as patient/12.

    Roles and sign-in are read anew inside the deed's transaction, in one look: a page, a
    fragment or a callback that was drawn earlier may still be open after the role is gone,
    or after the sign-in was ended elsewhere (SignedOut). What was asked last is kept, for the
    audit row of a refusal (`refusals`).
    """
    db.info["asked"] = (by.id, _sign_in_of(db, by), deed)
    if by is not CONSOLE and not roles_of(db, by) & MAY[deed]:
        if is_signed_out(db, by):
            raise SignedOut()
        raise NotPermitted(deed=deed.value, subject=_subject_of(asked_for))


def _subject_of(thing: SQLModel | str | None) -> str:
    if not isinstance(thing, SQLModel):
        return thing or ""
    row = inspect(thing)
    key = row.identity or row.mapper.primary_key_from_instance(thing)
    return f"{thing.__tablename__}/{key[0]}"


def note_deed(db: Session, by: Account, deed: str, subject: str, **detail: object) -> None:
    """Leave one audit row for a deed; it is sealed and written when the transaction commits.

    `subject` is the table and key, such as patient/12. Only then is the end of the chain
    locked, so desks wait for one another no longer than a commit takes. A look that cannot
    write raises ToBeWrittenDown.
    """
    write_down(db, deed)
    db.info.setdefault("deeds", []).append(_entry(db, by, deed, subject, detail))


def _entry(
    db: Session, by: Account, deed: str, subject: str, detail: Mapping[str, object]
) -> _Entry:
    who = by.id, by.username, _sign_in_of(db, by)
    return _Entry(clock.now(), *who, deed, subject, told_as(**detail))


def told_as(**detail: object) -> str:
    """What a row keeps of its deed, in the words it is looked for by."""
    marked = {
        word: value._asdict() if isinstance(value, Change) else value
        for word, value in detail.items()
    }
    return json.dumps(marked, sort_keys=True, default=str)


def _sign_in_of(db: Session, by: Account) -> int | None:
    # A look that waits for nobody has no seat: there the account itself says where it came in.
    seat = db.info.get("seat")
    return seat[1] if seat and seat[0] == by.id else by.sign_in_id


def sit_down(db: Session, account_id: int, sign_in_id: int | None) -> None:
    """Let the deeds of this account in this transaction say from which sign-in they come."""
    db.info["seat"] = (account_id, sign_in_id)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Change]:
    """What an edit changed, for its audit row: each field with what it was and what it is.

    That a secret was changed is told by its deed; the secret itself never.
    """
    told = [word for word in after if not any(secret in word for secret in _SECRETS)]
    return {word: Change(before[word], after[word]) for word in told if before[word] != after[word]}


def detail_of(deed: str, told: str) -> dict[str, Any]:
    """What a row says of its deed, with every change as a Change, whichever release wrote it."""
    return {word: _read(deed, word, value) for word, value in json.loads(told).items()}


def _read(deed: str, word: str, value: Any) -> Any:
    if isinstance(value, dict) and set(value) == set(Change._fields):
        return Change(**value)
    if not isinstance(value, list) or len(value) != 2 or deed not in _PAIRED:
        return value
    # The first release told only which words were edited, and an account's roles as they are.
    names = word == "changed" or (word == "roles" and all(isinstance(one, str) for one in value))
    return value if names else Change(*value)


def note_opened(
    db: Session, by: Account, patient_id: int, deed: str = "record opened", **why: object
) -> None:
    """Note that somebody opened what is kept of one patient; the same once a quarter hour.

    Another sign-in, another doctor's account or another broken glass makes it another opening.
    Called by the very verb that reads it. On a look that cannot write it raises
    ToBeWrittenDown where a row is due, so nothing is read unnoted, and a reading that is
    noted already takes no lock. What the console reads is not a person's reading.
    """
    subject = f"patient/{patient_id}"
    if by.id is None or noted(db, by, deed, subject, since=clock.now() - _ONE_OPENING, **why):
        return
    note_deed(db, by, deed, subject, **why)


def write_down(db: Session, deed: str) -> None:
    """Raise ToBeWrittenDown on a look that cannot write, before a long reading of this deed."""
    if db.connection().get_execution_options().get("reading"):
        raise ToBeWrittenDown(deed)


def noted(
    db: Session, by: Account, deed: str, subject: str, *, since: datetime, **detail: object
) -> bool:
    """Whether this account left this row since a moment, or does so in this transaction.

    A row of another sign-in, or one that tells anything else, is another row.
    """
    this = _entry(db, by, deed, subject, detail)
    if any(replace(one, at=this.at) == this for one in _due(db)):
        return True
    row = select(AuditEvent.id).where(
        AuditEvent.subject == subject,
        AuditEvent.deed == deed,
        AuditEvent.account_id == by.id,
        AuditEvent.sign_in_id == this.sign_in_id,
        AuditEvent.detail == this.detail,
        AuditEvent.at >= since,
    )
    return db.exec(row.limit(1)).first() is not None


def _due(db: Session) -> list[_Entry]:
    entries: list[_Entry] = db.info.get("deeds", [])
    return entries


def seal_of(row: Any) -> str:
    """The row's HMAC-SHA256 over its own words and the seal before it, as its release made it."""
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    who, what = (row.account_id, row.account_name), (row.deed, row.subject, row.detail)
    if row.seal_version == 1:
        return _hmac([row.previous_seal, at, str(row.account_id), row.account_name, *what])
    return _hmac([row.previous_seal, 2, row.id, at, *who, row.sign_in_id, *what])


def seal_of_end(count: int, last_id: int, last_seal: str) -> str:
    """The seal of the log's end, which says how many rows there are and which is the newest."""
    return _hmac(["head", count, last_id, last_seal])


def end_of_log(db: Session) -> End:
    """Where the log ends by its own count; an empty and untrue end where that is gone."""
    found = db.connection().execute(_END).first()
    return End(*found) if found else End(0, 0, "", "")


def anchor_log(db: Session) -> None:
    """Note outside the database how far the log has come, where that is not noted yet."""
    end = end_of_log(db)
    known = {(one.row_count, one.seal) for one in anchors.anchors()}
    if end.is_true and end.row_count and (end.row_count, end.last_seal) not in known:
        anchors.drop(end.row_count, end.last_seal)


def _hmac(words: list[object]) -> str:
    return hmac.digest(config.key(), json.dumps(words).encode(), "sha256").hex()


@event.listens_for(Session, "before_commit")
def _write_deeds(db: Session) -> None:
    if db.in_nested_transaction():
        return
    entries: list[_Entry] = db.info.pop("deeds", [])
    if not entries:
        return
    # All else is written before the end of the log is locked: desks wait for it at commits only.
    db.flush()
    end = End._make(_LOCK_END.first(db, {}))
    rows, last_seal = _sealed(entries, end.last_id, end.last_seal)
    # In the order of the chain, which their ids follow.
    for row in rows:
        _WRITE.rows(db, row)
    count, last_id = end.row_count + len(rows), end.last_id + len(rows)
    seal = seal_of_end(count, last_id, last_seal) if end.is_true else _FORGED
    _MOVE_END.rows(db, End(count, last_id, last_seal, seal)._asdict())
    db.info["end"] = (end.row_count, count, last_seal)


def _sealed(entries: Sequence[_Entry], last_id: int, last: str) -> tuple[list[dict[str, Any]], str]:
    rows = []
    for entry in entries:
        last_id += 1
        row = AuditRow(last_id, **vars(entry), seal_version=2, previous_seal=last, seal="")
        last = seal_of(row)
        rows.append(row._replace(seal=last)._asdict())
    return rows, last


@event.listens_for(Session, "after_commit")
def _anchor_now_and_then(db: Session) -> None:
    before, count, last_seal = db.info.pop("end", (0, 0, ""))
    if count // ANCHORED_EVERY > before // ANCHORED_EVERY:
        anchors.drop(count, last_seal)
