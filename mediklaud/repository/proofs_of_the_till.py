"""The self-check of plans, waivers and closed days: recounted from the rows alone."""

from mediklaud.repository.proofs import Proof, by_query

_OF_THE_DAY = """
    coalesce((SELECT sum(p.amount_paise) FROM payment p
     WHERE p.received_by = d.account_id AND p.received_on = d.day AND p.method = c.method), 0)
    - coalesce((SELECT sum(r.amount_paise) FROM refund r
     WHERE r.issued_by = d.account_id AND r.issued_on = d.day AND r.method = c.method), 0)
    - coalesce((SELECT sum(p.amount_paise) FROM payment_reversal v
     JOIN payment p ON p.id = v.payment_id
     WHERE v.reversed_by = d.account_id AND v.reversed_on = d.day AND p.method = c.method), 0)"""

PROOFS: tuple[Proof, ...] = (
    by_query(
        "payment plans",
        "the bills and the instalments of every plan sum to it, and no bill is on two at once",
        """SELECT 'plan ' || p.id AS breach FROM payment_plan p
           WHERE p.total_paise <> coalesce((SELECT sum(n.amount_paise) FROM instalment n
                 WHERE n.plan_id = p.id), -1)
              OR p.total_paise <> coalesce((SELECT sum(b.owed_paise) FROM plan_bill b
                 WHERE b.plan_id = p.id), -1)
              OR EXISTS (SELECT 1 FROM plan_bill b JOIN invoice i ON i.number = b.invoice_number
                 WHERE b.plan_id = p.id
                   AND (i.payer_id <> p.payer_id OR i.total_paise < b.owed_paise))
           UNION ALL
           SELECT b.invoice_number FROM plan_bill b
           JOIN payment_plan p ON p.id = b.plan_id AND p.ended_at IS NULL
           GROUP BY b.invoice_number HAVING count(*) > 1""",
    ),
    by_query(
        "waivers",
        "every waiver was asked for by one person and approved by another, for no less",
        """SELECT 'waiver ' || w.id AS breach FROM waiver_request w
           LEFT JOIN credit_note c ON c.number = w.credit_number
           WHERE w.decided_by = w.requested_by
              OR (w.status = 'approved') <> (c.number IS NOT NULL)
              OR c.invoice_number <> w.invoice_number OR c.kind <> 'waiver'
              OR c.total_paise > w.amount_paise
           UNION ALL
           SELECT c.number FROM credit_note c
           WHERE c.kind = 'waiver' AND NOT EXISTS (SELECT 1 FROM waiver_request w
               WHERE w.credit_number = c.number AND w.decided_by = c.issued_by)""",
    ),
    by_query(
        "day close",
        "every closed day says of each method what its receipts, refunds and reversals come to",
        f"""SELECT 'close ' || d.id AS breach FROM day_close d
            JOIN day_count c ON c.close_id = d.id
            WHERE d.reopened_at IS NULL AND c.system_paise <> {_OF_THE_DAY}
            UNION ALL
            SELECT 'close ' || c.close_id FROM day_count c
            WHERE c.counted_paise <> c.system_paise AND length(trim(c.reason)) = 0
            UNION ALL
            SELECT 'close ' || d.id FROM day_close d
            WHERE d.reopened_by IN (d.account_id, d.closed_by)
               OR 5 <> (SELECT count(*) FROM day_count c WHERE c.close_id = d.id)
            UNION ALL
            SELECT 'close ' || max(d.id) FROM day_close d WHERE d.reopened_at IS NULL
            GROUP BY d.account_id, d.day HAVING count(*) > 1""",  # nosec B608 # our own names
    ),
)
