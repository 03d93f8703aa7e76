"""The mailroom beside the server: at work, started again when it dies, gone with its server."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from mediklaud import carriers, mail_process
from mediklaud import house as whole_house
from mediklaud.config import ROOT
from mediklaud.mail_process import MailProcess
from mediklaud.mailroom import Mailroom
from mediklaud.models import MessageStatus
from tests.conftest import bare_ground
from tests.post import LONG_AGO, STARTS, close_house, open_house, queue, row, settle, until


@pytest.fixture
def outbox(request, monkeypatch, tmp_path, nine_o_clock):
    """An empty outbox, whose letters are due by the clock of another process too."""
    with bare_ground(request, "sqlite", tmp_path):
        open_house(monkeypatch, tmp_path)
        nine_o_clock.move_to(STARTS - LONG_AGO)
        yield tmp_path
        close_house()


def left(message_pk: int) -> bool:
    return row(message_pk).status is MessageStatus.SENT


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(("inside", "at_work"), [("true", True), ("false", False)])
def test_a_server_may_leave_the_letters_to_another_machine(outbox, monkeypatch, inside, at_work):
    settle(monkeypatch, mailroom=inside)
    started: list[int] = []
    monkeypatch.setattr(MailProcess, "start", lambda self: started.append(1))
    whole_house.open_house()
    whole_house.open_house()
    whole_house.close_house()

    assert started == [1] * at_work


def test_the_servers_mailroom_is_a_process_that_ends_with_the_house(outbox):
    message_pk = queue()
    whole_house.open_house()
    try:
        room = whole_house._mailroom
        assert room is not None
        pid = room.pid
        assert pid not in (None, os.getpid())
        assert until(lambda: left(message_pk), seconds=30)
    finally:
        whole_house.close_house()

    assert room.pid is None
    assert not lives(pid)


def test_a_mailroom_that_dies_is_started_again(outbox, monkeypatch):
    monkeypatch.setattr(mail_process, "_REST_SECONDS", 0.1)
    room = MailProcess()
    room.start()
    try:
        first = room.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        message_pk = queue()
        assert until(lambda: left(message_pk), seconds=30)
        assert room.pid not in (None, first)
    finally:
        room.stop()


_SERVER = """
import time
from mediklaud.mail_process import MailProcess
room = MailProcess()
room.start()
print(room.pid, flush=True)
time.sleep(60)
"""


def test_a_mailroom_ends_by_itself_when_its_server_is_killed(outbox):
    message_pk = queue()
    server = subprocess.Popen([sys.executable, "-c", _SERVER], cwd=ROOT, stdout=subprocess.PIPE)
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    assert until(lambda: left(message_pk), seconds=30)
    assert lives(pid)
    server.kill()

    # The mailroom holds the same end of the pipe, so it ends only once both are gone.
    server.communicate(timeout=30)


def test_a_house_that_is_closed_before_its_mailroom_was_started_starts_none(outbox):
    room = MailProcess()
    room.stop()
    room.start()

    assert room.pid is None


def test_a_mailroom_that_cannot_be_started_again_is_tried_later(outbox, monkeypatch):
    monkeypatch.setattr(mail_process, "_REST_SECONDS", 0.1)
    begin, failures = MailProcess._begin, iter([False, True, True])

    def often_not(self):
        if next(failures, False):
            raise BlockingIOError
        begin(self)

    monkeypatch.setattr(MailProcess, "_begin", often_not)
    room = MailProcess()
    room.start()
    try:
        first = room.pid
        os.kill(first, signal.SIGKILL)
        assert until(lambda: room.pid not in (None, first), seconds=30)
    finally:
        room.stop()


def test_a_mailroom_that_is_stopped_has_time_for_the_slowest_letter(monkeypatch):
    # Otherwise what it holds would wait for its lease to run out.
    waits: list[float] = []
    monkeypatch.setattr(Mailroom, "start", lambda self: None)
    monkeypatch.setattr(
        Mailroom, "stop", lambda self, at_most_seconds: waits.append(at_most_seconds)
    )
    ended = threading.Event()
    ended.set()

    Mailroom().run(ended)

    (process_waits,) = MailProcess.stop.__kwdefaults__.values()
    assert process_waits > waits[0] > carriers.LETTER_SECONDS
