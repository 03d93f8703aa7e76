"""Every named rule is broken past the repository, on both engines, and refuses by its name.

The attempts stand on a day of real deeds. Each is a transaction that is rolled back, so the
self-check finds the house green when all of them have failed.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

import pytest
import time_machine
from sqlalchemy import CheckConstraint, Connection, Engine, UniqueConstraint, literal_column, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from mediklaud import database, guards
from mediklaud.database import broken_rule
from mediklaud.models import PAPERS
from tests import attempts_at_the_till, attempts_on_privacy
from tests.breach import Statement, copy, sql, take_away
from tests.conftest import assert_house_is_green, open_copy
from tests.day import CHRISTMAS, NEXT_WEEK, TOMORROW, live_through_a_day
from tests.hospital import NINE_O_CLOCK, at

HELD = {"on_hold": True, "dues_then_paise": 1, "overdue_then_paise": 1}
# The cast's ids, in the order of their registration and enrolment.
RAO, IYER = 1, 2
ASHA, BEN, DEV, CARA = 1, 2, 3, 4
UNKNOWN = 9_999
HOUR = timedelta(hours=1)
FRIDAY = date(2026, 11, 27)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lived_in(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A house with a day behind it, shared by all attempts and green when they are over."""
    data_dir = tmp_path_factory.mktemp("lived-in") / "data"
    with open_copy(request, request.param, data_dir):
        with time_machine.travel(NINE_O_CLOCK) as wall_clock:
            live_through_a_day(wall_clock)
        yield database.engine()
        assert_house_is_green()


@pytest.fixture
def connection(lived_in: Engine) -> Iterator[Connection]:
    """A raw connection; nothing it writes stays."""
    with lived_in.connect() as opened:
        yield opened
        opened.rollback()


def form(name: str) -> str:
    """Which appointment of the day."""
    return f"form = '{name}'"


_CANCELLED = {"status": "cancelled", "cancelled_at": NINE_O_CLOCK, "cancel_reason": "Ill"}
_NEW_BILL = {"number": "JMI/2627/000099", "serial": 99, "form": "new"}
_NEW_RECEIPT = {"number": "JMR/2627/000099", "serial": 99, "form": "new"}
_NEW_CREDIT = {"number": "JMC/2627/000099", "serial": 99, "form": "new"}
_NEW_REFUND = {"number": "JMF/2627/000099", "serial": 99, "form": "new", "reference": "R9"}
_TAXED = {"kind": "tax_invoice", "hospital_gstin": "29ABCDE1234F1Z5"}
# The payments of the day: by UPI and used up, and the cheque that bounced.
USED_UP, BOUNCED = 1, 3
_UNCHARGED = literal_column(
    "(SELECT max(id) FROM appointment WHERE id NOT IN "
    "(SELECT appointment_id FROM charge WHERE appointment_id > 0))"
)
_BARE_CHARGE = copy("charge", sac="bare", appointment_id=_UNCHARGED)
_BARE_PATIENT = copy("patient", number="JMI-000099", form="bare")
_BARE_DOCTOR = copy("doctor", number="DOC-0099", registration="KMC99")
# Asha's, and not yet set against any bill.
_BARE_PAYMENT = copy(
    "payment", "method = 'cash'", receipt_number="JMR/2627/000099", amount_paise=500_00
)

# A code that nobody was given.
_DIGEST = "0" * 64
_OPEN, _USED = "used_at IS NULL AND ended_at IS NULL", "used_at IS NOT NULL"


def identities(*said: str) -> Statement:
    """Accounts 1, 2, … linked with these issuers and subjects."""
    at = "'2026-11-23 03:30:00+00:00'"
    rows = ", ".join(f"({account}, {one}, {at}, {at})" for account, one in enumerate(said, 1))
    columns = "account_id, issuer, subject, linked_at, issued_at"
    return sql(f"INSERT INTO linked_identity ({columns}) VALUES {rows}")


_NO_KINDS = {"first_minutes": None, "follow_up_minutes": None}
_THIRD = {"overbook_number": 3, "overbook_cap_then": 2}


def _hour_of(day: date, hour: int, **more: object) -> dict[str, object]:
    """A quarter of an hour of another day, under another form."""
    return {"starts_at": at(hour, day=day), "ends_at": at(hour, 15, day=day), "form": "new", **more}


# The papers with numbers, by the word their rules are named with.
NUMBERED = (
    ("bill", "invoice"),
    ("receipt", "receipt"),
    ("credit", "credit_note"),
    ("refund", "refund"),
)


def _again(table: str, new: dict[str, object]) -> Statement:
    """The same form on a paper with a new number."""
    return copy(table, **{word: value for word, value in new.items() if word != "form"})


# The rule, and the one statement that breaks it.
CHECKS: tuple[tuple[str, Statement], ...] = (
    *(
        (f"doctor_has_{word}", copy("doctor", **{column: " "}))
        for word, column in (
            ("a_name", "name"),
            ("a_phone", "phone"),
            ("an_email", "email"),
            ("a_specialty", "specialty"),
            ("qualifications", "qualifications"),
            ("a_council", "council"),
            ("a_registration", "registration"),
        )
    ),
    ("registration_is_in_capitals", copy("doctor", registration="kmc1")),
    ("inactive_doctor_has_a_last_moment", copy("doctor", active=False)),
    ("patient_has_a_name", copy("patient", name="")),
    ("patient_has_an_address", copy("patient", address=" ")),
    ("patient_phone_is_in_e164", copy("patient", phone="98860 11111")),
    ("patient_email_is_not_blank", copy("patient", email="")),
    ("patient_has_a_language", copy("patient", language=" ")),
    ("patient_sex_is_known", copy("patient", sex="blue")),
    ("there_is_one_audit_head", copy("audit_head", id=2)),
    ("seal_version_is_known", copy("audit_event", id=UNKNOWN, previous_seal="n", seal_version=3)),
    ("there_is_one_hospital", copy("hospital", id=2)),
    ("hospital_has_a_name", copy("hospital", id=1, name=" ")),
    ("hospital_has_a_zone", copy("hospital", id=1, zone="")),
    *(
        (f"{paper}_prefix_fits", copy("hospital", id=1, **{f"{paper}_prefix": "LONG"}))
        for paper in PAPERS
    ),
    *(
        (
            f"{one}s_and_{other}s_differ",
            copy("hospital", id=1, **{f"{other}_prefix": lambda r, one=one: r[f"{one}_prefix"]}),
        )
        for one, other in combinations(PAPERS, 2)
    ),
    ("bill_when_is_known", copy("hospital", id=1, bill_when="never")),
    ("nobody_is_named_their_own_payer", sql("UPDATE patient SET payer_id = id WHERE id = 2")),
    ("dues_limit_is_whole_paise", copy("hospital", id=1, dues_limit_paise=-1)),
    ("grace_is_a_year_at_most", copy("hospital", id=1, dues_grace_days=366)),
    ("overbookings_are_20_at_most", copy("hospital", id=1, overbookings_a_session=21)),
    ("follow_ups_are_20_at_most", copy("hospital", id=1, follow_up_visits=21)),
    ("follow_ups_last_a_year_at_most", copy("hospital", id=1, follow_up_days=366)),
    ("entitled_follow_ups_are_cheaper", copy("hospital", id=1, follow_up_percent=100)),
    (
        "letters_rest_ten_minutes_at_most",
        copy("hospital", id=1, letter_grace_seconds=601),
    ),
    (
        "reminders_come_a_week_before_at_most",
        copy("hospital", id=1, reminder_hours=169),
    ),
    ("purpose_of_letters_is_known", copy("consent", purpose="gossip")),
    ("call_outcome_is_known", copy("phone_call", outcome="lost", form="new")),
    ("feed_token_is_kept_as_its_digest", copy("calendar_feed", digest="token")),
    ("a_letter_has_its_facts", copy("message", "status = 'queued'", facts=" ")),
    ("a_letter_has_its_language", copy("message", "status = 'queued'", language="")),
    ("username_is_in_small_letters", copy("account", username="Meera")),
    ("account_has_a_username", copy("account", username=" ")),
    ("account_has_a_name", copy("account", name="")),
    ("account_has_a_password", copy("account", password_hash="")),
    ("role_is_known", copy("account_role", role="owner")),
    (
        "a_tried_name_is_kept_as_its_digest",
        copy("sign_in_attempt", name_digest="meera"),
    ),
    ("a_code_is_kept_as_its_digest", copy("password_code", digest="abcd")),
    (
        "a_code_expires_after_it_was_issued",
        copy("password_code", digest=_DIGEST, expires_at=lambda r: r["issued_at"]),
    ),
    (
        "a_code_is_used_in_time",
        copy("password_code", _OPEN, digest=_DIGEST, used_at=lambda r: r["expires_at"]),
    ),
    (
        "a_code_is_used_or_ended",
        copy("password_code", _USED, digest=_DIGEST, ended_at=lambda r: r["used_at"]),
    ),
    ("a_second_factor_has_its_secret", copy("second_factor", account_id=IYER, sealed_secret=" ")),
    ("a_recovery_code_is_kept_as_its_digest", copy("recovery_code", digest="abcd")),
    ("sign_in_expires_after_it_begins", copy("sign_in", expires_at=lambda r: r["signed_in_at"])),
    ("one_account_per_identity", identities("'i', 's'", "'i', 's'")),
    ("identity_has_an_issuer", identities("' ', 's'")),
    ("identity_has_a_subject", identities("'i', ''")),
    ("session_is_on_a_weekday", copy("working_session", weekday=7)),
    ("session_lies_within_a_day", copy("working_session", ends_minute=1441)),
    # Only a session whose slots have no length does not break a_slot_fits_in_the_session too.
    (
        "session_ends_after_it_begins",
        copy("working_session", begins_minute=780, slot_minutes=0, **_NO_KINDS),
    ),
    ("slot_is_5_to_240_minutes", copy("working_session", slot_minutes=4)),
    ("a_slot_fits_in_the_session", copy("working_session", ends_minute=610, **_NO_KINDS)),
    ("a_first_visit_fits_in_the_session", copy("working_session", first_minutes=4)),
    ("a_follow_up_fits_in_the_session", copy("working_session", follow_up_minutes=181)),
    ("a_procedure_fits_in_the_session", copy("working_session", procedure_minutes=4)),
    (
        "session_is_valid_for_a_day_at_least",
        copy("working_session", valid_to=lambda r: r["valid_from"] - timedelta(days=1)),
    ),
    ("leave_ends_after_it_begins", copy("leave", ends_at=lambda r: r["begins_at"])),
    ("holiday_has_a_name", copy("holiday", name=" ")),
    ("holiday_ends_after_it_begins", copy("holiday", ends_at=lambda r: r["begins_at"])),
    ("hold_kind_is_known", copy("hold", kind="spa")),
    ("hold_ends_after_it_starts", copy("hold", ends_at=lambda r: r["starts_at"])),
    ("hold_expires_after_it_is_taken", copy("hold", expires_at=lambda r: r["held_at"])),
    ("an_entitlement_is_1_to_20_visits", copy("entitlement", visits=0)),
    ("an_entitlement_is_cheaper", copy("entitlement", percent=100)),
    ("waitlist_kind_is_known", copy("waitlist_entry", kind="spa")),
    ("one_waits_for_doctor_or_specialty", copy("waitlist_entry", specialty="Cardiology")),
    (
        "a_wait_ends_after_it_begins",
        copy("waitlist_entry", last_day=lambda r: r["first_day"] - timedelta(days=1)),
    ),
    ("one_waits_for_a_weekday_at_least", copy("waitlist_entry", weekdays=0)),
    ("one_waits_for_hours_of_a_day", copy("waitlist_entry", ends_minute=0)),
    ("who_is_booked_waits_no_more", copy("waitlist_entry", closed_at=None)),
    ("tokens_begin_at_one", copy("appointment", token=0)),
    ("a_token_belongs_to_a_session", copy("appointment", session_begins_at=None, token=9)),
    ("a_walk_in_has_a_token", copy("appointment", form("asha-tomorrow"), walk_in=True)),
    ("an_overbooking_has_a_reason", copy("appointment", form("overbooked"), overbook_reason=None)),
    (
        "an_overbookings_reason_is_not_blank",
        copy("appointment", form("overbooked"), overbook_reason=" "),
    ),
    ("overbooking_stays_within_its_cap", copy("appointment", form("overbooked"), **_THIRD)),
    ("calendar_sequence_counts_from_zero", copy("appointment", calendar_sequence=-1)),
    (
        "a_promise_is_not_before_the_booking",
        copy("appointment", promised_at=lambda r: r["booked_at"] - HOUR),
    ),
    (
        "no_visit_entitles_itself",
        sql(
            "UPDATE appointment SET kind = 'follow_up', entitled_by_id = id "
            "WHERE form = 'asha-tomorrow'"
        ),
    ),
    ("only_follow_ups_are_entitled", copy("appointment", form("asha-tomorrow"), entitled_by_id=1)),
    ("appointment_kind_is_known", copy("appointment", kind="spa")),
    ("appointment_status_is_known", copy("appointment", form("asha-rao"), status="lost")),
    ("appointment_priority_is_known", copy("appointment", form("asha-rao"), priority="vip")),
    (
        "emergency_reason_is_known",
        copy("appointment", priority="emergency", emergency_reason="boredom"),
    ),
    ("an_emergency_has_a_reason", copy("appointment", form("asha-rao"), priority="emergency")),
    ("appointment_ends_after_it_starts", copy("appointment", ends_at=lambda r: r["starts_at"])),
    ("on_hold_only_an_emergency_is_booked", copy("appointment", form("asha-rao"), **HELD)),
    ("a_cancellation_has_its_moment", copy("appointment", **_CANCELLED | {"cancelled_at": None})),
    ("a_cancellation_has_a_reason", copy("appointment", **_CANCELLED | {"cancel_reason": " "})),
    ("dues_then_are_whole_paise", copy("appointment", dues_then_paise=-1)),
    ("overdue_then_is_whole_paise", copy("appointment", overdue_then_paise=-1)),
    ("dues_limit_then_is_whole_paise", copy("appointment", dues_limit_then_paise=-1)),
    ("what_is_overdue_is_owed", copy("appointment", overdue_then_paise=1, dues_limit_then_paise=1)),
    (
        "on_hold_is_more_overdue_than_the_limit",
        copy("appointment", dues_then_paise=1, overdue_then_paise=1),
    ),
    ("a_finished_encounter_has_a_note", copy("encounter", note=" ")),
    ("a_note_is_kept_when_finished", copy("encounter", note=None)),
    (
        "encounter_finishes_after_it_begins",
        copy("encounter", finished_at=lambda r: r["begun_at"] - HOUR),
    ),
    ("tariff_kind_is_known", copy("tariff", kind="spa")),
    ("price_is_whole_paise", copy("tariff", price_paise=-1)),
    ("charge_is_whole_paise", copy("charge", price_paise=-1)),
    ("charge_has_a_description", copy("charge", description=" ")),
    ("a_charge_is_for_a_visit_or_a_service", copy("charge", "id = 1", service_id=1)),
    ("charge_quantity_is_whole", copy("charge", quantity=0)),
    ("charge_tax_is_a_whole_share", copy("charge", tax_basis_points=10_001)),
    ("service_has_a_name", copy("service", name=" ")),
    ("service_has_a_sac", copy("service", sac="")),
    ("service_tax_is_a_whole_share", copy("service", tax_basis_points=-1)),
    ("service_price_is_whole_paise", copy("service_price", price_paise=-1)),
    ("last_number_is_whole", copy("number_series", name="new", last=-1)),
    *(
        (f"{paper}_number_has_16_characters_at_most", copy(table, number="JMX/2627/00000001"))
        for paper, table in NUMBERED
    ),
    *(
        (f"{paper}_number_is_in_capitals", copy(table, number="jmx/2627/000099"))
        for paper, table in NUMBERED
    ),
    *(
        (f"{paper}_serial_is_whole", copy(table, number="JMX/2627/000099", serial=0))
        for paper, table in NUMBERED
    ),
    ("bill_kind_is_known", copy("invoice", kind="bon")),
    ("bill_total_is_whole_paise", copy("invoice", total_paise=0, subtotal_paise=0)),
    (
        "bill_subtotal_is_whole_paise",
        copy("invoice", subtotal_paise=-1, tax_paise=lambda r: r["total_paise"] + 1, **_TAXED),
    ),
    (
        "bill_tax_is_whole_paise",
        copy("invoice", tax_paise=-1, subtotal_paise=lambda r: r["total_paise"] + 1, **_TAXED),
    ),
    ("bill_total_is_subtotal_and_tax", copy("invoice", subtotal_paise=1)),
    (
        "tax_stands_on_a_tax_invoice",
        copy("invoice", tax_paise=1, subtotal_paise=lambda r: r["total_paise"] - 1),
    ),
    ("a_tax_invoice_has_a_gstin", copy("invoice", kind="tax_invoice")),
    ("bill_owed_is_whole_paise", copy("invoice", owed_paise=-1, settled_at=None)),
    (
        "bill_owes_its_total_at_most",
        copy("invoice", owed_paise=lambda r: r["total_paise"] + 1, settled_at=None),
    ),
    ("a_settled_bill_owes_nothing", copy("invoice", owed_paise=0, settled_at=None)),
    ("line_is_quantity_times_price", copy("invoice_line", quantity=2)),
    ("line_quantity_is_whole", copy("invoice_line", quantity=0, amount_paise=0)),
    ("line_price_is_whole_paise", copy("invoice_line", unit_price_paise=-1, amount_paise=-1)),
    ("line_has_a_description", copy("invoice_line", description="")),
    (
        "line_tax_is_a_whole_share",
        copy(
            "invoice_line",
            tax_basis_points=10_001,
            tax_paise=lambda r: (r["amount_paise"] * 10_001 + 5_000) // 10_000,
        ),
    ),
    ("line_tax_is_rounded_half_a_paisa_up", copy("invoice_line", tax_paise=1)),
    ("credit_kind_is_known", copy("credit_note", kind="gift")),
    ("credit_total_is_whole_paise", copy("credit_note", total_paise=0, subtotal_paise=0)),
    (
        "credit_subtotal_is_whole_paise",
        copy("credit_note", subtotal_paise=-1, tax_paise=lambda r: r["total_paise"] + 1),
    ),
    (
        "credit_tax_is_whole_paise",
        copy("credit_note", tax_paise=-1, subtotal_paise=lambda r: r["total_paise"] + 1),
    ),
    ("credit_total_is_subtotal_and_tax", copy("credit_note", subtotal_paise=1)),
    ("a_credit_has_a_reason", copy("credit_note", reason=" ")),
    ("a_cancelled_credit_has_a_reason", copy("credit_note", "serial = 2", cancel_reason=None)),
    (
        "a_cancelled_credits_reason_is_not_blank",
        copy("credit_note", "serial = 2", cancel_reason=" "),
    ),
    ("credit_line_is_whole_paise", copy("credit_note_line", amount_paise=-1)),
    ("credit_line_tax_is_whole_paise", copy("credit_note_line", tax_paise=-1)),
    ("payment_is_whole_paise", copy("payment", amount_paise=0)),
    ("payment_method_is_known", copy("payment", "method = 'upi'", method="gold")),
    ("only_cash_has_no_reference", copy("payment", "method = 'upi'", reference=" ")),
    ("only_cash_gives_change", copy("payment", "method = 'upi'", tendered_paise=10**7)),
    (
        "tendered_is_whole_paise_and_covers_the_payment",
        copy("payment", "method = 'cash'", tendered_paise=1),
    ),
    ("allocation_is_whole_paise", copy("allocation", amount_paise=0)),
    ("only_a_reversal_is_below_zero", copy("allocation", "id = 1", amount_paise=-1)),
    ("receipt_is_whole_paise", copy("receipt", amount_paise=0)),
    ("receipt_kind_is_known", copy("receipt", kind="bon")),
    ("refund_is_whole_paise", copy("refund", amount_paise=0)),
    ("refund_method_is_known", copy("refund", method="gold")),
    ("only_a_cash_refund_has_no_reference", copy("refund", reference=" ")),
    ("a_refund_has_a_reason", copy("refund", reason="")),
    ("a_payment_reversal_has_a_reason", copy("payment_reversal", reason=" ")),
    ("letter_status_is_known", copy("message", "status = 'queued'", status="lost")),
    ("only_the_addressed_are_sent", copy("message", "status = 'queued'", to_address=None)),
    ("a_sent_letter_has_its_moment", copy("message", "status = 'sent'", sent_at=None)),
)

UNIQUES: tuple[tuple[str, Statement], ...] = (
    ("one_doctor_per_number", copy("doctor", registration="KMC99")),
    ("one_doctor_per_registration", copy("doctor", number="DOC-0099")),
    ("one_patient_per_number", copy("patient", form="new")),
    ("a_second_click_is_the_same_patient", copy("patient", number="JMI-000099")),
    ("one_account_per_username", copy("account", doctor_id=None)),
    ("one_account_per_doctor", copy("account", "doctor_id > 0", username="other")),
    ("one_sign_in_per_token", copy("sign_in")),
    ("one_open_code_per_account", copy("password_code", _OPEN, digest=_DIGEST)),
    ("one_code_per_digest", copy("password_code", _USED)),
    ("one_recovery_code_per_digest", copy("recovery_code")),
    ("a_second_click_is_the_same_leave", copy("leave")),
    ("one_holiday_a_day", copy("holiday")),
    ("a_second_click_is_the_same_hold", copy("hold", account_id=1, doctor_id=IYER)),
    ("a_clerk_holds_one_time", copy("hold", form="new", doctor_id=IYER)),
    ("a_visit_entitles_once", copy("entitlement")),
    ("a_second_click_is_the_same_entry", copy("waitlist_entry", appointment_id=None)),
    ("an_appointment_ends_one_wait", copy("waitlist_entry", form="new")),
    (
        "one_patient_a_token_in_a_session",
        copy("appointment", form("asha-rao"), **_CANCELLED | {"form": "new"}),
    ),
    ("one_overbooking_a_place", copy("appointment", form("overbooked"), **_hour_of(TOMORROW, 11))),
    ("a_second_click_is_the_same_appointment", copy("appointment", form("ben-cancelled"))),
    (
        "an_appointment_is_moved_once",
        copy("appointment", form("ben-moved"), form="x", **_CANCELLED),
    ),
    ("one_encounter_per_appointment", copy("encounter")),
    ("one_price_a_day", copy("tariff")),
    ("consultation_is_charged_once", copy("charge")),
    *(
        (
            f"one_{paper}_per_serial",
            copy(table, number="JMX/2627/000099", form="new", **more),
        )
        for (paper, table), more in zip(NUMBERED, ({}, {}, {}, {"reference": "R9"}), strict=True)
    ),
    ("a_second_click_is_the_same_bill", _again("invoice", _NEW_BILL)),
    ("a_second_click_is_the_same_payment", _again("receipt", _NEW_RECEIPT)),
    ("a_second_click_is_the_same_credit", _again("credit_note", _NEW_CREDIT)),
    ("a_second_click_is_the_same_refund", _again("refund", _NEW_REFUND)),
    ("charge_is_billed_once", copy("invoice_line", invoice_number="JMI/2627/000099")),
    ("one_credit_a_line", copy("credit_note_line")),
    ("a_reference_is_used_once", copy("payment", "method = 'upi'")),
    ("a_refunds_reference_is_used_once", copy("refund", **_NEW_REFUND | {"reference": "R1"})),
    ("an_allocation_is_reversed_once", copy("allocation", "reverses_id > 0")),
    ("a_payment_is_reversed_once", copy("payment_reversal")),
    ("one_service_per_name", copy("service")),
    ("one_service_price_a_day", copy("service_price")),
    ("a_second_click_is_the_same_call", copy("phone_call")),
    ("one_feed_per_token", copy("calendar_feed")),
    ("one_letter_per_event", copy("message", message_id="<new@jmi>")),
    ("one_message_id_per_letter", copy("message", version=99)),
    ("each_audit_row_has_one_next", copy("audit_event", id=UNKNOWN)),
)

_SOON = {"starts_at": lambda r: r["starts_at"] + HOUR / 12, "form": "new"}
_REVIVED = sql("UPDATE appointment SET status = 'booked', cancelled_at = NULL WHERE form = 'new'")
_THE_PAID_VISIT = literal_column("(SELECT max(id) FROM appointment WHERE form = 'asha-rao')")
_AFTERNOON = {"begins_minute": 840, "ends_minute": 900}
_NEWEST_PAYMENT = literal_column("(SELECT max(id) FROM payment)")
_UNBILLED_CHARGE = literal_column("(SELECT id FROM charge WHERE price_paise = 0)")

_HELD_TIME = {
    "starts_at": at(11, 30, day=TOMORROW),
    "ends_at": at(11, 45, day=TOMORROW),
    "form": "new",
}
_FREE = {"kind": "follow_up", "entitled_by_id": _THE_PAID_VISIT}


def _credit_line(amount_paise: int, **of: object) -> Statement:
    """A line of a credit note that is not written yet."""
    new = {"credit_number": _NEW_CREDIT["number"], "amount_paise": amount_paise}
    return copy("credit_note_line", "id = 1", **new, **of)


def _shut(rule: str, day: date, hour: int) -> tuple[tuple[str, str, tuple[Statement, ...]], ...]:
    """Becoming live in a stretch that is closed: by a new row, and by one that was cancelled."""
    there = _hour_of(day, hour)
    tomorrow = form("asha-tomorrow")
    return (
        (rule, "INSERT", (copy("appointment", tomorrow, **there),)),
        (rule, "UPDATE", (copy("appointment", tomorrow, **there, **_CANCELLED), _REVIVED)),
    )


# Rules kept by triggers (and exclusion constraints), by event; only the last statement is
# a breach, and without its guard it is allowed.
GUARDED: tuple[tuple[str, str, tuple[Statement, ...]], ...] = (
    # Five minutes later: the overlap is by interval, not by start.
    (
        "no_overlapping_appointments_of_a_doctor",
        "INSERT",
        (copy("appointment", form("asha-tomorrow"), patient_id=BEN, **_SOON),),
    ),
    (
        "no_overlapping_appointments_of_a_doctor",
        "UPDATE",
        (
            copy("appointment", form("asha-tomorrow"), patient_id=BEN, **_SOON, **_CANCELLED),
            _REVIVED,
        ),
    ),
    (
        "no_overlapping_appointments_of_a_patient",
        "INSERT",
        (copy("appointment", form("asha-tomorrow"), doctor_id=IYER, **_SOON),),
    ),
    (
        "no_overlapping_appointments_of_a_patient",
        "UPDATE",
        (
            copy("appointment", form("asha-tomorrow"), doctor_id=IYER, **_SOON, **_CANCELLED),
            _REVIVED,
        ),
    ),
    *_shut("no_appointment_is_promised_in_a_leave", NEXT_WEEK, 10),
    *_shut("no_appointment_is_promised_on_a_holiday", CHRISTMAS, 10),
    (
        "no_appointment_takes_a_held_time",
        "INSERT",
        (copy("appointment", form("asha-tomorrow"), **_HELD_TIME),),
    ),
    (
        "no_appointment_takes_a_held_time",
        "UPDATE",
        (copy("appointment", form("asha-tomorrow"), **_HELD_TIME, **_CANCELLED), _REVIVED),
    ),
    (
        "a_past_time_is_not_moved_past_the_gate",
        "INSERT",
        (
            copy(
                "appointment",
                form("asha-tomorrow"),
                **_hour_of(FRIDAY, 12, moved_from_id=_THE_PAID_VISIT),
                booked_at=at(11),
                promised_at=at(11),
                **HELD,
            ),
        ),
    ),
    (
        "appointment_is_never_deleted",
        "DELETE",
        (
            copy("appointment", form("asha-tomorrow"), form="new", **_CANCELLED),
            sql("DELETE FROM appointment WHERE form = 'new'"),
        ),
    ),
    (
        "no_hold_takes_a_promised_time",
        "INSERT",
        (copy("hold", account_id=1, **_hour_of(TOMORROW, 10)),),
    ),
    (
        "no_hold_takes_a_promised_time",
        "UPDATE",
        (
            sql(
                "UPDATE hold SET starts_at = (SELECT starts_at FROM appointment "
                "WHERE form = 'asha-tomorrow')"
            ),
        ),
    ),
    (
        "no_overlapping_holds_of_a_doctor",
        "INSERT",
        (copy("hold", account_id=1, form="new"),),
    ),
    (
        "no_overlapping_holds_of_a_doctor",
        "UPDATE",
        (
            copy("hold", account_id=1, form="new", doctor_id=IYER),
            sql(f"UPDATE hold SET doctor_id = {RAO} WHERE form = 'new'"),
        ),
    ),
    # Asha's paid visit gives one free follow-up.
    (
        "no_more_follow_ups_than_entitled",
        "INSERT",
        (
            copy("appointment", form("asha-tomorrow"), **_hour_of(TOMORROW, 11), **_FREE),
            copy("appointment", form("asha-tomorrow"), **_hour_of(FRIDAY, 12, form="2"), **_FREE),
        ),
    ),
    (
        "no_more_follow_ups_than_entitled",
        "UPDATE",
        (
            copy("appointment", form("asha-tomorrow"), **_hour_of(FRIDAY, 12, form="2"), **_FREE),
            copy(
                "appointment",
                form("asha-tomorrow"),
                **_hour_of(TOMORROW, 11),
                **_FREE,
                **_CANCELLED,
            ),
            _REVIVED,
        ),
    ),
    ("entitlement_is_frozen", "UPDATE", (sql("UPDATE entitlement SET visits = 2"),)),
    ("entitlement_is_frozen", "DELETE", (sql("DELETE FROM entitlement"),)),
    (
        "no_overlapping_sessions_of_a_doctor",
        "INSERT",
        (copy("working_session", begins_minute=765, ends_minute=800),),
    ),
    (
        "no_overlapping_sessions_of_a_doctor",
        "UPDATE",
        (
            copy("working_session", **_AFTERNOON),
            sql("UPDATE working_session SET begins_minute = 765 WHERE begins_minute = 840"),
        ),
    ),
    (
        "issued_bill_is_frozen",
        "UPDATE",
        (sql("UPDATE invoice SET patient_name = 'Somebody else'"),),
    ),
    # An unpaid bill, since an allocation would hold a paid one by its foreign key.
    (
        "issued_bill_is_never_deleted",
        "DELETE",
        (sql("DELETE FROM invoice WHERE number = 'JMI/2627/000003'"),),
    ),
    (
        "issued_bill_takes_no_more_lines",
        "INSERT",
        (
            copy(
                "invoice_line",
                charge_id=_UNBILLED_CHARGE,
                unit_price_paise=0,
                amount_paise=0,
            ),
        ),
    ),
    ("bill_line_is_frozen", "UPDATE", (sql("UPDATE invoice_line SET description = 'Tea'"),)),
    ("bill_line_is_frozen", "DELETE", (sql("DELETE FROM invoice_line WHERE id = 1"),)),
    ("lines_sum_to_the_total", "INSERT", (copy("invoice", **_NEW_BILL),)),
    (
        "a_taxable_line_makes_a_tax_invoice",
        "INSERT",
        (
            copy(
                "invoice_line",
                "id = 1",
                invoice_number="JMI/2627/000099",
                charge_id=_UNBILLED_CHARGE,
            ),
            copy("invoice", "serial = 1", **_NEW_BILL, **_TAXED),
        ),
    ),
    (
        "issued_credit_is_frozen",
        "UPDATE",
        (sql("UPDATE credit_note SET reason = 'Another' WHERE cancelled_at IS NULL"),),
    ),
    (
        "a_credit_is_cancelled_once",
        "UPDATE",
        (sql("UPDATE credit_note SET cancel_reason = 'Again' WHERE cancelled_at > '2026-01-01'"),),
    ),
    (
        "issued_credit_is_never_deleted",
        "DELETE",
        (sql("DELETE FROM credit_note WHERE kind <> 'waiver'"),),
    ),
    (
        "issued_credit_takes_no_more_lines",
        "INSERT",
        (copy("credit_note_line", invoice_line_id=1),),
    ),
    ("credit_line_is_frozen", "UPDATE", (sql("UPDATE credit_note_line SET amount_paise = 1"),)),
    ("credit_line_is_frozen", "DELETE", (sql("DELETE FROM credit_note_line"),)),
    # A cancelled note takes back nothing, so that no other guard minds its copy.
    (
        "credit_lines_sum_to_the_total",
        "INSERT",
        (copy("credit_note", "serial = 2", **_NEW_CREDIT),),
    ),
    (
        "a_credit_takes_back_lines_of_its_own_bill",
        "INSERT",
        (_credit_line(50_00, invoice_line_id=1), copy("credit_note", "serial = 2", **_NEW_CREDIT)),
    ),
    # 100 of 150 are credited already; what paid the bill is taken back first.
    (
        "no_line_is_credited_beyond_its_amount",
        "INSERT",
        (
            *(
                copy("allocation", f"id = {one}", amount_paise=-paise, reverses_id=one)
                for one, paise in ((9, 150_00), (10, 50_00))
            ),
            _credit_line(100_00, invoice_line_id=4),
            copy("credit_note", "serial = 1", **_NEW_CREDIT),
        ),
    ),
    # Nothing is owed on the bill any more.
    (
        "no_more_is_credited_than_is_owed",
        "INSERT",
        (_credit_line(100_00, invoice_line_id=5), copy("credit_note", "serial = 1", **_NEW_CREDIT)),
    ),
    ("charge_is_frozen", "UPDATE", (sql("UPDATE charge SET price_paise = 1"),)),
    (
        "charge_is_never_deleted",
        "DELETE",
        (_BARE_CHARGE, sql("DELETE FROM charge WHERE sac = 'bare'")),
    ),
    ("a_finished_note_is_kept", "UPDATE", (sql("UPDATE encounter SET note = 'Another'"),)),
    ("a_finished_note_is_kept", "DELETE", (sql("DELETE FROM encounter"),)),
    ("payment_is_frozen", "UPDATE", (sql("UPDATE payment SET received_by = NULL"),)),
    (
        "payment_is_frozen",
        "DELETE",
        (_BARE_PAYMENT, sql("DELETE FROM payment WHERE receipt_number = 'JMR/2627/000099'")),
    ),
    (
        "allocation_is_frozen",
        "UPDATE",
        (sql("UPDATE allocation SET amount_paise = 1 WHERE id = 1"),),
    ),
    ("allocation_is_frozen", "DELETE", (sql("DELETE FROM allocation"),)),
    ("receipt_is_frozen", "UPDATE", (sql("UPDATE receipt SET payer_name = 'Somebody'"),)),
    ("receipt_is_frozen", "DELETE", (sql("DELETE FROM receipt"),)),
    ("refund_is_frozen", "UPDATE", (sql("UPDATE refund SET reason = 'Another'"),)),
    ("refund_is_frozen", "DELETE", (sql("DELETE FROM refund"),)),
    (
        "payment_reversal_is_frozen",
        "UPDATE",
        (sql("UPDATE payment_reversal SET reason = 'Another'"),),
    ),
    ("payment_reversal_is_frozen", "DELETE", (sql("DELETE FROM payment_reversal"),)),
    ("issued_receipt_takes_no_more_payments", "INSERT", (copy("payment", "method = 'cash'"),)),
    ("payments_sum_to_the_receipt", "INSERT", (copy("receipt", **_NEW_RECEIPT),)),
    (
        "a_receipt_is_its_payers",
        "INSERT",
        (
            copy("payment", "id = 2", receipt_number="JMR/2627/000099"),
            copy("receipt", "number = 'JMR/2627/000002'", **_NEW_RECEIPT, payer_id=BEN),
        ),
    ),
    (
        "a_reversal_takes_its_allocation_back_whole",
        "INSERT",
        (copy("allocation", "id = 2", amount_paise=-1, reverses_id=2),),
    ),
    (
        "a_reversed_payment_pays_no_bill",
        "INSERT",
        (
            copy(
                "allocation",
                "id = 1",
                payment_id=BOUNCED,
                invoice_number="JMI/2627/000002",
                amount_paise=1,
            ),
        ),
    ),
    (
        "no_more_is_refunded_than_is_left",
        "INSERT",
        (copy("refund", **_NEW_REFUND, payment_id=USED_UP, amount_paise=1),),
    ),
    (
        "a_reversed_payment_is_not_refunded",
        "INSERT",
        (copy("refund", **_NEW_REFUND, payment_id=BOUNCED, amount_paise=1),),
    ),
    (
        "a_refund_is_its_payers",
        "INSERT",
        (copy("refund", **_NEW_REFUND, payer_id=BEN, amount_paise=1),),
    ),
    (
        "nothing_rests_on_a_reversed_payment",
        "INSERT",
        (copy("payment_reversal", payment_id=USED_UP),),
    ),
    (
        "a_payer_has_no_payer",
        "INSERT",
        (copy("patient", "id = 1", number="JMI-000099", form="new", payer_id=CARA),),
    ),
    (
        "a_payer_has_no_payer",
        "UPDATE",
        (sql(f"UPDATE patient SET payer_id = {ASHA} WHERE id = {DEV}"),),
    ),
    # All of the UPI payment is set against the first bill already.
    (
        "no_more_is_allocated_than_was_received",
        "INSERT",
        (copy("allocation", "id = 1", invoice_number="JMI/2627/000002", amount_paise=1),),
    ),
    # Nothing is owed on the first bill any more.
    (
        "no_more_is_allocated_than_is_owed",
        "INSERT",
        (_BARE_PAYMENT, copy("allocation", "id = 1", payment_id=_NEWEST_PAYMENT, amount_paise=1)),
    ),
    (
        "a_payment_pays_its_own_payers_bills",
        "INSERT",
        (
            _BARE_PAYMENT,
            copy(
                "allocation",
                payment_id=_NEWEST_PAYMENT,
                invoice_number="JMI/2627/000003",
                amount_paise=1,
            ),
        ),
    ),
    (
        "an_ended_sign_in_stays_ended",
        "UPDATE",
        (sql("UPDATE sign_in SET ended_at = NULL WHERE ended_at IS NOT NULL"),),
    ),
    (
        "a_code_is_used_once",
        "UPDATE",
        (sql(f"UPDATE password_code SET used_at = NULL WHERE {_USED}"),),
    ),
    (
        "a_recovery_code_is_used_once",
        "UPDATE",
        (sql(f"UPDATE recovery_code SET used_at = NULL WHERE {_USED}"),),
    ),
    (
        "no_code_of_an_app_is_accepted_twice",
        "UPDATE",
        (sql("UPDATE second_factor SET last_step = last_step"),),
    ),
    ("numbers_only_grow", "UPDATE", (sql("UPDATE number_series SET last = last"),)),
    ("number_series_is_never_deleted", "DELETE", (sql("DELETE FROM number_series"),)),
    ("audit_is_append_only", "UPDATE", (sql("UPDATE audit_event SET detail = '{}'"),)),
    (
        "audit_is_append_only",
        "DELETE",
        (sql("DELETE FROM audit_event WHERE id = (SELECT max(id) FROM audit_event)"),),
    ),
    (
        "audit_grows_at_its_end",
        "INSERT",
        (copy("audit_event", "id = 1", id=0, previous_seal="new"),),
    ),
    ("audit_head_only_grows", "UPDATE", (sql("UPDATE audit_head SET row_count = row_count - 1"),)),
    ("audit_head_is_never_deleted", "DELETE", (sql("DELETE FROM audit_head"),)),
    ("doctor_number_is_for_life", "UPDATE", (sql("UPDATE doctor SET number = 'DOC-' || id"),)),
    (
        "doctor_is_never_deleted",
        "DELETE",
        (_BARE_DOCTOR, sql("DELETE FROM doctor WHERE number = 'DOC-0099'")),
    ),
    ("patient_number_is_for_life", "UPDATE", (sql("UPDATE patient SET number = 'P-' || id"),)),
    (
        "patient_is_never_deleted",
        "DELETE",
        (_BARE_PATIENT, sql("DELETE FROM patient WHERE form = 'bare'")),
    ),
)
for more in (attempts_at_the_till, attempts_on_privacy):
    CHECKS += more.CHECKS
    UNIQUES += more.UNIQUES
    GUARDED += more.GUARDED
# Every column a rule keeps whole, by its table.
WHOLE = sorted(
    (table.name, found[1])
    for table in SQLModel.metadata.tables.values()
    for rule in table.constraints
    if isinstance(rule, CheckConstraint)
    and (found := re.match(r"CAST\((\w+) AS BIGINT\)", str(rule.sqltext)))
)
FROZEN = (
    *("invoice", "payment", "receipt", "allocation", "credit_note", "credit_note_line"),
    *("refund", "payment_reversal", "audit_event", "audit_head", "break_glass"),
)
_NAMES = [f"{rule} on {event.lower()}" for rule, event, _ in GUARDED]


def refused_by(connection: Connection, breach: Statement) -> str:
    """The name of the rule that refuses the statement; the test fails where none does."""
    with pytest.raises(IntegrityError) as refused, connection.begin_nested():
        breach(connection)
    return broken_rule(refused.value)


@pytest.mark.parametrize(
    ("rule", "breach"), CHECKS + UNIQUES, ids=[rule for rule, _ in CHECKS + UNIQUES]
)
def test_a_row_that_breaks_a_rule_is_refused_by_its_name(connection, rule, breach):
    assert refused_by(connection, breach) == rule


@pytest.mark.parametrize(("rule", "event", "statements"), GUARDED, ids=_NAMES)
def test_what_a_guard_forbids_is_refused_by_its_name(connection, rule, event, statements):
    *allowed, breach = statements
    for statement in allowed:
        statement(connection)

    assert refused_by(connection, breach) == rule


@pytest.mark.parametrize(("rule", "event", "statements"), GUARDED, ids=_NAMES)
def test_without_its_guard_the_same_breach_goes_in(connection, rule, event, statements):
    take_away(connection, rule)

    for statement in statements:
        statement(connection)


def named_rules() -> set[str]:
    """Every named rule of the tables: CHECK, UNIQUE, exclusion and unique index."""
    kinds = (CheckConstraint, UniqueConstraint, ExcludeConstraint)
    tables = SQLModel.metadata.tables.values()
    rules = [rule for table in tables for rule in table.constraints if isinstance(rule, kinds)]
    unique = [index for table in tables for index in table.indexes if index.unique]
    return {str(rule.name) for rule in [*rules, *unique]}


def unattempted(rules: set[str]) -> set[str]:
    """The rules nobody here tries to break."""
    attempted = [*CHECKS, *UNIQUES, *GUARDED]
    return rules - {attempt[0] for attempt in attempted}


def test_every_named_rule_of_the_tables_is_tried():
    assert unattempted(named_rules()) == set()
    assert unattempted({"a_rule_nobody_tries"}) == {"a_rule_nobody_tries"}


def test_every_guard_is_tried_on_each_of_its_events():
    standing = {(guard.name, event) for guard in guards.GUARDS for event in guard.events}
    assert {(rule, event) for rule, event, _ in GUARDED} == standing


def test_no_attempt_speaks_of_a_rule_that_is_gone():
    attempted = {attempt[0] for attempt in (*CHECKS, *UNIQUES, *GUARDED)}
    assert attempted - named_rules() == {guard.name for guard in guards.GUARDS} - named_rules()


def test_every_column_of_a_bill_is_frozen_but_what_is_owed_and_since_when_nothing_is(connection):
    bill = SQLModel.metadata.tables["invoice"]
    bens = connection.execute(bill.select().where(bill.c.serial == 3)).mappings().one()
    another = {"patient_id": ASHA, "doctor_id": IYER, "issued_by": None, "hospital_gstin": "X"}
    another |= {"payer_id": ASHA, "kind": "tax_invoice", "serial": 99}
    # What must change with it, so that no other rule minds.
    total, registered = bens["total_paise"], {"hospital_gstin": "X"}
    together = {
        "kind": registered,
        "subtotal_paise": {"total_paise": total + 1},
        "total_paise": {"subtotal_paise": total + 1},
        "tax_paise": {"total_paise": total + 1, "kind": "tax_invoice", **registered},
        "settled_at": {"owed_paise": 0},
    }
    another["owed_paise"] = total - 1
    for column in bill.columns:
        value = another.get(column.name, _another(bens[column.name]))
        changes = {column.name: value, **together.get(column.name, {})}
        change = bill.update().where(bill.c.serial == 3).values(changes)
        if column.name in ("owed_paise", "settled_at"):
            connection.execute(change)
        else:
            said = refused_by(connection, lambda db, change=change: db.execute(change))
            assert said == "issued_bill_is_frozen", column.name


def _another(value: object) -> object:
    if isinstance(value, str):
        return f"{value}X"
    if isinstance(value, int):
        return value + 1
    return value + timedelta(days=1) if isinstance(value, date) else NINE_O_CLOCK


# Rules that a part of a paisa breaks as well, and SQLite may name first.
_NAMES_OF_WHOLE = r"whole|quantity_times_price|subtotal_and_tax|tax_invoice|rounded_half"


# PostgreSQL's columns are integers by themselves.
@pytest.mark.parametrize("lived_in", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", [10.5, "ten"])
@pytest.mark.parametrize(("table", "column"), WHOLE, ids=".".join)
def test_sqlite_too_keeps_whole_numbers_only(connection, table, column, value):
    product = {"amount_paise": value} if column == "unit_price_paise" else {}
    key = {"id": 1} if table == "hospital" else {}
    where = "method = 'cash'" if column == "tendered_paise" else "1 = 1"

    with pytest.raises(IntegrityError, match=_NAMES_OF_WHOLE):
        copy(table, where, **{column: value}, **product, **key)(connection)


def test_a_row_without_its_parent_is_refused(connection):
    orphan = copy("sign_in", token_hash="new", account_id=UNKNOWN)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key") as refused:
        orphan(connection)
    if connection.dialect.name == "postgresql":
        assert broken_rule(refused.value) == "fk_sign_in_account_id"


def test_a_line_may_wait_for_its_bill_but_not_past_the_commit(connection):
    take_away(connection, "issued_bill_takes_no_more_lines")
    copy(
        "invoice_line",
        invoice_number="JMI/2627/000099",
        charge_id=_UNBILLED_CHARGE,
        unit_price_paise=0,
        amount_paise=0,
    )(connection)

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        connection.commit()


@pytest.mark.parametrize("lived_in", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", FROZEN)
def test_sqlites_replace_does_not_get_round_a_frozen_row(connection, table):
    with pytest.raises(IntegrityError):
        connection.execute(text(f"REPLACE INTO {table} SELECT * FROM {table}"))


@pytest.mark.parametrize("lived_in", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", FROZEN)
def test_truncate_does_not_get_round_a_frozen_table(connection, table):
    with pytest.raises(IntegrityError):
        connection.execute(text(f"TRUNCATE {table} CASCADE"))
