"""Doctors' shares of money received: what was agreed with them, and the lines of a statement."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Row, Select, Subquery, case, cast, func, or_
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import known, total
from mediklaud.errors import ShareInThePast, ShareNotPossible
from mediklaud.models import (
    Account,
    Allocation,
    Charge,
    CreditNote,
    Doctor,
    DoctorShare,
    Invoice,
    InvoiceLine,
    Payment,
    Receipt,
)
from mediklaud.money import MOST_PAISE
from mediklaud.permissions import Deed
from mediklaud.repository.audit import Change, note_deed, permit
from mediklaud.repository.doctors import locked_doctor
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.statements import paper_head
from mediklaud.statements import DoctorStatement, ShareLine

_Before = aliased(Allocation)
# The part itself, or the one it takes back.
_Set = aliased(Allocation)


def set_share(
    db: Session,
    doctor: Doctor,
    effective_from: date,
    *,
    by: Account,
    basis_points: int = 0,
    visit_paise: int = 0,
) -> DoctorShare:
    """Agree what a doctor is paid of the money received on bills issued from a day on.

    A part of it in hundredths of a per cent, or a sum for each visit; today or later. The same
    day's share is written over (one_share_a_day), and a second click is the same share.
    """
    permit(db, by, Deed.SET_SHARES, doctor)
    possible = 0 <= basis_points <= 10_000 and 0 <= visit_paise <= MOST_PAISE
    if not possible or (basis_points and visit_paise):
        raise ShareNotPossible()
    if effective_from < clock.today(the_hospital(db).zone):
        raise ShareInThePast()
    kept = locked_doctor(db, doctor.id)
    same_day = select(DoctorShare).where(
        DoctorShare.doctor_id == kept.id, DoctorShare.effective_from == effective_from
    )
    share = db.exec(same_day).first()
    if share and (share.basis_points, share.visit_paise) == (basis_points, visit_paise):
        return share
    before = (share.basis_points, share.visit_paise) if share else (None, None)
    share = share or DoctorShare(doctor_id=kept.id or 0, effective_from=effective_from)
    share.basis_points, share.visit_paise = basis_points, visit_paise
    db.add(share)
    db.flush()
    note_deed(
        db,
        by,
        "share set",
        f"doctor/{kept.id}",
        effective_from=effective_from.isoformat(),
        basis_points=Change(before[0], basis_points),
        visit_paise=Change(before[1], visit_paise),
    )
    return share


def share_terms(db: Session, *, by: Account) -> list[Row[tuple[Any, ...]]]:
    """Every share agreed, by doctor and its first day, as the reports read it.

    doctor_number, effective_from, basis_points, visit_paise.
    """
    permit(db, by, Deed.SEE_SHARES)
    rows: Select[*tuple[Any, ...]] = (
        columns(
            col(Doctor.number).label("doctor_number"),
            col(DoctorShare.effective_from),
            col(DoctorShare.basis_points),
            col(DoctorShare.visit_paise),
        )
        .join(Doctor, col(Doctor.id) == col(DoctorShare.doctor_id))
        .order_by(col(Doctor.number), col(DoctorShare.effective_from))
    )
    return list(db.execute(rows).all())


def share_lines(
    db: Session, first_day: date, last_day: date, *, by: Account, doctor: Doctor | None = None
) -> list[Row[tuple[Any, ...]]]:
    """Every part of a payment set against a doctor's bill in these days, or taken back of it.

    In the order of the ledger, as the reports read it: day, doctor_number, doctor_name, number
    (the bill's), patient_name, issued_on, total_paise, tax_paise, visits, receipt_number, method,
    before_paise and elsewhere_paise (received on the bill before these days, while it came to
    the same and to another sum), received_paise. All parts of a receipt sum to what of it pays
    bills, so a statement ties to the receipts.

    What a bill came to, and the tax within it, is the bill less the credit notes that stood
    when the part was set against it; a cancelled one stood until then. What is taken back goes
    by the moment of the part it takes back. So a later credit note changes no earlier month.
    """
    permit(db, by, Deed.SEE_SHARES, doctor)
    if doctor is not None:
        known(db, Doctor, doctor.id)
    parts = _parts(first_day, last_day, doctor)
    visits = (
        select(func.count(col(Charge.id)))
        .join(InvoiceLine, col(InvoiceLine.charge_id) == col(Charge.id))
        .where(
            col(InvoiceLine.invoice_number) == col(Invoice.number),
            col(Charge.appointment_id).is_not(None),
        )
        .correlate(Invoice)
        .scalar_subquery()
    )
    rows: Select[*tuple[Any, ...]] = (
        columns(
            parts.c.day,
            col(Doctor.number).label("doctor_number"),
            col(Invoice.doctor_name),
            col(Invoice.number),
            col(Invoice.patient_name),
            col(Invoice.issued_on),
            parts.c.total_paise,
            parts.c.tax_paise,
            visits.label("visits"),
            col(Payment.receipt_number),
            col(Payment.method),
            parts.c.before_paise,
            (parts.c.before_in_all_paise - parts.c.before_paise).label("elsewhere_paise"),
            parts.c.received_paise,
        )
        .select_from(parts)
        .join(Invoice, col(Invoice.number) == parts.c.number)
        .join(Payment, col(Payment.id) == parts.c.payment_id)
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .where(parts.c.day >= first_day)
        .order_by(parts.c.day, parts.c.id)
    )
    return list(db.execute(rows).all())


def _parts(first_day: date, last_day: date, doctor: Doctor | None) -> Subquery:
    """Every part so far of the bills that money moved on in these days, with the bill's sums."""
    moved = columns(col(_Before.invoice_number)).where(
        col(_Before.allocated_on) >= first_day, col(_Before.allocated_on) <= last_day
    )
    rows: Select[*tuple[Any, ...]] = (
        columns(
            col(Allocation.id),
            col(Allocation.allocated_on).label("day"),
            col(Allocation.payment_id),
            col(Allocation.amount_paise).label("received_paise"),
            col(Invoice.number),
            (col(Invoice.total_paise) - _credited(CreditNote.total_paise)).label("total_paise"),
            (col(Invoice.tax_paise) - _credited(CreditNote.tax_paise)).label("tax_paise"),
        )
        .join(Invoice, col(Invoice.number) == col(Allocation.invoice_number))
        .join(_Set, col(_Set.id) == func.coalesce(Allocation.reverses_id, Allocation.id))
        .where(col(Invoice.number).in_(moved), col(Allocation.allocated_on) <= last_day)
    )
    if doctor is not None:
        rows = rows.where(col(Invoice.doctor_id) == doctor.id)
    told = rows.subquery()
    earlier = case((told.c.day < first_day, told.c.received_paise), else_=0)
    alike = (told.c.number, told.c.total_paise, told.c.tax_paise)
    return columns(
        told,
        cast(func.sum(earlier).over(partition_by=alike), BigInteger).label("before_paise"),
        cast(func.sum(earlier).over(partition_by=told.c.number), BigInteger).label(
            "before_in_all_paise"
        ),
    ).subquery()


def _credited(column: Any) -> Any:
    """What credit notes took off a bill, of those that stood when the part was set against it."""
    cancelled_at = col(CreditNote.cancelled_at)
    standing = (
        select(total(column))
        .where(
            col(CreditNote.invoice_number) == col(Invoice.number),
            # A credit note sets what it frees against the rest of its bill in its own moment.
            col(CreditNote.issued_at) <= col(_Set.allocated_at),
            or_(cancelled_at.is_(None), cancelled_at > col(_Set.allocated_at)),
        )
        .correlate(Invoice, _Set)
    )
    return standing.scalar_subquery()


def received_for(
    db: Session, doctor: Doctor, first_day: date, last_day: date, *, by: Account
) -> list[Row[tuple[Any, ...]]]:
    """What each receipt paid on a doctor's bills in these days, less what was taken back.

    Read from the receipts' side and by the moment, where `share_lines` goes by the bill and
    the day: so that one proves the other. Columns: receipt_number, issued_on, amount_paise
    (all of the receipt), received_paise.
    """
    permit(db, by, Deed.SEE_SHARES, doctor)
    known(db, Doctor, doctor.id)
    zone = the_hospital(db).zone
    begins = clock.moment_at(first_day, 0, zone)
    ends = clock.moment_at(last_day, clock.MINUTES_A_DAY, zone)
    moved = (
        columns(
            col(Payment.receipt_number),
            total(Allocation.amount_paise).label("received_paise"),
        )
        .join(Allocation, col(Allocation.payment_id) == col(Payment.id))
        .where(
            col(Allocation.allocated_at) >= begins,
            col(Allocation.allocated_at) < ends,
            col(Allocation.invoice_number).in_(
                columns(col(Invoice.number)).where(col(Invoice.doctor_id) == doctor.id)
            ),
        )
        .group_by(col(Payment.receipt_number))
        .subquery()
    )
    rows: Select[*tuple[Any, ...]] = (
        columns(
            col(Receipt.number).label("receipt_number"),
            col(Receipt.issued_on),
            col(Receipt.amount_paise),
            moved.c.received_paise,
        )
        .join(moved, moved.c.receipt_number == col(Receipt.number))
        .order_by(col(Receipt.issued_on), col(Receipt.number))
    )
    return list(db.execute(rows).all())


def doctor_statement(
    db: Session,
    doctor: Doctor,
    first_day: date,
    last_day: date,
    lines: Sequence[ShareLine],
    *,
    by: Account,
) -> DoctorStatement:
    """A doctor's month as a paper, with the receipts' sum that its lines are held against."""
    permit(db, by, Deed.SEE_SHARES, doctor)
    kept = known(db, Doctor, doctor.id)
    receipts = received_for(db, kept, first_day, last_day, by=by)
    now, zone = clock.now(), the_hospital(db).zone
    return DoctorStatement(
        issued_on=clock.day_of(now, zone),
        issued_at_words=clock.paper_words(now, zone),
        hospital=paper_head(db),
        doctor_name=kept.name,
        doctor_registration=f"{kept.council} {kept.registration}",
        doctor_specialty=kept.specialty,
        month=first_day,
        lines=tuple(lines),
        received_paise=sum(line.received_paise for line in lines),
        share_paise=sum(line.share_paise for line in lines),
        receipts_paise=sum(int(row.received_paise) for row in receipts),
    )
