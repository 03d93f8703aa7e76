"""Pure: a patient's record in HL7 FHIR's words (R4), for programs."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from sqlalchemy import inspect

from mediklaud.models import Appointment, CreditNote, Doctor, Encounter, Patient, Receipt, Refund
from mediklaud.records import PLAIN, Kind, Record, as_kept, money_papers, said_of


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
    yield _patient(record.patient, record.payer)
    subject = {"reference": f"Patient/{record.patient.id}"}
    for doctor in record.doctors.values():
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
    for kind in PLAIN:
        for row in record.kept[kind.table]:
            yield _plain(kind, row, subject)
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


def _patient(patient: Patient, payer: Patient | None) -> dict[str, Any]:
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
        "contact": [
            {
                "relationship": [{"text": "Payer of bills"}],
                "name": {"text": payer.name},
                "telecom": [{"system": "phone", "value": payer.phone}],
            }
        ]
        if payer
        else [],
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
        "reasonCode": [{"text": said} for said in said_of(one)],
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
    for what, paper, paise in money_papers(record):
        yield _basic(what, paper, paise, subject)


def _basic(
    what: str, paper: Receipt | CreditNote | Refund, paise: int, subject: dict[str, str]
) -> dict[str, Any]:
    said = [{"url": "urn:said", "valueString": one} for one in said_of(paper)]
    return {
        "resourceType": "Basic",
        "id": paper.number.replace("/", "-"),
        "code": {"text": what},
        "identifier": [{"value": paper.number}],
        "subject": subject,
        "created": paper.issued_at.date().isoformat(),
        "extension": [{"url": "urn:amount", "valueMoney": _money(paise)}, *said],
    }


def _plain(kind: Kind, row: Any, subject: dict[str, str]) -> dict[str, Any]:
    key = "-".join(str(part) for part in inspect(row).identity).replace("/", "-")
    told = {word: getattr(row, word) for word in kind.columns.values()}
    return {
        "resourceType": "Basic",
        "id": f"{kind.table.__tablename__}-{key}",
        "code": {"text": kind.called},
        "subject": subject,
        "extension": [
            {"url": f"urn:{word}", **_value(word, value)}
            for word, value in told.items()
            if value not in (None, "")
        ],
    }


def _value(word: str, value: Any) -> dict[str, Any]:
    if word == "doctor_id":
        return {"valueReference": {"reference": f"Practitioner/{value}"}}
    if word.endswith("_paise"):
        return {"valueMoney": _money(value)}
    return {"valueString": as_kept(value)}


def _money(paise: int) -> dict[str, Any]:
    whole, part = divmod(abs(paise), 100)
    # As written, so that no program rounds it on the way.
    return {"value": f"{'-' if paise < 0 else ''}{whole}.{part:02d}", "currency": "INR"}
