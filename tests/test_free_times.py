"""Free times: sessions, minus leave, holidays, live appointments and live holds; nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from mediklaud import clock, database
from mediklaud.models import (
    Appointment,
    Doctor,
    Hold,
    Holiday,
    Hospital,
    Leave,
    Tariff,
    VisitKind,
    WorkingSession,
)
from mediklaud.repository import (
    CONSOLE,
    FURTHEST_DAYS,
    FreeTime,
    Wishes,
    cancel_appointment,
    declare_holiday,
    enroll_patient,
    first_free,
    free_slots,
    grant_leave,
    held_times,
    hold_time,
)
from mediklaud.repository.free_times import next_free
from mediklaud.timetable import Slot
from tests.hospital import ASHA, TODAY, ZONE, Ward, at, ward_of
from tests.visits import book

MINUTE = timedelta(minutes=1)
LIVE = ("booked", "arrived", "fulfilled")
# Month ends, a leap day, and the days on which clocks change.
TURNS = (
    *((ZONE, date(2027, 1, 31)), (ZONE, date(2027, 12, 31)), (ZONE, date(2028, 2, 29))),
    *(("Europe/London", date(2027, 3, 28)), ("Europe/London", date(2027, 10, 31))),
    *(("America/New_York", date(2027, 3, 14)), ("America/New_York", date(2027, 11, 7))),
)
# The days the oracle looks at, counted from the turn.
FIRST, LAST = -3, 6


@dataclass(frozen=True)
class Stretch:
    """Something of a doctor's day, by the hospital's wall clock."""

    doctor: int
    offset: int
    minute: int
    minutes: int
    word: str = ""


@dataclass
class Town:
    """A made-up timetable around a telling day. Offsets count days from it."""

    zone: str
    turn: date
    now: datetime
    sessions: list[dict[str, Any]]
    prices: dict[tuple[int, VisitKind], int]
    expiry: list[int | None]
    active: list[bool]
    leaves: list[Stretch]
    holidays: set[int]
    appointments: list[Stretch]
    holds: list[Stretch]
    # What the database took of it, in minutes of UTC, by doctor.
    written: list[dict[str, Any]] = field(default_factory=list)
    busy: dict[int, set[int]] = field(default_factory=lambda: {0: set(), 1: set()})
    own: dict[int, set[int]] = field(default_factory=lambda: {0: set(), 1: set()})

    def day(self, offset: int) -> date:
        return self.turn + timedelta(days=offset)

    def moment(self, one: Stretch) -> datetime:
        """The first moment at which the wall clock of the day shows the minute, or passes it."""
        midnight = datetime.combine(self.day(one.offset), datetime.min.time())
        return (midnight + one.minute * MINUTE).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


def towns() -> st.SearchStrategy[Town]:
    """Random timetables; Hypothesis draws the seed, for it likes days on which little happens."""
    return st.integers(0, 2**32).map(lambda seed: a_town(Random(seed)))


def a_town(luck: Random) -> Town:
    """A random timetable, and all that takes time from it."""
    zone, turn = luck.choice(TURNS)
    midnight = datetime.combine(turn, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    priced = [(doctor, kind) for doctor in (0, 1) for kind in VisitKind if luck.random() < 0.9]
    return Town(
        zone,
        turn,
        # The clock stands before the telling day, or in its first hours, also between minutes.
        midnight + timedelta(seconds=30 * luck.randint(-3000, 600)),
        [a_session(luck, turn) for _ in range(luck.randint(2, 9))],
        {one: luck.choice((-9, -8, -7, -6, 0, 1)) for one in priced},
        [luck.choice((None, None, None, -1, 0, 1)) for _ in range(2)],
        [luck.random() < 0.9 for _ in range(2)],
        some(luck, 4, ("", "withdrawn"), (1, 30, 90, 2000)),
        {luck.choice((-2, -1, 0, 1, 2))} if luck.random() < 0.4 else set(),
        some(luck, 40, ("booked", *LIVE, "cancelled", "noshow", "overbooked"), (5, 10, 25, 45)),
        some(luck, 4, ("ours", "theirs", "theirs", "expired"), (5, 12, 30, 60)),
    )


def a_session(luck: Random, turn: date) -> dict[str, Any]:
    """A session around the turn, some for ever, some for a few days."""
    begins = 5 * luck.randrange(luck.choice((72, 72, 276)))
    ends = min(1440, begins + 5 * luck.randint(2, 72))
    fits = [five for five in range(5, 65, 5) if five <= ends - begins]
    first_day = luck.choice((-10, -9, -8, -7, 0, 1, 2))
    return {
        "doctor": luck.randrange(2),
        "weekday": (turn.weekday() + luck.choice((-1, 0, 0, 0, 1, 1))) % 7,
        "begins_minute": begins,
        "ends_minute": ends,
        "slot_minutes": luck.choice(fits),
        "first_minutes": luck.choice(fits),
        "follow_up_minutes": luck.choice([None, *fits]),
        "procedure_minutes": luck.choice([None, *fits]),
        "valid_from": turn + timedelta(days=first_day),
        "valid_to": luck.choice((None, turn + timedelta(days=luck.randint(first_day, 9)))),
    }


def some(
    luck: Random, most: int, words: tuple[str, ...], lengths: tuple[int, ...]
) -> list[Stretch]:
    """Stretches of doctors' days, most of them on the telling day in the hours doctors work."""
    return [
        Stretch(
            luck.randrange(2),
            luck.choice((0, 0, 0, 0, 1, 1, -1, -2, 3, LAST)),
            5 * luck.randrange(luck.choice((72, 72, 276))),
            luck.choice(lengths),
            luck.choice(words),
        )
        for _ in range(luck.randint(0, most))
    ]


def write(db: Session, town: Town, ward: Ward) -> None:
    """Write a timetable past the deeds; what the guards refuse is left out."""
    ids = (ward.rao.id, ward.iyer.id)
    db.execute(delete(WorkingSession))
    db.execute(delete(Tariff))
    db.execute(update(Hospital).values(zone=town.zone))
    for doctor, doctor_id in enumerate(ids):
        expiry, active = town.expiry[doctor], town.active[doctor]
        facts = {
            "registration_expires_on": None if expiry is None else town.day(expiry),
            "active": active,
            "deactivated_at": None if active else town.now,
        }
        db.execute(update(Doctor).where(Doctor.id == doctor_id).values(facts))
    for (doctor, kind), offset in town.prices.items():
        since = {"effective_from": town.day(offset), "price_paise": 0}
        db.execute(insert(Tariff).values(doctor_id=ids[doctor], kind=kind, **since))
    for session in town.sessions:
        row = {name: value for name, value in session.items() if name != "doctor"}
        if taken(db, WorkingSession, doctor_id=ids[session["doctor"]], **row):
            town.written.append(session)
    _promise(db, town, ward, ids)
    _hold(db, town, ward, ids)
    for form, one in enumerate(town.leaves):
        begins_at = town.moment(one)
        ends_at = begins_at + one.minutes * MINUTE
        withdrawn_at = town.now if one.word else None
        hours = {"begins_at": begins_at, "ends_at": ends_at, "withdrawn_at": withdrawn_at}
        db.execute(insert(Leave).values(doctor_id=ids[one.doctor], form=f"leave-{form}", **hours))
        if not one.word:
            town.busy[one.doctor] |= minutes_of(begins_at, one.minutes)
    for offset in town.holidays:
        begins_at, ends_at = clock.day_bounds(town.day(offset), town.zone)
        bounds = {"begins_at": begins_at, "ends_at": ends_at}
        db.execute(
            insert(Holiday).values(
                day=town.day(offset), name="Festival", declared_at=town.now, **bounds
            )
        )


def _promise(db: Session, town: Town, ward: Ward, ids: tuple[int | None, ...]) -> None:
    for form, one in enumerate(town.appointments):
        starts_at = town.moment(one)
        over = one.word == "overbooked"
        row: dict[str, Any] = {
            "doctor_id": ids[one.doctor],
            # Nobody sees two doctors at once, nor stands twice in one session.
            "patient_id": PATIENTS[2 * one.doctor + over],
            "kind": VisitKind.FIRST,
            "starts_at": starts_at,
            "ends_at": starts_at + one.minutes * MINUTE,
            "status": "booked" if over else one.word,
            "booked_at": starts_at,
            "promised_at": starts_at,
            "form": f"town-{form}",
        }
        if one.word == "cancelled":
            row |= {"cancelled_at": starts_at, "cancel_reason": "Cannot come"}
        if over:
            places = {"overbook_number": 1, "overbook_cap_then": 2, "overbook_reason": "Pain"}
            row |= {"session_begins_at": starts_at, **places}
        if taken(db, Appointment, **row) and one.word in LIVE:
            town.busy[one.doctor] |= minutes_of(starts_at, one.minutes)


def _hold(db: Session, town: Town, ward: Ward, ids: tuple[int | None, ...]) -> None:
    others = [one.id for one in (ward.khan, ward.tara, ward.ishaan, ward.rao_account)]
    for form, one in enumerate(town.holds):
        starts_at = town.moment(one)
        ends_at = starts_at + one.minutes * MINUTE
        runs_out = town.now + (-MINUTE if one.word == "expired" else MINUTE)
        kept = taken(
            db,
            Hold,
            doctor_id=ids[one.doctor],
            kind=VisitKind.FIRST,
            starts_at=starts_at,
            ends_at=ends_at,
            account_id=ward.meera.id if one.word == "ours" else others[form],
            held_at=runs_out - 5 * MINUTE,
            expires_at=runs_out,
            extended=False,
            form=f"hold-{form}",
        )
        if kept and one.word != "expired":
            which = town.own if one.word == "ours" else town.busy
            which[one.doctor] |= minutes_of(starts_at, one.minutes)


def taken(db: Session, table: Any, **row: Any) -> bool:
    """Whether the database takes a row."""
    defaults = {
        name: column.default.arg
        for name, column in table.__table__.columns.items()
        if column.default is not None
    }
    try:
        with db.begin_nested():
            db.execute(insert(table).values({**defaults, **row}))
    except IntegrityError:
        return False
    return True


def minutes_of(begins_at: datetime, count: int) -> set[int]:
    """So many minutes of UTC from a moment on."""
    first = int(begins_at.timestamp()) // 60
    return set(range(first, first + count))


def oracle(town: Town, doctor: int, kind: VisitKind, offset: int, *, ours: bool) -> list[datetime]:
    """When a doctor is free on a day: tried minute by minute on the wall clock, without wit."""
    day = town.day(offset)
    expiry, price = town.expiry[doctor], town.prices.get((doctor, kind))
    if not town.active[doctor] or offset in town.holidays or price is None or offset < price:
        return []
    if expiry is not None and offset > expiry:
        return []
    wall = wall_of(day, town.zone)
    busy = town.busy[doctor] | (set() if ours else town.own[doctor])
    found = []
    for session in town.written:
        length = session[f"{kind.value}_minutes"]
        if session["doctor"] != doctor or length is None or not _held(session, day):
            continue
        for minute in range(session["begins_minute"], session["ends_minute"]):
            on_grid = (minute - session["begins_minute"]) % session["slot_minutes"] == 0
            wanted = range(minute, minute + length)
            # Every minute of the visit is on the clock that day, and within the session.
            if not on_grid or wanted[-1] >= session["ends_minute"] or not wall.keys() >= {*wanted}:
                continue
            starts = wall[minute]
            starts_at = datetime.fromtimestamp(60 * starts, UTC)
            if starts_at > town.now and not busy & set(range(starts, starts + length)):
                found.append(starts_at)
    return sorted(found)


def wall_of(day: date, zone: str) -> dict[int, int]:
    """The minutes a wall clock shows on a day, each with the minute of UTC it is first shown at."""
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) // 60
    there = ZoneInfo(zone)
    shown: dict[int, int] = {}
    for minute in range(noon - 30 * 60, noon + 30 * 60):
        local = datetime.fromtimestamp(60 * minute, there)
        if local.date() == day:
            shown.setdefault(60 * local.hour + local.minute, minute)
    return shown


def _held(session: dict[str, Any], day: date) -> bool:
    last_day = session["valid_to"] or date.max
    return session["weekday"] == day.weekday() and session["valid_from"] <= day <= last_day


@contextmanager
def town_hall(town: Town) -> Iterator[tuple[Session, Ward]]:
    """A look at a timetable that is not kept."""
    with clock.pretend(town.now), Session(database.engine()) as db:
        ward = ward_of(db)
        write(db, town, ward)
        db.expire_all()
        yield db, ward
        db.rollback()


PATIENTS: list[int] = []


@pytest.fixture
def plain(broken_house: Any) -> None:
    """A house with four patients, for rows that are written past the deeds and not kept."""
    with database.transaction() as db:
        ward = ward_of(db)
        for name in ("Chitra", "Dev"):
            enroll_patient(db, replace(ASHA, name=name), form=f"more-{name}", by=ward.meera)
        PATIENTS[:] = db.execute(text("SELECT id FROM patient ORDER BY id")).scalars()


def agree(town: Town, first: int, count: int, ours: bool) -> None:
    """Free times are what the oracle says, of every kind and doctor."""
    with town_hall(town) as (db, ward):
        by = ward.meera if ours else None
        for kind in VisitKind:
            found = free_slots(db, [ward.rao, ward.iyer], town.day(first), count, kind, clerk=by)
            for doctor, doctor_id in enumerate((ward.rao.id, ward.iyer.id)):
                expected = [
                    starts_at
                    for offset in range(first, first + count)
                    for starts_at in oracle(town, doctor, kind, offset, ours=ours)
                ]
                assert [slot.starts_at for slot in found[doctor_id]] == expected


def agree_on_the_first(town: Town, first: int, wishes: Wishes, at_least: int, ours: bool) -> None:
    """The first free times of both doctors together are what the oracle says."""
    with town_hall(town) as (db, ward):
        by = ward.meera if ours else None
        for kind in VisitKind:
            found = first_free(
                db,
                [ward.rao, ward.iyer],
                kind,
                first_day=town.day(first),
                wishes=wishes,
                at_least=at_least,
                clerk=by,
            )
            assert found == sorted(found)
            told = sorted((one.starts_at, one.doctor_id) for one in found)
            expected: list[tuple[datetime, int | None]] = []
            for offset in range(first, LAST + 1):
                for doctor, doctor_id in enumerate((ward.rao.id, ward.iyer.id)):
                    times = oracle(town, doctor, kind, offset, ours=ours)
                    expected += [(one, doctor_id) for one in times if _suits(one, town, wishes)]
                if len(expected) >= at_least:
                    assert told == sorted(expected)
                    break
            else:
                # The oracle sees no further than the last day; a session may last for ever.
                assert told[: len(expected)] == sorted(expected)
                beyond = datetime.combine(town.day(LAST), datetime.max.time(), ZoneInfo(town.zone))
                assert all(starts_at > beyond for starts_at, _ in told[len(expected) :])


def _suits(starts_at: datetime, town: Town, wishes: Wishes) -> bool:
    local = starts_at.astimezone(ZoneInfo(town.zone))
    minute = 60 * local.hour + local.minute
    return local.weekday() in wishes.weekdays and (
        wishes.begins_minute <= minute < wishes.ends_minute
    )


WISHES = st.builds(
    lambda weekdays, hours: Wishes(weekdays, *hours),
    st.frozensets(st.integers(0, 6), min_size=1) | st.just(frozenset(range(7))),
    st.sampled_from(((0, 1440), (0, 720), (720, 1440), (545, 550))),
)
ASKED = (towns(), st.integers(-2, 1), st.integers(0, 5), st.booleans())
WISHED = (towns(), st.integers(-2, 1), WISHES, st.integers(1, 30), st.booleans())
one_house = settings(
    phases=[Phase.explicit, Phase.generate],
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
many = settings(one_house, max_examples=1500)


@one_house
@given(*ASKED)
def test_free_times_are_sessions_minus_all_that_takes_them(plain, town, first, count, ours):
    agree(town, first, count, ours)


@one_house
@given(*WISHED)
def test_the_first_free_times_are_the_earliest_that_suit(
    plain, town, first, wishes, at_least, ours
):
    agree_on_the_first(town, first, wishes, at_least, ours)


@pytest.mark.drill
@many
@given(*ASKED)
def test_free_times_of_many_timetables(plain, town, first, count, ours):
    agree(town, first, count, ours)


@pytest.mark.drill
@many
@given(*WISHED)
def test_first_free_times_of_many_timetables(plain, town, first, wishes, at_least, ours):
    agree_on_the_first(town, first, wishes, at_least, ours)


@pytest.fixture
def full_day(db, ward):
    """Asha has the first quarter of an hour of Dr Rao's day, Ben the last."""
    book(db, ward, ward.asha, ward.rao, at(10))
    book(db, ward, ward.ben, ward.rao, at(12, 45))


def hours_of(found: list[FreeTime]) -> list[str]:
    """The hours of free times on the hospital's wall clock."""
    return [f"{one.starts_at.astimezone(ZoneInfo(ZONE)):%d %H:%M}" for one in found]


@pytest.mark.usefixtures("full_day")
@pytest.mark.parametrize(
    ("wishes", "first", "last"),
    [
        (Wishes(), "23 10:15", "23 12:30"),
        (Wishes(ends_minute=720), "23 10:15", "23 11:45"),
        (Wishes(begins_minute=720), "23 12:00", "23 12:30"),
        (Wishes(weekdays=frozenset({2, 5})), "25 10:00", "25 12:45"),
        (Wishes(weekdays=frozenset({5}), begins_minute=760), "28 12:45", "28 12:45"),
    ],
)
def test_wishes_narrow_the_first_free_times(db, ward, wishes, first, last):
    found = first_free(db, [ward.rao], VisitKind.FIRST, first_day=TODAY, wishes=wishes)

    assert (hours_of(found)[0], hours_of(found)[-1]) == (first, last)


def test_a_wish_that_no_session_meets_finds_nothing(db, ward):
    late = Wishes(begins_minute=13 * 60)

    assert first_free(db, [ward.rao], VisitKind.FIRST, first_day=TODAY, wishes=late) == []
    assert first_free(db, [], VisitKind.FIRST, first_day=TODAY) == []


def test_the_first_free_times_are_whole_days_until_there_are_enough(db, ward):
    doctors = [ward.rao, ward.iyer]

    one = first_free(db, doctors, VisitKind.FIRST, first_day=TODAY)
    more = first_free(db, doctors, VisitKind.FIRST, first_day=TODAY, at_least=25)

    assert (len(one), len(more)) == (24, 48)
    assert one == sorted(one) == more[:24]
    assert {time.doctor_id for time in one} == {ward.rao.id, ward.iyer.id}


def test_a_search_over_full_days_goes_on_to_the_first_free_time(db, ward):
    grant_leave(
        db, ward.rao, TODAY, TODAY + timedelta(days=40), form="far", by=ward.khan, reason="Course"
    )
    declare_holiday(db, TODAY + timedelta(days=41), "Festival", by=ward.khan)

    found = first_free(db, [ward.rao], VisitKind.FIRST, first_day=TODAY)

    assert found[0].starts_at == at(10, day=TODAY + timedelta(days=42))


def test_a_time_that_is_given_back_is_free_at_once(db, ward):
    kept = book(db, ward, ward.asha, ward.rao, at(10))
    cancel_appointment(db, kept, "Cannot come", by=ward.meera)

    assert hours_of(first_free(db, [ward.rao], VisitKind.FIRST, first_day=TODAY))[0] == "23 10:00"


def test_free_times_end_at_the_horizon(db, ward):
    last_day = TODAY + timedelta(days=FURTHEST_DAYS)

    found = free_slots(db, [ward.rao], last_day, 3)[ward.rao.id]

    assert {slot.starts_at.date() for slot in found} == {last_day}
    beyond = last_day + timedelta(days=1)
    assert first_free(db, [ward.rao], VisitKind.FIRST, first_day=beyond) == []


def test_a_registration_that_runs_out_ends_the_free_times(db, ward):
    ward.rao.registration_expires_on = TODAY

    found = first_free(db, [ward.rao], VisitKind.FIRST, first_day=TODAY, at_least=99)

    assert len(found) == 12
    assert found[-1].starts_at == at(12, 45)


def test_a_kind_without_minutes_or_price_is_nowhere_free(db, ward):
    assert first_free(db, [ward.rao], VisitKind.PROCEDURE, first_day=TODAY) == []
    for session in db.exec(select(WorkingSession)):
        session.procedure_minutes = 60
    db.flush()

    # There is no price yet, and no time can be promised without one.
    assert first_free(db, [ward.rao], VisitKind.PROCEDURE, first_day=TODAY) == []


def test_a_held_time_is_free_for_its_clerk_and_seen_by_the_others(db, ward):
    hold_time(db, ward.rao, at(10), VisitKind.FIRST, form="held", by=ward.meera)

    own = free_slots(db, [ward.rao], TODAY, 1, clerk=ward.meera)[ward.rao.id]
    others = free_slots(db, [ward.rao], TODAY, 1, clerk=ward.khan)[ward.rao.id]

    assert (own[0].starts_at, others[0].starts_at) == (at(10), at(10, 15))
    assert held_times(db, [ward.rao.id], by=ward.meera) == []
    assert held_times(db, [ward.iyer.id], by=CONSOLE) == []
    seen = held_times(db, [ward.rao.id, ward.iyer.id], by=CONSOLE)
    assert [(one.slot, one.doctor_id, one.clerk) for one in seen] == [
        (Slot(at(10), at(10, 15)), ward.rao.id, "Meera Nair")
    ]


def test_a_hold_that_ran_out_holds_nothing(db, ward, nine_o_clock):
    hold_time(db, ward.rao, at(10), VisitKind.FIRST, form="held", by=ward.meera)
    nine_o_clock.shift(timedelta(minutes=5, seconds=1))

    assert held_times(db, [ward.rao.id], by=CONSOLE) == []
    assert free_slots(db, [ward.rao], TODAY, 1)[ward.rao.id][0].starts_at == at(10)


def test_the_way_on_is_the_next_free_time_after_the_one_that_went(db, ward):
    book(db, ward, ward.asha, ward.rao, at(11))

    assert "11:15 AM IST" in next_free(db, ward.rao, at(11))
    assert "Tuesday 24 November 2026, 10:00 AM IST" in next_free(db, ward.rao, at(12, 45))


def test_where_nothing_is_free_later_an_earlier_time_is_the_way_on(db, ward):
    for session in db.exec(select(WorkingSession)):
        session.valid_to = TODAY
    db.flush()

    assert "10:00 AM IST" in next_free(db, ward.rao, at(12, 45))
    grant_leave(db, ward.rao, TODAY, TODAY, form="away", by=ward.khan)
    assert "choose another doctor" in next_free(db, ward.rao, at(12, 45))
