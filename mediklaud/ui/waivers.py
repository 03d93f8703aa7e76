"""Discounts and waivers on the screen: the form for a bill, and those that wait to be decided."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Account, Hospital, WaiverRequest, WaiverStatus
from mediklaud.money import read_rupees, rupees
from mediklaud.repository import (
    AskedWaiver,
    Dues,
    OpenBill,
    approve_waiver,
    ask_waiver,
    newest_waivers,
    refuse_waiver,
)
from mediklaud.ui import choose, papers, pick, show
from mediklaud.ui.desk import carry, record, say, submission_id
from mediklaud.ui.plain import plain

ASKED = "Waivers asked for"
STATUS_WORDS = {"requested": "Waits", "approved": "Approved", "refused": "Refused"}


@dataclass(frozen=True)
class TypedWaiver:
    """What shall be taken off a bill, as typed."""

    amount: str
    reason: str

    @property
    def paise(self) -> int:
        """The sum; refuses what is no amount."""
        return read_rupees(self.amount, field="Amount")


def choose_bill(form: str, bills: Sequence[OpenBill]) -> OpenBill | None:
    """The bill of which something is taken off; the only one is chosen."""
    return choose.one(
        "Bill",
        bills,
        form,
        shown=lambda bill: f"{bill.number} · {rupees(bill.owed_paise)} · {bill.doctor_name}",
        chosen=bills[0] if len(bills) == 1 else None,
    )


def fields(form: str, bill: OpenBill, left_paise: int) -> TypedWaiver:
    """The sum and its reason, with what may be taken off at once."""
    owed = f"{rupees(bill.owed_paise)} is owed on this bill."
    limit = f"You may take {rupees(left_paise)} more off it at once; more is asked for."
    if not left_paise:
        limit = "You may take nothing more off it at once, so a waiver is asked for."
    st.caption(plain(f"{owed} {limit}"))
    amount = choose.amount("Amount", form)
    reason = choose.words("Reason", form, placeholder="It stands on the credit note")
    return TypedWaiver(amount, reason)


def ask_for(owed: Dues, me: Account) -> None:
    """At the phone: how the waivers of these bills stand, and asking for one of them.

    Nothing is waived by it: the gate lifts when another person approves.
    """
    if not owed.on_hold:
        return
    bills = {bill.number: bill for bill in owed.bills}
    with reading() as db:
        asked = newest_waivers(db, list(bills), by=me)
    for request in asked.values():
        st.caption(f":material/percent: {plain(_asked_words(request))}")
    waits = WaiverStatus.REQUESTED
    free = [bill for number, bill in bills.items() if not _is(asked.get(number), waits)]
    name = f"waiver/{owed.bills[0].number}"
    form = submission_id(name)
    if not free or not st.toggle("Ask for a waiver", key=f"{form}/asks"):
        return
    with st.container(border=True):
        bill = choose_bill(form, free)
        amount = choose.amount("Amount", form)
        reason = choose.words("Reason", form, placeholder="Whoever decides reads it")
        pressed = st.button("Ask", key=f"{form}/ask", icon=":material/how_to_reg:")
    if pressed:
        typed = TypedWaiver(amount, reason)
        with record("The waiver is asked for. Another person decides it.", ends=name) as db:
            number = choose.given(bill, "Bill").number
            ask_waiver(db, number, typed.paise, typed.reason, form=form, by=me)


def _is(request: WaiverRequest | None, status: WaiverStatus) -> bool:
    return request is not None and request.status is status


def _asked_words(request: WaiverRequest) -> str:
    words = f"{rupees(request.amount_paise)} off bill {request.invoice_number}"
    if request.status is WaiverStatus.REQUESTED:
        return f"A waiver of {words} waits for its decision."
    said = f": {request.decision}" if request.decision else ""
    return f"A waiver of {words} is {request.status.value}{said}."


def own_list(found: Sequence[AskedWaiver], hospital: Hospital) -> None:
    """What this account asked for, and what came of it."""
    rows = [
        {
            "Date": clock.day_of(one.request.requested_at, hospital.zone),
            "Patient": one.payer.name,
            "Amount": rupees(one.request.amount_paise),
            "State": STATUS_WORDS[one.request.status],
            "Decision": one.request.decision,
            "Reason": one.request.reason,
            "Bill": one.bill.number,
        }
        for one in found
    ]
    show.table(rows, alt="Waivers I asked for", height="content")


def history(found: Sequence[WaiverRequest], hospital: Hospital) -> None:
    """What was asked for on a bill before, and what came of it."""
    if not found:
        return
    st.markdown("**Asked for on this bill**")
    rows = [
        {
            "Date": clock.day_of(one.requested_at, hospital.zone),
            "Amount": rupees(one.amount_paise),
            "State": STATUS_WORDS[one.status],
            "Reason": one.reason,
            "Decision": one.decision,
        }
        for one in found
    ]
    show.table(rows, alt="Waivers of this bill", height="content")


def asked_list(found: Sequence[AskedWaiver], hospital: Hospital) -> AskedWaiver | None:
    """Those that wait, the oldest first, and the one whose row is chosen."""
    if not found:
        st.info("No waiver waits for a decision.", icon=":material/inbox:")
        return None
    ids = [one.request.id or 0 for one in found]
    chosen = pick.row([_row(one, hospital) for one in found], found, ids, alt=ASKED)
    if chosen is None:
        st.caption("Choose a row to approve or refuse it.")
    return chosen


def _row(one: AskedWaiver, hospital: Hospital) -> dict[str, object]:
    return {
        "Date": clock.day_of(one.request.requested_at, hospital.zone),
        "Patient": one.payer.name,
        "Amount": rupees(one.request.amount_paise),
        "Owed": rupees(one.owed_paise),
        "Reason": one.request.reason,
        "Asked by": one.asked_by.name,
        "Bill": one.bill.number,
    }


def decide(one: AskedWaiver, me: Account, *, prints: bool) -> None:
    """A waiver that waits, approved or refused by another person than asks."""
    kept = one.request
    form = f"{submission_id()}/{kept.id}"
    with st.container(border=True, width=620):
        _told(one)
        if kept.requested_by == me.id:
            st.caption("You asked for this waiver yourself, so another person decides it.")
            return
        reason = choose.words("Reason", form, placeholder="Needed where it is refused")
        with st.container(horizontal=True):
            approved = st.button(
                "Approve", key=f"{form}/yes", type="primary", icon=":material/check:"
            )
            refused = st.button("Refuse", key=f"{form}/no", icon=":material/close:")
    if approved:
        with record() as db:
            note = approve_waiver(db, kept, by=me, note=reason)
            say(db, f"{rupees(note.total_paise)} is waived by credit note {note.number}.")
            if prints:
                carry(db, **papers.just_issued(note))
    elif refused:
        with record("The waiver is refused. The bill stays as it is.") as db:
            refuse_waiver(db, kept, reason, by=me)


def _told(one: AskedWaiver) -> None:
    kept = one.request
    st.subheader(plain(f"{rupees(kept.amount_paise)} off bill {kept.invoice_number}"), anchor=False)
    owes = f"{one.payer.name}, {one.payer.number}, owes {rupees(one.owed_paise)} on it."
    st.markdown(plain(f"{owes} {one.asked_by.name} asks: {kept.reason}"))
