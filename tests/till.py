"""What finance does in tests: bills of a known sum, payments and what stands in the ledger."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from sqlmodel import Session, select

from mediklaud.models import (
    Invoice,
    InvoiceLine,
    Method,
    Patient,
    Payment,
    Receipt,
    Service,
)
from mediklaud.repository import (
    Item,
    ServiceForm,
    bill_services,
    change_settings,
    keep_service,
    price_service,
    take_payment,
)
from tests.hospital import HOSPITAL, TODAY, Ward

GSTIN = "29ABCDE1234F1ZW"
_forms = count(1)


def a_form() -> str:
    """The id of a form that nobody clicked before."""
    return f"till-{next(_forms)}"


def settings(db: Session, ward: Ward, **changes: Any) -> None:
    """Change the hospital's settings."""
    change_settings(db, replace(HOSPITAL, **changes), by=ward.tara)


def service(
    db: Session, ward: Ward, paise: int, *, name: str = "Dressing", tax: int = 0
) -> Service:
    """A service that costs so much from today on."""
    made = keep_service(db, ServiceForm(name, tax_basis_points=tax), by=ward.ishaan)
    price_service(db, made, paise, TODAY, by=ward.ishaan)
    return made


def bill_of(db: Session, ward: Ward, patient: Patient, *paise: int, tax: int = 0) -> Invoice:
    """A bill with a line of each of these sums."""
    items = [Item(service(db, ward, one, name=f"Service {next(_forms)}", tax=tax)) for one in paise]
    return bill_services(db, patient, ward.rao, items, form=a_form(), by=ward.ishaan)


def pay(
    db: Session,
    ward: Ward,
    patient: Patient,
    paise: int,
    method: Method = Method.CASH,
    **asked: Any,
) -> Receipt:
    """Ishaan takes a payment; what is not cash has a reference of its own."""
    told = {"form": a_form(), "by": ward.ishaan, **asked}
    if method is not Method.CASH:
        told = {"reference": a_form(), **told}
    return take_payment(db, patient, paise, method, **told)


def payments_on(db: Session, receipt: Receipt) -> Sequence[Payment]:
    """The payments on a receipt, in their order."""
    rows = select(Payment).where(Payment.receipt_number == receipt.number)
    return db.exec(rows.order_by(Payment.id)).all()


def lines_of(db: Session, bill: Invoice) -> Sequence[InvoiceLine]:
    """The lines of a bill, in their order."""
    rows = select(InvoiceLine).where(InvoiceLine.invoice_number == bill.number)
    return db.exec(rows.order_by(InvoiceLine.id)).all()
