"""Who did what: one row a deed, sealed in a chain, and none of a deed that was rolled back."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from mediklaud.errors import NotPermitted, SlotTaken
from mediklaud.models import AuditEvent, Method
from mediklaud.permissions import MAY, Deed
from mediklaud.repository import CONSOLE, cancel_appointment, check_house, permit, take_payment
from mediklaud.repository.audit import note_deed, seal_of
from tests.visits import book, desk, visit


def rows(db):
    return db.exec(select(AuditEvent).order_by(AuditEvent.id)).all()


def deeds_since(db, count):
    return [(row.account_name, row.deed) for row in rows(db)[count:]]


def test_every_deed_leaves_its_row_with_who_did_it(house):
    with desk() as (db, ward):
        before = len(rows(db))
        visit(db, ward, ward.asha, ward.rao)
        take_payment(db, ward.asha, 800_00, Method.CASH, form="p1", by=ward.ishaan)

    with desk() as (db, _):
        assert deeds_since(db, before) == [
            ("meera", "appointment booked"),
            ("rao", "consultation begun"),
            ("rao", "consultation finished"),
            ("rao", "bill issued"),
            ("ishaan", "payment taken"),
        ]


def test_a_second_click_leaves_no_second_row(house):
    with desk() as (db, ward):
        before = len(rows(db))
    for _ in range(2):
        with desk() as (db, ward):
            book(db, ward, ward.asha, ward.rao, form="f1")

    with desk() as (db, _):
        assert deeds_since(db, before) == [("meera", "appointment booked")]


def test_a_rolled_back_deed_leaves_no_row(house):
    with desk() as (db, ward):
        before = len(rows(db))
    with pytest.raises(SlotTaken), desk() as (db, ward):  # noqa: PT012  one transaction
        book(db, ward, ward.asha, ward.rao)
        book(db, ward, ward.ben, ward.rao)

    with desk() as (db, _):
        assert deeds_since(db, before) == []


def test_rows_are_sealed_in_a_chain(house):
    with desk() as (db, ward):
        cancel_appointment(db, book(db, ward, ward.asha, ward.rao), "Fever", by=ward.meera)

    with desk() as (db, _):
        chain = rows(db)
    assert chain[0].previous_seal == ""
    assert [row.previous_seal for row in chain[1:]] == [row.seal for row in chain[:-1]]
    assert all(seal_of(row) == row.seal for row in chain)


@pytest.mark.parametrize("word", ["account_name", "deed", "subject", "detail", "previous_seal"])
def test_a_seal_covers_every_word_of_its_row(house, word):
    with desk() as (db, _):
        row = rows(db)[-1]
    setattr(row, word, "forged")

    assert seal_of(row) != row.seal


def test_the_log_is_append_only(house):
    with desk() as (db, _):
        last = rows(db)[-1]
    with pytest.raises(IntegrityError, match="audit_is_append_only"), desk() as (db, _):
        db.get_one(AuditEvent, last.id).detail = "forged"
    with pytest.raises(IntegrityError, match="audit_is_append_only"), desk() as (db, _):
        db.delete(db.get_one(AuditEvent, last.id))


def test_a_deed_of_the_console_is_named_so(house):
    with desk() as (db, _):
        note_deed(db, CONSOLE, "backup written", "hospital/1", file="a.db")

    with desk() as (db, _):
        last = rows(db)[-1]
    assert (last.account_name, last.account_id, last.detail) == (
        "console",
        None,
        '{"file": "a.db"}',
    )


@pytest.mark.parametrize("deed", Deed)
def test_a_deed_is_permitted_to_its_roles_and_to_nobody_else(db, ward, deed):
    people = (ward.khan, ward.meera, ward.ishaan, ward.tara, ward.rao_account)
    roles = {
        "khan": {"cmo", "administrator"},
        "meera": {"front_desk"},
        "ishaan": {"finance"},
        "tara": {"administrator"},
        "rao": {"doctor"},
    }
    for account in people:
        if roles[account.username] & MAY[deed]:
            permit(db, account, deed)
        else:
            with pytest.raises(NotPermitted, match=deed.value):
                permit(db, account, deed)


def test_only_those_who_answer_for_the_house_check_it(db, ward):
    assert all(finding.green for finding in check_house(db, by=ward.ishaan))
    with pytest.raises(NotPermitted, match="run the self-check"):
        check_house(db, by=ward.meera)
