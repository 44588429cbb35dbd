-- What makes the numbers of one balance, all from one moment, so that they add up whatever is being posted meanwhile.
-- Rows of (part, kind, count, added, taken); `taken` is zero or below.
--   figure   the balance itself: on_hand, sold, reserved
--   opening  movements before `since`, together
--   moved    movements since then, by kind of document
--   sold     lines of receipts that no document holds yet: sale, return, and mended (taken in without a SKU)
WITH balance AS MATERIALIZED (
    SELECT * FROM stock_balance WHERE id = %(balance)s
), moved AS (
    SELECT m.made_at < %(since)s::timestamptz IS TRUE AS earlier, d.kind, m.quantity
    FROM balance b
    JOIN stock_movement m ON m.warehouse_id = b.warehouse_id AND m.sku_id = b.sku_id
    JOIN stock_stockdocument d ON d.id = m.document_id
), waiting AS (
    SELECT r.kind, CASE r.kind WHEN 'sale' THEN l.quantity ELSE -l.quantity END AS quantity
    FROM balance b
    JOIN stock_unpostedreceipt u ON u.warehouse_id = b.warehouse_id
    JOIN registers_receipt r ON r.transaction_id = u.receipt_id
    JOIN registers_receiptline l ON l.receipt_id = u.receipt_id AND l.sku_id = b.sku_id
    WHERE NOT EXISTS (SELECT FROM stock_mendedline m WHERE m.line_id = l.id)
    UNION ALL
    SELECT 'mended', CASE r.kind WHEN 'sale' THEN l.quantity ELSE -l.quantity END
    FROM balance b
    JOIN stock_mendedline m ON m.document_id IS NULL
    JOIN registers_receiptline l ON l.id = m.line_id AND l.sku_id = b.sku_id
    JOIN registers_receipt r ON r.transaction_id = l.receipt_id AND r.warehouse_id = b.warehouse_id
    WHERE r.kind IN ('sale', 'return')
), part AS (
    SELECT CASE WHEN earlier THEN 'opening' ELSE 'moved' END AS part, CASE WHEN earlier THEN '' ELSE kind END AS kind,
           quantity
    FROM moved
    UNION ALL
    SELECT 'sold', kind, quantity FROM waiting
)
SELECT part, kind, count(*), coalesce(sum(quantity) FILTER (WHERE quantity > 0), 0) AS added,
       coalesce(sum(quantity) FILTER (WHERE quantity < 0), 0) AS taken
FROM part
GROUP BY part, kind
UNION ALL
SELECT 'figure', figure.kind, 1, figure.quantity, 0
FROM balance b
CROSS JOIN LATERAL (VALUES ('on_hand', b.on_hand), ('sold', b.sold), ('reserved', b.reserved)) AS figure (kind, quantity)
ORDER BY 1, 2
