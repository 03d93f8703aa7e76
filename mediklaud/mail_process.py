"""The mailroom beside the server: a process of its own, so that letters take no desk's time."""

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress

from mediklaud.config import ROOT
from mediklaud.mailroom import STOP_SECONDS, Mailroom

# So long one that ended is left, lest one that cannot start keeps the machine busy.
_REST_SECONDS = 5

_log = logging.getLogger(__name__)


class MailProcess:
    """Keeps a mailroom at work in a process, and starts another when it ends.

    The process ends by itself when the server does, killed or not: what the server holds open
    for it to read is closed then.
    """

    def __init__(self) -> None:
        """A process not begun."""
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._keep, name="mail process", daemon=True)

    @property
    def pid(self) -> int | None:
        """The process at work, if one is."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def start(self) -> None:
        """Begin; once only."""
        self._begin()
        self._watch.start()

    def stop(self, *, at_most_seconds: float = STOP_SECONDS + 5) -> None:
        """Let it finish the letters in hand; what takes longer is left to its lease."""
        with self._lock:
            self._stopping.set()
            child = self._child
        if child is None:
            return
        _let_go(child)
        try:
            child.wait(at_most_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _begin(self) -> None:
        with self._lock:
            if self._stopping.is_set():
                return
            path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
            self._child = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": path},
                # Ctrl+C is the server's, which tells its mailroom.
                start_new_session=True,
            )

    def _keep(self) -> None:
        while (child := self._child) is not None:
            code = child.wait()
            _let_go(child)
            if self._stopping.wait(_REST_SECONDS):
                return
            _log.error("the mailroom ended with code %s, and is started again", code)
            try:
                self._begin()
            except OSError as error:
                # A machine that has no room for it now may have it later.
                _log.error("the mailroom could not be started: %s", type(error).__name__)


def _let_go(child: "subprocess.Popen[bytes]") -> None:
    if child.stdin is not None:
        with suppress(OSError):
            child.stdin.close()


def work() -> None:
    """The process: a mailroom at work until the server that started it ends."""
    ended = threading.Event()

    def listen() -> None:
        # Nothing is ever written there: it only ends.
        sys.stdin.buffer.read()
        ended.set()

    threading.Thread(target=listen, name="server's end", daemon=True).start()
    Mailroom().run(ended)


if __name__ == "__main__":
    work()
