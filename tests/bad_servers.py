"""Mail servers as bad as they come, on loopback: each does one thing wrong to every letter."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Talk = Callable[[socket.socket, "BadServer"], None]
_GREETING = b"220 bad.example\r\n"


@dataclass
class BadServer:
    """One that listens and misbehaves until it is closed.

    With `holds`, whoever comes is first held without a word until let go, or for `seconds`.
    What happened stands in `told`, in its order; a test adds what it did beside.
    """

    port: int
    talk: Talk
    seconds: float = 30
    closed: threading.Event = field(default_factory=threading.Event)
    met: int = 0
    holds: bool = False
    inside: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    told: list[str] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        """Talk to whoever comes, each in a thread of its own."""
        while not self.closed.is_set():
            with suppress(TimeoutError, OSError):
                line, _ = listening.accept()
                self.met += 1
                threading.Thread(target=self._one, args=(line,), daemon=True).start()

    def _one(self, line: socket.socket) -> None:
        line.settimeout(self.seconds + 30)
        with line, suppress(OSError):
            if self.holds:
                self.told.append("held")
                self.inside.set()
                self.let_go.wait(self.seconds)
                self.told.append("let go")
            self.talk(line, self)


def hangs(line: socket.socket, server: BadServer) -> None:
    """Says nothing at all."""
    server.closed.wait(server.seconds)


def goes_away(line: socket.socket, _server: BadServer) -> None:
    """Has no time for anybody."""
    line.sendall(b"421 try later\r\n")


def slowly(line: socket.socket, server: BadServer) -> None:
    """Says a byte a second, and never ends its greeting."""
    for byte in b"220 " + b"slow " * 200:
        line.sendall(bytes([byte]))
        if server.closed.wait(1):
            return


def _dialogue(line: socket.socket, replies: dict[bytes, bytes]) -> Iterator[bytes]:
    """Answer each command as told; yields a letter's text, and what follows is the caller's."""
    line.sendall(_GREETING)
    with line.makefile("rb") as heard:
        for said in heard:
            verb = said[:4].upper()
            answer = replies.get(verb, b"250 fine")
            line.sendall(answer + b"\r\n")
            if verb == b"QUIT":
                return
            if verb == b"DATA" and answer.startswith(b"354"):
                for words in heard:
                    if words == b".\r\n":
                        break
                yield b""


def says(code: str) -> Talk:
    """Refuses every recipient with a code."""

    def talk(line: socket.socket, _server: BadServer) -> None:
        for _ in _dialogue(line, {b"RCPT": f"{code} not now".encode()}):
            pass

    return talk


def drops_after_data(line: socket.socket, _server: BadServer) -> None:
    """Takes the whole letter, and hangs up without a word."""
    for _ in _dialogue(line, {b"DATA": b"354 go on"}):
        return


def bad_tls(line: socket.socket, _server: BadServer) -> None:
    """Offers STARTTLS, and speaks no TLS."""
    line.sendall(_GREETING)
    line.recv(1024)
    line.sendall(b"250-bad.example\r\n250 STARTTLS\r\n")
    line.recv(1024)
    line.sendall(b"220 go on\r\n")
    line.recv(1024)
    line.sendall(b"this is no TLS at all\r\n" * 10)


KINDS: dict[str, Talk | None] = {
    "refused": None,
    "hangs": hangs,
    "421": goes_away,
    "451": says("451"),
    "550": says("550"),
    "dropped after DATA": drops_after_data,
    "a byte a second": slowly,
    "bad TLS": bad_tls,
}


@contextmanager
def misbehaving(kind: str, port: int, **how: Any) -> Iterator[BadServer]:
    """A bad server of a kind on a port; with "refused" nobody listens there."""
    talk = KINDS[kind]
    server = BadServer(port, talk or hangs, **how)
    if talk is None:
        yield server
        return
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        listening.settimeout(0.1)
        serving = threading.Thread(target=server.serve, args=(listening,), daemon=True)
        serving.start()
        try:
            yield server
        finally:
            server.closed.set()
            server.let_go.set()
            serving.join(5)


if __name__ == "__main__":
    # A process of its own, until it is ended.
    with misbehaving(sys.argv[1], int(sys.argv[2])) as alone:
        alone.closed.wait()
