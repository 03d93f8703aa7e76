"""Reminders of dues: three letters, each firmer, by how long the oldest bill is overdue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, Subquery, and_, case, func, not_, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from mediklaud import clock, letters
from mediklaud.database import expecting, known, total
from mediklaud.errors import (
    AdvanceCoversDues,
    DuesOnKeptPlan,
    NoAddressToSendTo,
    NothingOwed,
    RemindedMeanwhile,
    RemindedToTheLast,
    RemindersRest,
    ReminderTooEarly,
)
from mediklaud.models import Account, DuesLetter, Message, Patient, Payment, RemindersPause
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.addresses import address_of
from mediklaud.repository.allocations import LEFT, STANDING, left_of_payers
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.confirmations import head, write_to_payer
from mediklaud.repository.contacts import pauses_of
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.standings import bills_kept_clear
from mediklaud.repository.unpaid import unpaid_bills

# So many days beyond the days of grace the first, the second and the final letter are due. A
# week leaves time for a transfer on its way or an insurer's answer; three weeks reach past the
# next payday of most; whoever has not answered after six needs a talk and no fourth letter.
LEVEL_DAYS = (7, 21, 45)
# Between two letters to one payer, so that each can be answered before the next.
REST = timedelta(days=7)
# As many letters as one click queues: a deed that is over in a moment.
LETTERS_AT_ONCE = 200
_TELLS = ("dues", "dues_second", "dues_final")
# What two desks that remind the same payer at once meet at: the letter's row goes first.
_MEANWHILE = (
    *("one_reminder_a_level", "one_letter_per_event", "one_message_id_per_letter"),
    "no_reminder_in_a_pause",
)
Rows = list[Row[tuple[Any, ...]]]


class _Bill(NamedTuple):
    number: str
    issued_on: date
    owed_paise: int


@dataclass(frozen=True)
class NextLetter:
    """Which letter a payer gets next, and from which day on."""

    level: int
    due_on: date


@dataclass(frozen=True)
class DueNumbers:
    """How many letters are due by level, and how many that are due cannot or shall not leave."""

    by_level: tuple[int, ...]
    paused: int
    unreachable: int

    @property
    def ready(self) -> int:
        """How many a click queues."""
        return sum(self.by_level)


def remind_of_dues(db: Session, patient: Patient, *, by: Account) -> DuesLetter:
    """Queue the next reminder to one payer; a bill's first may leave before it is due.

    Refuses where nothing is owed, a plan is kept, an advance covers it, reminders rest, nobody
    may be written to, or the next letter is not due yet. With the payer's row locked: a second
    click on the same day is the same letter, and of each level there is one
    (one_reminder_a_level).
    """
    permit(db, by, Deed.FOLLOW_UP_DUES, patient)
    kept = locked_patient(db, patient.id)
    bills = _bills_of(db, kept)
    today = clock.today(the_hospital(db).zone)
    last = _last_to(db, kept.id)
    if last is not None and last.queued_on == today:
        return last
    left = left_of_payers(db, [kept.id or 0])
    if left >= sum(bill.owed_paise for bill in bills):
        raise AdvanceCoversDues(patient=kept.name, left=rupees(left))
    if address_of(kept) is None:
        raise NoAddressToSendTo(name=kept.name)
    pause = pauses_of(db, [kept.id or 0], by=by).get(kept.id or 0)
    if pause is not None:
        raise RemindersRest(patient=kept.name, day=pause.last_day, reason=pause.reason)
    found, oldest = _next(db, kept, bills, last), bills[0].number
    if found is None:
        raise RemindedToTheLast(number=oldest, patient=kept.name)
    leaves_on = found.due_on if found.level > 1 else _rested(last)
    if leaves_on is not None and today < leaves_on:
        raise ReminderTooEarly(patient=kept.name, number=oldest, day=leaves_on)
    with expecting(db, **dict.fromkeys(_MEANWHILE, RemindedMeanwhile())):
        return _write(db, kept, bills, found.level, by)


def remind_all_due(db: Session, *, by: Account) -> int:
    """Queue every letter that is due, two hundred at most, the longest due first; how many.

    Whoever's reminders rest gets none (no_reminder_in_a_pause). The payers' rows are locked;
    one that another desk holds in this moment, taking a payment perhaps, is left for the next
    click, so nobody waits in a circle. Of two desks that click at once one queues a letter,
    and the second click finds what is still due (one_reminder_a_level).
    """
    permit(db, by, Deed.FOLLOW_UP_DUES)
    payers = _locked_payers(db, _ready(db).limit(LETTERS_AT_ONCE))
    # Read anew: whatever another desk did to them before the lock counts.
    due = list(db.execute(_ready(db, payers)))
    bills = _unpaid(db, [one.payer_id for one in due])
    with expecting(db, **dict.fromkeys(_MEANWHILE, RemindedMeanwhile())):
        for one in due:
            _write(db, payers[one.payer_id], bills[one.payer_id], one.level, by)
    return len(due)


def due_letters(db: Session, *, by: Account, first: int = 0, at_most: int = 200) -> Rows:
    """Whose letter is due, the longest due first, from a row on; at most 200.

    Columns: payer_id, number (the oldest bill's), oldest_on, owed_paise, level, last_on (of
    the letter before), paused_until, reachable, patient_name, patient_number, phone.
    """
    permit(db, by, Deed.SEE_DUES)
    found = _due(db)
    rows = columns(found).order_by(found.c.oldest_on, found.c.number)
    return list(db.execute(rows.offset(first).limit(min(at_most, LETTERS_AT_ONCE))).all())


def due_numbers(db: Session, *, by: Account) -> DueNumbers:
    """The letters that are due, in numbers."""
    permit(db, by, Deed.SEE_DUES)
    found = _due(db).c
    rests = found.paused_until.is_not(None)
    ready = and_(not_(rests), found.reachable)
    levels = [and_(ready, found.level == level) for level in (1, 2, 3)]
    counted = [*levels, rests, and_(not_(rests), not_(found.reachable))]
    rows = columns(*(total(case((one, 1), else_=0)) for one in counted))
    *by_level, paused, unreachable = (int(cell) for cell in db.execute(rows).one())
    return DueNumbers(tuple(by_level), paused, unreachable)


def next_letter(db: Session, payer: Patient, *, by: Account) -> NextLetter | None:
    """Which letter a payer gets next and when it is due; None where no further one leaves."""
    permit(db, by, Deed.SEE_DUES, payer)
    known(db, Patient, payer.id)
    bills = _unpaid(db, [payer.id or 0]).get(payer.id or 0)
    return _next(db, payer, bills, _last_to(db, payer.id)) if bills else None


def dues_letters_of(
    db: Session, payer_id: int, *, by: Account
) -> Sequence[tuple[DuesLetter, Message]]:
    """The reminders a payer was sent, the newest first, each with how its letter stands."""
    permit(db, by, Deed.SEE_DUES, f"patient/{payer_id}")
    known(db, Patient, payer_id)
    rows = (
        select(DuesLetter, Message)
        .join(Message, col(Message.id) == col(DuesLetter.message_id))
        .where(DuesLetter.payer_id == payer_id)
        .order_by(col(DuesLetter.id).desc())
    )
    return db.exec(rows.limit(LETTERS_AT_ONCE)).all()


def last_dues_letters(
    db: Session, payer_ids: Collection[int], *, by: Account
) -> dict[int, DuesLetter]:
    """The newest reminder to each of these payers that had one."""
    permit(db, by, Deed.SEE_DUES)
    newest = (
        select(func.max(col(DuesLetter.id)))
        .where(col(DuesLetter.payer_id).in_(payer_ids))
        .group_by(col(DuesLetter.payer_id))
    )
    found = db.exec(select(DuesLetter).where(col(DuesLetter.id).in_(newest)))
    return {letter.payer_id: letter for letter in found}


def _bills_of(db: Session, payer: Patient) -> list[_Bill]:
    """The open bills a letter names, the oldest first; what a kept plan covers is no matter."""
    bills = _unpaid(db, [payer.id or 0]).get(payer.id or 0)
    if bills:
        return bills
    of = unpaid_bills()
    if db.execute(columns(of.number).where(of.payer_id == payer.id).limit(1)).first():
        raise DuesOnKeptPlan(patient=payer.name)
    raise NothingOwed(patient=payer.name)


def _unpaid(db: Session, payer_ids: Collection[int]) -> dict[int, list[_Bill]]:
    """What each of these payers owes in the own name beside kept plans, the oldest first."""
    of = _asked_for(db)
    rows = columns(of.payer_id, of.number, of.issued_on, of.owed_paise)
    rows = rows.where(of.payer_id.in_(payer_ids)).order_by(of.issued_on, of.number)
    found: dict[int, list[_Bill]] = {}
    for payer_id, *bill in db.execute(rows):
        found.setdefault(payer_id, []).append(_Bill(*bill))
    return found


def _last_to(db: Session, payer_id: int | None) -> DuesLetter | None:
    rows = select(DuesLetter).where(DuesLetter.payer_id == payer_id)
    return db.exec(rows.order_by(col(DuesLetter.id).desc()).limit(1)).first()


def _next(
    db: Session, payer: Patient, bills: Sequence[_Bill], last: DuesLetter | None
) -> NextLetter | None:
    oldest = bills[0]
    sent = select(func.max(col(DuesLetter.level))).where(
        DuesLetter.payer_id == payer.id, DuesLetter.invoice_number == oldest.number
    )
    level = (db.exec(sent).one() or 0) + 1
    if level > len(LEVEL_DAYS):
        return None
    days = the_hospital(db).dues_grace_days + LEVEL_DAYS[level - 1]
    due_on = oldest.issued_on + timedelta(days=days)
    return NextLetter(level, max(due_on, _rested(last) or due_on))


def _rested(last: DuesLetter | None) -> date | None:
    # From which day on another letter may follow the last one.
    return last.queued_on + REST if last is not None else None


def _write(
    db: Session, payer: Patient, bills: Sequence[_Bill], level: int, by: Account
) -> DuesLetter:
    hospital, oldest = the_hospital(db), bills[0].number
    address, owed = address_of(payer), sum(bill.owed_paise for bill in bills)
    assert address is not None, "asked before"
    told = letters.DuesReminder(
        tells=_TELLS[level - 1],
        **head(hospital),
        patient_name=payer.name,
        bills=[[one.number, one.issued_on.isoformat(), rupees(one.owed_paise)] for one in bills],
        owed=rupees(owed),
    )
    about = f"patient/{payer.id}/bill/{oldest}"
    now = clock.now()
    letter = DuesLetter(
        payer_id=payer.id or 0,
        invoice_number=oldest,
        level=level,
        owed_paise=owed,
        message_id=write_to_payer(db, letters.frozen(told), about, "dues", address, payer, level),
        queued_at=now,
        queued_on=clock.day_of(now, hospital.zone),
        queued_by=by.id,
    )
    db.add(letter)
    db.flush()
    told_of = {"dues_paise": owed, "level": level, "bill": oldest}
    note_deed(db, by, "reminded of dues", f"patient/{payer.id}", **told_of)
    return letter


def _ready(db: Session, payer_ids: Collection[int] | None = None) -> Select[*tuple[Any, ...]]:
    # Whose letter can leave, the longest due first.
    of = _due(db).c
    rows: Select[*tuple[Any, ...]] = (
        columns(of.payer_id, of.level)
        .where(of.paused_until.is_(None), of.reachable)
        .order_by(of.oldest_on, of.number)
    )
    return rows if payer_ids is None else rows.where(of.payer_id.in_(payer_ids))


def _locked_payers(db: Session, ready: Select[*tuple[Any, ...]]) -> dict[int, Patient]:
    ids = columns(ready.subquery().c.payer_id)
    rows = select(Patient).where(col(Patient.id).in_(ids)).order_by(col(Patient.id))
    locked = rows.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return {payer.id or 0: payer for payer in db.exec(locked)}


def _asked_for(db: Session) -> Any:
    """The open bills that letters speak of: those that no kept plan covers."""
    of = unpaid_bills()
    kept = bills_kept_clear(db, clock.today(the_hospital(db).zone))
    return columns(*of).where(of.number.not_in(kept)).subquery().c if kept else of


def _oldest(db: Session) -> Any:
    """Each payer's oldest bill that letters speak of, and what is owed on all such."""
    of = _asked_for(db)
    place = func.row_number().over(partition_by=of.payer_id, order_by=(of.issued_on, of.number))
    owed = func.sum(of.owed_paise).over(partition_by=of.payer_id)
    rows = columns(
        *(of.payer_id, of.number, of.issued_on), owed.label("owed_paise"), place.label("place")
    )
    return rows.subquery().c


def _due(db: Session) -> Subquery:
    """Whoever's next letter is due today, whether it can leave or not.

    Not whoever paid as much in advance: finance uses that, and nothing more is asked for.
    """
    hospital = the_hospital(db)
    today = clock.today(hospital.zone)
    overdue, standing = _oldest(db), RemindersPause
    sent = (
        columns(func.coalesce(func.max(col(DuesLetter.level)), 0))
        .where(
            col(DuesLetter.payer_id) == overdue.payer_id,
            col(DuesLetter.invoice_number) == overdue.number,
        )
        .correlate(overdue.payer_id.table)
        .scalar_subquery()
    )
    last_on = (
        columns(func.max(col(DuesLetter.queued_on)))
        .where(col(DuesLetter.payer_id) == overdue.payer_id)
        .correlate(overdue.payer_id.table)
        .scalar_subquery()
    )
    rows: Select[*tuple[Any, ...]] = (
        columns(
            *(overdue.payer_id, overdue.number, overdue.issued_on.label("oldest_on")),
            overdue.owed_paise,
            (sent + 1).label("level"),
            last_on.label("last_on"),
            col(standing.last_day).label("paused_until"),
            and_(col(Patient.email).is_not(None), col(Patient.mail_for_care)).label("reachable"),
            col(Patient.name).label("patient_name"),
            col(Patient.number).label("patient_number"),
            col(Patient.phone),
        )
        .join(Patient, col(Patient.id) == overdue.payer_id)
        .outerjoin(
            standing,
            and_(
                col(standing.payer_id) == overdue.payer_id,
                col(standing.ended_at).is_(None),
                col(standing.last_day) >= today,
            ),
        )
        .where(overdue.place == 1)
    )
    told = rows.subquery()
    days = [timedelta(days=hospital.dues_grace_days + each) for each in LEVEL_DAYS]
    late = or_(
        *(
            and_(told.c.level == level, told.c.oldest_on <= today - each)
            for level, each in enumerate(days, start=1)
        )
    )
    rested = or_(told.c.last_on.is_(None), told.c.last_on <= today - REST)
    advance = (
        columns(total(LEFT))
        .where(col(Payment.payer_id) == told.c.payer_id, STANDING)
        .correlate(told)
        .scalar_subquery()
    )
    return columns(told).where(late, rested, advance < told.c.owed_paise).subquery()
