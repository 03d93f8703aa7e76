"""Holds: a time kept for a clerk for five minutes while the caller decides."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import expecting
from mediklaud.errors import (
    DoctorOnLeave,
    HoldExtended,
    HoldRanOut,
    SlotTaken,
    StaleForm,
    TimeHeld,
)
from mediklaud.models import Account, Doctor, Hold, VisitKind
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.doctors import doctor_with, locked_doctor
from mediklaud.repository.free_times import next_free
from mediklaud.repository.holidays import holidays_between
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.leaves import leaves_of
from mediklaud.repository.promises import (
    bookable,
    clear_holds,
    closed,
    held_by,
    refuse_anothers,
)
from mediklaud.timetable import Slot

HOLD_MINUTES = 5
_LENGTH = timedelta(minutes=HOLD_MINUTES)


def hold_time(
    db: Session, doctor: Doctor, starts_at: datetime, kind: VisitKind, *, form: str, by: Account
) -> Hold:
    """Hold a free time of a doctor for this clerk for 5 minutes; the one held before is free.

    Two desks meet at no_overlapping_holds_of_a_doctor and no_hold_takes_a_promised_time: the
    second is told who holds it (TimeHeld) or the next free time (SlotTaken). A second click
    is the same hold.
    """
    permit(db, by, Deed.BOOK, doctor)
    place = bookable(db, doctor, starts_at, kind)
    _refuse_closed(db, doctor, place.slot)
    same_click = db.exec(select(Hold).where(Hold.form == form, Hold.account_id == by.id)).first()
    if same_click is not None and same_click.expires_at > clock.now():
        return same_click
    clear_holds(db, doctor, place.slot, by=by)
    _let_go(db, by)
    now = clock.now()
    hold = Hold(
        doctor_id=doctor.id or 0,
        kind=VisitKind(kind),
        starts_at=place.slot.starts_at,
        ends_at=place.slot.ends_at,
        account_id=by.id or 0,
        held_at=now,
        expires_at=now + _LENGTH,
        form=form,
    )
    _keep(db, hold, doctor)
    note_deed(db, by, "time held", f"doctor/{doctor.id}", starts_at=hold.starts_at.isoformat())
    return hold


def extend_hold(db: Session, form: str, *, by: Account) -> Hold:
    """Give a clerk's own hold 5 minutes more from now, once (HoldExtended after that).

    Refuses another clerk's (NotYourHold).
    """
    permit(db, by, Deed.BOOK)
    hold = _own(db, form, by)
    if hold is None:
        raise HoldRanOut(way_on="Choose the time again; it may still be free.")
    doctor = locked_doctor(db, hold.doctor_id)
    # Between the look and the lock another desk may have taken away what has run out, or the
    # clerk, in another window, may be giving it back.
    hold = _own(db, form, by, locked=True)
    if hold is None or hold.expires_at <= clock.now():
        raise HoldRanOut(way_on="Choose the time again; it may still be free.")
    if hold.extended:
        raise HoldExtended()
    hold.sqlmodel_update({"expires_at": clock.now() + _LENGTH, "extended": True})
    db.add(hold)
    db.flush()
    note_deed(db, by, "hold extended", f"doctor/{doctor.id}", starts_at=hold.starts_at.isoformat())
    return hold


def release_hold(db: Session, form: str, *, by: Account) -> None:
    """Give a clerk's own hold back at once; one that is gone already is no mistake.

    Refuses another clerk's (NotYourHold).
    """
    permit(db, by, Deed.BOOK)
    hold = _own(db, form, by)
    if hold is None:
        return
    doctor = doctor_with(db, hold.doctor_id)
    note_deed(db, by, "hold released", f"doctor/{doctor.id}", starts_at=hold.starts_at.isoformat())
    _let_go(db, by)


def own_hold(db: Session, *, by: Account) -> Hold | None:
    """The time this clerk holds now."""
    permit(db, by, Deed.BOOK)
    row = select(Hold).where(Hold.account_id == by.id, Hold.expires_at > clock.now())
    return db.exec(row).first()


def _keep(db: Session, hold: Hold, doctor: Doctor) -> None:
    slot = Slot(hold.starts_at, hold.ends_at)
    try:
        with expecting(
            db,
            no_overlapping_holds_of_a_doctor=TimeHeld(name="", left="", way_on=""),
            no_hold_takes_a_promised_time=SlotTaken(way_on=""),
            a_second_click_is_the_same_hold=StaleForm(),
            a_clerk_holds_one_time=StaleForm(),
        ):
            db.add(hold)
    except SlotTaken as taken:
        raise SlotTaken(way_on=next_free(db, doctor, slot.starts_at, hold.kind)) from taken
    except TimeHeld as held:
        raise held_by(db, doctor, slot, hold.kind) from held


def _own(db: Session, form: str, by: Account, *, locked: bool = False) -> Hold | None:
    row = select(Hold).where(Hold.form == form)
    row = row.with_for_update() if locked else row
    hold = db.exec(row.execution_options(populate_existing=True)).first()
    if hold is None or hold.account_id == by.id:
        return hold
    refuse_anothers(hold, by)
    return None


def _let_go(db: Session, by: Account) -> None:
    db.execute(delete(Hold).where(col(Hold.account_id) == by.id))


def _refuse_closed(db: Session, doctor: Doctor, slot: Slot) -> None:
    if leaves_of(db, [doctor.id], after=slot.starts_at, before=slot.ends_at):
        raise DoctorOnLeave(name=doctor.name)
    day = clock.day_of(slot.starts_at, the_hospital(db).zone)
    if holidays_between(db, day, day):
        raise closed(db, slot)
