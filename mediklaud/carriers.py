"""Who takes letters from the mailroom: the mail server, or a folder where none is set."""

import os
import re
import secrets
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from mediklaud.models import Message
from mediklaud.repository.outbox import LINE_LOST

# How long a server may say nothing, and how long a letter may take in all: one that says a
# byte a second is never silent, and would hold every other letter up.
_SILENCE_SECONDS = 20
LETTER_SECONDS = 40
_LETTERS_A_LINE = 100


class NotTaken(Exception):
    """A letter was not taken; `final` where trying again would not help.

    With `nobody_home` it was not even offered: the server itself could not be reached. With
    `lost` the line broke in mid-letter: the server may have taken it all the same.
    """

    def __init__(
        self, why: str, *, final: bool, nobody_home: bool = False, lost: bool = False
    ) -> None:
        super().__init__(why)
        self.final = final
        self.nobody_home = nobody_home
        self.lost = lost


class Carrier(Protocol):
    """Whoever takes letters from us: a folder or a mail server."""

    def deliver(self, message: Message, mail: EmailMessage) -> str:
        """Hand one letter over and return the reply; raises NotTaken."""

    def close(self) -> None:
        """Say goodbye."""


class LetterFolder:
    """Keeps letters as files where no mail server is set."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, message: Message, mail: EmailMessage) -> str:
        """Write the letter whole or not at all, readable by this account alone."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        kind = re.sub(r"\W+", "-", message.kind)
        draft = self._folder / f".{message.id}.{secrets.token_hex(8)}"
        try:
            _write_privately(draft, mail.as_bytes())
            os.replace(draft, self._folder / f"{message.id}-{kind}.eml")
        finally:
            draft.unlink(missing_ok=True)
        return "kept as a file"

    def close(self) -> None:
        """A folder needs no goodbye."""


def _write_privately(path: Path, octets: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())


class MailServer:
    """One connection to the hospital's mail server, made with the first letter."""

    def __init__(self, url: str) -> None:
        """Read smtp://user:password@host:587 or smtps://…; raises ValueError for another."""
        place = urlsplit(url)
        self._host, self._port = _host_and_port(place)
        self._wrapped = place.scheme == "smtps"
        self._user, self._password = unquote(place.username or ""), unquote(place.password or "")
        self._line: smtplib.SMTP | None = None
        self._carried = 0
        self._trouble: NotTaken | None = None

    def deliver(self, message: Message, mail: EmailMessage) -> str:
        """Hand one letter over; a letter that is refused leaves the line fit for the next."""
        with self._in_time():
            line = self._connected()
            try:
                reply = _hand_over(line, mail)
            except NotTaken:
                self._start_afresh(line)
                raise
            except Exception as error:
                # Whatever broke off in mid-letter, the next one begins on a new line.
                self._hang_up()
                why = f"{LINE_LOST}: {type(error).__name__}"
                raise NotTaken(why, final=False, lost=True) from error
        self._carried += 1
        if self._carried >= _LETTERS_A_LINE:
            # Many servers take no more on one line, and say so by cutting it.
            self.close()
        return reply

    def greet(self) -> str:
        """Connect, encrypt and sign in as for a letter, and hand over none; raises NotTaken."""
        with self._in_time():
            line = self._connected()
        code, words = line.noop()
        secure = "encrypted" if isinstance(line.sock, ssl.SSLSocket) else "not encrypted"
        return f"{code} {words.decode('utf-8', 'replace')} ({secure})"

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        watch = threading.Timer(LETTER_SECONDS, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _cut(self) -> None:
        # From the watch's thread: whoever reads or writes on the line finds it closed.
        sock = getattr(self._line, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Say goodbye, whatever the state of the line."""
        if self._line is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._line.sock is not None:
                    self._line.sock.settimeout(2)
                self._line.quit()
        self._hang_up()

    def _hang_up(self) -> None:
        line, self._line, self._carried = self._line, None, 0
        if line is not None:
            line.close()

    def _connected(self) -> smtplib.SMTP:
        # A server that did not answer is not waited for again with each letter of the round.
        if self._trouble is not None:
            raise self._trouble
        if self._line is None:
            try:
                self._line = self._dialled()
            except (OSError, smtplib.SMTPException) as error:
                self._hang_up()
                why = f"mail server not reached: {type(error).__name__}"
                self._trouble = NotTaken(why, final=False, nobody_home=True)
                raise self._trouble from error
        return self._line

    def _dialled(self) -> smtplib.SMTP:
        if self._wrapped:
            line: smtplib.SMTP = smtplib.SMTP_SSL(timeout=_SILENCE_SECONDS, context=_trusted())
        else:
            line = smtplib.SMTP(timeout=_SILENCE_SECONDS)
        # Known before it is connected, so that the watch can cut it while the server greets.
        self._line = line
        # The name the certificate must bear; smtplib learns it from a host given at once.
        line.__dict__["_host"] = self._host
        code, words = line.connect(self._host, self._port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        line.ehlo_or_helo_if_needed()
        # Without STARTTLS a password is never said; a letter alone goes as the server allows.
        if not self._wrapped and (self._user or line.has_extn("starttls")):
            line.starttls(context=_trusted())
            line.ehlo()
        if self._user:
            line.login(self._user, self._password)
        return line

    def _start_afresh(self, line: smtplib.SMTP) -> None:
        try:
            _accepted(line.rset())
        except (NotTaken, OSError, smtplib.SMTPException):
            self._hang_up()


def _host_and_port(place: SplitResult) -> tuple[str, int]:
    usual_ports = {"smtp": 587, "smtps": 465}
    # The URL holds a password, so the complaint does not repeat any of it.
    with suppress(ValueError):
        if place.scheme in usual_ports and place.hostname:
            return place.hostname, place.port or usual_ports[place.scheme]
    raise ValueError("MEDIKLAUD_SMTP_URL is not smtp://… or smtps://…")


def _trusted() -> ssl.SSLContext:
    """The certificates this machine trusts. There is no switch to trust others."""
    return ssl.create_default_context()


def _hand_over(line: smtplib.SMTP, mail: EmailMessage) -> str:
    (sender,), (recipient,) = mail["From"].addresses, mail["To"].addresses
    try:
        options = ["SMTPUTF8", "BODY=8BITMIME"] if mail.policy is SMTPUTF8 else []
        _accepted(line.mail(sender.addr_spec, options))
        _accepted(line.rcpt(recipient.addr_spec))
        return _accepted(line.data(mail.as_bytes()))
    except smtplib.SMTPNotSupportedError as error:
        raise NotTaken("the mail server cannot write to this address", final=True) from error
    except smtplib.SMTPDataError as error:
        return _accepted((error.smtp_code, _octets(error.smtp_error)))


def _accepted(answer: tuple[int, bytes]) -> str:
    code, words = answer
    reply = f"{code} {words.decode('utf-8', 'replace')}"
    if 200 <= code < 300:
        return reply
    # 530 asks for a sign-in or STARTTLS first: our settings are wrong, not the letter.
    raise NotTaken(reply, final=500 <= code < 600 and code != 530)


def _octets(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
