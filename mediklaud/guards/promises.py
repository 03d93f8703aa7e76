"""What stands between a bill and its payment: plans, waivers, reminders, who pays."""

from mediklaud.guards.guard import ALWAYS, WRITTEN, Guard, frozen, frozen_but
from mediklaud.models import PaymentPlan, RemindersPause, WaiverRequest

PLANS: tuple[Guard, ...] = (
    frozen_but("agreed_plan_is_frozen", PaymentPlan, "ended_at", "ended_by", "end_reason"),
    Guard("a_plan_is_ended_once", "payment_plan", ("UPDATE",), "OLD.ended_at IS NOT NULL"),
    Guard("agreed_plan_is_never_deleted", "payment_plan", ("DELETE",), ALWAYS),
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
    frozen("instalment_is_frozen", "instalment"),
    frozen("bill_on_a_plan_is_frozen", "plan_bill"),
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
WAIVERS: tuple[Guard, ...] = (
    frozen_but(
        "asked_waiver_is_frozen",
        WaiverRequest,
        *("status", "decided_at", "decided_by", "decision", "credit_number"),
    ),
    Guard("a_waiver_is_decided_once", "waiver_request", ("UPDATE",), "OLD.status <> 'requested'"),
    Guard("asked_waiver_is_never_deleted", "waiver_request", ("DELETE",), ALWAYS),
    Guard(
        "an_approved_waiver_credits_its_bill",
        "waiver_request",
        WRITTEN,
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
    frozen("contact_is_frozen", "dues_contact"),
    frozen_but("pause_is_frozen", RemindersPause, "ended_at", "ended_by"),
    Guard("a_pause_is_ended_once", "reminders_pause", ("UPDATE",), "OLD.ended_at IS NOT NULL"),
    Guard("pause_is_never_deleted", "reminders_pause", ("DELETE",), ALWAYS),
    frozen("dues_letter_is_frozen", "dues_letter"),
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
PAYERS: tuple[Guard, ...] = (
    Guard(
        "a_payer_has_no_payer",
        "patient",
        WRITTEN,
        """NEW.payer_id IS NOT NULL AND (
           EXISTS (SELECT 1 FROM patient p WHERE p.id = NEW.payer_id AND p.payer_id IS NOT NULL)
           OR EXISTS (SELECT 1 FROM patient p WHERE p.payer_id = NEW.id))""",
        lock="SELECT 1 FROM patient WHERE id = NEW.payer_id FOR UPDATE",
    ),
)
