"""What is owed and by whom, summed in SQL over the open bills alone.

Every read here goes by the index open_bills_of_a_payer and asks for nothing that does not
stand in it: so the settled bills of years are never looked at, nor the open ones themselves,
and what is grouped by payer comes in the order of the index and is never sorted.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    not_,
    select,
    true,
    union_all,
)
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.ages import AGES, AGES_PAISE
from mediklaud.database import total
from mediklaud.models import Account, Doctor, Invoice, Patient
from mediklaud.permissions import Deed
from mediklaud.repository.audit import permit
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.payers import minors_are_born_after
from mediklaud.repository.unpaid import (
    PLACES,
    Asked,
    Columns,
    OwedWhere,
    counted,
    gaps_of,
    is_held,
    is_minor,
    meant,
    payers,
    unpaid_bills,
)

MOST_ROWS = 200
Rows = list[Row[tuple[object, ...]]]
# How a report calls what bills are summed by.
_CUTS = {"age": "age", "doctor_id": "doctor_number", "specialty": "specialty"}
ALL = OwedWhere()


@dataclass(frozen=True)
class OwedNumbers:
    """What is owed on the bills that are meant, by how many, and how many of those are on hold."""

    owed_paise: int
    bills: int
    patients: int
    on_hold: int


# By what


def aged_sums(db: Session, where: OwedWhere = ALL, *, by: Account) -> Rows:
    """The open bills that are meant by age, by doctor and by specialty, in one statement.

    Columns: cut (age, doctor_number or specialty), word (the age, number or specialty),
    doctor_name (as the doctor is called now), bills, patients (who pays for them),
    owed_paise, and of it up_to_30_paise, up_to_60_paise, up_to_90_paise and over_90_paise.
    """
    permit(db, by, Deed.SEE_DUES)
    asked, gaps = gaps_of(db, where)
    return list(db.execute(_aged(asked), gaps).all())


@cache
def _aged(asked: Asked) -> CompoundSelect[*tuple[Any, ...]]:
    of = meant(asked)
    # Numbers before words: SQLite then orders the bills in two thirds of the time.
    of_one = (of.age, of.doctor_id, of.specialty)
    sums = (func.count().label("bills"), total(of.owed_paise).label("owed_paise"))
    # Bill by bill once; what the cuts sum are a few cells.
    cells = select(*of_one, *sums).group_by(*of_one).cte("cells").c
    nobody = literal("", String)
    age = case(dict(enumerate(AGES)), value=cells.age)
    by_age = _cut("age", age, nobody, of, cells)
    by_doctor = _cut("doctor_id", col(Doctor.number), col(Doctor.name), of, cells)
    by_doctor = by_doctor.join(Doctor, col(Doctor.id) == cells.doctor_id)
    by_specialty = _cut("specialty", cells.specialty, nobody, of, cells)
    return union_all(by_age, by_doctor, by_specialty)


def _cut(by: str, word: Any, name: Any, of: Columns, cells: Columns) -> Select[*tuple[Any, ...]]:
    # The cells summed by a column, beside how many different payers there are.
    seen = select(of.payer_id, of[by]).distinct().subquery().c
    of_each = select(seen[by], func.count().label("patients")).group_by(seen[by]).subquery().c
    of_age = (total(case((cells.age == place, cells.owed_paise), else_=0)) for place in PLACES)
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
    return list(db.execute(_whose()).all())


@cache
def _whose() -> Select[*tuple[Any, ...]]:
    bills = unpaid_bills()
    of = select(bills.doctor_id, bills.specialty).distinct().subquery().c
    rows: Select[*tuple[Any, ...]] = select(
        col(Doctor.number).label("doctor_number"), col(Doctor.name).label("doctor_name")
    )
    return (
        rows.add_columns(of.specialty)
        .join(of.doctor_id.table, of.doctor_id == col(Doctor.id))
        .order_by(col(Doctor.name), col(Doctor.number), of.specialty)
    )


# By whom


def owed_numbers(db: Session, where: OwedWhere = ALL, *, by: Account) -> OwedNumbers:
    """The bills that are meant in four numbers."""
    permit(db, by, Deed.SEE_DUES)
    asked, gaps = gaps_of(db, where)
    return OwedNumbers(*map(int, db.execute(_numbers(asked), gaps).one()))


@cache
def _numbers(asked: Asked) -> Select[*tuple[Any, ...]]:
    return _numbered(asked, payers(asked))


def _numbered(asked: Asked, of: Columns) -> Select[*tuple[Any, ...]]:
    held = case((is_held(asked, of), 1), else_=0)
    return select(
        *(total(of.owed_paise).label("in_all_paise"), total(of.bills).label("in_all_bills")),
        *(func.count(of.payer_id).label("in_all"), total(held).label("in_all_on_hold")),
    )


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
    asked, gaps = gaps_of(db, where)
    gaps |= {"first": first, "at_most": min(at_most, MOST_ROWS)}
    return list(db.execute(_owing(asked), gaps).all())


def numbers_and_payers(
    db: Session, where: OwedWhere = ALL, *, by: Account, first: int = 0, at_most: int = MOST_ROWS
) -> tuple[OwedNumbers, Rows]:
    """What `owed_numbers` and `who_owes` say, of payers who are grouped once for both."""
    permit(db, by, Deed.SEE_DUES)
    asked, gaps = gaps_of(db, where)
    gaps |= {"first": first, "at_most": min(at_most, MOST_ROWS)}
    rows = list(db.execute(_numbers_and_owing(asked), gaps).all())
    # The numbers stand on every row; there is one without a payer where none is shown.
    return OwedNumbers(*map(int, rows[0][:4])), [row for row in rows if row.patient_id is not None]


@cache
def _owing(asked: Asked) -> Select[*tuple[Any, ...]]:
    rows = _told(asked, payers(asked))
    return rows.order_by(*_largest_first(rows.selected_columns))


@cache
def _numbers_and_owing(asked: Asked) -> Select[*tuple[Any, ...]]:
    of = payers(asked)
    numbers, told = _numbered(asked, of).subquery(), _told(asked, of).subquery()
    both: Select[*tuple[Any, ...]] = select(*numbers.c, *told.c)
    rows = both.select_from(numbers.outerjoin(told, true()))
    return rows.order_by(*_largest_first(told.c))


def _largest_first(of: Columns) -> tuple[Any, Any]:
    return of.owed_paise.desc(), of.patient_id


def _told(asked: Asked, of_payers: Columns) -> Select[*tuple[Any, ...]]:
    page: Select[*tuple[Any, ...]] = select(*of_payers)
    page = page.order_by(of_payers.owed_paise.desc(), of_payers.payer_id)
    shown = page.offset(bindparam("first")).limit(bindparam("at_most")).cte("shown").c
    # Bill by bill only for these: what else they owe.
    of = counted(asked, select(shown.payer_id))
    theirs = total(case((not_(of.own) & of.overdue, of.owed_paise)))
    rows: Select[*tuple[Any, ...]] = select(
        shown.payer_id.label("patient_id"),
        col(Patient.number).label("patient_number"),
        col(Patient.name).label("patient_name"),
        *(col(Patient.phone), shown.bills, shown.owed_paise),
        total(case((of.own, of.owed_paise))).label("all_paise"),
        func.sum(case((and_(of.own, of.overdue), 1), else_=0)).label("overdue_bills"),
        shown.overdue_paise,
        theirs.label("payers_overdue_paise"),
        func.min(case((of.own, of.issued_on))).label("oldest_on"),
        (shown.overdue_paise + theirs > bindparam("limit_paise")).label("on_hold"),
    )
    return (
        rows.join(Patient, col(Patient.id) == shown.payer_id)
        .join(of.patient_id.table, of.patient_id == shown.payer_id)
        .group_by(*shown, col(Patient.id))
    )


def minors_held_by(db: Session, payer_ids: Collection[int], *, by: Account) -> dict[int, list[str]]:
    """The minors each of these pays for, by name: the payer's hold is theirs too.

    A minor who owes nothing is no row of `who_owes`, and is held back all the same.
    """
    permit(db, by, Deed.SEE_DUES)
    today = clock.today(the_hospital(db).zone)
    rows = select(col(Patient.payer_id), col(Patient.name))
    rows = rows.where(col(Patient.payer_id).in_(payer_ids), is_minor())
    rows = rows.order_by(col(Patient.name), col(Patient.id))
    found: dict[int, list[str]] = {}
    for payer_id, name in db.execute(rows, {"born_after": minors_are_born_after(today)}):
        found.setdefault(payer_id, []).append(name)
    return found
