"""A time held for five minutes while the caller decides: seen by others, lost in time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud import clock, guards
from mediklaud.errors import (
    DoctorOnLeave,
    HoldExtended,
    HoldRanOut,
    HospitalClosed,
    NoSuchSlot,
    NotPermitted,
    NotYourHold,
    PastTime,
    PatientBusy,
    SlotTaken,
    TimeHeld,
)
from mediklaud.models import AccountRole, Appointment, AppointmentStatus, Hold, Role, VisitKind
from mediklaud.repository import (
    SessionForm,
    begin_sign_in,
    cancel_appointment,
    change_account,
    change_settings,
    create_account,
    declare_holiday,
    designate_registrar,
    end_own_sign_in,
    end_sign_in,
    extend_hold,
    free_slots,
    grant_leave,
    hold_time,
    issue_code,
    live_account,
    move_appointment,
    open_session,
    overbook_appointment,
    own_hold,
    release_hold,
    restore_appointment,
    sign_out_elsewhere,
    sign_out_everywhere,
    walk_in,
)
from tests.breach import take_away
from tests.hospital import HOSPITAL, PASSWORD, TODAY, at
from tests.visits import book, desk

FIRST = VisitKind.FIRST


@pytest.fixture
def nina(db, ward):
    """A second clerk at the front desk."""
    return create_account(db, "nina", "Nina Roy", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)


def hold(db, ward, starts_at=None, *, by=None, doctor=None, kind=FIRST, form="hold"):
    return hold_time(
        db, doctor or ward.rao, starts_at or at(10), kind, form=form, by=by or ward.meera
    )


def is_free(db, ward, starts_at, by=None):
    slots = free_slots(db, [ward.rao], TODAY, 1, clerk=by)[ward.rao.id]
    return starts_at in [slot.starts_at for slot in slots]


def test_a_held_time_is_kept_for_five_minutes(db, ward):
    held = hold(db, ward)

    assert held.expires_at - held.held_at == timedelta(minutes=5)
    assert own_hold(db, by=ward.meera) == held


def test_another_clerk_cannot_hold_it_and_is_told_who_does_and_for_how_long(db, ward, nina):
    hold(db, ward)

    with pytest.raises(TimeHeld, match=r"Meera Nair is holding this time .* for 4:\d\d more") as no:
        hold(db, ward, by=nina, form="other")
    assert "The next free time is Monday 23 November 2026, 10:15 AM IST." in str(no.value)


def test_another_clerk_cannot_book_it(db, ward, nina):
    hold(db, ward)

    with pytest.raises(TimeHeld, match="Meera Nair"):
        book(db, ward, ward.asha, ward.rao, by=nina)
    assert db.exec(select(Appointment)).all() == []


def test_nor_move_restore_or_walk_in_on_to_it(db, ward, nina):
    slipped = book(db, ward, ward.asha, ward.rao)
    cancel_appointment(db, slipped, "A slip", by=nina)
    other = book(db, ward, ward.ben, ward.rao, at(11), by=nina)
    hold(db, ward)

    with pytest.raises(TimeHeld):
        move_appointment(db, other, ward.rao, at(10), form="move", by=nina)
    with pytest.raises(TimeHeld):
        restore_appointment(db, slipped, by=nina)
    came = walk_in(db, ward.asha, ward.rao, FIRST, form="walk", by=nina)
    assert came.starts_at == at(10, 15)


def test_the_clerk_who_holds_it_books_it_and_the_hold_is_used_up(db, ward):
    hold(db, ward)

    booked = book(db, ward, ward.asha, ward.rao, hold="hold")

    assert booked.starts_at == at(10)
    assert db.exec(select(Hold)).all() == []


def test_own_hold_never_stands_in_ones_own_way(db, ward):
    hold(db, ward)

    assert is_free(db, ward, at(10), by=ward.meera)
    assert book(db, ward, ward.asha, ward.rao).status is AppointmentStatus.BOOKED


def test_what_a_clerk_holds_for_a_caller_outlasts_a_walk_in_at_the_desk(db, ward):
    hold(db, ward)

    came = walk_in(db, ward.asha, ward.rao, FIRST, form="walk", by=ward.meera)

    assert came.starts_at == at(10, 15)
    assert own_hold(db, by=ward.meera).starts_at == at(10)


def test_a_held_time_is_no_free_time_of_others(db, ward, nina):
    hold(db, ward)

    assert not is_free(db, ward, at(10), by=nina)
    assert not is_free(db, ward, at(10))


def test_an_expired_hold_never_books_even_where_the_time_is_free(db, ward, nine_o_clock):
    hold(db, ward)
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))

    with pytest.raises(HoldRanOut, match="has run out, so nothing is booked") as no:
        book(db, ward, ward.asha, ward.rao, hold="hold")
    assert "10:" in str(no.value)
    assert db.exec(select(Appointment)).all() == []


def test_a_hold_books_no_other_time_than_its_own(db, ward):
    hold(db, ward, at(12))

    with pytest.raises(HoldRanOut), db.begin_nested():
        book(db, ward, ward.asha, ward.rao, at(11), hold="hold")
    db.expire_all()
    assert own_hold(db, by=ward.meera).starts_at == at(12)


def test_a_hold_given_up_in_another_tab_names_the_same_time_while_it_is_free(db, ward):
    hold(db, ward)
    hold(db, ward, at(12), form="other tab")

    with pytest.raises(HoldRanOut, match="10:00 AM IST is still free: choose it again"):
        book(db, ward, ward.asha, ward.rao, hold="hold")
    book(db, ward, ward.ben, ward.rao)
    with pytest.raises(HoldRanOut, match="free time is Monday 23 November 2026, 10:15 AM"):
        book(db, ward, ward.asha, ward.rao, hold="hold")


def test_what_is_free_next_is_free_for_the_kind_of_visit_that_was_asked_for(db, ward, nina):
    afternoon = SessionForm(TODAY.weekday(), 840, 930, 15, valid_from=TODAY, first_minutes=30)
    open_session(db, ward.rao, afternoon, by=ward.khan)
    book(db, ward, ward.asha, ward.rao, at(14, 30))
    hold(db, ward, at(14), kind=VisitKind.FOLLOW_UP)

    with pytest.raises(TimeHeld, match="3:00 PM"):
        hold(db, ward, at(14), by=nina, form="nina")
    with pytest.raises(TimeHeld, match="3:00 PM"):
        book(db, ward, ward.ben, ward.rao, at(14), by=nina)


def test_what_ran_out_stands_in_nobodys_way(db, ward, nina, nine_o_clock):
    hold(db, ward)
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))

    assert is_free(db, ward, at(10), by=nina)
    assert hold(db, ward, by=nina, form="other").account_id == nina.id
    assert own_hold(db, by=ward.meera) is None


def test_a_hold_is_extended_once(db, ward, nine_o_clock):
    hold(db, ward)
    nine_o_clock.shift(timedelta(minutes=4))

    longer = extend_hold(db, "hold", by=ward.meera)

    assert longer.expires_at - clock.now() > timedelta(minutes=4, seconds=59)
    with pytest.raises(HoldExtended, match="extended once"):
        extend_hold(db, "hold", by=ward.meera)


def test_what_ran_out_is_not_extended(db, ward, nine_o_clock):
    hold(db, ward)
    nine_o_clock.shift(timedelta(minutes=6))

    with pytest.raises(HoldRanOut):
        extend_hold(db, "hold", by=ward.meera)


def test_nobody_extends_releases_or_books_with_anothers_hold(db, ward, nina):
    hold(db, ward)

    for what_nina_does in (
        lambda: extend_hold(db, "hold", by=nina),
        lambda: release_hold(db, "hold", by=nina),
        lambda: book(db, ward, ward.asha, ward.rao, by=nina, hold="hold"),
    ):
        with pytest.raises(NotYourHold):
            what_nina_does()
    assert own_hold(db, by=ward.meera) is not None


def test_a_released_time_is_free_at_once(db, ward, nina):
    hold(db, ward)
    release_hold(db, "hold", by=ward.meera)
    release_hold(db, "hold", by=ward.meera)

    assert is_free(db, ward, at(10), by=nina)


def test_signing_out_releases_what_the_clerk_holds(db, ward, nina):
    token = begin_sign_in(db, ward.meera)
    hold(db, ward)
    end_sign_in(db, token)

    assert is_free(db, ward, at(10), by=nina)


def test_signing_out_on_one_machine_leaves_the_hold_of_another(db, ward):
    one, other = begin_sign_in(db, ward.meera), begin_sign_in(db, ward.meera)
    hold(db, ward)

    end_sign_in(db, one)
    assert own_hold(db, by=ward.meera) is not None
    end_sign_in(db, other)
    assert own_hold(db, by=ward.meera) is None


def _asked_for_factors(db, ward):
    db.add(AccountRole(account_id=ward.meera.id, role=Role.ADMINISTRATOR, granted_at=at(9)))
    change_settings(db, replace(HOSPITAL, second_factor_required=True), by=ward.tara)


_FRONT_DESK = frozenset({Role.FRONT_DESK})
# What the administrator does to an account: each ends every sign-in of it.
_ENDED = {
    "disabled": lambda db, ward: change_account(
        db, ward.meera, _FRONT_DESK, by=ward.tara, active=False
    ),
    "other roles": lambda db, ward: change_account(db, ward.meera, {Role.FINANCE}, by=ward.tara),
    "a new password": lambda db, ward: issue_code(db, ward.meera, by=ward.tara),
    "made a registrar": lambda db, ward: designate_registrar(
        db, ward.meera, by=ward.khan, may=True
    ),
    "a second factor asked": _asked_for_factors,
    "out everywhere": lambda db, ward: sign_out_everywhere(db, ward.meera),
}


@pytest.mark.parametrize("how", _ENDED.values(), ids=_ENDED)
def test_ending_every_sign_in_releases_what_the_clerk_holds(db, ward, nina, how):
    begin_sign_in(db, ward.meera)
    hold(db, ward)
    hold(db, ward, at(11), by=nina, form="ninas")
    begin_sign_in(db, nina)

    how(db, ward)

    assert [one.form for one in db.exec(select(Hold))] == ["ninas"]
    assert hold(db, ward, by=nina, form="again").starts_at == at(10)


def test_a_new_own_password_keeps_the_hold_of_the_page_it_was_changed_on(db, ward):
    me = live_account(db, begin_sign_in(db, ward.meera))
    hold(db, ward, by=me)
    begin_sign_in(db, ward.meera)

    sign_out_elsewhere(db, me)

    assert own_hold(db, by=me).form == "hold"


def test_a_sign_in_that_fell_idle_keeps_no_hold(db, ward, nine_o_clock):
    begin_sign_in(db, ward.meera)
    nine_o_clock.shift(timedelta(minutes=16))
    token = begin_sign_in(db, ward.meera)
    hold(db, ward)
    end_sign_in(db, token)

    assert own_hold(db, by=ward.meera) is None


def test_ending_the_last_own_sign_in_releases_what_the_clerk_holds(db, ward):
    there = live_account(db, begin_sign_in(db, ward.meera)).sign_in_id
    hold(db, ward)
    here = live_account(db, begin_sign_in(db, ward.meera))
    end_own_sign_in(db, here, there)
    assert own_hold(db, by=here) is not None

    end_own_sign_in(db, here, here.sign_in_id)
    assert db.exec(select(Hold)).all() == []


def test_a_second_click_is_the_same_hold(db, ward):
    assert hold(db, ward).id == hold(db, ward).id


def test_choosing_another_time_gives_the_first_one_back(db, ward, nina):
    hold(db, ward)
    hold(db, ward, at(11), doctor=ward.iyer, form="other")

    assert is_free(db, ward, at(10), by=nina)
    assert own_hold(db, by=ward.meera).starts_at == at(11)


def test_a_promised_time_is_not_held(db, ward, nina):
    book(db, ward, ward.asha, ward.rao)

    with pytest.raises(SlotTaken, match="The next free time is Monday 23 November 2026, 10:15 AM"):
        hold(db, ward, by=nina)


def test_a_hold_is_refused_where_nothing_can_be_booked(db, ward, nine_o_clock):
    with pytest.raises(NoSuchSlot):
        hold(db, ward, at(10, 7))
    declare_holiday(db, TODAY + timedelta(days=1), "Festival", by=ward.khan)
    with pytest.raises(HospitalClosed, match="Festival"):
        hold(db, ward, at(10, day=TODAY + timedelta(days=1)))
    grant_leave(db, ward.rao, TODAY, TODAY, form="leave", by=ward.khan)
    with pytest.raises(DoctorOnLeave):
        hold(db, ward)
    nine_o_clock.move_to(at(11, 1))
    with pytest.raises(PastTime):
        hold(db, ward)


def test_leave_granted_meanwhile_beats_the_hold(db, ward):
    hold(db, ward)
    grant_leave(db, ward.rao, TODAY, TODAY, form="leave", by=ward.khan)

    with pytest.raises(DoctorOnLeave):
        book(db, ward, ward.asha, ward.rao, hold="hold")


def test_only_the_front_desk_holds_times(db, ward):
    for somebody in (ward.ishaan, ward.rao_account, ward.tara):
        with pytest.raises(NotPermitted):
            hold(db, ward, by=somebody)


def test_a_refused_booking_leaves_the_hold_as_it_was(house, ward, db):
    hold(db, ward)
    book(db, ward, ward.asha, ward.iyer)
    with pytest.raises(PatientBusy), db.begin_nested():
        book(db, ward, ward.asha, ward.rao, hold="hold")

    db.expire_all()
    assert own_hold(db, by=ward.meera) is not None


def test_an_overbooking_does_not_need_the_time_to_be_given_back(db, ward, nina):
    hold(db, ward)

    over = overbook_appointment(
        db, ward.asha, ward.rao, at(10), FIRST, "Urgent", form="over", by=nina
    )

    assert over.overbook_number == 1
    assert own_hold(db, by=ward.meera) is not None


def test_an_overbooking_takes_no_hold_away_when_it_comes_back(db, ward):
    taken = book(db, ward, ward.asha, ward.rao)
    over = overbook_appointment(
        db, ward.ben, ward.rao, at(10), FIRST, "Urgent", form="over", by=ward.meera
    )
    for one in (over, taken):
        cancel_appointment(db, one, "Ill", by=ward.meera)
    hold(db, ward)

    restore_appointment(db, over, by=ward.meera)

    assert own_hold(db, by=ward.meera) is not None


def test_without_its_guards_a_held_time_is_booked_by_another(broken_house):
    """The twin: the rule is the database's, and gone with its guard."""
    with desk() as (db, ward):
        other = create_account(db, "nina", "Nina", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
        hold(db, ward)
        take_away(db.connection(), "no_appointment_takes_a_held_time")

        assert book(db, ward, ward.asha, ward.rao, by=other).starts_at == at(10)
        guards.install(db.connection())
