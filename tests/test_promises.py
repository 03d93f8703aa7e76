"""The one door to a live time: what it says when several things stand in the way at once."""

from dataclasses import replace

import pytest

from mediklaud.errors import TimeHeld
from mediklaud.models import Role, VisitKind
from mediklaud.repository import (
    SessionForm,
    create_account,
    hold_time,
    open_session,
    register_doctor,
)
from tests.hospital import PASSWORD, RAO, TODAY, at
from tests.visits import book


@pytest.fixture
def sen(db, ward):
    """A doctor whose first visits take two of the quarters that follow-ups take."""
    sen = register_doctor(db, replace(RAO, name="Dr Sen", registration="KMC 9"), by=ward.khan)
    typed = SessionForm(TODAY.weekday(), 600, 780, 15, valid_from=TODAY, first_minutes=30)
    open_session(db, sen, typed, by=ward.khan)
    return sen


def two_hold_parts(db, ward, sen):
    for minute, name in ((0, "nila"), (15, "omar")):
        clerk = create_account(db, name, name.title(), PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
        hold_time(db, sen, at(10, minute), VisitKind.FOLLOW_UP, form=name, by=clerk)


def test_a_long_visit_whose_time_two_clerks_hold_is_told_of_the_longer_hold(
    db, ward, sen, nine_o_clock
):
    nine_o_clock.move_to(at(9), tick=False)
    two_hold_parts(db, ward, sen)

    with pytest.raises(TimeHeld, match="is holding this time for another caller, for 5:00 more"):
        book(db, ward, ward.asha, sen)


def test_a_long_hold_over_two_clerks_holds_is_refused_too(db, ward, sen):
    two_hold_parts(db, ward, sen)

    with pytest.raises(TimeHeld):
        hold_time(db, sen, at(10), VisitKind.FIRST, form="h", by=ward.meera)
