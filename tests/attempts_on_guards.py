"""Attempts on the rules over several rows, past the repository; test_constraints tries them all.

Of each of GUARDED only the last statement is a breach. Their rows are those of the day.
"""

from datetime import date

from sqlalchemy import literal_column

from tests.attempts_on_rows import (
    ASHA,
    BARE_CHARGE,
    BARE_DOCTOR,
    BARE_PATIENT,
    BARE_PAYMENT,
    BEN,
    BOUNCED,
    CANCELLED,
    CARA,
    DEV,
    FRIDAY,
    HELD,
    HOUR,
    IYER,
    NEW_BILL,
    NEW_CREDIT,
    NEW_RECEIPT,
    NEW_REFUND,
    RAO,
    TAXED,
    USED,
    USED_UP,
    form,
    hour_of,
)
from tests.breach import Statement, copy, sql
from tests.day import CHRISTMAS, NEXT_WEEK, TOMORROW
from tests.hospital import at

_SOON = {"starts_at": lambda r: r["starts_at"] + HOUR / 12, "form": "new"}
_REVIVED = sql("UPDATE appointment SET status = 'booked', cancelled_at = NULL WHERE form = 'new'")
_THE_PAID_VISIT = literal_column("(SELECT max(id) FROM appointment WHERE form = 'asha-rao')")
_AFTERNOON = {"begins_minute": 840, "ends_minute": 900}
_NEWEST_PAYMENT = literal_column("(SELECT max(id) FROM payment)")
UNBILLED_CHARGE = literal_column("(SELECT id FROM charge WHERE price_paise = 0)")

_HELD_TIME = {
    "starts_at": at(11, 30, day=TOMORROW),
    "ends_at": at(11, 45, day=TOMORROW),
    "form": "new",
}
_FREE = {"kind": "follow_up", "entitled_by_id": _THE_PAID_VISIT}
_VOIDED = sql(f"UPDATE charge SET voided_at = charged_at WHERE appointment_id = {_THE_PAID_VISIT}")


def _credit_line(amount_paise: int, **of: object) -> Statement:
    """A line of a credit note that is not written yet."""
    new = {"credit_number": NEW_CREDIT["number"], "amount_paise": amount_paise}
    return copy("credit_note_line", "id = 1", **new, **of)


def _shut(rule: str, day: date, hour: int) -> tuple[tuple[str, str, tuple[Statement, ...]], ...]:
    """Becoming live in a stretch that is closed: by a new row, and by one that was cancelled."""
    there = hour_of(day, hour)
    tomorrow = form("asha-tomorrow")
    return (
        (rule, "INSERT", (copy("appointment", tomorrow, **there),)),
        (rule, "UPDATE", (copy("appointment", tomorrow, **there, **CANCELLED), _REVIVED)),
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
            copy("appointment", form("asha-tomorrow"), patient_id=BEN, **_SOON, **CANCELLED),
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
            copy("appointment", form("asha-tomorrow"), doctor_id=IYER, **_SOON, **CANCELLED),
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
        (copy("appointment", form("asha-tomorrow"), **_HELD_TIME, **CANCELLED), _REVIVED),
    ),
    (
        "a_past_time_is_not_moved_past_the_gate",
        "INSERT",
        (
            copy(
                "appointment",
                form("asha-tomorrow"),
                **hour_of(FRIDAY, 12, moved_from_id=_THE_PAID_VISIT),
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
            copy("appointment", form("asha-tomorrow"), form="new", **CANCELLED),
            sql("DELETE FROM appointment WHERE form = 'new'"),
        ),
    ),
    (
        "no_hold_takes_a_promised_time",
        "INSERT",
        (copy("hold", account_id=1, **hour_of(TOMORROW, 10)),),
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
            copy("appointment", form("asha-tomorrow"), **hour_of(TOMORROW, 11), **_FREE),
            copy("appointment", form("asha-tomorrow"), **hour_of(FRIDAY, 12, form="2"), **_FREE),
        ),
    ),
    (
        "no_more_follow_ups_than_entitled",
        "UPDATE",
        (
            copy("appointment", form("asha-tomorrow"), **hour_of(FRIDAY, 12, form="2"), **_FREE),
            copy(
                "appointment",
                form("asha-tomorrow"),
                **hour_of(TOMORROW, 11),
                **_FREE,
                **CANCELLED,
            ),
            _REVIVED,
        ),
    ),
    (
        "a_voided_visit_gives_no_more_follow_ups",
        "INSERT",
        (
            _VOIDED,
            copy("appointment", form("asha-tomorrow"), **hour_of(TOMORROW, 11), **_FREE),
        ),
    ),
    (
        "a_voided_visit_gives_no_more_follow_ups",
        "UPDATE",
        (
            _VOIDED,
            sql(
                "UPDATE appointment SET kind = 'follow_up', entitled_by_id = "
                f"{_THE_PAID_VISIT} WHERE form = 'asha-tomorrow'"
            ),
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
                charge_id=UNBILLED_CHARGE,
                unit_price_paise=0,
                amount_paise=0,
            ),
        ),
    ),
    ("bill_line_is_frozen", "UPDATE", (sql("UPDATE invoice_line SET description = 'Tea'"),)),
    ("bill_line_is_frozen", "DELETE", (sql("DELETE FROM invoice_line WHERE id = 1"),)),
    ("lines_sum_to_the_total", "INSERT", (copy("invoice", **NEW_BILL),)),
    (
        "a_taxable_line_makes_a_tax_invoice",
        "INSERT",
        (
            copy(
                "invoice_line",
                "id = 1",
                invoice_number="JMI/2627/000099",
                charge_id=UNBILLED_CHARGE,
            ),
            copy("invoice", "serial = 1", **NEW_BILL, **TAXED),
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
        (copy("credit_note", "serial = 2", **NEW_CREDIT),),
    ),
    (
        "a_credit_takes_back_lines_of_its_own_bill",
        "INSERT",
        (_credit_line(50_00, invoice_line_id=1), copy("credit_note", "serial = 2", **NEW_CREDIT)),
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
            copy("credit_note", "serial = 1", **NEW_CREDIT),
        ),
    ),
    # Nothing is owed on the bill any more.
    (
        "no_more_is_credited_than_is_owed",
        "INSERT",
        (_credit_line(100_00, invoice_line_id=5), copy("credit_note", "serial = 1", **NEW_CREDIT)),
    ),
    ("charge_is_frozen", "UPDATE", (sql("UPDATE charge SET price_paise = 1"),)),
    (
        "charge_is_never_deleted",
        "DELETE",
        (BARE_CHARGE, sql("DELETE FROM charge WHERE sac = 'bare'")),
    ),
    ("a_finished_note_is_kept", "UPDATE", (sql("UPDATE encounter SET note = 'Another'"),)),
    ("a_finished_note_is_kept", "DELETE", (sql("DELETE FROM encounter"),)),
    ("payment_is_frozen", "UPDATE", (sql("UPDATE payment SET received_by = NULL"),)),
    (
        "payment_is_frozen",
        "DELETE",
        (BARE_PAYMENT, sql("DELETE FROM payment WHERE receipt_number = 'JMR/2627/000099'")),
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
    ("payments_sum_to_the_receipt", "INSERT", (copy("receipt", **NEW_RECEIPT),)),
    (
        "a_receipt_is_its_payers",
        "INSERT",
        (
            copy("payment", "id = 2", receipt_number="JMR/2627/000099"),
            copy("receipt", "number = 'JMR/2627/000002'", **NEW_RECEIPT, payer_id=BEN),
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
        (copy("refund", **NEW_REFUND, payment_id=USED_UP, amount_paise=1),),
    ),
    (
        "a_reversed_payment_is_not_refunded",
        "INSERT",
        (copy("refund", **NEW_REFUND, payment_id=BOUNCED, amount_paise=1),),
    ),
    (
        "a_refund_is_its_payers",
        "INSERT",
        (copy("refund", **NEW_REFUND, payer_id=BEN, amount_paise=1),),
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
        (BARE_PAYMENT, copy("allocation", "id = 1", payment_id=_NEWEST_PAYMENT, amount_paise=1)),
    ),
    (
        "a_payment_pays_its_own_payers_bills",
        "INSERT",
        (
            BARE_PAYMENT,
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
        (sql(f"UPDATE password_code SET used_at = NULL WHERE {USED}"),),
    ),
    (
        "a_recovery_code_is_used_once",
        "UPDATE",
        (sql(f"UPDATE recovery_code SET used_at = NULL WHERE {USED}"),),
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
        (BARE_DOCTOR, sql("DELETE FROM doctor WHERE number = 'DOC-0099'")),
    ),
    ("patient_number_is_for_life", "UPDATE", (sql("UPDATE patient SET number = 'P-' || id"),)),
    (
        "patient_is_never_deleted",
        "DELETE",
        (BARE_PATIENT, sql("DELETE FROM patient WHERE form = 'bare'")),
    ),
)
