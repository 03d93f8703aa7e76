"""The demo's broken glasses: two doctors read somebody else's patient; one awaits the review."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from sqlmodel import Session

from mediklaud import clock
from mediklaud.demo.agenda import Window
from mediklaud.demo.roster import ZONE
from mediklaud.demo.staff import Staff
from mediklaud.demo.timeline import Timeline
from mediklaud.models import Doctor, GlassReason, Patient
from mediklaud.repository import break_glass, open_record, own_patients, review_glass

Seen = Mapping[int, Mapping[int, Patient]]
_COVERING = "Covers this week's leave of a colleague."
_ACUTE = "Brought in with chest pain, unable to speak."
_REVIEW = "Asked the ward: he covered that week. Right so."


def plan_glasses(db: Session, staff: Staff, window: Window, timeline: Timeline, seen: Seen) -> None:
    """Plan a glass that the CMO has reviewed and one that waits, last thing in the day."""
    evening = clock.moment_at(window.last_desk_day, 18 * 60 + 40, ZONE)
    first, second, whose = staff.doctors[0], staff.doctors[1], staff.doctors[2]
    covers = partial(_break, db, staff, first, whose, seen, GlassReason.COVERING, _COVERING)
    acute = partial(_break, db, staff, second, whose, seen, GlassReason.EMERGENCY_CARE, _ACUTE)
    timeline.at(evening, partial(covers, review=_REVIEW))
    timeline.at(evening + timedelta(minutes=20), acute)


def _break(
    db: Session,
    staff: Staff,
    doctor: Doctor,
    whose: Doctor,
    seen: Seen,
    reason: GlassReason,
    words: str,
    review: str = "",
) -> None:
    by = staff.accounts[doctor.number]
    own = {patient.id for patient in own_patients(db, by=by, at_most=1000)}
    others = [seen[whose.id or 0][key] for key in sorted(seen[whose.id or 0]) if key not in own]
    for patient in others[:1]:
        form = f"demo/glass/{doctor.number}"
        glass = break_glass(db, patient, reason, words, form=form, by=by)
        open_record(db, patient.id or 0, by=by)
        if review:
            review_glass(db, glass.id, review, by=staff.accounts["khan"])
