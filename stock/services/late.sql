-- Counts that registers may have made untrue, and of which SKUs: something sold or returned before the counting came in
-- after the count was posted. Of what came since the given moment, or since the oldest count that still decides. It
-- comes when a register tells it, or when a person lets it through at the error desk. A SKU is decided by its latest
-- count; a correction stands for the count it corrects. Clocks of servers differ and transactions take their time, so
-- whatever came within an hour before a count was posted is looked at, too: this only says where to look.
WITH counted AS MATERIALIZED (
    SELECT d.warehouse_id, max(c.counted_at) AS counted_at, min(d.posted_at) AS posted_at
    FROM stock_stockcount c
    JOIN stock_stockdocument d ON d.id = c.stockdocument_ptr_id
    WHERE d.state = 'posted'
    GROUP BY d.warehouse_id
), since AS MATERIALIZED (
    SELECT coalesce(%(since)s::timestamptz, min(posted_at) - interval '1 hour') AS moment FROM counted
), came AS (
    SELECT id AS transaction_id, NULL::bigint AS line_id, received_at AS at
    FROM registers_kkmtransaction
    WHERE received_at >= (SELECT moment FROM since)
    UNION ALL
    SELECT transaction_id, NULL, at FROM registers_transactiondeed WHERE at >= (SELECT moment FROM since)
    UNION ALL
    SELECT l.receipt_id, m.line_id, m.mended_at
    FROM stock_mendedline m
    JOIN registers_receiptline l ON l.id = m.line_id
    WHERE m.mended_at >= (SELECT moment FROM since)
), told AS (
    SELECT r.warehouse_id, l.sku_id, min(r.occurred_at) AS occurred_at, max(came.at) AS came_at
    FROM came
    JOIN registers_receipt r ON r.transaction_id = came.transaction_id
    JOIN counted ON counted.warehouse_id = r.warehouse_id AND r.occurred_at <= counted.counted_at
    JOIN registers_receiptline l ON l.receipt_id = r.transaction_id AND (came.line_id IS NULL OR l.id = came.line_id)
    WHERE r.kind IN ('sale', 'return') AND l.sku_id IS NOT NULL
    GROUP BY r.warehouse_id, l.sku_id
)
SELECT decides.count, array_agg(told.sku_id ORDER BY told.sku_id)
FROM told
CROSS JOIN LATERAL (
    SELECT coalesce(c.corrects_id, d.id) AS count, c.counted_at, d.posted_at
    FROM stock_countline l
    JOIN stock_stockcount c ON c.stockdocument_ptr_id = l.document_id
    JOIN stock_stockdocument d ON d.id = l.document_id
    WHERE l.sku_id = told.sku_id AND d.warehouse_id = told.warehouse_id AND d.state = 'posted'
    ORDER BY c.counted_at DESC, d.posted_at DESC, d.id DESC
    LIMIT 1
) AS decides
WHERE told.occurred_at <= decides.counted_at AND told.came_at >= decides.posted_at - interval '1 hour'
GROUP BY decides.count
ORDER BY decides.count
