"""The self-check of money: numbers without gaps, lines and totals, what is owed and settled."""

from mediklaud.repository.proofs import by_query

_PAPERS = {
    "bill": ("invoice", "bills run 1, 2, 3 … in each financial year, in order of issue"),
    "receipt": ("receipt", "receipts run 1, 2, 3 … in each financial year, in order of issue"),
}


def _gapless(series: str) -> str:
    table, _ = _PAPERS[series]
    return f"""
        SELECT number AS breach FROM (
            SELECT number, serial, issued_at,
                row_number() OVER w AS counted, lag(issued_at) OVER w AS before
            FROM {table} WINDOW w AS (PARTITION BY series ORDER BY serial)) AS o
        WHERE serial <> counted OR issued_at < before OR length(number) > 16
        UNION ALL
        SELECT 'series ' || s.name FROM number_series s
        WHERE s.name LIKE '{series}/%'
          AND s.last <> (SELECT count(*) FROM {table} t WHERE t.series = s.name)
        UNION ALL
        SELECT 'series ' || t.series FROM {table} t
        WHERE NOT EXISTS (SELECT 1 FROM number_series s WHERE s.name = t.series)"""


_OWED = """i.total_paise - coalesce(
    (SELECT sum(a.amount_paise) FROM allocation a WHERE a.invoice_number = i.number), 0)"""

PROOFS = (
    by_query(
        "billed once",
        "every finished consultation is charged once, and billed once unless it is free",
        """SELECT 'appointment ' || p.id AS breach FROM appointment p
           LEFT JOIN encounter e ON e.appointment_id = p.id AND e.finished_at IS NOT NULL
           LEFT JOIN charge c ON c.appointment_id = p.id
           LEFT JOIN invoice_line l ON l.charge_id = c.id
           GROUP BY p.id, p.status, c.price_paise
           HAVING (p.status = 'fulfilled') <> (count(DISTINCT e.id) = 1)
               OR (p.status = 'fulfilled') <> (count(DISTINCT c.id) = 1)
               OR count(DISTINCT l.id)
                  <> CASE WHEN p.status = 'fulfilled' AND c.price_paise > 0 THEN 1 ELSE 0 END""",
    ),
    by_query(
        "lines and total",
        "the lines of every bill sum to its total",
        """SELECT i.number AS breach FROM invoice i
           LEFT JOIN invoice_line l ON l.invoice_number = i.number
           GROUP BY i.number, i.total_paise
           HAVING coalesce(sum(l.quantity * l.unit_price_paise), -1) <> i.total_paise""",
    ),
    by_query("bill numbers", _PAPERS["bill"][1], _gapless("bill")),
    by_query("receipt numbers", _PAPERS["receipt"][1], _gapless("receipt")),
    by_query(
        "one receipt",
        "every payment has its receipt",
        """SELECT 'payment ' || p.id AS breach FROM payment p
           WHERE NOT EXISTS (SELECT 1 FROM receipt r WHERE r.payment_id = p.id)""",
    ),
    by_query(
        "received",
        "no payment sets off more than was received",
        """SELECT 'payment ' || p.id AS breach FROM payment p
           JOIN allocation a ON a.payment_id = p.id
           GROUP BY p.id, p.amount_paise HAVING sum(a.amount_paise) > p.amount_paise""",
    ),
    by_query(
        "owed",
        "no bill is paid more than once over",
        f"SELECT i.number AS breach FROM invoice i WHERE {_OWED} < 0",
    ),
    by_query(
        "settled",
        "a bill counts as settled exactly when nothing is owed on it",
        f"""SELECT i.number AS breach FROM invoice i
            WHERE (i.settled_at IS NULL) <> ({_OWED} > 0)""",
    ),
    by_query(
        "whole paise",
        "every sum of money is a whole number of paise",
        " UNION ALL ".join(
            f"SELECT '{table} ' || {key} AS breach FROM {table} "
            f"WHERE CAST({column} AS BIGINT) <> {column}"
            for table, key, column in (
                ("payment", "id", "amount_paise"),
                ("allocation", "id", "amount_paise"),
                ("invoice", "number", "total_paise"),
                ("invoice_line", "id", "amount_paise"),
                ("tariff", "id", "price_paise"),
                ("charge", "id", "price_paise"),
            )
        ),
    ),
)
