-- Move the goods of a document's lines in or out of its warehouse: movements, balances and the feed in one statement,
-- whatever the number of lines. Lines of one SKU add up; services do not move. When goods go out and less is available
-- than asked, nothing is written and the shortages are returned, one row for a SKU.
-- The caller holds the document's row and then the warehouse's feed row, whose revision is `base`: nobody else writes
-- balances of the warehouse, so what this statement reads is what it writes to.
WITH asked AS MATERIALIZED (
    SELECT l.sku_id, sum(l.quantity) AS quantity, array_agg(l.line ORDER BY l.line) AS lines,
           row_number() OVER (ORDER BY min(l.line)) AS step
    FROM stock_documentline l
    JOIN retail_sku s ON s.id = l.sku_id
    JOIN retail_item i ON i.id = s.item_id
    WHERE l.document_id = %(document)s AND i.kind = 'goods'
    GROUP BY l.sku_id
), short AS MATERIALIZED (
    SELECT a.lines, a.sku_id, a.quantity, a.step, coalesce(b.on_hand - b.sold - b.reserved, 0) AS available
    FROM asked a
    LEFT JOIN stock_balance b ON b.warehouse_id = %(warehouse)s AND b.sku_id = a.sku_id
    WHERE %(direction)s < 0 AND a.quantity > coalesce(b.on_hand - b.sold - b.reserved, 0)
), moved AS (
    INSERT INTO stock_balance AS b (warehouse_id, sku_id, on_hand, sold, reserved, revision, sale_revision)
    SELECT %(warehouse)s, a.sku_id, %(direction)s * a.quantity, 0, 0, %(base)s + a.step,
           CASE WHEN %(heard_by_all)s THEN %(base)s + a.step ELSE 0 END
    FROM asked a
    WHERE NOT EXISTS (SELECT FROM short)
    ORDER BY a.step
    ON CONFLICT (warehouse_id, sku_id) DO UPDATE
    SET on_hand = b.on_hand + excluded.on_hand,
        revision = excluded.revision,
        sale_revision = CASE WHEN %(heard_by_all)s THEN excluded.sale_revision ELSE b.sale_revision END
    RETURNING b.sku_id, b.on_hand
), movement AS (
    INSERT INTO stock_movement (document_id, warehouse_id, sku_id, quantity, on_hand_after, reversing, made_at)
    SELECT %(document)s, %(warehouse)s, a.sku_id, %(direction)s * a.quantity, m.on_hand, %(reversing)s, %(now)s
    FROM moved m
    JOIN asked a USING (sku_id)
    ORDER BY a.step
), feed AS (
    UPDATE stock_warehousefeed
    SET revision = %(base)s + (SELECT count(*) FROM moved)
    WHERE warehouse_id = %(warehouse)s AND EXISTS (SELECT FROM moved)
)
SELECT short.lines, s.code, s.name, short.quantity, short.available
FROM short
JOIN retail_sku s ON s.id = short.sku_id
ORDER BY short.step
