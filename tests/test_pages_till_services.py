"""Services on the screen: kept with SAC, tax and prices, and billed to a patient."""

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from mediklaud.database import reading, transaction
from mediklaud.models import Invoice, InvoiceKind, Service, ServicePrice
from mediklaud.repository import (
    ServiceForm,
    account_named,
    begin_sign_in,
    keep_service,
    price_service,
)
from mediklaud.ui import pick
from tests.desk import HOME, click, find, said, sit, take, the
from tests.hospital import TODAY, ward_of
from tests.till import GSTIN, service, settings


def rows(table):
    with reading() as db:
        return db.exec(select(table)).all()


def type_in(desk, **typed):
    for label, words in typed.items():
        the(desk.text_input, label.replace("_", " ")).input(words).run()
    return desk


@pytest.fixture
def kept(sqlite_house, monkeypatch):
    """Dr Khan's page of services."""
    return sit(monkeypatch, "khan", "finance/tariff")


@pytest.fixture
def billing(sqlite_house, monkeypatch):
    """Ishaan bills Asha; an ECG costs ₹250.00 and make-up ₹1,000.00 with 18 % of tax."""
    with transaction() as db:
        ward = ward_of(db)
        service(db, ward, 250_00, name="ECG")
        service(db, ward, 1000_00, name="Make-up", tax=1800)
    return take(find(sit(monkeypatch, "ishaan", "finance/bill_services"), "asha"), "JMI-000001")


def test_a_service_is_added_with_its_price(kept):
    click(type_in(kept, Service="ECG", Price="1,250.50"), "Add")

    assert [(one.name, one.sac, one.tax_basis_points) for one in rows(Service)] == [
        ("ECG", "999312", 0)
    ]
    assert [one.price_paise for one in rows(ServicePrice)] == [1250_50]
    assert "ECG is added at ₹1,250.50." in said(kept)


def test_a_taxable_service_keeps_its_rate(kept):
    the(kept.toggle, "Taxable").set_value(True).run()
    the(kept.number_input, "Tax").set_value(12.5).run()

    click(type_in(kept, Service="Make-up", Price="100"), "Add")

    assert [one.tax_basis_points for one in rows(Service)] == [1250]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"Service": "", "Price": "1"}, "Service is empty."),
        ({"Service": "ECG", "SAC": "12", "Price": "1"}, "A SAC has 4 to 6 digits"),
        ({"Service": "ECG", "Price": "-1"}, '"-1" is below zero.'),
        ({"Service": "ECG", "Price": "nan"}, '"nan" is not an amount.'),
        ({"Service": "ECG", "Price": "1.234"}, '"1.234" has more than two decimals.'),
        ({"Service": "ECG", "Price": ""}, "No amount was typed."),
    ],
)
def test_what_is_no_service_is_refused_whole(kept, typed, sentence):
    click(type_in(kept, **typed), "Add")

    assert sentence in said(kept)
    assert (rows(Service), rows(ServicePrice)) == ([], [])


def chosen(monkeypatch):
    """The page with the only service chosen."""
    desk = sit(monkeypatch, "ishaan", "finance/tariff")
    key = pick.key_of("Services", [1])
    desk.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    return desk.run()


@pytest.fixture
def ecg(sqlite_house, monkeypatch):
    with transaction() as db:
        service(db, ward_of(db), 250_00, name="ECG")
    return chosen(monkeypatch)


def test_a_price_is_set_from_today(ecg):
    click(type_in(ecg, Price="300"), "Set the price")

    assert [one.price_paise for one in rows(ServicePrice)] == [300_00]
    assert "ECG costs ₹300.00 from 23 Nov 2026." in said(ecg)


def test_a_service_is_no_longer_offered(ecg):
    the(ecg.checkbox, "Offered").uncheck().run()

    click(ecg, "Save")

    assert [one.active for one in rows(Service)] == [False]


def test_a_stale_form_changes_nothing(ecg):
    with transaction() as db:
        ward = ward_of(db)
        kept = db.exec(select(Service)).one()
        told = ServiceForm("ECG, 12 leads")
        keep_service(db, told, by=ward.khan, service=kept, version=kept.version)

    click(type_in(ecg, Service="ECG at rest"), "Save")

    assert [one.name for one in rows(Service)] == ["ECG, 12 leads"]
    assert "Somebody changed this service meanwhile." in said(ecg)


def bill(desk, *services, doctor="Dr Anjali Rao"):
    field = the(desk.multiselect, "Service")
    field.set_value([one.id for one in rows(Service) if one.name in services]).run()
    if doctor:
        box = the(desk.selectbox, "Doctor")
        place = next(i for i, words in enumerate(box.options) if words.startswith(doctor))
        box.select_index(place).run()
    return desk


def test_services_are_billed_with_their_quantity(billing):
    bill(billing, "ECG")
    the(billing.number_input, "How many: ECG").set_value(3).run()
    assert "The bill comes to **₹750.00**" in said(billing)

    click(billing, "Issue the bill")

    assert [one.total_paise for one in rows(Invoice)] == [750_00]
    assert "Bill JMI/2627/000001 of ₹750.00 is issued to Asha Menon." in said(billing)


def test_a_taxable_service_makes_a_tax_invoice(billing):
    with transaction() as db:
        settings(db, ward_of(db), gstin=GSTIN)
    bill(billing, "ECG", "Make-up")
    assert "₹1,430.00**, with ₹180.00 of GST" in said(billing)

    click(billing, "Issue the bill")

    assert [(one.kind, one.total_paise) for one in rows(Invoice)] == [
        (InvoiceKind.TAX_INVOICE, 1430_00)
    ]


@pytest.mark.parametrize(
    ("services", "doctor", "sentence"),
    [
        ((), "Dr Anjali Rao", "Nothing here costs anything, so there is no bill."),
        (("ECG",), "", "Doctor is empty. Please fill it in."),
        (("Make-up",), "Dr Anjali Rao", "Tax may be billed only by who is registered for GST"),
    ],
)
def test_what_cannot_be_billed_is_refused(billing, services, doctor, sentence):
    click(bill(billing, *services, doctor=doctor), "Issue the bill")

    assert sentence in said(billing)
    assert rows(Invoice) == []


def test_a_price_that_changed_meanwhile_is_shown_before_it_is_billed(billing):
    bill(billing, "ECG")
    with transaction() as db:
        ecg = db.exec(select(Service).where(Service.name == "ECG")).one()
        price_service(db, ecg, 999_00, TODAY, by=ward_of(db).khan)

    click(billing, "Issue the bill")

    assert "The bill comes to ₹999.00 now, not ₹250.00" in said(billing)
    assert rows(Invoice) == []
    click(billing, "Issue the bill")
    assert [one.total_paise for one in rows(Invoice)] == [999_00]


def test_a_number_that_is_typed_with_the_click_is_billed(billing):
    bill(billing, "ECG")
    the(billing.number_input, "How many: ECG").set_value(3)

    click(billing, "Issue the bill")

    assert [one.total_paise for one in rows(Invoice)] == [750_00]


@pytest.mark.parametrize("page", ["tariff", "bill_services"])
def test_another_role_sees_neither_page(sqlite_house, page):
    desk = AppTest.from_file(HOME.parent / f"pages/finance/{page}.py")
    with transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, "meera"))
    desk.run()

    assert "This page belongs to another role." in said(desk)
    assert len(desk.main.children) == 2
