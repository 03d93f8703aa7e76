"""The till's form: money in one way or several, the bills it is for, and the change to give."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from sqlmodel import Session

from mediklaud.errors import Refusal
from mediklaud.models import Account, Method, Patient
from mediklaud.money import figures, read_rupees, rupees
from mediklaud.repository import Dues, OpenBill, Tender, advances_of, bills_to_pay, owed_by
from mediklaud.ui import choose
from mediklaud.ui.desk import beside, fresh_forms
from mediklaud.ui.papers import METHOD_NAMES
from mediklaud.ui.plain import plain

_MOST_WAYS = 5
_PLACES = ("First", "Second", "Third", "Fourth", "Fifth")


@dataclass(frozen=True)
class Owing:
    """What a patient owes, who pays now and which bills, and what is left of earlier money."""

    dues: Dues
    payer: Patient
    bills: tuple[OpenBill, ...]
    advance_paise: int

    @property
    def payable_paise(self) -> int:
        """What may be taken at once on one receipt, in paise."""
        return sum(bill.owed_paise for bill in self.bills)


@dataclass(frozen=True)
class TypedTender:
    """One way of paying as it was typed."""

    received: str
    method: Method
    reference: str = ""
    handed_over: str = ""

    def tender(self) -> Tender:
        """The same in paise; refuses what is no amount."""
        handed = self.handed_over.strip()
        tendered = read_rupees(handed, field="Cash handed over") if handed else None
        received = read_rupees(self.received, field="Received")
        return Tender(received, self.method, self.reference, tendered)


def owing(db: Session, patient: Patient, me: Account) -> Owing:
    """How a patient stands at the till."""
    dues = owed_by(db, patient.id, by=me)
    payer, bills = bills_to_pay(db, patient, by=me)
    advances = advances_of(db, payer.id or 0, by=me)
    return Owing(dues, payer, tuple(bills), sum(one.left_paise for one in advances))


def pays_bills(form: str, found: Owing) -> bool:
    """Whether this form takes a payment of bills, or an advance: as it was first drawn.

    What is owed may change at another desk. The form then stays what it is, so that its click
    is refused in a sentence instead of being something else.
    """
    began = bool(st.session_state.setdefault(f"{form}/pays", bool(found.bills)))
    if began != bool(found.bills):
        st.warning("What is owed changed meanwhile.", icon=":material/sync_problem:")
        st.button("Show it as it is now", on_click=fresh_forms, icon=":material/refresh:")
    return began


def who_pays(patient: Patient, found: Owing) -> None:
    """For a minor: whose money it is."""
    if found.payer.id != patient.id:
        words = f"{found.payer.name}, {found.payer.number}, pays for {patient.name}."
        st.caption(f":material/family_restroom: {plain(words)}")


def bills(form: str, found: Owing) -> list[str]:
    """The bills to be paid, where not simply the oldest first."""
    if len(found.bills) < 2:
        return []
    words = {bill.number: _bill_words(bill) for bill in found.bills}
    key = f"{form}/Bills"
    chosen = st.multiselect(
        "Bills",
        list(words),
        format_func=lambda number: words.get(number, number),
        key=key,
        placeholder="The oldest first",
        on_change=_suggest,
        args=(form, key, found),
    )
    beside("Bills")
    return chosen


def _bill_words(bill: OpenBill) -> str:
    return f"{bill.number} · {rupees(bill.owed_paise)} · {bill.doctor_name}"


def _suggest(form: str, key: str, found: Owing) -> None:
    """Once bills are chosen, the sum to be taken is theirs."""
    chosen = st.session_state[key]
    owed = [one.owed_paise for one in found.bills if not chosen or one.number in chosen]
    st.session_state[f"{form}/0/Received"] = figures(sum(owed))


def tenders(form: str, owed_paise: int) -> list[TypedTender]:
    """The ways in which the money comes, one at first."""
    ways = f"{form}/ways"
    count = int(st.session_state.setdefault(ways, 1))
    if owed_paise:
        st.session_state.setdefault(f"{form}/0/Received", figures(owed_paise))
    typed = [_tender(f"{form}/{place}", place, count) for place in range(count)]
    with st.container(horizontal=True):
        if count < _MOST_WAYS:
            st.button(
                "Another way too",
                key=f"{form}/more",
                on_click=_count,
                args=(ways, count + 1),
                icon=":material/add:",
                help="Part in cash and part by UPI, for example",
            )
        if count > 1:
            st.button(
                "One way less",
                key=f"{form}/less",
                on_click=_count,
                args=(ways, count - 1),
                icon=":material/remove:",
            )
    if count > 1 and (whole := _whole(typed)) is not None:
        st.markdown(f"In all **{plain(rupees(whole))}**")
    return typed


def _count(ways: str, count: int) -> None:
    st.session_state[ways] = count


def _tender(form: str, place: int, count: int) -> TypedTender:
    if count > 1:
        st.markdown(f"**{_PLACES[place]} way**")
    methods = list(Method)
    received = choose.amount("Received", form)
    method = choose.few(
        "Method", methods, form, shown=METHOD_NAMES.__getitem__, chosen=methods[min(place, 1)]
    )
    if method is not Method.CASH:
        hint = "From the slip or the screen"
        return TypedTender(received, method, choose.words("Reference", form, placeholder=hint))
    handed = choose.words("Cash handed over", form, placeholder="Only where change is given")
    typed = TypedTender(received, method, handed_over=handed)
    if change := _change(typed):
        st.markdown(f":material/payments: Change to give **{plain(rupees(change))}**")
    return typed


def _change(typed: TypedTender) -> int:
    """The change to give, in paise; 0 where it cannot be told yet."""
    try:
        tender = typed.tender()
    except Refusal:
        return 0
    return max(0, (tender.tendered_paise or 0) - tender.amount_paise)


def _whole(typed: Sequence[TypedTender]) -> int | None:
    try:
        return sum(one.tender().amount_paise for one in typed)
    except Refusal:
        return None


def read(typed: Sequence[TypedTender]) -> list[Tender]:
    """What was typed, in paise; refuses what is no amount."""
    return [one.tender() for one in typed]


def advance_card(form: str, found: Owing) -> bool:
    """What is left of earlier payments; whether it shall pay open bills now."""
    if not found.advance_paise:
        return False
    left = plain(rupees(found.advance_paise))
    with st.container(border=True, width=620):
        st.markdown(
            f":material/savings: **{left}** is left of what {plain(found.payer.name)} paid before."
        )
        if not found.bills:
            st.caption("It pays the next bill when you say so, or is refunded from its receipt.")
            return False
        return st.button("Pay open bills with it", key=f"{form}/advance", icon=":material/redeem:")
