"""Attempts on the rules of plans, waivers, contacts and closed days, past the repository.

The same kinds as in test_constraints, which tries them all: CHECKS and UNIQUES are broken by
one statement; of GUARDED the last one is the breach. Their rows are those of the evening.
"""

from datetime import date, timedelta

from sqlalchemy import literal_column

from tests.breach import Statement, copy, sql
from tests.evening import YESTERDAY

HOUR = timedelta(hours=1)
_STANDS, _ENDED = "ended_at IS NULL", "ended_at IS NOT NULL"
_CLOSED, _REOPENED = "reopened_at IS NULL", "reopened_at IS NOT NULL"
_REFUSED, _APPROVED, _ASKED = (
    f"status = '{word}'" for word in ("refused", "approved", "requested")
)
_NEW = {"id": 99, "form": "new"}
_MOST = 10**13 + 1

CHECKS: tuple[tuple[str, Statement], ...] = (
    ("discount_limit_is_whole_paise", copy("account", discount_limit_paise=-1)),
    ("plan_total_is_whole_paise", copy("payment_plan", id=99, total_paise=0)),
    ("an_ended_plan_has_a_reason", copy("payment_plan", _STANDS, id=99, end_reason="Gone")),
    ("a_plans_end_reason_is_not_blank", copy("payment_plan", _ENDED, id=99, end_reason=" ")),
    (
        "a_plan_ends_after_it_was_agreed",
        copy("payment_plan", _ENDED, id=99, ended_at=lambda r: r["agreed_at"] - HOUR),
    ),
    ("instalment_is_whole_paise", copy("instalment", amount_paise=0)),
    ("plan_bill_is_whole_paise", copy("plan_bill", owed_paise=0)),
    ("waiver_is_whole_paise", copy("waiver_request", amount_paise=0)),
    ("a_waiver_has_a_reason", copy("waiver_request", reason=" ")),
    ("waiver_status_is_known", copy("waiver_request", _REFUSED, status="lost")),
    (
        "a_decided_waiver_has_its_moment",
        copy("waiver_request", _REFUSED, decided_at=None, decided_by=None),
    ),
    ("a_waiver_is_decided_by_somebody", copy("waiver_request", _REFUSED, decided_by=None)),
    (
        "nobody_decides_their_own_waiver",
        copy("waiver_request", _REFUSED, decided_by=lambda r: r["requested_by"]),
    ),
    (
        "an_approved_waiver_has_its_credit",
        copy("waiver_request", _APPROVED, credit_number=None),
    ),
    ("a_refused_waiver_says_why", copy("waiver_request", _REFUSED, decision=" ")),
    ("contact_kind_is_known", copy("dues_contact", kind="pigeon")),
    ("contact_outcome_is_known", copy("dues_contact", "promised_on IS NULL", outcome="lost")),
    ("a_promise_to_pay_has_its_day", copy("dues_contact", outcome="spoken", promised_on=YESTERDAY)),
    ("a_pause_has_a_reason", copy("reminders_pause", reason=" ")),
    (
        "a_pause_ends_after_it_begins",
        copy("reminders_pause", ended_at=lambda r: r["paused_at"] - HOUR),
    ),
    ("reminder_level_is_known", copy("dues_letter", level=4)),
    ("reminded_dues_are_whole_paise", copy("dues_letter", owed_paise=0)),
    ("a_day_is_reopened_by_somebody", copy("day_close", _REOPENED, id=99, reopened_by=None)),
    (
        "a_second_person_reopens_the_day",
        copy("day_close", _REOPENED, id=99, reopened_by=lambda r: r["account_id"]),
    ),
    (
        "nobody_reopens_what_they_closed",
        copy(
            "day_close",
            _REOPENED,
            id=99,
            closed_by=lambda r: r["reopened_by"],
            close_reason="He left",
        ),
    ),
    (
        "a_day_closed_for_another_has_a_reason",
        copy("day_close", _CLOSED, **_NEW, close_reason="Quicker"),
    ),
    (
        "the_reason_of_a_close_is_not_blank",
        copy("day_close", _CLOSED, **_NEW, closed_by=1, close_reason=" "),
    ),
    ("a_reopened_day_has_a_reason", copy("day_close", _REOPENED, id=99, reopen_reason=None)),
    (
        "a_reopened_days_reason_is_not_blank",
        copy("day_close", _REOPENED, id=99, reopen_reason=" "),
    ),
    (
        "a_day_is_reopened_after_it_was_closed",
        copy("day_close", _REOPENED, id=99, reopened_at=lambda r: r["closed_at"] - HOUR),
    ),
    ("count_method_is_known", copy("day_count", method="gold")),
    ("system_count_is_whole_paise", copy("day_count", system_paise=_MOST, reason="All of it")),
    ("count_is_whole_paise", copy("day_count", counted_paise=-_MOST, reason="All of it")),
    ("a_difference_has_a_reason", copy("day_count", counted_paise=1, reason=" ")),
    ("a_share_is_a_whole_part", copy("doctor_share", "basis_points = 0", basis_points=10_001)),
    ("share_of_a_visit_is_whole_paise", copy("doctor_share", "basis_points = 0", visit_paise=-1)),
    ("a_share_is_a_part_or_a_sum", copy("doctor_share", basis_points=1, visit_paise=1)),
)

UNIQUES: tuple[tuple[str, Statement], ...] = (
    ("a_second_click_is_the_same_plan", copy("payment_plan", id=99)),
    ("one_instalment_a_day", copy("instalment")),
    ("a_second_click_is_the_same_waiver", copy("waiver_request", _REFUSED)),
    ("a_waivers_credit_is_its_own", copy("waiver_request", _APPROVED, form="new")),
    ("one_open_waiver_a_bill", copy("waiver_request", _ASKED, form="new")),
    ("a_second_click_is_the_same_contact", copy("dues_contact")),
    ("one_reminder_a_level", copy("dues_letter", message_id=1)),
    ("a_reminder_is_a_letter_of_its_own", copy("dues_letter", level=2)),
    ("one_pause_of_a_payer", copy("reminders_pause", _STANDS)),
    ("a_second_click_is_the_same_close", copy("day_close", _REOPENED, id=99)),
    ("a_day_is_closed_once", copy("day_close", _CLOSED, **_NEW)),
    ("one_share_a_day", copy("doctor_share")),
)

_BENS, _ASHAS = "form = 'plan-1'", "form = 'plan-2'"


def _of(plan: str) -> str:
    return f"plan_id = (SELECT id FROM payment_plan WHERE {plan})"


def _plan_again(plan: str, *, bills: bool = True, parts: bool = True) -> tuple[Statement, ...]:
    """The same plan once more, with its bills and all of it as one instalment, or without."""
    total = literal_column(f"(SELECT total_paise FROM payment_plan WHERE {plan})")
    stands = {"ended_at": None, "ended_by": None, "end_reason": None}
    return (
        *((copy("plan_bill", _of(plan), plan_id=99),) if bills else ()),
        *((copy("instalment", _of(plan), plan_id=99, amount_paise=total),) if parts else ()),
        copy("payment_plan", plan, **_NEW, **stands),
    )


_NEW_CREDIT = {"number": "JMC/2627/000099", "serial": 99, "form": "new"}
_ADVANCE = """(SELECT p.{} FROM payment p JOIN receipt r ON r.number = p.receipt_number
    WHERE r.kind = 'advance')"""
_OF_THE_ADVANCE = {
    "payment_id": literal_column(_ADVANCE.format("id")),
    "payer_id": literal_column(_ADVANCE.format("payer_id")),
}

GUARDED: tuple[tuple[str, str, tuple[Statement, ...]], ...] = (
    (
        "agreed_plan_is_frozen",
        "UPDATE",
        (sql(f"UPDATE payment_plan SET total_paise = 1 WHERE {_STANDS}"),),
    ),
    (
        "a_plan_is_ended_once",
        "UPDATE",
        (sql(f"UPDATE payment_plan SET end_reason = 'x' WHERE {_ENDED}"),),
    ),
    ("agreed_plan_is_never_deleted", "DELETE", (sql("DELETE FROM payment_plan"),)),
    (
        "agreed_plan_takes_no_more_instalments",
        "INSERT",
        (copy("instalment", due_on=date(2027, 1, 1)),),
    ),
    (
        "agreed_plan_takes_no_more_bills",
        "INSERT",
        (copy("plan_bill", invoice_number="JMI/2627/000001"),),
    ),
    ("instalment_is_frozen", "UPDATE", (sql("UPDATE instalment SET amount_paise = 1"),)),
    ("instalment_is_frozen", "DELETE", (sql("DELETE FROM instalment"),)),
    ("bill_on_a_plan_is_frozen", "UPDATE", (sql("UPDATE plan_bill SET owed_paise = 1"),)),
    ("bill_on_a_plan_is_frozen", "DELETE", (sql("DELETE FROM plan_bill"),)),
    ("instalments_sum_to_the_plan", "INSERT", _plan_again(_ASHAS, parts=False)),
    ("bills_sum_to_the_plan", "INSERT", _plan_again(_ASHAS, bills=False)),
    (
        "a_plan_covers_what_its_payer_owes",
        "INSERT",
        (
            copy("plan_bill", _of(_ASHAS), plan_id=99, owed_paise=1),
            copy("instalment", _of(_ASHAS), plan_id=99, amount_paise=1),
            copy("payment_plan", _ASHAS, **_NEW, total_paise=1, ended_at=None, end_reason=None),
        ),
    ),
    ("a_bill_is_on_one_plan", "INSERT", _plan_again(_BENS)),
    (
        "asked_waiver_is_frozen",
        "UPDATE",
        (sql(f"UPDATE waiver_request SET reason = 'x' WHERE {_ASKED}"),),
    ),
    (
        "a_waiver_is_decided_once",
        "UPDATE",
        (sql(f"UPDATE waiver_request SET decision = 'x' WHERE {_REFUSED}"),),
    ),
    (
        "asked_waiver_is_never_deleted",
        "DELETE",
        (sql(f"DELETE FROM waiver_request WHERE {_ASKED}"),),
    ),
    (
        "an_approved_waiver_credits_its_bill",
        "INSERT",
        (copy("waiver_request", _APPROVED, form="new", credit_number="JMC/2627/000001"),),
    ),
    (
        "an_approved_waiver_credits_its_bill",
        "UPDATE",
        (
            sql(
                "UPDATE waiver_request SET status = 'approved', decided_at = requested_at, "
                f"decided_by = 1, credit_number = 'JMC/2627/000001' WHERE {_ASKED}"
            ),
        ),
    ),
    (
        "a_waiver_is_asked_for_by_another",
        "INSERT",
        (
            copy(
                "credit_note_line",
                "credit_number = (SELECT number FROM credit_note WHERE kind = 'waiver')",
                credit_number=_NEW_CREDIT["number"],
                amount_paise=1,
            ),
            copy("credit_note", "kind = 'waiver'", **_NEW_CREDIT, subtotal_paise=1, total_paise=1),
        ),
    ),
    ("contact_is_frozen", "UPDATE", (sql("UPDATE dues_contact SET note = 'x'"),)),
    ("contact_is_frozen", "DELETE", (sql("DELETE FROM dues_contact"),)),
    (
        "pause_is_frozen",
        "UPDATE",
        (sql(f"UPDATE reminders_pause SET reason = 'x' WHERE {_STANDS}"),),
    ),
    (
        "a_pause_is_ended_once",
        "UPDATE",
        (sql(f"UPDATE reminders_pause SET ended_by = NULL WHERE {_ENDED}"),),
    ),
    ("pause_is_never_deleted", "DELETE", (sql("DELETE FROM reminders_pause"),)),
    ("dues_letter_is_frozen", "UPDATE", (sql("UPDATE dues_letter SET level = 2"),)),
    ("dues_letter_is_frozen", "DELETE", (sql("DELETE FROM dues_letter"),)),
    (
        "reminders_go_up_by_levels",
        "INSERT",
        (copy("dues_letter", level=3, message_id=1),),
    ),
    (
        "no_reminder_in_a_pause",
        "INSERT",
        (
            copy(
                "reminders_pause",
                _STANDS,
                payer_id=literal_column("(SELECT payer_id FROM dues_letter)"),
            ),
            copy("dues_letter", level=2, message_id=1),
        ),
    ),
    (
        "a_closed_day_takes_no_receipt",
        "INSERT",
        (
            copy(
                "payment",
                "method = 'cash'",
                receipt_number="JMR/2627/000099",
                received_on=YESTERDAY,
            ),
        ),
    ),
    (
        "a_closed_day_takes_no_refund",
        "INSERT",
        (
            copy(
                "refund",
                **_OF_THE_ADVANCE,
                number="JMF/2627/000099",
                serial=99,
                form="new",
                reference="R9",
                issued_on=YESTERDAY,
            ),
        ),
    ),
    (
        "a_closed_day_takes_no_reversal",
        "INSERT",
        (
            copy(
                "payment_reversal",
                payment_id=_OF_THE_ADVANCE["payment_id"],
                reversed_on=YESTERDAY,
            ),
        ),
    ),
    (
        "closed_day_is_frozen",
        "UPDATE",
        (sql(f"UPDATE day_close SET form = 'x' WHERE {_CLOSED}"),),
    ),
    (
        "a_day_is_reopened_once",
        "UPDATE",
        (sql(f"UPDATE day_close SET reopen_reason = 'x' WHERE {_REOPENED}"),),
    ),
    ("closed_day_is_never_deleted", "DELETE", (sql("DELETE FROM day_close"),)),
    ("count_is_frozen", "UPDATE", (sql("UPDATE day_count SET reason = 'x'"),)),
    ("count_is_frozen", "DELETE", (sql("DELETE FROM day_count"),)),
    (
        "counts_agree_with_the_ledger",
        "INSERT",
        (copy("day_close", _CLOSED, **_NEW, day=date(2026, 11, 1)),),
    ),
)
