"""The close of a day at the till: each method counted beside the ledger, and the days closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.errors import Refusal
from mediklaud.models import Account, DayClose, DayCount, Hospital, Method
from mediklaud.money import read_rupees, rupees
from mediklaud.repository import (
    ClosedDay,
    Count,
    TillLine,
    close_day,
    closed_days,
    reopen_day,
    till_of,
)
from mediklaud.ui import choose, pick, show
from mediklaud.ui.desk import beside, record, shown_before, submission_id
from mediklaud.ui.papers import METHOD_NAMES
from mediklaud.ui.period import choose_period
from mediklaud.ui.plain import plain

CLOSED = "Closed days"


@dataclass(frozen=True)
class TypedCount:
    """What was typed of one method, and what the ledger said of it on the screen, in paise."""

    line: TillLine
    counted: str
    shown_paise: int
    reason: str = ""

    def count(self) -> Count:
        """The same in paise; refuses what is no amount. More may go out in a day than came in."""
        typed = self.counted.strip().replace("−", "-")
        out = typed.startswith("-") and self.line.system_paise < 0
        paise = read_rupees(typed.removeprefix("-") if out else typed, field=_label(self.line))
        return Count(self.line.method, -paise if out else paise, self.reason, self.shown_paise)


def _label(line: TillLine) -> str:
    return f"{METHOD_NAMES[line.method]} counted"


def choose_day(form: str, mine: Sequence[date], today: date, *, closed: bool) -> date | None:
    """The day to be closed: those left open before come first, today only after them."""
    earlier = [day for day in mine if day < today]
    days = [*earlier, *([] if closed else [today])]
    if earlier:
        first = f"{earlier[0]:%d %b %Y}"
        st.warning(
            plain(f"Your till of {first} is not closed yet. Close the oldest day first."),
            icon=":material/event_busy:",
        )
    if len(days) < 2:
        return days[0] if days else None
    return choose.one("Day", days, form, shown=lambda day: f"{day:%d %b %Y}", chosen=days[0])


def counts(form: str, till: Sequence[TillLine]) -> list[TypedCount]:
    """The field of each method; where it differs from the ledger, the field of the reason."""
    typed = []
    for line in till:
        # The deed refuses the first method that misses its reason: the sentence goes there.
        missed = any(difference(one) and not one.reason.strip() for one in typed)
        typed.append(_counted(form, line, place=not missed))
    _sums(typed)
    return typed


def _sums(typed: Sequence[TypedCount]) -> None:
    system = sum(one.line.system_paise for one in typed)
    differing = [difference(one) for one in typed]
    told = {"The ledger says": rupees(system), "Difference": "–"}
    # Told once all is counted: half a count differs by what is still to come.
    if None not in differing:
        told["Difference"] = rupees(sum(paise or 0 for paise in differing))
    show.numbers(dict(told))


def _counted(form: str, line: TillLine, *, place: bool) -> TypedCount:
    told = f"**{plain(METHOD_NAMES[line.method])}** · {plain(rupees(line.system_paise))}"
    ledger, field = st.columns([3, 2], vertical_alignment="center")
    with ledger:
        st.markdown(told)
        st.caption(plain(_moves(line)))
    with field:
        moved = line.received_paise or line.refunded_paise or line.reversed_paise
        counted = choose.amount(_label(line), form, value_paise=None if moved else 0)
    shown_paise = shown_before(f"{form}/{line.method}/ledger", line.system_paise)
    typed = TypedCount(line, counted, shown_paise)
    if not difference(typed):
        return typed
    key = f"{form}/{line.method}/Reason"
    reason = st.text_input(
        "Reason",
        key=key,
        placeholder=f"Why it differs by {rupees(difference(typed) or 0)}",
    )
    if place:
        beside("Reason")
    return TypedCount(line, counted, shown_paise, reason)


def _moves(line: TillLine) -> str:
    moves = {
        "received": line.received_paise,
        "refunded": line.refunded_paise,
        "reversed": line.reversed_paise,
    }
    return " · ".join(f"{rupees(paise)} {word}" for word, paise in moves.items() if paise) or (
        "nothing moved"
    )


def difference(typed: TypedCount) -> int | None:
    """What was counted beyond the ledger, in paise; None where that cannot be told yet."""
    try:
        return typed.count().counted_paise - typed.line.system_paise
    except Refusal:
        return None


def read(typed: Sequence[TypedCount]) -> list[Count]:
    """What was counted, in paise; refuses what is no amount."""
    return [one.count() for one in typed]


def done_words(close: DayClose, next_day: date | None) -> str:
    """What is said of a day that was just closed, and which comes next."""
    words = f"Your till of {close.day:%d %b %Y} is closed."
    return f"{words} Next is {next_day:%d %b %Y}." if next_day else words


def still_open(others: Sequence[tuple[Account, date]], words: str = "Not closed by others") -> None:
    """The days other cashiers have not closed."""
    if not others:
        return
    with st.expander(f"{words} ({len(others)})", icon=":material/lock_open:"):
        show.table(
            [{"Day": day, "Cashier": account.name} for account, day in others],
            alt="Days not closed",
        )


def left_open(days: Sequence[tuple[Account, date]], me: Account) -> None:
    """The days of cashiers who may close them no more: another person closes them."""
    if not days:
        return
    form = submission_id("left")
    with st.container(border=True, width=620):
        st.subheader("Left open by who has gone", anchor=False)
        cashier, day = choose.one("Till", days, form, shown=_till_words, chosen=days[0]) or days[0]
        own = f"{form}/{cashier.id}/{day}"
        with reading() as db:
            till = till_of(db, cashier, day, by=me)
        typed = counts(own, till)
        reason = choose.words("Reason", own, placeholder="Why another person closes it")
        asked = st.button("Close it for them", key=f"{own}/close", icon=":material/lock:")
    if asked:
        with record(f"The till of {cashier.name} of {day:%d %b %Y} is closed.") as db:
            told = {"day": day, "left_by": cashier, "reason": reason}
            close_day(db, read(typed), form=own, by=me, **told)


def _till_words(one: tuple[Account, date]) -> str:
    return f"{one[0].name} · {one[1]:%d %b %Y}"


def closed_days_of(me: Account, hospital: Hospital, today: date) -> None:
    """The closed days of a time; the one that is chosen may be reopened by another person."""
    st.subheader(CLOSED, anchor=False)
    period = choose_period(today)
    if period is None:
        st.info("Choose both days.")
        return
    with reading() as db:
        found = closed_days(db, *period, by=me)
    chosen = closed_list(found, hospital)
    if chosen is None:
        return
    with st.container(border=True):
        closed_card(chosen)
        if chosen.close.reopened_at is None:
            _reopen(chosen, me)


def _reopen(chosen: ClosedDay, me: Account) -> None:
    if chosen.cashier.id == me.id:
        st.caption("This is your own day, so another person reopens it.")
        return
    if chosen.closed_by.id == me.id:
        st.caption("You closed this day for its cashier, so another person reopens it.")
        return
    own = f"{submission_id()}/{chosen.close.id}"
    reason = choose.words("Reason", own, placeholder="Why it is opened again")
    if st.button("Reopen the day", key=f"{own}/reopen", icon=":material/lock_open:"):
        who = (
            "finance closes it anew for its cashier"
            if chosen.is_left
            else "its cashier closes it anew"
        )
        with record(f"The day is open again; {who}.") as db:
            reopen_day(db, chosen.close, reason, by=me)


def closed_list(found: Sequence[ClosedDay], hospital: Hospital) -> ClosedDay | None:
    """The closed days, the newest first, and the one whose row is chosen."""
    if not found:
        st.caption("No day was closed in this time. A day appears here once it is closed.")
        return None
    rows = [_row(one, hospital) for one in found]
    return pick.row(rows, found, [one.close.id for one in found], alt=CLOSED)


def _row(one: ClosedDay, hospital: Hospital) -> dict[str, object]:
    return {
        "Day": one.close.day,
        "Cashier": one.cashier.name,
        "Closed by": one.closed_by.name,
        "Counted": rupees(sum(count.counted_paise for count in one.counts)),
        "Difference": rupees(one.difference_paise),
        "State": "Closed" if one.reopened_by is None else "Reopened",
        "At": _moment(one, hospital),
    }


def _moment(one: ClosedDay, hospital: Hospital) -> str:
    return f"{clock.local(one.close.closed_at, hospital.zone):%d %b %Y %H:%M}"


def closed_card(one: ClosedDay) -> None:
    """A closed day with what was counted by each method."""
    st.subheader(plain(f"{one.close.day:%d %b %Y} · {one.cashier.name}"), anchor=False)
    counted = {count.method: count for count in one.counts}
    rows = [_count_row(counted[method]) for method in Method if method in counted]
    show.table(rows, alt="Counts", height="content")
    if one.close.close_reason is not None:
        words = f"Closed by {one.closed_by.name}: {one.close.close_reason}"
        st.info(plain(words), icon=":material/lock:")
    if one.reopened_by is not None:
        words = f"Reopened by {one.reopened_by.name}: {one.close.reopen_reason}"
        st.info(plain(words), icon=":material/lock_open:")


def _count_row(count: DayCount) -> dict[str, object]:
    return {
        "Method": METHOD_NAMES[count.method],
        "Ledger": rupees(count.system_paise),
        "Counted": rupees(count.counted_paise),
        "Difference": rupees(count.counted_paise - count.system_paise),
        "Reason": count.reason,
    }
