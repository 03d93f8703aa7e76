"""The hospital itself: its first visit, its settings, and its numbers."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from mediklaud import clock, config, contact, text
from mediklaud.database import columns_of, expecting
from mediklaud.errors import (
    AlreadySetUp,
    FollowUpDaysNotPossible,
    FollowUpShareNotPossible,
    FollowUpsNotPossible,
    GraceNotPossible,
    GraceOfLettersNotPossible,
    GstinNotUnderstood,
    NotFound,
    OverbookingsNotPossible,
    PrefixesAlike,
    PrefixHadBefore,
    PrefixNotUsable,
    ReminderHoursNotPossible,
    SeriesUsedUp,
    TwoDesksMet,
    WrongCode,
    ZoneInUse,
    ZoneNotKnown,
)
from mediklaud.hot import Hot
from mediklaud.models import (
    PAPERS,
    Account,
    AccountRole,
    BillWhen,
    CreditNote,
    Holiday,
    Hospital,
    Invoice,
    NumberSeries,
    Paper,
    Receipt,
    Refund,
    Role,
    SecondFactor,
)
from mediklaud.permissions import Deed
from mediklaud.registers import is_gstin
from mediklaud.repository.audit import changes, note_deed, permit
from mediklaud.repository.sign_ins import end_sign_ins

# Who can open every door of the house, and so needs two keys where the hospital says so.
KEEPERS = frozenset({Role.CMO, Role.ADMINISTRATOR})
# The papers as a desk calls them, and where they are kept.
PAPER_WORDS = {
    "bill": "bill",
    "receipt": "receipt",
    "credit": "credit note",
    "refund": "refund",
    "advance": "advance",
}
_TABLES: dict[str, type[Paper]] = {
    "bill": Invoice,
    "receipt": Receipt,
    "credit": CreditNote,
    "refund": Refund,
    "advance": Receipt,
}


@dataclass(frozen=True)
class HospitalForm:
    """What the hospital says of itself, as typed. Sums in paise."""

    name: str
    address: str
    phone: str
    email: str
    gstin: str = ""
    zone: str = "Asia/Kolkata"
    patient_prefix: str = "JMI"
    bill_prefix: str = "JMI"
    receipt_prefix: str = "JMR"
    credit_prefix: str = "JMC"
    refund_prefix: str = "JMF"
    advance_prefix: str = "JMA"
    bill_when: BillWhen = BillWhen.FINISH
    dues_limit_paise: int = 0
    dues_grace_days: int = 0
    overbookings_a_session: int = 2
    follow_up_visits: int = 0
    follow_up_days: int = 0
    follow_up_percent: int = 0
    letter_grace_seconds: int = 60
    reminder_hours: int = 24
    second_factor_required: bool = False


_THE_HOSPITAL = select(Hospital)


def first_visit_code() -> str:
    """The code that guards the first visit, the same on every server of the installation.

    It is derived from the installation's key and worth nothing once the hospital is set up.
    """
    digest = hmac.new(config.key(), b"first visit", hashlib.sha256).digest()
    letters = base64.b32encode(digest).decode()[:12]
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def check_code(typed: str) -> None:
    """Refuse a code that is not the one in the server's terminal (WrongCode)."""
    said = re.sub(r"[^A-Z2-7]", "", text.line(typed, field="One-time code").upper())
    if not hmac.compare_digest(said.encode(), first_visit_code().replace("-", "").encode()):
        raise WrongCode()


def is_set_up(db: Session) -> bool:
    """Whether the hospital's first visit is over."""
    return db.get(Hospital, 1) is not None


def the_hospital(db: Session) -> Hospital:
    """The hospital. Refuses while it is not set up (NotFound)."""
    # A deed asks for the hospital several times, and a session forgets what nobody holds.
    kept: Hospital | None = db.info.get("hospital")
    if kept is None or kept not in db:
        kept = db.info["hospital"] = db.execute(_THE_HOSPITAL).scalar()
    if kept is None:
        raise NotFound(what="hospital")
    return kept


def rules_of_the_house(db: Session) -> Hospital:
    """The hospital to be looked at alone, for siblings: as the lock of a patient brought it."""
    deed, kept = db.info.get("rules", (None, None))
    return kept if kept is not None and deed is db.get_transaction() else the_hospital(db)


def keep_rules(db: Session, rules: Hospital) -> None:
    """Spare the rest of this transaction a look at the hospital just read; for siblings."""
    db.info["rules"] = (db.get_transaction(), rules)


def open_hospital(db: Session, typed: HospitalForm, *, is_demo: bool = False) -> Hospital:
    """Write down the hospital on its first visit.

    There is one row to write (there_is_one_hospital), so two browsers that meet write it
    once: the other is refused (AlreadySetUp), as where one stands already. Refuses also what
    cannot be as typed.
    """
    if is_set_up(db):
        raise AlreadySetUp()
    opened = Hospital(**_checked(typed), is_demo=is_demo, set_up_at=clock.now())
    with expecting(db, pk_hospital=AlreadySetUp()):
        db.add(opened)
    return opened


def change_settings(db: Session, typed: HospitalForm, *, by: Account) -> Hospital:
    """Change what the hospital says of itself and its rules.

    Issued papers stay, and so do the follow-ups that visits have given already. In another
    zone a holiday's day has other bounds. Refuses another zone once a paper was numbered
    (ZoneInUse), and a prefix that papers of another kind have had (PrefixHadBefore), so that
    no two papers ever share a number. Once
    a second factor is asked for, whoever must have one and has none signs in anew; a sign-in
    that begins meanwhile meets this at its account.
    """
    permit(db, by, Deed.CHANGE_SETTINGS)
    kept = the_hospital(db)
    before = {word: getattr(kept, word) for word in _checked(typed)}
    after = _checked(typed)
    if before["zone"] != after["zone"] and _has_numbered(db):
        raise ZoneInUse(zone=before["zone"])
    _refuse_had_prefixes(db, before, after)
    kept.sqlmodel_update(after)
    db.add(kept)
    if before["zone"] != after["zone"]:
        _rebound_holidays(db, after["zone"])
    db.flush()
    if after["second_factor_required"] and not before["second_factor_required"]:
        _end_sign_ins_without_factor(db)
    db.info.pop("rules", None)
    note_deed(db, by, "settings changed", "hospital/1", **changes(before, after))
    return kept


def _has_numbered(db: Session) -> bool:
    """Whether any paper was ever numbered."""
    series = db.exec(select(NumberSeries.name)).all()
    return any(name.partition("/")[0] in PAPERS for name in series)


def _refuse_had_prefixes(db: Session, before: dict[str, Any], after: dict[str, Any]) -> None:
    for paper in PAPERS:
        word = f"{paper}_prefix"
        if after[word] == before[word]:
            continue
        others = [one for one in PAPERS if one != paper and _has_had(db, one, after[word])]
        if others:
            papers, field = f"{PAPER_WORDS[others[0]]}s", _prefix_field(paper)
            raise PrefixHadBefore(prefix=after[word], papers=papers, field=field)


def _has_had(db: Session, paper: str, prefix: str) -> bool:
    """Whether a paper of a kind was ever numbered under a prefix."""
    table = _TABLES[paper]
    theirs = (col(table.series).startswith(f"{paper}/"), col(table.number).startswith(f"{prefix}/"))
    return db.exec(select(table.number).where(*theirs).limit(1)).first() is not None


def _end_sign_ins_without_factor(db: Session) -> None:
    keepers = select(AccountRole.account_id).where(col(AccountRole.role).in_(KEEPERS))
    secured = select(SecondFactor.account_id)
    bare = col(Account.id).in_(keepers) & col(Account.id).not_in(secured)
    # The hospital's row first, as where roles change.
    rows = select(Account).where(bare).order_by(col(Account.id)).with_for_update()
    for account in db.exec(rows).all():
        end_sign_ins(db, account)


def _rebound_holidays(db: Session, zone: str) -> None:
    for holiday in db.exec(select(Holiday)):
        holiday.begins_at, holiday.ends_at = clock.day_bounds(holiday.day, zone)
        db.add(holiday)


def _checked(typed: HospitalForm) -> dict[str, Any]:
    if not clock.is_zone(typed.zone):
        raise ZoneNotKnown(zone=text.line(typed.zone, field="Time zone"))
    if not 0 <= typed.dues_grace_days <= 365:
        raise GraceNotPossible()
    _refuse_rules(typed)
    return {
        "name": text.needed(typed.name, field="Hospital's name"),
        "address": text.needed_note(typed.address, field="Address", at_most=400),
        "phone": contact.phone(typed.phone, country="IN"),
        "email": contact.needed_email(typed.email),
        "gstin": _gstin(typed.gstin),
        "zone": typed.zone,
        "patient_prefix": _prefix(typed.patient_prefix, field="Patient prefix"),
        **_paper_prefixes(typed),
        "bill_when": BillWhen(typed.bill_when),
        "dues_limit_paise": typed.dues_limit_paise,
        "dues_grace_days": typed.dues_grace_days,
        "overbookings_a_session": typed.overbookings_a_session,
        "follow_up_visits": typed.follow_up_visits,
        "follow_up_days": typed.follow_up_days,
        "follow_up_percent": typed.follow_up_percent,
        "letter_grace_seconds": typed.letter_grace_seconds,
        "reminder_hours": typed.reminder_hours,
        "second_factor_required": typed.second_factor_required,
    }


def _gstin(typed: str) -> str | None:
    kept = text.line(typed, field="GSTIN", at_most=15).upper()
    if kept and not is_gstin(kept):
        raise GstinNotUnderstood(typed=kept)
    return kept or None


def _refuse_rules(typed: HospitalForm) -> None:
    if not 0 <= typed.overbookings_a_session <= 20:
        raise OverbookingsNotPossible()
    if not 0 <= typed.follow_up_visits <= 20:
        raise FollowUpsNotPossible()
    if not min(1, typed.follow_up_visits) <= typed.follow_up_days <= 365:
        raise FollowUpDaysNotPossible()
    if not 0 <= typed.follow_up_percent <= 99:
        raise FollowUpShareNotPossible()
    if not 0 <= typed.letter_grace_seconds <= 600:
        raise GraceOfLettersNotPossible()
    if not 0 <= typed.reminder_hours <= 168:
        raise ReminderHoursNotPossible()


def _paper_prefixes(typed: HospitalForm) -> dict[str, str]:
    """One prefix for each paper, none twice, so that no two papers share a number."""
    kept: dict[str, str] = {}
    for paper in PAPERS:
        field = _prefix_field(paper)
        prefix = _prefix(getattr(typed, f"{paper}_prefix"), field=field)
        if prefix in kept.values():
            raise PrefixesAlike(prefix=prefix, field=field)
        kept[f"{paper}_prefix"] = prefix
    return kept


def _prefix_field(paper: str) -> str:
    return f"{PAPER_WORDS[paper].capitalize()} prefix"


def _prefix(typed: str, *, field: str) -> str:
    prefix = text.line(typed, field=field).upper()
    # CGST Rules, 46(b): letters, digits, "-" and "/" only, 16 characters at most in all.
    if not re.fullmatch(r"[A-Z0-9]{1,3}", prefix):
        raise PrefixNotUsable(prefix=prefix, field=field)
    return prefix


_SERIES = columns_of(NumberSeries)
_TAKE_NEXT = Hot(
    update(_SERIES.last.table)
    .where(_SERIES.name == bindparam("series"))
    .values(last=_SERIES.last + 1)
    .returning(_SERIES.last)
)
_OPEN_SERIES = sql(
    "INSERT INTO number_series (name, last) VALUES (:name, 0) ON CONFLICT (name) DO NOTHING"
)


def next_number(db: Session, series: str, *, at_most: int = 9_999_999) -> int:
    """The next number of a series, given in this transaction and to nobody else.

    The counter's row stays locked until the transaction ends, and goes back with it:
    that is what makes the numbers gapless. Refuses past `at_most` (SeriesUsedUp).
    """
    taken = _TAKE_NEXT.first(db, {"series": series})
    if taken is None:
        db.connection().execute(_OPEN_SERIES, {"name": series})
        taken = _TAKE_NEXT.first(db, {"series": series})
    if taken[0] > at_most:
        raise SeriesUsedUp(series=series)
    return int(taken[0])


_MOMENT_OF = {
    paper: Hot(
        select(col(table.issued_at)).where(
            col(table.series) == bindparam("series"), col(table.serial) == bindparam("serial")
        )
    )
    for paper, table in _TABLES.items()
}


@dataclass(frozen=True)
class PaperNumber:
    """The number of a paper, its place in the series, and the moment it was given."""

    number: str
    series: str
    serial: int
    issued_at: datetime
    issued_on: date


def number_paper(db: Session, paper: str) -> PaperNumber:
    """Number a paper: PREFIX/2627/000001, a series for each kind and financial year.

    The moment is read once the counter is held, and is never before the last paper's (two
    servers' clocks differ), so moments follow the numbers. Where the
    year ends in between, nothing is written (TwoDesksMet) and the next try is in the new one.
    """
    hospital = rules_of_the_house(db)
    prefix, zone = getattr(hospital, f"{paper}_prefix"), hospital.zone
    year = clock.financial_year(clock.today(zone))
    series = f"{paper}/{year}"
    serial = next_number(db, series)
    issued_at = max(clock.now(), _last_moment(db, paper, series, serial))
    issued_on = clock.day_of(issued_at, zone)
    if clock.financial_year(issued_on) != year:
        raise TwoDesksMet()
    return PaperNumber(f"{prefix}/{year}/{serial:06d}", series, serial, issued_at, issued_on)


def _last_moment(db: Session, paper: str, series: str, serial: int) -> datetime:
    before = {"series": series, "serial": serial - 1}
    found = _MOMENT_OF[paper].first(db, before)
    return found[0] if found else datetime.min.replace(tzinfo=UTC)


def frozen_hospital(hospital: Hospital) -> dict[str, Any]:
    """What a paper copies of the hospital."""
    words = ("name", "address", "phone", "email", "gstin")
    return {f"hospital_{word}": getattr(hospital, word) for word in words}
