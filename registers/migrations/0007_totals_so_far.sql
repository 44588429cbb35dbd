-- Totals of a shift are a flat map of a key to a decimal as a string; this adds two of them up. In PL/pgSQL, whose plans
-- a session keeps.
CREATE FUNCTION registers_totals_added(held jsonb, more jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN (
        SELECT coalesce(jsonb_object_agg(key, total), '{}')
        FROM (
            SELECT key, sum(value::numeric)::text AS total
            FROM (SELECT * FROM jsonb_each_text(held) UNION ALL SELECT * FROM jsonb_each_text(more)) AS both_maps
            GROUP BY key
        ) AS added
    );
END $$;

-- What shifts came to before totals were kept: from receipts, their lines and payments, and from cash in and out.
WITH told AS (
    SELECT r.shift_id, k.key, sum(k.value) AS value
    FROM registers_receipt r
    CROSS JOIN LATERAL (
        VALUES (r.kind || '.receipts', 1::numeric),
               (CASE WHEN r.kind <> 'cancelled' THEN r.kind || '.total' END, r.total)
    ) AS k(key, value)
    WHERE r.kind IN ('sale', 'return', 'cancelled') AND k.key IS NOT NULL
    GROUP BY 1, 2
    UNION ALL
    SELECT r.shift_id, k.key, sum(k.value)
    FROM registers_receiptline l
    JOIN registers_receipt r ON r.transaction_id = l.receipt_id
    CROSS JOIN LATERAL (VALUES (r.kind || '.lines', 1::numeric), (r.kind || '.vat.' || l.vat, l.amount)) AS k(key, value)
    WHERE r.kind IN ('sale', 'return')
    GROUP BY 1, 2
    UNION ALL
    SELECT r.shift_id, r.kind || '.paid.' || p.kind, sum(p.amount)
    FROM registers_payment p
    JOIN registers_receipt r ON r.transaction_id = p.receipt_id
    WHERE r.kind IN ('sale', 'return')
    GROUP BY 1, 2
    UNION ALL
    SELECT s.id, t.kind || '.total', sum(t.amount)
    FROM registers_kkmtransaction t
    JOIN registers_shift s ON s.register_id = t.register_id AND s.number = t.shift_number
    WHERE t.kind IN ('cash_in', 'cash_out') AND t.amount IS NOT NULL
    GROUP BY 1, 2
), totals AS (
    SELECT shift_id, jsonb_object_agg(key, value::text) AS totals FROM told GROUP BY shift_id
)
UPDATE registers_shift s SET totals = t.totals FROM totals t WHERE t.shift_id = s.id;
