"""A planted breach of each promise turns its line of the self-check red, and only its line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, text
from sqlmodel import Session, SQLModel, select

from mediklaud import clock, database, guards
from mediklaud.errors import NotPermitted
from mediklaud.models import Appointment, Charge, CreditKind, InvoiceLine, VisitKind
from mediklaud.repository import (
    CONSOLE,
    book_appointment,
    cancel_appointment,
    check_house,
    enroll_patient,
    issue_credit_note,
)
from mediklaud.repository.audit import note_deed
from mediklaud.repository.break_glass import BY_GLASS
from tests.breach import Statement, copy, sql, take_away
from tests.day import live_through_a_day
from tests.hospital import ASHA, at, ward_of

Reds = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Breach:
    """What is planted, the line it turns red, and the row that line names."""

    line: str
    row: str
    statements: tuple[Statement, ...] = ()
    deed: Callable[[Session], None] = lambda db: None
    # SQLite's own check of the file sees a broken CHECK as well.
    is_check: bool = False


def hollow(table: str, rule: str) -> Statement:
    """On PostgreSQL, put a rule that holds nothing in the place of a constraint."""

    def replace(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            alter = f"ALTER TABLE {table} DROP CONSTRAINT {rule}"
            connection.execute(text(f"{alter}, ADD CONSTRAINT {rule} CHECK (true)"))

    return replace


def fractional(table: str, column: str) -> Statement:
    """On PostgreSQL, let a column of whole numbers hold parts of them."""

    def alter(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE numeric"))

    return alter


def _a_strangers_record(db: Session) -> None:
    ward = ward_of(db)
    stranger = enroll_patient(db, ASHA, form="stranger", by=ward.meera)
    subject = f"patient/{stranger.id}"
    note_deed(db, ward.rao_account, "record opened", subject, doctor=ward.rao.id)


def _a_cancelled_patients_record(db: Session) -> None:
    ward = ward_of(db)
    gone = enroll_patient(db, ASHA, form="stranger", by=ward.meera)
    moment, form = at(10, day=date(2026, 11, 25)), "gone"
    visit = book_appointment(db, gone, ward.rao, moment, VisitKind.FIRST, form=form, by=ward.meera)
    cancel_appointment(db, visit, "Feels better", by=ward.meera)
    with clock.pretend(clock.now() + timedelta(minutes=1)):
        opened = f"patient/{gone.id}"
        note_deed(db, ward.rao_account, "record opened", opened, doctor=ward.rao.id)


def _the_paid_visit_voided(db: Session) -> None:
    """Its bill is voided by a real paper, and that before Asha's follow-up was promised."""
    ward, hers = ward_of(db), select(Appointment).where(Appointment.form == "asha-tomorrow")
    follow_up = db.exec(hers).one()
    charge = select(Charge).where(Charge.appointment_id == follow_up.entitled_by_id)
    charged = db.exec(charge).one()
    bill = select(InvoiceLine.invoice_number).where(InvoiceLine.charge_id == charged.id)
    told = (db.exec(bill).one(), CreditKind.VOID, "Never seen")
    issue_credit_note(db, *told, form="void", by=ward.ishaan)
    charged.voided_at = follow_up.promised_at - timedelta(hours=1)


def _a_record_under_a_closed_glass(db: Session) -> None:
    ward = ward_of(db)
    with clock.pretend(clock.now() + timedelta(minutes=61)):
        note_deed(db, ward.iyer_account, BY_GLASS, "patient/4", glass=2)


def _long_ago(table: str, moment: str) -> Statement:
    """As if it had stood before anybody was booked."""
    return sql(f"UPDATE {table} SET {moment} = '2026-01-01 00:00:00'")


def _moved_into(table: str, where: str) -> Statement:
    """Asha's appointment of tomorrow lies in the stretch, which opens with it."""
    hers = "(SELECT {} FROM appointment WHERE form = 'asha-tomorrow')"
    return sql(
        f"UPDATE {table} SET begins_at = {hers.format('starts_at')}, "
        f"ends_at = {hers.format('ends_at')} WHERE {where}"
    )


_ENTITLED = """UPDATE appointment SET kind = 'follow_up', entitled_by_id =
    (SELECT granted_by_id FROM entitlement WHERE patient_id = 1 AND doctor_id = 1)"""
_SHORTER = "UPDATE entitlement SET last_day = '2026-11-23'"

_LINE_IS = (
    "UPDATE invoice_line SET amount_paise = {0}, unit_price_paise = {0} WHERE description = '{1}'"
)

BREACHES = (
    Breach("database whole", "sign_in 1 ", (sql("UPDATE sign_in SET account_id = 9999"),)),
    Breach("hospital", "zone", (sql("UPDATE hospital SET zone = 'Mars/Olympus'"),)),
    Breach("hospital", "not set up", (sql("DELETE FROM hospital"),)),
    # Booked between the bill and its payment, as if the gate had not been asked.
    Breach(
        "dues gate",
        "appointment 4",
        (
            sql(
                "UPDATE appointment SET promised_at = (SELECT promised_at FROM appointment "
                "WHERE form = 'asha-emergency') WHERE form = 'asha-tomorrow'"
            ),
        ),
    ),
    Breach(
        "dues gate",
        "appointment 1",
        (
            hollow("appointment", "on_hold_only_an_emergency_is_booked"),
            sql(
                "UPDATE appointment SET on_hold = true, overdue_then_paise = 1, "
                "dues_then_paise = 1 WHERE form = 'asha-rao'"
            ),
        ),
        is_check=True,
    ),
    Breach(
        "dues gate",
        "appointment",
        (
            sql(
                "UPDATE appointment SET priority = 'routine', emergency_reason = NULL, "
                "on_hold = false, dues_limit_then_paise = dues_then_paise "
                "WHERE form = 'asha-emergency'"
            ),
        ),
    ),
    Breach(
        "dues gate",
        "appointment",
        (
            sql(
                "UPDATE appointment SET priority = 'routine', emergency_reason = NULL, "
                "on_hold = false, overdue_then_paise = 0 WHERE form = 'asha-emergency'"
            ),
        ),
    ),
    # As if a time that was over had been moved past the gate.
    Breach(
        "dues gate",
        "appointment",
        (
            sql(
                "UPDATE appointment SET priority = 'routine', emergency_reason = NULL, "
                "moved_from_id = (SELECT id FROM appointment WHERE form = 'asha-rao') "
                "WHERE form = 'asha-emergency'"
            ),
            sql(
                "UPDATE message SET kind = 'moved' WHERE kind = 'booked' AND appointment_id = "
                "(SELECT id FROM appointment WHERE form = 'asha-emergency')"
            ),
        ),
    ),
    Breach(
        "audit sealed",
        "audit rows where",
        (sql("UPDATE audit_head SET row_count = row_count + 1"),),
    ),
    Breach(
        "audit sealed",
        "audit row 5",
        (sql("""UPDATE audit_event SET detail = '{"n": 1}' WHERE id = 5"""),),
    ),
    Breach(
        "audit sealed",
        "audit row",
        (sql("DELETE FROM audit_event WHERE deed = 'signed in'"),),
    ),
    Breach(
        "audit sealed",
        "audit row",
        (copy("audit_event", id=9_999, previous_seal="forged"),),
    ),
    Breach("audit sealed", "the end of the audit log", (sql("DELETE FROM audit_head"),)),
    Breach(
        "audit sealed",
        "the end of the audit log",
        (sql("UPDATE audit_head SET seal = 'forged'"),),
    ),
    Breach(
        "doctor's time",
        "appointment 2",
        (
            hollow("appointment", "no_overlapping_appointments_of_a_doctor"),
            sql("UPDATE appointment SET token = NULL"),
            sql("UPDATE appointment SET doctor_id = 1 WHERE form = 'ben-iyer'"),
        ),
    ),
    Breach(
        "patient's time",
        "appointment 2",
        (
            hollow("appointment", "no_overlapping_appointments_of_a_patient"),
            sql("UPDATE appointment SET patient_id = 1 WHERE form = 'ben-iyer'"),
        ),
    ),
    Breach(
        "overbooking",
        "appointment",
        (
            hollow("appointment", "overbooking_stays_within_its_cap"),
            sql("UPDATE appointment SET overbook_cap_then = 0 WHERE form = 'overbooked'"),
        ),
        is_check=True,
    ),
    Breach(
        "tokens",
        "appointment",
        (sql("UPDATE appointment SET token = 9 WHERE form = 'asha-rao'"),),
    ),
    Breach(
        "closed hours",
        "appointment 4",
        (_long_ago("leave", "granted_at"), _moved_into("leave", "withdrawn_at IS NULL")),
    ),
    Breach(
        "closed hours",
        "appointment 4",
        (_long_ago("holiday", "declared_at"), _moved_into("holiday", "1 = 1")),
    ),
    Breach(
        "waitlist",
        "entry 1",
        (sql("UPDATE waitlist_entry SET patient_id = 1 WHERE form = 'wait'"),),
    ),
    Breach(
        "holds",
        "hold 1",
        (
            sql(
                "UPDATE hold SET (starts_at, ends_at) = (SELECT starts_at, ends_at "
                "FROM appointment WHERE form = 'asha-tomorrow')"
            ),
        ),
    ),
    Breach("holds", "hold 1", (sql("UPDATE hold SET expires_at = starts_at WHERE form = 'hold'"),)),
    Breach(
        "follow-ups",
        "appointment 4",
        (sql(f"{_ENTITLED} WHERE form = 'asha-tomorrow'"), sql(_SHORTER)),
    ),
    Breach(
        "follow-ups",
        "appointment",
        (sql(f"{_ENTITLED} WHERE form IN ('asha-tomorrow', 'asha-iyer')"),),
    ),
    Breach(
        "follow-ups",
        "appointment 4",
        (sql(f"{_ENTITLED} WHERE form = 'asha-tomorrow'"),),
        _the_paid_visit_voided,
    ),
    Breach(
        "one letter",
        "appointment 4",
        (sql("DELETE FROM message WHERE appointment_id = 4"),),
    ),
    Breach(
        "one letter",
        "appointment 4",
        (copy("message", "appointment_id = 4", version=9, message_id="<again>"),),
    ),
    Breach(
        "letters sent",
        "letter 1",
        (sql("UPDATE message SET outcome = '' WHERE status = 'sent'"),),
    ),
    Breach("billed once", "appointment 2", (sql("DELETE FROM charge WHERE price_paise = 0"),)),
    Breach(
        "billed once",
        "appointment 1",
        (sql("UPDATE appointment SET status = 'arrived' WHERE form = 'asha-rao'"),),
    ),
    Breach(
        "lines and total",
        "JMI/2627/000002",
        (
            sql("UPDATE invoice SET total_paise = 50100, subtotal_paise = 50100 WHERE serial = 2"),
            sql("UPDATE invoice SET owed_paise = 20100 WHERE serial = 2"),
        ),
    ),
    Breach(
        "bill numbers",
        "series bill/2627",
        (sql("UPDATE number_series SET last = last + 1 WHERE name = 'bill/2627'"),),
    ),
    Breach(
        "bill numbers",
        "JMI/2627/000003",
        (sql("UPDATE invoice SET serial = 9 WHERE serial = 3"),),
    ),
    Breach(
        "receipt numbers",
        "series receipt/2627",
        (sql("UPDATE number_series SET last = last + 1 WHERE name = 'receipt/2627'"),),
    ),
    Breach(
        "receipt numbers",
        "JMR/2627/000002",
        (sql("UPDATE receipt SET serial = 9 WHERE serial = 2"),),
    ),
    *(
        Breach(
            f"{series} numbers",
            f"series {series}/2627",
            (sql(f"UPDATE number_series SET last = last + 1 WHERE name = '{series}/2627'"),),
        )
        for series in ("credit", "refund", "advance")
    ),
    Breach(
        "credit numbers",
        "JMC/2627/000002",
        (sql("UPDATE credit_note SET issued_at = '2026-11-23 07:00:00' WHERE serial = 2"),),
    ),
    Breach(
        "refund numbers",
        "JMF/2627/000001",
        (sql("UPDATE refund SET issued_on = '2027-04-01', issued_at = '2027-04-01 03:30:00'"),),
    ),
    Breach(
        "one receipt",
        "JMR/2627/000002",
        (copy("payment", "id = 2"),),
    ),
    Breach(
        "one receipt",
        "JMA/2627/000001",
        (sql("UPDATE receipt SET amount_paise = 99900 WHERE kind = 'advance'"),),
    ),
    # The payer's statement goes by the receipt, what is left to use by its payments.
    Breach(
        "one receipt",
        "payment 1",
        (sql("UPDATE receipt SET payer_id = 2 WHERE serial = 1 AND kind = 'receipt'"),),
    ),
    Breach(
        "one receipt",
        "payment 5",
        (
            sql(
                "UPDATE receipt SET issued_on = '2026-11-22', issued_at = '2026-11-22 03:30:00' "
                "WHERE kind = 'advance'"
            ),
        ),
    ),
    Breach(
        "one receipt",
        "payment 5",
        (sql("UPDATE receipt SET issued_at = '2026-11-23 04:30:00' WHERE kind = 'advance'"),),
    ),
    *(
        Breach("ledger days", row, (sql(f"UPDATE {change} = '2026-11-24' WHERE {where}"),))
        for row, change, where in (
            ("bill JMI/2627/000005", "invoice SET issued_on", "serial = 5"),
            ("allocation 1", "allocation SET allocated_on", "id = 1"),
            ("credit note JMC/2627/000003", "credit_note SET issued_on", "serial = 3"),
            ("cancelled credit note JMC/2627/000002", "credit_note SET cancelled_on", "serial = 2"),
            ("refund JMF/2627/000001", "refund SET issued_on", "serial = 1"),
            ("reversal 1", "payment_reversal SET reversed_on", "id = 1"),
        )
    ),
    *(
        Breach(
            "ledger days",
            row,
            (
                sql(f"UPDATE payment SET received_{change} WHERE id = 5"),
                sql(f"UPDATE receipt SET issued_{change} WHERE kind = 'advance'"),
            ),
        )
        for row, change in (
            ("receipt JMA/2627/000001", "on = '2026-11-24'"),
            ("payment 5", "on = '2026-11-24'"),
            # Half an hour before the hospital's day began, on the same day in UTC.
            ("payment 5", "at = '2026-11-22 18:00:00'"),
        )
    ),
    Breach(
        "own payer",
        "allocation 1",
        (
            sql("UPDATE payment SET payer_id = 2 WHERE id = 1"),
            sql("UPDATE receipt SET payer_id = 2 WHERE serial = 1 AND kind = 'receipt'"),
        ),
    ),
    # Lowered on both sides, so that no other line sees it.
    Breach(
        "taken back",
        "allocation 4",
        (sql("UPDATE allocation SET reverses_id = 2 WHERE id = 4"),),
    ),
    Breach(
        "taken back",
        "payment 1",
        (copy("payment_reversal", payment_id=1),),
    ),
    Breach(
        "credited",
        "JMC/2627/000002",
        (sql("UPDATE credit_note SET subtotal_paise = 4000, tax_paise = 1000 WHERE serial = 2"),),
    ),
    Breach(
        "credited",
        "line 4",
        (
            sql(_LINE_IS.format(5000, "Dressing")),
            sql(_LINE_IS.format(25000, "Injection")),
        ),
    ),
    Breach(
        "voided",
        "charge 5",
        (sql("UPDATE charge SET voided_at = charged_at WHERE service_id IS NOT NULL"),),
    ),
    Breach(
        "received",
        "payment 2",
        (
            sql("UPDATE allocation SET amount_paise = 30000 WHERE payment_id = 2"),
            sql("UPDATE invoice SET owed_paise = 10000 WHERE serial = 2"),
        ),
    ),
    Breach("received", "JMF/2627/000001", (sql("UPDATE refund SET payer_id = 2"),)),
    Breach(
        "owed",
        "JMI/2627/000001",
        (
            sql("UPDATE payment SET amount_paise = 90000 WHERE id = 1"),
            sql("UPDATE receipt SET amount_paise = 90000 WHERE serial = 1 AND kind = 'receipt'"),
            sql("UPDATE allocation SET amount_paise = 90000 WHERE payment_id = 1"),
        ),
    ),
    Breach(
        "settled",
        "JMI/2627/000003",
        (sql("UPDATE invoice SET settled_at = issued_at, owed_paise = 0 WHERE serial = 3"),),
    ),
    Breach(
        "settled",
        "JMI/2627/000001",
        (sql("UPDATE invoice SET settled_at = NULL, owed_paise = 1 WHERE serial = 1"),),
    ),
    # Settled years after its payment, and before it.
    Breach(
        "settled",
        "JMI/2627/000001",
        (sql("UPDATE invoice SET settled_at = '2031-01-01 00:00:00+00' WHERE serial = 1"),),
    ),
    Breach(
        "settled",
        "JMI/2627/000001",
        (sql("UPDATE invoice SET settled_at = issued_at WHERE serial = 1"),),
    ),
    Breach(
        "whole paise",
        "tariff 1",
        (
            hollow("tariff", "price_is_whole_paise"),
            fractional("tariff", "price_paise"),
            sql("UPDATE tariff SET price_paise = 800.5 WHERE id = 1"),
        ),
        is_check=True,
    ),
    Breach(
        "payment plans",
        "plan 1",
        (sql("UPDATE instalment SET amount_paise = amount_paise - 1 WHERE plan_id = 1"),),
    ),
    Breach(
        "payment plans",
        "JMI/2627/000005",
        (
            copy("plan_bill", "plan_id = 1", plan_id=2),
            sql("UPDATE payment_plan SET ended_at = NULL, end_reason = NULL WHERE id = 2"),
        ),
    ),
    Breach(
        "waivers",
        "waiver 2",
        (
            hollow("waiver_request", "nobody_decides_their_own_waiver"),
            sql("UPDATE waiver_request SET decided_by = requested_by WHERE status = 'approved'"),
        ),
        is_check=True,
    ),
    Breach(
        "waivers",
        "JMC/2627/000003",
        (
            sql(
                "UPDATE waiver_request SET status = 'requested', decided_at = NULL, "
                "decided_by = NULL, credit_number = NULL WHERE status = 'approved'"
            ),
        ),
    ),
    Breach(
        "day close",
        "close 2",
        (sql("UPDATE day_count SET system_paise = 1, counted_paise = 1 WHERE close_id = 2"),),
    ),
    # A receipt that somebody dated back into a day that is closed.
    Breach(
        "day close",
        "close 2",
        (
            *(
                sql(f"UPDATE {table}_on = '2026-11-22', {moment} = '2026-11-22 03:30:00' {where}")
                for table, moment, where in (
                    ("payment SET received", "received_at", "WHERE id = 5"),
                    ("receipt SET issued", "issued_at", "WHERE kind = 'advance'"),
                )
            ),
        ),
    ),
    Breach(
        "day close",
        "close 1",
        (
            hollow("day_close", "a_second_person_reopens_the_day"),
            hollow("day_close", "nobody_reopens_what_they_closed"),
            sql("UPDATE day_close SET reopened_by = account_id WHERE id = 1"),
        ),
        is_check=True,
    ),
    Breach(
        "day close",
        "close 1",
        (
            hollow("day_close", "nobody_reopens_what_they_closed"),
            hollow("day_close", "a_day_closed_for_another_has_a_reason"),
            sql("UPDATE day_close SET closed_by = reopened_by WHERE id = 1"),
        ),
        is_check=True,
    ),
    Breach("who did it", "patient 5", (copy("patient", number="JMI-000099", form="secret"),)),
    Breach("own patients", "audit row", (), _a_strangers_record),
    Breach("own patients", "audit row", (), _a_cancelled_patients_record),
    Breach("own patients", "audit row", (), _a_record_under_a_closed_glass),
    Breach(
        "broken glass",
        "glass 2",
        (sql("UPDATE break_glass SET expires_at = '2026-12-24 00:00:00+00:00' WHERE id = 2"),),
    ),
    Breach(
        "broken glass",
        "glass 1",
        (
            hollow("break_glass", "nobody_reviews_their_own_glass"),
            sql("UPDATE break_glass SET reviewed_by = account_id WHERE id = 1"),
        ),
        is_check=True,
    ),
)


def plant(breach: Breach) -> None:
    """Break the promise with every guard asleep; the guards stand again afterwards."""
    with database.engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
                driver.execute(f"PRAGMA {pragma}")
            for guard in guards.of_engine("sqlite"):
                take_away(connection, guard.name)
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in breach.statements:
            statement(connection)
        guards.install(connection)
        connection.commit()
        # The next connection keeps its foreign keys and checks again.
        connection.invalidate()
    with database.transaction() as db:
        breach.deed(db)


def reds() -> Reds:
    """The lines that are red, with the rows they name."""
    with database.reading() as db:
        return red_lines(db)


def red_lines(db: Session) -> Reds:
    """The same, as one session sees it."""
    return {one.rule: one.breaches for one in check_house(db, by=CONSOLE) if not one.green}


def test_a_day_of_real_deeds_leaves_the_house_green(house, nine_o_clock):
    live_through_a_day(nine_o_clock)

    assert reds() == {}


@pytest.mark.parametrize("breach", BREACHES, ids=[f"{one.line}-{one.row}" for one in BREACHES])
def test_a_planted_breach_turns_exactly_its_line_red(broken_house, nine_o_clock, breach):
    live_through_a_day(nine_o_clock)

    plant(breach)

    found = reds()
    on_sqlite = database.engine().dialect.name == "sqlite"
    seen_by_the_file = {"database whole"} if breach.is_check and on_sqlite else set()
    assert set(found) == {breach.line} | seen_by_the_file
    assert any(breach.row in row for row in found[breach.line])


def test_planting_nothing_leaves_the_house_green(broken_house, nine_o_clock):
    live_through_a_day(nine_o_clock)

    plant(Breach("nothing", ""))

    assert reds() == {}


def test_every_line_of_the_check_has_a_planted_breach(house):
    with database.reading() as db:
        lines = {finding.rule for finding in check_house(db, by=CONSOLE)}

    assert lines == {breach.line for breach in BREACHES} | {"rules standing"}


def test_a_guard_that_was_taken_away_is_missed(house):
    for guard in guards.of_engine(database.engine().dialect.name):
        with Session(database.engine()) as db:
            take_away(db.connection(), guard.name)
            assert red_lines(db) == {"rules standing": (f"guard {guard.name}",)}
            db.rollback()


@pytest.mark.parametrize("broken_house", ["sqlite"], indirect=True)
def test_a_guard_that_lost_one_of_its_events_is_missed(broken_house):
    with database.engine().begin() as connection:
        connection.execute(text("DROP TRIGGER no_overlapping_appointments_of_a_doctor_on_update"))

    assert reds() == {"rules standing": ("guard no_overlapping_appointments_of_a_doctor",)}


def test_an_index_that_was_dropped_is_missed(broken_house):
    with database.engine().begin() as connection:
        connection.execute(text("DROP INDEX a_reference_is_used_once"))

    assert reds() == {"rules standing": ("constraint a_reference_is_used_once",)}


@pytest.mark.parametrize("broken_house", ["postgresql"], indirect=True)
def test_a_constraint_that_was_dropped_is_missed(broken_house):
    for table in SQLModel.metadata.sorted_tables:
        for rule in table.constraints:
            name = str(rule.name)
            if name.startswith(("pk_", "fk_")):
                continue
            with Session(database.engine()) as db:
                db.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT {name}"))
                assert red_lines(db) == {"rules standing": (f"constraint {name}",)}
                db.rollback()


def test_the_front_desk_does_not_run_the_check(db, ward):
    with pytest.raises(NotPermitted, match="self-check"):
        check_house(db, by=ward.meera)
