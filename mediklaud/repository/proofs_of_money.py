"""The self-check of money: numbers without gaps, lines and totals, what is owed and settled."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from mediklaud import clock
from mediklaud.models import (
    Allocation,
    CreditNote,
    Invoice,
    Payment,
    PaymentReversal,
    Receipt,
    Refund,
)
from mediklaud.repository.hospital import the_hospital
from mediklaud.repository.proofs import SHOWN, Proof, by_query

# Each series: its papers' rows, and what they are called.
_PAPERS = {
    "bill": ("invoice", "bills"),
    "receipt": ("(SELECT * FROM receipt WHERE kind = 'receipt')", "receipts"),
    "advance": ("(SELECT * FROM receipt WHERE kind = 'advance')", "advance receipts"),
    "credit": ("credit_note", "credit notes"),
    "refund": ("refund", "refund vouchers"),
}


def _gapless(series: str) -> Proof:
    table, papers = _PAPERS[series]
    return by_query(
        f"{series} numbers",
        f"{papers} run 1, 2, 3 … in each financial year, in order of issue",
        f"""
        SELECT number AS breach FROM (
            SELECT number, serial, issued_at, issued_on,
                row_number() OVER w AS counted, lag(issued_at) OVER w AS before,
                lag(issued_on) OVER w AS day_before
            FROM {table} AS p WINDOW w AS (PARTITION BY series ORDER BY serial)) AS o
        WHERE serial <> counted OR issued_at < before OR issued_on < day_before
           OR length(number) > 16
        UNION ALL
        SELECT number FROM {table} AS p
        WHERE series <> '{series}/' || CASE
            WHEN CAST(substr(CAST(issued_on AS VARCHAR(10)), 6, 2) AS INTEGER) >= 4
            THEN substr(CAST(issued_on AS VARCHAR(10)), 3, 2) || substr(CAST(
                CAST(substr(CAST(issued_on AS VARCHAR(10)), 1, 4) AS INTEGER) + 1
                AS VARCHAR(4)), 3, 2)
            ELSE substr(CAST(CAST(substr(CAST(issued_on AS VARCHAR(10)), 1, 4) AS INTEGER) - 1
                AS VARCHAR(4)), 3, 2) || substr(CAST(issued_on AS VARCHAR(10)), 3, 2)
            END
        UNION ALL
        SELECT 'series ' || s.name FROM number_series s
        WHERE s.name LIKE '{series}/%'
          AND s.last <> (SELECT count(*) FROM {table} AS t WHERE t.series = s.name)
        UNION ALL
        SELECT 'series ' || t.series FROM {table} AS t
        WHERE NOT EXISTS (SELECT 1 FROM number_series s WHERE s.name = t.series)""",  # nosec B608 # our own names
    )


_ALLOCATED = """coalesce(
    (SELECT sum(a.amount_paise) FROM allocation a WHERE a.invoice_number = i.number), 0)"""
_CREDITED = """coalesce((SELECT sum(c.total_paise) FROM credit_note c
    WHERE c.invoice_number = i.number AND c.cancelled_at IS NULL), 0)"""
_OWED = f"i.total_paise - {_CREDITED} - {_ALLOCATED}"
_USED = """coalesce(
    (SELECT sum(a.amount_paise) FROM allocation a WHERE a.payment_id = p.id), 0)"""
_REFUNDED = """coalesce(
    (SELECT sum(r.amount_paise) FROM refund r WHERE r.payment_id = p.id), 0)"""
# What is owed on each bill, as it moved from moment to moment.
_MOVED = """SELECT number, issued_at AS at, total_paise AS paise FROM invoice
    UNION ALL SELECT invoice_number, allocated_at, -amount_paise FROM allocation
    UNION ALL SELECT invoice_number, issued_at, -total_paise FROM credit_note
    UNION ALL SELECT invoice_number, cancelled_at, total_paise FROM credit_note
        WHERE cancelled_at IS NOT NULL"""

# Each row of the ledger: what it is called, its key, its moment in UTC and the day written of it.
_DATED: tuple[tuple[str, Any, Any, Any], ...] = (
    ("bill", Invoice.number, Invoice.issued_at, Invoice.issued_on),
    ("receipt", Receipt.number, Receipt.issued_at, Receipt.issued_on),
    ("payment", Payment.id, Payment.received_at, Payment.received_on),
    ("allocation", Allocation.id, Allocation.allocated_at, Allocation.allocated_on),
    ("credit note", CreditNote.number, CreditNote.issued_at, CreditNote.issued_on),
    ("cancelled credit note", CreditNote.number, CreditNote.cancelled_at, CreditNote.cancelled_on),
    ("refund", Refund.number, Refund.issued_at, Refund.issued_on),
    ("reversal", PaymentReversal.id, PaymentReversal.reversed_at, PaymentReversal.reversed_on),
)


def _days(db: Session) -> Iterator[str]:
    """Every day of the ledger is the hospital's day of its moment.

    The zone stays once a paper is issued, so it is the zone of each. SQLite knows no zones: the
    first and the last moment of each day are asked for, a few hundred rows a year, since what
    lies between two moments of one day is of that day too.
    """
    zone = the_hospital(db).zone
    if not clock.is_zone(zone):
        return  # its own line is red already
    for name, key, moment, day in _DATED:
        ends = select(col(day), func.min(col(moment)), func.max(col(moment)))
        for written, *found in db.execute(ends.group_by(col(day))).all():
            if any(at is not None and clock.day_of(at, zone) != written for at in found):
                of_day = select(col(key), col(moment)).where(
                    col(day) == written, col(moment).is_not(None)
                )
                outermost = [
                    *db.execute(of_day.order_by(col(moment)).limit(SHOWN)),
                    *db.execute(of_day.order_by(col(moment).desc()).limit(SHOWN)),
                ]
                wrong = (one for one, at in outermost if clock.day_of(at, zone) != written)
                yield from dict.fromkeys(f"{name} {one}" for one in wrong)


PROOFS = (
    by_query(
        "billed once",
        "every consultation is charged once at a time, and billed once unless it is free",
        """SELECT 'appointment ' || p.id AS breach FROM appointment p
           LEFT JOIN encounter e ON e.appointment_id = p.id AND e.finished_at IS NOT NULL
           LEFT JOIN charge c ON c.appointment_id = p.id
           GROUP BY p.id, p.status
           HAVING (p.status = 'fulfilled') <> (count(DISTINCT e.id) = 1)
               OR (p.status = 'fulfilled' AND count(c.id) = 0)
               OR count(DISTINCT CASE WHEN c.voided_at IS NULL THEN c.id END)
                  > CASE WHEN p.status IN ('fulfilled', 'arrived') THEN 1 ELSE 0 END
           UNION ALL
           SELECT 'charge ' || c.id FROM charge c
           LEFT JOIN invoice_line l ON l.charge_id = c.id
           WHERE c.appointment_id IS NOT NULL GROUP BY c.id, c.price_paise
           HAVING count(l.id) <> CASE WHEN c.price_paise > 0 THEN 1 ELSE 0 END""",
    ),
    by_query(
        "voided",
        "a charge may be billed again exactly when its bill was voided or credited, or it was free",
        # A visit undone after its bill was credited whole leaves nothing to void.
        f"""SELECT 'charge ' || c.id AS breach FROM charge c
           JOIN invoice_line l ON l.charge_id = c.id
           JOIN invoice i ON i.number = l.invoice_number
           WHERE (c.voided_at IS NOT NULL) <> EXISTS (
               SELECT 1 FROM credit_note n WHERE n.invoice_number = l.invoice_number
                 AND n.kind = 'void' AND n.cancelled_at IS NULL)
             AND (c.voided_at IS NULL OR {_CREDITED} < i.total_paise)""",  # nosec B608 # our own names
    ),
    by_query(
        "lines and total",
        "the lines of every bill sum to its total, tax to its tax",
        """SELECT i.number AS breach FROM invoice i
           LEFT JOIN invoice_line l ON l.invoice_number = i.number
           GROUP BY i.number, i.total_paise, i.tax_paise, i.subtotal_paise
           HAVING coalesce(sum(l.quantity * l.unit_price_paise), -1) <> i.subtotal_paise
               OR coalesce(sum((l.amount_paise * l.tax_basis_points + 5000) / 10000), -1)
                  <> i.tax_paise
               OR i.subtotal_paise + i.tax_paise <> i.total_paise""",
    ),
    *(_gapless(series) for series in _PAPERS),
    by_query(
        "one receipt",
        "every payment stands on a receipt of its own payer and moment, and the payments of a "
        "receipt sum to it",
        """SELECT r.number AS breach FROM receipt r
           LEFT JOIN payment p ON p.receipt_number = r.number
           GROUP BY r.number, r.amount_paise
           HAVING coalesce(sum(p.amount_paise), -1) <> r.amount_paise
           UNION ALL
           SELECT 'payment ' || p.id FROM payment p
           LEFT JOIN receipt r ON r.number = p.receipt_number
           WHERE r.number IS NULL OR p.payer_id <> r.payer_id
              OR p.received_on <> r.issued_on OR p.received_at <> r.issued_at""",
    ),
    by_query(
        "received",
        "no payment pays and gives back more than was received, nor less than nothing, and what "
        "is given back is its own payer's",
        f"""SELECT 'payment ' || p.id AS breach FROM payment p
            WHERE {_USED} < 0 OR {_USED} + {_REFUNDED} > p.amount_paise
            UNION ALL
            SELECT r.number FROM refund r JOIN payment p ON p.id = r.payment_id
            WHERE r.payer_id <> p.payer_id""",  # nosec B608 # our own names
    ),
    by_query(
        "owed",
        "no bill is paid or credited more than once over, nor less than nothing",
        f"""SELECT i.number AS breach FROM invoice i
            WHERE {_OWED} < 0 OR {_ALLOCATED} < 0""",  # nosec B608 # our own names
    ),
    by_query(
        "own payer",
        "every payment pays bills of its own payer alone",
        """SELECT 'allocation ' || a.id AS breach FROM allocation a
           JOIN payment p ON p.id = a.payment_id
           JOIN invoice i ON i.number = a.invoice_number
           WHERE p.payer_id <> i.payer_id""",
    ),
    by_query(
        "taken back",
        "an allocation is taken back once, whole, and what was reversed pays nothing",
        """SELECT 'allocation ' || a.id AS breach FROM allocation a
           LEFT JOIN allocation o ON o.id = a.reverses_id
           WHERE (a.amount_paise < 0) <> (a.reverses_id IS NOT NULL)
              OR (a.reverses_id IS NOT NULL AND (
                  o.amount_paise <> -a.amount_paise OR o.payment_id <> a.payment_id
                  OR o.invoice_number <> a.invoice_number))
           UNION ALL
           SELECT 'payment ' || r.payment_id FROM payment_reversal r
           JOIN payment p ON p.id = r.payment_id
           WHERE """
        f"{_USED} <> 0",  # nosec B608 # our own names
    ),
    by_query(
        "credited",
        "no line is credited beyond its amount, and the lines of a credit note sum to it",
        """SELECT 'line ' || l.id AS breach FROM invoice_line l
           JOIN credit_note_line n ON n.invoice_line_id = l.id
           JOIN credit_note c ON c.number = n.credit_number
           WHERE c.cancelled_at IS NULL
           GROUP BY l.id, l.amount_paise, l.tax_paise
           HAVING sum(n.amount_paise) > l.amount_paise OR sum(n.tax_paise) > l.tax_paise
           UNION ALL
           SELECT c.number FROM credit_note c
           LEFT JOIN credit_note_line n ON n.credit_number = c.number
           LEFT JOIN invoice_line l ON l.id = n.invoice_line_id
           GROUP BY c.number, c.subtotal_paise, c.tax_paise, c.total_paise, c.invoice_number
           HAVING coalesce(sum(n.amount_paise), -1) <> c.subtotal_paise
               OR coalesce(sum(n.tax_paise), -1) <> c.tax_paise
               OR c.subtotal_paise + c.tax_paise <> c.total_paise
               OR min(l.invoice_number) <> c.invoice_number
               OR max(l.invoice_number) <> c.invoice_number""",
    ),
    by_query(
        "settled",
        "a bill says what is owed on it, and counts as settled exactly when that is nothing, "
        "from the moment in the ledger after which nothing moved",
        f"""SELECT i.number AS breach FROM invoice i
            WHERE i.owed_paise <> CASE WHEN {_OWED} < 0 THEN 0 ELSE {_OWED} END
               OR (i.settled_at IS NULL) <> (i.owed_paise > 0)
            UNION ALL
            SELECT m.number FROM ({_MOVED}) AS m JOIN invoice i ON i.number = m.number
            WHERE m.at > i.settled_at GROUP BY m.number, m.at HAVING sum(m.paise) <> 0
            UNION ALL
            SELECT i.number FROM invoice i WHERE i.settled_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM allocation a
                WHERE a.invoice_number = i.number AND a.allocated_at = i.settled_at)
            AND NOT EXISTS (SELECT 1 FROM credit_note c WHERE c.invoice_number = i.number
                AND (c.issued_at = i.settled_at OR c.cancelled_at = i.settled_at))
            AND i.issued_at <> i.settled_at""",  # nosec B608 # our own names
    ),
    Proof(
        "ledger days",
        "every paper, payment and part of one is dated the hospital's day of its moment",
        _days,
    ),
    by_query(
        "whole paise",
        "every sum of money is a whole number of paise",
        " UNION ALL ".join(
            f"SELECT '{table} ' || {key} AS breach FROM {table} "
            f"WHERE CAST({column} AS BIGINT) <> {column}"  # nosec B608 # our own names
            for table, key, column in (
                ("payment", "id", "amount_paise"),
                ("allocation", "id", "amount_paise"),
                ("receipt", "number", "amount_paise"),
                ("refund", "number", "amount_paise"),
                ("invoice", "number", "total_paise"),
                ("invoice_line", "id", "amount_paise"),
                ("credit_note", "number", "total_paise"),
                ("credit_note_line", "id", "amount_paise"),
                ("tariff", "id", "price_paise"),
                ("service_price", "id", "price_paise"),
                ("charge", "id", "price_paise"),
            )
        ),
    ),
)
