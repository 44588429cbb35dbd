-- Shifts whose totals, kept as they are told, are not the sum of their receipts, lines and payments; and of cash put in
-- and taken out, which names a shift by its number alone and is compared so.
WITH shift AS MATERIALIZED (
    SELECT id, register_id, number, totals
    FROM registers_shift
    WHERE first_at >= coalesce(%(since)s::timestamptz, '-infinity')
), receipt AS MATERIALIZED (
    SELECT r.transaction_id, r.shift_id, r.kind, r.total
    FROM registers_receipt r
    JOIN shift s ON s.id = r.shift_id
    WHERE r.kind IN ('sale', 'return', 'cancelled')
), both_sides AS (
    SELECT s.id AS shift_id, t.key, t.value::numeric AS stored, 0 AS counted
    FROM shift s
    CROSS JOIN LATERAL jsonb_each_text(s.totals) AS t
    WHERE t.key NOT LIKE 'cash%%'
    UNION ALL
    SELECT shift_id, kind || '.receipts', 0, count(*) FROM receipt GROUP BY shift_id, kind
    UNION ALL
    SELECT shift_id, kind || '.total', 0, sum(total) FROM receipt WHERE kind <> 'cancelled' GROUP BY shift_id, kind
    UNION ALL
    SELECT r.shift_id, r.kind || '.lines', 0, count(*)
    FROM receipt r
    JOIN registers_receiptline l ON l.receipt_id = r.transaction_id
    WHERE r.kind <> 'cancelled'
    GROUP BY r.shift_id, r.kind
    UNION ALL
    SELECT r.shift_id, r.kind || '.vat.' || l.vat, 0, sum(l.amount)
    FROM receipt r
    JOIN registers_receiptline l ON l.receipt_id = r.transaction_id
    WHERE r.kind <> 'cancelled'
    GROUP BY r.shift_id, r.kind, l.vat
    UNION ALL
    SELECT r.shift_id, r.kind || '.paid.' || p.kind, 0, sum(p.amount)
    FROM receipt r
    JOIN registers_payment p ON p.receipt_id = r.transaction_id
    WHERE r.kind <> 'cancelled'
    GROUP BY r.shift_id, r.kind, p.kind
), cash AS (
    SELECT s.register_id, s.number, t.key, t.value::numeric AS stored, 0 AS counted
    FROM shift s
    CROSS JOIN LATERAL jsonb_each_text(s.totals) AS t
    WHERE t.key LIKE 'cash%%'
    UNION ALL
    SELECT t.register_id, t.shift_number, t.kind || '.total', 0, t.amount
    FROM registers_kkmtransaction t
    WHERE t.kind IN ('cash_in', 'cash_out') AND t.amount IS NOT NULL
      AND EXISTS (SELECT FROM shift s WHERE s.register_id = t.register_id AND s.number = t.shift_number)
), difference AS (
    SELECT r.number AS register, s.number AS shift, b.key, sum(b.stored) AS stored, sum(b.counted) AS counted
    FROM both_sides b
    JOIN registers_shift s ON s.id = b.shift_id
    JOIN registers_register r ON r.id = s.register_id
    GROUP BY r.number, s.number, s.id, b.key
    HAVING sum(b.stored) <> sum(b.counted)
    UNION ALL
    SELECT r.number, c.number, c.key, sum(c.stored), sum(c.counted)
    FROM cash c
    JOIN registers_register r ON r.id = c.register_id
    GROUP BY r.number, c.number, c.key
    HAVING sum(c.stored) <> sum(c.counted)
)
SELECT format('register %%s, shift %%s', register, shift), key, stored::text, counted::text
FROM difference
ORDER BY register, shift, key
