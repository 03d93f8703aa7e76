"""One paper that was opened, and what may be done beside it: each with a reason, asked twice."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from mediklaud.database import reading
from mediklaud.models import Account, CreditKind, Hospital, Method, Receipt
from mediklaud.money import read_rupees, rupees
from mediklaud.papers import AdvanceReceipt, Bill
from mediklaud.papers import CreditLine as NotedLine
from mediklaud.papers import Receipt as PrintedReceipt
from mediklaud.repository import (
    CreditableLine,
    CreditLine,
    TakenPayment,
    bill_again,
    cancel_credit_note,
    credit_notes_of,
    issue_credit_note,
    lines_to_credit,
    payments_on,
    refund_payment,
    reverse_payment,
    unbilled_visit,
)
from mediklaud.ui import choose, papers, show
from mediklaud.ui.desk import beside, carry, record, say, see, shown_before, submission_id
from mediklaud.ui.plain import plain

_VOID, _LINES = "Void the whole bill", "Correct lines"
_REFUND, _BACK = "Refund what is left", "It came to nothing"


@dataclass(frozen=True)
class _TypedCredit:
    """A credit note as typed; for a void nothing is typed of the lines."""

    kind: CreditKind
    reason: str
    lines: tuple[tuple[int, str, str], ...] = ()

    def parts(self) -> list[CreditLine]:
        """The lines that are corrected; refuses what is no amount."""
        return [
            CreditLine(line_id, read_rupees(typed, field=label))
            for line_id, label, typed in self.lines
            if typed.strip()
        ]


def draw(kind: str, number: str, me: Account, hospital: Hospital) -> None:
    """The paper with its deeds."""
    found = see(lambda db: papers.read_paper(db, kind, number, by=me))
    st.button("Back to the list", icon=":material/arrow_back:", on_click=papers.open_paper)
    left, right = st.columns(2, gap="large")
    with left:
        papers.paper(found)
    if kind == "bill":
        _bill(found, me, hospital, left, right)
    elif kind in ("receipt", "advance"):
        _receipt(number, me, left, right)
        with left:
            _bills_paid(found)
    elif kind == "credit":
        with left:
            st.caption(plain(f"{found.kind} of bill {found.bill_number}: {found.reason}"))
            rows = [_credited_row(line) for line in found.lines]
            show.table(rows, alt="Lines of the credit note", height="content")
            _link("bill", found.bill_number)
        with right:
            _credit_note(number, found, me)
    else:
        with left:
            st.caption(plain(f"{found.method} · {found.reason}"))
            st.caption(plain(f"Out of receipt {found.receipt_number}"))


def _link(kind: str, number: str) -> None:
    st.button(
        plain(f"Open {papers.NAMES[kind]} {number}"),
        on_click=papers.open_paper,
        args=(kind, number),
        icon=":material/open_in_new:",
    )


def _sure(label: str, form: str, sentence: str) -> bool:
    """A button that asks once more before anything is written."""
    key = f"{form}/sure"
    if not st.session_state.get(key):
        st.button(label, key=f"{form}/ask", on_click=_ask, args=(key, True), type="primary")
        return False
    st.warning(plain(sentence), icon=":material/help:")
    with st.container(horizontal=True):
        said = st.button(f"Yes, {label[0].lower()}{label[1:]}", key=f"{form}/yes", type="primary")
        st.button("Not now", key=f"{form}/no", on_click=_ask, args=(key, False))
    return said


def _ask(key: str, asked: bool) -> None:
    st.session_state[key] = asked


def _reason(form: str, placeholder: str) -> str:
    return choose.words("Reason", form, placeholder=placeholder)


def _bill(found: Bill, me: Account, hospital: Hospital, left: Any, right: Any) -> None:
    number = found.number
    with reading() as db:
        lines = lines_to_credit(db, number, by=me)
        notes = credit_notes_of(db, number, by=me)
    with left:
        show.table([_line_row(one) for one in lines], alt="Lines of the bill", height="content")
        st.caption(plain(_sums_words(found)))
        if notes:
            st.markdown("**Credit notes of this bill**")
            papers.credit_notes(notes, hospital, opens=True)
    with right:
        if not any(one.gross_paise for one in lines):
            st.info("All of this bill is credited. Nothing is left to take back.")
            _bill_again(number, me)
            return
        _give_credit(number, lines, me)


def _bill_again(number: str, me: Account) -> None:
    with reading() as db:
        visit = unbilled_visit(db, number, by=me)
    if visit is None:
        return
    form = submission_id(f"again/{number}")
    with st.container(border=True):
        st.subheader("The visit has no bill now", anchor=False)
        st.caption("It took place. Where only its bill was wrong, bill it anew.")
        sentence = f"The visit of bill {number} is billed again, at the price of its day."
        asked = _sure("Bill the visit again", form, sentence)
    if asked:
        with record("The visit is free, so there is no bill.") as db:
            bill = bill_again(db, visit, by=me)
            if bill is not None:
                say(db, f"Bill {bill.number} of {rupees(bill.total_paise)} is issued.")
                carry(db, **papers.just_issued(bill))


def _sums_words(bill: Bill) -> str:
    """The sums that stand below the lines of the printed bill."""
    taxed = {"before tax": bill.value_paise, "tax": bill.tax_paise} if bill.taxed else {}
    back = {"credited": bill.credited_paise} if bill.credited_paise else {}
    sums = {**taxed, "in all": bill.total_paise, **back, "paid": bill.paid_paise}
    told = {**sums, "balance due": bill.balance_paise}
    return " · ".join(f"{rupees(paise)} {word}" for word, paise in told.items())


def _line_row(one: CreditableLine) -> dict[str, object]:
    line = one.line
    several = f"{line.quantity} × " if line.quantity > 1 else ""
    return {
        "Service": f"{several}{line.description}",
        "Value": rupees(line.amount_paise),
        "Tax": rupees(line.tax_paise),
        "Total": rupees(line.amount_paise + line.tax_paise),
        "Not credited": rupees(one.gross_paise),
    }


def _credited_row(line: NotedLine) -> dict[str, object]:
    return {
        "Service": line.description,
        "Value": rupees(line.amount_paise),
        "Tax": rupees(line.tax_paise),
        "Total": rupees(line.total_paise),
    }


def _give_credit(number: str, lines: list[CreditableLine], me: Account) -> None:
    form = submission_id(f"credit/{number}")
    with st.container(border=True):
        st.subheader("Credit note", anchor=False)
        st.caption(
            "A bill is never edited. A credit note takes it back, whole or in part; what was "
            "paid of that becomes the payer's advance."
        )
        typed = _typed_credit(form, lines)
        whole = sum(one.gross_paise for one in lines)
        shown_paise = shown_before(f"{form}/left", whole)
        what = (
            f"all {rupees(whole)} that is left"
            if typed.kind is CreditKind.VOID
            else "what is typed above"
        )
        sentence = f"This takes back {what} of bill {number}. It can be cancelled, never edited."
        asked = _sure("Issue the credit note", form, sentence)
    if asked:
        with record() as db:
            parts = typed.parts() if typed.kind is CreditKind.CORRECTION else []
            told = {"lines": parts, "left_paise": shown_paise}
            # Nothing typed of any line is no correction, and must not become a void.
            if typed.kind is CreditKind.CORRECTION and not parts:
                read_rupees("", field="Amount")
            note = issue_credit_note(db, number, typed.kind, typed.reason, form=form, by=me, **told)
            taken = f"{rupees(note.total_paise)} of bill {number} is taken back."
            say(db, f"Credit note {note.number} is issued. {taken}")
            carry(db, **papers.just_issued(note))


def _typed_credit(form: str, lines: list[CreditableLine]) -> _TypedCredit:
    way = choose.few("What it takes back", [_VOID, _LINES], form, chosen=_VOID)
    if way == _VOID:
        return _TypedCredit(CreditKind.VOID, _reason(form, "Wrong patient, billed twice, …"))
    open_lines = [one for one in lines if one.amount_paise]
    alone = len(open_lines) == 1
    typed = []
    for place, one in enumerate(open_lines, 1):
        label = "Amount" if alone else f"Amount off line {place}"
        st.caption(plain(f"{one.line.description}: {rupees(one.amount_paise)} before tax is left"))
        typed.append((one.line.id or 0, label, choose.amount(label, form)))
    if not alone:
        beside("Amount")
    reason = _reason(form, "Wrong price, wrong quantity, …")
    return _TypedCredit(CreditKind.CORRECTION, reason, tuple(typed))


def _credit_note(number: str, found: Any, me: Account) -> None:
    if found.cancelled:
        st.info(plain(f"Cancelled on {found.cancelled}"), icon=":material/block:")
        return
    form = submission_id(f"cancel/{number}")
    with st.container(border=True):
        st.subheader("Cancel it", anchor=False)
        st.caption("What it took back is owed again. What it freed of payments stays an advance.")
        reason = _reason(form, "The bill was right after all, …")
        owed = rupees(found.total_paise)
        sentence = f"Credit note {number} will hold no more, and {owed} is owed again."
        asked = _sure("Cancel the credit note", form, sentence)
    if asked:
        with record(f"Credit note {number} is cancelled. {owed} is owed again.") as db:
            cancel_credit_note(db, number, reason, by=me)


def _receipt(number: str, me: Account, left: Any, right: Any) -> None:
    with reading() as db:
        found = payments_on(db, number, by=me)
        receipt = db.get_one(Receipt, number)
    with left:
        show.table([_payment_row(one) for one in found], alt="Payments", height="content")
    standing = [one for one in found if one.reversal is None]
    with right:
        for one in found:
            if one.reversal is not None and one.refunded_paise:
                _given_back_in_vain(one)
        if not standing:
            st.info("Every payment of this receipt came to nothing.", icon=":material/undo:")
            return
        _money_back(receipt, standing, me)


def _given_back_in_vain(one: TakenPayment) -> None:
    refunded = rupees(one.refunded_paise)
    came = f"{refunded} of {_payment_words(one)} was given back, and the payment came to nothing."
    how = "No bill says so by itself: bill it on *Bill services*, then it is owed."
    st.warning(plain(came) + " " + how, icon=":material/warning:")


def _bills_paid(found: PrintedReceipt | AdvanceReceipt) -> None:
    """The bills a receipt was set against, as they are printed on it."""
    lines = found.lines if isinstance(found, PrintedReceipt) else ()
    if not lines:
        return
    rows = [
        {"Bill": one.bill_number, "Doctor": one.doctor_name, "Total": rupees(one.amount_paise)}
        for one in lines
    ]
    show.table(rows, alt="Bills it paid", height="content")


def _payment_row(one: TakenPayment) -> dict[str, object]:
    left = f"{rupees(one.left_paise)} pays no bill" if one.left_paise else "Used"
    if one.refunded_paise:
        left += f", {rupees(one.refunded_paise)} given back"
    state = "Came to nothing" if one.reversal else left
    way = f"{papers.METHOD_NAMES[one.payment.method]} {one.payment.reference}".strip()
    why = one.reversal.reason if one.reversal else ""
    return {
        "Payment": way,
        "Total": rupees(one.payment.amount_paise),
        "Now": f"{state}: {why}" if why else state,
    }


def _money_back(receipt: Receipt, standing: list[TakenPayment], me: Account) -> None:
    form = submission_id(f"money/{receipt.number}")
    with st.container(border=True):
        st.subheader("Give back or undo", anchor=False)
        one = standing[0]
        if len(standing) > 1:
            one = choose.one("Payment", standing, form, shown=_payment_words, chosen=one) or one
        offered = ([_REFUND] if one.left_paise else []) + [_BACK]
        # Each payment has fields of its own.
        own = f"{form}/{one.payment.id}"
        way = choose.few("What happened", offered, own, chosen=offered[0])
        if way == _REFUND:
            _refund(one, form, own, me)
        else:
            _reverse(one, own, me)


def _payment_words(one: TakenPayment) -> str:
    way = f"{papers.METHOD_NAMES[one.payment.method]} {one.payment.reference}".strip()
    return f"{way} · {rupees(one.payment.amount_paise)}"


def _refund(one: TakenPayment, form: str, own: str, me: Account) -> None:
    typed = choose.amount("Amount", own, value_paise=one.left_paise)
    method = choose.few(
        "Method", list(Method), own, shown=papers.METHOD_NAMES.__getitem__, chosen=Method.CASH
    )
    reference = ""
    if method is not Method.CASH:
        reference = choose.words("Reference", own, placeholder="Of the refund itself")
    reason = _reason(own, "Paid too much, visit did not take place, …")
    sentence = "The money leaves the till and a refund voucher is issued, which is never undone."
    if _sure("Refund it", own, sentence):
        with record() as db:
            amount = read_rupees(typed, field="Amount")
            refund = refund_payment(
                db, one.payment, amount, method, reason, form=form, by=me, reference=reference
            )
            given = f"{rupees(refund.amount_paise)} is given back to {refund.payer_name}."
            say(db, f"Refund voucher {refund.number} is issued. {given}")
            carry(db, **papers.just_issued(refund))


def _reverse(one: TakenPayment, own: str, me: Account) -> None:
    st.caption("A cheque that bounced or a card charged back: what it paid is owed again.")
    reason = _reason(own, "Cheque returned unpaid, …")
    amount = rupees(one.payment.amount_paise)
    sentence = f"This payment of {amount} is undone, and its bills are owed again. It stays so."
    if one.refunded_paise:
        sentence += f" {rupees(one.refunded_paise)} was given back: bill that to ask for it."
    if _sure("Undo the payment", own, sentence):
        with record(f"The payment of {amount} is undone. What it paid is owed again.") as db:
            reverse_payment(db, one.payment, reason, by=me)
