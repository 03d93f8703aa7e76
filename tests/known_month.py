"""The ledger of tests/data/october.json as frames, and the figures worked out beside it."""

import json
from collections import namedtuple
from datetime import date
from decimal import Decimal
from pathlib import Path

from mediklaud import reports

BOOK = json.loads((Path(__file__).parent / "data" / "october.json").read_text())
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
BILLS = {one["number"]: one for one in BOOK["events"] if one["event"] == "bill"}
PAPERS = ("bill", "credit", "credit cancelled", "receipt", "advance", "refund", "reversal")


def paise(rupees):
    """An amount of the book as whole paise."""
    told = Decimal(rupees) * 100
    assert told == int(told)
    return int(told)


def rows(names, lines):
    """Lines as named tuples, the way a query hands them out."""
    row = namedtuple("row", names)
    return [row(*line) for line in lines]


def moved():
    """The whole book as Movements."""
    of = {one: _events(one) for one in PAPERS}
    bills = ((e["day"], e["number"], *_cut(e["number"]), paise(e["amount"])) for e in of["bill"])
    credited = (
        (e["day"], e["bill"], *_cut(e["bill"]), e["sort"], paise(e["amount"]))
        for e in of["credit"] + of["credit cancelled"]
    )
    payments = (
        (e["day"], e["method"], e["event"], paise(e["amount"]))
        for e in of["receipt"] + of["advance"] + of["refund"] + of["reversal"]
    )
    parts = (
        (e["day"], number, *_cut(number), e["method"], paise(amount))
        for e, number, amount in allocations()
    )
    cuts = "doctor_number doctor_name specialty kind"
    owed = still_owed()
    told = ((*bill, owed.get(bill[1], 0)) for bill in bills)
    return reports.Movements(
        bills=reports.bills_frame(rows(f"day number {cuts} billed_paise owed_paise", told)),
        credits=reports.credits_frame(rows(f"day number {cuts} sort credited_paise", credited)),
        payments=reports.payments_frame(rows("day method sort received_paise", payments)),
        allocations=reports.allocations_frame(
            rows(f"day number {cuts} method allocated_paise", parts)
        ),
    )


def still_owed():
    """What is owed on each bill at the end of the book, counted naively."""
    owed = {number: paise(bill["amount"]) for number, bill in BILLS.items()}
    for one in _events("credit") + _events("credit cancelled"):
        owed[one["bill"]] -= paise(one["amount"])
    for _, number, amount in allocations():
        owed[number] -= paise(amount)
    return owed


def allocations():
    """Each part of money set against a bill: the event, the bill, the amount."""
    return [
        (one, number, amount)
        for one in BOOK["events"]
        for number, amount in one.get("to", {}).items()
    ]


def owed_by(day):
    """The open bills of a day with whom they are paid by, as dues.open_bills hands them out."""
    names = sorted({bill["payer"] for bill in BILLS.values()})
    open_then = reports.open_bills_as_of(moved(), day).to_dict("records")
    told = [{**one, "patient_name": BILLS[one["number"]]["payer"]} for one in open_then]
    told = [{**one, "patient_id": names.index(one["patient_name"]) + 1} for one in told]
    told = [{**one, "patient_number": f"JMI-{one['patient_id']}"} for one in told]
    return reports.open_bills_frame(rows(list(told[0]), [one.values() for one in told]))


def account_of(payer):
    """One payer's papers for a statement; a receipt lowers the balance, a refund raises it."""
    told = [one for one in BOOK["events"] if one["payer"] == payer and one["event"] in PAPERS]
    lines = (
        (
            *(one["day"], one["number"], one["event"]),
            paise(one["amount"]) * (1 if one["event"] == "bill" else -1),
        )
        for one in told
    )
    return reports.statement_frame(rows("day number about amount_paise", lines))


def share_lines():
    """Every allocation with what a doctor's share is computed from."""
    names = (
        "day doctor_number doctor_name number issued_on total_paise tax_paise visits"
        " receipt_number method received_paise"
    )
    lines = (
        (
            *(one["day"], *_cut(number)[:2], number, BILLS[number]["day"]),
            *(paise(BILLS[number]["amount"]), paise(BILLS[number].get("tax", 0))),
            *(int(BILLS[number]["kind"] != ""), one["number"], one["method"], paise(amount)),
        )
        for one, number, amount in allocations()
    )
    return reports.shares_frame(rows(names, lines))


def terms():
    """What the doctors of the book are paid."""
    lines = (
        (one["doctor"], one["from"], paise(one.get("percent", 0)), paise(one.get("visit", 0)))
        for one in BOOK["terms"]
    )
    return reports.terms_frame(rows("doctor_number effective_from basis_points visit_paise", lines))


def worked(name):
    """The figures worked out by hand: their columns as reports name them, and their rows."""
    told = BOOK["worked"][name]
    rows = [
        tuple(_figure(column, cell) for column, cell in zip(told["columns"], row, strict=True))
        for row in told["figures"]
    ]
    return [_column(name) for name in told["columns"]], rows


MONEY = (
    *("billed", "credited", "received", "allocated", "change", "owed", "advances", "unpaid"),
    *("taken", "refunded", "reversed", "now", "before", "total", "charged", "paid", "balance"),
    *("share", "hospital", "up_to_30", "up_to_60", "up_to_90", "over_90"),
)


def _column(name):
    return f"{name}_paise" if name in MONEY else name


def _figure(column, cell):
    if column in MONEY:
        return paise(cell)
    days = ("day", "week", "month", "issued_on")
    return date.fromisoformat(cell) if column in days else cell


def _events(event):
    return [one for one in BOOK["events"] if one["event"] == event]


def _cut(number):
    doctor = BILLS[number]["doctor"]
    return (doctor, *BOOK["doctors"][doctor], BILLS[number]["kind"])
