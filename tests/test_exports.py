"""The export of one patient's record: whole, noted, and of nobody else."""

import io
import json
import zipfile
from base64 import b64decode
from collections import Counter
from html import escape
from html.parser import HTMLParser

import pytest
from sqlalchemy import inspect
from sqlmodel import SQLModel, select

from mediklaud import database
from mediklaud.errors import EmptyField, NotFound, NotPermitted, SignedOut
from mediklaud.models import (
    Account,
    AuditEvent,
    ContactKind,
    ContactOutcome,
    Encounter,
    Invoice,
    Message,
    Patient,
    Receipt,
    Service,
)
from mediklaud.record_bundle import bundle
from mediklaud.record_file import JSON_NAME, PAGE_NAME, page, zipped
from mediklaud.records import money_papers
from mediklaud.repository import (
    Item,
    ask_waiver,
    begin_sign_in,
    bill_services,
    edit_patient,
    end_sign_in,
    export_record,
    find_to_export,
    note_contact,
    use_advance,
)
from mediklaud.ui import exports
from tests.day import live_through_a_day
from tests.desk import said, sit, the
from tests.hospital import ASHA, ward_of

WHY = "The patient asked for it"


@pytest.fixture
def lived(house, nine_o_clock):
    """A day with bookings, consultations, bills, payments and letters."""
    live_through_a_day(nine_o_clock)


def exported(name="asha"):
    with database.transaction() as db:
        ward = ward_of(db)
        record = export_record(db, getattr(ward, name).id, WHY, by=ward.khan)
        return json.loads(json.dumps(bundle(record))), page(record)


def resources(found, kind):
    return [one["resource"] for one in found["entry"] if one["resource"]["resourceType"] == kind]


def test_the_bundle_holds_all_that_is_kept_of_the_patient(lived):
    found, _ = exported()
    with database.reading() as db:
        bills = db.exec(select(Invoice.number).where(Invoice.patient_id == 1)).all()
        receipts = db.exec(select(Receipt.number).where(Receipt.payer_id == 1)).all()

    assert (found["resourceType"], found["type"]) == ("Bundle", "collection")
    (patient,) = resources(found, "Patient")
    assert patient["name"] == [{"text": "Asha Menon"}]
    assert patient["birthDate"] == "1990-02-28"
    assert {one["identifier"][0]["value"] for one in resources(found, "Invoice")} == set(bills)
    basics = Counter(one["code"]["text"] for one in resources(found, "Basic"))
    assert basics["Receipt"] == len(receipts) > 0
    assert basics["Credit note"] == 3
    assert basics["Refund"] == 1
    assert len(resources(found, "Appointment")) == 5
    for kind in ("Consent", "Communication", "AuditEvent", "Practitioner", "Encounter"):
        assert resources(found, kind), kind
    notes = [one["content"][0]["attachment"] for one in resources(found, "DocumentReference")]
    assert all(b64decode(one["data"]) for one in notes)
    assert notes


# Tables that lead to a patient and are not handed over, each with its reason.
EXCUSED = {"charge": "Its words and its price are copied to a line of the bill."}
# What a row says in somebody's words, or in a word of the house that tells why or how.
SAID = {
    *("note", "reason", "words", "review_note", "decision", "end_reason", "cancel_reason"),
    *("overbook_reason", "emergency_reason", "reference", "method", "outcome", "description"),
}


def of_patients():
    """Every table from which a chain of foreign keys leads to a patient."""
    found = {"patient"}
    tables = SQLModel.metadata.tables.values()
    while more := {
        one.name
        for one in tables
        if one.name not in found and {key.column.table.name for key in one.foreign_keys} & found
    }:
        found |= more
    return found


def test_every_row_of_every_table_that_leads_to_a_patient_is_handed_over(lived):
    tables = {mapper.local_table.name: mapper.class_ for mapper in Patient._sa_registry.mappers}
    handed = {}
    with database.transaction() as db:
        khan = ward_of(db).khan
        for patient in db.exec(select(Patient)).all():
            record = export_record(db, patient.id, WHY, by=khan)
            handed.setdefault("patient", set()).add(inspect(patient).identity)
            for table, rows in record.kept.items():
                keys = {inspect(row).identity for row in rows}
                handed.setdefault(table.__tablename__, set()).update(keys)
        found = {name: db.exec(select(tables[name])).all() for name in of_patients()}

    assert [name for name, rows in found.items() if not rows] == []
    missing = {
        name
        for name, rows in found.items()
        if {inspect(row).identity for row in rows} - handed.get(name, set())
    }
    assert missing == set(EXCUSED)
    assert len(found) > 20


def test_what_a_row_says_stands_on_the_page_and_in_the_bundle(lived):
    with database.transaction() as db:
        ward = ward_of(db)
        ask_waiver(db, "JMI/2627/000002", 1_00, "Lost work", form="poor", by=ward.ishaan)
        reached = ContactOutcome.NO_ANSWER
        note_contact(
            *(db, ward.asha, ContactKind.CALL, reached),
            note="Rang twice",
            form="rang",
            by=ward.ishaan,
        )
        for one in (1, 2, 3):
            record = export_record(db, one, WHY, by=ward.khan)
            shown, found = page(record), json.dumps(bundle(record), ensure_ascii=False)
            said = {
                str(value)
                for rows in record.kept.values()
                for row in rows
                if not isinstance(row, (Message, Encounter))
                for word, value in row.model_dump(mode="json").items()
                if word in SAID and value
            }
            assert said
            assert {one for one in said if escape(one) not in shown} == set()
            assert {one for one in said if one not in found} == set()


def test_a_bill_that_somebody_else_paid_comes_with_its_receipt_and_its_payer(lived):
    with database.transaction() as db:
        ward = ward_of(db)
        cara = db.exec(select(Patient).where(Patient.name == "Cara Kapoor")).one()
        service = db.exec(select(Service)).first()
        told = {"form": "hers", "by": ward.ishaan}
        bill = bill_services(db, cara, ward.rao, [Item(service)], **told)
        dev = db.get_one(Patient, cara.payer_id)
        use_advance(db, dev, bills=[bill.number], by=ward.ishaan)
        record = export_record(db, cara.id, WHY, by=ward.khan)
        receipts = db.exec(select(Receipt.number).where(Receipt.payer_id == dev.id)).all()

    shown = page(record)
    assert [one.number for one, _ in record.bills] == [bill.number]
    assert [paper.number for what, paper, _ in money_papers(record)] == receipts
    assert f"{dev.name} · {dev.number}" in shown
    (hers,) = resources(bundle(record), "Patient")
    assert hers["contact"][0]["name"] == {"text": dev.name}


def test_every_reference_of_the_bundle_leads_to_something_in_it(lived):
    found, _ = exported()
    there = {one["fullUrl"].removeprefix("urn:") for one in found["entry"]}
    named = set()

    def walk(thing):
        if isinstance(thing, dict):
            named.update({thing["reference"]} if "reference" in thing else ())
            for part in thing.values():
                walk(part)
        elif isinstance(thing, list):
            for part in thing:
                walk(part)

    walk(found["entry"])
    assert named <= there
    assert "Patient/1" in named
    assert len(there) == len(found["entry"])


def test_nobody_elses_things_are_in_it(lived):
    found, shown = exported("ben")

    assert "Asha" not in json.dumps(found) + shown
    assert "Cara" not in json.dumps(found) + shown


def test_the_page_reads_as_text_whatever_was_typed(house):
    with database.transaction() as db:
        ward = ward_of(db)
        typed = ASHA.__class__(**{**vars(ASHA), "name": "<script>alert(1)</script> & Co"})
        edit_patient(db, ward.asha, typed, version=1, by=ward.meera)
    with database.transaction() as db:
        khan = db.exec(select(Account).where(Account.username == "khan")).one()
        shown = page(export_record(db, 1, WHY, by=khan))

    tags = Counter()
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, _: tags.update([tag])
    reader.feed(shown)
    assert not {"script", "img", "iframe", "link", "a"} & set(tags)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co" in shown


def test_an_export_is_noted_with_its_reason(house):
    exported()

    with database.reading() as db:
        row = db.exec(select(AuditEvent).where(AuditEvent.deed == "record exported")).one()
    assert (row.account_name, row.subject) == ("khan", "patient/1")
    assert json.loads(row.detail) == {"reason": WHY}


def test_the_file_is_a_zip_of_both_readings(db, ward):
    file = zipfile.ZipFile(io.BytesIO(zipped(export_record(db, 1, WHY, by=ward.khan))))

    assert file.namelist() == [JSON_NAME, PAGE_NAME]
    assert json.loads(file.read(JSON_NAME))["resourceType"] == "Bundle"
    assert file.read(PAGE_NAME).decode().startswith("<!doctype html>")


def test_only_the_cmo_exports_and_only_somebody_there_with_a_reason(db, ward):
    for by in (ward.meera, ward.ishaan, ward.tara, ward.rao_account):
        with pytest.raises(NotPermitted):
            export_record(db, 1, WHY, by=by)
    with pytest.raises(NotFound):
        export_record(db, 4711, WHY, by=ward.khan)
    with pytest.raises(EmptyField):
        export_record(db, 1, " ", by=ward.khan)
    assert [one.name for one in find_to_export(db, "JMI-000002", by=ward.khan)] == ["Ben Thomas"]
    assert list(find_to_export(db, "Ben", by=ward.khan)) == []


def test_the_file_is_made_on_the_click_for_a_live_sign_in(sqlite_house):
    with database.transaction() as db:
        token = begin_sign_in(db, ward_of(db).khan)
    assert exports.file(token, 1, WHY).startswith(b"PK")

    with database.transaction() as db:
        end_sign_in(db, token)
    with pytest.raises(SignedOut):
        exports.file(token, 1, WHY)


def test_the_cmo_finds_the_patient_gives_a_reason_and_gets_the_button(sqlite_house, monkeypatch):
    desk = sit(monkeypatch, "khan", "cmo/export")
    the(desk.text_input, "Number or phone").input("98860 11111").run()
    assert "the file follows" in said(desk)
    assert not desk.get("download_button")

    the(desk.selectbox, "Reason").select(WHY).run()

    (button,) = desk.get("download_button")
    assert button.proto.label == "Export the record"
