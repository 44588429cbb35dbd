-- Shifts of which something is to be taken into documents, or settled: what waits, never what has been.
SELECT s.id
FROM registers_shift s
WHERE s.id IN (
    SELECT shift_id FROM stock_unpostedreceipt
    UNION
    SELECT shift_id FROM stock_unsettledshift
    UNION
    SELECT r.shift_id
    FROM stock_mendedline m
    JOIN registers_receiptline l ON l.id = m.line_id
    JOIN registers_receipt r ON r.transaction_id = l.receipt_id
    WHERE m.document_id IS NULL AND r.kind IN ('sale', 'return')
)
AND (%(register)s::bigint IS NULL OR s.register_id = %(register)s)
ORDER BY s.id
