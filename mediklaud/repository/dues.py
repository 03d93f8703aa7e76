"""Outstanding dues and the gate: what a patient owes, and whether that holds booking back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, select
from sqlmodel import Session, col

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
    def overdue_paise(self) -> int:
        """What is owed on bills beyond the days of grace, in paise."""
        return sum(bill.owed_paise for bill in self.bills if bill.age_days >= self.grace_days)

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


# What is paid on the bill of the enclosing query, in paise.
ALLOCATED = (
    select(total(Allocation.amount_paise))
    .where(col(Allocation.invoice_number) == col(Invoice.number))
    .correlate(Invoice)
    .scalar_subquery()
)
_OPEN_BILLS = (
    select(
        col(Invoice.number),
        col(Invoice.issued_on),
        col(Invoice.doctor_name),
        col(Invoice.total_paise),
        (col(Invoice.total_paise) - ALLOCATED).label("owed_paise"),
    )
    .where(col(Invoice.settled_at).is_(None))
    .order_by(col(Invoice.issued_at), col(Invoice.number))
)
_OPEN_BILLS_OF = _OPEN_BILLS.where(col(Invoice.patient_id) == bindparam("patient_id"))


def dues_of(db: Session, patient_id: int | None) -> Dues:
    """What a patient owes now. Asked inside a booking, after the patient's row is locked."""
    hospital = the_hospital(db)
    today = clock.today(hospital.zone)
    db.flush()
    rows = db.connection().execute(_OPEN_BILLS_OF, {"patient_id": patient_id})
    bills = tuple(
        OpenBill(number, issued_on, doctor, total_paise, owed, (today - issued_on).days)
        for number, issued_on, doctor, total_paise, owed in rows
    )
    return Dues(bills, hospital.dues_limit_paise, hospital.dues_grace_days)


def open_bills(db: Session, *, by: Account) -> list[Row[tuple[object, ...]]]:
    """Every open bill with its patient and doctor, oldest first: the flat read of the reports.

    Columns: number, issued_on, doctor_name, specialty, patient_id, patient_number,
    patient_name, phone, total_paise, owed_paise, doctor_number.
    """
    permit(db, by, Deed.SEE_DUES)
    rows: Select[*tuple[Any, ...]] = (
        select(
            col(Invoice.number),
            col(Invoice.issued_on),
            col(Invoice.doctor_name),
            col(Invoice.doctor_specialty).label("specialty"),
            col(Invoice.patient_id),
            col(Patient.number).label("patient_number"),
            col(Patient.name).label("patient_name"),
            col(Patient.phone),
            col(Invoice.total_paise),
            (col(Invoice.total_paise) - ALLOCATED).label("owed_paise"),
            col(Doctor.number).label("doctor_number"),
        )
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .join(Patient, col(Patient.id) == col(Invoice.patient_id))
        .where(col(Invoice.settled_at).is_(None))
        .order_by(col(Invoice.issued_at), col(Invoice.number))
    )
    return list(db.execute(rows).all())


def dues_at(
    db: Session,
    patient_id: int,
    moment: datetime,
    *,
    including: bool,
    issued_by: date | None = None,
) -> int:
    """What a patient owed at a moment, in paise, recounted from the ledger alone.

    `including` counts what happened in that very microsecond; `issued_by` counts only the
    bills of that day and before.
    """
    bills = [col(Invoice.patient_id) == patient_id]
    if issued_by is not None:
        bills.append(col(Invoice.issued_on) <= issued_by)
    issued = select(total(Invoice.total_paise)).where(
        *bills, _upto(col(Invoice.issued_at), moment, including)
    )
    allocated = (
        select(total(Allocation.amount_paise))
        .join(Invoice, col(Invoice.number) == col(Allocation.invoice_number))
        .where(*bills, _upto(col(Allocation.allocated_at), moment, including))
    )
    return int(db.execute(issued).scalar_one()) - int(db.execute(allocated).scalar_one())


def _upto(column: Any, moment: datetime, including: bool) -> ColumnElement[bool]:
    upto: ColumnElement[bool] = column <= moment if including else column < moment
    return upto


def policy_words(hospital: Hospital) -> str:
    """The hospital's dues rule in words."""
    return Dues((), hospital.dues_limit_paise, hospital.dues_grace_days).rule
