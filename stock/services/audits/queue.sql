-- Sales and returns that neither wait for a document nor have one, or do both; that wait under another shift or
-- warehouse than their own; or whose document is of another. And closed shifts that nobody would settle.
WITH shift AS MATERIALIZED (
    SELECT id, closed_at FROM registers_shift WHERE first_at >= coalesce(%(since)s::timestamptz, '-infinity')
), document AS (
    SELECT stockdocument_ptr_id AS id, shift_id FROM stock_currentsales
    UNION ALL
    SELECT stockdocument_ptr_id, shift_id FROM stock_zreport
), receipt AS (
    SELECT r.transaction_id, r.shift_id, CASE
               WHEN u.receipt_id IS NULL AND p.receipt_id IS NULL THEN 'nowhere'
               WHEN u.receipt_id IS NOT NULL AND p.receipt_id IS NOT NULL THEN 'in the queue and in a document'
               WHEN u.shift_id <> r.shift_id THEN 'in the queue of another shift'
               WHEN u.warehouse_id <> r.warehouse_id THEN 'in the queue of another warehouse'
               WHEN p.receipt_id IS NOT NULL AND d.shift_id IS DISTINCT FROM r.shift_id THEN 'in a document of another shift'
               WHEN p.receipt_id IS NOT NULL AND sd.warehouse_id <> r.warehouse_id
                   THEN 'in a document of another warehouse'
           END AS place
    FROM shift s
    JOIN registers_receipt r ON r.shift_id = s.id
    LEFT JOIN stock_unpostedreceipt u ON u.receipt_id = r.transaction_id
    LEFT JOIN stock_receiptposting p ON p.receipt_id = r.transaction_id
    LEFT JOIN document d ON d.id = p.document_id
    LEFT JOIN stock_stockdocument sd ON sd.id = p.document_id
    WHERE r.kind IN ('sale', 'return')
)
SELECT format('register %%s, shift %%s, receipt %%s', g.number, s.number, r.number), 'place', receipt.place,
       'in the queue or in a document of its shift and warehouse'
FROM receipt
JOIN registers_receipt r ON r.transaction_id = receipt.transaction_id
JOIN registers_shift s ON s.id = receipt.shift_id
JOIN registers_register g ON g.id = s.register_id
WHERE receipt.place IS NOT NULL
UNION ALL
SELECT format('receipt %%s', u.receipt_id), 'place', 'in the queue', 'no sale and no return'
FROM stock_unpostedreceipt u
WHERE NOT EXISTS (
    SELECT FROM registers_receipt r WHERE r.transaction_id = u.receipt_id AND r.kind IN ('sale', 'return')
)
UNION ALL
SELECT format('register %%s, shift %%s', g.number, s.number), 'Z-report', 'none', 'one, or a place in the queue'
FROM shift
JOIN registers_shift s ON s.id = shift.id
JOIN registers_register g ON g.id = s.register_id
WHERE s.closed_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM stock_zreport z WHERE z.shift_id = s.id)
  AND NOT EXISTS (SELECT FROM stock_unsettledshift u WHERE u.shift_id = s.id)
ORDER BY 1
