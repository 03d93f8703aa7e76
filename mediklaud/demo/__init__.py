"""The demo hospital: invented people whose weeks are lived by the deeds of every day."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from mediklaud import clock
from mediklaud.database import transaction
from mediklaud.demo.agenda import Window
from mediklaud.demo.roster import DEMO_ACCOUNTS, ZONE, DemoAccount
from mediklaud.demo.staff import demo_password, hire
from mediklaud.demo.weeks import Weeks
from mediklaud.errors import DemoDayNotPossible, NotEmpty
from mediklaud.repository import is_set_up
from mediklaud.repository.accounts import count_accounts
from mediklaud.repository.outbox import keep_unsent

__all__ = ["DEMO_ACCOUNTS", "DemoAccount", "demo_password", "load_demo"]

_LIVING = 0.95
_UNSENT = "kept in the demo, sent to nobody"


def load_demo(
    *,
    seed: int = 1,
    today: date | None = None,
    patients: int = 400,
    weeks_back: int = 4,
    weeks_ahead: int = 2,
    progress: Callable[[float], None] = lambda part: None,
) -> None:
    """Fill an empty database with the demo hospital, all of it or nothing.

    Its past ends at the midnight before `today` (without one, the hospital's own today), so
    that nothing in it lies ahead of the true clock. One seed and one day always give the
    same rows, but for the password's hash and the seals, which are this installation's own.
    Refuses a database that holds a hospital (NotEmpty) and a day to come (DemoDayNotPossible).
    """
    day = today or clock.today(ZONE)
    if day > clock.today(ZONE):
        raise DemoDayNotPossible(day=day)
    first_day = day - timedelta(weeks=weeks_back)
    last_day = day + timedelta(weeks=weeks_ahead, days=-1)
    window = Window(first_day - timedelta(days=7), first_day, day, last_day)
    with transaction() as db:
        if is_set_up(db) or count_accounts(db):
            raise NotEmpty()
        with clock.pretend(clock.moment_at(window.opened_on, 8 * 60, ZONE)):
            staff = hire(db, window.opened_on)
        weeks = Weeks(db, staff, window, Random(seed))  # noqa: S311  invented, not secret
        weeks.plan(patients)
        weeks.live(lambda part: progress(_LIVING * part))
        keep_unsent(db, why=_UNSENT)
    progress(1.0)
