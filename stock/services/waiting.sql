-- Warehouses from which a shift sold what no document holds, and the one it sold from last.
SELECT array(
    SELECT warehouse_id FROM stock_unpostedreceipt WHERE shift_id = %(shift)s
    UNION
    SELECT r.warehouse_id
    FROM stock_mendedline m
    JOIN registers_receiptline l ON l.id = m.line_id
    JOIN registers_receipt r ON r.transaction_id = l.receipt_id
    WHERE m.document_id IS NULL AND r.shift_id = %(shift)s AND r.kind IN ('sale', 'return')
    ORDER BY 1
) AS waiting, (
    SELECT warehouse_id FROM registers_receipt
    WHERE shift_id = %(shift)s AND kind IN ('sale', 'return')
    ORDER BY transaction_id DESC
    LIMIT 1
) AS last
