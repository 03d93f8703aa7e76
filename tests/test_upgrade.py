"""A hospital of the first release, with rows in its tables, is brought to this one."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlmodel import select

from mediklaud import config, database, guards, migrations
from mediklaud.envelope import Letter
from mediklaud.guards import search
from mediklaud.letters import written
from mediklaud.mailroom import empty_outbox
from mediklaud.models import (
    Account,
    Appointment,
    DayClose,
    Hospital,
    Invoice,
    Leave,
    Message,
    Patient,
    Payment,
    Receipt,
    WorkingSession,
)
from mediklaud.passwords import NO_PASSWORD
from mediklaud.repository import CONSOLE, check_house
from mediklaud.repository.dues import dues_of
from mediklaud.repository.patients import named
from tests.conftest import on_ground

_AT = "'2026-11-{} 04:30:00'"
_OLD_ROWS = (
    "INSERT INTO hospital (id, name, address, phone, email, zone, country, patient_prefix, "
    "bill_prefix, receipt_prefix, dues_limit_paise, dues_grace_days, is_demo, set_up_at) VALUES "
    "(1, 'JMI', 'Road', '+918022223333', 'a@example.org', 'Asia/Kolkata', 'IN', 'JMI', 'JMI', "
    f"'JMR', 500, 3, (1 = 0), {_AT.format('01')})",
    "INSERT INTO doctor (id, number, name, phone, email, specialty, qualifications, council, "
    "registration, active, registered_at, version) VALUES (1, 'DOC-0001', 'Dr Rao', "
    "'+919845012345', 'rao@example.org', 'Cardiology', 'MD', 'KMC', 'KMC1', (1 = 1), "
    f"{_AT.format('01')}, 1)",
    "INSERT INTO patient (id, number, name, sex, birth_date, birth_date_is_estimated, phone, "
    "address, search_text, enrolled_at, form, version) VALUES (1, 'JMI-000001', 'Asha', 'female', "
    f"'1990-02-28', (1 = 0), '+919886011111', 'Road', 'asha', {_AT.format('01')}, 'p', 1)",
    "INSERT INTO tariff (doctor_id, kind, effective_from, price_paise) "
    "VALUES (1, 'first', '2026-11-01', 80000)",
    "INSERT INTO working_session (doctor_id, weekday, begins_minute, ends_minute, slot_minutes, "
    "valid_from) VALUES (1, 0, 600, 780, 20, '2026-11-01')",
    "INSERT INTO leave (doctor_id, begins_at, ends_at, reason, form) "
    f"VALUES (1, {_AT.format('28')}, {_AT.format('29')}, '', 'leave')",
)
_LETTER = (
    "INSERT INTO message (subject, kind, version, appointment_id, to_address, to_name, "
    "message_id, headline, text, html, calendar, calendar_method, status, attempts, queued_at, "
    "next_attempt_at, sent_at, outcome) VALUES ('appointment/{0}', 'booked', 1, {0}, {1}, 'Asha', "
    "'<{0}@example.org>', 'Come \"on\" Monday', 'आशा: come', '<p>Come</p>', 'BEGIN\r\nEND\r\n', "
    f"'REQUEST', '{{2}}', 0, {_AT.format('02')}, {_AT.format('02')}, {{3}}, '')"
)
_LETTERS = (
    (1, "'asha@example.org'", "sent", _AT.format("03")),
    (3, "'asha@example.org'", "queued", "NULL"),
    (2, "NULL", "unaddressed", "NULL"),
)
# What the first release's till wrote: a bill paid in two parts, and one not paid.
_OLD_MONEY = (
    "INSERT INTO number_series (name, last) VALUES ('bill/2627', 2), ('receipt/2627', 2)",
    *(
        "INSERT INTO charge (id, appointment_id, description, sac, price_paise, charged_at) "
        f"VALUES ({one}, {one}, 'Visit', '999312', 80000, {_AT.format('25')})"
        for one in (3, 4)
    ),
    *(
        "INSERT INTO invoice_line (id, invoice_number, charge_id, description, sac, quantity, "
        f"unit_price_paise, amount_paise) VALUES ({n}, 'JMI/2627/00000{n}', {n + 2}, 'Visit', "
        "'999312', 1, 80000, 80000)"
        for n in (1, 2)
    ),
    *(
        "INSERT INTO invoice (number, series, serial, patient_id, doctor_id, issued_at, "
        "issued_on, hospital_name, hospital_address, hospital_phone, hospital_email, "
        "patient_number, patient_name, patient_address, patient_phone, doctor_name, "
        "doctor_specialty, doctor_registration, total_paise, settled_at) VALUES "
        f"('JMI/2627/00000{n}', 'bill/2627', {n}, 1, 1, {_AT.format('25')}, '2026-11-25', 'JMI', "
        "'Road', '+918022223333', 'a@example.org', 'JMI-000001', 'Asha', 'Road', "
        f"'+919886011111', 'Dr Rao', 'Cardiology', 'KMC 1', 80000, {settled})"
        for n, settled in ((1, _AT.format("26")), (2, "NULL"))
    ),
    *(
        "INSERT INTO payment (id, patient_id, amount_paise, method, reference, received_at, "
        f"received_on, form) VALUES ({n}, 1, 40000, '{method}', '{reference}', "
        f"{_AT.format('26')}, '2026-11-26', 'pay-{n}')"
        for n, method, reference in ((1, "cash", ""), (2, "upi", "UTR1"))
    ),
    *(
        "INSERT INTO allocation (id, payment_id, invoice_number, amount_paise, allocated_at) "
        f"VALUES ({n}, {n}, 'JMI/2627/000001', 40000, {_AT.format('26')})"
        for n in (1, 2)
    ),
    *(
        "INSERT INTO receipt (number, series, serial, payment_id, issued_at, issued_on, "
        "hospital_name, hospital_address, hospital_phone, hospital_email, patient_number, "
        "patient_name, patient_phone, received_by_name) VALUES "
        f"('JMR/2627/00000{n}', 'receipt/2627', {n}, {n}, {_AT.format('26')}, '2026-11-26', "
        "'JMI', 'Road', '+918022223333', 'a@example.org', 'JMI-000001', 'Asha', "
        "'+919886011111', 'Ishaan')"
        for n in (1, 2)
    ),
)
_VISIT = (
    "INSERT INTO appointment (id, doctor_id, patient_id, kind, starts_at, ends_at, status, "
    "priority, dues_then_paise, overdue_then_paise, dues_limit_then_paise, grace_days_then, "
    "on_hold, "
    "booked_at, cancelled_at, cancel_reason, moved_from_id, form) VALUES ({0}, 1, 1, 'first', "
    "'2026-11-{1} 04:30:00', '2026-11-{1} 04:50:00', '{2}', 'routine', 0, 0, 500, 3, (1 = 0), "
    "'2026-11-02 04:30:00', {3}, {4}, {5}, 'f{0}')"
)
_GONE = ("'2026-11-03 04:30:00'", "'Moved to another time'")
_STANDS = ("NULL", "NULL")
_VISITS = (
    (1, 23, "cancelled", *_GONE, "NULL"),
    (2, 24, "cancelled", *_GONE, 1),
    (3, 25, "booked", *_STANDS, 2),
    (4, 26, "cancelled", *_GONE, "NULL"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def first_release(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A database at the first release's tables, once on each engine."""
    with on_ground(request, request.param, tmp_path / "data") as data_dir:
        data_dir.mkdir(exist_ok=True)
        config.make_key()
        with database.engine().begin() as connection:
            command.upgrade(migrations._alembic(connection), "0001")
            visits = (_VISIT.format(*row) for row in _VISITS)
            letters = (_LETTER.format(*row) for row in _LETTERS)
            for statement in (*_OLD_ROWS, *visits, *letters, *_OLD_MONEY):
                connection.exec_driver_sql(statement)
        yield data_dir


def test_every_row_is_kept_and_says_what_is_new(first_release):
    assert migrations.upgrade() is True

    with database.reading() as db:
        visits = db.exec(select(Appointment).order_by(Appointment.id)).all()
        assert [one.promised_at == one.booked_at for one in visits] == [True] * 4
        # Two moves have written three letters; a cancellation a second one.
        assert [one.calendar_sequence for one in visits] == [0, 1, 2, 1]
        assert {(one.token, one.walk_in, one.session_begins_at) for one in visits} == {
            (None, False, None)
        }
        session = db.exec(select(WorkingSession)).one()
        lengths = (session.first_minutes, session.follow_up_minutes, session.procedure_minutes)
        assert lengths == (20, 20, None)
        assert db.exec(select(Leave)).one().granted_at is None
        hospital = db.get_one(Hospital, 1)
        assert (hospital.overbookings_a_session, hospital.follow_up_visits) == (2, 0)
        assert (hospital.dues_limit_paise, hospital.dues_grace_days) == (500, 3)


def test_letters_keep_the_words_they_were_written_in(first_release):
    migrations.upgrade()

    with database.reading() as db:
        kept = db.exec(select(Message).order_by(Message.id)).all()
    assert [one.status.value for one in kept] == ["sent", "queued", "unaddressed"]
    assert {one.language for one in kept} == {"en"}
    words = Letter('Come "on" Monday', "आशा: come", "<p>Come</p>", "BEGIN\r\nEND\r\n", "REQUEST")
    assert [written(one) for one in kept] == [words] * 3


def test_a_letter_that_waited_leaves_after_the_upgrade(first_release):
    migrations.upgrade()

    assert empty_outbox() == 1

    (file,) = (first_release / "letters").iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["Subject"] == 'Come "on" Monday'
    assert mail["Message-ID"] == "<3@example.org>"
    assert mail.get_body(("plain",)).get_content().strip() == "आशा: come"


def test_every_bill_and_payment_is_kept_as_it_was_issued(first_release):
    migrations.upgrade()

    with database.reading() as db:
        bills = db.exec(select(Invoice).order_by(Invoice.number)).all()
        assert {(one.payer_id, one.payer_name, one.kind) for one in bills} == {
            (1, "Asha", "bill_of_supply")
        }
        assert [(one.subtotal_paise, one.tax_paise, one.total_paise) for one in bills] == [
            (80000, 0, 80000)
        ] * 2
        receipts = db.exec(select(Receipt).order_by(Receipt.number)).all()
        kept = [(one.kind, one.payer_id, one.amount_paise, one.form) for one in receipts]
        assert kept == [("receipt", 1, 40000, "pay-1"), ("receipt", 1, 40000, "pay-2")]
        payments = db.exec(select(Payment).order_by(Payment.id)).all()
        assert [(one.receipt_number, one.payer_id, one.reference) for one in payments] == [
            ("JMR/2627/000001", 1, ""),
            ("JMR/2627/000002", 1, "UTR1"),
        ]
        dues = dues_of(db, 1)
        assert [(one.number, one.owed_paise) for one in dues.bills] == [("JMI/2627/000002", 80000)]
        # Those of money; the old rows' deeds were never sealed in an audit log.
        red = {one.rule for one in check_house(db, by=CONSOLE) if not one.green}
        assert red <= {"billed once", "one letter", "letters sent", "who did it", "closed hours"}


@pytest.mark.parametrize(
    ("bill", "receipt", "given"),
    [
        ("JMI", "JMR", ("JMC", "JMF", "JMA")),
        ("JMC", "CR", ("C1", "JMF", "JMA")),
        ("JMA", "JMF", ("JMC", "RF", "AD")),
    ],
)
def test_new_papers_get_prefixes_that_are_free(first_release, bill, receipt, given):
    prefixes = f"UPDATE hospital SET bill_prefix = '{bill}', receipt_prefix = '{receipt}'"
    with database.engine().begin() as connection:
        connection.execute(text(prefixes))
    migrations.upgrade()

    with database.reading() as db:
        kept = db.get_one(Hospital, 1)
        assert (kept.credit_prefix, kept.refund_prefix, kept.advance_prefix) == given
        assert kept.bill_when == "finish"


def test_the_guards_stand_on_the_tables_made_anew(first_release):
    migrations.upgrade()

    with database.engine().connect() as connection, pytest.raises(Exception, match="overlapping"):
        connection.execute(
            text(
                _VISIT.format(5, 25, "booked", *_STANDS, "NULL")
                .replace("booked_at, cancelled_at", "booked_at, promised_at, cancelled_at")
                .replace("form) VALUES", "walk_in, calendar_sequence, form) VALUES")
                .replace(
                    "'2026-11-02 04:30:00', NULL", f"{_AT.format('02')}, {_AT.format('02')}, NULL"
                )
                .replace("'f5')", "(1 = 0), 0, 'f5')")
            )
        )


def test_an_upgrade_that_fails_leaves_the_first_release_as_it_was(first_release, monkeypatch):
    def fail(connection) -> None:
        raise RuntimeError("the power fails here")

    with monkeypatch.context() as patch:
        patch.setattr(guards, "install", fail)
        with pytest.raises(RuntimeError):
            migrations.upgrade()

    with database.engine().connect() as connection:
        assert migrations.present(connection) == "0001"
        assert connection.execute(text("SELECT count(*) FROM appointment")).scalar() == 4
    assert migrations.upgrade() is True


def test_links_between_rows_are_kept_again_after_the_upgrade(first_release):
    migrations.upgrade()

    with (
        database.engine().begin() as connection,
        pytest.raises(Exception, match=r"(?i)foreign key"),
    ):
        connection.execute(text("UPDATE working_session SET doctor_id = 99"))


def test_a_first_password_that_was_never_changed_opens_nothing_any_more(first_release):
    accounts = (
        "INSERT INTO account (id, username, name, password_hash, active, must_change_password, "
        "created_at) VALUES ({0}, '{1}', 'Name', '$2b$04$kept', (1 = 1), (1 = {0}), "
        f"{_AT.format('01')})"
    )
    with database.engine().begin() as connection:
        for one in ((1, "new"), (2, "old")):
            connection.exec_driver_sql(accounts.format(*one))
    migrations.upgrade()

    with database.reading() as db:
        kept = db.exec(select(Account).order_by(Account.id)).all()
    assert [one.password_hash for one in kept] == [NO_PASSWORD, "$2b$04$kept"]


@pytest.mark.parametrize("words", ["dsouza", "d souza", "d'souza", "d\u2019souza", "9886011111"])
def test_a_name_kept_before_is_found_however_it_is_spelt_apart(first_release, words):
    with database.engine().begin() as connection:
        name = {"name": "Asha D'Souza", "key": "asha d'souza jmi-000001 9886011111"}
        connection.execute(text("UPDATE patient SET name = :name, search_text = :key"), name)
        for statement in search.SEARCH[connection.dialect.name]:
            connection.exec_driver_sql(statement)
    migrations.upgrade()

    with database.reading() as db:
        found = db.exec(select(Patient).where(*named(db, words))).all()
    assert [one.name for one in found] == ["Asha D'Souza"]


def test_a_day_closed_before_was_closed_by_its_cashier(first_release):
    account = (
        "INSERT INTO account (id, username, name, password_hash, active, must_change_password, "
        "created_at) VALUES ({0}, 'a{0}', 'Name', 'kept', (1 = 1), (1 = 0), "
        + _AT.format("01")
        + ")"
    )
    with database.reshapable(database.engine()) as connection:
        for number in (1, 2):
            connection.exec_driver_sql(account.format(number))
        command.upgrade(migrations._alembic(connection), "0013")
        connection.exec_driver_sql(
            "INSERT INTO day_close (id, account_id, day, closed_at, reopened_at, reopened_by, "
            f"reopen_reason, form) VALUES (1, 1, '2026-11-20', {_AT.format('20')}, "
            f"{_AT.format('21')}, 2, 'Once more', 'old')"
        )
    migrations.upgrade()

    with database.reading() as db:
        kept = db.exec(select(DayClose)).one()
    assert (kept.closed_by, kept.close_reason, kept.reopened_by) == (1, None, 2)
