-- Move the goods of a document's lines in or out of one warehouse: movements, balances and the feed in one statement,
-- whatever the number of lines. Lines of one SKU add up; services do not move. Of a count it is the differences that
-- move. When goods go out, `checked` and less is available than asked, nothing is written and the shortages are
-- returned, one row for a SKU.
-- The caller holds the document's row and then the warehouse's feed row, whose revision is `base`: nobody else writes
-- balances of the warehouse, so what this statement reads is what it writes to. It joins no two parts of itself: their
-- sizes are unknown to the planner, and a nested loop over them would be quadratic.
WITH asked AS (
    SELECT l.sku_id, sum(l.quantity) AS quantity, array_agg(l.line ORDER BY l.line) AS lines,
           row_number() OVER (ORDER BY min(l.line)) AS step
    FROM (
        SELECT sku_id, quantity, line FROM stock_documentline WHERE document_id = %(document)s
        UNION ALL
        SELECT sku_id, difference, line FROM stock_countline WHERE document_id = %(document)s AND difference <> 0
    ) AS l
    JOIN retail_sku s ON s.id = l.sku_id
    JOIN retail_item i ON i.id = s.item_id
    WHERE i.kind = 'goods'
    GROUP BY l.sku_id
), state AS MATERIALIZED (
    SELECT a.*, %(direction)s * a.quantity AS change, %(base)s + a.step AS revision,
           coalesce(b.on_hand, 0) AS on_hand, coalesce(b.on_hand - b.sold - b.reserved, 0) AS available
    FROM asked a
    LEFT JOIN stock_balance b ON b.warehouse_id = %(warehouse)s AND b.sku_id = a.sku_id
), short AS MATERIALIZED (
    SELECT * FROM state WHERE %(checked)s AND change < 0 AND available + change < 0
), moving AS MATERIALIZED (
    SELECT * FROM state WHERE NOT EXISTS (SELECT FROM short) ORDER BY step
), balance AS (
    INSERT INTO stock_balance AS b (warehouse_id, sku_id, on_hand, sold, reserved, revision, sale_revision)
    SELECT %(warehouse)s, sku_id, change, 0, 0, revision, CASE WHEN %(heard_by_all)s THEN revision ELSE 0 END
    FROM moving
    ON CONFLICT (warehouse_id, sku_id) DO UPDATE
    SET on_hand = b.on_hand + excluded.on_hand,
        revision = excluded.revision,
        sale_revision = CASE WHEN %(heard_by_all)s THEN excluded.sale_revision ELSE b.sale_revision END
), movement AS (
    INSERT INTO stock_movement (document_id, warehouse_id, sku_id, quantity, on_hand_after, reversing, made_at)
    SELECT %(document)s, %(warehouse)s, sku_id, change, on_hand + change, %(reversing)s, %(now)s
    FROM moving
), feed AS (
    UPDATE stock_warehousefeed
    SET revision = %(base)s + (SELECT count(*) FROM moving)
    WHERE warehouse_id = %(warehouse)s AND EXISTS (SELECT FROM moving)
)
SELECT short.lines, s.code, s.name, short.quantity, short.available
FROM short
JOIN retail_sku s ON s.id = short.sku_id
ORDER BY short.step
