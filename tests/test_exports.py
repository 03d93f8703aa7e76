"""The export of one patient's record: whole, noted, and of nobody else."""

import io
import json
import zipfile
from base64 import b64decode
from collections import Counter
from html.parser import HTMLParser

import pytest
from sqlmodel import select

from mediklaud import database
from mediklaud.errors import EmptyField, NotFound, NotPermitted, SignedOut
from mediklaud.models import Account, AuditEvent, Invoice, Receipt
from mediklaud.record_bundle import bundle
from mediklaud.record_file import JSON_NAME, PAGE_NAME, page, zipped
from mediklaud.repository import (
    begin_sign_in,
    edit_patient,
    end_sign_in,
    export_record,
    find_to_export,
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
