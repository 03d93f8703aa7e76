"""Numbers of all five papers: gapless under a crowd with roll-backs, and by financial year."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random

import pytest
from sqlmodel import Session, col, select

from mediklaud.errors import TwoDesksMet
from mediklaud.models import CreditKind, CreditNote, Invoice, Method, Receipt, Refund, Service
from mediklaud.repository import (
    Item,
    Tender,
    bill_services,
    issue_credit_note,
    refund_payment,
    take_advance,
)
from tests.hospital import Ward, at
from tests.till import a_form, pay, payments_on, service
from tests.visits import desk

DESKS = 8
LAST_OF_MARCH = date(2027, 3, 31)
FIRST_OF_APRIL = LAST_OF_MARCH + timedelta(days=1)
PREFIXES = {"JMI": Invoice, "JMR": Receipt, "JMA": Receipt, "JMC": CreditNote, "JMF": Refund}


class PowerCut(Exception):
    """The machine stops before the transaction is written."""


def _all_papers(db: Session, ward: Ward, item: Item) -> list[str]:
    """One paper of each series for Asha, who owes nothing before and after."""
    told = {"by": ward.ishaan}
    bill = bill_services(db, ward.asha, ward.rao, [item], form=a_form(), **told)
    receipt = pay(db, ward, ward.asha, bill.total_paise)
    note = issue_credit_note(db, bill.number, CreditKind.VOID, "Slip", form=a_form(), **told)
    (paid,) = payments_on(db, receipt)
    back = refund_payment(db, paid, 1, Method.CASH, "Slip", form=a_form(), **told)
    advance = take_advance(db, ward.asha, [Tender(1, Method.CASH)], form=a_form(), **told)
    return [one.number for one in (bill, receipt, note, back, advance)]


def _issue(cut: bool) -> list[str]:
    """One desk's try, until it did not meet another one; nothing where the power fails."""
    while True:
        try:
            with desk() as (db, ward):
                item = Item(db.exec(select(Service)).one())
                numbers = _all_papers(db, ward, item)
                if cut:
                    raise PowerCut
            return numbers
        except PowerCut:
            return []
        except TwoDesksMet:
            continue


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.drill)])
def test_numbers_run_from_one_without_a_gap_under_a_crowd_with_power_cuts(
    house, record_property, count
):
    with desk() as (db, ward):
        service(db, ward, 100_00)
    cuts = [place < count // 5 for place in range(count)]
    Random(46).shuffle(cuts)

    with ThreadPoolExecutor(DESKS) as desks:
        given = list(desks.map(_issue, cuts))

    kept = [numbers for numbers in given if numbers]
    assert len(kept) == count - count // 5
    for place, prefix in enumerate(("JMI", "JMR", "JMC", "JMF", "JMA")):
        wanted = [f"{prefix}/2627/{n:06d}" for n in range(1, len(kept) + 1)]
        assert sorted(numbers[place] for numbers in kept) == wanted
    with desk() as (db, _):
        moments = db.exec(select(Invoice.issued_at).order_by(col(Invoice.serial))).all()
    assert moments == sorted(moments)
    said = f"{count} issues of five papers by {DESKS} desks, {count // 5} cut: 1..{len(kept)} each"
    record_property("proof", said)


@pytest.mark.parametrize("machine", ["America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_every_series_turns_with_the_year_at_the_hospitals_midnight(
    db, ward, nine_o_clock, monkeypatch, machine
):
    item = Item(service(db, ward, 100_00))
    with monkeypatch.context() as patch:
        patch.setenv("TZ", machine)
        time.tzset()
        nine_o_clock.move_to(at(24, day=LAST_OF_MARCH) - timedelta(seconds=1), tick=False)
        old = _all_papers(db, ward, item)
        nine_o_clock.move_to(at(24, day=LAST_OF_MARCH), tick=False)
        new = _all_papers(db, ward, item)
    time.tzset()

    prefixes = ("JMI", "JMR", "JMC", "JMF", "JMA")
    assert old == [f"{prefix}/2627/000001" for prefix in prefixes]
    assert new == [f"{prefix}/2728/000001" for prefix in prefixes]
    for days, numbers in ((LAST_OF_MARCH, old), (FIRST_OF_APRIL, new)):
        tables = [PREFIXES[number[:3]] for number in numbers]
        papers = zip(tables, numbers, strict=True)
        assert {db.get_one(table, number).issued_on for table, number in papers} == {days}


def test_a_number_of_every_series_has_16_characters_at_most(db, ward):
    numbers = _all_papers(db, ward, Item(service(db, ward, 100_00)))

    assert {len(number.replace("000001", "9999999")) for number in numbers} == {16}
