"""What is owed and by whom, summed in SQL over the open bills alone.

Every read here goes by the index open_bills_of_a_payer and asks for nothing that does not
stand in it: so the settled bills of years are never looked at, nor the open ones themselves,
and what is grouped by payer comes in the order of the index and is never sorted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.ages import AGE_ENDS, AGES, AGES_PAISE
from mediklaud.database import total
from mediklaud.models import Account, Doctor, Invoice, Patient
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.payers import minors_are_born_after
from mediklaud.repository.standings import bills_kept_clear

MOST_ROWS = 200
Rows = list[Row[tuple[object, ...]]]
_PLACES = range(len(AGES))
# How a report calls what bills are summed by.
_CUTS = {"age": "age", "doctor_id": "doctor_number", "specialty": "specialty"}
# The columns of a query that others select from.
Columns = Any


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


def aged_sums(db: Session, where: OwedWhere = ALL, *, by: Account) -> Rows:
    """The open bills that are meant by age, by doctor and by specialty, in one statement.

    Columns: cut (age, doctor_number or specialty), word (the age, number or specialty),
    doctor_name (as the doctor is called now), bills, patients (who pays for them),
    owed_paise, and of it up_to_30_paise, up_to_60_paise, up_to_90_paise and over_90_paise.
    """
    permit(db, by, Deed.SEE_DUES)
    of = _meant(db, where)
    of_one = (of.doctor_id, of.specialty, of.age)
    sums = (func.count().label("bills"), total(of.owed_paise).label("owed_paise"))
    # Bill by bill once; what the cuts sum are a few cells.
    cells = select(*of_one, *sums).group_by(*of_one).cte("cells").c
    nobody = literal("", String)
    age = case(dict(enumerate(AGES)), value=cells.age)
    by_age = _cut("age", age, nobody, of, cells)
    by_doctor = _cut("doctor_id", col(Doctor.number), col(Doctor.name), of, cells)
    by_doctor = by_doctor.join(Doctor, col(Doctor.id) == cells.doctor_id)
    by_specialty = _cut("specialty", cells.specialty, nobody, of, cells)
    return list(db.execute(union_all(by_age, by_doctor, by_specialty)).all())


def _cut(by: str, word: Any, name: Any, of: Columns, cells: Columns) -> Select[*tuple[Any, ...]]:
    # The cells summed by a column, beside how many different payers there are.
    seen = select(of.payer_id, of[by]).distinct().subquery().c
    of_each = select(seen[by], func.count().label("patients")).group_by(seen[by]).subquery().c
    of_age = (total(case((cells.age == place, cells.owed_paise), else_=0)) for place in _PLACES)
    return (
        select(
            literal(_CUTS[by], String).label("cut"),
            *(word.label("word"), name.label("doctor_name")),
            *(total(cells.bills).label("bills"), of_each.patients),
            total(cells.owed_paise).label("owed_paise"),
            *(paise.label(label) for paise, label in zip(of_age, AGES_PAISE, strict=True)),
        )
        .join(of_each[by].table, of_each[by] == cells[by])
        .group_by(cells[by], of_each.patients, word, name)
    )


def whose_bills(db: Session, *, by: Account) -> Rows:
    """On whose bills something is owed, to choose from: doctor_number, doctor_name, specialty."""
    permit(db, by, Deed.SEE_DUES)
    bills = unpaid_bills()
    of = select(bills.doctor_id, bills.specialty).distinct().subquery().c
    rows: Select[*tuple[Any, ...]] = (
        select(
            col(Doctor.number).label("doctor_number"),
            col(Doctor.name).label("doctor_name"),
            of.specialty,
        )
        .join(of.doctor_id.table, of.doctor_id == col(Doctor.id))
        .order_by(col(Doctor.name), col(Doctor.number), of.specialty)
    )
    return list(db.execute(rows).all())


def owed_numbers(db: Session, where: OwedWhere = ALL, *, by: Account) -> OwedNumbers:
    """The bills that are meant in four numbers."""
    permit(db, by, Deed.SEE_DUES)
    of = _payers(db, where)
    held = case((_is_held(db, of), 1), else_=0)
    rows = select(total(of.owed_paise), total(of.bills), func.count(of.payer_id), total(held))
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
    payers_overdue_paise (of a minor's payer, which counts for the minor's gate too), oldest_on
    (the day of the oldest open bill), on_hold (whether that holds booking back; since when says
    `held_since`).
    """
    permit(db, by, Deed.SEE_DUES)
    payers = _payers(db, where)
    page: Select[*tuple[Any, ...]] = select(*payers)
    page = page.order_by(payers.owed_paise.desc(), payers.payer_id)
    shown = page.offset(first).limit(min(at_most, MOST_ROWS)).cte("shown").c
    # Bill by bill only for these: what else they owe.
    of = _counted(db, select(shown.payer_id))
    theirs = total(case((not_(of.own) & of.overdue, of.owed_paise)))
    rows: Select[*tuple[Any, ...]] = (
        select(
            shown.payer_id.label("patient_id"),
            col(Patient.number).label("patient_number"),
            col(Patient.name).label("patient_name"),
            *(col(Patient.phone), shown.bills, shown.owed_paise),
            total(case((of.own, of.owed_paise))).label("all_paise"),
            func.sum(case((and_(of.own, of.overdue), 1), else_=0)).label("overdue_bills"),
            shown.overdue_paise,
            theirs.label("payers_overdue_paise"),
            func.min(case((of.own, of.issued_on))).label("oldest_on"),
            (shown.overdue_paise + theirs > the_hospital(db).dues_limit_paise).label("on_hold"),
        )
        .join(Patient, col(Patient.id) == shown.payer_id)
        .join(of.patient_id.table, of.patient_id == shown.payer_id)
        .group_by(*shown, col(Patient.id))
        .order_by(shown.owed_paise.desc(), shown.payer_id)
    )
    return list(db.execute(rows).all())


def minors_held_by(db: Session, payer_ids: Collection[int], *, by: Account) -> dict[int, list[str]]:
    """The minors each of these pays for, by name: the payer's hold is theirs too.

    A minor who owes nothing is no row of `who_owes`, and is held back all the same.
    """
    permit(db, by, Deed.SEE_DUES)
    rows = select(col(Patient.payer_id), col(Patient.name))
    rows = rows.where(col(Patient.payer_id).in_(payer_ids), _is_minor(db))
    found: dict[int, list[str]] = {}
    for payer_id, name in db.execute(rows.order_by(col(Patient.name), col(Patient.id))):
        found.setdefault(payer_id, []).append(name)
    return found


def unpaid_bills() -> Columns:
    """Every open bill, as the index has it; for siblings, who asked before."""
    rows: Select[*tuple[Any, ...]] = select(
        *(col(Invoice.payer_id), col(Invoice.issued_on), col(Invoice.number)),
        *(col(Invoice.owed_paise), col(Invoice.doctor_id)),
        col(Invoice.doctor_specialty).label("specialty"),
    )
    return rows.where(col(Invoice.settled_at).is_(None)).subquery().c


def _age(db: Session, issued_on: Any) -> ColumnElement[int]:
    # By its place in AGES, since PostgreSQL sorts numbers in half the time of words.
    today = clock.today(the_hospital(db).zone)
    ends = ((issued_on >= today - timedelta(days=days), n) for n, days in enumerate(AGE_ENDS))
    return case(*ends, else_=len(AGE_ENDS))


def _meant(db: Session, where: OwedWhere) -> Columns:
    # The open bills that are meant; with on_hold those of payers on hold alone.
    of = unpaid_bills()
    meant = _is_meant(db, of, where)
    rows: Select[*tuple[Any, ...]] = select(*of, _age(db, of.issued_on).label("age"))
    if meant is not None:
        rows = rows.where(meant)
    if where.on_hold:
        rows = rows.where(of.payer_id.in_(select(_payers(db, where).payer_id)))
    return rows.subquery().c


def _is_meant(db: Session, of: Columns, where: OwedWhere) -> ColumnElement[bool] | None:
    # None where all are.
    asked: list[ColumnElement[bool]] = []
    if where.age is not None:
        # A word that is no age is that of no bill.
        places = [place for place in _PLACES if AGES[place] == where.age]
        asked.append(_age(db, of.issued_on).in_(places))
    if where.specialty is not None:
        asked.append(of.specialty == where.specialty)
    if where.doctor_number is not None:
        theirs = select(col(Doctor.id)).where(col(Doctor.number) == where.doctor_number)
        asked.append(of.doctor_id == theirs.scalar_subquery())
    return and_(*asked) if asked else None


def _payers(db: Session, where: OwedWhere) -> Columns:
    """Each payer of a bill that is meant: what is owed on those, and overdue on all.

    With on_hold only those whom the dues gate holds back.
    """
    of = unpaid_bills()
    meant, overdue = _is_meant(db, of, where), _is_overdue(db, of)
    bills = func.count() if meant is None else func.sum(case((meant, 1), else_=0))
    owed = of.owed_paise if meant is None else case((meant, of.owed_paise), else_=0)
    overdue_paise = total(case((overdue, of.owed_paise), else_=0))
    rows = select(
        *(of.payer_id, bills.label("bills"), total(owed).label("owed_paise")),
        overdue_paise.label("overdue_paise"),
    ).group_by(of.payer_id)
    if meant is not None:
        rows = rows.having(bills > 0)
    payers = rows.subquery().c
    if where.on_hold:
        return select(*payers).where(_is_held(db, payers)).subquery().c
    return payers


def _is_held(db: Session, payers: Columns) -> ColumnElement[bool]:
    """The dues gate's own rule: more overdue than the limit, for a minor with the payer's."""
    limit = the_hospital(db).dues_limit_paise
    # Who is over it alone is on hold whoever pays: only the others are looked up.
    of, is_minor = unpaid_bills(), _is_minor(db)
    theirs = (
        select(total(of.owed_paise))
        .join(Patient, col(Patient.payer_id) == of.payer_id)
        .where(col(Patient.id) == payers.payer_id, is_minor, _is_overdue(db, of))
        .correlate(payers.payer_id.table)
        .scalar_subquery()
    )
    alone = payers.overdue_paise > limit
    return or_(alone, payers.overdue_paise + theirs > limit)


def _is_minor(db: Session) -> ColumnElement[bool]:
    return col(Patient.birth_date) > minors_are_born_after(clock.today(the_hospital(db).zone))


def _counted(db: Session, patient_ids: Any) -> Columns:
    """The open bills that count for some patients: their own and, for minors, their payers'.

    Whether each is own, and overdue.
    """
    of = unpaid_bills()
    bill = (of.issued_on, of.number, of.owed_paise)
    own = select(of.payer_id.label("patient_id"), *bill, true().label("own"))
    theirs = select(col(Patient.id), *bill, false()).where(
        col(Patient.payer_id) == of.payer_id, _is_minor(db), col(Patient.id).in_(patient_ids)
    )
    counted = union_all(own.where(of.payer_id.in_(patient_ids)), theirs).subquery().c
    return select(*counted, _is_overdue(db, counted).label("overdue")).subquery().c


def _is_overdue(db: Session, of: Columns) -> ColumnElement[bool]:
    # Beyond the days of grace; what is on a plan that is kept counts for nothing. Without grace
    # every day counts, tomorrow too: another server's clock may have dated a bill so.
    hospital = the_hospital(db)
    today, grace = clock.today(hospital.zone), hospital.dues_grace_days
    last_day = today - timedelta(days=grace) if grace else date.max
    overdue: ColumnElement[bool] = of.issued_on <= last_day
    kept = bills_kept_clear(db, today)
    return and_(overdue, of.number.not_in(kept)) if kept else overdue
