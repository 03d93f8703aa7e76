"""Who pays: every adult alone, a minor by the adult who is named for them."""

from datetime import date

from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.errors import OnlyMinorsHavePayers, PayerNotPossible, PayerStillOwes
from mediklaud.models import Account, Invoice, Patient
from mediklaud.permissions import Deed
from mediklaud.repository.audit import Change, note_deed, permit
from mediklaud.repository.hospital import rules_of_the_house, the_hospital
from mediklaud.repository.patients import locked_patient

# Indian Majority Act 1875, s. 3.
ADULT_YEARS = 18


def is_minor(born: date, day: date) -> bool:
    """Whether whoever was born on a day is under 18 on another."""
    return born > minors_are_born_after(day)


def minors_are_born_after(day: date) -> date:
    """The day after which whoever is a minor on another day was born."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year - ADULT_YEARS, day=last)


def last_adult_birth(day: date) -> date:
    """The latest birth date of whoever is no minor on a day."""
    of_month = min(day.day, 28) if day.month == 2 else day.day
    return day.replace(year=day.year - ADULT_YEARS, day=of_month)


def payer_of(db: Session, patient: Patient) -> Patient:
    """Who pays for a patient from today on: the payer named for a minor, or the patient."""
    today = clock.today(rules_of_the_house(db).zone)
    if patient.payer_id is None or not is_minor(patient.birth_date, today):
        return patient
    return db.get_one(Patient, patient.payer_id)


def name_payer(db: Session, patient: Patient, payer: Patient | None, *, by: Account) -> Patient:
    """Name the adult who pays for a minor from now on, or nobody any more.

    Bills issued before stay with whom they were issued to. Refuses a payer for an adult
    (OnlyMinorsHavePayers), and a payer who is a minor or has one (PayerNotPossible):
    a_payer_has_no_payer, so that no two desks name each other's patients in a circle. While
    the payer so far owes for the minor's care, another name would open the dues gate
    (PayerStillOwes); a bill for the minor needs the minor's row, so none comes meanwhile.
    """
    permit(db, by, Deed.NAME_PAYER, patient)
    kept = locked_patient(db, patient.id)
    named = locked_patient(db, payer.id) if payer is not None else None
    if named is not None:
        _refuse_payer(db, kept, named)
    before, after = kept.payer_id, named.id if named else None
    if before == after:
        return kept
    _refuse_owing(db, kept, before)
    kept.payer_id = after
    kept.version += 1
    db.add(kept)
    db.flush()
    note_deed(db, by, "payer named", f"patient/{kept.id}", payer_id=Change(before, after))
    return kept


def _refuse_owing(db: Session, kept: Patient, payer_id: int | None) -> None:
    # Whoever is of age pays alone in any case.
    if payer_id is None or not is_minor(kept.birth_date, clock.today(the_hospital(db).zone)):
        return
    open_bills = select(Invoice.number).where(
        Invoice.patient_id == kept.id,
        Invoice.payer_id == payer_id,
        col(Invoice.settled_at).is_(None),
    )
    owed = db.exec(open_bills.order_by(Invoice.number)).all()
    if owed:
        payer, listed = db.get_one(Patient, payer_id), ", ".join(owed)
        raise PayerStillOwes(payer=payer.name, patient=kept.name, bills=listed)


def _refuse_payer(db: Session, kept: Patient, payer: Patient) -> None:
    today = clock.today(the_hospital(db).zone)
    if not is_minor(kept.birth_date, today):
        raise OnlyMinorsHavePayers(patient=kept.name)
    pays_for = select(Patient.id).where(Patient.payer_id == kept.id)
    has_minors = db.exec(pays_for.limit(1)).first() is not None
    if is_minor(payer.birth_date, today) or payer.payer_id is not None or has_minors:
        raise PayerNotPossible(payer=payer.name)
