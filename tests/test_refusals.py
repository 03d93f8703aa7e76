"""What somebody is refused: said in a sentence, and noted in a transaction of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import time_machine
from sqlmodel import Session, func, select

from mediklaud import clock, database, repository
from mediklaud.database import WHEN_REFUSED
from mediklaud.errors import AccessRefused, NotFound, NotPermitted, Refusal
from mediklaud.models import (
    Appointment,
    AuditEvent,
    CreditNote,
    Encounter,
    Invoice,
    Receipt,
    Refund,
)
from mediklaud.permissions import Deed
from mediklaud.repository import (
    REFUSALS_AN_HOUR,
    begin_consultation,
    finish_consultation,
    open_record,
    permit,
    queue_of,
)
from mediklaud.repository.refusals import note_refused
from tests.conftest import assert_house_is_green, open_copy
from tests.day import live_through_a_day
from tests.hospital import NINE_O_CLOCK, ward_of
from tests.verbs import EVENING, UNKNOWN, asked_for, first, holder, told


@pytest.fixture(scope="module")
def lived_in(request, tmp_path_factory) -> Iterator[None]:
    """A house with a day behind it, for all of these; green when they are over."""
    with open_copy(request, "sqlite", tmp_path_factory.mktemp("refused") / "data"):
        with time_machine.travel(NINE_O_CLOCK) as wall_clock:
            live_through_a_day(wall_clock)
        yield
        assert_house_is_green()


@pytest.fixture
def evening(lived_in, nine_o_clock) -> Iterator[None]:
    """The evening of that day, with nothing refused yet in the last hour."""
    nine_o_clock.move_to(EVENING + timedelta(hours=2 * next(_HOURS)))
    return


_HOURS = iter(range(1, 10_000))


def refused_rows() -> list[AuditEvent]:
    """What was refused lately, in order."""
    with database.reading() as db:
        rows = select(AuditEvent).where(
            AuditEvent.deed == "access refused", AuditEvent.at > clock.now() - timedelta(hours=1)
        )
        return list(db.exec(rows.order_by(AuditEvent.id)))


@contextmanager
def deed() -> Iterator[Session]:
    """A deed that is never written, whatever comes of it."""
    with database.transaction() as db:
        yield db
        db.rollback()


@pytest.mark.parametrize(("verb", "forged"), asked_for())
def test_what_is_not_there_is_refused_in_a_sentence_or_brings_nothing(evening, verb, forged):
    with database.reading() as db:
        by = holder(db, verb)
    given = told(verb, forged)
    brought = refused = None
    try:
        with deed() as db:
            brought = getattr(repository, verb)(db, **given, by=by)
    except Refusal as refusal:
        refused = refusal

    assert is_nothing(brought), brought
    if isinstance(refused, AccessRefused):
        assert [row.account_name for row in refused_rows()] == [by.username]


def is_nothing(brought: Any) -> bool:
    """Whether what was brought is of nobody: an empty list, a count, sums of nought."""
    if isinstance(brought, list | tuple):
        return all(not getattr(one, "system_paise", 1) for one in brought)
    if hasattr(brought, "__dict__"):
        return not any(vars(brought).get(word) for word in ("bills", "count", "visits", "lines"))
    return brought is None or isinstance(brought, int | dict)


def test_somebody_elses_things_are_refused_and_noted(evening):
    """A doctor's reach ends at the own things, whatever a forged form says."""
    for refused, subject in (
        (lambda db, w: open_record(db, 3, by=w.iyer_account), "patient/3"),
        (lambda db, w: begin_consultation(db, visit_of(db, w.iyer), by=w.rao_account), None),
        (lambda db, w: finish_consultation(db, forged(db, w), "Mine", by=w.rao_account), None),
        (lambda db, w: queue_of(db, w.iyer.id, by=w.rao_account), None),
    ):
        before = len(refused_rows())
        with pytest.raises(AccessRefused) as said, database.transaction() as db:
            refused(db, ward_of(db))
        row = refused_rows()[-1]
        assert len(refused_rows()) == before + 1, said
        assert subject is None or row.subject == subject
        assert row.account_name in ("rao", "iyer")


def visit_of(db, doctor):
    return db.exec(select(Appointment).where(Appointment.doctor_id == doctor.id)).first()


def forged(db, ward):
    """Dr Iyer's consultation under an appointment of Dr Rao's."""
    theirs = select(Encounter).join(Appointment, Appointment.id == Encounter.appointment_id)
    kept = db.exec(theirs.where(Appointment.doctor_id == ward.iyer.id)).first()
    return Encounter(**{**kept.model_dump(), "appointment_id": visit_of(db, ward.rao).id})


_PAPERS = {
    "bill_paper": Invoice,
    "credit_note_paper": CreditNote,
    "receipt_paper": Receipt,
    "refund_paper": Refund,
}


@pytest.mark.parametrize(
    ("verb", "of"), [pair for pair in product(_PAPERS, _PAPERS) if pair[0] != pair[1]]
)
def test_a_paper_of_another_kind_is_refused_and_noted(evening, verb, of):
    with database.reading() as db:
        number = first(db, _PAPERS[of]).number
        ishaan = ward_of(db).ishaan

    with pytest.raises(NotFound), database.reading() as db:
        getattr(repository, verb)(db, number, by=ishaan)

    (row,) = refused_rows()
    assert (row.account_name, row.subject.partition("/")[2]) == ("ishaan", number)


def test_a_role_that_is_missing_is_noted_with_the_deed(evening):
    with pytest.raises(NotPermitted), database.reading() as db:
        permit(db, ward_of(db).meera, Deed.REFUND)

    (row,) = refused_rows()
    assert (row.account_name, row.detail) == (
        "meera",
        '{"asked": "refund payments", "refused": "NotPermitted"}',
    )


def ask_in_vain(times, seconds, clock_now):
    for _ in range(times):
        clock_now.shift(seconds)
        with pytest.raises(NotPermitted), database.reading() as db:
            permit(db, ward_of(db).meera, Deed.REFUND)


def test_the_same_refusal_leaves_one_row_a_minute(evening, nine_o_clock):
    ask_in_vain(13, 10, nine_o_clock)

    assert len(refused_rows()) == 3


def test_nobody_floods_the_log(evening, nine_o_clock):
    with database.reading() as db:
        meera = ward_of(db).meera
    for number in range(REFUSALS_AN_HOUR + 5):
        with pytest.raises(NotFound), database.reading() as db:
            repository.patient_with(db, UNKNOWN + number, by=meera)

    assert len(refused_rows()) == REFUSALS_AN_HOUR


def test_a_refused_deed_leaves_nothing_but_the_row_of_it(evening):
    def rows():
        with database.reading() as db:
            return db.exec(select(func.count()).select_from(AuditEvent)).one()

    before = rows()
    with pytest.raises(NotPermitted), database.transaction() as db:
        _rename_and_ask(db)

    assert rows() == before + 1
    with database.reading() as db:
        assert ward_of(db).asha.name == "Asha Menon"


def _rename_and_ask(db):
    ward = ward_of(db)
    ward.asha.name = "Somebody Else"
    db.flush()
    permit(db, ward.meera, Deed.REFUND)


def test_the_refusal_stands_where_its_row_cannot_be_written(evening, monkeypatch):
    monkeypatch.setattr("mediklaud.repository.refusals.transaction", database.reading)

    with pytest.raises(NotPermitted), database.reading() as db:
        permit(db, ward_of(db).meera, Deed.REFUND)


def test_without_the_listener_a_refusal_leaves_no_row(evening, monkeypatch):
    monkeypatch.setattr(database, "WHEN_REFUSED", [])
    assert note_refused in WHEN_REFUSED

    with pytest.raises(NotPermitted), database.reading() as db:
        permit(db, ward_of(db).meera, Deed.REFUND)

    assert refused_rows() == []
