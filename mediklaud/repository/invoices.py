"""Charges and bills: a consultation is billed once, under the next number, and then frozen."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from mediklaud import clock, contact, papers
from mediklaud.errors import NotFound
from mediklaud.models import (
    Account,
    Allocation,
    Appointment,
    Charge,
    Doctor,
    Hospital,
    Invoice,
    InvoiceLine,
    Patient,
    Receipt,
    VisitKind,
)
from mediklaud.permissions import Deed
from mediklaud.registers import SAC_CONSULTATION
from mediklaud.repository.audit import note_deed, permit
from mediklaud.repository.confirmations import write_paper
from mediklaud.repository.doctors import price_of
from mediklaud.repository.entitlements import claim_follow_up, grant_follow_ups, terms_of
from mediklaud.repository.hospital import number_paper, the_hospital

_DESCRIPTIONS = {
    VisitKind.FIRST: "Consultation",
    VisitKind.FOLLOW_UP: "Follow-up consultation",
    VisitKind.PROCEDURE: "Procedure",
}


def bill_consultation(
    db: Session, appointment: Appointment, patient: Patient, doctor: Doctor, *, by: Account
) -> Invoice | None:
    """Charge a consultation at the price of its day and issue its bill; None where it is free.

    Part of finishing it, in the same transaction and with the patient's row locked; no desk
    asks for it alone. consultation_is_charged_once and charge_is_billed_once keep it single.
    """
    day = clock.day_of(appointment.starts_at, the_hospital(db).zone)
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
    grant_follow_ups(db, appointment, charge.price_paise)
    return _issue(db, [charge], patient, doctor, by=by) if charge.price_paise else None


def _issue(
    db: Session, charges: Sequence[Charge], patient: Patient, doctor: Doctor, *, by: Account
) -> Invoice:
    hospital = the_hospital(db)
    given = number_paper(db, "bill", hospital.bill_prefix)
    # The lines go first: the bill's own row seals them (lines_sum_to_the_total,
    # issued_bill_takes_no_more_lines).
    db.add_all(_line(given.number, charge) for charge in charges)
    db.flush()
    invoice = Invoice(
        **vars(given),
        patient_id=patient.id or 0,
        doctor_id=doctor.id or 0,
        issued_by=by.id,
        **frozen_hospital(hospital),
        patient_number=patient.number,
        patient_name=patient.name,
        patient_address=patient.address,
        patient_phone=patient.phone,
        doctor_name=doctor.name,
        doctor_specialty=doctor.specialty,
        doctor_registration=f"{doctor.council} {doctor.registration}",
        total_paise=sum(charge.price_paise for charge in charges),
    )
    db.add(invoice)
    db.flush()
    note_deed(db, by, "bill issued", f"invoice/{invoice.number}", total_paise=invoice.total_paise)
    write_paper(db, "bill", invoice.number, invoice.issued_on, invoice.total_paise, patient)
    return invoice


def _line(number: str, charge: Charge) -> InvoiceLine:
    return InvoiceLine(
        invoice_number=number,
        charge_id=charge.id or 0,
        description=charge.description,
        sac=charge.sac,
        quantity=1,
        unit_price_paise=charge.price_paise,
        amount_paise=charge.price_paise,
    )


def frozen_hospital(hospital: Hospital) -> dict[str, Any]:
    """What a paper copies of the hospital."""
    words = ("name", "address", "phone", "email", "gstin")
    return {f"hospital_{word}": getattr(hospital, word) for word in words}


def bills_of(db: Session, patient_id: int, *, by: Account) -> Sequence[Invoice]:
    """A patient's bills, the newest first."""
    permit(db, by, Deed.SEE_PAPERS)
    rows = select(Invoice).where(Invoice.patient_id == patient_id)
    return db.exec(rows.order_by(col(Invoice.issued_at).desc()).limit(200)).all()


def bill_paper(db: Session, number: str, *, by: Account) -> papers.Bill:
    """A bill as it was issued, ready to be drawn, with what is paid on it by now."""
    permit(db, by, Deed.SEE_PAPERS)
    invoice = db.get(Invoice, number)
    if invoice is None:
        raise NotFound(what="bill")
    lines = select(InvoiceLine).where(InvoiceLine.invoice_number == number)
    paid = select(Allocation.amount_paise).where(Allocation.invoice_number == number)
    return papers.Bill(
        number=invoice.number,
        issued_on=invoice.issued_on,
        issued_at_words=_paper_moment(db, invoice),
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
        paid_paise=sum(db.exec(paid)),
    )


def hospital_head(paper: Invoice | Receipt) -> papers.Hospital:
    """The hospital as a bill or receipt froze it."""
    return papers.Hospital(
        name=paper.hospital_name,
        address=paper.hospital_address,
        phone=contact.phone_words(paper.hospital_phone),
        email=paper.hospital_email,
        gstin=paper.hospital_gstin,
    )


def _paper_line(line: InvoiceLine) -> papers.Line:
    words = ("description", "sac", "quantity", "unit_price_paise", "amount_paise")
    return papers.Line(**{word: getattr(line, word) for word in words})


def _paper_moment(db: Session, invoice: Invoice) -> str:
    return clock.paper_words(invoice.issued_at, the_hospital(db).zone)
