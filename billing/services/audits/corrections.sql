-- Approved corrections whose lines are not the sum of the entries that name them. One that takes another back leaves alone
-- what has expired since, so it is not looked at here.
SELECT format('correction %%s', d.number), coalesce(l.measure, e.measure), coalesce(l.amount, 0)::text,
       coalesce(e.amount, 0)::text
FROM (
    SELECT l.document_id, l.measure, sum(l.amount) AS amount
    FROM billing_correctionline l
    JOIN billing_correctiondocument c ON c.carddocument_ptr_id = l.document_id
    WHERE c.stage = 'approved' AND c.reverses_id IS NULL
    GROUP BY l.document_id, l.measure
) AS l
FULL JOIN (
    SELECT e.document_id, e.measure, sum(e.delta) AS amount
    FROM billing_ledgerentry e
    JOIN billing_correctiondocument c ON c.carddocument_ptr_id = e.document_id
    WHERE e.document_id IS NOT NULL AND e.kind = 'corrected' AND c.reverses_id IS NULL
    GROUP BY e.document_id, e.measure
) AS e ON e.document_id = l.document_id AND e.measure = l.measure
JOIN billing_carddocument d ON d.id = coalesce(l.document_id, e.document_id)
WHERE coalesce(l.amount, 0) <> coalesce(e.amount, 0)
ORDER BY d.id, coalesce(l.measure, e.measure)
