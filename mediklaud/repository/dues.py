"""Outstanding dues and the gate: what a patient owes, and whether that holds booking back."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import total
from mediklaud.models import Account, Allocation, Doctor, Hospital, Invoice, Patient
from mediklaud.money import rupees
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital


@dataclass(frozen=True)
class OpenBill:
    """A bill on which something is owed. Sums in paise, age in days at the hospital."""

    number: str
    issued_on: date
    doctor_name: str
    total_paise: int
    owed_paise: int
    age_days: int


@dataclass(frozen=True)
class Dues:
    """What a patient owes, oldest bill first, and what the hospital's rule makes of it."""

    bills: tuple[OpenBill, ...]
    limit_paise: int
    grace_days: int

    @property
    def total_paise(self) -> int:
        """Everything owed, in paise: issued minus allocated."""
        return sum(bill.owed_paise for bill in self.bills)

    @property
    def on_hold(self) -> bool:
        """Whether routine booking is on hold: more than the limit is owed beyond the grace."""
        due = sum(bill.owed_paise for bill in self.bills if bill.age_days >= self.grace_days)
        return due > self.limit_paise

    @property
    def rule(self) -> str:
        """The hospital's rule in words."""
        if not self.limit_paise and not self.grace_days:
            return "any bill that is not paid in full"
        return f"more than {rupees(self.limit_paise)} owed for {self.grace_days} days or more"


_ALLOCATED = (
    select(total(Allocation.amount_paise))
    .where(col(Allocation.invoice_number) == col(Invoice.number))
    .correlate(Invoice)
    .scalar_subquery()
)
_OPEN_BILLS = (
    select(
        Invoice.number,
        Invoice.issued_on,
        Invoice.doctor_name,
        Invoice.total_paise,
        (col(Invoice.total_paise) - _ALLOCATED).label("owed_paise"),
    )
    .where(col(Invoice.settled_at).is_(None))
    .order_by(col(Invoice.issued_at), col(Invoice.number))
)


def dues_of(db: Session, patient_id: int | None) -> Dues:
    """What a patient owes now. Asked inside a booking, after the patient's row is locked."""
    hospital = the_hospital(db)
    today = clock.today(hospital.zone)
    rows = db.exec(_OPEN_BILLS.where(Invoice.patient_id == patient_id))
    bills = tuple(OpenBill(*row, age_days=(today - row.issued_on).days) for row in rows)
    return Dues(bills, hospital.dues_limit_paise, hospital.dues_grace_days)


def open_bills(db: Session, *, by: Account) -> list[Row[tuple[object, ...]]]:
    """Every open bill with its patient and doctor, oldest first: the flat read of the reports.

    Columns: number, issued_on, doctor_name, specialty, patient_id, patient_number,
    patient_name, phone, total_paise, owed_paise, doctor_number.
    """
    permit(db, by, Deed.SEE_DUES)
    rows = (
        select(
            Invoice.number,
            Invoice.issued_on,
            Invoice.doctor_name,
            col(Invoice.doctor_specialty).label("specialty"),
            Invoice.patient_id,
            col(Patient.number).label("patient_number"),
            col(Patient.name).label("patient_name"),
            Patient.phone,
            Invoice.total_paise,
            (col(Invoice.total_paise) - _ALLOCATED).label("owed_paise"),
            col(Doctor.number).label("doctor_number"),
        )
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .join(Patient, col(Patient.id) == col(Invoice.patient_id))
        .where(col(Invoice.settled_at).is_(None))
        .order_by(col(Invoice.issued_at), col(Invoice.number))
    )
    return list(db.execute(rows).all())


def dues_at(db: Session, patient_id: int, moment: datetime, *, including: bool) -> int:
    """What a patient owed at a moment, in paise, recounted from the ledger alone.

    `including` counts what happened in that very microsecond.
    """
    upto = (lambda column: column <= moment) if including else (lambda column: column < moment)
    issued = select(total(Invoice.total_paise)).where(
        Invoice.patient_id == patient_id, upto(col(Invoice.issued_at))
    )
    allocated = (
        select(total(Allocation.amount_paise))
        .join(Invoice, col(Invoice.number) == col(Allocation.invoice_number))
        .where(Invoice.patient_id == patient_id, upto(col(Allocation.allocated_at)))
    )
    return db.execute(issued).scalar_one() - db.execute(allocated).scalar_one()


def policy_words(hospital: Hospital) -> str:
    """The hospital's dues rule in words."""
    return Dues((), hospital.dues_limit_paise, hospital.dues_grace_days).rule
