-- Totals of the night's documents that are posted and are not the sum of the entries that are their lines. To one of which
-- the run is open again entries are just being added.
SELECT format('%%s %%s', d.kind, d.number), t.measure, t.stored::text, coalesce(e.counted, 0)::text
FROM (
    SELECT carddocument_ptr_id AS id, bonuses, turnover, receipts FROM billing_accrualdocument
    UNION ALL
    SELECT carddocument_ptr_id, bonuses, turnover, receipts FROM billing_writeoffdocument
) AS n
JOIN billing_carddocument d ON d.id = n.id AND d.state = 'posted'
CROSS JOIN LATERAL (
    VALUES ('bonuses', n.bonuses), ('turnover', n.turnover), ('receipts', n.receipts)
) AS t(measure, stored)
LEFT JOIN (
    SELECT document_id, measure, abs(sum(delta)) AS counted
    FROM billing_ledgerentry
    WHERE document_id IS NOT NULL AND kind IN ('begun', 'expired')
    GROUP BY document_id, measure
) AS e ON e.document_id = d.id AND e.measure = t.measure
WHERE t.stored <> coalesce(e.counted, 0)
  AND NOT EXISTS (SELECT FROM billing_nightrun r WHERE r.document_id = d.id AND r.state = 'running')
ORDER BY d.id, t.measure
