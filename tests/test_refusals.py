"""What somebody is refused: said in a sentence, and noted in a transaction of its own."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from itertools import product

import pytest
import time_machine
from sqlmodel import Session, func, select

from mediklaud import clock, database, repository
from mediklaud.config import ROOT
from mediklaud.database import WHEN_REFUSED
from mediklaud.errors import AccessRefused, NotFound, NotPermitted, StorageFull
from mediklaud.models import (
    Account,
    Appointment,
    AuditEvent,
    BreakGlass,
    CreditKind,
    CreditNote,
    DayClose,
    Encounter,
    Invoice,
    InvoiceLine,
    Method,
    Payment,
    Receipt,
    Refund,
    Role,
    VisitKind,
)
from mediklaud.permissions import TABLE, Deed, deeds_of
from mediklaud.repository import (
    REFUSALS_AN_HOUR,
    CreditLine,
    WaitForm,
    approve_waiver,
    ask_waiver,
    begin_consultation,
    begin_sign_in,
    book_appointment,
    create_account,
    declare_holiday,
    export_record,
    extend_hold,
    finish_consultation,
    give_discount,
    hold_time,
    issue_code,
    issue_credit_note,
    live_account,
    open_record,
    permit,
    put_on_waitlist,
    queue_of,
    refusals,
    release_hold,
    reopen_day,
    reverse_payment,
    review_glass,
    set_discount_limit,
    standing_close,
    till_of,
)
from mediklaud.repository.refusals import note_refused
from tests.conftest import ENGINES, assert_house_is_green, open_copy
from tests.day import live_through_a_day
from tests.hospital import NINE_O_CLOCK, PASSWORD, TODAY, Ward, at, ward_of
from tests.verbs import (
    EVENING,
    TOMORROW,
    UNKNOWN,
    asked_for,
    asked_for_many,
    dev,
    first,
    holder,
    told,
)

IN_DECEMBER = date(2026, 12, 8)


@pytest.fixture(scope="module", params=ENGINES)
def lived_in(request, tmp_path_factory) -> Iterator[None]:
    """A house with a day behind it, for all of these; green when they are over."""
    with open_copy(request, request.param, tmp_path_factory.mktemp("refused") / "data"):
        with time_machine.travel(NINE_O_CLOCK) as wall_clock:
            live_through_a_day(wall_clock)
            wall_clock.move_to(EVENING)
            _more_of_the_evening()
        yield
        assert_house_is_green()


def _more_of_the_evening() -> None:
    """A second clerk, somebody who waits, an appointment whose time is gone, and a live hold."""
    with database.transaction() as db:
        ward, first_visit = ward_of(db), VisitKind.FIRST
        create_account(db, "lena", "Lena", PASSWORD, {Role.FRONT_DESK}, by=ward.tara)
        wish = WaitForm(first_visit, doctor_id=ward.rao.id, first_day=TODAY, last_day=IN_DECEMBER)
        put_on_waitlist(db, dev(db), wish, form="waits", by=ward.meera)
        half_past = at(11, 30, day=TOMORROW)
        hold_time(db, ward.rao, half_past, first_visit, form="held", by=ward.meera)
        gone = at(10, day=IN_DECEMBER)
        told_of = {"form": "stranded", "by": ward.meera}
        book_appointment(db, dev(db), ward.rao, gone, first_visit, **told_of)
        declare_holiday(db, IN_DECEMBER, "Founders' day", by=ward.khan)
        db.add(Account(username="nobody", name="-", password_hash="-", created_at=EVENING))


@pytest.fixture
def evening(lived_in, nine_o_clock) -> None:
    """A later evening, with nothing refused yet in the last hour."""
    nine_o_clock.move_to(EVENING + timedelta(hours=2 * next(_HOURS)))


_HOURS = iter(range(1, 10_000))


@pytest.fixture
def same_evening(lived_in, nine_o_clock, monkeypatch) -> None:
    """The evening itself, in which each refusal leaves its row."""
    nine_o_clock.move_to(EVENING)
    monkeypatch.setattr(refusals, "_is_told", lambda *asked: False)


def refused_rows(after: int = 0) -> list[AuditEvent]:
    """What was refused lately, in order; after a row where one is named."""
    with database.reading() as db:
        rows = select(AuditEvent).where(
            AuditEvent.deed == "access refused",
            AuditEvent.at > clock.now() - timedelta(hours=1),
            AuditEvent.id > after,
        )
        return list(db.exec(rows.order_by(AuditEvent.id)))


def last_row() -> int:
    """The newest row of the log."""
    with database.reading() as db:
        return db.exec(select(func.max(AuditEvent.id))).one()


@contextmanager
def deed() -> Iterator[Session]:
    """A deed that is never written, whatever comes of it."""
    with database.transaction() as db:
        yield db
        db.rollback()


@pytest.mark.parametrize(("verb", "forged"), asked_for())
def test_what_is_not_there_is_refused_in_a_sentence_and_noted(same_evening, verb, forged):
    with database.reading() as db:
        by = holder(db, verb)
    given, before = told(verb, forged), last_row()
    with pytest.raises(AccessRefused) as said, deed() as db:
        getattr(repository, verb)(db, **given, by=by)

    (row,) = refused_rows(before)
    assert str(said.value)
    assert (row.account_name, row.subject.partition("/")[2]) == (by.username, str(UNKNOWN))
    asked = json.loads(row.detail)
    assert asked["refused"] == type(said.value).__name__
    assert asked["asked"] in {one.value for one in Deed}


@pytest.mark.parametrize(("verb", "forged"), asked_for_many())
def test_of_several_things_one_that_is_not_there_is_refused_or_brings_nothing(
    same_evening, verb, forged
):
    with database.reading() as db:
        by = holder(db, verb)
    given, before, brought = told(verb, forged), last_row(), None
    with suppress(AccessRefused), deed() as db:
        brought = getattr(repository, verb)(db, **given, by=by)

    refused = [row.subject for row in refused_rows(before)]
    assert refused == ([f"invoice/{UNKNOWN}"] if forged == "bills" else [])
    assert not brought


# Whose things a deed is for, where not for all, and what oversteps it: each is refused and noted.
Attempt = Callable[[Session, Ward], object]


def visit_of(db, doctor):
    return first(db, Appointment, Appointment.doctor_id == doctor.id)


def _their_consultation(db, ward):
    """Dr Iyer's consultation under an appointment of Dr Rao's."""
    theirs = select(Encounter).join(Appointment, Appointment.id == Encounter.appointment_id)
    kept = db.exec(theirs.where(Appointment.doctor_id == ward.iyer.id)).first()
    return Encounter(**{**kept.model_dump(), "appointment_id": visit_of(db, ward.rao).id})


def lena(db):
    return first(db, Account, Account.username == "lena")


def _booked_on_anothers_hold(db, ward):
    told_of = {"form": "mine", "hold": "held", "by": lena(db)}
    eleven = at(11, 30, day=TOMORROW)
    return book_appointment(db, dev(db), ward.rao, eleven, VisitKind.FIRST, **told_of)


def _own_glass(db, ward):
    of = {"account_id": ward.khan.id, "doctor_id": ward.rao.id, "patient_id": 1, "form": "own"}
    until = clock.now() + timedelta(minutes=60)
    glass = BreakGlass(**of, reason="covering", broken_at=clock.now(), expires_at=until)
    db.add(glass)
    db.flush()
    return review_glass(db, glass.id, "Well done", by=ward.khan)


def _own_waiver(db, ward):
    of = {"form": "own", "by": ward.ishaan}
    asked = ask_waiver(db, _bill_owed_by(db, ward.asha), 10_00, "Poor", **of)
    return approve_waiver(db, asked, by=ward.ishaan)


def _bill_owed_by(db, payer):
    owed = Invoice.payer_id == payer.id, Invoice.owed_paise > 0
    return first(db, Invoice, *owed).number


def _anothers_bill_paid(db, ward):
    number = _bill_owed_by(db, ward.ben)
    told_of = {"form": "mine", "bills": [number], "by": ward.ishaan}
    return repository.take_payment(db, ward.asha, 10_00, Method.CASH, **told_of)


def _line_of_another_bill(db, ward):
    number = _bill_owed_by(db, ward.asha)
    other = first(db, InvoiceLine, InvoiceLine.invoice_number != number)
    told_of = {"lines": [CreditLine(other.id, 1_00)], "form": "mine", "by": ward.ishaan}
    return issue_credit_note(db, number, CreditKind.CORRECTION, "Wrong", **told_of)


def _own_day(db, ward):
    kept = first(db, DayClose, DayClose.reopened_at.is_(None))
    return reopen_day(db, kept, "Mine", by=ward.ishaan)


def _beyond_the_own_limit(db, ward):
    number = _bill_owed_by(db, ward.ben)
    return give_discount(db, number, 51_00, "Poor", form="mine", by=ward.ishaan)


def _own_limit(db, ward):
    return set_discount_limit(db, ward.tara, 100_00, by=ward.tara)


def _their_visit(db, ward):
    return begin_consultation(db, visit_of(db, ward.iyer), by=ward.rao_account)


OVERSTEPS: dict[Deed, dict[str, Attempt]] = {
    Deed.REVIEW_GLASS: {"break_glass": _own_glass},
    Deed.BOOK: {
        "hold given more time": lambda db, w: extend_hold(db, "held", by=lena(db)),
        "hold given back": lambda db, w: release_hold(db, "held", by=lena(db)),
        "hold booked on": _booked_on_anothers_hold,
    },
    Deed.SEE_OWN_SCHEDULE: {
        "doctor/2": lambda db, w: queue_of(db, w.iyer.id, by=w.rao_account),
        "doctor/every": lambda db, w: queue_of(db, by=w.rao_account),
    },
    Deed.OPEN_RECORD: {"patient/3": lambda db, w: open_record(db, 3, by=w.iyer_account)},
    Deed.CONSULT: {
        "appointment begun": _their_visit,
        "appointment finished": lambda db, w: finish_consultation(
            db, _their_consultation(db, w), "Mine", by=w.rao_account
        ),
    },
    Deed.TAKE_PAYMENT: {"invoice": _anothers_bill_paid},
    Deed.GIVE_CREDIT: {"invoice_line": _line_of_another_bill},
    Deed.GIVE_DISCOUNT: {"invoice": _beyond_the_own_limit},
    Deed.DECIDE_WAIVER: {"waiver_request": _own_waiver},
    Deed.CLOSE_DAY: {
        "account till": lambda db, w: till_of(db, w.khan, TODAY, by=w.ishaan),
        "account close": lambda db, w: standing_close(db, w.khan, TODAY, by=w.ishaan),
    },
    Deed.REOPEN_DAY: {"day_close": _own_day},
    Deed.KEEP_ACCOUNTS: {"account": _own_limit},
}
# Rules that are proved elsewhere: what they say is no thing that could be named.
ELSEWHERE = {
    Deed.EXPORT_RECORD: "test_exports.py::test_only_the_cmo_exports_and_only_somebody_there",
    Deed.BREAK_GLASS: "test_break_glass.py::test_less_than_the_whole_finds_nobody",
    Deed.SEE_AUDIT: "test_audit_log.py::test_the_administrator_reads_nothing_of_patients",
}


def test_every_rule_of_whose_things_a_deed_is_for_is_overstepped():
    assert set(OVERSTEPS) | set(ELSEWHERE) == {deed for deed, one in TABLE.items() if one.whose}
    for named in ELSEWHERE.values():
        file, _, test = named.partition("::")
        assert f"def {test}" in (ROOT / "tests" / file).read_text()


@pytest.mark.parametrize(
    ("rule", "subject"), [(rule, name) for rule, tried in OVERSTEPS.items() for name in tried]
)
def test_what_is_somebody_elses_is_refused_and_noted(same_evening, rule, subject):
    """Whatever a forged form says."""
    before = last_row()
    with pytest.raises(AccessRefused), database.transaction() as db:
        OVERSTEPS[rule][subject](db, ward_of(db))

    (row,) = refused_rows(before)
    assert row.subject.startswith(subject.partition(" ")[0])
    assert json.loads(row.detail)["asked"] == rule.value


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


# Each verb about one thing, with the parameter that names it.
ABOUT = {verb: name for verb, name in reversed(asked_for()) if verb != "create_account"}


@pytest.mark.parametrize("verb", sorted(ABOUT))
def test_a_role_that_is_missing_is_noted_with_the_thing_asked_for(evening, verb):
    given = told(verb, ABOUT[verb])
    with pytest.raises(NotPermitted), deed() as db:
        getattr(repository, verb)(db, **given, by=first(db, Account, Account.username == "nobody"))

    (row,) = refused_rows()
    assert (row.account_name, row.subject.partition("/")[2]) == ("nobody", str(UNKNOWN))
    assert json.loads(row.detail)["asked"] in {one.value for one in deeds_of(verb)}


def test_each_thing_refused_and_each_deed_leaves_a_row_of_its_own(evening):
    tries: list[Attempt] = [
        lambda db, w: export_record(db, w.asha.id, "Curious", by=w.meera),
        lambda db, w: open_record(db, w.asha.id, by=w.meera),
        lambda db, w: open_record(db, w.ben.id, by=w.meera),
        lambda db, w: issue_code(db, w.khan, by=w.meera),
        lambda db, w: reverse_payment(db, first(db, Payment), "Mine", by=w.meera),
    ]
    for attempt in tries:
        with pytest.raises(NotPermitted), deed() as db:
            attempt(db, ward_of(db))

    tried = [(row.subject, json.loads(row.detail)["asked"]) for row in refused_rows()]
    assert tried == [
        ("patient/1", Deed.EXPORT_RECORD),
        ("patient/1", Deed.OPEN_RECORD),
        ("patient/2", Deed.OPEN_RECORD),
        ("account/1", Deed.KEEP_ACCOUNTS),
        ("payment/1", Deed.REVERSE_PAYMENT),
    ]


def test_a_refusal_is_noted_with_its_sign_in_on_a_look_too(evening):
    sign_ins = []
    for _ in range(2):
        with database.transaction() as db:
            token = begin_sign_in(db, ward_of(db).meera)
        with database.reading() as db:
            me = live_account(db, token)
        sign_ins.append(me.sign_in_id)
        with pytest.raises(NotPermitted), database.reading() as db:
            permit(db, me, Deed.REFUND)

    assert [row.sign_in_id for row in refused_rows()] == sign_ins


@pytest.mark.parametrize("key", [2**31, 2**63 - 1, 2**63, 2**70, -(2**70)])
@pytest.mark.parametrize("look", [database.reading, database.transaction])
def test_a_key_beyond_every_column_is_refused_in_a_sentence_and_noted(evening, key, look):
    for verb, by in ((repository.patient_with, "meera"), (open_record, "rao_account")):
        before = last_row()
        with pytest.raises(AccessRefused) as said, look() as db:
            verb(db, key, by=getattr(ward_of(db), by))

        assert str(said.value)
        assert len(refused_rows(before)) == 1


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
    def full() -> None:
        raise StorageFull()

    monkeypatch.setattr("mediklaud.repository.refusals.transaction", full)

    with pytest.raises(NotPermitted), database.reading() as db:
        permit(db, ward_of(db).meera, Deed.REFUND)


def test_without_the_listener_a_refusal_leaves_no_row(evening, monkeypatch):
    monkeypatch.setattr(database, "WHEN_REFUSED", [])
    assert note_refused in WHEN_REFUSED

    with pytest.raises(NotPermitted), database.reading() as db:
        permit(db, ward_of(db).meera, Deed.REFUND)

    assert refused_rows() == []
