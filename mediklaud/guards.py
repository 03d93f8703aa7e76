"""What CHECK and UNIQUE cannot say: rules over several rows, as triggers on both engines.

One condition in common SQL serves SQLite and PostgreSQL alike. A guard stands after the
row was written and undoes it by its own name where the condition is true.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlmodel import SQLModel

from mediklaud.models import (
    LIVE_SQL,
    TAKES_TIME_SQL,
    BreakGlass,
    Charge,
    CreditNote,
    DayClose,
    Invoice,
    Method,
    PaymentPlan,
    RemindersPause,
    WaiverRequest,
)

# What may never happen at all, whatever the row.
_ALWAYS = "1 = 1"
# A time that is promised now: by a new row, by one that was not live, or by another time.
_PROMISED_NOW = f"NEW.{LIVE_SQL} AND {{changed}}"
_CHANGED = {
    "INSERT": _ALWAYS,
    "UPDATE": f"""(NOT coalesce(OLD.{LIVE_SQL}, 1 = 0)
        OR NEW.starts_at IS DISTINCT FROM OLD.starts_at
        OR NEW.ends_at IS DISTINCT FROM OLD.ends_at
        OR NEW.doctor_id IS DISTINCT FROM OLD.doctor_id)""",
}
# A follow-up that uses its paid visit from now on, and did not before.
_USED_NOW = {
    "INSERT": _ALWAYS,
    "UPDATE": f"""(NOT coalesce(OLD.{LIVE_SQL}, 1 = 0)
        OR NEW.entitled_by_id IS DISTINCT FROM OLD.entitled_by_id)""",
}


@dataclass(frozen=True)
class Guard:
    """A rule kept by triggers: on these events of this table the condition is a breach."""

    name: str
    table: str
    events: tuple[str, ...]
    breach: str
    # Rows PostgreSQL locks first, so that two transactions cannot each see half the truth.
    # SQLite has one writer at a time and needs none.
    lock: str = ""
    only: str = ""

    def breach_of(self, event: str) -> str:
        """The condition as one event of the table can ask it."""
        asked = self.breach.replace("{changed}", _CHANGED.get(event, _ALWAYS))
        return asked.replace("{used_now}", _USED_NOW.get(event, _ALWAYS))


_WRITTEN = ("INSERT", "UPDATE")
_LOCK_DOCTOR = "SELECT 1 FROM doctor WHERE id = NEW.doctor_id FOR UPDATE"


def _last_before(whose: str, which: str, but: str = "") -> str:
    # Such appointments never overlap one another, so only the last to start before the new
    # stretch ends can overlap it: one step in the index, however long the past.
    return f"""NEW.starts_at < (
        SELECT a.ends_at FROM appointment a
        WHERE a.{whose} = NEW.{whose} {but} AND a.{which.replace("overbook", "a.overbook")}
          AND a.starts_at < NEW.ends_at
        ORDER BY a.starts_at DESC LIMIT 1)"""


def _overlap(name: str, whose: str, which: str) -> Guard:
    last = _last_before(whose, which, "AND a.id <> NEW.id")
    breach = f"NEW.{which.replace('overbook', 'NEW.overbook')} AND {last}"
    return Guard(name, "appointment", _WRITTEN, breach, only="sqlite")


def _shut(name: str, closed: str) -> Guard:
    """No time is promised in a stretch that is closed; what stood before stays."""
    breach = f"{_PROMISED_NOW} AND EXISTS ({closed})"
    return Guard(name, "appointment", _WRITTEN, breach, lock=_LOCK_DOCTOR)


def _frozen(name: str, table: str, *, unless: str = "") -> Guard:
    return Guard(name, table, ("UPDATE", "DELETE"), unless or _ALWAYS)


def _for_life(table: str) -> tuple[Guard, Guard]:
    changed = Guard(f"{table}_number_is_for_life", table, ("UPDATE",), "NEW.number <> OLD.number")
    return changed, Guard(f"{table}_is_never_deleted", table, ("DELETE",), _ALWAYS)


_SESSIONS_MEET = """
    EXISTS (SELECT 1 FROM working_session s
            WHERE s.doctor_id = NEW.doctor_id AND s.weekday = NEW.weekday AND s.id <> NEW.id
              AND s.begins_minute < NEW.ends_minute AND s.ends_minute > NEW.begins_minute
              AND s.valid_from <= coalesce(NEW.valid_to, s.valid_from)
              AND NEW.valid_from <= coalesce(s.valid_to, NEW.valid_from))"""


def _only(name: str, model: type[SQLModel], *changing: str) -> Guard:
    """A frozen row of which these columns alone may change."""
    kept = [column for column in model.model_fields if column not in changing]
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in kept)
    return Guard(name, str(model.__tablename__), ("UPDATE",), changed)


_LOCK_BILL = "SELECT 1 FROM invoice WHERE number = NEW.invoice_number FOR UPDATE"
_LOCK_PAYMENT = "SELECT 1 FROM payment WHERE id = NEW.payment_id FOR UPDATE"
# What is paid and credited on the bill of the new row, against its total.
_CLEARED_BEYOND_THE_TOTAL = """
    (SELECT coalesce(sum(a.amount_paise), 0) FROM allocation a
     WHERE a.invoice_number = NEW.invoice_number)
    + (SELECT coalesce(sum(c.total_paise), 0) FROM credit_note c
       WHERE c.invoice_number = NEW.invoice_number AND c.cancelled_at IS NULL)
    > (SELECT i.total_paise FROM invoice i WHERE i.number = NEW.invoice_number)"""
# What the payment of the new row pays and what of it was refunded, against its amount.
_SPENT_BEYOND_THE_PAYMENT = """
    (SELECT coalesce(sum(a.amount_paise), 0) FROM allocation a
     WHERE a.payment_id = NEW.payment_id)
    + (SELECT coalesce(sum(r.amount_paise), 0) FROM refund r
       WHERE r.payment_id = NEW.payment_id)
    > (SELECT p.amount_paise FROM payment p WHERE p.id = NEW.payment_id)"""
_CAME_TO_NOTHING = "EXISTS (SELECT 1 FROM payment_reversal r WHERE r.payment_id = NEW.payment_id)"
_CREDITED_OF_THE_LINE = """
    (SELECT coalesce(sum(o.{column}), 0) FROM credit_note_line o
     LEFT JOIN credit_note c ON c.number = o.credit_number
     WHERE o.invoice_line_id = n.invoice_line_id AND c.cancelled_at IS NULL)"""

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
            AND d.day = NEW.{day} AND d.reopened_at IS NULL)""",
        # Weaker than FOR UPDATE, so that whoever only names the account does not wait.
        lock=f"SELECT 1 FROM account WHERE id = NEW.{who} FOR NO KEY UPDATE",
    )


_PLANS: tuple[Guard, ...] = (
    _only("agreed_plan_is_frozen", PaymentPlan, "ended_at", "ended_by", "end_reason"),
    Guard("a_plan_is_ended_once", "payment_plan", ("UPDATE",), "OLD.ended_at IS NOT NULL"),
    Guard("agreed_plan_is_never_deleted", "payment_plan", ("DELETE",), _ALWAYS),
    Guard(
        "agreed_plan_takes_no_more_instalments",
        "instalment",
        ("INSERT",),
        "EXISTS (SELECT 1 FROM payment_plan p WHERE p.id = NEW.plan_id)",
    ),
    Guard(
        "agreed_plan_takes_no_more_bills",
        "plan_bill",
        ("INSERT",),
        "EXISTS (SELECT 1 FROM payment_plan p WHERE p.id = NEW.plan_id)",
    ),
    _frozen("instalment_is_frozen", "instalment"),
    _frozen("bill_on_a_plan_is_frozen", "plan_bill"),
    Guard(
        "instalments_sum_to_the_plan",
        "payment_plan",
        ("INSERT",),
        """NEW.total_paise <> coalesce((SELECT sum(n.amount_paise) FROM instalment n
           WHERE n.plan_id = NEW.id), -1)""",
    ),
    Guard(
        "bills_sum_to_the_plan",
        "payment_plan",
        ("INSERT",),
        """NEW.total_paise <> coalesce((SELECT sum(b.owed_paise) FROM plan_bill b
           WHERE b.plan_id = NEW.id), -1)""",
    ),
    Guard(
        "a_plan_covers_what_its_payer_owes",
        "payment_plan",
        ("INSERT",),
        """EXISTS (SELECT 1 FROM plan_bill b JOIN invoice i ON i.number = b.invoice_number
           WHERE b.plan_id = NEW.id AND (i.payer_id <> NEW.payer_id OR b.owed_paise
             <> i.total_paise
              - coalesce((SELECT sum(c.total_paise) FROM credit_note c
                 WHERE c.invoice_number = i.number AND c.cancelled_at IS NULL), 0)
              - coalesce((SELECT sum(a.amount_paise) FROM allocation a
                 WHERE a.invoice_number = i.number), 0)))""",
        lock="SELECT 1 FROM patient WHERE id = NEW.payer_id FOR UPDATE",
    ),
    Guard(
        "a_bill_is_on_one_plan",
        "payment_plan",
        ("INSERT",),
        """EXISTS (SELECT 1 FROM plan_bill b
           JOIN plan_bill o ON o.invoice_number = b.invoice_number AND o.plan_id <> b.plan_id
           JOIN payment_plan p ON p.id = o.plan_id AND p.ended_at IS NULL
           WHERE b.plan_id = NEW.id)""",
        lock="SELECT 1 FROM patient WHERE id = NEW.payer_id FOR UPDATE",
    ),
)
_WAIVERS: tuple[Guard, ...] = (
    _only(
        "asked_waiver_is_frozen",
        WaiverRequest,
        *("status", "decided_at", "decided_by", "decision", "credit_number"),
    ),
    Guard("a_waiver_is_decided_once", "waiver_request", ("UPDATE",), "OLD.status <> 'requested'"),
    Guard("asked_waiver_is_never_deleted", "waiver_request", ("DELETE",), _ALWAYS),
    Guard(
        "an_approved_waiver_credits_its_bill",
        "waiver_request",
        _WRITTEN,
        """NEW.credit_number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM credit_note c
           WHERE c.number = NEW.credit_number AND c.invoice_number = NEW.invoice_number
             AND c.kind = 'waiver' AND c.total_paise <= NEW.amount_paise)""",
    ),
    Guard(
        "a_waiver_is_asked_for_by_another",
        "credit_note",
        ("INSERT",),
        """NEW.kind = 'waiver' AND NOT EXISTS (SELECT 1 FROM waiver_request w
           WHERE w.invoice_number = NEW.invoice_number AND w.status = 'requested'
             AND w.requested_by IS DISTINCT FROM NEW.issued_by)""",
    ),
    _frozen("contact_is_frozen", "dues_contact"),
    _only("pause_is_frozen", RemindersPause, "ended_at", "ended_by"),
    Guard("a_pause_is_ended_once", "reminders_pause", ("UPDATE",), "OLD.ended_at IS NOT NULL"),
    Guard("pause_is_never_deleted", "reminders_pause", ("DELETE",), _ALWAYS),
    _frozen("dues_letter_is_frozen", "dues_letter"),
    Guard(
        "reminders_go_up_by_levels",
        "dues_letter",
        ("INSERT",),
        """NEW.level > 1 AND NOT EXISTS (SELECT 1 FROM dues_letter d
           WHERE d.payer_id = NEW.payer_id AND d.invoice_number = NEW.invoice_number
             AND d.level = NEW.level - 1)""",
    ),
    Guard(
        "no_reminder_in_a_pause",
        "dues_letter",
        ("INSERT",),
        """EXISTS (SELECT 1 FROM reminders_pause p
           WHERE p.payer_id = NEW.payer_id AND p.ended_at IS NULL
             AND p.last_day >= NEW.queued_on)""",
        lock="SELECT 1 FROM patient WHERE id = NEW.payer_id FOR UPDATE",
    ),
)
_TILL: tuple[Guard, ...] = (
    _closed("receipt", "payment", "received_by", "received_on"),
    _closed("refund", "refund", "issued_by", "issued_on"),
    _closed("reversal", "payment_reversal", "reversed_by", "reversed_on"),
    _only("closed_day_is_frozen", DayClose, "reopened_at", "reopened_by", "reopen_reason"),
    Guard("a_day_is_reopened_once", "day_close", ("UPDATE",), "OLD.reopened_at IS NOT NULL"),
    Guard("closed_day_is_never_deleted", "day_close", ("DELETE",), _ALWAYS),
    _frozen("count_is_frozen", "day_count"),
    Guard(
        "counts_agree_with_the_ledger",
        "day_close",
        ("INSERT",),
        f"""{len(Method)} <> (SELECT count(*) FROM day_count c WHERE c.close_id = NEW.id)
            OR EXISTS (SELECT 1 FROM day_count c
                WHERE c.close_id = NEW.id AND c.system_paise <> {_OF_THE_DAY})""",
        lock="SELECT 1 FROM account WHERE id = NEW.account_id FOR NO KEY UPDATE",
    ),
)

_GLASS: tuple[Guard, ...] = (
    _only("broken_glass_is_frozen", BreakGlass, "reviewed_at", "reviewed_by", "review_note"),
    Guard("a_glass_is_reviewed_once", "break_glass", ("UPDATE",), "OLD.reviewed_at IS NOT NULL"),
    Guard("broken_glass_is_never_deleted", "break_glass", ("DELETE",), _ALWAYS),
)

GUARDS: tuple[Guard, ...] = (
    *_GLASS,
    *_PLANS,
    *_WAIVERS,
    *_TILL,
    _overlap("no_overlapping_appointments_of_a_doctor", "doctor_id", TAKES_TIME_SQL),
    _overlap("no_overlapping_appointments_of_a_patient", "patient_id", LIVE_SQL),
    _shut(
        "no_appointment_is_promised_in_a_leave",
        """SELECT 1 FROM leave l WHERE l.doctor_id = NEW.doctor_id AND l.withdrawn_at IS NULL
           AND l.begins_at < NEW.ends_at AND l.ends_at > NEW.starts_at""",
    ),
    _shut(
        "no_appointment_is_promised_on_a_holiday",
        """SELECT 1 FROM holiday h
           WHERE h.begins_at < NEW.ends_at AND h.ends_at > NEW.starts_at""",
    ),
    _shut(
        "no_appointment_takes_a_held_time",
        """SELECT 1 FROM hold h WHERE h.doctor_id = NEW.doctor_id AND NEW.overbook_number IS NULL
           AND h.starts_at < NEW.ends_at AND h.ends_at > NEW.starts_at""",
    ),
    # Whose time is over changes nothing that stands: it is a booking, and the gate is asked.
    Guard(
        "a_past_time_is_not_moved_past_the_gate",
        "appointment",
        ("INSERT",),
        """NEW.on_hold AND NEW.priority <> 'emergency' AND EXISTS (
           SELECT 1 FROM appointment a
           WHERE a.id = NEW.moved_from_id AND a.ends_at <= NEW.promised_at)""",
    ),
    Guard("appointment_is_never_deleted", "appointment", ("DELETE",), _ALWAYS),
    Guard(
        "no_hold_takes_a_promised_time",
        "hold",
        _WRITTEN,
        _last_before("doctor_id", TAKES_TIME_SQL),
        lock=_LOCK_DOCTOR,
    ),
    Guard(
        "no_overlapping_holds_of_a_doctor",
        "hold",
        _WRITTEN,
        """EXISTS (SELECT 1 FROM hold h WHERE h.doctor_id = NEW.doctor_id AND h.id <> NEW.id
           AND h.starts_at < NEW.ends_at AND h.ends_at > NEW.starts_at)""",
        only="sqlite",
    ),
    Guard(
        "no_more_follow_ups_than_entitled",
        "appointment",
        _WRITTEN,
        f"""NEW.{LIVE_SQL} AND NEW.entitled_by_id IS NOT NULL AND
           (SELECT count(*) FROM appointment a
            WHERE a.entitled_by_id = NEW.entitled_by_id AND a.{LIVE_SQL})
           > coalesce((SELECT e.visits FROM entitlement e
                       WHERE e.granted_by_id = NEW.entitled_by_id
                         AND e.patient_id = NEW.patient_id AND e.doctor_id = NEW.doctor_id), 0)""",
        lock="SELECT 1 FROM entitlement WHERE granted_by_id = NEW.entitled_by_id FOR UPDATE",
    ),
    Guard(
        "a_voided_visit_gives_no_more_follow_ups",
        "appointment",
        _WRITTEN,
        f"""NEW.{LIVE_SQL} AND {{used_now}}
           AND EXISTS (SELECT 1 FROM entitlement e WHERE e.granted_by_id = NEW.entitled_by_id)
           AND NOT EXISTS (SELECT 1 FROM charge c
            WHERE c.appointment_id = NEW.entitled_by_id AND c.voided_at IS NULL)""",
        lock="""SELECT 1 FROM charge
            WHERE appointment_id = NEW.entitled_by_id AND voided_at IS NULL FOR SHARE""",
    ),
    _frozen("entitlement_is_frozen", "entitlement"),
    Guard(
        "no_overlapping_sessions_of_a_doctor",
        "working_session",
        ("INSERT", "UPDATE"),
        _SESSIONS_MEET,
        only="sqlite",
    ),
    _only("issued_bill_is_frozen", Invoice, "owed_paise", "settled_at"),
    Guard("issued_bill_is_never_deleted", "invoice", ("DELETE",), _ALWAYS),
    Guard(
        "issued_bill_takes_no_more_lines",
        "invoice_line",
        ("INSERT",),
        "EXISTS (SELECT 1 FROM invoice i WHERE i.number = NEW.invoice_number)",
    ),
    _frozen("bill_line_is_frozen", "invoice_line"),
    Guard(
        "lines_sum_to_the_total",
        "invoice",
        ("INSERT",),
        """NEW.subtotal_paise <> coalesce((SELECT sum(l.amount_paise) FROM invoice_line l
           WHERE l.invoice_number = NEW.number), -1)
           OR NEW.tax_paise <> coalesce((SELECT sum(l.tax_paise) FROM invoice_line l
           WHERE l.invoice_number = NEW.number), -1)""",
    ),
    Guard(
        "a_taxable_line_makes_a_tax_invoice",
        "invoice",
        ("INSERT",),
        """(NEW.kind = 'tax_invoice') <> EXISTS (SELECT 1 FROM invoice_line l
           WHERE l.invoice_number = NEW.number AND l.tax_basis_points > 0)""",
    ),
    _only("charge_is_frozen", Charge, "voided_at"),
    Guard("charge_is_never_deleted", "charge", ("DELETE",), _ALWAYS),
    _only(
        "issued_credit_is_frozen",
        CreditNote,
        *("cancelled_at", "cancelled_on", "cancelled_by", "cancel_reason"),
    ),
    Guard("a_credit_is_cancelled_once", "credit_note", ("UPDATE",), "OLD.cancelled_at IS NOT NULL"),
    Guard("issued_credit_is_never_deleted", "credit_note", ("DELETE",), _ALWAYS),
    Guard(
        "issued_credit_takes_no_more_lines",
        "credit_note_line",
        ("INSERT",),
        "EXISTS (SELECT 1 FROM credit_note c WHERE c.number = NEW.credit_number)",
    ),
    _frozen("credit_line_is_frozen", "credit_note_line"),
    Guard(
        "credit_lines_sum_to_the_total",
        "credit_note",
        ("INSERT",),
        """NEW.subtotal_paise <> coalesce((SELECT sum(l.amount_paise) FROM credit_note_line l
           WHERE l.credit_number = NEW.number), -1)
           OR NEW.tax_paise <> coalesce((SELECT sum(l.tax_paise) FROM credit_note_line l
           WHERE l.credit_number = NEW.number), -1)""",
    ),
    Guard(
        "a_credit_takes_back_lines_of_its_own_bill",
        "credit_note",
        ("INSERT",),
        """EXISTS (SELECT 1 FROM credit_note_line n
           JOIN invoice_line l ON l.id = n.invoice_line_id
           WHERE n.credit_number = NEW.number AND l.invoice_number <> NEW.invoice_number)""",
    ),
    Guard(
        "no_line_is_credited_beyond_its_amount",
        "credit_note",
        ("INSERT",),
        f"""EXISTS (SELECT 1 FROM credit_note_line n
           JOIN invoice_line l ON l.id = n.invoice_line_id
           WHERE n.credit_number = NEW.number
             AND ({_CREDITED_OF_THE_LINE.format(column="amount_paise")} > l.amount_paise
               OR {_CREDITED_OF_THE_LINE.format(column="tax_paise")} > l.tax_paise))""",
        lock=_LOCK_BILL,
    ),
    Guard(
        "no_more_is_credited_than_is_owed",
        "credit_note",
        ("INSERT",),
        _CLEARED_BEYOND_THE_TOTAL,
        lock=_LOCK_BILL,
    ),
    Guard(
        "a_finished_note_is_kept", "encounter", ("UPDATE", "DELETE"), "OLD.finished_at IS NOT NULL"
    ),
    _frozen("payment_is_frozen", "payment"),
    _frozen("allocation_is_frozen", "allocation"),
    _frozen("receipt_is_frozen", "receipt"),
    _frozen("refund_is_frozen", "refund"),
    _frozen("payment_reversal_is_frozen", "payment_reversal"),
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
        lock=_LOCK_PAYMENT,
    ),
    Guard(
        "no_more_is_allocated_than_is_owed",
        "allocation",
        ("INSERT",),
        _CLEARED_BEYOND_THE_TOTAL,
        lock=_LOCK_BILL,
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
        lock=_LOCK_PAYMENT,
    ),
    Guard(
        "no_more_is_refunded_than_is_left",
        "refund",
        ("INSERT",),
        _SPENT_BEYOND_THE_PAYMENT,
        lock=_LOCK_PAYMENT,
    ),
    Guard(
        "a_reversed_payment_is_not_refunded",
        "refund",
        ("INSERT",),
        _CAME_TO_NOTHING,
        lock=_LOCK_PAYMENT,
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
                 WHERE a.payment_id = NEW.payment_id)
           OR EXISTS (SELECT 1 FROM refund r WHERE r.payment_id = NEW.payment_id)""",
        lock=_LOCK_PAYMENT,
    ),
    Guard(
        "a_payer_has_no_payer",
        "patient",
        _WRITTEN,
        """NEW.payer_id IS NOT NULL AND (
           EXISTS (SELECT 1 FROM patient p WHERE p.id = NEW.payer_id AND p.payer_id IS NOT NULL)
           OR EXISTS (SELECT 1 FROM patient p WHERE p.payer_id = NEW.id))""",
        lock="SELECT 1 FROM patient WHERE id = NEW.payer_id FOR UPDATE",
    ),
    Guard("numbers_only_grow", "number_series", ("UPDATE",), "NEW.last <= OLD.last"),
    Guard("number_series_is_never_deleted", "number_series", ("DELETE",), _ALWAYS),
    _frozen("audit_is_append_only", "audit_event"),
    # Also against REPLACE by a program that does not ask SQLite for the triggers of DELETE.
    Guard(
        "audit_grows_at_its_end",
        "audit_event",
        ("INSERT",),
        # The newest is one look into the index; PostgreSQL would seek a newer row in all of them.
        "(SELECT max(e.id) FROM audit_event e) > NEW.id",
    ),
    Guard("audit_head_only_grows", "audit_head", ("UPDATE",), "NEW.row_count <= OLD.row_count"),
    Guard("audit_head_is_never_deleted", "audit_head", ("DELETE",), _ALWAYS),
    Guard("an_ended_sign_in_stays_ended", "sign_in", ("UPDATE",), "OLD.ended_at IS NOT NULL"),
    Guard(
        "a_code_is_used_once",
        "password_code",
        ("UPDATE",),
        "OLD.used_at IS NOT NULL OR OLD.ended_at IS NOT NULL",
    ),
    Guard("a_recovery_code_is_used_once", "recovery_code", ("UPDATE",), "OLD.used_at IS NOT NULL"),
    Guard(
        "no_code_of_an_app_is_accepted_twice",
        "second_factor",
        ("UPDATE",),
        "NEW.last_step <= OLD.last_step",
    ),
    *_for_life("doctor"),
    *_for_life("patient"),
)


def _sqlite(guard: Guard) -> list[str]:
    statements = []
    for event in guard.events:
        trigger = f"{guard.name}_on_{event.lower()}"
        statements += [
            f"DROP TRIGGER IF EXISTS {trigger}",
            f"CREATE TRIGGER {trigger} AFTER {event} ON {guard.table} "
            f"WHEN {guard.breach_of(event)} "
            f"BEGIN SELECT RAISE(ABORT, '{guard.name}'); END",
        ]
    return statements


def _postgresql(guard: Guard) -> list[str]:
    # OLD is all NULL where a row is inserted, so one condition serves both events.
    breach = guard.breach_of("UPDATE")
    lock = f"PERFORM {guard.lock.removeprefix('SELECT ')};" if guard.lock else ""
    return [
        f"""CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {lock}
            IF {breach} THEN
                RAISE EXCEPTION '{guard.name}' USING
                    ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{guard.name}';
            END IF;
            RETURN NULL;
        END $$""",
        f"DROP TRIGGER IF EXISTS {guard.name} ON {guard.table}",
        f"CREATE TRIGGER {guard.name} AFTER {' OR '.join(guard.events)} ON {guard.table} "
        f"FOR EACH ROW EXECUTE FUNCTION {guard.name}()",
        *(_truncate(guard) if guard.breach == _ALWAYS and "DELETE" in guard.events else ()),
    ]


def _truncate(guard: Guard) -> tuple[str, str]:
    """TRUNCATE deletes without asking the triggers of rows."""
    trigger = f"{guard.name}_on_truncate"
    return (
        f"DROP TRIGGER IF EXISTS {trigger} ON {guard.table}",
        f"CREATE TRIGGER {trigger} BEFORE TRUNCATE ON {guard.table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {guard.name}()",
    )


# How a piece of a name is found by an index: on SQLite an FTS5 table kept by triggers, on
# PostgreSQL a GIN index over trigrams of our own, since pg_trgm is not installed everywhere.
_SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE IF NOT EXISTS patient_search USING "
        "fts5(search_text, content='patient', content_rowid='id', tokenize='trigram')",
        """CREATE TRIGGER IF NOT EXISTS patient_search_insert AFTER INSERT ON patient BEGIN
           INSERT INTO patient_search(rowid, search_text) VALUES (NEW.id, NEW.search_text);
           END""",
        """CREATE TRIGGER IF NOT EXISTS patient_search_update
           AFTER UPDATE OF search_text ON patient BEGIN
           INSERT INTO patient_search(patient_search, rowid, search_text)
           VALUES ('delete', OLD.id, OLD.search_text);
           INSERT INTO patient_search(rowid, search_text) VALUES (NEW.id, NEW.search_text);
           END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION trigrams(words text) RETURNS text[]
           LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
           SELECT coalesce(array_agg(DISTINCT substr(words, n, 3)), '{}')
           FROM generate_series(1, length(words) - 2) AS n $$""",
        "CREATE INDEX IF NOT EXISTS patient_search ON patient USING gin (trigrams(search_text))",
    ),
}


def of_engine(dialect: str) -> list[Guard]:
    """The guards that stand on this engine."""
    return [guard for guard in GUARDS if guard.only in ("", dialect)]


def remove(connection: Connection) -> None:
    """Take every guard away, so that tables can be made anew; `install` puts them back."""
    if connection.dialect.name == "sqlite":
        rows = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        rows = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
    for trigger, table in connection.execute(text(rows.replace(":", r"\:"))).all():
        of_table = "" if connection.dialect.name == "sqlite" else f" ON {table}"
        connection.execute(text(f"DROP TRIGGER {trigger}{of_table}"))


def install(connection: Connection) -> None:
    """Put every guard and the search index in place, as this program knows them."""
    dialect = connection.dialect.name
    write = _sqlite if dialect == "sqlite" else _postgresql
    for guard in of_engine(dialect):
        for statement in write(guard):
            connection.execute(text(statement.replace(":", r"\:")))
    for statement in _SEARCH[dialect]:
        connection.execute(text(statement.replace(":", r"\:")))
