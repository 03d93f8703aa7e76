"""The demo hospital: it keeps every promise, comes out the same, and writes to nobody."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import bcrypt
import pytest
import time_machine
from sqlalchemy import text
from sqlmodel import Session, SQLModel, col, func, select

from mediklaud import clock, database, demo, mailroom, migrations
from mediklaud.demo import DEMO_ACCOUNTS, demo_password
from mediklaud.demo.people import PHONE_PREFIX, families
from mediklaud.errors import DemoDayNotPossible, NotEmpty
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    AuditEvent,
    BreakGlass,
    Doctor,
    Entitlement,
    Holiday,
    Hospital,
    Invoice,
    Leave,
    Message,
    MessageStatus,
    Method,
    Patient,
    Payment,
    Priority,
    Tariff,
    VisitKind,
    WorkingSession,
)
from tests.conftest import assert_house_is_green, move_in
from tests.hospital import NINE_O_CLOCK, TODAY

load_small = partial(demo.load_demo, patients=40, weeks_back=1, weeks_ahead=1)
# Made anew on every installation: bcrypt's salt, and seals under the installation's key.
_OWN = {
    "account": ("password_hash",),
    "audit_event": ("seal", "previous_seal"),
    "audit_head": ("last_seal", "seal"),
}


@contextmanager
def house_in(folder: Path, url: str = "") -> Iterator[None]:
    """Live in a folder of one's own for a while, from its first visit on."""
    with pytest.MonkeyPatch.context() as patch:
        move_in(patch, folder, url)
        migrations.upgrade()
        yield
        database.engine().dispose()
        database.engine_for.cache_clear()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a small demo in it, to be copied."""
    folder = tmp_path_factory.mktemp("demo")
    with time_machine.travel(NINE_O_CLOCK), house_in(folder):
        load_small()
    return folder


@pytest.fixture
def small(loaded: Path, tmp_path: Path) -> Iterator[Session]:
    """The small demo, to be looked at."""
    shutil.copytree(loaded, tmp_path / "data")
    with house_in(tmp_path / "data"), database.reading() as db:
        yield db


def rows_of(table: str) -> list[str]:
    with database.reading() as db:
        found = db.execute(text(f"SELECT * FROM {table}")).mappings().all()
    own = _OWN.get(table, ())
    kept = [{word: row[word] for word in row if word not in own} for row in found]
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in kept)


def dump() -> dict[str, list[str]]:
    return {table: rows_of(table) for table in SQLModel.metadata.tables}


def count(db: Session, *conditions: object) -> int:
    table = select(func.count()).where(*conditions)  # type: ignore[arg-type]  # any clause
    return db.exec(table).one()


def test_the_demo_keeps_every_promise(empty_house: Path) -> None:
    load_small()

    assert_house_is_green()
    with database.reading() as db:
        assert db.get_one(Hospital, 1).is_demo
        assert count(db, col(Patient.id) > 0) == 40
        assert count(db, Appointment.status == AppointmentStatus.FULFILLED) > 5


def test_one_seed_and_day_give_the_same_rows(loaded: Path, tmp_path: Path) -> None:
    with house_in(loaded):
        first = dump()
    # Another hour of the same day, and another installation with a key of its own.
    with time_machine.travel(datetime(2026, 11, 23, 12, 0, tzinfo=UTC)), house_in(tmp_path):
        load_small(today=TODAY)
        again = dump()

    assert sum(map(len, first.values())) > 300
    assert {name for name in first if first[name] != again[name]} == set()


def test_another_seed_gives_other_patients() -> None:
    one, other = (
        [typed for family in families(demo.Random(seed), 40, TODAY) for typed in family]
        for seed in (1, 2)
    )

    assert len(one) == len(other) == 40
    assert {typed.name for typed in one} != {typed.name for typed in other}


def test_the_demo_loads_only_into_an_empty_database(sqlite_house: Path) -> None:
    before = dump()

    with pytest.raises(NotEmpty):
        load_small()

    assert dump() == before


def test_a_load_that_is_cut_off_leaves_nothing(empty_house: Path) -> None:
    class CutOff(BaseException):
        pass

    def cut_off(part: float) -> None:
        if part > 0.5:
            raise CutOff

    before = dump()
    with pytest.raises(CutOff):
        load_small(progress=cut_off)

    assert dump() == before
    # The end of a log that has not begun.
    assert {table for table, rows in before.items() if rows} == {"audit_head"}


def test_progress_grows_from_nothing_to_the_whole(empty_sqlite: Path) -> None:
    told: list[float] = []

    load_small(progress=told.append)

    assert told == sorted(told)
    assert len(told) > 20
    assert (told[0] < 0.1, told[-1]) == (True, 1.0)


def test_the_demos_letters_go_to_nobody(small: Session, tmp_path: Path) -> None:
    waiting = Message.status.in_((MessageStatus.QUEUED, MessageStatus.SENDING))

    assert count(small, Message.status == MessageStatus.SENT) > 20
    assert count(small, waiting) == 0
    assert mailroom.empty_outbox() == 0
    assert not (tmp_path / "data" / "letters").exists()


def test_nothing_in_the_demo_happened_today_or_later(small: Session) -> None:
    midnight = clock.moment_at(TODAY, 0, "Asia/Kolkata")

    for moment in (AuditEvent.at, Appointment.booked_at, Payment.received_at, Invoice.issued_at):
        assert small.exec(select(func.max(moment))).one() < midnight
    assert small.exec(select(func.max(Appointment.starts_at))).one() > midnight


def test_deeds_stand_in_the_log_in_the_order_they_happened(small: Session) -> None:
    moments = list(small.exec(select(AuditEvent.at).order_by(col(AuditEvent.id))))

    assert moments == sorted(moments)


def test_a_day_to_come_cannot_be_the_demos_day(empty_sqlite: Path) -> None:
    with pytest.raises(DemoDayNotPossible, match="24 November 2026"):
        load_small(today=date(2026, 11, 24))


def test_everybody_signs_in_with_the_one_password(small: Session) -> None:
    accounts = {account.username: account for account in small.exec(select(Account))}

    assert {one.username for one in DEMO_ACCOUNTS} <= set(accounts)
    assert len(accounts) == 6 + 12
    for account in accounts.values():
        assert bcrypt.checkpw(demo_password().encode(), account.password_hash.encode())


def test_the_password_is_another_one_on_every_installation(tmp_path: Path) -> None:
    said = set()
    for place in ("one", "other"):
        with house_in(tmp_path / place):
            said.add(demo_password())
            assert demo_password() in said

    assert [len(word) for word in said] == [19, 19]


def test_nobody_in_the_demo_can_be_reached(small: Session) -> None:
    emails = [*small.exec(select(Patient.email)), *small.exec(select(Account.email))]
    phones = [*small.exec(select(Patient.phone)), *small.exec(select(Doctor.phone))]

    assert all(email.endswith(".example.org") for email in emails if email)
    assert all(phone.startswith(PHONE_PREFIX.replace(" ", "")) for phone in phones)


def test_twelve_doctors_of_eight_specialties_work_in_the_demo(small: Session) -> None:
    doctors = small.exec(select(Doctor)).all()

    assert len(doctors) == 12
    assert len({doctor.specialty for doctor in doctors}) == 8


def test_the_demo_shows_lengths_procedures_a_holiday_and_free_follow_ups(small: Session) -> None:
    sessions = small.exec(select(WorkingSession)).all()
    lengths = {(one.first_minutes, one.follow_up_minutes) for one in sessions}
    tariffs = Tariff.kind == VisitKind.PROCEDURE
    hospital = small.get_one(Hospital, 1)

    assert {(30, 15), (15, 15)} <= lengths
    assert len({one.doctor_id for one in sessions if one.procedure_minutes}) == 2
    assert count(small, tariffs) == 2
    assert small.exec(select(Holiday.day)).one() > TODAY
    assert (hospital.follow_up_visits, hospital.follow_up_days) == (1, 14)
    assert count(small, col(Entitlement.id) > 0) > 0


def test_a_pretended_moment_holds_in_its_thread_alone() -> None:
    heard: list[datetime] = []
    with clock.pretend(datetime(2001, 2, 3, tzinfo=UTC)):
        other = threading.Thread(target=lambda: heard.append(clock.now()))
        other.start()
        other.join()
        inside = clock.now()

    assert inside == datetime(2001, 2, 3, tzinfo=UTC)
    assert [moment.year for moment in (*heard, clock.now())] == [2026, 2026]


@pytest.mark.drill
def test_the_whole_demo_shows_everything(empty_house: Path) -> None:
    demo.load_demo()

    assert_house_is_green()
    with database.reading() as db:
        assert count(db, col(Patient.id) > 0) == 400
        assert 1_200 <= count(db, col(Appointment.id) > 0) <= 1_500
        statuses = db.exec(select(Appointment.status).distinct()).all()
        assert set(statuses) == set(AppointmentStatus) - {AppointmentStatus.ARRIVED}
        assert set(db.exec(select(Payment.method).distinct())) == set(Method)
        assert count(db, Appointment.priority == Priority.EMERGENCY, Appointment.on_hold) == 2
        assert count(db, col(Appointment.moved_from_id).is_not(None)) > 10
        assert count(db, col(Leave.id) > 0) == 2
        assert count(db, Appointment.kind == VisitKind.PROCEDURE) > 5
        assert count(db, Appointment.walk_in) > 3
        assert count(db, col(Appointment.entitled_by_id).is_not(None)) > 100
        holiday = db.exec(select(Holiday)).one()
        assert count(db, Appointment.starts_at > holiday.begins_at) > 10
        due_days = set(db.exec(select(Invoice.issued_on).where(Invoice.settled_at == None)))  # noqa: E711
        assert max(due_days) - min(due_days) > (TODAY - date(2026, 11, 9))
        names = " ".join(db.exec(select(Patient.name)))
        for first, last in ("\u0900\u097f", "\u0b80\u0bff", "\u0600\u06ff", "\u0980\u09ff"):
            assert any(first <= letter <= last for letter in names)


def test_one_broken_glass_of_the_demo_was_reviewed_and_one_waits(small: Session) -> None:
    found = small.exec(select(BreakGlass).order_by(col(BreakGlass.id))).all()

    assert [one.reviewed_at is not None for one in found] == [True, False]
