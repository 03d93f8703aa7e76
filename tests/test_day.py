"""A hospital's working day, from the doctor's registration to the lifted gate."""

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader
from sqlmodel import select

from mediklaud.errors import OnHold
from mediklaud.invoice_pdf import bill_pdf, receipt_pdf
from mediklaud.letters import written
from mediklaud.models import EmergencyReason, Message, Method, Role
from mediklaud.repository import (
    PatientForm,
    SessionForm,
    begin_consultation,
    bill_paper,
    create_account,
    enroll_patient,
    find_patients,
    finish_consultation,
    free_slots,
    likely_duplicates,
    open_record,
    open_session,
    receipt_paper,
    register_doctor,
    schedule_of,
    take_payment,
    till_numbers,
)
from tests.hospital import PASSWORD, TODAY, at
from tests.test_doctors import SEN
from tests.visits import book, desk

CHITRA = PatientForm(
    name="Chitra Das",
    sex="female",
    phone="098860 33333",
    address="9 Mill Road\nBengaluru 560003",
    age_years=34,
    email="chitra@example.org",
)


def words_of(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def doctor_registered():
    with desk() as (db, ward):
        typed = replace(SEN, consultation_fee_paise=1250_50)
        sen = register_doctor(db, typed, by=ward.khan)
        session = SessionForm(TODAY.weekday(), 600, 780, 20, valid_from=TODAY)
        open_session(db, sen, session, by=ward.khan)
        roles, tara = {Role.DOCTOR}, ward.tara
        account = create_account(db, "sen", sen.name, PASSWORD, roles, by=tara, doctor_id=sen.id)
    return sen, account


def patient_enrolled_and_booked(sen):
    with desk() as (db, ward):
        assert likely_duplicates(db, CHITRA, by=ward.meera) == []
        enroll_patient(db, CHITRA, form="e1", by=ward.meera)
    with desk() as (db, ward):
        (found,) = find_patients(db, "33333", by=ward.meera)
        slot = free_slots(db, [sen], TODAY, 1)[sen.id][1]
        return found.patient, book(db, ward, found.patient, sen, slot.starts_at)


def seen_and_billed(patient, booked, account):
    with desk() as (db, _):
        (visit,) = schedule_of(db, TODAY, 1, by=account)
        assert visit.patient.name == "Chitra Das"
        assert open_record(db, patient.id, by=account).past == ()
        encounter = begin_consultation(db, booked, by=account)
    with desk() as (db, _):
        return finish_consultation(db, encounter, "Salt less, walk more.", by=account)


def test_the_whole_day_goes_through_on_both_engines(house, nine_o_clock):
    sen, account = doctor_registered()
    patient, booked = patient_enrolled_and_booked(sen)
    with desk() as (db, _):
        letter = db.exec(select(Message)).one()
        assert letter.to_address == "chitra@example.org"
        assert "Monday 23 November 2026, 10:20 AM IST" in written(letter).text

    nine_o_clock.move_to(at(10, 20))
    bill = seen_and_billed(patient, booked, account)
    with desk() as (db, ward):
        printed = words_of(bill_pdf(bill_paper(db, bill.number, by=ward.ishaan)))
    assert "JMI/2627/000001" in printed
    assert "1,250.50" in printed

    told = r"Chitra Das owes ₹1,250\.50 on bill JMI/2627/000001"
    with pytest.raises(OnHold, match=told), desk() as (db, ward):
        book(db, ward, patient, ward.rao, at(11))
    with desk() as (db, ward):
        book(db, ward, patient, ward.rao, at(12), emergency=EmergencyReason.BREATHLESSNESS)

    with desk() as (db, ward):
        receipt = take_payment(db, patient, 1250_50, Method.CASH, form="p1", by=ward.ishaan)
        assert till_numbers(db, by=ward.ishaan).owed_paise == 0
    with desk() as (db, ward):
        printed = words_of(receipt_pdf(receipt_paper(db, receipt.number, by=ward.ishaan)))
        assert "JMR/2627/000001" in printed
        assert book(db, ward, patient, ward.rao, at(11)).on_hold is False
