"""The CMO sees which days at the till are closed and which are not, and reopens one."""

from datetime import timedelta

from mediklaud import clock
from mediklaud.database import reading
from mediklaud.models import Role
from mediklaud.repository import the_hospital, unclosed_days
from mediklaud.ui import closing
from mediklaud.ui.desk import open_desk

me = open_desk("Days at the till", Role.CMO)

with reading() as db:
    hospital = the_hospital(db)
    today = clock.today(hospital.zone)
    unclosed = unclosed_days(db, today - timedelta(days=366), by=me)

closing.still_open(unclosed, "Not closed yet")
closing.closed_days_of(me, hospital, today)
