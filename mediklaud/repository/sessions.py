"""A doctor's weekly sessions, each change with the doctor's row locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, or_, select

from mediklaud import clock
from mediklaud.database import expecting
from mediklaud.errors import (
    HoursNotPossible,
    NotFound,
    ProcedureNotPriced,
    SessionEndsTooSoon,
    SessionNeverHeld,
    SessionNeverTakesPlace,
    SessionsOverlap,
    SlotNotPossible,
    VisitLengthNotPossible,
    WeekdayNotPossible,
)
from mediklaud.models import Account, Doctor, VisitKind, WorkingSession
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.doctors import locked_doctor, priced
from mediklaud.repository.hospital import the_hospital
from mediklaud.timetable import Occurrence, occurrence_at

SHORTEST_MINUTES, LONGEST_SLOT_MINUTES = 5, 240
_LENGTH_FIELDS = {
    "first_minutes": "Minutes of a first visit",
    "follow_up_minutes": "Minutes of a follow-up",
    "procedure_minutes": "Minutes of a procedure",
}


@dataclass(frozen=True)
class SessionForm:
    """A weekly session as typed: minutes after midnight at the hospital, Monday is 0.

    First visits and follow-ups take a slot where nothing else is typed; procedures are seen
    only where their minutes are.
    """

    weekday: int
    begins_minute: int
    ends_minute: int
    slot_minutes: int
    valid_from: date
    valid_to: date | None = None
    first_minutes: int | None = None
    follow_up_minutes: int | None = None
    procedure_minutes: int | None = None

    @property
    def lengths(self) -> dict[str, int | None]:
        """The minutes of each kind of visit, by column."""
        return {
            "first_minutes": self._or_a_slot(self.first_minutes),
            "follow_up_minutes": self._or_a_slot(self.follow_up_minutes),
            "procedure_minutes": self.procedure_minutes,
        }

    def _or_a_slot(self, minutes: int | None) -> int:
        return self.slot_minutes if minutes is None else minutes


# What an audit row says of a session.
_TOLD = ("weekday", "begins_minute", "ends_minute", "slot_minutes", "valid_from", "valid_to")


def open_session(db: Session, doctor: Doctor, typed: SessionForm, *, by: Account) -> WorkingSession:
    """Open a weekly session for a doctor; refuses one that makes no sense (SessionNotPossible).

    Sessions of one doctor never share an hour: no_overlapping_sessions_of_a_doctor. Minutes
    for procedures need the doctor's fee for them (ProcedureNotPriced), since the free times
    they give could not be booked.
    """
    permit(db, by, Deed.PLAN_SESSIONS, doctor)
    kept = locked_doctor(db, doctor.id)
    _refuse_nonsense(typed)
    _refuse_never(typed, clock.today(the_hospital(db).zone))
    _refuse_unpriced(db, kept, typed)
    session = WorkingSession(doctor_id=doctor.id or 0, **{**vars(typed), **typed.lengths})
    with expecting(db, no_overlapping_sessions_of_a_doctor=SessionsOverlap(name=doctor.name)):
        db.add(session)
    hours = {word: getattr(session, word) for word in _TOLD}
    note_deed(db, by, "session opened", f"doctor/{doctor.id}", session=session.id, **hours)
    return session


def _refuse_nonsense(typed: SessionForm) -> None:
    if not 0 <= typed.weekday <= 6:
        raise WeekdayNotPossible()
    if not 0 <= typed.begins_minute < clock.MINUTES_A_DAY:
        raise HoursNotPossible(field="Begins")
    if typed.ends_minute > clock.MINUTES_A_DAY:
        raise HoursNotPossible(field="Ends")
    length = typed.ends_minute - typed.begins_minute
    if length < SHORTEST_MINUTES:
        raise SessionEndsTooSoon(begins=clock.minute_words(typed.begins_minute))
    longest = min(LONGEST_SLOT_MINUTES, length)
    if not SHORTEST_MINUTES <= typed.slot_minutes <= longest:
        raise SlotNotPossible(at_most=longest)
    for column, minutes in typed.lengths.items():
        if minutes is not None and not SHORTEST_MINUTES <= minutes <= length:
            raise VisitLengthNotPossible(at_most=length, field=_LENGTH_FIELDS[column])
    if typed.valid_to is not None and typed.valid_to < typed.valid_from:
        raise SessionNeverHeld(first=typed.valid_from)


def _refuse_never(typed: SessionForm, today: date) -> None:
    first = max(typed.valid_from, today)
    first += timedelta(days=(typed.weekday - first.weekday()) % 7)
    if typed.valid_to is not None and typed.valid_to < first:
        raise SessionNeverTakesPlace(day=first)


def _refuse_unpriced(db: Session, doctor: Doctor, typed: SessionForm) -> None:
    today = clock.today(the_hospital(db).zone)
    if typed.procedure_minutes and not priced(db, doctor.id, VisitKind.PROCEDURE, today):
        raise ProcedureNotPriced(name=doctor.name)


def close_session(db: Session, session: WorkingSession, *, last_day: date, by: Account) -> None:
    """Hold a weekly session for the last time on a day; one that never took place goes away.

    What is booked already stays booked, until it is moved. Closing never makes a session last
    longer. Refuses a session that another desk has taken away (NotFound).
    """
    permit(db, by, Deed.PLAN_SESSIONS, session)
    locked_doctor(db, session.doctor_id)
    kept = db.get(WorkingSession, session.id, populate_existing=True)
    if kept is None:
        raise NotFound(what="session", subject=f"working_session/{session.id}")
    before, session_id = kept.valid_to, kept.id
    hours = {word: getattr(kept, word) for word in _TOLD}
    if last_day < kept.valid_from:
        db.delete(kept)
    else:
        kept.valid_to = min(last_day, kept.valid_to or last_day)
        db.add(kept)
    db.flush()
    hours |= {"session": session_id, "valid_to": [before, kept.valid_to]}
    # One that never took place is gone.
    hours |= {"taken_away": True} if last_day < kept.valid_from else {}
    note_deed(db, by, "session closed", f"doctor/{kept.doctor_id}", **hours)


def sessions_of(
    db: Session, doctor_ids: Sequence[int | None], *, on_or_after: date
) -> Sequence[WorkingSession]:
    """The weekly sessions of doctors that still take place on or after a day."""
    rows = select(WorkingSession).where(
        col(WorkingSession.doctor_id).in_(doctor_ids),
        or_(col(WorkingSession.valid_to).is_(None), col(WorkingSession.valid_to) >= on_or_after),
    )
    order = (WorkingSession.weekday, WorkingSession.begins_minute)
    return db.exec(rows.order_by(*map(col, order))).all()


def session_at(db: Session, doctor_id: int, moment: datetime) -> Occurrence[WorkingSession] | None:
    """The session that holds a time of a doctor, as the hours stand now; for siblings."""
    zone = the_hospital(db).zone
    day = clock.day_of(moment, zone)
    return occurrence_at(sessions_of(db, [doctor_id], on_or_after=day), moment, zone)
