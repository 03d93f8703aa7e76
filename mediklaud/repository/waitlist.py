"""The waitlist: who waits for a doctor's time, and the booking that ends the wait."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import Session, col, select

from mediklaud import clock
from mediklaud.database import expecting, known, there
from mediklaud.errors import (
    DoctorInactive,
    EmptyField,
    NotFound,
    StaleForm,
    TooFarAhead,
    WaitNotPossible,
    WaitsNoMore,
)
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Doctor,
    EmergencyReason,
    Patient,
    VisitKind,
    WaitlistEntry,
)
from mediklaud.permissions import Deed
from mediklaud.repository.appointments import book_appointment
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.doctors import doctor_with
from mediklaud.repository.doctors import doctors as registered
from mediklaud.repository.dues import Dues, dues_of
from mediklaud.repository.free_times import FURTHEST_DAYS
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.patients import locked_patient
from mediklaud.timetable import days

WAITS_A_PAGE = 20
URGENT_THEN_OLDEST = (
    col(WaitlistEntry.urgent).desc(),
    col(WaitlistEntry.asked_at),
    col(WaitlistEntry.id),
)


@dataclass(frozen=True)
class WaitForm:
    """What a patient waits for, as typed: one doctor or a specialty, the days and the hours.

    Weekdays as Python counts them, Monday is 0; hours in minutes after midnight.
    """

    kind: VisitKind
    first_day: date | None
    last_day: date | None
    doctor_id: int | None = None
    specialty: str = ""
    weekdays: Collection[int] = frozenset(range(7))
    begins_minute: int = 0
    ends_minute: int = clock.MINUTES_A_DAY
    urgent: bool = False


@dataclass(frozen=True)
class Wait:
    """An entry of the waitlist with its people, the dues, and what is booked there already.

    `doctor` is None where any doctor of the specialty will do. `booked` is the patient's next
    appointment with such a doctor: the clerk decides whether it ends the wait.
    """

    entry: WaitlistEntry
    patient: Patient
    doctor: Doctor | None
    owed: Dues
    booked: tuple[datetime, str] | None = None


@dataclass(frozen=True)
class WaitingPage:
    """A page of those who wait, of how many, and how many waited in vain: their days are over."""

    waits: list[Wait]
    count: int
    ran_out: int

    @property
    def pages(self) -> int:
        """How many pages the list has; an empty list has one."""
        return max(1, -(-self.count // WAITS_A_PAGE))


def put_on_waitlist(
    db: Session, patient: Patient, typed: WaitForm, *, form: str, by: Account
) -> WaitlistEntry:
    """Let a patient wait for a doctor, or any of a specialty, on days and at hours that suit.

    Refuses days and hours that cannot come any more (WaitNotPossible, beside their field).
    Whoever owes may wait: the gate stands at the booking. A second click is the same entry
    (a_second_click_is_the_same_entry).
    """
    permit(db, by, Deed.KEEP_WAITLIST, patient)
    locked = locked_patient(db, patient.id)
    clicked = db.exec(select(WaitlistEntry).where(WaitlistEntry.form == form)).first()
    if clicked is not None and clicked.patient_id == locked.id:
        return clicked
    entry = WaitlistEntry(
        patient_id=locked.id or 0,
        **_whom(db, typed),
        **_when(typed, the_hospital(db).zone),
        kind=VisitKind(typed.kind),
        urgent=typed.urgent,
        asked_at=clock.now(),
        asked_by=by.id,
        form=form,
    )
    with expecting(db, a_second_click_is_the_same_entry=StaleForm()):
        db.add(entry)
    note_deed(db, by, "put on the waitlist", f"waitlist/{entry.id}", patient=locked.id)
    return entry


def withdraw_wait(db: Session, entry: WaitlistEntry, *, by: Account) -> WaitlistEntry:
    """Take a patient off the waitlist; what is withdrawn already stays as it is.

    Refuses where another desk has booked the patient meanwhile (WaitsNoMore).
    """
    permit(db, by, Deed.KEEP_WAITLIST, entry)
    patient = locked_patient(db, entry.patient_id)
    kept = _locked_entry(db, entry)
    if kept.appointment_id is not None:
        raise WaitsNoMore(patient=patient.name)
    if kept.closed_at is None:
        kept.closed_at = clock.now()
        db.add(kept)
        db.flush()
        note_deed(db, by, "wait withdrawn", f"waitlist/{kept.id}", patient=patient.id)
    return kept


def book_waiting(
    db: Session,
    entry: WaitlistEntry,
    doctor: Doctor,
    starts_at: datetime,
    *,
    form: str,
    by: Account,
    emergency: EmergencyReason | None = None,
) -> Appointment:
    """Book a time for somebody who waits, through the one door, and end the wait with it.

    Two desks that book one entry wait for each other at the patient's row, and the second is
    refused (WaitsNoMore); where the booking is refused, by the gate or by who was faster, the
    patient waits on. The days and hours of the entry are wishes: what is agreed on the phone
    may be another time. The wait stays ended when the appointment is cancelled later. A
    second click is the same appointment.
    """
    permit(db, by, Deed.KEEP_WAITLIST, entry)
    patient = locked_patient(db, entry.patient_id)
    kept = _locked_entry(db, entry)
    if kept.appointment_id is not None:
        booked = db.get_one(Appointment, kept.appointment_id)
        if booked.form == form:
            return booked
    if kept.closed_at is not None:
        raise WaitsNoMore(patient=patient.name)
    told: dict[str, Any] = {"form": form, "by": by, "emergency": emergency}
    booked = book_appointment(db, patient, doctor, starts_at, kept.kind, **told)
    with expecting(db, an_appointment_ends_one_wait=StaleForm()):
        kept.sqlmodel_update({"closed_at": clock.now(), "appointment_id": booked.id})
        db.add(kept)
    note_deed(db, by, "wait booked", f"waitlist/{kept.id}", appointment=booked.id)
    return booked


def waiting(db: Session, *, by: Account, page: int = 1) -> WaitingPage:
    """A page of those who wait and still can be served: urgent first, then oldest."""
    permit(db, by, Deed.KEEP_WAITLIST)
    today = clock.today(the_hospital(db).zone)
    still = col(WaitlistEntry.last_day) >= today
    found = WaitingPage([], _count(db, still), _count(db, ~still))
    # The list may have grown shorter since the page was turned.
    first = (min(page, found.pages) - 1) * WAITS_A_PAGE
    return replace(found, waits=_waits(db, still, first=first, at_most=WAITS_A_PAGE))


def ran_out(db: Session, *, by: Account) -> list[Wait]:
    """Those whose last day passed without a time, the latest first; withdrawing clears them."""
    permit(db, by, Deed.KEEP_WAITLIST)
    over = col(WaitlistEntry.last_day) < clock.today(the_hospital(db).zone)
    newest = (col(WaitlistEntry.last_day).desc(), col(WaitlistEntry.id).desc())
    return _waits(db, over, at_most=WAITS_A_PAGE, order=newest)


def waits_of(db: Session, patient_id: int, *, by: Account) -> list[Wait]:
    """What a patient waits for now."""
    permit(db, by, Deed.KEEP_WAITLIST, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    still = col(WaitlistEntry.last_day) >= clock.today(the_hospital(db).zone)
    return _waits(db, and_(still, col(WaitlistEntry.patient_id) == patient_id))


def _whom(db: Session, typed: WaitForm) -> dict[str, Any]:
    field = "Doctor or specialty"
    if (typed.doctor_id is None) == (not typed.specialty):
        raise EmptyField(field=field)
    if typed.doctor_id is None:
        if not registered(db, specialty=typed.specialty):
            raise NotFound(what="doctor of this specialty", field=field)
        return {"specialty": typed.specialty}
    doctor = doctor_with(db, typed.doctor_id)
    if not doctor.active:
        raise DoctorInactive(name=doctor.name, field=field)
    return {"doctor_id": doctor.id}


def _when(typed: WaitForm, zone: str) -> dict[str, Any]:
    """The days and hours as they are kept; refuses what makes no sense or cannot come any more."""
    if typed.first_day is None or typed.last_day is None:
        raise EmptyField(field="First day" if typed.first_day is None else "Last day")
    now = clock.local(clock.now(), zone)
    first = max(typed.first_day, now.date())
    if typed.last_day < first:
        raise WaitNotPossible(field="Last day")
    if typed.last_day > now.date() + timedelta(days=FURTHEST_DAYS):
        raise TooFarAhead(days=FURTHEST_DAYS, field="Last day")
    if not typed.weekdays:
        raise EmptyField(field="Weekdays")
    coming = [
        day
        for day in days(first, (typed.last_day - first).days + 1)
        if day.weekday() in typed.weekdays
    ]
    if not coming or not set(typed.weekdays) <= set(range(7)):
        raise WaitNotPossible(field="Weekdays")
    over = coming == [now.date()] and typed.ends_minute <= 60 * now.hour + now.minute
    if over or not 0 <= typed.begins_minute < typed.ends_minute <= clock.MINUTES_A_DAY:
        raise WaitNotPossible(field="Hours")
    return {
        "first_day": first,
        "last_day": typed.last_day,
        "weekdays": sum(1 << weekday for weekday in set(typed.weekdays)),
        "begins_minute": typed.begins_minute,
        "ends_minute": typed.ends_minute,
    }


def weekdays_of(entry: WaitlistEntry) -> frozenset[int]:
    """The weekdays that fit an entry; Monday is 0."""
    return frozenset(weekday for weekday in range(7) if entry.weekdays & 1 << weekday)


def _locked_entry(db: Session, entry: WaitlistEntry) -> WaitlistEntry:
    """The entry as it is now, locked, after the patient's row."""
    row = select(WaitlistEntry).where(WaitlistEntry.id == entry.id).with_for_update()
    kept = db.exec(row.execution_options(populate_existing=True)).first()
    return there(kept, "waitlist entry", entry.id)


def _waits(
    db: Session,
    condition: ColumnElement[bool],
    *,
    first: int = 0,
    at_most: int = 200,
    order: Sequence[Any] = URGENT_THEN_OLDEST,
) -> list[Wait]:
    rows = (
        select(WaitlistEntry, Patient)
        .join(Patient, col(Patient.id) == col(WaitlistEntry.patient_id))
        .where(col(WaitlistEntry.closed_at).is_(None), condition)
        .order_by(*order)
        .offset(first)
        .limit(at_most)
    )
    return with_people(db, db.exec(rows).all())


def _count(db: Session, condition: ColumnElement[bool]) -> int:
    rows = select(func.count()).select_from(WaitlistEntry)
    return db.exec(rows.where(col(WaitlistEntry.closed_at).is_(None), condition)).one()


def with_people(db: Session, found: Sequence[tuple[WaitlistEntry, Patient]]) -> list[Wait]:
    rows = (
        select(Appointment, Doctor)
        .join(Doctor, col(Doctor.id) == col(Appointment.doctor_id))
        .where(
            col(Appointment.patient_id).in_([patient.id for _, patient in found]),
            Appointment.status == AppointmentStatus.BOOKED,
            Appointment.starts_at > clock.now(),
        )
        .order_by(col(Appointment.starts_at))
    )
    booked = db.exec(rows).all() if found else []
    return [
        Wait(
            entry,
            patient,
            db.get(Doctor, entry.doctor_id) if entry.doctor_id else None,
            dues_of(db, patient.id),
            next((own for own in _with_such_doctor(entry, booked)), None),
        )
        for entry, patient in found
    ]


def _with_such_doctor(
    entry: WaitlistEntry, booked: Sequence[tuple[Appointment, Doctor]]
) -> Iterator[tuple[datetime, str]]:
    for appointment, doctor in booked:
        such = doctor.id == entry.doctor_id or doctor.specialty == entry.specialty
        if such and appointment.patient_id == entry.patient_id:
            yield appointment.starts_at, doctor.name
