"""Searching the audit log: by whom, what and when, page by page, and what each role may read."""

import ast
import json
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from mediklaud import database
from mediklaud.bench.reads import asked_by
from mediklaud.config import ROOT
from mediklaud.errors import NotPermitted
from mediklaud.models import AuditEvent, Invoice, Method, Role, SignIn, VisitKind
from mediklaud.repository import (
    AuditSearch,
    Change,
    ToBeWrittenDown,
    WaitForm,
    ask_waiver,
    audit_deeds,
    audit_lines,
    begin_sign_in,
    cancel_appointment,
    change_account,
    edit_patient,
    live_account,
    patient_with,
    put_on_waitlist,
    take_out_audit,
    take_payment,
)
from mediklaud.repository.audit import changes, detail_of, note_deed
from mediklaud.repository.belongings import _SUBJECTS
from mediklaud.ui import audit as ui_audit
from mediklaud.ui.audit import detail_words
from mediklaud.ui.desk import see
from tests.day import live_through_a_day
from tests.desk import click, files_of, sit
from tests.fields import open_every_menu
from tests.hospital import ASHA, PASSWORD, TODAY, ward_of
from tests.till import settings
from tests.visits import book, desk, visit

TODAYS = AuditSearch(TODAY, TODAY)


def about(word, **more):
    return AuditSearch(TODAY, TODAY, about=word, **more)


def told(lines):
    return [(line.who, line.deed, line.about) for line in lines]


@pytest.fixture
def db(house):
    """After a visit of Asha, billed and paid, and one of Ben that was cancelled."""
    with desk() as (session, ward):
        visit(session, ward, ward.asha, ward.rao)
        take_payment(session, ward.asha, 800_00, Method.CASH, form="p1", by=ward.ishaan)
        missed = book(session, ward, ward.ben, ward.iyer)
        cancel_appointment(session, missed, "Fever", by=ward.meera)
    with database.transaction() as session:
        yield session


@pytest.fixture
def busy(db):
    """The cast after these deeds."""
    return ward_of(db)


def test_a_patients_rows_are_those_of_the_visits_and_papers_too(db, busy):
    found = told(audit_lines(db, about("jmi-000001"), by=busy.khan))

    assert sorted(deed for _, deed, _ in found) == [
        *("appointment booked", "bill issued", "consultation begun", "consultation finished"),
        *("patient enrolled", "payment taken"),
    ]
    assert ("meera", "patient enrolled", "patient JMI-000001") in found


def test_a_patients_rows_are_those_of_everything_that_was_done_about_the_patient(
    house, nine_o_clock
):
    live_through_a_day(nine_o_clock)
    found = {}
    with database.transaction() as db:
        ward = ward_of(db)
        form = WaitForm(VisitKind.FIRST, doctor_id=ward.rao.id, first_day=TODAY, last_day=TODAY)
        put_on_waitlist(db, ward.asha, form, form="waits", by=ward.meera)
        bill = db.exec(select(Invoice).where(Invoice.owed_paise > 0)).first()
        ask_waiver(db, bill.number, 1_00, "Poor", form="poor", by=ward.ishaan)
    with database.reading() as db:
        for number in ("JMI-000001", "JMI-000002"):
            lines = audit_lines(db, about(number), by=ward_of(db).khan, at_most=1_000)
            found[number] = {line.deed for line in lines}

    assert {
        *("credit note issued", "credit note cancelled", "payment refunded", "payment reversed"),
        *("put on the waitlist", "waiver asked", "plan agreed", "advance used"),
    } <= found["JMI-000001"]
    assert "patient called" in found["JMI-000001"] | found["JMI-000002"]


# Of the house itself, or of whoever works in it; about no patient.
_OF_NO_PATIENT = {
    *("account", "day_close", "doctor", "holiday", "hospital", "identity", "service", "sign_in"),
}


def test_every_word_that_names_a_subject_is_a_patients_or_the_houses():
    files = (ROOT / "mediklaud" / "repository").glob("*.py")
    deeds = [
        ast.unparse(call)
        for file in files
        for call in ast.walk(ast.parse(file.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "note_deed"
    ]
    named = set(re.findall(r"f['\"]([a-z_]+)/\{", " ".join(deeds)))

    assert len(named) > 15
    assert named - _OF_NO_PATIENT == {word for word, *_ in _SUBJECTS if word in named} | {"patient"}


def test_the_rows_of_a_patient_are_found_by_indexes(busy, db):
    asked = asked_by(lambda: audit_lines(db, about("jmi-000001"), by=busy.khan))
    sqlite = database.engine().dialect.name == "sqlite"
    if not sqlite:
        # So few rows are read whole otherwise, whatever index there is.
        db.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
    explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
    plans = " ".join(
        str(db.connection().exec_driver_sql(f"{explain} {statement}", values).all())
        for statement, given in asked
        for values in [tuple(given) if isinstance(given, list) else given]
    )

    read = {str(one.__tablename__) for _, one, _ in _SUBJECTS} | {"audit_event"}
    assert {one for one in read if re.search(rf"(SCAN|Seq Scan on) {one}\b", plans)} == set()
    assert "audit_by" in plans


@pytest.mark.parametrize(
    ("word", "deeds"),
    [
        ("JMI/2627/000001", ["bill issued"]),
        ("jmr/2627/000001", ["payment taken"]),
        ("DOC-0001", ["doctor registered"]),
        ("meera", ["account created"]),
        ("Appointment/2", ["appointment cancelled", "appointment booked"]),
        ("nobody", []),
    ],
)
def test_a_row_is_found_by_what_it_is_about(db, busy, word, deeds):
    found = audit_lines(db, about(word), by=busy.khan)
    assert [line.deed for line in found if "session" not in line.deed] == deeds


def test_rows_are_found_by_who_and_which_deed_and_day(db, busy):
    mine = audit_lines(db, AuditSearch(TODAY, TODAY, account_id=busy.ishaan.id), by=busy.khan)
    assert told(mine) == [("ishaan", "payment taken", "receipt/JMR/2627/000001")]
    bills = audit_lines(db, AuditSearch(TODAY, TODAY, deed="bill issued"), by=busy.khan)
    assert len(bills) == 1
    yesterday = TODAY - timedelta(days=1)
    assert audit_lines(db, AuditSearch(yesterday, yesterday), by=busy.khan) == []
    assert "bill issued" in audit_deeds(db, by=busy.khan)
    known = db.exec(select(AuditEvent.deed).distinct()).all()
    assert audit_deeds(db, by=busy.khan) == sorted(known)


def test_pages_hold_every_row_once(db, busy):
    whole = audit_lines(db, TODAYS, by=busy.khan, at_most=1_000)
    after, paged = None, []
    while page := audit_lines(db, TODAYS, by=busy.khan, after=after, at_most=7):
        paged, after = paged + page, page[-1].key

    assert len(whole) > 20
    assert paged == whole


def test_the_administrator_reads_nothing_of_patients_but_that_it_was_done(db, busy):
    lines = audit_lines(db, TODAYS, by=busy.tara, at_most=1_000)

    masked = {line.about.split()[0].split("/")[0] for line in lines if line.detail is None}
    assert masked == {"patient", "appointment", "encounter", "invoice", "receipt"}
    assert {"account", "doctor"} <= {line.about.split()[0] for line in lines if line.detail}
    assert all(line.detail is not None for line in audit_lines(db, TODAYS, by=busy.khan))


def test_only_the_cmo_and_the_administrator_search_it(db, ward):
    for somebody in (ward.meera, ward.ishaan, ward.rao_account):
        with pytest.raises(NotPermitted, match="search the audit log"):
            audit_lines(db, TODAYS, by=somebody)
        with pytest.raises(NotPermitted):
            take_out_audit(db, TODAYS, by=somebody)


def test_an_edit_says_what_was_and_what_is(house):
    with desk() as (db, ward):
        typed = ASHA.__class__(**{**vars(ASHA), "phone": "98450 99999"})
        edit_patient(db, ward.asha, typed, version=ward.asha.version, by=ward.meera)
        roles = {Role.FINANCE, Role.FRONT_DESK}
        change_account(db, ward.ishaan, roles, by=ward.tara)

    with desk() as (db, ward):
        edit = audit_lines(db, AuditSearch(TODAY, TODAY, deed="patient edited"), by=ward.khan)
        grant = audit_lines(db, AuditSearch(TODAY, TODAY, deed="account changed"), by=ward.khan)
    assert edit[0].detail == {"phone": Change("+919886011111", "+919845099999")}
    assert grant[0].detail == {"roles": Change(["finance"], ["finance", "front_desk"])}
    assert detail_words(grant[0].detail) == "roles: finance → finance front_desk"


def test_no_secret_reaches_the_log(db, busy):
    before, after = {"password_hash": "a", "name": "x"}, {"password_hash": "b", "name": "y"}
    assert changes(before, after) == {"name": Change("x", "y")}
    details = " ".join(db.exec(select(AuditEvent.detail)))
    assert PASSWORD not in details
    assert "$2b$" not in details


def test_a_deed_says_from_which_sign_in_it_comes(house):
    with desk() as (db, ward):
        patient_with(db, ward.asha.id, by=ward.meera)
    with database.transaction() as db:
        token = begin_sign_in(db, ward_of(db).meera)
    with database.transaction() as db:
        me = live_account(db, token)
        note_deed(db, me, "tested", "patient/1")
        note_deed(db, ward_of(db).ishaan, "tested", "patient/2")

    with database.reading() as db:
        newest = db.exec(select(SignIn.id).order_by(SignIn.id.desc())).first()
        rows = db.exec(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(one.deed, one.sign_in_id) for one in rows[-4:]] == [
        *(("card opened", None), ("signed in", newest), ("tested", newest), ("tested", None)),
    ]


def test_each_sign_in_that_opens_a_card_leaves_its_row(house):
    sign_ins = []
    for _ in range(2):
        with database.transaction() as db:
            token = begin_sign_in(db, ward_of(db).meera)
        with database.reading() as db:
            me = live_account(db, token)
        sign_ins.append(me.sign_in_id)
        for _ in range(2):
            see(lambda db, me=me: patient_with(db, 1, by=me), token)

    with database.reading() as db:
        rows = select(AuditEvent.sign_in_id).where(AuditEvent.deed == "card opened")
        assert db.exec(rows).all() == sign_ins


def test_the_front_desk_opens_a_card_once_a_quarter_hour(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        asha = ward.asha.id
    page = sit(monkeypatch, "meera", "front_desk/edit_patient")
    page.session_state["_patient"] = asha
    page.run()
    page.run()

    with database.reading() as db:
        rows = select(AuditEvent).where(AuditEvent.deed == "card opened")
        (row,) = db.exec(rows).all()
        assert (row.account_name, row.subject) == ("meera", f"patient/{asha}")
        assert row.sign_in_id is not None


def test_the_page_shows_the_log_and_turns_it(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        for number in range(60):
            note_deed(db, ward.meera, "tested", "patient/1", number=number)
    page = sit(monkeypatch, "khan", "administrator/audit")

    first = list(page.dataframe[0].value["Row"])
    assert len(first) == 50
    older = list(click(page, "Older").dataframe[0].value["Row"])
    assert not set(first) & set(older)
    assert list(click(page, "Newer").dataframe[0].value["Row"]) == first
    assert "patient JMI-000001" in set(page.dataframe[0].value["About"])


def test_a_chosen_row_says_all_it_knows(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        note_deed(db, ward.meera, "tested", "patient/1", phone=Change("+911", "+912"))
    for username, says in (("khan", "+911 → +912"), ("tara", "Not shown to this role")):
        page = sit(monkeypatch, username, "administrator/audit")
        table = page.dataframe[0].value
        key = f"audit/{table['Row'].iloc[0]}/{len(table)}"
        chosen = {"rows": [list(table["Deed"]).index("Tested")], "columns": []}
        page.session_state[key] = {"selection": chosen}
        shown = " ".join(str(one.value.to_dict()) for one in page.run().dataframe)
        assert says in shown
        assert ("+911" in shown) == (username == "khan")


def test_the_page_is_closed_to_others(sqlite_house, monkeypatch):
    open_every_menu(monkeypatch)
    page = sit(monkeypatch, "meera", "administrator/audit")

    assert "belongs to another role" in page.error[0].value
    assert not page.dataframe


def test_the_file_runs_nothing_and_is_noted(sqlite_house, monkeypatch):
    with desk() as (db, ward):
        note_deed(db, ward.meera, "tested", "=1+1", words="=cmd()")
    files = files_of(monkeypatch)
    sit(monkeypatch, "khan", "administrator/audit")
    file = files["audit-file"]().decode("utf-8-sig")

    assert "'=1+1" in file
    assert ui_audit._MASKED not in file
    with database.reading() as db:
        newest = select(AuditEvent.deed).order_by(AuditEvent.id.desc())
        assert db.exec(newest).first() == "audit log taken out"


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ({"fee_paise": Change(500_00, 600_00)}, "fee: ₹500.00 → ₹600.00"),
        ({"email": Change(None, "a@example.org")}, "email: nothing → a@example.org"),
        ({"methods": ["cash", "upi"]}, "methods: cash, upi"),
        ({"active": Change(True, False), "name": "X"}, "active: yes → no; name: X"),
        (
            {"instalments": [["2026-12-01", 5], ["2027-01-01", 6]]},
            "instalments: 2026-12-01 5, 2027-01-01 6",
        ),
        ({"counted": {"cash": 5}}, "counted: cash 5"),
    ],
)
def test_details_are_read_as_words(detail, words):
    assert detail_words(detail) == words


@pytest.mark.parametrize(
    ("deed", "told", "read"),
    [
        # Each of these was written by a release before changes were marked.
        ("patient edited", {"phone": ["1", "2"]}, {"phone": Change("1", "2")}),
        ("patient edited", {"changed": ["name", "phone"]}, {"changed": ["name", "phone"]}),
        ("account changed", {"roles": [["a"], ["a", "b"]]}, {"roles": Change(["a"], ["a", "b"])}),
        ("account changed", {"roles": ["a", "b"]}, {"roles": ["a", "b"]}),
        ("account created", {"roles": ["a", "b"]}, {"roles": ["a", "b"]}),
        ("payment taken", {"methods": ["cash", "upi"]}, {"methods": ["cash", "upi"]}),
        ("settings changed", {"dues_grace_days": [0, 9]}, {"dues_grace_days": Change(0, 9)}),
        # And this one since.
        ("any deed", {"fee": {"was": None, "now": 5}}, {"fee": Change(None, 5)}),
    ],
)
def test_a_change_is_read_from_the_rows_of_every_release(deed, told, read):
    assert detail_of(deed, json.dumps(told)) == read


def test_a_row_of_an_earlier_release_keeps_its_seal_beside_new_ones(house):
    with desk() as (db, ward):
        note_deed(db, ward.tara, "settings changed", "hospital/1", dues_grace_days=[0, 9])
    with desk() as (db, ward):
        settings(db, ward, dues_grace_days=3)

    with desk() as (db, ward):
        lines = audit_lines(db, AuditSearch(TODAY, TODAY, deed="settings changed"), by=ward.khan)
    assert [line.detail["dues_grace_days"] for line in lines] == [Change(0, 3), Change(0, 9)]


def test_a_deed_is_not_lost_on_a_look_that_cannot_write(house):
    with database.reading() as db, pytest.raises(ToBeWrittenDown):
        note_deed(db, ward_of(db).meera, "tested", "patient/1")
