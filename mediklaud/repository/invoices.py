"""Charges and bills: a consultation is billed once, under the next number, and then frozen."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, or_, select

from mediklaud import clock, contact, papers
from mediklaud.database import known, put, written
from mediklaud.models import (
    Account,
    Appointment,
    Charge,
    Doctor,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    Paper,
    Patient,
    VisitKind,
)
from mediklaud.money import tax_on
from mediklaud.permissions import Deed
from mediklaud.registers import SAC_CONSULTATION
from mediklaud.repository.allocations import credited_on, owed_on
from mediklaud.repository.audit import note_deed, note_opened, permit
from mediklaud.repository.confirmations import write_paper
from mediklaud.repository.doctors import price_of
from mediklaud.repository.entitlements import claim_follow_up, terms_of
from mediklaud.repository.hospital import (
    frozen_hospital,
    number_paper,
    rules_of_the_house,
    the_hospital,
)
from mediklaud.repository.payers import payer_of

_DESCRIPTIONS = {
    VisitKind.FIRST: "Consultation",
    VisitKind.FOLLOW_UP: "Follow-up consultation",
    VisitKind.PROCEDURE: "Procedure",
}


def bill_consultation(
    db: Session, appointment: Appointment, patient: Patient, doctor: Doctor, *, by: Account
) -> Invoice | None:
    """Charge a consultation at the price of its day and issue its bill; None where it is free.

    Part of an arrival or of finishing it, as the hospital's setting says, in the same
    transaction and with the patient's row locked; no desk asks for it alone. What was charged
    already is billed once, whatever is clicked: consultation_is_charged_once and
    charge_is_billed_once keep it single.
    """
    charged = standing_charge(db, appointment)
    if charged is not None:
        return bill_with(db, charged)
    hospital = the_hospital(db)
    day = clock.day_of(appointment.starts_at, hospital.zone)
    fee_paise = price_of(db, appointment.doctor_id, appointment.kind, day)
    claim_follow_up(db, appointment)
    terms = terms_of(db, appointment)
    entitled = f", {terms.words}" if terms else ""
    charge = Charge(
        appointment_id=appointment.id or 0,
        description=f"{_DESCRIPTIONS[appointment.kind]}{entitled}, {doctor.name} ({day:%d %b %Y})",
        sac=SAC_CONSULTATION,
        price_paise=terms.price(fee_paise) if terms else fee_paise,
        charged_at=clock.now(),
    )
    db.add(charge)
    db.flush()
    if not charge.price_paise:
        return None
    return issue(db, [charge], patient, doctor, form=f"charge/{charge.id}", by=by)


def standing_charge(db: Session, appointment: Appointment) -> Charge | None:
    """What a visit is charged with now; None where it was not, or its bill was voided."""
    rows = select(Charge).where(
        Charge.appointment_id == appointment.id, col(Charge.voided_at).is_(None)
    )
    return db.exec(rows).first()


def bill_with(db: Session, charge: Charge) -> Invoice | None:
    """The bill a charge stands on; None where it was free."""
    number = select(InvoiceLine.invoice_number).where(InvoiceLine.charge_id == charge.id)
    found = db.exec(number).first()
    return db.get_one(Invoice, found) if found else None


def issue(
    db: Session,
    charges: Sequence[Charge],
    patient: Patient,
    doctor: Doctor,
    *,
    form: str,
    by: Account,
) -> Invoice:
    """Issue the bill of charges, to the payer of that day; with the patient's row locked.

    For siblings. One taxable line makes it a tax invoice.
    """
    hospital, payer = rules_of_the_house(db), payer_of(db, patient)
    given = number_paper(db, "bill")
    # The lines go first: the bill's own row seals them (lines_sum_to_the_total,
    # issued_bill_takes_no_more_lines).
    lines = [_line(given.number, charge) for charge in charges]
    for line in lines:
        put(db, InvoiceLine, line)
    subtotal_paise = sum(line["amount_paise"] for line in lines)
    tax_paise = sum(line["tax_paise"] for line in lines)
    taxable = any(line["tax_basis_points"] for line in lines)
    row = dict(
        **vars(given),
        kind=InvoiceKind.TAX_INVOICE if taxable else InvoiceKind.BILL_OF_SUPPLY,
        patient_id=patient.id or 0,
        payer_id=payer.id or 0,
        doctor_id=doctor.id or 0,
        issued_by=by.id,
        **frozen_hospital(hospital),
        patient_number=patient.number,
        patient_name=patient.name,
        patient_address=patient.address,
        patient_phone=patient.phone,
        payer_number=payer.number,
        payer_name=payer.name,
        doctor_name=doctor.name,
        doctor_specialty=doctor.specialty,
        doctor_registration=f"{doctor.council} {doctor.registration}",
        subtotal_paise=subtotal_paise,
        tax_paise=tax_paise,
        total_paise=subtotal_paise + tax_paise,
        owed_paise=subtotal_paise + tax_paise,
        settled_at=None,
        form=form,
    )
    invoice = written(db, Invoice, row)
    about = {"patient": patient.id, "total_paise": invoice.total_paise}
    note_deed(db, by, "bill issued", f"invoice/{invoice.number}", **about)
    write_paper(db, "bill", invoice.number, invoice.issued_on, invoice.total_paise, payer)
    return invoice


def _line(number: str, charge: Charge) -> dict[str, Any]:
    amount_paise = charge.quantity * charge.price_paise
    return {
        "invoice_number": number,
        "charge_id": charge.id or 0,
        "description": charge.description,
        "sac": charge.sac,
        "quantity": charge.quantity,
        "unit_price_paise": charge.price_paise,
        "amount_paise": amount_paise,
        "tax_basis_points": charge.tax_basis_points,
        "tax_paise": tax_on(amount_paise, charge.tax_basis_points),
    }


def bills_of(db: Session, patient_id: int, *, by: Account) -> Sequence[Invoice]:
    """A patient's bills, and those they pay for somebody else, the newest first."""
    permit(db, by, Deed.SEE_PAPERS, f"patient/{patient_id}")
    known(db, Patient, patient_id)
    theirs = or_(Invoice.patient_id == patient_id, Invoice.payer_id == patient_id)
    rows = select(Invoice).where(theirs)
    return db.exec(rows.order_by(col(Invoice.issued_at).desc()).limit(200)).all()


def bill_paper(db: Session, number: str, *, by: Account) -> papers.Bill:
    """A bill as it was issued, ready to be drawn, with what is paid on it by now."""
    permit(db, by, Deed.SEE_PAPERS, f"invoice/{number}")
    invoice = known(db, Invoice, number)
    note_opened(db, by, invoice.patient_id, "papers opened")
    lines = select(InvoiceLine).where(InvoiceLine.invoice_number == number)
    credited_paise = credited_on(db, number)
    return papers.Bill(
        number=invoice.number,
        issued_on=invoice.issued_on,
        issued_at_words=paper_moment(db, invoice),
        hospital=hospital_head(invoice),
        patient_number=invoice.patient_number,
        patient_name=invoice.patient_name,
        patient_address=invoice.patient_address,
        patient_phone=contact.phone_words(invoice.patient_phone),
        doctor_name=invoice.doctor_name,
        doctor_registration=invoice.doctor_registration,
        doctor_specialty=invoice.doctor_specialty,
        lines=tuple(_paper_line(line) for line in db.exec(lines.order_by(col(InvoiceLine.id)))),
        total_paise=invoice.total_paise,
        paid_paise=invoice.total_paise - credited_paise - owed_on(db, number),
        credited_paise=credited_paise,
        payer_name=invoice.payer_name if invoice.payer_id != invoice.patient_id else "",
    )


def hospital_head(paper: Paper) -> papers.Hospital:
    """The hospital as a paper froze it."""
    return papers.Hospital(
        name=paper.hospital_name,
        address=paper.hospital_address,
        phone=contact.phone_words(paper.hospital_phone),
        email=paper.hospital_email,
        gstin=paper.hospital_gstin,
    )


def _paper_line(line: InvoiceLine) -> papers.Line:
    words = (
        *("description", "sac", "quantity", "unit_price_paise", "amount_paise"),
        *("tax_basis_points", "tax_paise"),
    )
    return papers.Line(**{word: getattr(line, word) for word in words})


def paper_moment(db: Session, paper: Paper) -> str:
    """When a paper was issued, as it says so itself."""
    return clock.paper_words(paper.issued_at, the_hospital(db).zone)
