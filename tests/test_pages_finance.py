"""Finance's pages, driven as a clerk drives them."""

import re
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlmodel import select
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.testing.v1 import AppTest

from mediklaud import repository
from mediklaud.database import reading, transaction
from mediklaud.errors import NotPermitted, SignedOut
from mediklaud.models import Doctor, Method, Payment, Role, VisitKind
from mediklaud.repository import (
    CONSOLE,
    OwedWhere,
    account_named,
    begin_consultation,
    begin_sign_in,
    book_appointment,
    change_account,
    finish_consultation,
    take_payment,
    take_tenders,
)
from mediklaud.ui import owing
from tests.desk import HOME, files_of, made_for, signed_in, sit
from tests.hospital import at, ward_of


@pytest.fixture
def bill(sqlite_house):
    """Asha owes Dr Rao ₹800.00; returns the bill."""
    with transaction() as db:
        ward = ward_of(db)
        booked = book_appointment(
            db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera
        )
        begun = begin_consultation(db, booked, by=ward.rao_account)
        return finish_consultation(db, begun, "Seen.", by=ward.rao_account)


@pytest.fixture
def till(bill, monkeypatch):
    """Ishaan's page to take a payment, with Asha found."""
    desk = sit(monkeypatch, "ishaan", "finance/payment")
    desk.text_input(key="find-patient").input("asha").run()
    return desk.button(key="patient-1").click().run()


@pytest.fixture
def downloads(monkeypatch):
    """What each download button would build on its click, by its key."""
    return files_of(monkeypatch)


def field(desk, label):
    """The field of a label."""
    named = [*desk.text_input, *desk.get("button_group")]
    return next(one for one in named if one.label == label)


def pay(desk, received=None, method=None, reference=None):
    """Type what is given and take the payment."""
    if received is not None:
        field(desk, "Received").input(received)
    if method is not None:
        field(desk, "Method").set_value(method).run()
    if reference is not None:
        field(desk, "Reference").input(reference)
    return next(one for one in desk.button if one.label == "Take payment").click().run()


def said(elements):
    """What is said, without the escapes that keep it from being Markdown."""
    return [re.sub(r"\\(.)", r"\1", one.value) for one in elements]


def all_payments():
    with reading() as db:
        return db.exec(select(Payment)).all()


# Taking a payment


def test_a_payment_of_what_is_owed_lifts_the_gate(till):
    pay(till)

    assert said(till.success)[0] == (
        "Receipt JMR/2627/000001 is issued. Asha Menon owes nothing any more. "
        "Booking is open again."
    )
    with transaction() as db:
        ward = ward_of(db)
        assert book_appointment(
            db, ward.asha, ward.iyer, at(11), VisitKind.FIRST, form="f2", by=ward.meera
        )


def test_a_part_payment_says_what_is_left_and_that_the_hold_stays(till):
    pay(till, "300", Method.UPI, "u-77")

    assert said(till.success) == [
        "Receipt JMR/2627/000001 is issued. Asha Menon still owes ₹500.00; "
        "routine booking stays on hold."
    ]
    assert field(till, "Received").value == "500.00"


def test_more_than_owed_is_refused_with_the_typed_amount_kept(till):
    pay(till, "800.01")

    assert said(till.error)[-1] == (
        "Asha Menon owes ₹800.00, which is less than ₹800.01. Take ₹800.00 at most."
    )
    assert field(till, "Received").value == "800.01"
    assert all_payments() == []


@pytest.mark.parametrize("typed", ["12,34.5x", "", "-5", "1.234", "0"])
def test_what_is_no_amount_is_refused_and_stays_typed(till, typed):
    pay(till, typed)

    assert len(till.error) == 2  # the hold, and the refusal
    assert field(till, "Received").value == typed
    assert all_payments() == []


def test_a_card_without_its_reference_is_refused(till):
    pay(till, method=Method.CARD)

    assert said(till.error)[-1].startswith("A payment by card needs its reference.")
    assert all_payments() == []


def test_a_second_click_on_one_form_is_one_payment(till):
    form = till.session_state["_forms"]["JMI-000001"]
    with transaction() as db:
        ward = ward_of(db)
        take_payment(db, ward.asha, 300_00, Method.CASH, form=form, by=ward.ishaan)

    pay(till, "300")

    assert [payment.amount_paise for payment in all_payments()] == [300_00]
    assert said(till.success)[0].startswith("Receipt JMR/2627/000001 is issued.")


def test_a_click_while_the_payment_is_written_loses_neither_sentence_nor_new_form(
    till, monkeypatch
):
    def interrupted(*things, **named):
        receipt = take_tenders(*things, **named)
        run = get_script_run_ctx()
        run.script_requests.request_rerun(RerunData(page_script_hash=run.page_script_hash))
        return receipt

    monkeypatch.setattr(repository, "take_tenders", interrupted)
    form = till.session_state["_forms"]["JMI-000001"]
    pay(till, "300")

    assert said(till.success)[0].startswith("Receipt JMR/2627/000001 is issued.")
    assert till.session_state["_forms"]["JMI-000001"] != form


def test_a_sum_typed_for_one_patient_is_not_shown_to_the_next(till):
    with transaction() as db:
        ward = ward_of(db)
        booked = book_appointment(
            db, ward.ben, ward.iyer, at(10), VisitKind.FIRST, form="f3", by=ward.meera
        )
        begun = begin_consultation(db, booked, by=ward.iyer_account)
        finish_consultation(db, begun, "Seen.", by=ward.iyer_account)
    field(till, "Received").input("123.45").run()
    next(one for one in till.button if one.label == "Another patient").click().run()
    till.text_input(key="find-patient").input("ben").run()
    till.button(key="patient-2").click().run()

    assert field(till, "Received").value == "500.00"


def test_a_patient_who_owes_nothing_has_no_form(sqlite_house, monkeypatch):
    desk = sit(monkeypatch, "ishaan", "finance/payment")
    desk.text_input(key="find-patient").input("ben").run()
    desk.button(key="patient-2").click().run()

    assert said(desk.success) == ["Nothing is owed."]
    assert "Take payment" not in [one.label for one in desk.button]


def test_a_role_lost_while_the_form_is_open_takes_no_payment(till):
    with transaction() as db:
        change_account(db, account_named(db, "ishaan"), {Role.FRONT_DESK}, by=CONSOLE)

    pay(till)

    assert all_payments() == []


@pytest.mark.parametrize("page", ["dues", "payment", "papers", "summaries"])
def test_another_role_sees_nothing_of_finance(bill, page):
    # The page's own file, so that no menu stands before it.
    desk = AppTest.from_file(HOME.parent / f"pages/finance/{page}.py")
    with transaction() as db:
        desk.session_state["username"] = begin_sign_in(db, account_named(db, "meera"))
    desk.run()

    assert said(desk.error) == [
        "This page belongs to another role. Choose one of yours in the menu."
    ]
    assert len(desk.main.children) == 2  # the title and the refusal


# Papers


def test_the_pdf_of_each_paper_is_built_on_the_click_and_names_it(till, downloads):
    pay(till)

    for number in ("JMI/2627/000001", "JMR/2627/000001"):
        words = PdfReader(BytesIO(downloads[f"pdf-{number}"]())).pages[0].extract_text()
        assert number in words


def test_a_pdf_is_not_built_for_a_sign_in_that_has_ended_or_may_not(till, bill, downloads):
    till.run()
    meera = signed_in("meera")

    with pytest.raises(NotPermitted):
        made_for(meera, downloads[f"pdf-{bill.number}"])
    with pytest.raises(SignedOut):
        made_for("SI-nobody", downloads[f"pdf-{bill.number}"])


def test_a_paper_is_found_by_its_number(bill, monkeypatch, downloads):
    desk = sit(monkeypatch, "ishaan", "finance/papers")
    field(desk, "Find a paper").set_value("By number").run()
    field(desk, "Number").input(bill.number.lower()).run()

    assert list(downloads) == [f"pdf-{bill.number}"]
    assert "Asha Menon" in said(desk.caption)[0]


def test_an_unknown_number_says_so(bill, monkeypatch):
    desk = sit(monkeypatch, "ishaan", "finance/papers")
    field(desk, "Find a paper").set_value("By number").run()
    field(desk, "Number").input("JMI/2627/999999").run()

    assert said(desk.info)[0].startswith("No paper has this number.")


def test_a_patients_papers_show_how_each_bill_stands(till, monkeypatch):
    pay(till, "300")
    desk = sit(monkeypatch, "ishaan", "finance/papers")
    desk.text_input(key="find-patient").input("asha").run()
    desk.button(key="patient-1").click().run()

    shown = said(desk.markdown)
    assert ["**JMI/2627/000001**" in shown, "**JMR/2627/000001**" in shown] == [True, True]
    assert any("₹500.00 owed" in words for words in shown)


# Dues


def test_the_dues_name_who_owes_and_lead_to_the_payment(bill, monkeypatch):
    desk = sit(monkeypatch, "ishaan", "finance/dues")
    assert {one.label: one.value for one in desk.metric} == {
        "Owed in all": "₹800.00",
        "Open bills": "1",
        "Patients who owe": "1",
        "On hold": "1",
    }

    desk.session_state["Who owes/1"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    desk.run()
    desk.switch_page("pages/finance/payment.py").run()

    assert field(desk, "Received").value == "800.00"


def test_who_owes_is_a_page_at_a_time(bill, monkeypatch):
    monkeypatch.setattr(owing, "ROWS_A_PAGE", 1)
    with transaction() as db:
        ward = ward_of(db)
        booked = book_appointment(
            db, ward.ben, ward.iyer, at(10), VisitKind.FIRST, form="f3", by=ward.meera
        )
        begun = begin_consultation(db, booked, by=ward.iyer_account)
        finish_consultation(db, begun, "Seen.", by=ward.iyer_account)
    desk = sit(monkeypatch, "ishaan", "finance/dues")

    assert owing_names(desk) == ["Asha Menon"]

    desk.session_state[f"payers/{OwedWhere()}/2"] = 2
    desk.run()

    assert owing_names(desk) == ["Ben Thomas"]
    with transaction() as db:
        ward = ward_of(db)
        take_payment(db, ward.asha, 800_00, Method.CASH, form="p9", by=ward.ishaan)
    desk.run()
    assert owing_names(desk) == ["Ben Thomas"]


def owing_names(desk):
    (names,) = [list(one.value["Patient"]) for one in desk.dataframe if "Patient" in one.value]
    return names


def test_no_dues_are_an_empty_page_that_says_so(sqlite_house, monkeypatch):
    desk = sit(monkeypatch, "ishaan", "finance/dues")

    assert said(desk.success) == ["Every bill is paid. Nothing is owed."]


# Summaries


@pytest.mark.parametrize("who", ["ishaan", "khan"])
def test_the_month_is_summed_for_finance_and_the_cmo(bill, monkeypatch, who):
    with transaction() as db:
        ward = ward_of(db)
        take_payment(db, ward.asha, 300_00, Method.CASH, form="p1", by=ward.ishaan)
    desk = sit(monkeypatch, who, "finance/summaries")

    assert {one.label: one.value for one in desk.metric} == {
        "Billed": "₹800.00",
        "Credited": "₹0.00",
        "Received": "₹300.00",
        "Change of dues": "₹500.00",
        "Owed at the end": "₹500.00",
        "Still owed": "₹500.00",
    }


def test_a_period_without_a_bill_says_so(bill, monkeypatch):
    desk = sit(monkeypatch, "ishaan", "finance/summaries")
    field(desk, "Period").set_value("Last month").run()

    assert said(desk.info)[0].startswith("Nothing was billed or received in this period.")


def test_a_period_is_two_days_in_either_order(bill, monkeypatch):
    desk = sit(monkeypatch, "ishaan", "finance/summaries")
    field(desk, "Period").set_value("From – to").run()
    first, last = desk.date_input
    first.set_value(at(9).date())
    last.set_value(at(9).date().replace(day=1)).run()

    assert said(desk.main.subheader)[0] == "01 Nov 2026 – 23 Nov 2026"
    assert desk.metric[0].value == "₹800.00"


def test_a_doctors_name_is_text_wherever_it_is_shown(sqlite_house, monkeypatch, downloads):
    with transaction() as db:
        ward = ward_of(db)
        db.get_one(Doctor, ward.rao.id).name = "**x** :smile:"
    with transaction() as db:
        ward = ward_of(db)
        booked = book_appointment(
            db, ward.asha, ward.rao, at(10), VisitKind.FIRST, form="f1", by=ward.meera
        )
        begun = begin_consultation(db, booked, by=ward.rao_account)
        finish_consultation(db, begun, "Seen.", by=ward.rao_account)
    desk = sit(monkeypatch, "ishaan", "finance/summaries")
    field(desk, "Summed by").set_value("Doctor").run()
    doctors = [one.value["Doctor"].tolist() for one in desk.dataframe if "Doctor" in one.value]
    desk.switch_page("pages/finance/payment.py").run()
    desk.text_input(key="find-patient").input("asha").run()
    desk.button(key="patient-1").click().run()

    assert doctors == [["**x** :smile:"]]
    assert [one.value for one in desk.caption if "smile" in one.value] == [
        r"23 Nov 2026 · \*\*x\*\* " + "\\:\u200bsmile\\:"
    ]


def test_each_tables_file_is_built_on_the_click_for_who_may_see_it(bill, monkeypatch, downloads):
    with transaction() as db:
        ward = ward_of(db)
        take_payment(db, ward.asha, 300_00, Method.CASH, form="p1", by=ward.ishaan)
    desk = sit(monkeypatch, "ishaan", "finance/summaries")
    downloads.clear()
    field(desk, "Summed by").set_value("Doctor").run()
    by_doctor = next(made for key, made in downloads.items() if key.startswith("csv-by-doctor"))

    assert by_doctor().decode("utf-8-sig").splitlines() == [
        "Doctor,Billed (₹),Credited (₹),Received (₹),Change of dues (₹),Bills,Number",
        "Dr Anjali Rao,800.00,0.00,300.00,500.00,1,DOC-0001",
    ]
    assert len(downloads) == 2  # CSV and Excel
    with transaction() as db:
        change_account(db, account_named(db, "ishaan"), {Role.FRONT_DESK}, by=CONSOLE)
    with pytest.raises(SignedOut):
        by_doctor()
    with pytest.raises(NotPermitted):
        made_for(signed_in("meera"), by_doctor)
