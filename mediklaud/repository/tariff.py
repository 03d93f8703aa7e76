"""Services, their prices by their first day, and bills of them, with tax where it is due."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from mediklaud import clock, text
from mediklaud.database import as_read, columns_of, expecting, known, there, written
from mediklaud.errors import (
    BillComesToAnother,
    BillTooLarge,
    GstinMissing,
    NotFound,
    NothingToBill,
    PriceInThePast,
    PriceNotPossible,
    QuantityNotPossible,
    SacNotPossible,
    ServiceNotPriced,
    ServiceTaken,
    StaleForm,
    TaxNotPossible,
    VisitBilledAlready,
)
from mediklaud.hot import Hot
from mediklaud.models import (
    Account,
    Appointment,
    AppointmentStatus,
    Charge,
    Doctor,
    Invoice,
    InvoiceLine,
    Patient,
    Service,
    ServicePrice,
)
from mediklaud.money import MOST_PAISE, rupees, tax_on
from mediklaud.permissions import Deed
from mediklaud.registers import SAC_CONSULTATION
from mediklaud.repository.audit import Change, changes, note_deed, permit
from mediklaud.repository.doctors import doctor_to_read, doctor_with
from mediklaud.repository.hospital import rules_of_the_house, the_hospital
from mediklaud.repository.invoices import bill_consultation, issue, standing_charge
from mediklaud.repository.patients import lock_patient, locked_patient

_BILL_OF_FORM = Hot(
    select(col(Invoice.number), col(Invoice.patient_id)).where(
        col(Invoice.form) == bindparam("form")
    )
)
_SERVICE = Hot(select(*columns_of(Service)).where(col(Service.id) == bindparam("service_id")))
_PRICE_ON = Hot(
    select(col(ServicePrice.price_paise))
    .where(
        col(ServicePrice.service_id) == bindparam("service_id"),
        col(ServicePrice.effective_from) <= bindparam("day"),
    )
    .order_by(col(ServicePrice.effective_from).desc())
    .limit(1)
)


@dataclass(frozen=True)
class ServiceForm:
    """What is typed of a service; the tax in hundredths of a per cent, 0 for what is exempt."""

    name: str
    sac: str = SAC_CONSULTATION
    tax_basis_points: int = 0
    active: bool = True


@dataclass(frozen=True)
class PricedService:
    """A service and what it costs on a day, in paise before tax; None before its first price."""

    service: Service
    price_paise: int | None


@dataclass(frozen=True)
class Item:
    """So many of a service on a bill."""

    service: Service
    quantity: int = 1


def keep_service(
    db: Session,
    typed: ServiceForm,
    *,
    by: Account,
    service: Service | None = None,
    version: int = 0,
) -> Service:
    """Add a service, or change one; issued bills stay as they are.

    One name is one service, however it is spelt (one_service_per_name). Refuses a change of
    what somebody else changed since `version` was shown (StaleForm).
    """
    permit(db, by, Deed.KEEP_SERVICES, service)
    checked = _checked(typed)
    kept = _locked_service(db, service) if service is not None else Service(**checked)
    if kept.id is not None:
        if all(getattr(kept, word) == value for word, value in checked.items()):
            return kept
        if kept.version != version:
            raise StaleForm()
    before = {word: getattr(kept, word) if kept.id else None for word in checked}
    with expecting(db, one_service_per_name=ServiceTaken(name=checked["name"])):
        if kept.id is not None:
            kept.sqlmodel_update({**checked, "version": version + 1})
        db.add(kept)
    deed = "service added" if service is None else "service changed"
    note_deed(db, by, deed, f"service/{kept.id}", **changes(before, checked))
    return kept


def price_service(
    db: Session, service: Service, price_paise: int, effective_from: date, *, by: Account
) -> ServicePrice:
    """Let a service cost so much from a day on, today or later; bills before it stay.

    The same day's price is written over, and a second click is the same price
    (one_service_price_a_day).
    """
    permit(db, by, Deed.KEEP_SERVICES, service)
    if not 0 <= price_paise <= MOST_PAISE:
        raise PriceNotPossible()
    if effective_from < clock.today(the_hospital(db).zone):
        raise PriceInThePast()
    kept = _locked_service(db, service)
    same_day = select(ServicePrice).where(
        ServicePrice.service_id == kept.id, ServicePrice.effective_from == effective_from
    )
    price = db.exec(same_day).first()
    if price is not None and price.price_paise == price_paise:
        return price
    before = price.price_paise if price else None
    price = price or ServicePrice(
        service_id=kept.id or 0, effective_from=effective_from, price_paise=0
    )
    price.price_paise = price_paise
    db.add(price)
    db.flush()
    note_deed(
        db,
        by,
        "service priced",
        f"service/{kept.id}",
        price_paise=Change(before, price_paise),
        effective_from=effective_from.isoformat(),
    )
    return price


def priced_services(db: Session, day: date, *, with_inactive: bool = False) -> list[PricedService]:
    """The services and what each costs on a day, by name; open to every desk."""
    newest = (
        select(ServicePrice.price_paise)
        .where(col(ServicePrice.service_id) == col(Service.id), ServicePrice.effective_from <= day)
        .order_by(col(ServicePrice.effective_from).desc())
        .limit(1)
        .correlate(Service)
        .scalar_subquery()
    )
    rows = select(Service, newest).order_by(col(Service.folded_name))
    if not with_inactive:
        rows = rows.where(col(Service.active))
    return [PricedService(service, price) for service, price in db.exec(rows)]


def bill_services(
    db: Session,
    patient: Patient,
    doctor: Doctor,
    items: Sequence[Item],
    *,
    form: str,
    by: Account,
    expected_paise: int | None = None,
) -> Invoice:
    """Charge services at today's prices and issue their bill, under the doctor who cared.

    One taxable line makes it a tax invoice, which needs the hospital's GSTIN. The patient's
    row is locked like for every bill. A second click is the same bill:
    a_second_click_is_the_same_bill. `expected_paise` is what the desk was shown, with its tax:
    another sum is refused (BillComesToAnother).
    """
    permit(db, by, Deed.BILL_SERVICES, patient)
    locked = lock_patient(db, patient.id)
    number, patient_id = _BILL_OF_FORM.first(db, {"form": form}) or (None, None)
    if patient_id == locked.id:
        return db.get_one(Invoice, number)
    charges = [_charge(db, item) for item in items]
    if not any(charge["price_paise"] for charge in charges):
        raise NothingToBill()
    total_paise = sum(map(_gross, charges))
    if total_paise > MOST_PAISE:
        raise BillTooLarge(most=rupees(MOST_PAISE))
    if expected_paise not in (None, total_paise):
        raise BillComesToAnother(now=rupees(total_paise), shown=rupees(expected_paise or 0))
    if any(one["tax_basis_points"] for one in charges) and not the_hospital(db).gstin:
        raise GstinMissing()
    with expecting(db, a_second_click_is_the_same_bill=StaleForm()):
        charged = [written(db, Charge, charge) for charge in charges]
        return issue(db, charged, locked, doctor_to_read(db, doctor.id), form=form, by=by)


def unbilled_visit(db: Session, number: str, *, by: Account) -> Appointment | None:
    """The finished visit of a bill that was voided, while nothing bills it anew."""
    permit(db, by, Deed.SEE_PAPERS, f"invoice/{number}")
    known(db, Invoice, number)
    rows = (
        select(Appointment)
        .join(Charge, col(Charge.appointment_id) == col(Appointment.id))
        .join(InvoiceLine, col(InvoiceLine.charge_id) == col(Charge.id))
        .where(
            InvoiceLine.invoice_number == number,
            col(Charge.voided_at).is_not(None),
            Appointment.status == AppointmentStatus.FULFILLED,
        )
    )
    visit = db.exec(rows).first()
    return visit if visit is not None and standing_charge(db, visit) is None else None


def bill_again(db: Session, appointment: Appointment, *, by: Account) -> Invoice | None:
    """Bill a finished consultation anew, after its bill was voided; None where it is free.

    Refuses one that is billed (VisitBilledAlready, consultation_is_charged_once).
    """
    permit(db, by, Deed.BILL_SERVICES, appointment)
    patient = locked_patient(db, appointment.patient_id)
    found = db.get(Appointment, appointment.id, populate_existing=True)
    kept = there(found, "appointment", appointment.id)
    fulfilled = kept.status is AppointmentStatus.FULFILLED
    if not fulfilled or standing_charge(db, kept) is not None:
        raise VisitBilledAlready()
    return bill_consultation(db, kept, patient, doctor_with(db, kept.doctor_id), by=by)


def _charge(db: Session, item: Item) -> dict[str, Any]:
    if not 1 <= item.quantity <= 9_999:
        raise QuantityNotPossible()
    row = _SERVICE.first(db, {"service_id": item.service.id})
    if row is None:
        raise NotFound(what="service", subject=f"service/{item.service.id}")
    kept = as_read(Service, row)
    today = clock.today(rules_of_the_house(db).zone)
    price = _PRICE_ON.first(db, {"service_id": kept.id, "day": today})
    if price is None or not kept.active:
        raise ServiceNotPriced(name=kept.name)
    return {
        "appointment_id": None,
        "service_id": kept.id,
        "description": kept.name,
        "sac": kept.sac,
        "quantity": item.quantity,
        "price_paise": price[0],
        "tax_basis_points": kept.tax_basis_points,
        "charged_at": clock.now(),
        "voided_at": None,
    }


def _gross(charge: dict[str, Any]) -> int:
    amount_paise: int = charge["quantity"] * charge["price_paise"]
    return amount_paise + tax_on(amount_paise, charge["tax_basis_points"])


def _locked_service(db: Session, service: Service) -> Service:
    row = select(Service).where(Service.id == service.id).with_for_update()
    found = db.exec(row.execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound(what="service", subject=f"service/{service.id}")
    return found


def _checked(typed: ServiceForm) -> dict[str, Any]:
    name = text.needed(typed.name, field="Service", at_most=120)
    sac = text.line(typed.sac, field="SAC")
    # Services are chapter 99 of the tariff: 4 to 6 digits.
    if not re.fullmatch(r"99[0-9]{2,4}", sac):
        raise SacNotPossible()
    if not 0 <= typed.tax_basis_points <= 10_000:
        raise TaxNotPossible()
    return {
        "name": name,
        "folded_name": text.folded(name),
        "sac": sac,
        "tax_basis_points": typed.tax_basis_points,
        "active": typed.active,
    }
