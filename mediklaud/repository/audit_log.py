"""Reading the audit log: who did what, to what, when, and from which sign-in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_
from sqlalchemy import select as rows_of
from sqlalchemy import text as sql
from sqlmodel import Session, SQLModel, col, select

from mediklaud import clock, text
from mediklaud.models import Account, AuditEvent, Doctor, Patient, Role
from mediklaud.permissions import Deed
from mediklaud.repository.audit import CONSOLE, detail_of, note_deed, permit, roles_of, write_down
from mediklaud.repository.belongings import subjects_of
from mediklaud.repository.hospital import the_hospital

AUDIT_ROWS = 50
# So many rows fit into one file.
MOST_AUDIT_ROWS = 50_000
# What the administrator may read of a row: all of it where it is about the house itself.
_OF_THE_HOUSE = ("account/", "hospital/", "doctor/", "service/", "sign_in/", "holiday/")
# Each deed once, by steps through the index: the log is long and its deeds are few.
_DEEDS = sql(
    "WITH RECURSIVE known (deed) AS (SELECT min(deed) FROM audit_event UNION ALL "
    "SELECT (SELECT min(e.deed) FROM audit_event e WHERE e.deed > known.deed) "
    "FROM known WHERE known.deed IS NOT NULL) SELECT deed FROM known WHERE deed IS NOT NULL"
)


@dataclass(frozen=True)
class AuditSearch:
    """Which rows are asked for; None and an empty word stand for all."""

    first_day: date
    last_day: date
    account_id: int | None = None
    deed: str | None = None
    # A number of a patient, doctor, bill or receipt, a username, or a subject as it is kept.
    about: str = ""


@dataclass(frozen=True)
class AuditLine:
    """A row of the log as somebody reads it; what happened is None where it is not theirs."""

    id: int
    at: datetime
    who: str
    sign_in_id: int | None
    deed: str
    about: str
    detail: dict[str, Any] | None

    @property
    def key(self) -> tuple[datetime, int]:
        """What the next page begins after."""
        return self.at, self.id


def audit_deeds(db: Session, *, by: Account) -> list[str]:
    """Every deed the log knows, by name."""
    permit(db, by, Deed.SEE_AUDIT)
    return list(db.execute(_DEEDS).scalars())


def audit_lines(
    db: Session,
    asked: AuditSearch,
    *,
    by: Account,
    after: tuple[datetime, int] | None = None,
    at_most: int = AUDIT_ROWS,
) -> list[AuditLine]:
    """Rows of the log, the newest first, from behind the last one seen.

    Whoever is no CMO reads nothing of what was done to patients but that it was done.
    """
    permit(db, by, Deed.SEE_AUDIT)
    rows = select(AuditEvent).where(*_asked(db, asked))
    at, row_id = col(AuditEvent.at), col(AuditEvent.id)
    if after is not None:
        kind = SQLModel.metadata.tables["audit_event"].c.at.type
        rows = rows.where(tuple_(at, row_id) < tuple_(literal(after[0], kind), literal(after[1])))
    found = db.exec(rows.order_by(at.desc(), row_id.desc()).limit(at_most)).all()
    reads_all = by is CONSOLE or Role.CMO in roles_of(db, by)
    return _named(db, [_line(row, reads_all=reads_all) for row in found])


def take_out_audit(db: Session, asked: AuditSearch, *, by: Account) -> list[AuditLine]:
    """The rows asked for, for a file; that they were taken out is a row itself."""
    permit(db, by, Deed.SEE_AUDIT)
    write_down(db, deed := "audit log taken out")
    lines = audit_lines(db, asked, by=by, at_most=MOST_AUDIT_ROWS)
    told = {"first_day": asked.first_day, "last_day": asked.last_day, "rows": len(lines)}
    note_deed(db, by, deed, "hospital/1", **told)
    return lines


def _line(row: AuditEvent, *, reads_all: bool) -> AuditLine:
    open_to_reader = reads_all or row.subject.startswith(_OF_THE_HOUSE)
    return AuditLine(
        id=row.id or 0,
        at=row.at,
        who=row.account_name,
        sign_in_id=row.sign_in_id,
        deed=row.deed,
        about=row.subject,
        detail=detail_of(row.deed, row.detail) if open_to_reader else None,
    )


def _asked(db: Session, asked: AuditSearch) -> list[ColumnElement[bool]]:
    zone = the_hospital(db).zone
    at = col(AuditEvent.at)
    found: list[ColumnElement[bool]] = [
        at >= clock.day_bounds(asked.first_day, zone)[0],
        at < clock.day_bounds(asked.last_day, zone)[1],
    ]
    if asked.account_id is not None:
        found.append(col(AuditEvent.account_id) == asked.account_id)
    if asked.deed is not None:
        found.append(col(AuditEvent.deed) == asked.deed)
    about = text.line(asked.about, field="About")
    if about:
        found.append(col(AuditEvent.subject).in_(_subjects(db, about)))
    return found


def _subjects(db: Session, about: str) -> Any:
    """The subjects that somebody may mean by a number or a name."""
    number = about.upper()
    patient = db.exec(select(Patient.id).where(Patient.number == number)).first()
    if patient is not None:
        return subjects_of(patient)
    doctor = db.exec(select(Doctor.id).where(Doctor.number == number)).first()
    account = db.exec(select(Account.id).where(Account.username == about.lower())).first()
    papers = ("invoice", "receipt", "credit_note", "refund")
    return [
        about.lower(),
        *(f"{paper}/{number}" for paper in papers),
        *([f"doctor/{doctor}"] if doctor is not None else []),
        *([f"account/{account}"] if account is not None else []),
    ]


def _named(db: Session, lines: Sequence[AuditLine]) -> list[AuditLine]:
    """The lines with patients, doctors and accounts by the numbers and names people know."""
    known = {
        **_names(db, "patient", Patient.id, Patient.number, lines),
        **_names(db, "doctor", Doctor.id, Doctor.number, lines),
        **_names(db, "account", Account.id, Account.username, lines),
    }
    return [replace(line, about=known.get(line.about, line.about)) for line in lines]


def _names(
    db: Session, word: str, key: Any, name: Any, lines: Iterable[AuditLine]
) -> dict[str, str]:
    prefix = f"{word}/"
    ids = {line.about.removeprefix(prefix) for line in lines if line.about.startswith(prefix)}
    keys = [int(one) for one in ids if one.isdecimal()]
    rows = db.execute(rows_of(key, name).where(key.in_(keys))).all() if keys else []
    return {f"{prefix}{one}": f"{word} {told}" for one, told in rows}
