-- Take what a shift sold from a warehouse into a document: each receipt that waits, with the lines it was taken in with,
-- and each mended line that waits, by itself. Taking them off the queue is what makes it happen once; the caller holds
-- the shift's row, so nothing of it is on its way.
WITH claimed AS (
    DELETE FROM stock_unpostedreceipt
    WHERE shift_id = %(shift)s AND warehouse_id = %(warehouse)s
    RETURNING receipt_id
), posting AS (
    INSERT INTO stock_receiptposting (receipt_id, document_id) SELECT receipt_id, %(document)s FROM claimed
), mended AS (
    UPDATE stock_mendedline m
    SET document_id = %(document)s
    FROM registers_receiptline l
    JOIN registers_receipt r ON r.transaction_id = l.receipt_id
    WHERE m.document_id IS NULL AND l.id = m.line_id
      AND r.shift_id = %(shift)s AND r.warehouse_id = %(warehouse)s AND r.kind IN ('sale', 'return')
    RETURNING r.kind, l.sku_id, l.vat, l.quantity, l.amount, l.discount
), line AS (
    SELECT r.kind, l.sku_id, l.vat, l.quantity, l.amount, l.discount
    FROM claimed c
    JOIN registers_receipt r ON r.transaction_id = c.receipt_id
    JOIN registers_receiptline l ON l.receipt_id = c.receipt_id
    WHERE l.sku_id IS NOT NULL AND NOT EXISTS (SELECT FROM stock_mendedline m WHERE m.line_id = l.id)
    UNION ALL
    SELECT * FROM mended
)
INSERT INTO stock_salesline (document_id, sku_id, kind, vat, quantity, amount, discount)
SELECT %(document)s, sku_id, kind, vat, sum(quantity), sum(amount), sum(discount)
FROM line
GROUP BY sku_id, kind, vat
ORDER BY sku_id, kind, vat
