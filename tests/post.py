"""What the tests of letters, outbox and mailroom share: a hospital, a booking, a mail server."""

import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mediklaud import clock, letters, migrations
from mediklaud.config import key, settings
from mediklaud.database import engine, transaction
from mediklaud.envelope import Letter
from mediklaud.models import Hospital, Message
from mediklaud.repository.outbox import queue_letter

STARTS = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
# So far back a letter is due by the clock of any other process too.
LONG_AGO = timedelta(days=3650)


def settle(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Set MEDIKLAUD_* variables, and forget what was read before."""
    for name, value in values.items():
        monkeypatch.setenv(f"MEDIKLAUD_{name.upper()}", value)
    settings.cache_clear()
    key.cache_clear()


def open_house(monkeypatch: pytest.MonkeyPatch, data: Path, **values: str) -> None:
    """A hospital with an empty outbox, in a database of its own."""
    settle(monkeypatch, data_dir=str(data), **values)
    migrations.upgrade()
    with transaction() as db:
        db.add(
            Hospital(
                name="JMI Hospital, Delhi",
                address="Okhla Road\nNew Delhi 110025",
                phone="+91 11 2698 1717",
                email="desk@jmi.example",
                set_up_at=clock.now(),
            )
        )


def close_house() -> None:
    """Leave nothing of this hospital behind."""
    engine().dispose()
    settings.cache_clear()
    key.cache_clear()


def a_booking(**changes: Any) -> letters.Booking:
    """Asha's appointment with Dr Rao, Monday 23 November 2026, 10:30 in the morning."""
    facts = {
        "tells": "booked",
        "appointment_id": 12,
        "version": 1,
        "hospital_name": "JMI Hospital",
        "hospital_address": "Okhla Road\nNew Delhi 110025",
        "hospital_phone": "+91 11 2698 1717",
        "hospital_email": "desk@jmi.example",
        "patient_name": "Asha Devi",
        "doctor_name": "Dr Rao",
        "specialty": "Cardiology",
        "starts_at": STARTS,
        "ends_at": STARTS + timedelta(minutes=15),
        "zone": "Asia/Kolkata",
    }
    return letters.Booking(**{**facts, **changes})


def a_message(**changes: Any) -> Message:
    """Asha's letter as a row that stands in no database."""
    facts: dict[str, Any] = {
        "facts": letters.frozen(a_booking()),
        "subject": "appointment/12",
        "kind": "booked",
        "to_address": "asha@example.in",
        "to_name": "Asha Devi",
        "message_id": "<appointment.12.booked.1@jmi.example>",
        "status": "queued",
        "queued_at": STARTS,
        "next_attempt_at": STARTS,
    }
    return Message(**{**facts, **changes})


def a_letter(*, to: str | None = "asha@example.in", **changes: Any) -> Letter:
    """What the mailroom makes of the facts of Asha's appointment."""
    return letters.written(a_message(facts=letters.frozen(a_booking(**changes)), to_address=to))


def queue(
    number: int = 1,
    *,
    to: str | None = "asha@example.in",
    name: str = "Asha Devi",
    **how: Any,
) -> int:
    """Put letter so-and-so in the outbox; returns its row's number."""
    with transaction() as db:
        return queue_letter(
            db,
            letters.frozen(a_booking(appointment_id=number, patient_name=name)),
            subject=f"appointment/{number}",
            kind="booked",
            appointment_id=None,
            to_address=to,
            to_name=name,
            domain="jmi.example",
            **how,
        )


def row(message_pk: int) -> Message:
    """The letter as it stands now."""
    with transaction() as db:
        message = db.get(Message, message_pk)
        assert message is not None
        return message


def until(condition: Callable[[], object], seconds: float = 10) -> bool:
    """Look every hundredth of a second, so long at most."""
    for _ in range(int(seconds * 100)):
        if condition():
            return True
        time.sleep(0.01)
    return False


class Postman:
    """A mail server's conscience: what arrived, and what it says to whom."""

    def __init__(self) -> None:
        self.arrived: list[Any] = []
        self.refuses: dict[str, str] = {}
        self.refuses_content: dict[str, str] = {}
        self.connections: set[Any] = set()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        self.connections.add(session.peer)
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if envelope.rcpt_tos[0] in self.refuses_content:
            return self.refuses_content[envelope.rcpt_tos[0]]
        self.arrived.append(envelope)
        return "250 kept as 4711"


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mail_server(postman: Postman, port: int | None = None, **options: Any) -> Controller:
    """A real mail server on loopback; the caller starts and stops it."""
    return Controller(postman, hostname="127.0.0.1", port=port or free_port(), **options)


def only_meera(_server, _session, _envelope, _mechanism, login) -> AuthResult:
    """The mail server lets Meera in, and nobody else."""
    known = login.login == b"meera@jmi.example" and login.password == b"s/ecret:pass"
    return AuthResult(success=known, handled=False)


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A mail server's own certificate for 127.0.0.1, and the file to trust it by."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
        # Whoever checks it goes by the machine's clock, which no test sets.
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(address, critical=False)
        .sign(private, hashes.SHA256())
    )
    file = folder / "server.pem"
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    public = folder / "public.pem"
    public.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return context, public
