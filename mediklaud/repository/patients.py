"""Patients: enrolled once, found by a piece of anything, alike ones shown before saving."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, and_, bindparam, func, or_
from sqlalchemy import text as sql
from sqlmodel import Session, col, select

from mediklaud import clock, contact, text
from mediklaud.database import as_read, columns_of, expecting, known
from mediklaud.errors import (
    AgeNotPossible,
    BirthDateInTheFuture,
    BirthDateOrAgeMissing,
    EmptyField,
    NotFound,
    Refusal,
    StaleForm,
)
from mediklaud.hot import Hot
from mediklaud.languages import USUAL, languages
from mediklaud.models import Account, Appointment, AppointmentStatus, Hospital, Patient, Sex
from mediklaud.permissions import Deed
from mediklaud.repository.addresses import address_anew
from mediklaud.repository.audit import changes, note_deed, note_opened, permit
from mediklaud.repository.consents import note_consents
from mediklaud.repository.hospital import keep_rules, next_number, the_hospital

OLDEST_YEARS = 125
# Below this likeness two names are two people, unless phone and birth date agree.
_ALIKE = 0.75


@dataclass(frozen=True)
class PatientForm:
    """What the front desk types of a patient; the birth date, or the age where it is not known."""

    name: str
    sex: Sex | None
    phone: str
    address: str
    birth_date: date | None = None
    age_years: int | None = None
    email: str = ""
    language: str = USUAL
    mail_for_care: bool = True
    mail_for_reminders: bool = False


@dataclass(frozen=True)
class FoundPatient:
    """A patient and the day of the last visit, by which a family's members are told apart."""

    patient: Patient
    last_visit_at: datetime | None


@dataclass(frozen=True)
class Likeness:
    """A patient who may be the one being enrolled, and what agrees."""

    patient: Patient
    agrees: tuple[str, ...]


def enroll_patient(db: Session, typed: PatientForm, *, form: str, by: Account) -> Patient:
    """Enroll a patient under the next hospital number.

    A second click on the same form is the same patient, also when both clicks arrive at
    once: a_second_click_is_the_same_patient.
    """
    permit(db, by, Deed.ENROLL_PATIENT)
    checked = _checked(db, typed)
    same_click = select(Patient).where(Patient.form == form)
    enrolled = db.exec(same_click).first()
    if enrolled is not None:
        return enrolled
    try:
        with expecting(db, a_second_click_is_the_same_patient=StaleForm()):
            patient = _numbered(db, checked, form)
    except StaleForm:
        return db.exec(same_click).one()
    note_consents(db, patient, before=None, by=by)
    note_deed(db, by, "patient enrolled", f"patient/{patient.id}", number=patient.number)
    return patient


def edit_patient(
    db: Session, patient: Patient, typed: PatientForm, *, version: int, by: Account
) -> Patient:
    """Change what is known of a patient; the hospital number stays.

    Letters that rest or wait go to the new email, or to nobody whom they are not to reach.
    Refuses when somebody else changed it since `version` was shown (StaleForm). What is kept
    already is not written again, so a second click is the same edit.
    """
    permit(db, by, Deed.ENROLL_PATIENT, patient)
    kept = locked_patient(db, patient.id)
    checked = _checked(db, typed)
    before = {word: getattr(kept, word) for word in checked}
    changed = changes(before, checked)
    if not changed:
        return kept
    if kept.version != version:
        raise StaleForm()
    kept.sqlmodel_update({**checked, "version": version + 1})
    kept.search_text = _search_text(kept)
    db.add(kept)
    db.flush()
    note_consents(db, kept, before=before, by=by)
    if changed.keys() & {"email", "mail_for_care", "mail_for_reminders"}:
        address_anew(db, kept)
    note_deed(db, by, "patient edited", f"patient/{kept.id}", **changed)
    return kept


# Whoever locks a patient goes on to ask the hospital's rules, so one look brings both.
_LOCKED = (
    select(Patient, Hospital)
    .join(Hospital, col(Hospital.id) == 1)
    .where(col(Patient.id) == bindparam("patient_id"))
    .with_for_update(of=Patient)
    .execution_options(populate_existing=True)
)


def locked_patient(db: Session, patient_id: int | None) -> Patient:
    """The patient's row as it is now, locked until the transaction ends.

    Every deed that books or changes dues locks it first, so that a booking and a bill of
    one patient wait for each other. The payer named is locked next, for whose dues a minor's
    booking may be held back; a payer has none of their own, so nobody waits in a circle.
    """
    found = db.execute(_LOCKED, {"patient_id": patient_id}).first()
    if found is None:
        raise NotFound(what="patient", subject=f"patient/{patient_id}")
    patient, db.info["hospital"] = found
    if patient.payer_id is not None:
        db.execute(_LOCKED, {"patient_id": patient.payer_id})
    return cast(Patient, patient)


_WIDE = len(columns_of(Patient))
_LOCKED_TO_READ = Hot(
    select(*columns_of(Patient), *columns_of(Hospital))
    .join(Hospital, col(Hospital.id) == 1)
    .where(col(Patient.id) == bindparam("patient_id"))
    .with_for_update(of=Patient)
)


def lock_patient(db: Session, patient_id: int | None) -> Patient:
    """The same locks, for a hot deed: what it returns is to be looked at alone."""
    db.flush()
    found = _LOCKED_TO_READ.first(db, {"patient_id": patient_id})
    if found is None:
        raise NotFound(what="patient", subject=f"patient/{patient_id}")
    keep_rules(db, as_read(Hospital, found[_WIDE:]))
    patient = as_read(Patient, found[:_WIDE])
    if patient.payer_id is not None:
        _LOCKED_TO_READ.rows(db, {"patient_id": patient.payer_id})
    return patient


def patient_with(db: Session, patient_id: int, *, by: Account) -> Patient:
    """The patient of an id, for the desks that look patients up; that it is opened is noted."""
    permit(db, by, Deed.FIND_PATIENT, f"patient/{patient_id}")
    found = known(db, Patient, patient_id)
    note_opened(db, by, patient_id, "card opened")
    return found


def find_patients(db: Session, words: str, *, by: Account, at_most: int = 20) -> list[FoundPatient]:
    """Patients by digits of the phone, pieces of the name in any script, or hospital number.

    They may be mixed; every piece must be found. At most `at_most` are returned, by name; the
    search reads an index of trigrams, so a piece of three characters or more never reads the
    whole table.
    """
    permit(db, by, Deed.FIND_PATIENT)
    pieces = _pieces(db, text.line(words, field="Search"))
    if not pieces:
        return []
    found = db.exec(select(Patient).where(*_having(db, pieces)).limit(10 * at_most)).all()
    nearest = sorted(found, key=lambda patient: (text.folded(patient.name), patient.number))
    return _with_last_visit(db, nearest[:at_most])


def named(db: Session, words: str) -> list[ColumnElement[bool]]:
    """The conditions under which words find a patient, as `find_patients` reads them.

    For siblings; none where nothing is typed.
    """
    return _having(db, _pieces(db, text.line(words, field="Search")))


def likely_duplicates(
    db: Session, typed: PatientForm, *, by: Account, but: int | None = None
) -> list[Likeness]:
    """Patients who may be the one typed, the likeliest first: by name, birth date and phone.

    What cannot be read yet (a phone half typed) takes no part.
    """
    permit(db, by, Deed.ENROLL_PATIENT)
    checked = _readable(db, typed)
    if not checked.get("name"):
        return []
    same = [
        column == checked[word]
        for word, column in (("phone", Patient.phone), ("birth_date", Patient.birth_date))
        if word in checked
    ]
    # Whoever shares a word of the name is compared too.
    name = text.without_apostrophes(text.folded(str(checked["name"])))
    words = [word for word in name.split() if len(word) >= 3]
    named = [and_(*_having(db, [word])) for word in words[:6]]
    rows = select(Patient).where(Patient.id != but).limit(500)
    near = [one for some in (same, named) if some for one in db.exec(rows.where(or_(*some)))]
    alike = [_likeness(patient, checked) for patient in {one.id: one for one in near}.values()]
    ranked = sorted((one for one in alike if one), key=lambda one: -len(one.agrees))
    return ranked[:5]


def _numbered(db: Session, checked: dict[str, Any], form: str) -> Patient:
    number = f"{the_hospital(db).patient_prefix}-{next_number(db, 'patient'):06d}"
    patient = Patient(number=number, enrolled_at=clock.now(), form=form, search_text="", **checked)
    patient.search_text = _search_text(patient)
    db.add(patient)
    return patient


def _checked(db: Session, typed: PatientForm) -> dict[str, Any]:
    name = text.needed(typed.name, field="Name")
    if typed.sex is None:
        raise EmptyField(field="Sex")
    if typed.language not in languages():
        raise EmptyField(field="Language of letters")
    return {
        "name": name,
        "sex": Sex(typed.sex),
        **_birth_date(db, typed),
        "phone": contact.phone(typed.phone, country=the_hospital(db).country),
        "email": contact.email(typed.email),
        "address": text.needed_note(typed.address, field="Address", at_most=400),
        "language": typed.language,
        "mail_for_care": typed.mail_for_care,
        "mail_for_reminders": typed.mail_for_reminders,
    }


def _birth_date(db: Session, typed: PatientForm) -> dict[str, Any]:
    today = clock.today(the_hospital(db).zone)
    if typed.birth_date is not None:
        if typed.birth_date > today:
            raise BirthDateInTheFuture()
        if today.year - typed.birth_date.year > OLDEST_YEARS:
            raise AgeNotPossible(years=today.year - typed.birth_date.year, field="Date of birth")
        return {"birth_date": typed.birth_date, "birth_date_is_estimated": False}
    if typed.age_years is None:
        raise BirthDateOrAgeMissing()
    if not 0 <= typed.age_years <= OLDEST_YEARS:
        raise AgeNotPossible(years=typed.age_years)
    # Whoever is 40 today was born between 40 and 41 years ago; the year's first day stands
    # for it, or today's own date for a newborn.
    born = date(today.year - typed.age_years, 1, 1) if typed.age_years else today
    return {"birth_date": born, "birth_date_is_estimated": True}


def _readable(db: Session, typed: PatientForm) -> dict[str, Any]:
    readable: dict[str, Any] = {}
    with suppress(Refusal):
        readable["name"] = text.needed(typed.name, field="Name")
    with suppress(Refusal):
        readable["phone"] = contact.phone(typed.phone, country=the_hospital(db).country)
    if typed.birth_date is not None:
        readable["birth_date"] = typed.birth_date
    return readable


def _search_text(patient: Patient) -> str:
    digits, name = contact.national_digits(patient.phone), text.folded(patient.name)
    together = text.run_together(name)
    other_way = f" {together}" if together != name else ""
    return f"{name} {patient.number.lower()} {digits}{other_way}"


# Digits of a phone among other words: with a country's code they go on over blanks.
_DIGITS = re.compile(r"\+\d[\d\s().-]*|\d[\d().-]*")
_BETWEEN = re.compile(r"[\s,;:()./\u2010-\u2015-]+")


def _pieces(db: Session, words: str) -> list[str]:
    """What must be found, each by itself; what stands between letters and digits is no part.

    A hospital number is one piece however it is spelt, since its letters are everybody's.
    """
    folded = text.folded(words)
    if re.sub(r"[\s()+.-]", "", folded).isdecimal():
        return [contact.said_digits(folded)]
    prefix = text.folded(the_hospital(db).patient_prefix)
    number = re.compile(rf"(?<!\w){re.escape(prefix)}[\s./-]*(\d+)")
    numbers = [f"{prefix}-{digits}" for digits in number.findall(folded)]
    rest = number.sub(" ", folded)
    phones = [contact.said_digits(digits) for digits in _DIGITS.findall(rest)]
    typed = filter(None, _BETWEEN.split(_DIGITS.sub(" ", rest)))
    names = [text.without_apostrophes(name) or name for name in typed]
    return [*numbers, *phones, *names][:8] or folded.split()


def _having(db: Session, pieces: Iterable[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    sqlite = db.get_bind().dialect.name == "sqlite"
    for piece in pieces:
        like = "%" + re.sub(r"([\\%_])", r"\\\1", piece) + "%"
        holds = col(Patient.search_text).like(like, escape="\\")
        if len(piece) >= 3 and sqlite:
            quoted = '"' + piece.replace('"', '""') + '"'
            matching = sql("SELECT rowid FROM patient_search WHERE patient_search MATCH :piece")
            # Unique, since two pieces under one name would both be the last one.
            matching = matching.bindparams(bindparam("piece", quoted, unique=True))
            ids = matching.columns(rowid=Integer)
            conditions.append(col(Patient.id).in_(ids))
        elif len(piece) >= 3:
            indexed = func.trigrams(col(Patient.search_text)).op("@>")(func.trigrams(piece))
            conditions += [indexed, holds]
        else:
            conditions.append(holds)
    return conditions


def _with_last_visit(db: Session, patients: Sequence[Patient]) -> list[FoundPatient]:
    visits = (
        select(Appointment.patient_id, func.max(Appointment.starts_at))
        .where(
            col(Appointment.patient_id).in_([patient.id for patient in patients]),
            Appointment.status == AppointmentStatus.FULFILLED,
        )
        .group_by(col(Appointment.patient_id))
    )
    last = dict(db.exec(visits).all())
    return [FoundPatient(patient, last.get(patient.id or 0)) for patient in patients]


def _likeness(patient: Patient, checked: dict[str, Any]) -> Likeness | None:
    ours, theirs = text.folded(checked["name"]), text.folded(patient.name)
    agrees = [
        word for word in ("phone", "birth_date") if checked.get(word) == getattr(patient, word)
    ]
    if _name_likeness(ours, theirs) >= _ALIKE:
        agrees.insert(0, "name")
    if "name" in agrees or agrees == ["phone", "birth_date"]:
        return Likeness(patient, tuple(agrees))
    return None


def _name_likeness(ours: str, theirs: str) -> float:
    """From 0 to 1, the same both ways, whatever the order of the words."""
    first, second = (" ".join(sorted(name.split())) for name in (ours, theirs))
    return max(
        SequenceMatcher(None, first, second).ratio(), SequenceMatcher(None, second, first).ratio()
    )
