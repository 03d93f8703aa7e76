"""What is owed and by whom, summed in SQL over the open bills alone.

Every read here goes by the index open_bills_of_a_payer, so that the settled bills of years
are never looked at.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Row,
    Select,
    Subquery,
    and_,
    case,
    func,
    not_,
    select,
    true,
)
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.ages import AGE_ENDS, AGES
from mediklaud.database import total
from mediklaud.models import Account, Doctor, Invoice, Patient
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.standings import bills_kept_clear

MOST_ROWS = 200
Rows = list[Row[tuple[object, ...]]]
_CUT_WORDS = {
    "age": (),
    "doctor_number": ("doctor_number", "doctor_name"),
    "specialty": ("specialty",),
}


@dataclass(frozen=True)
class OwedWhere:
    """Which open bills are meant: of an age (a word of AGES), a doctor, a specialty; or all."""

    age: str | None = None
    doctor_number: str | None = None
    specialty: str | None = None
    on_hold: bool = False


@dataclass(frozen=True)
class OwedNumbers:
    """What is owed on the bills that are meant, by how many, and how many of those are on hold."""

    owed_paise: int
    bills: int
    patients: int
    on_hold: int


ALL = OwedWhere()


def aged_sums(db: Session, cut: str, where: OwedWhere = ALL, *, by: Account) -> Rows:
    """Open bills by age and by a cut: age alone, doctor_number or specialty.

    Columns: age, the words of the cut, bills, patients, owed_paise. A payer is counted once
    within the cut, in the age of the oldest bill, so that the rows of a doctor come to the
    doctor's patients.
    """
    permit(db, by, Deed.SEE_DUES)
    bills = _meant(db, where)
    of = bills.c
    first = func.row_number().over(
        partition_by=(of.payer_id, of[cut]), order_by=(of.issued_on, of.number)
    )
    told = select(bills, case((first == 1, 1), else_=0).label("counts")).subquery().c
    words = [told[word] for word in ("age", *_CUT_WORDS[cut])]
    rows: Select[*tuple[Any, ...]] = (
        select(
            *words,
            func.count().label("bills"),
            total(told.counts).label("patients"),
            total(told.owed_paise).label("owed_paise"),
        )
        .group_by(*words)
        .order_by(func.max(told.number))
    )
    return list(db.execute(rows).all())


def owed_numbers(db: Session, where: OwedWhere = ALL, *, by: Account) -> OwedNumbers:
    """The bills that are meant in four numbers."""
    permit(db, by, Deed.SEE_DUES)
    payers = _payers(db, _open(db), where)
    rows = select(
        total(payers.c.owed_paise),
        total(payers.c.bills),
        func.count(),
        total(case((payers.c.held_from.is_not(None), 1), else_=0)),
    )
    return OwedNumbers(*(int(cell) for cell in db.execute(rows).one()))


def owed_in_all(db: Session) -> OwedNumbers:
    """All that is owed now, without a look at who is on hold; for siblings, who asked before."""
    rows = select(
        total(col(Invoice.owed_paise)), func.count(), func.count(col(Invoice.payer_id).distinct())
    )
    owed, bills, patients = db.execute(rows.where(col(Invoice.settled_at).is_(None))).one()
    return OwedNumbers(int(owed), int(bills), int(patients), 0)


def who_owes(
    db: Session,
    where: OwedWhere = ALL,
    *,
    by: Account,
    first: int = 0,
    at_most: int = MOST_ROWS,
) -> Rows:
    """Who pays for the bills that are meant, the largest sum first, from a row on; at most 200.

    Columns: patient_id, patient_number, patient_name, phone, bills, owed_paise (of the bills
    meant), all_paise (of all), overdue_bills, overdue_paise (beyond the days of grace),
    oldest_on (the day of the oldest open bill), held_from (the day of the bill that went over
    the limit, which holds booking after the days of grace; None where booking is open).
    """
    permit(db, by, Deed.SEE_DUES)
    of = _payers(db, _open(db), where).c
    rows: Select[*tuple[Any, ...]] = (
        select(
            of.payer_id.label("patient_id"),
            col(Patient.number).label("patient_number"),
            col(Patient.name).label("patient_name"),
            col(Patient.phone),
            *(of.bills, of.owed_paise, of.all_paise, of.overdue_bills, of.overdue_paise),
            *(of.oldest_on, of.held_from),
        )
        .join(Patient, col(Patient.id) == of.payer_id)
        .order_by(of.owed_paise.desc(), col(Patient.number))
        .offset(first)
        .limit(min(at_most, MOST_ROWS))
    )
    return list(db.execute(rows).all())


def _open(db: Session) -> CTE:
    # Every open bill with its age and what is owed on it: once, and before it is put in order,
    # or SQLite would read all bills of all years by the index that has that order.
    today = clock.today(the_hospital(db).zone)
    young = [
        (col(Invoice.issued_on) >= today - timedelta(days=days), age)
        for days, age in zip(AGE_ENDS, AGES, strict=False)
    ]
    return (
        select(
            col(Invoice.number),
            col(Invoice.issued_on),
            col(Invoice.payer_id),
            col(Doctor.number).label("doctor_number"),
            col(Invoice.doctor_name),
            col(Invoice.doctor_specialty).label("specialty"),
            case(*young, else_=AGES[-1]).label("age"),
            col(Invoice.owed_paise),
        )
        .join(Doctor, col(Doctor.id) == col(Invoice.doctor_id))
        .where(col(Invoice.settled_at).is_(None))
        .cte("open_bill")
        .prefix_with("MATERIALIZED")
    )


def _is_meant(of: Any, where: OwedWhere) -> ColumnElement[bool]:
    words = {one: getattr(where, one) for one in ("age", "doctor_number", "specialty")}
    return and_(true(), *(of[word] == said for word, said in words.items() if said is not None))


def _meant(db: Session, where: OwedWhere) -> Subquery:
    # The open bills that are meant; with on_hold those of payers on hold alone.
    bills = _open(db)
    rows = select(bills).where(_is_meant(bills.c, where))
    if where.on_hold:
        rows = rows.where(bills.c.payer_id.in_(select(_payers(db, bills, where).c.payer_id)))
    return rows.subquery()


def _payers(db: Session, bills: CTE, where: OwedWhere) -> Subquery:
    """Each payer of a bill that is meant, with the dues gate's rule over all they owe.

    Bill by bill, the oldest first, the sum goes over the limit at one of them: booking is on
    hold once that bill is beyond the days of grace. What is on a plan that is kept counts for
    nothing there.
    """
    hospital = the_hospital(db)
    today = clock.today(hospital.zone)
    due_on = today - timedelta(days=hospital.dues_grace_days)
    on_kept_plan = bills.c.number.in_(bills_kept_clear(db, today))
    so_far = func.sum(case((on_kept_plan, 0), else_=bills.c.owed_paise)).over(
        partition_by=bills.c.payer_id, order_by=(bills.c.issued_on, bills.c.number)
    )
    of = select(bills, so_far.label("so_far"), on_kept_plan.label("on_kept_plan")).subquery().c
    meant, overdue = _is_meant(of, where), and_(of.issued_on <= due_on, not_(of.on_kept_plan))
    over = and_(of.so_far > hospital.dues_limit_paise, overdue)
    held_from = func.min(case((over, of.issued_on)))
    rows = (
        select(
            of.payer_id,
            total(case((meant, 1), else_=0)).label("bills"),
            total(case((meant, of.owed_paise), else_=0)).label("owed_paise"),
            total(of.owed_paise).label("all_paise"),
            total(case((overdue, 1), else_=0)).label("overdue_bills"),
            total(case((overdue, of.owed_paise), else_=0)).label("overdue_paise"),
            func.min(of.issued_on).label("oldest_on"),
            held_from.label("held_from"),
        )
        .group_by(of.payer_id)
        .having(total(case((meant, 1), else_=0)) > 0)
    )
    return (rows.having(held_from.is_not(None)) if where.on_hold else rows).subquery()
