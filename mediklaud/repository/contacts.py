"""The follow-up of dues: talks with whoever owes, and pauses of their reminder letters."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import expecting, known
from mediklaud.errors import PauseNotPossible, PromiseNotPossible, StaleForm
from mediklaud.models import (
    Account,
    ContactKind,
    ContactOutcome,
    DuesContact,
    Patient,
    RemindersPause,
)
from mediklaud.permissions import Deed
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.patients import locked_patient

CONTACTS_SHOWN = 200
_FURTHEST = timedelta(days=366)


def note_contact(
    db: Session,
    payer: Patient,
    kind: ContactKind,
    outcome: ContactOutcome,
    *,
    form: str,
    by: Account,
    note: str = "",
    promised_on: date | None = None,
) -> DuesContact:
    """Note a talk with whoever owes; a promise to pay has its day, and only that has one.

    It is kept as it was noted (contact_is_frozen). A second click is the same note:
    a_second_click_is_the_same_contact.
    """
    permit(db, by, Deed.FOLLOW_UP_DUES, payer)
    told = text.note(note, field="Note", at_most=1000)
    today = clock.today(the_hospital(db).zone)
    promised = outcome is ContactOutcome.PROMISED
    if promised != (promised_on is not None) or (
        promised_on is not None and not today <= promised_on <= today + _FURTHEST
    ):
        raise PromiseNotPossible()
    kept = locked_patient(db, payer.id)
    same_click = db.exec(select(DuesContact).where(DuesContact.form == form)).first()
    if same_click is not None and same_click.payer_id == kept.id:
        return same_click
    with expecting(db, a_second_click_is_the_same_contact=StaleForm()):
        contact = DuesContact(
            payer_id=kept.id or 0,
            at=clock.now(),
            noted_by=by.id,
            kind=ContactKind(kind),
            outcome=ContactOutcome(outcome),
            note=told,
            promised_on=promised_on,
            form=form,
        )
        db.add(contact)
    note_deed(
        db,
        by,
        "dues followed up",
        f"patient/{kept.id}",
        contact=contact.id,
        outcome=contact.outcome.value,
    )
    return contact


def contacts_of(db: Session, payer_id: int, *, by: Account) -> Sequence[DuesContact]:
    """What was noted of a payer's dues, the newest first."""
    permit(db, by, Deed.SEE_DUES, f"patient/{payer_id}")
    known(db, Patient, payer_id)
    rows = select(DuesContact).where(DuesContact.payer_id == payer_id)
    return db.exec(rows.order_by(col(DuesContact.id).desc()).limit(CONTACTS_SHOWN)).all()


def last_contacts(
    db: Session, payer_ids: Collection[int], *, by: Account
) -> dict[int, DuesContact]:
    """The newest contact of each of these payers that has one."""
    permit(db, by, Deed.SEE_DUES)
    newest = (
        select(func.max(col(DuesContact.id)))
        .where(col(DuesContact.payer_id).in_(payer_ids))
        .group_by(col(DuesContact.payer_id))
    )
    found = db.exec(select(DuesContact).where(col(DuesContact.id).in_(newest)))
    return {contact.payer_id: contact for contact in found}


def pause_reminders(
    db: Session, payer: Patient, last_day: date, reason: str, *, by: Account
) -> RemindersPause:
    """Let a payer's reminder letters rest until the end of a day; a pause that stands gives way.

    The payer's row is locked, so two desks leave one pause (one_pause_of_a_payer).
    """
    permit(db, by, Deed.FOLLOW_UP_DUES, payer)
    told = text.needed(reason, field="Reason", at_most=200)
    today = clock.today(the_hospital(db).zone)
    if not today <= last_day <= today + _FURTHEST:
        raise PauseNotPossible()
    kept = locked_patient(db, payer.id)
    standing = _standing(db, kept.id)
    if standing is not None and (standing.last_day, standing.reason) == (last_day, told):
        return standing
    if standing is not None:
        _end(db, standing, by)
    pause = RemindersPause(
        payer_id=kept.id or 0,
        last_day=last_day,
        reason=told,
        paused_at=clock.now(),
        paused_by=by.id,
    )
    db.add(pause)
    db.flush()
    note_deed(
        db,
        by,
        "reminders paused",
        f"patient/{kept.id}",
        last_day=last_day.isoformat(),
        reason=told,
    )
    return pause


def resume_reminders(db: Session, payer: Patient, *, by: Account) -> None:
    """End a payer's pause before its day; nothing happens where there is none."""
    permit(db, by, Deed.FOLLOW_UP_DUES, payer)
    kept = locked_patient(db, payer.id)
    standing = _standing(db, kept.id)
    if standing is not None:
        _end(db, standing, by)
        note_deed(db, by, "reminders resumed", f"patient/{kept.id}")


def pauses_of(db: Session, payer_ids: Collection[int], *, by: Account) -> dict[int, RemindersPause]:
    """The pauses in force today among these payers."""
    permit(db, by, Deed.SEE_DUES)
    rows = select(RemindersPause).where(
        col(RemindersPause.payer_id).in_(payer_ids),
        col(RemindersPause.ended_at).is_(None),
        RemindersPause.last_day >= clock.today(the_hospital(db).zone),
    )
    return {pause.payer_id: pause for pause in db.exec(rows)}


def _standing(db: Session, payer_id: int | None) -> RemindersPause | None:
    rows = select(RemindersPause).where(
        RemindersPause.payer_id == payer_id, col(RemindersPause.ended_at).is_(None)
    )
    return db.exec(rows).first()


def _end(db: Session, pause: RemindersPause, by: Account) -> None:
    at = max(clock.now(), pause.paused_at)
    pause.sqlmodel_update({"ended_at": at, "ended_by": by.id})
    db.add(pause)
    db.flush()
