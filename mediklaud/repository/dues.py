"""Outstanding dues and the gate: what a patient owes, and whether that holds booking back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, select
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.database import known
from mediklaud.hot import Hot
from mediklaud.models import Account, Doctor, Hospital, Invoice, Patient
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import rules_of_the_house, the_hospital
from mediklaud.repository.payers import is_minor
from mediklaud.repository.standings import bills_on_plans


@dataclass(frozen=True)
class OpenBill:
    """A bill on which something is owed. Sums in paise, age in days at the hospital."""

    number: str
    issued_on: date
    doctor_name: str
    total_paise: int
    owed_paise: int
    age_days: int
    payer_id: int = 0
    # Whose care it was for, where somebody else pays.
    patient_name: str = ""
    # On a payment plan: whether that is in good standing, so that the bill holds nothing back.
    on_kept_plan: bool | None = None


@dataclass(frozen=True)
class Dues:
    """What a patient owes, oldest bill first, and what the hospital's rule makes of it."""

    bills: tuple[OpenBill, ...]
    limit_paise: int
    grace_days: int
    # The payer of a minor, whose bills are among them.
    payer_id: int | None = None

    @property
    def total_paise(self) -> int:
        """Everything owed, in paise: issued minus credited minus allocated."""
        return sum(bill.owed_paise for bill in self.bills)

    @property
    def payers_paise(self) -> int:
        """What of it the payer of a minor owes, in paise."""
        return sum(bill.owed_paise for bill in self.bills if bill.payer_id == self.payer_id)

    @property
    def overdue_paise(self) -> int:
        """What is owed on bills beyond the days of grace that no kept plan covers, in paise."""
        return sum(
            bill.owed_paise
            for bill in self.bills
            if bill.age_days >= self.grace_days and not bill.on_kept_plan
        )

    @property
    def on_hold(self) -> bool:
        """Whether routine booking is on hold: more than the limit is owed beyond the grace."""
        return self.overdue_paise > self.limit_paise

    @property
    def rule(self) -> str:
        """The hospital's rule in words."""
        if not self.limit_paise and not self.grace_days:
            return "any bill that is not paid in full"
        return f"more than {rupees(self.limit_paise)} owed for {self.grace_days} days or more"


class _OpenRow(NamedTuple):
    number: str
    issued_on: date
    doctor_name: str
    total_paise: int
    owed_paise: int
    payer_id: int
    patient_name: str
    issued_at: datetime


_OPEN_BILLS_OF = Hot(
    select(*(col(getattr(Invoice, word)) for word in _OpenRow._fields))
    .where(col(Invoice.settled_at).is_(None), col(Invoice.payer_id) == bindparam("payer_id"))
    .order_by(col(Invoice.issued_at), col(Invoice.number))
)


def dues_of(db: Session, patient_id: int | None) -> Dues:
    """What a patient owes now; for siblings.

    The dues of a minor are those of the payer named, and what stands in the minor's own name
    from before.
    """
    patient = db.get(Patient, patient_id)
    if patient is None:
        hospital = the_hospital(db)
        return Dues((), hospital.dues_limit_paise, hospital.dues_grace_days)
    return dues_now(db, patient)


def dues_now(db: Session, patient: Patient) -> Dues:
    """The same where the patient's row is at hand, as in a deed that has just locked it."""
    hospital = rules_of_the_house(db)
    today = clock.today(hospital.zone)
    payer_id = _payer_of_minor(patient, today)
    db.flush()
    rows = _open_bills(db, patient.id)
    if payer_id is not None:
        rows += _open_bills(db, payer_id)
        rows.sort(key=lambda row: (row.issued_at, row.number))
    kept: dict[str, bool] = {}
    if rows:
        owed_now = {row.number: row.owed_paise for row in rows}
        kept = bills_on_plans(db, owed_now, today, payer_id=patient.id, other_id=payer_id)
    # Another server's clock, or this one before it was set back, may have dated a bill tomorrow.
    bills = tuple(
        OpenBill(
            *(number, day, doctor, total_paise, owed, max(0, (today - day).days), payer, name),
            on_kept_plan=kept.get(number),
        )
        for number, day, doctor, total_paise, owed, payer, name, _ in rows
    )
    return Dues(bills, hospital.dues_limit_paise, hospital.dues_grace_days, payer_id)


def owed_by(db: Session, patient_id: int | None, *, by: Account) -> Dues:
    """What a patient owes now, as `dues_of` has it, for the desks that book or take money."""
    permit(db, by, Deed.SEE_OWED, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    return dues_of(db, patient_id)


def _open_bills(db: Session, payer_id: int | None) -> list[_OpenRow]:
    return [_OpenRow._make(row) for row in _OPEN_BILLS_OF.rows(db, {"payer_id": payer_id})]


def _payer_of_minor(patient: Patient, today: date) -> int | None:
    if patient.payer_id is None or not is_minor(patient.birth_date, today):
        return None
    return patient.payer_id


def open_bills(db: Session, *, by: Account) -> list[Row[tuple[object, ...]]]:
    """Every open bill with who owes it and its doctor, oldest first: the flat read of the reports.

    Columns: number, issued_on, doctor_name, specialty, patient_id, patient_number,
    patient_name, phone (of the payer), total_paise, owed_paise, doctor_number.
    """
    permit(db, by, Deed.SEE_DUES)
    rows: Select[*tuple[Any, ...]] = (
        select(
            col(Invoice.number),
            col(Invoice.issued_on),
            col(Invoice.doctor_name),
            col(Invoice.doctor_specialty).label("specialty"),
            col(Invoice.payer_id).label("patient_id"),
            col(Patient.number).label("patient_number"),
            col(Patient.name).label("patient_name"),
            col(Patient.phone),
            col(Invoice.total_paise),
            col(Invoice.owed_paise),
            col(Doctor.number).label("doctor_number"),
        )
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .join(Patient, col(Patient.id) == col(Invoice.payer_id))
        .where(col(Invoice.settled_at).is_(None))
        .order_by(col(Invoice.issued_at), col(Invoice.number))
    )
    return list(db.execute(rows).all())


def policy_words(hospital: Hospital) -> str:
    """The hospital's dues rule in words."""
    return Dues((), hospital.dues_limit_paise, hospital.dues_grace_days).rule
