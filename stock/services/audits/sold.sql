-- Balances whose `sold` is not what receipts sold and no document holds: lines of goods of receipts that wait, but for
-- those mended, and mended lines that wait by themselves.
WITH waiting AS (
    SELECT u.warehouse_id, u.receipt_id, l.id AS line_id
    FROM stock_unpostedreceipt u
    JOIN registers_receiptline l ON l.receipt_id = u.receipt_id
    WHERE l.sku_id IS NOT NULL AND NOT EXISTS (SELECT FROM stock_mendedline m WHERE m.line_id = l.id)
    UNION ALL
    SELECT r.warehouse_id, r.transaction_id, l.id
    FROM stock_mendedline m
    JOIN registers_receiptline l ON l.id = m.line_id
    JOIN registers_receipt r ON r.transaction_id = l.receipt_id
    WHERE m.document_id IS NULL AND r.kind IN ('sale', 'return')
)
SELECT format('warehouse %%s, SKU %%s', w.name, s.code), 'sold', d.stored::text, d.counted::text
FROM (
    SELECT warehouse_id, sku_id, sum(stored) AS stored, sum(counted) AS counted
    FROM (
        SELECT warehouse_id, sku_id, sold AS stored, 0 AS counted FROM stock_balance
        UNION ALL
        SELECT waiting.warehouse_id, l.sku_id, 0, CASE r.kind WHEN 'sale' THEN l.quantity ELSE -l.quantity END
        FROM waiting
        JOIN registers_receiptline l ON l.id = waiting.line_id
        JOIN registers_receipt r ON r.transaction_id = waiting.receipt_id
        JOIN retail_sku s ON s.id = l.sku_id
        JOIN retail_item i ON i.id = s.item_id
        WHERE i.kind = 'goods'
    ) AS both_sides
    GROUP BY warehouse_id, sku_id
    HAVING sum(stored) <> sum(counted)
) AS d
JOIN retail_warehouse w ON w.id = d.warehouse_id
JOIN retail_sku s ON s.id = d.sku_id
ORDER BY w.name, s.code
