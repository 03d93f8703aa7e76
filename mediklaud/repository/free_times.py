"""Free times of doctors: sessions, minus leave, minus live appointments."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.models import (
    LIVE,
    Appointment,
    Doctor,
)
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.sessions import leaves_of, sessions_of, taken_by_leave
from mediklaud.timetable import Slot, days, free, slots_on

FURTHEST_DAYS = 180


def free_slots(
    db: Session, doctors: Sequence[Doctor], first_day: date, count: int
) -> dict[int, list[Slot]]:
    """The free times of doctors over so many days from the first, by doctor's id.

    Free times are sessions, minus leave, minus live appointments, after this moment. Days
    past the booking horizon or the doctor's council registration have none.
    """
    hospital = the_hospital(db)
    ids = [doctor.id for doctor in doctors]
    furthest = clock.today(hospital.zone) + timedelta(days=FURTHEST_DAYS)
    wanted = [day for day in days(first_day, count) if day <= furthest]
    if not wanted:
        return {doctor_id: [] for doctor_id in ids if doctor_id}
    after = clock.day_bounds(wanted[0], hospital.zone)[0]
    before = clock.day_bounds(wanted[-1], hospital.zone)[1]
    sessions = sessions_of(db, ids, on_or_after=wanted[0])
    taken = taken_by_leave(leaves_of(db, ids, after=after, before=before))
    for doctor_id, slot in _promised(db, ids, after, before):
        taken.setdefault(doctor_id, []).append(slot)
    found = {}
    for doctor in doctors:
        own = [session for session in sessions if session.doctor_id == doctor.id]
        expires_on = doctor.registration_expires_on or furthest
        cut = (slots_on(own, day, hospital.zone) for day in wanted if day <= expires_on)
        slots = [slot for of_day in cut for slot in of_day] if doctor.active else []
        found[doctor.id or 0] = free(slots, taken.get(doctor.id or 0, []), after=clock.now())
    return found


def next_free(db: Session, doctor: Doctor, starts_at: datetime) -> str:
    """A doctor's next free time after one that was taken, as the refusal says it."""
    zone = the_hospital(db).zone
    found = free_slots(db, [doctor], clock.day_of(starts_at, zone), 28)[doctor.id or 0]
    later = [slot for slot in found if slot.starts_at > starts_at] or found
    if not later:
        return f"{doctor.name} has no free time within four weeks; choose another doctor."
    return f"The next free time is {clock.moment_words(later[0].starts_at, zone)}."


def _promised(
    db: Session, doctor_ids: Sequence[int | None], after: datetime, before: datetime
) -> list[tuple[int, Slot]]:
    rows = select(Appointment.doctor_id, Appointment.starts_at, Appointment.ends_at).where(
        col(Appointment.doctor_id).in_(doctor_ids),
        col(Appointment.status).in_(LIVE),
        # No slot is longer than 4 hours, so none from before that reaches in.
        Appointment.starts_at > after - timedelta(hours=4),
        Appointment.starts_at < before,
    )
    return [(doctor_id, Slot(starts, ends)) for doctor_id, starts, ends in db.exec(rows)]
