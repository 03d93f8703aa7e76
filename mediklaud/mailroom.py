"""The mailroom: fetches letters from the outbox and hands them on, the only one to do so."""

import logging
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

from sqlmodel import Session

from mediklaud import clock
from mediklaud.carriers import Carrier, LetterFolder, MailServer, NotTaken
from mediklaud.config import settings
from mediklaud.database import reading, transaction
from mediklaud.envelope import as_email, parsed_address
from mediklaud.errors import Refusal
from mediklaud.letters import written
from mediklaud.models import Hospital, Message
from mediklaud.repository.outbox import claim_letters, note_failed, note_sent

_HANDFUL = 10
_PAUSE_SECONDS = 5
# A slow server keeps us silent several times a letter; what is left of the lease must do.
_TIME_FOR_ONE = timedelta(minutes=2)

# Never a name, an address or a server's words: only row numbers and kinds of error.
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Letterhead:
    sender: str
    sender_name: str
    reply_to: str


def empty_outbox() -> int:
    """One round: take a handful of due letters, hand each on; returns how many were taken.

    Nothing is sent inside a transaction, and each outcome is noted in one of its own. A
    wrong setting raises before any letter is touched, so that it uses up no attempt.
    """
    with closing(_carrier()) as carrier:
        letterhead, held = _claimed()
        return sum(_carried(carrier, letterhead, message) for message in held)


def _carrier() -> Carrier:
    url = settings().smtp_url.get_secret_value()
    with reading() as db:
        hospital = db.get(Hospital, 1)
    # The demo hospital's people are invented: their letters never leave the house.
    invented = hospital is not None and hospital.is_demo
    return MailServer(url) if url and not invented else LetterFolder(settings().letters_dir)


def _claimed() -> tuple[_Letterhead, list[Message]]:
    with transaction() as db:
        hospital = db.get(Hospital, 1)
        if hospital is None:
            return _Letterhead("", "", ""), []
        sender = settings().mail_from or hospital.email
        letterhead = _Letterhead(sender, hospital.name, hospital.email or sender)
        for address in (letterhead.sender, letterhead.reply_to):
            parsed_address(address)
        return letterhead, claim_letters(db, at_most=_HANDFUL)


def _carried(carrier: Carrier, letterhead: _Letterhead, message: Message) -> bool:
    # When its lease runs out another mailroom may take the letter, so a late one is left.
    if clock.now() > message.next_attempt_at - _TIME_FOR_ONE:
        return False
    pk = message.id
    assert pk is not None
    try:
        reply = _delivered(carrier, letterhead, message)
    except NotTaken as refusal:
        why, final = str(refusal), refusal.final
        _log.warning("letter %s was not taken", pk)
        _note(lambda db: note_failed(db, pk, why=why, final=final))
        return False
    _note(lambda db: note_sent(db, pk, reply=reply))
    return True


def _delivered(carrier: Carrier, letterhead: _Letterhead, message: Message) -> str:
    mail = _mail(letterhead, message)
    try:
        return carrier.deliver(message, mail)
    except NotTaken:
        raise
    except Exception as error:
        _log.error("letter %s: %s", message.id, type(error).__name__)
        raise NotTaken(f"not handed over: {type(error).__name__}", final=False) from error


def _mail(letterhead: _Letterhead, message: Message) -> EmailMessage:
    # Words are made of the facts only now: what cannot be written is a person's work at once.
    try:
        return as_email(message, written(message), **vars(letterhead))
    except Exception as error:
        _log.error("letter %s: %s", message.id, type(error).__name__)
        raise NotTaken(f"cannot be written as mail: {type(error).__name__}", final=True) from error


def _note(deed: Callable[[Session], None]) -> None:
    # A letter that was accepted and not noted would be sent again, so a busy database is
    # asked more than once.
    for patience in (2, 1, 0):
        try:
            with transaction() as db:
                deed(db)
            return
        except Refusal:
            if not patience:
                raise
            time.sleep(1)


class Mailroom:
    """Empties the outbox again and again, in a thread of its own."""

    def __init__(self) -> None:
        """A mailroom at rest."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; a mailroom that is at work already goes on as it is."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stopping.clear()
        self._thread = threading.Thread(target=self._work, name="mailroom", daemon=True)
        self._thread.start()

    def stop(self, *, at_most_seconds: float = 30) -> None:
        """Finish the letters in hand, then rest; what takes longer is left to its lease."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(at_most_seconds)

    def run(self) -> None:
        """Work as a process of its own until SIGTERM or SIGINT."""
        asked: list[int] = []
        signals = (signal.SIGTERM, signal.SIGINT)
        before = {
            got: signal.signal(got, lambda number, _: asked.append(number)) for got in signals
        }
        self.start()
        try:
            # A handler may not touch an Event's lock, hence the short look at a list.
            while not asked:
                time.sleep(0.2)
        finally:
            self.stop()
            for got, handler in before.items():
                signal.signal(got, handler)

    def _work(self) -> None:
        while not self._stopping.is_set():
            if not self._round():
                self._stopping.wait(_PAUSE_SECONDS)

    def _round(self) -> int:
        try:
            return empty_outbox()
        except Exception as error:
            _log.error("a round was broken off: %s", type(error).__name__)
            return 0
