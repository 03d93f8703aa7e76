"""Opening the house in this process, once: tables up to date, mailroom at work."""

import threading

from mediklaud import migrations, safe_start
from mediklaud.config import settings
from mediklaud.database import reading
from mediklaud.mail_process import MailProcess
from mediklaud.repository import anchor_log, first_visit_code, is_set_up

_lock = threading.Lock()
_mailroom: MailProcess | None = None


def open_house() -> None:
    """Upgrade the database and start the mailroom; a second call finds the door open.

    While the hospital is not set up, the one-time code is printed in the terminal.
    Refuses a start that is not safe, and a database that a newer release wrote.
    """
    global _mailroom  # one process is one house
    with _lock:
        if _mailroom is not None:
            return
        safe_start.refuse_unsafe_switches()
        migrations.upgrade()
        safe_start.refuse_unsafe()
        _mailroom = MailProcess()
        if settings().mailroom:
            _mailroom.start()
    with reading() as db:
        anchor_log(db)
        if not is_set_up(db):
            print(f"First visit: the one-time code is {first_visit_code()}", flush=True)


def close_house() -> None:
    """Stop the mailroom, which finishes the letters it holds."""
    global _mailroom
    with _lock:
        if _mailroom is not None:
            _mailroom.stop()
            _mailroom = None
