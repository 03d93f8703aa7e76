"""Doctors: registered with their council's number, priced by the tariff, never deleted."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, or_
from sqlmodel import Session, col, select

from mediklaud import clock, contact, text
from mediklaud.database import as_read, columns_of, expecting
from mediklaud.errors import (
    CouncilNotKnown,
    DoctorInactive,
    EmptyField,
    FeeNotPossible,
    FeesInThePast,
    NotFound,
    ProcedureFeeEndsToday,
    ProcedureFeeStays,
    RegistrationExpired,
    RegistrationTaken,
    StaleForm,
)
from mediklaud.hot import Hot
from mediklaud.models import Account, Appointment, Doctor, Tariff, VisitKind, WorkingSession
from mediklaud.permissions import Deed
from mediklaud.registers import COUNCILS
from mediklaud.repository.audit import Change, changes, note_deed, permit
from mediklaud.repository.hospital import next_number, the_hospital

HIGHEST_FEE_PAISE = 1_00_000_00
_FEE_FIELDS = {
    VisitKind.FIRST: "Consultation fee",
    VisitKind.FOLLOW_UP: "Follow-up fee",
    VisitKind.PROCEDURE: "Procedure fee",
}


# Whether a doctor has a price for a kind of visit on a day; without one it is not booked.
PRICED = (
    select(Tariff.id)
    .where(
        col(Tariff.doctor_id) == bindparam("doctor_id"),
        col(Tariff.kind) == bindparam("kind"),
        col(Tariff.effective_from) <= bindparam("day"),
    )
    .exists()
)
_IS_PRICED = select(PRICED)


@dataclass(frozen=True)
class DoctorForm:
    """What the CMO's office types of a doctor. Fees in paise.

    A doctor without a procedure fee does no procedures.
    """

    name: str
    phone: str
    email: str
    specialty: str
    qualifications: str
    council: str
    registration: str
    consultation_fee_paise: int
    follow_up_fee_paise: int
    registration_expires_on: date | None = None
    procedure_fee_paise: int | None = None

    @property
    def fees(self) -> dict[VisitKind, int]:
        """The price of each kind of visit the doctor sees, in paise."""
        asked = {
            VisitKind.FIRST: self.consultation_fee_paise,
            VisitKind.FOLLOW_UP: self.follow_up_fee_paise,
            VisitKind.PROCEDURE: self.procedure_fee_paise,
        }
        return {kind: paise for kind, paise in asked.items() if paise is not None}


def register_doctor(db: Session, typed: DoctorForm, *, by: Account) -> Doctor:
    """Register a doctor under the next number of the hospital, which is never given again.

    The first fees hold from today on, so that no booking meets a doctor without a price.
    A second doctor with the same council and number is refused (RegistrationTaken), also
    when two desks type it at once: one_doctor_per_registration.
    """
    permit(db, by, Deed.REGISTER_DOCTOR)
    checked = _checked(db, typed)
    _refuse_taken(db, checked, but=None)
    doctor = Doctor(
        number=f"DOC-{next_number(db, 'doctor'):04d}", registered_at=clock.now(), **checked
    )
    with expecting(db, one_doctor_per_registration=_just_taken(checked)):
        db.add(doctor)
    fees = _price(db, doctor, typed, clock.today(the_hospital(db).zone))
    note_deed(db, by, "doctor registered", f"doctor/{doctor.id}", number=doctor.number, **fees)
    return doctor


def edit_doctor(
    db: Session,
    doctor: Doctor,
    typed: DoctorForm,
    *,
    version: int,
    by: Account,
    fees_from: date | None = None,
) -> Doctor:
    """Change a doctor's record; the number stays. New fees hold from a day on, None is today.

    A visit costs what its own day says. A fee that is that of the day already stays as it is,
    and the same day's fee is written over (one_price_a_day). Refuses a day in the past
    (FeesInThePast). An empty procedure fee takes the price of that day away where nothing was
    ever booked at it; otherwise it is needed yet (ProcedureFeeStays), and one that holds today
    is not taken away for later (ProcedureFeeEndsToday). Refuses when somebody else changed the
    record since `version` was shown (StaleForm).
    """
    permit(db, by, Deed.REGISTER_DOCTOR, doctor)
    kept = locked_doctor(db, doctor.id)
    if kept.version != version:
        raise StaleForm()
    checked = _checked(db, typed)
    _refuse_taken(db, checked, but=kept.id)
    today = clock.today(the_hospital(db).zone)
    day = today if fees_from is None else fees_from
    if day < today:
        raise FeesInThePast()
    if typed.procedure_fee_paise is None:
        _take_procedures_away(db, kept, day)
    changed = changes({word: getattr(kept, word) for word in checked}, checked)
    with expecting(db, one_doctor_per_registration=_just_taken(checked)):
        kept.sqlmodel_update({**checked, "version": version + 1})
        db.add(kept)
    fees = _price(db, kept, typed, day)
    later = {"effective_from": day.isoformat()} if fees and day > today else {}
    note_deed(db, by, "doctor edited", f"doctor/{kept.id}", **changed, **fees, **later)
    return kept


def deactivate_doctor(db: Session, doctor: Doctor, *, by: Account) -> Doctor:
    """Stop bookings with a doctor. The record, the past and what is booked all stay."""
    permit(db, by, Deed.DEACTIVATE_DOCTOR, doctor)
    kept = locked_doctor(db, doctor.id)
    if kept.active:
        kept.sqlmodel_update({"active": False, "deactivated_at": clock.now()})
        kept.version += 1
        db.add(kept)
        db.flush()
        note_deed(db, by, "doctor deactivated", f"doctor/{kept.id}")
    return kept


def reactivate_doctor(db: Session, doctor: Doctor, *, by: Account) -> Doctor:
    """Let a doctor be booked again, under the same number."""
    permit(db, by, Deed.DEACTIVATE_DOCTOR, doctor)
    kept = locked_doctor(db, doctor.id)
    if not kept.active:
        kept.sqlmodel_update({"active": True, "deactivated_at": None})
        kept.version += 1
        db.add(kept)
        db.flush()
        note_deed(db, by, "doctor reactivated", f"doctor/{kept.id}")
    return kept


_LOCKED = (
    select(Doctor)
    .where(col(Doctor.id) == bindparam("doctor_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def locked_doctor(db: Session, doctor_id: int | None) -> Doctor:
    """The doctor's row as it is now, locked until the transaction ends; after the patient's."""
    found: Doctor | None = db.execute(_LOCKED, {"doctor_id": doctor_id}).scalar()
    if found is None:
        raise NotFound(what="doctor", subject=f"doctor/{doctor_id}")
    return found


class Standing(NamedTuple):
    """Whether a doctor can be booked, as it is now; the last day of the council's registration."""

    id: int
    name: str
    active: bool
    registration_expires_on: date | None


_STANDING = Hot(
    select(*(col(getattr(Doctor, word)) for word in Standing._fields))
    .where(col(Doctor.id) == bindparam("doctor_id"))
    .with_for_update()
)


def lock_standing(db: Session, doctor_id: int | None) -> Standing:
    """The same lock, for a booking: it asks no more of the row than this."""
    db.flush()
    found = _STANDING.first(db, {"doctor_id": doctor_id})
    if found is None:
        raise NotFound(what="doctor", subject=f"doctor/{doctor_id}")
    return Standing._make(found)


def refuse_unbookable(doctor: Doctor | Standing, day: date) -> None:
    """Refuse a doctor who left (DoctorInactive) or whose registration has run out by that day."""
    if not doctor.active:
        raise DoctorInactive(name=doctor.name)
    expires_on = doctor.registration_expires_on
    if expires_on is not None and expires_on < day:
        raise RegistrationExpired(name=doctor.name, day=expires_on)


def doctors(db: Session, *, specialty: str = "", inactive_too: bool = False) -> Sequence[Doctor]:
    """The doctors of the hospital, by name; the list is open to every desk."""
    rows = select(Doctor).order_by(Doctor.name)
    if specialty:
        rows = rows.where(Doctor.specialty == specialty)
    if not inactive_too:
        rows = rows.where(col(Doctor.active))
    return db.exec(rows).all()


def doctors_page(db: Session, first: int, rows: int) -> tuple[Sequence[Doctor], int]:
    """So many doctors by name from the first on, inactive ones too, and how many there are."""
    page = select(Doctor).order_by(Doctor.name, col(Doctor.id)).offset(first).limit(rows)
    return db.exec(page).all(), db.exec(select(func.count()).select_from(Doctor)).one()


def doctor_with(db: Session, doctor_id: int) -> Doctor:
    """The doctor of an id; refuses an unknown one (NotFound)."""
    found = db.get(Doctor, doctor_id)
    if found is None:
        raise NotFound(what="doctor", subject=f"doctor/{doctor_id}")
    return found


_DOCTOR = Hot(select(*columns_of(Doctor)).where(col(Doctor.id) == bindparam("doctor_id")))


def doctor_to_read(db: Session, doctor_id: int | None) -> Doctor:
    """The same, for a hot deed: what it returns is to be looked at alone."""
    found = _DOCTOR.first(db, {"doctor_id": doctor_id})
    if found is None:
        raise NotFound(what="doctor", subject=f"doctor/{doctor_id}")
    return as_read(Doctor, found)


def price_of(db: Session, doctor_id: int, kind: VisitKind, day: date) -> int:
    """What a kind of visit costs with a doctor on a day, in paise."""
    prices = (
        select(Tariff.price_paise)
        .where(Tariff.doctor_id == doctor_id, Tariff.kind == kind, Tariff.effective_from <= day)
        .order_by(col(Tariff.effective_from).desc())
    )
    return db.exec(prices.limit(1)).one()


def priced(db: Session, doctor_id: int | None, kind: VisitKind, day: date) -> bool:
    """Whether a doctor has a price for a kind of visit on a day; without one it is not booked."""
    told = {"doctor_id": doctor_id, "kind": kind, "day": day}
    return bool(db.execute(_IS_PRICED, told).scalar_one())


def fees_today(db: Session, doctor_ids: Sequence[int]) -> dict[tuple[int, VisitKind], int]:
    """What every kind of visit costs today with these doctors, in paise."""
    today = clock.today(the_hospital(db).zone)
    prices = (price for price in _prices(db, doctor_ids) if price.effective_from <= today)
    return {(price.doctor_id, price.kind): price.price_paise for price in prices}


def fees_then(
    db: Session, asked: Collection[tuple[int, VisitKind, date]]
) -> dict[tuple[int, VisitKind, date], int]:
    """What kinds of visit cost with doctors on days, in paise; whatever has no price is missing.

    Read together, however many are asked for.
    """
    prices = _prices(db, {doctor_id for doctor_id, _, _ in asked})
    return {
        (doctor_id, kind, day): price.price_paise
        for doctor_id, kind, day in asked
        for price in prices
        if (price.doctor_id, price.kind) == (doctor_id, kind) and price.effective_from <= day
    }


def fees_to_come(db: Session, doctor_ids: Sequence[int]) -> list[Tariff]:
    """The prices of these doctors that change after today, by their first day."""
    today = clock.today(the_hospital(db).zone)
    before: dict[tuple[int, VisitKind], int] = {}
    found: list[Tariff] = []
    for price in _prices(db, doctor_ids):
        key = (price.doctor_id, price.kind)
        if price.effective_from > today and before.get(key) != price.price_paise:
            found.append(price)
        before[key] = price.price_paise
    return found


def _prices(db: Session, doctor_ids: Collection[int]) -> Sequence[Tariff]:
    # The later, the further back in the list.
    rows = select(Tariff).where(col(Tariff.doctor_id).in_(doctor_ids))
    return db.exec(rows.order_by(col(Tariff.effective_from), col(Tariff.id))).all()


def _price(db: Session, doctor: Doctor, typed: DoctorForm, day: date) -> dict[str, Change]:
    """Let the fees typed hold from a day on; returns what was changed, for the audit row."""
    changed: dict[str, Change] = {}
    for kind, price_paise in typed.fees.items():
        then = select(Tariff).where(
            Tariff.doctor_id == doctor.id, Tariff.kind == kind, Tariff.effective_from <= day
        )
        present = db.exec(then.order_by(col(Tariff.effective_from).desc()).limit(1)).first()
        if present is not None and present.price_paise == price_paise:
            continue
        before = present.price_paise if present else None
        changed[f"{VisitKind(kind).value}_fee_paise"] = Change(before, price_paise)
        if present is None or present.effective_from < day:
            present = Tariff(
                doctor_id=doctor.id or 0, kind=kind, effective_from=day, price_paise=price_paise
            )
        present.price_paise = price_paise
        db.add(present)
    db.flush()
    return changed


def _take_procedures_away(db: Session, doctor: Doctor, day: date) -> None:
    """Forget the price of procedures, with the doctor locked; refused while something needs it.

    A price that begins after the day stays: the form of the day does not show it.

    A booked procedure is billed at the price of its day and a cancelled one may be restored,
    so a price that was ever booked at stays on record, as every other price does.
    """
    today = clock.today(the_hospital(db).zone)
    procedure = VisitKind.PROCEDURE
    if not priced(db, doctor.id, procedure, day):
        return
    if day > today and priced(db, doctor.id, procedure, today):
        raise ProcedureFeeEndsToday()
    booked = select(Appointment.id).where(
        Appointment.doctor_id == doctor.id, Appointment.kind == procedure
    )
    seen = select(WorkingSession.id).where(
        WorkingSession.doctor_id == doctor.id,
        col(WorkingSession.procedure_minutes).is_not(None),
        or_(col(WorkingSession.valid_to).is_(None), col(WorkingSession.valid_to) >= today),
    )
    if any(db.exec(rows.limit(1)).first() is not None for rows in (booked, seen)):
        raise ProcedureFeeStays(name=doctor.name)
    prices = delete(Tariff).where(col(Tariff.doctor_id) == doctor.id, col(Tariff.kind) == procedure)
    db.execute(prices)


def _checked(db: Session, typed: DoctorForm) -> dict[str, Any]:
    for kind, price_paise in typed.fees.items():
        if not 0 <= price_paise <= HIGHEST_FEE_PAISE:
            raise FeeNotPossible(field=_FEE_FIELDS[kind])
    council = text.needed(typed.council, field="State council")
    if council not in COUNCILS:
        raise CouncilNotKnown()
    return {
        "name": text.needed(typed.name, field="Name"),
        "phone": contact.phone(typed.phone, country=the_hospital(db).country),
        "email": contact.needed_email(typed.email),
        "specialty": text.needed(typed.specialty, field="Specialty", at_most=60),
        "qualifications": text.needed(typed.qualifications, field="Qualifications"),
        "council": council,
        "registration": _registration(typed.registration),
        "registration_expires_on": typed.registration_expires_on,
    }


def _registration(typed: str) -> str:
    # "kmc 45678" and "KMC-45678" on two papers are one number: only these signs count.
    wanted = text.needed(typed, field="Registration number", at_most=30).upper()
    registration = re.sub(r"[^A-Z0-9/]", "", wanted)
    if not registration:
        raise EmptyField(field="Registration number")
    return registration


def _refuse_taken(db: Session, checked: dict[str, Any], *, but: int | None) -> None:
    holder = select(Doctor).where(
        Doctor.council == checked["council"], Doctor.registration == checked["registration"]
    )
    found = db.exec(holder).first()
    if found is not None and found.id != but:
        raise RegistrationTaken(
            council=found.council,
            registration=found.registration,
            name=found.name,
            number=found.number,
        )


def _just_taken(checked: dict[str, Any]) -> RegistrationTaken:
    return RegistrationTaken(
        council=checked["council"],
        registration=checked["registration"],
        name="another doctor",
        number="registered this moment",
    )
