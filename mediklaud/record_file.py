"""Pure: all that is kept of one patient, as a file to hand over: FHIR's words and plain reading."""

import io
import json
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from mediklaud import clock
from mediklaud.models import (
    Account,
    Appointment,
    AuditEvent,
    Consent,
    CreditNote,
    Doctor,
    Encounter,
    Hospital,
    Invoice,
    InvoiceLine,
    Message,
    Patient,
    Receipt,
    Refund,
)
from mediklaud.money import rupees

JSON_NAME, PAGE_NAME = "record.json", "record.html"
Cells = Sequence[object]


@dataclass(frozen=True)
class Record:
    """Everything of one patient, oldest first, at one moment."""

    hospital: Hospital
    patient: Patient
    made_at: datetime
    made_by: Account
    consents: Sequence[Consent]
    visits: Sequence[tuple[Appointment, Doctor, Encounter | None]]
    bills: Sequence[tuple[Invoice, Sequence[InvoiceLine]]]
    credits: Sequence[CreditNote]
    receipts: Sequence[Receipt]
    refunds: Sequence[Refund]
    letters: Sequence[Message]
    accesses: Sequence[AuditEvent]


def zipped(record: Record) -> bytes:
    """Both readings in one ZIP: a FHIR Bundle for programs, a page for people."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(JSON_NAME, json.dumps(bundle(record), ensure_ascii=False, indent=1))
        file.writestr(PAGE_NAME, page(record))
    return made.getvalue()


def bundle(record: Record) -> dict[str, Any]:
    """HL7 FHIR R4: one Bundle of type collection, each thing under its own resource."""
    entries = [
        {"fullUrl": f"urn:{one['resourceType']}/{one['id']}", "resource": one}
        for one in _resources(record)
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": record.made_at.isoformat(),
        "entry": entries,
    }


def _resources(record: Record) -> Iterator[dict[str, Any]]:
    yield _patient(record.patient)
    subject = {"reference": f"Patient/{record.patient.id}"}
    doctors = {doctor.id: doctor for _, doctor, _ in record.visits}
    for doctor in doctors.values():
        yield {
            "resourceType": "Practitioner",
            "id": str(doctor.id),
            "identifier": [{"value": doctor.registration, "system": doctor.council}],
            "name": [{"text": doctor.name}],
        }
    for consent in record.consents:
        yield {
            "resourceType": "Consent",
            "id": str(consent.id),
            "status": "active" if consent.given else "rejected",
            "scope": {"text": f"letters: {consent.purpose.value}"},
            "patient": subject,
            "dateTime": consent.said_at.isoformat(),
        }
    for appointment, doctor, encounter in record.visits:
        yield _appointment(appointment, doctor, subject)
        if encounter is not None:
            yield from _encounter(encounter, appointment, doctor, subject)
    yield from _papers(record, subject)
    for letter in record.letters:
        yield {
            "resourceType": "Communication",
            "id": str(letter.id),
            "status": "completed" if letter.sent_at else "preparation",
            "subject": subject,
            "topic": {"text": letter.kind},
            "sent": letter.sent_at.isoformat() if letter.sent_at else None,
            "payload": [{"contentString": letter.facts}],
        }
    for row in record.accesses:
        yield {
            "resourceType": "AuditEvent",
            "id": str(row.id),
            "type": {"display": row.deed},
            "recorded": row.at.isoformat(),
            "agent": [{"name": row.account_name, "requestor": True}],
            "entity": [{"what": subject}],
        }


def _patient(patient: Patient) -> dict[str, Any]:
    contacts = [("phone", patient.phone), ("email", patient.email)]
    return {
        "resourceType": "Patient",
        "id": str(patient.id),
        "identifier": [{"value": patient.number}],
        "name": [{"text": patient.name}],
        "gender": patient.sex.value,
        "birthDate": patient.birth_date.isoformat(),
        "telecom": [{"system": kind, "value": value} for kind, value in contacts if value],
        "address": [{"text": patient.address}],
        "communication": [{"language": {"text": patient.language}}],
    }


def _appointment(one: Appointment, doctor: Doctor, subject: dict[str, str]) -> dict[str, Any]:
    actors = (subject, {"reference": f"Practitioner/{doctor.id}", "display": doctor.name})
    return {
        "resourceType": "Appointment",
        "id": str(one.id),
        "status": one.status.value,
        "appointmentType": {"text": one.kind.value},
        "start": one.starts_at.isoformat(),
        "end": one.ends_at.isoformat(),
        "created": one.booked_at.isoformat(),
        "cancelationReason": {"text": one.cancel_reason} if one.cancel_reason else None,
        "participant": [{"actor": actor, "status": "accepted"} for actor in actors],
    }


def _encounter(
    one: Encounter, appointment: Appointment, doctor: Doctor, subject: dict[str, str]
) -> Iterator[dict[str, Any]]:
    ended = one.finished_at.isoformat() if one.finished_at else None
    yield {
        "resourceType": "Encounter",
        "id": str(one.id),
        "status": "finished" if ended else "in-progress",
        "class": {"code": "AMB", "display": "ambulatory"},
        "subject": subject,
        "appointment": [{"reference": f"Appointment/{appointment.id}"}],
        "participant": [{"individual": {"reference": f"Practitioner/{doctor.id}"}}],
        "period": {"start": one.begun_at.isoformat(), "end": ended},
    }
    if one.note:
        note = {"contentType": "text/plain", "data": b64encode(one.note.encode()).decode()}
        yield {
            "resourceType": "DocumentReference",
            "id": f"note-{one.id}",
            "status": "current",
            "type": {"text": "Consultation note"},
            "subject": subject,
            "date": ended,
            "content": [{"attachment": note}],
            "context": {"encounter": [{"reference": f"Encounter/{one.id}"}]},
        }


def _papers(record: Record, subject: dict[str, str]) -> Iterator[dict[str, Any]]:
    for bill, lines in record.bills:
        yield {
            "resourceType": "Invoice",
            "id": bill.number.replace("/", "-"),
            "identifier": [{"value": bill.number}],
            "status": "balanced" if bill.settled_at else "issued",
            "subject": subject,
            "date": bill.issued_at.isoformat(),
            "lineItem": [
                {
                    "sequence": place,
                    "chargeItemCodeableConcept": {"text": line.description},
                    "priceComponent": [{"type": "base", "amount": _money(line.amount_paise)}],
                }
                for place, line in enumerate(lines, start=1)
            ],
            "totalGross": _money(bill.total_paise),
        }
    # FHIR has no paper for money taken at a till: each is a Basic thing with its own words.
    for what, paper, paise in _money_papers(record):
        yield _basic(what, paper.number, paper.issued_at, paise, subject)


def _money_papers(record: Record) -> Iterator[tuple[str, Receipt | CreditNote | Refund, int]]:
    yield from (("Receipt", one, one.amount_paise) for one in record.receipts)
    yield from (("Credit note", one, one.total_paise) for one in record.credits)
    yield from (("Refund", one, one.amount_paise) for one in record.refunds)


def _basic(
    what: str, number: str, at: datetime, paise: int, subject: dict[str, str]
) -> dict[str, Any]:
    return {
        "resourceType": "Basic",
        "id": number.replace("/", "-"),
        "code": {"text": what},
        "identifier": [{"value": number}],
        "subject": subject,
        "created": at.date().isoformat(),
        "extension": [{"url": "urn:amount", "valueMoney": _money(paise)}],
    }


def _money(paise: int) -> dict[str, Any]:
    whole, part = divmod(abs(paise), 100)
    # As written, so that no program rounds it on the way.
    return {"value": f"{'-' if paise < 0 else ''}{whole}.{part:02d}", "currency": "INR"}


def page(record: Record) -> str:
    """The same for people: one page that any browser shows and prints, with nothing to run."""
    patient, zone = record.patient, record.hospital.zone
    made = clock.moment_words(record.made_at, zone)
    title = f"{patient.name} · {patient.number}"
    said = [f"<h1>{escape(title)}</h1>"]
    said.append(f"<p>{escape(f'{record.hospital.name}: all that is kept, {made}.')}</p>")
    for head, columns, rows in _tables(record, zone):
        said.append(f"<h2>{head}</h2>")
        said.append(_table(columns, rows) if rows else "<p>None.</p>")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    title, body = escape(title), "\n".join(said)
    return (
        f'<!doctype html><html lang="en"><head>{head}<title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


_STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #bbb;padding:.3rem;"
    "text-align:left;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere}"
)


def _tables(record: Record, zone: str) -> Iterator[tuple[str, Cells, list[Cells]]]:
    patient = record.patient

    def at(moment: datetime | None) -> str:
        return f"{clock.local(moment, zone):%d %b %Y, %H:%M}" if moment else ""

    yield (
        "Identity",
        ("What", "Kept"),
        [
            ("Name", patient.name),
            ("Hospital number", patient.number),
            ("Sex", patient.sex.value),
            ("Born", f"{patient.birth_date:%d %b %Y}"),
            ("Phone", patient.phone),
            ("Email", patient.email or ""),
            ("Address", patient.address),
            ("Enrolled", at(patient.enrolled_at)),
        ],
    )
    yield (
        "Letters agreed to",
        ("When", "What for", "Said"),
        [(at(c.said_at), c.purpose.value, "yes" if c.given else "no") for c in record.consents],
    )
    yield (
        "Appointments",
        ("When", "Doctor", "Kind", "State", "Reason"),
        [
            (at(one.starts_at), doctor.name, one.kind.value, one.status.value, one.cancel_reason)
            for one, doctor, _ in record.visits
        ],
    )
    yield (
        "Consultations",
        ("When", "Doctor", "Note"),
        [(at(e.begun_at), doctor.name, e.note) for _, doctor, e in record.visits if e],
    )
    yield (
        "Bills",
        ("Number", "When", "For", "Total"),
        [
            (
                bill.number,
                at(bill.issued_at),
                "\n".join(f"{line.description}: {rupees(line.amount_paise)}" for line in lines),
                rupees(bill.total_paise),
            )
            for bill, lines in record.bills
        ],
    )
    yield (
        "Money",
        ("Paper", "When", "Number", "Sum"),
        [
            (what, at(paper.issued_at), paper.number, rupees(paise))
            for what, paper, paise in _money_papers(record)
        ],
    )
    yield (
        "Letters",
        ("When", "Kind", "To", "State"),
        [(at(m.queued_at), m.kind, m.to_address, m.status.value) for m in record.letters],
    )
    yield (
        "Who opened or changed it",
        ("When", "Who", "What"),
        [(at(row.at), row.account_name, row.deed) for row in record.accesses],
    )


def _table(columns: Cells, rows: list[Cells]) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell or ''))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"
