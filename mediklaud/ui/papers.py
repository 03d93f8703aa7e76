"""Bills and receipts on the screen, each with its PDF, drawn when it is asked for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mediklaud import clock, papers
from mediklaud.database import reading
from mediklaud.invoice_pdf import bill_pdf, receipt_pdf
from mediklaud.models import Hospital, Invoice, Method, Patient, Payment, Receipt
from mediklaud.money import rupees
from mediklaud.repository import Dues, bill_paper, live_account, receipt_paper
from mediklaud.ui.desk import token
from mediklaud.ui.plain import plain

Paper = TypeVar("Paper")
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


def bills(found: Sequence[Invoice], owed: Dues) -> None:
    """A patient's bills, the newest first, each with its state."""
    if not found:
        st.caption("No bill yet. The first one is issued when a consultation is finished.")
    open_ones = {bill.number: bill.owed_paise for bill in owed.bills}
    for bill in _page(found, "bills"):
        left = open_ones.get(bill.number, 0)
        with _row(bill.number, bill.total_paise, bill_button):
            _state(left, bill.total_paise)
            st.caption(plain(f"{bill.issued_on:%d %b %Y} · {bill.doctor_name}"))


def receipts(found: Sequence[tuple[Receipt, list[Payment]]], hospital: Hospital) -> None:
    """A patient's receipts, the newest first."""
    if not found:
        st.caption("No receipt yet. The first one is issued with the first payment.")
    for receipt, payments in _page(found, "receipts"):
        at = clock.local(receipt.issued_at, hospital.zone)
        ways = ", ".join(f"{METHOD_NAMES[one.method]} {one.reference}".strip() for one in payments)
        words = f"{at:%d %b %Y, %H:%M} · {ways}"
        with _row(receipt.number, receipt.amount_paise, receipt_button):
            st.caption(plain(words))


def paper(found: papers.Bill | papers.Receipt) -> None:
    """One paper found by its number."""
    is_bill = isinstance(found, papers.Bill)
    amount = found.total_paise if is_bill else found.amount_paise
    with _row(found.number, amount, bill_button if is_bill else receipt_button):
        if is_bill:
            _state(found.balance_paise, amount)
        else:
            st.badge("Receipt", color="gray")
        whose = f"{found.patient_name} · {found.patient_number}"
        st.caption(plain(f"{found.issued_on:%d %b %Y} · {whose}"))


def bill_button(number: str) -> None:
    """The PDF of a bill."""
    _pdf_button(number, bill_file)


def receipt_button(number: str) -> None:
    """The PDF of a receipt."""
    _pdf_button(number, receipt_file)


def bill_file(held: str, number: str) -> bytes:
    """The bill's PDF for the sign-in that asks; refuses one that has ended or may not."""
    with reading() as db:
        found = bill_paper(db, number, by=live_account(db, held))
    return bill_pdf(found)


def receipt_file(held: str, number: str) -> bytes:
    """The receipt's PDF for the sign-in that asks; refuses one that has ended or may not."""
    with reading() as db:
        found = receipt_paper(db, number, by=live_account(db, held))
    return receipt_pdf(found)


def taken_words(receipt: Receipt, patient: Patient, *, before: Dues, after: Dues) -> str:
    """What the till says once a payment is written, and what it means for booking."""
    taken = f"Receipt {receipt.number} is issued."
    left = f"{patient.name} still owes {rupees(after.total_paise)}"
    if after.on_hold:
        return f"{taken} {left}; routine booking stays on hold."
    if after.bills:
        return f"{taken} {left}; booking is open."
    lifted = " Booking is open again." if before.on_hold else ""
    return f"{taken} {patient.name} owes nothing any more.{lifted}"


def _pdf_button(number: str, draw: Callable[[str, str], bytes]) -> None:
    # Only what is made on the click stays behind the sign-in: bytes given here would lie at
    # an address that asks nobody.
    st.download_button(
        "PDF",
        data=partial(draw, token(), number),
        file_name=f"{number.replace('/', '-')}.pdf",
        mime="application/pdf",
        icon=":material/picture_as_pdf:",
        key=f"pdf-{number}",
        on_click="ignore",
        help=f"Download {number}",
    )


@contextmanager
def _row(number: str, amount_paise: int, button: Callable[[str], None]) -> Iterator[None]:
    """One paper in its card: the number, what the block says of it, its sum and its PDF."""
    with st.container(border=True, gap="xsmall"):
        with _ends():
            st.markdown(f"**{plain(number)}**", width="content")
            st.markdown(f"**{plain(rupees(amount_paise))}**", width="content")
        with _ends():
            with st.container(gap=None):
                yield
            button(number)


def _ends() -> DeltaGenerator:
    return st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", wrap=False
    )


def _state(left_paise: int, total_paise: int) -> None:
    if not left_paise:
        st.badge("Paid", color="green", icon=":material/check:")
    elif left_paise == total_paise:
        st.badge("Not paid", color="red", icon=":material/schedule:")
    else:
        st.badge(plain(f"{rupees(left_paise)} owed"), color="orange", icon=":material/schedule:")


def _page(found: Sequence[Paper], key: str) -> Sequence[Paper]:
    if len(found) == MOST_PAPERS:
        st.caption(f"The newest {MOST_PAPERS} are shown; an older one is found by its number.")
    count = -(-len(found) // ROWS_A_PAGE)
    if count <= 1:
        return found
    first = (st.pagination(count, key=f"{key}/{count}") - 1) * ROWS_A_PAGE
    return found[first : first + ROWS_A_PAGE]
