"""Papers on the screen, each with its PDF, drawn when it is asked for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st
from sqlmodel import Session
from streamlit.delta_generator import DeltaGenerator

from mediklaud import clock, papers
from mediklaud.invoice_pdf import bill_pdf, credit_note_pdf
from mediklaud.models import (
    Account,
    CreditNote,
    Hospital,
    Invoice,
    Method,
    Paper,
    Patient,
    Payment,
    Receipt,
    ReceiptKind,
    Refund,
)
from mediklaud.money import rupees
from mediklaud.receipt_pdf import advance_pdf, receipt_pdf, refund_pdf
from mediklaud.repository import (
    Dues,
    advance_paper,
    bill_paper,
    credit_note_paper,
    print_paper,
    receipt_paper,
    refund_paper,
)
from mediklaud.ui import downloads
from mediklaud.ui.desk import carried
from mediklaud.ui.plain import plain

Some = TypeVar("Some")
ROWS_A_PAGE = 10
# As many as the repository hands out at once.
MOST_PAPERS = 200
METHOD_NAMES = {
    Method.CASH: "Cash",
    Method.UPI: "UPI",
    Method.CARD: "Card",
    Method.BANK: "Bank transfer",
    Method.CHEQUE: "Cheque",
}
# Each paper: what a desk calls it, who reads it and who draws it.
NAMES = {
    "bill": "bill",
    "receipt": "receipt",
    "advance": "advance receipt",
    "credit": "credit note",
    "refund": "refund voucher",
}
# What its button says: on a page with several papers each says which one it hands out.
_FILES = {
    "bill": "Bill PDF",
    "receipt": "Receipt PDF",
    "advance": "Receipt PDF",
    "credit": "Credit PDF",
    "refund": "Voucher PDF",
}
_READ: dict[str, Callable[..., Any]] = {
    "bill": bill_paper,
    "receipt": receipt_paper,
    "advance": advance_paper,
    "credit": credit_note_paper,
    "refund": refund_paper,
}
_DRAW: dict[str, Callable[[Any], bytes]] = {
    "bill": bill_pdf,
    "receipt": receipt_pdf,
    "advance": advance_pdf,
    "credit": credit_note_pdf,
    "refund": refund_pdf,
}
_KINDS = {
    papers.Bill: "bill",
    papers.Receipt: "receipt",
    papers.AdvanceReceipt: "advance",
    papers.CreditNote: "credit",
    papers.RefundVoucher: "refund",
}
_OPENED, _ISSUED = "_paper", "_issued"


def kind_of(row: Paper) -> str:
    """Which paper a row is."""
    if isinstance(row, Receipt):
        return "advance" if row.kind is ReceiptKind.ADVANCE else "receipt"
    return {Invoice: "bill", CreditNote: "credit", Refund: "refund"}[type(row)]


def bills(found: Sequence[Invoice], owed: Dues, *, opens: bool = False) -> None:
    """A patient's bills, the newest first, each with its state."""
    if not found:
        st.caption("No bill yet. The first one is issued when a consultation is finished.")
    open_ones = {bill.number: bill.owed_paise for bill in owed.bills}
    for bill in _page(found, "bills"):
        left = open_ones.get(bill.number, 0)
        with _row("bill", bill.number, bill.total_paise, opens=opens):
            if left:
                _state(left, bill.total_paise)
            elif bill.settled_at is None:
                words = plain(f"Owed by {bill.payer_name}")
                st.badge(words, color="orange", icon=":material/schedule:")
            else:
                st.badge("Settled", color="green", icon=":material/check:")
            whose = f" · for {bill.patient_name}" if bill.payer_id != bill.patient_id else ""
            st.caption(plain(f"{bill.issued_on:%d %b %Y} · {bill.doctor_name}{whose}"))


def receipts(
    found: Sequence[tuple[Receipt, list[Payment]]], hospital: Hospital, *, opens: bool = False
) -> None:
    """A patient's receipts, the newest first."""
    if not found:
        st.caption("No receipt yet. The first one is issued with the first payment.")
    for receipt, payments in _page(found, "receipts"):
        ways = ", ".join(f"{METHOD_NAMES[one.method]} {one.reference}".strip() for one in payments)
        with _row(kind_of(receipt), receipt.number, receipt.amount_paise, opens=opens):
            if receipt.kind is ReceiptKind.ADVANCE:
                st.badge("Advance", color="blue", icon=":material/savings:")
            st.caption(plain(f"{_moment(receipt, hospital)} · {ways}"))


def credit_notes(found: Sequence[CreditNote], hospital: Hospital, *, opens: bool = False) -> None:
    """Credit notes, the newest first, each with the bill it corrects."""
    if not found:
        st.caption("No credit note. Open a bill to correct or void it.")
    for note in _page(found, "credit-notes"):
        with _row("credit", note.number, note.total_paise, opens=opens):
            if note.cancelled_at is not None:
                st.badge("Cancelled", color="gray", icon=":material/block:")
            else:
                st.badge(note.kind.value.capitalize(), color="violet")
            words = f"{_moment(note, hospital)} · bill {note.invoice_number} · {note.reason}"
            st.caption(plain(words))


def refunds(found: Sequence[Refund], hospital: Hospital, *, opens: bool = False) -> None:
    """Refund vouchers, the newest first."""
    if not found:
        st.caption("Nothing was given back. Open a receipt to refund what is left of it.")
    for refund in _page(found, "refunds"):
        with _row("refund", refund.number, refund.amount_paise, opens=opens):
            way = f"{METHOD_NAMES[refund.method]} {refund.reference}".strip()
            st.caption(plain(f"{_moment(refund, hospital)} · {way} · {refund.reason}"))


def paper(found: Any, *, opens: bool = False) -> None:
    """One paper, found by its number."""
    kind = _KINDS[type(found)]
    amount = found.total_paise if kind in ("bill", "credit") else found.amount_paise
    with _row(kind, found.number, amount, opens=opens):
        if kind == "bill":
            _state(found.balance_paise, amount, credited_paise=found.credited_paise)
        else:
            cancelled = kind == "credit" and found.cancelled
            st.badge("Cancelled" if cancelled else NAMES[kind].capitalize(), color="gray")
        whose = f"{found.patient_name} · {found.patient_number}"
        st.caption(plain(f"{found.issued_on:%d %b %Y} · {whose}"))


def opened() -> tuple[str, str] | None:
    """The paper that was opened, by its kind and number."""
    kept: tuple[str, str] | None = st.session_state.get(_OPENED)
    return kept


def open_paper(kind: str = "", number: str = "") -> None:
    """Open a paper, or close the one that is open."""
    st.session_state[_OPENED] = (kind, number) if number else None


def read_paper(db: Session, kind: str, number: str, **by: Any) -> Any:
    """A paper as it was issued."""
    return _READ[kind](db, number, **by)


def just_issued(row: Paper) -> dict[str, Any]:
    """What the page remembers of a paper that was issued just now, to hand it out."""
    return {_ISSUED: {"kind": kind_of(row), "number": row.number}}


def issued(form: str) -> None:
    """The paper issued just now, to be printed and handed out."""
    kept = carried(_ISSUED, form)
    if kept is None:
        return
    kind, number = kept["kind"], kept["number"]
    label = plain(f"Print {NAMES[kind]} {number}")
    _pdf_button(kind, number, label=label, type="primary", key=f"issued-{number}")


def taken_words(receipt: Receipt, patient: Patient, *, before: Dues, after: Dues) -> str:
    """What the till says once a payment is written, and what it means for booking."""
    return f"Receipt {receipt.number} is issued. {_left_words(patient, before, after)}"


def used_words(used_paise: int, patient: Patient, *, before: Dues, after: Dues) -> str:
    """What the till says once an advance pays bills."""
    return f"{rupees(used_paise)} of the advance is used. {_left_words(patient, before, after)}"


def advance_words(receipt: Receipt) -> str:
    """What the till says once an advance is written."""
    taken = f"Advance receipt {receipt.number} is issued."
    return f"{taken} {rupees(receipt.amount_paise)} of {receipt.payer_name} waits for a bill."


def _left_words(patient: Patient, before: Dues, after: Dues) -> str:
    left = f"{patient.name} still owes {rupees(after.total_paise)}"
    if after.on_hold:
        return f"{left}; routine booking stays on hold."
    if after.bills:
        return f"{left}; booking is open."
    lifted = " Booking is open again." if before.on_hold else ""
    return f"{patient.name} owes nothing any more.{lifted}"


def _moment(row: Paper, hospital: Hospital) -> str:
    return f"{clock.local(row.issued_at, hospital.zone):%d %b %Y, %H:%M}"


def _pdf_button(kind: str, number: str, *, label: str = "", **options: Any) -> None:
    downloads.button(
        label or _FILES[kind],
        lambda db, me: _to_print(db, kind, number, me),
        lambda found: _DRAW[kind](found),
        name=f"{number.replace('/', '-')}.pdf",
        **{"key": f"pdf-{number}", **options},
        help=f"Download {number}; from the second time on it says duplicate",
    )


def _to_print(db: Session, kind: str, number: str, me: Account) -> Any:
    found = read_paper(db, kind, number, by=me)
    return replace(found, duplicate=print_paper(db, number, by=me))


@contextmanager
def _row(kind: str, number: str, amount_paise: int, *, opens: bool) -> Iterator[None]:
    """One paper in its card: the number, what the block says of it, its sum and its PDF."""
    with st.container(border=True, gap="xsmall"):
        with _ends():
            st.markdown(f"**{plain(number)}**", width="content")
            st.markdown(f"**{plain(rupees(amount_paise))}**", width="content")
        with _ends():
            with st.container(gap=None):
                yield
            with st.container(horizontal=True, width="content", gap="xsmall", wrap=False):
                if opens:
                    st.button(
                        "Open",
                        key=f"open-{kind}-{number}",
                        on_click=open_paper,
                        args=(kind, number),
                        help=f"What may be done with {number}",
                    )
                _pdf_button(kind, number)


def _ends() -> DeltaGenerator:
    return st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False
    )


def _state(left_paise: int, total_paise: int, *, credited_paise: int = 0) -> None:
    if credited_paise == total_paise:
        st.badge("Credited", color="violet", icon=":material/undo:")
    elif not left_paise:
        st.badge("Paid", color="green", icon=":material/check:")
    elif left_paise == total_paise:
        st.badge("Not paid", color="red", icon=":material/schedule:")
    else:
        st.badge(plain(f"{rupees(left_paise)} owed"), color="orange", icon=":material/schedule:")


def _page(found: Sequence[Some], key: str) -> Sequence[Some]:
    if len(found) == MOST_PAPERS:
        st.caption(f"The newest {MOST_PAPERS} are shown; an older one is found by its number.")
    count = -(-len(found) // ROWS_A_PAGE)
    if count <= 1:
        return found
    first = (st.pagination(count, key=f"{key}/{count}") - 1) * ROWS_A_PAGE
    return found[first : first + ROWS_A_PAGE]
