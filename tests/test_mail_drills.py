"""Mail that goes wrong in every way: nothing lost, nobody held up, and no letter twice.

A sample runs in every run; the whole, with the true patience of the mailroom, with -m drill.
"""

import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from itertools import count, islice

import pytest
from sqlmodel import col, func, select, update

from mediklaud import carriers, clock, mailroom
from mediklaud.config import ROOT, settings
from mediklaud.database import reading, transaction
from mediklaud.mailroom import Mailroom
from mediklaud.models import Hospital, Message, MessageStatus, VisitKind
from mediklaud.repository import book_appointment, resend_letter
from mediklaud.repository.accounts import account_named
from tests.bad_servers import KINDS, misbehaving
from tests.conftest import bare_ground
from tests.hospital import TODAY, at, ward_of
from tests.post import (
    LONG_AGO,
    STARTS,
    Postman,
    close_house,
    free_port,
    mail_server,
    open_house,
    queue,
    settle,
)

drill = pytest.mark.drill
WAITING = (MessageStatus.QUEUED, MessageStatus.SENDING)


def waiting() -> int:
    with reading() as db:
        rows = select(func.count()).where(col(Message.status).in_(WAITING))
        return db.exec(rows).one()


def outcomes() -> Counter:
    with reading() as db:
        return Counter(db.exec(select(Message.status)).all())


@contextmanager
def working():
    room = Mailroom()
    room.start()
    try:
        yield room
    finally:
        room.stop()


def book(number: int) -> float:
    """One booking by its desk; returns how long it took."""
    day, slot = TODAY + timedelta(days=1 + number // 22), number % 22
    began = time.perf_counter()
    with transaction() as db:
        ward = ward_of(db)
        doctor = (ward.rao, ward.iyer)[slot // 11]
        book_appointment(
            db,
            (ward.asha, ward.ben)[slot // 11],
            doctor,
            at(10, 15 * (slot % 11), day=day),
            VisitKind.FIRST,
            form=f"f{number}",
            by=ward.meera,
        )
    return time.perf_counter() - began


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def until_empty(seconds: float) -> float:
    """How long the queue took to be empty."""
    began = time.monotonic()
    while waiting():
        assert time.monotonic() - began < seconds, outcomes()
        time.sleep(0.05)
    return time.monotonic() - began


@dataclass
class Outage:
    """What bookings took beside a mailroom at a good server and at a bad one; then the repair.

    `alone` is without any mailroom, where that was measured. `arrived` are Message-IDs.
    """

    good: list[float]
    bad: list[float]
    alone: list[float]
    seconds: float
    arrived: Counter

    @property
    def slower(self) -> float:
        """How much slower the p95 is at the bad one."""
        return p95(self.bad) / p95(self.good)

    def __str__(self) -> str:
        good, bad = (1000 * p95(some) for some in (self.good, self.bad))
        told = f"p95 {bad:.1f} ms, with a good one {good:.1f} ms ({self.slower:.2f})"
        if self.alone:
            told += f", with no mailroom {1000 * p95(self.alone):.1f} ms"
        return f"{told}, empty {self.seconds:.1f} s after the repair"


def no_grace() -> None:
    with transaction() as db:
        db.get_one(Hospital, 1).letter_grace_seconds = 0


def ids_of(*octets: bytes) -> Counter:
    return Counter(message_from_bytes(one, policy=policy.default)["Message-ID"] for one in octets)


def repaired(monkeypatch, port: int) -> tuple[float, Counter]:
    """A good server comes where the bad one was; how long until nothing waits, what arrived."""
    postman = Postman()
    settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{port}")
    server = mail_server(postman, port)
    with working():
        time.sleep(0.5)
        server.start()
        try:
            seconds = until_empty(60)
        finally:
            server.stop()
    return seconds, ids_of(*(one.content for one in postman.arrived))


def short_outage(monkeypatch, kind: str) -> Outage:
    """Bookings beside a mailroom in a thread, at a good server and at a bad one."""
    port, postman = free_port(), Postman()
    other = mail_server(postman)
    other.start()
    no_grace()
    took = []
    with misbehaving(kind, port):
        for number, at_port in enumerate((other.port, port)):
            settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{at_port}")
            with working():
                time.sleep(0.3)
                took.append([book(20 * number + place) for place in range(20)])
    other.stop()
    seconds, arrived = repaired(monkeypatch, port)
    arrived += ids_of(*(one.content for one in postman.arrived))
    return Outage(*took, [], seconds, arrived)


@contextmanager
def ready(port: int | None, *command: str):
    """A program in a process of its own, once it listens on its port or, with none, says so."""
    ours = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, env=ours)
    try:
        if port is None:
            assert process.stdout is not None
            assert process.stdout.readline()
        else:
            listens(port)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def listens(port: int) -> None:
    patience = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < patience
            time.sleep(0.05)


_BESIDE = """
import sys, time_machine
time_machine.travel(float(sys.argv[1])).start()
from mediklaud.mailroom import Mailroom
print("at work", flush=True)
Mailroom().run()
"""


def long_outage(monkeypatch, folder, kind: str, *, rounds: int, backlog: int) -> Outage:
    """Bookings without a mailroom, and beside one that has letters to send, by turns.

    As in the hospital each is a process of its own: the desk, the mailroom, the mail servers.
    """
    port, good, box = free_port(), free_port(), folder / "box"
    no_grace()
    took: dict[int, list[float]] = {0: [], good: [], port: []}
    numbers, letters = count(), count(10_000)
    postman = ("-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{good}")
    keeps = ("-c", "aiosmtpd.handlers.Mailbox", str(box))
    bad = ready(port, "-m", "tests.bad_servers", kind, str(port)) if KINDS[kind] else nullcontext()
    with ready(good, *postman, *keeps), bad:
        for number in range(rounds):
            # Whoever goes first changes, so whatever else the machine does hits all.
            for at_port in list(took)[:: 1 if number % 2 else -1]:
                for letter in islice(letters, backlog if at_port else 0):
                    queue(letter, to=f"patient{letter}@example.in")
                settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{at_port}")
                now = str(clock.now().timestamp())
                with ready(None, "-c", _BESIDE, now) if at_port else nullcontext():
                    for _ in range(50):
                        took[at_port].append(book(next(numbers)))
                        # A desk is no machine: so the bookings fall into all of the sending.
                        time.sleep(0.02)
    seconds, arrived = repaired(monkeypatch, port)
    arrived += ids_of(*(one.read_bytes() for one in (box / "new").iterdir()))
    return Outage(took[good], took[port], took[0], seconds, arrived)


def all_arrived(monkeypatch, arrived: Counter, kind: str) -> None:
    """Every addressed letter was sent, or refused for good and is sent again by a click."""
    with transaction() as db:
        failed = db.exec(select(Message).where(Message.status == MessageStatus.FAILED)).all()
        assert bool(failed) is (kind == "550"), kind
        for letter in failed:
            resend_letter(db, letter, by=account_named(db, "meera"))
    if failed:
        arrived += repaired(monkeypatch, free_port())[1]
    with reading() as db:
        addressed = col(Message.to_address).is_not(None)
        sent = set(db.exec(select(Message.message_id).where(addressed)))
        left = db.exec(
            select(Message.id).where(addressed, Message.status != MessageStatus.SENT)
        ).all()
    assert left == []
    assert set(arrived) == sent


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_bad_server_loses_no_letter(drilled_house, monkeypatch, kind, record_property):
    # The patience of a test; the drill has the mailroom's own.
    monkeypatch.setattr(carriers, "_SILENCE_SECONDS", 1)
    monkeypatch.setattr(carriers, "LETTER_SECONDS", 2)
    monkeypatch.setattr(mailroom, "_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(mailroom, "_PAUSE_OF_THE_ILL", timedelta(seconds=0.5))

    found = short_outage(monkeypatch, kind)

    all_arrived(monkeypatch, found.arrived, kind)
    record_property("proof", f"bad mail server, {kind}: {found}")


def beside_a_sending(monkeypatch, kind: str, deed, deeds: int, seconds: float) -> list[str]:
    """What happened, in its order, when deeds were done from within a sending on.

    The server holds whoever comes, the mailroom first, and for so many seconds at most; the
    mailroom's own patience is longer.
    """
    monkeypatch.setattr(carriers, "_SILENCE_SECONDS", 120)
    monkeypatch.setattr(carriers, "LETTER_SECONDS", 120)
    port = free_port()
    settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{port}")
    no_grace()
    book(0)
    with misbehaving(kind, port, holds=True, seconds=seconds) as server, working():
        assert server.inside.wait(60)
        for number in range(1, deeds + 1):
            deed(number)
            server.told.append("booked")
        told = [*server.told, *(["sending"] * outcomes()[MessageStatus.SENDING])]
        server.closed.set()
        server.let_go.set()
    return told


def book_and_send(number: int) -> None:
    """A booking as it must not be: whoever makes it waits for the mail server."""
    book(number)
    mailroom.empty_outbox()


@pytest.mark.parametrize("kind", [kind for kind, talk in KINDS.items() if talk])
def test_no_desk_waits_for_the_mailroom_that_waits_for_a_bad_server(house, monkeypatch, kind):
    told = beside_a_sending(monkeypatch, kind, book, deeds=20, seconds=60)

    # The sending began before the first booking, and goes on after the last.
    assert told == ["held", *["booked"] * 20, "sending"]


def test_a_desk_that_sends_its_letters_itself_would_wait(house, monkeypatch):
    told = beside_a_sending(monkeypatch, "451", book_and_send, deeds=1, seconds=1)

    assert "let go" in told[: told.index("booked")]


@drill
@pytest.mark.parametrize("kind", list(KINDS))
def test_drill_a_bad_server_loses_no_letter_and_holds_no_desk_up(
    drilled_house, monkeypatch, tmp_path, kind, record_property
):
    found = long_outage(monkeypatch, tmp_path, kind, rounds=4, backlog=100)

    all_arrived(monkeypatch, found.arrived, kind)
    record_property("proof", f"bad mail server, {kind}: {found}")
    assert found.slower <= 1.10


_WORK = "from mediklaud.mailroom import Mailroom; Mailroom().run()"


def a_mailroom(folder, url: str, mail: str) -> "subprocess.Popen[bytes]":
    told = {"DATA_DIR": str(folder), "DATABASE_URL": url, "SMTP_URL": mail, "MAIL_FROM": ""}
    environment = {**os.environ, **{f"MEDIKLAUD_{name}": value for name, value in told.items()}}
    return subprocess.Popen([sys.executable, "-c", _WORK], cwd=ROOT, env=environment)


@pytest.fixture(params=["sqlite", "postgresql"])
def ground(request, monkeypatch, tmp_path, nine_o_clock):
    """A hospital with an empty outbox on each engine, whose letters are due long since."""
    with bare_ground(request, request.param, tmp_path):
        open_house(monkeypatch, tmp_path)
        # The other processes live by the true clock, to which these letters must be due.
        nine_o_clock.move_to(STARTS - LONG_AGO)
        yield tmp_path
        close_house()


@contextmanager
def a_postman(monkeypatch):
    postman = Postman()
    server = mail_server(postman)
    server.start()
    mail = f"smtp://127.0.0.1:{server.port}"
    try:
        yield postman, mail
    finally:
        server.stop()


def fill(letters: int) -> None:
    for number in range(1, letters + 1):
        queue(number, to=f"patient{number}@example.in")


def leases_run_out() -> None:
    """Five minutes go by for every letter a dead mailroom held."""
    with transaction() as db:
        db.execute(update(Message).values(next_attempt_at=clock.now()))


def killed(folder, postman, mail: str, *, letters: int, kills: int) -> tuple[int, int]:
    """Kill a mailroom again and again at its work; returns lost letters and duplicates."""
    fill(letters)
    url, dice = settings().database_url, random.Random(5)
    for kill in range(kills):
        room = a_mailroom(folder, url, mail)
        before, patience = len(postman.arrived), time.monotonic() + 30
        wanted = before + dice.randint(1, max(1, letters // (2 * kills)))
        while len(postman.arrived) < wanted and time.monotonic() < patience:
            time.sleep(0.001)
        os.kill(room.pid, signal.SIGKILL)
        room.wait(10)
        leases_run_out()
        assert waiting(), f"nothing was left for kill {kill + 2}"
    room = a_mailroom(folder, url, mail)
    until_empty(60)
    room.terminate()
    room.wait(30)
    ids = ids_of(*(one.content for one in postman.arrived))
    tos = Counter(one.rcpt_tos[0] for one in postman.arrived)
    # Each duplicate came under the same Message-ID.
    assert sorted(ids.values()) == sorted(tos.values())
    return letters - len(ids), sum(ids.values()) - len(ids)


def test_a_mailroom_killed_at_its_work_loses_nothing(ground, monkeypatch, record_property):
    with a_postman(monkeypatch) as (postman, mail):
        lost, twice = killed(ground, postman, mail, letters=30, kills=2)

    record_property("proof", f"2 kills over 30 letters: {lost} lost, {twice} twice")
    assert lost == 0
    assert twice <= 2


@drill
def test_drill_a_mailroom_killed_fifty_times_over_500_letters(ground, monkeypatch, record_property):
    with a_postman(monkeypatch) as (postman, mail):
        lost, twice = killed(ground, postman, mail, letters=500, kills=50)

    record_property("proof", f"50 kills over 500 letters: {lost} lost, {twice} twice")
    assert lost == 0
    assert twice <= 50


def sent_by_two(folder, monkeypatch, letters: int) -> Counter:
    """How often each letter arrived from two mailrooms at work at once, and by whom."""
    with a_postman(monkeypatch) as (postman, mail):
        fill(letters)
        rooms = [a_mailroom(folder, settings().database_url, mail) for _ in range(2)]
        try:
            until_empty(300)
        finally:
            for room in rooms:
                room.terminate()
            for room in rooms:
                room.wait(30)
        assert [room.returncode for room in rooms] == [0, 0]
    return Counter(one.rcpt_tos[0] for one in postman.arrived)


def test_two_mailrooms_of_their_own_send_each_letter_once(ground, monkeypatch, record_property):
    sent = sent_by_two(ground, monkeypatch, 60)

    record_property("proof", f"two mailrooms: {len(sent)} letters, {sum(sent.values())} sendings")
    assert (len(sent), sum(sent.values())) == (60, 60)


@drill
def test_drill_two_mailrooms_and_1000_letters(ground, monkeypatch, record_property):
    sent = sent_by_two(ground, monkeypatch, 1000)

    record_property("proof", f"two mailrooms: {len(sent)} letters, {sum(sent.values())} sendings")
    assert (len(sent), sum(sent.values())) == (1000, 1000)
