"""Reminders of dues: three letters, each firmer, by how long the oldest bill is overdue."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, Select, Subquery, and_, case, func, not_, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from mediklaud import clock, letters
from mediklaud.database import expecting, known, total
from mediklaud.errors import (
    DuesOnKeptPlan,
    NoAddressToSendTo,
    NothingOwed,
    RemindedMeanwhile,
    RemindedToTheLast,
    RemindersRest,
    ReminderTooEarly,
)
from mediklaud.models import Account, DuesLetter, Invoice, Message, Patient, RemindersPause
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.confirmations import address_of, head, write_to_payer
from mediklaud.repository.contacts import pauses_of
from mediklaud.repository.dues import OpenBill, dues_of
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.patients import locked_patient
from mediklaud.repository.standings import bills_kept_clear

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
    """Queue the next reminder to one payer; the first may leave before it is due.

    Refuses where nothing is owed, a plan is kept, reminders rest, nobody may be written to, or
    the next letter is not due yet. With the payer's row locked: a second click on the same day
    is the same letter, and of each level there is one (one_reminder_a_level).
    """
    permit(db, by, Deed.FOLLOW_UP_DUES)
    kept = locked_patient(db, patient.id)
    bills = _bills_of(db, kept)
    today = clock.today(the_hospital(db).zone)
    last = _last_to(db, kept.id)
    if last is not None and last.queued_on == today:
        return last
    if address_of(kept) is None:
        raise NoAddressToSendTo(name=kept.name)
    pause = pauses_of(db, [kept.id or 0], by=by).get(kept.id or 0)
    if pause is not None:
        raise RemindersRest(patient=kept.name, day=pause.last_day, reason=pause.reason)
    found, oldest = _next(db, kept, bills, last), bills[0].number
    if found is None:
        raise RemindedToTheLast(number=oldest, patient=kept.name)
    if today < found.due_on and (found.level > 1 or last is not None):
        raise ReminderTooEarly(patient=kept.name, number=oldest, day=found.due_on)
    with expecting(db, **dict.fromkeys(_MEANWHILE, RemindedMeanwhile())):
        return _write(db, kept, bills, found.level, by)


def remind_all_due(db: Session, *, by: Account) -> int:
    """Queue every letter that is due, two hundred at most, the longest due first; how many.

    Whoever's reminders rest gets none (no_reminder_in_a_pause). Two desks that click at once
    meet at one_reminder_a_level: one queues them all, the other is told to look again. A
    second click finds what is still due.
    """
    permit(db, by, Deed.FOLLOW_UP_DUES)
    found, queued, twice = _due(db).c, 0, RemindedMeanwhile()
    ready = (
        columns(found.payer_id, found.level, found.number)
        .where(found.paused_until.is_(None), found.reachable)
        .order_by(found.oldest_on, found.number)
        .limit(LETTERS_AT_ONCE)
    )
    with expecting(db, **dict.fromkeys(_MEANWHILE, twice)):
        for payer_id, level, oldest in sorted(tuple(row) for row in db.execute(ready)):
            payer = db.get_one(Patient, payer_id, populate_existing=True)
            bills = [bill for bill in _to_pay(db, payer) if not bill.on_kept_plan]
            # Whoever paid it in this moment is asked for nothing.
            if bills and bills[0].number == oldest and address_of(payer) is not None:
                _write(db, payer, bills, level, by)
                queued += 1
    return queued


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
    permit(db, by, Deed.SEE_DUES)
    known(db, Patient, payer.id)
    owed = _to_pay(db, payer)
    bills = [bill for bill in owed if not bill.on_kept_plan]
    return _next(db, payer, bills, _last_to(db, payer.id)) if bills else None


def dues_letters_of(
    db: Session, payer_id: int, *, by: Account
) -> Sequence[tuple[DuesLetter, Message]]:
    """The reminders a payer was sent, the newest first, each with how its letter stands."""
    permit(db, by, Deed.SEE_DUES)
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


def _to_pay(db: Session, payer: Patient) -> list[OpenBill]:
    # What a minor's payer owes is the payer's own letter.
    return [bill for bill in dues_of(db, payer.id).bills if bill.payer_id == payer.id]


def _bills_of(db: Session, payer: Patient) -> list[OpenBill]:
    """The open bills a letter names, the oldest first; what a kept plan covers is no matter."""
    owed = _to_pay(db, payer)
    if not owed:
        raise NothingOwed(patient=payer.name)
    bills = [bill for bill in owed if not bill.on_kept_plan]
    if not bills:
        raise DuesOnKeptPlan(patient=payer.name)
    return bills


def _last_to(db: Session, payer_id: int | None) -> DuesLetter | None:
    rows = select(DuesLetter).where(DuesLetter.payer_id == payer_id)
    return db.exec(rows.order_by(col(DuesLetter.id).desc()).limit(1)).first()


def _next(
    db: Session, payer: Patient, bills: Sequence[OpenBill], last: DuesLetter | None
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
    if last is None:
        return NextLetter(level, due_on)
    rested = last.queued_on + REST
    return NextLetter(level, max(due_on, rested) if level > 1 else rested)


def _write(
    db: Session, payer: Patient, bills: Sequence[OpenBill], level: int, by: Account
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


def _oldest(db: Session) -> Subquery:
    """Each payer's oldest open bill that no kept plan covers, and what is owed on all such."""
    today = clock.today(the_hospital(db).zone)
    bills = (
        columns(
            *(col(Invoice.number), col(Invoice.issued_on), col(Invoice.issued_at)),
            col(Invoice.payer_id),
            col(Invoice.owed_paise),
        )
        .where(col(Invoice.settled_at).is_(None))
        .cte("unpaid_bill")
        .prefix_with("MATERIALIZED")
    )
    of = bills.c
    place = func.row_number().over(partition_by=of.payer_id, order_by=(of.issued_at, of.number))
    theirs = columns(
        *(of.payer_id, of.number, of.issued_on),
        func.sum(of.owed_paise).over(partition_by=of.payer_id).label("owed_paise"),
        place.label("place"),
    ).where(of.number.not_in(bills_kept_clear(db, today)))
    return theirs.subquery()


def _due(db: Session) -> Subquery:
    """Whoever's next letter is due today, whether it can leave or not."""
    hospital = the_hospital(db)
    today = clock.today(hospital.zone)
    overdue, standing = _oldest(db).c, RemindersPause
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
    return columns(told).where(late, rested).subquery()
