"""Sign-ins that can be ended, fall idle and expire, and names locked after wrong tries."""

from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud.errors import SignedOut
from mediklaud.models import SignIn
from mediklaud.repository import (
    ABSOLUTE_HOURS,
    begin_sign_in,
    end_sign_in,
    is_locked,
    is_stale,
    is_token,
    live_account,
    note_seen,
)
from tests.hospital import NINE_O_CLOCK
from tests.tries import note_wrong_try

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def still(nine_o_clock):
    """Here the clock stands still, so that the last second can be told from the next."""
    nine_o_clock.move_to(NINE_O_CLOCK, tick=False)


def test_a_sign_in_is_live_and_only_its_hash_is_kept(db, ward):
    token = begin_sign_in(db, ward.meera)

    assert live_account(db, token).username == "meera"
    assert is_token(token)
    assert not is_token("meera")
    assert token not in db.exec(select(SignIn.token_hash)).one()


def test_every_sign_in_has_its_own_token(db, ward):
    assert len({begin_sign_in(db, ward.meera) for _ in range(20)}) == 20


@pytest.mark.parametrize("token", ["", "SI-", "SI-guess", "meera"])
def test_an_unknown_token_is_signed_out(db, ward, token):
    with pytest.raises(SignedOut):
        live_account(db, token)


def test_the_hash_of_a_token_opens_nothing(db, ward):
    begin_sign_in(db, ward.meera)

    with pytest.raises(SignedOut):
        live_account(db, db.exec(select(SignIn.token_hash)).one())


def test_signing_out_ends_it_and_twice_is_no_mistake(db, ward):
    token, other = begin_sign_in(db, ward.meera), begin_sign_in(db, ward.meera)
    end_sign_in(db, token)
    end_sign_in(db, token)
    end_sign_in(db, "SI-nobody")

    with pytest.raises(SignedOut):
        live_account(db, token)
    assert live_account(db, other).username == "meera"


def test_a_sign_in_falls_idle_after_a_quarter_hour(db, ward, nine_o_clock):
    token = begin_sign_in(db, ward.meera)

    nine_o_clock.move_to(NINE_O_CLOCK + 15 * MINUTE - timedelta(seconds=1), tick=False)
    assert live_account(db, token)
    nine_o_clock.move_to(NINE_O_CLOCK + 15 * MINUTE, tick=False)
    with pytest.raises(SignedOut):
        live_account(db, token)


def test_whoever_is_seen_does_not_fall_idle(db, ward, nine_o_clock):
    token = begin_sign_in(db, ward.meera)
    for minutes in (14, 28, 42):
        nine_o_clock.move_to(NINE_O_CLOCK + minutes * MINUTE, tick=False)
        note_seen(db, token)

    assert live_account(db, token)


def test_an_idle_sign_in_cannot_be_woken(db, ward, nine_o_clock):
    token = begin_sign_in(db, ward.meera)
    nine_o_clock.move_to(NINE_O_CLOCK + 15 * MINUTE, tick=False)

    with pytest.raises(SignedOut):
        note_seen(db, token)


def test_after_twelve_hours_everybody_signs_in_again(db, ward, nine_o_clock):
    token = begin_sign_in(db, ward.meera)
    for minutes in range(10, ABSOLUTE_HOURS * 60, 10):
        nine_o_clock.move_to(NINE_O_CLOCK + minutes * MINUTE, tick=False)
        note_seen(db, token)

    nine_o_clock.move_to(NINE_O_CLOCK + timedelta(hours=ABSOLUTE_HOURS), tick=False)
    with pytest.raises(SignedOut):
        live_account(db, token)


def test_a_sign_in_is_noted_once_a_minute_at_most(db, ward, nine_o_clock):
    token = begin_sign_in(db, ward.meera)
    assert not is_stale(db, token)

    nine_o_clock.move_to(NINE_O_CLOCK + timedelta(seconds=61), tick=False)
    assert is_stale(db, token)
    note_seen(db, token)
    assert not is_stale(db, token)


def test_a_disabled_account_is_signed_out_even_with_a_live_token(db, ward):
    token = begin_sign_in(db, ward.meera)
    ward.meera.active = False

    with pytest.raises(SignedOut):
        live_account(db, token)


@pytest.mark.parametrize("username", ["meera", "nobody-at-all", "x" * 60])
def test_ten_wrong_tries_lock_a_name_known_or_not(db, ward, username):
    for _ in range(9):
        note_wrong_try(db, username)
    assert not is_locked(db, username)

    note_wrong_try(db, username)

    assert is_locked(db, username)
    assert not is_locked(db, "ishaan")


def test_a_lock_lasts_a_quarter_hour_from_the_tenth_try(db, ward, nine_o_clock):
    for minute in range(10):
        nine_o_clock.move_to(NINE_O_CLOCK + minute * MINUTE, tick=False)
        note_wrong_try(db, "meera")

    nine_o_clock.move_to(NINE_O_CLOCK + 24 * MINUTE - timedelta(seconds=1), tick=False)
    assert is_locked(db, "meera")
    nine_o_clock.move_to(NINE_O_CLOCK + 24 * MINUTE, tick=False)
    assert not is_locked(db, "meera")
