"""The mailroom: fetches letters from the outbox and hands them on, the only one to do so."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import TypeVar

from sqlmodel import Session

from mediklaud import clock
from mediklaud.carriers import LETTER_SECONDS, Carrier, LetterFolder, MailServer, NotTaken
from mediklaud.config import settings
from mediklaud.database import reading, transaction
from mediklaud.envelope import as_email, parsed_address
from mediklaud.errors import DatabaseNotReached, Refusal
from mediklaud.letters import written
from mediklaud.models import Hospital, Message
from mediklaud.repository import CONSOLE, bill_paper, receipt_paper
from mediklaud.repository.outbox import (
    any_due,
    any_put_off,
    claim_letters,
    claim_put_off,
    note_failed,
    note_sent,
    put_back,
    put_off_letters,
)
from mediklaud.repository.reminders import any_reminder_due, queue_reminders

_HANDFUL = 10
_PAUSE_SECONDS = 5
# So long a server that took nothing is left alone before it is asked again.
_PAUSE_OF_THE_ILL = timedelta(seconds=10)
_BETWEEN_REMINDERS = timedelta(minutes=1)
# After the slowest letter what was not offered is put back, which takes a moment more.
STOP_SECONDS = LETTER_SECONDS + 5
# A slow server keeps us silent several times a letter; what is left of the lease must do.
_TIME_FOR_ONE = timedelta(minutes=2)

Kept = TypeVar("Kept")
Held = TypeVar("Held")

# Never a name, an address or a server's words: only row numbers and kinds of error.
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Letterhead:
    sender: str
    sender_name: str
    reply_to: str


@dataclass
class _Round:
    """What came of one round; the server is ill when nothing was taken and something put off."""

    taken: int = 0
    put_off: int = 0
    failed: int = 0
    nobody_home: bool = False
    why: str = ""

    @property
    def idle(self) -> bool:
        """Whether no letter was offered at all."""
        return not (self.taken or self.put_off or self.failed)

    @property
    def ill(self) -> bool:
        """Whether the server, not a letter, seems to be the trouble."""
        return self.nobody_home or (self.put_off > 0 and not self.taken)


def empty_outbox() -> int:
    """Send what is due, handful by handful on one connection; returns how many were taken.

    Nothing is sent inside a transaction, and each outcome is noted in one of its own. A
    wrong setting raises before any letter is touched, so that it uses up no attempt.
    """
    return _send_due(lambda: False).taken


def _send_due(stopping: Callable[[], bool]) -> _Round:
    done = _Round()
    with closing(_carrier()) as carrier:
        while not stopping() and not done.nobody_home:
            letterhead, held = _claimed(_claim_due)
            for place, message in enumerate(held):
                _carry(carrier, letterhead, message, done)
                if done.nobody_home:
                    if rest := held[place + 1 :]:
                        _note(_all_put_back(rest, done.why))
                    break
            if len(held) < _HANDFUL:
                break
    return done


def _all_put_back(held: Sequence[Message], why: str) -> Callable[[Session], None]:
    """What was not even offered waits on, in one transaction; a handful has one lease."""
    until, lease = clock.now() + _PAUSE_OF_THE_ILL, held[0].next_attempt_at
    pks = [message.id or 0 for message in held]
    return lambda db: put_back(db, pks, lease=lease, why=why, until=until)


def _offer_again(ids: Sequence[int], stopping: Callable[[], bool]) -> _Round:
    """Offer letters that were put off before their time; a server's "not now" costs nothing."""
    done = _Round()
    with closing(_carrier()) as carrier:
        for start in range(0, len(ids), _HANDFUL):
            if stopping() or done.nobody_home:
                break
            some = ids[start : start + _HANDFUL]
            letterhead, held = _claimed(partial(claim_put_off, ids=some))
            # Once nobody is home the carrier says so at once, and the rest is put back.
            for message, was_due_at in held:
                _carry(carrier, letterhead, message, done, was_due_at=was_due_at)
    return done


def _carrier() -> Carrier:
    url = settings().smtp_url.get_secret_value()
    with reading() as db:
        hospital = db.get(Hospital, 1)
    # The demo hospital's people are invented: their letters never leave the house.
    invented = hospital is not None and hospital.is_demo
    return MailServer(url) if url and not invented else LetterFolder(settings().letters_dir)


def _claim_due(db: Session) -> list[Message]:
    return claim_letters(db, at_most=_HANDFUL)


def _claimed(claim: Callable[[Session], list[Held]]) -> tuple[_Letterhead, list[Held]]:
    with reading() as db:
        hospital = db.get(Hospital, 1)
    if hospital is None:
        return _Letterhead("", "", ""), []
    sender = settings().mail_from or hospital.email
    letterhead = _Letterhead(sender, hospital.name, hospital.email or sender)
    for address in (letterhead.sender, letterhead.reply_to):
        parsed_address(address)
    with transaction() as db:
        return letterhead, claim(db)


def _carry(
    carrier: Carrier,
    letterhead: _Letterhead,
    message: Message,
    done: _Round,
    *,
    was_due_at: datetime | None = None,
) -> None:
    # When its lease runs out another mailroom may take the letter, so a late one is left.
    lease = message.next_attempt_at
    if clock.now() > lease - _TIME_FOR_ONE:
        return
    pk = message.id
    assert pk is not None
    try:
        reply = _delivered(carrier, letterhead, message)
    except NotTaken as refusal:
        _log.warning("letter %s was not taken", pk)
        _note(_put_off(message, lease, refusal, done, was_due_at))
    else:
        done.taken += 1
        _note(lambda db: note_sent(db, pk, lease=lease, reply=reply))


def _put_off(
    message: Message,
    lease: datetime,
    refusal: NotTaken,
    done: _Round,
    was_due_at: datetime | None,
) -> Callable[[Session], None]:
    pk, why = message.id or 0, str(refusal)
    done.why = why
    done.put_off += not refusal.final
    done.failed += refusal.final
    done.nobody_home |= refusal.nobody_home
    if refusal.nobody_home:
        # Not the letter's own fault, so it uses up no attempt and does not wait for long.
        soon = clock.now() + _PAUSE_OF_THE_ILL
        until = max(soon, was_due_at or soon)
        return lambda db: put_back(db, [pk], lease=lease, why=why, until=until)
    # What a server has heard once keeps an attempt, since it may have left; see `_heard`.
    asked_early = was_due_at is not None and message.attempts > 1
    if asked_early and not (refusal.final or refusal.lost):
        before = was_due_at or lease
        return lambda db: put_back(db, [pk], lease=lease, why=why, until=before)
    return lambda db: note_failed(db, pk, lease=lease, why=why, final=refusal.final)


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
        letter = written(message)
        if letter.paper:
            letter = replace(letter, drawn=_drawn(*letter.paper))
        return as_email(message, letter, **vars(letterhead))
    except DatabaseNotReached as error:
        raise NotTaken("the database was not reached", final=False) from error
    except Exception as error:
        _log.error("letter %s: %s", message.id, type(error).__name__)
        raise NotTaken(f"cannot be written as mail: {type(error).__name__}", final=True) from error


def _drawn(kind: str, number: str) -> tuple[str, bytes]:
    """A bill or receipt as it stands now, as PDF, with the name of its file."""
    # The fonts of papers need not be loaded where no letter carries one.
    from mediklaud import invoice_pdf

    with reading() as db:
        if kind == "bill":
            pdf = invoice_pdf.bill_pdf(bill_paper(db, number, by=CONSOLE))
        else:
            pdf = invoice_pdf.receipt_pdf(receipt_paper(db, number, by=CONSOLE))
    return f"{number.replace('/', '-')}.pdf", pdf


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
        # Whether the server took nothing when it was last asked.
        self._ill = self._down = False
        self._next_look = self._next_reminders = datetime.min.replace(tzinfo=UTC)
        # The letter that was offered last to see whether the server is well.
        self._looked_with = 0

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

    def run(self, ended: threading.Event | None = None) -> None:
        """Work as a process of its own until SIGTERM or SIGINT, or until it is told to end."""
        asked: list[int] = []
        over = ended or threading.Event()
        signals = (signal.SIGTERM, signal.SIGINT)
        before = {
            got: signal.signal(got, lambda number, _: asked.append(number)) for got in signals
        }
        self.start()
        try:
            # A handler may not touch an Event's lock, hence the short look at a list.
            while not (asked or over.wait(0.2)):
                pass
        finally:
            self.stop(at_most_seconds=STOP_SECONDS)
            for got, handler in before.items():
                signal.signal(got, handler)

    def _work(self) -> None:
        # What another run of the program had put off is looked after like this one's.
        self._ill = self._safely(_any_put_off, False)
        while not self._stopping.is_set():
            self._safely(self._remind, None)
            done = self._safely(self._round, _Round())
            if self._ill and done.taken:
                self._safely(self._catch_up, None)
            was_ill = done.ill or (self._ill and self._safely(_any_put_off, False))
            self._ill = done.ill if done.taken else was_ill
            # With no letter left to look with, the next one that is due finds out.
            self._down = self._ill and (done.nobody_home or (self._down and done.idle))
            if not done.taken:
                self._stopping.wait(_PAUSE_SECONDS)

    def _round(self) -> _Round:
        with reading() as db:
            due = any_due(db)
        # While nobody is home, one letter is enough to see whether somebody has come.
        if due and not self._down:
            done = _send_due(self._stopping.is_set)
            if not done.idle or not self._ill:
                return done
        if self._ill and clock.now() >= self._next_look:
            self._next_look = clock.now() + _PAUSE_OF_THE_ILL
            return self._look()
        return _Round()

    def _look(self) -> _Round:
        """See whether the server is well, with another letter each time."""
        ids = _put_off_letters()
        chosen = [pk for pk in ids if pk > self._looked_with][:1] or ids[:1]
        self._looked_with = max(chosen, default=0)
        return _offer_again(chosen, self._stopping.is_set)

    def _catch_up(self) -> None:
        """The server is well again: what it had put off need not wait any longer."""
        _offer_again(_put_off_letters(), self._stopping.is_set)

    def _remind(self) -> None:
        if clock.now() < self._next_reminders:
            return
        self._next_reminders = clock.now() + _BETWEEN_REMINDERS
        with reading() as db:
            due = any_reminder_due(db)
        if due:
            with transaction() as db:
                queue_reminders(db)

    def _safely(self, work: Callable[[], Kept], otherwise: Kept) -> Kept:
        try:
            return work()
        except Exception as error:
            _log.error("a round was broken off: %s", type(error).__name__)
            return otherwise


def _any_put_off() -> bool:
    with reading() as db:
        return any_put_off(db)


def _put_off_letters() -> list[int]:
    with reading() as db:
        return put_off_letters(db)


def knock() -> str:
    """Ask the mail server whether it would take a letter; its answer, or NotTaken."""
    carrier = MailServer(settings().smtp_url.get_secret_value())
    with closing(carrier):
        return carrier.greet()
