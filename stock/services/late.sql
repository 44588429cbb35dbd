-- Counts that registers may have made untrue, and of which SKUs: something sold or returned before the counting came in
-- after the count was posted. Of receipts that came since the given moment, or since the oldest count that still
-- decides. A SKU is decided by its latest count; a correction stands for the count it corrects. Clocks of servers
-- differ and transactions take their time, so whatever came within an hour before a count was posted is looked at, too:
-- this only says where to look.
WITH counted AS MATERIALIZED (
    SELECT d.warehouse_id, max(c.counted_at) AS counted_at, min(d.posted_at) AS posted_at
    FROM stock_stockcount c
    JOIN stock_stockdocument d ON d.id = c.stockdocument_ptr_id
    WHERE d.state = 'posted'
    GROUP BY d.warehouse_id
), told AS (
    SELECT r.warehouse_id, l.sku_id, r.occurred_at, t.received_at AS came_at
    FROM registers_kkmtransaction t
    JOIN registers_receipt r ON r.transaction_id = t.id
    JOIN counted ON counted.warehouse_id = r.warehouse_id AND r.occurred_at <= counted.counted_at
    JOIN registers_receiptline l ON l.receipt_id = r.transaction_id
    WHERE t.received_at >= coalesce(%(since)s::timestamptz, (SELECT min(posted_at) FROM counted) - interval '1 hour')
      AND r.kind IN ('sale', 'return') AND l.sku_id IS NOT NULL
    UNION ALL
    SELECT r.warehouse_id, l.sku_id, r.occurred_at, m.mended_at
    FROM stock_mendedline m
    JOIN registers_receiptline l ON l.id = m.line_id
    JOIN registers_receipt r ON r.transaction_id = l.receipt_id
    JOIN counted ON counted.warehouse_id = r.warehouse_id AND r.occurred_at <= counted.counted_at
    WHERE m.mended_at >= coalesce(%(since)s::timestamptz, (SELECT min(posted_at) FROM counted) - interval '1 hour')
      AND r.kind IN ('sale', 'return')
), once AS (
    SELECT warehouse_id, sku_id, min(occurred_at) AS occurred_at, max(came_at) AS came_at
    FROM told
    GROUP BY warehouse_id, sku_id
)
SELECT decides.count, array_agg(once.sku_id ORDER BY once.sku_id)
FROM once
CROSS JOIN LATERAL (
    SELECT coalesce(c.corrects_id, d.id) AS count, c.counted_at, d.posted_at
    FROM stock_countline l
    JOIN stock_stockcount c ON c.stockdocument_ptr_id = l.document_id
    JOIN stock_stockdocument d ON d.id = l.document_id
    WHERE l.sku_id = once.sku_id AND d.warehouse_id = once.warehouse_id AND d.state = 'posted'
    ORDER BY c.counted_at DESC, d.posted_at DESC, d.id DESC
    LIMIT 1
) AS decides
WHERE once.occurred_at <= decides.counted_at AND once.came_at >= decides.posted_at - interval '1 hour'
GROUP BY decides.count
ORDER BY decides.count
