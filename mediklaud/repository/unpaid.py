"""The open bills as statements see them: which are meant, how old, overdue, and on whose hold.

Each statement here is worded once for what is asked, since wording it takes longer than running
many a one: what changes from look to look, such as the day, is a gap in it (`gaps_of`).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.ages import AGE_ENDS, AGES
from mediklaud.database import total
from mediklaud.models import Doctor, Invoice, Patient
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.payers import minors_are_born_after
from mediklaud.repository.standings import bills_kept_clear

PLACES = range(len(AGES))
# The columns of a query that others select from.
Columns = Any
# What shapes a statement: the words of OwedWhere that are asked, and whether plans are kept.
Asked = frozenset[str]
Gaps = dict[str, Any]


@dataclass(frozen=True)
class OwedWhere:
    """Which open bills are meant: of an age (a word of AGES), a doctor, a specialty; or all."""

    age: str | None = None
    doctor_number: str | None = None
    specialty: str | None = None
    on_hold: bool = False


def gaps_of(db: Session, where: OwedWhere) -> tuple[Asked, Gaps]:
    """What shapes a statement about these bills, and what fills its gaps today."""
    hospital = the_hospital(db)
    today, grace = clock.today(hospital.zone), hospital.dues_grace_days
    kept = bills_kept_clear(db, today)
    asked = {word for word, said in vars(where).items() if said not in (None, False)}
    gaps = {
        "limit_paise": hospital.dues_limit_paise,
        "born_after": minors_are_born_after(today),
        # Without grace every day counts, tomorrow too: another server's clock may have dated a
        # bill so.
        "last_day": today - timedelta(days=grace) if grace else date.max,
        **{f"since_{place}": today - timedelta(days=days) for place, days in enumerate(AGE_ENDS)},
        # A word that is no age is that of no bill.
        "age": AGES.index(where.age) if where.age in AGES else len(AGES),
        "doctor_number": where.doctor_number,
        "specialty": where.specialty,
        "kept": sorted(kept),
    }
    return frozenset(asked | ({"kept"} if kept else set())), gaps


def unpaid_bills() -> Columns:
    """Every open bill, as the index has it; for siblings, who asked before."""
    rows: Select[*tuple[Any, ...]] = select(
        *(col(Invoice.payer_id), col(Invoice.issued_on), col(Invoice.number)),
        *(col(Invoice.owed_paise), col(Invoice.doctor_id)),
        col(Invoice.doctor_specialty).label("specialty"),
    )
    return rows.where(col(Invoice.settled_at).is_(None)).subquery().c


def meant(asked: Asked) -> Columns:
    """The open bills that are meant, and their age; with on_hold those of payers on hold alone."""
    of = unpaid_bills()
    rows: Select[*tuple[Any, ...]] = select(*of, _age(of.issued_on).label("age"))
    wanted = _is_meant(asked, of)
    if wanted is not None:
        rows = rows.where(wanted)
    if "on_hold" in asked:
        rows = rows.where(of.payer_id.in_(select(payers(asked).payer_id)))
    return rows.subquery().c


def payers(asked: Asked) -> Columns:
    """Each payer of a bill that is meant: what is owed on those, and overdue on all.

    With on_hold only those whom the dues gate holds back.
    """
    of = unpaid_bills()
    wanted = _is_meant(asked, of)
    bills = func.count() if wanted is None else func.sum(case((wanted, 1), else_=0))
    owed = of.owed_paise if wanted is None else case((wanted, of.owed_paise), else_=0)
    overdue_paise = total(case((is_overdue(asked, of), of.owed_paise), else_=0))
    rows = select(
        *(of.payer_id, bills.label("bills"), total(owed).label("owed_paise")),
        overdue_paise.label("overdue_paise"),
    ).group_by(of.payer_id)
    if wanted is not None:
        rows = rows.having(bills > 0)
    if "on_hold" not in asked:
        return rows.cte("payers").c
    every = rows.subquery().c
    return select(*every).where(is_held(asked, every)).cte("payers").c


def is_held(asked: Asked, of_payers: Columns) -> ColumnElement[bool]:
    """The dues gate's own rule: more overdue than the limit, for a minor with the payer's."""
    # Who is over it alone is on hold whoever pays: only the others are looked up.
    of = unpaid_bills()
    limit: BindParameter[int] = bindparam("limit_paise")
    theirs = (
        select(total(of.owed_paise))
        .join(Patient, col(Patient.payer_id) == of.payer_id)
        .where(col(Patient.id) == of_payers.payer_id, is_minor(), is_overdue(asked, of))
        .correlate(of_payers.payer_id.table)
        .scalar_subquery()
    )
    alone = of_payers.overdue_paise > limit
    return or_(alone, of_payers.overdue_paise + theirs > limit)


def counted(asked: Asked, patient_ids: Any) -> Columns:
    """The open bills that count for some patients: their own and, for minors, their payers'.

    Whether each is own, and overdue.
    """
    of = unpaid_bills()
    bill = (of.issued_on, of.number, of.owed_paise)
    own = select(of.payer_id.label("patient_id"), *bill, true().label("own"))
    theirs = select(col(Patient.id), *bill, false()).where(
        col(Patient.payer_id) == of.payer_id, is_minor(), col(Patient.id).in_(patient_ids)
    )
    both = union_all(own.where(of.payer_id.in_(patient_ids)), theirs).subquery().c
    return select(*both, is_overdue(asked, both).label("overdue")).subquery().c


def is_minor() -> ColumnElement[bool]:
    """Whether a patient is a minor today."""
    return col(Patient.birth_date) > bindparam("born_after")


def is_overdue(asked: Asked, of: Columns) -> ColumnElement[bool]:
    """Whether a bill is beyond the days of grace; one on a plan that is kept counts for nothing."""
    overdue: ColumnElement[bool] = of.issued_on <= bindparam("last_day")
    if "kept" not in asked:
        return overdue
    return and_(overdue, of.number.not_in(bindparam("kept", expanding=True)))


def _age(issued_on: Any) -> ColumnElement[int]:
    # By its place in AGES, since PostgreSQL sorts numbers in half the time of words.
    ends = ((issued_on >= bindparam(f"since_{n}"), n) for n in range(len(AGE_ENDS)))
    return case(*ends, else_=len(AGE_ENDS))


def _is_meant(asked: Asked, of: Columns) -> ColumnElement[bool] | None:
    # None where all are.
    wanted: list[ColumnElement[bool]] = []
    if "age" in asked:
        wanted.append(_age(of.issued_on) == bindparam("age"))
    if "specialty" in asked:
        wanted.append(of.specialty == bindparam("specialty"))
    if "doctor_number" in asked:
        theirs = select(col(Doctor.id)).where(col(Doctor.number) == bindparam("doctor_number"))
        wanted.append(of.doctor_id == theirs.scalar_subquery())
    return and_(*wanted) if wanted else None
