"""The self-check of times: no double promises, holds, tokens, overbookings, letters, the gate."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.models import (
    Allocation,
    Appointment,
    AuditEvent,
    Charge,
    CreditNote,
    Entitlement,
    Hold,
    Instalment,
    Invoice,
    PaymentPlan,
    PlanBill,
)
from mediklaud.repository.audit import detail_of
from mediklaud.repository.deeds_in_order import Done, Stood, plan_deeds, stood_at
from mediklaud.repository.holds import HOLD_MINUTES
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.proofs import Proof, by_query

_LIVE = "IN ('booked', 'arrived', 'fulfilled')"


def _overlapping(whose: str, but: str = "") -> str:
    # Sorted by start, an overlap shows against the latest end so far.
    return f"""
        SELECT 'appointment ' || id AS breach FROM (
            SELECT id, starts_at, max(ends_at) OVER (
                PARTITION BY {whose} ORDER BY starts_at, id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ends_before
            FROM appointment WHERE status {_LIVE}{but}) AS o
        WHERE starts_at < ends_before"""  # nosec B608 # our own names


_QUERIES = (
    by_query(
        "doctor's time",
        "no doctor's time is promised twice, but by overbooking",
        _overlapping("doctor_id", but=" AND overbook_number IS NULL"),
    ),
    by_query(
        "patient's time",
        "no patient is promised to two doctors at once",
        _overlapping("patient_id"),
    ),
    by_query(
        "overbooking",
        "no session is overbooked beyond the hospital's cap, and each time for a reason",
        f"""SELECT 'appointment ' || max(id) AS breach FROM appointment
            WHERE overbook_number IS NOT NULL AND status {_LIVE}
            GROUP BY doctor_id, session_begins_at HAVING count(*) > max(overbook_cap_then)
            UNION ALL
            SELECT 'appointment ' || id FROM appointment
            WHERE overbook_number IS NOT NULL
              AND (coalesce(overbook_reason, '') = '' OR session_begins_at IS NULL)""",  # nosec B608 # our own names
    ),
    by_query(
        "tokens",
        "the tokens of every session run 1, 2, 3 … and nobody shares one",
        """SELECT 'appointment ' || max(id) AS breach FROM appointment
           WHERE token IS NOT NULL GROUP BY doctor_id, session_begins_at
           HAVING count(*) <> max(token) OR min(token) <> 1 OR count(DISTINCT token) <> count(*)""",
    ),
    by_query(
        "closed hours",
        "nobody was booked into a leave or onto a holiday that stood by then",
        f"""SELECT 'appointment ' || a.id AS breach FROM appointment a
            JOIN leave l ON l.doctor_id = a.doctor_id
             AND l.begins_at < a.ends_at AND l.ends_at > a.starts_at
            WHERE a.status {_LIVE} AND l.granted_at < a.promised_at
              AND (l.withdrawn_at IS NULL OR a.promised_at < l.withdrawn_at)
            UNION ALL
            SELECT 'appointment ' || a.id FROM appointment a
            JOIN holiday h ON h.begins_at < a.ends_at AND h.ends_at > a.starts_at
            WHERE a.status {_LIVE} AND h.declared_at < a.promised_at""",  # nosec B608 # our own names
    ),
    by_query(
        "waitlist",
        "whoever was booked from the waitlist was booked for that patient and waits no more",
        """SELECT 'entry ' || w.id AS breach FROM waitlist_entry w
           JOIN appointment a ON a.id = w.appointment_id
           WHERE a.patient_id <> w.patient_id OR w.closed_at IS NULL""",
    ),
    by_query(
        "one letter",
        "every appointment has exactly one letter that says it was booked or moved",
        """SELECT 'appointment ' || p.id AS breach FROM appointment p
           LEFT JOIN message m ON m.appointment_id = p.id
            AND m.kind = CASE WHEN p.moved_from_id IS NULL THEN 'booked' ELSE 'moved' END
           GROUP BY p.id HAVING count(m.id) <> 1""",
    ),
    by_query(
        "letters sent",
        "a letter that counts as sent has its moment and the server's reply",
        """SELECT 'letter ' || id AS breach FROM message
           WHERE status = 'sent' AND (sent_at IS NULL OR outcome = '')""",
    ),
)


def _holds(db: Session) -> Iterator[str]:
    """No hold lasts longer than the rule allows, nor lies over another or over a booking."""
    most = timedelta(minutes=2 * HOLD_MINUTES)
    last: dict[int, datetime] = {}
    held = select(Hold).order_by(col(Hold.doctor_id), col(Hold.starts_at))
    for hold in db.exec(held):
        over = select(Appointment.id).where(
            Appointment.doctor_id == hold.doctor_id,
            col(Appointment.status).in_(("booked", "arrived", "fulfilled")),
            col(Appointment.overbook_number).is_(None),
            Appointment.starts_at < hold.ends_at,
            Appointment.ends_at > hold.starts_at,
        )
        doubled = last.get(hold.doctor_id, hold.starts_at) > hold.starts_at
        if doubled or hold.expires_at - hold.held_at > most or db.exec(over.limit(1)).first():
            yield f"hold {hold.id}"
        last[hold.doctor_id] = hold.ends_at


def _follow_ups(db: Session) -> Iterator[str]:
    """Entitled follow-ups are recounted: the patient's own, with that doctor, in time, no more.

    None was promised after the bill of its paid visit was voided.
    """
    zone = the_hospital(db).zone
    left: dict[int, int] = {}
    voided = _visits_voided(db)
    rows = (
        select(Appointment, Entitlement)
        .join(Entitlement, col(Entitlement.granted_by_id) == col(Appointment.entitled_by_id))
        .where(col(Appointment.status).in_(("booked", "arrived", "fulfilled")))
        .order_by(col(Appointment.id))
    )
    for visit, given in db.exec(rows.execution_options(yield_per=500)):
        left[given.granted_by_id] = left.get(given.granted_by_id, given.visits) - 1
        same = (visit.patient_id, visit.doctor_id) == (given.patient_id, given.doctor_id)
        in_time = clock.day_of(visit.starts_at, zone) <= given.last_day
        void = voided.get(given.granted_by_id, visit.promised_at) < visit.promised_at
        if not same or not in_time or void or left[given.granted_by_id] < 0:
            yield f"appointment {visit.id}"


def _visits_voided(db: Session) -> dict[int, datetime]:
    """When the bill of a visit that gives follow-ups was voided, of those that have none now."""
    rows = (
        columns(col(Charge.appointment_id), func.max(Charge.voided_at))
        .join(Entitlement, col(Entitlement.granted_by_id) == col(Charge.appointment_id))
        .group_by(col(Charge.appointment_id))
        .having(func.count(col(Charge.voided_at)) == func.count())
    )
    return {visit_id: moment for visit_id, moment in db.execute(rows) if visit_id}


def _gate(db: Session) -> Iterator[str]:
    """Dues are recounted for the moment of every promise; what the gate saw must agree."""
    if not clock.is_zone(the_hospital(db).zone):
        return  # days of grace need the hospital's day; its own line is red already
    rules = _dues_rules(db)
    promised = select(Appointment).order_by(col(Appointment.id)).execution_options(yield_per=500)
    for some in db.exec(promised).partitions(500):
        asked = {person for one in some for person in (one.patient_id, one.payer_then_id)}
        payers = {person for person in asked if person is not None}
        ledger, plans = _ledger_of(db, payers), _plans_of(db, payers)
        old_ends = _ends_of(db, {one.moved_from_id for one in some})
        for appointment in some:
            old_ends_at = old_ends.get(appointment.moved_from_id or 0)
            moved = old_ends_at is not None and old_ends_at > appointment.promised_at
            restored = appointment.promised_at != appointment.booked_at
            passed = appointment.priority == "emergency" or (moved and not restored)
            seen = (appointment.dues_then_paise, appointment.overdue_then_paise)
            rule = (appointment.dues_limit_then_paise, appointment.grace_days_then)
            held = appointment.overdue_then_paise > appointment.dues_limit_then_paise
            persons = (appointment.patient_id, appointment.payer_then_id)
            changes = [change for one in persons for change in ledger.get(one or 0, [])]
            agreed = [plan for one in persons for plan in plans.get(one or 0, [])]
            counted = _recounted(db, appointment, changes, agreed)
            if seen not in counted or rule not in rules or (held and not passed):
                yield f"appointment {appointment.id}"


def _ends_of(db: Session, ids: set[int | None]) -> dict[int, datetime]:
    """When the old times of moved appointments ended."""
    ends = columns(col(Appointment.id), col(Appointment.ends_at))
    rows = db.execute(ends.where(col(Appointment.id).in_(ids - {None})))
    return dict(map(tuple, rows))


@dataclass(frozen=True)
class _Change:
    """What changed somebody's dues: by which deed, when, by how many paise, on which bill."""

    deed: Done
    paise: int
    issued_on: date
    number: str


@dataclass(frozen=True)
class _Agreed:
    """A payment plan as its rows tell it."""

    plan: PaymentPlan
    bills: frozenset[str]
    instalments: tuple[tuple[date, int], ...]

    def covers(self, then: list[_Change], day: date, stood: Stood) -> frozenset[str]:
        """Its bills, where it stood at a moment and what was due before the day was cleared."""
        agreed, ended = plan_deeds(self.plan)
        if not stood(agreed) or (ended is not None and stood(ended)):
            return frozenset()
        owed = sum(one.paise for one in then if one.number in self.bills)
        due = sum(paise for due_on, paise in self.instalments if due_on < day)
        return self.bills if due <= self.plan.total_paise - owed else frozenset()


def _plans_of(db: Session, payer_ids: set[int]) -> dict[int, list[_Agreed]]:
    """Every payment plan of these payers, ended ones too."""
    found: dict[int, list[_Agreed]] = {}
    for plan in db.exec(select(PaymentPlan).where(col(PaymentPlan.payer_id).in_(payer_ids))):
        bills = db.exec(select(PlanBill.invoice_number).where(PlanBill.plan_id == plan.id))
        due = columns(col(Instalment.due_on), col(Instalment.amount_paise))
        instalments = db.execute(due.where(col(Instalment.plan_id) == plan.id))
        parts = tuple((due_on, paise) for due_on, paise in instalments)
        agreed = _Agreed(plan, frozenset(bills), parts)
        found.setdefault(plan.payer_id, []).append(agreed)
    return found


def _ledger_of(db: Session, payer_ids: set[int]) -> dict[int, list[_Change]]:
    """Every bill, credit and allocation of these payers, from the ledger's rows alone."""
    found: dict[int, list[_Change]] = {}
    theirs = col(Invoice.payer_id).in_(payer_ids)
    bill = (col(Invoice.payer_id), col(Invoice.issued_on), col(Invoice.number))
    own = col(Invoice.number)
    bills = columns(*bill, own, col(Invoice.issued_at), col(Invoice.total_paise)).where(theirs)
    part = (col(Allocation.id), col(Allocation.allocated_at), -col(Allocation.amount_paise))
    paid = (
        columns(*bill, *part)
        .join(Invoice, col(Invoice.number) == col(Allocation.invoice_number))
        .where(theirs)
    )
    noted = (col(CreditNote.number), col(CreditNote.issued_at), -col(CreditNote.total_paise))
    again = (col(CreditNote.number), col(CreditNote.cancelled_at), col(CreditNote.total_paise))
    credited, cancelled = (
        columns(*bill, *note)
        .join(Invoice, col(Invoice.number) == col(CreditNote.invoice_number))
        .where(theirs, note[1].is_not(None))
        for note in (noted, again)
    )
    reads = {
        "bill issued": bills,
        "allocated": paid,
        "credit note issued": credited,
        "credit note cancelled": cancelled,
    }
    for deed, rows in reads.items():
        for payer_id, issued_on, number, key, moment, paise in db.execute(rows):
            change = _Change(Done(deed, str(key), moment), paise, issued_on, number)
            found.setdefault(payer_id, []).append(change)
    return found


def _recounted(
    db: Session, appointment: Appointment, ledger: list[_Change], plans: list[_Agreed]
) -> set[tuple[int, int]]:
    """Owed and overdue at the moment of a promise; its own microsecond may count or not.

    What was done close to it is taken in the log's order: two servers' clocks differ.
    """
    on_plans = [deed for one in plans for deed in plan_deeds(one.plan) if deed is not None]
    stood = stood_at(db, appointment, [*(one.deed for one in ledger), *on_plans])
    return {_owed_where(db, appointment, ledger, plans, one) for one in stood}


def _owed_where(
    db: Session,
    appointment: Appointment,
    ledger: list[_Change],
    plans: list[_Agreed],
    stood: Stood,
) -> tuple[int, int]:
    """Owed and overdue by the deeds that stood when an appointment was promised."""
    if not ledger:
        return 0, 0
    day = clock.day_of(appointment.promised_at, the_hospital(db).zone)
    grace = appointment.grace_days_then
    # Without grace a bill that another server's clock dated tomorrow counts too.
    graced = day - timedelta(days=grace) if grace else date.max
    then = [one for one in ledger if stood(one.deed)]
    covered = {number for plan in plans for number in plan.covers(then, day, stood)}
    overdue = sum(
        one.paise for one in then if one.issued_on <= graced and one.number not in covered
    )
    return sum(one.paise for one in then), overdue


def _dues_rules(db: Session) -> set[tuple[int, int]]:
    """Every limit in paise and days of grace the hospital has had, by its audit log."""
    hospital = the_hospital(db)
    limits, graces = {hospital.dues_limit_paise}, {hospital.dues_grace_days}
    edits = select(AuditEvent.detail).where(AuditEvent.deed == (edit := "settings changed"))
    for told in db.exec(edits):
        detail = detail_of(edit, told)
        limits.update(detail.get("dues_limit_paise", ()))
        graces.update(detail.get("dues_grace_days", ()))
    return {(limit, grace) for limit in limits for grace in graces}


PROOFS = (
    Proof(
        "dues gate",
        "no routine appointment was booked while dues were on hold, recounted for every booking",
        _gate,
    ),
    *_QUERIES,
    Proof(
        "holds", "a held time is one clerk's, for ten minutes at most, and nobody's booking", _holds
    ),
    Proof(
        "follow-ups",
        "free and cheaper follow-ups are given as often and as long as the paid visit allows",
        _follow_ups,
    ),
)
