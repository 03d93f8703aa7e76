"""Payments, receipts, refunds and reversals, and the day of a cashier that was closed."""

from mediklaud.guards.guard import (
    ALWAYS,
    CLEARED_BEYOND_THE_TOTAL,
    LOCK_BILL,
    Guard,
    frozen,
    frozen_but,
)
from mediklaud.models import DayClose, Method

LOCK_PAYMENT = "SELECT 1 FROM payment WHERE id = NEW.payment_id FOR UPDATE"
# What the payment of the new row pays and what of it was refunded, against its amount.
_SPENT_BEYOND_THE_PAYMENT = """
    (SELECT coalesce(sum(a.amount_paise), 0) FROM allocation a
     WHERE a.payment_id = NEW.payment_id)
    + (SELECT coalesce(sum(r.amount_paise), 0) FROM refund r
       WHERE r.payment_id = NEW.payment_id)
    > (SELECT p.amount_paise FROM payment p WHERE p.id = NEW.payment_id)"""
_CAME_TO_NOTHING = "EXISTS (SELECT 1 FROM payment_reversal r WHERE r.payment_id = NEW.payment_id)"

# What the ledger says of a cashier's day by one method: received, less given back and reversed.
_OF_THE_DAY = """
    (SELECT coalesce(sum(p.amount_paise), 0) FROM payment p
     WHERE p.received_by = NEW.account_id AND p.received_on = NEW.day AND p.method = c.method)
    - (SELECT coalesce(sum(r.amount_paise), 0) FROM refund r
       WHERE r.issued_by = NEW.account_id AND r.issued_on = NEW.day AND r.method = c.method)
    - (SELECT coalesce(sum(p.amount_paise), 0) FROM payment_reversal v
       JOIN payment p ON p.id = v.payment_id
       WHERE v.reversed_by = NEW.account_id AND v.reversed_on = NEW.day AND p.method = c.method)"""


def _closed(word: str, table: str, who: str, day: str) -> Guard:
    """A cashier's closed day takes no more of it until a second person reopens the day."""
    return Guard(
        f"a_closed_day_takes_no_{word}",
        table,
        ("INSERT",),
        f"""EXISTS (SELECT 1 FROM day_close d WHERE d.account_id = NEW.{who}
            AND d.day = NEW.{day} AND d.reopened_at IS NULL)""",  # nosec B608 # our own names
        # Weaker than FOR UPDATE, so that whoever only names the account does not wait.
        lock=f"SELECT 1 FROM account WHERE id = NEW.{who} FOR NO KEY UPDATE",  # nosec B608 # our own names
    )


TILL: tuple[Guard, ...] = (
    _closed("receipt", "payment", "received_by", "received_on"),
    _closed("refund", "refund", "issued_by", "issued_on"),
    _closed("reversal", "payment_reversal", "reversed_by", "reversed_on"),
    frozen_but("closed_day_is_frozen", DayClose, "reopened_at", "reopened_by", "reopen_reason"),
    Guard("a_day_is_reopened_once", "day_close", ("UPDATE",), "OLD.reopened_at IS NOT NULL"),
    Guard("closed_day_is_never_deleted", "day_close", ("DELETE",), ALWAYS),
    frozen("count_is_frozen", "day_count"),
    Guard(
        "counts_agree_with_the_ledger",
        "day_close",
        ("INSERT",),
        f"""{len(Method)} <> (SELECT count(*) FROM day_count c WHERE c.close_id = NEW.id)
            OR EXISTS (SELECT 1 FROM day_count c
                WHERE c.close_id = NEW.id AND c.system_paise <> {_OF_THE_DAY})""",  # nosec B608 # our own names
        lock="SELECT 1 FROM account WHERE id = NEW.account_id FOR NO KEY UPDATE",
    ),
    frozen("payment_is_frozen", "payment"),
    frozen("allocation_is_frozen", "allocation"),
    frozen("receipt_is_frozen", "receipt"),
    frozen("refund_is_frozen", "refund"),
    frozen("payment_reversal_is_frozen", "payment_reversal"),
    Guard(
        "issued_receipt_takes_no_more_payments",
        "payment",
        ("INSERT",),
        "EXISTS (SELECT 1 FROM receipt r WHERE r.number = NEW.receipt_number)",
    ),
    Guard(
        "payments_sum_to_the_receipt",
        "receipt",
        ("INSERT",),
        """NEW.amount_paise <> coalesce((SELECT sum(p.amount_paise) FROM payment p
           WHERE p.receipt_number = NEW.number), -1)""",
    ),
    Guard(
        "a_receipt_is_its_payers",
        "receipt",
        ("INSERT",),
        """EXISTS (SELECT 1 FROM payment p
           WHERE p.receipt_number = NEW.number AND p.payer_id <> NEW.payer_id)""",
    ),
    Guard(
        "a_reversal_takes_its_allocation_back_whole",
        "allocation",
        ("INSERT",),
        """NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM allocation a
           WHERE a.id = NEW.reverses_id AND a.reverses_id IS NULL
             AND a.payment_id = NEW.payment_id AND a.invoice_number = NEW.invoice_number
             AND a.amount_paise = -NEW.amount_paise)""",
    ),
    Guard(
        "no_more_is_allocated_than_was_received",
        "allocation",
        ("INSERT",),
        _SPENT_BEYOND_THE_PAYMENT,
        lock=LOCK_PAYMENT,
    ),
    Guard(
        "no_more_is_allocated_than_is_owed",
        "allocation",
        ("INSERT",),
        CLEARED_BEYOND_THE_TOTAL,
        lock=LOCK_BILL,
    ),
    Guard(
        "a_payment_pays_its_own_payers_bills",
        "allocation",
        ("INSERT",),
        """(SELECT p.payer_id FROM payment p WHERE p.id = NEW.payment_id)
           <> (SELECT i.payer_id FROM invoice i WHERE i.number = NEW.invoice_number)""",
    ),
    Guard(
        "a_reversed_payment_pays_no_bill",
        "allocation",
        ("INSERT",),
        f"NEW.amount_paise > 0 AND {_CAME_TO_NOTHING}",
        lock=LOCK_PAYMENT,
    ),
    Guard(
        "no_more_is_refunded_than_is_left",
        "refund",
        ("INSERT",),
        _SPENT_BEYOND_THE_PAYMENT,
        lock=LOCK_PAYMENT,
    ),
    Guard(
        "a_reversed_payment_is_not_refunded",
        "refund",
        ("INSERT",),
        _CAME_TO_NOTHING,
        lock=LOCK_PAYMENT,
    ),
    Guard(
        "a_refund_is_its_payers",
        "refund",
        ("INSERT",),
        "NEW.payer_id <> (SELECT p.payer_id FROM payment p WHERE p.id = NEW.payment_id)",
    ),
    Guard(
        "nothing_rests_on_a_reversed_payment",
        "payment_reversal",
        ("INSERT",),
        """0 <> (SELECT coalesce(sum(a.amount_paise), 0) FROM allocation a
                 WHERE a.payment_id = NEW.payment_id)""",
        lock=LOCK_PAYMENT,
    ),
)
