"""Bills, their lines and the credit notes that correct them: frozen, and summing up."""

from mediklaud.guards.guard import (
    ALWAYS,
    CLEARED_BEYOND_THE_TOTAL,
    LOCK_BILL,
    Guard,
    frozen,
    frozen_but,
)
from mediklaud.models import Charge, CreditNote, Invoice

_CREDITED_OF_THE_LINE = """
    (SELECT coalesce(sum(o.{column}), 0) FROM credit_note_line o
     LEFT JOIN credit_note c ON c.number = o.credit_number
     WHERE o.invoice_line_id = n.invoice_line_id AND c.cancelled_at IS NULL)"""

BILLS: tuple[Guard, ...] = (
    frozen_but("issued_bill_is_frozen", Invoice, "owed_paise", "settled_at"),
    Guard("issued_bill_is_never_deleted", "invoice", ("DELETE",), ALWAYS),
    Guard(
        "issued_bill_takes_no_more_lines",
        "invoice_line",
        ("INSERT",),
        "EXISTS (SELECT 1 FROM invoice i WHERE i.number = NEW.invoice_number)",
    ),
    frozen("bill_line_is_frozen", "invoice_line"),
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
    frozen_but("charge_is_frozen", Charge, "voided_at"),
    Guard("charge_is_never_deleted", "charge", ("DELETE",), ALWAYS),
    frozen_but(
        "issued_credit_is_frozen",
        CreditNote,
        *("cancelled_at", "cancelled_on", "cancelled_by", "cancel_reason"),
    ),
    Guard("a_credit_is_cancelled_once", "credit_note", ("UPDATE",), "OLD.cancelled_at IS NOT NULL"),
    Guard("issued_credit_is_never_deleted", "credit_note", ("DELETE",), ALWAYS),
    Guard(
        "issued_credit_takes_no_more_lines",
        "credit_note_line",
        ("INSERT",),
        "EXISTS (SELECT 1 FROM credit_note c WHERE c.number = NEW.credit_number)",
    ),
    frozen("credit_line_is_frozen", "credit_note_line"),
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
               OR {_CREDITED_OF_THE_LINE.format(column="tax_paise")} > l.tax_paise))""",  # nosec B608 # our own names
        lock=LOCK_BILL,
    ),
    Guard(
        "no_more_is_credited_than_is_owed",
        "credit_note",
        ("INSERT",),
        CLEARED_BEYOND_THE_TOTAL,
        lock=LOCK_BILL,
    ),
)
