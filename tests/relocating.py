"""What the tests of patients to move share: a leave, and the list it makes."""

from datetime import date

from mediklaud.repository import grant_leave, stranded
from tests.hospital import TODAY

TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)


def on_leave(db, ward, first=TODAY, last=None, **told):
    """Dr Rao's leave, a day's where no last day is named."""
    named = {"form": f"leave-{first}", "by": ward.khan, **told}
    return grant_leave(db, ward.rao, first, last or first, **named)


def listed(db, ward, **asked):
    """Who is on the list, by number of the appointment."""
    found = stranded(db, by=ward.meera, **asked).found
    return [one.visit.appointment.id for one in found]
