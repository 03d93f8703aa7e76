"""The dues dashboard and the billing summaries, driven as finance drives them."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader

from mediklaud.database import reading, transaction
from mediklaud.errors import NotPermitted, SignedOut
from mediklaud.models import Method
from mediklaud.repository import take_payment
from mediklaud.repository.dues import dues_of
from tests.day import live_through_a_day
from tests.desk import files_of, made_for, said, signed_in, sit, the
from tests.hospital import TODAY, at, ward_of

NOW = TODAY + timedelta(days=40)


@pytest.fixture
def lived(sqlite_house, nine_o_clock):
    """Forty days after a day of every deed: Ben owes Dr Rao ₹800, Asha Dr Iyer ₹300."""
    live_through_a_day(nine_o_clock, evening=False)
    nine_o_clock.move_to(at(9, day=TODAY + timedelta(days=40)))


@pytest.fixture
def files(monkeypatch):
    """What each download button would build on its click, by its key."""
    return files_of(monkeypatch)


def numbers(desk):
    return {one.label: one.value for one in desk.metric}


def who(desk):
    return next(one.value for one in desk.dataframe if "Why on hold" in one.value)


def dues_at(monkeypatch, **address):
    """Ishaan's dashboard at an address."""
    desk = sit(monkeypatch, "ishaan")
    for word, said_there in address.items():
        desk.query_params[word] = said_there
    return desk.switch_page("pages/finance/dues.py").run()


def test_the_dashboard_tells_who_is_on_hold_why_since_when_and_their_phone(lived, monkeypatch):
    desk = dues_at(monkeypatch)

    assert numbers(desk) == {
        "Owed in all": "₹1,100.00",
        "Open bills": "2",
        "Patients who owe": "2",
        "On hold": "2",
    }
    told = who(desk)
    assert told["Patient"].tolist() == ["Ben Thomas", "Asha Menon"]
    assert told["Why on hold"].tolist() == [
        "₹800.00 on 1 overdue bill",
        "₹300.00 on 1 overdue bill",
    ]
    assert told["On hold since"].dt.date.tolist() == [TODAY, TODAY]
    assert told["Phone"].tolist() == ["+91 98860 22222", "+91 98860 11111"]


def test_what_is_owed_is_told_by_age_doctor_and_specialty(lived, monkeypatch):
    desk = dues_at(monkeypatch)
    ages, doctors, specialties, _ = (one.value for one in desk.dataframe)

    assert ages["Owed"].tolist() == [0, 1_100_00, 0, 0]
    assert doctors["31–60 days"].tolist() == [800_00, 300_00]
    assert doctors["Doctor"].tolist() == ["Dr Anjali Rao", "Dr Suresh Iyer"]
    assert specialties["Owed"].tolist() == [800_00, 300_00]


def test_a_filter_narrows_every_number_and_stands_in_the_address(lived, monkeypatch):
    desk = dues_at(monkeypatch)
    the(desk.selectbox, "Doctor").select("DOC-0002").run()

    assert numbers(desk)["Owed in all"] == "₹300.00"
    assert who(desk)["Patient"].tolist() == ["Asha Menon"]
    the(desk.toggle, "On hold only").set_value(True).run()
    assert numbers(desk)["Patients who owe"] == "1"
    the(desk.selectbox, "Age of the bill").select("over 90 days").run()
    assert "Nothing is owed on such bills." in said(desk)


def test_an_address_that_nobody_understands_shows_all(lived, monkeypatch):
    desk = dues_at(monkeypatch, age="'; DROP TABLE invoice", doctor="DOC-9999", hold="perhaps")

    assert not desk.exception
    assert numbers(desk)["Owed in all"] == "₹1,100.00"


def chosen(monkeypatch, patient_id):
    """The dashboard with the row of a patient chosen."""
    desk = dues_at(monkeypatch)
    row = who(desk)["Patient"].tolist().index({1: "Asha Menon", 2: "Ben Thomas"}[patient_id])
    desk.session_state["Who owes/2,1"] = {
        "selection": {"rows": [row], "columns": [], "cells": []},
    }
    return desk.run()


def test_a_row_leads_to_the_account_with_its_balance_and_its_pdf(lived, monkeypatch, files):
    desk = chosen(monkeypatch, 1)
    lines = desk.dataframe[-1].value
    with reading() as db:
        owed = dues_of(db, 1).total_paise

    assert lines["Particulars"].tolist()[0] == "Brought forward"
    assert owed == 300_00
    # What is owed, less the ₹40.00 of an advance.
    assert numbers(desk)["To pay"] == "₹260.00"
    words = PdfReader(BytesIO(files["statement-1"]())).pages[0].extract_text()
    assert "Asha Menon" in words
    assert numbers(desk)["To pay"].lstrip("₹") in words


def test_no_file_is_built_for_a_sign_in_that_has_ended_or_may_not(lived, monkeypatch, files):
    chosen(monkeypatch, 1)
    meera = signed_in("meera")

    for key in ("statement-1", f"csv-who-owes-{NOW}", f"csv-owed-by-doctor-name-{NOW}"):
        with pytest.raises(NotPermitted):
            made_for(meera, files[key])
        with pytest.raises(SignedOut):
            made_for("SI-nobody", files[key])


def test_the_file_of_who_owes_is_read_on_the_click(lived, monkeypatch, files):
    dues_at(monkeypatch)
    with transaction() as db:
        ward = ward_of(db)
        take_payment(db, ward.ben, 800_00, Method.CASH, form="late", by=ward.ishaan)

    lines = files[f"csv-who-owes-{NOW}"]().decode("utf-8-sig").splitlines()

    assert [line.split(",")[0] for line in lines] == ["Patient", "Asha Menon"]


# Summaries


def summed_by(desk, cut):
    """The summaries of the month of the day, summed by a cut; its table."""
    field = next(one for one in desk.get("button_group") if one.label == "Summed by")
    field.set_value(cut).run()
    return desk.dataframe[0].value


@pytest.fixture
def november(lived, monkeypatch):
    desk = sit(monkeypatch, "khan", "finance/summaries")
    period = next(one for one in desk.get("button_group") if one.label == "Period")
    period.set_value("From – to").run()
    first, last = desk.date_input
    first.set_value(date(2026, 11, 1))
    last.set_value(date(2026, 11, 30)).run()
    return desk


def test_the_period_in_six_numbers(november):
    assert numbers(november) == {
        "Billed": "₹2,400.00",
        "Credited": "₹100.00",
        "Received": "₹2,240.00",
        "Change of dues": "₹1,100.00",
        "Owed at the end": "₹1,100.00",
        "Still owed": "₹1,100.00",
    }


@pytest.mark.parametrize("cut", ["Day", "Week", "Month", "Doctor", "Specialty", "Visit"])
def test_every_cut_comes_to_the_period(november, cut):
    table = summed_by(november, cut)

    assert table["Billed"].sum() == 2_400_00
    assert table["Credited"].sum() == 100_00
    assert table["Received"].sum() == 2_240_00
    assert table["Change of dues"].sum() == 1_100_00


def test_the_modes_and_the_period_before(november):
    modes = summed_by(november, "Mode")
    compared = summed_by(november, "Compared")

    assert modes["Received"].sum() == 2_240_00
    assert modes["Bounced"].sum() == 300_00
    assert compared["This period"].tolist() == [2_400_00, 100_00, 2_240_00, 1_100_00]
    assert compared["Period before"].tolist() == [0, 0, 0, 0]
    assert compared["In percent"].tolist() == ["–"] * 4


def test_each_table_is_a_file_in_both_forms(lived, monkeypatch, files):
    desk = sit(monkeypatch, "ishaan", "finance/summaries")
    period = next(one for one in desk.get("button_group") if one.label == "Period")
    period.set_value("From – to").run()
    first, last = desk.date_input
    first.set_value(TODAY)
    last.set_value(TODAY).run()
    for cut in ("Doctor", "Compared"):
        files.clear()
        summed_by(desk, cut)
        assert sorted(key.split("-")[0] for key in files) == ["csv", "xlsx"]
        assert all(make() for make in files.values())
