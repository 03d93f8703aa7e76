"""The cashier's day at the till: counted by method against the ledger, closed, and reopened."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import expecting, known, total
from mediklaud.errors import (
    CountBelowZero,
    CountMissesReason,
    DayClosedAlready,
    DayNotCome,
    LedgerMoved,
    NeedsAPerson,
    NotYourTill,
    StaleForm,
    YouClosedIt,
    YourOwnDay,
)
from mediklaud.models import (
    Account,
    AccountRole,
    DayClose,
    DayCount,
    Method,
    Payment,
    PaymentReversal,
    Refund,
)
from mediklaud.money import rupees
from mediklaud.permissions import MAY, Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.hospital import next_number, the_hospital
from mediklaud.repository.payments import METHOD_WORDS

CLOSES_A_PAGE = 200


@dataclass(frozen=True)
class Count:
    """What a cashier counted by one method, and why it differs where it does.

    `shown_paise` is what the ledger said when it was counted, where somebody was shown it.
    """

    method: Method
    counted_paise: int
    reason: str = ""
    shown_paise: int | None = None


@dataclass(frozen=True)
class TillLine:
    """What the ledger says of a cashier's day by one method, in paise."""

    method: Method
    received_paise: int
    refunded_paise: int
    reversed_paise: int

    @property
    def system_paise(self) -> int:
        """What the till should hold of the day."""
        return self.received_paise - self.refunded_paise - self.reversed_paise


@dataclass(frozen=True)
class ClosedDay:
    """A close with its counts, whose till it was, who closed and who reopened it.

    `is_left` says that its cashier closes no day any more.
    """

    close: DayClose
    counts: tuple[DayCount, ...]
    cashier: Account
    closed_by: Account
    reopened_by: Account | None = None
    is_left: bool = False

    @property
    def difference_paise(self) -> int:
        """What was counted beyond the ledger; below zero where something is missing."""
        return sum(one.counted_paise - one.system_paise for one in self.counts)


def till_of(db: Session, account: Account, day: date, *, by: Account) -> list[TillLine]:
    """What the ledger says of the cashier's own day, every method in turn.

    Of another's only once that account is off or takes no money any more: then nobody is left
    to close it (NotYourTill).
    """
    permit(db, by, Deed.CLOSE_DAY, account)
    _refuse_anothers(db, account, day, by)
    return _till(db, account.id, day)


def _till(db: Session, account_id: int | None, day: date) -> list[TillLine]:
    received = columns(col(Payment.method), total(Payment.amount_paise)).where(
        col(Payment.received_by) == account_id, col(Payment.received_on) == day
    )
    refunded = columns(col(Refund.method), total(Refund.amount_paise)).where(
        col(Refund.issued_by) == account_id, col(Refund.issued_on) == day
    )
    undone = (
        columns(col(Payment.method), total(Payment.amount_paise))
        .join(PaymentReversal, col(PaymentReversal.payment_id) == col(Payment.id))
        .where(
            col(PaymentReversal.reversed_by) == account_id, col(PaymentReversal.reversed_on) == day
        )
    )
    sums: list[dict[Method, int]] = [
        {method: int(paise) for method, paise in db.execute(rows.group_by(word))}
        for rows, word in (
            (received, col(Payment.method)),
            (refunded, col(Refund.method)),
            (undone, col(Payment.method)),
        )
    ]
    return [TillLine(method, *(one.get(method, 0) for one in sums)) for method in Method]


def close_day(
    db: Session,
    counts: Sequence[Count],
    *,
    form: str,
    by: Account,
    day: date | None = None,
    left_by: Account | None = None,
    reason: str = "",
) -> DayClose:
    """Close one's own day at the till, today unless told: what was counted beside the ledger.

    The day of a cashier who left, whose account is off or takes no money any more, is closed
    by another for a reason (NotYourTill otherwise); the log says by whom.

    What was not counted counts as nothing. Below zero is counted only where the ledger is
    (CountBelowZero), and a ledger that moved since it was shown is refused (LedgerMoved). A
    difference needs a reason (CountMissesReason,
    a_difference_has_a_reason). A payment taken at the same moment waits or is told that the
    day is closed: the guards a_closed_day_takes_no_… lock the cashier's row like this deed. A
    second click is the same close: a_second_click_is_the_same_close.
    """
    whose = left_by if left_by is not None else by
    permit(db, by, Deed.CLOSE_DAY, left_by)
    today = clock.today(the_hospital(db).zone)
    day = day or today
    _refuse_anothers(db, whose, day, by)
    cashier = _locked_cashier(db, whose.id)
    is_anothers = cashier != by.id
    why = text.needed(reason, field="Reason", at_most=200) if is_anothers else None
    same_click = db.exec(select(DayClose).where(DayClose.form == form)).first()
    if same_click is not None and same_click.account_id == cashier:
        return same_click
    if day > today:
        raise DayNotCome()
    close = DayClose(
        id=next_number(db, "day_close"),
        account_id=cashier,
        day=day,
        closed_at=clock.now(),
        closed_by=_person(by),
        close_reason=why,
        form=form,
    )
    rows = _counted(close, _till(db, cashier, day), counts)
    with expecting(
        db,
        a_day_is_closed_once=DayClosedAlready(day=day),
        a_second_click_is_the_same_close=StaleForm(),
    ):
        db.add_all(rows)
        db.flush()
        db.add(close)
    note_deed(
        db,
        by,
        "day closed",
        f"day_close/{close.id}",
        day=day.isoformat(),
        counted={one.method.value: one.counted_paise for one in rows},
        difference_paise=sum(one.counted_paise - one.system_paise for one in rows),
        **({"cashier": cashier, "reason": why} if is_anothers else {}),
    )
    return close


def _counted(close: DayClose, till: Sequence[TillLine], counts: Sequence[Count]) -> list[DayCount]:
    of_method = {one.method: one for one in counts}
    rows = []
    for line in till:
        count = of_method.get(line.method, Count(line.method, 0))
        reason = text.line(count.reason, field="Reason", at_most=200)
        difference = count.counted_paise - line.system_paise
        # More may go out in a day than came in, but a drawer never holds less than nothing.
        if count.counted_paise < 0 <= line.system_paise:
            raise CountBelowZero(method=METHOD_WORDS[line.method])
        if count.shown_paise not in (None, line.system_paise):
            told = {"now": rupees(line.system_paise), "shown": rupees(count.shown_paise or 0)}
            raise LedgerMoved(method=METHOD_WORDS[line.method], **told)
        if difference and not reason:
            raise CountMissesReason(method=METHOD_WORDS[line.method], difference=rupees(difference))
        rows.append(
            DayCount(
                close_id=close.id,
                method=line.method,
                system_paise=line.system_paise,
                counted_paise=count.counted_paise,
                reason=reason,
            )
        )
    return rows


def reopen_day(db: Session, close: DayClose, reason: str, *, by: Account) -> DayClose:
    """Reopen another cashier's closed day, with a reason; it is closed anew when it is right.

    Refuses one's own (YourOwnDay, a_second_person_reopens_the_day), and one that was closed
    for its cashier by who asks (YouClosedIt, nobody_reopens_what_they_closed). A day that was
    reopened stays so (a_day_is_reopened_once), so a second click is the same reopening.
    """
    permit(db, by, Deed.REOPEN_DAY, close)
    told = text.needed(reason, field="Reason", at_most=200)
    person = _person(by)
    kept = known(db, DayClose, close.id)
    if kept.account_id == person:
        raise YourOwnDay(subject=f"day_close/{kept.id}")
    if kept.closed_by == person:
        raise YouClosedIt(subject=f"day_close/{kept.id}")
    _locked_cashier(db, kept.account_id)
    db.refresh(kept)
    if kept.reopened_at is not None:
        return kept
    at = max(clock.now(), kept.closed_at)
    kept.sqlmodel_update({"reopened_at": at, "reopened_by": person, "reopen_reason": told})
    db.add(kept)
    db.flush()
    note_deed(db, by, "day reopened", f"day_close/{kept.id}", reason=told)
    return kept


def standing_close(db: Session, account: Account, day: date, *, by: Account) -> DayClose | None:
    """The close that stands for the cashier's own day; None while it is open."""
    permit(db, by, Deed.CLOSE_DAY, account)
    _refuse_anothers(db, account, day, by)
    rows = select(DayClose).where(
        DayClose.account_id == account.id, DayClose.day == day, col(DayClose.reopened_at).is_(None)
    )
    return db.exec(rows).first()


def _refuse_anothers(db: Session, account: Account, day: date, by: Account) -> None:
    if account.id == by.id:
        return
    cashier = known(db, Account, account.id)
    # Who never took money has no till that could be left behind.
    left = not cashier.active or (
        cashier.id in _who_left(db, [cashier.id or 0]) and _moved(db, account.id, day)
    )
    if not left:
        raise NotYourTill(subject=f"account/{account.id}")


def _who_left(db: Session, cashiers: Collection[int]) -> set[int]:
    """Who of these may not close their own days any more: they are off, or have other roles."""
    db.flush()
    here = (
        columns(col(AccountRole.account_id))
        .join(Account, col(Account.id) == col(AccountRole.account_id))
        .where(
            col(AccountRole.account_id).in_(cashiers),
            col(AccountRole.role).in_(MAY[Deed.CLOSE_DAY]),
            col(Account.active),
        )
    )
    return set(cashiers) - set(db.scalars(here))


def _moved(db: Session, account_id: int | None, day: date) -> bool:
    till = _till(db, account_id, day)
    return any(one.received_paise or one.refunded_paise or one.reversed_paise for one in till)


def closed_days(db: Session, first_day: date, last_day: date, *, by: Account) -> list[ClosedDay]:
    """Every close of these days, reopened ones too, the newest first, two hundred at most."""
    permit(db, by, Deed.SEE_CLOSES)
    rows = (
        select(DayClose)
        .where(DayClose.day >= first_day, DayClose.day <= last_day)
        .order_by(col(DayClose.day).desc(), col(DayClose.id).desc())
        .limit(CLOSES_A_PAGE)
    )
    closes = db.exec(rows).all()
    ids = [close.id for close in closes]
    counts = db.exec(select(DayCount).where(col(DayCount.close_id).in_(ids))).all()
    words = ("account_id", "closed_by", "reopened_by")
    people = {getattr(one, word) for one in closes for word in words}
    named = db.exec(select(Account).where(col(Account.id).in_(people - {None}))).all()
    known = {account.id: account for account in named}
    left = _who_left(db, {one.account_id for one in closes})
    return [
        ClosedDay(
            close,
            tuple(one for one in counts if one.close_id == close.id),
            known[close.account_id],
            known[close.closed_by],
            known.get(close.reopened_by),
            close.account_id in left,
        )
        for close in closes
    ]


def unclosed_days(db: Session, since: date, *, by: Account) -> list[tuple[Account, date]]:
    """Cashiers' days since a day that moved money and are not closed, the oldest first."""
    permit(db, by, Deed.SEE_CLOSES)
    moved: tuple[tuple[Any, Any], ...] = (
        (col(Payment.received_by), col(Payment.received_on)),
        (col(Refund.issued_by), col(Refund.issued_on)),
        (col(PaymentReversal.reversed_by), col(PaymentReversal.reversed_on)),
    )
    found: set[tuple[int, date]] = set()
    for who, day in moved:
        closed = (
            select(func.count(col(DayClose.id)))
            .where(
                DayClose.account_id == who,
                DayClose.day == day,
                col(DayClose.reopened_at).is_(None),
            )
            .scalar_subquery()
        )
        rows = columns(who, day).distinct().where(who.is_not(None), day >= since, closed == 0)
        found.update((account_id, moved_on) for account_id, moved_on in db.execute(rows))
    named = db.exec(select(Account).where(col(Account.id).in_({one for one, _ in found}))).all()
    known = {account.id: account for account in named}
    return [(known[one], day) for one, day in sorted(found, key=lambda each: each[::-1])]


def days_left_open(
    db: Session, unclosed: Sequence[tuple[Account, date]], *, by: Account
) -> list[tuple[Account, date]]:
    """Of the `unclosed_days` those whose cashiers have left, so that another person closes them."""
    permit(db, by, Deed.SEE_CLOSES)
    left = _who_left(db, {account.id or 0 for account, _ in unclosed})
    return [(account, day) for account, day in unclosed if account.id in left]


def _person(by: Account) -> int:
    if by.id is None:
        raise NeedsAPerson()
    return by.id


def _locked_cashier(db: Session, account_id: int | None) -> int:
    # The lock the guards of the till take: whoever only names the account does not wait.
    row = select(Account.id).where(Account.id == account_id).with_for_update(key_share=True)
    found = db.exec(row).first()
    if found is None:
        raise NeedsAPerson()
    return found
