"""The first print of a paper is the original, every later one a duplicate, whoever asks."""

import pytest

from mediklaud.database import reading
from mediklaud.errors import NotFound, NotPermitted
from mediklaud.repository import ToBeWrittenDown, bill_paper, print_paper
from tests.till import bill_of, pay
from tests.visits import desk


def printed(number):
    with desk() as (db, ward):
        return print_paper(db, number, by=ward.ishaan)


def test_the_first_print_is_the_original_and_each_paper_has_its_own(house):
    with desk() as (db, ward):
        bill = bill_of(db, ward, ward.asha, 500_00).number
        receipt = pay(db, ward, ward.asha, 500_00).number
        bill_paper(db, bill, by=ward.ishaan)

    assert [printed(one) for one in (bill, receipt, bill, receipt)] == [False, False, True, True]


def test_a_look_that_cannot_write_prints_nothing(house):
    with desk() as (db, ward):
        bill = bill_of(db, ward, ward.asha, 500_00).number
    printed(bill)

    with reading() as db, pytest.raises(ToBeWrittenDown):
        print_paper(db, bill, by=ward.ishaan)


def test_what_is_no_paper_is_not_printed(db, ward):
    with pytest.raises(NotFound):
        print_paper(db, "JMI/2627/000099", by=ward.ishaan)


@pytest.mark.parametrize("name", ["khan", "meera", "tara", "rao_account"])
def test_only_finance_prints_papers(db, ward, name):
    bill = bill_of(db, ward, ward.asha, 500_00)
    with pytest.raises(NotPermitted, match="bills and receipts"):
        print_paper(db, bill.number, by=getattr(ward, name))
