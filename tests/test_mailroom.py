"""The mailroom, with real mail servers: nothing lost, nothing twice, no letter in another's way."""

import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
import time_machine
from aiosmtpd.smtp import AuthResult

from mediklaud import carriers, clock, mailroom
from mediklaud.config import ROOT, settings
from mediklaud.database import transaction
from mediklaud.errors import TwoDesksMet
from mediklaud.mailroom import Mailroom, empty_outbox
from mediklaud.models import Hospital, Message, MessageStatus
from mediklaud.repository.outbox import LINE_LOST, withdraw
from tests.bad_servers import misbehaving
from tests.bare import lay_tables
from tests.post import (
    STARTS,
    Postman,
    certificate,
    close_house,
    free_port,
    mail_server,
    only_meera,
    open_house,
    queue,
    row,
    settle,
    until,
)


@pytest.fixture
def house(monkeypatch, tmp_path):
    lay_tables(tmp_path)
    open_house(monkeypatch, tmp_path)
    yield tmp_path
    close_house()


@contextmanager
def served(monkeypatch, postman, *, scheme="smtp", login="", port=None, **options):
    server = mail_server(postman, port, **options)
    server.start()
    settle(monkeypatch, smtp_url=f"{scheme}://{login}127.0.0.1:{server.port}")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def postman():
    return Postman()


@pytest.fixture
def mail(house, monkeypatch, postman):
    with served(monkeypatch, postman):
        yield postman


@pytest.fixture
def trusted(house, monkeypatch):
    """A certificate for the mail server, trusted by the mailroom alone."""
    context, public = certificate(house)
    monkeypatch.setattr(carriers, "_trusted", lambda: ssl.create_default_context(cafile=public))
    return context


def status(message_pk: int) -> MessageStatus:
    return row(message_pk).status


def later():
    return time_machine.travel(clock.now() + timedelta(minutes=2))


def test_a_letter_is_sent_and_the_servers_reply_kept(mail):
    message_pk = queue()

    assert empty_outbox() == 1
    assert row(message_pk).outcome == "250 kept as 4711"
    [envelope] = mail.arrived
    assert envelope.rcpt_tos == ["asha@example.in"]
    assert envelope.mail_from == "desk@jmi.example"
    assert empty_outbox() == 0


def test_a_letter_comes_from_the_hospital(mail):
    queue(name="आशा देवी")
    empty_outbox()
    letter = message_from_bytes(mail.arrived[0].content, policy=policy.default)

    assert str(letter["From"]) == "JMI Hospital Delhi <desk@jmi.example>"
    assert letter["To"].addresses[0].display_name == "आशा देवी"
    assert letter["Auto-Submitted"] == "auto-generated"


def test_another_sender_may_be_set_and_answers_still_reach_the_hospital(mail, monkeypatch):
    settle(monkeypatch, mail_from="noreply@mail.example")
    queue()
    empty_outbox()
    letter = message_from_bytes(mail.arrived[0].content, policy=policy.default)

    assert (
        mail.arrived[0].mail_from == letter["From"].addresses[0].addr_spec == "noreply@mail.example"
    )
    assert letter["Reply-To"].addresses[0].addr_spec == "desk@jmi.example"


def test_one_connection_carries_many_letters(mail):
    for number in range(1, 6):
        queue(number)

    assert empty_outbox() == 5
    assert len(mail.connections) == 1


def test_a_550_is_final_at_once(mail):
    mail.refuses["asha@example.in"] = "550 no such person"
    message_pk = queue()

    assert empty_outbox() == 0
    message = row(message_pk)
    assert message.status is MessageStatus.FAILED
    assert message.outcome == "550 no such person"


def test_a_451_is_tried_again_and_sent_once_repaired(mail):
    mail.refuses_content["asha@example.in"] = "451 come back"
    message_pk = queue()
    empty_outbox()
    assert status(message_pk) is MessageStatus.QUEUED
    assert empty_outbox() == 0

    mail.refuses_content.clear()
    with later():
        assert empty_outbox() == 1
    assert status(message_pk) is MessageStatus.SENT
    assert row(message_pk).attempts == 2


def test_a_530_blames_our_settings_and_not_the_letter(mail):
    mail.refuses["asha@example.in"] = "530 sign in first"
    message_pk = queue()
    empty_outbox()

    assert status(message_pk) is MessageStatus.QUEUED


@pytest.mark.parametrize("reply", ["550 no", "451 later", "421 goodbye", "554 no, really"])
def test_a_refused_letter_does_not_block_the_next(mail, reply):
    mail.refuses["asha@example.in"] = reply
    mail.refuses_content["carol@example.in"] = reply
    queue(1)
    queue(2, to="ben@example.in")
    queue(3, to="carol@example.in")
    queue(4, to="dev@example.in")

    assert empty_outbox() == 2
    assert [each.rcpt_tos for each in mail.arrived] == [["ben@example.in"], ["dev@example.in"]]


def test_a_letter_that_cannot_be_written_does_not_block_the_next(mail):
    spoilt, good = queue(1), queue(2, to="ben@example.in")
    with transaction() as db:
        db.get_one(Message, spoilt).to_address = "no address, thief@evil.example"

    assert empty_outbox() == 1
    assert status(spoilt) is MessageStatus.FAILED
    assert status(good) is MessageStatus.SENT


@pytest.mark.parametrize(
    "facts", ["{", "{}", "[]", '{"tells": "gossip"}', '{"tells": "booked", "starts_at": "noon"}']
)
def test_facts_no_letter_can_be_made_of_are_final_and_do_not_block_the_next(mail, facts):
    spoilt, good = queue(1), queue(2, to="ben@example.in")
    with transaction() as db:
        db.get_one(Message, spoilt).facts = facts

    assert empty_outbox() == 1
    assert status(spoilt) is MessageStatus.FAILED
    assert row(spoilt).outcome.startswith("cannot be written as mail: ")
    assert status(good) is MessageStatus.SENT


def test_a_refused_connection_keeps_every_letter(house, monkeypatch):
    settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{free_port()}")
    letters = [queue(number) for number in range(1, 4)]

    assert empty_outbox() == 0
    for message_pk in letters:
        assert status(message_pk) is MessageStatus.QUEUED
        assert row(message_pk).outcome == "mail server not reached: ConnectionRefusedError"


def test_an_outage_uses_up_no_attempt_and_costs_one_look_each_time(house, monkeypatch, postman):
    port = free_port()
    settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{port}")
    monkeypatch.setattr(mailroom, "_PAUSE_SECONDS", 0.02)
    monkeypatch.setattr(mailroom, "_PAUSE_OF_THE_ILL", timedelta(seconds=0.1))
    offered, written = Counter(), mailroom.written

    def counted(message):
        offered[message.id] += 1
        return written(message)

    monkeypatch.setattr(mailroom, "written", counted)
    letters = [queue(number) for number in range(1, 31)]
    room = Mailroom()
    room.start()
    try:
        assert until(lambda: sum(offered.values()) >= 4)
        assert {row(message_pk).attempts for message_pk in letters} <= {0, 1}
        assert sum(offered.values()) < 15
        with served(monkeypatch, postman, port=port):
            assert until(lambda: len(postman.arrived) == 30)
            assert until(lambda: {status(one) for one in letters} == {MessageStatus.SENT})
    finally:
        room.stop()
    assert {row(message_pk).attempts for message_pk in letters} == {1}


def drive(room, clock_of_the_test, seconds):
    """Let a mailroom work in this thread; its pauses move the clock."""

    class Pauses:
        left = seconds

        def is_set(self):
            return self.left <= 0

        def wait(self, pause):
            self.left -= pause
            clock_of_the_test.shift(timedelta(seconds=pause))

    room._stopping = Pauses()
    room._work()


@pytest.fixture
def long_pauses(monkeypatch):
    """Fewer looks than a mailroom has, for the hours of a test."""
    monkeypatch.setattr(mailroom, "_PAUSE_SECONDS", 600)
    monkeypatch.setattr(mailroom, "_PAUSE_OF_THE_ILL", timedelta(minutes=10))


@pytest.mark.parametrize("others", [0, 2])
def test_letters_put_off_are_tried_for_a_day_before_they_fail(
    mail, nine_o_clock, others, long_pauses
):
    letters = [queue(number, to=f"a{number}@example.in") for number in range(1, others + 2)]
    mail.refuses = {f"a{number}@example.in": "451 greylisted" for number in range(1, others + 2)}
    room = Mailroom()
    drive(room, nine_o_clock, 23.5 * 3600)

    assert {status(one) for one in letters} == {MessageStatus.QUEUED}
    drive(room, nine_o_clock, 2 * 3600)
    assert {status(one) for one in letters} == {MessageStatus.FAILED}
    assert {10 <= row(one).attempts < 30 for one in letters} == {True}


def test_a_full_mailbox_among_good_letters_is_tried_for_hours(mail, nine_o_clock):
    mail.refuses["full@example.in"] = "452 mailbox full"
    full, room = queue(1, to="full@example.in"), Mailroom()
    for number in range(2, 10):
        queue(number)
        drive(room, nine_o_clock, 20)

    assert status(full) is MessageStatus.QUEUED
    assert row(full).attempts <= 3
    assert len(mail.arrived) == 8


def test_the_queue_is_empty_a_minute_after_an_ill_server_is_well(
    mail, nine_o_clock, monkeypatch, long_pauses
):
    addresses = [f"a{number}@example.in" for number in range(1, 26)]
    for number, to in enumerate(addresses, 1):
        queue(number, to=to)
    room, mail.refuses = Mailroom(), dict.fromkeys(addresses, "451 later")
    drive(room, nine_o_clock, 3600)
    assert mail.arrived == []
    monkeypatch.setattr(mailroom, "_PAUSE_SECONDS", 5)
    monkeypatch.setattr(mailroom, "_PAUSE_OF_THE_ILL", timedelta(seconds=10))
    room._next_look = clock.now()
    # One mailbox is full, and is not what tells whether the server is well.
    mail.refuses = {addresses[0]: "452 mailbox full"}

    drive(room, nine_o_clock, 60)

    assert len(mail.arrived) == 24


def test_a_letter_taken_back_while_nobody_is_home_holds_up_no_other(
    house, monkeypatch, nine_o_clock, postman
):
    port = free_port()
    settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{port}")
    taken_back, room = queue(1), Mailroom()
    drive(room, nine_o_clock, 20)
    with transaction() as db:
        withdraw(db.get_one(Message, taken_back), why="put right before it left")
    queue(2)

    with served(monkeypatch, postman, port=port):
        drive(room, nine_o_clock, 30)

    assert len(postman.arrived) == 1


def test_a_letter_whose_line_was_lost_may_have_left(house, monkeypatch, nine_o_clock, long_pauses):
    port = free_port()
    settle(monkeypatch, smtp_url=f"smtp://127.0.0.1:{port}")
    message_pk, room = queue(), Mailroom()
    drive(room, nine_o_clock, 10)
    assert row(message_pk).attempts == 0

    with misbehaving("dropped after DATA", port) as server:
        drive(room, nine_o_clock, 3600)
        assert row(message_pk).attempts == server.met

    assert 1 < row(message_pk).attempts < 9
    assert row(message_pk).outcome.startswith(LINE_LOST)
    assert status(message_pk) is MessageStatus.QUEUED


def test_a_connection_lost_in_mid_letter_is_made_anew_for_the_next(mail, monkeypatch):
    first, second = queue(1), queue(2, to="ben@example.in")
    hand_over, calls = carriers._hand_over, Counter()

    def lost_once(line, letter):
        calls["all"] += 1
        if calls["all"] == 1:
            line.sock.shutdown(socket.SHUT_RDWR)
        return hand_over(line, letter)

    monkeypatch.setattr(carriers, "_hand_over", lost_once)
    assert empty_outbox() == 1
    assert status(first) is MessageStatus.QUEUED
    assert status(second) is MessageStatus.SENT


def test_two_mailrooms_send_each_of_forty_letters_once(mail):
    letters = [queue(number, to=f"patient{number}@example.in") for number in range(1, 41)]
    start = threading.Barrier(2)

    def work():
        start.wait(5)
        for _ in range(20):
            if not empty_outbox():
                return

    rooms = [threading.Thread(target=work) for _ in range(2)]
    for room in rooms:
        room.start()
    for room in rooms:
        room.join(30)

    sent = Counter(envelope.rcpt_tos[0] for envelope in mail.arrived)
    assert len(sent) == 40
    assert set(sent.values()) == {1}
    assert {status(message_pk) for message_pk in letters} == {MessageStatus.SENT}


def test_a_letter_late_in_its_lease_is_left_to_the_next_round(mail, monkeypatch):
    message_pk = queue()
    claimed = mailroom._claimed

    def slow(*how):
        letterhead, held = claimed(*how)
        for message in held:
            message.next_attempt_at -= timedelta(minutes=4)
        return letterhead, held

    monkeypatch.setattr(mailroom, "_claimed", slow)
    assert empty_outbox() == 0
    assert mail.arrived == []
    assert status(message_pk) is MessageStatus.SENDING


def test_an_accepted_letter_is_noted_though_the_database_is_busy(mail, monkeypatch):
    message_pk = queue()
    busy, noted = [TwoDesksMet(), TwoDesksMet()], mailroom.note_sent

    def note(db, pk, *, lease, reply):
        if busy:
            raise busy.pop()
        noted(db, pk, lease=lease, reply=reply)

    monkeypatch.setattr(mailroom, "note_sent", note)
    monkeypatch.setattr(mailroom.time, "sleep", lambda _: None)
    assert empty_outbox() == 1
    assert status(message_pk) is MessageStatus.SENT


def test_starttls_is_used_and_a_password_said_only_within_it(trusted, monkeypatch, postman):
    login = "meera%40jmi.example:s%2Fecret%3Apass@"
    secure = {"tls_context": trusted, "authenticator": only_meera, "auth_required": True}
    message_pk = queue()

    with served(monkeypatch, postman, login=login, **secure):
        assert empty_outbox() == 1
    assert status(message_pk) is MessageStatus.SENT


def test_starttls_is_taken_where_offered_even_without_a_password(trusted, monkeypatch, postman):
    queue()

    with served(monkeypatch, postman, tls_context=trusted, require_starttls=True):
        assert empty_outbox() == 1


def test_a_password_is_never_said_in_the_clear(house, monkeypatch, postman):
    heard = []

    def listen(_server, _session, _envelope, _mechanism, login):
        heard.append(login)
        return AuthResult(success=True)

    open_line = {"authenticator": listen, "auth_require_tls": False}
    message_pk = queue()
    with served(monkeypatch, postman, login="meera:secret@", **open_line):
        assert empty_outbox() == 0

    assert heard == postman.arrived == []
    assert row(message_pk).outcome == "mail server not reached: SMTPNotSupportedError"


def test_a_wrong_password_keeps_the_letter(trusted, monkeypatch, postman):
    secure = {"tls_context": trusted, "authenticator": only_meera, "auth_required": True}
    message_pk = queue()

    with served(monkeypatch, postman, login="meera%40jmi.example:wrong@", **secure):
        assert empty_outbox() == 0
    assert status(message_pk) is MessageStatus.QUEUED
    assert "wrong" not in row(message_pk).outcome


def test_a_server_nobody_vouches_for_gets_no_letter(house, monkeypatch, postman):
    context, _ = certificate(house)
    message_pk = queue()

    with served(monkeypatch, postman, tls_context=context):
        assert empty_outbox() == 0
    assert status(message_pk) is MessageStatus.QUEUED
    assert row(message_pk).outcome == "mail server not reached: SSLCertVerificationError"
    assert postman.arrived == []


def test_smtps_is_encrypted_from_the_first_word(trusted, monkeypatch, postman):
    queue()

    with served(monkeypatch, postman, scheme="smtps", ssl_context=trusted):
        assert empty_outbox() == 1


def test_an_address_in_hindi_reaches_a_server_that_reads_it(house, monkeypatch, postman):
    queue(to="आशा@उदाहरण.भारत")

    with served(monkeypatch, postman, enable_SMTPUTF8=True):
        assert empty_outbox() == 1
    assert postman.arrived[0].rcpt_tos == ["आशा@xn--p1b6ci4b4b3a.xn--h2brj9c"]


def test_an_address_in_hindi_is_a_call_where_the_server_cannot_read_it(house, monkeypatch, postman):
    message_pk = queue(to="आशा@example.in")

    with served(monkeypatch, postman, enable_SMTPUTF8=False):
        assert empty_outbox() == 0
    assert status(message_pk) is MessageStatus.FAILED
    assert row(message_pk).outcome == "the mail server cannot write to this address"


def test_without_a_mail_server_a_letter_is_kept_as_a_file(house):
    message_pk = queue(name="தமிழ்ச்செல்வி")

    assert empty_outbox() == 1
    [file] = settings().letters_dir.iterdir()
    letter = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert file.name == f"{message_pk}-booked.eml"
    assert "Dear தமிழ்ச்செல்வி," in letter.get_body(("plain",)).get_content()
    assert row(message_pk).outcome == "kept as a file"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_cannot_be_written_is_tried_again_and_leaves_no_draft(house, monkeypatch):
    message_pk = queue()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(carriers.os, "replace", full)
    assert empty_outbox() == 0
    assert status(message_pk) is MessageStatus.QUEUED
    assert list(settings().letters_dir.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    ["mail.example", "http://mail.example", "smtp://", "smtp:secret", "smtp://meera:secret/x@mail"],
)
def test_a_wrong_setting_uses_up_no_attempt_and_is_not_repeated(house, monkeypatch, url):
    settle(monkeypatch, smtp_url=url)
    message_pk = queue()

    with pytest.raises(ValueError, match="MEDIKLAUD_SMTP_URL") as error:
        empty_outbox()
    assert row(message_pk).attempts == 0
    assert "secret" not in str(error.value)


def test_a_sender_that_is_no_address_uses_up_no_attempt(mail, monkeypatch):
    settle(monkeypatch, mail_from="JMI Hospital")
    message_pk = queue()

    with pytest.raises(ValueError, match="@"):
        empty_outbox()
    assert row(message_pk).attempts == 0


def test_before_the_hospital_is_set_up_there_is_nothing_to_send(house):
    with transaction() as db:
        db.delete(db.get_one(Hospital, 1))

    assert empty_outbox() == 0


def test_a_mailroom_sends_by_itself_and_rests_when_stopped(mail):
    room = Mailroom()
    message_pk = queue()
    room.start()
    room.start()
    assert until(lambda: status(message_pk) is MessageStatus.SENT)
    assert sum(thread.name == "mailroom" for thread in threading.enumerate()) == 1

    room.stop()
    assert not any(thread.name == "mailroom" for thread in threading.enumerate())
    assert empty_outbox() == 0


def test_a_mailroom_finishes_what_it_holds_when_stopped(mail, monkeypatch):
    letters = [queue(number) for number in range(1, 4)]
    hand_over, begun = carriers._hand_over, threading.Event()

    def slowly(line, letter):
        begun.set()
        time.sleep(0.05)
        return hand_over(line, letter)

    monkeypatch.setattr(carriers, "_hand_over", slowly)
    room = Mailroom()
    room.start()
    assert begun.wait(5)
    room.stop()

    assert {status(message_pk) for message_pk in letters} == {MessageStatus.SENT}


def test_a_mailroom_survives_whatever_happens_and_tells_nobodys_name(mail, monkeypatch, caplog):
    message_pk = queue()
    rounds, work = Counter(), mailroom._send_due

    def stumbling(stopping):
        rounds["all"] += 1
        if rounds["all"] < 3:
            raise RuntimeError("SELECT * FROM patient WHERE email = 'asha@example.in'")
        return work(stopping)

    monkeypatch.setattr(mailroom, "_send_due", stumbling)
    monkeypatch.setattr(mailroom, "_PAUSE_SECONDS", 0.01)
    room = Mailroom()
    with caplog.at_level(logging.DEBUG):
        room.start()
        assert until(lambda: status(message_pk) is MessageStatus.SENT)
        room.stop()

    said = [record.getMessage() for record in caplog.records if "mediklaud" in record.name]
    assert said == ["a round was broken off: RuntimeError"] * 2


def test_the_log_of_a_refused_letter_names_only_its_row(mail, caplog):
    mail.refuses["asha@example.in"] = "550 <asha@example.in> is unknown"
    message_pk = queue()
    with caplog.at_level(logging.DEBUG, logger="mediklaud"):
        empty_outbox()

    said = [record.getMessage() for record in caplog.records if "mediklaud" in record.name]
    assert said == [f"letter {message_pk} was not taken"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_mailroom_of_its_own_stops_cleanly_when_asked(house, nine_o_clock, number):
    # The other process lives by the true clock, to which this letter must be due.
    nine_o_clock.move_to(STARTS - timedelta(days=3650))
    message_pk = queue()
    work = "from mediklaud.mailroom import Mailroom; Mailroom().run(); print('rested')"
    room = subprocess.Popen(
        [sys.executable, "-c", work],
        cwd=ROOT,
        env={**os.environ, "MEDIKLAUD_DATA_DIR": str(house)},
        stdout=subprocess.PIPE,
    )
    try:
        assert until(lambda: status(message_pk) is MessageStatus.SENT, seconds=20)
        room.send_signal(number)
        said, _ = room.communicate(timeout=20)
    finally:
        room.kill()

    assert said.strip() == b"rested"
    assert room.returncode == 0


def test_letters_of_the_demo_hospital_never_leave_the_house(house, mail):
    with transaction() as db:
        db.get_one(Hospital, 1).is_demo = True
    message_pk = queue()

    assert empty_outbox() == 1

    assert mail.arrived == []
    assert row(message_pk).outcome.startswith("kept")
