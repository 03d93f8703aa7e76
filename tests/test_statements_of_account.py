"""A payer's account: every paper once, and a balance that is dues less advance."""

from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.database import transaction
from mediklaud.errors import NotPermitted
from mediklaud.models import Patient
from mediklaud.repository import (
    advances_of,
    statement_of,
)
from mediklaud.repository.dues import dues_of
from mediklaud.statements import Entry
from tests.day import live_through_a_day
from tests.hospital import TODAY, ward_of

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def lived(house, nine_o_clock):
    live_through_a_day(nine_o_clock, evening=False)
    # Whose account is opened stands in the audit log.
    with transaction() as db:
        yield db, ward_of(db)


def test_a_statement_tells_every_paper_of_the_account_in_its_order(lived):
    db, ward = lived
    told = statement_of(db, ward.asha.id, TODAY, TODAY, by=ward.ishaan)

    assert [(line.entry, line.amount_paise) for line in told.lines] == [
        (Entry.BILLED, 800_00),
        (Entry.BILLED, 500_00),
        (Entry.RECEIVED, 800_00),
        (Entry.RECEIVED, 200_00),
        (Entry.BILLED, 300_00),
        (Entry.RECEIVED, 300_00),
        (Entry.REVERSED, 300_00),
        (Entry.RECEIVED, 300_00),
        (Entry.CREDITED, 100_00),
        (Entry.CREDITED, 50_00),
        (Entry.REFUNDED, 60_00),
        (Entry.CREDIT_CANCELLED, 50_00),
    ]
    assert told.opening_paise == 0
    assert (told.patient_name, told.hospital.name) == ("Asha Menon", "JMI Hospital")


@pytest.mark.parametrize("name", ["Asha Menon", "Ben Thomas", "Dev Kapoor"])
def test_the_balance_is_dues_less_advance(lived, name):
    db, ward = lived
    (payer,) = [one for one in everybody(db) if one.name == name]
    told = statement_of(db, payer.id, TODAY, TODAY, by=ward.ishaan)
    left = sum(one.left_paise for one in advances_of(db, payer.id, by=ward.ishaan))

    assert told.lines
    assert told.closing_paise == dues_of(db, payer.id).total_paise - left


def test_the_next_day_opens_with_what_the_day_left(lived):
    db, ward = lived
    today = statement_of(db, ward.asha.id, TODAY, TODAY, by=ward.ishaan)
    after = statement_of(db, ward.asha.id, TOMORROW, TOMORROW, by=ward.ishaan)

    assert today.closing_paise != 0
    assert (after.opening_paise, after.lines) == (today.closing_paise, ())


def test_the_front_desk_sees_no_statement(db, ward):
    with pytest.raises(NotPermitted, match="see outstanding dues"):
        statement_of(db, ward.asha.id, TODAY, TODAY, by=ward.meera)


def everybody(db):
    return db.exec(select(Patient)).all()
