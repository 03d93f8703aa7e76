"""Attempts on the rules of one row, past the repository; test_constraints tries them all.

Each of CHECKS and UNIQUES is broken by one statement. Their rows are those of the day.
"""

from datetime import date, timedelta
from itertools import combinations

from sqlalchemy import literal_column

from mediklaud.models import PAPERS
from tests.breach import Statement, copy, sql
from tests.day import TOMORROW
from tests.hospital import NINE_O_CLOCK, at

HELD = {"on_hold": True, "dues_then_paise": 1, "overdue_then_paise": 1}
# The cast's ids, in the order of their registration and enrolment.
RAO, IYER = 1, 2
ASHA, BEN, DEV, CARA = 1, 2, 3, 4
UNKNOWN = 9_999
HOUR = timedelta(hours=1)
FRIDAY = date(2026, 11, 27)


def form(name: str) -> str:
    """Which appointment of the day."""
    return f"form = '{name}'"


CANCELLED = {"status": "cancelled", "cancelled_at": NINE_O_CLOCK, "cancel_reason": "Ill"}
NEW_BILL = {"number": "JMI/2627/000099", "serial": 99, "form": "new"}
NEW_RECEIPT = {"number": "JMR/2627/000099", "serial": 99, "form": "new"}
NEW_CREDIT = {"number": "JMC/2627/000099", "serial": 99, "form": "new"}
NEW_REFUND = {"number": "JMF/2627/000099", "serial": 99, "form": "new", "reference": "R9"}
TAXED = {"kind": "tax_invoice", "hospital_gstin": "29ABCDE1234F1ZW"}
# The payments of the day: by UPI and used up, and the cheque that bounced.
USED_UP, BOUNCED = 1, 3
_UNCHARGED = literal_column(
    "(SELECT max(id) FROM appointment WHERE id NOT IN "
    "(SELECT appointment_id FROM charge WHERE appointment_id > 0))"
)
BARE_CHARGE = copy("charge", sac="bare", appointment_id=_UNCHARGED)
BARE_PATIENT = copy("patient", number="JMI-000099", form="bare")
BARE_DOCTOR = copy("doctor", number="DOC-0099", registration="KMC99")
# Asha's, and not yet set against any bill.
BARE_PAYMENT = copy(
    "payment", "method = 'cash'", receipt_number="JMR/2627/000099", amount_paise=500_00
)

# A code that nobody was given.
_DIGEST = "0" * 64
_OPEN, USED = "used_at IS NULL AND ended_at IS NULL", "used_at IS NOT NULL"


def identities(*said: str) -> Statement:
    """Accounts 1, 2, … linked with these issuers and subjects."""
    at = "'2026-11-23 03:30:00+00:00'"
    rows = ", ".join(f"({account}, {one}, {at}, {at})" for account, one in enumerate(said, 1))
    columns = "account_id, issuer, subject, linked_at, issued_at"
    return sql(f"INSERT INTO linked_identity ({columns}) VALUES {rows}")


_NO_KINDS = {"first_minutes": None, "follow_up_minutes": None}
_THIRD = {"overbook_number": 3, "overbook_cap_then": 2}


def hour_of(day: date, hour: int, **more: object) -> dict[str, object]:
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
        copy("password_code", USED, digest=_DIGEST, ended_at=lambda r: r["used_at"]),
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
    ("a_cancellation_has_its_moment", copy("appointment", **CANCELLED | {"cancelled_at": None})),
    ("a_cancellation_has_a_reason", copy("appointment", **CANCELLED | {"cancel_reason": " "})),
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
        copy("invoice", subtotal_paise=-1, tax_paise=lambda r: r["total_paise"] + 1, **TAXED),
    ),
    (
        "bill_tax_is_whole_paise",
        copy("invoice", tax_paise=-1, subtotal_paise=lambda r: r["total_paise"] + 1, **TAXED),
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
    ("one_code_per_digest", copy("password_code", USED)),
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
        copy("appointment", form("asha-rao"), **CANCELLED | {"form": "new"}),
    ),
    ("one_overbooking_a_place", copy("appointment", form("overbooked"), **hour_of(TOMORROW, 11))),
    ("a_second_click_is_the_same_appointment", copy("appointment", form("ben-cancelled"))),
    (
        "an_appointment_is_moved_once",
        copy("appointment", form("ben-moved"), form="x", **CANCELLED),
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
    ("a_second_click_is_the_same_bill", _again("invoice", NEW_BILL)),
    ("a_second_click_is_the_same_payment", _again("receipt", NEW_RECEIPT)),
    ("a_second_click_is_the_same_credit", _again("credit_note", NEW_CREDIT)),
    ("a_second_click_is_the_same_refund", _again("refund", NEW_REFUND)),
    ("charge_is_billed_once", copy("invoice_line", invoice_number="JMI/2627/000099")),
    ("one_credit_a_line", copy("credit_note_line")),
    ("a_reference_is_used_once", copy("payment", "method = 'upi'")),
    ("a_refunds_reference_is_used_once", copy("refund", **NEW_REFUND | {"reference": "R1"})),
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
