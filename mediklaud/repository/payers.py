"""Who pays: every adult alone, a minor by the adult who is named for them."""

from datetime import date

from sqlmodel import Session, select

from mediklaud import clock
from mediklaud.errors import OnlyMinorsHavePayers, PayerNotPossible
from mediklaud.models import Account, Patient
from mediklaud.permissions import Deed
from mediklaud.repository.audit import Change, note_deed, permit
from mediklaud.repository.hospital import rules_of_the_house, the_hospital
from mediklaud.repository.patients import locked_patient

# Indian Majority Act 1875, s. 3.
ADULT_YEARS = 18


def is_minor(born: date, day: date) -> bool:
    """Whether whoever was born on a day is under 18 on another."""
    return (day.year - born.year) - ((day.month, day.day) < (born.month, born.day)) < ADULT_YEARS


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
    a_payer_has_no_payer, so that no two desks name each other's patients in a circle.
    """
    permit(db, by, Deed.NAME_PAYER, patient)
    kept = locked_patient(db, patient.id)
    named = locked_patient(db, payer.id) if payer is not None else None
    if named is not None:
        _refuse_payer(db, kept, named)
    before, kept.payer_id = kept.payer_id, named.id if named else None
    if before == kept.payer_id:
        return kept
    kept.version += 1
    db.add(kept)
    db.flush()
    note_deed(db, by, "payer named", f"patient/{kept.id}", payer_id=Change(before, kept.payer_id))
    return kept


def _refuse_payer(db: Session, kept: Patient, payer: Patient) -> None:
    today = clock.today(the_hospital(db).zone)
    if not is_minor(kept.birth_date, today):
        raise OnlyMinorsHavePayers(patient=kept.name)
    pays_for = select(Patient.id).where(Patient.payer_id == kept.id)
    has_minors = db.exec(pays_for.limit(1)).first() is not None
    if is_minor(payer.birth_date, today) or payer.payer_id is not None or has_minors:
        raise PayerNotPossible(payer=payer.name)
