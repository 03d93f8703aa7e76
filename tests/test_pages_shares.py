"""Doctors' shares on the screen: agreed by the CMO, stated by month, tied to the receipts."""

from datetime import timedelta
from io import BytesIO

import pandas as pd
import pytest
from pypdf import PdfReader
from sqlmodel import select

from mediklaud.database import reading, transaction
from mediklaud.errors import NotPermitted
from mediklaud.models import DoctorShare, Method
from mediklaud.repository import (
    received_for,
    reverse_payment,
    set_share,
)
from tests.desk import click, files_of, made_for, said, signed_in, sit, the
from tests.fields import has, open_every_menu
from tests.hospital import TODAY, at, ward_of
from tests.till import bill_of, pay, payments_on

MONTH = TODAY.replace(day=1)


@pytest.fixture
def lived(sqlite_house, nine_o_clock):
    """Dr Rao gets 62.5 per cent; Asha paid ₹1,000, and a cheque of ₹300 bounced a day later."""
    with transaction() as db:
        ward = ward_of(db)
        set_share(db, ward.rao, TODAY, basis_points=6250, by=ward.khan)
        bill_of(db, ward, ward.asha, 1300_00)
        pay(db, ward, ward.asha, 1000_00)
        (cheque,) = payments_on(db, pay(db, ward, ward.asha, 300_00, Method.CHEQUE))
        nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=1)))
        reverse_payment(db, cheque, "Bounced", by=ward.ishaan)
        return ward.rao


def opened(patch, username, doctor=None):
    desk = sit(patch, username, "finance/shares")
    if doctor is not None:
        shown = f"{doctor.name} · {doctor.specialty} · {doctor.number}"
        the(desk.selectbox, "Doctor").select(shown).run()
    return desk


def test_finance_sees_every_doctors_month(lived, monkeypatch):
    desk = opened(monkeypatch, "ishaan")
    (table,) = (one.value for one in desk.dataframe)

    assert table[["Doctor", "Received", "Doctor's share"]].values.tolist() == [
        ["Dr Anjali Rao", 1000_00, 625_00]
    ]
    assert not has(desk, "Agree the share")


def test_a_statement_is_tied_to_the_receipts_and_a_reversal_is_below_zero(lived, monkeypatch):
    desk = opened(monkeypatch, "ishaan", lived)
    told = next(one.value for one in desk.dataframe if "Receipt" in one.value)

    assert told[["Receipt", "Received", "Terms", "Doctor's share"]].values.tolist() == [
        ["JMR/2627/000001", 1000_00, "62.5%", 625_00],
        ["JMR/2627/000002", 300_00, "62.5%", 187_50],
        ["JMR/2627/000002", -300_00, "62.5%", -187_50],
    ]
    assert "equal the receipts' sum on this doctor's bills: ₹1,000.00" in said(desk)
    with reading() as db:
        rows = received_for(db, lived, MONTH, TODAY, by=ward_of(db).ishaan)
    assert [(one.receipt_number, one.received_paise) for one in rows] == [
        ("JMR/2627/000001", 1000_00),
        ("JMR/2627/000002", 300_00),
    ]


def test_a_statement_that_does_not_tie_says_so(lived, monkeypatch):
    monkeypatch.setattr("mediklaud.repository.shares.received_for", lambda *_, **__: [])

    assert "the receipts to ₹0.00. Run the self-check." in said(opened(monkeypatch, "khan", lived))


def test_the_pdf_says_what_the_screen_says_and_only_to_whoever_may(lived, monkeypatch):
    files = files_of(monkeypatch)
    opened(monkeypatch, "khan", lived)
    pdf = files[f"share-pdf-{lived.id}-{MONTH}"]

    words = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf())).pages)
    for said_there in ("Dr Anjali Rao", "62.5%", "625.00", "-187.50", "Receipts on these bills"):
        assert said_there in words
    with pytest.raises(NotPermitted):
        made_for(signed_in("meera"), pdf)


def test_the_statement_leaves_as_csv_and_excel(lived, monkeypatch):
    files = files_of(monkeypatch)
    opened(monkeypatch, "ishaan", lived)
    name = f"share-{lived.number}-2026-11"

    assert "-187.50" in files[f"csv-{name}"]().decode()
    sheet = pd.read_excel(BytesIO(files[f"xlsx-{name}"]()))
    assert sheet["Doctor's share (₹)"].sum() == 625.0


def test_the_cmo_agrees_a_share_from_a_day_on(lived, monkeypatch):
    desk = opened(monkeypatch, "khan", lived)
    the(desk.get("button_group"), "Share").set_value("A sum for each visit").run()
    the(desk.text_input, "For each visit").input("-3").run()
    click(desk, "Agree the share")
    assert "is below zero" in said(desk)
    the(desk.text_input, "For each visit").input("300").run()
    the(desk.date_input, "From").set_value(TODAY + timedelta(days=9)).run()
    click(desk, "Agree the share")

    assert "The share is agreed." in said(desk)
    agreed = next(one.value for one in desk.dataframe if "From" in one.value)
    assert agreed["Share"].tolist() == ["₹300.00 a visit", "62.5%"]
    with reading() as db:
        kept = db.exec(select(DoctorShare).order_by(DoctorShare.id)).all()
    assert [(one.basis_points, one.visit_paise) for one in kept] == [(6250, 0), (0, 300_00)]


def test_another_role_sees_no_shares(sqlite_house, monkeypatch):
    open_every_menu(monkeypatch)

    assert "belongs to another role" in said(opened(monkeypatch, "meera"))
