"""Pure: a patient's record as a file to hand over: a page to read and a Bundle, in one ZIP."""

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from html import escape
from typing import Any

from mediklaud import clock
from mediklaud.models import Appointment, CreditNote, Receipt, Refund
from mediklaud.money import rupees
from mediklaud.record_bundle import bundle
from mediklaud.records import PLAIN, Kind, Record, money_papers, said_of

JSON_NAME, PAGE_NAME = "record.json", "record.html"
Cells = Sequence[object]


def zipped(record: Record) -> bytes:
    """Both readings in one ZIP: a FHIR Bundle for programs, a page for people."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(JSON_NAME, json.dumps(bundle(record), ensure_ascii=False, indent=1))
        file.writestr(PAGE_NAME, page(record))
    return made.getvalue()


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
    patient, payer = record.patient, record.payer
    about = "about " if patient.birth_date_is_estimated else ""

    def at(moment: datetime | None) -> str:
        return f"{clock.local(moment, zone):%d %b %Y, %H:%M}" if moment else ""

    yield (
        "Identity",
        ("What", "Kept"),
        [
            ("Name", patient.name),
            ("Hospital number", patient.number),
            ("Sex", patient.sex.value),
            ("Born", f"{about}{patient.birth_date:%d %b %Y}"),
            ("Phone", patient.phone),
            ("Email", patient.email or ""),
            ("Address", patient.address),
            ("Enrolled", at(patient.enrolled_at)),
            ("Bills go to", f"{payer.name} · {payer.number}" if payer else ""),
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
            (at(one.starts_at), doctor.name, one.kind.value, one.status.value, _lines(one))
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
        ("Paper", "When", "Number", "Sum", "Said"),
        [
            (what, at(paper.issued_at), paper.number, rupees(paise), _lines(paper))
            for what, paper, paise in money_papers(record)
        ],
    )
    for kind in PLAIN:
        rows = [_plain(record, kind, row) for row in record.kept[kind.table]]
        yield kind.called, tuple(kind.columns), rows
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


def _lines(row: Receipt | CreditNote | Refund | Appointment) -> str:
    return "\n".join(said_of(row))


def _plain(record: Record, kind: Kind, row: Any) -> Cells:
    told = {word: getattr(row, word) for word in kind.columns.values()}
    return [_cell(record, word, value) for word, value in told.items()]


def _cell(record: Record, word: str, value: Any) -> str:
    if value is None:
        return ""
    if word == "doctor_id":
        return record.doctors[value].name
    if word.endswith("_paise"):
        return rupees(value)
    if isinstance(value, datetime):
        return f"{clock.local(value, record.hospital.zone):%d %b %Y, %H:%M}"
    if isinstance(value, date):
        return f"{value:%d %b %Y}"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _table(columns: Cells, rows: list[Cells]) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell or ''))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"
